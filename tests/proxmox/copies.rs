//! Guests that are copies of guest templates of the cluster.

use std::time::Duration;

use serde_json::{Value, json};

use crate::commands::kills::{Numbers, given};
use crate::support::pve::{self, Pve};

/// Two virtual machines that are copies, one of them on a node that is not the template's.
const MAIL: &str = "vm mail for i in [1, 2] {\n  on = cluster.home.node[\"pve\\(i)\"]\n  \
                    template = \"golden\"\n  network = network.lan\n  \
                    ip = nth(network.lan.cidr, i + 30)\n  cores = 2\n  disk = 20GiB\n  \
                    tags = [\"mail\"]\n}\n";

/// A cluster with a template of each kind, and what they are.
fn cluster() -> Option<(Pve, Vec<Value>)> {
    let pve = pve::cluster()?;
    let disk = "local-lvm:base-9000-disk-0,size=8G";
    let mark = "<!-- paas:1 p=0123 v=9000 g=1 n=abc a=vm.golden -->";
    let config = json!({
        "scsi0": disk, "boot": "order=ide2;scsi0;net0", "ide2": "none,media=cdrom",
        "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0", "tags": "golden", "memory": 4096,
        "description": mark,
    });
    pve.ask("add_template", json!(["qemu", 9000, "golden", "pve1", config]));
    let config = json!({
        "rootfs": "local-lvm:base-9001-disk-0,size=4G", "unprivileged": 1, "ostype": "debian",
        "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,ip=dhcp",
    });
    pve.ask("add_template", json!(["lxc", 9001, "base", "pve1", config]));
    let templates = pve.guests();
    Some((pve, templates))
}

/// What was made beside the templates, which are as they were.
#[track_caller]
fn copies(pve: &Pve, templates: &[Value]) -> Vec<Value> {
    let (theirs, made): (Vec<Value>, Vec<Value>) =
        pve.guests().into_iter().partition(|it| it["vmid"] == 9000 || it["vmid"] == 9001);
    assert_eq!(theirs, templates);
    made
}

#[test]
fn a_machine_is_a_copy_of_a_template_with_a_mark_of_its_own() {
    let Some((pve, templates)) = cluster() else { return };
    let project = pve.project(MAIL);
    project.fine("apply --yes");
    let made = copies(&pve, &templates);
    assert_eq!(made.len(), 2, "{made:?}");
    for (guest, node) in made.iter().zip(["pve1", "pve2"]) {
        let config = &guest["config"];
        assert_eq!((&guest["node"], &guest["status"]), (&node.into(), &"running".into()));
        let (number, text) = (guest["vmid"].to_string(), config["description"].as_str().unwrap());
        assert!(text.contains(&format!("v={number} ")) && !text.contains("p=0123"), "{text}");
        assert!(config["scsi0"].as_str().unwrap().ends_with("size=20G"), "{config}");
        assert!(config["ide2"].as_str().unwrap().contains("cloudinit"), "{config}");
        assert!(!config["net0"].as_str().unwrap().contains("BC:24:11:00:00:01"), "{config}");
        assert_eq!(config["tags"], "golden;mail;paas");
        assert_eq!(config["cores"].to_string().trim_matches('"'), "2");
        assert_eq!(config["memory"].to_string().trim_matches('"'), "1024");
        assert!(config["template"].is_null(), "{config}");
    }
    assert_eq!(made[0]["config"]["name"], "mail-1");
    pve.requests();
    project.fine("plan --exit-code");
    let asked = pve.requests();
    assert!(asked.len() <= 2 + 2 + 2, "the template is not looked at any more: {asked:?}");
    // The template may go: what was made of it stays.
    pve.ask("remove", json!([9000]));
    project.edit("main.paas", "disk = 20GiB", "disk = 24GiB");
    project.fine("apply --yes");
    let config = pve.guest(10_001)["config"].clone();
    assert!(config["scsi0"].as_str().unwrap().ends_with("size=24G"), "{config}");
    // What would have to be made again without it is refused before anything is done.
    pve.ask("remove", json!([10_000]));
    let said = project.ends("apply --yes", 4);
    assert!(said.contains("no guest template 9000 any more"), "{said}");
    project.fine("destroy --yes");
    assert_eq!(pve.guests().len(), 1);
}

#[test]
fn a_container_is_a_copy_and_its_template_is_copied_one_at_a_time() {
    let Some((pve, templates)) = cluster() else { return };
    pve.ask_named("secs", json!([]), json!({ "clone": 0.3 }));
    let project = pve.project(
        "container web for i in [1, 2, 3] {\n  on = cluster.home.node.pve1\n  \
         template = \"9001\"\n  network = network.lan\n  ip = nth(network.lan.cidr, i + 10)\n  \
         mount data { path = \"/data\", size = 1GiB }\n}\n",
    );
    project.fine("apply --yes");
    let made = copies(&pve, &templates);
    assert_eq!(made.len(), 3, "{made:?}");
    for guest in &made {
        let config = &guest["config"];
        assert_eq!(guest["status"], "running");
        assert!(config["rootfs"].as_str().unwrap().ends_with("size=8G"), "{config}");
        assert!(config["net0"].as_str().unwrap().contains("ip=10.9.0.1"), "{config}");
        let of = |it: &&String| it.starts_with("mp");
        assert_eq!(config.as_object().unwrap().keys().filter(of).count(), 1, "{config}");
    }
    project.fine("plan --exit-code");
    project.edit("main.paas", "[1, 2, 3]", "[1]");
    project.fine("apply --yes");
    assert_eq!(copies(&pve, &templates).len(), 1);
}

#[test]
fn a_linked_copy_is_made_where_its_template_is() {
    let Some((pve, templates)) = cluster() else { return };
    let manifest =
        MAIL.replace(".node[\"pve\\(i)\"]", "").replace("disk =", "linked = true, disk =");
    let project = pve.project(&manifest.replace("linked = true, ", "linked = true\n  "));
    project.fine("apply --yes");
    let made = copies(&pve, &templates);
    assert!(made.iter().all(|it| it["node"] == "pve1"), "{made:?}");
    assert_eq!(made.len(), 2);
    project.fine("plan --exit-code");
}

#[test]
fn what_cannot_be_a_copy_is_told_before_anything_is_made() {
    let Some((pve, templates)) = cluster() else { return };
    let project = pve.project(&MAIL.replace("\"golden\"", "\"9002\""));
    let said = project.ends("apply --yes", 4);
    assert!(said.contains("no guest template 9002; there is 9000 (golden)"), "{said}");
    project.edit("main.paas", "\"9002\"", "\"golden\"");
    project.edit("main.paas", "disk = 20GiB", "disk = 4GiB");
    let said = project.ends("apply --yes", 4);
    assert!(said.contains("9000 has a disk of 8GiB") && said.contains("disk = 8GiB"), "{said}");
    project.edit("main.paas", "disk = 4GiB", "");
    pve.ask("add_template", json!(["qemu", 9003, "golden", "pve2", {}]));
    let said = project.ends("apply --yes", 4);
    assert!(said.contains("both 9000 and 9003 are called `golden`"), "{said}");
    pve.ask("remove", json!([9003]));
    pve.ask("grant", json!(["ci@pve!paas", "/vms", "VM.Audit"]));
    let project = project.with("PVE_TOKEN", &pve.token().replace("root@pam", "ci@pve"));
    let said = project.ends("preflight", 1);
    assert!(said.contains("on `/vms/9000` there is no VM.Clone"), "{said}");
    assert!(copies(&pve, &templates).is_empty());
}

#[test]
fn a_copy_whose_answer_is_lost_is_made_once() {
    let Some((pve, templates)) = cluster() else { return };
    let project = pve.project(MAIL);
    pve.ask("lose", json!(["POST", "/9000/clone", 1, "timeout"]));
    project.run("apply --yes");
    pve.ask("lose", json!(["POST", "/9000/clone", 1, "reset"]));
    project.run("apply --yes");
    project.fine("apply --yes");
    let made = copies(&pve, &templates);
    assert_eq!(made.len(), 2, "{made:?}");
    project.fine("plan --exit-code");
}

#[test]
fn killed_while_it_copies_nothing_is_lost_and_nothing_made_twice() {
    let Some((pve, templates)) = cluster() else { return };
    let count = given("PAAS_KILLS").unwrap_or(6);
    let seed = given("PAAS_SEED").unwrap_or(20_261_123);
    println!("{count} kills with seed {seed}");
    let mut numbers = Numbers(seed);
    pve.ask_named("secs", json!([]), json!({ "clone": 0.2, "start": 0.05, "destroy": 0.05 }));
    let project = pve.project(
        "container web for i in [1, 2] {\n  on = cluster.home\n  template = \"base\"\n  \
         network = network.lan\n  ip = nth(network.lan.cidr, i + 10)\n}\n",
    );
    for round in 0..count {
        let line = if round % 2 == 0 { "apply --yes" } else { "destroy --yes" };
        let mut child = project.start(line);
        std::thread::sleep(Duration::from_millis(60 + numbers.below(800)));
        child.kill().unwrap();
        child.wait_with_output().unwrap();
        project.fine(line);
        let made = copies(&pve, &templates);
        assert_eq!(made.len(), if round % 2 == 0 { 2 } else { 0 }, "round {round}: {made:?}");
        assert!(made.iter().all(|it| it["lock"].is_null()), "round {round}: {made:?}");
        if round % 2 == 0 {
            project.fine("plan --exit-code");
        }
    }
}
