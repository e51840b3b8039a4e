//! Functions of text.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use crate::lower::functions::given::Given;
use crate::lower::functions::printed::{printed, value_of};
use crate::lower::functions::{Function, Kind, Parameter, Refusal};
use crate::lower::value::{Data, Val};
use crate::model::Text;

const TEXT: Parameter = Parameter::all("text", &[Kind::Str]);
const PATTERN: Parameter = Parameter::all("pattern", &[Kind::Str]);

/// The most spaces that `indent` puts in front of a line.
const WIDEST_INDENT: i64 = 256;

/// How much memory a compiled pattern may take, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// How deep the groups of a pattern may be nested.
const DEEPEST_PATTERN: u32 = 64;

/// The functions of text.
pub const TABLE: &[Function] = &[
    Function {
        name: "join",
        parameters: &[
            Parameter::opaque("separator", &[Kind::Str]),
            Parameter::outside("list", &[Kind::List]),
        ],
        returns: "string",
        doc: "The elements of a list as one text, with the separator between them. Numbers, \
              sizes and addresses are printed; secrets and late values stay what they are.",
        example: r#"join(", ", ["a", "b", 3])"#,
        result: r#""a, b, 3""#,
        body: join,
    },
    Function {
        name: "split",
        parameters: &[TEXT, Parameter::all("separator", &[Kind::Str])],
        returns: "[string]",
        doc: "The pieces of a text between separators.",
        example: r#"split("a,b,,c", ",")"#,
        result: r#"["a", "b", "", "c"]"#,
        body: split,
    },
    Function {
        name: "replace",
        parameters: &[
            TEXT,
            Parameter::all("old", &[Kind::Str]),
            Parameter::all("new", &[Kind::Str]),
        ],
        returns: "string",
        doc: "The text with every `old` replaced by `new`; both are taken letter by letter.",
        example: r#"replace("my_app", "_", "-")"#,
        result: r#""my-app""#,
        body: replace,
    },
    Function {
        name: "trim",
        parameters: &[TEXT],
        returns: "string",
        doc: "The text without blanks and line ends at its start and end.",
        example: r#"trim("  a b ")"#,
        result: r#""a b""#,
        body: |given| given.text_made(given.text(0)?.trim()),
    },
    Function {
        name: "upper",
        parameters: &[TEXT],
        returns: "string",
        doc: "The text in upper case.",
        example: r#"upper("größe")"#,
        result: r#""GRÖSSE""#,
        body: |given| given.text_made(given.text(0)?.to_uppercase()),
    },
    Function {
        name: "lower",
        parameters: &[TEXT],
        returns: "string",
        doc: "The text in lower case.",
        example: r#"lower("Web-01")"#,
        result: r#""web-01""#,
        body: |given| given.text_made(given.text(0)?.to_lowercase()),
    },
    Function {
        name: "starts_with",
        parameters: &[TEXT, Parameter::all("start", &[Kind::Str])],
        returns: "bool",
        doc: "Whether a text starts with another.",
        example: r#"starts_with("web-01", "web-")"#,
        result: "true",
        body: |given| Ok(given.made(Data::Bool(given.text(0)?.starts_with(given.text(1)?)))),
    },
    Function {
        name: "ends_with",
        parameters: &[TEXT, Parameter::all("end", &[Kind::Str])],
        returns: "bool",
        doc: "Whether a text ends with another.",
        example: r#"ends_with("app.lan", ".lan")"#,
        result: "true",
        body: |given| Ok(given.made(Data::Bool(given.text(0)?.ends_with(given.text(1)?)))),
    },
    Function {
        name: "matches",
        parameters: &[TEXT, PATTERN],
        returns: "bool",
        doc: "Whether a regular expression is found in a text; `^` and `$` tie it to the ends.",
        example: r"matches('web-01', '^[a-z]+-\d+$')",
        result: "true",
        body: |given| Ok(given.made(Data::Bool(pattern(given)?.is_match(given.text(0)?)))),
    },
    Function {
        name: "capture",
        parameters: &[TEXT, PATTERN],
        returns: "[string?]?",
        doc: "What the groups of a regular expression stand for where it is found first; the \
              whole match if it has no groups, `null` if it is not found.",
        example: r"capture('web-01', '^([a-z]+)-(\d+)$')",
        result: r#"["web", "01"]"#,
        body: capture,
    },
    Function {
        name: "lines",
        parameters: &[TEXT],
        returns: "[string]",
        doc: "The lines of a text without their ends; a last line that is empty does not count.",
        example: r#"lines("one\ntwo\n")"#,
        result: r#"["one", "two"]"#,
        body: |given| {
            given.fits_list(given.text(0)?.matches('\n').count())?;
            let line = |line| Val::str(line, given.origin);
            given.list_made(given.text(0)?.lines().map(line).collect())
        },
    },
    Function {
        name: "indent",
        parameters: &[TEXT, Parameter::all("spaces", &[Kind::Int])],
        returns: "string",
        doc: "The text with so many spaces in front of every line that is not empty.",
        example: r#"indent("a\n\nb", 2)"#,
        result: r#""  a\n\n  b""#,
        body: indent,
    },
    Function {
        name: "slug",
        parameters: &[TEXT],
        returns: "string",
        doc: "The text as a name for hosts and files: lower-case letters and digits, with one `-` \
              for everything between them.",
        example: r#"slug("Ada's Blog (2)")"#,
        result: r#""ada-s-blog-2""#,
        body: slug,
    },
];

fn join(given: &Given<'_>) -> Result<Val, Refusal> {
    let separator = match &given.value(0)?.data {
        Data::Unknown(late) => return Ok(given.made(Data::Unknown(late.clone()))),
        data => printed(data).unwrap_or_default(),
    };
    let mut out = Text::default();
    let (mut unknown, mut length) = (None, 0);
    for (index, value) in given.list(1)?.iter().enumerate() {
        if index > 0 {
            out.push(&separator);
            length += separator.known_length();
        }
        given.fits_text(length)?;
        match (&value.data, printed(&value.data)) {
            (Data::Bad, _) => return Ok(given.made(Data::Bad)),
            (Data::Unknown(late), _) => unknown = Some(late.clone()),
            (_, Some(text)) => {
                length += text.known_length();
                out.push(&text);
            }
            (data, None) => {
                let noun = data.noun();
                let message = format!("`join` takes a list of text, element {index} is {noun}");
                return Err(given.refuse(1, message));
            }
        }
    }
    Ok(given.made(unknown.map_or_else(|| value_of(out), Data::Unknown)))
}

fn split(given: &Given<'_>) -> Result<Val, Refusal> {
    let (text, separator) = (given.text(0)?, given.text(1)?);
    if separator.is_empty() {
        return Err(given.refuse(1, "`split` needs a separator that is not empty"));
    }
    given.fits_list(text.matches(separator).count())?;
    let piece = |piece| Val::str(piece, given.origin);
    given.list_made(text.split(separator).map(piece).collect())
}

fn replace(given: &Given<'_>) -> Result<Val, Refusal> {
    let (text, old, new) = (given.text(0)?, given.text(1)?, given.text(2)?);
    if old.is_empty() {
        return Err(given.refuse(1, "`replace` needs an old text that is not empty"));
    }
    let grows = new.len().saturating_sub(old.len());
    given.fits_text(text.len() + grows.saturating_mul(text.matches(old).count()))?;
    given.text_made(text.replace(old, new))
}

/// The second argument, compiled.
fn pattern(given: &Given<'_>) -> Result<Regex, Refusal> {
    let mut builder = RegexBuilder::new(given.text(1)?);
    builder.size_limit(LARGEST_PATTERN).nest_limit(DEEPEST_PATTERN);
    builder.build().map_err(|error| {
        let told = match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            error => error.to_string(),
        };
        // The whole message draws the pattern; its last line says what is wrong.
        let reason = told.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let name = given.name();
        given.refuse(1, format!("{name} cannot read this regular expression: {reason}"))
    })
}

fn capture(given: &Given<'_>) -> Result<Val, Refusal> {
    let pattern = pattern(given)?;
    let Some(captures) = pattern.captures(given.text(0)?) else {
        return Ok(given.made(Data::Null));
    };
    // The first group is the whole match.
    let skipped = usize::from(captures.len() > 1);
    let groups = captures.iter().skip(skipped).map(|group| match group {
        Some(group) => Val::str(group.as_str(), given.origin),
        None => given.made(Data::Null),
    });
    given.list_made(groups.collect())
}

fn indent(given: &Given<'_>) -> Result<Val, Refusal> {
    let (text, count) = (given.text(0)?, given.int(1)?);
    let spaces = match usize::try_from(count) {
        Ok(spaces) if count <= WIDEST_INDENT => " ".repeat(spaces),
        _ => {
            let message = format!("`indent` takes 0 to {WIDEST_INDENT} spaces, not {count}");
            return Err(given.refuse(1, message));
        }
    };
    given.fits_text(text.len() + spaces.len() * text.lines().count())?;
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if !line.trim_end_matches(['\r', '\n']).is_empty() {
            out.push_str(&spaces);
        }
        out.push_str(line);
    }
    given.text_made(out)
}

fn slug(given: &Given<'_>) -> Result<Val, Refusal> {
    let text = given.text(0)?.to_lowercase();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let slug = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    if slug.is_empty() {
        return Err(given.refuse(0, "`slug` finds no letter a to z and no digit in this text"));
    }
    given.text_made(Arc::<str>::from(slug))
}
