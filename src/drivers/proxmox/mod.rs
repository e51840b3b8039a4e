//! Proxmox clusters through their HTTP API.

mod client;
mod config;
mod copy;
mod guest;
mod image;
mod login;
mod look;
mod perform;
mod preflight;
mod ready;
mod root;
mod snapshot;
mod task;
mod tls;
mod trouble;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

pub use login::Login;
pub use preflight::{Finding, Needs, NodeNeeds, Severity};
pub use ready::Reached;
pub use tls::{Trust, api_of, fingerprint, look as certificate_of};

use client::Client;
use task::Tasks;

use crate::drivers::Fault;

/// One cluster, through the API of one of its nodes.
pub struct Cluster {
    client: Arc<Client>,
    tasks: Tasks,
    /// Where each guest was seen last: it may be somewhere else in the next moment.
    places: Mutex<BTreeMap<u32, String>>,
    /// What allocates on one storage of one node, and what is said to one node without a task.
    gates: Mutex<BTreeMap<String, Arc<Semaphore>>>,
    /// Images that are looked for, one at a time.
    images: tokio::sync::Mutex<BTreeMap<(String, String), String>>,
}

/// What kind of guest a path is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Container,
    Machine,
}

/// A guest as it was made by this project, or is about to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owned {
    /// Which making of it.
    pub uid: String,
    /// The tags that the manifest gave it.
    pub tags: Vec<String>,
}

/// Whose a guest is.
pub trait Ownership: Sync {
    /// The lineage of the state: every mark of ours has it.
    fn project(&self) -> &str;
    /// What the guest with this number was made as, or will be.
    fn owned(&self, vmid: u32) -> &[Owned];
    /// The digest that the image of a guest must have: `sha256:…`.
    fn image_digest(&self, vmid: u32) -> Option<String>;
    /// Root of the nodes can be reached.
    fn has_root(&self) -> bool;
    /// Runs a program as root of a node.
    fn as_root<'a>(&'a self, node: &'a str, argv: Vec<String>) -> Deed<'a>;
}

/// Something that is done, or was not.
pub type Deed<'a> = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>>;

impl Cluster {
    /// A cluster behind an address. Nothing is asked yet.
    pub fn new(api: &str, login: Login, trust: &Trust) -> Result<Cluster, String> {
        Ok(Cluster {
            client: Arc::new(Client::new(api, login, trust)?),
            tasks: Tasks::default(),
            places: Mutex::default(),
            gates: Mutex::default(),
            images: tokio::sync::Mutex::default(),
        })
    }

    /// The machine that answers.
    pub fn host(&self) -> &str {
        self.client.host()
    }

    /// The node on which a guest was seen last.
    pub fn node_of(&self, vmid: u32) -> Option<String> {
        self.places.lock().ok()?.get(&vmid).cloned()
    }

    fn remember(&self, places: impl Iterator<Item = (u32, String)>) {
        if let Ok(mut known) = self.places.lock() {
            known.extend(places);
        }
    }

    /// What lets only so many through at once.
    fn gate(&self, name: &str, most: usize) -> Arc<Semaphore> {
        let make = || Arc::new(Semaphore::new(most));
        match self.gates.lock() {
            Ok(mut gates) => Arc::clone(gates.entry(name.to_owned()).or_insert_with(make)),
            Err(_) => make(),
        }
    }
}
