//! A damaged state comes back as far as any file still tells it, and nothing is thrown away.

use std::fs;
use std::path::Path;

use paas::state::State;
use paas::store::{Refused, Report, Store, read, repair};
use tempfile::TempDir;

use super::{Dice, JOURNAL, SNAPSHOT, created, loaded, refused};

/// Five finished runs of four events each, and one that was cut off after two; and the state
/// after each run.
fn history() -> (TempDir, Vec<State>) {
    let (folder, mut dice) = (TempDir::new().unwrap(), Dice(3));
    let mut states = Vec::new();
    for run in 0..6 {
        let mut store = Store::open(folder.path(), "apply").unwrap();
        store.append(&dice.events(if run == 5 { 2 } else { 4 })).unwrap();
        states.push(store.state().clone());
        if run < 5 {
            store.close().unwrap();
        }
    }
    (folder, states)
}

/// Repairs, and checks that what is there now is `expected` but for its serial.
#[track_caller]
fn check(folder: &Path, expected: &State, missing: u64, from: &[&str]) {
    let damaged: Vec<Option<Vec<u8>>> =
        [SNAPSHOT, JOURNAL].iter().map(|name| fs::read(folder.join(name)).ok()).collect();
    let report = repair(folder).unwrap();
    let Report::Repaired { from: used, reached, missing: gap, serial, kept } = report else {
        panic!("nothing was repaired");
    };
    let used: Vec<_> = used.iter().map(|it| it.strip_prefix(folder).unwrap()).collect();
    assert_eq!(used, from.iter().map(Path::new).collect::<Vec<_>>());
    assert_eq!((reached, gap), (expected.serial, missing));
    assert_eq!(serial, expected.serial + missing + 1);
    let found = loaded(folder);
    assert_eq!(found.state, State { serial, ..expected.clone() });
    assert_eq!(found.recovered, None);
    let kept: Vec<Vec<u8>> = kept.iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(kept, damaged.into_iter().flatten().collect::<Vec<_>>());
    assert_eq!(repair(folder).unwrap(), Report::Healthy { serial });
    let mut store = Store::open(folder, "apply").unwrap();
    store.append(&created("after")).unwrap();
    store.close().unwrap();
    assert_eq!(loaded(folder).state.serial, serial + 2);
}

fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn backup(serial: u64, ending: &str) -> String {
    format!("backups/{serial:020}.{ending}")
}

#[test]
fn a_healthy_state_is_left_alone() {
    let (folder, states) = history();
    assert_eq!(repair(folder.path()).unwrap(), Report::Healthy { serial: 22 });
    assert_eq!(loaded(folder.path()).state, states[5]);
}

#[test]
fn where_there_is_no_state_there_is_nothing_to_repair() {
    let folder = TempDir::new().unwrap();
    assert_eq!(refused(repair(folder.path())).problem.code, "P7007");
    let nowhere = folder.path().join("nowhere");
    assert_eq!(refused(repair(&nowhere)).problem.code, "P7007");
    assert!(!nowhere.exists());
}

#[test]
fn a_damaged_snapshot_is_made_again_from_the_one_before_it_and_nothing_is_missing() {
    let (folder, states) = history();
    damage(&folder.path().join(SNAPSHOT));
    let journal = backup(16, "journal");
    check(folder.path(), &states[5], 0, &["paas.state.json.prev", &journal, JOURNAL]);
}

#[test]
fn a_lost_snapshot_comes_back_like_a_damaged_one() {
    let (folder, states) = history();
    fs::remove_file(folder.path().join(SNAPSHOT)).unwrap();
    fs::remove_file(folder.path().join("paas.state.json.prev")).unwrap();
    let (snapshot, journal) = (backup(16, "json"), backup(16, "journal"));
    check(folder.path(), &states[5], 0, &[&snapshot, &journal, JOURNAL]);
}

#[test]
fn a_damaged_journal_is_used_up_to_the_damage_and_the_rest_is_counted() {
    let (folder, states) = history();
    let path = folder.path().join(JOURNAL);
    let text = fs::read_to_string(&path).unwrap();
    let at = text.find('\n').unwrap() + 20;
    fs::write(&path, [&text[..at], "~", &text[at + 1..]].concat()).unwrap();
    check(folder.path(), &states[4], 2, &[SNAPSHOT, JOURNAL]);
}

#[test]
fn a_snapshot_that_was_put_back_is_led_on_to_where_it_was() {
    let (folder, states) = history();
    fs::copy(folder.path().join(backup(8, "json")), folder.path().join(SNAPSHOT)).unwrap();
    let journals = [backup(8, "journal"), backup(12, "journal"), backup(16, "journal")];
    let [one, two, three] = &journals;
    check(folder.path(), &states[5], 0, &[SNAPSHOT, one, two, three, JOURNAL]);
}

#[test]
fn when_all_snapshots_are_damaged_the_journals_tell_everything() {
    let (folder, states) = history();
    damage(&folder.path().join(SNAPSHOT));
    damage(&folder.path().join("paas.state.json.prev"));
    for serial in [0, 4, 8, 12] {
        damage(&folder.path().join(backup(serial, "json")));
    }
    let journals = [0, 4, 8, 12, 16].map(|serial| backup(serial, "journal"));
    let mut from: Vec<&str> = journals.iter().map(String::as_str).collect();
    from.push(JOURNAL);
    check(folder.path(), &states[5], 0, &from);
}

#[test]
fn what_is_beyond_repair_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(SNAPSHOT), "{").unwrap();
    let problem = refused(repair(folder.path())).problem;
    assert_eq!(problem.code, "P7002");
    assert_eq!(fs::read(folder.path().join(SNAPSHOT)).unwrap(), b"{");
}

#[test]
fn a_newer_state_is_not_replaced_by_an_older_one() {
    let (folder, _) = history();
    fs::write(folder.path().join(SNAPSHOT), "{\"format\": 9}").unwrap();
    assert_eq!(refused(repair(folder.path())).problem.code, "P7005");
    assert_eq!(refused(read(folder.path())).problem.code, "P7005");
}

#[test]
fn two_states_are_not_mixed() {
    let ((folder, _), (other, _)) = (history(), history());
    fs::copy(other.path().join(SNAPSHOT), folder.path().join(SNAPSHOT)).unwrap();
    let problem = refused(repair(folder.path())).problem;
    assert!(problem.message.ends_with("holds files of two different states"));
}

#[test]
fn a_state_in_use_is_not_repaired() {
    let (folder, _) = history();
    let _store = Store::open(folder.path(), "apply").unwrap();
    assert_eq!(refused(repair(folder.path())).exit, Refused::LOCKED);
}
