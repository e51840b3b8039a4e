//! Files that do not belong to the project itself: imported ones, and those of modules.

use std::collections::HashMap;

use crate::source::{FileId, Span};
use crate::syntax::tree::Tree;

/// What was read beyond the project's own files.
#[derive(Debug, Default)]
pub struct Library {
    /// Each imported file, and each module.
    pub parts: Vec<Part>,
    /// What is meant by a source as it is written in a file: a place in [`Library::parts`], or why
    /// it cannot be read.
    pub links: HashMap<(FileId, Purpose, String), Result<usize, Unreadable>>,
    /// The folder of each file that is not in the project's own, from there.
    pub folders: HashMap<FileId, String>,
}

/// One imported file, or the files of one module.
#[derive(Debug)]
pub struct Part {
    /// Its files.
    pub trees: Vec<Tree>,
}

/// Why an import or a module cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, as a problem's message.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// What an import or a module is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// One file with names.
    Import,
    /// A folder whose resources are made.
    Module,
}

/// A source that is written in a manifest and was not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where it is written.
    pub span: Span,
    /// The source: `./modules/lab`, `git+https://…`.
    pub from: String,
    /// What for.
    pub purpose: Purpose,
}

impl Library {
    /// A path that is written in a file, from the folder of the project.
    ///
    /// Nothing for what is the same from there: an absolute path, one of the home folder, and
    /// every path in a file of the project's own folder.
    pub fn from_root(&self, file: FileId, path: &str) -> Option<String> {
        let folder = self.folders.get(&file)?;
        let elsewhere = path.is_empty() || path.starts_with(['/', '~']);
        let done = path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        if folder.is_empty() || elsewhere || done {
            return None;
        }
        Some(format!("{folder}/{}", path.strip_prefix("./").unwrap_or(path)))
    }
}
