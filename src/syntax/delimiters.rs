//! The pass over the bytes before the grammar: brackets, strings and comments.
//!
//! It hands on a text in which every bracket and string is closed, comments are blanks and nothing
//! nests too deep, cut into statements. When the brackets do not balance, indentation decides
//! where the missing ones belong; in a balanced file it means nothing.

use std::borrow::Cow;
use std::ops::Range;

use crate::problem::{Edit, Problem, delimiters as problem};
use crate::source::{FileId, Span};
use crate::syntax::aliens::{self, Foreign, Region};
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
    /// Parts in other languages, which are blank.
    pub foreign: Vec<Span>,
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
    let foreign = scan.foreign.iter();
    let foreign = foreign.map(|it| Span::new(file, it.range.start, it.range.end)).collect();
    Prepared { text: prepared, comments, statements, problems, foreign, inserted }
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
    scan.assigned.iter().for_each(|at| bytes[*at] = b'=');
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
    let foreign: Vec<problem::ForeignComment> =
        scan.foreign_comments.iter().map(|range| foreign_comment(file, text, range)).collect();
    if let Some(first) = foreign.first() {
        let mark = &text[first.span.range()][..2];
        problems.push(problem::foreign_comment(&foreign, mark));
    }
    problems.extend(foreign_parts(file, text, &scan.foreign));
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

/// The closer as it is written at a place: beside a bracket of the same line, else on a line of its
/// own below.
fn closing(text: &str, opened: usize, at: usize, closer: &str) -> String {
    if !text[opened..at].contains('\n') {
        return if closer == "}" { format!(" {closer}") } else { closer.to_owned() };
    }
    let start = text[..opened].rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[start..opened];
    let indentation = &line[..line.len() - line.trim_start().len()];
    format!("\n{indentation}{closer}")
}

/// One problem for each part in another language; lines of YAML that follow each other are one.
fn foreign_parts(file: FileId, text: &str, regions: &[Region]) -> Vec<Problem> {
    let span = |range: Range<usize>| Span::new(file, range.start, range.end);
    let mut problems = Vec::new();
    let mut at = 0;
    while let Some(region) = regions.get(at) {
        at += 1;
        let range = region.range.clone();
        let (first, last) = match region.kind {
            Foreign::Heredoc { first, last } | Foreign::Nix { first, last } => (first, last),
            Foreign::Yaml { top } => {
                let mut whole = range;
                while let Some(next) = regions.get(at).filter(|_| top)
                    && text[whole.end..next.range.start].trim().is_empty()
                {
                    whole.end = next.range.end;
                    at += 1;
                }
                problems.push(yaml(file, text, whole, top));
                continue;
            }
        };
        let inner = &text[first..last];
        let quotes = match inner.contains('\\') || inner.contains("\"\"\"") {
            true => "\'\'\'",
            false => "\"\"\"",
        };
        // What closes the text says how far it is indented.
        let lines = inner.lines().filter(|line| !line.trim().is_empty());
        let least = lines.map(|line| line.len() - line.trim_start_matches(' ').len()).min();
        let strips = region.kind != Foreign::Heredoc { first, last }
            || text[range.start..].starts_with("<<-");
        let blanks = " ".repeat(least.filter(|_| strips).unwrap_or(0));
        let edits = vec![
            Edit::new(span(range.start..first - 1), quotes),
            Edit::new(span(last..range.end), format!("{blanks}{quotes}")),
        ];
        let opener = span(range.start..text[..first - 1].trim_end().len());
        problems.push(problem::foreign_text(opener, &text[opener.range()], quotes, edits));
    }
    problems
}

fn yaml(file: FileId, text: &str, range: Range<usize>, top: bool) -> Problem {
    let start = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let key = start + text[start..].len() - text[start..].trim_start().len();
    let colon = key + text[key..].find(':').unwrap_or(0);
    let is_list = text[colon + 1..range.end].trim_start().starts_with('-');
    let what = match &text[key..colon] {
        "services" | "volumes" | "networks" if top => problem::Yaml::Compose,
        _ if is_list => problem::Yaml::List,
        _ => problem::Yaml::Map,
    };
    let better = aliens::translated(&text[start..range.end], top);
    let better = better.filter(|_| what != problem::Yaml::Compose);
    let edit = better.map(|text| Edit::new(Span::new(file, start, range.end), text));
    problem::yaml(Span::new(file, key, colon + 1), what, edit)
}

/// A comment of another language; one in the middle of a line cannot become ours.
fn foreign_comment(file: FileId, text: &str, range: &Range<usize>) -> problem::ForeignComment {
    let span = Span::new(file, range.start, range.end);
    let (comment, behind) = (&text[range.clone()], &text[range.end..]);
    let rest = behind.lines().next().unwrap_or_default();
    let edit = |start: usize, end: usize, text: &str| {
        Edit::new(Span::new(file, range.start + start, range.start + end), text)
    };
    let edits = match comment.strip_prefix("/*") {
        None => {
            let marks = comment.len() - comment.trim_start_matches('/').len();
            vec![edit(0, marks, "#")]
        }
        Some(_) if !rest.trim().is_empty() || !comment.ends_with("*/") => Vec::new(),
        Some(_) => {
            // A star at the beginning of a line is a part of the frame.
            let inner = comment[2..comment.len() - 2].trim_start_matches('*').trim();
            let mut new = String::new();
            let line_start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
            let indentation = &text[line_start..range.start];
            let blank = indentation.trim().is_empty();
            for (index, line) in inner.lines().enumerate() {
                let line = line.trim().trim_start_matches('*').trim();
                let before = match (index, blank) {
                    (0, _) => "",
                    (_, true) => indentation,
                    (_, false) => "",
                };
                let newline = if index > 0 { "\n" } else { "" };
                new.push_str(format!("{newline}{before}# {line}").trim_end_matches(' '));
            }
            vec![edit(0, comment.len(), if new.is_empty() { "#" } else { &new })]
        }
    };
    problem::ForeignComment { span, edits }
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
            let closer = missing.closer;
            let edit = Edit::new(
                Span::new(file, missing.at, missing.at),
                closing(text, missing.opened, missing.at, closer),
            );
            problem::Unclosed { opened, bracket, closer, line, column, edit }
        })
        .collect()
}
