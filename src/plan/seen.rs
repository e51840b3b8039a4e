//! What is there, as far as it was looked at.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::kinds::Found;
use crate::model::{Address, ClusterSeen, GuestSeen, ObjectId, Ref, Value};
use crate::plan::{Change, ModuleAnswer, Pending, SecretsSeen, What};
use crate::state::State;

/// The kinds that are guests of a cluster.
const GUESTS: &[&str] = &["container", "vm"];

/// What is there, as far as it was looked at.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What was found where each recorded object should be. An object that is not in it exists
    /// only in the manifest and the state.
    pub objects: BTreeMap<ObjectId, Found>,
    /// Why recorded objects could not be seen, where somebody said so.
    pub unseen: BTreeMap<ObjectId, String>,
    /// Every cluster, by its address.
    pub clusters: BTreeMap<Address, ClusterSeen>,
    /// Objects that carry our mark although the state does not know them, by address.
    pub strays: BTreeMap<Address, Stray>,
    /// Names and places that are taken by others: address of the resource that wants it, what is
    /// there.
    pub taken: BTreeMap<Address, String>,
    /// What is known of secrets.
    pub secrets: SecretsSeen,
    /// What Terraform has answered about each module.
    pub modules: BTreeMap<ObjectId, ModuleAnswer>,
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
    /// Guests of ours that have to start again before everything about them holds, and that no
    /// change of the plan starts again.
    pub fn pending(&self, state: &State, changes: &[Change]) -> Vec<Pending> {
        let waits = |id: &ObjectId, spec: &Value| {
            let cluster = self.clusters.get(spec["cluster"].read::<Ref>().ok()?.address())?;
            let number: u32 = spec["id"].as_u64()?.try_into().ok()?;
            let at = cluster.guests.binary_search_by_key(&number, |guest| guest.vmid).ok()?;
            let guest = Some(&cluster.guests[at]).filter(|guest| !guest.pending.is_empty())?;
            let is_ours = matches!(self.objects.get(id), Some(Found::Ours(_)));
            let starts = |it: &Change| it.id == *id && it.impact.what >= What::Restart;
            (is_ours && !changes.iter().any(starts)).then_some(guest)
        };
        let guests = state.records.iter().filter_map(|(id, record)| {
            let (address, spec) = (&id.address, &record.intent.spec);
            let guest = waits(id, spec).filter(|_| GUESTS.contains(&address.kind()))?;
            Some(Pending::of(address, spec, &guest.node, &guest.pending))
        });
        guests.collect()
    }

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
