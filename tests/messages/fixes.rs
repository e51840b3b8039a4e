//! `paas fix`: what is sure is done, everything else stays as it is.

use paas::source::FileId;
use paas::syntax::parse;

use crate::commands::says;
use crate::support::cases::{ALL, Random, mutant, pieces};
use crate::support::project::Project;

/// What `paas fix` makes of a manifest.
#[track_caller]
fn fixed(options: &str, from: &str, to: &str) {
    let project = Project::of(from);
    let run = project.run(&format!("fix {options}"));
    assert_eq!(project.read("main.paas"), to, "{}{}", run.out, run.err);
}

/// Nothing is done with a manifest, and what is wrong with it is told.
#[track_caller]
fn left(text: &str, parts: &[&str]) {
    let project = Project::of(text);
    says(&project.untouched("fix", 1), parts);
}

#[test]
fn signs_of_other_languages_are_rewritten() {
    fixed("", "let a = { b: 1, \"c\": 2; }\n", "let a = { b = 1, \"c\" = 2 }\n");
    fixed("", "let a := 1 ;\nlet b = 2;let c = 3\n", "let a = 1\nlet b = 2,let c = 3\n");
    fixed("", "let a = { b:1 }\n", "let a = { b = 1 }\n");
}

#[test]
fn everything_else_stays_byte_for_byte() {
    let from = "# é  \r\nlet  a   = {b :  1}\t\n\n\n\nlet c=[ 1,2 ] # end";
    fixed("", from, &from.replace("b :  1", "b =  1"));
}

#[test]
fn what_is_done_and_what_is_left_is_told() {
    let project = Project::of("let a = { b: 1 }\nlet c = 4G\nlet d = e\n");
    let said = project.ends("fix", 1);
    says(&said, &["main.paas:1: P0104: values are assigned with `=`\n"]);
    says(&said, &["error[P0110]", "error[P1002]"]);
    says(&said, &["1 fix in 1 file, 2 problems left; 1 fix more with `--unsafe`\n"]);
    let said = project.ends("fix --unsafe", 1);
    says(&said, &["1 fix in 1 file, 1 problem left\n"]);
    assert_eq!(project.read("main.paas"), "let a = { b = 1 }\nlet c = 4GiB\nlet d = e\n");
    project.write("main.paas", "let a = 1\n");
    assert_eq!(project.fine("fix"), "nothing to fix, nothing left\n");
    project.write("main.paas", "secret a = env(\"A\")\nlet b = [a]\n");
    says(&project.ends("fix", 1), &["help: write `secret.a`"]);
    project.run("fix --unsafe");
    assert_eq!(project.read("main.paas"), "secret a = env(\"A\")\nlet b = [secret.a]\n");
}

#[test]
fn nothing_is_written_when_only_asked() {
    let project = Project::of("let a = { b: 1 }\n");
    says(&project.untouched("fix --check", 4), &["main.paas\n"]);
    says(&project.untouched("fix --diff", 0), &["-let a = { b: 1 }\n", "+let a = { b = 1 }\n"]);
    project.write("main.paas", "let a = { b = 1 }\n");
    assert_eq!(project.fine("fix --check"), "");
}

#[test]
fn all_files_and_folders_that_are_named_are_fixed() {
    let project = Project::of("let a = { b: 1 }\n");
    project.write("more.paas", "let c = { d: 1 }\n");
    project.write("other/main.paas", "let e = { f: 1 }\n");
    says(&project.fine("fix . other"), &["more.paas:1", "other/main.paas:1"]);
    for path in ["main.paas", "more.paas", "other/main.paas"] {
        assert!(!project.read(path).contains(':'), "{path}");
    }
    says(&project.ends("fix gone", 1), &["P0001", "there is no `gone`"]);
}

#[test]
fn a_fix_may_need_another_one() {
    fixed(
        "",
        "let x = a ? 1 : b ? 2 : 3\nlet a = True\nlet b = no\n",
        "let x = if a then 1 else if b then 2 else 3\nlet a = true\nlet b = false\n",
    );
}

#[test]
fn a_name_with_a_dash_is_changed_everywhere() {
    fixed(
        "",
        "let x = container.web-1.ip\ncontainer web-1 { on = cluster.home }\nlet y = 2-1\n",
        "let x = container.web_1.ip\ncontainer web_1 { on = cluster.home }\nlet y = 2-1\n",
    );
}

#[test]
fn what_is_not_sure_is_left() {
    left("let a = \"b\n", &["P0108", "nothing to fix"]);
    left("let a = [1\n", &["P0101", "nothing to fix"]);
}

/// Whatever the text is: what cannot be read never becomes more.
#[test]
fn no_file_can_be_read_worse_afterwards() {
    let seed = 0x0f1c_5eed;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let manifests = ALL.map(|(_, text)| pieces(text));
    let places = |text: &str| {
        let problems = parse(FileId(0), text).1;
        problems.iter().flat_map(|it| &it.labels).filter(|label| label.is_primary).count()
    };
    let project = Project::empty();
    for round in 0..40 {
        let pieces = &manifests[round % manifests.len()];
        let text = mutant(pieces[random.below(pieces.len())], &mut random);
        project.write("main.paas", &text);
        let run = project.run("fix --unsafe");
        assert!((0..=1).contains(&run.code), "{text}\n{run:?}");
        let after = project.read("main.paas");
        assert!(places(&after) <= places(&text), "{text}\nbecame\n{after}");
    }
}
