//! NixOS: the machine's configuration is built from a flake and switched to.

use std::collections::BTreeMap;

use crate::model::{Bundle, File, Text, Value, run};
use crate::runtimes::{Place, Runtime};
use crate::schema::{Type, object};

object! {
    /// A configuration of a flake.
    Nixos {
        /// The flake: `.`, a path, a URL.
        flake: String, Redeploy, required;
        /// The name of the configuration in the flake; by default the app's name.
        host: Option<String>, Redeploy, optional;
        /// A module that is added.
        module: Option<String>, Redeploy, optional, is Type::Path;
        /// Values for the module.
        args: Value, Redeploy, default "{}";
        /// Values that reach the machine as files only root can read.
        secrets: BTreeMap<String, Text>, Redeploy, default "{}";
        /// The program that brings it there.
        deploy: String, Note, default "\"rebuild\"",
            is Type::OneOf(&["rebuild", "anywhere", "colmena"]),
            idle "`nixos-rebuild` brings it there";
        /// Whether it is switched to now, at the next boot, or only tried.
        mode: String, Redeploy, default "\"switch\"", is Type::OneOf(&["switch", "boot", "test"]);
        /// Where it is built.
        build_on: String, Note, default "\"target\"", is Type::OneOf(&["local", "target"]),
            idle "it is built on the machine itself";
    }
}

impl Nixos {
    /// The name of a secret that no file can have.
    pub fn bad_secret(&self) -> Option<&str> {
        let bad = |name: &str| matches!(name, "" | "." | "..") || name.contains(['/', '\0', '\n']);
        self.secrets.keys().map(String::as_str).find(|name| bad(name))
    }
}

impl Runtime for Nixos {
    fn bundle(&self, place: Place<'_>) -> Bundle {
        let host = self.host.clone().unwrap_or_else(|| place.slug.to_owned());
        let dir = format!("/etc/paas/nixos/{}", place.slug);
        let args = serde_json::json!({ "args": self.args, "module": self.module });
        let mut bundle =
            Bundle::on(place.machine).file(format!("{dir}/args.json"), format!("{args:#}\n"));
        for (name, value) in &self.secrets {
            let path = format!("/var/lib/paas/secrets/{}/{name}", place.slug);
            bundle.files.push(File { path, content: value.clone(), mode: 0o600 });
        }
        let flake = format!("{}#{host}", self.flake);
        bundle.start.push(run(&["nixos-rebuild", &self.mode, "--flake", &flake]));
        bundle.services.push(format!("nixos:{host}"));
        bundle
    }
}
