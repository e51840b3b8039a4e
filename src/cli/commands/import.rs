//! `paas import`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::options::{Inputs, Planning};
use crate::cli::pipeline::{self, Ground};
use crate::cli::project::{self, Project, shown};
use crate::cli::repositories::Locking;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::drivers::Fault;
use crate::kinds::Import;
use crate::model::{Address, ClusterSeen, GuestSeen, Ref};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::problem::begin as problem;
use crate::problem::project as refusal;
use crate::render;
use crate::source::FileId;
use crate::state::State;
use crate::syntax;

/// Which guests, and where their text goes.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// Only this guest, by its number; without it every guest that no project looks after
    #[arg(long = "guest", value_name = "NUMBER", value_delimiter = ',')]
    guests: Vec<u32>,
    /// The cluster that they are on, if there are several
    #[arg(long, value_name = "ADDRESS")]
    cluster: Option<String>,
    /// Write the text into this new file instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes guests that are there into a manifest, and tells what the plan with it would change.
pub async fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    which: &Which,
    sandbox: bool,
) -> Result<u8, Stop> {
    if let Some(path) = &which.out {
        writable(path)?;
    }
    let (project, mut ground) = pipeline::load_with_ground(terminal, inputs, sandbox)?;
    let cluster = cluster(&project, which.cluster.as_deref())?;
    pipeline::open(&project, &mut ground, sandbox).await?;
    let (text, addresses) = {
        let all = look(&ground, &cluster, &BTreeSet::new()).await?;
        let chosen = chosen(&all, &project, &ground.state, &which.guests)?;
        let all = look(&ground, &cluster, &chosen).await?;
        let guests = all.guests.iter().filter(|guest| chosen.contains(&guest.vmid));
        let (bad, guests): (Vec<&GuestSeen>, Vec<&GuestSeen>) =
            guests.partition(|guest| unfit(guest).is_some());
        let why = |it: &&GuestSeen| format!("guest {}: {}", it.vmid, unfit(it).unwrap_or("-"));
        let left: Vec<String> = bad.iter().map(why).collect();
        if guests.is_empty() || !left.is_empty() && !which.guests.is_empty() {
            let help = "name the others: `--guest 101,102`";
            return Err(Stop::one(problem::not_imported(&left.join(", "), help), 1));
        }
        if !left.is_empty() {
            terminal.problems(&[problem::import_leaves_out(&left)], &project.sources);
        }
        let resources = &project.desired.resources;
        let resources = resources.iter().map(|(address, it)| (address, &it.intent.spec));
        let mut import = Import::into_cluster(&cluster, resources);
        import.add(&guests);
        (syntax::format(FileId::default(), &import.text()), import.addresses)
    };
    let before = planned(terminal, &project, &mut ground, sandbox).await?;
    let load = |path: &Path| {
        let own = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let (_, files) = project::manifests(&inputs.path).map_err(|_| String::new())?;
        Ok(if files.first().is_some_and(|it| it == path) { format!("{own}\n{text}") } else { own })
    };
    let (grown, _) = project::load_with(inputs, Locking::Hold, &load)?;
    let after = planned(terminal, &grown, &mut ground, sandbox).await?;
    terminal.problems(&told(&addresses, &before, &after), &grown.sources);
    let many = if addresses.len() == 1 { "guest" } else { "guests" };
    let next = format!("{} {many}; next: `paas plan`, `paas apply`\n", addresses.len());
    match &which.out {
        None => terminal.print(&text),
        Some(path) => {
            writable(path)?;
            std::fs::write(path, &text).map_err(|error| unwritten(path, &error.to_string()))?;
            terminal.print(&format!("{} is written: {next}", shown(path)));
        }
    }
    Ok(0)
}

fn unwritten(path: &Path, why: &str) -> Stop {
    let help = "write `--out imported.paas`, a file that is not there yet";
    Stop::one(problem::not_imported(&format!("`{}`: {why}", shown(path)), help), 1)
}

fn writable(path: &Path) -> Result<(), Stop> {
    match (path.extension().is_some_and(|it| it == "paas"), path.symlink_metadata().is_ok()) {
        (false, _) => Err(unwritten(path, "a manifest's name ends in `.paas`")),
        (true, true) => Err(unwritten(path, "it is there already")),
        (true, false) => Ok(()),
    }
}

/// The cluster that is meant.
fn cluster(project: &Project, named: Option<&str>) -> Result<Address, Stop> {
    let clusters: Vec<&Address> =
        project.desired.resources.keys().filter(|it| it.kind() == "cluster").collect();
    let refused = |why: &str, help: &str| Err(Stop::one(problem::not_imported(why, help), 1));
    let names: Vec<String> = clusters.iter().map(|it| format!("`--cluster {it}`")).collect();
    match (named, clusters.as_slice()) {
        (_, []) => refused("the manifest has no cluster", "begin one: `paas init`"),
        (None, [only]) => Ok((*only).clone()),
        (None, _) => {
            refused("the manifest has several clusters", &format!("write {}", names.join(" or ")))
        }
        (Some(name), _) => match clusters.iter().find(|it| it.as_str() == name) {
            Some(found) => Ok((*found).clone()),
            None => {
                let why = format!("the manifest has no cluster `{name}`");
                refused(&why, &format!("write {}", names.join(" or ")))
            }
        },
    }
}

async fn look(
    ground: &Ground,
    cluster: &Address,
    closely: &BTreeSet<u32>,
) -> Result<ClusterSeen, Stop> {
    // One that has moved is known outside by the name it was made under.
    let known = ground.state.latest(cluster).map(|(id, _)| Ref::Object(id.clone()));
    let of = known.unwrap_or_else(|| Ref::Address(cluster.clone()));
    ground.world.look_closely(&of, closely).await.map_err(|fault| {
        let (Fault::Refused(why) | Fault::Unknown(why)) = fault;
        Stop::one(refusal::cannot_look(cluster.as_str(), &why), 1)
    })
}

/// The guests that are meant: those that are named, or all that nobody looks after.
fn chosen(
    all: &ClusterSeen,
    project: &Project,
    state: &State,
    named: &[u32],
) -> Result<BTreeSet<u32>, Stop> {
    let mut adopted = BTreeMap::new();
    for (address, adoption) in &project.desired.adopted {
        let number = adoption.id.rsplit('/').next().and_then(|it| it.parse::<u32>().ok());
        adopted.extend(number.map(|number| (number, address)));
    }
    let recorded = |vmid: u32| {
        state.records.iter().find(|(_, record)| {
            record.possible().any(|it| it.spec["id"].as_u64() == Some(vmid.into()))
        })
    };
    let owner = |guest: &GuestSeen| {
        let mark = guest.mark.as_ref().filter(|mark| mark.vmid == guest.vmid);
        let by_mark = mark.map(|mark| format!("`{}` of a project of paas", mark.object.address));
        let by_line = || adopted.get(&guest.vmid).map(|address| format!("`{address}` already"));
        let by_state = || recorded(guest.vmid).map(|(id, _)| format!("`{}` already", id.address));
        by_mark.or_else(by_line).or_else(by_state)
    };
    let offline = |guest: &GuestSeen| all.nodes.get(&guest.node).is_some_and(|it| !it.online);
    let refused = |why: String, help: &str| Err(Stop::one(problem::not_imported(&why, help), 1));
    let find = |vmid: &u32| all.guests.iter().find(|guest| guest.vmid == *vmid);
    for vmid in named {
        let Some(guest) = find(vmid) else {
            let why = format!("the cluster has no guest {vmid}, or this login may not see it");
            return refused(why, "write the number of a guest that is there");
        };
        if let Some(owner) = owner(guest) {
            let help = "`paas state rebuild` takes back what a lost state knew";
            return refused(format!("guest {vmid} is {owner}"), help);
        }
        if offline(guest) {
            let why = format!("guest {vmid} is on `{}`, which is offline", guest.node);
            return refused(why, "try again when its node is back");
        }
    }
    let free = all.guests.iter().filter(|it| owner(it).is_none() && !offline(it));
    let free: BTreeSet<u32> = match named {
        [] => free.map(|guest| guest.vmid).collect(),
        named => named.iter().copied().collect(),
    };
    match free.is_empty() {
        true => refused("there is no guest that nobody looks after".to_owned(), "make one"),
        false => Ok(free),
    }
}

/// Why a guest cannot be written down.
fn unfit(guest: &GuestSeen) -> Option<&'static str> {
    if guest.config.get("template").is_some_and(|it| it == "1") {
        return Some("it is a template, and nothing runs in it");
    }
    // The list of everything tells the name alone.
    (guest.config.len() <= 1).then_some("this login may not read its configuration (VM.Audit)")
}

async fn planned(
    terminal: &Terminal,
    project: &Project,
    ground: &mut Ground,
    sandbox: bool,
) -> Result<Plan, Stop> {
    let (_, seen) = pipeline::secrets(terminal, project, ground, sandbox).await?;
    pipeline::plan(project, &project.desired, ground, &Planning::default(), seen).await
}

/// What the plan with the new text would change beside writing whose the guests are.
fn told(addresses: &[Address], before: &Plan, after: &Plan) -> Vec<Problem> {
    let mut problems = Vec::new();
    for address in addresses {
        let blocked = after.blocked.iter().filter(|it| it.address == *address);
        let mut lines: Vec<String> = blocked.map(|it| it.message.clone()).collect();
        let changes = after.changes.iter().filter(|it| it.id.address == *address);
        lines.extend(changes.flat_map(|it| &it.leaves).map(render::leaf_line));
        if !lines.is_empty() {
            problems.push(problem::imported_otherwise(address.as_str(), &lines));
        }
    }
    let of = |plan: &Plan| -> BTreeSet<Address> {
        plan.changes.iter().map(|change| change.id.address.clone()).collect()
    };
    let (were, are) = (of(before), of(after));
    let others: Vec<String> = are
        .difference(&were)
        .filter(|it| !addresses.contains(it) && it.kind() != "network")
        .map(|it| format!("`{it}`"))
        .collect();
    if !others.is_empty() {
        problems.push(problem::import_moves_others(&others));
    }
    problems
}
