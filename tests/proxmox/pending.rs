//! What Proxmox takes up only at the next start of a guest does not look like done.

use serde_json::{Value, json};

use crate::support::pve;

/// A container and a virtual machine that run.
const BOTH: &str = "container web {\n  on = cluster.home\n  template = \"debian-12-standard\"\n  \
                    network = network.lan\n  ip = 10.9.0.20\n}\n\
                    vm mail {\n  on = cluster.home\n  template = \"debian-12-generic\"\n  \
                    network = network.lan\n  ip = 10.9.0.30\n}\n";

#[test]
fn what_takes_a_restart_is_restarted_and_then_nothing_waits() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(BOTH);
    project.fine("apply --yes");
    project.edit(
        "main.paas",
        "ip = 10.9.0.20\n",
        "ip = 10.9.0.20\n  features { nesting = true }\n",
    );
    project.edit("main.paas", "ip = 10.9.0.30\n", "ip = 10.9.0.30\n  memory = 2GiB\n  cores = 2\n");
    project.edit("main.paas", "gateway = 10.9.0.1", "gateway = 10.9.0.1, dns = [10.9.0.53]");
    let plan = project.run("plan").out;
    assert!(plan.contains("restart") && !plan.contains("restart needed"), "{plan}");
    let said = project.fine("apply --yes");
    assert!(!said.contains("restart needed"), "{said}");
    for guest in pve.guests() {
        assert_eq!(guest["pending"], json!({}), "{guest}");
        assert_eq!(guest["status"], "running");
        assert_eq!(guest["config"]["nameserver"], "10.9.0.53", "{guest}");
    }
    let config = |vmid: u64, key: &str| pve.guest(vmid)["config"][key].to_string();
    assert_eq!(config(10_000, "features"), "\"nesting=1\"");
    assert_eq!(config(10_001, "memory").trim_matches('"'), "2048");
    project.fine("plan --exit-code");
}

#[test]
fn what_waits_for_a_restart_is_told_and_is_no_difference() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(BOTH);
    project.fine("apply --yes");
    // Here nothing is plugged into a virtual machine that runs.
    project.edit("main.paas", "gateway = 10.9.0.1", "gateway = 10.9.0.1, vlan = 7");
    project.edit("main.paas", "ip = 10.9.0.20\n", "ip = 10.9.0.20\n  memory = 1GiB\n");
    let said = project.fine("apply --yes");
    let waits = "net0  until it starts again: `qm reboot 10001` on pve";
    assert!(said.contains("vm.mail") && said.contains(waits), "{said}");
    assert!(!said.contains("`pct reboot"), "a container takes an interface up at once: {said}");
    let plan = project.fine("plan --exit-code");
    assert!(plan.contains("No changes") && plan.contains(waits), "{plan}");
    let drift = project.fine("drift");
    assert!(drift.contains("No drift") && drift.contains(waits), "{drift}");
    let json: Value = serde_json::from_str(&project.fine("drift --format json")).unwrap();
    assert_eq!(json["pending"][0]["address"], "vm.mail", "{json}");
    assert_eq!(json["pending"][0]["keys"], json!(["net0"]), "{json}");
    assert_eq!(json["drift"], json!([]), "{json}");

    // A change that starts it again anyway takes it along.
    project.edit("main.paas", "ip = 10.9.0.30\n", "ip = 10.9.0.30\n  cores = 2\n");
    let plan = project.run("plan").out;
    assert!(!plan.contains("restart needed"), "{plan}");
    let said = project.fine("apply --yes");
    assert!(!said.contains("restart needed"), "{said}");
    assert_eq!(pve.guest(10_001)["pending"], json!({}));

    // So does whoever starts it again; what was asked for by hand is drift like everything else.
    pve.ask("wait", json!([10_000, "searchdomain", "by.hand"]));
    let said = project.fine("drift");
    assert!(said.contains("searchdomain  until it starts again: `pct reboot 10000`"), "{said}");
    pve.ask("wait", json!([10_000, "memory", 4096]));
    let said = project.ends("drift", 2);
    assert!(said.contains("4GiB → 1GiB"), "{said}");
}
