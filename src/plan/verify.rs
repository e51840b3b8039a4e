//! What holds for every plan, whatever it was made from; checked before it is shown or applied.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ObjectId, Ref};
use crate::plan::Plan;
use crate::plan::resolve::each_ref;
use crate::state::{State, Verb};

/// The first rule that a plan breaks, as a sentence. A broken rule is our mistake, never the
/// user's.
pub fn verify(plan: &Plan, state: &State) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    let mut removed = BTreeMap::new();
    for (index, change) in plan.changes.iter().enumerate() {
        let id = &change.id;
        if !ids.insert(id) {
            return Err(format!("`{id}` changes twice"));
        }
        if change.after.iter().any(|before| *before >= index) {
            return Err(format!("`{id}` waits for a change that comes after it"));
        }
        let record = state.records.get(id);
        match (change.verb, record) {
            (Verb::Create, Some(record)) if !record.half_made() => {
                return Err(format!("`{id}` would be made twice"));
            }
            (Verb::Delete, None) if state.abandoned.iter().any(|it| it.uid == change.uid) => (),
            (Verb::Delete | Verb::Forget, None) => {
                return Err(format!("`{id}` would be removed although it is not recorded"));
            }
            (Verb::Create | Verb::Update | Verb::Delete | Verb::Forget, _) => (),
        }
        if matches!(change.verb, Verb::Delete | Verb::Forget) {
            removed.insert(id, index);
        }
    }
    no_dangling(plan, state, &removed)?;
    no_shared_number(plan, state, &removed)
}

/// Nothing refers to what is neither there nor about to be.
fn no_dangling(
    plan: &Plan,
    state: &State,
    removed: &BTreeMap<&ObjectId, usize>,
) -> Result<(), String> {
    let made: BTreeMap<&ObjectId, usize> = plan
        .changes
        .iter()
        .enumerate()
        // What is taken over is there once that is done.
        .filter(|(_, change)| match change.verb {
            Verb::Create => true,
            Verb::Update => !state.records.contains_key(&change.id),
            Verb::Delete | Verb::Forget => false,
        })
        .map(|(index, change)| (&change.id, index))
        .collect();
    for (index, change) in plan.changes.iter().enumerate() {
        if matches!(change.verb, Verb::Delete | Verb::Forget) {
            continue;
        }
        let mut wrong = None;
        each_ref(&change.intent.spec, &mut |it| {
            let Ref::Object(target) = it else {
                wrong = Some(format!("`{}` has a reference without an object", change.id));
                return;
            };
            let there = state.records.contains_key(&target) && !removed.contains_key(&target);
            let comes = made.get(&target).is_some_and(|at| *at < index);
            if !there && !comes && target != change.id {
                wrong = Some(format!("`{}` refers to `{target}`, which is not there", change.id));
            }
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
    }
    Ok(())
}

/// No two guests of a cluster have one number when the plan is done.
fn no_shared_number(
    plan: &Plan,
    state: &State,
    removed: &BTreeMap<&ObjectId, usize>,
) -> Result<(), String> {
    let changed: BTreeMap<&ObjectId, &crate::model::Value> =
        plan.changes.iter().map(|change| (&change.id, &change.intent.spec)).collect();
    let recorded = state.records.iter().filter(|(id, _)| !changed.contains_key(id));
    let all = recorded.map(|(id, record)| (id, &record.intent.spec)).chain(changed.clone());
    let mut numbers = BTreeMap::new();
    for (id, spec) in all.filter(|(id, _)| !removed.contains_key(id)) {
        let (Some(cluster), Some(vmid)) = (spec["cluster"]["$ref"].as_str(), spec["id"].as_u64())
        else {
            continue;
        };
        if let Some(other) = numbers.insert((cluster, vmid), id) {
            return Err(format!("`{other}` and `{id}` would both be guest {vmid}"));
        }
    }
    Ok(())
}
