//! Where the entries of a plan stand in print: tenant, machine, app, facet.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use crate::model::{Address, Key};
use crate::render::entry::Entry;

/// So many alike are still shown one by one.
const ALIKE_MAX: usize = 200;

/// So many of them are shown when there are more.
pub const ALIKE_SHOWN: usize = 10;

/// A resource and what belongs to it.
#[derive(Default)]
pub struct Node {
    /// Which resource.
    pub address: Option<Address>,
    /// Its change, by its place among the entries; none if only what belongs to it changes.
    pub entry: Option<usize>,
    /// What belongs to it.
    pub children: Vec<Node>,
}

/// What is shown side by side.
pub enum Shown<'a> {
    /// This node.
    Node(&'a Node),
    /// So many more that look like the ones above.
    More(usize),
}

/// Sorts `web[2]` before `web[10]`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    kind: String,
    name: String,
    key: Option<Key>,
    address: Address,
}

#[derive(Default)]
struct Branch {
    entry: Option<usize>,
    children: BTreeMap<Rank, Branch>,
}

/// The entries by tenant; those of no tenant come last. The outermost nodes are tenants.
pub fn groups(entries: &[Entry<'_>]) -> Vec<Node> {
    let mut roots: BTreeMap<(bool, Option<Rank>), Branch> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let tenant = entry.tenant.as_ref().map(rank);
        let mut at = roots.entry((tenant.is_none(), tenant)).or_default();
        let machine = entry.machine.as_ref().filter(|machine| **machine != entry.chain[0]);
        for address in machine.into_iter().chain(&entry.chain) {
            at = at.children.entry(rank(address)).or_default();
        }
        at.entry = Some(index);
    }
    roots.into_iter().map(|((_, tenant), branch)| node(tenant, branch)).collect()
}

fn rank(address: &Address) -> Rank {
    let (kind, name) = (address.kind().to_owned(), address.name().to_owned());
    Rank { kind, name, key: address.key(), address: address.clone() }
}

fn node(rank: Option<Rank>, branch: Branch) -> Node {
    Node {
        address: rank.map(|rank| rank.address),
        entry: branch.entry,
        children: branch
            .children
            .into_iter()
            .map(|(rank, branch)| node(Some(rank), branch))
            .collect(),
    }
}

/// The nodes to show; of very many that look alike only the first few.
pub fn collapsed<'a>(nodes: &'a [Node], entries: &[Entry<'_>]) -> Vec<Shown<'a>> {
    if nodes.len() <= ALIKE_MAX {
        return nodes.iter().map(Shown::Node).collect();
    }
    let looks: Vec<u64> = nodes.iter().map(|node| look(node, entries)).collect();
    let mut counts: HashMap<u64, usize> = HashMap::new();
    looks.iter().for_each(|look| *counts.entry(*look).or_default() += 1);
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let mut shown = Vec::new();
    for (node, look) in nodes.iter().zip(looks) {
        let total = counts[&look];
        let place = seen.entry(look).or_default();
        *place += 1;
        if total <= ALIKE_MAX || *place <= ALIKE_SHOWN {
            shown.push(Shown::Node(node));
        } else if *place == ALIKE_SHOWN + 1 {
            shown.push(Shown::More(total - ALIKE_SHOWN));
        }
    }
    shown
}

/// The same for two nodes that differ only in names and values.
fn look(node: &Node, entries: &[Entry<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    node.address.as_ref().map(Address::kind).hash(&mut hasher);
    match node.entry.map(|index| &entries[index]) {
        Some(entry) => {
            entry.action.hash(&mut hasher);
            (entry.impact.level as u8).hash(&mut hasher);
            (entry.impact.what as u8).hash(&mut hasher);
            std::mem::discriminant(&entry.change.because).hash(&mut hasher);
            entry.leaves.iter().for_each(|leaf| leaf.path.hash(&mut hasher));
        }
        None => 0u8.hash(&mut hasher),
    }
    node.children.iter().for_each(|child| look(child, entries).hash(&mut hasher));
    hasher.finish()
}
