//! What is missing is told before anything is made.

use serde_json::{Value, json};

use crate::proxmox::WEB;
use crate::support::pve;

#[test]
fn a_token_without_privileges_is_told_what_to_type() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    let said = project.fine("preflight");
    assert!(said.contains("0 errors") && said.contains("Proxmox VE 9"), "{said}");
    pve.ask("grant", json!(["ci@pve!paas", "/vms", "VM.Audit"]));
    let project = project.with("PVE_TOKEN", &pve.token().replace("root@pam", "ci@pve"));
    let said = project.ends("preflight", 1);
    assert!(said.contains("on `/vms` there is no VM.Allocate"), "{said}");
    assert!(said.contains("on `/storage/local-lvm` there is no Datastore.AllocateSpace"), "{said}");
    assert!(said.contains("pveum acl modify /vms -token 'ci@pve!paas'"), "{said}");
    assert!(pve.guests().is_empty());
}

#[test]
fn nodes_storages_and_bridges_are_looked_for() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.edit("main.paas", "node pve1 {}", "node pve1 { storage = \"tank\" }\n  node pve9 {}");
    pve.ask("set_node_offline", json!(["pve2"]));
    let said = project.run("preflight --format json");
    assert_eq!(said.code, 1, "{}", said.err);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    let all = json["findings"].as_array().unwrap();
    let error = |what: &str| {
        let found = all.iter().find(|it| it["what"] == what && it["severity"] == "error");
        found.unwrap_or_else(|| panic!("{what}: {}", said.out))["how"].clone()
    };
    assert_eq!(error("storage tank of pve1"), "there is no such storage");
    assert_eq!(error("node pve9"), "there is no such node");
    assert_eq!(error("node pve2"), "it is offline");
}

#[test]
fn the_fingerprint_of_a_node_is_shown_and_nothing_sent_to_it() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    let pinned = format!("  tls {{ fingerprint = \"{}\" }}\n", pve.fingerprint);
    project.edit("main.paas", &pinned, "");
    let said = project.ends("preflight", 1);
    let shown = said.split('`').find(|it| it.matches(':').count() == 31).unwrap().to_owned();
    assert_eq!(shown.replace(':', "").to_lowercase(), pve.fingerprint);
    let sent = pve.requests();
    assert!(sent.iter().all(|it| it.starts_with("GET /api2/json/") || it == "GET /"), "{sent:?}");
    let line = format!("  tls {{ fingerprint = \"{shown}\" }}\n  node pve1");
    project.edit("main.paas", "  node pve1", &line);
    project.fine("preflight");
    project.edit("main.paas", &format!("fingerprint = \"{shown}\""), "verify = false");
    let said = project.fine("preflight");
    assert!(said.contains("the certificate is not checked"), "{said}");
}
