//! Problems of the places outside of the state where generated secrets are kept. P40xx.

use crate::problem::Problem;
use crate::source::Span;

/// P4004: what generated secrets are kept in is none of the places there are.
pub fn not_a_store(at: Span) -> Problem {
    Problem::error("P4004", "this is no place for generated secrets")
        .at(at, "expected `local()`, `sops(…)`, `age(…)` or `vault(…)`")
        .help(r#"write `secrets = sops("secrets/default.yaml")`"#)
}

/// P4004: a place with too few, too many or unknown arguments.
pub fn wrong_store(name: &str, takes: &[&str], at: Span) -> Problem {
    let (what, example) = match name {
        "sops" => ("one file", r#"sops("secrets/default.yaml")"#),
        "age" => ("one file", r#"age("secrets/generated.age")"#),
        "vault" => ("one path", r#"vault("kv/paas/prod")"#),
        _ => ("nothing", "local()"),
    };
    let named: Vec<String> = takes.iter().map(|it| format!(", `{it}`")).collect();
    let message = format!("as a place for generated secrets, `{name}` takes {what}");
    Problem::error("P4004", message + &named.concat())
        .at(at, "this does not fit")
        .help(format!("write `secrets = {example}`"))
}

/// P4004: a file that `sops` could not keep a key in.
pub fn not_a_sops_file(file: &str, at: Span) -> Problem {
    Problem::error("P4004", format!("`{file}` is no file that `sops` keeps keys in"))
        .at(at, "expected a name that ends in `.yaml`, `.yml` or `.json`")
}

/// P4004: a path in a Vault that has no mount, or leads elsewhere.
pub fn not_a_vault_path(path: &str, at: Span) -> Problem {
    Problem::error("P4004", format!("`{path}` is no path of a secret in a Vault"))
        .at(at, "expected the mount and what follows, like `kv/paas/prod`")
}

/// P4013: the place cannot be read.
pub fn closed(store: &str, why: &str, help: &str) -> Problem {
    Problem::error("P4013", format!("generated secrets cannot be read from `{store}`"))
        .note(why.to_owned())
        .note("nothing was changed")
        .help(help.to_owned())
}

/// P4006: the same while planning.
pub fn not_compared(store: &str, why: &str, help: &str) -> Problem {
    Problem::warning("P4006", "whether secrets were rotated is not known")
        .note(format!("generated secrets cannot be read from `{store}`: {why}"))
        .note("they count as unchanged in this plan; an apply needs them")
        .help(help.to_owned())
}

/// P4013: the place cannot be written, and is as it was.
pub fn refused(store: &str, why: &str, help: &str) -> Problem {
    Problem::error("P4013", format!("generated secrets cannot be kept in `{store}`"))
        .note(why.to_owned())
        .note("nothing was changed")
        .help(help.to_owned())
}

/// P4013: whether values were written is not known.
pub fn unknown(store: &str, why: &str, help: &str) -> Problem {
    Problem::error("P4013", format!("whether `{store}` has the generated secrets is not known"))
        .note(why.to_owned())
        .note("nothing was sent anywhere else; the next run looks at what is there")
        .help(help.to_owned())
}

/// P4013: somebody else has written there since it was read.
pub fn changed(store: &str) -> Problem {
    Problem::error("P4013", format!("somebody has changed `{store}` meanwhile"))
        .note("nothing was changed by this run")
        .help("run it again: it begins with what is there now")
}

/// P4013: what is in the place was not written by `paas`.
pub fn not_a_document(place: &str) -> Problem {
    Problem::error("P4013", format!("what `{place}` has of `paas` is not what was written"))
        .note("nothing was changed")
        .help("bring back the version before, with what keeps its versions")
}

/// P4013: a newer version wrote there.
pub fn newer_document(place: &str, format: u64) -> Problem {
    Problem::error("P4013", format!("what `{place}` has of `paas` is of format {format}"))
        .note("this version of `paas` reads format 1")
        .help("use the version of `paas` that wrote it, or a newer one")
}

/// P4013: the place has the secrets of another state.
pub fn of_another_state(place: &str, lineage: &str) -> Problem {
    let start: String = lineage.chars().take(8).collect();
    Problem::error("P4013", format!("`{place}` has the generated secrets of another state"))
        .note(format!("theirs begins with `{start}`; nothing was changed"))
        .help("name another place, or bring back the state that they belong to")
        .help("if that state is gone for good, take the key `paas_generated` out of the place")
}

/// P4013: the place has none of the secrets that the state has sent, or not all of them.
pub fn missing(store: &str, missing: &[String]) -> Problem {
    let names: Vec<String> = missing.iter().take(3).map(|name| format!("`{name}`")).collect();
    let more = match missing.len().saturating_sub(3) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let names = names.join(", ");
    Problem::error("P4013", format!("`{store}` has no value of {names}{more}"))
        .note("they were kept there, and something has them; nothing is made anew in silence")
        .help("bring back the version of the place that has them")
        .help("one that is lost for good gets a new value by `paas secret rotate ADDRESS`")
}

/// P4013: the place has other values than the one that they come from.
pub fn newer_values(store: &str, from: &str, name: &str) -> Problem {
    Problem::error("P4013", format!("`{store}` has a newer value of `{name}` than `{from}`"))
        .note(format!("by the state they are kept in `{from}`; nothing was changed"))
        .help("was the state brought back from a backup? the newest one tells where they are")
        .help(format!("to give up what `{store}` has, take its key `paas_generated` out of it"))
}

/// P4013: the place before could not be cleared.
pub fn left_behind(store: &str, why: &str) -> Problem {
    Problem::warning("P4013", format!("copies of generated secrets are left in `{store}`"))
        .note(why.to_owned())
        .note("they are not used any more; the next apply that changes something tries again")
}

/// P4013: values that nothing needs any more are still kept.
pub fn not_let_go(store: &str, why: &str) -> Problem {
    Problem::warning("P4013", format!("values that nothing has any more are left in `{store}`"))
        .note(why.to_owned())
        .note("everything else was done; the next apply lets go of them")
}
