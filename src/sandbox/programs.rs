//! The programs that the sandbox knows, and what each leaves on its machine.

use std::collections::BTreeMap;

use crate::model::{Command, Text, Value, digest};
use crate::sandbox::cluster::Done;
use crate::sandbox::compose;
use crate::sandbox::contents::{
    Contained, Contents, Entry, Listening, Opening, Place, Runtime, Service, StoredFile,
};
use crate::sandbox::scripts;

/// A machine while a program runs on it.
struct Machine<'a> {
    place: &'a Place,
    files: &'a BTreeMap<String, StoredFile>,
    services: BTreeMap<String, Service>,
    entries: Vec<Entry>,
    facts: BTreeMap<String, Value>,
}

/// The words of a `docker compose` command, sorted.
#[derive(Debug, Default)]
pub(super) struct Words<'a> {
    /// After `-p`.
    pub(super) project: Option<&'a str>,
    /// After each `-f`.
    pub(super) files: Vec<&'a str>,
    /// After each `--env-file`.
    pub(super) env_files: Vec<&'a str>,
    /// After each `--profile`.
    pub(super) profiles: Vec<&'a str>,
    /// `up`, `down`, …
    pub(super) verb: &'a str,
}

/// What `command` does in `place`.
pub(super) fn run(contents: &Contents, place: &Place, command: &Command) -> Result<Done, String> {
    if command.argv.iter().any(Text::has_secret) {
        return Err("a secret stands in the arguments, where everybody can read it".to_owned());
    }
    let words: Vec<String> = command.argv.iter().map(ToString::to_string).collect();
    let stdin = command.stdin.as_ref().map(ToString::to_string);
    let nothing = Contained::default();
    let contained = contents.places.get(place).unwrap_or(&nothing);
    let mut machine = Machine {
        place,
        files: &contained.files,
        services: contained.services.clone(),
        entries: Vec::new(),
        facts: BTreeMap::new(),
    };
    let took_ms = machine.run(&words, stdin.as_deref())?;
    let Machine { entries, facts, .. } = machine;
    Ok(Done { entries, facts, took_ms, kind: "run", ..Done::default() })
}

/// A script or another input, as the log shows it.
pub(super) fn input(command: &Command) -> String {
    match &command.stdin {
        Some(text) => format!(" <{}>", &digest(text.to_string().as_bytes())[..12]),
        None => String::new(),
    }
}

impl<'a> Words<'a> {
    /// Reads `docker compose -p NAME -f PATH up …`.
    pub(super) fn of_compose(words: &'a [String]) -> Option<Words<'a>> {
        let mut rest = match words {
            [docker, compose, rest @ ..] if program(docker) == "docker" && compose == "compose" => {
                rest.iter()
            }
            _ => return None,
        };
        let mut out = Words::default();
        while let Some(word) = rest.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value)),
                _ => (word.as_str(), None),
            };
            let takes_value = matches!(
                name,
                "-p" | "--project-name"
                    | "-f"
                    | "--file"
                    | "--project-directory"
                    | "--env-file"
                    | "--profile"
                    | "--ansi"
                    | "--progress"
                    | "--parallel"
            );
            let value = match value {
                None if takes_value => rest.next().map(String::as_str),
                value => value,
            };
            match name {
                "-p" | "--project-name" => out.project = value,
                "-f" | "--file" => out.files.extend(value),
                "--env-file" => out.env_files.extend(value),
                "--profile" => out.profiles.extend(value),
                name if name.starts_with('-') => (),
                verb => {
                    out.verb = verb;
                    break;
                }
            }
        }
        Some(out)
    }
}

impl Machine<'_> {
    /// Runs one program; gives back the virtual milliseconds it took.
    fn run(&mut self, words: &[String], stdin: Option<&str>) -> Result<u64, String> {
        let Some((first, arguments)) = words.split_first() else {
            return Err("there is no program to run".to_owned());
        };
        if let Some(compose) = Words::of_compose(words) {
            return self.compose(&compose);
        }
        let flag = |wanted: &str| arguments.iter().any(|it| it == wanted);
        let verb = arguments.first().map(String::as_str).unwrap_or_default();
        match program(first) {
            "rm" => self.rm(arguments),
            "sh" if flag("-s") || flag("-c") => self.script(stdin.unwrap_or_default()),
            "systemctl" => self.systemctl(arguments),
            "nixos-rebuild" => self.nixos(arguments),
            "install" => self.install(arguments),
            "caddy" if verb == "reload" || verb == "start" => self.unit_runs("caddy"),
            "nginx" if flag("-s") && flag("reload") => self.unit_runs("nginx"),
            "docker" if matches!(verb, "network" | "volume" | "image" | "exec") => Ok(500),
            "su" if flag("-c") => Ok(200),
            "psql" | "mariadb" | "mysql" | "mongosh" | "redis-cli" => Ok(200),
            "caddy" | "nginx" | "traefik" | "openssl" | "mkdir" => Ok(200),
            name => Err(format!("the sandbox does not know `{name}`")),
        }
    }

    fn rm(&mut self, arguments: &[String]) -> Result<u64, String> {
        let (flags, paths): (Vec<_>, Vec<_>) = arguments.iter().partition(|it| it.starts_with('-'));
        let given = |letter: char| flags.iter().any(|flag| flag.contains(letter));
        for path in paths {
            let path = path.trim_end_matches('/');
            let inside = |it: &str| it.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
            let gone: Vec<&String> =
                self.files.keys().filter(|it| *it == path || inside(it)).collect();
            if gone.is_empty() && !given('f') {
                return Err(format!("rm: there is no `{path}`"));
            }
            if !given('r') && gone.iter().any(|it| *it != path) {
                return Err(format!("rm: `{path}` is a folder"));
            }
            for path in gone {
                self.entries.push(Entry::File(self.place.clone(), path.clone(), None));
            }
        }
        Ok(50)
    }

    /// A script is not run, but the units that it plainly starts and stops are, and the servers
    /// that it installs listen on their usual ports.
    fn script(&mut self, text: &str) -> Result<u64, String> {
        for line in text.lines().map(str::trim) {
            for installed in scripts::installed(line) {
                if !self.services.contains_key(installed.unit) {
                    self.put(installed.unit, Some(installed.service()));
                }
            }
            if let Some(words) = scripts::systemctl(line) {
                self.systemctl(&words)?;
            }
        }
        Ok(2000)
    }

    fn compose(&mut self, words: &Words<'_>) -> Result<u64, String> {
        let Some(name) = words.project else {
            return Err("docker compose: no project is named".to_owned());
        };
        match words.verb {
            "up" => self.compose_up(name, words),
            "down" | "rm" | "kill" => {
                if words.verb == "down" && self.services.contains_key(name) {
                    self.put(name, None);
                }
                Ok(4000)
            }
            "pull" | "build" | "config" | "create" => {
                self.compose_texts(words)?;
                Ok(6000)
            }
            "stop" | "start" | "restart" => {
                let Some(service) = self.services.get(name) else {
                    return Err(format!("docker compose: there is no project `{name}`"));
                };
                let running = words.verb != "stop";
                self.put(name, Some(Service { running, ..service.clone() }));
                Ok(3000)
            }
            "exec" | "run" | "ps" => Ok(1000),
            verb => Err(format!("the sandbox does not know `docker compose {verb}`")),
        }
    }

    fn compose_up(&mut self, name: &str, words: &Words<'_>) -> Result<u64, String> {
        let mut listens = Listening::default();
        let mut label = None;
        let around = self.around(words)?;
        for text in self.compose_texts(words)? {
            let project = compose::project(text, &around)?;
            label = label.or(project.digest);
            listens = match (listens, project.listens) {
                (Listening::On(mut all), Listening::On(more)) => {
                    all.extend(more);
                    Listening::On(all)
                }
                (_, Listening::Everywhere) | (Listening::Everywhere, _) => Listening::Everywhere,
            };
        }
        if let Listening::On(wanted) = &listens {
            self.free(name, wanted)?;
        }
        let written = words.files.first().and_then(|path| self.files.get(*path));
        let digest = label.or_else(|| written.map(|file| file.digest.clone()));
        let what = Runtime::Compose;
        let generation = None;
        let service = Service { what, running: true, enabled: true, digest, listens, generation };
        let same = self.services.get(name) == Some(&service);
        self.put(name, Some(service));
        Ok(if same { 1500 } else { 9000 })
    }

    /// The variables and profiles that the Compose files are read with.
    fn around<'a>(&self, words: &Words<'a>) -> Result<compose::Around<'a>, String> {
        let mut around = compose::Around { profiles: words.profiles.clone(), env: BTreeMap::new() };
        for path in &words.env_files {
            let file = self.files.get(*path);
            let file = file.ok_or_else(|| format!("docker compose: there is no file `{path}`"))?;
            around.env.extend(compose::variables(&file.content));
        }
        Ok(around)
    }

    /// The content of the Compose files; refused if one was never written.
    fn compose_texts(&self, words: &Words<'_>) -> Result<Vec<&str>, String> {
        if words.files.is_empty() {
            return Err("docker compose: no file is named".to_owned());
        }
        let read = |path: &&str| match self.files.get(*path) {
            Some(file) => Ok(file.content.as_str()),
            None => Err(format!("docker compose: there is no file `{path}`")),
        };
        words.files.iter().map(read).collect()
    }

    /// Refuses a port that another project has.
    fn free(&self, name: &str, wanted: &[Opening]) -> Result<(), String> {
        let running = self
            .services
            .iter()
            .filter(|(other, it)| *other != name && it.running && it.what == Runtime::Compose);
        for (other, service) in running {
            let Listening::On(taken) = &service.listens else { continue };
            let clash = wanted.iter().find(|port| {
                taken.iter().any(|it| {
                    let hosts = it.host.is_none() || port.host.is_none() || it.host == port.host;
                    hosts && it.first <= port.last && port.first <= it.last
                })
            });
            if let Some(port) = clash {
                return Err(format!("port {} is taken by `{other}`", port.first));
            }
        }
        Ok(())
    }

    fn systemctl(&mut self, arguments: &[String]) -> Result<u64, String> {
        let now = arguments.iter().any(|it| it == "--now");
        let mut words = arguments.iter().filter(|it| !it.starts_with('-'));
        let verb = words.next().map(String::as_str).unwrap_or_default();
        if verb == "daemon-reload" {
            self.forget_units();
            return Ok(500);
        }
        for unit in words {
            let name = unit_name(unit);
            let known = self.services.get(name);
            let was = known.cloned().unwrap_or_default();
            let digest = self.unit_digest(name);
            let started = |enabled| Service {
                what: was.what,
                running: true,
                enabled,
                digest: digest.clone(),
                listens: scripts::listening_of(name),
                generation: was.generation,
            };
            let service = match verb {
                "enable" if now => Some(started(true)),
                "enable" => Some(Service { enabled: true, ..was }),
                "start" if was.running => Some(was),
                "start" | "restart" | "reload-or-restart" | "try-restart" => {
                    Some(started(was.enabled))
                }
                "reload" if known.is_some() && !was.running => {
                    return Err(format!("systemctl: `{name}` does not run"));
                }
                "reload" => Some(started(was.enabled)),
                "stop" => known.map(|_| Service { running: false, ..was.clone() }),
                "disable" if now || !was.running => None,
                "disable" => Some(Service { enabled: false, ..was }),
                "mask" | "unmask" | "reset-failed" | "is-active" => continue,
                _ => return Err(format!("the sandbox does not know `systemctl {verb}`")),
            };
            self.put(name, service);
        }
        Ok(500)
    }

    /// Units that are stopped and have no file are gone.
    fn forget_units(&mut self) {
        let gone = |(name, service): &(&String, &Service)| {
            let unit = service.what == Runtime::Unit && !service.running;
            unit && self.unit_digest(name).is_none()
        };
        let gone: Vec<String> =
            self.services.iter().filter(gone).map(|(name, _)| name.clone()).collect();
        gone.iter().for_each(|name| self.put(name, None));
    }

    fn unit_runs(&mut self, name: &str) -> Result<u64, String> {
        self.systemctl(&["restart".to_owned(), name.to_owned()])
    }

    fn unit_digest(&self, name: &str) -> Option<String> {
        let template = name.split_once('@').map(|(stem, _)| format!("{stem}@.service"));
        let files = [Some(format!("{name}.service")), Some(name.to_owned()), template];
        let paths = files.into_iter().flatten().map(|file| format!("/etc/systemd/system/{file}"));
        paths.filter_map(|path| self.files.get(&path)).map(|file| file.digest.clone()).next()
    }

    fn nixos(&mut self, arguments: &[String]) -> Result<u64, String> {
        let verb = arguments.first().map(String::as_str).unwrap_or_default();
        if !matches!(verb, "switch" | "boot" | "test") {
            return Err(format!("the sandbox does not know `nixos-rebuild {verb}`"));
        }
        let flake = arguments.iter().skip_while(|it| *it != "--flake").nth(1);
        let host = flake.and_then(|flake| flake.rsplit_once('#')).map(|(_, host)| host);
        let old = self.services.iter().find(|(name, _)| name.starts_with("nixos:"));
        let (old, [runs, newest]) = match old {
            Some((name, it)) => (Some(name.clone()), it.generation.unwrap_or([0, 0])),
            None => (None, [0, 0]),
        };
        let name = match (host, &old) {
            (Some(host), _) => format!("nixos:{host}"),
            (None, Some(old)) => old.clone(),
            (None, None) => return Err("nixos-rebuild: no `--flake PATH#HOST` is given".to_owned()),
        };
        let generation = match arguments.iter().any(|it| it == "--rollback") {
            true if runs < 2 => return Err("nixos-rebuild: there is no older one".to_owned()),
            true => [runs - 1, newest],
            false => [newest + 1, newest + 1],
        };
        let service = Service {
            what: Runtime::Nixos,
            running: true,
            enabled: true,
            digest: None,
            listens: Listening::Everywhere,
            generation: Some(generation),
        };
        // A machine runs one configuration.
        if let Some(old) = old.filter(|old| *old != name) {
            self.put(&old, None);
        }
        self.put(&name, Some(service));
        self.facts.insert("made_generation".to_owned(), generation[0].into());
        Ok(60_000)
    }

    fn install(&mut self, arguments: &[String]) -> Result<u64, String> {
        let mut plain = Vec::new();
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "-m" | "-o" | "-g" => {
                    rest.next();
                }
                flag if flag.starts_with('-') => (),
                path => plain.push(path),
            }
        }
        if let [from, to] = plain.as_slice() {
            let file = self.files.get(*from).cloned();
            let copy = file.map(|it| Entry::File(self.place.clone(), (*to).to_owned(), Some(it)));
            self.entries.extend(copy);
        }
        Ok(100)
    }

    fn put(&mut self, name: &str, service: Option<Service>) {
        match &service {
            Some(service) => self.services.insert(name.to_owned(), service.clone()),
            None => self.services.remove(name),
        };
        self.entries.push(Entry::Service(self.place.clone(), name.to_owned(), service));
    }
}

/// Units are known without `.service`, other kinds of unit with their ending.
pub(super) fn unit_name(unit: &str) -> &str {
    unit.strip_suffix(".service").unwrap_or(unit)
}

fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}
