//! Secrets in a plan: which get a new value, which have got one since they were sent, and what
//! that changes. Values are never here, only what tells them apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::AnyKind;
use crate::lower::Intent;
use crate::model::{Address, Relocation, Text, Value};
use crate::plan::difference::escaped;
use crate::plan::{Inputs, Leaf, Reason};
use crate::schema::Class;
use crate::state::Record;

/// The kind of generated secrets.
const KIND: &str = "secret";

/// What is known of secrets without their values.
#[derive(Clone, Debug, Default)]
pub struct SecretsSeen {
    /// What tells values apart, by the secret's address, as far as they can be had.
    pub fingerprints: BTreeMap<String, String>,
    /// How many values each generated secret has had; nothing if the store could not be opened.
    pub versions: Option<BTreeMap<String, u32>>,
    /// Generated secrets that are older than they may become.
    pub due: BTreeSet<String>,
    /// Generated secrets that were sent and whose values are gone; they get new ones.
    pub lost: BTreeSet<String>,
    /// Where they are and shall be, if that is not the same place.
    pub relocation: Option<Relocation>,
}

/// The version that each generated secret will have, and whether it gets a new value for that.
pub type Versions = BTreeMap<String, (u32, Renewed)>;

/// Whether a secret gets a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// The one it has stays.
    No,
    /// A new one is made before anything is sent.
    Yes,
}

/// Decides about every generated secret.
pub fn versions(inputs: Inputs<'_>) -> Versions {
    let secrets = inputs.desired.resources.iter().filter(|(address, _)| address.kind() == KIND);
    let version = |(address, resource): (&Address, &crate::lower::Resource)| {
        let name = address.to_string();
        let latest = inputs.state.latest(address).map(|(_, record)| newest(record));
        let recorded = latest.and_then(|intent| intent.spec["version"].as_u64());
        let recorded = recorded.and_then(|it| u32::try_from(it).ok());
        let kept = inputs.seen.secrets.versions.as_ref();
        let stored = kept.and_then(|all| all.get(&name)).copied();
        let other = latest.is_some_and(|intent| {
            ["length", "charset"].iter().any(|it| intent.spec[*it] != resource.intent.spec[*it])
        });
        let lost = recorded.is_some() && kept.is_some() && stored.is_none();
        let due = inputs.seen.secrets.due.contains(&name);
        let now = recorded.unwrap_or(0).max(stored.unwrap_or(0));
        let decided = match other || lost || due || now == 0 {
            true => (now + 1, Renewed::Yes),
            false => (now, Renewed::No),
        };
        (name, decided)
    };
    secrets.map(version).collect()
}

fn newest(record: &Record) -> &Intent {
    record.begun.last().map_or(&record.intent, |(_, intent)| intent)
}

/// Puts the version into the spec of a generated secret.
pub fn number(address: &Address, versions: &Versions, spec: &mut Value) {
    if let Some((version, _)) = versions.get(address.as_str()) {
        spec.set("version", (*version).into());
    }
}

/// Why a generated secret has another version than before.
pub fn version_reason(inputs: Inputs<'_>, address: &Address, name: &str) -> Option<Reason> {
    let is_version = address.kind() == KIND && name == "version";
    is_version.then(|| {
        let secret = address.to_string();
        match inputs.seen.secrets.due.contains(&secret) {
            true => Reason::Due { secret },
            false => Reason::Rotation { secret },
        }
    })
}

/// The fingerprints that an object will have: those of what it was sent, as they are now. What is
/// sent for the first time or anew gets its own when it is sent.
pub fn fingerprints(
    inputs: Inputs<'_>,
    versions: &Versions,
    before: Option<&Intent>,
    spec: &Value,
) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    each_secret(spec, "", &mut |_, secret| {
        let was = before.and_then(|intent| intent.fingerprints.get(secret));
        let renewed = is_renewed(inputs, versions, secret);
        if let (Some(was), false) = (was, renewed) {
            let now = inputs.seen.secrets.fingerprints.get(secret).unwrap_or(was);
            all.insert(secret.to_owned(), now.clone());
        }
    });
    all
}

/// Adds the fields of an object that hold a secret whose value is another one by now.
pub fn add_rotated(
    (inputs, versions): (Inputs<'_>, &Versions),
    (kind, record, spec): (&dyn AnyKind, &Record, &Value),
    changed: &mut BTreeMap<String, Class>,
    leaves: &mut Vec<Leaf>,
) {
    each_secret(spec, "", &mut |path, secret| {
        let Some(because) = because(inputs, versions, record, secret) else { return };
        let name = path.split('/').next().unwrap_or(path);
        let Some(field) = kind.schema().field(name) else { return };
        let class = kind.class(&record.intent.spec, spec, field);
        let Some(class) = class.filter(|class| *class != Class::Note) else { return };
        let cost = changed.entry(name.to_owned()).or_insert(class);
        *cost = (*cost).max(class);
        if !leaves.iter().any(|leaf| leaf.path == path) {
            let value = spec.pointer(&format!("/{path}")).cloned();
            let (path, before) = (path.to_owned(), value.clone());
            leaves.push(Leaf { path, before, after: value, class, because });
        }
    });
}

fn because(
    inputs: Inputs<'_>,
    versions: &Versions,
    record: &Record,
    secret: &str,
) -> Option<Reason> {
    let reason = |due: bool| match due {
        true => Reason::Due { secret: secret.to_owned() },
        false => Reason::Rotation { secret: secret.to_owned() },
    };
    if is_renewed(inputs, versions, secret) {
        return Some(reason(inputs.seen.secrets.due.contains(secret)));
    }
    let now = inputs.seen.secrets.fingerprints.get(secret)?;
    let mut known = record.possible().filter_map(|intent| intent.fingerprints.get(secret));
    known.any(|was| was != now).then(|| reason(false))
}

fn is_renewed(inputs: Inputs<'_>, versions: &Versions, secret: &str) -> bool {
    let decided = versions.get(secret).is_some_and(|(_, renewed)| *renewed == Renewed::Yes);
    let bases = inputs.desired.secrets.get(secret).map(|item| item.source.bases());
    let mut bases = bases.unwrap_or_default().into_iter();
    decided
        || inputs.seen.secrets.lost.contains(secret)
        || bases.any(|base| is_renewed(inputs, versions, &base))
}

/// Calls `visit` with the path of every text that has a secret in it, and that one's address.
pub fn each_secret(value: &Value, path: &str, visit: &mut dyn FnMut(&str, &str)) {
    // Most specs have none, and need no paths.
    if !has_text(value) {
        return;
    }
    let below = |name: &str| match path {
        "" => escaped(name),
        path => format!("{path}/{}", escaped(name)),
    };
    match value {
        Value::Object(map) if map.contains_key("$text") => {
            if let Ok(text) = value.read::<Text>() {
                text.secrets().for_each(|secret| visit(path, secret));
            }
        }
        Value::Object(map) => {
            map.iter().for_each(|(name, value)| each_secret(value, &below(name), visit));
        }
        Value::Array(list) => {
            let elements = list.iter().enumerate();
            elements.for_each(|(at, value)| each_secret(value, &below(&at.to_string()), visit));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

/// Whether there is text with parts in a value, which alone may hold secrets.
fn has_text(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(name, value)| name == "$text" || has_text(value)),
        Value::Array(list) => list.iter().any(has_text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
