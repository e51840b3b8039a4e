//! What must be done before what: hard edges keep it correct, soft edges keep it up.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction;
use petgraph::algo::{has_path_connecting, tarjan_scc, toposort};
use petgraph::graphmap::DiGraphMap;

use crate::kinds::{self, AnyKind, First};
use crate::lower::{Intent, Replacing};
use crate::model::{Address, ObjectId, Ref};
use crate::plan::held::{Held, held, held_by};
use crate::plan::leftover::goes_with;
use crate::plan::resolve::each_ref;
use crate::plan::{Blocked, Change, Level, Reason};
use crate::problem::change::exchange;
use crate::state::{Record, State, Verb};

/// Fills in `after` of every change and sorts the changes so that each comes after what it
/// waits for. Gives back what cannot be put in order.
pub fn put_in_order(state: &State, changes: &mut Vec<Change>) -> Vec<Blocked> {
    let (graph, blocked) = graph(state, changes);
    let order = toposort(&graph, None).expect("the lowering refuses circles");
    let mut place = vec![0; changes.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    for (index, change) in changes.iter_mut().enumerate() {
        let before = graph.neighbors_directed(index, Direction::Incoming);
        change.after = before.map(|old| place[old]).collect();
        change.after.sort_unstable();
    }
    let mut sorted: Vec<(usize, Change)> = place.into_iter().zip(changes.drain(..)).collect();
    sorted.sort_by_key(|(place, _)| *place);
    changes.extend(sorted.into_iter().map(|(_, change)| change));
    blocked
}

fn graph(state: &State, changes: &[Change]) -> (DiGraphMap<usize, ()>, Vec<Blocked>) {
    let by_id = changes.iter().enumerate().map(|(index, change)| (&change.id, index)).collect();
    let mut gone: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate().filter(|(_, change)| removes(change)) {
        gone.entry(&change.id.address).or_default().push(index);
    }
    let graph = DiGraphMap::with_capacity(changes.len(), changes.len() * 4);
    let (freed, soft) = (freed(changes), Vec::new());
    let mut edges = Edges { state, changes, by_id, gone, freed, graph, soft };
    for (index, change) in changes.iter().enumerate() {
        edges.graph.add_node(index);
        match removes(change) {
            true => edges.of_removal(index),
            false => edges.of_making(index),
        }
    }
    let Edges { mut graph, soft, .. } = edges;
    let blocked = hand_over(state, changes, &mut graph);
    add_soft(&mut graph, &soft);
    (graph, blocked)
}

/// Whoever has a file or a port gives it back before another one gets it.
fn hand_over(state: &State, changes: &[Change], graph: &mut DiGraphMap<usize, ()>) -> Vec<Blocked> {
    let mut given: BTreeMap<Held, Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        let Some(record) = state.records.get(&change.id) else { continue };
        let mut before = held_by(&change.id, record);
        if !removes(change) {
            let kept = held(&change.id, &change.intent.spec);
            before.retain(|it| !kept.contains(it));
        }
        before.into_iter().for_each(|it| given.entry(it).or_default().push(index));
    }
    if given.is_empty() {
        return Vec::new();
    }
    let mut blocked = Vec::new();
    for (index, change) in changes.iter().enumerate().filter(|(_, change)| !removes(change)) {
        for it in held(&change.id, &change.intent.spec) {
            let givers = given.get(&it).into_iter().flatten().filter(|giver| **giver != index);
            for giver in givers {
                if has_path_connecting(&*graph, index, *giver, None) {
                    let (other, (machine, what)) = (&changes[*giver].id.address, &it);
                    let place = format!("`{what}` of {}", machine.address());
                    let problem = exchange(change.id.address.as_str(), other.as_str(), &place);
                    blocked.push(Blocked::by(&problem, &change.id.address));
                } else {
                    graph.add_edge(*giver, index, ());
                }
            }
        }
    }
    blocked
}

/// What waits for what, as far as it is known.
struct Edges<'a> {
    state: &'a State,
    changes: &'a [Change],
    by_id: BTreeMap<&'a ObjectId, usize>,
    /// The removals at each address.
    gone: BTreeMap<&'a Address, Vec<usize>>,
    freed: BTreeMap<(&'static str, String, String), Vec<usize>>,
    /// Edges without which the plan is wrong.
    graph: DiGraphMap<usize, ()>,
    /// Edges that keep things up.
    soft: Vec<(usize, usize)>,
}

impl Edges<'_> {
    /// The other changes of what the object of a change may use by now.
    fn may_use(&self, index: usize) -> Vec<usize> {
        let record = self.state.records.get(&self.changes[index].id);
        let used = uses(record.into_iter().flat_map(Record::possible));
        let found = used.iter().filter_map(|id| self.by_id.get(id).copied());
        found.filter(|other| *other != index).collect()
    }

    /// Delete what uses, then what is used.
    fn of_removal(&mut self, index: usize) {
        for other in self.may_use(index) {
            let it = &self.changes[other];
            if goes_with(&self.changes[index]) == Some(&it.id.address) {
                self.graph.add_edge(other, index, ());
                continue;
            }
            match (removes(it), stops(it)) {
                (true, _) => drop(self.graph.add_edge(index, other, ())),
                // What is on a machine goes while it runs: after it is mended, before it stops.
                (false, _) if !disturbs(it) => (),
                (false, true) => self.soft.push((index, other)),
                (false, false) => self.soft.push((other, index)),
            }
        }
    }

    /// Make what is used, then what uses it.
    fn of_making(&mut self, index: usize) {
        let change = &self.changes[index];
        for other in uses([&change.intent]).iter().filter_map(|id| self.by_id.get(id)) {
            if *other != index && !removes(&self.changes[*other]) {
                self.graph.add_edge(*other, index, ());
            }
        }
        // A number or an address is free once whoever had it is gone.
        for other in places(change).filter_map(|place| self.freed.get(&place)).flatten() {
            self.graph.add_edge(*other, index, ());
        }
        // Let go of the old one before it goes.
        self.before_removals(index, &self.may_use(index));
        let gone = self.gone.get(&change.id.address).cloned().unwrap_or_default();
        for other in gone.iter().copied() {
            match first(change) {
                Some(First::Create) if !same_machine(change, &self.changes[other]) => {
                    self.soft.push((index, other));
                }
                Some(First::Create | First::Delete) | None => {
                    self.graph.add_edge(other, index, ());
                }
            }
        }
        // Whoever is made anew has a predecessor that used the old things.
        for other in gone {
            self.before_removals(index, &self.may_use(other));
        }
    }

    fn before_removals(&mut self, index: usize, others: &[usize]) {
        let removed = others.iter().filter(|other| removes(&self.changes[**other]));
        self.soft.extend(removed.map(|other| (index, *other)));
    }
}

/// What only one guest can have, and the changes that give it back.
fn freed(changes: &[Change]) -> BTreeMap<(&'static str, String, String), Vec<usize>> {
    let mut freed: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate().filter(|(_, change)| removes(change)) {
        for place in places(change) {
            freed.entry(place).or_default().push(index);
        }
    }
    freed
}

fn places(change: &Change) -> impl Iterator<Item = (&'static str, String, String)> {
    let spec = &change.intent.spec;
    let places = [("cluster", "id"), ("network", "ip")].into_iter();
    places.filter_map(|(within, what)| {
        let value = spec.get(what).filter(|value| **value != "dhcp")?;
        Some((what, spec.get(within)?.to_string(), value.to_string()))
    })
}

/// Adds every soft edge that closes no circle.
fn add_soft(graph: &mut DiGraphMap<usize, ()>, soft: &[(usize, usize)]) {
    let mut all = graph.clone();
    for (from, to) in soft {
        if from != to {
            all.add_edge(*from, *to, ());
        }
    }
    let mut component = BTreeMap::new();
    for (number, members) in tarjan_scc(&all).into_iter().enumerate() {
        for member in members {
            component.insert(member, number);
        }
    }
    // Only an edge within one component can be part of a circle; each of those is tried alone.
    let (inside, safe): (Vec<(usize, usize)>, Vec<_>) = soft
        .iter()
        .filter(|(from, to)| from != to)
        .partition(|(from, to)| component[from] == component[to]);
    for (from, to) in safe {
        graph.add_edge(from, to, ());
    }
    for (from, to) in inside {
        if !has_path_connecting(&*graph, to, from, None) {
            graph.add_edge(from, to, ());
        }
    }
}

/// Which of the two goes first when a change puts an object into another's place.
fn first(change: &Change) -> Option<First> {
    let kind = kinds::find(change.id.address.kind()).map(AnyKind::traits);
    match change.intent.lifecycle.replace {
        // Both would be the same thing outside.
        _ if kind.is_some_and(|it| it.resumes) => Some(First::Delete),
        Replacing::CreateFirst => Some(First::Create),
        Replacing::DestroyFirst => Some(First::Delete),
        Replacing::ByKind | Replacing::Never => kind.map(|kind| kind.first),
    }
}

/// Whether both are put into the same files: removing one would take the other with it.
fn same_machine(one: &Change, other: &Change) -> bool {
    let machine = |change: &Change| change.intent.spec.get("machine").cloned();
    machine(one).is_some() && machine(one) == machine(other)
}

/// Whether what it changes may stop or start for it.
fn disturbs(change: &Change) -> bool {
    let starts = change.leaves.iter().any(|leaf| leaf.path == "start");
    starts || change.because == Reason::Interrupted || change.impact.level != Level::None
}

/// Whether it leaves a machine that does not run.
fn stops(change: &Change) -> bool {
    change.intent.spec["start"] == false
}

fn removes(change: &Change) -> bool {
    matches!(change.verb, Verb::Delete | Verb::Forget)
}

/// The objects that any of these intents refers to.
fn uses<'a>(intents: impl IntoIterator<Item = &'a Intent>) -> BTreeSet<ObjectId> {
    let mut found = BTreeSet::new();
    let mut add = |it: Ref| {
        if let Ref::Object(id) = it {
            found.insert(id);
        }
    };
    for intent in intents {
        each_ref(&intent.spec, &mut add);
        intent.after.iter().cloned().for_each(&mut add);
    }
    found
}
