//! Which machine is meant, and how it is reached: for commands that go to one machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::options::Inputs;
use crate::cli::pipeline;
use crate::cli::project::{self, Project};
use crate::cli::secrets::Secrets;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::cli::world::Chosen;
use crate::drivers::Fault;
use crate::drivers::ssh::{KnownKeys, Login, Place, parse_place, usual_key_files};
use crate::kinds::cluster::Ssh;
use crate::model::{Address, Hidden, Piece, Port, Text, Value};
use crate::problem::{machines as problem, nearest, project as refusal};

/// The file with the keys that a project knows, in the folder of its state.
const KNOWN: &str = "known_hosts";

/// More machines in a row are a circle.
const JUMPS_MAX: usize = 8;

/// Kinds of machines; the first words of their addresses.
const MACHINES: &[&str] = &["host", "container", "vm", "node"];

/// A machine, and how it is reached.
pub struct Reached {
    /// Where commands run.
    pub place: Place,
    /// Its SSH.
    pub login: Login,
    /// A terminal goes through mosh where that is possible.
    pub mosh: bool,
    /// Where the project remembers keys.
    pub file: PathBuf,
}

/// A machine by its address in the manifest.
pub async fn by_address(
    terminal: &Terminal,
    inputs: &Inputs,
    address: &str,
    sandbox: bool,
) -> Result<Reached, Stop> {
    if sandbox {
        let why = "no machine in it takes commands";
        return Err(Stop::one(refusal::sandbox_refuses(why), 1));
    }
    let parsed = Address::parse(address);
    if let Some(guest) = parsed.filter(|it| it.kind() != "host" && is_machine(it.as_str())) {
        return by_cluster(terminal, inputs, &guest).await;
    }
    let project = project::load(inputs)?;
    project.warn(terminal);
    let file = project.state_folder(false).join(KNOWN);
    let (login, mosh) = Logins { project: &project, file: &file }.of(address).await?;
    Ok(Reached { place: Place::Host(login.clone()), login, mosh, file })
}

/// A node, or a guest of a cluster, which knows where it is.
async fn by_cluster(
    terminal: &Terminal,
    inputs: &Inputs,
    address: &Address,
) -> Result<Reached, Stop> {
    let (project, mut ground) = pipeline::load_with_ground(terminal, inputs, false)?;
    if !project.desired.resources.contains_key(address) {
        let machines = project.desired.resources.keys().map(Address::as_str);
        let near = nearest(address.as_str(), machines.filter(|it| is_machine(it)));
        return Err(Stop::one(problem::no_such_machine(address.as_str(), &near), 1));
    }
    pipeline::open(&project, &mut ground, false).await?;
    let Chosen::Real(real) = &ground.world else {
        return Err(Stop::one(problem::no_way_to(address.as_str(), true), 1));
    };
    let place = real.reach(address).await.map_err(|fault| {
        let (Fault::Refused(why) | Fault::Unknown(why)) = fault;
        Stop::one(problem::unreachable(address.as_str(), &why), 255)
    })?;
    let file = project.state_folder(false).join(KNOWN);
    match &place {
        Place::Host(login) | Place::Container { node: login, .. } => {
            let login = login.clone();
            Ok(Reached { place, login, mosh: false, file })
        }
        Place::Here => Err(Stop::one(problem::no_way_to(address.as_str(), true), 1)),
    }
}

/// A machine by its address in the manifest, or by its name in the network.
pub async fn by_any_name(
    terminal: &Terminal,
    inputs: &Inputs,
    name: &str,
    sandbox: bool,
) -> Result<Reached, Stop> {
    let kind = name.split('.').next().unwrap_or_default();
    let declared = MACHINES.contains(&kind) && name.contains('.');
    if declared || name.contains('/') && is_machine(name) {
        return by_address(terminal, inputs, name, sandbox).await;
    }
    let place = parse_place(name);
    let (host, port) = place.ok_or_else(|| Stop::one(problem::not_a_place(name), 1))?;
    let folder = match inputs.path.is_file() {
        true => inputs.path.parent().unwrap_or(Path::new(".")).to_path_buf(),
        false => inputs.path.clone(),
    };
    let file = project::state_folder(&folder, false).join(KNOWN);
    let known = KnownKeys::of(&file, home().as_deref());
    let login = Login::new("root", &host, port, known);
    Ok(Reached { place: Place::Host(login.clone()), login, mosh: false, file })
}

/// The logins of a project.
struct Logins<'a> {
    project: &'a Project,
    file: &'a Path,
}

impl Logins<'_> {
    /// How the machine with an address is reached, and whether mosh is preferred.
    async fn of(&self, address: &str) -> Result<(Login, bool), Stop> {
        let mut chain = vec![self.declared(address)?];
        while let Some(next) = chain.last().and_then(|(_, _, ssh)| ssh.jump.as_ref()) {
            if chain.len() > JUMPS_MAX {
                return Err(Stop::one(problem::jumps_in_a_circle(address), 1));
            }
            let next = self.declared(next.address().as_str())?;
            chain.push(next);
        }
        let texts = chain.iter().flat_map(|(_, _, ssh)| ssh.key.iter().chain(&ssh.password));
        let named: BTreeSet<String> = texts.flat_map(secrets_in).collect();
        let mut known = BTreeMap::new();
        if !named.is_empty() {
            let (state, _) = pipeline::state(&self.project.state_folder(false))?;
            let mut secrets = Secrets::of(self.project, &self.project.desired.secrets, false);
            known = secrets.public(&state, &named).await?;
        }
        let value = |text: &Option<Text>| {
            let text = text.as_ref()?.filled(|piece| match piece {
                Piece::Secret { secret, .. } | Piece::Revealed { revealed: secret, .. } => {
                    known.get(secret).map(|it| it.expose().to_owned())
                }
                Piece::Literal(_) | Piece::Late { .. } | Piece::Project { .. } => None,
            });
            Some(Hidden::new(text.as_literal()?.to_owned()))
        };
        let mosh = chain.first().is_some_and(|(_, _, ssh)| ssh.mosh == "prefer");
        let mut login: Option<Login> = None;
        for (_, host, ssh) in chain.iter().rev() {
            let known = KnownKeys::of(self.file, home().as_deref());
            let mut next = Login::new(&ssh.user, host, ssh.port.number(), known);
            next.key = value(&ssh.key);
            next.password = value(&ssh.password);
            next.key_files = match (&ssh.key_file, &next.key) {
                (Some(path), _) => vec![self.path(path)],
                (None, Some(_)) => Vec::new(),
                (None, None) => home().map(|home| usual_key_files(&home)).unwrap_or_default(),
            };
            next.jump = login.take().map(Box::new);
            login = Some(next);
        }
        let login = login.ok_or_else(|| Stop::one(problem::not_a_place(address), 1))?;
        Ok((login, mosh))
    }

    /// The address, the host and the SSH of a machine of the manifest.
    fn declared(&self, address: &str) -> Result<(Address, String, Ssh), Stop> {
        let resources = &self.project.desired.resources;
        let parsed = Address::parse(address);
        let found = parsed.and_then(|it| resources.get_key_value(&it));
        let Some((address, resource)) = found else {
            let machines = resources.keys().map(Address::as_str);
            let machines = machines.filter(|it| is_machine(it));
            let near = nearest(address, machines);
            return Err(Stop::one(problem::no_such_machine(address, &near), 1));
        };
        let spec = &resource.intent.spec;
        if address.kind() != "host" {
            return Err(Stop::one(problem::no_way_to(address.as_str(), false), 1));
        }
        let host = spec["address"].as_str().unwrap_or_default().to_owned();
        let ssh = match &spec["ssh"] {
            Value::Null => Ok(usual()),
            given => given.read::<Ssh>(),
        };
        let ssh = ssh.map_err(|error| {
            Stop::one(problem::unreachable(address.as_str(), &error.to_string()), 1)
        })?;
        Ok((address.clone(), host, ssh))
    }

    fn path(&self, text: &str) -> PathBuf {
        match text.strip_prefix("~/").zip(home()) {
            Some((rest, home)) => home.join(rest),
            None => self.project.folder.join(text),
        }
    }
}

/// How a machine is reached of which nothing is said.
fn usual() -> Ssh {
    Ssh {
        user: "root".to_owned(),
        port: Port::new(22).expect("it is a port"),
        key_file: None,
        key: None,
        password: None,
        mosh: "never".to_owned(),
        jump: None,
    }
}

fn is_machine(address: &str) -> bool {
    Address::parse(address).is_some_and(|it| MACHINES.contains(&it.kind()))
}

fn secrets_in(text: &Text) -> Vec<String> {
    let pieces = text.pieces().iter();
    let name = |piece: &Piece| match piece {
        Piece::Secret { secret, .. } | Piece::Revealed { revealed: secret, .. } => {
            Some(secret.clone())
        }
        Piece::Literal(_) | Piece::Late { .. } | Piece::Project { .. } => None,
    };
    pieces.filter_map(name).collect()
}

fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}
