//! The sandbox in a folder: a log in which each line is one step, whole or not there at all.
//!
//! A line is a checksum and the step's entries as JSON. What a killed process left half written is
//! cut off when the log is opened.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::sandbox::contents::{Contents, Entry};

const LOG: &str = "sandbox.log";
const LOCK: &str = "sandbox.lock";

/// An open log. Nobody else has it open.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    /// Where the last whole line ends.
    length: u64,
    /// Held for as long as the log is open.
    _lock: File,
}

/// Opens the log in `folder` and reads what it says.
pub(super) fn open(folder: &Path) -> Result<(Log, Contents), String> {
    let wrong = |what: &str, error: &io::Error| {
        format!("the sandbox in `{}` {what}: {error}", folder.display())
    };
    fs::create_dir_all(folder).map_err(|error| wrong("cannot be made", &error))?;
    let lock = lock(folder)?;
    let path = folder.join(LOG);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(wrong("cannot be read", &error)),
    };
    let (contents, whole) = read(&bytes).map_err(|line| {
        format!("line {line} of `{}` is damaged, and it is not the last one", path.display())
    })?;
    let compact = compacted(&contents);
    if compact.len() < whole {
        let new = folder.join("sandbox.log.new");
        fs::write(&new, &compact).map_err(|error| wrong("cannot be written", &error))?;
        fs::rename(&new, &path).map_err(|error| wrong("cannot be written", &error))?;
    }
    let length = compact.len().min(whole) as u64;
    let options = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let mut file = options.map_err(|error| wrong("cannot be opened", &error))?;
    let cut = file.set_len(length).and_then(|()| file.seek(SeekFrom::Start(length)));
    cut.map_err(|error| wrong("cannot be written", &error))?;
    Ok((Log { file, length, _lock: lock }, contents))
}

/// Begins the log in `folder` anew.
pub(super) fn clear(folder: &Path) -> Result<(), String> {
    let wrong = |error: io::Error| {
        format!("the sandbox in `{}` cannot be written: {error}", folder.display())
    };
    fs::create_dir_all(folder).map_err(wrong)?;
    let _lock = lock(folder)?;
    fs::write(folder.join(LOG), []).map_err(wrong)
}

/// What the log in `folder` says, without touching it: nothing is locked, made or cut off.
pub(super) fn view(folder: &Path) -> Result<Contents, String> {
    let path = folder.join(LOG);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
        Err(error) => return Err(format!("`{}` cannot be read: {error}", path.display())),
    };
    let (contents, _) = read(&bytes).map_err(|line| {
        format!("line {line} of `{}` is damaged, and it is not the last one", path.display())
    })?;
    Ok(contents)
}

impl Log {
    /// Adds one line: all of `entries` or, when it fails, none.
    pub(super) fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        if self.length == u64::MAX {
            return Err(io::Error::other("an earlier write failed and could not be taken back"));
        }
        let line = line(entries);
        let written = self.file.write_all(&line);
        if let Err(error) = written {
            let back = self.file.set_len(self.length);
            if back.and_then(|()| self.file.seek(SeekFrom::Start(self.length))).is_err() {
                self.length = u64::MAX;
            }
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|error| format!("`{}` cannot be opened: {error}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(format!("the sandbox in `{}` is in use by another process", folder.display()))
        }
        Err(TryLockError::Error(error)) => {
            Err(format!("`{}` cannot be locked: {error}", path.display()))
        }
    }
}

/// The contents and how many bytes are whole lines, or the number of a damaged line.
fn read(bytes: &[u8]) -> Result<(Contents, usize), usize> {
    let mut contents = Contents::default();
    let mut whole = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(entries) = parsed(line) else {
            // A step that was torn is the last thing that was written.
            let mut rest = bytes[whole + line.len()..].split_inclusive(|byte| *byte == b'\n');
            return match rest.any(|line| parsed(line).is_some()) {
                true => Err(index + 1),
                false => Ok((contents, whole)),
            };
        };
        entries.into_iter().for_each(|entry| contents.apply(entry));
        whole += line.len();
    }
    Ok((contents, whole))
}

fn parsed(line: &[u8]) -> Option<Vec<Entry>> {
    let (sum, json) = line.strip_suffix(b"\n")?.split_at_checked(9)?;
    let sum = str::from_utf8(sum).ok()?.strip_suffix(' ')?;
    let right = u32::from_str_radix(sum, 16).ok()? == crc32fast::hash(json);
    serde_json::from_slice(json).ok().filter(|_| right)
}

fn line(entries: &[Entry]) -> Vec<u8> {
    let mut line = vec![b' '; 9];
    serde_json::to_writer(&mut line, entries).expect("entries are JSON");
    let sum = format!("{:08x}", crc32fast::hash(&line[9..]));
    line[..8].copy_from_slice(sum.as_bytes());
    line.push(b'\n');
    line
}

fn compacted(contents: &Contents) -> Vec<u8> {
    contents.entries().flat_map(|entry| line(&[entry])).collect()
}
