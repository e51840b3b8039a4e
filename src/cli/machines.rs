//! Which machine is meant, and how it is reached: for commands that go to one machine.

use std::path::{Path, PathBuf};

use crate::cli::options::Inputs;
use crate::cli::pipeline::{self, Ground};
use crate::cli::project;
use crate::cli::stop::Stop;
use crate::cli::world::Chosen;
use crate::drivers::places::Places;
use crate::drivers::ssh::{KnownKeys, Login, Place, parse_place};
use crate::drivers::{Fault, Real};
use crate::kinds::cluster::Ssh;
use crate::lower::Desired;
use crate::model::Address;
use crate::problem::{machines as problem, nearest, project as refusal};
use crate::state::State;

/// Kinds of machines; the first words of their addresses, or the last of a node's.
const MACHINES: &[&str] = &["host", "container", "vm", "node"];

/// A machine, and how it is reached.
pub struct Reached {
    /// Where commands run.
    pub place: Place,
    /// Its SSH, or that of the node that has it.
    pub login: Login,
    /// A terminal goes through mosh where that is possible.
    pub mosh: bool,
    /// Where the project remembers keys.
    pub file: PathBuf,
}

/// A machine by its address in the manifest.
///
/// What is worth knowing of the manifest is not told: the outputs are the command's.
pub async fn by_address(inputs: &Inputs, address: &str, sandbox: bool) -> Result<Reached, Stop> {
    if sandbox {
        let why = "no machine in it takes commands";
        return Err(Stop::one(refusal::sandbox_refuses(why), 1));
    }
    let project = project::load(inputs)?;
    let own = project.state_folder(false);
    let (state, _) = pipeline::state(&own)?;
    let machine = declared(&project.desired, address)?;
    let places = Places::of(&project.folder, &own, &project.desired, &state);
    let file = places.known_hosts();
    let mut ground = Ground { state, world: Chosen::Real(Real::new(places)) };
    pipeline::open(&project, &mut ground, false).await?;
    let Chosen::Real(real) = &ground.world else {
        return Err(Stop::one(problem::not_a_machine(address), 1));
    };
    let place = real.reach(&machine).await.map_err(|fault| match fault {
        Fault::Refused(why) | Fault::Unknown(why) => {
            Stop::one(problem::unreachable(address, &why), FAILED)
        }
    })?;
    let (Place::Host(login) | Place::Container { node: login, .. }) = &place else {
        return Err(Stop::one(problem::not_a_machine(address), 1));
    };
    let (login, mosh) = (login.clone(), prefers_mosh(&project.desired, &machine));
    Ok(Reached { place, login, mosh, file })
}

/// What `ssh` ends with when it is its own failure and not the command's.
pub const FAILED: u8 = 255;

/// A machine by its address in the manifest, or by its name in the network.
pub async fn by_any_name(inputs: &Inputs, name: &str, sandbox: bool) -> Result<Reached, Stop> {
    let address = Address::parse(name);
    let words = |it: &Address| MACHINES.contains(&it.kind()) || it.parent().is_some();
    if address.is_some_and(|it| words(&it)) {
        return by_address(inputs, name, sandbox).await;
    }
    let place = parse_place(name);
    let (host, port) = place.ok_or_else(|| Stop::one(problem::not_a_place(name), 1))?;
    let folder = match inputs.path.is_file() {
        true => inputs.path.parent().unwrap_or(Path::new(".")).to_path_buf(),
        false => inputs.path.clone(),
    };
    let own = project::state_folder(&folder, false);
    let file = Places::of(&folder, &own, &Desired::default(), &State::default()).known_hosts();
    let known = KnownKeys::of(&file, std::env::home_dir().as_deref());
    let login = Login::new("root", &host, port, known);
    Ok(Reached { place: Place::Host(login.clone()), login, mosh: false, file })
}

/// A machine that the manifest has.
fn declared(desired: &Desired, address: &str) -> Result<Address, Stop> {
    let parsed = Address::parse(address);
    let found = parsed.and_then(|it| desired.resources.get_key_value(&it));
    let is_machine = |it: &Address| MACHINES.contains(&it.kind());
    match found {
        Some((machine, _)) if is_machine(machine) => Ok(machine.clone()),
        Some(_) => Err(Stop::one(problem::not_a_machine(address), 1)),
        None => {
            let machines = desired.resources.keys().filter(|it| is_machine(it));
            let near = nearest(address, machines.map(Address::as_str));
            Err(Stop::one(problem::no_such_machine(address, &near), 1))
        }
    }
}

fn prefers_mosh(desired: &Desired, machine: &Address) -> bool {
    let spec = desired.resources.get(machine).map(|it| &it.intent.spec);
    let ssh = spec.and_then(|spec| spec["ssh"].read::<Option<Ssh>>().ok()?);
    ssh.is_some_and(|ssh| ssh.mosh == "prefer")
}
