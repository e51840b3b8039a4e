//! The configuration of a guest, as the API gives and takes it: property strings are read, compared
//! and put together, and never what is in them is lost.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// `name=eth0,bridge=vmbr0` as its parts in order; a part without `=` stands for the default key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties(Vec<(Option<String>, String)>);

impl Properties {
    /// Takes it apart.
    pub fn parse(text: &str) -> Properties {
        let parts = text.split(',').filter(|part| !part.is_empty());
        let part = |part: &str| match part.split_once('=') {
            Some((name, value)) => (Some(name.to_owned()), value.to_owned()),
            None => (None, part.to_owned()),
        };
        Properties(parts.map(part).collect())
    }

    /// The value of one key.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| it.as_deref() == Some(name)).map(|(_, value)| value.as_str())
    }

    /// Sets one key where it stands, or adds it at the end.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(it, _)| it.as_deref() == Some(name)) {
            Some((_, old)) => value.clone_into(old),
            None => self.0.push((Some(name.to_owned()), value.to_owned())),
        }
    }

    /// The keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.0.iter().map(|(name, value)| (name.as_deref(), value.as_str()))
    }

    /// Puts it together again.
    pub fn text(&self) -> String {
        let part = |(name, value): &(Option<String>, String)| match name {
            Some(name) => format!("{name}={value}"),
            None => value.clone(),
        };
        self.0.iter().map(part).collect::<Vec<_>>().join(",")
    }
}

/// The models of network cards, whose value is the hardware address.
const MODELS: &[&str] = &["virtio", "e1000", "e1000e", "vmxnet3", "rtl8139"];

/// What of a network interface the manifest decides; the rest stays as it is.
const DECIDED: &[&str] = &[
    "name", "bridge", "ip", "gw", "ip6", "gw6", "tag", "mtu", "rate", "firewall", "type", "model",
    "hwaddr", "macaddr",
];

/// An interface as it is wanted, with what the one that exists has and nobody decides: its hardware
/// address above all, because without it Proxmox makes a new one and plugs the guest out.
pub fn kept_net(wanted: &str, exists: &str) -> String {
    let (mut wanted, exists) = (Properties::parse(wanted), Properties::parse(exists));
    let model = |properties: &Properties| {
        properties.iter().find_map(|(name, value)| match name {
            Some(name) if MODELS.contains(&name) => Some((name.to_owned(), value.to_owned())),
            None if MODELS.contains(&value) => Some((value.to_owned(), String::new())),
            Some(_) | None => None,
        })
    };
    if let Some(has) = exists.get("hwaddr")
        && wanted.get("hwaddr").is_none()
    {
        wanted.set("hwaddr", has);
    }
    if let (Some((wants, address)), Some((_, has))) = (model(&wanted), model(&exists))
        && address.is_empty()
        && !has.is_empty()
    {
        wanted.0.retain(|(name, value)| !(name.is_none() && *value == wants));
        wanted.0.retain(|(name, _)| name.as_deref() != Some(&wants));
        wanted.0.insert(0, (Some(wants), has));
    }
    for (name, value) in exists.iter() {
        let Some(name) = name else { continue };
        let decided = DECIDED.contains(&name) || MODELS.contains(&name);
        if !decided && wanted.get(name).is_none() {
            wanted.set(name, value);
        }
    }
    wanted.text()
}

/// The hardware address of an interface.
pub fn hardware_address(net: &str) -> Option<String> {
    let properties = Properties::parse(net);
    let by_model = || MODELS.iter().find_map(|model| properties.get(model));
    properties.get("hwaddr").or_else(by_model).map(str::to_owned)
}

/// The tags as they shall be: those that were written by hand stay.
pub fn kept_tags(wanted: &str, before: &[String], exist: &str) -> String {
    let split = |text: &str| -> Vec<String> {
        let parts = text.split([';', ',', ' ']).filter(|tag| !tag.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    let before: Vec<String> = before.iter().map(|tag| tag.to_lowercase()).collect();
    let mut all = split(wanted);
    let by_hand = split(exist).into_iter().filter(|tag| !before.contains(tag));
    all.extend(by_hand);
    all.sort();
    all.dedup();
    all.join(";")
}

/// A description with our mark at its end; what people wrote above it stays.
pub fn kept_description(wanted: &str, exists: &str) -> String {
    const START: &str = "<!-- paas:1 ";
    let (before, after) = match exists.find(START) {
        Some(at) => {
            let rest = &exists[at..];
            let end = rest.find("-->").map_or(rest.len(), |end| end + "-->".len());
            (&exists[..at], &rest[end..])
        }
        None => (exists, ""),
    };
    let words: Vec<&str> =
        [before.trim(), after.trim()].into_iter().filter(|part| !part.is_empty()).collect();
    match words.is_empty() {
        true => wanted.to_owned(),
        false => format!("{}\n\n{wanted}", words.join("\n\n")),
    }
}

/// A configuration as the API gives it, every value as text.
pub fn read(answer: &Value) -> BTreeMap<String, String> {
    let object = answer.as_object().into_iter().flatten();
    let mut config: BTreeMap<String, String> =
        object.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect();
    // It comes back with a line's end that nobody wrote.
    if let Some(description) = config.get_mut("description") {
        let length = description.trim_end_matches('\n').len();
        description.truncate(length);
    }
    config
}

/// The same as it will be when the guest starts again, and the keys that wait for that.
pub fn read_pending(answer: &Value) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let mut config = serde_json::Map::new();
    let mut waits = BTreeSet::new();
    for item in answer.as_array().into_iter().flatten() {
        let Some(key) = item["key"].as_str() else { continue };
        let goes = number(&item["delete"]).is_some_and(|it| it > 0);
        let value = if item["pending"].is_null() { &item["value"] } else { &item["pending"] };
        if goes || !item["pending"].is_null() {
            waits.insert(key.to_owned());
        }
        if !goes {
            config.insert(key.to_owned(), value.clone());
        }
    }
    (read(&Value::Object(config)), waits)
}

/// A value as text: numbers are numbers in one answer and text in the next.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number that may come as text.
pub fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let float = number.as_f64().filter(|it| *it >= 0.0)?;
            format!("{float:.0}").parse().ok()
        }),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
