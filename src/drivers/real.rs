//! The real world: clusters through their API, machines by SSH. What none of its drivers can do is
//! refused, never reported as done.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::drivers::places::Places;
use crate::drivers::proxmox::{Cluster, Deed, Owned, Ownership};
use crate::drivers::{Fault, World};
use crate::model::{
    Address, Answer, Call, Condition, Effect, Outcome, Piece, Question, Ref, Step, Target, Value,
    Wait,
};

/// Real clusters and machines.
#[derive(Clone)]
pub struct Real(Arc<Inside>);

struct Inside {
    places: Places,
    clusters: Mutex<BTreeMap<Address, Arc<Cluster>>>,
}

impl Real {
    /// The platform that `places` leads to. Nothing is asked yet.
    pub fn new(places: Places) -> Real {
        Real(Arc::new(Inside { places, clusters: Mutex::default() }))
    }
}

impl World for Real {
    async fn look(&self, questions: &[Question]) -> Vec<Result<Answer, Fault>> {
        let mut work = JoinSet::new();
        for (at, question) in questions.iter().cloned().enumerate() {
            let inside = Arc::clone(&self.0);
            work.spawn(async move { (at, inside.look(question).await) });
        }
        let mut answers: Vec<Result<Answer, Fault>> =
            questions.iter().map(|_| Err(Fault::Refused("nobody looked".to_owned()))).collect();
        while let Some(done) = work.join_next().await {
            if let Ok((at, answer)) = done {
                answers[at] = answer;
            }
        }
        answers
    }

    async fn perform(&self, step: &Step) -> Result<Outcome, Fault> {
        self.0.perform(step).await
    }
}

impl Inside {
    async fn look(&self, question: Question) -> Result<Answer, Fault> {
        match question {
            Question::Cluster(cluster) => {
                let numbers = self.places.numbers(cluster.address());
                let seen = self.cluster(&cluster)?.look(&numbers).await?;
                Ok(Answer::Cluster(seen))
            }
            Question::Machine { machine, .. } => {
                Err(unsupported(&format!("looking at {}", machine.address())))
            }
        }
    }

    async fn perform(&self, step: &Step) -> Result<Outcome, Fault> {
        let step = self.filled(step)?;
        match (&step.on, &step.effect) {
            (Target::Cluster(cluster), Effect::Call(call)) => self.call(cluster, call).await,
            (Target::Machine(machine), Effect::Wait(wait)) => self.wait(machine, wait).await,
            (_, Effect::Run(command)) => {
                let program = command.argv.first().map(ToString::to_string);
                Err(unsupported(&format!("running `{}`", program.unwrap_or_default())))
            }
            (_, Effect::Write(file)) => Err(unsupported(&format!("writing `{}`", file.path))),
            (_, Effect::Wait(_)) => Err(unsupported("waiting")),
            (_, Effect::Call(call)) => Err(unsupported(&format!("calling `{}`", call.path))),
        }
    }

    async fn call(&self, cluster: &Ref, call: &Call) -> Result<Outcome, Fault> {
        let whose = Whose { inside: self, cluster };
        self.cluster(cluster)?.perform(call, &whose).await
    }

    async fn wait(&self, machine: &Ref, wait: &Wait) -> Result<Outcome, Fault> {
        let started = Instant::now();
        let within = Duration::from_secs(wait.within_secs);
        let mut outcome = Outcome::default();
        let spec = self.places.spec(machine);
        let guest = spec.and_then(|spec| {
            let cluster = spec["cluster"].read::<Ref>().ok()?;
            Some((cluster, u32::try_from(spec["id"].as_u64()?).ok()?))
        });
        match (&wait.until, guest) {
            (Condition::Ready, Some((cluster, vmid))) => {
                let container = machine.address().kind() == "container";
                let whose = Whose { inside: self, cluster: &cluster };
                let driver = self.cluster(&cluster)?;
                let reached = driver.running(container, vmid, within, &whose).await?;
                let facts = [("ip", reached.ip), ("mac", reached.mac)].into_iter();
                let facts =
                    facts.filter_map(|(name, it)| Some((name.to_owned(), Value::from(it?))));
                outcome.facts.extend(facts);
            }
            (_, _) => return Err(unsupported(&format!("waiting for {}", machine.address()))),
        }
        outcome.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(outcome)
    }

    /// The cluster behind a reference; one connection for all who ask.
    fn cluster(&self, cluster: &Ref) -> Result<Arc<Cluster>, Fault> {
        let broken = |_| Fault::Refused("somebody else's request has failed".to_owned());
        let mut known = self.clusters.lock().map_err(broken)?;
        if let Some(driver) = known.get(cluster.address()) {
            return Ok(Arc::clone(driver));
        }
        let driver = Arc::new(self.places.cluster(cluster).map_err(Fault::Refused)?);
        known.insert(cluster.address().clone(), Arc::clone(&driver));
        Ok(driver)
    }

    /// A step with the secrets put in; it is dropped as soon as it is sent.
    fn filled(&self, step: &Step) -> Result<Step, Fault> {
        let mut missing = None;
        let filled = step.filled(&mut |piece| match piece {
            Piece::Secret { secret } | Piece::Revealed { revealed: secret } => {
                let value = self.places.secret(secret).map(|it| it.expose().to_owned());
                if value.is_none() {
                    missing = Some(secret.clone());
                }
                value
            }
            Piece::Project { .. } => Some(self.places.project().to_owned()),
            Piece::Literal(_) | Piece::Late { .. } => None,
        });
        match missing {
            Some(name) => Err(Fault::Refused(format!("the value of `{name}` is not known"))),
            None => Ok(filled),
        }
    }
}

/// Whose the guests of one cluster are.
struct Whose<'a> {
    inside: &'a Inside,
    cluster: &'a Ref,
}

impl Ownership for Whose<'_> {
    fn project(&self) -> &str {
        self.inside.places.project()
    }

    fn owned(&self, vmid: u32) -> &[Owned] {
        self.inside.places.owned(self.cluster.address(), vmid)
    }

    fn image_digest(&self, vmid: u32) -> Option<String> {
        self.inside.places.image_digest(self.cluster.address(), vmid)
    }

    fn has_root(&self) -> bool {
        false
    }

    fn as_root<'a>(&'a self, node: &'a str, argv: Vec<String>) -> Deed<'a> {
        Box::pin(async move {
            let program = argv.first().cloned().unwrap_or_default();
            Err(unsupported(&format!("running `{program}` on {node}")))
        })
    }
}

fn unsupported(what: &str) -> Fault {
    Fault::Refused(format!("not supported yet: {what} on a real platform"))
}
