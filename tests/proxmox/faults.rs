//! What goes wrong on a cluster, and what becomes of it.

use serde_json::json;

use crate::proxmox::WEB;
use crate::support::pve;

#[test]
fn an_answer_that_is_lost_makes_no_second_guest() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    pve.ask_named("secs", json!([]), json!({ "create": 0.2 }));
    // Each is carried out; one answer becomes a node's time-out, the next connection breaks.
    pve.ask("lose", json!(["POST", "/nodes/pve1/lxc", 1, "timeout"]));
    pve.ask("lose", json!(["POST", "/nodes/pve2/lxc", 1, "reset"]));
    pve.ask("lose", json!(["POST", "/status/start", 2, "reset"]));
    project.run("apply --yes");
    project.fine("apply --yes");
    let guests = pve.guests();
    assert_eq!(guests.len(), 3, "{guests:?}");
    assert!(guests.iter().all(|it| it["status"] == "running"), "{guests:?}");
    project.fine("plan --exit-code");
    pve.ask("lose", json!(["DELETE", "/10000", 1, "reset"]));
    pve.ask("lose", json!(["PUT", "/config", 1, "timeout"]));
    project.run("destroy --yes");
    project.run("destroy --yes");
    assert!(pve.guests().is_empty(), "{:?}", pve.guests());
}

#[test]
fn a_lock_that_passes_is_waited_for() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    pve.ask_named("backup", json!([10_000]), json!({ "secs": 1 }));
    project.edit("main.paas", "memory = 512MiB", "memory = 1GiB");
    project.fine("apply --yes");
    assert_eq!(pve.guest(10_000)["config"]["memory"].to_string().trim_matches('"'), "1024");
}

#[test]
fn contention_is_tried_again() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    let busy = json!({
        "status": 500,
        "message": "can't lock file '/run/lock/lxc/pve-config-10000.lock' - got timeout\n",
        "times": 2,
    });
    pve.ask_named("fail", json!(["POST", "/lxc"]), busy);
    project.fine("apply --yes");
    assert_eq!(pve.guests().len(), 3);
    project.fine("plan --exit-code");
}

#[test]
fn without_a_quorum_nothing_is_half_done() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    pve.ask("lose_quorum", json!([]));
    let said = project.run("apply --yes");
    assert_ne!(said.code, 0);
    assert!(said.out.contains("quorum"), "{}{}", said.out, said.err);
    assert!(pve.guests().is_empty());
    pve.ask("regain_quorum", json!([]));
    project.fine("apply --yes");
    assert_eq!(pve.guests().len(), 3);
}

#[test]
fn a_node_that_is_away_keeps_its_guests() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    pve.ask("set_node_offline", json!(["pve2"]));
    let plan = project.run("plan");
    assert!(!plan.out.contains("replace") && !plan.out.contains("create"), "{}", plan.out);
    pve.ask("set_node_offline", json!(["pve2", false]));
    project.fine("plan --exit-code");
}

#[test]
fn an_image_that_is_not_there_is_named_with_those_that_are() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(&WEB.replace("debian-12-standard", "debian-99"));
    let said = project.run("apply --yes");
    let text = format!("{}{}", said.out, said.err);
    assert_ne!(said.code, 0);
    assert!(text.contains("no image `debian-99`"), "{text}");
    assert!(text.contains("debian-12-standard_12.7-1_amd64.tar.zst"), "{text}");
    assert!(pve.guests().is_empty());
}

#[test]
fn a_node_that_is_named_and_away_is_told_before_anything_is_done() {
    let Some(pve) = pve::cluster() else { return };
    let on =
        |node: &str| WEB.replace("on = cluster.home", &format!("on = cluster.home.node.{node}"));
    let project = pve.project(&on("pve2"));
    pve.ask("set_node_offline", json!(["pve2"]));
    let said = project.ends("plan", 4);
    assert!(said.contains("P5011") && said.contains("`pve2` is offline"), "{said}");
    project.ends("apply --yes", 4);
    assert!(pve.guests().is_empty());
    // What is there already is left where it is, and nothing else has to wait for it.
    project.edit("main.paas", "cluster.home.node.pve2", "cluster.home.node.pve1");
    project.fine("apply --yes");
    project.edit("main.paas", "cluster.home.node.pve1", "cluster.home.node.pve2");
    let said = project.ends("plan", 4);
    assert!(said.contains("`pve2` is offline"), "{said}");
}
