//! A run ends at every single operation, by itself or with the power; disks that fail.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use paas::state::State;
use paas::store::{Disk, Loaded, Operation, Refused, Store, read};
use tempfile::TempDir;

use super::{Dice, JOURNAL, created, loaded, refused};

/// What a disk holds, and what of it would be left after a power cut.
#[derive(Clone, Default)]
struct Model {
    names: BTreeMap<PathBuf, usize>,
    durable_names: Vec<BTreeMap<PathBuf, usize>>,
    files: HashMap<usize, Content>,
    operations: usize,
    dies_at: usize,
}

#[derive(Clone, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
}

impl Model {
    fn new(dies_at: usize) -> Model {
        Model { durable_names: vec![BTreeMap::new()], dies_at, ..Model::default() }
    }

    fn file(&mut self, path: &Path) -> &mut Content {
        self.files.get_mut(&self.names[path]).unwrap()
    }

    /// Notes an operation, unless the run is over.
    fn note(&mut self, operation: &Operation<'_>) -> io::Result<()> {
        if self.operations == self.dies_at {
            return Err(io::Error::other("the run is over"));
        }
        self.operations += 1;
        match *operation {
            Operation::MakeFolder(_) => (),
            Operation::Create(path) => {
                self.files.insert(self.operations, Content::default());
                self.names.insert(path.to_owned(), self.operations);
            }
            Operation::Write(path, bytes) => self.file(path).now.extend_from_slice(bytes),
            Operation::Sync(path) => {
                let file = self.file(path);
                file.durable = file.now.clone();
            }
            Operation::Link(from, to) => {
                self.names.insert(to.to_owned(), self.names[from]);
            }
            Operation::Rename(from, to) => {
                let file = self.names.remove(from).unwrap();
                self.names.insert(to.to_owned(), file);
            }
            Operation::Remove(path) => {
                self.names.remove(path);
            }
            // That of `backups/` is taken for one of everything but `backups/`'s own use: none of
            // what is asserted hangs on a backup.
            Operation::SyncFolder(folder) if folder.ends_with("backups") => (),
            Operation::SyncFolder(_) => self.durable_names.clear(),
        }
        self.durable_names.push(self.names.clone());
        Ok(())
    }

    /// Every folder that may be found after the power was cut: the names as of any moment since
    /// they were last made durable, with contents lost, halved or whole.
    fn left_overs(&self) -> Vec<BTreeMap<PathBuf, Vec<u8>>> {
        let lost = |content: &Content| content.durable.clone();
        let halved = |content: &Content| {
            let half = content.durable.len() + (content.now.len() - content.durable.len()) / 2;
            content.now[..half].to_vec()
        };
        let zeroed = |content: &Content| {
            let mut bytes = content.durable.clone();
            bytes.resize(content.now.len(), 0);
            bytes
        };
        let whole = |content: &Content| content.now.clone();
        let ways: [fn(&Content) -> Vec<u8>; 4] = [lost, halved, zeroed, whole];
        let mut folders = Vec::new();
        for names in &self.durable_names {
            for way in ways {
                let content =
                    |(path, file): (&PathBuf, &usize)| (path.clone(), way(&self.files[file]));
                folders.push(names.iter().map(content).collect());
            }
        }
        folders
    }
}

/// What a run was told, and what it asked for.
#[derive(Default)]
struct Life {
    /// Every state that was durable or on its way, oldest first.
    states: Vec<State>,
    /// The serial that was reported durable last.
    durable: Option<u64>,
}

impl Life {
    /// Runs until the disk says that it is over.
    fn run(&mut self, folder: &Path, disk: Disk) -> Result<(), Refused> {
        let mut dice = Dice(7);
        let mut store = Store::open_on(disk, folder, "apply")?;
        self.states.push(store.state().clone());
        self.durable = Some(0);
        for round in 0..3 {
            for count in [1, 3] {
                let events = dice.events(count);
                let mut expected = store.state().clone();
                for event in &events {
                    expected.record(event.clone());
                    self.states.push(expected.clone());
                }
                store.append(&events)?;
                self.durable = Some(expected.serial);
            }
            if round < 2 {
                store.compact()?;
            }
        }
        store.close()
    }

    /// What is found afterwards is at least what was durable, and nothing that never was.
    fn check(&self, found: Option<&Loaded>, place: &str) {
        let Some(Loaded { state, .. }) = found else {
            assert_eq!(self.durable, None, "{place}: the state is gone");
            return;
        };
        assert!(Some(state.serial) >= self.durable, "{place}: serial {}", state.serial);
        let fits = self.states.contains(state) || (state.serial == 0 && self.durable.is_none());
        assert!(fits, "{place}: this was never a state: {state:?}");
    }
}

fn watched(model: &Arc<Mutex<Model>>) -> Disk {
    let model = Arc::clone(model);
    Disk::watched(move |operation| model.lock().unwrap().note(operation))
}

#[test]
fn a_run_that_ends_anywhere_leaves_what_was_durable() {
    for dies_at in 0.. {
        let folder = TempDir::new().unwrap();
        let model = Arc::new(Mutex::new(Model::new(dies_at)));
        let mut life = Life::default();
        let ended = life.run(folder.path(), watched(&model));
        let place = format!("at operation {dies_at}");
        life.check(read(folder.path()).unwrap().as_ref(), &place);
        let mut next = Store::open(folder.path(), "apply").unwrap();
        next.append(&created("after")).unwrap();
        assert_eq!(&loaded(folder.path()).state, next.state(), "{place}");
        next.close().unwrap();
        if ended.is_ok() {
            assert!(dies_at > 60, "only {dies_at} operations");
            return;
        }
    }
}

#[test]
fn a_power_cut_anywhere_leaves_what_was_durable() {
    let mut folders = 0;
    for dies_at in 0.. {
        let folder = TempDir::new().unwrap();
        let model = Arc::new(Mutex::new(Model::new(dies_at)));
        let mut life = Life::default();
        let ended = life.run(folder.path(), watched(&model));
        let left_overs = model.lock().unwrap().left_overs();
        for (index, files) in left_overs.iter().enumerate() {
            let after = TempDir::new().unwrap();
            fs::create_dir(after.path().join("backups")).unwrap();
            for (path, bytes) in files {
                let name = path.strip_prefix(folder.path()).unwrap();
                fs::write(after.path().join(name), bytes).unwrap();
            }
            let place = format!("at operation {dies_at}, left over {index}");
            let found = read(after.path()).unwrap_or_else(|refused| panic!("{place}: {refused:?}"));
            life.check(found.as_ref(), &place);
            folders += 1;
        }
        if ended.is_ok() {
            assert!(folders > 1000, "only {folders} folders");
            return;
        }
    }
}

/// A disk on which operations fail while `fails` says so.
fn failing(
    broken: &Arc<AtomicBool>,
    fails: impl Fn(&Operation<'_>) -> bool + Send + Sync + 'static,
) -> Disk {
    let broken = Arc::clone(broken);
    Disk::watched(move |operation| match broken.load(Ordering::SeqCst) && fails(operation) {
        true => Err(io::Error::from(io::ErrorKind::StorageFull)),
        false => Ok(()),
    })
}

fn journal(path: &Path) -> bool {
    path.ends_with(JOURNAL)
}

#[test]
fn after_a_failed_sync_nothing_is_written_any_more() {
    let folder = TempDir::new().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let disk = failing(&broken, |it| matches!(it, Operation::Sync(path) if journal(path)));
    let mut store = Store::open_on(disk, folder.path(), "apply").unwrap();
    store.append(&created("web")).unwrap();
    let before = store.state().clone();
    broken.store(true, Ordering::SeqCst);
    let failed = refused(store.append(&created("db")));
    assert_eq!((failed.problem.code, failed.exit), ("P7006", Refused::UNREADABLE));
    broken.store(false, Ordering::SeqCst);
    assert_eq!(store.state(), &before);
    for again in [store.append(&created("db")), store.append(&[]), store.compact(), store.close()] {
        assert!(refused(again).problem.message.ends_with("an earlier write failed"));
    }
    let rescued = rescued(folder.path());
    let journal = fs::read_to_string(folder.path().join(JOURNAL)).unwrap();
    assert!(journal.ends_with(&rescued) && rescued.lines().count() == 2);
    assert!(failed.problem.notes.iter().any(|note| note.contains("paas.rescue.")));
}

#[test]
fn a_write_that_stops_half_way_is_cut_off_by_the_next_run() {
    let folder = TempDir::new().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let disk = failing(&broken, |operation| match operation {
        Operation::Write(path, bytes) if journal(path) => {
            let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(&bytes[..bytes.len() / 3]).unwrap();
            true
        }
        _ => false,
    });
    let mut store = Store::open_on(disk, folder.path(), "apply").unwrap();
    store.append(&created("web")).unwrap();
    let before = store.state().clone();
    broken.store(true, Ordering::SeqCst);
    refused(store.append(&created("db")));
    drop(store);
    let found = loaded(folder.path());
    assert_eq!(found.state, before);
    assert_eq!(found.recovered.as_ref().unwrap().code, "P7008");
    let next = Store::open(folder.path(), "apply").unwrap();
    assert_eq!((next.state(), next.recovered()), (&before, found.recovered.as_ref()));
    drop(next);
    assert_eq!(loaded(folder.path()), Loaded { state: before, recovered: None });
}

#[test]
fn a_disk_that_is_full_is_told_as_it_is() {
    let folder = TempDir::new().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let disk = failing(&broken, |it| matches!(it, Operation::Write(..)));
    let mut store = Store::open_on(disk, folder.path(), "apply").unwrap();
    broken.store(true, Ordering::SeqCst);
    let failed = refused(store.append(&created("web")));
    assert_eq!(
        failed.problem.message,
        format!(
            "what was done last could not be recorded in `{}`: no storage space",
            folder.path().join(JOURNAL).display()
        )
    );
    assert_eq!(failed.problem.notes[1], "they could not be put anywhere else either");
}

#[test]
fn a_snapshot_that_cannot_be_written_leaves_the_journal_as_it_was() {
    let folder = TempDir::new().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let disk = failing(&broken, |it| matches!(it, Operation::Write(..)));
    let mut store = Store::open_on(disk, folder.path(), "apply").unwrap();
    store.append(&created("web")).unwrap();
    let state = store.state().clone();
    broken.store(true, Ordering::SeqCst);
    assert_eq!(refused(store.close()).problem.code, "P7006");
    assert_eq!(loaded(folder.path()), Loaded { state, recovered: None });
}

#[test]
fn between_snapshot_and_new_journal_nothing_is_added_to_the_old_one() {
    let folder = TempDir::new().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let disk =
        failing(&broken, |it| matches!(it, Operation::Rename(_, to) if to.ends_with(JOURNAL)));
    let mut store = Store::open_on(disk, folder.path(), "apply").unwrap();
    store.append(&created("web")).unwrap();
    let state = store.state().clone();
    broken.store(true, Ordering::SeqCst);
    refused(store.compact());
    broken.store(false, Ordering::SeqCst);
    refused(store.append(&created("db")));
    drop(store);
    assert_eq!(loaded(folder.path()), Loaded { state: state.clone(), recovered: None });
    let next = Store::open(folder.path(), "apply").unwrap();
    assert_eq!((next.state(), next.recovered()), (&state, None));
}

fn rescued(folder: &Path) -> String {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut rescued = paths.filter(|path| path.to_string_lossy().contains("paas.rescue."));
    fs::read_to_string(rescued.next().unwrap()).unwrap()
}
