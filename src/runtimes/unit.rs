//! A plain systemd service.

use std::collections::BTreeMap;

use crate::model::{Bundle, File, Form, Text, run};
use crate::runtimes::{Place, Runtime, env_file};
use crate::schema::object;

object! {
    /// A program that systemd runs.
    Unit {
        /// The command line.
        exec: String, Redeploy, required;
        /// Its variables; they stand in a file only root can read.
        env: BTreeMap<String, Text>, Redeploy, default "{}";
        /// Who it runs as.
        user: String, Redeploy, default "\"root\"";
        /// Files it needs, by absolute path.
        files: BTreeMap<String, Text>, Redeploy, default "{}";
    }
}

impl Runtime for Unit {
    fn bundle(&self, place: Place<'_>) -> Bundle {
        let name = format!("paas-{}.service", place.slug);
        let env = format!("/etc/paas/units/{}.env", place.slug);
        let unit = format!(
            "[Unit]\nDescription=paas {slug}\nAfter=network-online.target\n\n\
             [Service]\nExecStart={exec}\nUser={user}\nEnvironmentFile={env}\nRestart=on-failure\n\
             # {digest}\n\n[Install]\nWantedBy=multi-user.target\n",
            slug = place.slug,
            exec = self.exec,
            user = self.user,
            digest = place.digest,
        );
        let mut bundle = Bundle::on(place.machine);
        for (path, content) in &self.files {
            bundle = bundle.file(path, content.clone());
        }
        let content = env_file(&self.env, Form::SystemdVariable);
        bundle.files.push(File { path: env, content, mode: 0o600 });
        bundle = bundle.file(format!("/etc/systemd/system/{name}"), unit);
        bundle.start.push(run(&["systemctl", "daemon-reload"]));
        bundle.start.push(run(&["systemctl", "enable", "--now", &name]));
        bundle.start.push(run(&["systemctl", "restart", &name]));
        bundle.stop.push(run(&["systemctl", "disable", "--now", &name]));
        bundle.settle.push(run(&["systemctl", "daemon-reload"]));
        bundle.services.push(name);
        bundle
    }
}
