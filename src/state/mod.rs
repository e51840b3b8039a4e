//! What was made so far, and how one event changes it. Pure.

pub mod format;
pub mod journal;
mod moves;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use moves::Origins;

use crate::lower::Intent;
use crate::model::{Address, Keeping, ObjectId, Value};

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It is made.
    Create,
    /// It is changed in place, or taken over.
    Update,
    /// It is removed.
    Delete,
    /// It is no longer looked after, or was found gone: nothing is sent.
    Forget,
}

/// Everything `paas` knows of what it made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Made once, at the first apply; every ownership mark carries it.
    pub lineage: String,
    /// Counts the events so far.
    pub serial: u64,
    /// What exists, or may exist.
    pub records: BTreeMap<ObjectId, Record>,
    /// How long the last makings of each kind took, in milliseconds, newest last, by `kind/verb`.
    pub durations: BTreeMap<String, Vec<u64>>,
    /// The outputs as of the last apply: JSON, its holes filled except secrets.
    pub outputs: BTreeMap<String, Value>,
    /// The `moved` statements that had their effect and may not have it again: `a -> b`.
    pub moved: BTreeSet<String>,
    /// Where its generated secrets are kept; nothing if it is beside it, or if there are none yet.
    pub keeping: Option<Keeping>,
    /// Guests that began to be made, were not there when somebody looked, and are made no more: a
    /// request may still be under way. Oldest first, and not more than [`ABANDONED_MAX`].
    pub abandoned: Vec<Abandoned>,
}

/// So many abandoned guests are remembered.
pub const ABANDONED_MAX: usize = 64;

/// A guest that began to be made and is wanted no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abandoned {
    /// Which object it would be.
    pub id: ObjectId,
    /// Which making of it: part of its ownership mark.
    pub uid: String,
    /// What it would be.
    pub intent: Intent,
}

/// One object that exists, or may exist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Which making of the object: part of its ownership mark.
    pub uid: String,
    /// What it is, unless something began and was not heard to end.
    pub intent: Intent,
    /// Changes that began and of whose end we never heard. The object may be as `intent` says or
    /// as any of these say. A record whose first change is a create may not exist at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub begun: Vec<(Verb, Intent)>,
    /// It was asked for again before anybody heard of the first time: once it is gone, a request
    /// that is late may make it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// What it stood for when its mark was written, if that is something else by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Address>,
    /// What came back from the world: `ip`, `file:/etc/…`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Value>,
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// Durable before the first step is sent.
    Started {
        /// Which object.
        id: ObjectId,
        /// What begins.
        verb: Verb,
        /// Which making of it.
        uid: String,
        /// What it is about to be; for a delete, what is lost.
        intent: Intent,
    },
    /// Every step was sent and answered.
    Done {
        /// Which object.
        id: ObjectId,
        /// What ended.
        verb: Verb,
        /// What came back.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        facts: BTreeMap<String, Value>,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// The first step was refused: nothing happened.
    Undone {
        /// Which object.
        id: ObjectId,
        /// What did not happen.
        verb: Verb,
    },
    /// It began to be made, is not there, and is made no more.
    Abandoned {
        /// Which object.
        id: ObjectId,
    },
    /// Objects stand for other addresses from now on; nothing outside is touched by that.
    Moved {
        /// What each was and is.
        objects: Vec<(ObjectId, ObjectId)>,
        /// See [`State::moved`].
        statements: BTreeSet<String>,
    },
    /// Generated secrets are kept there from now on; every value is there already.
    Keeping(Keeping),
    /// The outputs after an apply.
    Outputs {
        /// By name.
        values: BTreeMap<String, Value>,
    },
}

impl Record {
    /// An object that was made.
    pub fn made(uid: &str, intent: &Intent) -> Record {
        Record {
            uid: uid.to_owned(),
            intent: intent.clone(),
            begun: Vec::new(),
            repeated: false,
            moved_from: None,
            facts: BTreeMap::new(),
        }
    }

    /// Every intent the object may be found in.
    pub fn possible(&self) -> impl Iterator<Item = &Intent> {
        std::iter::once(&self.intent).chain(self.begun.iter().map(|(_, intent)| intent))
    }

    /// It began to be made again before anybody heard of the first time.
    fn made_twice(&self) -> bool {
        self.begun.iter().filter(|(verb, _)| *verb == Verb::Create).count() > 1
    }

    /// It is a guest, and once it is gone, a request that nobody heard of may still make it.
    fn may_come_again(&self) -> bool {
        (self.repeated || self.made_twice()) && self.intent.spec["id"].as_u64().is_some()
    }

    /// It began to be made and nobody heard that it was.
    pub fn half_made(&self) -> bool {
        self.begun.iter().any(|(verb, _)| *verb == Verb::Create)
    }
}

impl State {
    /// Every object of an address, oldest first.
    pub fn all(&self, address: &Address) -> impl DoubleEndedIterator<Item = (&ObjectId, &Record)> {
        let first = ObjectId::new(address.clone(), 0);
        let last = ObjectId::new(address.clone(), u32::MAX);
        self.records.range(first..=last)
    }

    /// The newest object of an address.
    pub fn latest(&self, address: &Address) -> Option<(&ObjectId, &Record)> {
        self.all(address).next_back()
    }

    /// The state after one more event.
    pub fn record(&mut self, event: Event) {
        self.serial += 1;
        match event {
            Event::Started { id, verb, uid, intent } => {
                // Whatever is begun with it is on record again.
                self.abandoned.retain(|it| it.uid != uid);
                let fresh = || Record::made(&uid, &intent);
                let record = self.records.entry(id).or_insert_with(fresh);
                record.begun.push((verb, intent));
            }
            Event::Done { id, verb: Verb::Delete, .. } => {
                match self.records.get(&id).is_some_and(Record::may_come_again) {
                    true => self.abandon(id),
                    false => drop(self.records.remove(&id)),
                }
            }
            Event::Done { id, verb: Verb::Forget, .. } => {
                self.records.remove(&id);
            }
            Event::Done { id, verb, facts, took_ms } => self.made(&id, verb, facts, took_ms),
            Event::Undone { id, verb } => self.undone(&id, verb),
            Event::Abandoned { id } => self.abandon(id),
            Event::Moved { objects, statements } => {
                self.rename(&objects);
                self.moved = statements;
            }
            Event::Keeping(keeping) => self.keeping = Some(keeping),
            Event::Outputs { values } => self.outputs = values,
        }
    }

    fn made(&mut self, id: &ObjectId, verb: Verb, facts: BTreeMap<String, Value>, took_ms: u64) {
        if let Some(record) = self.records.get_mut(id) {
            record.repeated |= record.made_twice();
            if let Some((_, intent)) = record.begun.pop() {
                record.intent = intent;
            }
            record.begun.clear();
            record.moved_from = None;
            record.facts.extend(facts);
            let name = format!("{}/{}", id.address.kind(), verb.word());
            let times = self.durations.entry(name).or_default();
            times.push(took_ms);
            if times.len() > 5 {
                times.remove(0);
            }
        }
    }

    fn abandon(&mut self, id: ObjectId) {
        let Some(record) = self.records.remove(&id) else { return };
        let Record { uid, intent, begun, .. } = record;
        let intent = begun.into_iter().next_back().map_or(intent, |(_, intent)| intent);
        self.abandoned.push(Abandoned { id, uid, intent });
        let more = self.abandoned.len().saturating_sub(ABANDONED_MAX);
        self.abandoned.drain(..more);
    }

    fn undone(&mut self, id: &ObjectId, verb: Verb) {
        if let Some(record) = self.records.get_mut(id) {
            let last = record.begun.pop();
            let never_made = last.is_some() && verb == Verb::Create && record.begun.is_empty();
            if never_made {
                self.records.remove(id);
            }
        }
    }
}

impl Verb {
    /// As it is written in state and plans.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Delete => "delete",
            Verb::Forget => "forget",
        }
    }
}
