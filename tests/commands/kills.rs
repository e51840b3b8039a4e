//! `kill -9` at any moment: the next apply converges, nothing is there twice, nothing is lost.
//!
//! `PAAS_KILLS=200 cargo test --release kills -- --nocapture` does it 200 times, and
//! `PAAS_SEED` repeats a run.

use std::time::{Duration, Instant};

use crate::commands::apply::converged;
use crate::commands::says;
use crate::support::project::Project;

const JOURNAL: &str = "state/sandbox/paas.journal";

/// How many times, unless `PAAS_KILLS` says otherwise.
const KILLS: u64 = 15;

/// The longest that a killed command runs, a bit more than it needs.
const LONGEST: Duration = Duration::from_millis(450);

/// A number from the environment.
fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Numbers that look random and are the same for the same seed.
struct Numbers(u64);

impl Numbers {
    /// One below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What the project is to become next; each differs from the one before it.
fn turn(project: &Project, kind: u64) -> &'static str {
    match kind {
        0 | 1 | 5 => "apply --sandbox --yes",
        2 => "apply --sandbox --yes --set memory=3GiB",
        3 => {
            // It is replaced: this cannot be changed on a container that exists.
            project.edit("main.paas", "features { nesting = true }", "unprivileged = false");
            "apply --sandbox --yes"
        }
        4 => {
            project.edit("main.paas", "container edge {", "container other {");
            project.edit("main.paas", "on = container.edge,", "on = container.other,");
            "apply --sandbox --yes"
        }
        _ => "destroy --sandbox --yes",
    }
}

/// Waits for the moment of the kill: after some time, or when the journal has some lines.
fn wait_for_the_moment(project: &Project, numbers: &mut Numbers) {
    if numbers.below(2) == 0 {
        let millis = LONGEST.as_millis().try_into().expect("it is short");
        std::thread::sleep(Duration::from_millis(numbers.below(millis)));
        return;
    }
    let (path, lines, start) = (project.path(JOURNAL), 1 + numbers.below(15), Instant::now());
    let written = || std::fs::read(&path).unwrap_or_default();
    let count = || written().iter().filter(|byte| **byte == b'\n').count() as u64;
    let before = count();
    while start.elapsed() < LONGEST && !(before..before + lines).contains(&count()) {
        std::thread::yield_now();
    }
    while start.elapsed() < LONGEST && count() < before.min(1) + lines {
        std::thread::yield_now();
    }
}

/// What was found out in all.
#[derive(Debug, Default)]
struct Figures {
    kills: u64,
    /// The command had begun to change things and had not ended.
    in_the_middle: u64,
    /// It had begun something whose end was never heard of.
    unsure: u64,
}

#[test]
fn killed_at_any_moment_the_next_apply_converges() {
    let count = given("PAAS_KILLS").unwrap_or(KILLS);
    let seed = given("PAAS_SEED").unwrap_or(20_261_121);
    println!("{count} kills with seed {seed}");
    let (mut numbers, mut figures, start) = (Numbers(seed), Figures::default(), Instant::now());
    let mut project = Project::site();
    for number in 0..count {
        let kind = number % 7;
        if kind == 0 {
            project = Project::site();
        }
        project.fine("sandbox set sandbox pace=6");
        let line = turn(&project, kind);
        let mut child = project.start(line);
        wait_for_the_moment(&project, &mut numbers);
        child.kill().expect("it is ours");
        let output = child.wait_with_output().expect("it has ended");
        let killed = output.status.code().is_none();
        figures.kills += u64::from(killed);
        let journal = std::fs::read_to_string(project.path(JOURNAL)).unwrap_or_default();
        let (begun, done) = (journal.matches("started").count(), journal.matches("done").count());
        figures.in_the_middle += u64::from(killed && begun > 0);
        figures.unsure += u64::from(killed && begun > done);
        project.fine("sandbox set sandbox pace=0");
        project.fine(line);
        whole(&project, line);
    }
    println!("{figures:?}, no orphan, no duplicate, in {:.1} s", start.elapsed().as_secs_f64());
    assert!(figures.in_the_middle * 3 > count, "too few were in the middle: {figures:?}");
}

/// Everything is as it should be, and nothing else is there.
#[track_caller]
fn whole(project: &Project, line: &str) {
    let guests = project.guests();
    if line.starts_with("destroy") {
        assert!(guests.is_empty(), "{guests:?}");
        assert!(project.recorded().is_empty());
        says(&project.ends("drift --sandbox", 0), &["No drift"]);
        return;
    }
    assert_eq!(guests.len(), 2, "{guests:?}");
    let mut owners: Vec<&String> = guests.iter().map(|(_, _, whose)| whose).collect();
    owners.sort_unstable();
    owners.dedup();
    assert_eq!(owners.len(), 2, "{guests:?}");
    let again = line.replace("apply", "plan").replace("--yes", "--exit-code");
    says(&project.ends(&again, 0), &["No changes"]);
    if again == "plan --sandbox --exit-code" {
        converged(project);
    }
}
