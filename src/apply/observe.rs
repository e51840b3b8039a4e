//! Looks at everything that is recorded or desired, in bulk: one question a cluster, one a machine.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::drivers::{Fault, World};
use crate::kinds::{self, Found, Memory};
use crate::lower::Desired;
use crate::model::{Address, Answer, ClusterSeen, GuestSeen, ObjectId, Question, Ref, Value};
use crate::plan::{Seen, Stray, files_on, spec_for_looking};
use crate::state::{Record, State};

/// The kinds whose machines can be gone; every other machine is always there.
const GUESTS: &[&str] = &["container", "vm"];

/// What is there. Reads only; a machine that does not answer is unseen, a cluster that does not
/// answer ends the run.
pub async fn observe<W: World>(
    world: &W,
    state: &State,
    desired: &Desired,
) -> Result<Seen, (Address, Fault)> {
    let clusters = clusters(world, state, desired).await?;
    let mut seen = Seen::default();
    let (mut machines, mut open) = (BTreeMap::new(), Vec::new());
    for (id, record) in &state.records {
        let Some(kind) = kinds::find(id.address.kind()) else { continue };
        match kind.look(id, &record.intent.spec) {
            None | Some(Question::Module(_)) => (),
            Some(Question::Cluster(cluster)) => {
                let found = match clusters.get(cluster.address()) {
                    Some(answer) => {
                        kind.found(memory(state, id, record), &record.intent.spec, answer)
                    }
                    None => Found::Unseen,
                };
                seen.objects.insert(id.clone(), found);
            }
            Some(Question::Machine { machine, files, services }) => {
                merge(&mut machines, machine.clone(), files, services);
                open.push((id, record, machine));
            }
        }
    }
    seen.clusters = clusters.into_iter().filter_map(only_cluster).collect();
    seen.strays = strays(&seen, state);
    let wanted = wanted(state, desired);
    for (_, id, spec) in &wanted {
        let kind = kinds::find(id.address.kind()).expect("the lowering checks kinds");
        if let Some(Question::Machine { machine, files, services }) = kind.look(id, spec) {
            merge(&mut machines, machine, files, services);
        }
    }
    let answers = ask_machines(world, state, &seen, machines).await;
    for (id, record, machine) in open {
        if let Some(Err(Fault::Refused(why) | Fault::Unknown(why))) = answers.get(&machine) {
            seen.unseen.insert(id.clone(), why.clone());
        }
        let found = at_machine(state, &seen, &answers, &machine, |answer| {
            let kind = kinds::find(id.address.kind()).expect("it was asked for above");
            kind.found(memory(state, id, record), &record.intent.spec, answer)
        });
        seen.objects.insert(id.clone(), found);
    }
    seen.taken = taken(&seen, state, desired, &wanted, &answers);
    Ok(seen)
}

fn memory<'a>(state: &'a State, id: &'a ObjectId, record: &'a Record) -> Memory<'a> {
    let (lineage, facts) = (&state.lineage, &record.facts);
    let moved_from = record.moved_from.as_ref();
    Memory { id, uid: &record.uid, lineage, recorded: true, facts, moved_from }
}

type Machines = BTreeMap<Ref, (BTreeSet<String>, BTreeSet<String>)>;

fn merge(all: &mut Machines, at: Ref, files: BTreeSet<String>, services: BTreeSet<String>) {
    let entry = all.entry(at).or_default();
    entry.0.extend(files);
    entry.1.extend(services);
}

/// Every cluster that is recorded or desired, and those on which an abandoned guest may appear:
/// if they do not answer any more, there is nothing to be found.
async fn clusters<W: World>(
    world: &W,
    state: &State,
    desired: &Desired,
) -> Result<BTreeMap<Address, Answer>, (Address, Fault)> {
    let recorded = state.records.keys().map(|id| &id.address);
    let all: BTreeSet<&Address> =
        recorded.chain(desired.resources.keys()).filter(|it| it.kind() == "cluster").collect();
    let left: Vec<Ref> =
        state.abandoned.iter().filter_map(|it| it.intent.spec["cluster"].read().ok()).collect();
    let left: BTreeSet<&Address> = left.iter().map(Ref::address).collect();
    let left = left.difference(&all).copied().collect::<Vec<_>>();
    let ask = |address: &&Address| {
        // One that has moved is known outside by the name it was made under.
        let known = state.latest(address).map(|(id, _)| Ref::Object(id.clone()));
        Question::Cluster(known.unwrap_or_else(|| Ref::Address((*address).clone())))
    };
    let everywhere = || all.iter().chain(&left);
    let questions: Vec<Question> = everywhere().map(ask).collect();
    let mut found = BTreeMap::new();
    for (address, answer) in everywhere().copied().zip(world.look(&questions).await) {
        match answer {
            Ok(Answer::Cluster(mut cluster)) => {
                cluster.guests.sort_by_key(|guest| guest.vmid);
                found.insert(address.clone(), Answer::Cluster(cluster));
            }
            Ok(Answer::Machine(_) | Answer::Module(_)) => (),
            Err(_) if left.contains(&address) => (),
            Err(fault) => return Err((address.clone(), fault)),
        }
    }
    Ok(found)
}

fn only_cluster((address, answer): (Address, Answer)) -> Option<(Address, ClusterSeen)> {
    match answer {
        Answer::Cluster(cluster) => Some((address, cluster)),
        Answer::Machine(_) | Answer::Module(_) => None,
    }
}

/// Desired resources that are on no record's machine, if that one is there: their places may be
/// taken.
fn wanted<'a>(state: &State, desired: &'a Desired) -> Vec<(&'a Address, ObjectId, Value)> {
    let mut wanted = Vec::new();
    let origins = state.origins();
    for (address, resource) in &desired.resources {
        let spec = &resource.intent.spec;
        let there = machine(spec).is_some_and(|it| state.latest(it.address()).is_some());
        if !there {
            continue;
        }
        let spec = spec_for_looking(spec, state);
        let mut known = state.all(address).flat_map(|(_, record)| record.possible());
        if !known.any(|intent| machine(&intent.spec) == machine(&spec)) {
            let id = origins.next(address, state.latest(address).map(|(id, _)| id), |name| {
                state.latest(name).is_some() || desired.resources.contains_key(name)
            });
            wanted.push((address, id, spec));
        }
    }
    wanted
}

fn machine(spec: &Value) -> Option<Ref> {
    Ref::parse(spec["machine"]["$ref"].as_str()?)
}

async fn ask_machines<W: World>(
    world: &W,
    state: &State,
    seen: &Seen,
    machines: Machines,
) -> BTreeMap<Ref, Result<Answer, Fault>> {
    // A machine that is gone has nothing on it, and cannot be asked.
    let asked = machines.into_iter().filter(|(machine, _)| !is_gone(state, seen, machine));
    let (names, questions): (Vec<Ref>, Vec<Question>) = asked
        .map(|(machine, (files, services))| {
            (machine.clone(), Question::Machine { machine, files, services })
        })
        .unzip();
    names.into_iter().zip(world.look(&questions).await).collect()
}

/// A guest that is neither recorded nor there with our mark was removed in an earlier run.
fn is_gone(state: &State, seen: &Seen, machine: &Ref) -> bool {
    let Ref::Object(id) = machine else { return false };
    if state.records.contains_key(id) {
        return matches!(seen.objects.get(id), Some(Found::Nothing | Found::Foreign(_)));
    }
    let marked = seen.strays.get(&id.address).is_some_and(|stray| stray.id == *id);
    GUESTS.contains(&id.address.kind()) && !marked
}

fn at_machine(
    state: &State,
    seen: &Seen,
    answers: &BTreeMap<Ref, Result<Answer, Fault>>,
    machine: &Ref,
    found: impl Fn(&Answer) -> Found,
) -> Found {
    match answers.get(machine) {
        Some(Ok(answer)) => found(answer),
        None if is_gone(state, seen, machine) => Found::Nothing,
        Some(Err(_)) | None => Found::Unseen,
    }
}

/// Guests that carry our mark although no record has them.
fn strays(seen: &Seen, state: &State) -> BTreeMap<Address, Stray> {
    let origins = state.origins();
    let mut strays = BTreeMap::new();
    for guest in seen.clusters.values().flat_map(|cluster| &cluster.guests) {
        let Some(mark) = &guest.mark else { continue };
        let ours = !state.lineage.is_empty() && mark.project == state.lineage;
        if ours && mark.vmid == guest.vmid && origins.find(state, &mark.object).is_none() {
            let stray = Stray {
                id: mark.object.clone(),
                uid: mark.uid.clone(),
                vmid: guest.vmid,
                node: guest.node.clone(),
                ip: guest.address(),
            };
            strays.insert(mark.object.address.clone(), stray);
        }
    }
    strays
}

/// The guest that has the number or the address that a spec asks for, and what it is.
fn in_the_way<'a>(cluster: &'a ClusterSeen, spec: &Value) -> Option<(&'a GuestSeen, String)> {
    let name = |guest: &GuestSeen| {
        let name = guest.config.get("hostname").or_else(|| guest.config.get("name"));
        name.map(|name| format!(" ({name})")).unwrap_or_default()
    };
    let number = spec["id"].as_u64().and_then(|vmid| {
        let at = cluster.guests.binary_search_by_key(&vmid, |guest| guest.vmid.into()).ok()?;
        let guest = &cluster.guests[at];
        Some((guest, format!("guest {vmid}{}", name(guest))))
    });
    number.or_else(|| {
        let ip: IpAddr = spec["ip"].as_str()?.parse().ok()?;
        let bridge = spec["bridge"].as_str();
        let here = |guest: &&GuestSeen| {
            let same_bridge = bridge.is_none() || guest.option("net0", "bridge") == bridge;
            let tag = guest.option("net0", "tag").and_then(|tag| tag.parse().ok());
            guest.address() == Some(ip) && same_bridge && tag == spec["vlan"].as_u64()
        };
        let guest = cluster.guests.iter().find(here)?;
        Some((guest, format!("guest {}{}, which has the address {ip}", guest.vmid, name(guest))))
    })
}

/// What is on a machine beside the files of recorded objects: those that give a file back have
/// done so before another one is made.
fn without_ours(answer: &Answer, state: &State, machine: &Ref) -> Answer {
    let mut answer = answer.clone();
    if let Answer::Machine(seen) = &mut answer {
        let ours = files_on(state, machine);
        seen.files.retain(|path, _| !ours.contains(path));
    }
    answer
}

/// Numbers and places that somebody else has, by the address of what wants them.
fn taken(
    seen: &Seen,
    state: &State,
    desired: &Desired,
    wanted: &[(&Address, ObjectId, Value)],
    answers: &BTreeMap<Ref, Result<Answer, Fault>>,
) -> BTreeMap<Address, String> {
    let mut taken = BTreeMap::new();
    let origins = state.origins();
    for (address, resource) in &desired.resources {
        let spec = &resource.intent.spec;
        let cluster = spec["cluster"]["$ref"].as_str().and_then(Ref::parse);
        let Some(cluster) = cluster.and_then(|it| seen.clusters.get(it.address())) else {
            continue;
        };
        let Some((guest, what)) = in_the_way(cluster, spec) else { continue };
        let ours = guest.mark.as_ref().is_some_and(|mark| {
            let known = origins.find(state, &mark.object).is_some()
                || seen.strays.get(address).is_some_and(|stray| stray.vmid == guest.vmid)
                || state.abandoned.iter().any(|it| it.uid == mark.uid);
            mark.project == state.lineage && mark.vmid == guest.vmid && known
        });
        if !ours {
            taken.insert(address.clone(), what);
        }
    }
    let facts = BTreeMap::new();
    for (address, id, spec) in wanted {
        let kind = kinds::find(id.address.kind()).expect("the lowering checks kinds");
        let Some(Question::Machine { machine, .. }) = kind.look(id, spec) else { continue };
        let memory = Memory {
            id,
            uid: "",
            lineage: &state.lineage,
            recorded: false,
            facts: &facts,
            moved_from: None,
        };
        let found = at_machine(state, seen, answers, &machine, |answer| {
            kind.found(memory, spec, &without_ours(answer, state, &machine))
        });
        if let Found::Foreign(path) = found {
            taken.insert((*address).clone(), format!("`{path}` on {}", machine.address()));
        }
    }
    taken
}
