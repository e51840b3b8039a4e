//! `paas plan`, `paas drift`, `paas graph` and `paas output`: what is shown, for whom, and what
//! the exit code says.

use crate::commands::{check, says};
use crate::support::project::Project;

#[test]
fn the_same_plan_for_people_programs_and_pull_requests() {
    let project = Project::site();
    check("plan", &project, &["plan --sandbox"]);
    check("plan-full", &project, &["plan --sandbox --full"]);
    check("plan-summary", &project, &["plan --sandbox --summary"]);
    check("plan-markdown", &project, &["plan --sandbox --format markdown"]);
}

#[test]
fn json_is_json_and_nothing_else() {
    let project = Project::applied();
    project.fine("sandbox remove container.web");
    for line in ["plan --sandbox --format json", "drift --sandbox --format json"] {
        let run = project.run(line);
        let json: Result<serde_json::Value, _> = serde_json::from_str(&run.out);
        assert!(json.is_ok_and(|json| json.is_object()), "`{line}`: {}", run.out);
        assert_eq!(run.err, "", "`{line}`");
    }
    let outputs = project.fine("output --sandbox");
    let outputs: serde_json::Value = serde_json::from_str(&outputs).expect("outputs are JSON");
    assert_eq!(outputs["url"], "https://blog.example.com");
}

#[test]
fn two_plans_are_the_same_to_the_byte() {
    let project = Project::applied();
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    project.fine("sandbox remove app.blog");
    for line in [
        "plan --sandbox --full",
        "plan --sandbox --format json",
        "plan --sandbox --format markdown",
        "drift --sandbox",
        "drift --sandbox --format json",
        "graph",
        "graph --format dot",
        "explain container.web --sandbox",
        "state list --sandbox",
        "state show app.blog --sandbox",
    ] {
        let (one, other) = (project.run(line), project.run(line));
        assert_eq!(one.out, other.out, "`{line}`");
        assert_eq!(one.err, other.err, "`{line}`");
    }
}

#[test]
fn the_exit_code_tells_whether_there_are_changes() {
    let project = Project::site();
    project.untouched("plan --sandbox", 0);
    project.untouched("plan --sandbox --exit-code", 2);
    project.fine("apply --sandbox --yes");
    project.untouched("plan --sandbox --exit-code", 0);
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    project.untouched("plan --sandbox --exit-code", 2);
    project.edit("main.paas", "  features { nesting = true }", "  unprivileged = false");
    project.untouched("plan --sandbox --exit-code", 3);
}

#[test]
fn something_protected_stands_in_the_way() {
    let project = Project::site();
    project.edit("main.paas", "  memory = memory", "  lifecycle { protect = true }");
    project.fine("apply --sandbox --yes");
    project.edit("main.paas", "  features { nesting = true }", "  unprivileged = false");
    let parts = ["P7003", "container.web", "protect"];
    says(&project.untouched("plan --sandbox", 4), &parts);
    says(&project.untouched("apply --sandbox --yes", 4), &parts);
    says(&project.untouched("destroy --sandbox --yes", 4), &parts);
}

#[test]
fn what_is_protected_stays_so_when_its_block_is_deleted() {
    let head = "secret pve = env(\"PVE_TOKEN\")\n\
                cluster home { api = \"https://pve.lan:8006\", token = secret.pve }\n";
    let project = Project::of(&format!(
        "{head}container db {{ on = cluster.home, template = \"debian-12-standard\"\n\
         lifecycle {{ protect = true }} }}\n"
    ));
    project.fine("apply --sandbox --yes");
    project.write("main.paas", head);
    let said = project.untouched("plan --sandbox", 4);
    says(&said, &["P7003", "put back if it is gone", "state serial ", "`forget container.db`"]);
    project.untouched("apply --sandbox --yes", 4);
    project.write("main.paas", format!("{head}forget container.db\n"));
    project.fine("apply --sandbox --yes");
}

#[test]
fn drift_is_what_changed_outside_is_missing_or_is_outdated() {
    let project = Project::applied();
    project.fine("sandbox set container.web memory=4GiB");
    project.fine("sandbox remove proxy.edge");
    project.edit("setup.sh", "curl", "curl jq");
    check("drift", &project, &["drift --sandbox", "drift --sandbox --format json"]);
    project.untouched("drift --sandbox", 2);
    let said = project.ends("apply --sandbox --yes", 0);
    says(&said, &["drift", "Apply:"]);
    let said = project.untouched("drift --sandbox", 2);
    says(&said, &["container.web", "outdated", "Drift: 1 outdated."]);
}

#[test]
fn what_carries_our_mark_and_is_in_no_state_is_told() {
    let project = Project::applied();
    project.fine("state forget container.edge --sandbox");
    project.edit("main.paas", "container edge {", "container other {");
    project.edit("main.paas", "on = container.edge,", "on = container.other,");
    let said = project.untouched("drift --sandbox", 2);
    says(&said, &["container.edge", "unmanaged"]);
}

#[test]
fn the_order_of_things() {
    check("graph", &Project::site(), &["graph", "graph --format waves", "graph --format dot"]);
}

#[test]
fn outputs_as_of_the_last_apply() {
    let project = Project::site();
    says(&project.untouched("output --sandbox", 1), &["P7007", "paas apply"]);
    project.fine("apply --sandbox --yes");
    assert_eq!(project.fine("output --sandbox --name url"), "https://blog.example.com\n");
    let said = project.untouched("output --sandbox --name urk", 1);
    says(&said, &["there is nothing called `urk`", "did you mean `url`?"]);
    project.edit("main.paas", "output url =", "output address =");
    project.fine("apply --sandbox --yes");
    assert_eq!(project.fine("output --sandbox --name address"), "https://blog.example.com\n");
    says(&project.untouched("output --sandbox --name url", 1), &["there is nothing called `url`"]);
}

#[test]
fn colours_are_only_for_those_who_want_them() {
    let project = Project::site();
    let is_coloured = |line: &str| project.run(line).out.contains('\u{1b}');
    assert!(!is_coloured("plan --sandbox"));
    assert!(!is_coloured("plan --sandbox --color auto"));
    assert!(!is_coloured("plan --sandbox --color never"));
    assert!(is_coloured("plan --sandbox --color always"));
    assert!(!is_coloured("plan --sandbox --color always --format json"));
    says(&project.ends("plan --sandbox --color sometimes", 64), &["auto, always, never"]);
}

#[test]
fn plain_characters_where_nothing_else_is_shown() {
    let project = Project::applied().with("LC_ALL", "C");
    project.edit("main.paas", "memory: size = 1GiB", "memory: size = 2GiB");
    let said = project.fine("plan --sandbox");
    let strange: Vec<char> = said.chars().filter(|c| !c.is_ascii()).collect();
    assert!(strange.is_empty(), "{strange:?} in:\n{said}");
}

#[test]
fn the_log_goes_to_standard_error() {
    let run = Project::site().run("plan --sandbox -v --format json");
    assert!(serde_json::from_str::<serde_json::Value>(&run.out).is_ok(), "{}", run.out);
    says(&run.err, &["looked", "planned"]);
}

#[test]
fn wrong_command_lines_end_with_64() {
    let project = Project::applied();
    for line in ["", "plann", "plan --frobnicate", "plan --format xml", "apply . other", "explain"]
    {
        let said = project.untouched(line, 64);
        assert!(said.contains("--help"), "`{line}`:\n{said}");
    }
    says(&project.untouched("plan --summary --full --sandbox", 64), &["cannot be used with"]);
    for line in ["--help", "help", "plan --help", "sandbox set --help", "--version"] {
        project.untouched(line, 0);
    }
    says(&project.fine("sandbox set --help"), &["pace=50"]);
}
