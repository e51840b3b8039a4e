//! The reference pages under `docs`, made from the program; `UPDATE=1` writes them anew.

use std::fmt::Write as _;

use paas::kinds::{self, AnyKind, Place};
use paas::lower::functions;
use paas::problem::pages;
use paas::schema::{Class, Field, Need, Type};

use crate::support::golden;

const MADE: &str = "<!-- Made from the program: `UPDATE=1 cargo test references` writes it. -->\n";

fn check(name: &str, title: &str, body: &str) {
    golden::check(&format!("../docs/{name}.md"), &format!("# {title}\n\n{MADE}\n{body}"));
}

/// A table's cell: one line, without what would end it.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn need(field: &Field) -> String {
    match field.need {
        Need::Required => "required".to_owned(),
        Need::Optional => "–".to_owned(),
        Need::Default(text) => format!("`{}`", cell(text)),
        Need::Derived(_) | Need::Computed => String::new(),
    }
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Note => "note",
        Class::Live => "live",
        Class::Reload => "reload",
        Class::Restart => "restart",
        Class::Redeploy => "redeploy",
        Class::Replace => "replace",
    }
}

/// The fields inside of a type, if it has any.
fn inner(ty: &Type) -> Option<&[Field]> {
    match ty {
        Type::Object(fields) => Some(fields),
        Type::List(of) | Type::Map(of) | Type::Blocks(of) => inner(of),
        Type::Either(types) => types.iter().find_map(inner),
        _ => None,
    }
}

/// One row a field; fields of objects follow, with their whole path.
fn rows(out: &mut String, before: &str, fields: &[Field]) {
    for field in fields.iter().filter(|field| field.writable()) {
        let name = format!("{before}{}", field.name);
        let idle = field.idle.map(|why| format!(" *No effect in this version: {why}.*"));
        let doc = format!("{}{}", field.doc.trim(), idle.unwrap_or_default());
        let (ty, doc) = (cell(&field.ty.expected()), cell(&doc));
        writeln!(out, "| `{name}` | {ty} | {} | {} | {doc} |", need(field), class(field.class))
            .unwrap();
        if let Some(fields) = inner(&field.ty) {
            rows(out, &format!("{name}."), fields);
        }
    }
}

fn kind(out: &mut String, kind: &dyn AnyKind) {
    let (schema, traits) = (kind.schema(), kind.traits());
    writeln!(out, "## `{}`\n\n{}\n", schema.kind, schema.doc.trim()).unwrap();
    let owners: Vec<String> = kinds::all()
        .values()
        .filter(|owner| owner.traits().facets.contains(&schema.kind))
        .map(|owner| owner.schema().kind)
        .map(|owner| format!("[`{owner}`](#{owner})"))
        .collect();
    let made = match traits.place {
        Place::Alone => None,
        Place::BeforeOwner => Some("before"),
        Place::AfterOwner => Some("after"),
        Place::BesideOwner => Some("beside"),
    };
    if let Some(made) = made {
        writeln!(out, "A part of {}, made {made} it.\n", owners.join(", ")).unwrap();
    }
    for also in traits.also {
        writeln!(out, "It stands wherever a `{also}` is asked for.\n").unwrap();
    }
    for group in traits.one_of {
        let group: Vec<String> = group.iter().map(|name| format!("`{name}`")).collect();
        writeln!(out, "Exactly one of {} is written.\n", group.join(", ")).unwrap();
    }
    if !traits.facets.is_empty() {
        let parts: Vec<String> =
            traits.facets.iter().map(|it| format!("[`{it}`](#{it})")).collect();
        writeln!(out, "Parts that it may have: {}.\n", parts.join(", ")).unwrap();
    }
    out.push_str("| attribute | type | default | change | |\n|---|---|---|---|---|\n");
    rows(out, "", &schema.fields);
    let fields = schema.fields.iter().filter(|field| !field.writable());
    let fields = fields.map(|field| (field.name, field.doc));
    let readings = traits.readings.iter().map(|it| (it.name, it.doc));
    let readings: Vec<(&str, &str)> = fields.chain(readings).collect();
    if !readings.is_empty() {
        out.push_str("\n| to read | |\n|---|---|\n");
        for (name, doc) in readings {
            writeln!(out, "| `{name}` | {} |", cell(doc)).unwrap();
        }
    }
    out.push('\n');
}

#[test]
fn kinds_are_documented() {
    let mut out = String::from(
        "What a manifest can declare. *Change* says what a new value of an attribute costs:\n\
         *note* sends nothing, *live* interrupts nothing, *reload* lets a service read its\n\
         configuration again, *restart* restarts it, *redeploy* deploys it anew, *replace*\n\
         destroys it and makes another one. The plan decides; where a kind knows better for a\n\
         value, the plan says so.\n\nEvery resource also takes `doc`, `after`, `lifecycle` and \
         `drift`; see [language.md](language.md).\n\n",
    );
    kinds::all().values().for_each(|it| kind(&mut out, it.as_ref()));
    check("kinds", "Kinds", &format!("{}\n", out.trim_end()));
}

#[test]
fn functions_are_documented() {
    let mut out = String::from(
        "The library: pure functions, the same everywhere. In a signature, `= value` is what an\n\
         argument that is left out means, and `...` stands for any number of arguments.\n\n",
    );
    for function in functions::all() {
        writeln!(out, "## `{}`\n\n`{}`\n", function.name, function.signature()).unwrap();
        writeln!(out, "{}\n", function.doc.trim()).unwrap();
        writeln!(out, "```text\n{}  →  {}\n```\n", function.example, function.result).unwrap();
    }
    check("functions", "Functions", &format!("{}\n", out.trim_end()));
}

/// The text of a page with words above its examples.
fn wrong_and_right(text: &str) -> String {
    let mut out = String::new();
    let mut before = "";
    for line in text.lines() {
        match line {
            "```paas-error" => out.push_str("Wrong:\n\n```paas"),
            // A file that an example needs is neither.
            "```paas" if !before.ends_with("`:") => out.push_str("Right:\n\n```paas"),
            _ => out.push_str(line),
        }
        out.push('\n');
        before = if line.is_empty() { before } else { line };
    }
    out.trim_end().to_owned()
}

#[test]
fn problems_are_documented() {
    let mut out = String::from(
        "What the codes of messages mean; `paas explain P1003` prints the same. The examples stand\n\
         on a cluster `home`, a network `lan`, a container `web` and a proxy `edge`.\n\n",
    );
    for page in pages::all() {
        // Where commands are run, what they print says which is wrong.
        let text = match page.text.contains("```console") {
            true => page.text.to_owned(),
            false => wrong_and_right(page.text),
        };
        writeln!(out, "## {}: {}\n\n{text}\n", page.code, page.title).unwrap();
    }
    check("problems", "Problems", &format!("{}\n", out.trim_end()));
}

fn command(out: &mut String, path: &str, command: &mut clap::Command) {
    if command.get_name() == "help" {
        return;
    }
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    writeln!(out, "## `{path}`\n\n```text\n{}\n```\n", lines.join("\n").trim()).unwrap();
    let names: Vec<String> =
        command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    for name in names {
        let inner = command.find_subcommand_mut(&name).expect("it was just listed");
        self::command(out, &format!("{path} {name}"), inner);
    }
}

#[test]
fn commands_are_documented() {
    let mut out = String::from("Every command with its options, as `--help` prints them.\n\n");
    let mut paas = paas::cli::command().term_width(100);
    paas.build();
    command(&mut out, "paas", &mut paas);
    check("cli", "Commands", &format!("{}\n", out.trim_end()));
}
