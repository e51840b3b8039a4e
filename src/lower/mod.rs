//! Trees to what is desired: names, types, instances, references; everything that can be checked
//! without looking at the world.

mod access;
mod bodies;
mod bounds;
mod calls;
mod changes;
mod card;
mod checks;
mod collect;
mod common;
mod compile;
mod decided;
mod derived;
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
mod idle;
mod inputs;
mod lifecycle;
mod library;
mod lints;
mod machines;
mod memo;
mod modules;
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
mod reveals;
mod settings;
mod settled;
mod shape;
mod sources;
mod specs;
mod told;
mod trial;
mod typed;
mod unique;
pub mod value;
mod walk;

pub use changes::{Adoption, Forgotten, Moved};
pub use compile::{Given, compile};
pub use derived::{Derived, Shape};
pub use library::{Library, Part, Purpose, Unreadable, Wanted};
pub use lifecycle::{Lifecycle, OnDestroy, OnDrift, OnFailure, Replacing, Timeout};
pub use settings::Settings;
pub use settled::settled;
pub use trial::{Known, Moment, Planned, TestItem, Trial, tried};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Address, Ref, SecretStore, Value};
use crate::problem::{Level, lower};
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
    /// What tells the values of its secrets apart, by the secret's address: keyed, so that
    /// nothing follows from one. A secret that is not in it was not sent, or was not known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fingerprints: BTreeMap<String, String>,
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
#[derive(Clone, Debug, PartialEq)]
pub enum SecretSource {
    /// A variable of the environment.
    Env(String),
    /// A file's content without its last newline.
    File(String),
    /// A value in a file that `sops` decrypts.
    Sops {
        /// The file, from the manifest's folder.
        file: String,
        /// Where in it: `authentik.token`.
        key: String,
    },
    /// A file that `age` decrypts, without its last newline.
    Age(String),
    /// A field of a secret in a Vault.
    Vault {
        /// The mount and what follows: `kv/tenants/acme`.
        path: String,
        /// Which field.
        field: String,
    },
    /// What a program prints, without its last newline: the program and its arguments.
    Command(Vec<String>),
    /// Made by `paas`, and a resource of its own.
    Generate(Recipe),
    /// Made by `paas` for a resource, and kept as long as that one needs it.
    Made,
    /// What a function makes of other secrets.
    Derived(Derived),
}

/// What a generated secret looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// How many characters it has.
    pub length: u32,
    /// What it is made of: a name of [`crate::kinds::secret::CHARSETS`].
    pub charset: String,
    /// How old it becomes, in milliseconds, before the plan renews it.
    pub rotate_ms: Option<u64>,
}

impl Default for Recipe {
    fn default() -> Recipe {
        let (length, charset) = crate::kinds::secret::DEFAULTS;
        Recipe { length, charset: charset.to_owned(), rotate_ms: None }
    }
}

impl SecretSource {
    /// How the value is made, if `paas` makes it.
    pub fn recipe(&self) -> Option<Recipe> {
        match self {
            SecretSource::Generate(recipe) => Some(recipe.clone()),
            SecretSource::Made => Some(Recipe::default()),
            SecretSource::Env(_)
            | SecretSource::File(_)
            | SecretSource::Sops { .. }
            | SecretSource::Age(_)
            | SecretSource::Vault { .. }
            | SecretSource::Command(_)
            | SecretSource::Derived(_) => None,
        }
    }

    /// The secrets that it follows from.
    pub fn bases(&self) -> BTreeSet<String> {
        match self {
            SecretSource::Derived(derived) => derived.bases(),
            SecretSource::Env(_)
            | SecretSource::File(_)
            | SecretSource::Sops { .. }
            | SecretSource::Age(_)
            | SecretSource::Vault { .. }
            | SecretSource::Command(_)
            | SecretSource::Generate(_)
            | SecretSource::Made => BTreeSet::new(),
        }
    }
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
    /// It opens a shared service, so a real platform cannot even be looked at without it.
    pub opens: bool,
}

/// A secret that the manifest makes public with `reveal`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reveal {
    /// The secret's address, or how it follows from others.
    pub secret: String,
    /// Why, for whoever reviews the plan.
    pub reason: String,
    /// Where it is written.
    pub span: Span,
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
    /// One of its conditions can be checked only after apply.
    pub late: bool,
    /// What that means.
    pub level: Level,
    /// Where it is written.
    pub span: Span,
}

/// A condition that needs values which are known only after apply.
#[derive(Clone, Debug, PartialEq)]
pub struct LateCondition {
    /// Where it is written.
    pub at: Span,
    /// The value that is not known, and why.
    pub needs: lower::Late,
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
    /// Where it wants those to be kept that are generated.
    pub secret_store: SecretStore,
    /// The secrets that it makes public, and why.
    pub reveals: BTreeSet<Reveal>,
    /// Digest of every file and input that was read.
    pub config: String,
    /// What its checks said, in their order.
    pub checks: Vec<Checked>,
    /// Conditions that are checked after apply.
    pub late: Vec<LateCondition>,
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
    /// What it says about the tool itself.
    pub settings: Settings,
    /// Its tests, in their order.
    pub tests: Vec<TestItem>,
}
