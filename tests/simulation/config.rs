//! Random configurations: what a user may want, and how they change their mind.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::rng::Rng;

/// Names of the containers that stand alone; nothing runs on the last one.
pub const MACHINES: [&str; 4] = ["alpha", "beta", "gamma", "spare"];
/// Names of the apps; each may wait for those before it.
pub const APPS: [&str; 3] = ["blog", "shop", "wiki"];
/// Keys of the containers that are made by a loop.
pub const KEYS: [&str; 3] = ["one", "two", "three"];

/// What a user wants at one time.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// How many nodes are named; none means that the cluster names its own.
    pub nodes: usize,
    /// The network has a pool.
    pub pool: bool,
    /// By name.
    pub machines: BTreeMap<&'static str, Machine>,
    /// One container for each key.
    pub farm: Option<(Machine, BTreeSet<&'static str>)>,
    /// By name: `edge` is one of two engines, `inner` the third.
    pub proxies: BTreeMap<&'static str, Proxy>,
    /// By name.
    pub apps: BTreeMap<&'static str, App>,
    /// A database server, and where the app that brings it runs.
    pub database: Option<Place>,
    /// Names, and what serves them.
    pub zone: Option<Zone>,
    /// A service that knows people.
    pub identity: bool,
    /// A page of links, and where it is.
    pub dashboard: Option<Place>,
    /// What the scripts of the two templates say.
    pub scripts: [usize; 2],
    /// How often each machine got another name.
    pub renamed: BTreeMap<&'static str, usize>,
    /// How often the apps exchanged their names.
    pub rotated: usize,
    /// It is said which app had which name before the last time.
    pub told: bool,
}

/// Where something runs; what does not exist is replaced by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The machine that nobody makes.
    Host,
    /// A container that stands alone.
    Machine(&'static str),
    /// A container of the loop.
    Farm(&'static str),
}

/// A container.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// On which node, if not on any.
    pub node: Option<usize>,
    /// Which of its two own numbers, if any.
    pub id: Option<usize>,
    /// `"auto"`, `"dhcp"`, or one of two own addresses.
    pub ip: usize,
    /// In MiB.
    pub memory: usize,
    /// In MiB.
    pub swap: usize,
    /// How many.
    pub cores: usize,
    /// In GiB.
    pub disk: usize,
    /// A template with scripts, if it is not made from an image.
    pub template: Option<usize>,
    /// `report`, `rerun_scripts` or `replace`.
    pub on_template_change: usize,
    /// Bits: `nesting`, `keyctl`, `fuse`.
    pub features: usize,
    /// It runs.
    pub stopped: bool,
    /// Words beside it.
    pub tagged: bool,
    /// What may happen to it.
    pub lifecycle: Lifecycle,
}

/// What may happen to a resource.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lifecycle {
    /// It is never destroyed.
    pub protect: bool,
    /// `delete`, `backup`, `stop` or `keep`.
    pub on_destroy: usize,
    /// `fix`, `report` or `ignore`.
    pub drift: usize,
    /// Drift of the memory is not reported.
    pub ignore_memory: bool,
    /// As its kind says, `destroy_first` or `create_first`.
    pub replace: usize,
    /// What was made is removed again when making the rest fails.
    pub rollback: bool,
    /// Another value replaces it.
    pub replace_on: usize,
    /// It may take so many minutes, if it is not zero.
    pub minutes: usize,
}

/// A proxy.
#[derive(Clone, Copy, Debug)]
pub struct Proxy {
    /// Where it runs.
    pub on: Place,
    /// Which of the engines it may have.
    pub engine: usize,
    /// Which address certificates are asked for under.
    pub acme: usize,
}

/// An app.
#[derive(Clone, Debug)]
pub struct App {
    /// Where it runs.
    pub on: Place,
    /// `compose`, `unit` or `nixos`.
    pub runtime: usize,
    /// What it is made of.
    pub content: usize,
    /// How it is told to log.
    pub level: usize,
    /// Bits: by a name, by a second name, by a TCP port.
    pub exposed: usize,
    /// Everything goes through the second proxy.
    pub inner: bool,
    /// It has a database.
    pub db: bool,
    /// People log in.
    pub login: bool,
    /// It has a link.
    pub tile: bool,
    /// It is checked.
    pub health: bool,
    /// It waits for the app before it.
    pub after: bool,
    /// What may happen to it.
    pub lifecycle: Lifecycle,
}

/// A zone.
#[derive(Clone, Copy, Debug)]
pub struct Zone {
    /// A file on the host, a name server on the host, or a provider.
    pub engine: usize,
    /// Where its one written name leads.
    pub value: usize,
}

impl Config {
    /// Something small.
    pub fn random(rng: &mut Rng) -> Config {
        let mut config = Config { pool: rng.chance(70), ..Config::default() };
        config.nodes = if rng.chance(50) { 1 + rng.below(3) } else { 0 };
        for _ in 0..1 + rng.below(4) {
            config.change(rng);
        }
        config
    }

    /// The same after the user has changed their mind about one thing.
    pub fn change(&mut self, rng: &mut Rng) {
        match rng.below(100) {
            0..22 => self.change_machine(rng),
            22..26 => self.rename(rng),
            26..36 => self.change_farm(rng),
            36..48 => self.change_proxy(rng),
            48..78 => self.change_app(rng),
            78..82 => flip(rng, &mut self.database, place),
            82..86 => flip(rng, &mut self.zone, zone),
            86..89 => self.identity = !self.identity,
            89..92 => flip(rng, &mut self.dashboard, place),
            92..97 => self.scripts[rng.below(2)] = rng.below(4),
            97..99 => self.nodes = rng.below(4),
            _ => self.pool = !self.pool,
        }
    }

    /// The written name of a machine, or of the machines of the loop.
    pub fn name(&self, slot: &str) -> String {
        match self.renamed.get(slot) {
            None => slot.to_owned(),
            Some(times) => format!("{slot}_{times}"),
        }
    }

    /// The written name of an app.
    pub fn app_name(&self, slot: usize) -> &'static str {
        APPS[(slot + self.rotated) % APPS.len()]
    }

    fn rename(&mut self, rng: &mut Rng) {
        match rng.below(3) {
            0 => {
                self.rotated += 1;
                self.told = true;
            }
            1 => *self.renamed.entry("farm").or_default() += 1,
            _ => *self.renamed.entry(MACHINES[rng.below(4)]).or_default() += 1,
        }
    }

    /// The same with nothing protected.
    pub fn unprotected(&self) -> Config {
        let mut config = self.clone();
        let farm = config.farm.iter_mut().map(|(machine, _)| machine);
        for machine in config.machines.values_mut().chain(farm) {
            machine.lifecycle.protect = false;
        }
        for app in config.apps.values_mut() {
            app.lifecycle.protect = false;
        }
        config
    }

    /// The same with every number left open.
    pub fn unnumbered(&self) -> Config {
        let mut config = self.clone();
        config.machines.values_mut().for_each(|machine| machine.id = None);
        config
    }

    fn change_machine(&mut self, rng: &mut Rng) {
        let name = *rng.pick(&MACHINES);
        match self.machines.get_mut(name) {
            Some(_) if rng.chance(25) => drop(self.machines.remove(name)),
            Some(machine) => machine.change(rng, name == "spare"),
            None => drop(self.machines.insert(name, Machine::random(rng))),
        }
    }

    fn change_farm(&mut self, rng: &mut Rng) {
        match &mut self.farm {
            Some(_) if rng.chance(20) => self.farm = None,
            Some((machine, _)) if rng.chance(30) => {
                machine.change(rng, false);
                machine.share();
            }
            Some((_, keys)) => {
                let key = *rng.pick(&KEYS);
                if !keys.remove(key) {
                    keys.insert(key);
                }
            }
            None => {
                let keys = KEYS.iter().copied().filter(|_| rng.chance(50)).collect();
                let mut machine = Machine::random(rng);
                machine.share();
                self.farm = Some((machine, keys));
            }
        }
    }

    fn change_proxy(&mut self, rng: &mut Rng) {
        let name = *rng.pick(&["edge", "edge", "inner"]);
        match self.proxies.get_mut(name) {
            Some(_) if rng.chance(20) => drop(self.proxies.remove(name)),
            Some(proxy) => match rng.below(3) {
                0 => proxy.on = place(rng),
                1 => proxy.engine = rng.below(2),
                _ => proxy.acme = rng.below(3),
            },
            None => {
                let proxy = Proxy { on: place(rng), engine: rng.below(2), acme: 0 };
                self.proxies.insert(name, proxy);
            }
        }
    }

    fn change_app(&mut self, rng: &mut Rng) {
        let name = *rng.pick(&APPS);
        match self.apps.get_mut(name) {
            Some(_) if rng.chance(20) => drop(self.apps.remove(name)),
            Some(app) => app.change(rng),
            None => drop(self.apps.insert(name, App::random(rng))),
        }
    }
}

impl Machine {
    fn random(rng: &mut Rng) -> Machine {
        let mut machine = Machine { memory: 512, cores: 1, disk: 8, ..Machine::default() };
        for _ in 0..rng.below(6) {
            machine.change(rng, false);
        }
        machine
    }

    /// What many have in common is no number and no address.
    fn share(&mut self) {
        self.id = None;
        self.ip %= 2;
    }

    fn change(&mut self, rng: &mut Rng, may_stop: bool) {
        match rng.below(14) {
            0 => self.node = if rng.chance(50) { None } else { Some(rng.below(3)) },
            1 => self.id = if rng.chance(40) { None } else { Some(rng.below(2)) },
            2 => self.ip = rng.below(4),
            3 | 4 => self.memory = 256 * (1 + rng.below(8)),
            5 => self.swap = 256 * rng.below(3),
            6 => self.cores = 1 + rng.below(4),
            7 => self.disk = 4 * (1 + rng.below(4)),
            8 => self.template = if rng.chance(40) { None } else { Some(rng.below(2)) },
            9 => self.on_template_change = rng.below(3),
            10 => self.features = rng.below(8),
            11 => self.stopped = may_stop && rng.chance(50),
            12 => self.tagged = !self.tagged,
            _ => self.lifecycle = lifecycle(rng, true),
        }
    }
}

impl App {
    fn random(rng: &mut Rng) -> App {
        App {
            on: place(rng),
            runtime: rng.below(3),
            content: rng.below(4),
            level: 0,
            exposed: rng.below(8),
            inner: false,
            db: rng.chance(40),
            login: rng.chance(40),
            tile: rng.chance(40),
            health: rng.chance(40),
            after: rng.chance(40),
            lifecycle: Lifecycle::default(),
        }
    }

    fn change(&mut self, rng: &mut Rng) {
        match rng.below(14) {
            0 | 1 => self.on = place(rng),
            2 => self.runtime = rng.below(3),
            3 | 4 => self.content = rng.below(4),
            5 => self.level = rng.below(3),
            6 | 7 => self.exposed = rng.below(8),
            8 => self.inner = !self.inner,
            9 => self.db = !self.db,
            10 => self.login = !self.login,
            11 => self.tile = !self.tile,
            12 => self.after = !self.after,
            _ if rng.chance(50) => self.health = !self.health,
            _ => self.lifecycle = lifecycle(rng, false),
        }
    }
}

fn lifecycle(rng: &mut Rng, kept: bool) -> Lifecycle {
    let on_destroy = if kept { rng.below(4) } else { 0 };
    let (drift, ignore_memory) = (rng.below(3), kept && rng.chance(30));
    let replace = rng.below(3);
    let (rollback, minutes) = (rng.chance(40), rng.below(2));
    let replace_on = if rng.chance(40) { 1 + rng.below(2) } else { 0 };
    let protect = rng.chance(40);
    Lifecycle { protect, on_destroy, drift, ignore_memory, replace, rollback, replace_on, minutes }
}

fn place(rng: &mut Rng) -> Place {
    match rng.below(10) {
        0..3 => Place::Host,
        3..8 => Place::Machine(MACHINES[rng.below(3)]),
        _ => {
            let key = rng.pick(&KEYS);
            Place::Farm(key)
        }
    }
}

fn zone(rng: &mut Rng) -> Zone {
    Zone { engine: rng.below(3), value: rng.below(3) }
}

fn flip<T>(rng: &mut Rng, value: &mut Option<T>, new: fn(&mut Rng) -> T) {
    *value = if value.is_some() && rng.chance(50) { None } else { Some(new(rng)) };
}
