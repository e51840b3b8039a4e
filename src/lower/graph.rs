//! Which resource waits for which, and whether each can ever begin.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::kinds::Place;
use crate::lower::nodes::Node;
use crate::lower::specs::Edge;
use crate::model::Address;
use crate::problem::{Problem, graph as problem};
use crate::source::Span;

/// Reports every group of resources that wait for each other, by one shortest circle in it.
pub(super) fn circles(nodes: &[Rc<Node<'_>>], edges: &[Edge], problems: &mut Vec<Problem>) {
    let mut graph = DiGraph::<&Address, Span>::with_capacity(nodes.len(), edges.len());
    for node in nodes {
        graph.add_node(&node.address);
    }
    for edge in edges {
        graph.add_edge(NodeIndex::new(edge.from), NodeIndex::new(edge.to), edge.span);
    }
    for node in nodes {
        facet_edge(node, &mut graph);
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
fn facet_edge(node: &Node<'_>, graph: &mut DiGraph<&Address, Span>) {
    let Some(owner) = node.owner else { return };
    let (facet, around) = (NodeIndex::new(node.id), NodeIndex::new(owner));
    match node.kind.traits().place {
        Place::BeforeOwner => {
            graph.add_edge(around, facet, node.span);
        }
        Place::AfterOwner => {
            graph.add_edge(facet, around, node.span);
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
