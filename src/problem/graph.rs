//! Problems between resources: circles, and what no two may share. P50xx.

use crate::problem::Problem;
use crate::problem::names::listed;
use crate::source::Span;

/// How many hops of a circle are shown.
const HOPS_MAX: usize = 8;

/// P5001: values that need each other.
pub fn value_circle(hops: &[(String, Span)]) -> Problem {
    let message = match hops {
        [(only, _)] => format!("`{only}` needs its own value"),
        [(first, _), (second, _)] => format!("`{first}` and `{second}` need each other's value"),
        [(first, _), ..] => {
            format!("`{first}` needs its own value, through {} others", hops.len() - 1)
        }
        [] => "a value needs itself".to_owned(),
    };
    hop_labels(Problem::error("P5001", message), hops, "needs")
        .help("write one of these values out, without the reference")
}

/// P5001: resources that wait for each other.
pub fn circle(hops: &[(String, Span)]) -> Problem {
    let message = match hops {
        [(only, _)] => format!("`{only}` waits for itself"),
        [(first, _), (second, _)] => format!("`{first}` and `{second}` each wait for the other"),
        [(first, _), ..] => {
            format!("`{first}` waits for itself, through {} others", hops.len() - 1)
        }
        [] => "a resource waits for itself".to_owned(),
    };
    hop_labels(Problem::error("P5001", message), hops, "waits for")
        .help("take one of these references away, or write the value it reads")
}

fn hop_labels(mut problem: Problem, hops: &[(String, Span)], verb: &str) -> Problem {
    for (index, (name, span)) in hops.iter().take(HOPS_MAX).enumerate() {
        let next = &hops[(index + 1) % hops.len()].0;
        problem = problem.at(*span, format!("`{name}` {verb} `{next}`"));
    }
    let names = hops.iter().chain(hops.first()).map(|(name, _)| format!("`{name}`"));
    match hops.len() > 2 {
        true => problem.note(format!("the circle: {}", names.collect::<Vec<_>>().join(" → "))),
        false => problem,
    }
}

/// P5002: functions that call themselves.
pub fn recursion(functions: &[(&str, Span)]) -> Problem {
    let names: Vec<&str> = functions.iter().map(|(name, _)| *name).collect();
    let message = match names.as_slice() {
        [only] => format!("`{only}` calls itself"),
        [..] => format!("{} call each other", listed(&names, "and")),
    };
    let problem = Problem::error("P5002", message);
    let places = functions.iter().take(HOPS_MAX);
    places
        .fold(problem, |problem, (name, span)| {
            problem.at(*span, format!("`{name}` is in the circle"))
        })
        .note("a function always ends, so it cannot reach itself")
}

/// P5003: something that only one resource may have.
pub fn claimed_twice(what: &str, value: &str, both: [(&str, Span); 2]) -> Problem {
    let [(first, first_at), (second, second_at)] = both;
    Problem::error("P5003", format!("`{first}` and `{second}` both have the {what} `{value}`"))
        .at(second_at, format!("`{second}` has it"))
        .at(first_at, format!("`{first}` has it"))
        .help(format!("give one of them another {what}"))
}

/// P5003: something that only one resource may have, once what is chosen is known.
pub fn would_both_have(what: &str, value: &str, both: [&str; 2]) -> Problem {
    let [first, second] = both;
    Problem::error("P5003", format!("`{first}` and `{second}` would both have the {what} {value}"))
        .help("write another one for one of them")
}

/// P5007: apps whose NixOS configurations take the place of each other.
pub fn two_configurations(machine: &str, both: [(&str, &str, Span); 2]) -> Problem {
    let [(first, one, first_at), (second, other, second_at)] = both;
    let message = format!("`{first}` and `{second}` want two NixOS configurations of `{machine}`");
    Problem::error("P5007", message)
        .at(second_at, format!("`{second}` makes it `{other}`"))
        .at(first_at, format!("`{first}` makes it `{one}`"))
        .help("give both the same `flake` and `host`: a configuration can have both of them in it")
        .help("or put one of them on another machine")
}

/// P5004: an address that the network does not have.
pub fn outside_of_network(
    guest: (&str, Span),
    ip: &str,
    network: (&str, Span),
    cidr: &str,
) -> Problem {
    Problem::error("P5004", format!("`{ip}` is not an address of `{}`", network.0))
        .at(guest.1, format!("`{}` has it", guest.0))
        .at(network.1, format!("its addresses are `{cidr}`"))
        .help(format!("write an address of `{cidr}`, or `ip = \"auto\"` to get a free one"))
}

/// P5004: an address that the gateway has.
pub fn is_gateway(guest: (&str, Span), ip: &str, network: (&str, Span)) -> Problem {
    Problem::error("P5004", format!("`{ip}` is the gateway of `{}`", network.0))
        .at(guest.1, format!("`{}` has it too", guest.0))
        .at(network.1, "the gateway is written here")
        .help("write another address, or `ip = \"auto\"` to get a free one")
}

/// P5008: a value with more in it than a run has room for.
pub fn too_large(at: Span, parts: usize, megabytes: usize, levels: usize) -> Problem {
    let limits = format!(
        "a value has at most {parts} values in it and {levels} levels, a text {megabytes} MiB"
    );
    Problem::error("P5008", "this value is too large").at(at, "what is made here").note(limits)
}

/// P5008: more work than a run has time for.
pub fn too_much(at: Span, steps: usize) -> Problem {
    Problem::error("P5008", "this manifest takes too much computing")
        .at(at, "evaluation gives up here")
        .note(format!("a run evaluates at most {steps} expressions and elements"))
        .help("look for `for` inside of `for`, and for functions that call others twice")
}

/// P5005: an expression that leads too deep.
pub fn too_deep(at: Span) -> Problem {
    Problem::error("P5005", "this is nested too deep")
        .at(at, "evaluation gives up here")
        .help("give parts of it names with `let`")
}
