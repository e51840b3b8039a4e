//! `paas explain`: a code, a kind, a resource, an attribute.

use paas::problem::pages;

use crate::commands::{check, says};
use crate::support::project::Project;

#[test]
fn a_resource_and_its_attributes_before_and_after_an_apply() {
    let project = Project::site();
    let lines = [
        "explain container.web --sandbox",
        "explain container.web.memory --sandbox",
        "explain container.web.ip --sandbox",
        "explain container.web.features.nesting --sandbox",
        "explain app.blog/expose.www --sandbox",
        "explain app.blog.compose.file --sandbox",
        "explain cluster.home.token --sandbox",
    ];
    check("explain", &project, &lines);
    project.fine("apply --sandbox --yes");
    check("explain-applied", &project, &lines[..3]);
}

#[test]
fn every_code_has_a_page() {
    let project = Project::empty();
    for page in pages::all() {
        let said = project.fine(&format!("explain {}", page.code));
        says(&said, &[page.code, page.title]);
    }
    assert_eq!(project.fine("explain p0001"), project.fine("explain P0001"));
    check("explain-code", &project, &["explain P7001"]);
}

#[test]
fn every_kind_has_a_page() {
    let project = Project::empty();
    for kind in paas::kinds::all().keys() {
        says(&project.fine(&format!("explain {kind}")), &[kind]);
    }
    check("explain-kind", &project, &["explain proxy"]);
}

#[test]
fn what_there_is_not() {
    let project = Project::applied();
    for (what, near) in [
        ("container.wbe", "did you mean `container.web`"),
        ("containr", "did you mean `container`"),
        ("P700", "did you mean `P7001`"),
        ("container.web.memry", "did you mean `container.web.memory`"),
        ("everything", "name a resource"),
        ("''", "name a resource"),
        ("container.web#1", "`container.web`"),
    ] {
        let said = project.untouched(&format!("explain {what} --sandbox"), 1);
        says(&said, &["P7014", near]);
    }
    says(&Project::empty().untouched("explain container.web", 1), &["P0001"]);
}

#[test]
fn the_library_is_listed_and_each_function_is_explained() {
    let project = Project::empty();
    let (kinds, functions) = (project.fine("explain kinds"), project.fine("explain functions"));
    for kind in paas::kinds::all().keys() {
        says(&kinds, &[&format!("{kind} ")]);
    }
    for function in paas::lower::functions::all() {
        says(&functions, &[&function.signature()]);
        let said = project.fine(&format!("explain {}", function.name));
        says(&said, &[function.doc.trim()]);
    }
}
