//! Problems of values and types. P20xx.

use crate::problem::Problem;
use crate::problem::infer::enumerated;
use crate::problem::names::listed;
use crate::source::Span;

/// A value that does not fit its field.
pub struct Wrong<'a> {
    /// Where the value is written.
    pub at: Span,
    /// The field.
    pub field: &'a str,
    /// What the field takes, as "expected …" goes on.
    pub expected: String,
    /// What the value is: `an int`.
    pub noun: &'a str,
    /// The value, as it is shown.
    pub shown: String,
    /// Where it is used, if it was written elsewhere.
    pub used: Option<Span>,
}

/// P2001: a value of the wrong type.
pub fn wrong_value(wrong: &Wrong<'_>) -> Problem {
    let Wrong { at, field, expected, noun, shown, used } = wrong;
    let is_quantity = expected.starts_with("a size") || expected.starts_with("a duration");
    let problem = match (*noun, is_quantity) {
        ("an int", true) => {
            let what = if expected.starts_with("a size") { "size" } else { "duration" };
            let unit = if what == "size" { "GiB" } else { "s" };
            Problem::error("P2001", format!("`{field}` is a {what}, this is an int"))
                .at(*at, format!("{shown} of what?"))
                .help(match what {
                    "size" => format!("write `{shown}GiB` (or `{shown}MiB`)"),
                    _ => format!("write `{shown}{unit}`"),
                })
                .note(match what {
                    "size" => {
                        "Terraform providers take megabytes here, Proxmox takes MiB: paas always \
                         takes the unit"
                    }
                    _ => "a duration always has a unit: `ms`, `s`, `m`, `h`, `d` or `w`",
                })
        }
        ("a string", _) => Problem::error("P2001", format!("`{field}` cannot be {shown}"))
            .at(*at, format!("expected {expected}")),
        ("an object", _) if expected.starts_with('`') => {
            Problem::error("P2001", format!("`{field}` is one resource, this is an object"))
                .at(*at, format!("expected {expected}"))
                .help("choose one by its key: `container.name[\"key\"]`")
        }
        ("a resource", _) => Problem::error("P2001", format!("`{field}` cannot be `{shown}`"))
            .at(*at, format!("expected {expected}")),
        _ => Problem::error("P2001", format!("`{field}` cannot be {noun}"))
            .at(*at, format!("expected {expected}")),
    };
    match used {
        Some(used) => problem.at(*used, format!("`{field}` takes it from there")),
        None => problem,
    }
}

/// P2001: a value that does not have the type that is written for it.
pub fn mistyped(at: Span, name: &str, noun: &str, shown: &str, ty: (Span, &str)) -> Problem {
    let (ty_at, expected) = ty;
    let text =
        if noun == "a string" { format!("this is {shown}") } else { format!("this is {noun}") };
    let problem = Problem::error("P2001", format!("`{name}` is not of type `{expected}`"))
        .at(at, text)
        .at(ty_at, "expected because of this");
    match (noun, expected) {
        ("an int", "size") => problem.help(format!("write `{shown}GiB`")),
        ("an int", "duration") => problem.help(format!("write `{shown}s`")),
        ("an int" | "a float" | "a bool", "string") => problem.help(format!("write `\"{shown}\"`")),
        _ => problem,
    }
}

/// P2001: something other than true or false where a condition stands.
pub fn not_a_bool(at: Span, noun: &str) -> Problem {
    Problem::error("P2001", format!("a condition is true or false, not {noun}"))
        .at(at, format!("this is {noun}"))
        .help("compare it with something: `x != null`, `length(x) > 0`")
}

/// P2001: something a `for` cannot go through.
pub fn not_a_collection(at: Span, noun: &str) -> Problem {
    Problem::error("P2001", format!("`for` goes through a list or a map, not {noun}"))
        .at(at, format!("this is {noun}"))
}

/// P2001: something other than a resource.
pub fn not_a_resource(at: Span, field: &str, noun: &str) -> Problem {
    Problem::error("P2001", format!("`{field}` takes resources, not {noun}"))
        .at(at, "expected a resource like `app.dns`")
}

/// P2001: something other than text.
pub fn text_expected(at: Span, field: &str, noun: &str) -> Problem {
    Problem::error("P2001", format!("`{field}` is text, not {noun}")).at(at, "expected a string")
}

/// P2001: something other than an object.
pub fn not_an_object(at: Span, field: &str) -> Problem {
    Problem::error("P2001", format!("`{field}` is an object")).at(at, "expected `{ … }`")
}

/// P2002: a value that has no one way to be printed.
pub fn not_text(at: Span, noun: &str) -> Problem {
    let problem = Problem::error("P2002", format!("{noun} cannot be put into text"))
        .at(at, "expected text, a number, an address …");
    match noun {
        "a resource" => problem.help("name the attribute: `container.web.hostname`"),
        "a list" => problem.help("write `join(\", \", list)`"),
        "null" => problem.help("say what to write instead: `\\(x ?? \"\")`"),
        _ => problem.help("write `to_json(x)`"),
    }
}

/// P2003: attributes that must be written and are not; all of one object together.
pub fn missing(what: &str, at: Span, absent: &[(&str, String)]) -> Problem {
    let names: Vec<&str> = absent.iter().map(|(name, _)| *name).collect();
    let mut problem = Problem::error("P2003", format!("{what} needs {}", listed(&names, "and")))
        .at(at, "not written here");
    for (name, expected) in absent {
        problem = problem.note(format!("`{name}` is {expected}"));
    }
    problem
}

/// P2003: fields of a written type that are not there.
pub fn fields_missing(at: Span, name: &str, absent: &[&str], ty: Span) -> Problem {
    let message = format!("`{name}` needs {}", listed(absent, "and"));
    Problem::error("P2003", message).at(at, "not written here").at(ty, "expected because of this")
}

/// P2004: a word that is none of the choices.
pub fn not_a_choice(at: Span, field: &str, word: &str, words: &[&str], near: &[&str]) -> Problem {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let choices = format!("the choices are {}", enumerated(&quoted, "and"));
    let message = match field {
        "engine" => format!("`\"{word}\"` is not an engine"),
        "runtime" => format!("`\"{word}\"` is not a runtime"),
        _ => format!("`{field}` cannot be \"{word}\""),
    };
    let problem = Problem::error("P2004", message).at(at, "not one of the choices");
    match near.first() {
        Some(near) => problem.help(format!("did you mean `\"{near}\"`? {choices}")),
        None => problem.note(choices),
    }
}

/// P2001: text that asks for no version.
pub fn not_a_version(at: Span, text: &str) -> Problem {
    Problem::error("P2001", format!("`{text}` asks for no version"))
        .at(at, "expected text like `>= 0.1, < 0.3`")
}

/// P2001: a setting that is no number in its range.
pub fn not_a_number(at: Span, name: &str, low: u32, high: u32) -> Problem {
    let expected = match high {
        u32::MAX => format!("an int from {low}"),
        high => format!("an int from {low} to {high}"),
    };
    Problem::error("P2001", format!("`{name}` cannot have this value"))
        .at(at, format!("expected {expected}"))
}

/// P2005: a value for which the `where` of its type or input is false.
pub fn refused(at: Span, name: &str, shown: &str, refinement: Span) -> Problem {
    Problem::error("P2005", format!("`{name}` cannot be {shown}"))
        .at(at, "this value is refused")
        .at(refinement, "this must be true of it")
}

/// P2007: an operator between values it does not take.
pub fn wrong_operands(op: &str, left: (Span, &str), right: (Span, &str)) -> Problem {
    let (a, b) = (left.1, right.1);
    let problem = match op {
        "in" => Problem::error("P2007", format!("{a} cannot be in {b}")),
        _ => Problem::error("P2007", format!("`{op}` does not take {a} and {b}")),
    };
    let problem = problem.at(left.0, format!("this is {a}")).at(right.0, format!("this is {b}"));
    match (op, a, b) {
        ("+", "a string", _) | ("+", _, "a string") => {
            problem.help("put text together with `\"\\(a)\\(b)\"`")
        }
        ("+", "a list", _) => problem.help("put lists together with `[...a, ...b]`"),
        ("+", "an object", _) => problem.help("put objects together with `{ ...a, ...b }`"),
        ("in", "a string", "a string") => problem.help("write `contains(text, part)`"),
        _ => problem,
    }
}

/// P2007: a minus before something that is no number.
pub fn cannot_negate(at: Span, noun: &str) -> Problem {
    Problem::error("P2007", format!("{noun} has no negative")).at(at, "expected a number")
}

/// P2007: `...` before something that cannot be spread.
pub fn cannot_spread(at: Span, expected: &str, noun: &str) -> Problem {
    Problem::error("P2007", format!("`...` takes {expected} here, not {noun}"))
        .at(at, format!("this is {noun}"))
}

/// P2007: attributes of something that has none.
pub fn no_attributes(name: &str, at: Span, noun: &str) -> Problem {
    let problem = Problem::error("P2007", format!("{noun} has no `{name}`"))
        .at(at, "only objects and resources have attributes");
    match noun {
        "a list" => problem.help(format!("write `[for x in list : x.{name}]`")),
        _ => problem,
    }
}

/// P2007: an index that does not fit what it is an index of.
pub fn wrong_index(at: Span, of: &str, index: &str) -> Problem {
    Problem::error("P2007", format!("{of} has no element at {index}"))
        .at(at, "expected a key of a map or a number in a list")
}

/// P2007: a key that is neither text nor a number.
pub fn wrong_key(at: Span, noun: &str) -> Problem {
    Problem::error("P2007", format!("a key is text or a whole number, not {noun}"))
        .at(at, format!("this is {noun}"))
}

/// P2009: `match` without an arm for this value.
pub fn no_arm(at: Span, value: Span, shown: &str) -> Problem {
    Problem::error("P2009", format!("`match` has no arm for {shown}"))
        .at(value, format!("this is {shown}"))
        .at(at, "none of the arms fits")
        .help("add `else => …`")
}

/// P2010: null where a value is needed.
pub fn may_be_null(at: Span, text: &str) -> Problem {
    Problem::error("P2010", "this may be null")
        .at(at, text)
        .help("read it with `?.`, or give a value for that case with `??`")
}

/// P2011: an entry that a map does not have.
pub fn no_entry(name: &str, at: Span, keys: &[String], map: Span) -> Problem {
    let near = crate::problem::nearest(name, keys.iter().map(String::as_str));
    let problem = Problem::error("P2011", format!("there is no entry `{name}`"))
        .at(at, "no such key")
        .at(map, "the entries come from here");
    match (near.first(), keys.len()) {
        (Some(near), _) => problem.help(format!("did you mean `{near}`?")),
        (None, 1..=8) => {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            problem.note(format!("it has {}", listed(&keys, "and")))
        }
        (None, _) => problem,
    }
}

/// P2011: an element that a list does not have.
pub fn no_element(at: Span, index: i64, length: usize) -> Problem {
    Problem::error("P2011", format!("there is no element {index}"))
        .at(at, format!("the list has {length}, counted from 0"))
}

/// P2012: none or several of a group of which exactly one is needed.
pub fn not_exactly_one(
    kind: &str,
    group: &[&str],
    present: &[(&str, Span)],
    block: Span,
) -> Problem {
    let all = listed(group, "and");
    let Some(((_, first_at), rest)) = present.split_first() else {
        return Problem::error("P2012", format!("`{kind}` needs exactly one of {all}"))
            .at(block, "it has none of them");
    };
    const PLACES: [&str; 2] = ["second", "third"];
    let count = match present.len() {
        2 => "two".to_owned(),
        3 => "three".to_owned(),
        more => more.to_string(),
    };
    let message = match kind {
        "app" => format!("an app has exactly one runtime, this one has {count}"),
        _ => format!("`{kind}` has exactly one of {all}, this one has {count}"),
    };
    let problem = Problem::error("P2012", message).at(*first_at, "first");
    let places = PLACES.into_iter().chain(std::iter::repeat("one more"));
    let rest = rest.iter().zip(places);
    let problem = rest.fold(problem, |problem, ((_, at), place)| problem.also_at(*at, place));
    match kind {
        "app" => problem.help(
            "remove all but one; to let tenants choose, write a `service` with them and set \
             `runtime` in the tenant",
        ),
        _ => problem.help("remove all but one"),
    }
}

/// P2013: a number that is too large, or negative where that means nothing.
pub fn out_of_range(at: Span) -> Problem {
    Problem::error("P2013", "the result is out of range")
        .at(at, "too large, or negative where it must not be")
}

/// P2014: a division by zero.
pub fn by_zero(at: Span) -> Problem {
    Problem::error("P2014", "this divides by zero").at(at, "this is 0")
}
