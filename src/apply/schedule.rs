//! Which changes may run now. Pure, so that tests can try every order.

use std::collections::VecDeque;

use crate::plan::Plan;

/// How far each change has come.
#[derive(Debug)]
pub struct Schedule {
    /// How many changes each one still waits for.
    waits: Vec<usize>,
    /// Who waits for each one.
    waiters: Vec<Vec<usize>>,
    ready: VecDeque<usize>,
    skipped: Vec<bool>,
}

impl Schedule {
    /// Nothing has run yet.
    pub fn new(plan: &Plan) -> Schedule {
        let count = plan.changes.len();
        let mut waiters = vec![Vec::new(); count];
        let mut waits = Vec::with_capacity(count);
        for (index, change) in plan.changes.iter().enumerate() {
            waits.push(change.after.len());
            for before in &change.after {
                waiters[*before].push(index);
            }
        }
        let ready = (0..count).filter(|index| waits[*index] == 0).collect();
        Schedule { waits, waiters, ready, skipped: vec![false; count] }
    }

    /// Takes a change that waits for nothing any more.
    pub fn take(&mut self) -> Option<usize> {
        self.ready.pop_front()
    }

    /// A change has succeeded: those that waited for it alone may run.
    pub fn done(&mut self, change: usize) {
        for waiter in std::mem::take(&mut self.waiters[change]) {
            self.waits[waiter] -= 1;
            if self.waits[waiter] == 0 && !self.skipped[waiter] {
                self.ready.push_back(waiter);
            }
        }
    }

    /// A change has failed: everything that waits for it, directly or not, is left out.
    pub fn failed(&mut self, change: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut open = std::mem::take(&mut self.waiters[change]);
        while let Some(waiter) = open.pop() {
            if !std::mem::replace(&mut self.skipped[waiter], true) {
                out.push(waiter);
                open.extend(&self.waiters[waiter]);
            }
        }
        out.sort_unstable();
        out
    }
}
