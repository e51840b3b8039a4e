//! The pass over the bytes before the grammar: brackets, strings and comments.
//!
//! It hands on a text in which every bracket and string is closed, comments are blanks and nothing
//! nests too deep, cut into statements. When the brackets do not balance, indentation decides
//! where the missing ones belong; in a balanced file it means nothing.

use std::borrow::Cow;
use std::ops::Range;

use crate::problem::{Problem, syntax as problem};
use crate::source::{FileId, Span};
use crate::syntax::scanner::{Ends, Missing, NESTING_MAX, Scan, Scanner, quote_length};
use crate::syntax::tree::Comment;

/// A text that is ready for the grammar.
#[derive(Debug)]
pub struct Prepared<'t> {
    /// The text: as long as the original, plus the closers that were missing.
    pub text: Cow<'t, str>,
    /// Every comment, with places in the original.
    pub comments: Vec<Comment>,
    /// Where statements may be cut; ranges of `text` that cover all of it.
    pub statements: Vec<Statement>,
    /// What is wrong with the delimiters.
    pub problems: Vec<Problem>,
    inserted: Vec<usize>,
}

/// A piece of the prepared text that can be parsed alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands in the prepared text.
    pub range: Range<usize>,
    /// It nests too deep, or is a closer without an opener: the grammar does not see it.
    pub hidden: bool,
}

impl Prepared<'_> {
    /// Whether its places are those of the original.
    pub fn is_original(&self) -> bool {
        self.inserted.is_empty()
    }

    /// The byte of the original text that a byte of the prepared one stands for.
    pub fn original(&self, offset: usize) -> usize {
        match self.inserted.is_empty() {
            true => offset,
            false => offset - self.inserted.partition_point(|at| *at < offset),
        }
    }
}

/// Reads the delimiters of a file.
pub fn prepare(file: FileId, text: &str) -> Prepared<'_> {
    let mut scan = Scanner::new(text, Ends::AtClosers).run();
    if !scan.missing.is_empty() || !scan.strays.is_empty() {
        scan = Scanner::new(text, Ends::AtIndentation).run();
    }
    let problems = problems(file, text, &scan);
    let comments = scan.comments.iter().map(|comment| Comment {
        span: Span::new(file, comment.start, comment.end),
        doc: is_doc(&text[comment.clone()]),
    });
    let comments = comments.collect();
    let mut inserted = Vec::new();
    let statements = std::mem::take(&mut scan.cutter).finish(text.len());
    let mut prepared = blanked(text, &scan);
    if !scan.missing.is_empty() {
        prepared = Cow::Owned(closed(&prepared, &scan.missing, &mut inserted));
    }
    let statements = shifted(statements, &scan.missing);
    Prepared { text: prepared, comments, statements, problems, inserted }
}

/// The statements with room for the inserted closers, each of which ends the one before it.
fn shifted(mut statements: Vec<Statement>, missing: &[Missing]) -> Vec<Statement> {
    let (mut start, mut added, mut next) = (0, 0, 0);
    for statement in &mut statements {
        while next < missing.len() && missing[next].at <= statement.range.end {
            added += missing[next].closer.len();
            next += 1;
        }
        let end = statement.range.end + added;
        statement.range = start..end;
        start = end;
    }
    statements
}

fn is_doc(comment: &str) -> bool {
    comment.starts_with("##") && !comment.starts_with("###")
}

/// The text with comments, strays and control characters as blanks.
fn blanked<'t>(text: &'t str, scan: &Scan) -> Cow<'t, str> {
    if scan.comments.is_empty() && scan.blanks.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in scan.comments.iter().chain(&scan.blanks) {
        for byte in &mut bytes[range.clone()] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    Cow::Owned(String::from_utf8(bytes).expect("only whole characters are blanked"))
}

fn closed(text: &str, missing: &[Missing], inserted: &mut Vec<usize>) -> String {
    let mut out = String::with_capacity(text.len() + missing.len());
    let mut last = 0;
    for closer in missing {
        out.push_str(&text[last..closer.at]);
        inserted.extend(out.len()..out.len() + closer.closer.len());
        out.push_str(closer.closer);
        last = closer.at;
    }
    out.push_str(&text[last..]);
    out
}

fn problems(file: FileId, text: &str, scan: &Scan) -> Vec<Problem> {
    let span = |range: Range<usize>| Span::new(file, range.start, range.end);
    let mut problems = Vec::new();
    if let Some(at) = scan.too_deep {
        problems.push(problem::too_deep(span(at..at + 1), NESTING_MAX));
    } else {
        let brackets = unclosed(file, text, &scan.missing);
        if !brackets.is_empty() {
            problems.push(problem::unclosed(&brackets));
        }
        for (at, opener) in &scan.strays {
            let opener = opener.map(|opener| span(opener..opener + 1));
            problems.push(problem::stray_closer(span(*at..*at + 1), &text[*at..=*at], opener));
        }
    }
    for string in &scan.open_strings {
        let mark = &text[string.start..string.start + quote_length(text.as_bytes(), string.start)];
        // Of a text of several lines only its opener is shown.
        let end = match mark.len() {
            1 => text[..string.end].trim_end().len().max(string.start + 1),
            length => string.start + length,
        };
        problems.push(problem::unterminated_string(span(string.start..end), mark));
    }
    let foreign: Vec<Span> =
        scan.foreign_comments.iter().map(|range| span(range.clone())).collect();
    if let Some(first) = foreign.first() {
        let mark = &text[first.range()][..2];
        problems.push(problem::foreign_comment(&foreign, mark));
    }
    if let Some(first) = scan.control.first() {
        let count = scan.control.len();
        problems.push(problem::control_character(
            span(*first..first + 1),
            text.as_bytes()[*first],
            count,
        ));
    }
    problems
}

/// The brackets among what is missing; the places are in order, so lines are counted once.
fn unclosed(file: FileId, text: &str, missing: &[Missing]) -> Vec<problem::Unclosed> {
    let (mut line, mut counted) = (1, 0);
    let brackets = missing.iter().filter(|missing| !missing.text);
    brackets
        .map(|missing| {
            line += text[counted..missing.at].matches('\n').count();
            counted = missing.at;
            let start = text[..missing.at].rfind('\n').map_or(0, |newline| newline + 1);
            let column = text[start..missing.at].chars().count() + 1;
            let bracket = text[missing.opened..=missing.opened].to_owned();
            let opened = Span::new(file, missing.opened, missing.opened + 1);
            problem::Unclosed { opened, bracket, closer: missing.closer, line, column }
        })
        .collect()
}
