//! What is missing is told before anything is made.

use serde_json::{Value, json};

use crate::proxmox::WEB;
use crate::support::project::Project;
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

#[test]
fn a_project_that_was_begun_passes_every_check() {
    let Some(pve) = pve::cluster() else { return };
    let project = Project::empty().with("PVE_TOKEN", &pve.token());
    let said = project.ends("init", 64);
    assert!(said.contains("--api and --network"), "{said}");
    let line = format!(
        "init --api https://127.0.0.1:{} --fingerprint {} --token-env PVE_TOKEN \
         --network 10.9.0.0/24 --gateway 10.9.0.1 --domain lab.example \
         --pool 10.9.0.100-10.9.0.120",
        pve.port, pve.fingerprint
    );
    let said = project.fine(&line);
    assert!(said.contains("paas preflight") && said.contains("export PVE_TOKEN="), "{said}");
    project.fine("fmt --check");
    project.fine("check --deny-warnings");
    project.fine("preflight");
    project.fine("apply --yes");
    let before = project.read("main.paas");
    let said = project.ends(&line, 1);
    assert!(said.contains("there is a `./main.paas` already"), "{said}");
    assert_eq!(project.read("main.paas"), before);
    // What would not pass is not written.
    let other = Project::empty();
    let said = other.ends("init --api pve.lan --network 10.9.0.0/24 --gateway elsewhere", 1);
    assert!(said.contains("gateway"), "{said}");
    assert!(!other.path("main.paas").exists() && !other.path(".gitignore").exists());
    let said = other.ends("init --api 'https://a b' --network 10.9.0.0/24", 1);
    assert!(said.contains("is no address"), "{said}");
}
