//! YAML or an object of the manifest as a tree whose every part knows where it is written.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::model::Value;
use crate::source::Span;

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it is written.
    pub at: Span,
    /// What it is.
    pub data: Data,
}

/// What a [`Node`] is.
#[derive(Clone, Debug)]
pub enum Data {
    /// Nothing.
    Null,
    /// A flag.
    Bool(bool),
    /// A number, as it is printed.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Names with values, in the order they are written.
    Map(Vec<(Name, Node)>),
}

/// The name of an entry and its place.
#[derive(Clone, Debug)]
pub struct Name {
    /// Where it is written.
    pub at: Span,
    /// The name.
    pub text: String,
}

/// Why a text is no YAML.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Where.
    pub at: Span,
    /// Why.
    pub why: String,
}

impl Node {
    /// Reads YAML; `place` tells where bytes of the text are written.
    ///
    /// # Errors
    /// The text is no YAML.
    pub fn read(text: &str, place: &dyn Fn(Range<usize>) -> Span) -> Result<Node, Unreadable> {
        let raw: Spanned<Raw> = serde_saphyr::from_str(text).map_err(|error| {
            let at = error.location().map_or(0, |location| offset(text, location));
            let at = at..at;
            Unreadable { at: place(at), why: plain(&error.without_snippet().to_string()) }
        })?;
        Ok(Node::placed(raw, place))
    }

    fn placed(raw: Spanned<Raw>, place: &dyn Fn(Range<usize>) -> Span) -> Node {
        let at = place(bytes(raw.referenced));
        let data = match raw.value {
            Raw::Null => Data::Null,
            Raw::Bool(it) => Data::Bool(it),
            Raw::Number(it) => Data::Number(it),
            Raw::Text(it) => Data::Text(it),
            Raw::List(list) => {
                Data::List(list.into_iter().map(|raw| Node::placed(raw, place)).collect())
            }
            Raw::Map(map) => {
                let named = map.into_iter().map(|(name, value)| {
                    let at = place(bytes(name.referenced));
                    (Name { at, text: name.value }, Node::placed(value, place))
                });
                Data::Map(named.collect())
            }
        };
        Node { at, data }
    }

    /// An object of the manifest; `origin` tells where a path like `services/web` is written.
    pub fn of(value: &Value, path: &str, origin: &dyn Fn(&str) -> Span) -> Node {
        let below = |name: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        };
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(it) => Data::Bool(*it),
            Value::Number(it) => Data::Number(it.to_string()),
            Value::String(it) => Data::Text(it.to_string()),
            Value::Array(list) => Data::List(
                list.iter()
                    .enumerate()
                    .map(|(index, value)| Node::of(value, &below(&index.to_string()), origin))
                    .collect(),
            ),
            Value::Object(map) => Data::Map(
                map.iter()
                    .map(|(name, value)| {
                        let node = Node::of(value, &below(name), origin);
                        (Name { at: node.at, text: name.to_owned() }, node)
                    })
                    .collect(),
            ),
        };
        Node { at: origin(path), data }
    }

    /// The entry of this name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, node)| node)
    }

    /// The entry of this name, with its name.
    pub fn entry(&self, name: &str) -> Option<&(Name, Node)> {
        match &self.data {
            Data::Map(map) => map.iter().find(|(it, _)| it.text == name),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => None,
        }
    }

    /// Text, or what a number or a flag is written as.
    pub fn scalar(&self) -> Option<String> {
        match &self.data {
            Data::Bool(it) => Some(it.to_string()),
            Data::Number(it) | Data::Text(it) => Some(it.clone()),
            Data::Null | Data::List(_) | Data::Map(_) => None,
        }
    }

    /// Where a part of its text is written, as far as that can be told.
    pub fn part(&self, range: &Range<usize>) -> Span {
        let Data::Text(text) = &self.data else { return self.at };
        let quotes = match (self.at.end - self.at.start) as usize {
            length if length == text.len() => 0,
            length if length == text.len() + 2 => 1,
            _ => return self.at,
        };
        let start = self.at.start as usize + quotes;
        Span::new(self.at.file, start + range.start, start + range.end)
    }

    /// What it is, as people say.
    pub fn noun(&self) -> &'static str {
        match self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "a flag",
            Data::Number(_) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }
}

fn bytes(location: Location) -> Range<usize> {
    let index = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    let start = location.span().byte_offset().map_or(0, index);
    start..start.saturating_add(location.span().byte_len().map_or(0, index))
}

/// Where a line and a column are: an error may know no more.
fn offset(text: &str, location: Location) -> usize {
    let index = |it: u64| usize::try_from(it.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(index(location.line())).map(str::len).sum();
    let line = lines.next().unwrap_or_default().trim_end_matches(['\r', '\n']);
    let column = line.char_indices().nth(index(location.column()));
    before + column.map_or(line.len(), |(at, _)| at)
}

/// What the reader says, on one line and without the place: that is shown.
fn plain(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let first = match first.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) => rest,
        None => first.split(" at line ").next().unwrap_or(first),
    };
    first.trim().trim_end_matches('.').to_owned()
}

/// YAML before the places of its bytes are known.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Raw, D::Error> {
        Raw::deserialize(inner)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(it))
    }

    fn visit_i64<E>(self, it: i64) -> Result<Raw, E> {
        Ok(Raw::Number(it.to_string()))
    }

    fn visit_u64<E>(self, it: u64) -> Result<Raw, E> {
        Ok(Raw::Number(it.to_string()))
    }

    fn visit_i128<E>(self, it: i128) -> Result<Raw, E> {
        Ok(Raw::Number(it.to_string()))
    }

    fn visit_u128<E>(self, it: u128) -> Result<Raw, E> {
        Ok(Raw::Number(it.to_string()))
    }

    fn visit_f64<E>(self, it: f64) -> Result<Raw, E> {
        Ok(Raw::Number(it.to_string()))
    }

    fn visit_str<E>(self, it: &str) -> Result<Raw, E> {
        Ok(Raw::Text(it.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut found = Vec::new();
        while let Some(element) = list.next_element()? {
            found.push(element);
        }
        Ok(Raw::List(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut found = Vec::new();
        while let Some(entry) = map.next_entry()? {
            found.push(entry);
        }
        Ok(Raw::Map(found))
    }
}
