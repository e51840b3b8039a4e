//! Problems of stages and secrets: values that are known too late, or must not be seen. P30xx,
//! P40xx; and what kinds object to, P61xx.

use crate::problem::{Edit, Fix, Problem};
use crate::source::Span;

/// Why what follows from the value of a secret is known late.
pub const WITHOUT_SECRETS: &str = "a plan is made without the values of secrets";

/// What is computed of a secret is known when it is sent, and what is computed of a revealed one
/// would have to be known before.
pub const REVEAL_THE_ANSWER: &str =
    "reveal what is computed instead: `reveal(secret.name == \"x\", \"why\")`";

/// A value that is known later: what it is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// `` `ip` of `container.web` ``
    pub what: String,
    /// Why it is not known yet.
    pub why: String,
}

/// P3001: a key that is known too late.
pub fn key_late(at: Span, late: &Late) -> Problem {
    Problem::error("P3001", "keys must be known when the manifest is read")
        .at(at, format!("{} is known later", late.what))
        .note(&late.why)
        .help("swap key and value if the value is known earlier: the value may come later")
}

/// P3001: a condition that decides too late what there is.
pub fn decided_late(at: Span, late: &Late) -> Problem {
    Problem::error("P3001", "what there is must be known when the manifest is read")
        .at(at, format!("{} is known later", late.what))
        .note(&late.why)
}

/// P3002: a field that needs a value now.
pub fn field_late(at: Span, field: &str, late: &Late) -> Problem {
    let problem = Problem::error("P3002", format!("`{field}` must be known when the plan is made"))
        .at(at, format!("{} is known later", late.what))
        .note(&late.why);
    match late.why == WITHOUT_SECRETS {
        true => problem.help(REVEAL_THE_ANSWER),
        false => problem,
    }
}

/// P3003: instances of a list whose elements are no keys.
pub fn list_without_key(
    over: Span,
    element: &str,
    field: Option<&str>,
    noun: &str,
    written: &str,
) -> Problem {
    let of = match noun {
        "an object" => "objects".to_owned(),
        "a list" => "lists".to_owned(),
        other => format!("{}s", other.trim_start_matches("an ").trim_start_matches("a ")),
    };
    let (message, label) = (
        format!("instances need a key, and a list of {of} has none"),
        "a list: removing its second item would rename every later one",
    );
    let problem = Problem::error("P3003", message).at(over, label);
    match field {
        Some(field) => {
            let title = format!("write `for {element} in {written} by {element}.{field}`");
            let edit = Edit::behind(over, format!(" by {element}.{field}"));
            problem.fix(Fix::maybe(title, vec![edit]).shown())
        }
        None => {
            problem.help(format!("say what tells them apart: `for {element} in {written} by …`"))
        }
    }
}

/// Where a secret is that may not be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a field that has to be known, or that stands where everybody looks.
    Field,
    /// In text that is for everybody to read: a command line, a public record.
    Shown,
}

/// P4001: a secret where everybody can read it. The value comes from `from`; `used` is where the
/// field stands, if that is somewhere else.
pub fn secret_refused(
    place: Place,
    (field, kind): (&str, &str),
    (used, from): (Option<Span>, Span),
    names: &str,
) -> Problem {
    let word = field.rsplit('.').next().unwrap_or(field);
    let has_env = matches!((kind, word), ("run", "create" | "update" | "delete") | (_, "exec"));
    let is_command = has_env || matches!(word, "cmd" | "startup");
    let message = match place {
        Place::Shown | Place::Field if is_command => {
            format!("a secret would be visible in a command: `{field}` of `{kind}`")
        }
        Place::Field => format!("`{field}` of `{kind}` does not take a secret"),
        Place::Shown => format!("`{field}` of `{kind}` is for everybody to read"),
    };
    let this = match is_command {
        true => format!("`{field}` runs as a command; this value contains {names}"),
        false => format!("this value contains {names}"),
    };
    let problem = Problem::error("P4001", message);
    let problem = match used {
        Some(used) => problem.at(used, this).at(from, "it entered here"),
        None => problem.at(from, this),
    };
    let problem = match has_env {
        true => problem.help("pass it in the environment, `env`, and write `$NAME` in the command"),
        false => problem.help(
            "put it where secrets are kept: `env` and `secrets` of an app, passwords, tokens",
        ),
    };
    problem.note(
        "other places that refuse secrets: names, keys, outputs without `secret<…>`, settings",
    )
}

/// P4001: a secret in a key.
pub fn secret_key(at: Span) -> Problem {
    Problem::error("P4001", "a secret cannot be a key").at(at, "this contains a secret")
}

/// P4001: a secret that is computed with.
pub fn secret_used(at: Span) -> Problem {
    Problem::error("P4001", "a secret is not known while planning")
        .at(at, "so it cannot be compared or computed with")
}

/// P4001: a secret that decides what there is.
pub fn secret_decides(at: Span, names: &str) -> Problem {
    Problem::error("P4001", "a secret cannot decide this")
        .at(at, format!("this follows from {names}"))
        .note("everybody sees what there is, and what a check says")
        .help("decide by an input or a `let` that is no secret")
}

/// P4001: a branch that would show by its parts which one is taken.
pub fn secret_decides_parts(at: Span, noun: &str, decides: &str) -> Problem {
    Problem::error("P4001", format!("a secret cannot decide whether this is {noun}"))
        .at(at, "everybody sees what parts there are")
        .note(format!("`{decides}` decides it"))
        .help("let both branches be text or numbers; put the `if` inside of lists and objects")
}

/// P4001: a branch that a secret takes, and that is known later.
pub fn secret_decides_late(at: Span, late: &Late) -> Problem {
    Problem::error("P4001", "a secret cannot decide between values that are known later")
        .at(at, format!("{} is known later", late.what))
        .note(&late.why)
}

/// P4001: a match on a secret that may fit no arm.
pub fn secret_without_else(at: Span) -> Problem {
    Problem::error("P4001", "a `match` on a secret needs an arm for everything else")
        .at(at, "which arm fits is known when it is sent, and then there must be one")
        .help("put `else => …` at the end")
}

/// P4001: a secret in an output that everybody sees.
pub fn secret_output(output: Span, at: Span, name: &str) -> Problem {
    Problem::error("P4001", format!("the output `{name}` would show a secret"))
        .at(output, "this is for everybody to read")
        .at(at, "it entered here")
        .help(format!("write `output {name}: secret<string> = …`"))
}

/// P4001: a secret where its type does not say so.
pub fn secret_needs_type(at: Span, name: &str, ty: Span) -> Problem {
    Problem::error("P4001", format!("`{name}` is a secret, and its type does not say so"))
        .at(at, "this contains a secret")
        .at(ty, "write `secret<string>` here")
}

/// P4002: a secret whose value would stand in the manifest, or nowhere.
pub fn not_a_secret_source(at: Span) -> Problem {
    Problem::error("P4002", "a secret says where its value comes from")
        .at(at, "expected `env(\"NAME\")`, `generate()` or another source")
        .note("the sources are `age`, `command`, `env`, `file`, `generate`, `sops` and `vault`")
}

/// P4003: a source of secrets where a value stands.
pub fn secret_source_outside(name: &str, at: Span) -> Problem {
    Problem::error("P4003", format!("`{name}` is only for secrets"))
        .at(at, "its value would be seen here")
        .help(format!("declare `secret name = {name}(…)` and use `secret.name`"))
}

/// P6101: a spec whose fields have the right types and still cannot work.
pub fn objection(address: &str, message: &str, help: &str, at: Span) -> Problem {
    Problem::error("P6101", message).at(at, format!("in `{address}`")).help(help)
}
