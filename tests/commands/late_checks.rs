//! Conditions whose values an apply finds out: checked at its end, and nothing is undone.

use crate::commands::{check, says};
use crate::support::project::Project;

const SITE: &str = r#"
secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
input wanted: cidr = 10.0.0.0/8
input people: [string] = ["a"]
container web for n in people by n {
  on = cluster.home
  template = "debian-12-standard"
  network = network.lan
  ip = "dhcp"
  require self.ip in wanted else "an address from elsewhere"
}
"#;

fn project(more: &str) -> Project {
    Project::of(&format!("{SITE}{more}"))
}

#[test]
fn what_waits_for_an_apply_is_said_and_is_no_warning() {
    let project = project("");
    says(
        &project.fine("check --deny-warnings"),
        &["0 warnings; 1 condition is checked after apply"],
    );
    let more = "check own for c in all.container by c.address { require c.ip != 10.0.0.1 }\n";
    let project = self::project(more);
    says(&project.fine("check"), &["2 conditions are checked after apply"]);
    says(&project.fine("plan --sandbox"), &["checks   1 after apply"]);
    says(&project.fine("plan --sandbox --format json"), &["\"result\": \"later\""]);
}

#[test]
fn what_holds_is_silent() {
    let project = project("");
    let said = project.ends("apply --sandbox --yes", 0);
    assert!(!said.contains("P2016") && !said.contains("P3004"), "{said}");
    project.fine("plan --sandbox --exit-code");
}

#[test]
fn what_does_not_hold_fails_with_what_was_seen() {
    let project = project(
        "check low for c in all.container by c.address {\n  level = \"warn\"\n  \
         require c.ip in 10.8.0.0/16 else \"\\(c.address) has \\(c.ip)\"\n}\n",
    );
    let lines = [
        "apply --sandbox --yes --parallel 1 --set 'people=[\"a\", \"b\"]' --set wanted=10.9.0.0/16",
        "apply --sandbox --yes --set 'people=[\"a\", \"b\"]' --set wanted=10.9.0.0/16",
        "plan --sandbox --exit-code --set 'people=[\"a\", \"b\"]'",
    ];
    check("late_checks", &project, &lines);
    // Nothing was undone, and the next apply that fits is content.
    assert_eq!(project.recorded().len(), 4);
    project.fine("apply --sandbox --yes --set 'people=[\"a\", \"b\"]'");
}

#[test]
fn a_saved_plan_is_checked_after_it_too() {
    let project = project("");
    project.fine("plan --sandbox --out p.plan --set wanted=10.9.0.0/16");
    says(&project.ends("apply p.plan", 3), &["P2016", "an address from elsewhere"]);
}

#[test]
fn an_apply_that_stops_half_way_checks_nothing() {
    let project = project("");
    project.fine("sandbox fail 'container.web'");
    let said = project.run("apply --sandbox --yes --set wanted=10.9.0.0/16");
    assert!(said.code != 0 && !said.err.contains("P2016"), "{}{}", said.out, said.err);
    says(&project.ends("apply --sandbox --yes --set wanted=10.9.0.0/16", 3), &["P2016"]);
}

#[test]
fn what_a_part_does_not_make_cannot_be_checked() {
    let project = project("require container.web[\"a\"].ip != 10.0.0.1 else \"taken\"\n");
    let said = project.ends("apply --sandbox --yes --target network.lan", 0);
    says(&said, &["warning[P3004]", "this could not be checked after apply"]);
}

#[test]
fn destroying_checks_nothing() {
    let project = project("");
    project.ends("apply --sandbox --yes --set wanted=10.9.0.0/16", 3);
    let said = project.ends("destroy --sandbox --yes --set wanted=10.9.0.0/16", 0);
    assert!(!said.contains("P2016"), "{said}");
}

#[test]
fn a_secret_in_a_condition_is_only_named() {
    let project = project(
        "secret key = env(\"KEY\")\n\
         require container.web[\"a\"].ip == 10.0.0.1 else \"\\(container.web[\"a\"].ip) \\(secret.key)\"\n",
    )
    .with("KEY", "planted-secret");
    let said = project.ends("apply --sandbox --yes", 3);
    says(&said, &["«secret key»"]);
    assert!(!said.contains("planted-secret"), "{said}");
}

/// A plan is made without the values of secrets; what is revealed is checked once it was sent.
#[test]
fn what_is_revealed_is_checked_after_apply() {
    let held = r#"
secret pw = generate(length = 20)
output pw = reveal(secret.pw, "the installer shows it")
check long { require reveal(length(secret.pw) > 8, "no secret") else "too short" }
check there { require reveal(secret.pw, "people type it") != "" }
check inside { require length(reveal("x\(secret.pw)", "people type it")) == 21 }
"#;
    let project = Project::of(held);
    says(&project.fine("check --deny-warnings"), &["3 conditions are checked after apply"]);
    let run = project.run("apply --sandbox --yes");
    assert_eq!((run.code, run.err.contains("P3004")), (0, false), "{}", run.err);
    project.write("main.paas", held.replace("> 8", "< 8"));
    let run = project.run("apply --sandbox --yes");
    assert_eq!(run.code, 1, "{}", run.err);
    says(&run.err, &["P2016", "too short", "«secret (length(secret.pw) < 8)»"]);
}

/// The value of a secret that is not there makes no apply fail that had no use for it.
#[test]
fn what_is_revealed_and_not_there_is_said() {
    let project = Project::of(
        "secret other = env(\"OTHER\")\ncheck it { require reveal(secret.other, \"why\") != \"\" }\n\
         host a { address = 192.0.2.1 }\n",
    );
    let run = project.run("apply --sandbox --yes");
    assert_eq!(run.code, 0, "{}", run.err);
    says(&run.err, &["P3004", "could not be checked after apply"]);
    let run = project.with("OTHER", "x").run("apply --sandbox --yes");
    assert!(!run.err.contains("P3004"), "{}", run.err);
}
