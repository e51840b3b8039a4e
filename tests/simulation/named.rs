//! Small lives that once went wrong, in a model of the protocol or in the program itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use paas::drivers::World as _;
use paas::model::{Piece, Step};
use paas::plan::Plan;
use paas::sandbox::{Chaos, Layout};
use paas::state::Verb;

use super::life::{How, LINEAGE, Life};
use super::project::Project;
use crate::support::ledger::End;

/// A cluster, a host, and what a test adds.
pub fn with(more: &str) -> Arc<Project> {
    let platform = r#"
secret pve = env("PVE_TOKEN")
host box { address = "10.0.0.9" }
cluster home { api = "https://pve.example.com:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
"#;
    Project::alone(&format!("{platform}{more}"))
}

/// A container called `web`.
fn web(more: &str) -> String {
    let on = "on = cluster.home, template = \"debian-12-standard\", network = network.lan";
    format!("container web {{ {on}, ip = \"auto\"\n{more}\n}}\n")
}

const BLOG: &str = "app blog { on = container.web, unit { exec = \"/usr/bin/blog\" } }\n";

/// A project that was applied once.
async fn applied(project: &Project) -> Life {
    let mut life = Life::new(7, Layout::of(&project.desired));
    settled(&mut life, project).await;
    life
}

async fn settled(life: &mut Life, project: &Project) {
    let blocked = life.settle(project).await.err().map(|plan| plan.blocked);
    assert_eq!(blocked, None, "nothing stands in the way");
}

/// A run in which one step goes wrong, and the plan that was run.
async fn broken(life: &mut Life, project: &Project, step: usize, chaos: Chaos) -> Plan {
    let (plan, state) = life.plan(project).await;
    let how = How { single: Some((step, chaos)), ..How::fine(1) };
    life.run(plan.clone(), state, how).await;
    plan
}

/// A step of a change, as it is sent.
fn step(plan: &Plan, id: &str, index: usize) -> Step {
    let change = plan.changes.iter().find(|it| it.id.to_string() == id).unwrap();
    change.steps[index].filled(&mut |piece| match piece {
        Piece::Project { .. } => Some(LINEAGE.to_owned()),
        Piece::Literal(_) | Piece::Secret { .. } | Piece::Revealed { .. } | Piece::Late { .. } => {
            None
        }
    })
}

/// Somebody else has this number now.
fn taken(life: &mut Life, vmid: u32) {
    let config = BTreeMap::from([("hostname".to_owned(), "theirs".to_owned())]);
    life.sandbox.add_guest(vmid, "pve1", config.clone()).unwrap();
    life.foreign.insert(vmid, config);
}

fn numbers(life: &Life) -> Vec<u32> {
    life.sandbox.guests().iter().map(|guest| guest.vmid).collect()
}

/// The first counterexample: the request was given up, because somebody else took its number.
#[tokio::test]
async fn a_late_create_that_was_given_up_is_removed_when_it_appears() {
    let project = with(&web(""));
    let mut life = Life::new(7, Layout::of(&project.desired));
    let plan = broken(&mut life, &project, 0, Chaos::LoseBefore).await;
    taken(&mut life, 10_000);
    settled(&mut life, &project).await;
    assert_eq!(numbers(&life), [10_000, 10_001], "another number was taken");
    life.make_room();
    life.sandbox.perform(&step(&plan, "container.web#1", 0)).await.unwrap();
    let (plan, _) = life.plan(&project).await;
    let changes: Vec<_> = plan.changes.iter().map(|it| (it.verb, it.id.to_string())).collect();
    assert_eq!(changes, [(Verb::Delete, "container.web#1".to_owned())]);
    settled(&mut life, &project).await;
    assert_eq!(numbers(&life), [10_001]);
    assert_eq!(life.disk.load().abandoned, [], "it is over");
}

/// A request that is only late, and not given up, makes the very guest that is asked for again.
#[tokio::test]
async fn a_late_create_is_never_a_second_one() {
    let project = with(&web(""));
    let mut life = Life::new(7, Layout::of(&project.desired));
    let plan = broken(&mut life, &project, 0, Chaos::LoseBefore).await;
    settled(&mut life, &project).await;
    let late = life.sandbox.perform(&step(&plan, "container.web#1", 0)).await;
    assert!(late.is_err(), "the number is the key: it is refused a second time");
    settled(&mut life, &project).await;
    assert_eq!(numbers(&life), [10_000]);
}

/// The second counterexample. Proxmox deletes by number alone, so a delete that arrives late hits
/// whoever has the number by then. It would be right to spare the stranger; what can be done is
/// that numbers come from a range which Proxmox gives to nobody by itself.
#[tokio::test]
async fn a_late_delete_hits_whoever_took_a_number_of_the_reserved_range() {
    let mut life = applied(&with(&web(""))).await;
    let plan = broken(&mut life, &with(""), 1, Chaos::LoseBefore).await;
    life.sandbox.remove("10000").unwrap();
    taken(&mut life, 10_000);
    settled(&mut life, &with("")).await;
    assert_eq!(numbers(&life), [10_000], "the stranger is left alone");
    life.sandbox.perform(&step(&plan, "container.web#1", 1)).await.unwrap();
    assert_eq!(numbers(&life), [0; 0], "until the late request lands");
}

/// The third counterexample: a guest is there, but nothing says that it is ours.
#[tokio::test]
async fn a_guest_without_our_mark_is_not_healthy() {
    let project = with(&web(""));
    let mut life = applied(&project).await;
    let mark = life.sandbox.guests()[0].config["description"].clone();
    life.sandbox.set("10000", "description", "").unwrap();
    life.sandbox.set("10000", "lock", "create").unwrap();
    for project in [&project, &with(&web("memory = 2GiB")), &with(&web("id = 5000"))] {
        let (plan, _) = life.plan(project).await;
        let codes: Vec<&str> = plan.blocked.iter().map(|it| it.code.as_ref()).collect();
        assert_eq!(codes, ["P6202"]);
    }
    life.sandbox.set("10000", "description", &mark).unwrap();
    life.sandbox.set("10000", "lock", "none").unwrap();
    settled(&mut life, &project).await;
}

/// The fourth counterexample: only people take locks away. No step of any life does either.
#[tokio::test]
async fn a_lock_is_never_taken_away() {
    let mut life = applied(&with(&web(""))).await;
    life.sandbox.set("10000", "lock", "backup").unwrap();
    let project = with(&web("memory = 2GiB"));
    let (plan, state) = life.plan(&project).await;
    let report = life.run(plan, state, How::fine(1)).await.report.unwrap();
    assert_eq!(report.failed.len(), 1, "nothing is changed under a lock");
    assert_eq!(life.sandbox.guests()[0].lock.as_deref(), Some("backup"));
    life.sandbox.set("10000", "lock", "none").unwrap();
    settled(&mut life, &project).await;
}

/// The fifth counterexample: what is found to be gone is written down as gone.
#[tokio::test]
async fn what_was_removed_by_hand_does_not_stay_in_the_state() {
    let mut life = applied(&with(&web(""))).await;
    life.sandbox.remove("10000").unwrap();
    settled(&mut life, &with("")).await;
    let state = life.disk.load();
    assert!(state.records.keys().all(|id| id.address.kind() != "container"));
}

/// The sixth counterexample: a half-made guest that nobody can attribute.
#[tokio::test]
async fn what_cannot_be_attributed_is_left_where_it_is() {
    let project = with(&web(""));
    let mut life = Life::new(7, Layout::of(&project.desired));
    broken(&mut life, &project, 0, Chaos::LoseBefore).await;
    taken(&mut life, 10_000);
    life.sandbox.set("10000", "lock", "create").unwrap();
    settled(&mut life, &project).await;
    assert_eq!(numbers(&life), [10_000, 10_001]);
    assert_eq!(life.sandbox.guests()[0].lock.as_deref(), Some("create"));
}

#[tokio::test]
async fn what_was_begun_on_a_machine_that_is_gone_is_begun_anew() {
    let project = with(&(web("") + BLOG));
    let mut life = applied(&with(&web(""))).await;
    broken(&mut life, &project, 0, Chaos::LoseAfter).await;
    life.sandbox.remove("10000").unwrap();
    broken(&mut life, &project, 3, Chaos::LoseAfter).await;
    settled(&mut life, &project).await;
    settled(&mut life, &with(&web(""))).await;
}

#[tokio::test]
async fn a_guest_that_should_not_run_is_shut_down() {
    let mut life = applied(&with(&web(""))).await;
    let stopped = with(&web("start = false"));
    settled(&mut life, &stopped).await;
    life.sandbox.set("10000", "running", "true").unwrap();
    settled(&mut life, &stopped).await;
}

#[tokio::test]
async fn a_machine_is_mended_before_something_on_it_is_removed() {
    let mut life = applied(&with(&(web("") + BLOG))).await;
    life.sandbox.set("10000", "running", "false").unwrap();
    settled(&mut life, &with(&web(""))).await;
}

#[tokio::test]
async fn something_is_removed_before_its_machine_stops() {
    let mut life = applied(&with(&(web("") + BLOG))).await;
    settled(&mut life, &with(&web("start = false"))).await;
}

#[tokio::test]
async fn what_is_on_a_machine_that_does_not_answer_goes_with_it() {
    let mut life = applied(&with(&(web("") + BLOG))).await;
    life.sandbox.set("10000", "running", "false").unwrap();
    broken(&mut life, &with(""), 1, Chaos::LoseAfter).await;
    settled(&mut life, &with("")).await;
}

/// The machine is gone and the process dies before it is written down that all on it is, too.
#[tokio::test]
async fn what_is_on_a_machine_that_went_is_gone_as_well() {
    for line in 0..6 {
        let mut life = applied(&with(&(web("") + BLOG))).await;
        life.sandbox.set("10000", "running", "false").unwrap();
        let (plan, state) = life.plan(&with("")).await;
        life.run(plan, state, How { end: End::KilledAfter(line), ..How::fine(1) }).await;
        settled(&mut life, &with("")).await;
    }
}

#[tokio::test]
async fn a_protected_app_does_not_go_with_its_machine() {
    let blog = BLOG.replace("\" } }", "\" }\n  lifecycle { protect = true }\n}");
    let mut life = applied(&with(&(web("") + &blog))).await;
    life.sandbox.set("10000", "running", "false").unwrap();
    let (plan, _) = life.plan(&with("")).await;
    let codes: Vec<&str> = plan.blocked.iter().map(|it| it.code.as_ref()).collect();
    assert_eq!(codes, ["P7003"]);
}

#[tokio::test]
async fn a_number_that_somebody_has_is_not_asked_for() {
    let mut life = applied(&with(&web(""))).await;
    taken(&mut life, 5000);
    let (plan, _) = life.plan(&with(&web("id = 5000"))).await;
    let codes: Vec<&str> = plan.blocked.iter().map(|it| it.code.as_ref()).collect();
    assert_eq!(codes, ["P6201"]);
}

#[tokio::test]
async fn what_is_taken_over_can_be_used_at_once() {
    let kept = with(&web("lifecycle { on_destroy = \"keep\" }"));
    let mut life = applied(&kept).await;
    settled(&mut life, &with("")).await;
    settled(&mut life, &with(&(web("") + BLOG))).await;
    assert_eq!(numbers(&life), [10_000]);
}

#[tokio::test]
async fn what_an_interrupted_update_left_goes_with_the_next_one() {
    let app = |exec: &str| with(&format!("app blog {{ on = host.box, unit {{ {exec} }} }}"));
    let mut life = applied(&app("exec = \"/usr/bin/blog\"")).await;
    let more = app("exec = \"/usr/bin/blog\", files { \"/etc/blog.conf\" = \"on\" }");
    broken(&mut life, &more, 2, Chaos::LoseAfter).await;
    settled(&mut life, &app("exec = \"/usr/bin/blog --quiet\"")).await;
}

#[tokio::test]
async fn a_number_that_another_resource_has_is_not_asked_for() {
    let mut life = applied(&with(&web(""))).await;
    let twin = web("id = 10000").replace("container web", "container twin");
    let (plan, _) = life.plan(&with(&(web("") + &twin))).await;
    let codes: Vec<&str> = plan.blocked.iter().map(|it| it.code.as_ref()).collect();
    assert_eq!(codes, ["P5003"]);
    settled(&mut life, &with(&twin)).await;
    assert_eq!(numbers(&life), [10_000]);
}
