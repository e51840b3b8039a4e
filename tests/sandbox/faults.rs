//! Steps that go wrong because somebody asked for it.

use paas::sandbox::{Chaos, How, describe};

use super::{WEB, after, check, does, layout, sandbox, step};
use paas::sandbox::Sandbox;

#[track_caller]
fn check_line(text: &str, expected: &str) {
    assert_eq!(describe(&step(text)), expected);
}

#[test]
fn a_step_is_described_in_one_line() {
    check_line(WEB, "POST /nodes/pve1/lxc vmid=101");
    check_line(
        "PUT /nodes/pve1/lxc/101/config memory=2 description=x",
        "PUT /nodes/pve1/lxc/101/config memory=2",
    );
    check_line(
        "container.web#1: docker compose -p app-blog -f /x up -d",
        "container.web#1: docker compose up app-blog",
    );
    check_line("container.web#1: sh -s a <true", "container.web#1: sh -s a");
    check_line("host.a#1: write /etc/x §y", "host.a#1: write /etc/x");
    check_line("host.a#1: wait http 80", "host.a#1: wait for http 80 /");
    check_line("host.a#1: wait ready", "host.a#1: wait for ready");
    check_line("service.idp#1: POST /users name=a", "service.idp#1: POST /users name=a");
    check_line("here: openssl rand", "here: openssl rand");
}

#[test]
fn a_pattern_fails_so_many_steps() {
    let sandbox = sandbox();
    sandbox.fail("POST /nodes/*/lxc vmid=10?", 2, How::Refused).unwrap();
    let refused = "refused: `POST /nodes/pve1/lxc vmid=101` is refused: fault on request";
    check(&sandbox, WEB, refused);
    does(&sandbox, &WEB.replace("101", "201").replace("web#1", "web#2"));
    assert_eq!(sandbox.faults()[0].times, 1);
    check(&sandbox, WEB, refused);
    assert!(sandbox.faults().is_empty());
    does(&sandbox, WEB);
    sandbox.fail("nginx", 1, How::Refused).unwrap();
    sandbox.clear_faults().unwrap();
    does(&sandbox, "container.web#1: nginx -t");
}

#[test]
fn an_answer_is_lost_before_or_after() {
    let sandbox = sandbox();
    let lost = "unknown: the answer to `POST /nodes/pve1/lxc vmid=101` was lost: fault on request";
    sandbox.fail("lxc vmid", 1, How::UnknownBefore).unwrap();
    check(&sandbox, WEB, lost);
    assert!(sandbox.guests().is_empty() && sandbox.tasks().is_empty());
    sandbox.fail("lxc vmid", 1, How::UnknownAfter).unwrap();
    check(&sandbox, WEB, lost);
    assert_eq!((sandbox.guests().len(), sandbox.tasks().len()), (1, 1));
}

#[test]
fn brackets_in_a_pattern_are_plain() {
    let sandbox = sandbox();
    sandbox.fail("host.a[\"x\"]#1: nginx", 1, How::Refused).unwrap();
    does(&sandbox, "host.a#1: nginx -t");
    let refused = "refused: `host.a[\"x\"]#1: nginx -t` is refused: fault on request";
    check(&sandbox, "host.a[\"x\"]#1: nginx -t", refused);
}

#[test]
fn a_hook_decides_step_by_step() {
    let sandbox = sandbox();
    let mut plan = [Chaos::Refuse, Chaos::LoseBefore, Chaos::LoseAfter, Chaos::Pass].into_iter();
    sandbox.set_chaos(Some(Box::new(move |_| plan.next().unwrap())));
    let outcomes: Vec<String> = (0..4).map(|_| super::outcome(&sandbox, WEB)).collect();
    let starts = ["refused: `POST", "unknown: ", "unknown: ", "refused: guest 101 already exists"];
    for (outcome, start) in outcomes.iter().zip(starts) {
        assert!(outcome.starts_with(start), "{outcome}");
    }
    sandbox.set_chaos(None);
    does(&sandbox, "container.web#1: nginx -t");
}

#[test]
fn rules_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Sandbox::open(folder.path(), layout()).unwrap();
    open().fail("lxc", 3, How::UnknownAfter).unwrap();
    super::outcome(&open(), WEB);
    let rules = open().faults();
    assert_eq!((rules.len(), rules[0].times, rules[0].how), (1, 2, How::UnknownAfter));
}

#[test]
fn tasks_say_what_happened() {
    let sandbox = after(&[WEB]);
    check(&sandbox, "DELETE /nodes/pve1/lxc/7", "refused: there is no guest 7");
    let tasks = sandbox.tasks();
    let last = tasks.last().unwrap();
    assert_eq!((last.start_ms, last.end_ms), (8000, 8100));
    assert_eq!(last.status, "there is no guest 7");
    for _ in 0..600 {
        does(&sandbox, "container.web#1: nginx -t");
    }
    assert_eq!(sandbox.tasks().len(), 500);
}
