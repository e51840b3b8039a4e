//! `kill -9` while secrets are made, rotated and moved: no value is lost, and none is made twice.
//!
//! `PAAS_KILLS=200 cargo test --release kills_of_secrets -- --nocapture` does it 200 times, and
//! `PAAS_SEED` repeats a run.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use crate::commands::apply::converged;
use crate::commands::kills::{Numbers, given};
use crate::support::project::Project;
use crate::support::stores::{self, Place, equipped};

/// How many times, unless `PAAS_KILLS` says otherwise.
const KILLS: u64 = 24;

/// The longest that a killed command runs.
const LONGEST_MS: u64 = 120;

/// Two secrets and an app that has both.
fn manifest(place: &Place, first: &str, second: &str, more: &str) -> String {
    let settings = place.manifest("");
    format!(
        "{settings}host box {{ address = \"10.0.0.9\" }}\n\
         secret {first} = generate(length = 24)\n\
         secret {second} = generate(length = 24)\n\
         app blog {{\n  on = host.box\n  unit {{ exec = \"/bin/blog\", \
         env = {{ A = secret.{first}, B = upper(secret.{second}) }} }}\n}}\n{more}"
    )
}

fn local() -> Place {
    Place { written: "local()", file: None, vault: None }
}

/// The value of a secret, if it has one.
fn value(project: &Project, name: &str) -> Option<String> {
    let run = project.run(&format!("secret reveal secret.{name} --sandbox --yes"));
    match run.code {
        0 => Some(run.out.trim_end().to_owned()),
        _ => {
            assert!(run.err.contains("no value yet"), "{}{}", run.out, run.err);
            None
        }
    }
}

/// Runs a command and ends it after some time, however far it is.
fn killed(project: &Project, line: &str, numbers: &mut Numbers) -> bool {
    let mut child = project.start(line);
    std::thread::sleep(Duration::from_millis(numbers.below(LONGEST_MS)));
    child.kill().expect("it is ours");
    child.wait_with_output().expect("it has ended").status.code().is_none()
}

/// Only the owner may read the store, its copy and the key, and nothing half-written is left.
#[track_caller]
fn closed(project: &Project) {
    for (path, _) in project.contents() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("paas.secrets") || name.ends_with(".key") {
            let about = std::fs::metadata(&path).expect("it is there");
            assert_eq!(about.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn killed_at_any_moment_no_value_is_lost_or_made_twice() {
    for place in stores::all() {
        let fewer = if place.written == "local()" { KILLS } else { KILLS / 4 };
        lives(&place, given("PAAS_KILLS").unwrap_or(fewer));
    }
}

fn lives(place: &Place, count: u64) {
    let seed = given("PAAS_SEED").unwrap_or(20_261_122);
    println!("{}: {count} kills with seed {seed}", place.written);
    let (mut numbers, mut kills, mut found) = (Numbers(seed), 0, 0);
    while kills < count {
        let project = place.open(equipped(Project::of(&manifest(place, "a", "b", ""))));
        let apply = "apply --sandbox --yes";
        // The first values: what was durable at the kill is what is used.
        kills += u64::from(killed(&project, apply, &mut numbers));
        closed(&project);
        let before = [value(&project, "a"), value(&project, "b")];
        found += u64::from(before[0].is_some());
        project.fine(apply);
        let made = [value(&project, "a"), value(&project, "b")];
        for (before, made) in before.iter().zip(&made) {
            assert!(before.is_none() || before == made, "a value was made twice");
        }
        converged(&project);
        // A rotation happens or does not.
        kills += u64::from(killed(&project, "secret rotate secret.a --sandbox", &mut numbers));
        let rotated = value(&project, "a");
        project.fine(apply);
        assert_eq!(value(&project, "a"), rotated, "a rotated value was lost");
        assert_eq!(value(&project, "b"), made[1]);
        // Names are swapped, or given up for new ones; the values go with them.
        let (first, second) = if numbers.below(2) == 0 { ("b", "a") } else { ("c", "b") };
        let moves = match first {
            "b" => "moved secret.a -> secret.b\nmoved secret.b -> secret.a\n",
            _ => "moved secret.a -> secret.c\n",
        };
        project.write("main.paas", manifest(place, first, second, moves));
        kills += u64::from(killed(&project, apply, &mut numbers));
        project.fine(apply);
        assert_eq!(value(&project, first), rotated, "{first} has another value after its move");
        assert_eq!(value(&project, second), made[1], "{second} has another value");
        converged(&project);
        closed(&project);
    }
    println!("{kills} kills; {found} times there was a value already");
}

#[test]
fn killed_on_the_way_to_another_place_no_value_is_lost() {
    let count = given("PAAS_KILLS").unwrap_or(KILLS / 4);
    let mut numbers = Numbers(given("PAAS_SEED").unwrap_or(20_261_122));
    let places = stores::all();
    let project = equipped(Project::of(&manifest(&places[0], "a", "b", "")));
    let mut project = places[1].open(project);
    project.fine("apply --sandbox --yes");
    let made = [value(&project, "a"), value(&project, "b")];
    let mut at = 0;
    for turn in 0..count {
        // The second server is the same store in another version; one can be named at a time.
        let next = [0, 1, 3, 4, 5][usize::try_from(numbers.below(5)).unwrap()] % places.len();
        at = if next == 2 { at } else { next };
        project.write("main.paas", manifest(&places[at], "a", "b", ""));
        killed(&project, "apply --sandbox --yes", &mut numbers);
        assert_eq!([value(&project, "a"), value(&project, "b")], made, "turn {turn}");
        if numbers.below(2) == 0 {
            project.fine("apply --sandbox --yes");
            assert_eq!([value(&project, "a"), value(&project, "b")], made, "turn {turn}");
            converged(&project);
        }
        closed(&project);
    }
    project = places[1].open(project);
    project.fine("apply --sandbox --yes");
    assert_eq!([value(&project, "a"), value(&project, "b")], made);
    let there = project.path("state/sandbox/paas.secrets").exists();
    assert_eq!(there, at == 0, "{}", places[at].written);
}

#[test]
fn two_at_a_time_lose_nothing() {
    let project = Project::of(&manifest(&local(), "a", "b", ""));
    project.fine("apply --sandbox --yes");
    let mut done = 1;
    for _ in 0..4 {
        let lines = ["secret rotate secret.a --sandbox", "secret rotate secret.a --sandbox"];
        let children = lines.map(|line| project.start(line));
        for child in children {
            let run = project.told(&child.wait_with_output().expect("it ends"));
            match run.code {
                0 => done += 1,
                _ => assert!(run.err.contains("P70"), "{}", run.err),
            }
        }
        let listed = project.fine("secret list --sandbox");
        assert!(listed.contains(&format!("version {done}")), "{done} rotations:\n{listed}");
    }
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn a_value_that_comes_while_somebody_is_asked_is_the_one_that_is_sent() {
    let project = Project::of(&manifest(&local(), "a", "b", ""));
    project.fine("apply --sandbox --yes");
    project.edit("main.paas", "/bin/blog", "/bin/other");
    project.fine("plan --sandbox --out it.plan");
    project.fine("secret rotate secret.a --sandbox");
    let rotated = value(&project, "a");
    // The plan was made for the value before.
    let said = project.ends("apply it.plan", 5);
    assert!(said.contains("secret.a"), "{said}");
    project.fine("apply --sandbox --yes");
    assert_eq!(value(&project, "a"), rotated);
    converged(&project);
}

#[test]
fn a_new_key_opens_what_the_old_one_sealed_wherever_its_making_ended() {
    let project = Project::of("secret a = generate(length = 24)\n");
    project.fine("apply --yes");
    let value = || project.fine("secret reveal secret.a --yes");
    let (made, mut numbers) = (value(), Numbers(7));
    let keys = || {
        let files = project.contents().into_iter().map(|(path, _)| path);
        files.filter(|path| path.to_string_lossy().contains(".key")).count()
    };
    for _ in 0..10 {
        let before = keys();
        killed(&project, "secret new-key", &mut numbers);
        assert_eq!(value(), made);
        assert!(keys() >= before, "a key is gone");
        closed(&project);
    }
    project.fine("secret new-key");
    assert_eq!(value(), made);
    project.fine("apply --yes");
    assert_eq!(value(), made);
}
