//! Faults on request: which steps go wrong, and how.

use serde::{Deserialize, Serialize};

use crate::model::{Call, Command, Condition, Effect, Method, Step, Target};
use crate::sandbox::cluster::method_word;
use crate::sandbox::programs::Words;

/// How a step goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It is refused, and nothing happens.
    Refused,
    /// Nothing happens, and nobody hears so.
    UnknownBefore,
    /// It happens, and nobody hears so.
    UnknownAfter,
}

/// What a [hook](crate::sandbox::Sandbox::set_chaos) decides about one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chaos {
    /// It is done.
    Pass,
    /// As [`How::Refused`].
    Refuse,
    /// As [`How::UnknownBefore`].
    LoseBefore,
    /// As [`How::UnknownAfter`].
    LoseAfter,
}

/// Steps that are to go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// A part of a [description](describe); `*` stands for any characters, `?` for one.
    pub pattern: String,
    /// How many more steps.
    pub times: u32,
    /// What happens to them.
    pub how: How,
}

impl Chaos {
    /// What stands in the way, if anything does.
    pub(super) fn how(self) -> Option<How> {
        match self {
            Chaos::Pass => None,
            Chaos::Refuse => Some(How::Refused),
            Chaos::LoseBefore => Some(How::UnknownBefore),
            Chaos::LoseAfter => Some(How::UnknownAfter),
        }
    }
}

/// A step in one line, as patterns and the log see it: `POST /nodes/pve1/lxc vmid=10000`,
/// `container.web#1: docker compose up app-blog`.
pub fn describe(step: &Step) -> String {
    let on = match &step.on {
        Target::Cluster(_) => String::new(),
        Target::Machine(machine) => format!("{machine}: "),
        Target::Service(service) | Target::Module(service) => format!("{service}: "),
        Target::Here => "here: ".to_owned(),
    };
    match &step.effect {
        Effect::Call(call) => on + &call_line(call),
        Effect::Run(command) => on + &command_line(command),
        Effect::Write(file) => format!("{on}write {}", file.path),
        Effect::Wait(wait) => format!("{on}wait for {}", condition(&wait.until)),
    }
}

/// What is waited for, in a few words.
fn condition(until: &Condition) -> String {
    match until {
        Condition::Ready => "ready".to_owned(),
        Condition::Http { port, path } => format!("http {port} {path}"),
        Condition::Tcp { port } => format!("tcp {port}"),
        Condition::Command { line } => format!("`{line}`"),
    }
}

/// Whether `pattern` occurs in `line`.
pub(super) fn matches(pattern: &str, line: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return line.contains(pattern);
    }
    let pattern: Vec<char> =
        std::iter::once('*').chain(pattern.chars()).chain(std::iter::once('*')).collect();
    let line: Vec<char> = line.chars().collect();
    // Where to go on when what follows the last `*` did not match.
    let mut retry = None;
    let (mut at, mut seen) = (0, 0);
    while seen < line.len() {
        match pattern.get(at) {
            Some('*') => {
                retry = Some((at, seen));
                at += 1;
            }
            Some(c) if *c == '?' || *c == line[seen] => (at, seen) = (at + 1, seen + 1),
            Some(_) | None => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                (at, seen) = (star + 1, from + 1);
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

fn call_line(call: &Call) -> String {
    let hidden = ["description", "ssh-public-keys", "sshkeys", "password", "cipassword"];
    let makes_guest = call.method == Method::Post && call.body.contains_key("vmid");
    let shown = |key: &str| if makes_guest { key == "vmid" } else { !hidden.contains(&key) };
    let start = format!("{} {}", method_word(call.method), call.path);
    let body = call.body.iter().filter(|(key, _)| shown(key));
    body.fold(start, |line, (key, value)| format!("{line} {key}={value}"))
}

fn command_line(command: &Command) -> String {
    let words: Vec<String> = command.argv.iter().map(ToString::to_string).collect();
    match Words::of_compose(&words) {
        Some(compose) => {
            let project = compose.project.unwrap_or_default();
            format!("docker compose {} {project}", compose.verb).trim_end().to_owned()
        }
        None => words.join(" "),
    }
}
