//! Trees to what is desired: names, types, instances, references; everything that can be checked
//! without looking at the world.

mod access;
mod bodies;
mod calls;
mod changes;
mod card;
mod checks;
mod collect;
mod common;
mod compile;
mod env;
mod evaluator;
mod expressions;
mod fields;
mod fit;
mod foreign;
pub mod functions;
mod graph;
mod headers;
mod infer;
mod inputs;
mod lifecycle;
mod library;
mod lints;
mod machines;
mod nodes;
mod open;
mod operators;
mod order;
mod quota;
mod reads;
mod scalars;
mod scope;
mod secrets;
mod services;
mod settings;
mod shape;
mod specs;
mod typed;
mod unique;
pub mod value;
mod walk;

pub use changes::{Adoption, Forgotten, Moved};
pub use compile::{Given, compile};
pub use library::{Library, Part, Purpose, Unreadable, Wanted};
pub use lifecycle::{Lifecycle, OnDestroy, OnDrift, OnFailure, Replacing, Timeout};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Address, Ref, Value};
use crate::problem::Level;
use crate::source::Span;

/// What is intended of one object: enough to make it, compare it and remove it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The kind's fields; absent ones are left out.
    pub spec: Value,
    /// Resources that come first although no field of the spec refers to them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<Ref>,
    /// What may happen to it.
    #[serde(default, skip_serializing_if = "Lifecycle::is_default")]
    pub lifecycle: Lifecycle,
}

/// One resource that the manifest asks for.
#[derive(Clone, Debug)]
pub struct Resource {
    /// What is intended; its references name addresses, not objects yet.
    pub intent: Intent,
    /// Where each written value stands, by path in the spec: `compose/env/TOKEN`. Sorted.
    pub origins: Vec<(Box<str>, Span)>,
    /// The block's kind and labels.
    pub span: Span,
    /// The doc comment.
    pub doc: Option<String>,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A variable of the environment.
    Env(String),
    /// A file's content without its last newline.
    File(String),
    /// Made for a resource by the platform itself.
    Made,
}

/// A secret of the manifest.
#[derive(Clone, Debug)]
pub struct SecretItem {
    /// Where it comes from.
    pub source: SecretSource,
    /// Where it is declared.
    pub span: Span,
    /// Something other than a cluster's, a zone's or a shared service's credential needs it.
    pub needed_in_sandbox: bool,
}

/// A value that the manifest gives to the outside.
#[derive(Clone, Debug)]
pub struct Output {
    /// JSON; holes are in it as texts are written.
    pub value: Value,
    /// Where it is declared.
    pub span: Span,
}

/// What a `check` of the manifest said.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The check's name.
    pub name: String,
    /// The resource that it was about, if its loop goes through resources.
    pub about: Option<Address>,
    /// The first of its conditions that does not hold, as a sentence.
    pub unmet: Option<String>,
    /// What that means.
    pub level: Level,
    /// Where it is written.
    pub span: Span,
}

/// Everything a manifest asks for.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    /// By address.
    pub resources: BTreeMap<Address, Resource>,
    /// By name.
    pub outputs: BTreeMap<String, Output>,
    /// By address: `secret.pve`.
    pub secrets: BTreeMap<String, SecretItem>,
    /// Digest of every file and input that was read.
    pub config: String,
    /// What its checks said, in their order.
    pub checks: Vec<Checked>,
    /// What is imported and was not read yet; everything else is incomplete without it.
    pub wanted: Vec<Wanted>,
    /// Version of every template, by address.
    pub templates: BTreeMap<Address, String>,
    /// What is called something else by now.
    pub moved: Vec<Moved>,
    /// What exists already and is taken over, by address.
    pub adopted: BTreeMap<Address, Adoption>,
    /// What is no longer looked after.
    pub forgotten: Vec<Forgotten>,
}
