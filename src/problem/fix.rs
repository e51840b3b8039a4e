//! Changes of the text that mend a problem, and how sure they are.

use crate::source::Span;

/// How sure it is that a fix is what was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// It means the same, or nothing else can have been meant: `paas fix` applies it.
    Machine,
    /// It is probably meant: `paas fix --unsafe` applies it.
    Maybe,
    /// It has gaps that a person fills.
    Placeholder,
}

impl Applicability {
    /// The word for it in output for programs.
    pub fn word(self) -> &'static str {
        match self {
            Applicability::Machine => "machine",
            Applicability::Maybe => "maybe",
            Applicability::Placeholder => "placeholder",
        }
    }
}

/// A place and the text that belongs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
}

impl Edit {
    /// Puts `text` where `span` is.
    pub fn new(span: Span, text: impl Into<String>) -> Edit {
        Edit { span, text: text.into() }
    }

    /// Puts `text` before `span`.
    pub fn before(span: Span, text: impl Into<String>) -> Edit {
        Edit::new(Span { end: span.start, ..span }, text)
    }

    /// Puts `text` behind `span`.
    pub fn behind(span: Span, text: impl Into<String>) -> Edit {
        Edit::new(Span { start: span.end, ..span }, text)
    }

    /// Whether both cannot be done at once.
    pub fn overlaps(&self, other: &Edit) -> bool {
        let (a, b) = (self.span, other.span);
        a.file == b.file
            && (a.start < b.end && b.start < a.end || a.start == b.start && self != other)
    }
}

/// Edits that only make sense together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to do, as a help reads.
    pub title: String,
    /// How sure it is.
    pub applicability: Applicability,
    /// What changes.
    pub edits: Vec<Edit>,
    /// The title does not spell the result out, so people are shown the lines before and after.
    pub is_shown: bool,
}

impl Fix {
    /// A fix whose title says exactly what to write.
    pub fn new(title: impl Into<String>, applicability: Applicability, edits: Vec<Edit>) -> Fix {
        Fix { title: title.into(), applicability, edits, is_shown: false }
    }

    /// One that is applied without being asked.
    pub fn machine(title: impl Into<String>, edits: Vec<Edit>) -> Fix {
        Fix::new(title, Applicability::Machine, edits)
    }

    /// One that is probably meant.
    pub fn maybe(title: impl Into<String>, edits: Vec<Edit>) -> Fix {
        Fix::new(title, Applicability::Maybe, edits)
    }

    /// The same, shown as lines before and after.
    pub fn shown(mut self) -> Fix {
        self.is_shown = true;
        self
    }
}
