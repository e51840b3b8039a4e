//! What every part of the builder shares: places, groups of problems, limits.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use pest::iterators::{Pair, Pairs};

use crate::problem::{Edit, Problem, syntax as problem};
use crate::source::{FileId, Span};
use crate::syntax::delimiters::Prepared;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{Item, ItemKind, Name, Word};

/// How high an expression may stack, and how deep: later stages walk it recursively.
pub const HEIGHT_MAX: usize = 400;

/// How far a [`Builder`] is.
pub struct Mark {
    problems: usize,
    units: usize,
    next_comment: usize,
}

/// Turns the pairs of the grammar into the tree.
pub struct Builder<'t> {
    /// What was built.
    pub items: Vec<Item>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Habits of other languages, told together.
    pub assignments: Vec<problem::Sign>,
    /// Numbers without a unit of ours, told together.
    pub units: Vec<(Span, String)>,
    /// Declarations with a dash in their name, each told with its uses.
    pub dashed: Vec<problem::Dashed>,
    /// `[*]` in the expression that is built: the list before it, and its place.
    pub splats: Vec<(Span, Span)>,
    /// Their places by name.
    pub dashed_places: HashMap<String, usize>,
    /// Kinds and names of the lines that declare something with a dash, once they were looked for.
    pub heads: Option<HashSet<(String, String)>>,
    /// How high the expression is that was built last.
    pub height: usize,
    /// The file that is read.
    pub file: FileId,
    pub(super) original: &'t str,
    prepared: &'t Prepared<'t>,
    base: usize,
    depth: usize,
    next_comment: usize,
}

/// How short the items of a file are, at least on average.
const BYTES_AN_ITEM: usize = 64;

impl<'t> Builder<'t> {
    /// A builder for one file.
    pub fn new(file: FileId, original: &'t str, prepared: &'t Prepared<'t>) -> Builder<'t> {
        // Growing would need the old and the new list at once; what is not used is never touched.
        let (items, problems) = (Vec::with_capacity(original.len() / BYTES_AN_ITEM), Vec::new());
        let (assignments, units, dashed) = (Vec::new(), Vec::new(), Vec::new());
        let (height, base, depth, next_comment) = (0, 0, 0, 0);
        Builder {
            items,
            problems,
            assignments,
            units,
            dashed,
            splats: Vec::new(),
            dashed_places: HashMap::new(),
            heads: None,
            height,
            file,
            original,
            prepared,
            base,
            depth,
            next_comment,
        }
    }

    /// Builds a statement that begins at byte `base` of the prepared text.
    pub fn statement(&mut self, base: usize, pairs: Pairs<'_, Rule>) {
        self.base = base;
        let first = self.items.len();
        for pair in pairs {
            if let Some(item) = self.item(pair) {
                if let ItemKind::Comprehension(comprehension) = &item.kind {
                    self.problems.push(problem::comprehension_outside(comprehension.span));
                }
                self.items.push(item);
            }
        }
        self.end_statement(first);
    }

    /// Takes the items of a statement that was read without the grammar.
    pub fn take(&mut self, mut items: Vec<Item>) {
        let first = self.items.len();
        self.items.append(&mut items);
        self.end_statement(first);
    }

    fn end_statement(&mut self, first: usize) {
        let block = |item: &Item| matches!(item.kind, ItemKind::Block(_));
        if self.items[first..].iter().any(block) {
            self.flush();
        }
    }

    /// How far it is, to come back to.
    pub fn mark(&self) -> Mark {
        let (problems, units) = (self.problems.len(), self.units.len());
        Mark { problems, units, next_comment: self.next_comment }
    }

    /// Whether nothing was reported since.
    pub fn is_at(&self, mark: &Mark) -> bool {
        self.problems.len() == mark.problems && self.units.len() == mark.units
    }

    /// Forgets everything since.
    pub fn reset(&mut self, mark: &Mark) {
        self.problems.truncate(mark.problems);
        self.units.truncate(mark.units);
        self.next_comment = mark.next_comment;
        self.height = 0;
    }

    /// The items and what is wrong with them.
    pub fn finish(mut self) -> (Vec<Item>, Vec<Problem>) {
        self.flush();
        self.problems.extend(self.dashed.iter().map(problem::dash_in_name));
        (self.items, self.problems)
    }

    /// Related mistakes of a block are one problem.
    fn flush(&mut self) {
        if !self.assignments.is_empty() {
            self.problems.push(problem::foreign_assignment(&self.assignments));
            self.assignments.clear();
        }
        if !self.units.is_empty() {
            self.problems.push(problem::unknown_unit(&self.units));
            self.units.clear();
        }
    }

    /// The place of a pair, without blanks at its end.
    pub fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let start = pair.as_span().start();
        self.span_at(start, start + pair.as_str().trim_end().len())
    }

    /// The place of bytes of the statement.
    pub fn span_at(&self, start: usize, end: usize) -> Span {
        let original = |offset: usize| self.prepared.original(self.base + offset);
        Span::new(self.file, original(start), original(end))
    }

    /// The place of something missing: behind the last thing before it.
    pub fn gap_at(&self, offset: usize) -> Span {
        let before = &self.prepared.text[..self.base + offset];
        let at = self.prepared.original(before.trim_end().len());
        Span::new(self.file, at, at)
    }

    /// The place of a range of the prepared text, without blanks around it.
    pub fn trimmed(&self, range: Range<usize>) -> Option<Span> {
        let text = &self.prepared.text[range.clone()];
        let start = range.start + text.len() - text.trim_start().len();
        let end = start + text.trim().len();
        let original = |offset: usize| self.prepared.original(offset);
        (start < end).then(|| Span::new(self.file, original(start), original(end)))
    }

    /// Remembers a sign of another language; `instead` is `=`, or nothing for an end of an item.
    pub fn foreign_sign(&mut self, span: Span, text: &str, instead: &str) {
        let (before, behind) =
            (&self.original[..span.start as usize], &self.original[span.end as usize..]);
        let mut edit = Edit::new(span, instead);
        if instead.is_empty() {
            // What follows on the same line needs something between.
            let next = behind.trim_start_matches([' ', '\t']);
            let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
            edit.span = Span { start: span.start - u32::try_from(blanks).unwrap_or(0), ..span };
            if !next.starts_with(['\n', '\r', '}', ']', ')', '#', ';', ',', '/'])
                && !next.is_empty()
            {
                edit.text.push(',');
            }
        } else {
            if !before.ends_with(char::is_whitespace) {
                edit.text.insert(0, ' ');
            }
            if !behind.starts_with(char::is_whitespace) {
                edit.text.push(' ');
            }
        }
        self.assignments.push(problem::Sign { span, text: text.to_owned(), edit });
    }

    /// The text at a place, as it was written.
    pub fn written(&self, span: Span) -> Option<&str> {
        self.original.get(span.range())
    }

    /// A word with its place.
    pub fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        Name { text: pair.as_str().into(), span: self.span(pair) }
    }

    /// A name that had to be here.
    pub fn missing_name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        let span = self.gap_at(pair.as_span().start());
        self.problems.push(problem::missing(span, "a name"));
        Name { text: Word::default(), span }
    }

    /// Reports that something had to be here.
    pub fn missing(&mut self, pair: &Pair<'_, Rule>, expected: &str) -> Span {
        let span = self.gap_at(pair.as_span().start());
        self.problems.push(problem::missing(span, expected));
        span
    }

    /// Reports something, unless the item is already known to be incomplete.
    pub fn first_of(&mut self, problems_before: usize, problem: Problem) {
        if self.problems.len() == problems_before {
            self.problems.push(problem);
        }
    }

    /// Reports text behind a complete item, unless something before it was wrong already.
    pub fn tail(&mut self, pair: &Pair<'_, Rule>, problems_before: usize) {
        if self.problems.len() == problems_before {
            let text = pair.as_str();
            let start = pair.as_span().start() + text.len() - text.trim_start().len();
            let span = self.span_at(start, pair.as_span().start() + text.trim_end().len());
            self.problems.push(problem::text_after(span));
        }
    }

    /// Reports text inside brackets that belongs to nothing.
    pub fn junk(&mut self, pair: &Pair<'_, Rule>, problems_before: usize) {
        if self.problems.len() == problems_before {
            self.problems.push(problem::text_inside(self.span(pair)));
        }
    }

    /// Reports an element that stands on the line of the one before it, without a `,` between.
    pub fn separated(&mut self, before: Option<Span>, next: &Pair<'_, Rule>) {
        let span = self.span(next);
        let touching = before.is_some_and(|before| {
            let between = before.end as usize..span.start as usize;
            self.original.get(between).is_some_and(|text| !text.contains([',', '\n']))
        });
        if touching {
            self.problems.push(problem::text_inside(span));
        }
    }

    /// Goes one level down, unless that is too deep.
    pub fn enter(&mut self, pair: &Pair<'_, Rule>) -> bool {
        if self.depth >= HEIGHT_MAX {
            self.too_long(self.span(pair));
            return false;
        }
        self.depth += 1;
        true
    }

    /// Comes back from one level down.
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Reports an expression with too many parts, once in a place.
    pub fn too_long(&mut self, span: Span) {
        let span = Span { end: span.end.min(span.start + 1), ..span };
        if self.problems.last().is_none_or(|problem| problem.code != "P0114") {
            self.problems.push(problem::too_long(span));
        }
    }

    /// The `##` lines directly before an item; items are asked for in the order they are written.
    pub fn doc_before(&mut self, item: Span) -> Option<Box<str>> {
        let comments = &self.prepared.comments;
        while comments.get(self.next_comment).is_some_and(|comment| comment.span.end <= item.start)
        {
            self.next_comment += 1;
        }
        let mut lines = Vec::new();
        let mut below = item.start as usize;
        for comment in comments[..self.next_comment].iter().rev() {
            let range = comment.span.range();
            let between = &self.original[range.end..below];
            let directly = between.trim().is_empty() && between.matches('\n').count() == 1;
            let line_start =
                self.original[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
            let alone = self.original[line_start..range.start].trim().is_empty();
            if !comment.doc || !directly || !alone {
                break;
            }
            let text = self.original[range.clone()].trim_start_matches('#');
            lines.push(text.strip_prefix(' ').unwrap_or(text).trim_end());
            below = range.start;
        }
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n").into_boxed_str())
    }
}

impl Builder<'_> {
    /// `if a then b else c` with the parts as they are written.
    pub fn if_text(&self, parts: [Span; 3]) -> String {
        let [condition, then, other] = parts.map(|span| &self.original[span.range()]);
        format!("if {condition} then {then} else {other}")
    }
}
