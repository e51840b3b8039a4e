//! `paas fmt`

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::project::{manifests, shown, text, told};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::problem::project;
use crate::source::FileId;
use crate::syntax;

/// What is done with a file that is not in its canonical form.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// It is only named.
    pub check: bool,
    /// It is shown.
    pub diff: bool,
    /// Standard input is formatted instead of files.
    pub stdin: bool,
}

/// Formats files.
pub fn run(terminal: &Terminal, paths: &[PathBuf], how: How) -> Result<u8, Stop> {
    if how.stdin {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| {
            Stop::one(project::unreadable("standard input", &error.to_string()), 1)
        })?;
        terminal.print(&syntax::format(FileId::default(), &text));
        return Ok(0);
    }
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut files = Vec::new();
    for path in paths {
        files.extend(manifests(path)?.1);
    }
    let mut changed = 0;
    for path in files {
        let old =
            text(&path).map_err(|why| Stop::one(project::unreadable(&shown(&path), &why), 1))?;
        let new = syntax::format(FileId::default(), &old);
        if old == new {
            continue;
        }
        changed += 1;
        if how.diff {
            terminal.print(&difference(&path, &old, &new));
        }
        if how.check {
            terminal.print(&format!("{}\n", shown(&path)));
        } else if !how.diff {
            replace(&path, &new)
                .map_err(|why| Stop::one(project::cannot_write(&shown(&path), &why), 1))?;
            terminal.print(&format!("{}\n", shown(&path)));
        }
    }
    Ok(if how.check && changed > 0 { 4 } else { 0 })
}

/// What is different, as lines.
pub(super) fn difference(path: &Path, old: &str, new: &str) -> String {
    let name = shown(path);
    let diff = similar::TextDiff::from_lines(old, new);
    diff.unified_diff().header(&name, &name).to_string()
}

/// Writes beside the file and moves it over it, so that it is never half written.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), String> {
    let written = || -> std::io::Result<()> {
        // A link stays one: what it points at is written.
        let path = std::fs::canonicalize(path)?;
        let permissions = std::fs::metadata(&path)?.permissions();
        let folder = path.parent().unwrap_or_else(|| Path::new("/"));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(permissions)?;
        file.persist(&path)?;
        Ok(())
    };
    written().map_err(|error| told(&error))
}
