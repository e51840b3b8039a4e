//! `paas import`: guests that somebody made by hand become blocks of a manifest.

use serde_json::{Value, json};

use crate::commands::says;
use crate::proxmox::WEB;
use crate::support::{golden, pve};

/// Guests as they are after years of clicking.
fn made_by_hand(pve: &pve::Pve) {
    let grafana = json!({
        "arch": "amd64", "ostype": "debian", "cores": 2, "memory": 2048, "swap": 512,
        "hostname": "grafana", "onboot": 1, "unprivileged": 1, "features": "nesting=1,keyctl=1",
        "net0": "name=eth0,bridge=vmbr0,gw=10.9.0.1,hwaddr=BC:24:11:AA:BB:01,ip=10.9.0.21/24,type=veth",
        "rootfs": "local-lvm:vm-201-disk-0,size=8G", "tags": "monitoring;prod",
        "description": "Ask Ada before you touch it.\n",
        "lxc": [["lxc.apparmor.profile", "unconfined"]],
    });
    let files = json!({
        "arch": "amd64", "ostype": "alpine", "memory": 1024, "cores": 1, "hostname": "file-server.example.org",
        "net0": "name=eth0,bridge=vmbr1,hwaddr=BC:24:11:AA:BB:02,ip=10.30.0.5/16,tag=30,type=veth",
        "net1": "name=eth1,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:03,ip=10.9.0.22/24,rate=12.5,type=veth",
        "rootfs": "local-lvm:vm-202-disk-0,size=20G", "swap": 0,
        "mp0": "local-lvm:vm-202-disk-1,mp=/srv/data,backup=1,size=64G",
        "mp3": "/tank/media,mp=/srv/media,ro=1",
        "startup": "order=2", "protection": 1,
        "nameserver": "10.30.0.2 10.30.0.3", "searchdomain": "example.org",
    });
    pve.ask("add_ct", json!([201, "grafana", grafana]));
    pve.ask("add_ct", json!([202, "file-server.example.org", files]));
    let mail = json!({
        "name": "mail", "ostype": "l26", "cores": 4, "sockets": 1, "memory": "4096", "cpu": "host",
        "boot": "order=scsi0;net0", "scsihw": "virtio-scsi-single", "onboot": 1, "agent": "1",
        "scsi0": "local-lvm:vm-301-disk-0,discard=on,iothread=1,size=32G",
        "scsi1": "local-lvm:vm-301-disk-1,size=100G",
        "ide2": "local-lvm:vm-301-cloudinit,media=cdrom",
        "net0": "virtio=BC:24:11:AA:BB:04,bridge=vmbr0",
        "ipconfig0": "ip=10.9.0.31/24,gw=10.9.0.1", "ciuser": "root",
        "sshkeys": "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIGJr%20ada%40example.org%0A",
        "serial0": "socket", "vga": "serial0", "smbios1": "uuid=0b6f7bd4-6ad5-4d1c-9d3c-1b2a5d6f0a11",
    });
    pve.ask_named("add_vm", json!([301, "mail"]), json!({ "status": "running", "config": mail }));
}

/// What a guest is beside the proof of whose it is.
fn without_mark(mut guest: Value) -> Value {
    let config = guest["config"].as_object_mut().unwrap();
    config.remove("description");
    let tags = config.remove("tags").unwrap_or_default();
    let tags: Vec<&str> =
        tags.as_str().unwrap_or_default().split(';').filter(|it| *it != "paas").collect();
    config.insert("tags".to_owned(), tags.join(";").into());
    guest
}

#[test]
fn what_is_imported_is_taken_over_without_a_change() {
    let Some(pve) = pve::cluster() else { return };
    made_by_hand(&pve);
    let before: Vec<Value> = pve.guests().into_iter().map(without_mark).collect();
    let project = pve.project("");
    let printed = project.fine("import");
    pve.requests();
    let said = project.fine("import --out guests.paas");
    assert!(said.starts_with("guests.paas is written: 3 guests"), "{said}");
    assert!(pve.requests().iter().all(|it| it.starts_with("GET ")), "nothing is changed");
    golden::check("cases/commands/import.paas", &project.read("guests.paas"));
    assert_eq!(printed, project.read("guests.paas"));
    project.fine("fmt --check");
    let plan: Value = serde_json::from_str(&project.fine("plan --format json")).unwrap();
    let mut adopted = 0;
    for change in plan["changes"].as_array().unwrap() {
        if change["action"] == "adopt" {
            assert_eq!(change["leaves"], json!([]), "{change}");
            adopted += 1;
        }
    }
    assert_eq!(adopted, 3);
    project.fine("apply --yes");
    project.fine("plan --exit-code");
    let after: Vec<Value> = pve.guests().into_iter().map(without_mark).collect();
    assert_eq!(after, before);
    let description = pve.guest(201)["config"]["description"].to_string();
    says(&description, &["Ask Ada before you touch it.", "paas:1"]);
    // All of them are somebody's by now.
    let said = project.ends("import", 1);
    says(&said, &["P6314", "no guest that nobody looks after"]);
    let said = project.ends("import --guest 201", 1);
    says(&said, &["P6314", "`container.grafana`"]);
}

#[test]
fn what_the_language_cannot_say_is_told_before_it_is_written() {
    let Some(pve) = pve::cluster() else { return };
    let odd = json!({
        "ostype": "debian", "cores": 1, "memory": 512, "hostname": "odd", "unprivileged": 1,
        "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:05,ip=10.9.0.41/24,gw=10.9.0.1,type=veth",
        "rootfs": "local-lvm:vm-205-disk-0,size=8G", "features": "mount=nfs,nesting=1",
        "swap": 512, "onboot": 1,
    });
    pve.ask("add_ct", json!([205, "odd", odd]));
    let image = json!({ "name": "golden", "template": 1, "memory": "512", "net0": "virtio=BC:24:11:AA:BB:06,bridge=vmbr0" });
    pve.ask_named("add_vm", json!([900, "golden"]), json!({ "config": image }));
    let project = pve.project(
        &WEB.replace("  network = network.lan\n", "").replace("network.lan.cidr", "10.9.0.0/24"),
    );
    let said = project.run("import");
    assert_eq!(said.code, 0, "{}", said.err);
    says(
        &said.err,
        &["P6315", "container.odd", "features", "mount=nfs", "guest 900", "a template"],
    );
    let said = project.ends("import --guest 205,900", 1);
    says(&said, &["P6314", "guest 900", "a template"]);
    let said = project.ends("import --guest 206", 1);
    says(&said, &["P6314", "no guest 206"]);
    // Another network takes from the others what they had because it was the only one.
    pve.ask(
        "set",
        json!([205, "net0", "name=eth0,bridge=vmbr7,hwaddr=BC:24:11:AA:BB:05,ip=10.77.0.4/24"]),
    );
    project.fine("apply --yes");
    let said = project.run("import --guest 205");
    says(&said.err, &["`container.web[1]`", "would change too"]);
}

#[test]
fn words_of_strangers_stay_words() {
    let Some(pve) = pve::cluster() else { return };
    let config = json!({
        "ostype": "debian\"}\nrun x { on = 1", "cores": 1, "memory": 512, "unprivileged": 1,
        "hostname": "box",
        "net0": "name=eth0\u{1b}[2J,bridge=vmbr0,ip=10.9.0.41/24,gw=10.9.0.1",
        "net1": "name=e\" {\n,bridge=vmbr0,ip=10.9.0.42/24",
        "mp0": "local-lvm:vm-207-disk-1,mp=/srv/\\(secret.pve)\"},size=1G",
        "rootfs": "local-lvm:vm-207-disk-0,size=8G", "tags": "a\\(1+1);b\"c",
    });
    pve.ask("add_ct", json!([207, "box", config]));
    let project = pve.project("");
    let text = project.fine("import --guest 207");
    says(
        &text,
        &[
            r#"template = "debian\"}\nrun x { on = 1""#,
            r#"path = "/srv/\\(secret.pve)\"}""#,
            r#"tags = ["a\\(1+1)", "b\"c"]"#,
        ],
    );
    assert!(!text.contains("11111111-2222"), "{text}");
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let Some(pve) = pve::cluster() else { return };
    made_by_hand(&pve);
    let project = pve.project("");
    for (line, why) in [
        ("import --out main.paas", "it is there already"),
        ("import --out guests.txt", "ends in `.paas`"),
        ("import --cluster cluster.work", "no cluster `cluster.work`"),
    ] {
        let said = project.untouched(line, 1);
        says(&said, &["P6314", why]);
    }
}
