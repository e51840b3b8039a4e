//! Ctrl-C: once lets what runs end, twice stops at once, and nothing is forgotten either way.

use std::process::Child;

use crate::commands::apply::converged;
use crate::commands::says;
use crate::support::project::{Project, Run};

const JOURNAL: &str = "state/sandbox/paas.journal";

/// Starts a command and waits until it has written this into its journal.
fn started(project: &Project, line: &str, told: &str) -> Child {
    project.fine("sandbox set sandbox pace=400");
    let path = project.path(JOURNAL);
    let journal = || std::fs::read_to_string(&path).unwrap_or_default();
    let before = journal();
    let child = project.start(line);
    project.wait_until(told, || {
        let now = journal();
        now.strip_prefix(&before).unwrap_or(&now).contains(told)
    });
    child
}

fn ended(project: &Project, child: Child) -> Run {
    project.told(&child.wait_with_output().expect("it ends"))
}

#[test]
fn once_finishes_what_runs_and_the_next_apply_completes() {
    let project = Project::site();
    let child = started(&project, "apply --sandbox --yes", "container.web");
    project.interrupt(&child);
    let run = ended(&project, child);
    assert_eq!(run.code, 130, "{}{}", run.out, run.err);
    says(&run.err, &["finishing what runs; press again to stop at once"]);
    says(&run.err, &["container.web created", "container.edge created"]);
    says(&run.out, &["To go on: paas apply --sandbox ."]);
    let made = ["cluster.home#1", "container.edge#1", "container.web#1", "network.lan#1"];
    assert_eq!(project.recorded(), [&made[..], &["template.base#1"]].concat());
    assert_eq!(project.guests().len(), 2);
    assert!(!project.path("state/sandbox/paas.lock.json").exists());
    project.fine("sandbox set sandbox pace=0");
    says(&project.fine("apply --sandbox --yes"), &["Apply: 3 done."]);
    converged(&project);
}

#[test]
fn twice_stops_at_once_and_forgets_nothing() {
    let project = Project::site();
    let child = started(&project, "apply --sandbox --yes", "container.web");
    project.interrupt(&child);
    // The first has been heard when it says so, which is before anything else ends.
    std::thread::sleep(std::time::Duration::from_millis(200));
    project.interrupt(&child);
    let run = ended(&project, child);
    assert_eq!(run.code, 130, "{}{}", run.out, run.err);
    says(&run.err, &["stopping; the next run looks again"]);
    says(&run.out, &["container.web", "stopped before its end was heard of"]);
    says(&run.out, &["To go on: paas apply --sandbox ."]);
    let list = project.fine("state list --sandbox");
    says(&list, &["! container.web#1", "create began and was not heard to end"]);
    project.fine("sandbox set sandbox pace=0");
    project.fine("apply --sandbox --yes");
    converged(&project);
    assert_eq!(project.guests().len(), 2);
}

#[test]
fn a_destroy_can_be_interrupted_and_goes_on() {
    for times in [1, 2] {
        let project = Project::applied();
        let child = started(&project, "destroy --sandbox --yes", "container.web");
        for _ in 0..times {
            project.interrupt(&child);
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        let run = ended(&project, child);
        assert_eq!(run.code, 130, "{}{}", run.out, run.err);
        says(&run.out, &["To go on: paas destroy --sandbox ."]);
        project.fine("sandbox set sandbox pace=0");
        project.fine("destroy --sandbox --yes");
        assert!(project.guests().is_empty());
        assert!(project.recorded().is_empty());
    }
}

#[test]
fn an_update_that_was_interrupted_is_not_taken_for_done() {
    let project = Project::applied();
    project.edit("blog.yml", "ghost:5.96.0", "ghost:5.97.0");
    let child = started(&project, "apply --sandbox --yes", "app.blog");
    project.interrupt(&child);
    std::thread::sleep(std::time::Duration::from_millis(200));
    project.interrupt(&child);
    assert_eq!(ended(&project, child).code, 130);
    project.fine("sandbox set sandbox pace=0");
    project.fine("apply --sandbox --yes");
    converged(&project);
}
