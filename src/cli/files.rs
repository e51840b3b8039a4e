//! The files of a project, as the evaluation may see them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::imports::leaves_cache;
use crate::cli::repositories::CACHE;
use crate::lower::functions::Files;
use crate::model::digest;

/// A file larger than this is no configuration.
const BYTES_MAX: u64 = 64 << 20;

/// How deep folders are searched.
const DEPTH_MAX: usize = 16;

/// The files below a folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Digest of each file that was read: they are a part of what a plan follows from.
    read: RefCell<BTreeMap<String, String>>,
}

impl Folder {
    /// The files below `root`.
    pub fn new(root: PathBuf) -> Folder {
        Folder { root, read: RefCell::default() }
    }

    fn collect(&self, folder: &Path, depth: usize, found: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if depth < DEPTH_MAX && path.is_dir() && name != ".git" && name != "state" {
                self.collect(&path, depth + 1, found);
            } else if path.is_file()
                && let Ok(relative) = path.strip_prefix(&self.root)
                && let Some(text) = relative.to_str()
            {
                found.push(text.to_owned());
            }
        }
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if leaves_cache(path, path) {
            return Err(format!("`{path}` leads out of the repository it is written in"));
        }
        let full = self.root.join(path);
        let told = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("there is no file `{path}`"),
            _ => format!("the file `{path}` cannot be read: {error}"),
        };
        let about = std::fs::metadata(&full).map_err(told)?;
        if about.is_dir() {
            return Err(format!("`{path}` is a folder, not a file"));
        }
        if !about.is_file() {
            return Err(format!("`{path}` is not a regular file"));
        }
        if about.len() > BYTES_MAX {
            return Err(format!("the file `{path}` is larger than {} MiB", BYTES_MAX >> 20));
        }
        let bytes = std::fs::read(&full).map_err(told)?;
        self.read.borrow_mut().insert(path.to_owned(), digest(&bytes));
        Ok(bytes)
    }

    fn matching(&self, pattern: &str) -> Result<Vec<String>, String> {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let glob = globset::GlobBuilder::new(pattern).literal_separator(true).build();
        let glob = glob.map_err(|error| format!("`{pattern}` is no pattern: {error}"))?;
        let matcher = glob.compile_matcher();
        let mut found = Vec::new();
        self.collect(&self.root, 0, &mut found);
        // What was fetched belongs to the modules that it was fetched for.
        let fetched = |path: &String| path.starts_with(CACHE) && !pattern.starts_with(CACHE);
        found.retain(|path| matcher.is_match(path) && !fetched(path));
        found.sort();
        Ok(found)
    }

    fn commit(&self, path: &str) -> Result<String, String> {
        let git = std::process::Command::new("git")
            .args(["log", "-1", "--format=%H", "--", path])
            .current_dir(&self.root)
            .stdin(std::process::Stdio::null())
            .output();
        let output = git.map_err(|error| format!("git cannot be run: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match output.status.success() && !text.is_empty() {
            true => Ok(text),
            false => Err(format!("git knows no commit of `{path}`")),
        }
    }
}
