//! What waits for what: the order in which things are decided.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graphmap::DiGraphMap;

use crate::kinds;
use crate::lower::{Desired, Resource};
use crate::model::Address;
use crate::plan::Inputs;
use crate::plan::resolve::each_ref;

/// What must exist before a resource: what it refers to, and its place as a facet.
pub fn needs(
    desired: &Desired,
    address: &Address,
    resource: &Resource,
    facets: &BTreeMap<Address, Vec<&Address>>,
) -> BTreeSet<Address> {
    let mut needs: BTreeSet<Address> = BTreeSet::new();
    each_ref(&resource.intent.spec, &mut |it| {
        needs.insert(it.address().clone());
    });
    needs.extend(resource.intent.after.iter().map(|it| it.address().clone()));
    if let (Some(parent), kinds::Place::AfterOwner) = (address.parent(), place(address)) {
        needs.insert(parent);
    }
    let before = facets.get(address).into_iter().flatten();
    needs
        .extend(before.filter(|it| place(it) == kinds::Place::BeforeOwner).map(|it| (*it).clone()));
    needs.remove(address);
    needs.retain(|it| desired.resources.contains_key(it));
    needs
}

/// The facets of each resource.
pub fn facets(desired: &Desired) -> BTreeMap<Address, Vec<&Address>> {
    let mut facets: BTreeMap<Address, Vec<&Address>> = BTreeMap::new();
    for address in desired.resources.keys() {
        if let Some(parent) = address.parent() {
            facets.entry(parent).or_default().push(address);
        }
    }
    facets
}

/// Whether a kind comes before or after what it is a facet of.
pub fn place(address: &Address) -> kinds::Place {
    kinds::find(address.kind()).map_or(kinds::Place::Alone, |kind| kind.traits().place)
}

/// Everything desired, what is needed first.
pub fn needed_first<'a>(inputs: Inputs<'a>) -> Vec<&'a Address> {
    let resources: Vec<(&Address, &Resource)> = inputs.desired.resources.iter().collect();
    let index: BTreeMap<&Address, usize> =
        resources.iter().enumerate().map(|(at, (address, _))| (*address, at)).collect();
    let facets = facets(inputs.desired);
    let mut graph = DiGraphMap::<usize, ()>::with_capacity(resources.len(), resources.len() * 3);
    for (at, (address, resource)) in resources.iter().enumerate() {
        graph.add_node(at);
        for need in needs(inputs.desired, address, resource, &facets) {
            graph.add_edge(index[&need], at, ());
        }
    }
    let order = petgraph::algo::toposort(&graph, None).expect("the lowering refuses circles");
    order.into_iter().map(|at| resources[at].0).collect()
}
