//! JSON, YAML and TOML as one tree in which every part has its place in the text.

use std::fmt;
use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned as Placed};

/// How many values a YAML text may have, those that its aliases stand for counted each time.
const NODES_MAX: usize = 4_000_000;

/// Data and where in its text it is written.
pub struct Written {
    /// The bytes of the text.
    pub at: Range<usize>,
    /// What is written there.
    pub content: Content,
}

/// What data can be.
pub enum Content {
    /// Nothing.
    Null,
    /// A flag.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A whole number that no int can hold.
    Beyond(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Written>),
    /// Names with values, as they are written; of the same names the last one counts.
    Map(Vec<(String, Written)>),
}

/// Why a text has no data.
pub struct Unreadable {
    /// Where.
    pub at: Range<usize>,
    /// The number of the line.
    pub line: usize,
    /// The number of the column, if it is known.
    pub column: Option<usize>,
    /// Why, without the place.
    pub why: String,
}

/// A whole number that an int cannot hold reaches us as a float that has lost digits.
fn number(number: &serde_json::Number) -> Content {
    const BEYOND_INT: f64 = 9_223_372_036_854_775_808.0;
    if let Some(int) = number.as_i64() {
        return Content::Int(int);
    }
    match number.as_f64() {
        Some(float) if float.fract() != 0.0 || float.abs() < BEYOND_INT => Content::Float(float),
        _ => Content::Beyond(number.to_string()),
    }
}

/// The byte of a line and a column, both counted from one; columns count characters.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(line.saturating_sub(1)).map(str::len).sum();
    let line = lines.next().unwrap_or_default().trim_end_matches(['\r', '\n']);
    let column = line.char_indices().nth(column.saturating_sub(1));
    before + column.map_or(line.len(), |(at, _)| at)
}

/// Reads JSON.
pub fn json(text: &str) -> Result<Written, Unreadable> {
    // Its own reader knows no places, but what it lets through is well-formed, and not too deep.
    serde_json::from_str::<serde_json::Value>(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let before = text.split_inclusive('\n').take(line.saturating_sub(1));
        let at = before.map(str::len).sum::<usize>() + column.saturating_sub(1);
        let at = text.floor_char_boundary(at.min(text.len()));
        let told = error.to_string();
        let why = told.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&told);
        Unreadable { at: at..at, line, column: Some(column), why: why.to_owned() }
    })?;
    Ok(Json { text, at: 0 }.value())
}

/// A well-formed JSON text that is walked through.
struct Json<'a> {
    text: &'a str,
    at: usize,
}

impl Json<'_> {
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or_default()
    }

    fn value(&mut self) -> Written {
        let first = self.peek();
        let start = self.at;
        let content = match first {
            b'{' => Content::Map(self.between(b'}', |this| {
                let name = this.text();
                this.peek();
                this.at += 1;
                (name, this.value())
            })),
            b'[' => Content::List(self.between(b']', Json::value)),
            b'"' => Content::Text(self.text()),
            _ => self.word(),
        };
        Written { at: start..self.at, content }
    }

    /// What stands between a bracket and the one that closes it.
    fn between<T>(&mut self, close: u8, each: impl Fn(&mut Self) -> T) -> Vec<T> {
        self.at += 1;
        let mut found = Vec::new();
        while self.peek() != close && self.at < self.text.len() {
            found.push(each(self));
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        found
    }

    fn text(&mut self) -> String {
        self.peek();
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at).filter(|byte| **byte != b'"') {
            self.at += if *byte == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        serde_json::from_str(self.text.get(start..self.at).unwrap_or_default()).unwrap_or_default()
    }

    fn word(&mut self) -> Content {
        let rest = &self.text[self.at..];
        let ends = |c: char| matches!(c, ',' | ']' | '}') || c.is_ascii_whitespace();
        let word = rest.split(ends).next().unwrap_or_default();
        // A word is never empty, but a walk that stands still would never end.
        self.at += word.len().max(1);
        match word {
            "true" => Content::Bool(true),
            "false" => Content::Bool(false),
            "null" => Content::Null,
            word => serde_json::from_str(word).map_or(Content::Null, |it| number(&it)),
        }
    }
}

/// Reads TOML; dates become text.
pub fn toml(text: &str) -> Result<Written, Unreadable> {
    let wrong = |at: Range<usize>, why: String| {
        let line = text.get(..at.start).unwrap_or(text).matches('\n').count() + 1;
        Unreadable { at, line, column: None, why }
    };
    let table = DeTable::parse(text).map_err(|error| {
        let why = error.message().lines().next().unwrap_or_default().to_owned();
        wrong(error.span().unwrap_or(0..0), why)
    })?;
    let at = table.span();
    let value = DeValue::Table(table.into_inner());
    let written = of_toml(&value, at, DEEPEST);
    taken_apart(value);
    written.map_err(|(at, why)| wrong(at, why))
}

/// The reader of TOML limits brackets, but not how many names stand before a value.
const DEEPEST: usize = 128;

fn of_toml(
    value: &DeValue<'_>,
    at: Range<usize>,
    levels: usize,
) -> Result<Written, (Range<usize>, String)> {
    let Some(levels) = levels.checked_sub(1) else {
        return Err((at, "recursion limit exceeded".to_owned()));
    };
    let content = match value {
        DeValue::String(it) => Content::Text(it.to_string()),
        DeValue::Integer(it) => match i64::from_str_radix(it.as_str(), it.radix()) {
            Ok(int) => Content::Int(int),
            Err(_) => Content::Beyond(it.to_string()),
        },
        DeValue::Float(it) => match it.as_str().parse::<f64>() {
            Ok(float) if float.is_finite() => Content::Float(float),
            Ok(_) | Err(_) => {
                return Err((at, format!("`{it}` is no number that can be computed with")));
            }
        },
        DeValue::Boolean(it) => Content::Bool(*it),
        DeValue::Datetime(it) => Content::Text(it.to_string()),
        DeValue::Array(list) => {
            let each = list.iter().map(|value| of_toml(value.get_ref(), value.span(), levels));
            Content::List(each.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => {
            let entry = table.iter().map(|(name, value)| {
                let inner = of_toml(value.get_ref(), value.span(), levels)?;
                Ok((name.get_ref().to_string(), inner))
            });
            Content::Map(entry.collect::<Result<_, _>>()?)
        }
    };
    Ok(Written { at, content })
}

/// Drops a value level by level: by itself it would need as many frames as it is deep.
fn taken_apart(value: DeValue<'_>) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            DeValue::Array(list) => open.extend(list.into_iter().map(Spanned::into_inner)),
            DeValue::Table(table) => {
                open.extend(table.into_iter().map(|(_, value)| value.into_inner()));
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => (),
        }
    }
}

/// Reads YAML of version 1.2.
pub fn yaml(text: &str) -> Result<Written, Unreadable> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::Reject,
        with_snippet: false,
        // Enough for the largest file that is read; what aliases add has a limit of its own.
        budget: serde_saphyr::budget! {
            max_nodes: NODES_MAX,
            max_events: 2 * NODES_MAX,
            // A level takes many frames, and a thread may have few of them.
            max_depth: 40,
        },
    };
    let raw: Placed<Raw> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location().map(|it| (index(it.line()), index(it.column())));
        let (line, column) = place.unwrap_or((1, 1));
        let at = offset(text, line, column);
        let told = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
        let why = told.lines().next().unwrap_or_default();
        let ends = [" at line ", ": limits breached"];
        let why = ends.iter().fold(why, |why, end| why.split(end).next().unwrap_or(why));
        Unreadable { at: at..at, line, column: Some(column), why: why.to_owned() }
    })?;
    Ok(of_yaml(raw))
}

fn of_yaml(raw: Placed<Raw>) -> Written {
    // What an alias stands for is written where it is defined.
    let at = bytes(raw.defined);
    let content = match raw.value {
        Raw::Plain(content) => content,
        Raw::List(list) => Content::List(list.into_iter().map(of_yaml).collect()),
        Raw::Map(map) => Content::Map(map.into_iter().map(|(k, v)| (k, of_yaml(v))).collect()),
    };
    Written { at, content }
}

fn index(it: u64) -> usize {
    usize::try_from(it).unwrap_or(usize::MAX)
}

fn bytes(location: Location) -> Range<usize> {
    let start = location.span().byte_offset().map_or(0, index);
    start..start.saturating_add(location.span().byte_len().map_or(0, index))
}

/// YAML as its reader hands it out.
enum Raw {
    Plain(Content),
    List(Vec<Placed<Raw>>),
    Map(Vec<(String, Placed<Raw>)>),
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
        f.write_str("plain data")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Plain(Content::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Plain(Content::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Raw, D::Error> {
        Raw::deserialize(inner)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(Content::Bool(it)))
    }

    fn visit_i64<E>(self, it: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(Content::Int(it)))
    }

    fn visit_u64<E>(self, it: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(number(&it.into())))
    }

    fn visit_f64<E>(self, it: f64) -> Result<Raw, E> {
        let plain = serde_json::Number::from_f64(it).map(|it| number(&it));
        Ok(Raw::Plain(plain.unwrap_or(Content::Float(it))))
    }

    fn visit_str<E>(self, it: &str) -> Result<Raw, E> {
        Ok(Raw::Plain(Content::Text(it.to_owned())))
    }

    fn visit_string<E>(self, it: String) -> Result<Raw, E> {
        Ok(Raw::Plain(Content::Text(it)))
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
