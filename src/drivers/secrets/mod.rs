//! The values of secrets: each is read at most once in a run, when it is needed, and never kept.

mod age_file;
mod encrypted;
mod made;
mod programs;
mod shelf;
mod sops_file;
mod vault;

pub use made::make;
pub use shelf::{Shelf, Unwritten};

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use tokio::task::JoinSet;
use zeroize::{Zeroize as _, Zeroizing};

use crate::lower::{Derived, SecretSource};
use crate::model::Hidden;

/// A longer value is none.
const BYTES_MAX: usize = 4 << 20;

/// How many are read at once.
const AT_ONCE: usize = 8;

/// Why a value cannot be had, and what to do; neither has anything of the value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is in the way.
    pub why: String,
    /// What to do about it.
    pub help: String,
}

impl Missing {
    fn new(why: impl Into<String>, help: impl Into<String>) -> Missing {
        Missing { why: why.into(), help: help.into() }
    }
}

/// The values that a run has needed so far.
#[derive(Debug)]
pub struct Values {
    folder: PathBuf,
    known: BTreeMap<String, Result<Hidden, Missing>>,
    /// Files that `sops` has decrypted, as JSON.
    documents: BTreeMap<String, Result<Hidden, Missing>>,
}

/// What is read in one go.
#[derive(Clone, Debug)]
enum Work {
    /// A whole file, for all secrets in it.
    Document(String),
    /// One secret.
    Secret(String, SecretSource),
}

impl Values {
    /// No value yet; paths are below `folder`.
    pub fn of(folder: &Path) -> Values {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        Values { folder, known: BTreeMap::new(), documents: BTreeMap::new() }
    }

    /// Reads the values of these secrets that were not read yet. What `paas` makes itself is
    /// not read: it is put in.
    pub async fn read<'a>(&mut self, wanted: impl Iterator<Item = (&'a str, &'a SecretSource)>) {
        let wanted = wanted.filter(|(address, it)| {
            !self.known.contains_key(*address)
                && it.recipe().is_none()
                && !matches!(it, SecretSource::Derived(_))
        });
        let wanted: Vec<(&str, &SecretSource)> = wanted.collect();
        let mut files = BTreeSet::new();
        let mut todo = Vec::new();
        for (address, source) in &wanted {
            match source {
                SecretSource::Sops { file, .. } => {
                    if !self.documents.contains_key(file) && files.insert(file) {
                        todo.push(Work::Document(file.clone()));
                    }
                }
                other => todo.push(Work::Secret((*address).to_owned(), (*other).clone())),
            }
        }
        let mut running = JoinSet::new();
        let mut todo = todo.into_iter();
        loop {
            while running.len() < AT_ONCE
                && let Some(work) = todo.next()
            {
                running.spawn(done(self.folder.clone(), work));
            }
            let Some(ended) = running.join_next().await else { break };
            match ended {
                Ok((Work::Document(file), value)) => drop(self.documents.insert(file, value)),
                Ok((Work::Secret(address, _), value)) => drop(self.known.insert(address, value)),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        for (address, source) in wanted {
            if let SecretSource::Sops { file, key } = source
                && let Some(document) = self.documents.get(file)
            {
                let value = document.clone().and_then(|document| inside(&document, file, key));
                self.known.insert(address.to_owned(), value);
            }
        }
    }

    /// Puts in a value that `paas` made.
    pub fn put(&mut self, address: &str, value: Hidden) {
        self.known.insert(address.to_owned(), Ok(value));
    }

    /// Puts in what follows from values that are known by now, in place of what did before.
    pub fn derive(&mut self, address: &str, derived: &Derived) {
        let bases = derived.bases();
        let missing = bases.iter().find_map(|base| match self.known.get(base) {
            Some(Ok(_)) => None,
            Some(Err(missing)) => Some(missing.clone()),
            None => Some(Missing::new(format!("`{base}` has no value yet"), "apply makes it")),
        });
        let known = |base: &str| self.known.get(base)?.as_ref().ok().cloned();
        let value = match missing {
            Some(missing) => Err(missing),
            None => derived.value(&known).ok_or_else(|| {
                let why = format!("`{}` makes nothing of this value", derived.function);
                Missing::new(why, "use the secret as it is, or change its value")
            }),
        };
        self.known.insert(address.to_owned(), value);
    }

    /// The values that could be had.
    pub fn known(&self) -> BTreeMap<String, Hidden> {
        let had = |(address, value): (&String, &Result<Hidden, Missing>)| {
            value.as_ref().ok().map(|value| (address.clone(), value.clone()))
        };
        self.known.iter().filter_map(had).collect()
    }

    /// The value of a secret, or why there is none; nothing if it was not read.
    pub fn get(&self, address: &str) -> Option<&Result<Hidden, Missing>> {
        self.known.get(address)
    }
}

async fn done(folder: PathBuf, work: Work) -> (Work, Result<Hidden, Missing>) {
    let value = match &work {
        Work::Document(file) => programs::sops(&folder, file).await,
        Work::Secret(_, source) => match source {
            SecretSource::Env(name) => variable(name),
            SecretSource::File(path) => file(&folder, path),
            SecretSource::Age(path) => programs::age(&folder, path).await,
            SecretSource::Command(argv) => programs::command(&folder, argv).await,
            SecretSource::Vault { path, field } => vault::read(path, field).await,
            SecretSource::Sops { .. }
            | SecretSource::Generate(_)
            | SecretSource::Made
            | SecretSource::Derived(_) => {
                Err(Missing::new("it was not read", "report this: it is a mistake of `paas`"))
            }
        },
    };
    (work, value)
}

fn variable(name: &str) -> Result<Hidden, Missing> {
    let help = format!("set it: `export {name}=…`");
    let what = format!("the environment variable `{name}`");
    // A name that no variable can have would end the process.
    let possible = !name.contains(['=', '\0']);
    match possible.then(|| std::env::var_os(name)).flatten() {
        Some(value) if value.is_empty() => Err(Missing::new(format!("{what} is empty"), help)),
        Some(value) => match value.into_string() {
            Ok(text) if text.len() <= BYTES_MAX => Ok(Hidden::new(text)),
            Ok(_) => Err(Missing::new(format!("{what} is too long"), help)),
            Err(_) => Err(Missing::new(format!("{what} is not text in UTF-8"), help)),
        },
        None => Err(Missing::new(format!("{what} is not set"), help)),
    }
}

fn file(folder: &Path, path: &str) -> Result<Hidden, Missing> {
    let help = format!("write the value into `{path}`");
    let missing = |why: &str| Missing::new(format!("the file `{path}` {why}"), help.clone());
    let whole = folder.join(path);
    let about = std::fs::metadata(&whole).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Missing::new(format!("there is no file `{path}`"), help.clone()),
        kind => missing(&format!("cannot be read: {kind}")),
    })?;
    if !about.is_file() {
        return Err(missing("is not a regular file"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(
        BYTES_MAX.min(usize::try_from(about.len()).unwrap_or(BYTES_MAX) + 1),
    ));
    let read = std::fs::File::open(&whole)
        .and_then(|file| file.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| missing(&format!("cannot be read: {}", error.kind())))?;
    checked(&bytes, &format!("the file `{path}`"), &help)
}

/// Bytes that something gave, as a value.
fn checked(bytes: &Zeroizing<Vec<u8>>, what: &str, help: &str) -> Result<Hidden, Missing> {
    if bytes.len() > BYTES_MAX {
        return Err(Missing::new(format!("{what} gives more than {} MiB", BYTES_MAX >> 20), help));
    }
    let value = Hidden::from_bytes(bytes.as_slice())
        .ok_or_else(|| Missing::new(format!("{what} is not text in UTF-8"), help))?
        .without_newline();
    match value.expose().is_empty() {
        true => Err(Missing::new(format!("{what} is empty"), help)),
        false => Ok(value),
    }
}

/// A value in a decrypted file, by its dotted path.
fn inside(document: &Hidden, file: &str, key: &str) -> Result<Hidden, Missing> {
    let help = format!("`sops {file}` opens it: is `{key}` in it?");
    let mut parsed: serde_json::Value = serde_json::from_str(document.expose())
        .map_err(|_| Missing::new(format!("what `sops` makes of `{file}` is no JSON"), &help))?;
    let value = match found(&parsed, key) {
        None => Err(format!("`{file}` has no `{key}`")),
        Some(serde_json::Value::String(text)) if text.is_empty() => {
            Err(format!("`{key}` of `{file}` is empty"))
        }
        Some(serde_json::Value::String(text)) => Ok(Hidden::new(text.clone())),
        Some(serde_json::Value::Number(number)) => Ok(Hidden::new(number.to_string())),
        Some(serde_json::Value::Bool(it)) => Ok(Hidden::new(it.to_string())),
        Some(_) => Err(format!("`{key}` of `{file}` is not one value")),
    };
    wipe(&mut parsed);
    value.map_err(|why| Missing::new(why, help))
}

/// A name may have dots in it: the longest that fits is taken first.
fn found<'v>(value: &'v serde_json::Value, path: &str) -> Option<&'v serde_json::Value> {
    let step = |name: &str| match value {
        serde_json::Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        other => other.get(name),
    };
    step(path).or_else(|| {
        let dots = path.rmatch_indices('.').map(|(at, _)| at);
        dots.into_iter().find_map(|at| found(step(&path[..at])?, &path[at + 1..]))
    })
}

fn wipe(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => text.zeroize(),
        serde_json::Value::Array(list) => list.iter_mut().for_each(wipe),
        serde_json::Value::Object(map) => map.values_mut().for_each(wipe),
        _ => (),
    }
}
