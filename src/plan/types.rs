//! What a plan is: changes with their steps, reasons and impact. It is data, not code.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::lower::Intent;
use crate::model::{Address, ObjectId, Relocation, Step, Value};
use crate::plan::{Inside, Moves};
use crate::problem::Problem;
use crate::schema::Class;
use crate::state::Verb;

/// Everything an apply will do, and what it was decided on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What it was made for; apply refuses anything else.
    pub against: Binds,
    /// In an order in which they could be done one by one.
    pub changes: Vec<Change>,
    /// What Terraform will change inside of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Inside>,
    /// Made from an older version of their template, and left so.
    pub outdated: Vec<Outdated>,
    /// Changed or lost outside; with the change that mends it, or left.
    pub drift: Vec<Drift>,
    /// What stands in the way of the whole plan.
    pub blocked: Vec<Blocked>,
    /// Guests that have to start again before everything about them holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
    /// Guests that carry this project's mark and are in no state.
    pub unmanaged: Vec<String>,
    /// How many resources stay as they are.
    pub unchanged: usize,
    /// Outputs: JSON, with holes where a value is known only after apply.
    pub outputs: BTreeMap<String, Value>,
    /// The secrets that the manifest makes public.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reveals: Vec<Revealed>,
    /// What the nodes have and will have.
    pub capacity: Vec<Capacity>,
    /// The addresses that objects get before anything else is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<Moves>,
    /// Generated secrets that go to another place before anything else is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relocation: Option<Relocation>,
}

/// A secret that the manifest makes public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revealed {
    /// The secret's address, or how it follows from others.
    pub secret: String,
    /// Why, as the manifest says.
    pub reason: String,
    /// `main.paas:12`
    pub at: String,
}

/// What a plan was made for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binds {
    /// Lineage of the state; empty when there is none yet.
    pub lineage: String,
    /// Serial of the state.
    pub serial: u64,
    /// Digest of every file and input that was read.
    pub config: String,
    /// Version of each template, by address.
    pub templates: BTreeMap<String, String>,
    /// Version of `paas`, which decides what fields mean.
    pub schema: String,
}

/// One object that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Which object.
    pub id: ObjectId,
    /// What is done to it.
    pub verb: Verb,
    /// Which making of it.
    pub uid: String,
    /// The other half of a replacement: for a create the object that goes, for a delete the one
    /// that comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ObjectId>,
    /// What the object stood for when it was changed last, if that was something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Address>,
    /// After the change; for a delete, what is lost.
    pub intent: Intent,
    /// The changes that must be done first, by their place in the plan.
    pub after: Vec<usize>,
    /// What is sent, in order.
    pub steps: Vec<Step>,
    /// What is sent if one of them is refused after another was done: it removes what was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<Step>,
    /// How long all of it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_secs: Option<u64>,
    /// The fields that differ; for a create, all that were written.
    pub leaves: Vec<Leaf>,
    /// Why the object changes at all.
    pub because: Reason,
    /// What it disturbs.
    pub impact: Impact,
}

impl Change {
    /// Whether it gives up a guest that began to be made: one that may still appear.
    pub fn abandons(&self) -> bool {
        self.verb == Verb::Forget && self.because == Reason::Interrupted
    }
}

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaf {
    /// From the spec: `compose/env/TOKEN`.
    pub path: String,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// What the difference costs.
    pub class: Class,
    /// Why it differs.
    pub because: Reason,
}

/// Why something changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// The manifest says so.
    Edited {
        /// `main.paas:12`
        at: String,
    },
    /// The manifest leaves it open, and the plan has decided.
    Chosen,
    /// The manifest no longer has it.
    Removed,
    /// Somebody asked for it to be destroyed.
    Asked,
    /// What it refers to has changed or is replaced.
    Upstream {
        /// Which resource.
        address: Address,
    },
    /// Its template has another version.
    Template {
        /// Which template.
        address: Address,
        /// The version it was made from.
        from: String,
        /// The version now.
        to: String,
    },
    /// The value of a secret is another one than was sent.
    Rotation {
        /// The secret's address.
        secret: String,
    },
    /// A generated secret is older than it may become, and gets a new value.
    Due {
        /// The secret's address.
        secret: String,
    },
    /// It was changed outside.
    Drift,
    /// It is gone, and nobody told us.
    Gone,
    /// A default of `paas` itself is another one now.
    Default,
    /// An earlier change began and was not heard to end.
    Interrupted,
    /// It is there and carries our mark, but the state does not know it.
    Found,
    /// It is there, and the manifest takes it over.
    Adopted {
        /// What the platform calls it.
        id: String,
    },
    /// It stood for another address.
    Moved {
        /// Which one.
        from: Address,
    },
    /// The manifest says that it is no longer looked after.
    Forgotten,
}

/// What a change disturbs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// How bad.
    pub level: Level,
    /// What happens, in the costliest field's class.
    pub what: What,
    /// Public names that do not answer meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Median of what such a change took before, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downtime_ms: Option<u64>,
}

/// How bad an impact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing is interrupted.
    None,
    /// A reload.
    Low,
    /// A restart or a redeployment.
    Medium,
    /// A replacement.
    High,
    /// Data is lost that nothing else holds.
    Critical,
}

/// What happens to a running thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Nothing.
    None,
    /// It reads its configuration again.
    Reload,
    /// It restarts.
    Restart,
    /// It is deployed anew.
    Redeploy,
    /// Another one takes its place.
    Replace,
    /// It goes.
    Remove,
    /// It goes, and its data with it.
    DataLoss,
}

/// A resource made from an older version of its template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outdated {
    /// Which resource.
    pub address: Address,
    /// Which template.
    pub template: Address,
    /// The version it was made from.
    pub from: String,
    /// The version now.
    pub to: String,
}

/// A guest that has been told something which it takes up only when it starts again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Which resource.
    pub address: Address,
    /// The keys of its configuration, as Proxmox calls them.
    pub keys: Vec<String>,
    /// What starts it again: a command, and where.
    pub help: String,
}

impl Pending {
    /// What waits at a guest with this spec.
    pub fn of(address: &Address, spec: &Value, node: &str, keys: &BTreeSet<String>) -> Pending {
        let program = if address.kind() == "container" { "pct" } else { "qm" };
        let number = spec["id"].as_u64().unwrap_or_default();
        Pending {
            address: address.clone(),
            keys: keys.iter().cloned().collect(),
            help: format!("`{program} reboot {number}` on {node}"),
        }
    }
}

/// A difference between what was made and what is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Which resource.
    pub address: Address,
    /// What happened to it.
    pub what: DriftKind,
    /// Why it could not be seen, where its machine said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// For a changed one: field, what was made, what is seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<Leaf>,
    /// The plan has a change that mends it.
    pub mended: bool,
}

/// What happened outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// It is gone.
    Missing,
    /// It is not as it was made.
    Changed,
    /// Its machine does not answer.
    Unseen,
}

/// Something that must be settled before anything is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// Which resource.
    pub address: Address,
    /// `P7003`
    pub code: String,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Blocked {
    /// What a problem says about a resource.
    pub fn by(problem: &Problem, address: &Address) -> Blocked {
        Blocked {
            address: address.clone(),
            code: problem.code.to_owned(),
            message: problem.message.clone(),
            help: problem.helps.join("; "),
        }
    }
}

/// A node before and after the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// Which node.
    pub node: String,
    /// Cores promised before and after, and what it has.
    pub cores: [u64; 3],
    /// Bytes of memory promised before and after, and what it has.
    pub memory: [u64; 3],
}
