//! The rules of the house, as tests: what may import what, where effects may be, how files look.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules that may touch the world. All others are pure functions of values.
const MAY_HAVE_EFFECTS: &[&str] = &["store", "drivers", "sandbox", "apply", "cli", "main"];

/// What touching the world looks like in code.
const EFFECTS: &[&str] = &[
    "tokio::",
    "reqwest::",
    "russh::",
    "std::fs",
    "std::env",
    "std::process",
    "std::net::Tcp",
    "std::net::Udp",
    "SystemTime",
    "Instant::",
    "getrandom",
    "tempfile::",
];

/// `lib.rs` lists the modules in reading order; nobody imports what comes later.
#[test]
fn modules_import_only_what_is_above_them() {
    let order = modules();
    let rank = |name: &str| order.iter().position(|it| it == name);
    let mut errors = Vec::new();
    for (path, text) in sources() {
        let Some(own) = rank(&module_of(&path)) else { continue };
        for name in mentioned(&code(&text), "crate::") {
            if rank(&name).is_some_and(|other| own < other) {
                errors.push(format!("{} imports `{name}`, which comes later", path.display()));
            }
        }
    }
    none(&errors);
}

#[test]
fn effects_stay_at_the_edge() {
    let mut errors = Vec::new();
    for (path, text) in sources() {
        if MAY_HAVE_EFFECTS.contains(&module_of(&path).as_str()) {
            continue;
        }
        let code = code(&text);
        for effect in EFFECTS.iter().filter(|effect| code.contains(*effect)) {
            errors.push(format!("{} mentions `{effect}`", path.display()));
        }
    }
    none(&errors);
}

/// Some crates have one home each, so that they can be changed in one place.
#[test]
fn some_crates_are_known_to_one_module_only() {
    let homes = [
        ("clap::", "cli"),
        ("indicatif::", "cli"),
        ("miette::", "problem"),
        ("pest::", "syntax"),
        ("russh::", "drivers"),
    ];
    let mut errors = Vec::new();
    for (path, text) in sources() {
        let (code, module) = (code(&text), module_of(&path));
        for (name, home) in homes {
            if module != home && code.contains(name) {
                errors.push(format!("{} knows `{name}`", path.display()));
            }
        }
    }
    none(&errors);
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut errors = Vec::new();
    for (path, text) in sources().into_iter().chain(files("tests", "rs")) {
        let lines = text.lines().count();
        if !text.starts_with("//!") {
            errors.push(format!("{} has no header", path.display()));
        }
        if lines > 500 {
            errors.push(format!("{} has {lines} lines, at most 500 are allowed", path.display()));
        }
        for (number, line) in text.lines().enumerate().filter(|(_, it)| it.chars().count() > 100) {
            let long = line.contains("http") || line.contains('"');
            if !long {
                errors.push(format!("{}:{} is wider than 100", path.display(), number + 1));
            }
        }
    }
    none(&errors);
}

#[test]
fn functions_fit_on_a_screen() {
    let mut errors = Vec::new();
    for (path, text) in sources() {
        let mut open: Option<(usize, usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let word = line.trim_start().trim_start_matches("pub ").trim_start_matches("async ");
            if open.is_none() && word.starts_with("fn ") {
                open = Some((number, indent, word.to_owned()));
            }
            if let Some((start, at, name)) = &open
                && line.trim_end() == format!("{}}}", " ".repeat(*at))
            {
                let lines = number - start + 1;
                if lines > 70 {
                    errors.push(format!("{}: `{name}` has {lines} lines", path.display()));
                }
                open = None;
            }
            // A declaration without a body ends with its signature.
            let signature = open.as_ref().is_some_and(|(start, at, _)| {
                *start == number || line.starts_with(&format!("{})", " ".repeat(*at)))
            });
            if signature && line.ends_with(';') {
                open = None;
            }
        }
    }
    none(&errors);
}

/// Adding a kind, a runtime or a proxy is one file and its lines in the list; nobody forgets one.
#[test]
fn every_kind_runtime_and_proxy_is_in_its_list() {
    let mut errors = Vec::new();
    for folder in ["kinds", "runtimes", "proxies"] {
        let list = read(&format!("src/{folder}/mod.rs"));
        for (path, text) in files(&format!("src/{folder}"), "rs") {
            let name = path.file_stem().map(|it| it.to_string_lossy().into_owned());
            let name = name.expect("a file has a name");
            let shared = text.starts_with("//! Shared by");
            let registered = match folder {
                "kinds" => list.contains(&format!("Erased::<{name}::")),
                _ => list.contains(&format!("\"{name}\"")),
            };
            if name != "mod" && !shared && !registered {
                errors.push(format!("{} is in no list", path.display()));
            }
        }
    }
    none(&errors);
}

/// `pub` in a library hides dead code from the compiler; this does not.
#[test]
fn nothing_public_is_without_a_user() {
    let all: Vec<(PathBuf, String)> = sources();
    let mut count = BTreeMap::<String, usize>::new();
    for (_, text) in &all {
        for word in code(text).split(|c| !is_word(c)).filter(|word| !word.is_empty()) {
            *count.entry(word.to_owned()).or_default() += 1;
        }
    }
    let users = count_tests();
    let mut errors = Vec::new();
    for (path, text) in &all {
        for keyword in ["pub fn ", "pub struct ", "pub enum ", "pub const ", "pub trait "] {
            for rest in code(text).split(keyword).skip(1) {
                let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
                if count.get(&name) == Some(&1) && !users.contains(&name) {
                    errors.push(format!("{}: `{name}` is never used", path.display()));
                }
            }
        }
    }
    none(&errors);
}

/// Problems are worded in one place.
#[test]
fn problems_are_made_in_their_own_module_only() {
    let mut errors = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        let made = code.contains("Problem::error(") || code.contains("Problem::warning(");
        if module_of(&path) != "problem" && made {
            errors.push(format!("{} words a problem itself", path.display()));
        }
    }
    none(&errors);
}

/// Words that say that something is not finished.
#[test]
fn nothing_unfinished_is_left() {
    let words = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "XX".to_owned() + "X"];
    let mut errors = Vec::new();
    for (path, text) in sources().into_iter().chain(files("tests", "rs")) {
        for word in words.iter().filter(|word| text.split(|c| !is_word(c)).any(|it| it == **word)) {
            errors.push(format!("{} says {word}", path.display()));
        }
    }
    none(&errors);
}

#[track_caller]
fn none(errors: &[String]) {
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text without comments: a sentence may name what code may not.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| match line.find("//") {
        Some(at) if !line[..at].contains('"') => &line[..at],
        Some(_) | None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The words that follow `prefix`; in `prefix{a, b}` every one of them.
fn mentioned(text: &str, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in text.split(prefix).skip(1) {
        let group = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
        for part in group.unwrap_or(rest).split(',').take(if group.is_some() { 99 } else { 1 }) {
            found.insert(part.trim().chars().take_while(|c| is_word(*c)).collect());
        }
    }
    found
}

/// Every word that a test or a benchmark uses.
fn count_tests() -> BTreeSet<String> {
    let texts = files("tests", "rs").into_iter().chain(files("benches", "rs"));
    let words = texts
        .flat_map(|(_, text)| text.split(|c| !is_word(c)).map(str::to_owned).collect::<Vec<_>>());
    words.collect()
}

fn modules() -> Vec<String> {
    let lib = read("src/lib.rs");
    let names = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).expect("sources are below src");
    let first = below.components().next().expect("a path has a first part");
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

fn sources() -> Vec<(PathBuf, String)> {
    files("src", "rs")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("the repository is complete")
}

fn files(folder: &str, end: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == end) {
                let text = fs::read_to_string(&path).expect("sources are text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}
