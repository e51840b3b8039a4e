//! Steps on machines: files, programs, and waiting for what they start.

use crate::model::{Condition, Effect, File, ObjectId, Ref, Value, Wait, digest};
use crate::sandbox::cluster::Done;
use crate::sandbox::contents::{Contents, Entry, Listening, Place, StoredFile};
use crate::sandbox::{guest, programs};

/// What stands for the digest of a file that contains a secret.
pub(super) const SECRET: &str = "secret";

/// The kinds whose machines are guests; every other machine is always there.
const GUESTS: &[&str] = &["container", "vm"];

/// What `effect` does on the machine `machine`.
pub(super) fn step(contents: &Contents, machine: &Ref, effect: &Effect) -> Result<Done, String> {
    if let Effect::Wait(wait) = effect {
        return waited(contents, machine, wait);
    }
    let place = usable(contents, machine)?;
    let mut done = in_place(contents, &place, effect)?;
    if let Place::Guest(cluster, vmid) = &place {
        let node = contents.clusters[cluster].guests[vmid].node.clone();
        (done.node, done.vmid) = (node, Some(*vmid));
    }
    Ok(done)
}

/// What `effect` does where `paas` runs, or on a machine that is known to answer.
pub(super) fn in_place(
    contents: &Contents,
    place: &Place,
    effect: &Effect,
) -> Result<Done, String> {
    match effect {
        Effect::Run(command) => programs::run(contents, place, command),
        Effect::Write(file) => written(place, file),
        Effect::Wait(_) => Ok(Done { kind: "wait", took_ms: 200, ..Done::default() }),
        Effect::Call(call) => Err(format!("a machine has no API for `{}`", call.path)),
    }
}

/// Where the files and services of a machine are, if there is such a machine.
pub(super) fn place(contents: &Contents, machine: &Ref) -> Option<Place> {
    let address = machine.address();
    if !GUESTS.contains(&address.kind()) {
        return Some(Place::Host(match machine {
            Ref::Object(object) => object.origin(),
            Ref::Address(address) => ObjectId::first(address.clone()),
        }));
    }
    let (cluster, vmid) = match machine {
        Ref::Object(object) => {
            let (cluster, vmid, _) = contents.guest_of(object)?;
            (cluster.clone(), vmid)
        }
        Ref::Address(address) => contents.guests_of(address).pop()?,
    };
    Some(Place::Guest(cluster, vmid))
}

/// Why a machine takes no commands.
pub(super) fn trouble(contents: &Contents, place: &Place) -> Option<String> {
    let Place::Guest(cluster, vmid) = place else { return None };
    let cluster = contents.clusters.get(cluster)?;
    let guest = cluster.guests.get(vmid)?;
    let online = cluster.nodes.get(&guest.node).is_some_and(|node| node.online);
    match (&guest.lock, guest.running) {
        _ if !online => Some(format!("its node {} is offline", guest.node)),
        (Some(lock), _) => Some(format!("guest {vmid} is locked ({lock})")),
        (None, false) => Some(format!("guest {vmid} is stopped")),
        (None, true) => None,
    }
}

fn usable(contents: &Contents, machine: &Ref) -> Result<Place, String> {
    let place = place(contents, machine).ok_or_else(|| missing(machine))?;
    match trouble(contents, &place) {
        Some(why) => Err(format!("{machine} takes no commands: {why}")),
        None => Ok(place),
    }
}

fn missing(machine: &Ref) -> String {
    format!("{machine} is no machine: no guest carries its mark")
}

fn written(place: &Place, file: &File) -> Result<Done, String> {
    let path = &file.path;
    if !path.starts_with('/') {
        return Err(format!("`{path}` is not absolute"));
    }
    if file.content.has_secret() && file.mode & 0o077 != 0 {
        return Err(format!("`{path}` has a secret in it, and others could read it"));
    }
    let content = file.content.to_string();
    let digest = match file.content.has_secret() {
        true => SECRET.to_owned(),
        false => digest(content.as_bytes()),
    };
    let fact = (format!("file:{path}"), Value::from(digest.as_str()));
    let stored = StoredFile { digest, mode: file.mode, content };
    Ok(Done {
        entries: vec![Entry::File(place.clone(), path.clone(), Some(stored))],
        facts: [fact].into(),
        took_ms: 50,
        kind: "write",
        ..Done::default()
    })
}

fn waited(contents: &Contents, machine: &Ref, wait: &Wait) -> Result<Done, String> {
    let place = place(contents, machine).ok_or_else(|| missing(machine))?;
    let mut done = Done { kind: "wait", ..Done::default() };
    if let Place::Guest(cluster, vmid) = &place {
        done.vmid = Some(*vmid);
        done.node.clone_from(&contents.clusters[cluster].guests[vmid].node);
    }
    let why_not = trouble(contents, &place).or_else(|| unanswered(contents, &place, &wait.until));
    if let Some(why) = why_not {
        let secs = wait.within_secs;
        let what = match &wait.until {
            Condition::Ready => "was not ready".to_owned(),
            Condition::Http { port, .. } | Condition::Tcp { port } => {
                format!("did not answer on {port}")
            }
            Condition::Command { line } => format!("did not pass `{line}`"),
        };
        done.took_ms = secs.saturating_mul(1000);
        done.failed = Some(format!("{machine} {what} within {secs} s: {why}"));
        return Ok(done);
    }
    done.took_ms = match wait.until {
        Condition::Ready => 2000,
        Condition::Http { .. } | Condition::Tcp { .. } => 500,
        Condition::Command { .. } => 200,
    };
    if let (Condition::Ready, Place::Guest(cluster, vmid)) = (&wait.until, &place) {
        let guest = &contents.clusters[cluster].guests[vmid];
        let ip = guest::ip(*vmid, guest.container, &guest.config);
        let known = [("ip", ip), ("mac", guest::mac(&guest.config))];
        let known = known.into_iter().filter_map(|(name, it)| Some((name.to_owned(), it?.into())));
        done.facts.extend(known);
    }
    Ok(done)
}

/// Why a condition does not hold on a machine that runs.
fn unanswered(contents: &Contents, place: &Place, until: &Condition) -> Option<String> {
    let port = match until {
        Condition::Ready | Condition::Command { .. } | Condition::Tcp { port: 22 } => return None,
        // A host was there before, with whatever servers its owner runs on it.
        Condition::Tcp { .. } if matches!(place, Place::Host(_)) => return None,
        Condition::Http { port, .. } | Condition::Tcp { port } => *port,
    };
    let services = contents.places.get(place).map(|it| &it.services).into_iter().flatten();
    let running: Vec<_> = services.filter(|(_, service)| service.running).collect();
    if running.iter().any(|(_, service)| service.listens.answers(port)) {
        return None;
    }
    let open: Vec<String> = running
        .iter()
        .filter_map(|(name, service)| match &service.listens {
            Listening::Everywhere => None,
            Listening::On(list) if list.is_empty() => Some(format!("`{name}` listens nowhere")),
            Listening::On(list) => {
                let ports: Vec<String> = list.iter().map(|it| it.first.to_string()).collect();
                Some(format!("`{name}` listens on {}", ports.join(", ")))
            }
        })
        .collect();
    match open.is_empty() {
        true => Some("nothing listens there".to_owned()),
        false => Some(format!("nothing listens there; {}", open.join(", "))),
    }
}
