//! A cluster whose containers are real ones: what is made there is reached through its node.

use serde_json::json;

use crate::ssh::lab::{Lab, script};
use crate::ssh::server::{Server, Setting};
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
struct Site {
    project: Project,
    pve: Pve,
    node: Server,
    lab: Lab,
}

fn site() -> Option<Site> {
    let lab = Lab::start()?;
    let node = Server::with(&Setting { lab: Some(&lab), ..Setting::default() })?;
    let folder = lab.folder.path().display().to_string();
    let container = script("container").display().to_string();
    let pve = pve::cluster_with(json!({ "inside": [container, folder] }))?;
    let project = pve.project(BOXES).with("TOKEN", "a'b\"c$d`e\\f g");
    let ssh = format!(
        "  ssh {{ port = {}, key_file = \"{}\" }}\n  node pve1 {{ address = 127.0.0.1 }}\n",
        node.port,
        node.path("id").display()
    );
    project.edit("main.paas", "  node pve1 {}\n", &ssh);
    project.write("admin.sh", "echo admin >> /srv/log\n");
    project.write("mine.sh", "echo \"mine $WHO\" >> /srv/log\n");
    Some(Site { project, pve, node, lab })
}

impl Site {
    /// The node's key becomes known as a person makes it known.
    fn accept(&self) {
        let said = self.project.ends("host-key show cluster.home/node.pve1", 4);
        let print = said.split_whitespace().find(|it| it.starts_with("SHA256:")).unwrap();
        self.project.fine(&format!("host-key accept cluster.home/node.pve1 {print}"));
    }

    fn read(&self, vmid: u32, path: &str) -> String {
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
