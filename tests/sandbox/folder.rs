//! A sandbox in a folder survives whatever happens to the process.

use std::fs;

use paas::sandbox::{How, Sandbox};

use super::{WEB, does, layout, outcome};

const STEPS: &[&str] = &[
    WEB,
    "container.web#1: write /etc/motd hello\nwörld",
    "container.web#1: systemctl enable --now paas-x",
    "service.idp#1: POST /clients id=blog",
    "POST /pools poolid=acme",
    "POST /nodes/pve1/lxc/101/status/stop",
    "DELETE /nodes/pve1/lxc/101",
    "POST /nodes/pve2/aplinfo storage=local template=gentoo",
];

#[test]
fn what_was_done_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut before = (String::new(), String::new());
    for step in STEPS {
        let sandbox = Sandbox::open(folder.path(), layout()).unwrap();
        if !before.0.is_empty() {
            assert_eq!((sandbox.world_digest(), sandbox.show()), before);
        }
        does(&sandbox, step);
        before = (sandbox.world_digest(), sandbox.show());
    }
}

#[test]
fn a_log_torn_anywhere_is_the_world_after_some_step() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("sandbox.log");
    let sandbox = Sandbox::open(folder.path(), layout()).unwrap();
    // How long the log is after each step, and what the world is then.
    let mut worlds = vec![(fs::metadata(&log).unwrap().len(), sandbox.world_digest())];
    for step in STEPS {
        does(&sandbox, step);
        worlds.push((fs::metadata(&log).unwrap().len(), sandbox.world_digest()));
    }
    drop(sandbox);
    let bytes = fs::read(&log).unwrap();
    for cut in usize::try_from(worlds[0].0).unwrap()..=bytes.len() {
        fs::write(&log, &bytes[..cut]).unwrap();
        let sandbox = Sandbox::open(folder.path(), layout()).unwrap();
        let expected = worlds.iter().rfind(|(length, _)| *length <= cut as u64).unwrap();
        assert_eq!(sandbox.world_digest(), expected.1, "cut at {cut}");
    }
    fs::write(&log, &bytes[..100]).unwrap();
    let sandbox = Sandbox::open(folder.path(), layout()).unwrap();
    assert_eq!(sandbox.world_digest(), worlds[0].1, "a torn beginning is a new sandbox");
}

#[test]
fn a_log_can_be_written_on_after_it_was_torn() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("sandbox.log");
    does(&Sandbox::open(folder.path(), layout()).unwrap(), WEB);
    let mut bytes = fs::read(&log).unwrap();
    bytes.extend(b"0123abcd [\"half");
    fs::write(&log, &bytes).unwrap();
    does(&Sandbox::open(folder.path(), layout()).unwrap(), "container.web#1: nginx -t");
    let sandbox = Sandbox::open(folder.path(), layout()).unwrap();
    assert_eq!((sandbox.guests().len(), sandbox.tasks().len()), (1, 2));
}

#[test]
fn damage_in_the_middle_is_no_torn_end() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("sandbox.log");
    let sandbox = Sandbox::open(folder.path(), layout()).unwrap();
    STEPS.iter().for_each(|step| does(&sandbox, step));
    drop(sandbox);
    let mut bytes = fs::read(&log).unwrap();
    bytes[20] ^= 1;
    fs::write(&log, &bytes).unwrap();
    let error = Sandbox::open(folder.path(), layout()).err().unwrap();
    assert!(error.starts_with("line 1 of `"), "{error}");
    assert!(error.ends_with("is damaged, and it is not the last one"), "{error}");
    assert_eq!(fs::read(&log).unwrap(), bytes, "it is left for somebody to look at");
}

#[test]
fn two_at_once_are_one_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let first = Sandbox::open(folder.path(), layout()).unwrap();
    let error = Sandbox::open(folder.path(), layout()).err().unwrap();
    assert!(error.ends_with("is in use by another process"), "{error}");
    drop(first);
    assert!(Sandbox::open(folder.path(), layout()).is_ok());
}

#[test]
fn the_log_is_compacted_when_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("sandbox.log");
    let sandbox = Sandbox::open(folder.path(), layout()).unwrap();
    does(&sandbox, WEB);
    for memory in 1024..3000 {
        does(&sandbox, &format!("PUT /nodes/pve1/lxc/101/config memory={memory}"));
    }
    let (world, long) = (sandbox.world_digest(), fs::metadata(&log).unwrap().len());
    drop(sandbox);
    let sandbox = Sandbox::open(folder.path(), layout()).unwrap();
    assert_eq!(sandbox.world_digest(), world);
    assert!(fs::metadata(&log).unwrap().len() < long / 2);
    does(&sandbox, "POST /nodes/pve1/lxc/101/status/stop");
}

#[test]
fn a_layout_is_only_for_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(folder.path(), layout()).unwrap();
    sandbox.set("node.pve1", "memory", "8GiB").unwrap();
    sandbox.fail("never", 1, How::Refused).unwrap();
    drop(sandbox);
    let mut wider = layout();
    let cluster = wider.clusters.values_mut().next().unwrap();
    let node = cluster.nodes["pve1"].clone();
    cluster.nodes.insert("pve4".to_owned(), node);
    let sandbox = Sandbox::open(folder.path(), wider).unwrap();
    assert!(outcome(&sandbox, &WEB.replace("1024", "9000")).contains("pve1 has 8GiB"));
    does(&sandbox, &WEB.replace("pve1", "pve4").replace("1024", "9000"));
    sandbox.reset().unwrap();
    assert!(sandbox.guests().is_empty() && sandbox.faults().is_empty());
    does(&sandbox, &WEB.replace("1024", "9000"));
}
