//! Looks at the world, then runs a plan: journal, steps, journal; as many changes at once as the
//! order and the limit allow.

mod late;
mod modules;
mod observe;
mod run;
mod schedule;

use crate::model::ObjectId;
use crate::plan::Change;
use crate::state::{Event, State};

pub use modules::ask_modules;
pub use observe::observe;
pub use run::{Failure, Report, run};
pub use schedule::Schedule;

/// Where events are made durable, and the state they add up to.
pub trait Ledger {
    /// Makes the events durable, in order, before it returns. After an error nothing that
    /// depends on them may be sent.
    fn append(&mut self, events: &[Event]) -> Result<(), String>;
    /// The state so far.
    fn state(&self) -> &State;
}

/// Who is told while a plan runs.
pub trait Progress {
    /// A change begins.
    fn started(&mut self, change: &Change);
    /// A change has ended.
    fn done(&mut self, change: &Change, took_ms: u64);
    /// A change has failed.
    fn failed(&mut self, change: &Change, message: &str);
    /// A change is left out, because this one it waits for did not succeed.
    fn skipped(&mut self, change: &Change, because: &ObjectId);
}

/// Nobody is told.
pub struct Quiet;

impl Progress for Quiet {
    fn started(&mut self, _: &Change) {}
    fn done(&mut self, _: &Change, _: u64) {}
    fn failed(&mut self, _: &Change, _: &str) {}
    fn skipped(&mut self, _: &Change, _: &ObjectId) {}
}

/// How much of a run is still wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Everything,
    /// What runs is finished, nothing new begins.
    WhatRuns,
    /// Nothing: whatever runs is left where it is.
    Nothing,
}
