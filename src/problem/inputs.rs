//! Problems of inputs and of conditions that people write themselves. P1005, P2015, P2016, P3004.

use crate::problem::lower::Late;
use crate::problem::{Level, Problem};
use crate::source::Span;

/// P1005: a value for an input that nobody declares.
pub fn undeclared(name: &str, from: &str, at: Option<Span>, near: &[&str]) -> Problem {
    let mut problem =
        Problem::error("P1005", format!("there is no input `{name}` (given by {from})"));
    if let Some(at) = at {
        problem = problem.at(at, "no input takes this");
    }
    match near.first() {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("declare it: `input {name}: string`")),
    }
}

/// P2015: an input without a value.
pub fn missing(name: &str, at: Span, is_secret: bool) -> Problem {
    let variable = format!("PAAS_INPUT_{name}");
    let help = match is_secret {
        true => format!("put it into the environment as `{variable}`: it is a secret"),
        false => {
            format!("give it with `--set {name}=…`, with `{variable}`, or in a file of values")
        }
    };
    Problem::error("P2015", format!("the input `{name}` has no value"))
        .at(at, "it has no default and is not given")
        .help(help)
}

/// P4005: a secret given where it can be read.
pub fn secret_in_plain(name: &str, from: &str, at: Span) -> Problem {
    Problem::error("P4005", format!("the secret `{name}` cannot be given by {from}"))
        .at(at, "its value would be seen in the history of the shell or in a file")
        .help(format!("put it into the environment as `PAAS_INPUT_{name}`"))
}

/// P2016: a condition that is false.
pub fn not_met(at: Span, level: Level, message: Option<&str>, of: Option<Span>) -> Problem {
    let text = message.unwrap_or("a requirement is not met");
    let problem = match level {
        Level::Error => Problem::error("P2016", text),
        Level::Warning => Problem::warning("P2016", text),
    };
    let problem = problem.at(at, "this is false");
    match of {
        Some(of) => problem.at(of, "of this resource"),
        None => problem,
    }
}

/// P3004: a condition that can only be checked once something exists.
pub fn cannot_check(at: Span, late: &Late) -> Problem {
    Problem::warning("P3004", "this cannot be checked yet")
        .at(at, format!("{} is known later", late.what))
        .note(&late.why)
}
