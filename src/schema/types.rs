//! The types of fields: what the checker accepts, by the Rust type that holds it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::model::{Cidr, Duration, Port, PortRange, Ref, Size, Text};
use crate::schema::Field;

/// What a value can be.
#[derive(Clone, Debug)]
pub enum Type {
    /// Anything; JSON as it comes.
    Any,
    /// Anything; text in it may contain secrets and late values.
    Given,
    /// What a file has: its path, the text itself, or the object that the text stands for.
    Content,
    /// `true` or `false`
    Bool,
    /// A whole number from the first to the last.
    Int(i64, i64),
    /// A number.
    Float,
    /// Plain text, known when the manifest is read.
    Str,
    /// Text that may contain secrets and late values; numbers and booleans are printed.
    Text,
    /// The same for everybody to read, like a command line: no secret may be in it.
    Shown,
    /// `512MiB`
    Size,
    /// `30s`
    Duration,
    /// `10.0.0.1`
    Ip,
    /// `10.0.0.0/24`
    Cidr,
    /// `10.0.0.10-10.0.0.99`
    IpRange,
    /// A host or domain name.
    Fqdn,
    /// `https://host/path`
    Url,
    /// A file of the project or of a machine.
    Path,
    /// `8080`
    Port,
    /// `20000-29999/tcp`
    PortRange,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list.
    List(Arc<Type>),
    /// An object with any keys.
    Map(Arc<Type>),
    /// An object with these fields.
    Object(Arc<Vec<Field>>),
    /// Nested blocks with labels: `node pve1 { … }`; a map by label.
    Blocks(Arc<Type>),
    /// A resource of one of these kinds.
    Ref(&'static [&'static str]),
    /// The first of these that fits.
    Either(Arc<Vec<Type>>),
}

/// A Rust type that a field can have.
pub trait Attr {
    /// What the checker accepts for it.
    fn ty() -> Type;
}

impl Type {
    /// Completes the sentence "expected …".
    pub fn expected(&self) -> String {
        let any = |kinds: &[&str]| match kinds {
            [] => "a resource".to_owned(),
            kinds => kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(" or "),
        };
        match self {
            Type::Any | Type::Given => "any value".into(),
            Type::Content => "a path, a text or an object".into(),
            Type::Bool => "true or false".into(),
            Type::Int(i64::MIN, i64::MAX) => "an int".into(),
            Type::Int(low, i64::MAX) => format!("an int from {low}"),
            Type::Int(low, high) => format!("an int from {low} to {high}"),
            Type::Float => "a number".into(),
            Type::Str | Type::Text | Type::Shown => "a string".into(),
            Type::Size => "a size like `512MiB`".into(),
            Type::Duration => "a duration like `30s`".into(),
            Type::Ip => "an address like `10.0.0.1`".into(),
            Type::Cidr => "a network like `10.0.0.0/24`".into(),
            Type::IpRange => "a range like `\"10.0.0.10-10.0.0.99\"`".into(),
            Type::Fqdn => "a host name like `\"www.example.com\"`".into(),
            Type::Url => "a URL like `\"https://example.com\"`".into(),
            Type::Path => "a path like `\"scripts/setup.sh\"`".into(),
            Type::Port => "a port, 1 to 65535".into(),
            Type::PortRange => "a range of ports like `20000-29999/tcp`".into(),
            Type::OneOf(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                words.join(" or ")
            }
            Type::List(of) => format!("a list; each element: {}", of.expected()),
            Type::Map(of) => format!("a map; each value: {}", of.expected()),
            Type::Object(_) => "an object".into(),
            Type::Blocks(_) => "blocks with a name".into(),
            Type::Ref(kinds) => any(kinds),
            Type::Either(types) => {
                types.iter().map(Type::expected).collect::<Vec<_>>().join(", or ")
            }
        }
    }
}

macro_rules! attr {
    ($($rust:ty => $ty:expr;)*) => {
        $(impl Attr for $rust {
            fn ty() -> Type {
                $ty
            }
        })*
    };
}

attr! {
    bool => Type::Bool;
    i64 => Type::Int(i64::MIN, i64::MAX);
    u32 => Type::Int(0, 4_294_967_295);
    u64 => Type::Int(0, i64::MAX);
    f64 => Type::Float;
    String => Type::Str;
    Text => Type::Text;
    Size => Type::Size;
    Duration => Type::Duration;
    IpAddr => Type::Ip;
    Cidr => Type::Cidr;
    Port => Type::Port;
    PortRange => Type::PortRange;
    Ref => Type::Ref(&[]);
    crate::model::Value => Type::Any;
}

impl<T: Attr> Attr for Option<T> {
    fn ty() -> Type {
        T::ty()
    }
}

impl<T: Attr> Attr for Vec<T> {
    fn ty() -> Type {
        Type::List(Arc::new(T::ty()))
    }
}

impl<T: Attr> Attr for BTreeMap<String, T> {
    fn ty() -> Type {
        Type::Map(Arc::new(T::ty()))
    }
}
