//! Problems of names: kinds, resources, attributes, functions, items in the wrong place. P10xx.

use crate::problem::infer::enumerated;
use crate::problem::{Edit, Fix, Problem, foreign};
use crate::source::Span;

/// The names that are near, and the fix if there is only one.
fn did_you_mean(problem: Problem, span: Span, near: &[&str]) -> Problem {
    match near {
        [] => problem,
        [only] => {
            let title = format!("did you mean `{only}`?");
            problem.fix(Fix::maybe(title, vec![Edit::new(span, *only)]))
        }
        [..] => problem.help(format!("did you mean {}?", listed(near, "or"))),
    }
}

/// Names in backticks: `a`, `b` or `c`.
pub(super) fn listed(names: &[&str], last: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, begin)) => format!("{} {last} {end}", begin.join(", ")),
        None => String::new(),
    }
}

/// P1001: a block of a kind that there is not.
pub fn unknown_kind(word: &str, span: Span, near: &[&str]) -> Problem {
    match foreign::kind(word) {
        Some((tool, advice)) => {
            let message = format!("`{word}` is not a kind; this looks like {tool}");
            Problem::error("P1001", message).at(span, "not a kind here").help(advice)
        }
        None => {
            let problem = Problem::error("P1001", format!("there is no kind `{word}`"))
                .at(span, "no kind of this name");
            match near {
                [] => problem.help("`paas explain kinds` lists what there is"),
                [..] => did_you_mean(problem, span, near),
            }
        }
    }
}

/// P1002: a bare name that nobody declares; `whole` is what has it behind the word of a kind.
pub fn unknown_name(
    name: &str,
    span: Span,
    whole: &[String],
    (near, declared): (&[&str], Option<Span>),
    is_function: bool,
) -> Problem {
    let problem = Problem::error("P1002", format!("there is no `{name}`"));
    let text = match whole {
        [] => "not declared in this module",
        [..] => "only inputs, lets and names of loops stand alone",
    };
    let problem = problem.at(span, text);
    let problem = match (declared, near.first()) {
        (Some(declared), Some(near)) if whole.is_empty() => {
            problem.at(declared, format!("`{near}` is declared here"))
        }
        (Some(_) | None, _) => problem,
    };
    match whole {
        _ if is_function => problem.help(format!("`{name}` is a function: write `{name}(…)`")),
        [] => did_you_mean(problem, span, near),
        [only] => problem.fix(Fix::maybe(format!("write `{only}`"), vec![Edit::new(span, only)])),
        [..] => {
            let quoted: Vec<String> = whole.iter().map(|it| format!("`{it}`")).collect();
            problem.help(format!("write {}", enumerated(&quoted, "or")))
        }
    }
}

/// P1009: a secret that is written like a resource.
pub fn secret_is_no_block(name: &str, at: Span) -> Problem {
    Problem::error("P1009", "a secret has no body")
        .at(at, "it is a name and where its value comes from")
        .help(format!("write `secret {name} = generate(length = 32)`, or another source"))
}

/// P1002: a resource or secret that nobody declares; `declared` is the place of the nearest name.
pub fn unknown_member(
    (kind, name): (&str, &str),
    span: Span,
    near: &[&str],
    declared: Option<Span>,
    all: &[&str],
) -> Problem {
    let mut problem = Problem::error("P1002", format!("there is no `{kind}.{name}`"))
        .at(span, "not declared in this module");
    if let [first, ..] = near {
        if let Some(declared) = declared {
            problem = problem.at(declared, format!("`{kind}.{first}` is declared here"));
        }
        let title = format!("did you mean `{kind}.{first}`?");
        problem = problem.fix(Fix::maybe(title, vec![Edit::new(span, *first)]));
    }
    match all {
        [] => problem,
        [_, ..] if all.len() <= 8 => {
            problem.note(format!("`{kind}` in this module: {}", listed(all, "and")))
        }
        [..] => problem.note(format!("there are {} of this kind in this module", all.len())),
    }
}

/// P1002: a prefix that other tools need.
pub fn foreign_scope(word: &str, name: &str, span: Span) -> Problem {
    let problem = Problem::error("P1002", format!("there is no `{word}`"));
    match word {
        "var" | "local" => {
            let fix = Fix::machine(format!("write `{name}`"), vec![Edit::new(span, name)]);
            problem.at(span, "inputs and lets have no prefix").fix(fix)
        }
        "each" => problem
            .at(span, "the header names its variables")
            .help("write `for key, value in …` in the header, then `key` and `value`"),
        "data" => problem.at(span, "not declared in this module"),
        _ => not_supported(span, &format!("`{word}.{name}`"), ""),
    }
}

/// P1003: attributes that the kind does not have; all of one block together.
///
/// `kind` is given where words of other tools mean attributes of kinds.
pub fn unknown_attributes(
    what: &str,
    kind: Option<&str>,
    unknown: &[(String, Span)],
    known: &[&str],
) -> Problem {
    let message = match unknown {
        [(only, _)] => format!("{what} has no attribute `{only}`"),
        [..] => {
            let names: Vec<&str> = unknown.iter().map(|(name, _)| name.as_str()).collect();
            format!("{what} has no attributes {}", listed(&names, "and"))
        }
    };
    let mut problem = Problem::error("P1003", message);
    for (name, span) in unknown {
        let near = crate::problem::nearest(name, known.iter().copied());
        let synonym = foreign::attribute(kind, name, known);
        let (text, better) = match (near.first(), synonym) {
            // What a word means elsewhere says more than how it is spelled.
            (_, Some(synonym)) => (synonym.told(), synonym.spelling()),
            (Some(near), None) => (format!("did you mean `{near}`?"), Some(*near)),
            (None, None) => ("no attribute of this name".to_owned(), None),
        };
        // Values from a file share one place, the call that reads it.
        if !problem.labels.iter().any(|label| label.span == *span) {
            problem = problem.also_at(*span, text);
            if let Some(better) = better {
                let title = format!("write `{better}` instead of `{name}`");
                problem = problem.fix(Fix::maybe(title, vec![Edit::new(*span, better)]).told());
            }
        }
    }
    match kind {
        Some(kind) => problem.note(format!("`paas explain {kind}` lists them all")),
        None if known.len() <= 12 && !known.is_empty() => {
            problem.note(format!("it has {}", listed(known, "and")))
        }
        None => problem,
    }
}

/// P1003: an attribute that is read and does not exist.
pub fn no_reading(kind: &str, name: &str, span: Span, near: &[&str]) -> Problem {
    let problem = Problem::error("P1003", format!("`{kind}` has no attribute `{name}`"))
        .at(span, "nothing to read under this name");
    match near {
        [] => problem.help(format!("`paas explain {kind}` lists what can be read")),
        [..] => did_you_mean(problem, span, near),
    }
}

/// P1006: two declarations of one name.
pub fn declared_twice(what: &str, name: &str, again: Span, first: Span) -> Problem {
    Problem::error("P1006", format!("{what} `{name}` is declared twice"))
        .at(again, "declared again here")
        .at(first, "first declared here")
        .help("give one of them another name, or remove it")
}

/// P1006: two elements with one key.
pub fn key_twice(key: &str, span: Span) -> Problem {
    Problem::error("P1006", format!("two elements have the key `{key}`"))
        .at(span, "the key must tell them apart")
}

/// P1007: a function that there is not.
pub fn unknown_function(name: &str, span: Span, near: &[&str]) -> Problem {
    let problem = Problem::error("P1007", format!("there is no function `{name}`"));
    match foreign::function(name) {
        Some(foreign::Function::Called(here)) => {
            let title = format!("write `{here}(…)`");
            let fix = Fix::machine(title, vec![Edit::new(span, here)]);
            problem.at(span, "not a function here").fix(fix)
        }
        Some(foreign::Function::Written(here)) => {
            problem.at(span, "not a function here").help(format!("write `{here}`"))
        }
        Some(foreign::Function::NotNeeded(why)) => problem.at(span, "not needed").help(why),
        None => match near {
            [] => problem
                .at(span, "no function of this name")
                .help("`paas explain functions` lists what there is"),
            [..] => did_you_mean(problem.at(span, "no function of this name"), span, near),
        },
    }
}

/// P1008: something that is called and is no function.
pub fn not_callable(span: Span) -> Problem {
    Problem::error("P1008", "this cannot be called")
        .at(span, "only a function has a name that can be called")
}

/// P1008: an argument that a function of the manifest does not take.
pub fn wrong_argument(function: &str, params: &[&str], given: Option<&str>, span: Span) -> Problem {
    let text = match given {
        Some(name) if params.contains(&name) => format!("`{name}` is given twice"),
        Some(name) => format!("there is no parameter `{name}`"),
        None => format!("one too many: it takes {}", params.len()),
    };
    Problem::error("P1008", format!("`{function}` does not take this argument"))
        .at(span, text)
        .help(format!("it is called as `{function}({})`", params.join(", ")))
}

/// P1008: a parameter without a value.
pub fn missing_argument(function: &str, param: &str, span: Span) -> Problem {
    Problem::error("P1008", format!("`{function}` needs `{param}`"))
        .at(span, format!("`{param}` has no default and is not given"))
}

/// P1008: `as_type` without a type.
pub fn no_type_argument(span: Span) -> Problem {
    Problem::error("P1008", "`as_type` needs a value and the name of a type")
        .at(span, "there are not these two")
        .help("write `as_type(value, Person)`, or `[Person]` for a list of them")
        .note("a type with parts gets a name first: `type Ports = map<string, int>`")
}

/// A manifest for another version of `paas`.
pub fn another_version(span: Span, wanted: &str) -> Problem {
    let own = env!("CARGO_PKG_VERSION");
    Problem::error("P1009", format!("this is paas {own}, which is not `{wanted}`"))
        .at(span, "the manifest asks for another version")
        .help("use a version that fits, or change what the manifest asks for")
}

/// P1009: something the language has and this version does not.
pub fn not_supported(span: Span, what: &str, advice: &str) -> Problem {
    let problem = Problem::error("P1009", format!("{what} is not supported by this version"))
        .at(span, "not supported yet");
    if advice.is_empty() { problem } else { problem.note(advice) }
}

/// P1010: an item at the top of a file that belongs into a block.
pub fn outside_of_block(span: Span) -> Problem {
    Problem::error("P1010", "this belongs into a block")
        .at(span, "nothing here could have this attribute")
        .help("write `let name = value` to give a value a name")
}

/// P1010: an item in a body that belongs to the top of a file.
pub fn not_in_a_body(span: Span) -> Problem {
    Problem::error("P1010", "this cannot stand in a body")
        .at(span, "a body holds attributes, blocks and `require`")
        .help("move it to the top of the file")
}

/// P1010: an attribute of a resource whose name is computed.
pub fn computed_name(span: Span) -> Problem {
    Problem::error("P1010", "the attributes of a resource have fixed names")
        .at(span, "this name is computed")
}

/// P1011: too many or too few names after a kind.
pub fn wrong_labels(kind: &str, span: Span) -> Problem {
    let name = if kind == "defaults" { "container" } else { "name" };
    let example = match kind {
        "paas" => "paas { … }".to_owned(),
        _ => format!("{kind} {name} {{ … }}"),
    };
    Problem::error("P1011", format!("`{kind}` is written with another number of names"))
        .at(span, "expected one block kind and its name")
        .help(match kind {
            "terraform" => {
                format!("write `{example}`; settings are `paas {{ version = … }}` here")
            }
            _ => format!("write `{example}`"),
        })
}

/// P1011: a label that cannot be part of an address.
pub fn not_a_name(text: &str, span: Span) -> Problem {
    let word: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    Problem::error("P1011", format!("`{text}` cannot be a name"))
        .at(span, "a name has letters, digits and `_`")
        .help(format!("write `{word}`"))
}

/// P1011: a facet that stands outside of a workload.
pub fn facet_alone(kind: &str, span: Span, owners: &[&str]) -> Problem {
    Problem::error("P1011", format!("`{kind}` belongs into another block"))
        .at(span, "this stands alone")
        .help(format!("write it inside of {}", listed(owners, "or")))
}

/// P1011: a facet that is written as a value.
pub fn facet_is_block(word: &str, span: Span) -> Problem {
    Problem::error("P1011", format!("`{word}` is a block, not a value"))
        .at(span, "it becomes a resource of its own")
        .help(format!("write `{word} name {{ … }}`"))
}

/// P1011: a facet with a name in `defaults`.
pub fn labelled_default(word: &str, span: Span) -> Problem {
    Problem::error("P1011", format!("`{word}` has no name in `defaults`"))
        .at(span, "defaults apply to every one of them")
        .help(format!("write `{word} {{ … }}`"))
}

/// P1012: `owner` outside of a facet.
pub fn no_owner(span: Span) -> Problem {
    Problem::error("P1012", "there is no `owner` here")
        .at(span, "only what stands inside of a workload has one")
}

/// P1013: a type that there is not.
pub fn unknown_type(name: &str, span: Span, near: &[&str]) -> Problem {
    let problem =
        Problem::error("P1013", format!("there is no type `{name}`")).at(span, "not a type");
    let known = match name {
        "str" | "String" | "text" => Some("string"),
        "number" | "integer" | "i64" => Some("int"),
        "boolean" => Some("bool"),
        "list" | "array" | "set" => Some("[T]"),
        "object" => Some("{ name: type }"),
        "any" => Some("data"),
        _ => None,
    };
    match known {
        Some(known) => problem.help(format!("write `{known}`")),
        None => did_you_mean(problem, span, near),
    }
}

/// P1014: an attribute that only `paas` fills in.
pub fn not_writable(name: &str, span: Span, known: &[&str]) -> Problem {
    let problem = Problem::error("P1014", format!("`{name}` cannot be written"))
        .at(span, "it follows from other attributes");
    match foreign::attribute(None, name, known) {
        Some(synonym) => problem.help(format!("what other tools mean by it is {}", synonym.told())),
        None => problem.help("remove it; it can be read"),
    }
}

/// P1015: a let or an output without a value.
pub fn no_value(name: &str, span: Span) -> Problem {
    Problem::error("P1015", format!("`{name}` has no value")).at(span, "expected `= value`")
}

/// P1016: a call of the library that cannot work.
pub fn refused(function: &str, message: &str, help: Option<&str>, span: Span) -> Problem {
    let problem = Problem::error("P1016", message).at(span, "in this call");
    match help {
        Some(help) => problem.help(help),
        None => problem.help(format!("`paas explain {function}` tells what it takes")),
    }
}

/// P1016: the same because of what is written in a file that the call reads.
pub fn refused_inside(
    (inside, why): (Span, &str),
    message: &str,
    help: Option<&str>,
    call: Span,
) -> Problem {
    let problem = Problem::error("P1016", message).at(inside, why).at(call, "it is read here");
    help.into_iter().fold(problem, Problem::help)
}
