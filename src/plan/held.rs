//! What only one object on a machine can have: its files and its ports.

use std::collections::BTreeSet;

use crate::kinds;
use crate::model::{ObjectId, Question, Ref, Value};
use crate::state::{Record, State};

/// A machine, and a file or a port of it: `/etc/app.conf`, `port 8080/tcp`.
pub type Held = (Ref, String);

/// What an object with this spec has alone.
pub fn held(id: &ObjectId, spec: &Value) -> BTreeSet<Held> {
    // Guests and what exists only in the manifest are on no machine, and there are many of them.
    if spec.get("machine").is_none() {
        return BTreeSet::new();
    }
    let Some(kind) = kinds::find(id.address.kind()) else { return BTreeSet::new() };
    let Some(Question::Machine { machine, files, .. }) = kind.look(id, spec) else {
        return BTreeSet::new();
    };
    let all = files.into_iter().chain(kind.claims(spec));
    all.map(|what| (machine.clone(), what)).collect()
}

/// What an object may have by now.
pub fn held_by(id: &ObjectId, record: &Record) -> BTreeSet<Held> {
    record.possible().flat_map(|intent| held(id, &intent.spec)).collect()
}

/// The files on a machine that recorded objects have.
pub fn files_on(state: &State, machine: &Ref) -> BTreeSet<String> {
    let held = state.records.iter().flat_map(|(id, record)| held_by(id, record));
    held.filter(|(on, _)| on == machine).map(|(_, what)| what).collect()
}
