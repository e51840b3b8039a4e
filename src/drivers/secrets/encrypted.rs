//! A file that somebody else encrypts: read whole, and replaced by another one in one step. What is
//! not encrypted yet is never in it, nor in the unfinished file beside it.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::drivers::secrets::{BYTES_MAX, Missing, Unwritten};

/// What a run that was killed left behind is removed when it is as old as this.
const LEFT_BEHIND: Duration = Duration::from_secs(600);

/// An encrypted file, as it was read last.
pub struct Encrypted {
    /// The folder that its name is below.
    pub folder: PathBuf,
    /// What people call it.
    pub name: String,
    /// What it held; nothing if it was not there.
    pub bytes: Option<Vec<u8>>,
}

impl Encrypted {
    /// A file that was not read yet.
    pub fn new(folder: &Path, name: &str) -> Encrypted {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        Encrypted { folder, name: name.to_owned(), bytes: None }
    }

    /// Where it is; the file that a link points at, not the link.
    pub fn path(&self) -> PathBuf {
        let path = self.folder.join(&self.name);
        path.canonicalize().unwrap_or(path)
    }

    /// Reads what it holds.
    pub fn load(&mut self) -> Result<(), Missing> {
        self.bytes = self.on_disk()?;
        Ok(())
    }

    /// A new, empty file beside it, which only its owner can read. It goes if it is not used.
    pub fn fresh(&self) -> Result<NamedTempFile, Missing> {
        let path = self.path();
        let folder = path.parent().unwrap_or(&self.folder);
        let prefix = format!(".{}.unfinished.", file_name(&path));
        let made = || {
            fs::create_dir_all(folder)?;
            sweep(folder, &prefix);
            tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)
        };
        made().map_err(|error| self.unwritable(&error))
    }

    /// The same with these bytes in it.
    pub fn fresh_with(&self, bytes: &[u8]) -> Result<NamedTempFile, Missing> {
        let mut file = self.fresh()?;
        file.write_all(bytes).map_err(|error| self.unwritable(&error))?;
        Ok(file)
    }

    /// What a file beside it holds by now.
    pub fn content(&self, file: &NamedTempFile) -> Result<Vec<u8>, Missing> {
        fs::read(file.path()).map_err(|error| self.unwritable(&error))
    }

    /// Puts a finished file in its place, durably, unless somebody has written there meanwhile.
    pub fn replace(&mut self, fresh: &NamedTempFile) -> Result<(), Unwritten> {
        let bytes = self.content(fresh)?;
        if self.on_disk()? != self.bytes {
            return Err(Unwritten::Changed);
        }
        let path = self.path();
        let put = || -> io::Result<()> {
            if let Ok(about) = fs::metadata(&path) {
                fs::set_permissions(fresh.path(), about.permissions())?;
            }
            // The program may have written into another file of this name.
            fs::File::open(fresh.path())?.sync_all()?;
            match self.bytes.is_some() {
                true => fs::rename(fresh.path(), &path)?,
                // Nobody may have been first.
                false => fs::hard_link(fresh.path(), &path)?,
            }
            fs::File::open(path.parent().unwrap_or(&path))?.sync_all()
        };
        put().map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Unwritten::Changed,
            _ => self.unwritable(&error).into(),
        })?;
        self.bytes = Some(bytes);
        Ok(())
    }

    /// Removes it, unless somebody has written there meanwhile.
    pub fn remove(&mut self) -> Result<(), Unwritten> {
        if self.on_disk()? != self.bytes {
            return Err(Unwritten::Changed);
        }
        let path = self.path();
        let removed = fs::remove_file(&path)
            .and_then(|()| fs::File::open(path.parent().unwrap_or(&path))?.sync_all());
        removed.map_err(|error| self.unwritable(&error))?;
        self.bytes = None;
        Ok(())
    }

    fn on_disk(&self) -> Result<Option<Vec<u8>>, Missing> {
        let help = "name another file, or take away what is there";
        let wrong = |why: &str| Missing::new(format!("`{}` {why}", self.name), help);
        match fs::metadata(self.path()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(&format!("cannot be read: {}", error.kind()))),
            Ok(about) if !about.is_file() => return Err(wrong("is not a regular file")),
            Ok(about) if about.len() > BYTES_MAX as u64 => return Err(wrong("is too long")),
            Ok(_) => (),
        }
        let bytes = fs::read(self.path());
        bytes.map(Some).map_err(|error| wrong(&format!("cannot be read: {}", error.kind())))
    }

    fn unwritable(&self, error: &io::Error) -> Missing {
        let help = "make its folder writable, and make room on the disk";
        Missing::new(format!("`{}` cannot be written: {}", self.name, error.kind()), help)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Removes what runs left behind that were killed. Nothing depends on it.
fn sweep(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let old = entry.metadata().and_then(|about| about.modified()).ok();
        let old = old.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > LEFT_BEHIND);
        if old && entry.file_name().to_string_lossy().starts_with(prefix) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
