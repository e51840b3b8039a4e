//! What people see and change.

use paas::sandbox::{ClusterLayout, How};

use super::{WEB, after, config, does, reference, sandbox, seen};

const BOX: &str = "POST /nodes/pve1/lxc vmid=102 mark=container.box[\"dns\"]#3 start=1 \
                   ostemplate=debian-12-standard rootfs=local-lvm:8 net0=bridge=vmbr0,ip=dhcp";

fn deployed() -> paas::sandbox::Sandbox {
    let file = "{\"services\":{\"a\":{\"ports\":[\"80:80\",\"127.0.0.1:90-91:90-91\"]}}}";
    after(&[
        WEB,
        &format!("container.web#1: write /opt/paas/app-blog/compose.yaml {file}"),
        "container.web#1: docker compose -p app-blog -f /opt/paas/app-blog/compose.yaml up -d",
        "container.web#1: write /opt/paas/app-blog-shop/x y",
        "host.a#1: nixos-rebuild switch --flake x#a",
    ])
}

#[test]
fn everything_is_shown() {
    let sandbox = deployed();
    sandbox.fail("nginx", 2, How::Refused).unwrap();
    sandbox.add_guest(900, "pve2", [("name".to_owned(), "theirs".to_owned())].into()).unwrap();
    sandbox.set("900", "lock", "backup").unwrap();
    let expected = "\
cluster.pve
  node pve1  online  cores 1 of 128  memory 1023GiB of 1TiB free  \
    local 200TiB of 200TiB free  local-lvm 199.9TiB of 200TiB free
  node pve2  online  cores 1 of 128  memory 1023.5GiB of 1TiB free  \
    local 200TiB of 200TiB free  local-lvm 200TiB of 200TiB free
  node pve3  online  cores 0 of 128  memory 1TiB of 1TiB free  \
    local 200TiB of 200TiB free  local-lvm 200TiB of 200TiB free
  101  lxc on pve1  running  10.0.0.5  web  container.web#1
    app-blog  compose  running  80 127.0.0.1:90-91
    /opt/paas/app-blog-shop/x  0640  a1fce4363854
    /opt/paas/app-blog/compose.yaml  0640  7e4bb28c4665
  900  qemu on pve2  stopped  -  theirs  (not ours)  locked (backup)
host.a#1
  nixos:a  generation 1  running
fault: the next 2 of `nginx` are refused
tasks, 1m17s after the beginning
      1  8s       POST /nodes/pve1/lxc vmid=101: OK
      2  50ms     container.web#1: write /opt/paas/app-blog/compose.yaml: OK
      3  9s       container.web#1: docker compose up app-blog: OK
      4  50ms     container.web#1: write /opt/paas/app-blog-shop/x: OK
      5  1m       host.a#1: nixos-rebuild switch --flake x#a: OK
";
    assert_eq!(sandbox.show(), expected);
}

#[test]
fn a_guest_is_changed_by_hand() {
    let sandbox = after(&[BOX]);
    let set = |attribute: &str, value: &str| {
        sandbox.set("container.box[\"dns\"]", attribute, value).unwrap();
    };
    set("memory", "2GiB");
    set("cores", "3");
    set("tags", "x");
    set("hostname", "box");
    set("nameserver", "1.1.1.1");
    set("file:/etc/motd", "hello");
    assert_eq!(config(&sandbox, 102, "memory"), "2048");
    assert_eq!(config(&sandbox, 102, "nameserver"), "1.1.1.1");
    let found = seen(&sandbox, "container.box[\"dns\"]#3", &["/etc/motd"], &[]);
    assert_eq!(&found.files["/etc/motd"][..8], "2cf24dba");
    set("nameserver", "");
    assert_eq!(config(&sandbox, 102, "nameserver"), "");
    set("running", "false");
    assert!(!sandbox.guests()[0].running);
    set("description", "");
    assert!(sandbox.set("container.box[\"dns\"]", "cores", "2").is_err());
}

#[test]
fn a_node_is_changed_by_hand() {
    let sandbox = sandbox();
    let set = |attribute: &str, value: &str| sandbox.set("node.pve1", attribute, value).unwrap();
    set("templates+", "gentoo");
    set("bridges+=", "vmbr9,vmbr8");
    set("storage+", "tank:10GiB");
    set("cores", "8");
    let custom = WEB.replace("vmbr0", "vmbr9").replace("debian-12-standard", "gentoo");
    does(&sandbox, &custom.replace("local-lvm", "tank"));
    let again = custom.replace("101", "103");
    assert!(super::outcome(&sandbox, &again.replace("local-lvm", "tank")).contains("is full"));
    sandbox.set("cluster.pve/node.pve1", "templates-", "gentoo").unwrap();
    assert!(super::outcome(&sandbox, &again).contains("has no template `gentoo`"));
}

#[test]
fn what_is_deployed_is_changed_and_removed_by_hand() {
    let sandbox = deployed();
    let web = reference("container.web#1");
    sandbox.set("app.blog", "running", "false").unwrap();
    assert!(!sandbox.services(&web)["app-blog"]);
    sandbox.set("container.web", "service:app-blog", "true").unwrap();
    assert!(sandbox.services(&web)["app-blog"]);
    sandbox.set("app.blog", "file:/opt/paas/app-blog/compose.yaml", "{}").unwrap();
    assert_eq!(sandbox.files(&web)["/opt/paas/app-blog/compose.yaml"].1, "{}");
    sandbox.remove("app.blog").unwrap();
    assert!(sandbox.services(&web).is_empty());
    let left = sandbox.files(&web);
    assert_eq!(left.keys().collect::<Vec<_>>(), ["/opt/paas/app-blog-shop/x"]);
    sandbox.remove("host.a").unwrap();
    assert!(sandbox.services(&reference("host.a#1")).is_empty());
    sandbox.remove("container.web").unwrap();
    assert!(sandbox.guests().is_empty());
}

#[test]
fn generations_belong_to_their_address() {
    let unit = "host.a#1: systemctl enable --now paas-app-blog-2.service";
    let sandbox = after(&[unit, "host.a#1: write /etc/systemd/system/paas-app-blog-2.service x"]);
    sandbox.remove("app.blog").unwrap();
    assert!(sandbox.services(&reference("host.a#1")).is_empty());
    assert!(sandbox.files(&reference("host.a#1")).is_empty());
}

#[test]
fn mistakes_are_told_what_there_is() {
    let sandbox = deployed();
    let check = |address: &str, attribute: &str, value: &str, expected: &str| {
        assert_eq!(sandbox.set(address, attribute, value), Err(expected.to_owned()));
    };
    let none = "the sandbox has no `container.db`; it has container.web, nixos:a, app-blog";
    assert_eq!(sandbox.remove("container.db"), Err(none.to_owned()));
    check("node.x", "online", "1", "there is no node `x`; there is pve1, pve2, pve3");
    check("7", "cores", "1", "there is no guest 7");
    check("a b", "cores", "1", "`a b` is neither an address nor the number of a guest");
    check("101", "running", "maybe", "`running` is true or false, not `maybe`");
    check("101", "memory", "lots", "`lots` is no amount of memory: 2GiB");
    check("101", "service:x", "1", "there is no service `x` there; there is app-blog");
    let unknown = sandbox.set("101", "colour", "red").unwrap_err();
    assert!(
        unknown.starts_with("a guest has no attribute `colour`; there is memory,"),
        "{unknown}"
    );
    let unknown = sandbox.set("node.pve1", "colour", "red").unwrap_err();
    assert!(unknown.starts_with("a node has no attribute `colour`; there is online,"), "{unknown}");
    let node = sandbox.add_guest(900, "x", [].into()).unwrap_err();
    assert_eq!(node, "there is no node `x`; there is pve1, pve2, pve3");
    let taken = sandbox.add_guest(101, "pve1", [].into()).unwrap_err();
    assert!(taken.starts_with("guest 101 already exists"), "{taken}");
}

#[test]
fn declared_nodes_have_what_any_of_them_declares() {
    let declared = [("a", "tank", "images", "vmbr1"), ("b", "tank", "", "lan")];
    let layout = ClusterLayout::default_nodes(&declared);
    assert_eq!(layout.nodes.keys().collect::<Vec<_>>(), ["a", "b"]);
    let node = &layout.nodes["b"];
    let storages: Vec<_> = node.storages.keys().collect();
    assert_eq!(storages, ["images", "local", "local-lvm", "tank"]);
    assert_eq!(node.bridges.iter().collect::<Vec<_>>(), ["lan", "vmbr0", "vmbr1"]);
    assert_eq!(ClusterLayout::default_nodes(&[]).nodes.len(), 3);
}
