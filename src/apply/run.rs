//! The loop that runs a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::apply::schedule::Schedule;
use crate::apply::{Ledger, Progress, Wanted, late};
use crate::drivers::{Fault, World};
use crate::model::{self, Address, Effect, ObjectId, Outcome, Step, Target, Value};
use crate::plan::{Change, Pending, Plan, way_back};
use crate::state::{Event, State, Verb};

/// What a run has come to.
#[derive(Debug, Default)]
pub struct Report {
    /// What succeeded, with how long it took in milliseconds.
    pub done: Vec<(ObjectId, Verb, u64)>,
    /// What did not.
    pub failed: Vec<Failure>,
    /// What was left out, and because of which object.
    pub skipped: Vec<(ObjectId, ObjectId)>,
    /// Guests that have to start again before everything holds that was done.
    pub pending: Vec<Pending>,
    /// How many changes were not begun.
    pub left: usize,
    /// Somebody asked to stop.
    pub interrupted: bool,
    /// The journal could not be written; nothing was begun after that.
    pub broken: Option<String>,
}

/// A change that did not succeed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which object.
    pub id: ObjectId,
    /// What was to be done.
    pub verb: Verb,
    /// What came back.
    pub message: String,
    /// It may have happened all the same; the next run looks.
    pub unknown: bool,
}

/// How the steps of a change ended.
struct Ended {
    index: usize,
    facts: BTreeMap<String, Value>,
    pending: BTreeSet<String>,
    took_ms: u64,
    /// The step that failed, by its place, and why; at the first place nothing was begun.
    fault: Option<(usize, Fault)>,
    /// What was made before that was removed again, or why it could not be.
    undone: Option<Result<(), String>>,
}

/// Runs every change of a plan, at most `limit` at once.
pub async fn run<W, L, P>(
    plan: Plan,
    world: Arc<W>,
    ledger: &mut L,
    progress: &mut P,
    limit: usize,
    mut wanted: watch::Receiver<Wanted>,
) -> Report
where
    W: World + 'static,
    L: Ledger,
    P: Progress,
{
    let mut run = Run {
        schedule: Schedule::new(&plan),
        report: Report { left: plan.changes.len(), ..Report::default() },
        running: JoinSet::new(),
        open: BTreeSet::new(),
        plan: &plan,
        world,
        limit: limit.max(1),
        doors: BTreeMap::new(),
    };
    let mut ended: Vec<Ended> = Vec::new();
    if let Some(moves) = &plan.moves
        && let Err(why) = ledger.append(&[moves.event()])
    {
        run.report.broken = Some(why);
    }
    loop {
        let now = *wanted.borrow_and_update();
        run.report.interrupted |= now != Wanted::Everything;
        if now == Wanted::Nothing {
            run.abandon();
            return run.report;
        }
        // What they held up begins in the same breath: its line is durable together with theirs.
        ended.iter().filter(|end| end.fault.is_none()).for_each(|end| run.schedule.done(end.index));
        let begun = match now {
            Wanted::Everything if run.report.broken.is_none() => run.take_ready(),
            Wanted::Everything | Wanted::WhatRuns | Wanted::Nothing => Vec::new(),
        };
        if let Err(why) = run.turn(ledger, progress, std::mem::take(&mut ended), &begun) {
            run.report.broken.get_or_insert(why);
        }
        if run.running.is_empty() {
            break;
        }
        tokio::select! {
            first = run.running.join_next() => {
                ended.extend(first.into_iter().map(joined));
                while let Some(more) = run.running.try_join_next() {
                    ended.push(joined(more));
                }
            }
            changed = wanted.changed() => {
                // Nobody is left who could ask to stop: the run goes on undisturbed.
                if changed.is_err() {
                    ended.extend(run.running.join_next().await.into_iter().map(joined));
                }
            }
        }
    }
    if run.report.broken.is_none() {
        run.report.broken = outputs(&plan, ledger).err();
    }
    run.report
}

/// Makes the outputs durable, if they are others than before.
fn outputs<L: Ledger>(plan: &Plan, ledger: &mut L) -> Result<(), String> {
    let values = late::outputs(&plan.outputs, ledger.state());
    match plan.outputs.is_empty() || values == ledger.state().outputs {
        true => Ok(()),
        false => ledger.append(&[Event::Outputs { values }]),
    }
}

fn joined(result: Result<Ended, tokio::task::JoinError>) -> Ended {
    match result {
        Ok(ended) => ended,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

struct Run<'a, W> {
    plan: &'a Plan,
    world: Arc<W>,
    schedule: Schedule,
    running: JoinSet<Ended>,
    /// The changes that were begun and have not ended.
    open: BTreeSet<usize>,
    report: Report,
    limit: usize,
    /// How many calls each cluster takes at once.
    doors: Doors,
}

/// What lets so many steps to a cluster as it takes at once, by its address.
type Doors = BTreeMap<Address, Arc<Semaphore>>;

impl<W: World + 'static> Run<'_, W> {
    /// Takes as many changes as may begin now.
    fn take_ready(&mut self) -> Vec<usize> {
        let room = self.limit.saturating_sub(self.running.len());
        std::iter::from_fn(|| self.schedule.take()).take(room).collect()
    }

    /// Leaves whatever runs where it is; the next run looks.
    fn abandon(&mut self) {
        self.running.abort_all();
        for index in std::mem::take(&mut self.open) {
            let (id, verb) = (self.plan.changes[index].id.clone(), self.plan.changes[index].verb);
            let message = "stopped before its end was heard of".to_owned();
            self.report.failed.push(Failure { id, verb, message, unknown: true });
        }
    }

    /// Makes the ends and the beginnings of one turn durable together, then sends.
    fn turn<L: Ledger, P: Progress>(
        &mut self,
        ledger: &mut L,
        progress: &mut P,
        ended: Vec<Ended>,
        begun: &[usize],
    ) -> Result<(), String> {
        let mut events: Vec<Event> = ended.iter().filter_map(|it| self.end_event(it)).collect();
        let starting = || begun.iter().map(|index| &self.plan.changes[*index]);
        // What has just been told is a part of what begins.
        if !events.is_empty() && starting().any(|change| late::is_told(&change.intent)) {
            ledger.append(&std::mem::take(&mut events))?;
        }
        events.extend(starting().map(|change| started(change, ledger.state())));
        if !events.is_empty() {
            ledger.append(&events)?;
        }
        for end in ended {
            self.settle(progress, end);
        }
        for index in begun {
            let change = &self.plan.changes[*index];
            progress.started(change);
            self.report.left -= 1;
            self.open.insert(*index);
            let work = Work {
                index: *index,
                steps: late::filled(&change.steps, ledger.state()),
                undo: late::filled(&change.undo, ledger.state()).unwrap_or_default(),
                limit: change.limit_secs.map(Duration::from_secs),
                doors: doors(&mut self.doors, change, ledger.state()),
            };
            self.running.spawn(perform(Arc::clone(&self.world), work));
        }
        Ok(())
    }

    fn end_event(&self, ended: &Ended) -> Option<Event> {
        let Change { id, verb, .. } = &self.plan.changes[ended.index];
        let (id, verb) = (id.clone(), *verb);
        match &ended.fault {
            None if self.plan.changes[ended.index].abandons() => Some(Event::Abandoned { id }),
            None => {
                let (facts, took_ms) = (ended.facts.clone(), ended.took_ms);
                Some(Event::Done { id, verb, facts, took_ms })
            }
            Some((0, Fault::Refused(_))) => Some(Event::Undone { id, verb }),
            Some(_) if ended.undone == Some(Ok(())) => Some(Event::Undone { id, verb }),
            // Something may have happened: what was begun stays begun until somebody looks.
            Some(_) => None,
        }
    }

    fn settle<P: Progress>(&mut self, progress: &mut P, ended: Ended) {
        let change = &self.plan.changes[ended.index];
        self.open.remove(&ended.index);
        if !ended.pending.is_empty() {
            let spec = &change.intent.spec;
            let node = spec["node"].as_str().unwrap_or("its node");
            let pending = Pending::of(&change.id.address, spec, node, &ended.pending);
            self.report.pending.push(pending);
        }
        let Some((step, fault)) = ended.fault else {
            progress.done(change, ended.took_ms);
            self.report.done.push((change.id.clone(), change.verb, ended.took_ms));
            return;
        };
        let (message, unknown) = match (fault, ended.undone) {
            (Fault::Refused(why) | Fault::Unknown(why), Some(Ok(()))) => {
                (format!("{why}; what was made is removed again"), false)
            }
            (Fault::Refused(why) | Fault::Unknown(why), Some(Err(undo))) => {
                (format!("{why}; what was made could not be removed again: {undo}"), true)
            }
            (Fault::Refused(why), None) => (why, step > 0),
            (Fault::Unknown(why), None) => (why, true),
        };
        let message = match way_back(change, step) {
            Some(how) => format!("{message}; {how}"),
            None => message,
        };
        progress.failed(change, &message);
        let (id, verb) = (change.id.clone(), change.verb);
        self.report.failed.push(Failure { id, verb, message, unknown });
        for waiter in self.schedule.failed(ended.index) {
            let skipped = &self.plan.changes[waiter];
            progress.skipped(skipped, &change.id);
            self.report.left -= 1;
            self.report.skipped.push((skipped.id.clone(), change.id.clone()));
        }
    }
}

fn started(change: &Change, state: &State) -> Event {
    Event::Started {
        id: change.id.clone(),
        verb: change.verb,
        uid: change.uid.clone(),
        intent: late::with_told(&change.intent, state),
    }
}

/// What one change sends.
struct Work {
    index: usize,
    /// The steps, or the name of a value that is missing.
    steps: Result<Vec<Step>, String>,
    /// What removes again what the steps made.
    undo: Vec<Step>,
    /// How long the steps may take.
    limit: Option<Duration>,
    /// What they wait for in front of their clusters.
    doors: Doors,
}

/// The cluster that a step is sent to.
fn cluster(step: &Step) -> Option<&Address> {
    match &step.on {
        Target::Cluster(cluster) => Some(cluster.address()),
        Target::Machine(_) | Target::Service(_) | Target::Module(_) | Target::Here => None,
    }
}

/// The doors of the clusters that a change is about; what a cluster takes at once is known since
/// it was made.
fn doors(all: &mut Doors, change: &Change, state: &State) -> Doors {
    let clusters = change.steps.iter().chain(&change.undo).filter_map(cluster);
    let door = |address: &Address| {
        let door = all.entry(address.clone()).or_insert_with(|| {
            let most = state.known(address, "parallel").and_then(|it| it.as_u64());
            let most =
                most.and_then(|it| usize::try_from(it).ok()).unwrap_or(Semaphore::MAX_PERMITS);
            Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)))
        });
        (address.clone(), Arc::clone(door))
    };
    clusters.map(door).collect()
}

/// Sends a step once its cluster takes it; waiting for that is not part of its time.
async fn sent<W: World>(
    world: &W,
    step: &Step,
    doors: &Doors,
    (limit, took_ms): (Option<Duration>, u64),
) -> Result<Outcome, Fault> {
    let door = cluster(step).and_then(|cluster| doors.get(cluster));
    let _inside = match door {
        Some(door) => door.acquire().await.ok(),
        None => None,
    };
    within(limit, took_ms, world.perform(step)).await
}

async fn perform<W: World>(world: Arc<W>, work: Work) -> Ended {
    let Work { index, steps, undo, limit, doors } = work;
    let (facts, pending) = (BTreeMap::new(), BTreeSet::new());
    let mut ended = Ended { index, facts, pending, took_ms: 0, fault: None, undone: None };
    let steps = match steps {
        Ok(steps) => steps,
        Err(why) => return Ended { fault: Some((0, Fault::Refused(why))), ..ended },
    };
    for (place, step) in steps.iter().enumerate() {
        match sent(&*world, step, &doors, (limit, ended.took_ms)).await {
            Ok(outcome) => {
                ended.facts.extend(outcome.facts);
                ended.pending = outcome.pending.unwrap_or(ended.pending);
                ended.took_ms += outcome.took_ms;
            }
            Err(fault) => {
                // A program that ended badly was begun all the same: what it did stays.
                let runs = matches!(step.effect, Effect::Run(_));
                let place = if runs { place.max(1) } else { place };
                // Only what is known for certain is undone: an answer that was lost may still
                // come true.
                if place > 0 && !undo.is_empty() && matches!(fault, Fault::Refused(_)) {
                    ended.undone = Some(undone(&*world, &undo).await);
                }
                return Ended { fault: Some((place, fault)), ..ended };
            }
        }
    }
    ended
}

/// A step, if there is time for it.
async fn within(
    limit: Option<Duration>,
    took_ms: u64,
    step: impl Future<Output = Result<Outcome, Fault>>,
) -> Result<Outcome, Fault> {
    let Some(limit) = limit else { return step.await };
    let late = || format!("it took longer than {}", model::Duration(millis(limit)));
    match limit.checked_sub(Duration::from_millis(took_ms)).filter(|left| !left.is_zero()) {
        None => Err(Fault::Refused(late())),
        Some(left) => match tokio::time::timeout(left, step).await {
            Ok(result) => result,
            Err(_) => Err(Fault::Unknown(late())),
        },
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Sends what removes an object again; the first step that fails ends it.
async fn undone<W: World>(world: &W, steps: &[Step]) -> Result<(), String> {
    for step in steps {
        if let Err(Fault::Refused(why) | Fault::Unknown(why)) = world.perform(step).await {
            return Err(why);
        }
    }
    Ok(())
}
