//! On a terminal: the question of `apply`, its progress, and colours.

use crate::commands::apply::converged;
use crate::commands::says;
use crate::support::project::Project;

const QUESTION: &str = "Apply these changes? Only `yes` goes on: ";

#[test]
fn yes_goes_on() {
    let project = Project::site();
    let run = project.typed("apply --sandbox", "yes\n");
    says(&run.out, &["Plan: 8 to create.", QUESTION, "Apply: 8 done."]);
    assert_eq!(run.code, 0, "{}", run.out);
    converged(&project);
    let run = project.typed("destroy --sandbox", "yes\n");
    says(&run.out, &["Plan: 8 to destroy.", QUESTION, "Apply: 8 done."]);
    assert!(project.guests().is_empty());
}

#[test]
fn any_other_answer_changes_nothing() {
    let project = Project::applied();
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    let before = project.everything();
    for answer in ["no\n", "y\n", "YES\n", "\n", "yes please\n", ""] {
        let run = project.typed("apply --sandbox", answer);
        says(&run.out, &[QUESTION, "Nothing was changed."]);
        assert_eq!(run.code, 1, "{answer:?}: {}", run.out);
        assert!(project.everything() == before, "{answer:?} wrote something");
    }
}

#[test]
fn ctrl_c_at_the_question_changes_nothing() {
    let project = Project::site();
    let before = project.everything();
    let run = project.typed("apply --sandbox", "\u{3}");
    says(&run.out, &[QUESTION]);
    assert_eq!(run.code, 130, "{}", run.out);
    assert!(project.everything() == before, "something was written");
}

#[test]
fn nobody_is_asked_when_there_is_nothing_to_ask() {
    let project = Project::applied();
    let run = project.typed("apply --sandbox", "");
    says(&run.out, &["No changes"]);
    assert!(!run.out.contains(QUESTION), "{}", run.out);
    assert_eq!(run.code, 0);
    project.fine("plan --sandbox --out saved.plan --set memory=2GiB");
    for line in ["apply saved.plan", "apply --sandbox --yes --set memory=3GiB"] {
        let run = project.typed(line, "");
        says(&run.out, &["Apply: 1 done."]);
        assert!(!run.out.contains(QUESTION), "{}", run.out);
    }
}

#[test]
fn the_plan_that_was_shown_is_the_one_that_is_applied() {
    let project = Project::site();
    project.fine("sandbox set sandbox pace=0");
    let run = project.typed("apply --sandbox --set domain=example.org", "yes\n");
    says(&run.out, &["blog.example.org", "Apply: 8 done."]);
    assert_eq!(project.fine("output --sandbox --name url"), "https://blog.example.org\n");
}

#[test]
fn progress_moves_on_a_terminal_and_stands_in_lines_elsewhere() {
    let project = Project::site().with("TERM", "xterm-256color");
    project.fine("sandbox set sandbox pace=20");
    let run = project.typed("apply --sandbox --yes", "");
    says(&run.out, &["container.web creating", "\u{1b}["]);
    assert!(!run.out.contains("[8/8]"), "{}", run.out);
    let plain = Project::site().with("TERM", "dumb");
    says(&plain.typed("apply --sandbox --yes", "").out, &["[1/8] + ", "[8/8] + app.blog"]);
    let said = project.ends("destroy --sandbox --yes", 0);
    says(&said, &["[1/8] - ", "[8/8] - cluster.home destroyed"]);
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn colours_are_for_terminals() {
    let project = Project::site().with("NO_COLOR", "").with("TERM", "xterm-256color");
    assert!(project.typed("plan --sandbox", "").out.contains("\u{1b}[32m"));
    assert!(!project.typed("plan --sandbox --color never", "").out.contains("\u{1b}[3"));
    assert!(!project.run("plan --sandbox").out.contains('\u{1b}'));
    let project = project.with("NO_COLOR", "1");
    assert!(!project.typed("plan --sandbox", "").out.contains("\u{1b}[3"));
}
