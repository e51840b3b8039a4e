//! `proxy`: the program that takes requests from outside.

use crate::kinds::{First, Kind, Reading, bundled};
use crate::model::{Bundle, ObjectId, PortRange, Ref, run};
use crate::proxies;
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
        /// HTTP/3 is offered.
        http3: bool, Reload, default "true";
    }
}

impl Proxy {
    fn bundle(&self, _id: &ObjectId) -> Bundle {
        let Some(engine) = proxies::find(&self.engine) else { return Bundle::on(&self.machine) };
        let cert = self.cert.as_ref();
        let cert = cert.map(|cert| format!("/etc/paas/certs/{}", cert.slug()));
        let (path, content) = engine.main(self.acme.as_deref(), cert.as_deref());
        let mut bundle = Bundle::on(&self.machine).file(path, content);
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
