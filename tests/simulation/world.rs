//! The sandbox with a watcher before it: every step is checked before it is sent, and may go
//! wrong in three ways.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use paas::drivers::{Fault, World};
use paas::model::{
    Answer, Call, Effect, GuestSeen, Method, ObjectId, Outcome, Piece, Question, Ref, Step, Target,
};
use paas::plan::Change;
use paas::sandbox::{self, Chaos, Sandbox};
use paas::state::{Event, State, Verb};

use crate::support::rng::Rng;

/// How often steps go wrong, each in percent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Nothing happens, and it is said so.
    pub refuse: usize,
    /// Nothing happens, and nobody hears so.
    pub lose_before: usize,
    /// It happens, and nobody hears so.
    pub lose_after: usize,
}

/// The sandbox as one run sees it.
pub struct Watched {
    sandbox: Arc<Sandbox>,
    run: Arc<Mutex<Run>>,
    /// What was lost on the way there, and may arrive yet.
    late: Arc<Mutex<Vec<Step>>>,
}

/// What is known of a run while it goes on.
pub struct Run {
    /// What is durable.
    state: State,
    changes: Vec<Change>,
    /// How many steps of each change were sent; nothing before it is durable that it begins.
    sent: BTreeMap<usize, usize>,
    /// Which change each task works on; one task sends all steps of one change.
    tasks: BTreeMap<tokio::task::Id, usize>,
    /// How many steps were sent that undo a change.
    undoing: BTreeMap<usize, usize>,
    weather: Weather,
    /// The one step that goes wrong, by its place in the run.
    single: Option<(usize, Chaos)>,
    rng: Rng,
    steps: usize,
    /// What was sent, and how it went.
    pub trace: Vec<String>,
}

impl Run {
    /// A run of these changes.
    pub fn new(state: State, changes: Vec<Change>, weather: Weather, rng: Rng) -> Run {
        let (sent, tasks, trace) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let undoing = BTreeMap::new();
        Run { state, changes, sent, tasks, undoing, weather, single: None, rng, steps: 0, trace }
    }

    /// Lets exactly one step go wrong.
    pub fn with_fault(mut self, step: usize, chaos: Chaos) -> Run {
        self.single = Some((step, chaos));
        self
    }

    /// How many steps were sent.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Takes note of a durable line.
    pub fn heard(&mut self, event: &Event) {
        match event {
            Event::Started { id, verb, .. } => {
                let found = self.changes.iter().position(|it| it.id == *id && it.verb == *verb);
                let index = found.expect("only changes of the plan begin");
                assert_eq!(self.sent.insert(index, 0), None, "{id} begins twice in one run");
            }
            Event::Done { id, verb, .. } => {
                let index = self.index(id, *verb);
                let (sent, all) = (self.sent[&index], self.changes[index].steps.len());
                assert_eq!(sent, all, "{id} is done before all of its steps were sent");
                self.sent.remove(&index);
            }
            Event::Undone { id, verb } => drop(self.sent.remove(&self.index(id, *verb))),
            Event::Abandoned { id } => drop(self.sent.remove(&self.index(id, Verb::Forget))),
            Event::Outputs { .. } | Event::Moved { .. } | Event::Keeping(_) => (),
        }
        self.state.record(event.clone());
    }

    fn index(&self, id: &ObjectId, verb: Verb) -> usize {
        let open = self.sent.keys().find(|at| {
            let change = &self.changes[**at];
            change.id == *id && change.verb == verb
        });
        *open.unwrap_or_else(|| panic!("{id} ends without having begun"))
    }

    /// The change that a step belongs to: one that has durably begun, and whose next step it is.
    fn owner(&mut self, step: &Step) -> ObjectId {
        let task = tokio::task::id();
        let planned = |index: usize, sent: usize| {
            let planned = self.changes[index].steps.get(sent);
            let planned = planned.filter(|_| !self.undoing.contains_key(&index));
            planned.is_some_and(|planned| same(planned, step, &self.state.lineage))
        };
        if let Some(index) = self.tasks.get(&task).copied().filter(|it| self.undoes(*it, step)) {
            *self.undoing.entry(index).or_default() += 1;
            return self.changes[index].id.clone();
        }
        let index = match self.tasks.get(&task) {
            Some(index) => {
                let sent = self.sent.get(index).copied();
                Some(*index).filter(|index| sent.is_some_and(|sent| planned(*index, sent)))
            }
            None => {
                let fresh = self.sent.iter().find(|(index, sent)| {
                    let free = !self.tasks.values().any(|other| other == *index);
                    free && **sent == 0 && planned(**index, 0)
                });
                fresh.map(|(index, _)| *index)
            }
        };
        let index = index.unwrap_or_else(|| {
            panic!("a step was sent that no durable change asks for: {}", sandbox::describe(step))
        });
        self.tasks.insert(task, index);
        *self.sent.get_mut(&index).expect("it was found there") += 1;
        self.changes[index].id.clone()
    }

    /// Whether a step removes what a change has made so far, because its next step was refused.
    fn undoes(&self, index: usize, step: &Step) -> bool {
        let sent = self.sent.get(&index).copied().unwrap_or_default();
        let undone = self.undoing.get(&index).copied().unwrap_or_default();
        let planned = self.changes[index].undo.get(undone);
        sent > 0 && planned.is_some_and(|planned| same(planned, step, &self.state.lineage))
    }

    fn chaos(&mut self) -> Chaos {
        self.steps += 1;
        if let Some((step, chaos)) = self.single {
            return if step + 1 == self.steps { chaos } else { Chaos::Pass };
        }
        let Weather { refuse, lose_before, lose_after } = self.weather;
        let roll = self.rng.below(100);
        match roll {
            roll if roll < refuse => Chaos::Refuse,
            roll if roll < refuse + lose_before => Chaos::LoseBefore,
            roll if roll < refuse + lose_before + lose_after => Chaos::LoseAfter,
            _ => Chaos::Pass,
        }
    }

    /// What must hold whenever a guest is touched.
    fn check_call(&self, call: &Call, owner: &ObjectId, guests: &[GuestSeen]) {
        let mut parts = call.path.split('/').skip(3);
        let (Some("lxc" | "qemu"), vmid, rest) = (parts.next(), parts.next(), parts.next()) else {
            return;
        };
        let stands_for = |guest: &GuestSeen, id: &ObjectId| {
            let mark = guest.mark.as_ref();
            mark.is_some_and(|it| {
                it.project == self.state.lineage
                    && it.vmid == guest.vmid
                    && it.object.origin() == id.origin()
            })
        };
        let Some(vmid) = vmid else {
            let twice = guests.iter().find(|guest| stands_for(guest, owner));
            let asked: Option<u32> = call.body["vmid"].to_string().parse().ok();
            assert!(twice.is_none_or(|it| Some(it.vmid) == asked), "{owner} is made twice");
            return;
        };
        let Some(guest) = guests.iter().find(|it| it.vmid.to_string() == vmid) else { return };
        assert!(stands_for(guest, owner), "guest {vmid} is not {owner}, and is touched for it");
        // What is on a machine that does not run cannot be removed before it.
        if rest == Some("status") && guest.running && call.path.ends_with("/stop") {
            self.check_users(owner, false);
        }
        if call.method == Method::Delete && rest.is_none() {
            let record = &self.state.records[owner];
            let protected = record.intent.lifecycle.protect && !record.half_made();
            assert!(!protected, "{owner} is protected, and is destroyed");
            self.check_users(owner, true);
        }
    }

    /// Nothing that is recorded on a machine is left when the machine goes.
    fn check_users(&self, machine: &ObjectId, forgotten: bool) {
        let forget =
            |id: &ObjectId| self.changes.iter().any(|it| it.id == *id && it.verb == Verb::Forget);
        let users = self.state.records.iter().find(|(id, record)| {
            !(forgotten && forget(id))
                && record
                    .possible()
                    .any(|intent| on(&intent.spec) == Some(Ref::Object(machine.clone())))
        });
        if let Some((user, _)) = users {
            panic!("{machine} is destroyed while {user} is on it");
        }
    }
}

/// The machine that a spec is on.
pub fn on(spec: &paas::model::Value) -> Option<Ref> {
    Ref::parse(spec.get("machine")?.get("$ref")?.as_str()?)
}

impl Watched {
    /// Watches over one run.
    pub fn new(
        sandbox: Arc<Sandbox>,
        run: Arc<Mutex<Run>>,
        late: Arc<Mutex<Vec<Step>>>,
    ) -> Watched {
        Watched { sandbox, run, late }
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn checked(&self, step: &Step) -> Chaos {
        let mut run = self.run();
        let owner = run.owner(step);
        if let (Target::Cluster(_), Effect::Call(call)) = (&step.on, &step.effect) {
            run.check_call(call, &owner, &self.sandbox.guests());
        }
        if let Effect::Write(file) = &step.effect {
            let closed = !file.content.has_secret() || file.mode == 0o600;
            assert!(closed, "everybody may read a secret in {}", file.path);
        }
        let chaos = run.chaos();
        let line = sandbox::describe(step);
        let unlocks = ["unlock", "skiplock", "delete=lock"].iter().any(|it| line.contains(it));
        assert!(!unlocks, "only people take locks away: {line}");
        run.trace.push(format!("{owner}: {line} {chaos:?}"));
        chaos
    }

    async fn wait(&self) {
        let turns = self.run().rng.below(4);
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }
}

impl World for Watched {
    async fn look(&self, questions: &[Question]) -> Vec<Result<Answer, Fault>> {
        self.sandbox.look(questions).await
    }

    async fn perform(&self, step: &Step) -> Result<Outcome, Fault> {
        let chaos = self.checked(step);
        self.wait().await;
        let result = match chaos {
            Chaos::Refuse => return Err(Fault::Refused("it is refused".to_owned())),
            Chaos::LoseBefore => {
                if makes_guest(step) && self.run().rng.chance(50) {
                    self.late
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push(step.clone());
                }
                return Err(Fault::Unknown("it was lost".to_owned()));
            }
            Chaos::Pass | Chaos::LoseAfter => self.sandbox.perform(step).await,
        };
        self.wait().await;
        match chaos {
            Chaos::LoseAfter => Err(Fault::Unknown("the answer was lost".to_owned())),
            Chaos::Pass | Chaos::Refuse | Chaos::LoseBefore => {
                if let Err(fault) = &result {
                    self.run().trace.push(format!("  {fault:?}"));
                }
                result
            }
        }
    }
}

/// Its number is taken once: sent late or twice, it does nothing else.
fn makes_guest(step: &Step) -> bool {
    match &step.effect {
        Effect::Call(call) => call.method == Method::Post && call.body.contains_key("vmid"),
        Effect::Run(_) | Effect::Write(_) | Effect::Wait(_) => false,
    }
}

/// Whether a step that was sent is a planned one, with what is known late put in.
fn same(planned: &Step, sent: &Step, lineage: &str) -> bool {
    let mut late = false;
    let filled = planned.filled(&mut |piece| match piece {
        Piece::Project { .. } => Some(lineage.to_owned()),
        Piece::Late { .. } => {
            late = true;
            None
        }
        Piece::Literal(_) | Piece::Secret { .. } | Piece::Revealed { .. } => None,
    });
    match late {
        false => filled == *sent,
        true => filled.on == sent.on && place(&filled.effect) == place(&sent.effect),
    }
}

/// What an effect is about, whatever its texts say.
fn place(effect: &Effect) -> (String, usize) {
    match effect {
        Effect::Call(call) => (call.path.clone(), call.body.len()),
        Effect::Run(command) => (String::new(), command.argv.len()),
        Effect::Write(file) => (file.path.clone(), 0),
        Effect::Wait(wait) => (format!("{:?}", wait.within_secs), 1),
    }
}
