//! Changes of the text that mend a problem, and how sure they are.

use std::collections::BTreeMap;

use crate::problem::Problem;
use crate::source::{FileId, Span};

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
    /// How people are told about it.
    pub shown: Shown,
}

/// How people are told about a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// By its title, which says exactly what to write.
    Title,
    /// By its title and the lines before and after.
    Lines,
    /// Not at all: a label or a help of the problem has said it.
    Already,
}

impl Fix {
    /// A fix whose title says exactly what to write.
    pub fn new(title: impl Into<String>, applicability: Applicability, edits: Vec<Edit>) -> Fix {
        Fix { title: title.into(), applicability, edits, shown: Shown::Title }
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
    pub fn shown(self) -> Fix {
        Fix { shown: Shown::Lines, ..self }
    }

    /// The same, of which a label or a help has told already.
    pub fn told(self) -> Fix {
        Fix { shown: Shown::Already, ..self }
    }
}

/// The fixes of problems that are at least this sure and can be done at once, in their order, each
/// with the place of its problem in the list.
pub fn together(problems: &[Problem], least: Applicability) -> Vec<(usize, &Fix)> {
    let all = problems.iter().enumerate();
    let all = all.flat_map(|(index, problem)| problem.fixes.iter().map(move |fix| (index, fix)));
    let mut chosen: Vec<(usize, &Fix)> = Vec::new();
    // By the first byte of their ends, so that only neighbours are compared.
    let mut taken: BTreeMap<(FileId, u32), &Edit> = BTreeMap::new();
    for (index, fix) in all.filter(|(_, fix)| fix.applicability <= least) {
        let free = fix.edits.iter().all(|edit| is_free(edit, &taken));
        if free && !fix.edits.is_empty() {
            taken.extend(fix.edits.iter().map(|edit| ((edit.span.file, edit.span.start), edit)));
            chosen.push((index, fix));
        }
    }
    chosen
}

/// Whether an edit touches none of those that are taken.
fn is_free(edit: &Edit, taken: &BTreeMap<(FileId, u32), &Edit>) -> bool {
    let Span { file, start, end } = edit.span;
    let before = taken.range((file, 0)..=(file, start)).next_back();
    let behind = taken.range((file, start)..=(file, end.max(start))).next();
    let apart = |(_, other): (&(FileId, u32), &&Edit)| {
        other.span.end <= start && other.span.start < start
            || end <= other.span.start && end > start
    };
    before.is_none_or(apart) && behind.is_none_or(apart)
}

/// The text of a file with these edits done, of which none touches another.
pub fn edited(text: &str, edits: &[&Edit]) -> String {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| edit.span);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        let range = edit.span.range();
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
