//! The few things the store asks of a disk, each of which a test can watch and make fail.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Only the owner reads and writes.
const FILE_MODE: u32 = 0o600;

/// Only the owner enters.
const FOLDER_MODE: u32 = 0o700;

/// Something that is about to be done to a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// A folder is made.
    MakeFolder(&'a Path),
    /// A new, empty file is made.
    Create(&'a Path),
    /// Bytes are added at the end of a file.
    Write(&'a Path, &'a [u8]),
    /// A file's content is made durable.
    Sync(&'a Path),
    /// A file gets a second name.
    Link(&'a Path, &'a Path),
    /// A name goes from one file to another.
    Rename(&'a Path, &'a Path),
    /// A name goes.
    Remove(&'a Path),
    /// A folder's names are made durable.
    SyncFolder(&'a Path),
}

/// Who is told of each operation before it is done; an error is what the operation ends with.
type Watch = dyn Fn(&Operation<'_>) -> io::Result<()> + Send + Sync;

/// The disk that a store writes to.
#[derive(Default)]
pub struct Disk {
    watch: Option<Box<Watch>>,
}

impl Disk {
    /// A disk each of whose operations is told to `watch` first, and fails if that fails.
    pub fn watched(
        watch: impl Fn(&Operation<'_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Disk {
        Disk { watch: Some(Box::new(watch)) }
    }

    fn about_to(&self, operation: &Operation<'_>) -> io::Result<()> {
        self.watch.as_ref().map_or(Ok(()), |watch| watch(operation))
    }

    pub(super) fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.about_to(&Operation::MakeFolder(path))?;
        fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
    }

    pub(super) fn create(&self, path: &Path) -> io::Result<File> {
        self.about_to(&Operation::Create(path))?;
        OpenOptions::new().append(true).create_new(true).mode(FILE_MODE).open(path)
    }

    pub(super) fn write(&self, path: &Path, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.about_to(&Operation::Write(path, bytes))?;
        file.write_all(bytes)
    }

    pub(super) fn sync(&self, path: &Path, file: &File) -> io::Result<()> {
        self.about_to(&Operation::Sync(path))?;
        file.sync_data()
    }

    /// Gives a file a second name, or a copy where there are no second names. What had the name
    /// before is replaced.
    pub(super) fn keep(&self, path: &Path, copy: &Path) -> io::Result<()> {
        let fresh = beside(copy);
        self.about_to(&Operation::Link(path, &fresh))?;
        if fs::hard_link(path, &fresh).is_err() {
            let bytes = fs::read(path)?;
            let mut file = self.create(&fresh)?;
            self.write(&fresh, &mut file, &bytes)?;
            self.sync(&fresh, &file)?;
        }
        self.rename(&fresh, copy)?;
        // Between two names of one file a rename does nothing.
        match fresh.symlink_metadata() {
            Ok(_) => self.remove(&fresh),
            Err(_) => Ok(()),
        }
    }

    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.about_to(&Operation::Rename(from, to))?;
        fs::rename(from, to)
    }

    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.about_to(&Operation::Remove(path))?;
        fs::remove_file(path)
    }

    pub(super) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.about_to(&Operation::SyncFolder(path))?;
        File::open(path)?.sync_all()
    }

    /// Puts new content under a name: whoever looks finds the old content or the new, whole.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<File> {
        let fresh = beside(path);
        let file = self.write_new(&fresh, bytes).and_then(|file| {
            self.rename(&fresh, path)?;
            Ok(file)
        });
        if file.is_err() {
            // What is left over is removed by the next run, if not now.
            let _ = self.remove(&fresh);
        }
        let file = file?;
        self.sync_folder(path.parent().unwrap_or(path))?;
        Ok(file)
    }

    /// Puts content under a name that nothing has, or leaves what another run put there first.
    pub(super) fn place_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let fresh = beside(path);
        let placed = self.write_new(&fresh, bytes).and_then(|_| {
            self.about_to(&Operation::Link(&fresh, path))?;
            match fs::hard_link(&fresh, path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                Ok(()) | Err(_) => Ok(()),
            }
        });
        let _ = self.remove(&fresh);
        placed?;
        self.sync_folder(path.parent().unwrap_or(path))
    }

    /// A new file with durable content that was read back.
    pub(super) fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<File> {
        let mut file = self.create(path)?;
        self.write(path, &mut file, bytes)?;
        self.sync(path, &file)?;
        match fs::read(path)? == bytes {
            true => Ok(file),
            false => Err(io::Error::other("it reads back differently than it was written")),
        }
    }
}

/// The mark of files that are not finished.
pub(super) const UNFINISHED: &str = ".unfinished.";

fn beside(path: &Path) -> std::path::PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}{UNFINISHED}{}", random(8)))
}

/// So many random bytes in hexadecimal.
pub(super) fn random(bytes: usize) -> String {
    let mut drawn = vec![0; bytes];
    getrandom::fill(&mut drawn).expect("the system has random numbers");
    drawn.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file's content; nothing if there is none. Only a regular file is opened.
pub(super) fn content(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match open_regular(path, OpenOptions::new().read(true)) {
        Ok(mut file) => {
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut file, &mut bytes)?;
            Ok(Some(bytes))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens a regular file: not what a link points at, and nothing that would wait for a writer.
pub(super) fn open_regular(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let before = fs::symlink_metadata(path)?;
    let refused = || Err(io::Error::other("it is not a regular file"));
    if !before.is_file() {
        return refused();
    }
    let file = options.open(path)?;
    let opened = file.metadata()?;
    // Another process may have renamed a new file over the name meanwhile; that is a file, too.
    if opened.is_file() { Ok(file) } else { refused() }
}

/// Which file has a name just now, and since when it is as it is.
pub(super) fn identity(path: &Path) -> Option<(u64, u64, u64, i64)> {
    let data = fs::symlink_metadata(path).ok()?;
    Some((data.dev(), data.ino(), data.len(), data.mtime_nsec()))
}
