//! Problems as JSON: `docs/check-format.md` describes it.

use serde_json::{Value, json};

use crate::problem::{Fix, Label, Level, Problem};
use crate::source::{Place, Sources, Span};

/// Name and version; the number before the dot changes when a field changes its meaning or goes.
const FORMAT: &str = "paas.check/1.0";

/// All problems as one document.
pub fn document(problems: &[Problem], sources: &Sources) -> String {
    let of = |level: Level| problems.iter().filter(|problem| problem.level == level).count();
    let document = json!({
        "format": FORMAT,
        "errors": of(Level::Error),
        "warnings": of(Level::Warning),
        "problems": values(problems, sources),
    });
    let text = serde_json::to_string_pretty(&document);
    text.expect("text and numbers can always be written") + "\n"
}

/// Each problem as a part of another document.
pub fn values(problems: &[Problem], sources: &Sources) -> Vec<Value> {
    problems.iter().map(|it| problem(it, sources)).collect()
}

impl Level {
    /// The word for it in messages.
    pub fn word(self) -> &'static str {
        match self {
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

fn problem(problem: &Problem, sources: &Sources) -> Value {
    json!({
        "code": problem.code,
        "level": problem.level.word(),
        "message": problem.message,
        "spans": problem.labels.iter().map(|it| label(it, sources)).collect::<Vec<_>>(),
        "helps": problem.helps,
        "notes": problem.notes,
        "fixes": problem.fixes.iter().map(|it| fix(it, sources)).collect::<Vec<_>>(),
    })
}

fn label(label: &Label, sources: &Sources) -> Value {
    let mut value = span(label.span, sources);
    value["label"] = json!(label.text);
    value["primary"] = json!(label.is_primary);
    value
}

fn fix(fix: &Fix, sources: &Sources) -> Value {
    let edit = |edit: &crate::problem::Edit| {
        let mut value = span(edit.span, sources);
        value["text"] = json!(edit.text);
        value
    };
    json!({
        "message": fix.title,
        "applicability": fix.applicability.word(),
        "edits": fix.edits.iter().map(edit).collect::<Vec<_>>(),
    })
}

fn span(span: Span, sources: &Sources) -> Value {
    json!({
        "file": sources.file(span.file).name,
        "start": place(sources.place(span), span.start),
        "end": place(sources.end_place(span), span.end.max(span.start)),
    })
}

fn place(place: Place, offset: u32) -> Value {
    json!({
        "line": place.line,
        "column": place.column,
        "byte_column": place.byte_column,
        "byte": offset,
    })
}
