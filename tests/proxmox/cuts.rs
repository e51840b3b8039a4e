//! A network that breaks at any moment of an apply: nothing is there twice, nothing is lost,
//! nothing of somebody else is touched.
//!
//! `PAAS_KILLS=200 cargo test proxmox::cuts -- --nocapture` does it 200 times.

use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::commands::kills::{Numbers, given};
use crate::proxmox::{WEB, inside};
use crate::support::project::Project;
use crate::support::pve::{self, Pve};
use crate::support::wire::{Cut, Wire};

/// How many times, unless `PAAS_KILLS` says otherwise.
const CUTS: u64 = 28;

/// A cluster behind a wire, with a guest of somebody else.
struct Site {
    pve: Pve,
    wire: Wire,
    project: Project,
    theirs: Value,
    memory: u64,
}

/// How a round goes on after the cut.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// What is under way arrives.
    Mended,
    /// Connections are dead.
    Anew,
    /// The process is killed, and then what is under way arrives.
    Killed,
    /// The process is killed, and what is under way arrives after the next run.
    Late,
}

fn site() -> Option<Site> {
    let pve = pve::cluster()?;
    let wire = Wire::to(pve.port);
    pve.ask_named("secs", json!([]), json!({ "create": 0.2, "start": 0.1, "destroy": 0.1 }));
    let project = pve.project(WEB);
    let (to, through) = (format!("127.0.0.1:{}", pve.port), format!("127.0.0.1:{}", wire.port));
    project.edit("main.paas", &to, &through);
    pve.ask("add_ct", json!([150, "theirs", { "hostname": "theirs", "memory": 99 }]));
    let theirs = pve.guest(150);
    Some(Site { pve, wire, project, theirs, memory: 512 })
}

impl Site {
    /// Asks for something else than before, and tells the command that does it.
    fn turn(&mut self, round: u64) -> &'static str {
        match round % 4 {
            1 | 3 => {
                let before = format!("memory = {}MiB", self.memory);
                self.memory += 16;
                self.project.edit("main.paas", &before, &format!("memory = {}MiB", self.memory));
                "apply --yes"
            }
            2 => "destroy --yes",
            _ => "apply --yes",
        }
    }

    /// How many lines the journal has.
    fn lines(&self) -> u64 {
        let text = std::fs::read(self.project.path("state/paas.journal")).unwrap_or_default();
        text.iter().filter(|byte| **byte == b'\n').count() as u64
    }

    /// Runs to the end; a request of an earlier run that arrives in the middle may take some more
    /// runs.
    #[track_caller]
    fn through(&self, line: &str, why: &str) {
        let mut said = String::new();
        for _ in 0..3 {
            let run = self.project.run(line);
            if run.code == 0 {
                return;
            }
            said = format!("{said}{}{}\n", run.out, run.err);
        }
        panic!("{why}: `{line}` never succeeds:\n{said}");
    }

    #[track_caller]
    fn whole(&self, line: &str, why: &str) {
        let guests = self.pve.guests();
        let expected = if line.starts_with("destroy") { 0 } else { 3 };
        assert_eq!(guests.len(), expected + 1, "{why}: {guests:?}");
        assert_eq!(self.pve.guest(150), self.theirs, "{why}");
        let memory = self.memory.to_string();
        for guest in guests.iter().filter(|guest| guest["vmid"] != 150) {
            assert_eq!(guest["status"], "running", "{why}");
            assert!(guest["lock"].is_null(), "{why}: {guest}");
            assert_eq!(guest["config"]["memory"].to_string().trim_matches('"'), memory, "{why}");
        }
        if expected > 0 {
            let plan = self.project.run("plan --exit-code");
            assert_eq!(plan.code, 0, "{why}: the second plan is not empty:\n{}", plan.out);
        }
    }
}

/// Waits for a process for some time; one that is cut off needs its time-outs.
fn ended(child: &mut Child, within: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < within {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        sleep(Duration::from_millis(10));
    }
    false
}

#[test]
fn cut_off_at_any_moment_no_guest_is_lost_and_none_made_twice() {
    let Some(mut site) = site() else { return };
    let count = given("PAAS_KILLS").unwrap_or(CUTS);
    let seed = given("PAAS_SEED").unwrap_or(20_261_122);
    println!("{count} cuts with seed {seed}");
    let (mut numbers, start, mut unsure, mut late) = (Numbers(seed), Instant::now(), 0, 0);
    for round in 0..count {
        let line = site.turn(round);
        let how = match numbers.below(6) {
            0 => Cut::Broken,
            1 | 2 => Cut::Silent,
            3 | 4 => Cut::Deaf,
            _ => Cut::After(numbers.below(400)),
        };
        let then = match numbers.below(4) {
            0 => Then::Mended,
            1 => Then::Anew,
            2 => Then::Killed,
            _ => Then::Late,
        };
        let why = format!("round {round}, {line}, {how:?} {then:?}");
        let mut child = site.project.start(line);
        // At some time, or just after something was begun.
        let (lines, more) = (site.lines(), 1 + numbers.below(9));
        let most = Duration::from_millis(match numbers.below(2) {
            0 => 60 + numbers.below(500),
            _ => 700,
        });
        let begun = Instant::now();
        while begun.elapsed() < most && (most.as_millis() < 700 || site.lines() < lines + more) {
            sleep(Duration::from_millis(1));
        }
        late += u64::from(child.try_wait().unwrap().is_some());
        site.wire.cut(how);
        sleep(Duration::from_millis(20 + numbers.below(600)));
        if matches!(then, Then::Killed | Then::Late) {
            child.kill().unwrap();
        }
        match then {
            Then::Mended | Then::Killed => site.wire.mend(),
            Then::Anew => site.wire.mend_anew(),
            Then::Late => {}
        }
        if !ended(&mut child, Duration::from_secs(100)) {
            child.kill().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        unsure += u64::from(output.status.code() != Some(0));
        let line = match numbers.below(3) {
            // Whoever comes back may want something else by now.
            0 => site.turn(round + 1 + numbers.below(2)),
            _ => line,
        };
        if then == Then::Late {
            // The next run goes another way, and what was under way arrives after it.
            let through = format!("127.0.0.1:{}", site.wire.port);
            let straight = format!("127.0.0.1:{}", site.pve.port);
            site.project.edit("main.paas", &through, &straight);
            site.through(line, &why);
            site.wire.mend();
            sleep(Duration::from_millis(400));
            site.project.edit("main.paas", &straight, &through);
        }
        site.through(line, &why);
        site.whole(line, &why);
    }
    let secs = start.elapsed().as_secs_f64();
    println!(
        "{count} cuts, {unsure} ends that were not heard of, {late} cuts that came too late, \
         no orphan, no duplicate, {secs:.1} s"
    );
    assert!(late * 2 < count, "too few were in the middle: {late} of {count} were too late");
}

/// A run that is killed while a request that makes a guest is under way.
#[track_caller]
fn killed_under_way(site: &Site) {
    site.pve.ask("hold", json!([3]));
    let mut child = site.project.start("apply --yes");
    site.project.wait_until("they are under way", || site.pve.ask("held", json!([])) == 3);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(site.pve.guests().len(), 1, "nothing has arrived yet");
}

/// What was under way arrives, and its tasks end.
fn delivered(site: &Site) {
    site.pve.ask("deliver", json!([]));
    sleep(Duration::from_millis(600));
}

#[test]
fn what_arrives_after_its_manifest_was_edited_is_no_orphan() {
    let Some(mut site) = site() else { return };
    for late in [false, true] {
        killed_under_way(&site);
        let line = site.turn(1);
        if late {
            site.through(line, "the run before it arrives");
        }
        delivered(&site);
        site.through(line, "the run after it has arrived");
        site.whole(line, "edited");
        site.project.fine("destroy --yes");
    }
}

#[test]
fn what_arrives_after_nobody_wants_it_any_more_is_removed() {
    let Some(site) = site() else { return };
    killed_under_way(&site);
    site.project.fine("destroy --yes");
    site.whole("destroy", "before it arrives");
    delivered(&site);
    assert_eq!(site.pve.guests().len(), 4, "it has arrived");
    let said = site.project.fine("destroy --yes");
    assert!(said.contains("interrupted"), "{said}");
    site.whole("destroy", "after it has arrived");

    // The same with another number: nobody looks at the old one any more.
    site.project.edit("main.paas", "tags =", "id = 400 + i\n  tags =");
    killed_under_way(&site);
    site.project.edit("main.paas", "id = 400", "id = 500");
    site.project.fine("apply --yes");
    site.whole("apply", "before it arrives");
    delivered(&site);
    assert_eq!(site.pve.guests().len(), 7, "it has arrived");
    site.project.fine("apply --yes");
    site.whole("apply", "after it has arrived");
    assert!(
        site.pve.guests().iter().all(|it| it["vmid"] == 150 || it["vmid"].as_u64() > Some(500))
    );
}

#[test]
fn cut_off_from_a_node_no_script_runs_twice() {
    let mut wire = None;
    let site = inside::site_by(None, |port| wire.insert(Wire::to(port)).port);
    let (Some(site), Some(wire)) = (site, wire) else { return };
    site.accept();
    site.project.fine("apply --yes");
    let count = given("PAAS_KILLS").map_or(6, |kills| kills / 5);
    let mut numbers = Numbers(given("PAAS_SEED").unwrap_or(20_261_122));
    for round in 0..count {
        let text =
            format!("echo begin {round} >>/srv/log; sleep 0.5; echo end {round} >>/srv/log\n");
        site.project.write("mine.sh", &text);
        let mut child = site.project.start("apply --yes");
        let log = |vmid| site.read(vmid, "/srv/log");
        let begun = format!("begin {round}\n");
        site.project.wait_until("a script runs", || {
            log(10_000).contains(&begun) && log(10_001).contains(&begun)
        });
        sleep(Duration::from_millis(numbers.below(200)));
        let (how, killed) = match numbers.below(4) {
            0 => (Cut::Broken, false),
            1 => (Cut::Silent, false),
            2 => (Cut::Silent, true),
            _ => (Cut::Deaf, false),
        };
        wire.cut(how);
        if killed {
            child.kill().unwrap();
        }
        sleep(Duration::from_millis(numbers.below(1500)));
        match numbers.below(2) {
            0 if how != Cut::Broken => wire.mend(),
            _ => wire.mend_anew(),
        }
        let output = child.wait_with_output().unwrap();
        let why = format!("round {round}, {how:?}, killed: {killed}");
        if killed {
            site.project.fine("apply --yes");
        } else {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{why}: it is waited for: {said}");
        }
        let ended = format!("end {round}\n");
        for log in [log(10_000), log(10_001)] {
            assert_eq!(log.matches(&begun).count(), 1, "{why}: {log}");
            assert_eq!(log.matches(&ended).count(), 1, "{why}: {log}");
        }
        site.project.fine("plan --exit-code");
    }
}
