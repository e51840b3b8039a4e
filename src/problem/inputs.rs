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

/// P2016: a condition that is false; `sides` are values in it that are to be seen nowhere else.
pub fn not_met(
    at: Span,
    level: Level,
    message: Option<&str>,
    sides: &[(Span, String)],
    of: Option<Span>,
) -> Problem {
    let text = message.unwrap_or("a requirement is not met");
    let problem = match level {
        Level::Error => Problem::error("P2016", text),
        Level::Warning => Problem::warning("P2016", text),
    };
    let problem = match sides {
        [] => problem.at(at, "this is false"),
        [..] => sides.iter().fold(problem, |problem, (place, value)| {
            problem.also_at(*place, format!("this is {value}"))
        }),
    };
    match of {
        Some(of) => problem.at(of, "of this resource"),
        None => problem,
    }
}

/// The same of a condition that was checked after apply.
pub fn after_apply(problem: Problem) -> Problem {
    problem.note("this is checked after apply, and nothing is undone")
}

/// The same, of one of the resources that a block makes.
pub fn about(problem: Problem, address: &str) -> Problem {
    problem.note(format!("it is about `{address}`"))
}

/// P3004: a condition whose values are not known even after apply.
pub fn cannot_check(at: Span, late: &Late) -> Problem {
    Problem::warning("P3004", "this could not be checked after apply")
        .at(at, format!("{} is not known", late.what))
        .note(&late.why)
}
