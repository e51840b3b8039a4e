//! `proxy`: the program that takes requests from outside.

use crate::kinds::{First, Kind, Reading, bundled};
use crate::model::{Bundle, Effect, ObjectId, PortRange, Ref, run};
use crate::proxies::{self, Engine, Main};
use crate::schema::{Type, spec};

spec! {
    /// The program that takes requests from outside.
    "proxy" Proxy {
        /// Where it runs: a machine, or the app that brings it.
        on: Ref, Replace, required, is Type::Ref(&["machine", "app"]);
        /// The machine.
        machine: Ref, Replace, derived "self.on.machine", is Type::Ref(&["machine"]);
        /// The program.
        engine: String, Replace, required, is Type::OneOf(proxies::ALL);
        /// Whether its configuration is sent to it or fetched by it.
        mode: String, Note, default "\"push\"", is Type::OneOf(&["push", "pull"]);
        /// The certificate for its names.
        cert: Option<Ref>, Reload, optional, is Type::Ref(&["cert"]);
        /// The mail address under which certificates are asked for.
        acme: Option<String>, Reload, optional;
        /// Where its names are published.
        zone: Option<Ref>, Note, optional, is Type::Ref(&["zone"]);
        /// The ports that `port = "auto"` takes from.
        ports: Vec<PortRange>, Note, default "[]";
        /// Who logs people in.
        auth: Option<Ref>, Reload, optional, is Type::Ref(&["identity"]);
        /// More in the program's own language, read beside the routes.
        extra: Option<String>, Reload, optional;
        /// A command line that makes the program read its files again, in place of the usual one.
        reload: Option<String>, Note, optional;
        /// HTTP/3 is offered, by Traefik and Caddy.
        http3: bool, Reload, default "true";
    }
}

impl Proxy {
    /// A timer that looks every minute whether the files are others, and lets the program read
    /// them if it can.
    fn pulling(&self, engine: &dyn Engine) -> [(String, String); 3] {
        let reload = match &self.reload {
            Some(line) => line.clone(),
            None => {
                let lines = engine.reload().into_iter().filter_map(|effect| match effect {
                    Effect::Run(command) => {
                        let words = command.argv.iter().map(ToString::to_string);
                        Some(words.collect::<Vec<_>>().join(" "))
                    }
                    Effect::Call(_) | Effect::Write(_) | Effect::Wait(_) => None,
                });
                lines.collect::<Vec<_>>().join(" && ")
            }
        };
        let (main, _) = engine.main(&Main { acme: None, cert: None, http3: false });
        let folder = main.rsplit_once('/').map_or("/etc", |(folder, _)| folder);
        let script = format!(
            "#!/bin/sh\nset -eu\nseen=/var/lib/paas/pulled\n\
             now=$(find {folder} -type f -exec sha256sum {{}} + | sort | sha256sum)\n\
             [ \"$now\" = \"$(cat $seen 2>/dev/null || true)\" ] && exit 0\n\
             {}\necho \"$now\" > $seen\n",
            if reload.is_empty() { "true" } else { &reload },
        );
        let service = "[Unit]\nDescription=paas: read the routes again\n\n[Service]\n\
                       Type=oneshot\nExecStart=/bin/sh /usr/local/lib/paas-pull.sh\n";
        let timer = "[Timer]\nOnBootSec=1min\nOnUnitActiveSec=1min\n\n[Install]\n\
                     WantedBy=timers.target\n";
        [
            ("/usr/local/lib/paas-pull.sh".to_owned(), script),
            ("/etc/systemd/system/paas-pull.service".to_owned(), service.to_owned()),
            ("/etc/systemd/system/paas-pull.timer".to_owned(), timer.to_owned()),
        ]
    }

    fn bundle(&self, _id: &ObjectId) -> Bundle {
        let Some(engine) = proxies::find(&self.engine) else { return Bundle::on(&self.machine) };
        let cert = self.cert.as_ref();
        let cert = cert.map(proxies::certificate);
        let (acme, cert, http3) = (self.acme.as_deref(), cert.as_deref(), self.http3);
        let (path, content) = engine.main(&Main { acme, cert, http3 });
        let mut bundle = Bundle::on(&self.machine).file(path, content);
        if let Some(extra) = &self.extra {
            bundle = bundle.file(engine.extra(), format!("{}\n", extra.trim_end()));
        }
        if self.mode == "pull" {
            for (path, content) in self.pulling(engine) {
                bundle = bundle.file(path, content);
            }
            bundle.start.push(run(&["systemctl", "daemon-reload"]));
            bundle.start.push(run(&["systemctl", "enable", "--now", "paas-pull.timer"]));
            bundle.stop.push(run(&["systemctl", "disable", "--now", "paas-pull.timer"]));
        }
        bundle.start.push(run(&["systemctl", "enable", "--now", engine.service()]));
        bundle.start.push(run(&["systemctl", "restart", engine.service()]));
        bundle.stop.push(run(&["systemctl", "disable", "--now", engine.service()]));
        bundle.services.push(engine.service().to_owned());
        bundle
    }
}

impl Kind for Proxy {
    const WORD: &'static str = Proxy::KIND;
    const ABOUT: &'static str = Proxy::DOC;
    const FIRST: First = First::Delete;

    fn readings() -> Vec<Reading> {
        vec![Reading::expression("ip", "Where its names point to.", "self.machine.ip")]
    }

    bundled!(Proxy);
}
