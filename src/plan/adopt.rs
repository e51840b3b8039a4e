//! Guests that are there and not in the state: those that carry our mark, and those that the
//! manifest takes over.

use crate::lower::{Adoption, Intent};
use crate::model::{Address, GuestKind, GuestSeen, ObjectId, Value};
use crate::plan::choose::{Draft, Here};
use crate::plan::impact::of_class;
use crate::plan::make::{patient, uid};
use crate::plan::resolve::each_ref;
use crate::plan::{Blocked, Change, Inputs, Leaf, Reason};
use crate::problem::change;
use crate::schema::Class;
use crate::state::Verb;

/// A guest that an address takes over.
pub struct Taken<'a> {
    /// The object that it will be.
    pub id: ObjectId,
    /// Which making of it.
    pub uid: String,
    /// As it is.
    pub guest: &'a GuestSeen,
    /// Why it is taken over.
    pub because: Reason,
}

impl Taken<'_> {
    /// What is decided already because the guest is what it is.
    pub fn decided(&self) -> Value {
        let ip = self.guest.address().map(|ip| ("ip", ip.to_string().into()));
        let fields = [("id", self.guest.vmid.into()), ("node", self.guest.node.as_str().into())];
        fields.into_iter().chain(ip).collect()
    }
}

/// The guest that an address without an object takes over, if there is one.
pub fn taken<'a>(
    inputs: Inputs<'a>,
    draft: &Draft,
    address: &Address,
) -> Result<Option<Taken<'a>>, Blocked> {
    let spec = &inputs.desired.resources[address].intent.spec;
    let mut cluster = None;
    each_ref(&spec["cluster"], &mut |it| cluster = Some(it.address().clone()));
    let guests = cluster.as_ref().and_then(|it| inputs.seen.clusters.get(it));
    let guests = guests.map_or(&[][..], |it| &it.guests);
    let find = |vmid: u32| guests.iter().find(|guest| guest.vmid == vmid);
    if let Some(adoption) = inputs.desired.adopted.get(address) {
        let id = draft.next(inputs, address, None);
        return by_hand(inputs, draft, id, adoption, &find).map(Some);
    }
    let stray = inputs.seen.strays.get(address);
    let Some((stray, guest)) = stray.and_then(|it| Some((it, find(it.vmid)?))) else {
        return Ok(None);
    };
    of_this_kind(address, guest)?;
    let (id, uid, because) = (stray.id.clone(), stray.uid.clone(), Reason::Found);
    Ok(Some(Taken { id, uid, guest, because }))
}

/// The guest that `adopt` names; whatever belongs to somebody is left alone.
fn by_hand<'a>(
    inputs: Inputs<'a>,
    draft: &Draft,
    id: ObjectId,
    adoption: &Adoption,
    find: &dyn Fn(u32) -> Option<&'a GuestSeen>,
) -> Result<Taken<'a>, Blocked> {
    let address = id.address.clone();
    let refused = |why: String, help: &str| Err(refused(&address, &adoption.id, &why, help));
    let parts: Vec<&str> = adoption.id.split('/').collect();
    let (node, form, number) = match parts.as_slice() {
        [number] => (None, None, *number),
        [form, number] => (None, Some(*form), *number),
        [node, form, number] => (Some(*node), Some(*form), *number),
        [..] => (None, None, ""),
    };
    let Ok(vmid) = number.parse() else {
        let why = "that is no number of a guest".to_owned();
        return refused(why, "write `\"4001\"` or `\"pve1/qemu/4001\"`");
    };
    let Some(guest) = find(vmid) else {
        let why = format!("its cluster has no guest {vmid}");
        return refused(why, "write the number of a guest that is there, or remove the line");
    };
    of_this_kind(&address, guest)?;
    let is = if guest.kind == GuestKind::Container { "lxc" } else { "qemu" };
    if form.is_some_and(|form| form != is) || node.is_some_and(|node| node != guest.node) {
        let found = format!("{}/{is}/{vmid}", guest.node);
        return refused(format!("it is `{found}` by now"), &format!("write `\"{found}\"`"));
    }
    let because = Reason::Adopted { id: adoption.id.clone() };
    // A copy carries the mark of what it was copied from, and belongs to nobody.
    let Some(mark) = guest.mark.as_ref().filter(|mark| mark.vmid == vmid) else {
        let uid = uid(inputs, &id);
        return Ok(Taken { id, uid, guest, because });
    };
    if mark.project != inputs.state.lineage {
        let why = "it belongs to another project of paas".to_owned();
        return refused(why, "let that project forget it, and remove its mark from the notes");
    }
    let other = draft.origins.find(inputs.state, &mark.object).map(|it| &it.address);
    let wanted = Some(&mark.object.address).filter(|it| **it != address);
    let wanted = wanted.filter(|it| inputs.desired.resources.contains_key(it));
    if let Some(other) = other.or(wanted) {
        let why = format!("it is `{other}` of this project");
        return refused(
            why,
            &format!("write `moved {other} -> {address}` to give it another name"),
        );
    }
    let id = if mark.object.address == address { mark.object.clone() } else { id };
    Ok(Taken { id, uid: mark.uid.clone(), guest, because })
}

fn of_this_kind(address: &Address, guest: &GuestSeen) -> Result<(), Blocked> {
    let (kind, form) = match guest.kind {
        GuestKind::Container => ("container", "a container"),
        GuestKind::Machine => ("vm", "a virtual machine"),
    };
    match address.kind() == kind {
        true => Ok(()),
        false => {
            let why = format!("guest {} is {form}", guest.vmid);
            Err(refused(address, &guest.vmid.to_string(), &why, &format!("make it a `{kind}`")))
        }
    }
}

impl Here<'_> {
    /// Takes over a guest: what differs is changed, and its mark says whose it is.
    pub(super) fn adopt(&self, draft: &mut Draft, taken: Taken<'_>, intent: Intent) -> ObjectId {
        let Taken { id, uid, guest, because } = taken;
        let spec = &intent.spec;
        let found = self.kind.take_over(&id, &uid, spec, guest).unwrap_or_default();
        let fixed = [("id", Value::from(guest.vmid)), ("node", guest.node.as_str().into())];
        let other = fixed.into_iter().find(|(name, value)| spec[*name] != *value);
        let impossible = found.impossible.or_else(|| {
            let (name, value) = other?;
            Some(format!("its `{name}` is {value}, and the manifest says {}", spec[name]))
        });
        if let Some(why) = impossible {
            let help = "write what it has into the manifest";
            draft.blocked.push(refused(self.address, &guest.vmid.to_string(), &why, help));
        }
        let cost = found.differs.iter().map(|(.., class)| *class).max();
        let leaf = |(path, before, after, class)| Leaf {
            path,
            before,
            after,
            class,
            because: because.clone(),
        };
        let leaves: Vec<Leaf> = found.differs.into_iter().map(leaf).collect();
        draft.specs.insert(self.address.clone(), intent.spec.clone());
        draft.changes.push(Change {
            id: id.clone(),
            verb: Verb::Update,
            uid,
            replaces: None,
            moved_from: None,
            steps: patient(found.steps, &intent.lifecycle),
            undo: Vec::new(),
            limit_secs: None,
            intent,
            after: Vec::new(),
            leaves,
            because,
            impact: of_class(cost.unwrap_or(Class::Note)),
        });
        id
    }
}

fn refused(address: &Address, id: &str, why: &str, help: &str) -> Blocked {
    Blocked::by(&change::not_taken_over(address.as_str(), id, why, help), address)
}
