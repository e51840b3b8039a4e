//! Functions from text to data, which knows where it is written if the text is a file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::lower::functions::given::Given;
use crate::lower::functions::written::{Content, Unreadable, Written, json, toml, yaml};
use crate::lower::functions::{Function, Kind, Parameter, Refusal};
use crate::lower::value::{Data, Val};
use crate::model::Key;
use crate::source::{FileId, Span};

const TEXT: Parameter = Parameter::all("text", &[Kind::Str]);

/// What some editors put at the beginning of a file; no reader of data wants it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The functions that turn text into data.
pub const TABLE: &[Function] = &[
    Function {
        name: "json",
        parameters: &[TEXT],
        returns: "data",
        doc: "The data that a JSON text says.",
        example: r#"json("{\"port\": 80, \"tags\": [\"a\"]}")"#,
        result: r#"{ port = 80, tags = ["a"] }"#,
        body: |given| read(given, "JSON", json),
    },
    Function {
        name: "yaml",
        parameters: &[TEXT],
        returns: "data",
        doc: "The data that a YAML 1.2 text says: `yes` and `1_000` are strings there. A text of \
              several documents is refused.",
        example: r#"yaml("port: 80\ntags: [a]")"#,
        result: r#"{ port = 80, tags = ["a"] }"#,
        body: |given| read(given, "YAML", yaml),
    },
    Function {
        name: "toml",
        parameters: &[TEXT],
        returns: "data",
        doc: "The data that a TOML text says; dates are strings.",
        example: r#"toml("port = 80\ntags = [\"a\"]")"#,
        result: r#"{ port = 80, tags = ["a"] }"#,
        body: |given| read(given, "TOML", toml),
    },
];

/// What reads a format.
type Reader = fn(&str) -> Result<Written, Unreadable>;

/// Tells where parts of a text are written.
#[derive(Clone, Copy)]
struct Places {
    /// The file that the text is.
    file: Option<FileId>,
    /// How many bytes of the file were left out at its beginning.
    skipped: usize,
    /// The place of everything if the text is no file.
    call: Span,
}

impl Places {
    fn span(&self, part: &Range<usize>) -> Span {
        match self.file {
            Some(file) => Span::new(file, self.skipped + part.start, self.skipped + part.end),
            None => self.call,
        }
    }
}

/// The value of data in a text.
fn read(given: &Given<'_>, format: &str, reader: Reader) -> Result<Val, Refusal> {
    let whole = shared(given)?;
    let text = whole.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&whole);
    let file = given.files.document(&whole, given.origin.file);
    let places = Places { file, skipped: whole.len() - text.len(), call: given.origin };
    let written = reader(text).map_err(|wrong| unreadable(given, format, &places, &wrong))?;
    value(written, &places).map_err(|beyond| {
        let number = text.get(beyond.at.clone()).filter(|it| !it.is_empty());
        let number = number.unwrap_or(&beyond.number);
        let mut refusal =
            given.refuse(0, format!("`{number}` is a whole number that no int can hold"));
        refusal.help = Some(format!("put it in quotes in the {format}, it is a string then"));
        let place = file.map(|_| (places.span(&beyond.at), "too large".to_owned()));
        Refusal { inside: place, ..refusal }
    })
}

/// The argument, as the one text that it is.
fn shared(given: &Given<'_>) -> Result<Arc<str>, Refusal> {
    match &given.value(0)?.data {
        Data::Str(text) => Ok(Arc::clone(text)),
        _ => given.text(0).map(Arc::from),
    }
}

fn unreadable(
    given: &Given<'_>,
    format: &str,
    places: &Places,
    Unreadable { at, line, column, why }: &Unreadable,
) -> Refusal {
    match places.file {
        Some(file) => {
            let name = given.files.name(file);
            let refusal = given.refuse(0, format!("`{name}` is no valid {format}"));
            Refusal { inside: Some((places.span(at), why.clone())), ..refusal }
        }
        None => {
            let column = column.map_or_else(String::new, |column| format!(", column {column}"));
            let place = format!("at line {line}{column}");
            given.refuse(0, format!("this text is no valid {format}: {why} {place}"))
        }
    }
}

/// A whole number that no int can hold.
struct Beyond {
    at: Range<usize>,
    number: String,
}

fn value(written: Written, places: &Places) -> Result<Val, Beyond> {
    let Written { at, content } = written;
    let data = match content {
        Content::Null => Data::Null,
        Content::Bool(it) => Data::Bool(it),
        Content::Int(it) => Data::Int(it),
        Content::Float(it) => Data::Float(it),
        Content::Beyond(number) => return Err(Beyond { at, number }),
        Content::Text(it) => Data::Str(it.into()),
        Content::List(list) => {
            let list = list.into_iter().map(|each| value(each, places));
            Data::List(list.collect::<Result<Vec<_>, _>>()?.into())
        }
        Content::Map(map) => {
            let entry = |(name, each): (String, Written)| {
                Ok((Key::Text(name.into()), value(each, places)?))
            };
            Data::Map(map.into_iter().map(entry).collect::<Result<BTreeMap<_, _>, _>>()?.into())
        }
    };
    Ok(Val::new(data, places.span(&at)))
}
