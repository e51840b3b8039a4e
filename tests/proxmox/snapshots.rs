//! Snapshots around changes that restart a guest.

use serde_json::{Value, json};

use crate::support::project::Project;
use crate::support::pve::{self, Pve};

const WEB: &str = "container web {\n  on = cluster.home\n  template = \"debian-12-standard\"\n  \
                   network = network.lan\n  ip = 10.9.0.20\n  memory = 512MiB\n  \
                   lifecycle { snapshot = true }\n}\n\
                   vm mail {\n  on = cluster.home\n  template = \"debian-12-generic\"\n  \
                   network = network.lan\n  ip = 10.9.0.30\n  cores = 1\n  \
                   lifecycle { snapshot = true }\n}\n";

/// A cluster on whose storage there are snapshots, and a project with two guests on it.
fn site() -> Option<(Pve, Project)> {
    let pve = pve::cluster()?;
    pve.ask("storage", json!(["local-lvm", "lvmthin"]));
    let project = pve.project(WEB);
    project.fine("apply --yes");
    Some((pve, project))
}

fn snapshots(pve: &Pve, vmid: u64) -> Vec<Value> {
    pve.guest(vmid)["snapshots"].as_array().unwrap().clone()
}

#[test]
fn a_change_that_restarts_has_a_snapshot_while_it_runs() {
    let Some((pve, project)) = site() else { return };
    project.edit("main.paas", "memory = 512MiB", "memory = 512MiB\n  features { nesting = true }");
    project.edit("main.paas", "cores = 1", "cores = 2");
    let plan = project.run("plan").out;
    assert_eq!(plan.matches("lifecycle.snapshot").count(), 2, "{plan}");
    pve.requests();
    project.fine("apply --yes");
    let sent: Vec<String> =
        pve.requests().into_iter().filter(|it| !it.starts_with("GET")).collect();
    for guest in ["lxc/10000", "qemu/10001"] {
        let of: Vec<&String> = sent.iter().filter(|it| it.contains(guest)).collect();
        assert!(of[0].starts_with("POST") && of[0].ends_with("/snapshot"), "{of:?}");
        let last = of[of.len() - 1];
        assert!(last.starts_with("DELETE") && last.contains("/snapshot/paas-"), "{of:?}");
    }
    assert!(snapshots(&pve, 10_000).is_empty() && snapshots(&pve, 10_001).is_empty());
    project.fine("plan --exit-code");
    // What takes no restart takes no snapshot.
    project.edit("main.paas", "memory = 512MiB", "memory = 1GiB");
    pve.requests();
    project.fine("apply --yes");
    assert!(!pve.requests().iter().any(|it| it.contains("snapshot")));
}

#[test]
fn a_change_that_fails_keeps_its_snapshot_and_says_how_to_go_back() {
    let Some((pve, project)) = site() else { return };
    project.edit("main.paas", "cores = 1", "cores = 2");
    pve.ask_named(
        "fail",
        json!(["POST", "/status/reboot"]),
        json!({ "status": 500, "message": "no\n", "times": 1 }),
    );
    let said = project.ends("apply --yes", 3);
    let kept = snapshots(&pve, 10_001);
    let [name] = kept.as_slice() else { panic!("{kept:?}") };
    let name = name.as_str().unwrap();
    assert!(name.starts_with("paas-"), "{name}");
    let back = format!("`qm rollback 10001 {name} --start 1` on pve");
    assert!(said.contains(&back), "{said}");
    // The next run goes on under the same snapshot, and removes it at the end.
    pve.requests();
    project.fine("apply --yes");
    let sent = pve.requests();
    assert!(!sent.iter().any(|it| it.starts_with("POST") && it.ends_with("/snapshot")), "{sent:?}");
    assert!(snapshots(&pve, 10_001).is_empty());
    project.fine("plan --exit-code");
}

#[test]
fn what_can_have_no_snapshot_is_refused_before_the_change() {
    let Some((pve, project)) = site() else { return };
    pve.ask("storage", json!(["local-lvm", "dir"]));
    project.edit("main.paas", "memory = 512MiB", "memory = 512MiB\n  features { nesting = true }");
    let said = project.run("apply --yes");
    assert_ne!(said.code, 0);
    assert!(said.out.contains("guest 10000 cannot have a snapshot"), "{}", said.out);
    assert!(said.out.contains("nothing happened"), "{}", said.out);
    assert!(pve.guest(10_000)["config"]["features"].is_null());
    project.edit("main.paas", "lifecycle { snapshot = true }\n}\nvm", "}\nvm");
    project.fine("apply --yes");
    project.fine("plan --exit-code");
}

#[test]
fn answers_that_are_lost_take_and_remove_it_once() {
    let Some((pve, project)) = site() else { return };
    pve.ask("lose", json!(["POST", "/snapshot", 1, "reset"]));
    pve.ask("lose", json!(["DELETE", "/10000/snapshot", 1, "reset"]));
    project.edit("main.paas", "memory = 512MiB", "memory = 512MiB\n  features { nesting = true }");
    project.run("apply --yes");
    project.fine("apply --yes");
    assert!(snapshots(&pve, 10_000).is_empty());
    project.fine("plan --exit-code");
}

#[test]
fn a_token_without_the_privilege_is_told() {
    let Some((pve, project)) = site() else { return };
    pve.ask("grant", json!(["ci@pve!paas", "/vms", "VM.Audit"]));
    let project = project.with("PVE_TOKEN", &pve.token().replace("root@pam", "ci@pve"));
    let said = project.ends("preflight", 1);
    assert!(said.contains("VM.Snapshot"), "{said}");
}
