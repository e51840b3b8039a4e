//! Every question that is asked of the world, and its answers. Asking changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::model::{Address, Module, ModuleSeen, ObjectId, Ref};

/// What to look at; one question covers everything of its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The nodes and guests of a cluster.
    Cluster(Ref),
    /// Files and services of a machine.
    Machine {
        /// Which machine.
        machine: Ref,
        /// Absolute paths.
        files: BTreeSet<String>,
        /// Names of services: Compose projects, units, `nixos`.
        services: BTreeSet<String>,
    },
    /// What Terraform would do with a root module; its plan is kept for the step that applies it.
    Module(Box<Module>),
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To [`Question::Cluster`].
    Cluster(ClusterSeen),
    /// To [`Question::Machine`].
    Machine(MachineSeen),
    /// To [`Question::Module`].
    Module(ModuleSeen),
}

/// A cluster as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterSeen {
    /// By name.
    pub nodes: BTreeMap<String, NodeSeen>,
    /// Every guest, ours or not, by number.
    pub guests: Vec<GuestSeen>,
}

/// A node of a cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeSeen {
    /// It takes guests.
    pub online: bool,
    /// Processor cores.
    pub cores: u64,
    /// Memory in bytes.
    pub memory: u64,
    /// Memory promised to its guests, in bytes.
    pub memory_used: u64,
    /// By name.
    pub storages: BTreeMap<String, StorageSeen>,
    /// Names of bridges.
    pub bridges: BTreeSet<String>,
    /// Names of container and machine templates it can start from.
    pub templates: BTreeSet<String>,
}

/// A storage of a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StorageSeen {
    /// Bytes in all.
    pub total: u64,
    /// Bytes taken.
    pub used: u64,
}

/// What kind of guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestKind {
    /// An LXC container.
    Container,
    /// A QEMU virtual machine.
    Machine,
}

/// A guest as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct GuestSeen {
    /// Its number in the cluster.
    pub vmid: u32,
    /// The node it is on.
    pub node: String,
    /// Container or virtual machine.
    pub kind: GuestKind,
    /// It runs.
    pub running: bool,
    /// The lock it is under: `create`, `backup`.
    pub lock: Option<String>,
    /// Its configuration, as Proxmox writes it: `memory` in MiB, `rootfs`, `net0`.
    pub config: BTreeMap<String, String>,
    /// The keys of it that the guest takes up only when it starts again.
    pub pending: BTreeSet<String>,
    /// The proof of ownership in its description.
    pub mark: Option<Mark>,
    /// The address it has now, if it is known.
    pub ip: Option<String>,
}

impl GuestSeen {
    /// An option of a line of its configuration: `bridge` of `name=eth0,bridge=vmbr0`.
    pub fn option(&self, line: &str, name: &str) -> Option<&str> {
        let options = self.config.get(line)?.split(',');
        options
            .filter_map(|option| option.split_once('='))
            .find_map(|(other, value)| (other == name).then_some(value))
    }

    /// The address that it is told to take, or has.
    pub fn address(&self) -> Option<IpAddr> {
        let line = match self.kind {
            GuestKind::Container => "net0",
            GuestKind::Machine => "ipconfig0",
        };
        let told = self.option(line, "ip").and_then(|ip| ip.split('/').next()?.parse().ok());
        told.or_else(|| self.ip.as_deref()?.parse().ok())
    }
}

/// The proof of ownership: who made the guest, and which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Lineage of the state that owns it.
    pub project: String,
    /// The guest's number: a copy carries the mark but has another number.
    pub vmid: u32,
    /// The object it stands for.
    pub object: ObjectId,
    /// Which making of that object.
    pub uid: String,
}

impl Mark {
    const START: &'static str = "<!-- paas:1 ";

    /// The mark at the end of a description.
    pub fn parse(description: &str) -> Option<Mark> {
        let at = description.rfind(Mark::START)?;
        let inner = description[at + Mark::START.len()..].split(" -->").next()?;
        let mut fields = BTreeMap::new();
        // The address stands last: a key may contain blanks.
        let (fixed, address) = inner.split_once(" a=")?;
        for field in fixed.split(' ') {
            let (name, value) = field.split_once('=')?;
            fields.insert(name, value);
        }
        Some(Mark {
            project: (*fields.get("p")?).to_owned(),
            vmid: fields.get("v")?.parse().ok()?,
            object: Mark::object(fields.get("g")?, &address.replace("-\\u002d", "--"))?,
            uid: (*fields.get("n")?).to_owned(),
        })
    }

    fn object(generation: &str, names: &str) -> Option<ObjectId> {
        let generation = generation.parse().ok()?;
        if let Some(address) = Address::parse(names) {
            return Some(ObjectId::new(address, generation));
        }
        // A key may contain the sign that separates.
        let mut places = names.match_indices('@');
        places.find_map(|(at, _)| {
            let address = Address::parse(&names[..at])?;
            let made_as = Some(Address::parse(&names[at + 1..])?);
            Some(ObjectId { address, generation, made_as })
        })
    }

    /// The mark as text; the project is put in when it is sent.
    pub fn text(vmid: u32, object: &ObjectId, uid: &str) -> crate::model::Text {
        let mut text = crate::model::Text::literal(format!("{}p=", Mark::START));
        text.push(&crate::model::Text::project());
        let (generation, mut address) = (object.generation, object.address.to_string());
        if let Some(made_as) = &object.made_as {
            address.push_str(&format!("@{made_as}"));
        }
        // `--` cannot stand in an HTML comment.
        let address = address.replace("--", "-\\u002d");
        text.push_str(&format!(" v={vmid} g={generation} n={uid} a={address} -->"));
        text
    }
}

/// Files and services of one machine, of those asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineSeen {
    /// It answered; otherwise nothing is known of what is on it.
    pub reachable: bool,
    /// Digest of each file that exists.
    pub files: BTreeMap<String, String>,
    /// Each service that exists.
    pub services: BTreeMap<String, ServiceSeen>,
}

/// A service on a machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceSeen {
    /// It runs.
    pub running: bool,
    /// The digest it was started with, from its label.
    pub digest: Option<String>,
}
