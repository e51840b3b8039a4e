//! Reads what a folder holds: the snapshot, and the journal that follows it.

use std::io;
use std::path::Path;

use crate::problem::Problem;
use crate::problem::state as problem;
use crate::state::State;
use crate::state::format::{self, Snapshot, Unreadable};
use crate::state::journal::{self, Fit, Journal, Tail};
use crate::store::disk::{content, identity};
use crate::store::files::Files;
use crate::store::{Loaded, Refused, told};

/// How often a reader starts again because a run put a new snapshot in place meanwhile.
const TRIES: usize = 10;

/// A state as it was found.
pub(super) struct Found {
    pub(super) state: State,
    /// What to know about how it was found.
    pub(super) recovered: Option<Problem>,
    /// The journal, if events can be added to it as it is.
    pub(super) journal: Option<Open>,
    /// Which files it came from.
    pub(super) serials: Serials,
}

/// The serials by which the snapshot and the journal of a folder are kept when newer ones take
/// their place; nothing where there is no such file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Serials {
    pub(super) snapshot: Option<u64>,
    pub(super) journal: Option<u64>,
}

impl Found {
    /// A state in which nothing has happened.
    pub(super) fn fresh(lineage: String) -> Found {
        let state = State { lineage, ..State::default() };
        Found { state, recovered: None, journal: None, serials: Serials::default() }
    }
}

/// A journal that goes on.
pub(super) struct Open {
    pub(super) tail: Tail,
    pub(super) events: u64,
}

/// The state in a folder, if there is one. Takes no lock and writes nothing.
pub fn read(folder: &Path) -> Result<Option<Loaded>, Refused> {
    let files = Files::of(folder);
    let mut tries = TRIES;
    loop {
        let before = identity(&files.snapshot);
        let found = load(&files);
        tries -= 1;
        if tries == 0 || identity(&files.snapshot) == before {
            let loaded = |found: Found| Loaded { state: found.state, recovered: found.recovered };
            return found.map(|found| found.map(loaded));
        }
    }
}

pub(super) fn load(files: &Files) -> Result<Option<Found>, Refused> {
    let snapshot = read_as(&files.snapshot, format::decode)?;
    let journal = read_as(&files.journal, journal::decode)?;
    match (snapshot, journal) {
        (Some(snapshot), Some(journal)) => together(files, snapshot, journal).map(Some),
        (Some(snapshot), None) => alone(files, snapshot).map(Some),
        (None, Some(journal)) => founded(files, journal).map(Some),
        (None, None) if files.any_history().map_err(|error| listing(files, &error))? => {
            Err(Refused::unreadable(problem::lost(&files.snapshot, "older ones are still there")))
        }
        (None, None) => Ok(None),
    }
}

fn together(files: &Files, snapshot: Snapshot, journal: Journal) -> Result<Found, Refused> {
    let fit = journal.fit(&snapshot);
    let fit =
        fit.map_err(|why| Refused::unreadable(problem::corrupt(&files.journal, Some(1), &why)))?;
    let Snapshot { mut state, .. } = snapshot;
    let serials =
        Serials { snapshot: Some(state.serial), journal: Some(journal.header.base_serial) };
    match fit {
        Fit::Contained => Ok(Found { state, recovered: None, journal: None, serials }),
        Fit::Follows => {
            let events = journal.events.len() as u64;
            journal.events.into_iter().for_each(|event| state.record(event));
            let cut =
                journal.torn.map(|torn| problem::cut_off(&files.journal, torn.line, torn.bytes));
            let open = cut.is_none().then_some(Open { tail: journal.tail, events });
            Ok(Found { state, recovered: cut, journal: open, serials })
        }
    }
}

/// A snapshot without a journal: only the very first one may be found like that.
fn alone(files: &Files, snapshot: Snapshot) -> Result<Found, Refused> {
    let state = snapshot.state;
    if state.serial > 0 {
        let why = format!("what happened after serial {} is unknown", state.serial);
        return Err(Refused::unreadable(problem::lost(&files.journal, &why)));
    }
    let serials = Serials { snapshot: Some(0), journal: None };
    Ok(Found { state, recovered: None, journal: None, serials })
}

/// A journal without a snapshot: one that starts at the very beginning holds everything.
fn founded(files: &Files, journal: Journal) -> Result<Found, Refused> {
    let base = journal.header.base_serial;
    let older = files.previous.symlink_metadata().is_ok()
        || !files.backups("json").map_err(|error| listing(files, &error))?.is_empty();
    if base > 0 || older {
        let why = format!("its journal begins at serial {base}");
        return Err(Refused::unreadable(problem::lost(&files.snapshot, &why)));
    }
    let mut state = State { lineage: journal.header.lineage, ..State::default() };
    journal.events.into_iter().for_each(|event| state.record(event));
    let recovered = match journal.torn {
        Some(torn) => problem::cut_off(&files.journal, torn.line, torn.bytes),
        None => problem::refounded(&files.snapshot),
    };
    let serials = Serials { snapshot: None, journal: Some(base) };
    Ok(Found { state, recovered: Some(recovered), journal: None, serials })
}

fn read_as<T>(
    path: &Path,
    decode: impl FnOnce(&[u8]) -> Result<T, Unreadable>,
) -> Result<Option<T>, Refused> {
    let bytes = content(path)
        .map_err(|error| Refused::unreadable(problem::unreadable(path, &told(&error))))?;
    let decoded = bytes.map(|bytes| decode(&bytes)).transpose();
    decoded.map_err(|unreadable| {
        Refused::unreadable(match unreadable {
            Unreadable::Newer { format, paas } => problem::newer_format(path, format, &paas),
            Unreadable::Damaged(damage) => problem::corrupt(path, damage.line, &damage.why),
        })
    })
}

fn listing(files: &Files, error: &io::Error) -> Refused {
    Refused::unreadable(problem::unreadable(&files.backups, &told(error)))
}
