//! Inputs: who may give one, who is stronger, and what is said about a bad one.

use crate::commands::{check, says};
use crate::support::project::Project;

const MANIFEST: &str = "input who: string = \"default\"\n\
                        input count: int = 1 where it > 0\n\
                        input tags: [string] = []\n\
                        output said = \"\\(who) \\(count) \\(tags)\"\n";

/// What the outputs are after an apply with these options.
fn said(project: &Project, options: &str) -> String {
    project.fine(&format!("apply --sandbox --yes {options}"));
    project.fine("output --sandbox --name said").trim().to_owned()
}

#[test]
fn the_stronger_way_wins() {
    let project = Project::of(&MANIFEST.replace(" \\(tags)", ""));
    assert_eq!(said(&project, ""), "default 1");
    project.write("one.values", "who = \"one\"\ncount = 2\n");
    project.write("two.values", "who = \"two\" # later\n");
    assert_eq!(said(&project, "--values one.values"), "one 2");
    assert_eq!(said(&project, "--values one.values --values two.values"), "two 2");
    project.write("env/prod.paas", "who = \"prod\"\n");
    assert_eq!(said(&project, "--values one.values --env prod"), "prod 2");
    let project = project.with("PAAS_INPUT_who", "variable");
    assert_eq!(said(&project, "--values one.values --env prod"), "variable 2");
    assert_eq!(said(&project, "--set who=set --values one.values"), "set 2");
    assert_eq!(said(&project, "--set who=set --set who=last --set count=3"), "last 3");
}

#[test]
fn a_value_is_plain_text_or_a_literal() {
    let project = Project::of(MANIFEST.lines().next().expect("a line"));
    project.write("more.paas", "output said = who\n");
    for (given, value) in [
        ("plain", "plain"),
        ("'two words'", "two words"),
        ("a=b", "a=b"),
        ("'\"quoted\"'", "quoted"),
    ] {
        assert_eq!(said(&project, &format!("--set who={given}")), value);
    }
    assert_eq!(said(&project, "--set who="), "");
    let project = Project::of("input tags: [string] = []\noutput said = tags\n");
    project.fine("apply --sandbox --yes --set 'tags=[\"a\", \"b\"]'");
    says(&project.fine("output --sandbox"), &["\"a\"", "\"b\""]);
}

#[test]
fn a_bad_value_is_told_with_its_giver() {
    let project = Project::of(MANIFEST);
    project.write("x.values", "who = \"x\"\ncount = \"many\"\n");
    project.write("y.values", "container web {}\n");
    let cases = [
        ("--set count=many", 1, "--set"),
        ("--set count=0", 1, "P2"),
        ("--set count", 1, "write `--set name=value`"),
        ("--set =1", 1, "`=1` gives no input a value"),
        ("--set cuont=1", 1, "did you mean `count`?"),
        ("--values x.values", 1, "x.values:2:9"),
        ("--values y.values", 1, "`y.values` has more in it than values"),
        ("--values none.values", 1, "`none.values` cannot be read"),
        ("--env prod", 1, "`env/prod.paas` cannot be read"),
        ("--env ../../etc", 1, "cannot be read"),
    ];
    for (options, code, part) in cases {
        for command in ["check", "plan --sandbox", "apply --sandbox --yes"] {
            says(&project.untouched(&format!("{command} {options}"), code), &[part]);
        }
    }
    let project = project.with("PAAS_INPUT_count", "many");
    says(&project.untouched("check", 1), &["PAAS_INPUT_count", "P2001"]);
}

#[test]
fn messages_about_inputs() {
    let project = Project::of("input who: string\ninput token: secret<string>\n");
    let lines =
        ["check", "check --set who=x --set token=abc", "check --set who=[1] --set tokn=abc"];
    check("inputs", &project, &lines);
}

#[test]
fn given_values_are_no_files_of_the_project() {
    let project = Project::site();
    project.write("x.values", "memory = 2GiB\n");
    let said = project.fine("check --set domain=example.org --values x.values");
    says(&said, &["8 resources in 1 file,"]);
}
