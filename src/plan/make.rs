//! The changes that make an object, put one into another's place, or take one over.

use crate::lower::{Intent, Lifecycle, OnFailure, Replacing};
use crate::model::{Effect, Object, ObjectId, Step, Wait, digest};
use crate::plan::allocate::Pools;
use crate::plan::choose::{Draft, Here};
use crate::plan::difference::written;
use crate::plan::impact::of_class;
use crate::plan::source;
use crate::plan::{Blocked, Change, Inputs, Leaf, Reason};
use crate::problem::change;
use crate::schema::Class;
use crate::state::Verb;

impl Here<'_> {
    /// A change that makes an object of which nothing is there.
    pub(super) fn create(
        &self,
        draft: &mut Draft,
        id: ObjectId,
        uid: Option<String>,
        intent: Intent,
        because: Reason,
    ) -> ObjectId {
        let leaves = written(self.inputs, self.kind, self.resource, &intent.spec);
        let made = self.make(draft, id, uid, None, intent, leaves, because);
        draft.changes.push(made.0);
        made.1
    }

    /// A change that makes an object which takes the place of `old`; without an answer nothing is
    /// free for it.
    pub(super) fn replace(
        &self,
        pools: &mut Pools<'_>,
        draft: &mut Draft,
        old: &ObjectId,
        mut intent: Intent,
        leaves: Vec<Leaf>,
        because: Reason,
    ) -> ObjectId {
        if intent.lifecycle.replace == Replacing::CreateFirst {
            // Both are there for a while: what only one can have is chosen anew.
            for name in ["id", "ip"] {
                if self.resource.intent.spec[name] == "auto" {
                    intent.spec.set(name, "auto".into());
                }
            }
            let nics = self.resource.intent.spec["nic"].as_object();
            for (name, nic) in nics.into_iter().flat_map(Object::iter) {
                if nic["ip"] == "auto" {
                    let mut nics = intent.spec["nic"].clone();
                    let mut nic = nics[name].clone();
                    nic.set("ip", "auto".into());
                    nics.set(name, nic);
                    intent.spec.set("nic", nics);
                }
            }
            if let Err(blocked) = pools.fill(self.address, &mut intent.spec, None, false) {
                draft.blocked.push(blocked);
            }
        }
        let (id, old) = (self.next(draft, old), Some(old.clone()));
        let mut made = self.make(draft, id, None, old, intent, leaves, because);
        made.0.impact = of_class(Class::Replace);
        draft.changes.push(made.0);
        made.1
    }

    #[expect(clippy::too_many_arguments, reason = "a change has this many parts")]
    fn make(
        &self,
        draft: &mut Draft,
        id: ObjectId,
        uid: Option<String>,
        replaces: Option<ObjectId>,
        intent: Intent,
        leaves: Vec<Leaf>,
        because: Reason,
    ) -> (Change, ObjectId) {
        if let Some(what) = self.inputs.seen.taken.get(self.address) {
            let problem = change::place_taken(self.address.as_str(), what);
            draft.blocked.push(Blocked::by(&problem, self.address));
        }
        if let Some(why) = source::is_gone(self.inputs, &intent.spec) {
            let help = "name a guest template that is there";
            let problem = change::nothing_to_choose(self.address.as_str(), &why, help);
            draft.blocked.push(Blocked::by(&problem, self.address));
        }
        let uid = uid.unwrap_or_else(|| self::uid(self.inputs, &id));
        let steps = patient(self.kind.create(&id, &uid, &intent.spec), &intent.lifecycle);
        let undo = match intent.lifecycle.on_failure {
            OnFailure::Rollback => self.kind.delete(&id, &intent.spec),
            OnFailure::Keep => Vec::new(),
        };
        let limit_secs = intent.lifecycle.timeout.create_secs;
        draft.specs.insert(self.address.clone(), intent.spec.clone());
        let impact = of_class(Class::Note);
        let (verb, after) = (Verb::Create, Vec::new());
        let change = Change {
            id: id.clone(),
            verb,
            uid,
            replaces,
            moved_from: None,
            intent,
            after,
            steps,
            undo,
            limit_secs,
            leaves,
            because,
            impact,
        };
        (change, id)
    }
}

/// The name of a making: the same for the same state and object, and no other.
pub fn uid(inputs: Inputs<'_>, id: &ObjectId) -> String {
    let seed = format!("{}|{}|{id}", inputs.state.lineage, inputs.state.serial);
    digest(seed.as_bytes())[..12].to_owned()
}

/// The same steps, waiting as long as the lifecycle says.
pub fn patient(mut steps: Vec<Step>, lifecycle: &Lifecycle) -> Vec<Step> {
    if let Some(within_secs) = lifecycle.timeout.ready_secs {
        for step in &mut steps {
            if let Effect::Wait(wait) = &mut step.effect {
                *wait = Wait { within_secs, ..wait.clone() };
            }
        }
    }
    steps
}
