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

/// The longest that a killed command runs: a bit more than most of them need.
const LONGEST_MS: u64 = 400;

/// A number from the environment.
pub fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Numbers that look random and are the same for the same seed.
pub struct Numbers(pub u64);

impl Numbers {
    /// One below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Makes the project ask for something else than before, and tells the command that does it.
fn turn(project: &Project, kind: u64) -> &'static str {
    match kind {
        0 => (),
        1 => project.edit("blog.yml", "ghost:5.96.0", "ghost:5.97.0"),
        2 => project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB"),
        // It is replaced: this cannot be changed on a container that exists.
        3 => project.edit("main.paas", "features { nesting = true }", "unprivileged = false"),
        4 => {
            project.edit("main.paas", "container edge {", "container other {");
            project.edit("main.paas", "on = container.edge,", "on = container.other,");
        }
        _ => return "destroy --sandbox --yes",
    }
    "apply --sandbox --yes"
}

/// How many lines the journal has.
fn lines(project: &Project) -> usize {
    let text = std::fs::read(project.path(JOURNAL)).unwrap_or_default();
    text.iter().filter(|byte| **byte == b'\n').count()
}

/// Runs a command up to the moment of the kill: after some time, or when the journal has some more
/// lines. Tells whether it was killed.
fn killed(project: &Project, line: &str, numbers: &mut Numbers) -> bool {
    let before = lines(project);
    let (by_time, more) = (numbers.below(3) == 0, 1 + numbers.below(9));
    let longest =
        Duration::from_millis(if by_time { numbers.below(LONGEST_MS) } else { LONGEST_MS });
    let (mut child, start) = (project.start(line), Instant::now());
    let enough = || !by_time && lines(project) as u64 >= before as u64 + more;
    while start.elapsed() < longest && !enough() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("it is ours");
    child.wait_with_output().expect("it has ended").status.code().is_none()
}

/// What was found out in all.
#[derive(Debug, Default)]
struct Figures {
    kills: u64,
    /// The command had begun to change things.
    in_the_middle: u64,
    /// It had begun something whose end was never heard of.
    unsure: u64,
    /// It had ended before the kill came.
    too_late: u64,
}

#[test]
fn killed_at_any_moment_the_next_apply_converges() {
    let count = given("PAAS_KILLS").unwrap_or(KILLS);
    let seed = given("PAAS_SEED").unwrap_or(20_261_121);
    println!("{count} kills with seed {seed}");
    let (mut numbers, mut figures, start) = (Numbers(seed), Figures::default(), Instant::now());
    let mut project = Project::site();
    for kind in (0..6).cycle() {
        if figures.kills == count {
            break;
        }
        if kind == 0 {
            project = Project::site();
        }
        project.fine("sandbox set sandbox pace=12");
        let line = turn(&project, kind);
        if killed(&project, line, &mut numbers) {
            let journal = std::fs::read_to_string(project.path(JOURNAL)).unwrap_or_default();
            let told = |word: &str| journal.matches(word).count();
            figures.kills += 1;
            figures.in_the_middle += u64::from(told("started") > 0);
            figures.unsure += u64::from(told("started") > told("done"));
        } else {
            figures.too_late += 1;
        }
        project.fine("sandbox set sandbox pace=0");
        project.fine(line);
        whole(&project, line);
    }
    println!("{figures:?}, no orphan, no duplicate, in {:.1} s", start.elapsed().as_secs_f64());
    assert!(figures.in_the_middle * 2 > count, "too few were in the middle: {figures:?}");
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
    converged(project);
}
