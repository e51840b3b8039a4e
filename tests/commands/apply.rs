//! `paas apply` and `paas destroy`: what is done, what is left out, and how it goes on.

use crate::commands::{check, says};
use crate::support::project::Project;

#[test]
fn a_life_from_the_first_apply_to_the_last() {
    let project = Project::site();
    let lines = [
        "check",
        "apply --sandbox --yes --parallel 1",
        "apply --sandbox --yes",
        "output --sandbox",
        "destroy --sandbox --yes --parallel 1",
        "drift --sandbox",
        "state list --sandbox",
    ];
    check("life", &project, &lines);
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_done() {
    let said = Project::site().untouched("apply --sandbox", 1);
    says(&said, &["Plan: 8 to create.", "there is no terminal to ask on", "add `--yes`"]);
    let project = Project::applied();
    let said = project.untouched("destroy --sandbox", 1);
    says(&said, &["Plan: 8 to destroy.", "there is no terminal to ask on"]);
}

#[test]
fn a_failure_leaves_out_what_waits_for_it_and_the_next_apply_goes_on() {
    let project = Project::site();
    project.fine("sandbox fail 'docker compose up'");
    let apply = "apply --sandbox --yes --parallel 1";
    let lines = [apply, apply, "drift --sandbox"];
    check("resume", &project, &lines);
}

#[test]
fn a_failure_before_the_first_change_ends_with_1() {
    let project = Project::applied();
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    project.fine("sandbox fail 'PUT /nodes'");
    let said = project.ends("apply --sandbox --yes", 1);
    says(&said, &["update failed", "nothing happened", "To go on: paas apply --sandbox ."]);
    says(&project.ends("apply --sandbox --yes", 0), &["container.web", "Apply: 1 done."]);
    says(&project.ends("plan --sandbox --exit-code", 0), &["No changes"]);
}

#[test]
fn what_happened_unheard_is_not_made_twice() {
    for how in ["unknown-after", "unknown-before"] {
        for pattern in ["POST /nodes", "docker compose up", "systemctl", "write /etc/traefik"] {
            let project = Project::site();
            project.fine(&format!("sandbox fail '{pattern}' --how {how}"));
            let said = project.ends("apply --sandbox --yes", 3);
            says(&said, &["it may have happened", "To go on: paas apply --sandbox ."]);
            project.fine("apply --sandbox --yes");
            converged(&project);
        }
    }
}

#[test]
fn every_option_stays_in_the_command_that_goes_on() {
    let project = Project::site();
    project.fine("sandbox fail 'POST /nodes' --times 9");
    let line = "apply --sandbox --yes --set domain=example.org --set 'memory=2 GiB' \
                --target container.web .";
    let said = project.ends(&line.replace("'memory=2 GiB'", "memory=2GiB"), 3);
    let resume = "paas apply --sandbox --target container.web --set domain=example.org \
                  --set memory=2GiB .";
    says(&said, &[resume]);
}

#[test]
fn one_at_a_time_comes_to_the_same_end() {
    let (one, many) = (Project::site(), Project::site());
    one.fine("apply --sandbox --yes --parallel 1");
    many.fine("apply --sandbox --yes --parallel 64");
    assert_eq!(one.guests(), many.guests());
    assert_eq!(one.recorded(), many.recorded());
    says(&one.ends("apply --sandbox --yes --parallel 0", 64), &["--parallel"]);
}

#[test]
fn what_leaves_the_manifest_is_removed_and_everything_else_stays() {
    let project = Project::applied();
    let text = project.read("main.paas");
    let start = text.find("app blog").expect("the blog is in it");
    project.write("main.paas", &text[..start]);
    let said = project.fine("apply --sandbox --yes");
    says(&said, &["- 2 destroy", "Apply: 2 done."]);
    says(&project.fine("sandbox show"), &["container.web#1", "container.edge#1", "traefik"]);
    converged(&project);
}

#[test]
fn a_manifest_without_resources_destroys_only_when_it_is_written_so() {
    let project = Project::applied();
    project.write("main.paas", "input domain: string = \"example.com\"\n");
    says(&project.untouched("plan --sandbox --exit-code", 3), &["- 8 destroy", "CRITICAL"]);
    std::fs::remove_file(project.path("main.paas")).expect("it was there");
    says(&project.untouched("apply --sandbox --yes", 1), &["P0001", "there is no manifest"]);
    says(&project.untouched("destroy --sandbox --yes", 1), &["P0001"]);
}

#[test]
fn the_real_world_is_refused_before_anything_is_written() {
    let project = Project::site().with("PROXMOX_VE_API_TOKEN", "ada@pve!t=1");
    says(&project.untouched("apply --yes", 1), &["cluster.home", "--sandbox"]);
    says(&project.untouched("plan", 1), &["cluster.home", "--sandbox"]);
}

/// Nothing differs, nothing is left over, and nothing is there twice.
#[track_caller]
pub fn converged(project: &Project) {
    says(&project.ends("plan --sandbox --exit-code", 0), &["No changes"]);
    says(&project.ends("drift --sandbox", 0), &["No drift"]);
    let recorded = project.recorded();
    let guests = project.guests();
    for (number, address, whose) in &guests {
        assert!(recorded.contains(whose), "guest {number} of `{whose}` is in no state");
        let same = guests.iter().filter(|(_, other, _)| other == address);
        assert_eq!(same.count(), 1, "`{address}` is given twice");
    }
}
