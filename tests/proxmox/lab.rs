//! The example of a lab, applied to a cluster with real containers: only its `cluster` block is
//! another one.

use std::path::Path;

use serde_json::json;

use crate::proxmox::docker::seed;
use crate::proxmox::inside::known;
use crate::ssh::lab::{Lab, script};
use crate::ssh::server::{Server, Setting};
use crate::support::project::Project;
use crate::support::pve::{self, Pve};

/// Copies an example into a project, with another `cluster` block.
fn example(name: &str, cluster: &str) -> Project {
    let project = Project::empty();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let mut folders = vec![from.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(&from).unwrap().display().to_string();
            let text = std::fs::read(&path).unwrap();
            let text = match below.as_str() {
                "main.paas" => with_cluster(&String::from_utf8(text).unwrap(), cluster).into(),
                _ => text,
            };
            project.write(&below, text);
        }
    }
    project
}

/// A manifest with another `cluster` block.
fn with_cluster(text: &str, block: &str) -> String {
    let (before, rest) = text.split_once("cluster home {").unwrap();
    // A block on one line ends on it.
    let end = if rest.lines().next().unwrap().ends_with('}') { "}\n" } else { "\n}\n" };
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{block}{after}")
}

/// A node with containers, and the cluster that it belongs to. What is first stays longest.
pub struct Site {
    pub pve: Pve,
    _node: Server,
    pub lab: Lab,
    /// The `cluster` block that leads there.
    pub block: String,
}

/// A cluster with these nodes, as its block has them.
pub fn site(nodes: &str) -> Option<Site> {
    let lab = Lab::start()?;
    let node = Server::with(&Setting { lab: Some(&lab), ..Setting::default() })?;
    let inside =
        [script("container").display().to_string(), lab.folder.path().display().to_string()];
    let disks = "rootdir,images";
    let storages = json!({ "tank": disks, "local-lvm": disks, "imports": "import" });
    let pve = pve::cluster_with(json!({ "inside": inside, "storages": storages }))?;
    let block = format!(
        "cluster home {{\n  api = \"https://127.0.0.1:{}\"\n  token = secret.pve\n  \
         tls {{ fingerprint = \"{}\" }}\n  ssh {{ port = {}, key_file = \"{}\" }}\n  {nodes}\n}}\n",
        pve.port,
        pve.fingerprint,
        node.port,
        node.path("id").display(),
    );
    Some(Site { pve, _node: node, lab, block })
}

#[test]
fn the_machines_of_the_lab_are_made_on_a_cluster() {
    let nodes = "node pve1 { storage = \"tank\", address = 127.0.0.1 }";
    let Some(Site { pve, _node, lab, block }) = site(nodes) else { return };
    let image = "nixos-25.05_20250601_amd64.tar.xz";
    pve.ask_named("store_file", json!(["local", image, 1 << 20]), json!({ "content": "vztmpl" }));
    let project = example("lab", &block)
        .with("LAB_PVE_TOKEN", &pve.token())
        .with("LAB_CA_KEY", "ca")
        .with("LAB_AUTHENTIK_TOKEN", "token")
        .with("LAB_RADIUS_SECRET", "radius");
    known(&project);
    let line = "apply --yes --target container.box";
    project.fine(line);
    let guests = pve.guests();
    let numbers: Vec<u64> = guests.iter().filter_map(|it| it["vmid"].as_u64()).collect();
    assert_eq!(numbers, (910..=920).collect::<Vec<u64>>());
    for guest in &guests {
        assert_eq!(guest["status"], "running", "{guest}");
        let text = |key: &str| guest["config"][key].as_str().unwrap_or_default().to_owned();
        assert!(text("rootfs").starts_with("tank:"), "{guest}");
        assert!(
            text("net0").contains("bridge=vmbr0") && text("net0").contains("tag=20"),
            "{guest}"
        );
        // The template's own scripts have run inside of each.
        let vmid = u32::try_from(guest["vmid"].as_u64().unwrap()).unwrap();
        let inside = |path| std::fs::read_to_string(lab.inside(vmid, path)).unwrap_or_default();
        assert_eq!(inside("/etc/motd"), "lab machine, made by paas\n");
        assert!(inside("/etc/systemd/journald.conf.d/lab.conf").contains("Storage=persistent"));
        assert!(text("hostname").ends_with(".lab.example"), "{guest}");
    }
    let said = project.fine("exec 'container.box[\"caddy\"]' -- cat /etc/motd");
    assert_eq!(said, "lab machine, made by paas\n");
    project.fine("plan --exit-code --target container.box");

    // These machines have no NixOS: what runs on them is refused there, and the rest waits for it.
    pve.requests();
    let said = project.ends("apply --yes", 3);
    assert!(said.contains("`nixos-rebuild` ended with 127"), "{said}");
    assert!(said.contains("identity.people skipped because of app.postgres"), "{said}");
    let sent: Vec<String> =
        pve.requests().into_iter().filter(|it| !it.starts_with("GET")).collect();
    assert_eq!(sent, [""; 0], "the cluster has what it needs");
    assert_eq!(pve.guests(), guests);
    project.fine("plan --exit-code --target container.box");
    project.fine("destroy --yes");
    assert_eq!(pve.guests(), [json!(null); 0]);
    assert!(!lab.inside(910, "/").exists());
    assert!(project.fine("destroy --yes").contains("Nothing to destroy"));
}

#[test]
fn the_quickstart_is_applied_whole() {
    let nodes = "node pve1 { address = 127.0.0.1 }";
    let Some(site) = site(nodes) else { return };
    // A container with systemd, as far as it is asked.
    let units =
        [("/run/systemd/system/paas.target", ""), ("/srv/candidates/docker-compose-v2", "2.24")];
    seed(&site.lab, &["apt-get", "apt-cache", "systemctl", "curl"], &units);
    let project = example("quickstart", &site.block);
    let project = project.with("PROXMOX_VE_API_TOKEN", &site.pve.token());
    known(&project);
    project.fine("apply --yes");
    let calls = std::fs::read_to_string(site.lab.inside(10_000, "/srv/calls")).unwrap();
    assert!(calls.contains("systemctl enable --now docker"), "{calls}");
    assert!(calls.contains("up -d --pull missing"), "{calls}");
    let file = std::fs::read_to_string(site.lab.inside(10_000, "/opt/paas/app-blog/compose.yml"));
    assert!(file.unwrap().contains("ghost:5.96.0-alpine"));
    project.fine("plan --exit-code");
    assert!(project.fine("drift").contains("No drift"));
    project.fine("destroy --yes");
    assert_eq!(site.pve.guests(), [json!(null); 0]);
}
