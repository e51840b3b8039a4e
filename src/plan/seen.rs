//! What is there, as far as it was looked at.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::kinds::Found;
use crate::model::{Address, ClusterSeen, GuestSeen, ObjectId};
use crate::plan::SecretsSeen;
use crate::state::State;

/// What is there, as far as it was looked at.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What was found where each recorded object should be. An object that is not in it exists
    /// only in the manifest and the state.
    pub objects: BTreeMap<ObjectId, Found>,
    /// Every cluster, by its address.
    pub clusters: BTreeMap<Address, ClusterSeen>,
    /// Objects that carry our mark although the state does not know them, by address.
    pub strays: BTreeMap<Address, Stray>,
    /// Names and places that are taken by others: address of the resource that wants it, what is
    /// there.
    pub taken: BTreeMap<Address, String>,
    /// What is known of secrets.
    pub secrets: SecretsSeen,
}

/// A guest that carries our mark although the state does not know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stray {
    /// Which object it says it is.
    pub id: ObjectId,
    /// Which making of it.
    pub uid: String,
    /// Its number.
    pub vmid: u32,
    /// Where it is.
    pub node: String,
    /// Its address, if it is known.
    pub ip: Option<IpAddr>,
}

impl Seen {
    /// Guests that carry this project's mark, stand for nothing in the state, and for nothing
    /// that is desired either.
    pub fn unmanaged(&self, state: &State) -> Vec<String> {
        let origins = state.origins();
        let ours = |guest: &&GuestSeen| {
            guest.mark.as_ref().is_some_and(|mark| {
                !state.lineage.is_empty()
                    && mark.project == state.lineage
                    && mark.vmid == guest.vmid
                    && origins.find(state, &mark.object).is_none()
                    && !state.abandoned.iter().any(|it| it.uid == mark.uid)
            })
        };
        let guests = self.clusters.values().flat_map(|cluster| &cluster.guests);
        let name = |guest: &GuestSeen| {
            let of = guest.mark.as_ref().map(|mark| format!(" (was {})", mark.object.address));
            format!("guest {} on {}{}", guest.vmid, guest.node, of.unwrap_or_default())
        };
        guests.filter(ours).map(name).collect()
    }
}
