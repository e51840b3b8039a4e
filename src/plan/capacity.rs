//! What the nodes have promised before a plan and will have promised after it.

use std::collections::BTreeMap;

use crate::model::Value;
use crate::plan::choose::Draft;
use crate::plan::{Capacity, Inputs};

/// Each node whose promises change.
pub fn of(inputs: Inputs<'_>, draft: &Draft) -> Vec<Capacity> {
    let mut before: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    let mut after: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for record in inputs.state.records.values() {
        count(&mut before, &record.intent.spec);
    }
    for spec in draft.specs.values() {
        count(&mut after, spec);
    }
    let mut nodes = Vec::new();
    for cluster in inputs.seen.clusters.values() {
        for (name, node) in &cluster.nodes {
            let old = before.get(name.as_str()).copied().unwrap_or_default();
            let new = after.get(name.as_str()).copied().unwrap_or_default();
            if old != new {
                nodes.push(Capacity {
                    node: name.clone(),
                    cores: [old[0], new[0], node.cores],
                    memory: [old[1], new[1], node.memory],
                });
            }
        }
    }
    nodes
}

fn count<'a>(nodes: &mut BTreeMap<&'a str, [u64; 2]>, spec: &'a Value) {
    let (Some(node), Some(cores)) = (spec["node"].as_str(), spec["cores"].as_u64()) else { return };
    let sums = nodes.entry(node).or_default();
    sums[0] += cores;
    sums[1] += spec["memory"].as_u64().unwrap_or(0);
}
