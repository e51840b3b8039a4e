//! `paas { … }`: what a project says about the tool itself.

use crate::commands::says;
use crate::support::project::Project;

const APPS: &str = "host box { address = 10.0.0.9 }\n\
    app blog for name in [\"a\", \"b\", \"c\"] {\n  on = host.box\n  unit { exec = \"/bin/x\" }\n}\n";

#[test]
fn no_apply_destroys_more_than_it_may() {
    let project = Project::of(&format!("paas {{\n  policy {{ max_destroy = 1 }}\n}}\n{APPS}"));
    project.fine("apply --sandbox --yes");
    project.edit("main.paas", "[\"a\", \"b\", \"c\"]", "[\"c\"]");
    let said = project.ends("apply --sandbox --yes", 4);
    says(&said, &["P7025", "would destroy 2 objects, and `max_destroy` is 1"]);
    says(&project.ends("plan --sandbox", 4), &["P7025"]);
    project.fine("apply --sandbox --yes --target app.blog[\"a\"]");
    project.fine("apply --sandbox --yes");
    project.edit("main.paas", "max_destroy = 1", "max_destroy = 0");
    project.edit("main.paas", "[\"c\"]", "[\"d\"]");
    says(&project.ends("plan --sandbox", 4), &["would destroy 1 object, and `max_destroy` is 0"]);
    // Whoever says `destroy` means it.
    project.fine("destroy --sandbox --yes");
    assert!(project.recorded().is_empty());
}

#[test]
fn a_project_says_how_much_runs_at_once() {
    let project = Project::of(&format!("paas {{ parallel = 1 }}\n{APPS}"));
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox"), &["No changes"]);
    for (from, to, part) in [
        ("parallel = 1", "parallel = 0", "expected an int from 1 to 1024"),
        ("parallel = 0", "parallel = \"many\"", "`parallel` cannot have this value"),
        ("parallel = \"many\"", "policy { max_destroy = -1 }", "expected an int from 0"),
        ("max_destroy = -1", "require_lock = false", "P1009"),
    ] {
        project.edit("main.paas", from, to);
        says(&project.untouched("check", 1), &[part]);
    }
    project.edit("main.paas", "require_lock = false", "require_lock = true");
    project.fine("check --deny-warnings");
}
