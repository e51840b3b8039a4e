//! The whole vocabulary of effects. A plan is made of these and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Piece, Ref, Text, Value};

/// One thing that is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Where to.
    pub on: Target,
    /// What.
    pub effect: Effect,
}

impl Step {
    /// The same step with every piece of its texts that `known` knows put in.
    pub fn filled(&self, known: &mut dyn FnMut(&Piece) -> Option<String>) -> Step {
        let mut fill = |text: &Text| text.filled(&mut *known);
        let effect = match &self.effect {
            Effect::Call(call) => {
                let body = call.body.iter().map(|(name, text)| (name.clone(), fill(text)));
                Effect::Call(Call { body: body.collect(), ..call.clone() })
            }
            Effect::Run(command) => Effect::Run(Command {
                argv: command.argv.iter().map(&mut fill).collect(),
                stdin: command.stdin.as_ref().map(&mut fill),
                timeout_secs: command.timeout_secs,
            }),
            Effect::Write(file) => {
                Effect::Write(File { content: fill(&file.content), ..file.clone() })
            }
            Effect::Wait(wait) => Effect::Wait(match &wait.until {
                Condition::Command { line } => {
                    Wait { until: Condition::Command { line: fill(line) }, ..wait.clone() }
                }
                Condition::Ready | Condition::Http { .. } | Condition::Tcp { .. } => wait.clone(),
            }),
        };
        Step { on: self.on.clone(), effect }
    }

    /// Every text in it.
    pub fn texts(&self) -> Vec<&Text> {
        match &self.effect {
            Effect::Call(call) => call.body.values().collect(),
            Effect::Run(command) => command.argv.iter().chain(&command.stdin).collect(),
            Effect::Write(file) => vec![&file.content],
            Effect::Wait(wait) => match &wait.until {
                Condition::Command { line } => vec![line],
                Condition::Ready | Condition::Http { .. } | Condition::Tcp { .. } => Vec::new(),
            },
        }
    }
}

/// Who receives a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The API of a Proxmox cluster.
    Cluster(Ref),
    /// A machine: a host, a container, a virtual machine.
    Machine(Ref),
    /// The HTTP API of a shared service: an identity provider.
    Service(Ref),
    /// Terraform, with the root module that this object is.
    Module(Ref),
    /// The machine where `paas` runs.
    Here,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// An API call.
    Call(Call),
    /// A program.
    Run(Command),
    /// A file, written whole and atomically.
    Write(File),
    /// A pause until something holds.
    Wait(Wait),
}

/// The method of an API call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Make.
    Post,
    /// Change.
    Put,
    /// Remove.
    Delete,
}

/// A call of the Proxmox API, or of another service's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// POST, PUT or DELETE; reading is a question, not a step.
    pub method: Method,
    /// Below the API's root: `/nodes/pve1/lxc`.
    pub path: String,
    /// The parameters by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub body: BTreeMap<String, Text>,
}

/// A program that runs on a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// The program and its arguments; never a secret.
    pub argv: Vec<Text>,
    /// What it reads; secrets travel here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<Text>,
    /// How long it may take, in seconds.
    pub timeout_secs: u64,
}

/// A file on a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Absolute.
    pub path: String,
    /// Everything in it.
    pub content: Text,
    /// Permission bits: `0o600`.
    pub mode: u32,
}

/// A pause until a condition holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// What must hold.
    pub until: Condition,
    /// How long to wait, in seconds.
    pub within_secs: u64,
}

/// What a [`Wait`] waits for, seen from the machine it is sent to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The machine has started, has its address and takes commands.
    Ready,
    /// `GET path` on this port of the machine answers 200 to 399.
    Http {
        /// Port on the machine.
        port: u16,
        /// Path with its leading slash.
        path: String,
    },
    /// The port takes connections.
    Tcp {
        /// Port on the machine.
        port: u16,
    },
    /// The shell command exits with 0.
    Command {
        /// One line for `sh -c`.
        line: Text,
    },
}

/// What a step brought back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// What is now known of the object: `ip`, `mac`, `file:/etc/…` with its digest,
    /// and of `nixos-rebuild` the `made_generation` that the machine runs then, as a number.
    pub facts: BTreeMap<String, Value>,
    /// The keys of a guest's configuration that it takes up only when it starts again, if they
    /// were looked at.
    pub pending: Option<BTreeSet<String>>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}
