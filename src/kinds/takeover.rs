//! Shared by `container` and `vm`: taking over a guest that is there. What it has is compared with
//! what it should have, and only what differs is sent.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::guest::{Guest, disk};
use crate::model::{GuestSeen, Mark, Method, Size, Step, Text, Value};
use crate::schema::Class;

/// The line with a guest's tags.
const TAGS: &str = "tags";

/// The tag that says that some project looks after a guest; with the mark it says nothing new.
const OURS: &str = "paas";

/// Options that Proxmox adds by itself.
const ITS_OWN: [&str; 2] = ["hwaddr", "type"];

/// Options of an interface that the manifest decides.
const DECIDED: [&str; 10] =
    ["name", "bridge", "ip", "gw", "ip6", "gw6", "tag", "mtu", "rate", "firewall"];

/// What it takes to look after a guest that somebody else made, or that nobody remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Takeover {
    /// Lines of its configuration that differ: name, as it is, as it will be, what that costs.
    pub differs: Vec<(String, Option<Value>, Option<Value>, Class)>,
    /// What is sent.
    pub steps: Vec<Step>,
    /// Why it cannot be what is asked for.
    pub impossible: Option<String>,
}

/// A guest as it should be.
pub struct Wanted<'a> {
    /// Which one.
    pub guest: Guest<'a>,
    /// Which making of it.
    pub uid: &'a str,
    /// Lines of its configuration.
    pub config: BTreeMap<String, Text>,
    /// Lines that are removed where nothing is asked for.
    pub optional: &'a [&'a str],
    /// Lines of which another value is taken only when it starts.
    pub restarts: &'a [&'a str],
    /// Its disk.
    pub disk: (&'a str, Size),
    /// It runs.
    pub start: bool,
    /// Who may log in: nobody sees from outside whether they may.
    pub users: Option<Step>,
}

impl Wanted<'_> {
    /// What leads to it from a guest as it is seen.
    pub fn over(self, seen: &GuestSeen) -> Takeover {
        let mut out = Takeover::default();
        let mut body = BTreeMap::new();
        let (mut gone, mut restarts) = (Vec::new(), false);
        let none = self.optional.iter().filter(|name| !self.config.contains_key(**name));
        let said = |name: &&&str| {
            seen.config.get(**name).is_some_and(|it| usual(name) != Some(it.as_str()))
        };
        for name in none.filter(said) {
            let before = seen.config.get(*name).map(|text| Value::from(text.as_str()));
            restarts |= self.restarts.contains(name);
            out.differs.push(((*name).to_owned(), before, None, self.cost(name)));
            gone.push(*name);
        }
        for (name, text) in &self.config {
            let before = seen.config.get(name);
            let wanted = text.to_string();
            if name == TAGS {
                body.insert(name.clone(), text.clone());
            }
            let has = before.map(String::as_str).or_else(|| self.usual(name));
            if has.is_some_and(|has| is_same(name, has, &wanted)) {
                continue;
            }
            restarts |= self.restarts.contains(&name.as_str());
            let before = before.map(|text| Value::from(text.as_str()));
            let after = Some(Value::from(wanted));
            out.differs.push((name.clone(), before, after, self.cost(name)));
            body.insert(name.clone(), text.clone());
        }
        if !gone.is_empty() {
            body.insert("delete".to_owned(), gone.join(",").into());
        }
        // Whose it is comes first: from then on nobody else takes it over.
        let mark = Mark::text(self.guest.vmid, self.guest.id, self.uid);
        body.insert("description".to_owned(), mark);
        out.steps.push(self.guest.call(Method::Put, "/config", body));
        self.grow(seen, &mut out);
        match (self.start, seen.running) {
            (true, false) => out.steps.extend([self.guest.status("start"), self.guest.ready()]),
            (false, true) => out.steps.push(self.guest.status("shutdown")),
            (true, true) if restarts => {
                out.steps.extend([self.guest.status("reboot"), self.guest.ready()]);
            }
            (true, true) | (false, false) => (),
        }
        if self.start != seen.running {
            let (before, after) = (Some(seen.running.into()), Some(self.start.into()));
            out.differs.push(("start".to_owned(), before, after, Class::Restart));
        }
        if self.start {
            out.steps.extend(self.users);
        }
        out
    }

    /// What a line means that is not there.
    fn usual(&self, name: &str) -> Option<&'static str> {
        match name {
            // A container without it has every processor.
            "cores" if self.guest.api == "lxc" => None,
            name => usual(name),
        }
    }

    fn cost(&self, name: &str) -> Class {
        if self.restarts.contains(&name) { Class::Restart } else { Class::Live }
    }

    fn grow(&self, seen: &GuestSeen, out: &mut Takeover) {
        let (name, size) = self.disk;
        let wanted = size.gib() << 30;
        let Some(has) = disk(seen.config.get(name)).and_then(|it| it.as_u64()) else { return };
        if has > wanted {
            let (has, wanted) = (Size(has), Size(wanted));
            out.impossible = Some(format!("its disk has {has}, and cannot shrink to {wanted}"));
        }
        if has < wanted {
            let (before, after) = (Some(Value::from(has)), Some(Value::from(wanted)));
            out.differs.push(("disk".to_owned(), before, after, Class::Live));
            out.steps.push(self.guest.resize(name, size));
        }
    }
}

/// What Proxmox takes a line for that is not there.
fn usual(name: &str) -> Option<&'static str> {
    match name {
        "memory" | "swap" => Some("512"),
        "cores" => Some("1"),
        "onboot" | "protection" => Some("0"),
        "agent" => Some("enabled=0"),
        TAGS => Some(""),
        _ => None,
    }
}

/// Whether two lines of a configuration say the same of what is decided here; Proxmox adds options
/// of its own, and keeps no order.
fn is_same(name: &str, seen: &str, wanted: &str) -> bool {
    // Keys may end in an encoded end of line.
    let end = "%0A";
    let keys = name == "sshkeys" && seen.trim_end_matches(end) == wanted.trim_end_matches(end);
    if seen == wanted || keys {
        return true;
    }
    let separator = if name == "tags" || wanted.contains(';') { ';' } else { ',' };
    let parts = |text: &str| -> BTreeSet<String> {
        let parts = text.split(separator).map(str::trim).filter(|it| !it.is_empty());
        let parts = parts.filter(|part| match part.split_once('=') {
            // What nobody decides is kept when the line is sent.
            Some((option, value)) if name.starts_with("net") && model(part).is_none() => {
                DECIDED.contains(&option) && (option, value) != ("firewall", "0")
            }
            Some((option, _)) => !ITS_OWN.contains(&option),
            None => (name, *part) != (TAGS, OURS),
        });
        // `virtio=BC:24:11:00:00:01` is a model and the hardware address that it was given.
        let parts = parts.map(|part| match (name, part) {
            ("agent", "0" | "1") => format!("enabled={part}"),
            (_, part) => model(part).unwrap_or(part).to_owned(),
        });
        parts.collect()
    };
    parts(seen) == parts(wanted)
}

/// The model of a network card with its address.
fn model(part: &str) -> Option<&str> {
    let (model, address) = part.split_once('=')?;
    (address.len() == 17 && address.matches(':').count() == 5).then_some(model)
}
