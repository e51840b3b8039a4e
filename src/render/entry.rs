//! The changes of a plan as a reader counts them: a replacement is one, not two.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::model::{Address, ObjectId, Ref, Value};
use crate::plan::{Change, Impact, Inside, Leaf, Level, Plan, Reason};
use crate::state::Verb;

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// Another one takes its place.
    Replace,
    /// It is removed.
    Destroy,
    /// It was there, and is looked after from now on.
    Adopt,
    /// It is no longer looked after.
    Forget,
    /// It stands for another address, and nothing else changes.
    Move,
}

impl Action {
    /// In the order they are counted.
    pub const ALL: [Action; 7] = [
        Action::Create,
        Action::Update,
        Action::Replace,
        Action::Destroy,
        Action::Adopt,
        Action::Forget,
        Action::Move,
    ];

    /// As it is counted: `3 to create`.
    pub fn word(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Replace => "replace",
            Action::Destroy => "destroy",
            Action::Adopt => "adopt",
            Action::Forget => "forget",
            Action::Move => "move",
        }
    }

    /// The sign in front of it.
    pub fn sign(self) -> &'static str {
        match self {
            Action::Create => "+",
            Action::Update => "~",
            Action::Replace => "±",
            Action::Destroy => "-",
            Action::Adopt => "⇣",
            Action::Forget => "⇡",
            Action::Move => "→",
        }
    }
}

/// One resource that changes.
pub struct Entry<'a> {
    /// What happens to it.
    pub action: Action,
    /// The change; of a replacement the making of the new one.
    pub change: &'a Change,
    /// Of a replacement, the removal of the old one.
    pub old: Option<&'a Change>,
    /// The old one goes before the new one is made.
    pub old_first: bool,
    /// What differs.
    pub leaves: Vec<Cow<'a, Leaf>>,
    /// The worse of both halves.
    pub impact: Cow<'a, Impact>,
    /// The earliest wave in which something is done.
    pub wave: usize,
    /// What must be done first.
    pub needs: Vec<&'a Address>,
    /// From the outermost resource to this one, without the tenant.
    pub chain: Vec<Address>,
    /// The tenant's address.
    pub tenant: Option<Address>,
    /// The machine it lives on, if that can be told.
    pub machine: Option<Address>,
    /// What Terraform will change inside of it; of a replacement, of both halves.
    pub inside: Vec<&'a Inside>,
}

impl Entry<'_> {
    /// Which resource.
    pub fn address(&self) -> &Address {
        &self.change.id.address
    }

    /// How many of its fields stay.
    pub fn unchanged(&self) -> usize {
        let Value::Object(fields) = &self.change.intent.spec else { return 0 };
        match self.action {
            Action::Create | Action::Destroy | Action::Forget => 0,
            Action::Update | Action::Replace | Action::Adopt | Action::Move => {
                let changed = |name: &str| {
                    let mut paths = self.leaves.iter().map(|leaf| leaf.path.as_str());
                    paths.any(|path| path.split('/').next() == Some(name))
                };
                fields.keys().filter(|name| !changed(name)).count()
            }
        }
    }
}

/// Every change of the plan; a replacement stands where its first half does.
pub fn entries(plan: &Plan) -> Vec<Entry<'_>> {
    let places: HashMap<(&ObjectId, bool), usize> = plan
        .changes
        .iter()
        .enumerate()
        .filter(|(_, change)| change.replaces.is_some())
        .map(|(index, change)| ((&change.id, goes(change.verb)), index))
        .collect();
    let waves = waves(plan);
    let mut out = Vec::with_capacity(plan.changes.len());
    for (index, change) in plan.changes.iter().enumerate() {
        let partner = change.replaces.as_ref();
        let partner = partner.and_then(|id| places.get(&(id, !goes(change.verb))).copied());
        match partner {
            // The other half was seen first and has taken this one in.
            Some(other) if other < index => (),
            Some(other) => out.push(pair(plan, &waves, index, other)),
            None => out.push(single(plan, &waves, index)),
        }
    }
    locate(&mut out);
    out
}

fn goes(verb: Verb) -> bool {
    match verb {
        Verb::Delete | Verb::Forget => true,
        Verb::Create | Verb::Update => false,
    }
}

fn single<'a>(plan: &'a Plan, waves: &[usize], index: usize) -> Entry<'a> {
    let change = &plan.changes[index];
    let action = match (change.verb, &change.because) {
        (Verb::Create | Verb::Update, Reason::Found | Reason::Adopted { .. }) => Action::Adopt,
        (Verb::Update, Reason::Moved { .. }) => Action::Move,
        (Verb::Create, _) => Action::Create,
        (Verb::Update, _) => Action::Update,
        (Verb::Delete, _) => Action::Destroy,
        (Verb::Forget, _) => Action::Forget,
    };
    let (tenant, chain) = chain(&change.id.address);
    Entry {
        action,
        change,
        old: None,
        old_first: false,
        leaves: change.leaves.iter().map(Cow::Borrowed).collect(),
        impact: Cow::Borrowed(&change.impact),
        wave: waves[index],
        needs: needs(plan, &[index]),
        chain,
        tenant,
        machine: None,
        inside: plan.inside.iter().filter(|it| it.id == change.id).collect(),
    }
}

fn pair<'a>(plan: &'a Plan, waves: &[usize], first: usize, second: usize) -> Entry<'a> {
    let old_first = goes(plan.changes[first].verb);
    let (new, old) = if old_first { (second, first) } else { (first, second) };
    let (change, gone) = (&plan.changes[new], &plan.changes[old]);
    let mut entry = single(plan, waves, new);
    entry.action = Action::Replace;
    entry.old = Some(gone);
    entry.old_first = old_first;
    entry.inside.extend(plan.inside.iter().filter(|it| it.id == gone.id));
    entry.leaves = change.leaves.iter().filter_map(|leaf| compared(leaf, gone)).collect();
    entry.impact = Cow::Owned(worse(&change.impact, &gone.impact));
    entry.wave = waves[new].min(waves[old]);
    entry.needs = needs(plan, &[first, second]);
    entry
}

/// A leaf of the new one beside what the old one has; none if they are the same.
fn compared<'a>(leaf: &'a Leaf, gone: &Change) -> Option<Cow<'a, Leaf>> {
    if leaf.before.is_some() {
        return Some(Cow::Borrowed(leaf));
    }
    let before = gone.intent.spec.pointer(&format!("/{}", leaf.path)).cloned();
    (before != leaf.after).then(|| Cow::Owned(Leaf { before, ..leaf.clone() }))
}

fn worse(one: &Impact, other: &Impact) -> Impact {
    let worst = if (one.level, one.what) >= (other.level, other.what) { one } else { other };
    let mut names: Vec<String> = one.names.iter().chain(&other.names).cloned().collect();
    names.sort_unstable();
    names.dedup();
    Impact { names, downtime_ms: one.downtime_ms.max(other.downtime_ms), ..worst.clone() }
}

/// One more than the latest of what comes first.
fn waves(plan: &Plan) -> Vec<usize> {
    let mut waves: Vec<usize> = Vec::with_capacity(plan.changes.len());
    for change in &plan.changes {
        let latest = change.after.iter().filter_map(|&index| waves.get(index)).max();
        waves.push(latest.map_or(1, |wave| wave + 1));
    }
    waves
}

fn needs<'a>(plan: &'a Plan, halves: &[usize]) -> Vec<&'a Address> {
    let own = &plan.changes[halves[0]].id.address;
    let before = halves.iter().flat_map(|&half| &plan.changes[half].after);
    let changes = before.filter_map(|&index| plan.changes.get(index));
    let mut needs: Vec<&Address> = changes.map(|change| &change.id.address).collect();
    needs.retain(|address| *address != own);
    needs.sort_unstable();
    needs.dedup();
    needs
}

/// The tenant of an address, and the resources around it, the outermost first.
pub fn chain(address: &Address) -> (Option<Address>, Vec<Address>) {
    let mut chain: Vec<Address> =
        std::iter::successors(Some(address.clone()), Address::parent).collect();
    chain.reverse();
    let tenant = (chain[0].kind() == "tenant").then(|| chain[0].clone());
    if tenant.is_some() && chain.len() > 1 {
        chain.remove(0);
    }
    (tenant, chain)
}

/// Finds the machine of each entry: what the outermost resource is `on`.
fn locate(entries: &mut [Entry<'_>]) {
    let places: HashMap<Address, Address> = entries
        .iter()
        .filter_map(|entry| {
            let on = entry.change.intent.spec.get("on")?;
            let target = on.get("$ref")?.as_str().and_then(Ref::parse)?;
            Some((entry.address().clone(), target.address().clone()))
        })
        .collect();
    for entry in entries {
        // Where a tenant's apps run says nothing about the tenant.
        let outermost = Some(&entry.chain[0]).filter(|it| it.kind() != "tenant");
        entry.machine = outermost.and_then(|it| machine(it, &places));
    }
}

fn machine(outermost: &Address, places: &HashMap<Address, Address>) -> Option<Address> {
    let mut at = outermost;
    // What lives with an app lives where that app does; the bound is for plans that lie.
    for _ in 0..8 {
        if is_machine(at) {
            return Some(at.clone());
        }
        at = places.get(at)?;
    }
    None
}

fn is_machine(address: &Address) -> bool {
    let kind = address.kind();
    matches!(kind, "host" | "container" | "vm") || crate::kinds::is(kind, "machine")
}

/// The worst impact of all.
pub fn worst(entries: &[Entry<'_>]) -> Level {
    entries.iter().map(|entry| entry.impact.level).max().unwrap_or(Level::None)
}

/// How many entries there are of each action, in the order of [`Action::ALL`].
pub fn counts(entries: &[Entry<'_>]) -> [(Action, usize); 7] {
    Action::ALL
        .map(|action| (action, entries.iter().filter(|entry| entry.action == action).count()))
}
