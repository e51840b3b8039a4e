//! The one shape of everything `paas` tells the user is wrong, and the only place it is made.

mod allow;
pub mod compose;
pub mod delimiters;
pub mod docker;
mod excerpt;
pub mod begin;
pub mod change;
mod fix;
pub mod foreign;
mod frame;
pub mod graph;
pub mod infer;
pub mod inputs;
pub mod json;
pub mod lifecycle;
pub mod lines;
pub mod lints;
pub mod lower;
pub mod machines;
pub mod names;
pub mod narrated;
pub mod narrowing;
mod paint;
pub mod pages;
mod print;
pub mod project;
pub mod sarif;
pub mod scopes;
pub mod secrets;
pub mod stages;
pub mod state;
pub mod stores;
pub mod syntax;
pub mod terraform;
pub mod tests;
pub mod types;

pub use allow::{allowed_codes, without_allowed};
pub use fix::{Applicability, Edit, Fix, Shown, edited, together};
pub use print::{Style, print};

use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing; nothing stops.
    Warning,
    /// The run stops after this stage.
    Error,
}

/// A place and what is wrong or expected there.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What to know about this place; the first label must make sense alone.
    pub text: String,
    /// It is wrong here; otherwise the place explains something.
    pub is_primary: bool,
}

/// One thing that is wrong: what, where, what was expected, what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// `P0101`; `paas explain P0101` tells more.
    pub code: &'static str,
    /// Error or warning.
    pub level: Level,
    /// One line that stands alone: lower case, no full stop, names in backticks.
    pub message: String,
    /// The places; the first is the primary one.
    pub labels: Vec<Label>,
    /// Things to type or do.
    pub helps: Vec<String>,
    /// Facts.
    pub notes: Vec<String>,
    /// Changes of the text that would mend it.
    pub fixes: Vec<Fix>,
}

impl Problem {
    fn error(code: &'static str, message: impl Into<String>) -> Problem {
        let (labels, helps, notes, fixes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let message = message.into();
        Problem { code, level: Level::Error, message, labels, helps, notes, fixes }
    }

    fn warning(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { level: Level::Warning, ..Problem::error(code, message) }
    }

    /// Points at a place: the first one is what is wrong, the others explain it.
    fn at(mut self, span: Span, text: impl Into<String>) -> Problem {
        let is_primary = self.labels.is_empty();
        self.labels.push(Label { span, text: text.into(), is_primary });
        self
    }

    /// Points at a further place where the same is wrong.
    fn also_at(mut self, span: Span, text: impl Into<String>) -> Problem {
        self.labels.push(Label { span, text: text.into(), is_primary: true });
        self
    }

    fn help(mut self, text: impl Into<String>) -> Problem {
        self.helps.push(text.into());
        self
    }

    fn note(mut self, text: impl Into<String>) -> Problem {
        self.notes.push(text.into());
        self
    }

    fn fix(mut self, fix: Fix) -> Problem {
        self.fixes.push(fix);
        self
    }

    /// Whether it stops the run.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}

/// Whether any of them stops the run.
pub fn any_error(problems: &[Problem]) -> bool {
    problems.iter().any(Problem::is_error)
}

/// Longer words have no neighbours.
const LONGEST_WORD: usize = 200;

/// How many names are looked at for one that is wrong: many of each are no reason to wait.
const MOST_COMPARED: usize = 1_000;

/// Up to three names close enough to `wrong` to be what was meant, nearest first.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    // Nobody mistypes a word of that length, and comparing two takes time with its square.
    if wrong.len() > LONGEST_WORD {
        return Vec::new();
    }
    let wrong = wrong.to_lowercase();
    let length = wrong.chars().count();
    let limit = (length / 3).max(1);
    let mut close: Vec<(usize, &str)> = names
        .into_iter()
        .filter(|name| name.len() <= LONGEST_WORD && name.chars().count().abs_diff(length) <= limit)
        .take(MOST_COMPARED)
        .map(|name| (strsim::osa_distance(&wrong, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(3).map(|(_, name)| name).collect()
}
