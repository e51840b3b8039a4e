//! `paas fmt` and `paas check`: one canonical form, and nothing lost on the way to it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::commands::{check, says};
use crate::support::project::{Project, Run};

const UGLY: &str = "let   x=1\ninput a:string=\"b\"\n\n\n\n# kept\nlet y = [1,2 ,3]\n";
const NEAT: &str = "let x = 1\ninput a: string = \"b\"\n\n# kept\nlet y = [1, 2, 3]\n";

fn piped(project: &Project, line: &str, text: &str) -> Run {
    let mut command = project.command(line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let mut pipe = child.stdin.take().expect("it was asked for");
    pipe.write_all(text.as_bytes()).expect("somebody reads");
    drop(pipe);
    project.told(&child.wait_with_output().expect("it ends by itself"))
}

#[test]
fn a_manifest_gets_its_canonical_form_and_keeps_it() {
    let project = Project::of(UGLY);
    check("fmt", &project, &["fmt --check", "fmt --diff", "fmt", "fmt --check", "fmt"]);
    assert_eq!(project.read("main.paas"), NEAT);
}

#[test]
fn looking_changes_nothing() {
    let project = Project::of(UGLY);
    project.untouched("fmt --check", 4);
    project.untouched("fmt --diff", 0);
    project.untouched("fmt --check --diff", 4);
    project.write("main.paas", NEAT);
    project.untouched("fmt --check", 0);
    project.untouched("fmt", 0);
}

#[test]
fn files_and_folders_can_be_named() {
    let project = Project::of(UGLY);
    project.write("a/one.paas", UGLY);
    project.write("b/two.paas", UGLY);
    assert_eq!(project.fine("fmt a b/two.paas"), "a/one.paas\nb/two.paas\n");
    assert_eq!(project.read("main.paas"), UGLY);
    assert_eq!(project.read("a/one.paas"), NEAT);
    says(&project.untouched("fmt a nowhere", 1), &["P0001", "`nowhere`"]);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let project = Project::empty();
    let run = piped(&project, "fmt --stdin", UGLY);
    assert_eq!((run.out.as_str(), run.err.as_str(), run.code), (NEAT, "", 0));
    says(&project.ends("fmt --stdin --check", 64), &["cannot be used with"]);
    let run = piped(&project, "fmt --stdin", "let x = {\n  a = \n");
    assert_eq!(run.code, 0, "{}", run.err);
    says(&run.out, &["let x = {", "a ="]);
}

#[test]
fn what_it_does_not_understand_stays_as_it_is() {
    let deep = format!("let x = {}{}\n", "[".repeat(20_000), "]".repeat(20_000));
    for text in ["let x = {\n  a =\n", "%%% ???\n", "let s = \"open\n", deep.as_str(), ""] {
        let project = Project::of(text);
        project.fine("fmt");
        let words = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(words(&project.read("main.paas")), words(text));
    }
}

#[test]
fn rights_and_links_stay() {
    let project = Project::of(UGLY);
    fs::set_permissions(project.path("main.paas"), fs::Permissions::from_mode(0o640))
        .expect("ours");
    project.fine("fmt");
    let about = fs::metadata(project.path("main.paas")).expect("it is there");
    assert_eq!(about.permissions().mode() & 0o777, 0o640);
    let project = Project::empty();
    project.write("shared/real.txt", UGLY);
    std::os::unix::fs::symlink("shared/real.txt", project.path("main.paas")).expect("a link");
    project.fine("fmt");
    assert!(project.path("main.paas").is_symlink());
    assert_eq!(project.read("shared/real.txt"), NEAT);
}

#[test]
fn warnings_count_when_they_are_told_to() {
    let project = Project::site();
    says(&project.untouched("check", 0), &["8 resources in 1 file, 0 warnings"]);
    project.untouched("check --deny-warnings", 0);
    let rule =
        "check small {\n  level = \"warn\"\n  require memory < 1GiB else \"it is large\"\n}\n";
    project.write("more.paas", rule);
    let said = project.untouched("check", 0);
    says(&said, &["it is large", "1 warning"]);
    project.untouched("check --deny-warnings", 4);
    project.untouched("plan --sandbox", 0);
}
