//! Problems of the project key, of the store of generated secrets, and of values that cannot be
//! had. P40xx.

use std::path::Path;

use crate::problem::Problem;
use crate::source::Span;

/// P4004: a source of a secret with too few, too many or unknown arguments.
pub fn wrong_source(name: &str, takes: &[&str], at: Span) -> Problem {
    let example = match name {
        "sops" => r#"sops("secrets/prod.yaml", "authentik.token")"#,
        "vault" => r#"vault("kv/tenants/acme", "password")"#,
        "age" => r#"age("secrets/key.age")"#,
        "command" => r#"command(["pass", "show", "pve"])"#,
        "generate" => r#"generate(length = 32, charset = "alnum", rotate = 90d)"#,
        "file" => r#"file("keys/password.txt")"#,
        _ => r#"env("NAME")"#,
    };
    let takes: Vec<String> = takes.iter().map(|it| format!("`{it}`")).collect();
    Problem::error("P4004", format!("`{name}` takes {}", takes.join(" and ")))
        .at(at, "this does not fit")
        .help(format!("write `{example}`"))
}

/// P4004: an argument of a source that is no plain text.
pub fn source_text(name: &str, argument: &str, noun: &str, at: Span) -> Problem {
    Problem::error("P4004", format!("`{argument}` of `{name}` is plain text, known beforehand"))
        .at(at, format!("this is {noun}"))
}

/// P4004: what is run to get a secret is no list of words.
pub fn not_argv(noun: &str, at: Span) -> Problem {
    Problem::error("P4004", "`command` takes a list: the program and its arguments")
        .at(at, format!("expected a list of plain texts that begins with a program, not {noun}"))
        .help(r#"write `command(["pass", "show", "pve"])`; there is no shell"#)
}

/// P4004: what a generated secret cannot be.
pub fn wrong_recipe(argument: &str, expected: &str, at: Span) -> Problem {
    Problem::error("P4004", format!("`{argument}` of `generate` cannot be this"))
        .at(at, format!("expected {expected}"))
}

/// P4002: a secret cannot be had.
pub fn missing(span: Option<Span>, address: &str, why: &str, help: &str) -> Problem {
    let problem = Problem::error("P4002", format!("`{address}` has no value"));
    let problem = match span {
        Some(span) => problem.at(span, why.to_owned()),
        None => problem.note(why.to_owned()),
    };
    problem.help(help.to_owned()).note("nothing was changed")
}

/// P4002: a value that cannot be written where it is sent.
pub fn unwritable(span: Option<Span>, address: &str, found: &str) -> Problem {
    let message = format!("`{address}` has {found} in it, and goes where none can be");
    let problem = Problem::error("P4002", message);
    let problem = span.into_iter().fold(problem, |it, span| it.at(span, "its value"));
    problem.help("give it another value").note("nothing was changed")
}

/// P4006: values that cannot be had while planning, each with why.
pub fn not_compared(missing: &[(Span, String, String)]) -> Problem {
    let names: Vec<String> = missing.iter().map(|(_, name, _)| format!("`{name}`")).collect();
    let message = match names.as_slice() {
        [one] => format!("whether {one} was rotated is not known"),
        many => format!("whether {} secrets were rotated is not known", many.len()),
    };
    let problem = Problem::warning("P4006", message);
    let problem = missing.iter().fold(problem, |it, (span, _, why)| it.at(*span, why.clone()));
    problem.note("they count as unchanged in this plan; an apply that sends them needs them")
}

/// P4006: fingerprints that cannot be compared, because the key is not there.
pub fn no_key_to_compare(why: &str) -> Problem {
    Problem::warning("P4006", "whether secrets were rotated is not known")
        .note(why.to_owned())
        .help("set `PAAS_SECRET_KEY` or `PAAS_SECRET_KEY_FILE`, or copy the key file to its place")
}

/// P4007: the environment names a key file that is not there.
pub fn no_key_file(path: &Path, variable: &str) -> Problem {
    Problem::error("P4007", format!("there is no key file `{}`", path.display()))
        .note(format!("`{variable}` names it"))
        .help("put the project key there, or unset the variable")
}

/// P4007: a key file that others can read.
pub fn open_key(path: &Path) -> Problem {
    let path = path.display();
    Problem::error("P4007", format!("others can read the project key in `{path}`"))
        .help(format!("take that away: `chmod 600 '{path}'`"))
}

/// P4007: a key cannot be made.
pub fn unmade_key(path: &Path, why: &str) -> Problem {
    Problem::error(
        "P4007",
        format!("the project key cannot be made in `{}`: {why}", path.display()),
    )
    .note("nothing was changed")
    .help("make its folder writable, or name another place with `XDG_CONFIG_HOME`")
}

/// P4007: what should be a key is none. What it is instead is nobody's business.
pub fn not_a_key(place: &str) -> Problem {
    Problem::error("P4007", format!("{place} holds no project key"))
        .note("a key is `paas-key-1` and 64 hexadecimal digits, on one line")
}

/// P4007: there is nowhere to keep a key.
pub fn no_home(variable: &str) -> Problem {
    Problem::error("P4007", "there is no place for the project key: `HOME` is not set")
        .help(format!("set `HOME` or `XDG_CONFIG_HOME`, or name a key file with `{variable}`"))
}

/// P4007: the place of the key lies inside the project.
pub fn key_in_project(path: &Path) -> Problem {
    Problem::error("P4007", format!("`{}` lies inside the project", path.display()))
        .note("whoever gets a copy of the project would get its key, too")
        .help("set `XDG_CONFIG_HOME` to a folder outside of it")
}

/// P4007: a key file cannot be read.
pub fn unreadable_key(path: &Path, why: &str) -> Problem {
    Problem::error("P4007", format!("the key file `{}` cannot be read: {why}", path.display()))
}

/// P4007: the state was made with a key that is not here.
pub fn key_missing(place: &Path, id: Option<&str>) -> Problem {
    let id = id.map_or_else(String::new, |id| format!(" `{id}`"));
    Problem::error("P4007", format!("the project key{id} is not here"))
        .note(format!("it is looked for in `{}`", place.display()))
        .help("copy the key file there, or set `PAAS_SECRET_KEY` or `PAAS_SECRET_KEY_FILE`")
        .help(
            "if it is lost for good, `paas secret new-key` makes another one and says what follows",
        )
}

/// P4007: the state was made with another key.
pub fn another_key(expected: &str, found: &str) -> Problem {
    Problem::error("P4007", format!("the project key is another one: `{found}`, not `{expected}`"))
        .note("fingerprints and generated secrets of this state were made with the other one")
        .help("give the key that belongs to this state")
}

/// P4008: the store of generated secrets is damaged.
pub fn damaged_store(path: &Path, why: &str) -> Problem {
    let path = path.display();
    Problem::error("P4008", format!("`{path}` is damaged: {why}"))
        .note("nothing was changed")
        .help(format!("the version before it is `{path}.prev`: copy it over the damaged file"))
        .help("or take the file from a backup of the state's folder")
}

/// P4008: the store of generated secrets is gone.
pub fn lost_store(path: &Path) -> Problem {
    let path = path.display();
    Problem::error("P4008", format!("`{path}` is missing, and generated secrets were kept in it"))
        .note("nothing was changed")
        .help(format!("bring it back: from `{path}.prev`, or from a backup of the folder"))
        .help("if it is lost for good, `paas secret new-key` starts anew and says what follows")
}

/// P4008: a newer version wrote the store.
pub fn newer_store(path: &Path, format: u64) -> Problem {
    Problem::error("P4008", format!("`{}` has the format {format}", path.display()))
        .note("this version of `paas` reads format 1")
        .help("use the version of `paas` that wrote it, or a newer one")
}

/// P4008: the store cannot be read at all.
pub fn unreadable_store(path: &Path, why: &str) -> Problem {
    Problem::error("P4008", format!("`{}` cannot be read: {why}", path.display()))
}

/// P4008: the store was sealed with another key.
pub fn wrong_key(path: &Path, sealed_with: &str, key: &str) -> Problem {
    Problem::error("P4008", format!("`{}` is not sealed with this project key", path.display()))
        .note(format!("it is sealed with the key `{sealed_with}`, and the one here is `{key}`"))
        .help("give the key that belongs to this state")
}

/// P4009: a key was made, and somebody has to keep it.
pub fn key_made(path: &Path, id: &str) -> Problem {
    Problem::warning("P4009", format!("a project key was made: `{}`", path.display()))
        .note(format!("it is the key `{id}`; generated secrets are lost without it"))
        .help("keep a copy where you keep passwords, and give it to CI as `PAAS_SECRET_KEY`")
}

/// P4009: the same where generated secrets are kept elsewhere.
pub fn key_of_fingerprints_made(path: &Path, id: &str) -> Problem {
    Problem::warning("P4009", format!("a project key was made: `{}`", path.display()))
        .note(format!("it is the key `{id}`; changes of secrets are noticed with it"))
        .help("keep a copy where you keep passwords, and give it to CI as `PAAS_SECRET_KEY`")
}

/// P4010: a secret that nobody has.
pub fn no_such_secret(address: &str, near: &[String]) -> Problem {
    let problem = Problem::error("P4010", format!("there is no secret `{address}`"));
    match near {
        [] => problem.help("`paas secret list` names them"),
        near => problem.help(format!("did you mean {}?", near.join(", "))),
    }
}

/// P4010: a secret that is made elsewhere.
pub fn not_generated(address: &str, source: &str) -> Problem {
    Problem::error("P4010", format!("`{address}` is not made by `paas`: it comes from {source}"))
        .help("read it or change it where it is kept; the next plan notices")
}

/// P4010: a generated secret that has no value yet.
pub fn no_value_yet(address: &str) -> Problem {
    Problem::error("P4010", format!("`{address}` has no value yet"))
        .help("`paas apply` makes it, `paas secret import` takes one from standard input")
}

/// P4010: a value that cannot be taken over.
pub fn not_imported(address: &str, why: &str) -> Problem {
    Problem::error("P4010", format!("no value for `{address}` was taken: {why}"))
        .help(format!("pipe it: `paas secret import {address} < FILE`"))
}

/// P4007: the key comes from the environment, so another one must, too.
pub fn key_is_given() -> Problem {
    Problem::error("P4007", "the project key comes from the environment")
        .note("`PAAS_SECRET_KEY` or `PAAS_SECRET_KEY_FILE` is set")
        .help("unset it to make another key here, and give that one to the environment then")
}

/// P4007: what a new key costs when the old one is lost.
pub fn new_key_gives_up() -> Problem {
    Problem::warning("P4007", "another key cannot open what the lost one sealed").help(
        "if it is lost for good: `paas secret new-key --yes`; generated secrets are made anew",
    )
}

/// P4010: a value is shown only to who says that it shall be.
pub fn reveal_unconfirmed(address: &str) -> Problem {
    Problem::error("P4010", format!("`{address}` is not shown unless you say so"))
        .note("it will stand on the screen, and wherever the output goes")
        .help(format!("add `--yes`: `paas secret reveal {address} --yes`"))
}

/// P4011: a secret is made public, and nobody says why.
pub fn no_reason(at: Span) -> Problem {
    Problem::error("P4011", "a reveal says why, in words that stand in the manifest")
        .at(at, "expected plain text with something in it")
        .help(r#"write `reveal(secret.name, "the console prints it anyway")`"#)
        .note("whoever reviews the plan reads it there")
}

/// P4011: whether reveals are allowed is to be seen where it is written.
pub fn policy_not_written(at: Span) -> Problem {
    Problem::error("P4011", "`allow_reveal` is `true` or `false`")
        .at(at, "expected one of the two, written out")
}

/// P4012: a secret is made public in a project that forbids it.
pub fn reveal_forbidden(at: Span, forbidden: Span) -> Problem {
    Problem::error("P4012", "a secret is made public here, and the project forbids that")
        .at(at, "this would be seen by everybody")
        .at(forbidden, "it is forbidden here")
        .help("keep it secret: take `reveal` away")
}
