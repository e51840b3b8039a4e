//! `proxy`: the program that takes requests from outside.

use std::collections::BTreeMap;

use crate::kinds::{Around, First, Kind, Objection, Reading, bundled};
use crate::model::{Bundle, Effect, ObjectId, PortRange, Ref, Text, quoted, run};
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
        /// The folder of its routes, if it is not the usual one.
        dir: Option<String>, Reload, optional, is Type::Path;
        /// More in the program's own language, read beside the routes.
        extra: Option<String>, Reload, optional;
        /// A command line that makes the program read its files again, in place of the usual one.
        reload: Option<String>, Note, optional;
        /// A folder of pages that NGINX and Caddy show for errors: `502.html`, `style.css`.
        error_pages: Option<String>, Reload, optional, is Type::Path;
        /// The text of these pages.
        pages: Option<BTreeMap<String, Text>>, Reload, computed;
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
        let dir = self.dir(engine);
        let (main, _) =
            engine.main(&Main { acme: None, cert: None, http3: false, dir, pages: &[] });
        let usual = main.rsplit_once('/').map_or("/etc", |(folder, _)| folder);
        let folder = match &self.dir {
            Some(dir) => format!("{usual} {}", quoted(dir)),
            None => usual.to_owned(),
        };
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
        let dir = self.dir(engine);
        let pages = self.pages.iter().flatten();
        let statuses: Vec<&str> = pages.filter_map(|(name, _)| status(name)).collect();
        let main = Main { acme, cert, http3, dir, pages: &statuses };
        let (path, content) = engine.main(&main);
        let mut bundle = Bundle::on(&self.machine).file(path, content);
        if let Some(extra) = &self.extra {
            bundle = bundle.file(engine.extra(dir), format!("{}\n", extra.trim_end()));
        }
        for (name, page) in self.pages.iter().flatten() {
            bundle = bundle.file(format!("{}/{name}", proxies::PAGES), page.clone());
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

/// The status whose page has this name: `502` for `502.html`.
fn status(name: &str) -> Option<&str> {
    let status = name.strip_suffix(".html")?;
    let is_error = matches!(status.as_bytes(), [b'4' | b'5', b'0'..=b'9', b'0'..=b'9']);
    is_error.then_some(status)
}

/// How many pages there may be for errors, with what they show.
const PAGES_MAX: usize = 64;

impl Proxy {
    fn dir<'a>(&'a self, engine: &'a dyn Engine) -> &'a str {
        self.dir.as_deref().map_or(engine.dir(), |dir| dir.trim_end_matches('/'))
    }

    /// Takes the pages for errors.
    fn take_pages(&mut self, around: &dyn Around) -> Option<Objection> {
        let folder = self.error_pages.as_deref()?.trim_end_matches('/');
        let objection = |message: String, help: &str| {
            let field = "error_pages".to_owned();
            Some(Objection { field, message, help: help.to_owned() })
        };
        if self.engine == "traefik" {
            let help = "send the errors to a service with an `errors` middleware in `extra`";
            return objection("Traefik cannot show pages out of files".to_owned(), help);
        }
        let help = "name a folder beside the manifest that has pages like `502.html`";
        let paths = match around.matching(&format!("{folder}/*")) {
            Ok(paths) if paths.len() <= PAGES_MAX => paths,
            Ok(paths) => return objection(format!("`{folder}` has {} files", paths.len()), help),
            Err(why) => return objection(why, help),
        };
        let mut pages = BTreeMap::new();
        for path in paths {
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            match around.read(&path) {
                Ok(text) => drop(pages.insert(name, Text::literal(text))),
                Err(why) => return objection(why, help),
            }
        }
        if !pages.keys().any(|name| status(name).is_some()) {
            return objection(format!("`{folder}` has no page for an error"), help);
        }
        self.pages = Some(pages);
        None
    }

    /// A folder that a configuration can name without quotes.
    fn bad_dir(&self) -> Option<Objection> {
        let dir = self.dir.as_ref()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
        let is_good = dir.starts_with('/') && dir.len() > 1 && dir.chars().all(plain);
        (!is_good).then(|| Objection {
            field: "dir".to_owned(),
            message: format!("`{dir}` is no folder of a machine"),
            help: "write an absolute path of letters, digits, `.`, `_` and `-`".to_owned(),
        })
    }
}

impl Kind for Proxy {
    const WORD: &'static str = Proxy::KIND;
    const ABOUT: &'static str = Proxy::DOC;
    const FIRST: First = First::Delete;

    fn readings() -> Vec<Reading> {
        vec![Reading::expression("ip", "Where its names point to.", "self.machine.ip")]
    }

    fn complete(&mut self, around: &dyn Around) -> Vec<Objection> {
        self.bad_dir().into_iter().chain(self.take_pages(around)).collect()
    }

    bundled!(Proxy);
}
