//! How one resource is named, and how one real thing that stands for it is.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// `tenant.acme/app.blog/expose.www`, `container.dev["ada"]`: unique in one project.
///
/// Segments are separated by `/`; each is a kind, a name and, for an instance of a `for`, its key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Address(Arc<str>);

/// What tells the instances of one block apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// `["ada"]`
    Text(Arc<str>),
    /// `[3]`
    Int(i64),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Text(text) => write!(f, "[{}]", serde_json::Value::from(&**text)),
            Key::Int(number) => write!(f, "[{number}]"),
        }
    }
}

impl Address {
    /// The address of `kind.name[key]` inside `parent`.
    pub fn new(parent: Option<&Address>, kind: &str, name: &str, key: Option<&Key>) -> Address {
        use fmt::Write as _;
        let mut text = String::new();
        if let Some(parent) = parent {
            text.push_str(&parent.0);
            text.push('/');
        }
        text.push_str(kind);
        text.push('.');
        text.push_str(name);
        if let Some(key) = key {
            write!(text, "{key}").expect("writing to a string does not fail");
        }
        Address(text.into())
    }

    /// Reads an address as people and state files write it.
    pub fn parse(text: &str) -> Option<Address> {
        let complete = segments(text).all(|segment| {
            let (head, key) = split_key(segment);
            let words = head.split_once('.');
            let word = |it: &str| {
                !it.is_empty() && it.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            };
            words.is_some_and(|(kind, name)| word(kind) && word(name))
                && key.is_none_or(|key| parse_key(key).is_some())
        });
        complete.then(|| Address(text.into()))
    }

    /// The whole address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind of the last segment: `expose`.
    pub fn kind(&self) -> &str {
        let (head, _) = split_key(last(&self.0));
        head.split_once('.').map_or(head, |(kind, _)| kind)
    }

    /// The name in the last segment: `www`.
    pub fn name(&self) -> &str {
        let (head, _) = split_key(last(&self.0));
        head.split_once('.').map_or("", |(_, name)| name)
    }

    /// The key of the last segment.
    pub fn key(&self) -> Option<Key> {
        split_key(last(&self.0)).1.and_then(parse_key)
    }

    /// The last segment with its key: `expose.www["a"]`.
    pub fn leaf(&self) -> &str {
        last(&self.0)
    }

    /// The address without its last segment.
    pub fn parent(&self) -> Option<Address> {
        let rest = self.0.len() - last(&self.0).len();
        (rest > 0).then(|| Address(self.0[..rest - 1].into()))
    }

    /// A name for files, units and projects on a machine: letters, digits and `-` only.
    ///
    /// Two addresses never share one: a digest is added where characters had to be replaced.
    pub fn slug(&self) -> String {
        let plain: String = self
            .0
            .chars()
            .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
            .collect();
        let faithful = self.parent().is_none() && self.key().is_none();
        let exact = !self.name().contains(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
        if faithful && exact {
            return plain;
        }
        let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
        format!("{}-{}", parts.join("-"), &crate::model::text::digest(self.0.as_bytes())[..8])
    }
}

/// The segments of an address; a `/` inside a key does not separate.
fn segments(text: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => (),
        }
        c == '/' && !quoted
    })
}

fn last(text: &str) -> &str {
    match text.contains('"') {
        true => segments(text).last().unwrap_or(text),
        false => text.rsplit('/').next().unwrap_or(text),
    }
}

fn split_key(segment: &str) -> (&str, Option<&str>) {
    match segment.find('[') {
        Some(at) => (&segment[..at], Some(&segment[at..])),
        None => (segment, None),
    }
}

fn parse_key(text: &str) -> Option<Key> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    match serde_json::from_str(inner).ok()? {
        serde_json::Value::String(text) => Some(Key::Text(text.into())),
        serde_json::Value::Number(number) => number.as_i64().map(Key::Int),
        _ => None,
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.0.as_ref().to_owned()
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Address, String> {
        Address::parse(&text).ok_or_else(|| format!("`{text}` is no address"))
    }
}

/// One real thing that stands, stood or will stand for an address: `app.blog#2`.
///
/// A replacement gets the next generation, so old and new can live side by side, and whoever
/// refers to it sees a new value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ObjectId {
    /// What it stands for.
    pub address: Address,
    /// Counts from one.
    pub generation: u32,
}

impl ObjectId {
    /// The first object of an address.
    pub fn first(address: Address) -> ObjectId {
        ObjectId { address, generation: 1 }
    }

    /// The object that takes this one's place.
    pub fn next(&self) -> ObjectId {
        ObjectId { address: self.address.clone(), generation: self.generation + 1 }
    }

    /// Reads `app.blog#2`.
    pub fn parse(text: &str) -> Option<ObjectId> {
        let (address, generation) = text.rsplit_once('#')?;
        Some(ObjectId { address: Address::parse(address)?, generation: generation.parse().ok()? })
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.address, self.generation)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for ObjectId {
    type Error = String;

    fn try_from(text: String) -> Result<ObjectId, String> {
        ObjectId::parse(&text).ok_or_else(|| format!("`{text}` is no object"))
    }
}

/// How one resource points at another: an address as it is desired, an object once the planner
/// has decided which one that is.
///
/// In JSON it is `{"$ref": "container.web"}` or `{"$ref": "container.web#1"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ref {
    /// Not decided yet.
    Address(Address),
    /// Decided.
    Object(ObjectId),
}

#[derive(Serialize, Deserialize)]
struct RefForm {
    #[serde(rename = "$ref")]
    target: String,
}

impl Ref {
    /// The address, decided or not.
    pub fn address(&self) -> &Address {
        match self {
            Ref::Address(address) => address,
            Ref::Object(id) => &id.address,
        }
    }

    /// Reads what stands behind `$ref`.
    pub fn parse(text: &str) -> Option<Ref> {
        let object = ObjectId::parse(text).map(Ref::Object);
        object.or_else(|| Address::parse(text).map(Ref::Address))
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ref::Address(address) => address.fmt(f),
            Ref::Object(id) => id.fmt(f),
        }
    }
}

impl Serialize for Ref {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RefForm { target: self.to_string() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Ref, D::Error> {
        let form = RefForm::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom(format!("`{}` is no reference", form.target));
        Ref::parse(&form.target).ok_or_else(wrong)
    }
}
