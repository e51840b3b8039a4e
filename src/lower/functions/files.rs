//! Functions that read files of the project; each read becomes an input of the plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::lower::functions::given::Given;
use crate::lower::functions::printed::{printed, value_of};
use crate::lower::functions::{Function, Kind, Parameter, Refusal};
use crate::lower::value::{Data, Val};
use crate::model::{Key, Text};

const PATH: Parameter = Parameter::all("path", &[Kind::Str]);

/// The functions that read the project.
pub const TABLE: &[Function] = &[
    Function {
        name: "file",
        parameters: &[PATH],
        returns: "string",
        doc: "The text of a file. Paths start at the manifest's folder.",
        example: r#"file("motd.txt")"#,
        result: r#""Welcome\n""#,
        body: |given| given.text_made(content(given, given.text(0)?)?),
    },
    Function {
        name: "files",
        parameters: &[Parameter::all("pattern", &[Kind::Str])],
        returns: "[path]",
        doc: "The paths of the files that match a pattern, sorted. In it `*` stands for anything \
              in one name, `**` for folders and `{a,b}` for either.",
        example: r#"files("keys/*.pub")"#,
        result: r#"["keys/ada.pub", "keys/bob.pub"]"#,
        body: |given| {
            let paths = matching(given, given.text(0)?)?;
            given.list_made(paths.into_iter().map(|it| Val::str(it, given.origin)).collect())
        },
    },
    Function {
        name: "dir",
        parameters: &[PATH],
        returns: "map<string, string>",
        doc: "The texts of the files of a folder by their names; folders in it are left out.",
        example: r#"dir("keys")"#,
        result: r#"{ "ada.pub" = "ssh-ed25519 A\n", "bob.pub" = "ssh-ed25519 B\n" }"#,
        body: dir,
    },
    Function {
        name: "render",
        parameters: &[PATH, Parameter::outside("vars", &[Kind::Map])],
        returns: "string",
        doc: "The text of a file in which `\\(name)` and `\\(name.field)` are replaced by values \
              of `vars`; `\\\\(` stands for `\\(` itself. Secrets and late values stay what \
              they are.",
        example: r#"render("hello.txt", { user = { name = "Ada" }, port = 80 })"#,
        result: r#""Hello Ada on port 80.\n""#,
        body: render,
    },
    Function {
        name: "git_commit",
        parameters: &[PATH],
        returns: "string",
        doc: "The id of the last commit that changed a file or folder.",
        example: r#"git_commit("templates")"#,
        result: r#""4b825dc642cb6eb9a060e54bf8d69288fbee4904""#,
        body: |given| {
            let path = given.text(0)?;
            let commit = given.files.commit(path);
            given.text_made(
                commit.map_err(|reason| {
                    given.refuse(0, format!("`{path}` has no commit: {reason}"))
                })?,
            )
        },
    },
];

/// The text of a file; the path is part of the first argument.
fn content(given: &Given<'_>, path: &str) -> Result<Arc<str>, Refusal> {
    let bytes = given.files.read(path);
    let bytes = bytes.map_err(|reason| {
        given.refuse(0, format!("{} cannot read `{path}`: {reason}", given.name()))
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        given.refuse(0, format!("`{path}` is no UTF-8 text, line {line} has other bytes"))
    });
    text.map(|text| given.files.shared(path, text))
}

fn matching(given: &Given<'_>, pattern: &str) -> Result<Vec<String>, Refusal> {
    let mut paths = given.files.matching(pattern).map_err(|reason| {
        given.refuse(0, format!("{} cannot list `{pattern}`: {reason}", given.name()))
    })?;
    paths.sort();
    Ok(paths)
}

fn dir(given: &Given<'_>) -> Result<Val, Refusal> {
    let path = given.text(0)?.trim_end_matches('/');
    let path = path.strip_prefix("./").unwrap_or(path);
    let start = if matches!(path, "" | ".") { String::new() } else { format!("{path}/") };
    let mut found = BTreeMap::new();
    for file in matching(given, &format!("{}*", escaped(&start)))? {
        let name = file.strip_prefix(&start).unwrap_or(&file);
        if !name.contains('/') {
            let text = Val::str(content(given, &file)?, given.origin);
            found.insert(Key::Text(name.into()), text);
        }
    }
    if found.is_empty() {
        return Err(given.refuse(0, format!("`{path}` is no folder with files in it")));
    }
    Ok(Val::map(found, given.origin))
}

/// A path as a pattern that matches nothing else.
fn escaped(path: &str) -> String {
    path.chars().fold(String::new(), |mut out, c| {
        match c {
            '*' | '?' | '[' | ']' | '{' | '}' | '\\' => out.extend(['[', c, ']']),
            _ => out.push(c),
        }
        out
    })
}

fn render(given: &Given<'_>) -> Result<Val, Refusal> {
    let template = content(given, given.text(0)?)?;
    let mut out = Text::default();
    let (mut unknown, mut length) = (None, template.len());
    let (mut line, mut counted) = (1, 0);
    let mut rest = &*template;
    while let Some(at) = rest.find(r"\(") {
        let (before, tail) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('\\') {
            out.push_str(before);
            out.push_str(r"\(");
            rest = &tail[2..];
            continue;
        }
        out.push_str(before);
        let here = template.len() - tail.len();
        line += template[counted..here].matches('\n').count();
        counted = here;
        let (name, after) = hole(given, &tail[2..], line)?;
        let value = lookup(given, name, line)?;
        match (&value.data, printed(&value.data)) {
            (Data::Bad, _) => return Ok(given.made(Data::Bad)),
            (Data::Unknown(late), _) => unknown = Some(late.clone()),
            (_, Some(text)) => {
                length += text.known_length();
                given.fits_text(length)?;
                out.push(&text);
            }
            (data, None) => {
                let noun = data.noun();
                return Err(hole_refusal(given, line, format!("`{name}` is {noun}, not text")));
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(given.made(unknown.map_or_else(|| value_of(out), Data::Unknown)))
}

/// The name in a hole, and what follows its bracket.
fn hole<'t>(given: &Given<'_>, text: &'t str, line: usize) -> Result<(&'t str, &'t str), Refusal> {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let found = text.split_once(')').map(|(name, after)| (name.trim(), after));
    found.filter(|(name, _)| name.split('.').all(word)).ok_or_else(|| {
        let mut refusal = hole_refusal(given, line, r"`\(` is not followed by a name and `)`");
        refusal.help = Some(r"write `\\(` where the file needs `\(` itself".to_owned());
        refusal
    })
}

fn lookup<'v>(given: &'v Given<'_>, name: &str, line: usize) -> Result<&'v Val, Refusal> {
    let mut words = name.split('.');
    let first = words.next().unwrap_or_default();
    let key = |word: &str| Key::Text(word.into());
    let mut value = given
        .map(1)?
        .get(&key(first))
        .ok_or_else(|| hole_refusal(given, line, format!("there is no `{first}` in `vars`")))?;
    for word in words {
        value = match &value.data {
            Data::Bad | Data::Unknown(_) => return Ok(value),
            _ => value.get(word).ok_or_else(|| {
                hole_refusal(given, line, format!("`{name}` has no value: no field `{word}`"))
            })?,
        };
    }
    Ok(value)
}

fn hole_refusal(given: &Given<'_>, line: usize, what: impl std::fmt::Display) -> Refusal {
    let path = given.text(0).unwrap_or_default();
    given.refuse(0, format!("`{path}`, line {line}: {what}"))
}
