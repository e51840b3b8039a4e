//! What is not ours is never touched: guests made by hand, copies of ours, numbers used again, and
//! guests that nobody lets us see.

use serde_json::{Value, json};

use crate::proxmox::WEB;
use crate::support::pve;

fn config_of(guest: &Value) -> Value {
    guest["config"].clone()
}

#[test]
fn a_number_that_somebody_has_is_refused_before_anything_is_done() {
    let Some(pve) = pve::cluster() else { return };
    pve.ask("add_ct", json!([150, "theirs", { "hostname": "theirs", "memory": 99 }]));
    let theirs = pve.guest(150);
    let project = pve.project(&WEB.replace("[1, 2, 3]", "[1]").replace("tags", "id = 150\n  tags"));
    let said = project.ends("apply --yes", 4);
    assert!(said.contains("150") && said.contains("theirs"), "{said}");
    assert_eq!(pve.guests(), [theirs]);
}

#[test]
fn a_copy_of_ours_is_nobody_s_to_remove() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    // Proxmox copies description and tags with everything else.
    let config = config_of(&pve.guest(10_000));
    pve.ask("add_ct", json!([777, "web-1", config]));
    let before = pve.guest(777);
    project.fine("plan --exit-code");
    project.edit("main.paas", "memory = 512MiB", "memory = 1GiB");
    project.fine("apply --yes");
    project.fine("destroy --yes");
    assert_eq!(pve.guests(), [before]);
}

#[test]
fn a_number_that_was_used_again_is_left_alone() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    project.edit("main.paas", "memory = 512MiB", "memory = 1GiB");
    project.fine("plan --out plan.json");
    // Between the plan and the apply somebody makes another guest of the number.
    pve.ask("remove", json!([10_001]));
    pve.ask("add_ct", json!([10_001, "theirs", { "hostname": "theirs", "memory": 99 }]));
    let theirs = pve.guest(10_001);
    let said = project.ends("apply plan.json", 3);
    assert!(said.contains("guest 10001 (theirs) is not ours"), "{said}");
    assert_eq!(pve.guest(10_001), theirs);
    let memory = |vmid| pve.guest(vmid)["config"]["memory"].to_string();
    assert_eq!(memory(10_000).trim_matches('"'), "1024", "the others are changed");
    // And destroying leaves it where it is.
    project.run("destroy --yes");
    assert_eq!(pve.guest(10_001), theirs);
}

#[test]
fn a_guest_without_its_mark_is_not_touched() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    pve.ask("set", json!([10_000, "description", "no mark any more"]));
    project.edit("main.paas", "memory = 512MiB", "memory = 1GiB");
    let said = project.ends("apply --yes", 4);
    assert!(said.contains("10000"), "{said}");
    assert_eq!(pve.guest(10_000)["config"]["memory"].to_string().trim_matches('"'), "512");
}

#[test]
fn a_guest_that_may_not_be_seen_is_not_gone() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    pve.ask("grant", json!(["ci@pve!paas", "/vms/10000", "VM.Audit", "VM.Config.Memory"]));
    pve.ask("grant", json!(["ci@pve!paas", "/nodes", "Sys.Audit"]));
    let project = project.with("PVE_TOKEN", &pve.token().replace("root@pam", "ci@pve"));
    let said = project.ends("plan", 1);
    assert!(said.contains("exists, but `ci@pve!paas` may not see it"), "{said}");
    assert!(said.contains("pveum acl modify"), "{said}");
    assert_eq!(pve.guests().len(), 3);
}

#[test]
fn what_only_root_may_set_is_refused_with_the_reason() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(&WEB.replace("tags", "features { keyctl = true }\n  tags"));
    let said = project.run("apply --yes");
    assert_ne!(said.code, 0);
    assert!(said.out.contains("only root may set features"), "{}{}", said.out, said.err);
    assert!(pve.guests().is_empty(), "nothing is half made");
}
