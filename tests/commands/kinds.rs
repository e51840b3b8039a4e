//! Attributes of kinds, from the manifest to what the machines and the cluster are told.

use crate::commands::{check, says};
use crate::support::project::Project;

const MANIFEST: &str = include_str!("../cases/commands/kinds/main.paas");

fn project() -> Project {
    Project::of(MANIFEST).with("PVE_TOKEN", "a@b!c=d").with("PW", "hunter22")
}

#[test]
fn everything_is_made_changed_and_removed() {
    let project = project();
    check("kinds/made", &project, &["apply --sandbox --yes --parallel 1", "sandbox show"]);
    project.edit("main.paas", "path = \"/data\", size = 10GiB", "path = \"/data\", size = 12GiB");
    project.edit("main.paas", "AAAA ada", "BBBB bob");
    project.edit("main.paas", "size = 5GiB }", "size = 6GiB }\n  data_disk two { size = 1GiB }");
    project.edit("main.paas", "daily = 7", "daily = 9");
    project.edit("main.paas", "a = 1 }", "a = 2 }");
    project.edit("main.paas", "members = [\"ada\"]", "members = [\"ada\", \"bob\"]");
    check("kinds/changed", &project, &["plan --sandbox", "apply --sandbox --yes --parallel 1"]);
    says(&project.fine("plan --sandbox"), &["No changes"]);
    project.fine("destroy --sandbox --yes");
    assert!(project.recorded().is_empty());
}

/// A volume of a container's own is never written twice: that would make another one.
#[test]
fn volumes_grow_and_are_never_changed_in_their_place() {
    let project = project();
    project.fine("apply --sandbox --yes");
    project.edit("main.paas", "path = \"/data\", size", "path = \"/other\", size");
    says(&project.ends("plan --sandbox", 0), &["mount.data.path", "replace"]);
}

#[test]
fn what_cannot_work_is_told() {
    let refused = |from: &str, to: &str, parts: &[&str]| {
        let project = project();
        project.edit("main.paas", from, to);
        says(&project.untouched("check", 1), parts);
    };
    refused(
        "path = \"/data\", size = 10GiB",
        "path = \"/data\"",
        &["P6101", "needs one of `size`"],
    );
    refused("slot = 3", "slot = 71", &["P6101", "have the number 71"]);
    refused("10.0.0.200-10.0.0.250", "10.0.1.200-10.0.1.250", &["P6101", "lies outside of"]);
    refused(", on = host.infra", "", &["P6101", "`dnsmasq` needs a machine"]);
    refused("dhcp {", "pool = [\"10.0.0.240-10.0.0.254\"]\n  dhcp {", &["addresses in common"]);
    refused("cpu = \"host\"", "cloud_init = false", &["P6101", "through cloud-init"]);
}

/// Addresses of further interfaces are picked, kept, and read by others.
#[test]
fn interfaces_get_addresses() {
    let project = Project::of(
        "secret pve = env(\"PVE_TOKEN\")\n\
         cluster home { api = \"https://pve.lan:8006\", token = secret.pve }\n\
         network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }\n\
         network back { cluster = cluster.home, cidr = 10.7.0.0/24, \
         pool = [\"10.7.0.50-10.7.0.52\"] }\n\
         container web for name in [\"a\", \"b\"] {\n  on = cluster.home\n  \
         template = \"debian-12-standard\"\n  network = network.lan\n  \
         nic eth1 { network = network.back, ip = \"auto\" }\n}\n\
         vm own { on = cluster.home, template = \"debian-12-cloud\", network = network.back, \
         ip = \"auto\" }\n\
         app blog { on = container.web[\"a\"], unit { exec = \"/x\", \
         env { BACK = \"\\(container.web[\"b\"].nic.eth1.ip):1\" } } }\n",
    )
    .with("PVE_TOKEN", "a@b!c=d");
    let plan = project.fine("plan --sandbox");
    says(&plan, &["10.7.0.50", "10.7.0.51", "10.7.0.52", "10.7.0.51:1"]);
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox"), &["No changes"]);
    project.edit("main.paas", "[\"a\", \"b\"]", "[\"a\", \"b\", \"c\"]");
    let said = project.ends("plan --sandbox", 4);
    says(&said, &["P5011", "no address of `10.7.0.0/24` is free"]);
    project.edit("main.paas", "10.7.0.50-10.7.0.52", "10.7.0.49-10.7.0.53");
    let plan = project.fine("plan --sandbox");
    says(&plan, &["1 to create", "10.7.0.49"]);
    project.fine("apply --sandbox --yes");
    // Once its network is another one, the address does not fit any more.
    project.edit("main.paas", "cidr = 10.7.0.0/24, ", "cidr = 10.8.0.0/24, ");
    project.edit("main.paas", "10.7.0.49-10.7.0.53", "10.8.0.49-10.8.0.53");
    says(&project.fine("plan --sandbox"), &["10.7.0.50", "10.8.0.49"]);
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox"), &["No changes"]);
}

#[test]
fn a_schema_of_everything() {
    let project = project();
    says(&project.fine("schema container"), &["\"title\": \"container\"", "on_template_change"]);
    says(&project.fine("schema plan"), &["paas.plan/1.0"]);
    says(&project.ends("schema contaner", 1), &["P7014", "did you mean `container`?"]);
}
