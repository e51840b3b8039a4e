//! Whatever is recorded and stands for nothing goes: what was replaced, half made or dropped.

use crate::kinds::{self, Found};
use crate::lower::OnDestroy;
use crate::model::{Address, Call, Effect, Method, ObjectId, Ref, Step, Target, Text};
use crate::plan::choose::Draft;
use crate::plan::impact::of_class;
use crate::plan::{Blocked, Change, Inputs, Reason};
use crate::problem::state;
use crate::schema::Class;
use crate::state::{Abandoned, Record, Verb};

/// Adds a change for every recorded object that no address stands for any more.
pub fn add(inputs: Inputs<'_>, draft: &mut Draft) {
    for (id, record) in &inputs.state.records {
        if is_left(inputs, draft, id) {
            let change = match lost_with(inputs, draft, id, record) {
                _ if is_forgotten(inputs, id) => forgotten(id, record),
                Some(machine) => lost(id, record, machine),
                None => removal(inputs, id, record, draft.chosen.get(&id.address)),
            };
            guard(inputs, draft, (id, record), &change);
            draft.changes.push(change);
        }
    }
    let late: Vec<Change> =
        inputs.state.abandoned.iter().filter_map(|it| late(inputs, it)).collect();
    let taken = |draft: &Draft, late: &Change| draft.changes.iter().any(|it| it.id == late.id);
    for change in late {
        if !taken(draft, &change) {
            draft.changes.push(change);
        }
    }
}

/// The removal of a guest that appeared after it was given up. Its mark has the making that this
/// very state gave up: it is nobody else's.
fn late(inputs: Inputs<'_>, abandoned: &Abandoned) -> Option<Change> {
    let Abandoned { id, uid, intent } = abandoned;
    let cluster: Ref = intent.spec["cluster"].read().ok()?;
    let mut guests = inputs.seen.clusters.get(cluster.address())?.guests.iter();
    guests.find(|guest| {
        guest.mark.as_ref().is_some_and(|mark| {
            mark.project == inputs.state.lineage && mark.vmid == guest.vmid && mark.uid == *uid
        })
    })?;
    let mut change = forgotten(id, &Record::made(uid, intent));
    change.verb = Verb::Delete;
    change.because = Reason::Interrupted;
    change.steps = kinds::find(id.address.kind())?.delete(id, &intent.spec);
    Some(change)
}

/// Whether a request that makes the object may still be under way: the object is a guest, and
/// is not to be kept.
fn may_appear(record: &Record) -> bool {
    let is_guest = record.intent.spec["id"].as_u64().is_some()
        && record.intent.spec["cluster"].read::<Ref>().is_ok();
    let goes = matches!(record.intent.lifecycle.on_destroy, OnDestroy::Delete | OnDestroy::Backup);
    record.half_made() && is_guest && goes
}

/// Whether a recorded object stands for nothing.
fn is_left(inputs: Inputs<'_>, draft: &Draft, id: &ObjectId) -> bool {
    let chosen = draft.chosen.get(&id.address);
    // Nothing could be decided for its address, so nothing is decided about it.
    let undecided = chosen.is_none() && inputs.desired.resources.contains_key(&id.address);
    chosen != Some(id) && !undecided
}

/// The machine that an object goes with: one that goes and takes no commands any more.
fn lost_with(inputs: Inputs<'_>, draft: &Draft, id: &ObjectId, record: &Record) -> Option<Address> {
    let machine = Ref::parse(record.intent.spec["machine"]["$ref"].as_str()?)?;
    let Ref::Object(machine) = machine else { return None };
    let unseen = inputs.seen.objects.get(id) == Some(&Found::Unseen);
    let goes = inputs.state.records.contains_key(&machine) && is_left(inputs, draft, &machine);
    (unseen && goes).then_some(machine.address)
}

/// Whether the manifest says that an object is no longer looked after.
fn is_forgotten(inputs: Inputs<'_>, id: &ObjectId) -> bool {
    inputs.desired.forgotten.iter().any(|it| id.address.is_inside(&it.address))
}

/// Nothing is sent for what is let go of.
fn forgotten(id: &ObjectId, record: &Record) -> Change {
    Change { because: Reason::Forgotten, ..lost(id, record, id.address.clone()) }
}

/// Nothing is sent for what goes with its machine; it is known until that is gone.
fn lost(id: &ObjectId, record: &Record, machine: Address) -> Change {
    Change {
        id: id.clone(),
        verb: Verb::Forget,
        uid: record.uid.clone(),
        replaces: None,
        moved_from: None,
        intent: record.intent.clone(),
        after: Vec::new(),
        steps: Vec::new(),
        undo: Vec::new(),
        limit_secs: None,
        leaves: Vec::new(),
        because: Reason::Upstream { address: machine },
        impact: of_class(Class::Note),
    }
}

/// The machine that a change says its object goes with.
pub fn goes_with(change: &Change) -> Option<&Address> {
    match (&change.because, change.verb) {
        (Reason::Upstream { address }, Verb::Forget) => Some(address),
        _ => None,
    }
}

fn removal(
    inputs: Inputs<'_>,
    id: &ObjectId,
    record: &Record,
    successor: Option<&ObjectId>,
) -> Change {
    let found = inputs.seen.objects.get(id);
    let gone = matches!(found, Some(Found::Nothing | Found::Foreign(_)));
    let replaced = successor.is_some_and(|it| it.address == id.address);
    let keep = match record.intent.lifecycle.on_destroy {
        // An object that another one takes the place of cannot stay.
        _ if replaced => None,
        OnDestroy::Keep => Some(Vec::new()),
        OnDestroy::Stop => Some(before(id, record, "stop")),
        OnDestroy::Delete | OnDestroy::Backup => None,
    };
    let (verb, steps) = match (gone, keep) {
        (true, _) => (Verb::Forget, Vec::new()),
        (false, Some(steps)) => (Verb::Forget, steps),
        (false, None) => (Verb::Delete, delete(id, record)),
    };
    let because = match (replaced, gone) {
        (_, true) if may_appear(record) => Reason::Interrupted,
        (_, true) => Reason::Gone,
        (true, false) => Reason::Upstream { address: id.address.clone() },
        (false, false) => Reason::Removed,
    };
    Change {
        id: id.clone(),
        verb,
        uid: record.uid.clone(),
        replaces: successor.cloned(),
        moved_from: None,
        intent: record.intent.clone(),
        after: Vec::new(),
        steps,
        undo: Vec::new(),
        limit_secs: None,
        leaves: Vec::new(),
        because,
        impact: of_class(Class::Note),
    }
}

fn delete(id: &ObjectId, record: &Record) -> Vec<Step> {
    let Some(kind) = kinds::find(id.address.kind()) else { return Vec::new() };
    // A change that began may have given it other parts: both are removed.
    let newest = record.begun.last().map_or(&record.intent, |(_, intent)| intent);
    let mut steps = match record.intent.lifecycle.on_destroy {
        OnDestroy::Backup => before(id, record, "backup"),
        OnDestroy::Delete | OnDestroy::Stop | OnDestroy::Keep => Vec::new(),
    };
    steps.extend(kind.delete(id, &newest.spec));
    for intent in record.possible().filter(|intent| intent.spec != newest.spec) {
        let more = kind.delete(id, &intent.spec);
        let new: Vec<Step> = more.into_iter().filter(|step| !steps.contains(step)).collect();
        steps.splice(0..0, new);
    }
    steps
}

/// What is done to a guest instead of, or before, removing it.
fn before(id: &ObjectId, record: &Record, what: &str) -> Vec<Step> {
    let api = match id.address.kind() {
        "container" => "lxc",
        "vm" => "qemu",
        _ => return Vec::new(),
    };
    let spec = &record.intent.spec;
    let parts = (spec["node"].as_str(), spec["id"].as_u64());
    let (Some(node), Some(vmid)) = parts else { return Vec::new() };
    let Ok(cluster) = spec["cluster"].read() else { return Vec::new() };
    let (path, body) = match what {
        "backup" => (
            format!("/nodes/{node}/vzdump"),
            [("vmid", vmid.to_string()), ("mode", "snapshot".to_owned())]
                .map(|(name, value)| (name.to_owned(), Text::literal(value)))
                .into(),
        ),
        _ => (format!("/nodes/{node}/{api}/{vmid}/status/shutdown"), Default::default()),
    };
    let call = Call { method: Method::Post, path, body };
    vec![Step { on: Target::Cluster(cluster), effect: Effect::Call(call) }]
}

/// A protected object is never destroyed, whatever the manifest has become.
fn guard(
    inputs: Inputs<'_>,
    draft: &mut Draft,
    (id, record): (&ObjectId, &Record),
    change: &Change,
) {
    let destroyed = change.verb == Verb::Delete || goes_with(change).is_some();
    if !destroyed || !record.intent.lifecycle.protect || record.half_made() {
        return;
    }
    let address = &id.address;
    let is_gone = !inputs.desired.resources.contains_key(address);
    let gone = is_gone.then_some(inputs.state.serial);
    draft.blocked.push(Blocked::by(&state::protected(address.as_str(), gone), address));
}
