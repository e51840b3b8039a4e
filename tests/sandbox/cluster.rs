//! Guests and nodes: what the API of a cluster takes and refuses.

use paas::model::{Answer, ClusterSeen, GuestKind, Question};
use paas::sandbox::Sandbox;

use super::{CLUSTER, WEB, after, check, config, does, outcome, reference, sandbox};
use paas::drivers::World;

const DB: &str = "POST /nodes/pve2/qemu vmid=200 mark=vm.db#1 name=db memory=2048 cores=4 \
                  scsi0=local-lvm:0,import-from=local:import/debian-13-cloud.qcow2 \
                  net0=virtio,bridge=vmbr0 ipconfig0=ip=10.0.0.9/24,gw=10.0.0.1 sshkeys=§key";

fn seen(sandbox: &Sandbox) -> ClusterSeen {
    let question = Question::Cluster(reference(CLUSTER));
    match super::block(sandbox.look(&[question])).remove(0) {
        Ok(Answer::Cluster(seen)) => seen,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_container_is_seen_as_it_was_made() {
    let sandbox = after(&[WEB]);
    let seen = seen(&sandbox);
    let guest = &seen.guests[0];
    assert_eq!((guest.vmid, guest.node.as_str(), guest.running), (101, "pve1", true));
    assert_eq!(guest.kind, GuestKind::Container);
    assert_eq!(guest.ip.as_deref(), Some("10.0.0.5"));
    assert_eq!(guest.mark.as_ref().unwrap().object.to_string(), "container.web#1");
    assert_eq!(guest.config["memory"], "1024");
    assert_eq!(guest.config["rootfs"], "local-lvm:subvol-101-disk-0,size=8G");
    let net =
        "name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:00:00:65:00,ip=10.0.0.5/24,type=veth";
    assert_eq!(guest.config["net0"], net);
    assert!(!guest.config.contains_key("ostemplate"));
    assert_eq!(seen.nodes["pve1"].memory_used, 1 << 30);
    assert_eq!(seen.nodes["pve1"].storages["local-lvm"].used, 8 << 30);
    assert_eq!(seen.nodes["pve2"].memory_used, 0);
}

#[test]
fn a_machine_has_its_image_and_names_its_secrets() {
    let sandbox = after(&[DB, "POST /nodes/pve2/qemu/200/status/start"]);
    assert_eq!(config(&sandbox, 200, "sshkeys"), "«secret key»");
    assert_eq!(config(&sandbox, 200, "scsi0"), "local-lvm:vm-200-disk-0,size=3G");
    assert_eq!(config(&sandbox, 200, "net0"), "virtio=BC:24:00:00:C8:00,bridge=vmbr0");
    check(&sandbox, "vm.db#1: wait ready", "ok ip=10.0.0.9 mac=BC:24:00:00:C8:00");
}

#[test]
fn a_number_is_taken_once() {
    let sandbox = after(&[WEB]);
    let exists = "refused: guest 101 already exists: a container on pve1, running, \
                  that stands for container.web#1";
    check(&sandbox, WEB, exists);
    check(&sandbox, &WEB.replace("pve1", "pve2"), exists);
    check(&sandbox, &DB.replace("200", "101"), exists);
    assert_eq!(sandbox.guests().len(), 1);
}

#[test]
fn what_a_node_does_not_have_is_refused_with_what_it_has() {
    let sandbox = sandbox();
    let refused = |from: &str, to: &str, expected: &str| {
        check(&sandbox, &WEB.replace(from, to), &format!("refused: {expected}"));
    };
    refused("pve1", "pve9", "cluster.pve has no node `pve9`; it has pve1, pve2, pve3");
    refused("vmbr0", "vmbr7", "pve1 has no bridge `vmbr7`; it has vmbr0");
    refused("local-lvm", "tank", "pve1 has no storage `tank`; it has local, local-lvm");
    refused("memory=1024", "memory=2000000", "guest 101 wants 2000000MiB, but pve1 has 1TiB");
    refused("memory=1024", "cores=129", "guest 101 wants 129 cores, but pve1 has 128");
    refused("memory=1024", "memory=lots", "`memory` is `lots`: it is a whole number from 16");
    refused("memory=1024", "color=red", "a container has no parameter `color`");
    refused("hostname=web", "hostname=my_web", "`hostname` is `my_web`: that is no DNS name");
    refused("10.0.0.5/24", "10.0.0.5", "`net0`: `10.0.0.5` is neither `dhcp` nor ADDRESS/PREFIX");
    refused("start=1", "pool=acme", "there is no pool `acme`; there is none");
    refused("vmid=101", "vmid=99", "`vmid` is a number from 100 to 999999999");
    let missing = outcome(&sandbox, &WEB.replace("debian-12-standard", "debian-99"));
    let start = "refused: pve1 has no template `debian-99`; it has alpine-3.20, alpine-3.21,";
    assert!(missing.starts_with(start), "{missing}");
    assert!(sandbox.guests().is_empty());
}

#[test]
fn a_template_can_be_downloaded_first_or_on_the_way() {
    let sandbox = after(&[
        "POST /nodes/pve1/aplinfo storage=local template=gentoo",
        "POST /nodes/pve2/storage/local/download-url filename=plan9.qcow2 url=https://x/ \
         content=import",
        &WEB.replace("debian-12-standard", "gentoo"),
        &DB.replace("debian-13-cloud", "plan9"),
        &DB.replace("200", "201").replace("debian-13-cloud.qcow2", "https://x/y.qcow2"),
        &WEB.replace("101", "102").replace("debian-12-standard", "https://example.org/t.tar.zst"),
        &WEB.replace("101", "103").replace("debian-12-standard", "oci://ghcr.io/a/b:1"),
        &WEB.replace("101", "104").replace("debian-12-standard", "local:vztmpl/t.tar.zst"),
    ]);
    let elsewhere = WEB.replace("101", "105").replace("pve1", "pve2");
    let missing = outcome(&sandbox, &elsewhere.replace("debian-12-standard", "gentoo"));
    assert!(missing.starts_with("refused: pve2 has no template `gentoo`"), "{missing}");
}

#[test]
fn a_storage_fills_up() {
    let sandbox = after(&[WEB]);
    sandbox.set("node.pve1", "storage.local-lvm", "20GiB").unwrap();
    let full = "refused: storage `local-lvm` of pve1 is full: 16GiB are wanted, 12GiB are free";
    check(&sandbox, &WEB.replace("101", "102").replace(":8", ":16"), full);
    let full = "refused: storage `local-lvm` of pve1 is full: 16GiB are wanted, 12GiB are free";
    check(&sandbox, "PUT /nodes/pve1/lxc/101/resize disk=rootfs size=+16G", full);
    does(&sandbox, &WEB.replace("101", "102").replace(":8", ":12"));
    for step in ["POST /nodes/pve1/lxc/101/status/stop", "DELETE /nodes/pve1/lxc/101"] {
        does(&sandbox, step);
    }
    does(&sandbox, &WEB.replace("101", "103"));
}

#[test]
fn disks_grow_and_never_shrink() {
    let sandbox = after(&[WEB]);
    let resize = |size: &str| format!("PUT /nodes/pve1/lxc/101/resize disk=rootfs size={size}");
    does(&sandbox, &resize("16G"));
    does(&sandbox, &resize("+1G"));
    assert_eq!(config(&sandbox, 101, "rootfs"), "local-lvm:subvol-101-disk-0,size=17G");
    let shrink = "refused: `rootfs` of guest 101 has 17GiB: it cannot shrink to 8GiB";
    check(&sandbox, &resize("8G"), shrink);
    let unknown = "PUT /nodes/pve1/lxc/101/resize disk=mp3 size=1G";
    check(&sandbox, unknown, "refused: guest 101 has no disk `mp3`");
    let again = "PUT /nodes/pve1/lxc/101/config rootfs=local-lvm:32";
    let here =
        "refused: `rootfs` of guest 101 is local-lvm:subvol-101-disk-0: it is grown by resize";
    check(&sandbox, again, here);
    assert_eq!(seen(&sandbox).nodes["pve1"].storages["local-lvm"].used, 17 << 30);
}

#[test]
fn a_configuration_changes_key_by_key() {
    let sandbox = after(&[
        WEB,
        "PUT /nodes/pve1/lxc/101/config memory=2048 tags=b,a,b mp0=local:4,mp=/srv",
        "PUT /nodes/pve1/lxc/101/config delete=mp0,hostname cores=2",
    ]);
    assert_eq!(config(&sandbox, 101, "memory"), "2048");
    assert_eq!(config(&sandbox, 101, "tags"), "a;b");
    assert_eq!(config(&sandbox, 101, "hostname"), "");
    assert_eq!(config(&sandbox, 101, "unused0"), "local:subvol-101-disk-1,size=4G");
    assert_eq!(seen(&sandbox).nodes["pve1"].storages["local"].used, 4 << 30);
    does(&sandbox, "PUT /nodes/pve1/lxc/101/config delete=unused0");
    assert_eq!(seen(&sandbox).nodes["pve1"].storages["local"].used, 0);
    let refused = "refused: `unprivileged` is decided when a guest is made";
    check(&sandbox, "PUT /nodes/pve1/lxc/101/config unprivileged=1", refused);
    let whole = sandbox.world_digest();
    outcome(&sandbox, "PUT /nodes/pve1/lxc/101/config cores=4 net1=bridge=none");
    assert_eq!(sandbox.world_digest(), whole, "a refused call changes nothing");
}

#[test]
fn a_guest_goes_only_stopped_unlocked_and_unprotected() {
    let sandbox = after(&[WEB]);
    let delete = "DELETE /nodes/pve1/lxc/101";
    check(&sandbox, delete, "refused: guest 101 runs: it has to be stopped first");
    does(&sandbox, "POST /nodes/pve1/lxc/101/status/shutdown");
    sandbox.set("101", "lock", "backup").unwrap();
    check(&sandbox, delete, "refused: guest 101 is locked (backup)");
    for call in ["POST /nodes/pve1/lxc/101/status/start", "PUT /nodes/pve1/lxc/101/config cores=2"]
    {
        check(&sandbox, call, "refused: guest 101 is locked (backup)");
    }
    sandbox.set("101", "lock", "").unwrap();
    does(&sandbox, "PUT /nodes/pve1/lxc/101/config protection=1");
    let protected = "refused: guest 101 is protected: `protection` has to be 0 first";
    check(&sandbox, delete, protected);
    does(&sandbox, "PUT /nodes/pve1/lxc/101/config protection=0");
    check(&sandbox, "DELETE /nodes/pve2/lxc/101", "refused: guest 101 is on pve1, not on pve2");
    let form =
        "refused: guest 101 is a container on pve1, stopped, that stands for container.web#1";
    check(&sandbox, "DELETE /nodes/pve1/qemu/101", form);
    does(&sandbox, delete);
    check(&sandbox, delete, "refused: there is no guest 101");
    does(&sandbox, WEB);
}

#[test]
fn power_is_idempotent_and_a_restart_is_not() {
    let status = |verb: &str| format!("POST /nodes/pve1/lxc/101/status/{verb}");
    let sandbox = after(&[WEB, &status("start"), &status("reboot"), &status("stop")]);
    does(&sandbox, &status("stop"));
    check(&sandbox, &status("reboot"), "refused: guest 101 does not run");
    check(&sandbox, &status("dance"), "refused: a guest does not know `dance`");
}

#[test]
fn a_guest_moves_to_a_node_that_can_take_it() {
    let migrate = |target: &str| format!("POST /nodes/pve1/lxc/101/migrate target={target}");
    let sandbox = after(&[WEB]);
    sandbox.set("node.pve2", "bridges-", "vmbr0").unwrap();
    sandbox.set("node.pve3", "online", "false").unwrap();
    check(&sandbox, &migrate("pve1"), "refused: guest 101 is on pve1 already");
    check(&sandbox, &migrate("pve2"), "refused: pve2 has no bridge `vmbr0`");
    check(&sandbox, &migrate("pve3"), "refused: node pve3 is offline");
    sandbox.set("node.pve3", "online", "true").unwrap();
    does(&sandbox, &migrate("pve3"));
    let seen = seen(&sandbox);
    assert_eq!(seen.guests[0].node, "pve3");
    assert_eq!((seen.nodes["pve1"].memory_used, seen.nodes["pve3"].memory_used), (0, 1 << 30));
}

#[test]
fn a_copy_has_disks_and_hardware_addresses_of_its_own() {
    let clone = |number: u32, rest: &str| {
        format!("POST /nodes/pve2/qemu/200/clone newid={number} name=two description=copy {rest}")
    };
    let sandbox = after(&[DB, &clone(201, "full=1")]);
    check(
        &sandbox,
        &clone(202, "full=0"),
        "refused: guest 200 is no template: its copy is a full one",
    );
    does(&sandbox, "PUT /nodes/pve2/qemu/200/config template=1");
    does(&sandbox, &clone(202, "full=0"));
    let exists = "refused: guest 201 already exists: a virtual machine on pve2, stopped, \
                  that carries no mark of ours";
    check(&sandbox, &clone(201, "full=1"), exists);
    check(&sandbox, &clone(203, "full=1 storage=tape"), "refused: pve2 has no storage `tape`");
    assert_eq!(config(&sandbox, 201, "scsi0"), "local-lvm:vm-201-disk-0,size=3G");
    assert_eq!(config(&sandbox, 202, "net0"), "virtio=BC:24:00:00:CA:00,bridge=vmbr0");
    assert_eq!(config(&sandbox, 202, "name"), "two");
    assert_eq!(seen(&sandbox).guests[0].config["name"], "db");
    assert!(!seen(&sandbox).guests[2].config.contains_key("template"));
}

#[test]
fn nothing_is_done_on_a_node_that_is_offline() {
    let sandbox = after(&[WEB]);
    sandbox.set("node.pve1", "online", "false").unwrap();
    check(&sandbox, &WEB.replace("101", "102"), "refused: node pve1 is offline");
    check(&sandbox, "DELETE /nodes/pve1/lxc/101", "refused: node pve1 is offline");
    let refused = "refused: container.web#1 takes no commands: its node pve1 is offline";
    check(&sandbox, "container.web#1: mkdir -p /srv", refused);
    assert!(!seen(&sandbox).guests[0].running);
}

#[test]
fn pools_hold_guests() {
    let sandbox = after(&["POST /pools poolid=acme", "POST /pools poolid=acme"]);
    does(&sandbox, &format!("{WEB} pool=acme"));
    check(&sandbox, "DELETE /pools/acme", "refused: pool `acme` is not empty: guest 101 is in it");
    does(&sandbox, "POST /nodes/pve1/vzdump vmid=101 mode=snapshot");
    does(&sandbox, "POST /nodes/pve1/lxc/101/status/stop");
    does(&sandbox, "DELETE /nodes/pve1/lxc/101");
    does(&sandbox, "DELETE /pools/acme");
}

#[test]
fn unknown_calls_and_clusters_are_refused() {
    let sandbox = sandbox();
    let unknown = "refused: the sandbox does not know the call `POST /nodes/pve1/zfs`";
    check(&sandbox, "POST /nodes/pve1/zfs", unknown);
    let question = Question::Cluster(reference("cluster.other"));
    let answer = super::block(sandbox.look(&[question])).remove(0);
    let refused = "the sandbox has no cluster `cluster.other`; it has cluster.pve";
    assert_eq!(answer, Err(paas::drivers::Fault::Refused(refused.to_owned())));
}

#[test]
fn a_hole_that_was_not_filled_is_refused() {
    let hole = WEB.replace("hostname=web", "hostname=@late");
    let refused = "refused: the value of `ip` of container.web#1 was not put in";
    check(&sandbox(), &hole, refused);
}

#[test]
fn addresses_are_handed_out_by_number() {
    let dhcp = WEB.replace("ip=10.0.0.5/24,gw=10.0.0.1", "ip=dhcp");
    let sandbox = after(&[&dhcp]);
    check(&sandbox, "container.web#1: wait ready", "ok ip=10.99.0.103 mac=BC:24:00:00:65:00");
    let other = dhcp.replace("101", "62601").replace("web#1", "web#2");
    does(&sandbox, &other);
    check(&sandbox, "container.web#2: wait ready", "ok ip=10.100.0.103 mac=BC:24:00:F4:89:00");
}

#[test]
fn a_copy_carries_the_mark_but_is_not_the_machine() {
    let sandbox = sandbox();
    let mark = super::mark(101, "container.web#1");
    sandbox.add_guest(900, "pve1", [("description".to_owned(), mark)].into()).unwrap();
    sandbox.set("900", "running", "true").unwrap();
    let refused = "refused: container.web#1 is no machine: no guest carries its mark";
    check(&sandbox, "container.web#1: wait ready", refused);
    assert_eq!(sandbox.guests()[0].mark.as_ref().unwrap().vmid, 101);
    does(&sandbox, WEB);
    does(&sandbox, "container.web#1: wait ready");
}

#[test]
fn the_same_steps_leave_the_same_world() {
    let steps = [WEB, DB, "container.web#1: write /etc/motd hello", "host.a#1: nginx -t"];
    let (one, two) = (after(&steps), after(&steps));
    assert_eq!(one.world_digest(), two.world_digest());
    assert_eq!((one.show(), one.clock_ms()), (two.show(), two.clock_ms()));
    assert_eq!(one.clock_ms(), 8000 + 15_000 + 50 + 200);
    let upid = "UPID:pve2:00000002:00000002:00000008:qmcreate:200:root@pam:";
    assert_eq!(one.tasks()[1].upid, upid);
}
