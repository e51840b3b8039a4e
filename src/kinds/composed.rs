//! Shared by kinds that run Compose: the Compose file with the place of every word.

use std::collections::BTreeMap;

use crate::compose::{self, Document, Folder, Given, Node, Service, Unreadable};
use crate::kinds::Around;
use crate::model::{Text, Value};
use crate::problem::{Problem, compose as problem};
use crate::runtimes::Compose;
use crate::source::{FileId, Span};

/// The file as a tree.
///
/// # Errors
/// It is no YAML.
fn tree(compose: &Compose, around: &dyn Around) -> Result<Node, Unreadable> {
    if let Some(value) = compose.object() {
        let origin = |path: &str| match path {
            "" => around.place("compose/file"),
            path => around.place(&format!("compose/file/{path}")),
        };
        return Ok(Node::of(value, "", &origin));
    }
    let text = compose.known_content();
    match compose.path() {
        Some(path) => {
            let file = around.shown(path);
            let named = around.place("compose/file");
            let place = |range: std::ops::Range<usize>| {
                file.map_or(named, |file| Span::new(file, range.start, range.end))
            };
            Node::read(&text, &place)
        }
        None => {
            let positions = around.positions("compose/file", &text);
            Node::read(&text, &|range| positions.span(range))
        }
    }
}

/// What the file says and everything that is wrong or doubtful in it.
pub fn review(
    compose: &Compose,
    around: &dyn Around,
    has_health: bool,
) -> (Option<Document>, Vec<Problem>) {
    let named = around.place("compose/file");
    let root = match tree(compose, around) {
        Ok(root) => root,
        Err(bad) => {
            let told = problem::unreadable(bad.at, &bad.why);
            return (None, vec![problem::in_file(told, named)]);
        }
    };
    let place = |field: &str| match field.split('/').next() {
        Some("env") => around.name(&format!("compose/{field}")),
        Some(_) | None => around.place(&format!("compose/{field}")),
    };
    let folder = Beside { base: compose.base(), around };
    let (document, problems) = compose::review(&Given {
        root: &root,
        env: &compose.env,
        profiles: &compose.profiles,
        has_health,
        place: &place,
        owner: around.place(""),
        folder: &folder,
    });
    (Some(document), problems)
}

/// How many files are sent along with a Compose file, and how large they are together.
const SENT_MAX: (usize, usize) = (256, 1 << 20);

/// The files of the project that the services read: variables, secrets, configs, mounts.
///
/// # Errors
/// One of them cannot be sent.
pub fn files(
    compose: &Compose,
    around: &dyn Around,
) -> Result<Option<BTreeMap<String, Text>>, String> {
    let Ok(root) = tree(compose, around) else { return Ok(None) };
    let document = Document::of(&root, &compose.env);
    let folder = Beside { base: compose.base(), around };
    let (mut sent, mut bytes) = (BTreeMap::new(), 0);
    for asked in document.on(&compose.profiles).flat_map(Service::read_files).chain(&document.files)
    {
        let path = &asked.text;
        let is_own = path.trim_start_matches("./") == ".env";
        if is_own || path.starts_with(['/', '~']) || !folder.has(path) {
            continue;
        }
        for path in folder.below(path) {
            let beside = match compose.base() {
                "" => path.as_str(),
                base => path.strip_prefix(&format!("{base}/")).unwrap_or("../"),
            };
            if beside.starts_with("../") {
                return Err(format!("`{path}` is not below the folder of the Compose file"));
            }
            let text = around.read(&path)?;
            bytes += text.len();
            sent.insert(beside.to_owned(), Text::literal(text));
            if sent.len() > SENT_MAX.0 || bytes > SENT_MAX.1 {
                let (count, mib) = (SENT_MAX.0, SENT_MAX.1 >> 20);
                let what = format!("more than {count} files or {mib} MiB");
                return Err(format!("{what} would be sent with the Compose file"));
            }
        }
    }
    Ok((!sent.is_empty()).then_some(sent))
}

/// What the file says, with its places.
pub fn document(compose: &Value, around: &dyn Around) -> Option<(Compose, Document)> {
    let compose: Compose = compose.read().ok()?;
    let root = tree(&compose, around).ok()?;
    let document = Document::of(&root, &compose.env);
    Some((compose, document))
}

/// The files beside a Compose file.
struct Beside<'a> {
    base: &'a str,
    around: &'a dyn Around,
}

impl Beside<'_> {
    /// A file, or every file below a folder, by the path from the manifest.
    fn below(&self, path: &str) -> Vec<String> {
        let path = self.path(path);
        let inside = match path.as_str() {
            "" => "**".to_owned(),
            path => format!("{}/**", plain(path)),
        };
        match self.around.matching(&inside) {
            Ok(found) if !found.is_empty() => found,
            Ok(_) | Err(_) => vec![path],
        }
    }

    /// The path from the manifest, without `.` and `..`.
    fn path(&self, path: &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for part in self.base.split('/').chain(path.split('/')) {
            match part {
                "" | "." => (),
                ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        parts.join("/")
    }
}

/// A path as a pattern that matches only this path.
fn plain(path: &str) -> String {
    let letters = path.chars().flat_map(|letter| match letter {
        '*' | '?' | '[' | ']' | '{' | '}' => vec!['[', letter, ']'],
        letter => vec![letter],
    });
    letters.collect()
}

impl Folder for Beside<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        self.around.read(&self.path(path))
    }

    fn has(&self, path: &str) -> bool {
        let path = self.path(path);
        if path.is_empty() {
            return true;
        }
        let plain = plain(&path);
        let found = |pattern: &str| self.around.matching(pattern).is_ok_and(|all| !all.is_empty());
        found(&plain) || found(&format!("{plain}/**")) || self.around.read(&path).is_ok()
    }

    fn shown(&self, path: &str) -> Option<FileId> {
        self.around.shown(&self.path(path))
    }
}
