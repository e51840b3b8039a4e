//! Which resource waits for which, and whether each can ever begin.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use petgraph::graph::{DiGraph, NodeIndex};

use crate::kinds::{self, Place};
use crate::lower::specs::Edge;
use crate::lower::{Desired, Resource};
use crate::model::Address;
use crate::problem::{Problem, graph as problem};
use crate::source::Span;

/// Reports every group of resources that wait for each other, by one shortest circle in it.
pub(super) fn circles(desired: &Desired, edges: &[Edge], problems: &mut Vec<Problem>) {
    let mut graph = DiGraph::<&Address, Span>::new();
    let places: HashMap<&Address, NodeIndex> =
        desired.resources.keys().map(|address| (address, graph.add_node(address))).collect();
    for edge in edges {
        if let (Some(from), Some(to)) = (places.get(&edge.from), places.get(&edge.to)) {
            graph.add_edge(*from, *to, edge.span);
        }
    }
    for (address, resource) in &desired.resources {
        facet_edges(address, resource, &places, &mut graph);
    }
    for group in petgraph::algo::kosaraju_scc(&graph) {
        let alone = group.len() == 1 && graph.find_edge(group[0], group[0]).is_none();
        if !alone && let Some(circle) = shortest(&graph, &group) {
            let hops: Vec<(String, Span)> =
                circle.iter().map(|(address, span)| (address.to_string(), *span)).collect();
            problems.push(problem::circle(&hops));
        }
    }
}

/// The order between a facet and what it belongs to.
fn facet_edges<'d>(
    address: &'d Address,
    resource: &Resource,
    places: &HashMap<&'d Address, NodeIndex>,
    graph: &mut DiGraph<&'d Address, Span>,
) {
    let Some(owner) = address.parent() else { return };
    let place = kinds::find(address.kind()).map_or(Place::Alone, |kind| kind.traits().place);
    let (Some(facet), Some(around)) = (places.get(address), places.get(&owner)) else { return };
    match place {
        Place::BeforeOwner => {
            graph.add_edge(*around, *facet, resource.span);
        }
        Place::AfterOwner => {
            graph.add_edge(*facet, *around, resource.span);
            let health = Address::new(Some(&owner), "health", "health", None);
            if let Some(health) = places.get(&health).filter(|health| *health != facet) {
                graph.add_edge(*facet, *health, resource.span);
            }
        }
        Place::Alone | Place::BesideOwner => (),
    }
}

/// The shortest way from one of a group back to itself, with the place of each hop.
fn shortest<'d>(
    graph: &DiGraph<&'d Address, Span>,
    group: &[NodeIndex],
) -> Option<Vec<(&'d Address, Span)>> {
    let members: BTreeSet<NodeIndex> = group.iter().copied().collect();
    let start = *members.iter().min_by_key(|node| graph[**node])?;
    let mut came: BTreeMap<NodeIndex, (NodeIndex, Span)> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(node) = open.pop_front() {
        let mut edges: Vec<_> = graph.edges(node).collect();
        edges.sort_by_key(|edge| graph[petgraph::visit::EdgeRef::target(edge)]);
        for edge in edges {
            let target = petgraph::visit::EdgeRef::target(&edge);
            if !members.contains(&target) || came.contains_key(&target) {
                continue;
            }
            came.insert(target, (node, *edge.weight()));
            if target == start {
                return Some(way_back(graph, &came, start));
            }
            open.push_back(target);
        }
    }
    None
}

fn way_back<'d>(
    graph: &DiGraph<&'d Address, Span>,
    came: &BTreeMap<NodeIndex, (NodeIndex, Span)>,
    start: NodeIndex,
) -> Vec<(&'d Address, Span)> {
    let mut hops = Vec::new();
    let mut at = start;
    while let Some((before, span)) = came.get(&at) {
        hops.push((graph[*before], *span));
        at = *before;
        if at == start {
            break;
        }
    }
    hops.reverse();
    hops
}
