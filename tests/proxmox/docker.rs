//! Docker on containers that do not have it, and what it says where it cannot run. The containers
//! are real; the programs that would need a registry only note what is asked of them
//! (`tests/lab/stub`).

use std::os::unix::fs::PermissionsExt;

use crate::proxmox::inside::known;
use crate::proxmox::lab::{self, Site};
use crate::ssh::lab::{Lab, script};
use crate::support::project::Project;

const NODE: &str = "node pve1 { address = 127.0.0.1 }";

const APP: &str = r#"
network lan { cluster = cluster.home, cidr = 10.9.0.0/24, gateway = 10.9.0.1 }
container box {
  on = cluster.home.node.pve1
  template = "debian-12-standard"
  network = network.lan
  ip = 10.9.0.5
  features { nesting = true, keyctl = true }
}
app blog {
  on = container.box
  compose { file = "blog.yml" }
}
"#;

/// Files that each container of a lab has from its start, and programs that only take notes.
pub fn seed(lab: &Lab, programs: &[&str], files: &[(&str, &str)]) {
    let root = lab.folder.path().join("seed");
    for folder in ["local/bin", "srv/candidates", "etc/apt/sources.list.d", "run"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    for name in programs.iter().map(|it| format!("local/bin/{it}")).chain(["srv/stub".to_owned()]) {
        std::fs::copy(script("stub"), root.join(&name)).unwrap();
        std::fs::set_permissions(root.join(&name), PermissionsExt::from_mode(0o755)).unwrap();
    }
    for (path, text) in files {
        let path = root.join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn project(site: &Site) -> Project {
    let manifest = format!("secret pve = env(\"PVE_TOKEN\")\n{}{APP}", site.block);
    let project = Project::of(&manifest).with("PVE_TOKEN", &site.pve.token());
    project.write("blog.yml", "services: { web: { image: 'ghost:5.96.0' } }\n");
    known(&project);
    project
}

/// What was asked of the programs that take notes, but for questions.
fn calls(lab: &Lab) -> Vec<String> {
    let text = std::fs::read_to_string(lab.inside(10_000, "/srv/calls")).unwrap_or_default();
    let asks = |it: &str| {
        let questions = ["docker info", "docker ps", "docker compose version", "apt-cache"];
        let asks = questions.iter().any(|start| it.starts_with(start));
        asks || it.starts_with("rc-service") && !it.ends_with(" start")
    };
    let short = |it: &str| {
        it.replace("-o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold -qy ", "")
    };
    text.lines().filter(|it| !asks(it)).map(short).collect()
}

const UP: &str = "docker compose -p app-blog -f /opt/paas/app-blog/compose.yml --env-file \
                  /opt/paas/app-blog/.env up -d --pull missing --remove-orphans";

/// The same app on a container of a distribution: what is asked of its programs.
#[track_caller]
fn check(programs: &[&str], files: &[(&str, &str)], expected: &[&str]) {
    let Some(site) = lab::site(NODE) else { return };
    seed(&site.lab, programs, files);
    let project = project(&site);
    project.fine("apply --yes");
    assert_eq!(calls(&site.lab), [expected, &[UP]].concat());
    project.fine("plan --exit-code");
    // What is there is not installed once more.
    project.edit("blog.yml", "5.96.0", "5.97.0");
    project.fine("apply --yes");
    assert_eq!(calls(&site.lab), [expected, &[UP, UP]].concat());
    project.fine("plan --exit-code");
    project.fine("destroy --yes");
}

#[test]
fn alpine_brings_docker_itself() {
    check(
        &["apk", "rc-update", "rc-service"],
        &[],
        &[
            "apk add --no-cache docker docker-cli-compose",
            "rc-update add docker default",
            "rc-service docker start",
        ],
    );
}

#[test]
fn ubuntu_brings_compose_2_and_a_lock_is_waited_for() {
    check(
        &["apt-get", "apt-cache", "service"],
        &[("/srv/candidates/docker-compose-v2", "2.24.6+ds1"), ("/srv/locked", "")],
        &[
            "apt-get update",
            "apt-get update",
            "apt-get install docker.io docker-compose-v2",
            "service docker start",
        ],
    );
}

#[test]
fn debian_13_brings_compose_2_under_its_old_name() {
    check(
        &["apt-get", "apt-cache", "service"],
        &[("/srv/candidates/docker-compose", "2.26.1-4"), ("/srv/candidates/docker-cli", "26.1.5")],
        &[
            "apt-get update",
            "apt-get install docker.io docker-cli docker-compose",
            "service docker start",
        ],
    );
}

#[test]
fn debian_12_has_only_compose_1_so_docker_s_own_packages_are_taken() {
    check(
        &["apt-get", "apt-cache", "service", "curl"],
        &[
            ("/srv/candidates/docker-compose", "1.29.2-3"),
            ("/etc/os-release", "ID=debian\nVERSION_CODENAME=bookworm\n"),
        ],
        &[
            "apt-get update",
            "apt-get install ca-certificates curl",
            "curl -fsSL --retry 3 https://download.docker.com/linux/debian/gpg -o \
             /etc/apt/keyrings/docker.asc",
            "apt-get update",
            "apt-get install docker-ce docker-ce-cli containerd.io docker-compose-plugin",
            "service docker start",
        ],
    );
}

#[test]
fn what_docker_says_where_it_cannot_run_has_a_name() {
    let Some(site) = lab::site(NODE) else { return };
    seed(&site.lab, &["apk", "rc-update", "rc-service"], &[]);
    let project = project(&site);
    let apply = |said: &str| {
        std::fs::write(site.lab.folder.path().join("seed/srv/refusal"), said).unwrap();
        let inside = site.lab.inside(10_000, "/srv/refusal");
        if site.lab.inside(10_000, "/srv").exists() {
            std::fs::write(inside, said).unwrap();
        }
        let run = project.run("apply --yes");
        assert_ne!(run.code, 0, "{}", run.out);
        run.out + &run.err
    };
    let said = apply(
        "OCI runtime create failed: runc create failed: unable to start container process: error \
         during container init: open sysctl net.ipv4.ip_unprivileged_port_start file: reopen fd 8: \
         permission denied: unknown\n",
    );
    assert!(said.contains("error[P6321]") && said.contains("`app.blog`"), "{said}");
    assert!(said.contains("dist-upgrade"), "{said}");
    let said = apply(
        "OCI runtime create failed: runc create failed: error mounting \"proc\" to rootfs at \
         \"/proc\": mount proc:/proc (via /proc/self/fd/6): operation not permitted: unknown\n",
    );
    assert!(said.contains("error[P6322]") && said.contains("nesting = true"), "{said}");
    let said = apply(
        "OCI runtime create failed: runc create failed: unable to join session keyring: unable to \
         create session key: operation not permitted\n",
    );
    assert!(said.contains("error[P6323]") && said.contains("keyctl = true"), "{said}");
    let said = apply("Error: manifest for ghost:5.96.0 not found\n");
    assert!(!said.contains("P632"), "{said}");
    for code in ["P6321", "P6322", "P6323"] {
        assert!(project.fine(&format!("explain {code}")).contains(code));
    }
}

#[test]
fn what_cannot_be_looked_at_says_why() {
    let Some(site) = lab::site(NODE) else { return };
    seed(&site.lab, &["apk", "rc-update", "rc-service"], &[]);
    let project = project(&site);
    project.fine("apply --yes");
    let known = project.read("state/known_hosts");
    project.write("state/known_hosts", "");
    for line in ["plan", "drift"] {
        let run = project.run(line);
        let said = run.out + &run.err;
        assert!(said.contains("it cannot be looked at"), "{line}: {said}");
        assert!(said.contains("is not known: it shows ssh-ed25519 SHA256:"), "{line}: {said}");
        assert!(said.contains("paas host-key accept"), "{line}: {said}");
    }
    let json = project.run("drift --format json").out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let why = json["drift"][0]["why"].as_str().unwrap_or_default();
    assert!(why.contains("host key"), "{json}");
    project.write("state/known_hosts", known);
    project.fine("plan --exit-code");
}

/// `cloud-init`: says that it was waited for, and how it went.
const CLOUD_INIT: &str = r#"#!/bin/sh
case $2 in
  --wait) sleep 0.7; echo ready >>/srv/log; exit "$(cat /srv/code)" ;;
  --long) printf 'status: error\nerrors:\n- no such user: ada\n' ;;
esac
"#;

#[test]
fn a_first_start_is_awaited_before_anything_is_set_up() {
    let Some(site) = lab::site(NODE) else { return };
    let code = |code: &str| {
        seed(&site.lab, &["apk", "rc-update", "rc-service", "cloud-init"], &[("/srv/code", code)]);
        let stub = site.lab.folder.path().join("seed/local/bin/cloud-init");
        std::fs::write(stub, CLOUD_INIT).unwrap();
    };
    let project = project(&site);
    project.write("mine.sh", "echo mine >>/srv/log\n");
    project.edit("main.paas", "  ip = 10", "  provision { scripts = [\"mine.sh\"] }\n  ip = 10");
    let log = || std::fs::read_to_string(site.lab.inside(10_000, "/srv/log")).unwrap_or_default();
    code("1");
    let said = project.run("apply --yes");
    assert_ne!(said.code, 0);
    assert!(said.out.contains("cloud-init failed on container 10000"), "{}", said.out);
    assert!(said.out.contains("no such user: ada"), "{}", said.out);
    assert_eq!(log(), "ready\n", "it is told at once, and nothing is set up");
    // It is made anew; errors that it recovers from are only worth a warning.
    code("2");
    let run = project.run("apply --yes -v");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.err.contains("cloud-init went on after errors"), "{}", run.err);
    assert_eq!(log(), "ready\nmine\n");
    project.fine("plan --exit-code");
}
