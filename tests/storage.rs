//! Snapshot, journal, lock: what is durable stays, and what is damaged is never taken for whole.

#![allow(clippy::unwrap_used)]

mod crash;
mod damage;
mod repair;
mod secrets;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use paas::lower::Intent;
use paas::model::ObjectId;
use paas::model::Value;
use paas::problem::{Problem, Style, print};
use paas::source::Sources;
use paas::state::{Event, State, Verb, format, journal};
use paas::store::{Disk, Loaded, Operation, Refused, Store, read};
use tempfile::TempDir;

use crate::support::json;

const SNAPSHOT: &str = "paas.state.json";
const JOURNAL: &str = "paas.journal";

fn id(name: &str) -> ObjectId {
    ObjectId::parse(&format!("container.{name}#1")).unwrap()
}

fn started(name: &str, verb: Verb, spec: Value) -> Event {
    let intent = Intent { spec, ..Intent::default() };
    Event::Started { id: id(name), verb, uid: "7f3a9c2e51d0".to_owned(), intent }
}

fn done(name: &str, verb: Verb) -> Event {
    let facts = BTreeMap::from([("ip".to_owned(), json!("10.0.0.7"))]);
    Event::Done { id: id(name), verb, facts, took_ms: 1200 }
}

fn created(name: &str) -> [Event; 2] {
    [started(name, Verb::Create, json!({"memory": 512, "load": 0.1})), done(name, Verb::Create)]
}

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.roll(256)).unwrap()
    }

    fn pick<T: Copy, const COUNT: usize>(&mut self, choices: [T; COUNT]) -> T {
        choices[usize::from(self.byte()) % COUNT]
    }

    fn event(&mut self) -> Event {
        let name = self.pick(["web", "db", "proxy", "mail"]);
        let verb = self.pick([Verb::Create, Verb::Update, Verb::Delete, Verb::Forget]);
        match self.roll(9) {
            0..3 => started(name, verb, self.value(3)),
            3..6 => done(name, verb),
            6 => Event::Abandoned { id: id(name) },
            7 => Event::Undone { id: id(name), verb },
            _ => Event::Outputs { values: BTreeMap::from([("out".to_owned(), self.value(2))]) },
        }
    }

    fn events(&mut self, count: u64) -> Vec<Event> {
        (0..count).map(|_| self.event()).collect()
    }

    fn value(&mut self, depth: u64) -> Value {
        match self.roll(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(self.roll(u64::MAX)),
            2 => json!(-i64::from(self.byte())),
            3 => json!(f64::from_bits(self.roll(u64::MAX))),
            4 => json!(self.pick(["", "ü\n\"\\", "a\u{2028}\u{0}b", "1 2 3"])),
            5 => (0..self.roll(4)).map(|_| self.value(depth - 1)).collect(),
            _ => (0..self.roll(4)).map(|key| (key.to_string(), self.value(depth - 1))).collect(),
        }
    }
}

fn folded(lineage: &str, events: &[Event]) -> State {
    let mut state = State { lineage: lineage.to_owned(), ..State::default() };
    events.iter().for_each(|event| state.record(event.clone()));
    state
}

fn loaded(folder: &Path) -> Loaded {
    read(folder).unwrap().unwrap()
}

fn refused<T>(result: Result<T, Refused>) -> Refused {
    result.err().expect("this is refused")
}

fn shown(problem: &Problem, folder: &Path) -> String {
    let style = Style { colour: false, unicode: false, width: 400 };
    let text = print(std::slice::from_ref(problem), &Sources::default(), style);
    text.replace(&folder.display().to_string(), "DIR")
}

#[test]
fn a_folder_without_a_state_has_none_and_is_left_alone() {
    let folder = TempDir::new().unwrap();
    assert_eq!(read(folder.path()), Ok(None));
    assert_eq!(read(&folder.path().join("nowhere")), Ok(None));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_first_run_makes_a_lineage_before_anything_happens() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), "apply").unwrap();
    let lineage = store.state().lineage.clone();
    assert_eq!(lineage.len(), 32);
    drop(store);
    assert_eq!(loaded(folder.path()).state, folded(&lineage, &[]));
    let again = Store::open(folder.path(), "apply").unwrap();
    assert_eq!(again.state().lineage, lineage);
}

#[test]
fn what_is_appended_is_read_again_before_and_after_a_snapshot() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let folder = TempDir::new().unwrap();
        let mut store = Store::open(folder.path(), "apply").unwrap();
        let mut all = Vec::new();
        for _ in 0..dice.roll(6) {
            let count = dice.roll(5);
            let events = dice.events(count);
            store.append(&events).unwrap();
            all.extend(events);
            if dice.roll(3) == 0 {
                store.compact().unwrap();
            }
        }
        let expected = folded(&store.state().lineage, &all);
        assert_eq!(store.state(), &expected, "seed {seed}: in memory");
        assert_eq!(loaded(folder.path()).state, expected, "seed {seed}: from the journal");
        store.close().unwrap();
        let after = loaded(folder.path());
        assert_eq!(after, Loaded { state: expected, recovered: None }, "seed {seed}: snapshot");
    }
}

#[test]
fn the_text_of_a_state_is_the_same_for_the_same_state() {
    for seed in 0..200 {
        let state = folded("l", &Dice(seed).events(30));
        let sealed = format::encode(&state);
        let read = format::decode(&sealed.text).unwrap();
        assert_eq!((&read.state, &read.sha256), (&state, &sealed.sha256), "seed {seed}");
        assert_eq!(format::encode(&read.state), sealed, "seed {seed}");
    }
}

#[test]
fn only_the_owner_can_read_what_is_written() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state");
    let mut store = Store::open(&state, "apply").unwrap();
    store.append(&created("web")).unwrap();
    store.compact().unwrap();
    store.append(&created("db")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (mut folders, mut seen) = (vec![state], 0);
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 7);
}

#[test]
fn a_second_writer_is_told_who_holds_the_lock() {
    let folder = TempDir::new().unwrap();
    let first = Store::open(folder.path(), "apply").unwrap();
    let second = refused(Store::open(folder.path(), "apply"));
    assert_eq!((second.problem.code, second.exit), ("P7004", Refused::LOCKED));
    assert!(second.problem.message.contains("is locked: `apply` has run for "));
    assert!(second.problem.notes[0].contains(&format!("process {} of", std::process::id())));
    assert!(read(folder.path()).is_ok(), "reading takes no lock");
    drop(first);
    Store::open(folder.path(), "apply").unwrap();
}

#[test]
fn a_lock_without_a_name_beside_it_is_still_a_lock() {
    let folder = TempDir::new().unwrap();
    let _first = Store::open(folder.path(), "apply").unwrap();
    fs::write(folder.path().join("paas.lock.json"), "{").unwrap();
    let second = refused(Store::open(folder.path(), "apply"));
    let expected = "error[P7004]: the state in `DIR` is locked by another run";
    assert_eq!(shown(&second.problem, folder.path()).lines().next(), Some(expected));
    assert!(second.problem.message.ends_with("is locked by another run"));
}

#[test]
fn one_append_waits_for_the_disk_once() {
    let folder = TempDir::new().unwrap();
    let syncs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&syncs);
    let disk = Disk::watched(move |operation| {
        if matches!(operation, Operation::Sync(_) | Operation::SyncFolder(_)) {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
        Ok(())
    });
    let mut store = Store::open_on(disk, folder.path(), "apply").unwrap();
    let before = syncs.load(std::sync::atomic::Ordering::SeqCst);
    store.append(&Dice(1).events(50)).unwrap();
    store.append(&[]).unwrap();
    assert_eq!(syncs.load(std::sync::atomic::Ordering::SeqCst), before + 1);
}

#[test]
fn a_created_resource_takes_less_than_two_kilobytes_of_journal() {
    let folder = TempDir::new().unwrap();
    let mut store = Store::open(folder.path(), "apply").unwrap();
    let before = fs::metadata(folder.path().join(JOURNAL)).unwrap().len();
    let spec = json!({
        "on": {"$ref": "cluster.home#1"}, "node": "pve1", "vmid": 10234, "hostname": "web-1",
        "template": {"$ref": "template.debian#3"}, "cores": 4, "memory": 2147483648_u64,
        "disk": 17179869184_u64, "network": {"$ref": "network.lab#1"}, "ip": "192.168.99.23",
        "features": {"nesting": true, "keyctl": true}, "start_on_boot": true,
        "mounts": [{"path": "/srv/data", "size": 107374182400_u64, "storage": "tank"}],
        "ssh_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF8n0k9v1QxkTq2m ada@lab"],
        "description": "The team's blog, its database and the cache in front of both.",
    });
    store.append(&[started("web_1", Verb::Create, spec), done("web_1", Verb::Create)]).unwrap();
    let grown = fs::metadata(folder.path().join(JOURNAL)).unwrap().len() - before;
    assert!(grown < 1100, "{grown} bytes");
}

#[test]
fn a_long_journal_becomes_a_snapshot_when_it_is_opened() {
    let folder = TempDir::new().unwrap();
    let mut store = Store::open(folder.path(), "apply").unwrap();
    let long = started("web", Verb::Create, json!("x".repeat(1 << 20)));
    store.append(&[long, done("web", Verb::Create)]).unwrap();
    drop(store);
    let expected = loaded(folder.path());
    drop(Store::open(folder.path(), "apply").unwrap());
    assert!(fs::metadata(folder.path().join(JOURNAL)).unwrap().len() < 300);
    assert_eq!(loaded(folder.path()), expected);
}

#[test]
fn the_last_twenty_snapshots_are_kept() {
    let folder = TempDir::new().unwrap();
    for _ in 0..25 {
        let mut store = Store::open(folder.path(), "apply").unwrap();
        store.append(&created("web")).unwrap();
        store.close().unwrap();
    }
    let backups = fs::read_dir(folder.path().join("backups")).unwrap();
    let mut names: Vec<String> =
        backups.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    let ending = |ending: &str| names.iter().filter(|name| name.ends_with(ending)).count();
    assert_eq!((ending(".json"), ending(".journal")), (20, 20));
    assert_eq!(names.last().unwrap(), "00000000000000000048.json");
    let quiet = fs::metadata(folder.path().join(SNAPSHOT)).unwrap().modified().unwrap();
    Store::open(folder.path(), "apply").unwrap().close().unwrap();
    let after = fs::metadata(folder.path().join(SNAPSHOT)).unwrap().modified().unwrap();
    assert_eq!(quiet, after, "a run that does nothing writes no snapshot");
}

#[test]
fn an_event_that_could_not_be_read_again_is_not_written() {
    let folder = TempDir::new().unwrap();
    let mut store = Store::open(folder.path(), "apply").unwrap();
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let failed = refused(store.append(&[started("web", Verb::Create, deep)]));
    assert_eq!(failed.problem.message, "an event could not be recorded: recursion limit exceeded");
    store.append(&created("web")).unwrap();
    assert_eq!(&loaded(folder.path()).state, store.state());
}

#[test]
fn a_journal_can_be_read_by_a_person() {
    let state = folded("6f1e", &[]);
    let (header, tail) = journal::Header::after(&state, "00ff").encode();
    let (line, _) = tail.then(&Event::Undone { id: id("web"), verb: Verb::Create }).unwrap();
    let text = String::from_utf8([header, line.bytes].concat()).unwrap();
    assert_eq!(
        text,
        "9560d93a 72 {\"paas_journal\":1,\"lineage\":\"6f1e\",\"base_serial\":0,\
         \"base_sha256\":\"00ff\"}\n\
         d3124c59 87 {\"prev\":\"02cdebad0298dfdf\",\"event\":{\"undone\":\
         {\"id\":\"container.web#1\",\"verb\":\"create\"}}}\n"
    );
}

/// What was asked for twice may be made twice, one after the other.
#[test]
fn a_guest_that_was_asked_for_twice_may_come_again_when_it_is_gone() {
    let spec = json!({"id": 10_000, "cluster": {"$ref": "cluster.home#1"}});
    let create = || started("web", Verb::Create, spec.clone());
    let gone = || [started("web", Verb::Delete, spec.clone()), done("web", Verb::Delete)];
    let after = |events: Vec<Event>| {
        let mut state = State::default();
        events.into_iter().for_each(|event| state.record(event));
        assert!(state.records.is_empty());
        state.abandoned.len()
    };
    let made = || done("web", Verb::Create);
    let heard = [vec![create(), made()], gone().into()].concat();
    assert_eq!(after(heard), 0, "its one request has ended");
    assert_eq!(after([vec![create()], gone().into()].concat()), 0, "it was seen");
    assert_eq!(after([vec![create(), create()], gone().into()].concat()), 1);
    let later = [vec![create(), create(), made()], gone().into()].concat();
    assert_eq!(after(later), 1);
}
