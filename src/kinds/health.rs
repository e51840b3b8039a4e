//! Shared by kinds with a `health` part: how to tell that something works.

use crate::kinds::Objection;
use crate::model::{Condition, Duration, Form, Port, Text, Wait};
use crate::schema::object;

object! {
    /// How to tell that it works; what is made after it waits for that.
    Health {
        /// A path that answers with 200 to 399.
        http: Option<String>, Live, optional;
        /// A port that takes connections.
        tcp: Option<Port>, Live, optional;
        /// A shell command that exits with 0.
        cmd: Option<Text>, Live, optional, is crate::schema::Type::Shown;
        /// A shell command that exits with 0 once it has started.
        startup: Option<Text>, Live, optional, is crate::schema::Type::Shown;
        /// A shell command that exits with 0 when it can take work; asked after `startup`.
        readiness: Option<Text>, Live, optional, is crate::schema::Type::Shown;
        /// A shell command that exits with 0 as long as it lives.
        liveness: Option<Text>, Live, optional, is crate::schema::Type::Shown,
            idle "nobody asks any more once it was deployed";
        /// The port that `http` asks; by default the first one that is exposed or published.
        port: Option<Port>, Live, optional;
        /// Between two probes.
        interval: Duration, Live, default "30s";
        /// For one probe.
        timeout: Duration, Live, default "10s";
        /// How many probes may fail.
        retries: u32, Live, default "3";
        /// Before the first probe counts.
        grace: Duration, Live, default "0s";
        /// Where the probe runs.
        on: String, Live, default "\"machine\"",
            is crate::schema::Type::OneOf(&["machine", "proxy"]),
            idle "the probe runs on the machine";
    }
}

impl Health {
    /// What cannot be meant: several probes, or none.
    pub fn objection(&self) -> Option<Objection> {
        let of = |name, is_there| Some(name).filter(|_| is_there);
        let whole = [
            of("http", self.http.is_some()),
            of("tcp", self.tcp.is_some()),
            of("cmd", self.cmd.is_some()),
        ];
        let whole: Vec<&str> = whole.into_iter().flatten().collect();
        let parts = [&self.startup, &self.readiness, &self.liveness];
        let message = match whole.as_slice() {
            [first, second, ..] => format!("`health` has both `{first}` and `{second}`"),
            [] if parts.iter().all(|part| part.is_none()) => {
                "`health` does not say what is asked".to_owned()
            }
            [_] | [] => return None,
        };
        let help = "write one of `http`, `tcp` and `cmd`; `startup`, `readiness` and `liveness` \
                    may stand beside it or alone";
        let field = whole.get(1).map_or("health".to_owned(), |name| format!("health/{name}"));
        Some(Objection { field, message, help: help.to_owned() })
    }

    /// What must hold before the object counts as done.
    pub fn gate(&self, port: Option<u16>) -> Vec<Wait> {
        let port = self.port.map(Port::number).or(port);
        let tries = u64::from(self.retries).max(1);
        let once = self.timeout.seconds() + self.interval.seconds();
        let within_secs = self.grace.seconds() + tries * once;
        let lines = [&self.startup, &self.cmd, &self.readiness].into_iter().flatten();
        let lines = lines.map(|line| Condition::Command { line: line.quoted(Form::Word) });
        let tcp = self.tcp.map(|port| Condition::Tcp { port: port.number() });
        let http = self.http.as_ref().zip(port);
        let http = http.map(|(path, port)| Condition::Http { port, path: path.clone() });
        let all = lines.chain(tcp).chain(http);
        all.map(|until| Wait { until, within_secs }).collect()
    }
}
