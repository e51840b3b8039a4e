//! What Proxmox lets only `root@pam` set, and no token, whoever's it is: it goes by SSH.

use super::client::Parameters;
use super::guest::is_slot;
use super::{Cluster, Form, Ownership};
use crate::drivers::Fault;

impl Cluster {
    /// Takes out what this login may not set; it is refused at once if there is no other way.
    pub(super) fn for_root(
        &self,
        parameters: &mut Parameters,
        vmid: u32,
        whose: &dyn Ownership,
    ) -> Result<Parameters, Fault> {
        if self.client.login().is_root() {
            return Ok(Parameters::new());
        }
        let names: Vec<String> = parameters
            .iter()
            .filter(|(name, value)| is_roots(name, value))
            .map(|(name, _)| name.clone())
            .collect();
        if !names.is_empty() && !whose.has_root() {
            let who = self.client.login().name();
            return Err(Fault::Refused(format!(
                "only root may set {} of guest {vmid}, and `{who}` is a token: give the cluster \
                 an `ssh` block, by which root of its nodes is reached",
                names.join(", ")
            )));
        }
        let mut kept = Parameters::new();
        for name in names {
            if let Some(value) = parameters.remove(&name) {
                // What a token may set of it is set at once.
                if name == "features" && value.contains("nesting=1") {
                    parameters.insert(name.clone(), "nesting=1".to_owned());
                }
                kept.insert(name, value);
            }
        }
        Ok(kept)
    }

    /// Sets the rest as root of the node.
    pub(super) async fn by_root(
        &self,
        form: Form,
        vmid: u32,
        node: &str,
        kept: &Parameters,
        whose: &dyn Ownership,
    ) -> Result<(), Fault> {
        if kept.is_empty() {
            return Ok(());
        }
        let program = if form == Form::Container { "pct" } else { "qm" };
        let mut argv = vec![program.to_owned(), "set".to_owned(), vmid.to_string()];
        for (name, value) in kept {
            argv.extend([format!("--{name}"), value.clone()]);
        }
        whose.as_root(node, argv).await
    }
}

/// Whether a token is refused because it is none of root's logins.
fn is_roots(name: &str, value: &str) -> bool {
    match name {
        "features" => value.split(',').any(|it| !it.is_empty() && !it.starts_with("nesting=")),
        "hookscript" | "args" => true,
        name if is_slot(name, "mp") => value.starts_with('/'),
        name if is_slot(name, "hostpci") => !value.contains("mapping="),
        name => is_slot(name, "dev") || is_slot(name, "serial"),
    }
}
