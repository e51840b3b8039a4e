//! Which guest template of a cluster a new guest is a copy of, if its template names one.

use std::collections::BTreeMap;

use crate::kinds::{disk_size, slot};
use crate::model::{Address, ClusterSeen, GuestKind, GuestSeen, Object, Ref, Size, Value};
use crate::plan::{Blocked, Inputs};
use crate::problem::change;

/// Where the first disk of a virtual machine can be that says nothing of its order.
const FIRST: &[&str] = &["scsi0", "virtio0", "sata0", "ide0"];

/// The guest templates of each cluster.
pub struct Sources<'a>(BTreeMap<Address, Vec<&'a GuestSeen>>);

impl<'a> Sources<'a> {
    /// Those that were seen.
    pub fn new(inputs: Inputs<'a>) -> Sources<'a> {
        let of = |seen: &'a ClusterSeen| seen.guests.iter().filter(|it| is_template(it)).collect();
        let clusters = inputs.seen.clusters.iter();
        Sources(clusters.map(|(address, seen)| (address.clone(), of(seen))).collect())
    }
}

/// Notes in a spec which guest template it is a copy of. What exists stays what it was made from.
pub fn choose(
    sources: &Sources<'_>,
    address: &Address,
    spec: &mut Value,
    before: Option<&Value>,
) -> Result<(), Blocked> {
    let kind = match address.kind() {
        "container" => GuestKind::Container,
        "vm" => GuestKind::Machine,
        _ => return Ok(()),
    };
    let name = spec["image"].as_str().unwrap_or_default().to_owned();
    if let Some(before) = before.filter(|before| before["image"] == spec["image"]) {
        before.get("source").cloned().into_iter().for_each(|it| spec.set("source", it));
        return Ok(());
    }
    let cluster = spec["cluster"].read::<Ref>().ok();
    let seen = cluster.and_then(|it| sources.0.get(it.address()));
    let Some(seen) = seen.filter(|_| !name.contains([':', '/'])) else { return Ok(()) };
    let all = seen.iter().copied().filter(|guest| guest.kind == kind);
    let number: Option<u32> = name.parse().ok();
    let fits = |guest: &&GuestSeen| number == Some(guest.vmid) || name_of(guest) == Some(&name);
    let blocked = |why: String, help: &str| {
        let problem = change::nothing_to_choose(address.as_str(), &why, help);
        Err(Blocked::by(&problem, address))
    };
    let found: Vec<&GuestSeen> = all.clone().filter(fits).collect();
    let guest = match found.as_slice() {
        [] if number.is_none() => return Ok(()),
        [] => {
            let names = all.map(|it| format!("{} ({})", it.vmid, name_of(it).unwrap_or("?")));
            let names: Vec<String> = names.collect();
            let have = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let why = format!("its cluster has no guest template {name}; there is {have}");
            return blocked(why, "write the name or the number of one that is there");
        }
        [guest] => *guest,
        [one, other, ..] => {
            let why = format!("both {} and {} are called `{name}`", one.vmid, other.vmid);
            return blocked(why, "write the number of one of them");
        }
    };
    match source(guest, spec) {
        Ok(source) => {
            spec.set("source", source);
            Ok(())
        }
        Err((why, help)) => blocked(format!("the guest template {} {why}", guest.vmid), &help),
    }
}

/// Whether what a spec is a copy of is still there, if it is a copy.
pub fn is_gone(inputs: Inputs<'_>, spec: &Value) -> Option<String> {
    let number = spec.get("source")?["id"].as_u64()?;
    let cluster = spec["cluster"].read::<Ref>().ok()?;
    let seen = inputs.seen.clusters.get(cluster.address())?;
    let there = seen.guests.iter().any(|it| u64::from(it.vmid) == number && is_template(it));
    (!there).then(|| format!("its cluster has no guest template {number} any more"))
}

fn is_template(guest: &GuestSeen) -> bool {
    guest.config.get("template").is_some_and(|it| it == "1")
}

fn name_of(guest: &GuestSeen) -> Option<&str> {
    guest.config.get("hostname").or_else(|| guest.config.get("name")).map(String::as_str)
}

/// What is noted of a guest template, or why it cannot become what is asked for, and what to do.
fn source(guest: &GuestSeen, spec: &Value) -> Result<Value, (String, String)> {
    let config = &guest.config;
    let key = match guest.kind {
        GuestKind::Container => Some("rootfs"),
        GuestKind::Machine => first_disk(guest),
    };
    let disk = key.and_then(|key| disk_size(config.get(key))).and_then(|it| it.as_u64());
    let Some((key, has)) = key.zip(disk) else {
        let why = "has no disk to start from".to_owned();
        return Err((why, "name another one".to_owned()));
    };
    let wanted = spec["disk"].as_u64().unwrap_or_default();
    if has > wanted {
        let (has, wanted) = (Size(has), Size(wanted));
        let why = format!("has a disk of {has}, and a disk cannot shrink to {wanted}");
        return Err((why, format!("write `disk = {has}`")));
    }
    let (blocks, prefix, first, count) = match guest.kind {
        GuestKind::Container => ("mount", "mp", 0, 256),
        GuestKind::Machine => ("data_disk", "scsi", 1, 30),
    };
    for (name, block) in spec[blocks].as_object().into_iter().flat_map(Object::iter) {
        let written = block["slot"].as_u64().and_then(|it| it.try_into().ok());
        let key = format!("{prefix}{}", slot(name, written, first, count));
        if config.contains_key(&key) {
            let why = format!("has its own `{key}`, where `{blocks} {name}` goes");
            return Err((why, format!("write another `slot` in `{blocks} {name}`")));
        }
    }
    let inside = config.get("unprivileged").is_some_and(|it| it == "1");
    if guest.kind == GuestKind::Container && spec["unprivileged"] != inside {
        let why = format!("is made with `unprivileged = {inside}`, and so is its copy");
        return Err((why, format!("write `unprivileged = {inside}`")));
    }
    let drive = config.iter().find(|(_, it)| it.contains("cloudinit"));
    let mut out = Value::Object(Object::default());
    out.set("id", guest.vmid.into());
    out.set("node", guest.node.as_str().into());
    out.set("disk", key.into());
    if let Some((key, _)) = drive {
        out.set("cloud_init", key.as_str().into());
    }
    Ok(out)
}

/// The disk that a virtual machine starts from.
fn first_disk(guest: &GuestSeen) -> Option<&str> {
    let config = &guest.config;
    let order = config.get("boot").and_then(|it| it.split("order=").nth(1));
    let order = order.into_iter().flat_map(|it| it.split([';', ',']));
    let old = config.get("bootdisk").map(String::as_str);
    let is_disk = |key: &&str| {
        let value = config.get(*key).map(String::as_str).unwrap_or_default();
        !key.starts_with("net") && value.contains("size=") && !value.contains("media=cdrom")
    };
    order.chain(old).chain(FIRST.iter().copied()).find(is_disk)
}
