//! How an app is deployed. To add a runtime: one file here and its lines below.

mod compose;
mod docker;
mod nixos;
mod unit;

use std::collections::BTreeMap;

use crate::model::{Bundle, Form, Ref, Text};

pub use compose::Compose;
pub use nixos::Nixos;
pub use unit::Unit;

/// The fields of an app of which exactly one is written.
pub const ALL: &[&str] = &["compose", "nixos", "unit"];

/// What every runtime is told about the app.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Where the app runs.
    pub machine: &'a Ref,
    /// A name for its files and services.
    pub slug: &'a str,
    /// The digest of everything it is made of.
    pub digest: &'a str,
}

/// A way to run an app.
pub trait Runtime {
    /// The files and commands that run it.
    fn bundle(&self, place: Place<'_>) -> Bundle;
}

/// Variables as a file that the reader of `form` reads back byte for byte.
fn env_file(env: &BTreeMap<String, Text>, form: Form) -> Text {
    let mut out = Text::default();
    for (name, value) in env {
        out.push_str(name);
        out.push_str("=\"");
        out.push(&value.quoted(form));
        out.push_str("\"\n");
    }
    out
}
