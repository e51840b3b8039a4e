//! `zone`: names and what they point to.

use std::collections::BTreeMap;

use crate::kinds::{First, Found, Kind, Memory};
use crate::model::{Answer, ObjectId, Question, Step};
use crate::model::{Bundle, Call, Duration, Effect, Method, Ref, Target, Text, run};
use crate::schema::Type;
use crate::schema::{object, spec};

object! {
    /// One name.
    Entry {
        /// The name inside the zone.
        name: Option<String>, Reload, optional;
        /// Its type.
        kind: String, Reload, default "\"A\"",
            is Type::OneOf(&["A", "AAAA", "CNAME", "TXT", "MX", "SRV", "CAA", "NS"]);
        /// What it points to.
        value: Text, Reload, required,
            is Type::Either(std::sync::Arc::new(vec![Type::Ip, Type::Shown]));
        /// How long others remember it.
        ttl: Duration, Reload, default "300s";
        /// It goes through the provider's own proxy.
        proxied: bool, Reload, default "false";
    }
}

spec! {
    /// Names and what they point to.
    "zone" Zone {
        /// The domain.
        name: String, Replace, required, is Type::Fqdn;
        /// The program or provider.
        engine: String, Replace, required,
            is Type::OneOf(&["cloudflare", "rfc2136", "unbound", "dnsmasq", "hosts"]);
        /// What lets `paas` change it.
        token: Option<Text>, Note, optional;
        /// Where its program runs.
        on: Option<Ref>, Replace, optional, is Type::Ref(&["machine", "app"]);
        /// The machine.
        machine: Option<Ref>, Replace, derived "self.on?.machine", is Type::Ref(&["machine"]);
        /// Where exposed names point to when it is not the proxy.
        target: Option<String>, Reload, optional, is Type::Ip;
        /// Its names.
        record: BTreeMap<String, Entry>, Reload, default "{}",
            is Type::Blocks(std::sync::Arc::new(<Entry as crate::schema::Attr>::ty()));
        /// The names that are exposed by proxies of this zone.
        exposed: BTreeMap<String, Vec<Text>>, Reload,
            derived "{for e in all.expose : e.http.host => e.via.ip ... \
                     if e.http != null && e.via.zone == self}";
        /// Whether names that are not listed are removed.
        owned: String, Note, default "\"listed\"", is Type::OneOf(&["listed", "all"]);
    }
}

impl Zone {
    /// Each name with its type and value.
    fn names(&self) -> Vec<(String, &str, Text)> {
        let full = |name: &str| match name.ends_with(&self.name) {
            true => name.to_owned(),
            false => format!("{name}.{}", self.name),
        };
        let written = self.record.iter().map(|(label, entry)| {
            let name = full(entry.name.as_ref().unwrap_or(label));
            (name, entry.kind.as_str(), entry.value.clone())
        });
        let exposed = self.exposed.iter().filter_map(|(name, values)| {
            let target = self.target.as_ref().map(Text::literal);
            Some((name.clone(), "A", target.or_else(|| values.first().cloned())?))
        });
        written.chain(exposed).collect()
    }

    fn bundle(&self, id: &ObjectId, machine: &Ref) -> Bundle {
        let slug = id.slug();
        let (path, service) = match self.engine.as_str() {
            "unbound" => (format!("/etc/unbound/unbound.conf.d/paas-{slug}.conf"), "unbound"),
            "dnsmasq" => (format!("/etc/dnsmasq.d/paas-{slug}.conf"), "dnsmasq"),
            _ => (format!("/etc/hosts.d/paas-{slug}"), ""),
        };
        let mut content = Text::literal(format!("# {}\n", id.address));
        if service == "unbound" {
            content.push_str("server:\n");
        }
        for (name, kind, value) in self.names() {
            match service {
                "unbound" => content.push_str(&format!("  local-data: \"{name} {kind} ")),
                "dnsmasq" if kind == "CNAME" => content.push_str(&format!("cname={name},")),
                "dnsmasq" => content.push_str(&format!("host-record={name},")),
                _ => (),
            }
            content.push(&value);
            match service {
                "unbound" => content.push_str("\"\n"),
                "dnsmasq" => content.push_str("\n"),
                _ => content.push_str(&format!(" {name}\n")),
            }
        }
        let mut bundle = Bundle::on(machine).file(path, content);
        if !service.is_empty() {
            bundle.start.push(run(&["systemctl", "reload", service]));
            bundle.settle.push(run(&["systemctl", "reload", service]));
        }
        bundle
    }

    fn call(&self, id: &ObjectId, method: Method, name: &str, kind: &str, value: Text) -> Step {
        let path = format!("/zones/{}/{kind}/{name}", self.name);
        let body = match method {
            Method::Delete => BTreeMap::new(),
            Method::Post | Method::Put => BTreeMap::from([("content".to_owned(), value)]),
        };
        let effect = Effect::Call(Call { method, path, body });
        Step { on: Target::Service(Ref::Object(id.clone())), effect }
    }

    fn calls(&self, id: &ObjectId, method: Method) -> Vec<Step> {
        let names = self.names().into_iter();
        names.map(|(name, kind, value)| self.call(id, method, &name, kind, value)).collect()
    }
}

impl Kind for Zone {
    const WORD: &'static str = Zone::KIND;
    const ABOUT: &'static str = Zone::DOC;
    const FIRST: First = First::Delete;

    fn create(&self, id: &ObjectId, _: &str) -> Vec<Step> {
        match &self.machine {
            Some(machine) => self.bundle(id, machine).create(id),
            None => self.calls(id, Method::Post),
        }
    }

    fn update(&self, id: &ObjectId, _: &str, before: &Zone, _: &[&str]) -> Vec<Step> {
        if let (Some(machine), Some(old)) = (&self.machine, &before.machine) {
            return self.bundle(id, machine).update(id, &before.bundle(id, old));
        }
        let names = self.names();
        let gone = before.names().into_iter().filter(|(name, kind, _)| {
            !names.iter().any(|(other, same, _)| other == name && same == kind)
        });
        let drop = |(name, kind, value): (String, &str, Text)| {
            self.call(id, Method::Delete, &name, kind, value)
        };
        gone.map(drop).chain(self.calls(id, Method::Put)).collect()
    }

    fn delete(&self, id: &ObjectId) -> Vec<Step> {
        match &self.machine {
            Some(machine) => self.bundle(id, machine).delete(id),
            None => self.calls(id, Method::Delete),
        }
    }

    fn mark(&self, id: &ObjectId, _: &str) -> Vec<Step> {
        self.machine.as_ref().map_or_else(Vec::new, |it| self.bundle(id, it).mark(id))
    }

    fn look(&self, id: &ObjectId) -> Option<Question> {
        self.machine.as_ref().map(|machine| self.bundle(id, machine).look(id))
    }

    fn found(&self, memory: Memory<'_>, answer: &Answer) -> Found {
        match &self.machine {
            Some(machine) => memory.found(&self.bundle(memory.id, machine), answer),
            None => Found::Ours(BTreeMap::new()),
        }
    }
}
