//! The files of modules that come out of repositories: held to what `paas.lock` says, and kept
//! beside the manifest so that they are fetched once.

use std::path::{Path, PathBuf};

use crate::cli::lock::{Lock, Pin};
use crate::drivers::git::{self, Repository};
use crate::lower::Unreadable;

/// Where the files are kept, from the folder of the manifest.
pub const CACHE: &str = ".paas/modules";

/// What is done about a module that is not locked, or whose name moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// It is refused.
    Hold,
    /// The lock is changed to what the repository has now.
    Move,
}

/// The repositories of a project.
#[derive(Debug)]
pub struct Repositories {
    root: PathBuf,
    locking: Locking,
    /// What the lock said, or why it cannot be read.
    before: Result<Lock, String>,
    /// What it has to say.
    pub after: Lock,
}

/// A source like `git+https://host/path//folder?ref=v1`.
pub struct Source {
    /// The repository.
    pub repository: Repository,
    /// The folder or file in it; empty for all of it.
    pub inside: String,
}

impl Source {
    /// Reads a source; nothing if it is none.
    pub fn parse(text: &str) -> Option<Source> {
        let rest = text.strip_prefix("git+")?;
        let (rest, reference) = match rest.split_once("?ref=") {
            Some((rest, reference)) => (rest, Some(reference.to_owned())),
            None => (rest, None),
        };
        let (scheme, path) = rest.split_once("://")?;
        if !matches!(scheme, "https" | "ssh" | "file") || path.is_empty() || path.contains('?') {
            return None;
        }
        let (path, inside) = path.split_once("//").unwrap_or((path, ""));
        let plain = |part: &str| part != ".." && part != ".git" && !part.contains('\\');
        if reference.as_deref() == Some("") || !inside.split('/').all(plain) {
            return None;
        }
        let url = format!("{scheme}://{path}");
        let inside = inside.trim_matches('/').to_owned();
        Some(Source { repository: Repository { url, reference }, inside })
    }
}

impl Repositories {
    /// The repositories of the project in `root`.
    pub fn new(root: &Path, locking: Locking) -> Repositories {
        let before = Lock::read(root);
        let after = Lock::default();
        Repositories { root: root.to_path_buf(), locking, before, after }
    }

    /// What the lock said before.
    pub fn before(&self) -> Lock {
        self.before.clone().unwrap_or_default()
    }

    /// The folder with a repository's files, from the root.
    pub fn folder(&mut self, repository: &Repository) -> Result<String, Unreadable> {
        let refuse =
            |message: String, help: &str| Unreadable { message, help: Some(help.to_owned()) };
        let shown = shown(repository);
        let lock = self.before.as_ref().map_err(|why| {
            refuse(
                format!("`paas.lock` cannot be read: {why}"),
                "take it back out of the repository, or remove it and run `paas update`",
            )
        })?;
        let pin = match (self.locking, self.after.modules.get(repository)) {
            (_, Some(pin)) => pin.clone(),
            (Locking::Hold, None) => lock.modules.get(repository).cloned().ok_or_else(|| {
                refuse(
                    format!("`{shown}` is not in `paas.lock`"),
                    "run `paas update`: it fetches the module and writes down what it has",
                )
            })?,
            (Locking::Move, None) => self.fetch(repository, None)?,
        };
        let folder = place(&pin.digest);
        if !self.root.join(&folder).is_dir() {
            let fetched = self.fetch(repository, Some(&pin.commit))?;
            if fetched.digest != pin.digest {
                return Err(refuse(
                    format!("`{shown}` does not have the content that `paas.lock` says"),
                    "somebody changed the repository: look at it, then run `paas update`",
                ));
            }
        }
        let found = git::content(&self.root.join(&folder));
        if found.as_deref() != Ok(pin.digest.as_str()) {
            return Err(refuse(
                format!("the files of `{shown}` in `{folder}` were changed"),
                "remove that folder: it is fetched again",
            ));
        }
        self.after.modules.insert(repository.clone(), pin);
        Ok(folder)
    }

    /// Fetches a commit, or what is there now, and keeps its files.
    fn fetch(&self, repository: &Repository, commit: Option<&str>) -> Result<Pin, Unreadable> {
        let refuse = |why: String| Unreadable {
            message: format!("`{}` cannot be fetched: {why}", shown(repository)),
            help: Some("try it by hand: `git ls-remote` with its address".to_owned()),
        };
        let cache = self.root.join(CACHE);
        let wrote = |error: std::io::Error| refuse(error.to_string());
        std::fs::create_dir_all(&cache).map_err(wrote)?;
        std::fs::write(self.root.join(".paas/.gitignore"), "*\n").map_err(wrote)?;
        let checkout = git::fetch(repository, commit, &cache).map_err(refuse)?;
        let pin = Pin { commit: checkout.commit.clone(), digest: checkout.digest.clone() };
        let place = self.root.join(place(&pin.digest));
        if !place.is_dir() {
            checkout.keep(&place).map_err(wrote)?;
        }
        Ok(pin)
    }
}

fn place(digest: &str) -> String {
    format!("{CACHE}/{}", &digest[..32])
}

/// A repository as the manifest writes it.
pub fn shown(repository: &Repository) -> String {
    let reference = repository.reference.as_ref();
    let reference = reference.map(|reference| format!("?ref={reference}")).unwrap_or_default();
    format!("git+{}{reference}", repository.url)
}
