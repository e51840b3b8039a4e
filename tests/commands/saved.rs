//! Saved plans: exactly what was shown is applied, or nothing is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::commands::apply::converged;
use crate::commands::{check, says};
use crate::support::project::Project;

/// The site with a plan that was saved for its first apply.
fn saved() -> Project {
    let project = Project::site();
    project.fine("plan --sandbox --out saved.plan");
    project
}

/// The saved plan is refused, and the message names what moved.
#[track_caller]
fn stale(project: &Project, parts: &[&str]) {
    let said = project.untouched("apply saved.plan", 5);
    says(&said, &["P7001", "the plan is stale", "nothing has been changed", "`paas plan --out"]);
    says(&said, parts);
}

#[test]
fn a_saved_plan_is_applied_without_a_question_and_only_once() {
    let project = saved();
    says(&project.fine("apply saved.plan"), &["Apply: 8 done."]);
    converged(&project);
    stale(&project, &["the state"]);
    check("stale", &project, &["apply saved.plan"]);
}

#[test]
fn where_it_is_applied_does_not_matter() {
    let project = saved();
    fs::rename(project.path("saved.plan"), project.folder().join("../home/p.plan")).expect("moved");
    let mut command = project.command("apply p.plan");
    command.current_dir(project.folder().join("../home"));
    let run = project.told(&command.output().expect("the program can be started"));
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    converged(&project);
    project.fine("plan --sandbox --out saved.plan --set memory=2GiB main.paas");
    says(&project.fine("apply saved.plan"), &["container.web", "Apply: 1 done."]);
}

#[test]
fn what_it_was_made_with_is_in_it() {
    let project = Project::site();
    project.write("env/prod.paas", "domain = \"prod.example\"\n");
    project.write("more.values", "memory = 4GiB\n");
    let line = "plan --sandbox --out saved.plan --env prod --values more.values";
    project.fine(line);
    project.fine("apply saved.plan");
    assert_eq!(project.fine("output --sandbox --name url"), "https://blog.prod.example\n");
    let plan = "plan --sandbox --exit-code --env prod --values more.values";
    says(&project.ends(plan, 0), &["No changes"]);
}

#[test]
fn the_state_has_gone_on() {
    let project = Project::applied();
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    project.fine("plan --sandbox --out saved.plan");
    project.fine("state forget app.blog --sandbox");
    stale(&project, &["the state has gone on from serial 17 to 19"]);
}

#[test]
fn the_state_is_another_one() {
    let project = Project::applied();
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    project.fine("plan --sandbox --out saved.plan");
    fs::remove_dir_all(project.path("state")).expect("it was there");
    stale(&project, &["the state is another one"]);
    project.fine("apply --sandbox --yes");
    stale(&project, &["the state is another one"]);
}

#[test]
fn the_manifest_an_input_or_a_file_has_changed() {
    let moved = "the manifest, an input or a file it reads has changed";
    let project = saved();
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    stale(&project, &[moved]);
    let project = saved();
    project.edit("blog.yml", "ghost:5.96.0", "ghost:5.97.0");
    stale(&project, &[moved]);
    let project = saved();
    project.write("more.paas", "let x = 1\n");
    stale(&project, &[moved]);
    let project = saved().with("PAAS_INPUT_memory", "2GiB");
    stale(&project, &[moved]);
    let project = Project::site();
    project.write("more.values", "memory = 4GiB\n");
    project.fine("plan --sandbox --out saved.plan --values more.values");
    project.write("more.values", "memory = 5GiB\n");
    stale(&project, &[moved]);
}

#[test]
fn a_template_has_changed() {
    let project = saved();
    project.edit("setup.sh", "curl", "curl jq");
    stale(&project, &["`template.base` has another version"]);
    project.edit("setup.sh", "curl jq", "curl");
    let extra = "template other { cluster = cluster.home, base = \"debian-12-standard\" }\n";
    project.write("more.paas", extra);
    stale(&project, &["`template.other` is new"]);
    fs::remove_file(project.path("more.paas")).expect("it was there");
    project.fine("apply saved.plan");
}

#[test]
fn a_template_that_is_gone_is_named_too() {
    let project = Project::site();
    let extra = "template other { cluster = cluster.home, base = \"debian-12-standard\" }\n";
    project.write("more.paas", extra);
    project.fine("plan --sandbox --out saved.plan");
    project.write("more.paas", "");
    stale(&project, &["`template.other` is gone"]);
}

#[test]
fn a_plan_that_somebody_changed_is_none() {
    let project = saved();
    let text = project.read("saved.plan");
    let cases = [
        (text.replacen("1024", "2048", 1), "its contents were changed"),
        (text[..text.len() / 2].to_owned(), "it is cut off"),
        (String::new(), "it does not begin as one"),
        (text.lines().nth(1).unwrap_or_default().to_owned(), "it does not begin as one"),
    ];
    for (text, why) in cases {
        project.write("saved.plan", text);
        let said = project.untouched("apply saved.plan", 1);
        says(&said, &["P7011", "`saved.plan` is no saved plan", why, "`paas plan --out FILE`"]);
    }
}

#[test]
fn only_its_owner_reads_it() {
    let project = saved();
    let about = fs::metadata(project.path("saved.plan")).expect("it is there");
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    says(&project.untouched("plan --sandbox --out nowhere/x", 1), &["P7013", "`nowhere/x`"]);
}

#[test]
fn a_plan_of_a_part_is_applied_as_that_part() {
    let project = Project::site();
    project.fine("plan --sandbox --out saved.plan --target container.web");
    project.fine("apply saved.plan");
    let made = ["cluster.home#1", "container.web#1", "network.lan#1", "template.base#1"];
    assert_eq!(project.recorded(), made);
}

#[test]
fn a_blocked_plan_is_not_applied_later_either() {
    let project = Project::site();
    project.edit("main.paas", "  memory = memory", "  lifecycle { protect = true }");
    project.fine("apply --sandbox --yes");
    project.edit("main.paas", "  features { nesting = true }", "  unprivileged = false");
    project.ends("plan --sandbox --out saved.plan", 4);
    says(&project.untouched("apply saved.plan", 4), &["P7003", "container.web"]);
}

#[test]
fn options_that_a_saved_plan_would_not_follow_are_refused() {
    let project = saved();
    for option in ["--set memory=2GiB", "--target container.web", "--env prod"] {
        let said = project.untouched(&format!("apply saved.plan {option}"), 64);
        says(&said, &["P7015", "is a saved plan", "made again"]);
    }
}
