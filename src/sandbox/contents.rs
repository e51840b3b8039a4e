//! Everything that is in the sandbox, and the entries that change it.
//!
//! An entry is one whole thing: a guest, a file, a service. Whatever happens is a list of entries,
//! so that it can be written down, replayed and counted.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Address, GuestKind, Mark, ObjectId};
use crate::sandbox::faults::Rule;
use crate::sandbox::guest;

/// How many tasks are remembered.
const TASKS: usize = 500;

/// What there is, with what is derived from it.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub(super) clusters: BTreeMap<Address, Cluster>,
    pub(super) places: BTreeMap<Place, Contained>,
    pub(super) objects: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) rules: BTreeMap<u32, Rule>,
    pub(super) tasks: BTreeMap<u64, Task>,
    /// How many real milliseconds a virtual second takes.
    pub(super) pace_ms: u64,
    /// The guests that stand for an object, by its origin; more than one if somebody changed a
    /// mark by hand.
    by_object: BTreeMap<ObjectId, BTreeSet<(Address, u32)>>,
}

/// A cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Cluster {
    pub(super) nodes: BTreeMap<String, Node>,
    pub(super) guests: BTreeMap<u32, Guest>,
    pub(super) pools: BTreeSet<String>,
    /// What the guests take: derived.
    pub(super) taken: BTreeMap<String, Taken>,
}

/// What the guests of a node take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) cores: u64,
    pub(super) memory: u64,
    pub(super) disks: BTreeMap<String, u64>,
}

/// A node of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Node {
    pub(super) online: bool,
    pub(super) cores: u64,
    pub(super) memory: u64,
    pub(super) storages: BTreeMap<String, Storage>,
    pub(super) bridges: BTreeSet<String>,
    pub(super) templates: BTreeSet<String>,
}

/// A storage of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Storage {
    /// Bytes in all.
    pub(super) total: u64,
    /// Bytes taken by what is not a guest.
    pub(super) other: u64,
}

/// A guest of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Guest {
    pub(super) node: String,
    pub(super) container: bool,
    pub(super) running: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lock: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pool: Option<String>,
    pub(super) config: BTreeMap<String, String>,
}

/// Where files and services can be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// The machine where `paas` runs.
    Here,
    /// A machine that nobody made: it is always there.
    Host(ObjectId),
    /// A guest.
    Guest(Address, u32),
}

/// What is in a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Contained {
    pub(super) files: BTreeMap<String, StoredFile>,
    pub(super) services: BTreeMap<String, Service>,
}

/// A file. Secrets in it are named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredFile {
    /// Of its content; `secret` if it contains one.
    pub(super) digest: String,
    pub(super) mode: u32,
    pub(super) content: String,
}

/// Something that runs, or could.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Service {
    pub(super) what: Runtime,
    pub(super) running: bool,
    /// It starts with its machine.
    pub(super) enabled: bool,
    /// What it was started with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<String>,
    /// Where it takes connections.
    pub(super) listens: Listening,
    /// The generation it runs, and the newest one there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) generation: Option<[u64; 2]>,
}

/// How a service is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Runtime {
    /// A Compose project.
    Compose,
    /// A NixOS configuration.
    Nixos,
    /// A systemd unit.
    #[default]
    Unit,
}

/// Where a service takes connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Listening {
    /// On whichever port is asked for: what it opens is not written anywhere.
    Everywhere,
    /// On these.
    On(Vec<Opening>),
}

/// Ports that are published on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opening {
    pub(super) first: u16,
    pub(super) last: u16,
    /// The one address it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<String>,
}

/// One thing that was done, as the sandbox's log shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Counts from one.
    pub number: u64,
    /// A name as Proxmox gives: `UPID:pve1:0000002A:…:vzcreate:101:root@pam:`.
    pub upid: String,
    /// The node it ran on; empty for what is on no node.
    pub node: String,
    /// `vzcreate`, `write`, `run`.
    pub kind: String,
    /// The guest's number, if it was about one.
    pub vmid: Option<u32>,
    /// What was sent, in one line.
    pub what: String,
    /// Virtual time in milliseconds.
    pub start_ms: u64,
    /// Virtual time in milliseconds.
    pub end_ms: u64,
    /// `OK`, or what went wrong.
    pub status: String,
}

/// One change of the contents: a whole thing as it is now, or nothing where it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    Reset,
    Node(Address, String, Node),
    Guest(Address, u32, Option<Guest>),
    Pool(Address, String, bool),
    File(Place, String, Option<StoredFile>),
    Service(Place, String, Option<Service>),
    /// Nothing is left in this place.
    Clear(Place),
    Object(String, Option<BTreeMap<String, String>>),
    Rule(u32, Option<Rule>),
    Pace(u64),
    Task(Task),
}

impl Guest {
    pub(super) fn kind(&self) -> GuestKind {
        if self.container { GuestKind::Container } else { GuestKind::Machine }
    }

    /// The proof of ownership it carries, be it a copy or not.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.config.get("description").and_then(|text| Mark::parse(text))
    }
}

impl Default for Listening {
    fn default() -> Listening {
        Listening::On(Vec::new())
    }
}

impl Listening {
    /// Whether a connection to `port` is taken.
    pub(super) fn answers(&self, port: u16) -> bool {
        match self {
            Listening::Everywhere => true,
            Listening::On(list) => list.iter().any(|it| it.first <= port && port <= it.last),
        }
    }
}

impl Contents {
    /// Makes one entry true.
    pub(super) fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Reset => *self = Contents::default(),
            Entry::Node(cluster, name, node) => {
                self.cluster(cluster).nodes.insert(name, node);
            }
            Entry::Guest(cluster, vmid, guest) => self.put_guest(cluster, vmid, guest),
            Entry::Pool(cluster, name, true) => {
                self.cluster(cluster).pools.insert(name);
            }
            Entry::Pool(cluster, name, false) => {
                self.cluster(cluster).pools.remove(&name);
            }
            Entry::File(place, path, file) => {
                put(&mut self.places.entry(place).or_default().files, path, file);
            }
            Entry::Service(place, name, service) => {
                put(&mut self.places.entry(place).or_default().services, name, service);
            }
            Entry::Clear(place) => {
                self.places.remove(&place);
            }
            Entry::Object(key, value) => put(&mut self.objects, key, value),
            Entry::Rule(number, rule) => put(&mut self.rules, number, rule),
            Entry::Pace(pace_ms) => self.pace_ms = pace_ms,
            Entry::Task(task) => {
                self.tasks.insert(task.number, task);
                if self.tasks.len() > TASKS {
                    self.tasks.pop_first();
                }
            }
        }
    }

    /// The fewest entries that make these contents from nothing.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        let clusters = self.clusters.iter().flat_map(|(address, cluster)| cluster.entries(address));
        let places = self.places.iter().flat_map(|(place, contained)| contained.entries(place));
        let objects = self.objects.iter().map(|(k, v)| Entry::Object(k.clone(), Some(v.clone())));
        let rules = self.rules.iter().map(|(k, v)| Entry::Rule(*k, Some(v.clone())));
        let pace = Some(self.pace_ms).filter(|pace_ms| *pace_ms > 0).map(Entry::Pace);
        let tasks = self.tasks.values().cloned().map(Entry::Task);
        clusters.chain(places).chain(objects).chain(rules).chain(pace).chain(tasks)
    }

    /// The virtual clock, in milliseconds: when the last task ended.
    pub(super) fn clock_ms(&self) -> u64 {
        self.tasks.last_key_value().map_or(0, |(_, task)| task.end_ms)
    }

    /// The guest that stands for `object`. A copy carries the mark, but stands for nothing.
    pub(super) fn guest_of(&self, object: &ObjectId) -> Option<(&Address, u32, &Guest)> {
        let (cluster, vmid) = self.by_object.get(&object.origin())?.first()?;
        let (cluster, found) = self.clusters.get_key_value(cluster)?;
        Some((cluster, *vmid, found.guests.get(vmid)?))
    }

    /// The guests that stand for an object of this address, oldest generation first.
    pub(super) fn guests_of(&self, address: &Address) -> Vec<(Address, u32)> {
        let mut found = Vec::new();
        for (cluster, vmid) in self.by_object.values().flatten() {
            let guest = self.clusters.get(cluster).and_then(|it| it.guests.get(vmid));
            let object = guest.and_then(Guest::mark).map(|mark| mark.object);
            if let Some(object) = object.filter(|object| object.address == *address) {
                found.push((object.generation, (cluster.clone(), *vmid)));
            }
        }
        found.sort();
        found.into_iter().map(|(_, guest)| guest).collect()
    }

    /// The objects that guests stand for.
    pub(super) fn objects_of_guests(&self) -> impl Iterator<Item = &ObjectId> {
        self.by_object.keys()
    }

    fn cluster(&mut self, address: Address) -> &mut Cluster {
        self.clusters.entry(address).or_default()
    }

    fn put_guest(&mut self, address: Address, vmid: u32, guest: Option<Guest>) {
        let cluster = self.clusters.entry(address.clone()).or_default();
        let object = guest.as_ref().and_then(|guest| stands_for(guest, vmid));
        let before = cluster.guests.remove(&vmid);
        let stood_for = before.as_ref().and_then(|guest| stands_for(guest, vmid));
        if let Some(before) = before {
            cluster.count(&before, |sum, it| *sum -= it);
        }
        if let Some(guest) = guest {
            cluster.count(&guest, |sum, it| *sum += it);
            cluster.guests.insert(vmid, guest);
        }
        if stood_for == object {
            return;
        }
        if let Some(object) = stood_for {
            let guests = self.by_object.entry(object.clone()).or_default();
            guests.remove(&(address.clone(), vmid));
            if guests.is_empty() {
                self.by_object.remove(&object);
            }
        }
        if let Some(object) = object {
            self.by_object.entry(object).or_default().insert((address, vmid));
        }
    }
}

impl Cluster {
    fn entries(&self, address: &Address) -> impl Iterator<Item = Entry> {
        let at = || address.clone();
        let nodes = self.nodes.iter().map(move |(k, v)| Entry::Node(at(), k.clone(), v.clone()));
        let pools = self.pools.iter().map(move |k| Entry::Pool(at(), k.clone(), true));
        let guests = self.guests.iter();
        let guests = guests.map(move |(k, v)| Entry::Guest(at(), *k, Some(v.clone())));
        nodes.chain(pools).chain(guests)
    }

    fn count(&mut self, guest: &Guest, put: impl Fn(&mut u64, u64)) {
        let taken = match self.taken.get_mut(&guest.node) {
            Some(taken) => taken,
            None => self.taken.entry(guest.node.clone()).or_default(),
        };
        put(&mut taken.cores, guest::cores(&guest.config));
        put(&mut taken.memory, guest::memory(&guest.config));
        for (storage, size) in guest::disks(&guest.config) {
            match taken.disks.get_mut(storage) {
                Some(sum) => put(sum, size),
                None => put(taken.disks.entry(storage.to_owned()).or_default(), size),
            }
        }
    }
}

impl Contained {
    fn entries(&self, place: &Place) -> impl Iterator<Item = Entry> {
        let at = || place.clone();
        let files = self.files.iter();
        let files = files.map(move |(k, v)| Entry::File(at(), k.clone(), Some(v.clone())));
        let services = self.services.iter();
        let services = services.map(move |(k, v)| Entry::Service(at(), k.clone(), Some(v.clone())));
        files.chain(services)
    }
}

fn stands_for(guest: &Guest, vmid: u32) -> Option<ObjectId> {
    guest.mark().filter(|mark| mark.vmid == vmid).map(|mark| mark.object.origin())
}

fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => {
            map.insert(key, value);
        }
        None => {
            map.remove(&key);
        }
    }
}
