//! `lifecycle`: each option has the effect that it promises, or is refused.

use crate::commands::apply::converged;
use crate::commands::says;
use crate::support::project::Project;

const PLATFORM: &str = r#"
secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.example.com:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
"#;

/// A container called `web` with these lines, on the platform of these tests.
fn web(more: &str) -> String {
    let on = "on = cluster.home, template = \"debian-12-standard\", network = network.lan";
    format!("{PLATFORM}container web {{\n  {on}\n  ip = \"auto\"\n{more}\n}}\n")
}

fn made(more: &str) -> Project {
    let project = Project::of(&web(more));
    project.fine("apply --sandbox --yes --parallel 1");
    project
}

/// What was done to guests so far, oldest first.
fn calls(project: &Project) -> Vec<String> {
    let shown = project.fine("sandbox show");
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| matches!(*word, "POST" | "DELETE"))?;
        let path = words.get(at + 1).filter(|path| path.starts_with("/nodes/"))?;
        Some(format!("{} {path}", words[at]))
    };
    shown.lines().filter_map(line).collect()
}

#[test]
fn a_kind_that_goes_first_can_come_first() {
    let grown = "  disk = 8GiB\n  lifecycle { replace = \"create_first\" }";
    let project = made(grown);
    project.edit("main.paas", "8GiB", "4GiB");
    says(&project.fine("plan --sandbox"), &["replace"]);
    project.fine("apply --sandbox --yes");
    let guests = project.guests();
    assert_eq!(guests.len(), 1);
    assert_eq!(guests[0].0, "10001", "it has a number of its own: {guests:?}");
    assert!(guests[0].1.starts_with("10.0.0.3"), "and an address: {guests:?}");
    let calls = calls(&project);
    let made = calls.iter().rposition(|call| call == "POST /nodes/pve1/lxc");
    let gone = calls.iter().position(|call| call.starts_with("DELETE"));
    assert!(made < gone, "the new one came before the old one went: {calls:?}");
    converged(&project);
}

#[test]
fn without_a_word_the_old_one_goes_first_and_its_number_stays() {
    let project = made("  disk = 8GiB");
    project.edit("main.paas", "8GiB", "4GiB");
    project.fine("apply --sandbox --yes");
    assert_eq!(project.guests()[0].0, "10000");
    converged(&project);
}

#[test]
fn what_is_never_replaced_stands_in_the_way() {
    let project = made("  disk = 8GiB\n  lifecycle { replace = \"never\" }");
    project.edit("main.paas", "8GiB", "4GiB");
    let said = project.untouched("apply --sandbox --yes", 4);
    says(&said, &["P7016", "`disk`"]);
    project.edit("main.paas", "4GiB", "16GiB");
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn another_value_replaces_and_is_the_reason() {
    let project = made("  lifecycle { replace_on = [\"one\"] }");
    project.edit("main.paas", "[\"one\"]", "[\"two\"]");
    let said = project.fine("plan --sandbox");
    says(&said, &["replace", "replace_on", "one", "two"]);
    project.fine("apply --sandbox --yes");
    says(&project.fine("sandbox show"), &["container.web#2"]);
    converged(&project);
    project.edit("main.paas", "  lifecycle { replace_on = [\"two\"] }", "");
    says(&project.fine("plan --sandbox"), &["1 to update"]);
    project.fine("apply --sandbox --yes");
    project.edit("main.paas", "\n}", "\n  lifecycle { replace_on = [\"three\"] }\n}");
    project.fine("apply --sandbox --yes");
    says(&project.fine("sandbox show"), &["container.web#2"]);
}

#[test]
fn the_version_of_a_template_can_replace() {
    let template = "template base {\n  cluster = cluster.home\n  base = \"debian-12-standard\"\n  \
                    scripts = [\"setup.sh\"]\n}\n";
    let more = "  lifecycle { replace_on = [template.base.version] }";
    let project = Project::of(&format!("{}{template}", web(more)));
    project.write("setup.sh", "echo one\n");
    project.fine("apply --sandbox --yes");
    project.write("setup.sh", "echo two\n");
    says(&project.fine("plan --sandbox"), &["replace_on"]);
    project.fine("apply --sandbox --yes");
    says(&project.fine("sandbox show"), &["container.web#2"]);
    converged(&project);
}

#[test]
fn what_could_not_be_made_whole_is_removed_again() {
    let project = Project::of(&web("  lifecycle { on_failure = \"rollback\" }"));
    project.fine("sandbox fail 'status/start' --how refused");
    let said = project.ends("apply --sandbox --yes", 3);
    says(&said, &["removed again"]);
    assert_eq!(project.guests(), []);
    assert!(!project.recorded().iter().any(|it| it.contains("container.web")));
    project.fine("apply --sandbox --yes");
    says(&project.fine("sandbox show"), &["container.web#1"]);
    converged(&project);
}

#[test]
fn a_lost_answer_is_not_rolled_back_but_looked_at() {
    let project = Project::of(&web("  lifecycle { on_failure = \"rollback\" }"));
    project.fine("sandbox fail 'status/start' --how unknown-after");
    let said = project.ends("apply --sandbox --yes", 3);
    says(&said, &["it may have happened"]);
    assert_eq!(project.guests().len(), 1);
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn without_a_word_a_failure_leaves_what_was_made() {
    let project = Project::of(&web(""));
    project.fine("sandbox fail 'status/start' --how refused");
    project.ends("apply --sandbox --yes", 3);
    assert_eq!(project.guests().len(), 1);
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn making_may_take_only_so_long() {
    let project = Project::of(&web("  lifecycle { timeout { create = 1s } }"));
    says(&project.ends("apply --sandbox --yes", 3), &["it took longer than 1s"]);
    project.edit("main.paas", "1s", "1h");
    project.fine("apply --sandbox --yes");
    converged(&project);
}

#[test]
fn what_is_started_may_be_waited_for_longer() {
    let project = made("  lifecycle { timeout { ready = 17m } }");
    project.edit("main.paas", "ip = \"auto\"", "ip = \"auto\"\n  features { nesting = true }");
    project.fine("plan --sandbox --out plan.json");
    says(&project.read("plan.json"), &["\"within_secs\":1020"]);
}

#[test]
fn what_cannot_be_kept_is_refused_with_the_reason() {
    let refused = |more: &str, parts: &[&str]| {
        let said = Project::of(&format!("{PLATFORM}{more}")).untouched("check", 1);
        says(&said, &["P5012"]);
        says(&said, parts);
    };
    let web = |more: &str| {
        let on = "on = cluster.home, template = \"debian-12-standard\", network = network.lan";
        format!("container web {{ {on}, {more} }}")
    };
    let first = "lifecycle { replace = \"create_first\" }";
    refused(&web(&format!("ip = 10.0.0.9, {first}")), &["one `ip`", "leave `ip` open"]);
    refused(&web(&format!("id = 900, {first}")), &["one `id`"]);
    let app = |more: &str| format!("{}\napp a {{ on = container.web, {more} }}", web(""));
    let unit = "unit { exec = \"/bin/a\" }";
    for word in ["backup", "stop"] {
        let life = format!("{unit}, lifecycle {{ on_destroy = \"{word}\" }}");
        refused(&app(&life), &[word, "only a guest"]);
    }
    refused("host h { address = 10.0.0.9, lifecycle { timeout { create = 1m } } }", &[]);
}

#[test]
fn what_is_remembered_is_neither_secret_nor_late() {
    let said = Project::of(&web("  lifecycle { replace_on = [secret.pve] }")).untouched("check", 1);
    says(&said, &["P4001", "lifecycle.replace_on"]);
    let other = "container late { on = cluster.home, template = \"debian-12-standard\", \
                 ip = \"dhcp\" }\n";
    let more = "  lifecycle { replace_on = [container.late.ip] }";
    let said = Project::of(&format!("{}{other}", web(more))).untouched("check", 1);
    says(&said, &["P3002"]);
    let said =
        Project::of(&web("  lifecycle { timeout { create = \"x\" } }")).untouched("check", 1);
    says(&said, &["P2001", "duration"]);
    let said = Project::of(&web("  lifecycle { replcae = \"never\" }")).untouched("check", 1);
    says(&said, &["P1003", "replace"]);
}

#[test]
fn a_restart_has_a_snapshot_around_it() {
    let project = made("  lifecycle { snapshot = true }");
    let restarts = "  features { nesting = true }\n  lifecycle { snapshot = true }";
    project.edit("main.paas", "  lifecycle { snapshot = true }", restarts);
    says(&project.fine("plan --sandbox"), &["lifecycle.snapshot", "paas-"]);
    project.fine("sandbox fail 'status/reboot' --how refused");
    let said = project.ends("apply --sandbox --yes", 3);
    says(&said, &["its snapshot is kept: `pct rollback 10000 paas-", "--start 1` on pve"]);
    project.fine("apply --sandbox --yes");
    let calls = calls(&project);
    assert!(calls[calls.len() - 2].contains("/status/reboot"), "{calls:?}");
    assert!(calls[calls.len() - 1].contains("/snapshot/paas-"), "{calls:?}");
    converged(&project);
    let other = Project::of("host box { address = 10.0.0.9, lifecycle { snapshot = true } }\n");
    let said = other.ends("check", 1);
    says(&said, &["P5012", "only a guest of a cluster has snapshots"]);
}
