//! `paas apply`

use std::sync::Arc;

use tokio::sync::watch;

use crate::apply::{self, Ledger, Report, Wanted};
use crate::cli::options::{Inputs, Planning};
use crate::cli::pipeline;
use crate::cli::progress::Shown;
use crate::cli::project::{Project, load};
use crate::cli::saved::{self, Saved};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::cli::world::{Chosen, Purpose, choose};
use crate::plan::Plan;
use crate::problem::project;
use crate::render::{self, Summary};
use crate::state::{Event, State};
use crate::store::{Refused, Store};

/// How an apply goes about it.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Nobody is asked.
    pub yes: bool,
    /// How many changes run at once.
    pub parallel: usize,
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
        let saved = saved::read(&inputs.path)?;
        return from_file(terminal, saved, how).await;
    }
    let project = load(inputs)?;
    project.warn(terminal);
    pipeline::check_secrets(&project, sandbox)?;
    let mut store = open(terminal, &project, sandbox, "apply")?;
    let world = choose(&project, sandbox, Purpose::Change)?;
    let state = store.state().clone();
    let plan = pipeline::plan(&project, &project.desired, &state, &world, planning).await?;
    let context = super::plan::context(&project, inputs, sandbox);
    terminal.print(&render::terminal(&plan, &context, terminal.out));
    let resume = command("apply", &project, sandbox);
    carry_out(terminal, &mut store, world, plan, how, resume).await
}

async fn from_file(terminal: &Terminal, saved: Saved, how: How) -> Result<u8, Stop> {
    let inputs = saved.inputs();
    let sandbox = saved.sandbox;
    let project = load(&inputs)?;
    pipeline::check_secrets(&project, sandbox)?;
    let mut store = open(terminal, &project, sandbox, "apply of a saved plan")?;
    saved.check(&project, &store.state().lineage, store.state().serial)?;
    crate::plan::verify(&saved.plan, store.state())
        .map_err(|why| Stop::one(project::bad_plan(&why), 1))?;
    let world = choose(&project, sandbox, Purpose::Change)?;
    let context = super::plan::context(&project, &inputs, sandbox);
    terminal.print(&render::terminal(&saved.plan, &context, terminal.out));
    let resume = command("apply", &project, sandbox);
    // Whoever saved it has read it: a saved plan is its own confirmation.
    let how = How { yes: true, ..how };
    carry_out(terminal, &mut store, world, saved.plan, how, resume).await
}

/// Locks and opens the state.
pub fn open(
    terminal: &Terminal,
    project: &Project,
    sandbox: bool,
    purpose: &str,
) -> Result<Store, Stop> {
    let store = Store::open(&project.state_folder(sandbox), purpose)?;
    if let Some(note) = store.recovered() {
        terminal.problems(std::slice::from_ref(note), &project.sources);
    }
    Ok(store)
}

/// The command that goes on where this one stopped.
pub fn command(word: &str, project: &Project, sandbox: bool) -> String {
    let sandbox = if sandbox { " --sandbox" } else { "" };
    format!("paas {word}{sandbox} {}", crate::cli::project::shown(&project.folder))
}

/// Asks, runs a plan, and says what came of it.
pub async fn carry_out(
    terminal: &Terminal,
    store: &mut Store,
    world: Chosen,
    plan: Plan,
    how: How,
    resume: String,
) -> Result<u8, Stop> {
    if !plan.blocked.is_empty() {
        return Ok(4);
    }
    let outputs_move = !plan.outputs.is_empty() || !store.state().outputs.is_empty();
    if plan.changes.is_empty() && !outputs_move {
        return Ok(0);
    }
    if !how.yes && !plan.changes.is_empty() {
        if !terminal.interactive {
            return Err(Stop::one(project::nobody_to_ask(), 1));
        }
        if !terminal.confirms("Apply these changes?") {
            terminal.say("Nothing was changed.\n");
            return Ok(1);
        }
    }
    let quiet = plan.changes.is_empty();
    let mut progress = Shown::new(terminal, plan.changes.len());
    let mut ledger = Durable { store, refused: None };
    let wanted = interrupts(terminal);
    let world = Arc::new(world);
    let report = apply::run(plan, world, &mut ledger, &mut progress, how.parallel, wanted).await;
    if let Some(refused) = ledger.refused.take() {
        terminal.problems(std::slice::from_ref(&refused.problem), &Default::default());
    }
    store.compact()?;
    let code = exit_code(&report);
    if !quiet {
        terminal.print(&render::outcome(&summary(report, resume), terminal.out));
    }
    Ok(code)
}

fn summary(report: Report, resume: String) -> Summary {
    let failed = report.failed.into_iter();
    let failed = failed.map(|it| (it.id, it.verb, it.message, it.unknown)).collect();
    Summary { done: report.done, failed, skipped: report.skipped, left: report.left, resume }
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
    tokio::spawn(async move {
        for wanted in [Wanted::WhatRuns, Wanted::Nothing] {
            if tokio::signal::ctrl_c().await.is_err() {
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
