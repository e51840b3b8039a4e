//! `zone`: names and what they point to.

use std::collections::BTreeMap;

use crate::kinds::records::{Record, Wording};
use crate::kinds::{Around, First, Found, Kind, Memory, Objection};
use crate::model::{Answer, ObjectId, Port, Question, Step};
use crate::model::{Bundle, Call, Duration, Effect, Method, Ref, Target, Text, run};
use crate::schema::Type;
use crate::schema::{object, spec};

/// How long others remember names that are not written as records.
const TTL_SECS: u64 = 300;

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

object! {
    /// What is exposed by a service record.
    Service {
        /// Its name: `_minecraft._tcp.example.com`.
        name: Text, Reload, required;
        /// The name that it leads to.
        target: Text, Reload, required;
        /// The address of that name, if the zone has to tell it.
        ip: Option<Text>, Reload, optional;
        /// Where the workload listens.
        port: Port, Reload, required;
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
        /// The service records of what proxies of this zone expose.
        services: Vec<Service>, Reload,
            derived "[for e in all.expose : { \
                         name = e.srv.name, \
                         port = e.port, \
                         target = e.srv.target ?? \"\\(slug(e.address)).\\(self.name)\", \
                         ip = if e.srv.target == null then e.workload.ip else null, \
                     } if e.srv != null && e.via.zone == self]";
        /// Whether names that are not listed are removed.
        owned: String, Note, default "\"listed\"", is Type::OneOf(&["listed", "all"]),
            idle "names that are not listed stay";
    }
}

impl Zone {
    /// Everything that it answers with, each once.
    fn records(&self) -> Vec<Record<'_>> {
        let written = self.record.iter().map(|(label, entry)| Record {
            name: self.full(entry.name.as_ref().unwrap_or(label)),
            kind: &entry.kind,
            ttl_secs: entry.ttl.seconds(),
            value: entry.value.clone(),
        });
        let told = |name: String, kind, value| Record { name, kind, ttl_secs: TTL_SECS, value };
        let exposed = self.exposed.iter().filter_map(|(name, values)| {
            let target = self.target.as_ref().map(Text::literal);
            Some(told(name.clone(), "A", target.or_else(|| values.first().cloned())?))
        });
        let mut records: Vec<Record<'_>> = written.chain(exposed).collect();
        for service in &self.services {
            let mut value = Text::literal(format!("0 0 {} ", service.port.number()));
            value.push(&service.target);
            value.push_str(".");
            let shown = |text: &Text| text.as_literal().unwrap_or_default().to_owned();
            let record = told(shown(&service.name), "SRV", value);
            let host = service.ip.clone().map(|ip| told(shown(&service.target), "A", ip));
            for record in [record].into_iter().chain(host) {
                if !records.contains(&record) {
                    records.push(record);
                }
            }
        }
        records
    }

    /// A name with the domain.
    fn full(&self, name: &str) -> String {
        let inside = name.strip_suffix(self.name.as_str());
        match inside.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) {
            _ if name == "@" => self.name.clone(),
            true => name.to_owned(),
            false => format!("{name}.{}", self.name),
        }
    }

    /// How the program of this engine writes records; a provider is called instead.
    fn wording(&self) -> Wording {
        match self.engine.as_str() {
            "unbound" => Wording::Unbound,
            "dnsmasq" => Wording::Dnsmasq,
            _ => Wording::Hosts,
        }
    }

    fn bundle(&self, id: &ObjectId, machine: &Ref) -> Bundle {
        let slug = id.slug();
        let wording = self.wording();
        let (path, service) = match wording {
            Wording::Unbound => {
                (format!("/etc/unbound/unbound.conf.d/paas-{slug}.conf"), "unbound")
            }
            Wording::Dnsmasq => (format!("/etc/dnsmasq.d/paas-{slug}.conf"), "dnsmasq"),
            Wording::Hosts => (format!("/etc/hosts.d/paas-{slug}"), ""),
        };
        let mut content = Text::literal(format!("# {}\n", id.address));
        content.push_str(wording.header());
        for record in self.records() {
            if let Some(line) = wording.line(&record) {
                content.push(&line);
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
        let records = self.records().into_iter();
        records.map(|it| self.call(id, method, &it.name, it.kind, it.value)).collect()
    }
}

impl Kind for Zone {
    const WORD: &'static str = Zone::KIND;
    const ABOUT: &'static str = Zone::DOC;
    const FIRST: First = First::Delete;

    fn complete(&mut self, _around: &dyn Around) -> Vec<Objection> {
        let wording = self.wording();
        let objection = |record: &Record<'_>| Objection {
            field: "engine".to_owned(),
            message: format!("`{}` has no {} records", self.engine, record.kind),
            help: wording.others().to_owned(),
        };
        let records = self.records();
        let bad = records.iter().find(|record| self.machine.is_some() && !wording.has(record));
        let unwritable = records.iter().filter(|_| self.machine.is_some()).filter_map(|record| {
            let found = wording.refusal(record)?;
            Some(Objection {
                field: "record".to_owned(),
                message: format!("the {} record `{}` has {found}", record.kind, record.name),
                help: format!("write what a {} record can have", record.kind),
            })
        });
        bad.map(objection).into_iter().chain(unwritable).collect()
    }

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
        let records = self.records();
        let gone = before
            .records()
            .into_iter()
            .filter(|old| !records.iter().any(|new| new.name == old.name && new.kind == old.kind));
        let drop = |it: Record<'_>| self.call(id, Method::Delete, &it.name, it.kind, it.value);
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
