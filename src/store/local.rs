//! A state in a folder, held by one run: events go to the journal, snapshots take their place.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::problem::Problem;
use crate::problem::state as problem;
use crate::state::format;
use crate::state::journal::{Header, Tail};
use crate::state::{Event, State};
use crate::store::disk::{Disk, open_regular, random};
use crate::store::files::Files;
use crate::store::load::{Found, Serials, load};
use crate::store::lock::Lock;
use crate::store::{Refused, told};

/// A journal longer than this becomes a snapshot when it is opened.
const JOURNAL_MAX: u64 = 1 << 20;

/// A state that this run alone may change.
pub struct Store {
    files: Files,
    disk: Disk,
    state: State,
    recovered: Option<Problem>,
    journal: Journal,
    /// A write failed, so what is on the disk is not known.
    given_up: bool,
    _lock: Lock,
}

/// The open journal.
struct Journal {
    file: File,
    tail: Tail,
    /// Events since the snapshot.
    events: u64,
}

impl Store {
    /// Takes the lock and reads the state; makes both at first use. `purpose` is what others are
    /// told meanwhile: `apply`.
    pub fn open(folder: &Path, purpose: &str) -> Result<Store, Refused> {
        Store::open_on(Disk::default(), folder, purpose)
    }

    /// The same with the lineage that the first state gets, where there is none.
    pub fn begin(folder: &Path, purpose: &str, lineage: &str) -> Result<Store, Refused> {
        Store::opened(Disk::default(), folder, purpose, || lineage.to_owned())
    }

    /// The same on a disk that a test watches.
    pub fn open_on(disk: Disk, folder: &Path, purpose: &str) -> Result<Store, Refused> {
        Store::opened(disk, folder, purpose, || random(16))
    }

    fn opened(
        disk: Disk,
        folder: &Path,
        purpose: &str,
        lineage: impl FnOnce() -> String,
    ) -> Result<Store, Refused> {
        let files = prepared(&disk, folder)?;
        let lock = Lock::take(&files, &disk, purpose)?;
        let unwritable = |error: io::Error| unwritable(&files.folder, &error);
        files.sweep(&disk).map_err(unwritable)?;
        let found = load(&files)?.unwrap_or_else(|| Found::fresh(lineage()));
        let Found { state, recovered, journal, serials } = found;
        let open = journal.map(|it| reopened(&disk, &files, it.tail, it.events)).transpose();
        let open = open.map_err(|error| unwritable_journal(&files, &error))?;
        let (journal, long) = match open {
            Some((journal, bytes)) => (journal, bytes > JOURNAL_MAX),
            None => {
                keep_old(&disk, &files, serials)?;
                (settled(&disk, &files, &state)?, false)
            }
        };
        let mut store =
            Store { files, disk, state, recovered, journal, given_up: false, _lock: lock };
        if long {
            store.compact()?;
        }
        Ok(store)
    }

    /// The state after every event so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What to tell about how the state was found, if it was not found as a run leaves it.
    pub fn recovered(&self) -> Option<&Problem> {
        self.recovered.as_ref()
    }

    /// Makes events durable, all with one wait for the disk, and then part of the state.
    ///
    /// When this fails, nothing else can be appended: after a failed write nobody knows what the
    /// disk holds, and asking it again could be answered wrongly.
    pub fn append(&mut self, events: &[Event]) -> Result<(), Refused> {
        self.check_usable()?;
        if events.is_empty() {
            return Ok(());
        }
        let (mut bytes, mut read, mut tail) = (Vec::new(), Vec::new(), self.journal.tail.clone());
        for event in events {
            let (line, next) =
                tail.then(event).map_err(|why| Refused::unreadable(problem::unrecordable(&why)))?;
            bytes.extend_from_slice(&line.bytes);
            read.push(line.event);
            tail = next;
        }
        let path = &self.files.journal;
        let written = self.disk.write(path, &mut self.journal.file, &bytes);
        if let Err(error) = written.and_then(|()| self.disk.sync(path, &self.journal.file)) {
            self.given_up = true;
            let rescued = self.rescue(&bytes);
            let problem = problem::unrecorded(path, &told(&error), rescued.as_deref());
            return Err(Refused::unreadable(problem));
        }
        self.journal.tail = tail;
        self.journal.events += read.len() as u64;
        read.into_iter().for_each(|event| self.state.record(event));
        Ok(())
    }

    /// Puts a snapshot in the journal's place. Nothing is written if nothing happened since the
    /// last one.
    pub fn compact(&mut self) -> Result<(), Refused> {
        self.check_usable()?;
        if self.journal.events == 0 {
            return Ok(());
        }
        let base = Some(self.state.serial - self.journal.events);
        let serials = Serials { snapshot: base, journal: base };
        keep_old(&self.disk, &self.files, serials)?;
        // From here on the old journal may be one that nothing may be added to.
        self.given_up = true;
        self.journal = settled(&self.disk, &self.files, &self.state)?;
        self.given_up = false;
        self.files.prune(&self.disk).map_err(|error| unwritable(&self.files.backups, &error))
    }

    /// Leaves a snapshot behind and lets go of the lock.
    pub fn close(mut self) -> Result<(), Refused> {
        self.compact()
    }

    /// Does something to the disk beside the state.
    pub(super) fn on_disk(
        &self,
        deed: impl FnOnce(&Disk, &Files) -> io::Result<()>,
    ) -> Result<(), Refused> {
        deed(&self.disk, &self.files).map_err(|error| unwritable(&self.files.secrets, &error))
    }

    fn check_usable(&self) -> Result<(), Refused> {
        match self.given_up {
            true => Err(Refused::unreadable(problem::gave_up(&self.files.journal))),
            false => Ok(()),
        }
    }

    /// Puts lines that did not become durable beside the journal, or where there is room.
    fn rescue(&self, bytes: &[u8]) -> Option<PathBuf> {
        let name = format!("paas.rescue.{}", random(8));
        let places = [self.files.folder.clone(), std::env::temp_dir()];
        places.into_iter().map(|place| place.join(&name)).find(|path| {
            let kept = self.disk.write_new(path, bytes).is_ok();
            if !kept {
                // Half a copy would only mislead.
                let _ = self.disk.remove(path);
            }
            kept
        })
    }
}

/// The folder, made if needed, and fit to hold a state.
pub(super) fn prepared(disk: &Disk, folder: &Path) -> Result<Files, Refused> {
    let refused = |error: io::Error| unwritable(folder, &error);
    if !folder.exists() {
        disk.make_folder(folder).map_err(refused)?;
        if let Some(parent) = folder.canonicalize().map_err(refused)?.parent() {
            disk.sync_folder(parent).map_err(refused)?;
        }
    }
    let data = fs::metadata(folder).map_err(refused)?;
    let unsafe_for = |why| Err(Refused::unreadable(problem::unsafe_place(folder, why)));
    if !data.is_dir() {
        return unsafe_for("not a folder");
    }
    if data.permissions().mode() & 0o002 != 0 {
        return unsafe_for("writable by everybody");
    }
    let files = Files::of(folder);
    if !files.backups.exists() {
        disk.make_folder(&files.backups).map_err(refused)?;
    }
    Ok(files)
}

/// A journal that an earlier run left, ready for more.
fn reopened(disk: &Disk, files: &Files, tail: Tail, events: u64) -> io::Result<(Journal, u64)> {
    let file = open_regular(&files.journal, OpenOptions::new().append(true))?;
    let bytes = file.metadata()?.len();
    // Whoever wrote it may have ended before its content and its name were durable.
    disk.sync(&files.journal, &file)?;
    disk.sync_folder(&files.folder)?;
    Ok((Journal { file, tail, events }, bytes))
}

/// Gives the snapshot and the journal that are about to be replaced names of their own.
fn keep_old(disk: &Disk, files: &Files, serials: Serials) -> Result<(), Refused> {
    let kept = || -> io::Result<()> {
        if let Some(serial) = serials.journal {
            disk.keep(&files.journal, &files.kept_journal(serial))?;
        }
        if let Some(serial) = serials.snapshot {
            disk.keep(&files.snapshot, &files.kept_snapshot(serial))?;
            disk.keep(&files.snapshot, &files.previous)?;
        }
        disk.sync_folder(&files.backups)
    };
    kept().map_err(|error| unwritable(&files.backups, &error))
}

/// A durable snapshot of a state, and then a new journal that follows it.
///
/// A crash in between leaves a journal whose events are all in the snapshot; readers see that.
fn settled(disk: &Disk, files: &Files, state: &State) -> Result<Journal, Refused> {
    let sealed = format::encode(state);
    let written = disk.replace(&files.snapshot, &sealed.text);
    written.map_err(|error| unwritable(&files.snapshot, &error))?;
    let (line, tail) = Header::after(state, &sealed.sha256).encode();
    let file = disk.replace(&files.journal, &line);
    let file = file.map_err(|error| unwritable_journal(files, &error))?;
    Ok(Journal { file, tail, events: 0 })
}

/// The same without going on.
pub(super) fn settle(disk: &Disk, files: &Files, state: &State) -> Result<(), Refused> {
    settled(disk, files, state).map(drop)
}

fn unwritable_journal(files: &Files, error: &io::Error) -> Refused {
    unwritable(&files.journal, error)
}

fn unwritable(path: &Path, error: &io::Error) -> Refused {
    Refused::unreadable(problem::unwritable(path, &told(error)))
}
