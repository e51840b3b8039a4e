//! `kill -9` at any moment of an apply on a cluster: nothing is there twice, nothing is lost.
//!
//! `PAAS_KILLS=200 cargo test proxmox::kills -- --nocapture` does it 200 times.

use std::time::Duration;

use serde_json::json;

use crate::commands::kills::{Numbers, given};
use crate::proxmox::WEB;
use crate::support::pve;

/// How many times, unless `PAAS_KILLS` says otherwise.
const KILLS: u64 = 8;

#[test]
fn killed_at_any_moment_no_guest_is_lost_and_none_made_twice() {
    let Some(pve) = pve::cluster() else { return };
    let count = given("PAAS_KILLS").unwrap_or(KILLS);
    let seed = given("PAAS_SEED").unwrap_or(20_261_122);
    println!("{count} kills with seed {seed}");
    let mut numbers = Numbers(seed);
    pve.ask_named("secs", json!([]), json!({ "create": 0.15, "start": 0.05, "destroy": 0.05 }));
    let project = pve.project(WEB);
    let theirs = json!([150, "theirs", { "hostname": "theirs", "memory": 99 }]);
    pve.ask("add_ct", theirs);
    let foreign = pve.guest(150);
    let mut memory = 512;
    for round in 0..count {
        let line = match round % 3 {
            0 => "apply --yes",
            1 => {
                let (before, after) = (format!("memory = {memory}MiB"), memory + 16);
                project.edit("main.paas", &before, &format!("memory = {after}MiB"));
                memory = after;
                "apply --yes"
            }
            _ => "destroy --yes",
        };
        let mut child = project.start(line);
        std::thread::sleep(Duration::from_millis(60 + numbers.below(700)));
        child.kill().unwrap();
        child.wait_with_output().unwrap();
        project.fine(line);
        let guests = pve.guests();
        let expected = if line.starts_with("destroy") { 0 } else { 3 };
        assert_eq!(guests.len(), expected + 1, "round {round}: {guests:?}");
        assert_eq!(pve.guest(150), foreign, "round {round}");
        if expected > 0 {
            assert!(guests.iter().all(|it| it["lock"].is_null()), "round {round}: {guests:?}");
            project.fine("plan --exit-code");
        }
    }
}
