//! A configuration as the text that a user would write, and the files beside it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::config::{APPS, App, Config, KEYS, Lifecycle, MACHINES, Machine, Place};

/// The value of a secret: it must never be seen anywhere.
pub const CANARY: &str = "canary-4b1d5e0f";

/// The engines of the proxy `edge`; `inner` is a Caddy.
const ENGINES: [&str; 2] = ["traefik", "nginx"];

const PLATFORM: &str = r#"
secret pve = env("PVE_TOKEN")
input canary: secret<string>
host box { address = "10.0.0.9" }
"#;

/// A manifest and its files, by path.
pub fn project(config: &Config) -> (String, BTreeMap<String, String>) {
    let mut writer = Writer { config, out: PLATFORM.to_owned(), files: BTreeMap::new() };
    writer.platform();
    writer.machines();
    writer.shared();
    writer.apps();
    (writer.out, writer.files)
}

struct Writer<'a> {
    config: &'a Config,
    out: String,
    files: BTreeMap<String, String>,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn platform(&mut self) {
        let nodes: String =
            (1..=self.config.nodes).map(|n| format!("  node pve{n} {{}}\n")).collect();
        let api = "api = \"https://pve.example.com:8006\", token = secret.pve";
        self.line(&format!("cluster home {{\n  {api}\n{nodes}}}"));
        let pool = if self.config.pool { "\n  pool = [\"10.0.0.100-10.0.0.199\"]" } else { "" };
        let net = "cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1";
        self.line(&format!("network lan {{\n  {net}{pool}\n}}"));
        for (number, version) in self.config.scripts.iter().enumerate() {
            let path = format!("template-{number}.sh");
            self.files.insert(path.clone(), format!("echo version {version}\n"));
            let machines = self.config.machines.values();
            let farm = self.config.farm.iter().map(|(machine, _)| machine);
            if machines.chain(farm).any(|it| it.template == Some(number)) {
                let base = "cluster = cluster.home, base = \"debian-12-standard\"";
                self.line(&format!("template t{number} {{ {base}, scripts = [\"{path}\"] }}"));
            }
        }
    }

    fn machines(&mut self) {
        for (slot, name) in MACHINES.iter().enumerate() {
            if let Some(machine) = self.config.machines.get(name) {
                let body = self.machine(machine, slot);
                let name = self.config.name(name);
                self.line(&format!("container {name} {{\n{body}}}"));
                self.moved(name.rsplit_once('_').map_or(&name, |(slot, _)| slot));
            }
        }
        if let Some((machine, keys)) =
            self.config.farm.as_ref().filter(|(_, keys)| !keys.is_empty())
        {
            let body = self.machine(machine, 9);
            let keys: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
            let keys = keys.join(", ");
            let name = self.config.name("farm");
            self.line(&format!("container {name} for key in [{keys}] {{\n{body}}}"));
            self.moved("farm");
        }
    }

    /// Every name that a machine had before.
    fn moved(&mut self, slot: &str) {
        let times = self.config.renamed.get(slot).copied().unwrap_or_default();
        let name = |time: usize| match time {
            0 => slot.to_owned(),
            time => format!("{slot}_{time}"),
        };
        for time in 0..times {
            let (from, to) = (name(time), name(time + 1));
            self.line(&format!("moved container.{from} -> container.{to}"));
        }
    }

    fn machine(&self, machine: &Machine, slot: usize) -> String {
        let mut body = String::new();
        let mut put = |name: &str, value: String| {
            writeln!(body, "  {name} = {value}").expect("a string takes text");
        };
        let node = machine.node.filter(|node| *node < self.config.nodes);
        put(
            "on",
            match node {
                Some(node) => format!("cluster.home.node.pve{}", node + 1),
                None => "cluster.home".to_owned(),
            },
        );
        if let Some(id) = machine.id {
            put("id", (5000 * (1 + id) + slot).to_string());
        }
        put(
            "template",
            match machine.template {
                Some(number) => format!("template.t{number}"),
                None => "\"debian-12-standard\"".to_owned(),
            },
        );
        let changes = ["report", "rerun_scripts", "replace"];
        put("on_template_change", format!("\"{}\"", changes[machine.on_template_change]));
        put("network", "network.lan".to_owned());
        put(
            "ip",
            match machine.ip {
                0 => "\"auto\"".to_owned(),
                1 => "\"dhcp\"".to_owned(),
                own => format!("10.0.0.{}", 20 * own + slot),
            },
        );
        put("memory", format!("{}MiB", machine.memory));
        put("swap", format!("{}MiB", machine.swap));
        put("cores", machine.cores.to_string());
        put("disk", format!("{}GiB", machine.disk));
        put("start", (!machine.stopped).to_string());
        if machine.tagged {
            put("tags", "[\"web\"]".to_owned());
        }
        let names = ["nesting", "keyctl", "fuse"].into_iter().enumerate();
        // Without `nesting` no app could run by Compose.
        let features =
            names.filter(|(bit, name)| machine.features & (1 << bit) != 0 || *name == "nesting");
        let features: Vec<String> = features.map(|(_, name)| format!("{name} = true")).collect();
        put("features", format!("{{ {} }}", features.join(", ")));
        body + &lifecycle(machine.lifecycle, machine.id.is_some() || machine.ip > 1)
    }

    fn shared(&mut self) {
        for (name, proxy) in &self.config.proxies {
            let engine = if *name == "edge" { ENGINES[proxy.engine] } else { "caddy" };
            let on = self.place(proxy.on);
            let mut text = format!("proxy {name} {{\n  on = {on}\n  engine = \"{engine}\"\n");
            text.push_str("  ports = [20000-20020/tcp]\n");
            if proxy.acme > 0 {
                text.push_str(&format!("  acme = \"me{}@example.com\"\n", proxy.acme));
            }
            if self.config.zone.is_some() {
                text.push_str("  zone = zone.main\n");
            }
            self.line(&format!("{text}}}"));
        }
        if let Some(on) = self.config.database {
            let on = self.place(on);
            self.line(&format!(
                "app store {{ on = {on}, unit {{ exec = \"/usr/bin/postgres\" }} }}"
            ));
            self.line("database pg { on = app.store, engine = \"postgres\" }");
        }
        if let Some(zone) = self.config.zone {
            let engine = ["hosts", "unbound", "cloudflare"][zone.engine];
            let on = if zone.engine < 2 { "on = host.box" } else { "" };
            let record =
                format!("record own {{ name = \"own\", value = 10.0.0.{} }}", zone.value + 2);
            let name = format!("name = \"example.com\"\n  engine = \"{engine}\"");
            self.line(&format!("zone main {{\n  {name}\n  {on}\n  {record}\n}}"));
        }
        if self.config.identity {
            self.line(
                "identity people { engine = \"authentik\", url = \"https://id.example.com\" }",
            );
        }
        if let Some(on) = self.config.dashboard {
            let on = self.place(on);
            self.line(&format!("dashboard board {{ on = {on}, engine = \"homepage\" }}"));
        }
    }

    fn apps(&mut self) {
        let mut nixos = Vec::new();
        for (slot, name) in APPS.iter().enumerate() {
            let Some(app) = self.config.apps.get(name) else { continue };
            let on = self.place(app.on);
            // A machine runs one NixOS configuration.
            let runtime = if app.runtime == 2 && nixos.contains(&on) { 1 } else { app.runtime };
            if runtime == 2 {
                nixos.push(on.clone());
            }
            let runtime = self.runtime(app, name, slot, runtime);
            let written = self.config.app_name(slot);
            let mut text = format!("app {written} {{\n  on = {on}\n{runtime}");
            self.facets(app, name, slot, &mut text);
            let earlier = APPS[..slot].iter().rfind(|it| self.config.apps.contains_key(*it));
            let earlier = earlier.and_then(|it| APPS.iter().position(|name| name == it));
            if let Some(earlier) = earlier.filter(|_| app.after) {
                let earlier = self.config.app_name(earlier);
                text.push_str(&format!("  after = [app.{earlier}]\n"));
            }
            text.push_str(&lifecycle(app.lifecycle, false));
            self.line(&format!("{text}}}"));
            if self.config.told {
                let before = APPS[(slot + self.config.rotated - 1) % APPS.len()];
                self.line(&format!("moved app.{before} -> app.{}", self.config.app_name(slot)));
            }
        }
        if let Some(name) = self.config.apps.keys().next() {
            let slot = APPS.iter().position(|it| it == name).expect("it is one of them");
            let name = self.config.app_name(slot);
            self.line(&format!("output first = app.{name}.machine.ip"));
        }
    }

    fn runtime(&mut self, app: &App, name: &str, slot: usize, runtime: usize) -> String {
        let env = format!("env {{ LEVEL = \"{}\", TOKEN = canary }}", app.level);
        let content = app.content;
        match runtime {
            0 => {
                let path = format!("{name}.yml");
                let port = 8000 + slot;
                let text = format!(
                    "services:\n  main:\n    image: {name}:{content}\n    ports: [\"{port}:80\"]\n"
                );
                self.files.insert(path.clone(), text);
                format!("  compose {{ file = \"{path}\", {env} }}\n")
            }
            1 => {
                let more = match content {
                    3 => format!(", files {{ \"/etc/{name}-extra.conf\" = \"extra\" }}"),
                    _ => String::new(),
                };
                format!("  unit {{ exec = \"/usr/bin/{name} {content}\", {env}{more} }}\n")
            }
            _ => format!("  nixos {{ flake = \".\", args {{ content = {content} }} }}\n"),
        }
    }

    fn facets(&self, app: &App, name: &str, slot: usize, text: &mut String) {
        let port = 8000 + slot;
        let via = ["inner", "edge"][usize::from(!app.inner)];
        if self.config.proxies.contains_key(via) {
            for (bit, label) in ["www", "api"].iter().enumerate() {
                if app.exposed & (1 << bit) != 0 {
                    let http = format!("http {{ host = \"{label}.{name}.example.com\" }}");
                    let via = format!("via = proxy.{via}, port = {port}");
                    text.push_str(&format!("  expose {label} {{ {via}, {http} }}\n"));
                }
            }
            if app.exposed & 4 != 0 {
                let via = format!("via = proxy.{via}, port = {port}");
                text.push_str(&format!("  expose raw {{ {via}, tcp {{ port = \"auto\" }} }}\n"));
            }
        }
        if app.db && self.config.database.is_some() {
            text.push_str("  db main { on = database.pg }\n");
        }
        if app.login && self.config.identity {
            text.push_str("  login web { via = identity.people }\n");
        }
        if app.tile && self.config.dashboard.is_some() {
            text.push_str("  tile home { on = dashboard.board }\n");
        }
        if app.health {
            text.push_str("  health { cmd = \"true\" }\n");
        }
    }

    /// What stands behind `on`: the host, if the machine that is meant does not exist.
    fn place(&self, place: Place) -> String {
        let config = self.config;
        match place {
            Place::Machine(name) if config.machines.contains_key(name) => {
                format!("container.{}", config.name(name))
            }
            Place::Farm(key) if config.farm.iter().any(|(_, keys)| keys.contains(key)) => {
                debug_assert!(KEYS.contains(&key));
                format!("container.{}[\"{key}\"]", config.name("farm"))
            }
            Place::Host | Place::Machine(_) | Place::Farm(_) => "host.box".to_owned(),
        }
    }
}

fn lifecycle(it: Lifecycle, fixed: bool) -> String {
    let mut parts = Vec::new();
    if it.protect {
        parts.push("protect = true".to_owned());
    }
    if it.on_destroy > 0 {
        let word = ["delete", "backup", "stop", "keep"][it.on_destroy];
        parts.push(format!("on_destroy = \"{word}\""));
    }
    if it.ignore_memory {
        parts.push("ignore = [\"memory\"]".to_owned());
    }
    if it.replace > 0 && !fixed {
        let word = ["destroy_first", "create_first"][it.replace - 1];
        parts.push(format!("replace = \"{word}\""));
    }
    if it.rollback {
        parts.push("on_failure = \"rollback\"".to_owned());
    }
    if it.replace_on > 0 {
        parts.push(format!("replace_on = [{}]", it.replace_on));
    }
    if it.minutes > 0 {
        parts.push(format!("timeout {{ create = {}m, ready = 1m }}", 60 * it.minutes));
    }
    let drift = ["fix", "report", "ignore"][it.drift];
    let drift = if it.drift > 0 { format!("  drift = \"{drift}\"\n") } else { String::new() };
    match parts.is_empty() {
        true => drift,
        false => format!("{drift}  lifecycle {{ {} }}\n", parts.join(", ")),
    }
}
