//! Answers to questions: what can be seen of the sandbox from outside.

use std::collections::BTreeSet;

use crate::model::{
    Address, Answer, ClusterSeen, GuestSeen, MachineSeen, NodeSeen, Question, Ref, ServiceSeen,
    StorageSeen,
};
use crate::sandbox::contents::{Cluster, Contents, Guest, Place, Service};
use crate::sandbox::guest::{self, listed};
use crate::sandbox::{machine, programs, terraform};

/// The answer to one question.
pub(super) fn answer(contents: &Contents, question: &Question) -> Result<Answer, String> {
    match question {
        Question::Cluster(cluster) => seen_cluster(contents, cluster).map(Answer::Cluster),
        Question::Machine { machine, files, services } => {
            let seen = seen_machine(contents, machine, files, services);
            Ok(Answer::Machine(seen))
        }
        Question::Module(module) => terraform::seen(contents, module).map(Answer::Module),
    }
}

/// A guest as the API shows it.
pub(super) fn seen_guest(cluster: &Cluster, vmid: u32, guest: &Guest) -> GuestSeen {
    let running = guest.running && cluster.nodes.get(&guest.node).is_some_and(|it| it.online);
    GuestSeen {
        vmid,
        node: guest.node.clone(),
        kind: guest.kind(),
        running,
        lock: guest.lock.clone(),
        config: guest.config.clone(),
        // Here everything takes effect at once.
        pending: BTreeSet::new(),
        mark: guest.mark(),
        ip: running.then(|| guest::ip(vmid, guest.container, &guest.config)).flatten(),
    }
}

/// A node as the API shows it.
pub(super) fn seen_node(cluster: &Cluster, name: &str) -> Option<NodeSeen> {
    let node = cluster.nodes.get(name)?;
    let taken = cluster.taken.get(name).cloned().unwrap_or_default();
    let used = |storage: &str| taken.disks.get(storage).copied().unwrap_or(0);
    let storages = node.storages.iter().map(|(name, it)| {
        (name.clone(), StorageSeen { total: it.total, used: it.other + used(name) })
    });
    Some(NodeSeen {
        online: node.online,
        cores: node.cores,
        memory: node.memory,
        memory_used: taken.memory,
        storages: storages.collect(),
        bridges: node.bridges.clone(),
        templates: node.templates.clone(),
    })
}

fn seen_cluster(contents: &Contents, wanted: &Ref) -> Result<ClusterSeen, String> {
    let Some(cluster) = contents.clusters.get(wanted.origin().address()) else {
        let have = listed(contents.clusters.keys().map(Address::as_str));
        return Err(format!("the sandbox has no cluster `{}`; it has {have}", wanted.address()));
    };
    let nodes = cluster.nodes.keys().filter_map(|it| Some((it.clone(), seen_node(cluster, it)?)));
    let guests = cluster.guests.iter().map(|(vmid, guest)| seen_guest(cluster, *vmid, guest));
    Ok(ClusterSeen { nodes: nodes.collect(), guests: guests.collect() })
}

fn seen_machine(
    contents: &Contents,
    wanted: &Ref,
    files: &BTreeSet<String>,
    services: &BTreeSet<String>,
) -> MachineSeen {
    let Some(place) = machine::place(contents, wanted).filter(|it| reachable(contents, it)) else {
        return MachineSeen::default();
    };
    let mut seen = MachineSeen { reachable: true, ..MachineSeen::default() };
    let Some(contained) = contents.places.get(&place) else { return seen };
    for path in files {
        let digest = contained.files.get(path).map(|file| (path.clone(), file.digest.clone()));
        seen.files.extend(digest);
    }
    let service = |name: &String| -> Option<&Service> {
        let services = &contained.services;
        let nixos = || services.iter().find(|(it, _)| name == "nixos" && it.starts_with("nixos:"));
        let known = services.get(programs::unit_name(name));
        known.or_else(|| nixos().map(|(_, service)| service))
    };
    for name in services {
        let state =
            service(name).map(|it| ServiceSeen { running: it.running, digest: it.digest.clone() });
        seen.services.extend(state.map(|state| (name.clone(), state)));
    }
    seen
}

fn reachable(contents: &Contents, place: &Place) -> bool {
    let Place::Guest(cluster, vmid) = place else { return true };
    let Some(cluster) = contents.clusters.get(cluster) else { return false };
    let Some(guest) = cluster.guests.get(vmid) else { return false };
    guest.running && cluster.nodes.get(&guest.node).is_some_and(|node| node.online)
}
