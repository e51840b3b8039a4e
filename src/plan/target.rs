//! A part of a plan: some resources and what they wait for.

use std::collections::BTreeSet;

use crate::model::{Address, ObjectId};
use crate::plan::Plan;

/// The same plan with only the changes of these resources, what is inside them, and everything
/// those wait for. Nothing if a target names no resource of the plan, desired or recorded.
pub fn only(mut plan: Plan, targets: &[Address]) -> Plan {
    let wanted = |address: &Address| {
        targets.iter().any(|target| {
            let text = address.as_str();
            address == target
                || text
                    .strip_prefix(target.as_str())
                    .is_some_and(|rest| rest.starts_with('/') || rest.starts_with('['))
        })
    };
    let mut keep: BTreeSet<usize> = BTreeSet::new();
    let picked = plan.changes.iter().enumerate().filter(|(_, it)| wanted(&it.id.address));
    let mut open: Vec<usize> = picked.map(|(index, _)| index).collect();
    while let Some(index) = open.pop() {
        if keep.insert(index) {
            open.extend(&plan.changes[index].after);
        }
    }
    let kept: Vec<usize> = keep.iter().copied().collect();
    let mut index = 0;
    plan.changes.retain(|_| {
        index += 1;
        keep.contains(&(index - 1))
    });
    for change in &mut plan.changes {
        let place = |old: &usize| kept.binary_search(old).ok();
        change.after = change.after.iter().filter_map(place).collect();
    }
    let addresses: BTreeSet<&Address> = plan.changes.iter().map(|it| &it.id.address).collect();
    plan.blocked.retain(|it| wanted(&it.address) || addresses.contains(&it.address));
    let ids: BTreeSet<&ObjectId> = plan.changes.iter().map(|it| &it.id).collect();
    plan.inside.retain(|it| ids.contains(&it.id));
    plan.drift.retain(|it| wanted(&it.address));
    plan.outdated.retain(|it| wanted(&it.address));
    plan
}
