//! Text to tree. It never fails: what is wrong becomes a node and a problem.

mod aliens;
mod build;
mod build_compound;
mod build_expr;
mod build_item;
mod build_literal;
mod build_project;
mod build_text;
mod build_type;
mod dashes;
mod delimiters;
mod format;
mod format_expr;
mod format_flat;
mod format_item;
mod format_project;
mod grammar;
pub mod literal;
mod quick;
mod quick_expr;
mod quick_number;
mod quick_type;
mod scanner;
mod statements;
pub mod tree;

pub use format::format;

use pest::Parser;

use crate::problem::{Problem, syntax as problem};
use crate::source::{FileId, Span};
use build::Builder;
use grammar::{Grammar, Rule};
use quick::Quick;
use tree::{Item, ItemKind, Tree};

/// Reads a file: every text has a tree, and every problem of the text is told at once.
pub fn parse(file: FileId, text: &str) -> (Tree, Vec<Problem>) {
    parse_with(Reader::QuickFirst, file, text)
}

/// Who reads statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A fast reader of what is common, and the grammar for the rest.
    QuickFirst,
    /// The grammar alone: what it makes of a text is what the text means.
    Grammar,
}

/// The same as [`parse`], with the reader to be chosen; both give the same.
pub fn parse_with(reader: Reader, file: FileId, text: &str) -> (Tree, Vec<Problem>) {
    let prepared = delimiters::prepare(file, text);
    let mut builder = Builder::new(file, text, &prepared);
    for statement in &prepared.statements {
        let range = statement.range.clone();
        if statement.hidden {
            builder.hidden(range);
            continue;
        }
        if reader == Reader::QuickFirst
            && prepared.is_original()
            && Quick::statement(&mut builder, &prepared.text, range.clone())
        {
            continue;
        }
        match Grammar::parse(Rule::file, &prepared.text[range.clone()]) {
            Ok(pairs) => builder.statement(range.start, pairs),
            // The grammar takes every text; only its guard against too deep recursion refuses one.
            Err(_) => builder.refused(range),
        }
    }
    let (items, mut problems) = builder.finish();
    let strings = prepared.problems.iter().filter(|problem| problem.code == "P0108");
    let mut strings: Vec<Span> = strings.filter_map(place).collect();
    strings.sort_by_key(|string| string.start);
    problems.retain(|problem| !is_caused(problem, &strings));
    problems.retain(|problem| !lacks_foreign_part(problem, text, &prepared.foreign));
    problems.extend(prepared.problems);
    problems.sort_by_key(|problem| problem.labels.first().map(|label| label.span.start));
    (Tree { file, items, comments: prepared.comments }, problems)
}

/// What is missing in a string without an end is only missing because the string has none.
fn is_caused(problem: &Problem, strings: &[Span]) -> bool {
    let Some(place) = place(problem).filter(|_| matches!(problem.code, "P0116" | "P0117")) else {
        return false;
    };
    let after = strings.partition_point(|string| string.start <= place.start);
    strings[..after].last().is_some_and(|string| place.end <= string.end)
}

/// Where a problem is.
fn place(problem: &Problem) -> Option<Span> {
    problem.labels.first().map(|label| label.span)
}

/// Where a part in another language was, a value is missing.
fn lacks_foreign_part(problem: &Problem, text: &str, parts: &[Span]) -> bool {
    let place = problem.labels.first().filter(|_| problem.code == "P0116").map(|it| it.span);
    place.is_some_and(|place| {
        // The colon of a key is the first character of its part.
        let near = |part: &Span| {
            let between = place.end as usize..part.start as usize;
            place.start <= part.start + 1
                && text.get(between).is_none_or(|between| between.trim().is_empty())
                && place.end <= part.end
        };
        parts.iter().any(|part| place.end + 200 > part.start && near(part))
    })
}

impl Builder<'_> {
    /// Keeps a statement that the grammar must not see.
    fn hidden(&mut self, range: std::ops::Range<usize>) {
        if let Some(span) = self.trimmed(range) {
            self.items.push(Item { span, kind: ItemKind::Bad, doc: None });
        }
    }

    /// Keeps a statement that the grammar could not take.
    fn refused(&mut self, range: std::ops::Range<usize>) {
        if let Some(span) = self.trimmed(range.clone()) {
            self.problems.push(problem::too_long(Span { end: span.start + 1, ..span }));
        }
        self.hidden(range);
    }
}
