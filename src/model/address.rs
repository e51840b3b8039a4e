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

    /// Whether it is `other`, an instance of it, or inside it.
    pub fn is_inside(&self, other: &Address) -> bool {
        let rest = self.0.strip_prefix(other.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']))
    }

    /// Whether it is `written`, or an instance of what is written without keys.
    pub fn is_meant_by(&self, written: &Address) -> bool {
        let (mut own, mut theirs) = (segments(&self.0), segments(&written.0));
        loop {
            match (own.next(), theirs.next()) {
                (None, None) => return true,
                (Some(own), Some(theirs)) => {
                    let ((head, key), (meant, wanted)) = (split_key(own), split_key(theirs));
                    if head != meant || wanted.is_some_and(|wanted| key != Some(wanted)) {
                        return false;
                    }
                }
                (Some(_), None) | (None, Some(_)) => return false,
            }
        }
    }

    /// The same address with `to` in the place of `from`, which it [is inside](Address::is_inside);
    /// nothing if that is no address.
    pub fn moved(&self, from: &Address, to: &Address) -> Option<Address> {
        let rest = self.0.strip_prefix(from.as_str())?;
        Address::parse(&format!("{to}{rest}"))
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
/// refers to it sees a new value. What was made under another address says so and keeps the name
/// that its marks, files and services have: `app.journal#2@app.blog`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ObjectId {
    /// What it stands for.
    pub address: Address,
    /// Counts from one.
    pub generation: u32,
    /// The address it was made under, if that is another one.
    pub made_as: Option<Address>,
}

impl ObjectId {
    /// An object that was made under its address.
    pub fn new(address: Address, generation: u32) -> ObjectId {
        ObjectId { address, generation, made_as: None }
    }

    /// The first object of an address.
    pub fn first(address: Address) -> ObjectId {
        ObjectId::new(address, 1)
    }

    /// The object that takes this one's place.
    pub fn next(&self) -> ObjectId {
        ObjectId::new(self.address.clone(), self.generation + 1)
    }

    /// The same object under the address it was made under: two ids with the same origin are one
    /// object.
    pub fn origin(&self) -> ObjectId {
        let address = self.made_as.as_ref().unwrap_or(&self.address);
        ObjectId::new(address.clone(), self.generation)
    }

    /// The same object, standing for another address.
    pub fn moved_to(&self, address: Address) -> ObjectId {
        let ObjectId { address: made_as, generation, .. } = self.origin();
        let made_as = Some(made_as).filter(|it| *it != address);
        ObjectId { address, generation, made_as }
    }

    /// A name for its files, units and projects on a machine.
    pub fn slug(&self) -> String {
        self.made_as.as_ref().unwrap_or(&self.address).slug()
    }

    /// Reads `app.blog#2`.
    pub fn parse(text: &str) -> Option<ObjectId> {
        // A key may contain the signs that separate.
        let mut places = text.match_indices('#');
        places.find_map(|(at, _)| {
            let address = Address::parse(&text[..at])?;
            let (generation, made_as) = match text[at + 1..].split_once('@') {
                Some((generation, made_as)) => (generation, Some(Address::parse(made_as)?)),
                None => (&text[at + 1..], None),
            };
            Some(ObjectId { address, generation: generation.parse().ok()?, made_as })
        })
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.address, self.generation)?;
        match &self.made_as {
            Some(made_as) => write!(f, "@{made_as}"),
            None => Ok(()),
        }
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

    /// A name for what is kept for it on a machine.
    pub fn slug(&self) -> String {
        match self {
            Ref::Address(address) => address.slug(),
            Ref::Object(id) => id.slug(),
        }
    }

    /// The same under the address that the object was made under.
    pub fn origin(&self) -> Ref {
        match self {
            Ref::Address(_) => self.clone(),
            Ref::Object(id) => Ref::Object(id.origin()),
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
