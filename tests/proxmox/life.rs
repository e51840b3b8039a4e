//! The life of guests: made, changed in place, found changed, moved, and gone.

use serde_json::json;

use crate::proxmox::WEB;
use crate::support::pve;

#[test]
fn containers_are_made_changed_and_removed() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    let guest = pve.guest(10_000);
    let config = &guest["config"];
    assert_eq!(guest["status"], "running");
    assert_eq!(config["memory"].to_string().trim_matches('"'), "512");
    assert_eq!(config["tags"], "paas;web");
    let net = config["net0"].as_str().unwrap().to_owned();
    assert!(net.contains("ip=10.9.0.11/24") && net.contains("gw=10.9.0.1"), "{net}");
    project.fine("plan --exit-code");

    // A person adds a tag, words and an option; none of it is ours to take away.
    pve.ask("set", json!([10_000, "tags", "mine;paas;web"]));
    let mark = config["description"].as_str().unwrap().to_owned();
    pve.ask("set", json!([10_000, "description", format!("# Front\n\nAsk Ada.\n\n{mark}")]));
    pve.ask("set", json!([10_000, "net0", format!("{net},link_down=1")]));
    project.edit("main.paas", "memory = 512MiB", "memory = 1GiB\n  cores = 2\n  disk = 12GiB");
    project.edit("main.paas", "tags = [\"web\"]", "tags = [\"front\"]");
    project.edit("main.paas", "gateway = 10.9.0.1", "gateway = 10.9.0.2");
    project.fine("apply --yes");
    let changed = pve.guest(10_000);
    let config = &changed["config"];
    assert_eq!(config["tags"], "front;mine;paas", "the tag by hand stays, and ours follow");
    assert!(config["description"].as_str().unwrap().starts_with("# Front"), "{config}");
    assert!(config["rootfs"].as_str().unwrap().ends_with("size=12G"), "{config}");
    let after = config["net0"].as_str().unwrap();
    let mac = |net: &str| net.split("hwaddr=").nth(1).map(|it| it[..17].to_owned());
    assert_eq!(mac(after), mac(&net), "the hardware address stays");
    assert!(after.contains("gw=10.9.0.2") && after.contains("link_down=1"), "{after}");
    project.fine("plan --exit-code");

    project.fine("destroy --yes");
    assert!(pve.guests().is_empty(), "{:?}", pve.guests());
}

#[test]
fn volumes_that_exist_are_never_made_again() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(
        "container db {\n  on = cluster.home\n  template = \"debian-12-standard\"\n  \
         network = network.lan\n  ip = 10.9.0.20\n  \
         mount data { path = \"/data\", size = 4GiB }\n}\n",
    );
    project.fine("apply --yes");
    let volume = |name: &str| {
        let config = pve.guest(10_000)["config"].clone();
        let text = config[name].as_str().unwrap_or_default().to_owned();
        text.split(',').next().unwrap().to_owned()
    };
    let mounts = || {
        let config = pve.guest(10_000)["config"].clone();
        let of = |it: &&String| it.starts_with("mp") || it.starts_with("unused");
        config.as_object().unwrap().keys().filter(of).cloned().collect::<Vec<_>>()
    };
    let first = mounts();
    let [slot] = first.as_slice() else { panic!("{first:?}") };
    let before = volume(slot);
    project.edit("main.paas", "size = 4GiB", "size = 6GiB");
    project.edit("main.paas", "path = \"/data\",", "path = \"/data\", backup = false,");
    let plan = project.run("plan");
    if plan.out.contains("replace") {
        project.edit("main.paas", " backup = false,", "");
    }
    project.fine("apply --yes");
    assert_eq!(volume(slot), before, "the same volume, grown");
    assert_eq!(mounts(), first, "nothing is put aside");
    project.fine("plan --exit-code");
}

#[test]
fn machines_are_made_from_cloud_images() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(
        "vm mail {\n  on = cluster.home\n  template = \"debian-12-generic\"\n  \
         network = network.lan\n  ip = 10.9.0.30\n  cores = 2\n  memory = 2GiB\n  \
         ssh_keys = [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2fXm0nVJtT0H4a+Vq3Jf ada@desk\"]\n  \
         start = false\n}\n",
    );
    project.fine("apply --yes");
    let guest = pve.guest(10_000);
    let config = &guest["config"];
    assert_eq!(config["name"], "mail");
    assert_eq!(config["ipconfig0"], "ip=10.9.0.30/24,gw=10.9.0.1");
    assert!(config["sshkeys"].as_str().unwrap().starts_with("ssh-ed25519%20AAAA"), "{config}");
    assert!(config["net0"].as_str().unwrap().starts_with("virtio="), "{config}");
    let disk = config["scsi0"].as_str().unwrap();
    // The server keeps the parameter that Proxmox drops.
    assert!(disk.contains("imports:import/debian-12-generic.qcow2"), "{disk}");
    let net = config["net0"].clone();
    project.edit("main.paas", "cores = 2", "cores = 3");
    project.edit("main.paas", "gateway = 10.9.0.1", "gateway = 10.9.0.2");
    project.fine("apply --yes");
    let guest = pve.guest(10_000);
    assert_eq!(guest["config"]["cores"].to_string().trim_matches('"'), "3");
    assert_eq!(guest["config"]["net0"], net, "the hardware address stays");
    assert_eq!(guest["config"]["ipconfig0"], "ip=10.9.0.30/24,gw=10.9.0.2");
    project.fine("plan --exit-code");
    project.fine("destroy --yes");
    assert!(pve.guests().is_empty());
}

#[test]
fn what_was_moved_is_followed_and_never_made_again() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    let node = pve.guest(10_000)["node"].as_str().unwrap().to_owned();
    let other = if node == "pve1" { "pve2" } else { "pve1" };
    pve.ask("place", json!([10_000, other]));
    let plan = project.fine("plan --exit-code");
    assert!(plan.contains("No changes"), "{plan}");
    project.edit("main.paas", "memory = 512MiB", "memory = 640MiB");
    project.fine("apply --yes");
    let guest = pve.guest(10_000);
    assert_eq!(guest["node"], other);
    assert_eq!(guest["config"]["memory"].to_string().trim_matches('"'), "640");

    // Somebody who names the node gets the guest there: it is moved, not made again.
    project.edit("main.paas", "on = cluster.home\n", &format!("on = cluster.home.node.{node}\n"));
    let plan = project.run("plan").out;
    assert!(!plan.contains("replace") && !plan.contains("destroy"), "{plan}");
    project.fine("apply --yes");
    assert!(pve.guests().iter().all(|it| it["node"] == node.as_str()), "{:?}", pve.guests());
    project.fine("plan --exit-code");
}

#[test]
fn drift_is_told_and_put_back() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    pve.ask("set", json!([10_001, "memory", 2048]));
    pve.ask("remove", json!([10_002]));
    let drift = project.ends("drift", 2);
    assert!(drift.contains("2GiB → 512MiB") && drift.contains("container.web[3]"), "{drift}");
    project.fine("apply --yes");
    assert_eq!(pve.guest(10_001)["config"]["memory"].to_string().trim_matches('"'), "512");
    assert_eq!(pve.guests().len(), 3);
    project.fine("plan --exit-code");
}

#[test]
fn looking_takes_one_request_and_one_more_for_each_guest() {
    let Some(pve) = pve::cluster() else { return };
    for vmid in 200..220 {
        let config = json!({ "hostname": format!("other-{vmid}") });
        pve.ask("add_ct", json!([vmid, format!("other-{vmid}"), config]));
    }
    let project = pve.project(WEB);
    project.fine("apply --yes");
    pve.requests();
    project.fine("plan --exit-code");
    let requests = pve.requests();
    assert!(requests.len() <= 2 + 3 + 2, "nodes, guests of ours, and two: {requests:?}");
    assert!(!requests.iter().any(|it| it.contains("/2")), "foreign ones are let be: {requests:?}");
}

#[test]
fn a_lost_state_is_made_again_out_of_the_marks() {
    let Some(pve) = pve::cluster() else { return };
    let project = pve.project(WEB);
    project.fine("apply --yes");
    let said = project.ends("state rebuild", 1);
    assert!(said.contains("P7026") && said.contains("there is a state"), "{said}");
    let before = pve.guests();
    std::fs::remove_dir_all(project.path("state")).unwrap();
    let said = project.fine("state rebuild");
    assert!(said.contains("container.web[1] (10000)"), "{said}");
    project.fine("apply --yes");
    let ids = |guests: &[serde_json::Value]| -> Vec<(u64, String)> {
        let mark =
            |it: &serde_json::Value| it["config"]["description"].as_str().unwrap().to_owned();
        guests.iter().map(|it| (it["vmid"].as_u64().unwrap(), mark(it))).collect()
    };
    assert_eq!(ids(&pve.guests()), ids(&before), "the same guests, and no others");
    project.fine("plan --exit-code");

    // Without a mark nothing is known.
    let other = pve.project(&WEB.replace("web", "other"));
    let said = other.ends("state rebuild", 1);
    assert!(said.contains("no guest carries the mark"), "{said}");
}
