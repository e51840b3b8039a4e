//! `paas sandbox`: what a person does to it, and what the next commands make of that.

use crate::commands::apply::converged;
use crate::commands::{check, says};
use crate::support::project::Project;

#[test]
fn a_look_before_and_after_an_apply() {
    let project = Project::site();
    check("sandbox", &project, &["sandbox show"]);
    project.fine("apply --sandbox --yes --parallel 1");
    check("sandbox-applied", &project, &["sandbox show"]);
}

#[test]
fn every_thing_that_somebody_changes_is_found_and_put_right() {
    let settings = [
        ("container.web memory=4GiB", "container.web"),
        ("container.web cores=7", "container.web"),
        ("container.web running=false", "container.web"),
        ("container.web hostname=other", "container.web"),
        ("10001 memory=4GiB", "container.web"),
        ("app.blog running=false", "app.blog"),
        ("container.edge file:/etc/traefik/traefik.yml=hello", "proxy.edge"),
        ("container.edge service:traefik=false", "proxy.edge"),
    ];
    for (setting, who) in settings {
        let project = Project::applied();
        project.fine(&format!("sandbox set {setting}"));
        let said = project.untouched("drift --sandbox", 2);
        says(&said, &[who]);
        project.untouched("plan --sandbox --exit-code", 2);
        project.fine("apply --sandbox --yes");
        converged(&project);
    }
}

#[test]
fn every_thing_that_somebody_removes_is_made_again() {
    let all = [
        ("container.web", "container.web", "missing"),
        ("10000", "container.edge", "missing"),
        ("app.blog", "app.blog", "missing"),
        ("proxy.edge", "proxy.edge", "changed outside"),
    ];
    for (what, who, how) in all {
        let project = Project::applied();
        project.fine(&format!("sandbox remove {what}"));
        says(&project.untouched("drift --sandbox", 2), &[who, how]);
        project.fine("apply --sandbox --yes");
        converged(&project);
        assert_eq!(project.guests().len(), 2);
    }
}

#[test]
fn faults_come_as_often_as_they_were_asked_for() {
    let project = Project::site();
    project.fine("sandbox fail 'docker compose up' --times 2");
    for _ in 0..2 {
        says(&project.ends("apply --sandbox --yes", 3), &["fault on request"]);
    }
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn a_reset_leaves_nothing_behind() {
    let project = Project::applied();
    project.fine("sandbox fail 'docker compose up' --times 9");
    project.fine("sandbox set node.pve1 memory=64GiB");
    project.fine("sandbox reset");
    let fresh = Project::site();
    assert_eq!(project.fine("sandbox show"), fresh.fine("sandbox show"));
    says(&project.untouched("drift --sandbox", 2), &["container.web", "missing"]);
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn another_project_can_be_named() {
    let project = Project::site();
    project.write("inner/main.paas", project.read("main.paas"));
    for name in ["setup.sh", "blog.yml"] {
        project.write(&format!("inner/{name}"), project.read(name));
    }
    project.fine("apply --sandbox --yes inner");
    says(&project.fine("sandbox show -C inner"), &["container.web#1"]);
    assert!(project.guests().is_empty());
    project.fine("sandbox remove container.web --project inner");
    says(&project.untouched("drift --sandbox inner", 2), &["missing"]);
}

#[test]
fn what_the_sandbox_does_not_have() {
    let project = Project::applied();
    let lines = [
        "sandbox set container.wbe memory=1GiB",
        "sandbox set container.web memry=1GiB",
        "sandbox set container.web memory",
        "sandbox set container.web memory=lots",
        "sandbox set node.pve9 online=false",
        "sandbox set sandbox pace=fast",
        "sandbox remove 4711",
        "sandbox fail x --how sideways",
    ];
    for line in &lines[..7] {
        project.untouched(line, 1);
    }
    check("sandbox-bad", &project, &lines);
}
