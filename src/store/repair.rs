//! Brings a damaged state back: the newest one that any snapshot and the journals after it give.

use std::io;
use std::path::{Path, PathBuf};

use crate::problem::state as problem;
use crate::state::State;
use crate::state::format::{self, Snapshot, Unreadable};
use crate::state::journal::{self, Journal};
use crate::store::disk::{Disk, content};
use crate::store::files::Files;
use crate::store::load::load;
use crate::store::local::{prepared, settle};
use crate::store::lock::{self, Lock, now_secs};
use crate::store::{Refused, told};

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Everything could be read; nothing was touched.
    Healthy {
        /// The serial of the state.
        serial: u64,
    },
    /// Another state is in place now.
    Repaired {
        /// Where it comes from: a snapshot, and the journals that follow it.
        from: Vec<PathBuf>,
        /// The serial up to which it knows what happened.
        reached: u64,
        /// How many events are known to be missing. Others may be: what was cut off cannot be
        /// counted.
        missing: u64,
        /// The serial it has now, above every one that was used before.
        serial: u64,
        /// Where the damaged files are.
        kept: Vec<PathBuf>,
    },
}

/// Everything that can still be read.
struct Remains {
    /// The newest first.
    snapshots: Vec<(PathBuf, Snapshot)>,
    journals: Vec<(PathBuf, Journal)>,
    /// The highest serial there is any trace of.
    highest: u64,
}

/// The best that can be made of it.
struct Candidate {
    state: State,
    from: Vec<PathBuf>,
}

/// Puts the newest readable state in place of a damaged one. The damaged files are kept.
pub fn repair(folder: &Path) -> Result<Report, Refused> {
    let no_state = || Refused::unreadable(problem::no_state(folder));
    lock::check(&Files::of(folder))?;
    // Where nothing is wrong, and where there is nothing, nothing is written either.
    match load(&Files::of(folder)) {
        Ok(Some(found)) => return Ok(Report::Healthy { serial: found.state.serial }),
        Ok(None) => return Err(no_state()),
        // What is too new is not damaged.
        Err(_) => remains(&Files::of(folder))?.of_one_state(folder)?,
    }
    let disk = Disk::default();
    let files = prepared(&disk, folder)?;
    let _lock = Lock::take(&files, &disk, "state repair")?;
    match load(&files) {
        // Another run may have mended it meanwhile.
        Ok(Some(found)) => return Ok(Report::Healthy { serial: found.state.serial }),
        Ok(None) => return Err(no_state()),
        // Whatever is wrong is looked at again below, file by file.
        Err(_) => (),
    }
    let remains = remains(&files)?;
    remains.of_one_state(folder)?;
    let best = remains.snapshots.iter().map(|(path, snapshot)| remains.follow(path, snapshot));
    let best = best
        .chain(remains.founding())
        .reduce(|best, next| if next.state.serial > best.state.serial { next } else { best });
    let Some(Candidate { mut state, from }) = best else {
        return Err(Refused::unreadable(problem::beyond_repair(folder)));
    };
    let reached = state.serial;
    let highest = remains.highest.max(reached);
    // A plan made for any earlier serial must not fit what is here now.
    state.serial = highest + 1;
    let kept = keep_damaged(&disk, &files)
        .map_err(|error| Refused::unreadable(problem::unwritable(&files.backups, &told(&error))))?;
    settle(&disk, &files, &state)?;
    let (missing, serial) = (highest - reached, state.serial);
    Ok(Report::Repaired { from, reached, missing, serial, kept })
}

impl Remains {
    /// Which of two states is meant cannot be guessed.
    fn of_one_state(&self, folder: &Path) -> Result<(), Refused> {
        let snapshots = self.snapshots.iter().map(|(_, it)| it.state.lineage.as_str());
        let journals = self.journals.iter().map(|(_, it)| it.header.lineage.as_str());
        let mut lineages = snapshots.chain(journals);
        let first = lineages.next().unwrap_or_default();
        match lineages.find(|other| *other != first) {
            Some(other) => Err(Refused::unreadable(problem::mixed(folder, [first, other]))),
            None => Ok(()),
        }
    }

    /// A snapshot with every journal that leads on from it.
    fn follow(&self, path: &Path, snapshot: &Snapshot) -> Candidate {
        let mut state = snapshot.state.clone();
        let mut from = vec![path.to_owned()];
        let follows = |journal: &Journal| {
            journal.header.base_serial == snapshot.state.serial
                && journal.header.base_sha256 == snapshot.sha256
        };
        let mut next = self.journals.iter().find(|(_, journal)| follows(journal));
        while let Some((path, journal)) = next {
            journal.events.iter().for_each(|event| state.record(event.clone()));
            from.push(path.clone());
            next = self.longest_after(&state).filter(|(_, journal)| !journal.events.is_empty());
        }
        Candidate { state, from }
    }

    /// The journal that goes on where a state ends, if one does.
    fn longest_after(&self, state: &State) -> Option<&(PathBuf, Journal)> {
        let after = self.journals.iter().filter(|(_, journal)| {
            let header = &journal.header;
            header.base_serial == state.serial && header.lineage == state.lineage
        });
        after.max_by_key(|(_, journal)| journal.events.len())
    }

    /// What the first journal tells without a snapshot.
    fn founding(&self) -> Option<Candidate> {
        let (path, journal) = self.journals.iter().find(|(_, it)| it.header.base_serial == 0)?;
        let state = State { lineage: journal.header.lineage.clone(), ..State::default() };
        let snapshot = Snapshot { state, sha256: journal.header.base_sha256.clone() };
        let mut candidate = self.follow(path, &snapshot);
        candidate.from.remove(0);
        Some(candidate)
    }
}

fn remains(files: &Files) -> Result<Remains, Refused> {
    let listed = |ending| {
        files.backups(ending).map_err(|error| {
            Refused::unreadable(problem::unreadable(&files.backups, &told(&error)))
        })
    };
    let mut remains = Remains { snapshots: Vec::new(), journals: Vec::new(), highest: 0 };
    let current = [files.snapshot.clone(), files.previous.clone()];
    for path in current.into_iter().chain(listed("json")?.into_iter().rev()) {
        let Some(bytes) = readable(&path) else { continue };
        if let Some(snapshot) = known(&path, format::decode(&bytes))? {
            remains.highest = remains.highest.max(snapshot.state.serial);
            remains.snapshots.push((path, snapshot));
        }
    }
    for path in std::iter::once(files.journal.clone()).chain(listed("journal")?) {
        let Some(bytes) = readable(&path) else { continue };
        let lines = journal::length(&bytes);
        match known(&path, journal::readable(&bytes))? {
            Some((journal, _)) => {
                remains.highest =
                    remains.highest.max(journal.header.base_serial.saturating_add(lines));
                remains.journals.push((path, journal));
            }
            // What it followed is not known; most likely the newest snapshot.
            None => remains.highest += lines,
        }
    }
    Ok(remains)
}

/// A file that the disk does not give is as good as lost.
fn readable(path: &Path) -> Option<Vec<u8>> {
    content(path).ok().flatten()
}

/// Something damaged is left out; something too new stops the repair, since nothing is wrong
/// with it.
fn known<T>(path: &Path, decoded: Result<T, Unreadable>) -> Result<Option<T>, Refused> {
    match decoded {
        Ok(read) => Ok(Some(read)),
        Err(Unreadable::Damaged(_)) => Ok(None),
        Err(Unreadable::Newer { format, paas }) => {
            Err(Refused::unreadable(problem::newer_format(path, format, &paas)))
        }
    }
}

/// Gives the current files names that nothing overwrites.
fn keep_damaged(disk: &Disk, files: &Files) -> io::Result<Vec<PathBuf>> {
    let mut kept = Vec::new();
    for path in [&files.snapshot, &files.journal] {
        if path.symlink_metadata().is_err() {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let copy = unused(&files.backups.join(format!("corrupt-{}-{name}", now_secs())));
        disk.keep(path, &copy)?;
        kept.push(copy);
    }
    disk.sync_folder(&files.backups)?;
    Ok(kept)
}

fn unused(path: &Path) -> PathBuf {
    let numbered = (2..).map(|number| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    });
    let mut names = std::iter::once(path.to_owned()).chain(numbered);
    names.find(|name| name.symlink_metadata().is_err()).expect("names do not run out")
}
