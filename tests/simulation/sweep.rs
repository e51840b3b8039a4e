//! Everything that can go wrong in a small project, one after the other: each step in three ways,
//! and a death at each line of the journal.

use std::sync::Arc;

use paas::sandbox::{Chaos, Layout};

use super::life::{How, Life};
use super::named::with;
use super::project::Project;
use crate::support::ledger::End;

/// Nothing, a small platform, the same with everything changed, and nothing again.
fn versions() -> [Arc<Project>; 4] {
    let on = "on = cluster.home, template = \"debian-12-standard\", network = network.lan";
    let proxy = "proxy edge { on = host.box, engine = \"nginx\" }\n";
    let first = format!(
        "container web {{ {on}, ip = \"auto\" }}
         container old {{ {on}, ip = \"dhcp\", lifecycle {{ on_destroy = \"backup\" }} }}
         {proxy}
         app blog {{
           on = container.web
           unit {{ exec = \"/usr/bin/blog\" }}
           expose www {{ via = proxy.edge, port = 80, http {{ host = \"blog.example.com\" }} }}
         }}
         app shop {{ on = container.old, unit {{ exec = \"/usr/bin/shop\" }} }}"
    );
    let second = format!(
        "container web {{ {on}, ip = \"auto\", id = 5000, memory = 2GiB }}
         {proxy}
         app blog {{
           on = container.web
           unit {{ exec = \"/usr/bin/blog --new\" }}
           expose www {{ via = proxy.edge, port = 81, http {{ host = \"blog.example.com\" }} }}
         }}
         app shop {{ on = container.web, unit {{ exec = \"/usr/bin/shop\" }} }}"
    );
    [with(""), with(&first), with(&second), with("")]
}

/// A life up to where something goes wrong on the way from one version to the next.
async fn before(from: &Project) -> Life {
    let mut life = Life::new(1, Layout::of(&from.desired));
    assert!(life.settle(from).await.is_ok());
    life
}

/// One run goes wrong, the next one does not. Says how many lines and steps the first one had.
async fn recovers(from: &Project, to: &Project, how: How) -> (usize, usize) {
    let mut life = before(from).await;
    let (plan, state) = life.plan(to).await;
    let outcome = life.run(plan, state, how).await;
    assert!(life.settle(to).await.is_ok(), "nothing stands in the way after {how:?}");
    (outcome.lines, outcome.steps)
}

#[tokio::test]
async fn one_run_recovers_from_any_single_fault() {
    let versions = versions();
    for pair in versions.windows(2) {
        let (_, steps) = recovers(&pair[0], &pair[1], How::fine(2)).await;
        assert!(steps > 5, "there is something to go wrong");
        for step in 0..steps {
            for chaos in [Chaos::Refuse, Chaos::LoseBefore, Chaos::LoseAfter] {
                let how = How { single: Some((step, chaos)), ..How::fine(2) };
                recovers(&pair[0], &pair[1], how).await;
            }
        }
    }
}

#[tokio::test]
async fn one_run_recovers_from_an_end_at_any_line() {
    let versions = versions();
    for pair in versions.windows(2) {
        let (lines, _) = recovers(&pair[0], &pair[1], How::fine(2)).await;
        assert!(lines > 5, "there is something to be cut short");
        for line in 0..=lines {
            for end in [End::KilledAfter(line), End::FencedAfter(line)] {
                recovers(&pair[0], &pair[1], How { end, ..How::fine(2) }).await;
            }
        }
    }
}

/// What goes wrong may go wrong once more while it is put right.
#[tokio::test]
async fn one_run_recovers_from_two_ends_in_a_row() {
    let [_, from, to, _] = versions();
    let (lines, _) = recovers(&from, &to, How::fine(2)).await;
    for first in 0..lines {
        for second in (0..lines).step_by(2) {
            let mut life = before(&from).await;
            for line in [first, second] {
                let (plan, state) = life.plan(&to).await;
                let end = End::KilledAfter(line);
                life.run(plan, state, How { end, ..How::fine(2) }).await;
            }
            assert!(life.settle(&to).await.is_ok(), "after {first} and {second} lines");
        }
    }
}
