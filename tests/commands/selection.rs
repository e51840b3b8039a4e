//! `--target`: a part of the plan, and never less than what it needs.

use crate::commands::apply::converged;
use crate::commands::{check, says};
use crate::support::project::Project;

#[test]
fn a_target_brings_what_it_waits_for_and_nothing_else() {
    let project = Project::site();
    check("target", &project, &["plan --sandbox --target container.web --summary"]);
    project.fine("apply --sandbox --yes --target container.web");
    let made = ["cluster.home#1", "container.web#1", "network.lan#1", "template.base#1"];
    assert_eq!(project.recorded(), made);
    project.untouched("plan --sandbox --exit-code --target container.web", 0);
    project.untouched("plan --sandbox --exit-code", 2);
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn what_is_inside_a_target_belongs_to_it() {
    let project = Project::site();
    let said = project.fine("plan --sandbox --target app.blog --summary");
    says(&said, &["app.blog", "expose.www", "container.web", "proxy.edge"]);
    project.write(
        "more.paas",
        "container box for n in [1, 2] {\n  on = cluster.home\n  \
                   template = \"debian-12-standard\"\n}\n",
    );
    let said = project.fine("plan --sandbox --target container.box --summary");
    says(&said, &["container.box[1]", "container.box[2]", "4 create"]);
    let said = project.fine("plan --sandbox --target container.box[2] --summary");
    says(&said, &["container.box[2]", "3 create"]);
}

#[test]
fn several_targets_are_all_meant() {
    let project = Project::site();
    let line = "apply --sandbox --yes --target network.lan --target template.base";
    says(&project.fine(line), &["Apply: 3 done."]);
    assert_eq!(project.recorded(), ["cluster.home#1", "network.lan#1", "template.base#1"]);
}

#[test]
fn destroying_a_target_takes_its_users_first() {
    let project = Project::applied();
    let said = project.fine("destroy --sandbox --yes --target container.web");
    says(&said, &["- app.blog", "- container.web"]);
    let left = ["cluster.home#1", "container.edge#1", "network.lan#1", "proxy.edge#1"];
    assert_eq!(project.recorded(), [&left[..], &["template.base#1"]].concat());
    says(&project.fine("plan --sandbox"), &["+ 3 create"]);
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn a_target_that_is_only_in_the_state_can_be_named() {
    let project = Project::applied();
    let text = project.read("main.paas");
    let start = text.find("app blog").expect("the blog is in it");
    let other = "container other { on = cluster.home, template = \"debian-12-standard\" }\n";
    project.write("main.paas", format!("{}{other}", &text[..start]));
    let said = project.fine("apply --sandbox --yes --target app.blog");
    says(&said, &["- app.blog", "Apply: 2 done."]);
    project.untouched("plan --sandbox --exit-code", 2);
}

#[test]
fn a_target_that_names_nothing_is_an_error() {
    let project = Project::applied();
    for command in ["plan", "apply --yes", "destroy --yes"] {
        let line = format!("{command} --sandbox --target container.wbe");
        let said = project.untouched(&line, 1);
        says(&said, &["P7010", "no resource `container.wbe`", "did you mean `container.web`"]);
        for nothing in ["''", "container", "app.blog.port", "**"] {
            let line = format!("{command} --sandbox --target container.web --target {nothing}");
            says(&project.untouched(&line, 1), &["P7010", "paas graph"]);
        }
    }
}

#[test]
fn a_target_that_is_as_it_should_be_is_no_error() {
    let project = Project::applied();
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    says(&project.ends("plan --sandbox --exit-code --target proxy.edge", 0), &["No changes"]);
    says(&project.ends("apply --sandbox --yes --target proxy.edge", 0), &["No changes"]);
    project.untouched("plan --sandbox --exit-code", 2);
}
