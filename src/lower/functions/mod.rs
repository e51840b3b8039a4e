//! The standard library: pure functions of values, each stated once with its documentation.

mod collections;
mod compare;
mod data;
mod elements;
mod encode;
mod files;
mod given;
mod net;
mod objects;
mod other;
mod plain;
mod printed;
mod text;
mod written;

pub use other::in_range;
pub use printed::{printed, value_of};

use std::sync::{Arc, LazyLock};

use crate::lower::functions::given::{Given, Settled};
use crate::lower::value::Val;
use crate::source::{FileId, Span};

/// Functions whose first argument is a path of the project.
pub const READS: [&str; 5] = ["file", "files", "dir", "render", "git_commit"];

/// What a function may ask of the project; it is handed in, so that evaluation stays pure.
pub trait Files {
    /// The bytes of a project file; the path is relative to the manifest.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
    /// The paths of files that match a glob pattern, sorted.
    fn matching(&self, pattern: &str) -> Result<Vec<String>, String>;
    /// The last commit that touched a path.
    fn commit(&self, path: &str) -> Result<String, String>;

    /// The text of a file, which may be kept and handed out again.
    fn shared(&self, _path: &str, text: String) -> Arc<str> {
        text.into()
    }

    /// The file that a shared text is, so that places in it can be told; `reader` is the manifest
    /// that looks into it.
    fn document(&self, _text: &Arc<str>, _reader: FileId) -> Option<FileId> {
        None
    }

    /// The name of such a file, as people are told it.
    fn name(&self, _document: FileId) -> String {
        String::new()
    }
}

/// One argument of a call, named or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The name before `=`.
    pub name: Option<String>,
    /// The value.
    pub value: Val,
}

/// Why a call has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The argument that is wrong, by its place in the call; nothing for the call as a whole.
    pub argument: Option<usize>,
    /// What is wrong, as a problem's message.
    pub message: String,
    /// What to do, if it is known.
    pub help: Option<String>,
    /// Where the reason is written, if that is in a file that was read, and what is there.
    pub inside: Option<(Span, String)>,
}

/// One function of the library: what it does, and how reference pages and tests show it.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// As it is called.
    pub name: &'static str,
    /// What it takes, in order.
    pub parameters: &'static [Parameter],
    /// The type of its result.
    pub returns: &'static str,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// A call of it.
    pub example: &'static str,
    /// What the example comes to, as it would be written.
    pub result: &'static str,
    body: fn(&Given<'_>) -> Result<Val, Refusal>,
}

/// One thing that a function takes.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The name that an argument may be given by.
    pub name: &'static str,
    /// The types that fit.
    pub takes: &'static [Kind],
    /// The same as it is written, if it says more: `[T]`. The letter stands for a type that is
    /// found out from the argument; the result may have it too.
    pub of: &'static str,
    /// How often it is given.
    pub count: Count,
    sees: Sees,
}

/// How often a parameter is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Exactly once.
    Once,
    /// Not at all, which means this value, or once.
    OrElse(&'static str),
    /// Any number of times; only the last parameter may be so.
    Many,
}

/// A type that a parameter accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every value.
    Any,
    /// A whole number.
    Int,
    /// Plain text.
    Str,
    /// Bytes.
    Size,
    /// A length of time.
    Duration,
    /// One address.
    Ip,
    /// A network.
    Cidr,
    /// A list.
    List,
    /// A map or an object.
    Map,
}

/// How much of an argument a function has to know; the rest may be secret or known later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sees {
    /// Nothing: it hands the value on.
    Nothing,
    /// Which elements there are, but not what they are.
    Outside,
    /// All of it.
    All,
}

impl Parameter {
    /// A parameter of which everything is looked at.
    const fn all(name: &'static str, takes: &'static [Kind]) -> Parameter {
        Parameter { name, takes, of: "", count: Count::Once, sees: Sees::All }
    }

    /// A parameter whose elements are handed on as they are.
    const fn outside(name: &'static str, takes: &'static [Kind]) -> Parameter {
        Parameter { name, takes, of: "", count: Count::Once, sees: Sees::Outside }
    }

    /// A parameter that is handed on as it is.
    const fn opaque(name: &'static str, takes: &'static [Kind]) -> Parameter {
        Parameter { name, takes, of: "", count: Count::Once, sees: Sees::Nothing }
    }

    /// The same, of this type.
    const fn of(self, of: &'static str) -> Parameter {
        Parameter { of, ..self }
    }

    /// The same, but it may be left out.
    const fn or_else(self, value: &'static str) -> Parameter {
        Parameter { count: Count::OrElse(value), ..self }
    }

    /// The same, any number of times.
    const fn many(self) -> Parameter {
        Parameter { count: Count::Many, ..self }
    }
}

impl Kind {
    /// The type as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Any => "any",
            Kind::Int => "int",
            Kind::Str => "string",
            Kind::Size => "size",
            Kind::Duration => "duration",
            Kind::Ip => "ip",
            Kind::Cidr => "cidr",
            Kind::List => "list",
            Kind::Map => "object",
        }
    }

    /// The type in a sentence: `an int`.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Any => "a value",
            Kind::Int => "an int",
            Kind::Str => "a string",
            Kind::Size => "a size",
            Kind::Duration => "a duration",
            Kind::Ip => "an ip",
            Kind::Cidr => "a cidr",
            Kind::List => "a list",
            Kind::Map => "an object",
        }
    }
}

impl Function {
    /// Its name, parameters and result: `nth(network: cidr, index: int) -> ip`.
    pub fn signature(&self) -> String {
        let parameter = |parameter: &Parameter| {
            let kinds: Vec<&str> = parameter.takes.iter().map(|kind| kind.name()).collect();
            let count = match parameter.count {
                Count::Once => String::new(),
                Count::OrElse(value) => format!(" = {value}"),
                Count::Many => "...".to_owned(),
            };
            let kinds = match parameter.of {
                "" => kinds.join(" | "),
                of => of.to_owned(),
            };
            format!("{}: {kinds}{count}", parameter.name)
        };
        let parameters: Vec<String> = self.parameters.iter().map(parameter).collect();
        format!("{}({}) -> {}", self.name, parameters.join(", "), self.returns)
    }
}

static ALL: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let tables = [
        text::TABLE,
        collections::TABLE,
        net::TABLE,
        encode::TABLE,
        data::TABLE,
        files::TABLE,
        other::TABLE,
    ];
    let mut all = tables.concat();
    all.sort_by_key(|function| function.name);
    all
});

/// Every function, sorted by name.
pub fn all() -> &'static [Function] {
    &ALL
}

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Function> {
    let index = ALL.binary_search_by_key(&name, |function| function.name).ok()?;
    ALL.get(index)
}

/// The names of all functions, sorted.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|function| function.name).collect()
}

/// Whether a function takes these arguments, as far as that can be told without running it.
pub fn accepts(
    function: &'static Function,
    arguments: &[Argument],
    origin: Span,
) -> Result<(), Refusal> {
    given::settle(function, arguments, &Nothing, origin).map(|_| ())
}

/// A project without files.
struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("there is no file".to_owned())
    }

    fn matching(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn commit(&self, _: &str) -> Result<String, String> {
        Err("there is no file".to_owned())
    }
}

/// Whether a function would have to look at a secret in its arguments.
pub fn sees_secret(name: &str, arguments: &[Argument], files: &dyn Files, origin: Span) -> bool {
    find(name).is_some_and(|function| given::sees_secret(function, arguments, files, origin))
}

/// Calls a function; `origin` is the place of the call. Nothing if there is no such function.
pub fn call(
    name: &str,
    arguments: &[Argument],
    files: &dyn Files,
    origin: Span,
) -> Option<Result<Val, Refusal>> {
    let function = find(name)?;
    let settled = given::settle(function, arguments, files, origin);
    Some(settled.and_then(|settled| match settled {
        Settled::Ready(given) => (function.body)(&given),
        Settled::Known(value) => Ok(value),
    }))
}
