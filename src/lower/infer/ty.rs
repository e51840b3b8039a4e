//! What is known of a value without computing it: its type, whether it may be null, and when it is
//! known.

use std::rc::Rc;

use crate::kinds;
use crate::lower::infer::why::Why;
use crate::source::Span;

/// The place of a block in [`super::Infer::sites`].
pub(super) type SiteId = usize;

/// A type with everything that is tracked beside it.
#[derive(Clone, Debug)]
pub(super) struct Ty {
    /// What it is.
    pub core: Core,
    /// Why it may be null; nothing if it never is.
    pub null: Option<Absence>,
    /// It contains a secret as a whole.
    pub secret: bool,
    /// Why it is known only later.
    pub late: Option<Rc<Why>>,
    /// Where the value is written.
    pub origin: Option<Span>,
    /// Where the type is written.
    pub declared: Option<Span>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Core {
    /// It was reported, or nothing can be said about it: it fits everything.
    Bad,
    /// No value at all: null, or the elements of an empty list.
    Never,
    /// A value without parts.
    Scalar(Scalar),
    /// A whole number between these.
    Int(i64, i64),
    /// This text, written as a literal.
    Word(Rc<str>),
    /// One of very many literals.
    Words,
    /// Text of a schema: everything that can be printed, secret or late.
    Text,
    /// A list.
    List(Rc<Ty>),
    /// Keys and values.
    Map(Rc<Ty>, Rc<Ty>),
    /// An object with these fields.
    Object(Rc<Shape>),
    /// One of several.
    Union(Rc<Vec<Ty>>),
    /// A resource.
    Ref(Refs),
    /// A tree out of a file.
    Data,
    /// A `type` of the manifest, by its place in [`super::Infer::aliases`].
    Alias(usize),
    /// `container`: every block of the kind, by name.
    Kind(&'static str),
    /// `secret`: every secret, by name.
    Secrets,
}

/// The types of values without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Bool,
    Float,
    Size,
    Duration,
    Ip,
    Cidr,
    Port,
    PortRange,
    Str,
    Fqdn,
    Url,
    Path,
    Calendar,
    Version,
    Digest,
    Email,
    IpRange,
}

/// The fields of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// In the order they are written.
    pub fields: Vec<Field>,
    /// It may have others too.
    pub open: bool,
}

/// One field of an object.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Its name.
    pub name: Rc<str>,
    /// What it is.
    pub ty: Ty,
    /// It need not be written.
    pub optional: bool,
}

/// Which resources a value may refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refs {
    /// Their kinds or interfaces; empty for any.
    pub kinds: Rc<[&'static str]>,
    /// The block, if it is one of its instances.
    pub site: Option<SiteId>,
}

/// Why a value may be null.
#[derive(Clone, Debug)]
pub(super) enum Absence {
    /// The block has a condition: its name, the condition's text and place.
    If(Rc<str>, Rc<str>, Span),
    /// Its type says so.
    Declared(Span),
    /// Nothing more is known.
    Plain,
}

/// Types by the word that they are written with.
pub(super) const SCALARS: [(&str, Scalar); 17] = [
    ("bool", Scalar::Bool),
    ("float", Scalar::Float),
    ("string", Scalar::Str),
    ("size", Scalar::Size),
    ("duration", Scalar::Duration),
    ("ip", Scalar::Ip),
    ("cidr", Scalar::Cidr),
    ("fqdn", Scalar::Fqdn),
    ("url", Scalar::Url),
    ("path", Scalar::Path),
    ("port", Scalar::Port),
    ("port_range", Scalar::PortRange),
    ("calendar", Scalar::Calendar),
    ("version", Scalar::Version),
    ("digest", Scalar::Digest),
    ("email", Scalar::Email),
    ("ip_range", Scalar::IpRange),
];

impl Scalar {
    /// The word it is written with.
    pub fn word(self) -> &'static str {
        SCALARS.iter().find(|(_, it)| *it == self).map_or("value", |(word, _)| word)
    }

    /// Its values are strings.
    pub fn is_text(self) -> bool {
        match self {
            Scalar::Str
            | Scalar::Fqdn
            | Scalar::Url
            | Scalar::Path
            | Scalar::Calendar
            | Scalar::Version
            | Scalar::Digest
            | Scalar::Email
            | Scalar::IpRange => true,
            Scalar::Bool
            | Scalar::Float
            | Scalar::Size
            | Scalar::Duration
            | Scalar::Ip
            | Scalar::Cidr
            | Scalar::Port
            | Scalar::PortRange => false,
        }
    }

    /// As messages say it; the values of a string type are strings.
    pub fn noun(self) -> &'static str {
        match self {
            Scalar::Bool => "a bool",
            Scalar::Float => "a float",
            Scalar::Size => "a size",
            Scalar::Duration => "a duration",
            Scalar::Ip => "an ip",
            Scalar::Cidr => "a cidr",
            Scalar::Port => "a port",
            Scalar::PortRange => "a range of ports",
            Scalar::Str
            | Scalar::Fqdn
            | Scalar::Url
            | Scalar::Path
            | Scalar::Calendar
            | Scalar::Version
            | Scalar::Digest
            | Scalar::Email
            | Scalar::IpRange => "a string",
        }
    }
}

impl Ty {
    /// A type about which nothing else is known.
    pub fn new(core: Core) -> Ty {
        Ty { core, null: None, secret: false, late: None, origin: None, declared: None }
    }

    /// What was reported already, or cannot be told.
    pub fn bad() -> Ty {
        Ty::new(Core::Bad)
    }

    /// The type of `null`.
    pub fn null() -> Ty {
        Ty::new(Core::Never).or_null(Absence::Plain)
    }

    /// A scalar.
    pub fn scalar(scalar: Scalar) -> Ty {
        Ty::new(Core::Scalar(scalar))
    }

    /// Text.
    pub fn string() -> Ty {
        Ty::scalar(Scalar::Str)
    }

    /// True or false.
    pub fn bool() -> Ty {
        Ty::scalar(Scalar::Bool)
    }

    /// Any whole number.
    pub fn int() -> Ty {
        Ty::new(Core::Int(i64::MIN, i64::MAX))
    }

    /// This text.
    pub fn word(text: &str) -> Ty {
        Ty::new(Core::Word(text.into()))
    }

    /// A list of these.
    pub fn list(of: Ty) -> Ty {
        Ty::new(Core::List(Rc::new(of)))
    }

    /// A map.
    pub fn map(key: Ty, value: Ty) -> Ty {
        Ty::new(Core::Map(Rc::new(key), Rc::new(value)))
    }

    /// An object.
    pub fn object(fields: Vec<Field>, open: bool) -> Ty {
        Ty::new(Core::Object(Rc::new(Shape { fields, open })))
    }

    /// A resource of one of these kinds.
    pub fn reference(kinds: &[&'static str], site: Option<SiteId>) -> Ty {
        Ty::new(Core::Ref(Refs { kinds: kinds.into(), site }))
    }

    /// One of these.
    pub fn union(types: Vec<Ty>) -> Ty {
        Ty::new(Core::Union(Rc::new(types)))
    }

    /// The same, but it may be null.
    pub fn or_null(self, why: Absence) -> Ty {
        Ty { null: self.null.or(Some(why)), ..self }
    }

    /// The same, and not null.
    pub fn present(self) -> Ty {
        Ty { null: None, ..self }
    }

    /// The same, written there.
    pub fn at(self, origin: Span) -> Ty {
        Ty { origin: Some(origin), ..self }
    }

    /// Nothing can be said about it.
    pub fn is_bad(&self) -> bool {
        matches!(self.core, Core::Bad)
    }

    /// It is null and nothing else.
    pub fn is_null(&self) -> bool {
        matches!(self.core, Core::Never) && self.null.is_some()
    }

    /// What is known beside the type, joined with that of another value it was made with.
    pub fn after(self, other: &Ty) -> Ty {
        let late = self.late.or_else(|| other.late.clone());
        Ty { secret: self.secret || other.secret, late, ..self }
    }

    /// As messages say it: `a size`.
    pub fn noun(&self) -> &'static str {
        match &self.core {
            _ if self.is_null() => "null",
            _ if self.secret => "a secret",
            Core::Bad | Core::Never => "nothing",
            Core::Scalar(scalar) => scalar.noun(),
            Core::Int(..) => "an int",
            Core::Word(_) | Core::Words | Core::Text => "a string",
            Core::List(_) => "a list",
            Core::Map(..) | Core::Object(_) | Core::Kind(_) | Core::Secrets => "an object",
            Core::Union(of) => {
                let first = of.first().map_or("a value", Ty::noun);
                if of.iter().all(|ty| ty.noun() == first) { first } else { "one of several types" }
            }
            Core::Ref(_) => "a resource",
            Core::Data => "data",
            Core::Alias(_) => "a value",
        }
    }

    /// The value if it is a literal, else the noun: what labels show.
    pub fn shown(&self) -> String {
        match &self.core {
            Core::Word(text) => format!("\"{text}\""),
            Core::Int(low, high) if low == high => low.to_string(),
            _ => self.noun().to_owned(),
        }
    }

    /// The field of this name, if it is an object that has one.
    pub fn field(&self, name: &str) -> Option<&Field> {
        match &self.core {
            Core::Object(shape) => shape.fields.iter().find(|field| *field.name == *name),
            _ => None,
        }
    }
}

impl Refs {
    /// The kinds of resources it may be, interfaces spelt out.
    pub fn concrete(&self) -> Vec<&'static str> {
        let all = kinds::all().values().map(|kind| kind.schema().kind);
        match self.kinds.is_empty() {
            true => all.collect(),
            false => all.filter(|word| self.kinds.iter().any(|it| kinds::is(word, it))).collect(),
        }
    }
}
