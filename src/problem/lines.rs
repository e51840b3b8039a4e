//! Problems as lines: one each for an editor or `grep`, or as commands of a GitHub workflow.

use crate::legible::visible;
use crate::problem::Problem;
use crate::source::Sources;

/// `main.paas:4:1: error[P1001]: there is no kind …`, one line a problem.
pub fn concise(problems: &[Problem], sources: &Sources) -> String {
    let line = |problem: &Problem| {
        let place = problem.labels.first().map_or_else(String::new, |label| {
            let place = sources.place(label.span);
            let name = &sources.file(label.span.file).name;
            format!("{}:{}:{}: ", visible(name), place.line, place.column)
        });
        let (level, code) = (problem.level.word(), problem.code);
        format!("{place}{level}[{code}]: {}\n", visible(&problem.message))
    };
    problems.iter().map(line).collect()
}

/// `::error file=main.paas,line=4,…::…`, one command a problem: GitHub shows each at its place.
pub fn github(problems: &[Problem], sources: &Sources) -> String {
    problems.iter().map(|problem| command(problem, sources)).collect()
}

fn command(problem: &Problem, sources: &Sources) -> String {
    let mut properties = Vec::new();
    if let Some(label) = problem.labels.first() {
        let (start, end) = (sources.place(label.span), sources.end_place(label.span));
        let name = property(&sources.file(label.span.file).name);
        properties.push(format!("file={name},line={},endLine={}", start.line, end.line));
        // Columns are only read when a place is on one line; the last one is part of it.
        if start.line == end.line {
            let last = end.column.saturating_sub(1).max(start.column);
            properties.push(format!("col={},endColumn={last}", start.column));
        }
    }
    properties.push(format!("title={}", property(&format!("paas {}", problem.code))));
    let mut text = problem.message.clone();
    if let Some(label) = problem.labels.first().filter(|label| !label.text.is_empty()) {
        text.push_str(&format!("\n{}", label.text));
    }
    let helps = problem.helps.iter().chain(problem.fixes.iter().map(|fix| &fix.title));
    helps.for_each(|help| text.push_str(&format!("\nhelp: {help}")));
    problem.notes.iter().for_each(|note| text.push_str(&format!("\nnote: {note}")));
    format!("::{} {}::{}\n", problem.level.word(), properties.join(","), data(&text))
}

/// What stands behind `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands behind `name=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
