//! Problems of types that are found without evaluating anything. P20xx.

use crate::problem::Problem;
use crate::source::Span;

/// Two branches, or a branch and its type, that differ.
pub struct Branches<'a> {
    /// The first field that differs; nothing if it is the whole value.
    pub name: Option<&'a str>,
    /// The branch.
    pub at: Span,
    /// What it is there: `a string`.
    pub noun: &'a str,
    /// As it is shown.
    pub shown: &'a str,
    /// Where the value is written, if that is elsewhere.
    pub origin: Option<Span>,
    /// What it is in the other.
    pub other: &'a str,
    /// Where the other is.
    pub other_at: Option<Span>,
    /// The other is the type that is written.
    pub other_is_type: bool,
    /// What to write.
    pub help: Option<String>,
    /// Every other field is the same.
    pub rest_agrees: bool,
}

/// P2008: branches that differ, told by the first field in which they do.
pub fn branches_differ(it: &Branches<'_>) -> Problem {
    let (noun, other) = (it.noun, it.other);
    let message = match (it.name, it.other_is_type) {
        (Some(name), true) => {
            format!("`{name}` is {noun} in one branch and {other} in the type")
        }
        (Some(name), false) => format!("`{name}` is {noun} in one branch and {other} in the other"),
        (None, _) => format!("one branch is {other}, the other {noun}"),
    };
    let here = match it.name {
        Some(name) if it.shown != noun => format!("here `{name}` is {}", it.shown),
        Some(name) => format!("here `{name}` is {noun}"),
        None => format!("this is {noun}"),
    };
    let mut problem = Problem::error("P2008", message).at(it.at, here);
    if let Some(origin) = it.origin {
        problem = problem.at(origin, "it comes from here");
    }
    if let Some(at) = it.other_at {
        let text = match (it.other_is_type, it.name) {
            (true, _) => "expected because of this".to_owned(),
            (false, Some(name)) => format!("there `{name}` is {other}"),
            (false, None) => format!("this is {other}"),
        };
        problem = problem.at(at, text);
    }
    let problem = match &it.help {
        Some(help) => problem.help(help),
        None if it.name.is_none() => {
            problem.help("make both of one type, like `\"\\(x)\"` for text")
        }
        None => problem.help("make both of one type"),
    };
    match it.rest_agrees {
        true => problem.note("the other fields agree"),
        false => problem,
    }
}

/// P2001: a value whose type is not the one that is expected, without a place that says so.
pub fn not_of_type(at: Span, name: &str, noun: &str, expected: &str) -> Problem {
    Problem::error("P2001", format!("`{name}` is not of type `{expected}`"))
        .at(at, format!("this is {noun}"))
}

/// P2001: a computed value that does not have the type that is written for it.
pub fn computed_mistyped(at: Span, name: &str, noun: &str, ty: (Span, &str)) -> Problem {
    let (ty_at, expected) = ty;
    let problem = Problem::error("P2001", format!("`{name}` is not of type `{expected}`"))
        .at(at, format!("this is {noun}"))
        .at(ty_at, "expected because of this");
    match (noun, expected) {
        ("a string", "ip" | "cidr" | "size" | "duration") => {
            problem.help(format!("make one of the text: `{expected}(…)`"))
        }
        ("an int" | "a float" | "a bool" | "an ip" | "a size" | "a duration", "string") => {
            problem.help("print it: `\"\\(…)\"`")
        }
        _ => problem,
    }
}

/// P2001: text that is computed, where only a literal can be read as what is expected.
pub fn computed_text(
    at: Span,
    field: &str,
    expected: &str,
    word: &str,
    used: Option<Span>,
) -> Problem {
    let problem = Problem::error("P2001", format!("`{field}` cannot be a string that is computed"))
        .at(at, format!("expected {expected}"));
    let function = match word {
        "a size like" => Some("size"),
        "a duration like" => Some("duration"),
        "an address like" => Some("ip"),
        "a network like" => Some("cidr"),
        _ => None,
    };
    let problem = match used {
        Some(used) => problem.at(used, format!("`{field}` takes it from there")),
        None => problem,
    };
    match function {
        Some(function) => problem.help(format!("make one of the text: `{function}(…)`")),
        None if expected.starts_with('"') => {
            problem.help("give it a type with the choices where it is declared: `\"a\" | \"b\"`")
        }
        None => problem,
    }
}

/// P2010: a value that may be null where one is needed.
pub fn may_be_null(
    at: Span,
    text: &str,
    because: Option<&(String, Span, &str)>,
    written: Option<&str>,
    example: &str,
) -> Problem {
    let advice = match written {
        Some(written) => format!("say what to take then: `{written} ?? {example}`"),
        None => "say what to take then with `??`".to_owned(),
    };
    null_read(at, text, because, Some(&advice))
}

/// P2010: an attribute of what may be null.
pub fn null_read(
    at: Span,
    text: &str,
    because: Option<&(String, Span, &str)>,
    advice: Option<&str>,
) -> Problem {
    let message = because.map_or("this may be null", |(message, ..)| message.as_str());
    let mut problem = Problem::error("P2010", message).at(at, text);
    if let Some((_, at, text)) = because {
        problem = problem.at(*at, *text);
    }
    match advice {
        Some(advice) => problem.help(advice),
        None => problem,
    }
}

/// P2011: an attribute that only some of the possible values have.
pub fn only_some_have(name: &str, at: Span, lacks: &[String]) -> Problem {
    let lacks: Vec<String> = lacks.iter().map(|ty| format!("`{ty}`")).collect();
    Problem::error("P2011", format!("not everything that this can be has `{name}`"))
        .at(at, "only some have it")
        .note(format!("it is missing in {}", lacks.join(" and ")))
        .help("ask first which one it is: `if x.kind == \"…\" then …`, or `match`")
}

/// P2017: a type that stands for nothing but itself.
pub fn type_circle(name: &str, at: Span) -> Problem {
    Problem::error("P2017", format!("the type `{name}` is nothing but itself"))
        .at(at, "no value could ever have this type")
        .help("put it into a list or an object: `{ children: [Node] }`")
}

/// P2018: a `match` that has no arm for some values.
pub fn arms_missing(
    at: Span,
    noun: &str,
    left: &[String],
    declared: Option<Span>,
    whole: Span,
) -> Problem {
    let (message, advice) = match left {
        [] => (
            format!("`match` does not cover every value of {noun}"),
            "add `else => …` for the rest".to_owned(),
        ),
        [only] => {
            (format!("`match` has no arm for {only}"), format!("add `{only} => …`, or `else => …`"))
        }
        [..] => (
            format!("`match` has no arm for {}", enumerated(left, "and")),
            format!("add `{} => …`, or `else => …`", left.join(" | ")),
        ),
    };
    let label = match left {
        [] => format!("this is {noun}"),
        [only] => format!("this may be {only}"),
        [..] => format!("this may be {}", enumerated(left, "or")),
    };
    let problem = Problem::error("P2018", message).at(at, label);
    let problem = match declared {
        Some(declared) => problem.at(declared, "its type says so"),
        None => problem.at(whole, "none of these arms takes it"),
    };
    problem.help(advice)
}

/// P2019: a tree out of a file, where something of a type is needed.
pub fn untyped(at: Span, text: &str) -> Problem {
    Problem::error("P2019", "this comes from a file, and nothing says what it is")
        .at(at, text)
        .help("give it a type where it is read: `let people: [{ login: string }] = yaml(file(…))`")
}

/// P2002: a message that is no text.
pub fn message_is_text(at: Span, noun: &str) -> Problem {
    Problem::error("P2002", format!("a message is text, not {noun}")).at(at, "expected a string")
}

/// `a`, `a and b`, `a, b and c`
pub(super) fn enumerated(words: &[String], last: &str) -> String {
    match words.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, begin)) => format!("{} {last} {end}", begin.join(", ")),
        None => String::new(),
    }
}
