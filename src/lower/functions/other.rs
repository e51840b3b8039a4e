//! Functions that belong to no group: quantities, versions, schedules, absent values.

use std::cmp::Ordering;

use crate::lower::functions::given::Given;
use crate::lower::functions::{Function, Kind, Parameter, Refusal};
use crate::lower::value::{Data, Val};
use crate::model::{Duration, Size, is_calendar};

/// The functions of no group.
pub const TABLE: &[Function] = &[
    Function {
        name: "coalesce",
        parameters: &[Parameter::opaque("values", &[Kind::Any]).many()],
        returns: "any",
        doc: "The first of its arguments that is not `null`; `null` if all are.",
        example: r#"coalesce(null, "a", "b")"#,
        result: r#""a""#,
        body: |given| {
            let found = given.many.iter().find(|it| it.value.data != Data::Null);
            Ok(found.map_or_else(|| given.made(Data::Null), |argument| argument.value.clone()))
        },
    },
    Function {
        name: "reveal",
        parameters: &[
            Parameter::opaque("value", &[Kind::Any]).of("T"),
            Parameter::all("reason", &[Kind::Str]),
        ],
        returns: "T",
        doc: "The value of a secret as one that is none: everybody may see it, and it may go where \
              secrets are refused. It is known when it is sent. Every plan shows the reason, which \
              is written out; `paas { policy { allow_reveal = false } }` forbids it. What is no \
              secret stays what it is.",
        example: r#"reveal("hello", "it is on the front page")"#,
        result: r#""hello""#,
        body: |given| Ok(given.value(0)?.clone()),
    },
    Function {
        name: "version_in",
        parameters: &[
            Parameter::all("version", &[Kind::Str]),
            Parameter::all("range", &[Kind::Str]),
        ],
        returns: "bool",
        doc: "Whether a version lies in a range: comparisons with `>=`, `>`, `<=`, `<`, `=` or \
              `!=`, separated by commas, that all hold. `1.2` is the same as `1.2.0`, and \
              `1.2-rc1` comes before it.",
        example: r#"version_in("0.5.2", ">= 0.4, < 0.6")"#,
        result: "true",
        body: version_in,
    },
    Function {
        name: "duration",
        parameters: &[Parameter::all("text", &[Kind::Str, Kind::Duration])],
        returns: "duration",
        doc: "The length of time that a text says.",
        example: r#"duration("90m")"#,
        result: "1h30m",
        body: duration,
    },
    Function {
        name: "size",
        parameters: &[Parameter::all("text", &[Kind::Str, Kind::Size])],
        returns: "size",
        doc: "The amount of memory or disk that a text says.",
        example: r#"size("1.5GiB")"#,
        result: "1536MiB",
        body: size,
    },
    Function {
        name: "calendar",
        parameters: &[Parameter::all("text", &[Kind::Str])],
        returns: "calendar",
        doc: "The same text, once it is certain that it is a schedule: `hourly`, `daily`, \
              `weekly`, `monthly` or days like `mon..fri` and `sat,sun`, and then, except for \
              `hourly`, a time like `02:30`.",
        example: r#"calendar("mon..fri 02:30")"#,
        result: r#""mon..fri 02:30""#,
        body: |given| match is_calendar(given.text(0)?) {
            true => given.text_made(given.text(0)?),
            false => Err(given.refuse(
                0,
                format!("`{}` is no calendar, expected text like `daily 02:30`", given.text(0)?),
            )),
        },
    },
];

fn duration(given: &Given<'_>) -> Result<Val, Refusal> {
    let text = match &given.value(0)?.data {
        Data::Duration(_) => return Ok(given.value(0)?.clone()),
        _ => given.text(0)?,
    };
    let found = Duration::parse(text).map(|Duration(millis)| given.made(Data::Duration(millis)));
    found.ok_or_else(|| {
        given.refuse(0, format!("`{text}` is no duration, expected text like `30s` or `1h30m`"))
    })
}

fn size(given: &Given<'_>) -> Result<Val, Refusal> {
    let text = match &given.value(0)?.data {
        Data::Size(_) => return Ok(given.value(0)?.clone()),
        _ => given.text(0)?,
    };
    let found = Size::parse(text).map(|Size(bytes)| given.made(Data::Size(bytes)));
    found.ok_or_else(|| {
        given.refuse(0, format!("`{text}` is no size, expected text like `512MiB` or `10GB`"))
    })
}

/// A version: its numbers without zeros at the end, and what stands behind `-`.
struct Version<'a> {
    numbers: Vec<u64>,
    early: Option<&'a str>,
}

impl Version<'_> {
    fn parse(text: &str) -> Option<Version<'_>> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _build)| version);
        let (numbers, early) = match text.split_once('-') {
            Some((numbers, early)) => (numbers, Some(early)),
            None => (text, None),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let number = |part: &str| part.parse().ok().filter(|_| digits(part));
        let mut numbers = numbers.split('.').map(number).collect::<Option<Vec<u64>>>()?;
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        let readable = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let fits = early.is_none_or(|it| !it.is_empty() && it.chars().all(readable));
        fits.then_some(Version { numbers, early })
    }

    fn order(&self, other: &Version<'_>) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.early, other.early) {
            (None, None) => Ordering::Equal,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => {
                early_parts(one).cmp(early_parts(other)).then_with(|| one.cmp(other))
            }
        })
    }
}

/// `rc.10` as parts that compare: numbers by amount, and before words.
fn early_parts(early: &str) -> impl Iterator<Item = (bool, u64, &str)> {
    early.split('.').map(|part| match part.parse() {
        Ok(number) => (false, number, ""),
        Err(_) => (true, 0, part),
    })
}

fn version_in(given: &Given<'_>) -> Result<Val, Refusal> {
    let (text, range) = (given.text(0)?, given.text(1)?);
    let version = Version::parse(text).ok_or_else(|| {
        given.refuse(0, format!("`{text}` is no version, expected text like `1.2.3`"))
    })?;
    let mut inside = true;
    for part in range.split(',') {
        inside &= holds(&version, part.trim()).ok_or_else(|| {
            let expected = "expected text like `>= 0.4, < 0.6`";
            given.refuse(1, format!("`{range}` is no range of versions, {expected}"))
        })?;
    }
    Ok(given.made(Data::Bool(inside)))
}

/// Whether a version is in a range like `>= 0.4, < 0.6`; nothing if one of them is none.
pub fn in_range(version: &str, range: &str) -> Option<bool> {
    let version = Version::parse(version)?;
    let mut parts = range.split(',').map(|part| holds(&version, part.trim()));
    parts.try_fold(true, |inside, holds| Some(inside && holds?))
}

fn holds(version: &Version<'_>, comparison: &str) -> Option<bool> {
    let start = comparison.find(|c: char| !"<>=!".contains(c))?;
    let (sign, limit) = comparison.split_at(start);
    let order = version.order(&Version::parse(limit.trim_start())?);
    match sign {
        ">=" => Some(order.is_ge()),
        ">" => Some(order.is_gt()),
        "<=" => Some(order.is_le()),
        "<" => Some(order.is_lt()),
        "" | "=" | "==" => Some(order.is_eq()),
        "!=" => Some(order.is_ne()),
        _ => None,
    }
}
