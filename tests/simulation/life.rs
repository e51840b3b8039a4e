//! One life: a project whose manifest changes while the world does what it wants.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use paas::apply::{self, Quiet, Report, Wanted};
use paas::drivers::World as _;
use paas::kinds;
use paas::model::{Mark, ObjectId, Step};
use paas::plan::{self, Plan};
use paas::problem::Style;
use paas::render::{self, Context, Density};
use paas::sandbox::{Chaos, Layout, Sandbox};
use paas::source::Span;
use paas::state::{State, Verb};
use tokio::sync::watch;

use super::project::Project;
use super::text::CANARY;
use super::world::{Run, Watched, Weather};
use crate::support::ledger::{Disk, End, Journal};
use crate::support::rng::Rng;

/// The project of every life, as its marks say.
pub const LINEAGE: &str = "0123456789abcdef";

/// A project, its state and its world.
pub struct Life {
    /// What decides everything that is left to chance.
    pub rng: Rng,
    /// The world.
    pub sandbox: Arc<Sandbox>,
    /// The state.
    pub disk: Disk,
    /// Guests that somebody else made, with all they are.
    pub foreign: BTreeMap<u32, BTreeMap<String, String>>,
    /// Guests that were let go of on purpose.
    pub released: BTreeSet<u32>,
    /// Makings of guests of which nobody heard: they are still under way.
    pub under_way: Arc<Mutex<Vec<Step>>>,
    /// What happened, for people.
    pub story: Vec<String>,
    /// What happens in the run that goes on.
    run: Option<Arc<Mutex<Run>>>,
}

/// How one run goes.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// What goes wrong.
    pub weather: Weather,
    /// Exactly one step that goes wrong, instead.
    pub single: Option<(usize, Chaos)>,
    /// When it ends before its time.
    pub end: End,
    /// How many changes run at once.
    pub limit: usize,
}

/// What came of a run.
pub struct Outcome {
    /// Nothing if the process died.
    pub report: Option<Report>,
    /// Lines that became durable.
    pub lines: usize,
    /// Steps that were sent.
    pub steps: usize,
}

impl How {
    /// Nothing goes wrong.
    pub fn fine(limit: usize) -> How {
        How { weather: Weather::default(), single: None, end: End::Never, limit }
    }
}

impl Life {
    /// A project that was never applied.
    pub fn new(seed: u64, layout: Layout) -> Life {
        Life {
            rng: Rng::new(seed),
            sandbox: Arc::new(Sandbox::in_memory(layout)),
            disk: Disk::new(LINEAGE),
            foreign: BTreeMap::new(),
            released: BTreeSet::new(),
            under_way: Arc::default(),
            story: Vec::new(),
            run: None,
        }
    }

    /// Looks, plans, and checks what holds for every plan.
    pub async fn plan(&mut self, project: &Project) -> (Plan, State) {
        let (sandbox, desired) = (self.sandbox.as_ref(), &project.desired);
        let plan::Moving { state, moves, blocked } = plan::moving(desired, self.disk.load());
        let seen = apply::observe(sandbox, &state, desired).await.expect("the sandbox answers");
        let place = |span: Span| project.sources.line_of(span);
        let inputs = plan::Inputs { desired, state: &state, seen: &seen, place: &place };
        let mut plan = plan::plan(inputs);
        plan.moves = moves;
        if self.rng.chance(5) {
            let again = plan::plan(inputs);
            self.check_text(&plan, &Plan { moves: plan.moves.clone(), ..again });
        }
        plan.blocked.splice(0..0, blocked);
        if plan.blocked.is_empty() {
            plan::verify(&plan, &state).expect("a plan keeps the rules of plans");
            no_protected_goes(&plan, &state);
        }
        (plan, self.disk.load().clone())
    }

    /// A plan is the same whenever it is made, can be read back, and holds no secret.
    fn check_text(&self, plan: &Plan, again: &Plan) {
        let text = serde_json::to_string(plan).expect("a plan is JSON");
        let again = serde_json::to_string(again).expect("a plan is JSON");
        assert_eq!(text, again, "two plans of the same inputs differ");
        let read: Plan = serde_json::from_str(&text).expect("a plan can be read back");
        assert_eq!(&read, plan, "a plan is what was written");
        let said = [
            render::terminal(plan, &context(), Style { colour: false, unicode: true, width: 100 }),
            render::markdown(plan, &context()),
            render::json(plan, &context()),
            render::drift_json(plan, &context()),
            text,
        ];
        assert!(!said.iter().any(|text| text.contains(CANARY)), "a plan holds a secret");
        let canary = CANARY.as_bytes();
        let durable = self.disk.bytes().any(|it| it.windows(canary.len()).any(|at| at == canary));
        assert!(!durable, "the state holds a secret");
    }

    /// Some of what is under way arrives, or all of it.
    pub async fn arrive(&mut self, chance: usize) {
        let all =
            std::mem::take(&mut *self.under_way.lock().unwrap_or_else(PoisonError::into_inner));
        for step in all {
            if !self.rng.chance(chance) {
                self.under_way.lock().unwrap_or_else(PoisonError::into_inner).push(step);
                continue;
            }
            let result = self.sandbox.perform(&step).await;
            self.story.push(format!("arrives: {} {result:?}", paas::sandbox::describe(&step)));
        }
        self.check_world();
    }

    /// Runs a plan that nothing stands in the way of.
    pub async fn run(&mut self, plan: Plan, state: State, how: How) -> Outcome {
        assert_eq!(plan.blocked, [], "a blocked plan is never run");
        self.story.push(format!("run of {} changes, {:?}", plan.changes.len(), how.end));
        let changes = plan.changes.iter();
        self.story.extend(changes.map(|it| format!("  {:?} {} {:?}", it.verb, it.id, it.because)));
        self.release(&plan);
        let mut run = Run::new(state, plan.changes.clone(), how.weather, self.rng.fork());
        if let Some((step, chaos)) = how.single {
            run = run.with_fault(step, chaos);
        }
        let run = Arc::new(Mutex::new(run));
        self.run = Some(Arc::clone(&run));
        let late = Arc::clone(&self.under_way);
        let world = Watched::new(Arc::clone(&self.sandbox), Arc::clone(&run), late);
        let world = Arc::new(world);
        let hears = Arc::clone(&run);
        let told = Box::new(move |event: &_| {
            hears.lock().unwrap_or_else(PoisonError::into_inner).heard(event);
        });
        let mut journal = Journal::open(self.disk.clone(), how.end, told);
        let killed = journal.killed();
        let (_hold, wanted) = watch::channel(Wanted::Everything);
        let mut quiet = Quiet;
        let report = {
            let running = apply::run(plan, world, &mut journal, &mut quiet, how.limit, wanted);
            let mut running = Box::pin(running);
            // A killed process does nothing more, not even hear of what it has sent.
            std::future::poll_fn(|context| match running.as_mut().poll(context) {
                _ if killed.load(Ordering::Relaxed) => Poll::Ready(None),
                Poll::Ready(report) => Poll::Ready(Some(report)),
                Poll::Pending => Poll::Pending,
            })
            .await
        };
        let failed = report.iter().flat_map(|report: &Report| &report.failed);
        let leaks = failed.map(|it| &it.message).find(|message| message.contains(CANARY));
        assert_eq!(leaks, None, "a failure holds a secret");
        let lines = journal.lines();
        self.disk = journal.into_disk();
        self.tell();
        let steps = run.lock().unwrap_or_else(PoisonError::into_inner).steps();
        if report.is_some() || self.rng.chance(50) {
            self.disk.compact();
        }
        self.check_world();
        Outcome { report, lines, steps }
    }

    /// What happened in the last run joins the story.
    pub fn tell(&mut self) {
        if let Some(run) = self.run.take() {
            let run = run.lock().unwrap_or_else(PoisonError::into_inner);
            self.story.extend(run.trace.iter().map(|line| format!("  {line}")));
        }
    }

    /// Guests that a plan lets go of on purpose are nobody's business afterwards.
    fn release(&mut self, plan: &Plan) {
        let let_go: BTreeSet<&ObjectId> =
            plan.changes.iter().filter(|it| it.verb == Verb::Forget).map(|it| &it.id).collect();
        for guest in self.sandbox.guests() {
            let let_go = |mark: Mark| let_go.iter().any(|it| it.origin() == mark.object.origin());
            if guest.mark.is_some_and(let_go) {
                self.released.insert(guest.vmid);
            }
        }
    }

    /// What holds at any time, whatever has gone wrong.
    pub fn check_world(&self) {
        let state = self.disk.load();
        let (mut objects, origins) = (BTreeSet::new(), state.origins());
        for guest in self.sandbox.guests() {
            if let Some(config) = self.foreign.get(&guest.vmid) {
                assert_eq!(&guest.config, config, "foreign guest {} was changed", guest.vmid);
                continue;
            }
            let mark = guest.mark.unwrap_or_else(|| panic!("guest {} has no mark", guest.vmid));
            assert_eq!(mark.vmid, guest.vmid, "a mark names its guest");
            let given_up = state.abandoned.iter().any(|it| it.uid == mark.uid);
            let known = given_up || origins.find(state, &mark.object).is_some();
            assert!(known || self.released.contains(&guest.vmid), "{} is an orphan", mark.object);
            assert!(objects.insert(mark.object.origin()), "{} stands twice", mark.object);
        }
        let there: BTreeSet<u32> = self.sandbox.guests().iter().map(|guest| guest.vmid).collect();
        let gone = self.foreign.keys().find(|vmid| !there.contains(vmid));
        assert_eq!(gone, None, "a foreign guest was destroyed");
    }
}

fn context() -> Context {
    Context {
        project: "lives".to_owned(),
        environment: None,
        sandbox: true,
        saved: None,
        density: Density::Full,
        checks: Vec::new(),
        schema: |word| kinds::find(word).map(kinds::AnyKind::schema),
    }
}

/// A protected object goes only when it was never finished, or is gone already.
fn no_protected_goes(plan: &Plan, state: &State) {
    for change in plan.changes.iter().filter(|change| change.verb == Verb::Delete) {
        // What was given up before it was made is protected no more.
        let Some(record) = state.records.get(&change.id) else { continue };
        let protected = record.intent.lifecycle.protect && !record.half_made();
        assert!(!protected, "a plan destroys {}, which is protected", change.id);
    }
}
