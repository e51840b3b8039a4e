//! How an app is deployed. To add a runtime: one file here and its lines below.

mod compose;
mod nixos;
mod unit;

use std::collections::BTreeMap;

use crate::model::{Bundle, Ref, Text};

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

/// Variables as a file that Compose and systemd read back byte for byte.
fn env_file(env: &BTreeMap<String, Text>, dollar: &str) -> Text {
    let mut out = Text::default();
    for (name, value) in env {
        out.push_str(name);
        out.push_str("=\"");
        out.push(&escaped(value, dollar));
        out.push_str("\"\n");
    }
    out
}

/// Literal parts are escaped here, secret ones by whoever puts them in.
fn escaped(text: &Text, dollar: &str) -> Text {
    text.map_literals(|literal| {
        let mut out = String::with_capacity(literal.len());
        for c in literal.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '$' => out.push_str(dollar),
                c => out.push(c),
            }
        }
        out
    })
}
