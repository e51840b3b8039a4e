//! `paas apply`

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::apply::{self, Ledger, Report, Wanted};
use crate::cli::options::{Inputs, Planning};
use crate::cli::pipeline;
use crate::cli::progress::Shown;
use crate::cli::project::{Project, shown};
use crate::cli::saved::{self, Saved};
use crate::cli::secrets::Secrets;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::cli::world::Chosen;
use crate::drivers::places::Places;
use crate::plan::Plan;
use crate::problem::{Problem, any_error, docker, project, state::stale_plan};
use crate::render::{self, Summary};
use crate::state::{Event, State};
use crate::store::{self, Refused, Store};

/// How an apply goes about it.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Nobody is asked.
    pub yes: bool,
    /// How many changes run at once, if the command line says it.
    pub parallel: Option<NonZeroUsize>,
}

/// How many changes run at once when nobody says it.
const PARALLEL: usize = 16;

impl How {
    fn limit(self, project: &Project) -> usize {
        let said = self.parallel.map(NonZeroUsize::get);
        let written = project.desired.settings.parallel.map(|it| it.get() as usize);
        said.or(written).unwrap_or(PARALLEL)
    }
}

/// Plans and applies a project, or applies a plan that was saved.
pub async fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    planning: &Planning,
    how: How,
    sandbox: bool,
) -> Result<u8, Stop> {
    let is_manifest = inputs.path.extension().is_some_and(|end| end == "paas");
    if inputs.path.is_file() && !is_manifest {
        let bare = Inputs { path: inputs.path.clone(), ..Inputs::default() };
        if *inputs != bare || !planning.target.is_empty() {
            return Err(Stop::one(project::saved_plan_is_fixed(&shown(&inputs.path)), 64));
        }
        let saved = saved::read(&inputs.path)?;
        return from_file(terminal, saved, how).await;
    }
    let (project, mut ground) = pipeline::load_with_ground(terminal, inputs, sandbox)?;
    store::check_unlocked(&project.state_folder(sandbox))?;
    let (mut secrets, seen) = pipeline::secrets(terminal, &project, &mut ground, sandbox).await?;
    let plan = pipeline::plan(&project, &project.desired, &ground, planning, seen).await?;
    if plan.blocked.is_empty() {
        secrets.require(&plan, &ground.state).await?;
    }
    let context = super::plan::context(&project, inputs, sandbox);
    terminal.print(&render::terminal(&plan, &context, terminal.out));
    let resume = command("apply", inputs, planning, sandbox);
    let changes = !plan.changes.is_empty();
    let work = Work::new(&project, sandbox, plan, &ground.state, resume, "apply");
    let ended = carry_out(terminal, work, secrets, how).await;
    ground.world.discard_plans();
    match ended? {
        0 => settle(terminal, &project, sandbox, changes).await,
        code => Ok(code),
    }
}

/// Checks the conditions that waited for the apply; nothing is undone because of them.
async fn settle(
    terminal: &Terminal,
    project: &Project,
    sandbox: bool,
    changes: bool,
) -> Result<u8, Stop> {
    if project.desired.late.is_empty() {
        return Ok(0);
    }
    let (state, _) = pipeline::state(&project.state_folder(sandbox))?;
    let revealed = project.desired.reveals.iter().map(|it| it.secret.clone()).collect();
    let mut secrets = Secrets::of(project, &project.desired.secrets, sandbox);
    // A condition whose value cannot be read says so itself.
    let public = secrets.public(&state, &revealed).await.unwrap_or_default();
    let problems = project.settled(&state, &public);
    terminal.problems(&problems, &project.sources);
    Ok(match (any_error(&problems), changes) {
        (false, _) => 0,
        (true, true) => 3,
        (true, false) => 1,
    })
}

async fn from_file(terminal: &Terminal, saved: Saved, how: How) -> Result<u8, Stop> {
    let (inputs, sandbox) = (saved.inputs(), saved.sandbox);
    let (project, ground) = pipeline::load_with_ground(terminal, &inputs, sandbox)?;
    let state = &ground.state;
    let mut secrets = Secrets::of(&project, &project.desired.secrets, sandbox);
    secrets.open_platform(&ground.state).await?;
    store::check_unlocked(&project.state_folder(sandbox))?;
    saved.check(&project, &state.lineage, state.serial)?;
    let moved = crate::plan::moved(&saved.plan, state);
    crate::plan::verify(&saved.plan, &moved)
        .map_err(|why| Stop::one(project::bad_plan(&why), 1))?;
    secrets.require(&saved.plan, state).await?;
    secrets.check(&saved.plan, state)?;
    let context = super::plan::context(&project, &inputs, sandbox);
    terminal.print(&render::terminal(&saved.plan, &context, terminal.out));
    let resume = command("apply", &inputs, &Planning::default(), sandbox);
    let changes = !saved.plan.changes.is_empty();
    let work = Work::new(&project, sandbox, saved.plan, state, resume, "apply of a saved plan");
    // Whoever saved it has read it: a saved plan is its own confirmation.
    match carry_out(terminal, work, secrets, How { yes: true, ..how }).await? {
        0 => settle(terminal, &project, sandbox, changes).await,
        code => Ok(code),
    }
}

/// The command that goes on where this one stopped.
pub fn command(word: &str, inputs: &Inputs, planning: &Planning, sandbox: bool) -> String {
    let mut words = vec!["paas".to_owned(), word.to_owned()];
    if sandbox {
        words.push("--sandbox".to_owned());
    }
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), quoted(value)]);
    planning.target.iter().for_each(|it| option("--target", it));
    inputs.env.iter().for_each(|it| option("--env", it));
    inputs.values.iter().for_each(|it| option("--values", &shown(it)));
    inputs.set.iter().for_each(|it| option("--set", it));
    words.push(quoted(&shown(&inputs.path)));
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// A plan that is about to become real.
pub struct Work<'a> {
    /// Of which project.
    pub project: &'a Project,
    /// It is for the sandbox.
    pub sandbox: bool,
    /// What is done.
    pub plan: Plan,
    /// The plan has no changes, and no output is given now or was before.
    pub nothing: bool,
    /// The command that goes on if it does not end well.
    pub resume: String,
    /// What others are told meanwhile.
    pub purpose: &'static str,
}

impl<'a> Work<'a> {
    /// A plan that was made on this state.
    pub fn new(
        project: &'a Project,
        sandbox: bool,
        plan: Plan,
        state: &State,
        resume: String,
        purpose: &'static str,
    ) -> Work<'a> {
        let silent = plan.outputs.is_empty() && state.outputs.is_empty();
        let nothing = plan.changes.is_empty() && silent && plan.relocation.is_none();
        Work { project, sandbox, plan, nothing, resume, purpose }
    }
}

/// Asks, takes the lock, runs a plan, and says what came of it. Up to the answer nothing is
/// written anywhere.
pub async fn carry_out(
    terminal: &Terminal,
    work: Work<'_>,
    mut secrets: Secrets,
    how: How,
) -> Result<u8, Stop> {
    let Work { project, sandbox, plan, nothing, resume, purpose } = work;
    let folder = project.state_folder(sandbox);
    if !plan.blocked.is_empty() {
        return Ok(4);
    }
    if nothing {
        return Ok(0);
    }
    if !how.yes && (!plan.changes.is_empty() || plan.relocation.is_some()) {
        if !terminal.interactive {
            return Err(Stop::one(project::nobody_to_ask(), 1));
        }
        if !terminal.confirms("Apply these changes?") {
            terminal.say("Nothing was changed.\n");
            return Ok(1);
        }
    }
    let mut store = Store::open(&folder, purpose)?;
    let state = store.state();
    if let Some(moved) = saved::state_moved(&plan, &state.lineage, state.serial) {
        return Err(Stop::one(stale_plan(&[moved]), Refused::STALE));
    }
    let plan = secrets.prepare(&mut store, plan, terminal).await?;
    let places = || {
        let places = Places::of(&project.folder, &folder, &project.desired, store.state());
        places.with_plan(&plan).with_secrets(secrets.known())
    };
    let world = Arc::new(Chosen::to_change(project, sandbox, places)?);
    if let Some(relocation) = &plan.relocation {
        terminal.print(&format!("Generated secrets are in {} now.\n", relocation.to));
    }
    let quiet = plan.changes.is_empty();
    let mut progress = Shown::new(terminal, plan.changes.len());
    let mut ledger = Durable { store: &mut store, refused: None };
    let wanted = interrupts(terminal);
    let limit = how.limit(project);
    let report = apply::run(plan, world, &mut ledger, &mut progress, limit, wanted).await;
    if let Some(refused) = ledger.refused.take() {
        terminal.problems(std::slice::from_ref(&refused.problem), &Default::default());
    }
    store.compact()?;
    secrets.settle(&mut store, terminal).await?;
    let code = exit_code(&report);
    let known = report
        .failed
        .iter()
        .filter_map(|failure| docker::diagnosed(failure.id.address.as_str(), &failure.message));
    let known: Vec<Problem> = known.collect();
    if !quiet {
        terminal.print(&render::outcome(&summary(report, resume), terminal.out));
    }
    terminal.problems(&known, &Default::default());
    Ok(code)
}

fn summary(report: Report, resume: String) -> Summary {
    let failed = report.failed.into_iter();
    let failed = failed.map(|it| (it.id, it.verb, it.message, it.unknown)).collect();
    let Report { done, skipped, pending, left, .. } = report;
    Summary { done, failed, skipped, pending, left, resume }
}

fn exit_code(report: &Report) -> u8 {
    let unfinished = !report.failed.is_empty() || report.left > 0;
    let something = !report.done.is_empty() || report.failed.iter().any(|it| it.unknown);
    match (report.interrupted, report.broken.is_some(), unfinished, something) {
        (true, _, _, _) => 130,
        (_, true, _, _) => Refused::UNREADABLE,
        (_, _, true, true) => 3,
        (_, _, true, false) => 1,
        (_, _, false, _) => 0,
    }
}

/// The first Ctrl-C lets what runs end, the second stops at once.
fn interrupts(terminal: &Terminal) -> watch::Receiver<Wanted> {
    let (sender, receiver) = watch::channel(Wanted::Everything);
    let terminal = *terminal;
    // It is heard from here on: a task would only begin to listen when it gets its turn.
    let Ok(mut pressed) = signal(SignalKind::interrupt()) else { return receiver };
    tokio::spawn(async move {
        for wanted in [Wanted::WhatRuns, Wanted::Nothing] {
            if pressed.recv().await.is_none() {
                return;
            }
            terminal.say(match wanted {
                Wanted::WhatRuns => "\nfinishing what runs; press again to stop at once\n",
                Wanted::Everything | Wanted::Nothing => "\nstopping; the next run looks again\n",
            });
            if sender.send(wanted).is_err() {
                return;
            }
        }
        // The channel stays open until the run has seen the last word.
        sender.closed().await;
    });
    receiver
}

/// The store as the ledger of a run.
struct Durable<'a> {
    store: &'a mut Store,
    refused: Option<Refused>,
}

impl Ledger for Durable<'_> {
    fn append(&mut self, events: &[Event]) -> Result<(), String> {
        self.store.append(events).map_err(|refused| {
            let message = refused.problem.message.clone();
            self.refused.get_or_insert(refused);
            message
        })
    }

    fn state(&self) -> &State {
        self.store.state()
    }
}
