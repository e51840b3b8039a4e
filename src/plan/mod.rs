//! Desired, recorded and seen to changes. Pure and deterministic.

mod adopt;
mod allocate;
mod capacity;
mod choose;
mod difference;
mod held;
mod impact;
mod inside;
mod leftover;
mod limit;
mod make;
mod moves;
mod needs;
mod order;
mod resolve;
mod secrets;
mod seen;
mod shared;
mod snapshot;
mod source;
mod target;
mod types;
mod verify;

use crate::lower::Desired;
use crate::model::Address;
use crate::source::Span;
use crate::state::State;

pub use difference::leaves_of;
pub use held::files_on;
pub use inside::{Inside, ModuleAnswer, questions};
pub use limit::too_much;
pub use moves::{Moves, Moving, idle, moved, moving};
pub use resolve::for_looking as spec_for_looking;
pub use secrets::{SecretsSeen, each_secret};
pub use seen::{Seen, Stray};
pub use snapshot::way_back;
pub use target::only;
pub use types::{
    Binds, Blocked, Capacity, Change, Drift, DriftKind, Impact, Leaf, Level, Outdated,
};
pub use types::{Pending, Plan, Reason, Revealed, What};
pub use verify::verify;

/// Everything a plan follows from.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// What the manifest asks for.
    pub desired: &'a Desired,
    /// What was made.
    pub state: &'a State,
    /// What is there.
    pub seen: &'a Seen,
    /// A place in the manifest as people write it: `main.paas:12`.
    pub place: &'a dyn Fn(Span) -> String,
}

/// What each desired resource waits for.
pub fn needs_of(desired: &Desired) -> Vec<(Address, Vec<Address>)> {
    let facets = needs::facets(desired);
    let edges = desired.resources.iter().map(|(address, resource)| {
        let needs = needs::needs(desired, address, resource, &facets);
        (address.clone(), needs.into_iter().collect())
    });
    edges.collect()
}

/// The changes, not in order yet.
fn drafted(inputs: Inputs<'_>) -> choose::Draft {
    let mut draft = choose::draft(inputs);
    leftover::add(inputs, &mut draft);
    draft
}

/// The changes that lead from what is there to what is desired.
///
/// The same inputs give the same plan, byte for byte.
pub fn plan(inputs: Inputs<'_>) -> Plan {
    let mut draft = drafted(inputs);
    let inside = inside::settle(inputs, &mut draft);
    shared::add(&mut draft);
    draft.blocked.extend(order::put_in_order(inputs.state, &mut draft.changes));
    impact::add(inputs, &mut draft);
    let binds = Binds {
        lineage: inputs.state.lineage.clone(),
        serial: inputs.state.serial,
        config: inputs.desired.config.clone(),
        templates: inputs
            .desired
            .templates
            .iter()
            .map(|(address, version)| (address.to_string(), version.clone()))
            .collect(),
        schema: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let capacity = capacity::of(inputs, &draft);
    let reveals = inputs.desired.reveals.iter().map(|it| Revealed {
        secret: it.secret.clone(),
        reason: it.reason.clone(),
        at: (inputs.place)(it.span),
    });
    Plan {
        against: binds,
        pending: inputs.seen.pending(inputs.state, &draft.changes),
        unmanaged: inputs.seen.unmanaged(inputs.state),
        outputs: resolve::outputs(inputs, &draft.chosen, &draft.specs),
        changes: draft.changes,
        inside,
        outdated: draft.outdated,
        drift: draft.drift,
        blocked: draft.blocked,
        unchanged: draft.unchanged,
        capacity,
        reveals: reveals.collect(),
        moves: None,
        relocation: inputs.seen.secrets.relocation.clone(),
    }
}
