//! Plans, drift, state and graphs as text for people and for machines. Pure.

mod change;
mod difference;
mod drift;
mod entry;
mod escape;
mod graph;
mod json;
mod leaf;
mod markdown;
mod paint;
mod preflight;
mod schema;
mod state;
mod summary;
mod tests;
mod terminal;
mod tree;
pub mod value;
mod words;

pub use drift::{drift, drift_json};
pub use graph::{edges, graph_dot, graph_waves};
pub use json::json;
pub use leaf::alone as leaf_line;
pub use markdown::{LIMIT, markdown};
pub use preflight::{Checked, preflight, preflight_json};
pub use schema::{json_schema, json_schemas};
pub use state::{secret_list, state_list, state_show};
pub use summary::{Summary, outcome};
pub use terminal::terminal;
pub use tests::{Tested, tests_json, tests_junit, tests_summary};

use crate::model::Address;
use crate::problem::Style;
use crate::schema::Schema;

/// What a plan does not know about itself.
#[derive(Clone, Debug)]
pub struct Context {
    /// The project's name.
    pub project: String,
    /// `prod`
    pub environment: Option<String>,
    /// It is for the sandbox, not for real machines.
    pub sandbox: bool,
    /// The file it was saved in, and its digest: `prod.plan (sha256 7be1…)`.
    pub saved: Option<String>,
    /// How much is shown on a terminal.
    pub density: Density,
    /// What the manifest's checks said.
    pub checks: Vec<Check>,
    /// The schema of a kind: it tells a size from a number.
    pub schema: fn(&str) -> Option<&'static Schema>,
}

/// How much of each change is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// One line a resource.
    Summary,
    /// What changes; many changes that look alike are counted.
    #[default]
    Normal,
    /// Everything.
    Full,
}

/// A check of the manifest and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `backed_up`
    pub name: String,
    /// What it said.
    pub verdict: Verdict,
    /// The resource it is about.
    pub address: Option<Address>,
    /// One sentence; empty when it passed.
    pub message: String,
    /// `main.paas:12`
    pub at: String,
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is well.
    Passed,
    /// Worth knowing.
    Warning,
    /// It must not be so.
    Failed,
    /// It is checked after apply.
    Later,
}

impl Default for Context {
    fn default() -> Context {
        Context {
            project: String::new(),
            environment: None,
            sandbox: false,
            saved: None,
            density: Density::Normal,
            checks: Vec::new(),
            schema: |kind| crate::kinds::find(kind).map(crate::kinds::AnyKind::schema),
        }
    }
}

impl Context {
    /// `campus (prod)`
    pub(crate) fn title(&self) -> String {
        let project = match self.project.is_empty() {
            true => "project".to_owned(),
            false => crate::legible::visible(&self.project),
        };
        match &self.environment {
            Some(environment) => format!("{project} ({})", crate::legible::visible(environment)),
            None => project,
        }
    }
}

/// The widest line that is laid out for reading, whatever the terminal has.
const WIDTH_MAX: usize = 120;

/// The narrowest one.
const WIDTH_MIN: usize = 40;

fn columns(style: Style) -> usize {
    style.width.clamp(WIDTH_MIN, WIDTH_MAX)
}
