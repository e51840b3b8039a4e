//! A cluster whose containers are real ones: what is made there is reached through its node.

use serde_json::json;

use crate::ssh::lab::{Lab, script};
use crate::ssh::server::{Server, Setting, keygen};
use crate::support::project::Project;
use crate::support::pve::{self, Pve};

/// Two containers with a template's script, the owner's script, and a script with a secret.
const BOXES: &str = r#"
secret token = env("TOKEN")
template base { cluster = cluster.home, base = "debian-12-standard", scripts = ["admin.sh"] }
container box for i in [1, 2] {
  on = cluster.home.node.pve1
  template = template.base
  network = network.lan
  ip = nth(network.lan.cidr, i + 10)
  features { nesting = true, keyctl = true }
  provision { scripts = ["mine.sh"], env = { WHO = "it's $me" } }
}
run seed {
  on = container.box[1]
  create = "printf %s \"$TOKEN\" > /srv/token"
  delete = "rm -f /srv/token"
  env = { TOKEN = secret.token }
}
"#;

/// The node, its cluster, and a project on it. What is first stays longest.
pub struct Site {
    pub project: Project,
    pub pve: Pve,
    pub node: Server,
    pub lab: Lab,
}

fn site() -> Option<Site> {
    site_by(None, |node| node)
}

/// The same with a cable of the node's own, or another port by which it is reached.
pub fn site_by(cable: Option<(&str, &str)>, port: impl FnOnce(u16) -> u16) -> Option<Site> {
    let lab = Lab::start()?;
    let node = Server::with(&Setting { lab: Some(&lab), cable, ..Setting::default() })?;
    let folder = lab.folder.path().display().to_string();
    let container = script("container").display().to_string();
    let pve = pve::cluster_with(json!({ "inside": [container, folder] }))?;
    let project = pve.project(BOXES).with("TOKEN", "a'b\"c$d`e\\f g");
    let ssh = format!(
        "  ssh {{ port = {}, key_file = \"{}\" }}\n  node pve1 {{ address = {} }}\n",
        port(node.port),
        node.path("id").display(),
        node.address
    );
    project.edit("main.paas", "  node pve1 {}\n", &ssh);
    project.write("admin.sh", "echo admin >> /srv/log\n");
    project.write("mine.sh", "echo \"mine $WHO\" >> /srv/log\n");
    Some(Site { project, pve, node, lab })
}

/// The key of the node `pve1` becomes known as a person makes it known.
pub fn known(project: &Project) {
    let said = project.ends("host-key show cluster.home/node.pve1", 4);
    let print = said.split_whitespace().find(|it| it.starts_with("SHA256:")).unwrap();
    project.fine(&format!("host-key accept cluster.home/node.pve1 {print}"));
}

impl Site {
    /// The node's key becomes known as a person makes it known.
    pub fn accept(&self) {
        known(&self.project);
    }

    pub fn read(&self, vmid: u32, path: &str) -> String {
        std::fs::read_to_string(self.lab.inside(vmid, path)).unwrap_or_default()
    }
}

#[test]
fn containers_are_set_up_through_their_node() {
    let Some(site) = site() else { return };
    let project = &site.project;
    let said = project.run("apply --yes");
    assert_ne!(said.code, 0);
    assert!(said.out.contains("paas host-key accept"), "an unknown key: {}{}", said.out, said.err);
    assert!(site.pve.guests().is_empty(), "nothing is made that could not be set up");
    site.accept();
    project.fine("apply --yes");
    let log = "admin\nmine it's $me\n";
    assert_eq!(site.read(10_000, "/srv/log"), log);
    assert_eq!(site.read(10_001, "/srv/log"), log);
    assert_eq!(site.read(10_000, "/srv/token"), "a'b\"c$d`e\\f g");
    let set = std::fs::read_to_string(site.lab.folder.path().join("set-10000")).unwrap();
    assert_eq!(set, "10000 --features nesting=1,keyctl=1\n");
    project.fine("plan --exit-code");

    // A changed script of the owner runs again, and the template's does not.
    project.write("mine.sh", "echo again >> /srv/log\n");
    project.fine("apply --yes");
    assert_eq!(site.read(10_001, "/srv/log"), format!("{log}again\n"));
    let said = project.fine("exec container.box[2] -- cat /srv/log");
    assert_eq!(said, format!("{log}again\n"));
    project.fine("plan --exit-code");

    // A script that fails says why, and the next apply goes on.
    project.write("mine.sh", "echo 'no disk' >&2; exit 3\n");
    let said = project.run("apply --yes");
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    assert!(
        said.out.contains("the script ended with 3") || said.out.contains("with 3"),
        "{}",
        said.out
    );
    assert!(said.out.contains("no disk"), "{}", said.out);
    project.write("mine.sh", "echo well >> /srv/log\n");
    project.fine("apply --yes");
    project.fine("plan --exit-code");
    project.fine("destroy --yes");
    assert!(site.pve.guests().is_empty());
    assert!(!site.lab.inside(10_000, "/").exists());
}

#[test]
fn a_node_whose_server_was_killed_is_reached_again() {
    let Some(mut site) = site() else { return };
    site.accept();
    site.project.fine("apply --yes");
    site.node.kill();
    site.project.write("mine.sh", "echo again >> /srv/log\n");
    let said = site.project.run("apply --yes");
    assert_ne!(said.code, 0);
    site.node.restart();
    site.project.fine("apply --yes");
    site.project.fine("plan --exit-code");
    assert!(site.read(10_000, "/srv/log").contains("again"));
}

#[test]
fn a_new_guest_is_known_by_the_key_that_it_shows_first() {
    let Some(lab) = Lab::start() else { return };
    let keys = tempfile::tempdir().unwrap();
    keygen(&keys.path().join("id"), "ed25519", "");
    let public = std::fs::read_to_string(keys.path().join("id.pub")).unwrap();
    let folder = lab.folder.path().display().to_string();
    let inside = [
        script("container").display().to_string(),
        folder,
        keys.path().join("id.pub").display().to_string(),
    ];
    let Some(pve) = pve::cluster_with(json!({ "inside": inside })) else { return };
    let project = pve.project(&format!(
        "container web {{\n  on = cluster.home\n  template = \"debian-12-standard\"\n  \
         ip = 10.231.77.90\n  ssh_keys = [\"{}\"]\n  \
         provision {{ scripts = [\"mine.sh\"] }}\n}}\n",
        public.trim()
    ));
    project.edit("main.paas", "10.9.0.0/24", "10.231.77.0/24");
    project.edit("main.paas", "gateway = 10.9.0.1", "gateway = 10.231.77.1");
    project.write("mine.sh", "echo mine >> /srv/log\n");
    let home = project.folder().parent().unwrap().join("home/.ssh");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::copy(keys.path().join("id"), home.join("id_ed25519")).unwrap();
    project.fine("apply --yes");
    let log = || std::fs::read_to_string(lab.inside(10_000, "/srv/log")).unwrap_or_default();
    assert_eq!(log(), "mine\n");
    let known = project.read("state/known_hosts");
    let key = lab.inside(10_000, "/etc/ssh/ssh_host_ed25519_key.pub");
    let key = std::fs::read_to_string(key).unwrap();
    let key = key.split(' ').nth(1).unwrap();
    assert!(known.contains(key), "{known}");
    project.fine("plan --exit-code");

    // Another key at the same address is refused: only what was just made is taken at its word.
    project.write("state/known_hosts", known.replace(key, public.split(' ').nth(1).unwrap()));
    project.write("mine.sh", "echo again >> /srv/log\n");
    let said = project.run("apply --yes");
    assert_ne!(said.code, 0);
    assert!(said.out.contains("host-key replace"), "{}{}", said.out, said.err);
    assert_eq!(log(), "mine\n");
    project.write("state/known_hosts", &known);
    project.fine("apply --yes");
    assert_eq!(log(), "mine\nagain\n");
}
