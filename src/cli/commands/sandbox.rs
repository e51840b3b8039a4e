//! `paas sandbox`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::options::Inputs;
use crate::cli::project::load;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::cli::world::refused;
use crate::sandbox::{How, Layout, Sandbox};

/// Which project's sandbox.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The folder of the manifest
    #[arg(long, short = 'C', value_name = "PATH", default_value = ".")]
    project: PathBuf,
}

/// How a step goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// It is refused: nothing happens
    Refused,
    /// No answer comes, and nothing happened
    UnknownBefore,
    /// No answer comes, and it happened
    UnknownAfter,
}

/// What is done with the sandbox.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Show its nodes, guests, files and services
    Show {
        #[command(flatten)]
        place: Place,
    },
    /// Change something behind everybody's back, as a person at the console would
    ///
    /// `sandbox pace=50` lets everything take real time: 50 real milliseconds for each second
    /// that it would take (0, no time at all, by default), to see the progress or to press Ctrl-C.
    Set {
        /// `container.web`, a guest's number, `node.pve1`, `host.infra`, `app.blog`, `sandbox`
        address: String,
        /// `memory=2GiB`, `running=false`, `online=false`, `file:/etc/motd=hello`, `pace=50`
        #[arg(value_name = "ATTRIBUTE=VALUE")]
        setting: String,
        #[command(flatten)]
        place: Place,
    },
    /// Remove something behind everybody's back
    Remove {
        /// `container.web`, a guest's number, `app.blog`
        address: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let the next steps fail whose description contains a text
    Fail {
        /// `POST /nodes/pve1/lxc`, `docker compose up`, `container.web`
        pattern: String,
        /// How many steps
        #[arg(long, default_value_t = 1)]
        times: u32,
        /// How they fail
        #[arg(long, value_enum, default_value_t = Fault::Refused)]
        how: Fault,
        #[command(flatten)]
        place: Place,
    },
    /// Make everything as it was when the sandbox was new
    Reset {
        #[command(flatten)]
        place: Place,
    },
}

/// Does it.
pub fn run(terminal: &Terminal, action: &Action) -> Result<u8, Stop> {
    let (Action::Show { place }
    | Action::Set { place, .. }
    | Action::Remove { place, .. }
    | Action::Fail { place, .. }
    | Action::Reset { place }) = action;
    let project = load(&Inputs { path: place.project.clone(), ..Inputs::default() })?;
    let (folder, layout) = (project.state_folder(true), Layout::of(&project.desired));
    if let Action::Show { .. } = action {
        let sandbox = Sandbox::view(&folder).map_err(refused)?;
        sandbox.add(layout).map_err(refused)?;
        terminal.print(&sandbox.show());
        return Ok(0);
    }
    if let Action::Reset { .. } = action {
        Sandbox::renew(&folder, layout).map_err(refused)?;
        return Ok(0);
    }
    // What is refused is refused by a copy: the sandbox itself stays untouched.
    let copy = Sandbox::view(&folder).map_err(refused)?;
    copy.add(layout.clone()).map_err(refused)?;
    change(&copy, action).map_err(refused)?;
    change(&Sandbox::open(&folder, layout).map_err(refused)?, action).map_err(refused)?;
    Ok(0)
}

fn change(sandbox: &Sandbox, action: &Action) -> Result<(), String> {
    match action {
        Action::Show { .. } | Action::Reset { .. } => Ok(()),
        Action::Set { address, setting, .. } => {
            let (attribute, value) = setting
                .split_once('=')
                .ok_or_else(|| format!("`{setting}` sets nothing: write `attribute=value`"))?;
            sandbox.set(address, attribute, value)
        }
        Action::Remove { address, .. } => sandbox.remove(address),
        Action::Fail { pattern, times, how, .. } => {
            let how = match how {
                Fault::Refused => How::Refused,
                Fault::UnknownBefore => How::UnknownBefore,
                Fault::UnknownAfter => How::UnknownAfter,
            };
            sandbox.fail(pattern, *times, how)
        }
    }
}
