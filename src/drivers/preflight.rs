//! Whether a platform can be applied: each cluster and each machine that exists is asked for what
//! the manifest needs of it. Nothing is changed.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::drivers::proxmox::{Finding, Needs, NodeNeeds};
use crate::drivers::ssh::{Job, Login, Place};
use crate::drivers::{Fault, Real};
use crate::lower::Desired;
use crate::model::{Address, Object, Ref, Value};

impl Real {
    /// What was found, by the address of the cluster or the host.
    pub async fn preflight(&self, desired: &Desired) -> BTreeMap<Address, Vec<Finding>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
        let mut all = BTreeMap::new();
        for address in desired.resources.keys() {
            let of = Ref::Address(address.clone());
            let findings = match address.kind() {
                "cluster" => {
                    let needs = needs(desired, address);
                    match self.0.cluster(&of) {
                        Ok(cluster) => {
                            let mut findings = cluster.preflight(&needs, now).await;
                            findings.extend(self.unchecked(&of));
                            findings.extend(self.nodes(&of, &needs).await);
                            findings
                        }
                        Err(Fault::Refused(why) | Fault::Unknown(why)) => {
                            let help = "mend it in the manifest";
                            vec![Finding::error("cluster", why, help)]
                        }
                    }
                }
                "host" => match self.0.places.host(&of) {
                    Ok(login) => vec![self.reached("ssh", login).await],
                    Err(why) => vec![Finding::error("ssh", why, "mend it in the manifest")],
                },
                _ => continue,
            };
            all.insert(address.clone(), findings);
        }
        all
    }

    /// A certificate that is not checked is no secret, but nobody should forget it.
    fn unchecked(&self, cluster: &Ref) -> Option<Finding> {
        let tls = self.0.places.declared(cluster).ok()?.tls?;
        let open = !tls.verify && tls.fingerprint.is_none() && tls.ca.is_none();
        open.then(|| {
            Finding::warning(
                "tls",
                "the certificate is not checked: anybody on the way can read the token",
                "set `tls.fingerprint`, or `tls.ca`",
            )
        })
    }

    /// The nodes of a cluster by SSH, where it says how.
    async fn nodes(&self, cluster: &Ref, needs: &Needs) -> Vec<Finding> {
        let by_ssh = self.0.places.declared(cluster).is_ok_and(|it| it.ssh.is_some());
        let mut findings = Vec::new();
        for name in needs.nodes.keys().filter(|_| by_ssh) {
            let what = format!("ssh to {name}");
            findings.push(match self.0.node(cluster, name).await {
                Ok(login) => self.reached(&what, login).await,
                Err(Fault::Refused(why) | Fault::Unknown(why)) => {
                    Finding::error(&what, why, "give `node` an `address`")
                }
            });
        }
        findings
    }

    async fn reached(&self, what: &str, login: Login) -> Finding {
        let name = login.name();
        let job = Job { timeout: Duration::from_secs(15), ..Job::new(["true"]) };
        match self.0.machines.run(&Place::Host(login), &job).await {
            Ok(ran) => match ran.fine("true") {
                Ok(_) => Finding::fine(what, format!("`{name}` takes commands")),
                Err(why) => Finding::error(what, why, "let its user run commands"),
            },
            Err(Fault::Refused(why) | Fault::Unknown(why)) => {
                let help = format!("try it by hand: `ssh {name} true`");
                Finding::error(what, why, help)
            }
        }
    }
}

/// What the resources of a manifest need of a cluster.
fn needs(desired: &Desired, cluster: &Address) -> Needs {
    let mut needs = Needs::default();
    let declared = desired.resources.get(cluster).map(|it| &it.intent.spec);
    needs.pool = declared.and_then(|spec| spec["pool"].as_str()).map(str::to_owned);
    for (address, resource) in &desired.resources {
        let spec = &resource.intent.spec;
        if address.kind() == "node" && address.parent().as_ref() == Some(cluster) {
            let node = needs.nodes.entry(address.name().to_owned()).or_default();
            add(node, spec, "storage");
        }
        let is_on = spec["cluster"]["$ref"].as_str().and_then(Ref::parse);
        if is_on.is_none_or(|it| it.address() != cluster) {
            continue;
        }
        match address.kind() {
            "container" => needs.containers = true,
            "vm" => needs.machines = true,
            _ => continue,
        }
        needs.snapshots |= resource.intent.lifecycle.snapshot;
        needs.images.extend(spec["image"].as_str().map(str::to_owned));
        needs.root.extend(only_root(address, spec));
        match spec["node"].as_str().filter(|name| *name != "auto") {
            Some(name) => {
                let node = needs.nodes.entry(name.to_owned()).or_default();
                add(node, spec, "disks");
            }
            None => needs.nodes.values_mut().for_each(|node| add(node, spec, "storage")),
        }
    }
    needs
}

fn add(node: &mut NodeNeeds, spec: &Value, storage: &str) {
    node.storages.extend(spec[storage].as_str().map(str::to_owned));
    node.bridges.extend(spec["bridge"].as_str().map(str::to_owned));
}

/// What of a guest no token may set.
fn only_root(address: &Address, spec: &Value) -> Option<String> {
    let on = |name: &str| spec["features"][name].as_bool() == Some(true);
    let mut mounts = spec["mount"].as_object().into_iter().flat_map(Object::iter);
    let binds = mounts.any(|(_, mount)| mount["host_path"].as_str().is_some());
    let devices = spec["device"].as_object().is_some() || spec["gpu"].as_bool() == Some(true);
    let what = match () {
        () if on("keyctl") || on("fuse") => "`features`",
        () if binds => "a mounted folder of the node",
        () if devices && address.kind() == "container" => "devices",
        () => return None,
    };
    Some(format!("{what} of {address}"))
}
