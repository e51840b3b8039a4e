//! What a new sandbox has before anything is made in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::lower::Desired;
use crate::model::{Address, NodeSeen, Size, StorageSeen};
use crate::sandbox::contents::{Contents, Entry, Node, Storage};

const TEMPLATES: &[&str] = &[
    "alpine-3.20",
    "alpine-3.21",
    "alpine-3.22",
    "debian-12-cloud",
    "debian-12-standard",
    "debian-13-cloud",
    "debian-13-standard",
    "nixos-25.05",
    "nixos-25.11",
    "ubuntu-22.04-standard",
    "ubuntu-24.04-cloud",
    "ubuntu-24.04-standard",
];

/// The clusters of a new sandbox.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// By the address of the resource that stands for them.
    pub clusters: BTreeMap<Address, ClusterLayout>,
}

/// A cluster of a new sandbox.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterLayout {
    /// By name. What is promised to guests is left out of account: there are none yet.
    pub nodes: BTreeMap<String, NodeSeen>,
}

impl ClusterLayout {
    /// Roomy nodes: those declared, each by name, storage, image storage and bridge, or three
    /// when none is. Every node has what any of them declares; an empty name declares nothing.
    pub fn default_nodes(declared: &[(&str, &str, &str, &str)]) -> ClusterLayout {
        let named = |name: &&str| !name.is_empty();
        let stores = declared.iter().flat_map(|(_, storage, images, _)| [*storage, *images]);
        let stores = ["local", "local-lvm"].into_iter().chain(stores).filter(named);
        let storage = || StorageSeen { total: 200 << 40, used: 0 };
        let bridges = declared.iter().map(|(_, _, _, bridge)| *bridge);
        let bridges = ["vmbr0"].into_iter().chain(bridges).filter(named);
        let node = NodeSeen {
            online: true,
            cores: 128,
            memory: Size::from_mib(1 << 20).0,
            memory_used: 0,
            storages: stores.map(|name| (name.to_owned(), storage())).collect(),
            bridges: bridges.map(str::to_owned).collect(),
            templates: TEMPLATES.iter().map(|name| (*name).to_owned()).collect(),
        };
        let names: BTreeSet<&str> = declared.iter().map(|(name, ..)| *name).filter(named).collect();
        let names = if names.is_empty() { ["pve1", "pve2", "pve3"].into() } else { names };
        let nodes = names.into_iter().map(|name| (name.to_owned(), node.clone())).collect();
        ClusterLayout { nodes }
    }
}

impl Layout {
    /// The clusters that a manifest speaks of, with the nodes that it names.
    pub fn of(desired: &Desired) -> Layout {
        let clusters = desired.resources.keys().filter(|address| address.kind() == "cluster");
        let cluster = |address: &Address| {
            let nodes: Vec<(&str, &str, &str, &str)> = desired
                .resources
                .iter()
                .filter(|(it, _)| it.kind() == "node" && it.parent().as_ref() == Some(address))
                .map(|(it, resource)| {
                    let text = |name: &str| resource.intent.spec[name].as_str().unwrap_or_default();
                    (it.name(), text("storage"), text("image_storage"), text("bridge"))
                })
                .collect();
            (address.clone(), ClusterLayout::default_nodes(&nodes))
        };
        Layout { clusters: clusters.map(cluster).collect() }
    }

    /// The entries for what `contents` does not know yet.
    pub(super) fn missing_in(&self, contents: &Contents) -> Vec<Entry> {
        let nodes = self.clusters.iter().flat_map(|(address, cluster)| {
            let known = contents.clusters.get(address).map(|cluster| &cluster.nodes);
            let new = cluster.nodes.iter();
            let new = new.filter(move |(name, _)| known.is_none_or(|it| !it.contains_key(*name)));
            new.map(|(name, node)| Entry::Node(address.clone(), name.clone(), stored(node)))
        });
        nodes.collect()
    }
}

fn stored(node: &NodeSeen) -> Node {
    let storage = |it: &StorageSeen| Storage { total: it.total, other: it.used };
    Node {
        online: node.online,
        cores: node.cores,
        memory: node.memory,
        storages: node.storages.iter().map(|(name, it)| (name.clone(), storage(it))).collect(),
        bridges: node.bridges.clone(),
        templates: node.templates.clone(),
    }
}
