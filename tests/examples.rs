//! The folders under `examples`, through the program itself: what it prints is compared with
//! `tests/cases/examples`, and the lab is lived with for a while.

mod campus;
mod catalogue;

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::golden;

/// The value of every secret that an example takes from the environment.
const SECRET: &str = "planted-0f3c9a77";

/// What a runtime is sent, so that even the sandbox wants a value for it.
const SECRETS: [&str; 6] = [
    "ACME_VAULTWARDEN_ADMIN",
    "FAMILY_NEXTCLOUD_ADMIN",
    "FAMILY_NEXTCLOUD_DATABASE",
    "OFFICE_GRAFANA_ADMIN",
    "OFFICE_N8N_KEY",
    "OFFICE_TASKS_SESSIONS",
];

/// An example in a folder of its own, where it can leave its state.
struct Project {
    folder: tempfile::TempDir,
    name: &'static str,
}

/// What one run of the program came to.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Project {
    fn new(name: &'static str) -> Project {
        let folder = tempfile::tempdir().unwrap();
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        copy(&examples.join(name), &folder.path().join(name));
        Project { folder, name }
    }

    /// Runs `paas` in the example's folder: without a terminal, and with no variable set but those
    /// of its secrets.
    fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_paas"))
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(SECRETS.map(|name| (name, SECRET)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().expect("it ends by itself");
        Ran { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs it, and tells what it printed; it must end with `code`.
    #[track_caller]
    fn told(&self, line: &str, code: i32) -> String {
        let ran = self.run(&line.split(' ').collect::<Vec<_>>());
        let (out, err) = (&ran.out, &ran.err);
        assert_eq!(ran.code, code, "paas {line} in {}:\n{out}\n{err}", self.name);
        ran.out
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join(self.name)
    }
}

/// Copies a folder, but not what a run left in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        match entry.is_dir() {
            true if name == "state" => (),
            true => copy(&entry, &to.join(name)),
            false => drop(std::fs::copy(&entry, to.join(name)).unwrap()),
        }
    }
}

/// Checks, plans, applies and plans again; each plan is what is expected.
#[track_caller]
fn check(name: &'static str) {
    let project = Project::new(name);
    let golden = |what: &str, text: &str| {
        golden::check(&format!("cases/examples/{name}.{what}"), text);
    };
    let checked = project.told("check --deny-warnings", 0);
    assert!(checked.contains("0 warnings"), "{checked}");
    project.told("fmt --check", 0);
    golden("plan.txt", &project.told("plan --sandbox", 0));
    golden("plan.json", &project.told("plan --sandbox --format json", 0));
    project.told("plan --sandbox --exit-code", 2);
    assert!(!project.path().join("state").exists(), "a plan leaves nothing behind");
    project.told("apply --sandbox --yes", 0);
    golden("after.txt", &project.told("plan --sandbox --exit-code", 0));
    project.told("drift --sandbox", 0);
    project.told("apply --sandbox --yes", 0);
}

#[test]
fn quickstart_is_planned_and_applied() {
    check("quickstart");
}

#[test]
fn nothing_moves_away_from_a_node_that_is_offline() {
    let project = Project::new("quickstart");
    project.told("apply --sandbox --yes", 0);
    project.told("sandbox set node.pve1 online=false", 0);
    let plan = project.told("plan --sandbox", 0);
    assert!(!plan.contains("replace") && !plan.contains("destroy"), "{plan}");
    project.told("sandbox set node.pve1 online=true", 0);
    project.told("sandbox remove app.blog", 0);
    project.told("sandbox remove container.web", 0);
    project.told("sandbox set node.pve1 online=false", 0);
    let plan = project.told("plan --sandbox", 0);
    assert!(plan.contains("pve2   cores 0 → 1/128"), "{plan}");
}

#[test]
fn the_catalogue_app_is_planned_and_applied() {
    check("catalogue-app");
}

#[test]
fn the_lab_is_planned_and_applied() {
    check("lab");
}

/// The names of the machines in the lab.
const MACHINES: [&str; 11] = [
    "authentik",
    "caddy",
    "dns",
    "forgejo",
    "guacamole",
    "media",
    "monitoring",
    "nextcloud",
    "openbao",
    "postgres",
    "vaultwarden",
];

/// The addresses on the lines of a listing that begin with `!`.
fn marked(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("! "));
    let mut names: Vec<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_changed_script_makes_exactly_its_containers_outdated() {
    let lab = Project::new("lab");
    lab.told("apply --sandbox --yes", 0);
    let script = lab.path().join("templates/20-journal.sh");
    let text = std::fs::read_to_string(&script).unwrap();
    std::fs::write(&script, text.replace("200M", "400M")).unwrap();
    let drift = lab.told("drift --sandbox", 2);
    let expected: Vec<String> =
        MACHINES.iter().map(|name| format!("container.box[\"{name}\"]")).collect();
    assert_eq!(marked(&drift), expected, "{drift}");
    assert_eq!(drift.matches("outdated\n").count(), 12, "{drift}");
    assert!(drift.contains("Drift: 11 outdated."), "{drift}");
    // A comment in another file changes nothing of what is made.
    std::fs::write(&script, text).unwrap();
    lab.told("drift --sandbox", 0);
}

#[test]
fn drift_is_told_with_before_after_and_reason_and_put_back() {
    let lab = Project::new("lab");
    lab.told("apply --sandbox --yes", 0);
    lab.told("sandbox set container.box[\"media\"] memory=1GiB", 0);
    let drift = lab.told("drift --sandbox", 2);
    assert_eq!(marked(&drift), ["container.box[\"media\"]"], "{drift}");
    assert!(drift.contains("memory  1GiB → 2GiB"), "{drift}");
    assert!(drift.contains("changed outside"), "{drift}");
    let plan = lab.told("plan --sandbox --exit-code", 2);
    let change = plan.lines().skip_while(|line| !line.starts_with("  ~ container.box[\"media\"]"));
    let leaf = change.take(2).last().unwrap();
    assert_eq!(
        leaf.split_whitespace().collect::<Vec<_>>(),
        ["memory", "1GiB", "→", "2GiB", "drift"]
    );
    assert!(plan.contains("Plan: 1 to update."), "{plan}");
    lab.told("apply --sandbox --yes", 0);
    lab.told("drift --sandbox", 0);
}

#[test]
fn destroy_leaves_an_empty_sandbox() {
    let lab = Project::new("lab");
    lab.told("apply --sandbox --yes", 0);
    let before = lab.told("sandbox show", 0);
    assert!(before.contains("container.box[\"media\"]"), "{before}");
    lab.told("destroy --sandbox --yes", 0);
    let shown = lab.told("sandbox show", 0);
    let (there, _) = shown.split_once("\ntasks, ").expect("tasks are shown last");
    let lines: Vec<&str> = there.lines().map(str::trim_start).collect();
    assert_eq!(lines.len(), 2, "only a cluster and its node are left:\n{there}");
    assert!(lines[1].starts_with("node pve1  online  cores 0 of 128"), "{there}");
    assert!(lab.told("state list --sandbox", 0).starts_with("0 objects"));
    lab.told("destroy --sandbox --yes", 0);
}
