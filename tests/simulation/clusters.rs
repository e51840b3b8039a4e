//! A cluster is never sent more calls at once than it takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use paas::apply::{self, Quiet, Wanted};
use paas::drivers::{Fault, World};
use paas::model::{Answer, Outcome, Question, Step, Target};
use paas::sandbox::{Layout, Sandbox};
use tokio::sync::watch;

use super::life::{LINEAGE, Life};
use super::project::Project;
use crate::support::ledger::{Disk, End, Journal};

/// A world in which a call takes a while, and that counts.
struct Counting {
    sandbox: Arc<Sandbox>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl World for Counting {
    async fn look(&self, questions: &[Question]) -> Vec<Result<Answer, Fault>> {
        self.sandbox.look(questions).await
    }

    async fn perform(&self, step: &Step) -> Result<Outcome, Fault> {
        let to_cluster = matches!(step.on, Target::Cluster(_));
        if to_cluster {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
        }
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let outcome = self.sandbox.perform(step).await;
        if to_cluster {
            self.now.fetch_sub(1, Ordering::SeqCst);
        }
        outcome
    }
}

/// The most calls that were on their way at once.
async fn most(said: &str) -> usize {
    let project = Project::alone(&format!(
        "secret pve = env(\"PVE_TOKEN\")\n\
         cluster home {{ api = \"https://pve.example.com:8006\", token = secret.pve{said} }}\n\
         container web for i in range(12) {{ on = cluster.home, template = \"debian-12-standard\" }}\n"
    ));
    let mut life = Life::new(7, Layout::of(&project.desired));
    let (plan, _) = life.plan(&project).await;
    assert_eq!(plan.blocked, []);
    let sandbox = Arc::clone(&life.sandbox);
    let world = Arc::new(Counting { sandbox, now: 0.into(), most: 0.into() });
    let mut journal = Journal::open(Disk::new(LINEAGE), End::Never, Box::new(|_| {}));
    let (_hold, wanted) = watch::channel(Wanted::Everything);
    let sees = Arc::clone(&world);
    let report = apply::run(plan, world, &mut journal, &mut Quiet, 16, wanted).await;
    assert!(report.failed.is_empty() && report.left == 0, "{report:?}");
    sees.most.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_cluster_takes_as_many_calls_as_it_says() {
    let mut all = BTreeMap::new();
    for said in ["", ", parallel = 1", ", parallel = 3", ", parallel = 64"] {
        all.insert(said, most(said).await);
    }
    let expected = [("", 4), (", parallel = 1", 1), (", parallel = 3", 3), (", parallel = 64", 12)];
    assert_eq!(all, BTreeMap::from(expected));
}
