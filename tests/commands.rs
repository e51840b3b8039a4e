//! The program as a person uses it: command lines in, text and exit codes out.
//!
//! A long output is a session in `tests/cases/commands`, to be read like a manual.

mod apply;
mod attributes;
mod bad_manifests;
mod bad_places;
mod compose;
mod computed;
mod databases;
mod decided;
mod explain;
mod formatting;
mod handing_over;
mod inputs;
mod interrupts;
pub mod kills;
mod kills_of_secrets;
mod kinds;
mod late_checks;
mod limits;
mod leaks;
mod lifecycle;
mod moves;
mod modules;
mod plan;
mod quiet;
mod quoting;
mod reveals;
mod sandbox;
mod saved;
mod scopes;
mod secrets;
mod selection;
mod settings;
mod sources;
mod state;
mod stores;
mod stores_in_vaults;
mod terminal;
mod terraform;
mod testing;
mod zones;

use crate::support::golden;
use crate::support::project::Project;

/// Runs these command lines one after the other and compares the session with its golden file.
#[track_caller]
fn check(name: &str, project: &Project, lines: &[&str]) {
    golden::check(&format!("cases/commands/{name}.txt"), &project.session(lines));
}

/// Whether each of these is in what was said.
#[track_caller]
pub fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is missing in:\n{said}");
    }
}
