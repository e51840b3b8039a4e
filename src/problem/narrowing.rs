//! Problems of data in a file that does not have the type that a manifest gives it. P2006.

use crate::problem::infer::enumerated;
use crate::problem::names::listed;
use crate::problem::{Problem, nearest};
use crate::source::{FileId, Span};

/// How many places of one file are shown.
const PLACES_MAX: usize = 5;

/// One place in a file whose data does not fit, and why.
#[derive(Clone, Debug)]
pub struct Misfit {
    at: Span,
    label: String,
    because: Option<(Span, String)>,
    help: Option<String>,
}

impl Misfit {
    /// The file it is in.
    pub fn file(&self) -> FileId {
        self.at.file
    }

    /// A value for which the `where` of its type is false; `near` is one for which it is true.
    pub fn refused(
        (at, name): (Span, &str),
        ty: Option<&str>,
        refinement: Span,
        near: Option<&str>,
    ) -> Misfit {
        let label = match ty {
            Some(ty) => format!("not {} `{ty}`", article(ty)),
            None => "this value is refused".to_owned(),
        };
        let because = Some((refinement, format!("this must hold for `{name}`")));
        let help = near.map(|near| format!("write `{near}` for `{name}`"));
        Misfit { at, label, because, help }
    }

    /// A value of another type.
    pub fn mistyped(at: Span, (noun, shown): (&str, &str), expected: &str) -> Misfit {
        let inner = expected.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let of = |word: &str| word.chars().all(|c| c.is_ascii_lowercase());
        let (wanted, found) = match inner {
            Some(word) if of(word) => (format!("a list of {word}s"), one(noun)),
            Some(_) => (format!("a list, `{expected}`"), one(noun)),
            None if of(expected) => (format!("{} {expected}", article(expected)), noun.to_owned()),
            None => (format!("`{expected}`"), noun.to_owned()),
        };
        let is_plain = matches!(expected, "bool" | "int" | "float" | "string");
        let label = match inner {
            None if noun == "a string" && of(expected) && !is_plain => {
                format!("{shown} is no {expected}")
            }
            None | Some(_) => format!("expected {wanted}, found {found}"),
        };
        let help = match (inner, noun) {
            (Some("string"), "a string") => Some(format!("put it in a list: `[{shown}]`")),
            (None, "an int" | "a float" | "a bool") if expected == "string" => {
                Some(format!("put it in quotes: `\"{shown}\"`"))
            }
            (None, "an int") if expected == "size" => Some(format!("write `\"{shown}GiB\"`")),
            (None, "an int") if expected == "duration" => Some(format!("write `\"{shown}s\"`")),
            _ => None,
        };
        Misfit { at, label, because: None, help }
    }

    /// An object without some of its fields.
    pub fn missing(at: Span, absent: &[&str]) -> Misfit {
        let verb = if absent.len() == 1 { "is" } else { "are" };
        let label = format!("{} {verb} missing here", listed(absent, "and"));
        Misfit { at, label, because: None, help: None }
    }

    /// An entry that the type does not have.
    pub fn unknown(at: Span, name: &str, known: &[&str]) -> Misfit {
        let near = nearest(name, known.iter().copied());
        let label = match near.first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the type has no field `{name}`"),
        };
        Misfit { at, label, because: None, help: None }
    }

    /// A word that is none of the choices.
    pub fn no_choice(at: Span, words: &[&str], near: &[&str]) -> Misfit {
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let label = format!("expected {}", enumerated(&words, "or"));
        let help = near.first().map(|near| format!("did you mean \"{near}\"?"));
        Misfit { at, label, because: None, help }
    }

    /// Nothing, where the type wants something.
    pub fn null(at: Span, expected: &str) -> Misfit {
        let label = format!("expected `{expected}`, found null");
        let help = Some(format!("write `{expected}?` in the type if it may be absent"));
        Misfit { at, label, because: None, help }
    }
}

/// P2006: data of a file that does not have the type that is written for it.
pub fn misfits(file: &str, mut all: Vec<Misfit>, expected: Span) -> Problem {
    all.sort_by_key(|misfit| misfit.at);
    // An alias of YAML is one place for all that stand for it.
    all.dedup_by(|one, other| one.at == other.at && one.label == other.label);
    let message = format!("`{file}` does not have the type given to it");
    let mut problem = Problem::error("P2006", message);
    let shown = all.iter().take(PLACES_MAX);
    for misfit in shown.clone() {
        problem = problem.also_at(misfit.at, misfit.label.as_str());
    }
    let mut known = vec![expected];
    for (place, text) in shown.clone().filter_map(|misfit| misfit.because.as_ref()) {
        // What stands in the annotation itself is seen there.
        let is_seen = known
            .iter()
            .any(|it| it.file == place.file && it.start <= place.start && place.end <= it.end);
        if !is_seen {
            known.push(*place);
            problem = problem.at(*place, text.as_str());
        }
    }
    problem = problem.at(expected, "expected here");
    for help in shown.filter_map(|misfit| misfit.help.as_ref()) {
        if !problem.helps.contains(help) {
            problem = problem.help(help.as_str());
        }
    }
    match all.len().saturating_sub(PLACES_MAX) {
        0 => problem,
        1 => problem.note("one more place in it does not fit"),
        more => problem.note(format!("{more} more places in it do not fit")),
    }
}

fn article(word: &str) -> &'static str {
    let vowel = |c: char| "aeiouAEIOU".contains(c);
    if word.starts_with(vowel) { "an" } else { "a" }
}

/// `one string` of `a string`: it stands against a list.
fn one(noun: &str) -> String {
    match noun.split_once(' ') {
        Some(("a" | "an", word)) if word != "list" => format!("one {word}"),
        Some(_) | None => noun.to_owned(),
    }
}
