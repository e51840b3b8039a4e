//! `expose`: a way from outside to a workload, through a proxy.

use std::collections::BTreeMap;

use serde::Deserialize as _;

use crate::kinds::{Around, First, Kind, Objection, Place, Reading, bundled};
use crate::model::{Bundle, Form, ObjectId, Port, Protocol, Ref, Size, Text, script};
use crate::proxies::{self, Entry, Route};
use crate::schema::{Type, object, spec};

object! {
    /// A public name.
    Http {
        /// The name.
        host: String, Reload, required, is Type::Fqdn;
        /// Where it begins.
        path: String, Reload, default "\"/\"";
        /// Who may see it: everybody, or those who log in.
        auth: Option<serde_json::Value>, Reload, optional,
            is Type::Either(std::sync::Arc::new(vec![
                Type::Bool, Type::Ref(&["identity", "login"]),
            ]));
        /// What the workload speaks.
        backend: String, Reload, default "\"http\"", is Type::OneOf(&["http", "https"]);
        /// Headers that are added to answers.
        headers: BTreeMap<String, String>, Reload, default "{}";
        /// WebSockets are passed on.
        websocket: bool, Reload, default "true";
        /// The largest body of a request.
        body: Option<Size>, Reload, optional;
        /// Lines in the proxy's own language.
        extra: Option<String>, Reload, optional;
    }
}

object! {
    /// A public TCP port.
    Tcp {
        /// The port, or `"auto"`.
        port: serde_json::Value, Reload, default "\"auto\"", is port_or_auto();
        /// It is wrapped in TLS.
        tls: bool, Reload, default "false";
    }
}

object! {
    /// A public UDP port.
    Udp {
        /// The port, or `"auto"`.
        port: serde_json::Value, Reload, default "\"auto\"", is port_or_auto();
    }
}

object! {
    /// A service record.
    Srv {
        /// Its name: `_minecraft._tcp.example.com`.
        name: String, Reload, required;
        /// The name it leads to; by default the machine's in the zone of the proxy.
        target: Option<String>, Reload, optional, is Type::Fqdn;
    }
}

fn port_or_auto() -> Type {
    Type::Either(std::sync::Arc::new(vec![Type::Port, Type::OneOf(&["auto"])]))
}

spec! {
    /// A way from outside to a workload.
    "expose" Expose {
        /// Through which proxy.
        via: Ref, Replace, required, is Type::Ref(&["proxy"]);
        /// Where the workload listens.
        port: Port, Reload, required;
        /// By a public name.
        http: Option<Http>, Reload, optional;
        /// By a TCP port.
        tcp: Option<Tcp>, Reload, optional;
        /// By a UDP port.
        udp: Option<Udp>, Reload, optional;
        /// By a service record.
        srv: Option<Srv>, Reload, optional;
        /// It is reached by TLS.
        tls: Option<serde_json::Value>, Reload, optional,
            is Type::Either(std::sync::Arc::new(vec![Type::Bool, Type::Ref(&["cert"])]));
        /// The public port.
        external_port: Option<serde_json::Value>, Reload,
            derived "self.tcp?.port ?? self.udp?.port", is port_or_auto(), choose Port;
        /// The proxy's machine.
        machine: Ref, Replace, derived "self.via.machine", is Type::Ref(&["machine"]);
        /// The proxy's program.
        engine: String, Reload, derived "self.via.engine";
        /// Where the proxy asks whether somebody is logged in.
        auth_url: Option<String>, Reload, derived "if self.http == null then null \
            else if self.http.auth == null || self.http.auth == false then null \
            else if self.http.auth == true then self.via.auth?.auth_url \
            else self.http.auth.auth_url";
        /// The proxy reads its files by itself.
        pulled: bool, Note, derived "self.via.mode == \"pull\"";
        /// What makes the proxy read its files again.
        reload: Option<String>, Note, derived "self.via.reload";
        /// The folder of the proxy's routes, if it is not the usual one.
        dir: Option<String>, Reload, derived "self.via.dir";
        /// The proxy has pages of its own for errors.
        error_pages: Option<bool>, Reload,
            derived "if self.via.error_pages == null then null else true";
        /// Where the workload is reached.
        upstream: Text, Reload, derived "\"\\(owner.machine.ip):\\(self.port)\"";
        /// Where the workload runs.
        workload: Ref, Note, derived "owner.machine", is Type::Ref(&["machine"]);
    }
}

impl Expose {
    fn bundle(&self, id: &ObjectId) -> Bundle {
        let mut bundle = Bundle::on(&self.machine);
        let (Some(engine), Some(entry)) = (proxies::find(&self.engine), self.entry()) else {
            return bundle;
        };
        let tls = self.tls.as_ref().is_none_or(|tls| *tls != serde_json::Value::Bool(false));
        let slug = id.slug();
        let certificate = self.tls.as_ref().and_then(|tls| Ref::deserialize(tls).ok());
        let certificate = certificate.map(|cert| proxies::certificate(&cert));
        let upstream = self.upstream.quoted(Form::Word);
        let error_pages = self.error_pages == Some(true);
        let route = Route { slug, entry, upstream, tls, certificate, error_pages };
        let dir = self.dir.as_deref().map_or(engine.dir(), |dir| dir.trim_end_matches('/'));
        bundle = bundle.file(engine.path(dir, &route), engine.fragment(&route));
        let reload = match (self.pulled, &self.reload) {
            (true, _) => Vec::new(),
            (false, Some(line)) => vec![script(format!("{line}\n"))],
            (false, None) => engine.reload(),
        };
        bundle.start.clone_from(&reload);
        bundle.settle = reload;
        bundle
    }

    /// What it answers to; a service record has nothing to do with the proxy's files.
    fn entry(&self) -> Option<Entry> {
        if let Some(http) = &self.http {
            return Some(Entry::Http {
                host: http.host.clone(),
                path: http.path.clone(),
                backend_tls: http.backend == "https",
                headers: http.headers.clone().into_iter().collect(),
                websocket: http.websocket,
                body_bytes: http.body.map(|size| size.0),
                auth_url: self.auth_url.clone(),
                extra: http.extra.clone(),
            });
        }
        let protocol = if self.udp.is_some() { Protocol::Udp } else { Protocol::Tcp };
        let port = self.external_port.as_ref()?.as_u64()?;
        let tls = self.tcp.as_ref().is_some_and(|tcp| tcp.tls);
        Some(Entry::Stream { port: u16::try_from(port).ok()?, protocol, tls })
    }
}

impl Kind for Expose {
    const WORD: &'static str = Expose::KIND;
    const ABOUT: &'static str = Expose::DOC;
    const FIRST: First = First::Create;
    const PLACE: Place = Place::AfterOwner;
    const ONE_OF: &'static [&'static [&'static str]] = &[&["http", "tcp", "udp", "srv"]];

    fn readings() -> Vec<Reading> {
        let url = "if self.http == null then null \
                   else if self.http.path == \"/\" then \"https://\\(self.http.host)\" \
                   else \"https://\\(self.http.host)\\(self.http.path)\"";
        vec![Reading::expression("url", "Where it is reached from outside.", url)]
    }

    fn complete(&mut self, _around: &dyn Around) -> Vec<Objection> {
        let bad = self.http.as_ref().filter(|http| !http.path.starts_with('/'));
        let objection = |http: &Http| Objection {
            field: "http/path".to_owned(),
            message: format!("the path `{}` does not begin with `/`", http.path),
            help: format!("write `\"/{}\"`", http.path),
        };
        bad.map(objection).into_iter().collect()
    }

    bundled!(Expose);
}
