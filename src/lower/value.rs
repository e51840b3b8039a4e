//! Values of the language while a manifest is evaluated; each knows where it was written.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::model::{Address, Cidr, Key, Late, PortRange, Protocol, Text};
use crate::source::Span;

/// A value and the place it was written at, through lets and functions.
#[derive(Clone, Debug)]
pub struct Val {
    /// What it is.
    pub data: Data,
    /// The literal or expression that made it.
    pub origin: Span,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Absent.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Bytes.
    Size(u64),
    /// Milliseconds.
    Duration(u64),
    /// One address.
    Ip(IpAddr),
    /// A network.
    Cidr(Cidr),
    /// `8080/tcp`
    Port(u16, Protocol),
    /// `20000-29999/tcp`
    PortRange(PortRange),
    /// Plain text.
    Str(Arc<str>),
    /// Text with secret or late parts.
    Text(Arc<Text>),
    /// A list.
    List(Arc<Vec<Val>>),
    /// A map or an object.
    Map(Arc<BTreeMap<Key, Val>>),
    /// A resource.
    Ref(Address),
    /// A value that is known later; as it is, or inside text.
    Late(Arc<Late>),
    /// The result of computing with a later value: nothing can be made of it before apply.
    Unknown(Arc<Late>),
    /// Something that was reported already; every stage keeps quiet about it.
    Bad,
}

impl PartialEq for Val {
    fn eq(&self, other: &Val) -> bool {
        self.data == other.data
    }
}

impl Val {
    /// A value written at `origin`.
    pub fn new(data: Data, origin: Span) -> Val {
        Val { data, origin }
    }

    /// Plain text.
    pub fn str(text: impl Into<Arc<str>>, origin: Span) -> Val {
        Val::new(Data::Str(text.into()), origin)
    }

    /// A list.
    pub fn list(values: Vec<Val>, origin: Span) -> Val {
        Val::new(Data::List(Arc::new(values)), origin)
    }

    /// A map.
    pub fn map(values: BTreeMap<Key, Val>, origin: Span) -> Val {
        Val::new(Data::Map(Arc::new(values)), origin)
    }

    /// The field of an object or the entry of a map with a text key.
    pub fn get(&self, name: &str) -> Option<&Val> {
        match &self.data {
            Data::Map(map) => map.get(&Key::Text(name.into())),
            _ => None,
        }
    }
}

impl Data {
    /// The type's name, as messages say it: `a size`.
    pub fn noun(&self) -> &'static str {
        match self {
            Data::Null => "null",
            Data::Bool(_) => "a bool",
            Data::Int(_) => "an int",
            Data::Float(_) => "a float",
            Data::Size(_) => "a size",
            Data::Duration(_) => "a duration",
            Data::Ip(_) => "an ip",
            Data::Cidr(_) => "a cidr",
            Data::Port(..) => "a port",
            Data::PortRange(_) => "a range of ports",
            Data::Str(_) => "a string",
            Data::Text(text) if text.has_secret() => "a secret",
            Data::Text(_) => "a string known later",
            Data::List(_) => "a list",
            Data::Map(_) => "an object",
            Data::Ref(_) => "a resource",
            Data::Late(_) | Data::Unknown(_) => "a value known later",
            Data::Bad => "nothing",
        }
    }
}
