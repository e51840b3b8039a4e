//! One service of a Compose file: what it runs, takes and publishes.

use crate::compose::document::Reader;
use crate::compose::keys;
use crate::compose::node::{Data, Name, Node};
use crate::compose::ports::Published;
use crate::problem::compose as problem;
use crate::source::Span;

/// What `paas` reads of a service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// Its image, as far as its name is known.
    pub image: Option<Asked>,
    /// Where its image is built from, if that is a folder.
    pub build: Option<Asked>,
    /// It is on only with one of these; always when there are none.
    pub profiles: Vec<Asked>,
    /// What it publishes.
    pub ports: Vec<Published>,
    /// It publishes more than can be told: a part is known only later, or stands elsewhere.
    pub ports_open: bool,
    /// It uses the machine's own network.
    pub host_network: bool,
    /// Variables that are set in the file: the name, and whether a value is written.
    pub environment: Vec<(Name, bool)>,
    /// Files with more variables, and whether each must exist.
    pub env_files: Vec<(Asked, bool)>,
    /// What it mounts, as far as that is known.
    pub mounts: Vec<Asked>,
    /// It says how to tell that it works.
    pub has_healthcheck: bool,
    /// Services, volumes, networks, secrets and configs that it names, with what each is.
    pub names: Vec<(&'static str, Asked)>,
}

/// Something that a service asks for, and where.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where it is written.
    pub at: Span,
    /// What is asked for.
    pub text: String,
}

impl Service {
    /// Whether it is on with these profiles.
    pub fn is_on(&self, profiles: &[String]) -> bool {
        let asked = |it: &Asked| profiles.iter().any(|on| on == "*" || *on == it.text);
        self.profiles.is_empty() || self.profiles.iter().any(asked)
    }

    /// What it reads from beside the Compose file: files of variables, and what it mounts.
    pub fn read_files(&self) -> impl Iterator<Item = &Asked> {
        let mounts = self.mounts.iter().filter(|mount| mount.text.starts_with('.'));
        self.env_files.iter().map(|(file, _)| file).chain(mounts)
    }

    /// Reads the entry of a service.
    pub(super) fn read(name: &Name, node: &Node, reader: &mut Reader<'_>) -> Service {
        let mut service = Service {
            name: name.clone(),
            image: None,
            build: None,
            profiles: Vec::new(),
            ports: Vec::new(),
            ports_open: false,
            host_network: false,
            environment: Vec::new(),
            env_files: Vec::new(),
            mounts: Vec::new(),
            has_healthcheck: false,
            names: Vec::new(),
        };
        let what = format!("service `{}`", name.text);
        let Some(entries) = reader.map(node, &what) else { return service };
        reader.known_keys(entries, keys::SERVICE, &what);
        let mut runs = false;
        for (key, value) in entries {
            runs |= matches!(key.text.as_str(), "image" | "build" | "extends" | "provider");
            service.attribute(key, value, reader);
        }
        if !runs {
            reader.tell(problem::nothing_to_run(name.at, &name.text));
        }
        service
    }

    fn attribute(&mut self, key: &Name, value: &Node, reader: &mut Reader<'_>) {
        let what = format!("`{}` of service `{}`", key.text, self.name.text);
        match key.text.as_str() {
            "image" => self.image = reader.text(value, &what),
            "build" => {
                let context = match &value.data {
                    Data::Map(_) => value.get("context").unwrap_or(value),
                    _ => value,
                };
                let remote = |it: &Asked| it.text.contains("://") || it.text.starts_with("git@");
                let context = context.scalar().and_then(|_| reader.text(context, &what));
                self.build = context.filter(|it| !remote(it));
            }
            // What the other service brings along is not read.
            "extends" | "provider" => self.ports_open = true,
            "profiles" => self.profiles = reader.texts(value, &what),
            "ports" => self.published(value, &what, reader),
            "network_mode" => self.network_mode(value, &what, reader),
            "environment" => self.variables(value, &what, reader),
            "env_file" => self.variable_files(value, &what, reader),
            "volumes" => self.volumes(value, &what, reader),
            "depends_on" => self.named(value, &what, "service", reader),
            "networks" => self.named(value, &what, "network", reader),
            "secrets" => self.named(value, &what, "secret", reader),
            "configs" => self.named(value, &what, "config", reader),
            "healthcheck" => {
                if let Some(entries) = reader.map(value, &what) {
                    reader.known_keys(entries, keys::HEALTHCHECK, &what);
                    let off = value.get("disable").and_then(Node::scalar);
                    self.has_healthcheck = off.as_deref() != Some("true");
                }
            }
            "command" | "entrypoint" if matches!(value.data, Data::Map(_)) => {
                let expected = "text or a list";
                reader.tell(problem::wrong_shape(value.at, &what, expected, value.noun()));
            }
            "labels" | "sysctls" | "extra_hosts" => match &value.data {
                Data::Map(_) | Data::List(_) => (),
                _ => reader.tell(problem::wrong_shape(
                    value.at,
                    &what,
                    "a map or a list",
                    value.noun(),
                )),
            },
            _ => (),
        }
    }

    fn network_mode(&mut self, value: &Node, what: &str, reader: &mut Reader<'_>) {
        let Some(mode) = reader.text(value, what) else { return };
        self.host_network = mode.text == "host";
        if let Some(other) = mode.text.strip_prefix("service:") {
            self.names.push(("service", Asked { at: mode.at, text: other.to_owned() }));
        }
    }

    fn published(&mut self, value: &Node, what: &str, reader: &mut Reader<'_>) {
        for port in reader.list(value, what) {
            if let Data::Map(entries) = &port.data {
                reader.known_keys(entries, keys::PORT, what);
                self.long_port(port, what, reader);
                continue;
            }
            let Some(text) = reader.scalar(port, what) else { continue };
            match text {
                None => self.ports_open = true,
                Some(text) if text.ends_with("/sctp") => (),
                Some(text) => match Published::short(&text, port.at) {
                    Some(published) => self.ports.push(published),
                    None => reader.tell(problem::no_port(port.at, &text)),
                },
            }
        }
    }

    fn long_port(&mut self, port: &Node, what: &str, reader: &mut Reader<'_>) {
        let mut part = |name: &str, otherwise: &str| match port.get(name) {
            None => Some(otherwise.to_owned()),
            Some(node) => reader.scalar(node, what).flatten(),
        };
        let parts = (part("published", ""), part("target", ""), part("protocol", "tcp"));
        let host = part("host_ip", "");
        let ((Some(outside), Some(inside), Some(protocol)), Some(host)) = (parts, host) else {
            self.ports_open = true;
            return;
        };
        let host = Some(host.as_str()).filter(|host| !host.is_empty());
        match Published::new(&outside, &inside, &protocol, host, port.at) {
            Some(published) => self.ports.push(published),
            None if protocol == "sctp" => (),
            None => reader.tell(problem::no_port(port.at, &format!("{outside}:{inside}"))),
        }
    }

    fn variables(&mut self, value: &Node, what: &str, reader: &mut Reader<'_>) {
        match &value.data {
            Data::Map(entries) => {
                for (name, value) in entries {
                    let is_value = match &value.data {
                        Data::Null => false,
                        Data::Bool(_) | Data::Number(_) | Data::Text(_) => true,
                        Data::List(_) | Data::Map(_) => {
                            let what = format!("variable `{}`", name.text);
                            let noun = value.noun();
                            reader.tell(problem::wrong_shape(value.at, &what, "text", noun));
                            continue;
                        }
                    };
                    self.environment.push((name.clone(), is_value));
                }
            }
            _ => {
                for entry in reader.list(value, what) {
                    if let Some(asked) = reader.raw(entry, what) {
                        let (name, value) = match asked.text.split_once('=') {
                            Some((name, _)) => (name.to_owned(), true),
                            None => (asked.text, false),
                        };
                        let at = entry.part(&(0..name.len()));
                        self.environment.push((Name { at, text: name }, value));
                    }
                }
            }
        }
    }

    fn variable_files(&mut self, value: &Node, what: &str, reader: &mut Reader<'_>) {
        let entries = match &value.data {
            Data::List(list) => list.as_slice(),
            _ => std::slice::from_ref(value),
        };
        for entry in entries {
            let required = entry.get("required").and_then(Node::scalar);
            let path = match &entry.data {
                Data::Map(_) => entry.get("path").unwrap_or(entry),
                _ => entry,
            };
            if let Some(path) = reader.text(path, what) {
                self.env_files.push((path, required.as_deref() != Some("false")));
            }
        }
    }

    fn volumes(&mut self, value: &Node, what: &str, reader: &mut Reader<'_>) {
        for mount in reader.list(value, what) {
            let kind = mount.get("type").and_then(Node::scalar);
            let source = match &mount.data {
                Data::Map(_) => match mount.get("source") {
                    Some(source) => reader.text(source, what),
                    None => None,
                },
                _ => reader.text(mount, what).and_then(|whole| {
                    let (source, _) = whole.text.split_once(':')?;
                    let at = mount.part(&(0..source.len()));
                    Some(Asked { at, text: source.to_owned() })
                }),
            };
            let Some(source) = source else { continue };
            let is_path = source.text.starts_with(['.', '/', '~']);
            match kind.as_deref() {
                Some("tmpfs" | "npipe" | "image" | "cluster") => (),
                Some("bind") => self.mounts.push(source),
                Some(_) => self.names.push(("volume", source)),
                None if is_path => self.mounts.push(source),
                None => self.names.push(("volume", source)),
            }
        }
    }

    /// Names in a list, as keys of a map, or as `source` of what is in a list.
    fn named(&mut self, value: &Node, what: &str, kind: &'static str, reader: &mut Reader<'_>) {
        if let Data::Map(entries) = &value.data {
            let asked = |name: &Name| Asked { at: name.at, text: name.text.clone() };
            self.names.extend(entries.iter().map(|(name, _)| (kind, asked(name))));
            return;
        }
        for entry in reader.list(value, what) {
            let source = match &entry.data {
                Data::Map(_) => entry.get("source").unwrap_or(entry),
                _ => entry,
            };
            self.names.extend(reader.text(source, what).map(|name| (kind, name)));
        }
    }
}
