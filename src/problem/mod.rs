//! The one shape of everything `paas` tells the user is wrong, and the only place it is made.

pub mod pages;
mod excerpt;
pub mod graph;
pub mod inputs;
pub mod lower;
pub mod names;
mod print;
pub mod project;
pub mod secrets;
pub mod state;
pub mod syntax;
pub mod types;

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
}

impl Problem {
    fn error(code: &'static str, message: impl Into<String>) -> Problem {
        let (labels, helps, notes) = (Vec::new(), Vec::new(), Vec::new());
        Problem { code, level: Level::Error, message: message.into(), labels, helps, notes }
    }

    fn warning(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { level: Level::Warning, ..Problem::error(code, message) }
    }

    fn at(mut self, span: Span, text: impl Into<String>) -> Problem {
        self.labels.push(Label { span, text: text.into() });
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

    /// Whether it stops the run.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}

/// Whether any of them stops the run.
pub fn any_error(problems: &[Problem]) -> bool {
    problems.iter().any(Problem::is_error)
}

/// Up to three names close enough to `wrong` to be what was meant, nearest first.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wrong = wrong.to_lowercase();
    let limit = (wrong.chars().count() / 3).max(1);
    let mut close: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (strsim::osa_distance(&wrong, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(3).map(|(_, name)| name).collect()
}
