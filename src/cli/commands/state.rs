//! `paas state`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::options::Inputs;
use crate::cli::pipeline;
use crate::cli::project::{manifests, state_folder};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::drivers::{Fault, World as _};
use crate::model::{Address, Answer, Mark, ObjectId, Question, Ref};
use crate::problem::{nearest, project, state as problems};
use crate::render;
use crate::state::{Event, State, Verb};
use crate::store::{self, Store};

/// Which project's state.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The folder of the manifest
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
}

/// What is done with the state.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List every object that was made
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Show everything that is known of one object
    Show {
        /// `container.web`, or `container.web#2`
        address: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let go of an object without touching it
    Forget {
        /// `container.web`, or `container.web#2`
        address: String,
        #[command(flatten)]
        place: Place,
    },
    /// Make a lost state again: find the guests that carry this project's mark, for the next plan
    /// to take them back
    ///
    /// Nothing on the platform is changed. Nothing is destroyed by the plans that follow, because
    /// what the manifest does not name is not remembered.
    Rebuild {
        #[command(flatten)]
        inputs: Inputs,
        /// Which project, where guests of several have addresses of the manifest
        #[arg(long, value_name = "LINEAGE")]
        project: Option<String>,
    },
    /// Take the newest readable copy of a damaged state; the damaged files are kept
    Repair {
        #[command(flatten)]
        place: Place,
    },
}

/// Does it.
pub async fn run(terminal: &Terminal, action: &Action, sandbox: bool) -> Result<u8, Stop> {
    if let Action::Rebuild { inputs, project } = action {
        return rebuild(terminal, inputs, project.as_deref(), sandbox).await;
    }
    let (Action::List { place }
    | Action::Show { place, .. }
    | Action::Forget { place, .. }
    | Action::Repair { place }) = action
    else {
        return Ok(0);
    };
    let (folder, _) = manifests(&place.path)?;
    let folder = state_folder(&folder, sandbox);
    match action {
        Action::List { .. } => {
            let state = read(&folder)?;
            terminal.print(&render::state_list(&state, terminal.out));
        }
        Action::Show { address, .. } => {
            let state = read(&folder)?;
            let id = find(&state, address)?;
            let record = &state.records[&id];
            terminal.print(&render::state_show(&id, record, terminal.out));
        }
        Action::Forget { address, .. } => {
            find(&read(&folder)?, address)?;
            let mut store = Store::open(&folder, "state forget")?;
            let id = find(store.state(), address)?;
            let record = &store.state().records[&id];
            let (uid, intent) = (record.uid.clone(), record.intent.clone());
            let verb = Verb::Forget;
            let facts = Default::default();
            store.append(&[
                Event::Started { id: id.clone(), verb, uid, intent },
                Event::Done { id: id.clone(), verb, facts, took_ms: 0 },
            ])?;
            store.close()?;
            terminal.print(&format!("{id} is forgotten; whatever it is stays as it is\n"));
        }
        Action::Repair { .. } => {
            terminal.print(&told(&store::repair(&folder)?, sandbox));
        }
        Action::Rebuild { .. } => (),
    }
    Ok(0)
}

/// Finds out which project the guests belong to whose addresses the manifest has, and begins a
/// state of that project: then each is one of ours that no record has, and is taken back.
async fn rebuild(
    terminal: &Terminal,
    inputs: &Inputs,
    wanted: Option<&str>,
    sandbox: bool,
) -> Result<u8, Stop> {
    let (project, mut ground) = pipeline::load_with_ground(terminal, inputs, sandbox)?;
    let folder = project.state_folder(sandbox);
    if store::read(&folder)?.is_some() {
        return Err(Stop::one(problems::state_is_there(&folder), 1));
    }
    pipeline::open(&project, &mut ground, sandbox).await?;
    let clusters = project.desired.resources.keys().filter(|it| it.kind() == "cluster");
    let questions: Vec<Question> =
        clusters.map(|it| Question::Cluster(Ref::Address(it.clone()))).collect();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (answer, question) in ground.world.look(&questions).await.into_iter().zip(&questions) {
        let seen = answer.map_err(|fault| {
            let (Fault::Refused(why) | Fault::Unknown(why)) = fault;
            let Question::Cluster(it) = question else { return Stop::one(problems::no_marks(), 1) };
            Stop::one(project::cannot_look(it.address().as_str(), &why), 1)
        })?;
        let Answer::Cluster(cluster) = seen else { continue };
        for guest in cluster.guests {
            let mark = guest.mark.filter(|mark| mark.vmid == guest.vmid);
            let known = |it: &Mark| project.desired.resources.contains_key(&it.object.address);
            if let Some(mark) = mark.filter(known) {
                let name = format!("{} ({})", mark.object.address, guest.vmid);
                found.entry(mark.project).or_default().push(name);
            }
        }
    }
    if let Some(wanted) = wanted {
        found.retain(|project, _| project == wanted);
    }
    let all: Vec<(String, Vec<String>)> = found.into_iter().collect();
    let (lineage, guests) = match all.as_slice() {
        [] => return Err(Stop::one(problems::no_marks(), 1)),
        [only] => only,
        several => return Err(Stop::one(problems::several_projects(several), 1)),
    };
    let store = Store::begin(&folder, "state rebuild", lineage)?;
    store.close()?;
    let option = if sandbox { " --sandbox" } else { "" };
    terminal.print(&format!(
        "found {} of the project {lineage}\nthe next plan takes them back; read it well: `paas \
         plan{option}`\n",
        guests.join(", ")
    ));
    Ok(0)
}

fn told(report: &store::Report, sandbox: bool) -> String {
    let option = if sandbox { " --sandbox" } else { "" };
    match report {
        store::Report::Healthy { serial } => {
            format!("nothing to repair: everything up to serial {serial} can be read\n")
        }
        store::Report::Repaired { from, reached, missing, serial, kept } => {
            let names = |paths: &[PathBuf]| {
                let names: Vec<String> =
                    paths.iter().map(|path| path.display().to_string()).collect();
                names.join(", ")
            };
            format!(
                "taken from {}\nit knows what happened up to serial {reached}; {missing} events \
                 are known to be missing\nthe state goes on at serial {serial}\nthe damaged \
                 files are kept: {}\nrun `paas plan{option}` next, and read it well\n",
                names(from),
                names(kept),
            )
        }
    }
}

fn read(folder: &std::path::Path) -> Result<State, Stop> {
    match store::read(folder)? {
        Some(loaded) => Ok(loaded.state),
        None => Err(Stop::one(problems::no_state(folder), 1)),
    }
}

fn find(state: &State, text: &str) -> Result<ObjectId, Stop> {
    let exact = ObjectId::parse(text).filter(|id| state.records.contains_key(id));
    let latest = || Address::parse(text).and_then(|it| Some(state.latest(&it)?.0.clone()));
    exact.or_else(latest).ok_or_else(|| {
        let names: Vec<String> = state.records.keys().map(|id| id.address.to_string()).collect();
        let near = nearest(text, names.iter().map(String::as_str));
        let near: Vec<String> = near.into_iter().map(|it| format!("`{it}`")).collect();
        Stop::one(project::nothing_to_explain(text, &near), 1)
    })
}
