//! Files that are not what was written: cut off, flipped, missing, too new, put back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::json;
use paas::model::digest;
use paas::state::State;
use paas::store::{Loaded, Refused, Store, read};
use tempfile::TempDir;

use super::{Dice, JOURNAL, SNAPSHOT, Verb, created, loaded, refused, shown, started};

/// A small state as a crashed run leaves it, and the state after each of its journal's lines.
fn small() -> (TempDir, Vec<State>) {
    let folder = TempDir::new().unwrap();
    let mut store = Store::open(folder.path(), "apply").unwrap();
    store.append(&created("web")).unwrap();
    store.compact().unwrap();
    let mut states = vec![store.state().clone()];
    for event in created("db").into_iter().chain([started("db", Verb::Delete, json!({}))]) {
        store.append(&[event]).unwrap();
        states.push(store.state().clone());
    }
    (folder, states)
}

/// What is shown when a file is changed like this.
#[track_caller]
fn check(file: &str, change: impl FnOnce(String) -> String, expected: &str) {
    let (folder, _) = small();
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, change(text)).unwrap();
    check_refused(folder.path(), expected);
}

#[track_caller]
fn check_refused(folder: &Path, expected: &str) {
    let by_reading = refused(read(folder));
    assert_eq!(by_reading.exit, Refused::UNREADABLE);
    let problem = &by_reading.problem;
    let dir = folder.display().to_string();
    let told = format!("{} {}", problem.code, problem.message).replace(&dir, "DIR");
    assert_eq!(told, expected);
    assert_eq!(refused(Store::open(folder, "apply")), by_reading, "a writer is told the same");
}

/// The checksum as it would be, had `paas` written this.
fn resealed(text: &str) -> String {
    let body = &text[..text.find("\"sha256\"").unwrap()];
    format!("{body}\"sha256\":\"{}\"\n}}\n", digest(body.as_bytes()))
}

/// A line as it would be, had `paas` written this.
fn reframed(line: &str) -> String {
    let json = line.trim_end().splitn(3, ' ').nth(2).unwrap();
    format!("{:08x} {} {json}\n", crc32fast::hash(json.as_bytes()), json.len())
}

#[test]
fn a_snapshot_cut_off_anywhere_is_refused() {
    let (folder, _) = small();
    let path = folder.path().join(SNAPSHOT);
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(refused(read(folder.path())).problem.code, "P7002", "{length} bytes");
    }
}

#[test]
fn a_journal_cut_off_anywhere_loses_its_unfinished_line_and_no_other() {
    let (folder, states) = small();
    let path = folder.path().join(JOURNAL);
    let whole = fs::read(&path).unwrap();
    let header = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        if length < header {
            assert_eq!(refused(read(folder.path())).problem.code, "P7002", "{length} bytes");
            continue;
        }
        let found = loaded(folder.path());
        let lines = whole[header..length].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(found.state, states[lines], "{length} bytes");
        assert_eq!(found.recovered.is_some(), whole[length - 1] != b'\n', "{length} bytes");
    }
}

#[test]
fn every_flipped_bit_of_a_snapshot_is_found() {
    let (folder, _) = small();
    let path = folder.path().join(SNAPSHOT);
    let whole = fs::read(&path).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        assert_eq!(refused(read(folder.path())).problem.code, "P7002", "bit {bit}");
    }
}

#[test]
fn every_flipped_bit_of_a_journal_is_found() {
    let (folder, states) = small();
    let path = folder.path().join(JOURNAL);
    let whole = fs::read(&path).unwrap();
    let without_end = &whole[..whole.len() - 1];
    let last = without_end.iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        match read(folder.path()) {
            Err(refused) => assert_eq!(refused.problem.code, "P7002", "bit {bit}"),
            Ok(found) => {
                let Loaded { state, recovered } = found.unwrap();
                assert!(bit / 8 >= last, "bit {bit} is in a line that others follow");
                assert_eq!(state, states[states.len() - 2], "bit {bit}");
                assert_eq!(recovered.unwrap().code, "P7008", "bit {bit}");
            }
        }
    }
}

#[test]
fn random_bytes_never_pass_for_a_state() {
    for seed in 0..300 {
        let (folder, mut dice) = (TempDir::new().unwrap(), Dice(seed));
        for name in [SNAPSHOT, JOURNAL] {
            let length = dice.roll(200);
            let bytes: Vec<u8> = (0..length).map(|_| dice.byte()).collect();
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        assert_eq!(refused(read(folder.path())).problem.code, "P7002", "seed {seed}");
    }
}

#[test]
fn an_empty_snapshot_is_no_fresh_start() {
    check(SNAPSHOT, |_| String::new(), "P7002 `DIR/paas.state.json` is damaged: it is empty");
}

#[test]
fn a_snapshot_that_is_cut_off_says_so() {
    check(
        SNAPSHOT,
        |text| text[..text.len() / 2].to_owned(),
        "P7002 `DIR/paas.state.json` is damaged: it is cut off: the checksum at its end is missing",
    );
}

#[test]
fn a_value_changed_by_hand_is_found() {
    check(
        SNAPSHOT,
        |text| text.replace("\"memory\":512", "\"memory\":513"),
        "P7002 `DIR/paas.state.json` is damaged: \
         its content does not match the checksum at its end",
    );
}

#[test]
fn a_snapshot_that_only_looks_whole_is_not_the_one_that_the_journal_follows() {
    check(
        SNAPSHOT,
        |text| resealed(&text.replace("\"memory\":512", "\"memory\":513")),
        "P7002 `DIR/paas.journal` is damaged, line 1: it follows another snapshot of serial 2",
    );
}

#[test]
fn a_field_that_nobody_knows_is_not_passed_over() {
    check(
        SNAPSHOT,
        |text| resealed(&text.replace("\"uid\"", "\"owner\":1,\"uid\"")),
        "P7002 `DIR/paas.state.json` is damaged, line 7: unknown field `owner`, \
         expected one of `uid`, `intent`, `begun`, `repeated`, `moved_from`, `facts`",
    );
    check(
        SNAPSHOT,
        |text| resealed(&text.replace("\"spec\"", "\"owner\":1,\"spec\"")),
        "P7002 `DIR/paas.state.json` is damaged, line 7: unknown field `owner`, \
         expected one of `spec`, `after`, `lifecycle`, `fingerprints`",
    );
    check(
        SNAPSHOT,
        |text| resealed(&text.replace("\"serial\"", "\"owner\":1,\n\"serial\"")),
        "P7002 `DIR/paas.state.json` is damaged, line 5: unknown field `owner`, expected one of \
         `format`, `paas`, `lineage`, `serial`, `records`, `durations`, `outputs`, `moved`, \
         `keeping`, `abandoned`, `sha256`",
    );
}

#[test]
fn a_newer_format_is_refused_and_not_called_damaged() {
    let expected = "P7005 `DIR/paas.state.json` has format 2, which is too new";
    let newer = |text: String| text.replace("\"format\":1", "\"format\":2");
    check(SNAPSHOT, |text| resealed(&newer(text)), expected);
    check(SNAPSHOT, |_| "{\"format\": 2, \"more\": [{}]}".to_owned(), expected);
    check(
        JOURNAL,
        |text| {
            let first = text.lines().next().unwrap();
            reframed(&first.replace("{\"paas_journal\":1", "{\"paas_journal\":3,\"by\":[]"))
        },
        "P7005 `DIR/paas.journal` has format 3, which is too new",
    );
}

#[test]
fn a_format_that_never_was_is_damage() {
    check(
        SNAPSHOT,
        |_| "{\"format\": 0}".to_owned(),
        "P7002 `DIR/paas.state.json` is damaged: there never was a format 0",
    );
}

#[test]
fn a_bad_line_with_a_good_one_after_it_is_refused_with_its_number() {
    check(
        JOURNAL,
        |text| text.replacen("10.0.0.7", "10.0.0.8", 1),
        "P7002 `DIR/paas.journal` is damaged, line 3: it does not match its own checksum",
    );
}

#[test]
fn a_line_left_out_moved_or_repeated_is_found() {
    let expected =
        "P7002 `DIR/paas.journal` is damaged, line 3: it does not follow the line before it";
    let order = |text: &str, order: &[usize]| {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        order.iter().map(|index| lines[*index]).collect::<String>()
    };
    check(JOURNAL, |text| order(&text, &[0, 1, 3]), expected);
    check(JOURNAL, |text| order(&text, &[0, 1, 1, 2]), expected);
    check(JOURNAL, |text| order(&text, &[0, 1, 3, 2]), expected);
}

#[test]
fn an_event_that_nobody_knows_is_not_taken_for_an_unfinished_line() {
    check(
        JOURNAL,
        |text| {
            let at = text.trim_end().rfind('\n').unwrap() + 1;
            let unknown = text[at..].replace("\"started\"", "\"paused\"");
            format!("{}{}", &text[..at], reframed(&unknown))
        },
        "P7002 `DIR/paas.journal` is damaged, line 4: unknown variant `paused`, expected one of \
         `started`, `done`, `undone`, `abandoned`, `moved`, `keeping`, `outputs`",
    );
}

#[test]
fn a_missing_snapshot_is_no_fresh_start() {
    let (folder, _) = small();
    fs::remove_file(folder.path().join(SNAPSHOT)).unwrap();
    check_refused(
        folder.path(),
        "P7002 `DIR/paas.state.json` is missing: its journal begins at serial 2",
    );
    fs::remove_file(folder.path().join(JOURNAL)).unwrap();
    let expected = "P7002 `DIR/paas.state.json` is missing: older ones are still there";
    check_refused(folder.path(), expected);
    fs::remove_file(folder.path().join("paas.state.json.prev")).unwrap();
    check_refused(folder.path(), expected);
}

#[test]
fn the_very_first_journal_tells_everything_if_nothing_was_there_before_it() {
    let folder = TempDir::new().unwrap();
    let mut store = Store::open(folder.path(), "apply").unwrap();
    store.append(&created("web")).unwrap();
    let state = store.state().clone();
    drop(store);
    let previous = folder.path().join("paas.state.json.prev");
    fs::rename(folder.path().join(SNAPSHOT), &previous).unwrap();
    check_refused(
        folder.path(),
        "P7002 `DIR/paas.state.json` is missing: its journal begins at serial 0",
    );
    fs::remove_file(previous).unwrap();
    let found = loaded(folder.path());
    assert_eq!(found.state, state);
    assert!(found.recovered.unwrap().message.ends_with("is made again from its journal"));
    Store::open(folder.path(), "apply").unwrap().close().unwrap();
    assert_eq!(loaded(folder.path()), Loaded { state, recovered: None });
}

#[test]
fn a_missing_journal_is_noticed() {
    let (folder, _) = small();
    fs::remove_file(folder.path().join(JOURNAL)).unwrap();
    check_refused(
        folder.path(),
        "P7002 `DIR/paas.journal` is missing: what happened after serial 2 is unknown",
    );
}

#[test]
fn a_snapshot_that_was_put_back_is_noticed() {
    let (folder, _) = small();
    fs::copy(folder.path().join("paas.state.json.prev"), folder.path().join(SNAPSHOT)).unwrap();
    check_refused(
        folder.path(),
        "P7002 `DIR/paas.journal` is damaged, line 1: it follows serial 2, \
         but the snapshot beside it is older: serial 0",
    );
}

#[test]
fn a_journal_that_was_put_back_is_noticed() {
    let (folder, _) = small();
    let path = folder.path().join(JOURNAL);
    let journal = fs::read(&path).unwrap();
    let mut store = Store::open(folder.path(), "apply").unwrap();
    store.append(&created("proxy")).unwrap();
    store.close().unwrap();
    fs::write(&path, journal).unwrap();
    check_refused(
        folder.path(),
        "P7002 `DIR/paas.journal` is damaged, line 1: it goes from serial 2 to 5, \
         which does not lead to the snapshot beside it: serial 7",
    );
}

#[test]
fn files_of_two_states_are_not_taken_for_one() {
    let ((folder, _), (other, _)) = (small(), small());
    fs::copy(other.path().join(JOURNAL), folder.path().join(JOURNAL)).unwrap();
    check_refused(
        folder.path(),
        "P7002 `DIR/paas.journal` is damaged, line 1: it belongs to a state of another lineage",
    );
}

#[test]
fn only_regular_files_are_read() {
    let (folder, _) = small();
    let path = folder.path().join(SNAPSHOT);
    let aside = folder.path().join("aside");
    fs::rename(&path, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &path).unwrap();
    let expected = "P7006 `DIR/paas.state.json` cannot be read: it is not a regular file";
    check_refused(folder.path(), expected);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    check_refused(folder.path(), expected);
}

#[test]
fn a_folder_that_everybody_can_write_to_is_not_used() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let problem = refused(Store::open(folder.path(), "apply")).problem;
    assert!(problem.message.ends_with("is not used: it is writable by everybody"));
}

#[test]
fn damage_is_shown_with_the_way_out() {
    let (folder, _) = small();
    fs::write(folder.path().join(SNAPSHOT), "").unwrap();
    let problem = refused(read(folder.path())).problem;
    assert_eq!(
        shown(&problem, folder.path()),
        "error[P7002]: `DIR/paas.state.json` is damaged: it is empty\n  \
         = help: `paas state repair` goes back to the newest state that can be read, \
         keeps the bad files, and says what is missing\n  \
         = note: nothing has been changed\n"
    );
}
