//! What can be read off a shell script without running it.

use crate::sandbox::contents::{Listening, Opening, Service};

/// A server that comes with a package and runs once that is installed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server {
    /// How the package's name begins.
    package: &'static str,
    /// The unit it brings.
    pub(super) unit: &'static str,
    /// Where it listens unless it is told otherwise.
    ports: &'static [u16],
}

const WEB: &[u16] = &[80, 443];

/// Proxies take only the web's ports, so that they do not answer for the apps behind them.
const PROXIES: &[&str] = &["caddy", "haproxy", "nginx", "traefik"];

const SERVERS: &[Server] = &[
    Server { package: "caddy", unit: "caddy", ports: WEB },
    Server { package: "dnsmasq", unit: "dnsmasq", ports: &[53] },
    Server { package: "grafana", unit: "grafana-server", ports: &[3000] },
    Server { package: "haproxy", unit: "haproxy", ports: WEB },
    Server { package: "mariadb-server", unit: "mariadb", ports: &[3306] },
    Server { package: "memcached", unit: "memcached", ports: &[11211] },
    Server { package: "mysql-server", unit: "mysql", ports: &[3306] },
    Server { package: "nginx", unit: "nginx", ports: WEB },
    Server { package: "postgresql", unit: "postgresql", ports: &[5432] },
    Server { package: "prometheus", unit: "prometheus", ports: &[9090] },
    Server { package: "rabbitmq-server", unit: "rabbitmq-server", ports: &[5672] },
    Server { package: "redis", unit: "redis-server", ports: &[6379] },
    Server { package: "unbound", unit: "unbound", ports: &[53] },
    Server { package: "valkey", unit: "valkey", ports: &[6379] },
];

impl Server {
    /// The service that runs after the installation.
    pub(super) fn service(self) -> Service {
        let listens = listening(self.ports);
        Service { running: true, enabled: true, listens, ..Service::default() }
    }
}

/// Where a unit listens: what an unknown one opens is not written anywhere.
pub(super) fn listening_of(unit: &str) -> Listening {
    if PROXIES.contains(&unit) { listening(WEB) } else { Listening::Everywhere }
}

fn listening(ports: &[u16]) -> Listening {
    let opening = |port: &u16| Opening { first: *port, last: *port, host: None };
    Listening::On(ports.iter().map(opening).collect())
}

/// The servers that a line installs: `apt-get install -y postgresql-16`.
pub(super) fn installed(line: &str) -> impl Iterator<Item = Server> {
    let managers = ["apt-get install", "apt install", "apk add", "dnf install"];
    let rest = managers.iter().find_map(|it| line.split_once(it)).map_or("", |(_, rest)| rest);
    let words = until_separator(rest).split_whitespace().map(|it| it.trim_matches(['\'', '"']));
    words.filter_map(|word| {
        let named = |it: &&Server| {
            let rest = word.strip_prefix(it.package);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        };
        SERVERS.iter().find(named).copied()
    })
}

/// The arguments of a line that starts or stops units: `systemctl enable --now caddy || true`.
pub(super) fn systemctl(line: &str) -> Option<Vec<String>> {
    let rest = line.strip_prefix("systemctl ")?;
    let words: Vec<String> = until_separator(rest).split_whitespace().map(str::to_owned).collect();
    let verb = words.iter().find(|word| !word.starts_with('-'))?;
    let known = matches!(verb.as_str(), "enable" | "start" | "restart" | "disable" | "stop");
    known.then_some(words)
}

fn until_separator(line: &str) -> &str {
    &line[..line.find(['|', '&', ';', '>', '$', '#']).unwrap_or(line.len())]
}
