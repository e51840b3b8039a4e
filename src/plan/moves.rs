//! What `moved` statements make of a state: the same objects under other addresses.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::lower::{Desired, Moved};
use crate::model::{Address, ObjectId};
use crate::plan::{Blocked, Plan};
use crate::problem::{Problem, change as problem};
use crate::state::{Event, State};

/// The addresses that objects get before anything else is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moves {
    /// What each object is and will be.
    pub objects: Vec<(ObjectId, ObjectId)>,
    /// The statements that have had their effect then, and may not have it again.
    pub statements: BTreeSet<String>,
}

/// A state after its moves, which everything else is planned on.
#[derive(Clone, Debug)]
pub struct Moving {
    /// The state as it will be.
    pub state: State,
    /// What leads to it; nothing if it is the same.
    pub moves: Option<Moves>,
    /// Moves that cannot be made.
    pub blocked: Vec<Blocked>,
}

impl Moves {
    /// What becomes durable before the first step.
    pub fn event(&self) -> Event {
        Event::Moved { objects: self.objects.clone(), statements: self.statements.clone() }
    }
}

/// The state that a manifest is planned on: its objects under the addresses that they have now.
///
/// A statement whose old name is in use again has its effect once, which the state remembers.
/// Any other has it whenever something has the old name.
pub fn moving(desired: &Desired, state: &State) -> Moving {
    if desired.moved.is_empty() && state.moved.is_empty() {
        return Moving { state: state.clone(), moves: None, blocked: Vec::new() };
    }
    let statements: BTreeSet<String> =
        desired.moved.iter().filter(|it| it.once).map(Moved::text).collect();
    let mut from: BTreeMap<Address, Address> = BTreeMap::new();
    for id in state.records.keys() {
        if !from.contains_key(&id.address) {
            let to = destination(&desired.moved, state, &id.address);
            from.insert(id.address.clone(), to);
        }
    }
    let mut blocked = Vec::new();
    let mut owners: BTreeMap<&Address, &Address> = BTreeMap::new();
    for (address, to) in &from {
        if let Some(other) = owners.insert(to, address) {
            blocked.push(both_exist(other, address, to));
        }
    }
    if !blocked.is_empty() {
        return Moving { state: state.clone(), moves: None, blocked };
    }
    let moved = state.records.keys().filter(|id| from[&id.address] != id.address);
    let objects: Vec<(ObjectId, ObjectId)> =
        moved.map(|id| (id.clone(), id.moved_to(from[&id.address].clone()))).collect();
    let mut after = state.clone();
    after.rename(&objects);
    after.moved.clone_from(&statements);
    let same = objects.is_empty() && statements == state.moved;
    Moving { state: after, moves: (!same).then_some(Moves { objects, statements }), blocked }
}

/// A state after the moves of a plan that was made on it.
pub fn moved(plan: &Plan, state: &State) -> State {
    let mut after = state.clone();
    if let Some(moves) = &plan.moves {
        after.rename(&moves.objects);
    }
    after
}

/// What an address is called now.
fn destination(statements: &[Moved], state: &State, address: &Address) -> Address {
    let mut at = address.clone();
    for hop in 0..=statements.len() {
        let matching = statements.iter().filter(|it| {
            let again = it.once && (hop > 0 || state.moved.contains(&it.text()));
            !again && at.is_inside(&it.from)
        });
        // What is said about an instance is stronger than what is said about its block.
        let strongest = matching.max_by_key(|it| it.from.as_str().len());
        match strongest.and_then(|it| at.moved(&it.from, &it.to)) {
            Some(to) => at = to,
            None => return at,
        }
    }
    // Statements that lead in a circle lead nowhere.
    address.clone()
}

fn both_exist(one: &Address, other: &Address, to: &Address) -> Blocked {
    let old = if one == to { other } else { one };
    Blocked::by(&problem::both_exist(old.as_str(), to.as_str()), to)
}

/// Statements about what is there that have no effect on this state any more.
pub fn idle(desired: &Desired, state: &State) -> Vec<Problem> {
    // Before the first apply nothing can have had its effect.
    if state.records.is_empty() {
        return Vec::new();
    }
    let has = |name: &Address| state.records.keys().any(|id| id.address.is_inside(name));
    let moved = desired.moved.iter().filter(|it| match it.once {
        true => state.moved.contains(&it.text()),
        false => !has(&it.from) && !reached(&desired.moved, &it.from, &has),
    });
    let moved = moved.map(|it| problem::idle_move(it.at, it.from.as_str()));
    let forgotten = desired.forgotten.iter().filter(|it| !has(&it.address));
    let forgotten = forgotten.map(|it| problem::idle_forget(it.at, it.address.as_str()));
    let adopted = desired.adopted.iter().filter(|(address, _)| state.latest(address).is_some());
    let adopted = adopted.map(|(address, it)| problem::idle_adopt(it.at, address.as_str()));
    moved.chain(forgotten).chain(adopted).collect()
}

/// Whether something that exists comes to a name through other statements.
fn reached(statements: &[Moved], name: &Address, has: &dyn Fn(&Address) -> bool) -> bool {
    let mut open = vec![name];
    for _ in 0..statements.len() {
        let Some(name) = open.pop() else { return false };
        for it in statements.iter().filter(|it| it.to == *name) {
            if has(&it.from) {
                return true;
            }
            open.push(&it.from);
        }
    }
    false
}
