//! What happens to real networks and nodes while a script runs in a real container: cables are
//! pulled, servers die, a node starts anew. Nothing runs twice that has run.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use crate::proxmox::inside::{self, Site};
use crate::ssh::lab::{Lab, script};
use crate::ssh::server::{fine, keygen};
use crate::support::project::Project;
use crate::support::pve;

/// A script that says when it begins, and ends once it may.
const LONG: &str = "echo begin >>/srv/log; until [ -e /srv/go ]; do sleep 0.05; done\n\
                    echo end >>/srv/log\n";

/// Numbers of guests and names of cables that no other test has at the same time.
fn number(of: u32) -> u32 {
    1000 + (std::process::id() * 7 + of) % 8000
}

fn address(of: u32) -> String {
    format!("10.231.77.{}", 10 + number(of) % 240)
}

/// Pulls a cable, does something, and plugs it in again.
fn without(cable: &str, deed: impl FnOnce()) {
    fine("ip", &["link", "set", cable, "down"]);
    deed();
    fine("ip", &["link", "set", cable, "up"]);
}

/// A script begins in both containers; what happens then happens; it has run once.
fn once(site: &mut Site, happens: impl FnOnce(&mut Site), kills: bool) {
    let vmids = [10_000, 10_001];
    let project = |site: &Site| site.project.path("mine.sh");
    std::fs::write(project(site), LONG).unwrap();
    let before = vmids.map(|vmid| site.read(vmid, "/srv/log"));
    let mut child = site.project.start("apply --yes");
    site.project.wait_until("the scripts run", || {
        vmids.iter().all(|vmid| site.read(*vmid, "/srv/log").contains("begin"))
    });
    if kills {
        child.kill().unwrap();
    }
    happens(site);
    for vmid in vmids {
        std::fs::write(site.lab.inside(vmid, "/srv/go"), "").unwrap();
    }
    let output = child.wait_with_output().unwrap();
    match kills {
        true => drop(site.project.fine("apply --yes")),
        false => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "it is waited for: {said}");
        }
    }
    for (vmid, before) in vmids.into_iter().zip(before) {
        assert_eq!(site.read(vmid, "/srv/log"), format!("{before}begin\nend\n"));
        std::fs::remove_file(site.lab.inside(vmid, "/srv/go")).unwrap();
    }
    site.project.fine("plan --exit-code");
    // What is done and written back is another script than the one before.
    std::fs::write(project(site), "true\n").unwrap();
    site.project.fine("apply --yes");
    for vmid in vmids {
        std::fs::write(site.lab.inside(vmid, "/srv/log"), "").unwrap();
    }
}

#[test]
fn a_script_runs_once_whatever_happens_to_its_node() {
    let (cable, at) = (format!("paasn{}", number(1)), address(1));
    let Some(mut site) = inside::site_by(Some((&cable, &at)), |port| port) else { return };
    site.accept();
    site.project.fine("apply --yes");
    for vmid in [10_000, 10_001] {
        std::fs::write(site.lab.inside(vmid, "/srv/log"), "").unwrap();
    }
    once(&mut site, |_| without(&cable, || sleep(Duration::from_millis(1500))), false);
    once(&mut site, |_| without(&cable, || sleep(Duration::from_millis(300))), true);
    once(
        &mut site,
        |site| {
            site.node.kill();
            site.pve.ask("stop", json!([]));
            sleep(Duration::from_millis(700));
            site.pve.ask("serve", json!([]));
            site.node.restart();
        },
        false,
    );
    // Nobody is reached as long as the cable is out, and that is what is said.
    fine("ip", &["link", "set", &cable, "down"]);
    site.project.write("mine.sh", "echo late >>/srv/log\n");
    let said = site.project.run("apply --yes");
    assert_ne!(said.code, 0, "{}", said.out);
    fine("ip", &["link", "set", &cable, "up"]);
    site.project.fine("apply --yes");
    assert_eq!(site.read(10_000, "/srv/log"), "late\n");
    site.project.fine("plan --exit-code");
}

#[test]
fn a_container_that_was_restarted_in_a_script_is_told_and_finished() {
    let Some(site) = inside::site_by(None, |port| port) else { return };
    site.accept();
    site.project.fine("apply --yes");
    std::fs::write(site.lab.inside(10_000, "/srv/log"), "").unwrap();
    site.project.write("mine.sh", LONG);
    std::fs::write(site.lab.inside(10_001, "/srv/go"), "").unwrap();
    let child = site.project.start("apply --yes");
    site.project.wait_until("the script runs", || site.read(10_000, "/srv/log") == "begin\n");
    site.project
        .wait_until("the other one ended", || site.read(10_001, "/srv/log").contains("end"));
    site.lab.stop(10_000);
    let folder = site.lab.folder.path().display().to_string();
    fine("lxc-start", &["-P", &folder, "-n", "10000"]);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("ended without a word: was it restarted?"), "{said}");
    std::fs::write(site.lab.inside(10_000, "/srv/go"), "").unwrap();
    site.project.fine("apply --yes");
    assert_eq!(site.read(10_000, "/srv/log"), "begin\nbegin\nend\n", "only what was cut short");
    assert_eq!(site.read(10_001, "/srv/log").matches("begin").count(), 1);
    site.project.fine("plan --exit-code");
}

/// A guest that is reached by an SSH of its own: its project, and the lab that it is in.
fn alone(vmid: u32, address: &str) -> Option<(Lab, pve::Pve, Project)> {
    let lab = Lab::start()?;
    let keys = lab.folder.path().join("id");
    keygen(&keys, "ed25519", "");
    let public = keys.with_extension("pub");
    let inside = [
        script("container").display().to_string(),
        lab.folder.path().display().to_string(),
        public.display().to_string(),
    ];
    let pve = pve::cluster_with(json!({ "inside": inside }))?;
    let key = std::fs::read_to_string(public).unwrap();
    let project = pve.project(&format!(
        "container web {{\n  on = cluster.home\n  id = {vmid}\n  \
         template = \"debian-12-standard\"\n  ip = {address}\n  ssh_keys = [\"{}\"]\n  \
         provision {{ scripts = [\"mine.sh\"] }}\n}}\n",
        key.trim()
    ));
    project.edit("main.paas", "10.9.0.0/24", "10.231.77.0/24");
    project.edit("main.paas", "gateway = 10.9.0.1", "gateway = 10.231.77.1");
    let home = project.folder().parent().unwrap().join("home/.ssh");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::copy(keys, home.join("id_ed25519")).unwrap();
    Some((lab, pve, project))
}

#[test]
fn a_script_goes_on_while_the_cable_of_its_guest_is_out() {
    let vmid = number(2);
    let Some((lab, _pve, project)) = alone(vmid, &address(2)) else { return };
    project.write("mine.sh", "true\n");
    project.fine("apply --yes");
    for kills in [false, true] {
        project.write("mine.sh", format!("# {kills}\n{LONG}"));
        let path = |name: &str| lab.inside(vmid, name);
        let log = || std::fs::read_to_string(path("/srv/log")).unwrap_or_default();
        let mut child = project.start("apply --yes");
        project.wait_until("the script runs", || log() == "begin\n");
        without(&format!("paas{vmid}"), || {
            if kills {
                child.kill().unwrap();
            }
            std::fs::write(path("/srv/go"), "").unwrap();
            project.wait_until("it ends alone", || log() == "begin\nend\n");
            sleep(Duration::from_millis(500));
        });
        let output = child.wait_with_output().unwrap();
        if kills {
            project.fine("apply --yes");
        } else {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "it is waited for: {said}");
        }
        assert_eq!(log(), "begin\nend\n", "killed: {kills}");
        project.fine("plan --exit-code");
        std::fs::remove_file(path("/srv/go")).unwrap();
        std::fs::remove_file(path("/srv/log")).unwrap();
    }
}
