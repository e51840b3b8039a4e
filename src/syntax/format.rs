//! The canonical form of a file: the same text for everybody, nothing to set.
//!
//! What is printed is the tree; literals, names and comments are copied from the text. An item
//! that was not understood, or has a comment where none is expected, stays as it is written.

use crate::problem::Problem;
use crate::source::{FileId, Span};
use crate::syntax::parse;
use crate::syntax::tree::{Body, Comment, Item, ItemKind, Tree};

/// How long a line may get.
pub const WIDTH: usize = 100;

/// Habits that are rewritten, and mistakes inside a single token: the tree around them is sound.
const HARMLESS: [&str; 9] =
    ["P0104", "P0107", "P0109", "P0110", "P0111", "P0112", "P0113", "P0118", "P0119"];

/// After these the places where blocks end are only guessed, or a part is not read at all, so
/// nothing is moved.
const UNBALANCED: [&str; 5] = ["P0101", "P0103", "P0108", "P0114", "P0120"];

/// The text in its canonical form.
///
/// Formatting twice changes nothing more, and comments and meaning stay.
pub fn format(file: FileId, text: &str) -> String {
    let (tree, problems) = parse(file, text);
    if problems.iter().any(|problem| UNBALANCED.contains(&problem.code)) {
        return text.to_owned();
    }
    let once = printed(&tree, &problems, text);
    if problems.is_empty() {
        return once;
    }
    // What is wrong may read differently once it is moved; then it is better left alone.
    let (tree, problems) = parse(file, &once);
    match printed(&tree, &problems, &once) == once {
        true => once,
        false => text.to_owned(),
    }
}

fn printed(tree: &Tree, problems: &[Problem], text: &str) -> String {
    let damage = problems.iter().filter(|problem| !HARMLESS.contains(&problem.code));
    let damage =
        Damage::new(damage.flat_map(|problem| problem.labels.iter().map(|label| label.span)));
    let comments = &tree.comments;
    let out = String::with_capacity(text.len() + text.len() / 8);
    let mut printer = Printer { text, comments, damage, out, next_comment: 0, level: 0 };
    printer.file(&tree.items);
    printer.out
}

/// The places of what was not understood, in order.
struct Damage {
    spans: Vec<Span>,
    /// How far the spans up to each reach.
    ends: Vec<u32>,
}

impl Damage {
    fn new(spans: impl Iterator<Item = Span>) -> Damage {
        let mut spans: Vec<Span> = spans.collect();
        spans.sort_by_key(|span| (span.start, span.end));
        let mut reach = 0;
        let ends = spans.iter().map(|span| {
            reach = span.end.max(reach);
            reach
        });
        let ends = ends.collect();
        Damage { spans, ends }
    }

    /// The places among which are all that touch this one.
    fn touching(&self, place: Span) -> &[Span] {
        let first = self.ends.partition_point(|end| *end < place.start);
        let last = self.spans.partition_point(|span| span.start <= place.end);
        self.spans.get(first..last).unwrap_or_default()
    }
}

/// The text so far, and what of the source is still to come.
pub struct Printer<'t> {
    /// The source.
    pub text: &'t str,
    /// What is printed.
    pub out: String,
    /// How deep the current line is indented.
    pub level: usize,
    comments: &'t [Comment],
    damage: Damage,
    next_comment: usize,
}

/// Something that stands on lines of its own: an item, an element, an argument.
pub struct Entry<'n, T> {
    /// Its place in the source.
    pub span: Span,
    /// The node.
    pub node: &'n T,
}

impl Printer<'_> {
    /// The source under a span.
    pub fn source(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Copies a name or a literal; quotes become double where that changes nothing.
    pub fn token(&self, span: Span) -> String {
        let source = self.source(span);
        let inner = source.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        match inner.filter(|inner| !inner.contains(['\\', '"', '\''])) {
            Some(inner) => format!("\"{inner}\""),
            None => source.to_owned(),
        }
    }

    /// Adds text to the current line.
    pub fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Begins a line.
    pub fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.level {
            self.out.push_str("  ");
        }
    }

    /// How many columns are left on the current line.
    pub fn room(&self) -> usize {
        let start = self.out.rfind('\n').map_or(0, |newline| newline + 1);
        WIDTH.saturating_sub(self.out[start..].chars().count())
    }

    /// Whether a comment stands inside the span.
    pub fn has_comment(&self, span: Span) -> bool {
        let first = self.comments.partition_point(|comment| comment.span.start < span.start);
        self.comments.get(first).is_some_and(|comment| comment.span.start < span.end)
    }

    /// Whether the source goes on on a new line at `from`, before `to`.
    pub fn broken(&self, from: usize, to: usize) -> bool {
        self.text.get(from..to).is_some_and(|between| between.contains('\n'))
    }

    fn file(&mut self, items: &[Item]) {
        let mut last = 0;
        let mut first = true;
        let mut block_before = false;
        for (index, item) in items.iter().enumerate() {
            let gap = self.out.len();
            let comments_before = self.next_comment;
            self.leading(item.span.start as usize, &mut last, &mut first);
            self.separate(last, item.span.start as usize, first);
            let start = self.out.len();
            self.item(item);
            let block = matches!(item.kind, ItemKind::Block(_)) && self.out[start..].contains('\n');
            let touching = !first && !self.out[gap..].starts_with("\n\n");
            if block && block_before && touching {
                self.out.insert(gap, '\n');
            }
            block_before = block;
            first = false;
            last = item.span.end as usize;
            // A comment further on may be inside of the next one, which begins on the same line.
            let next = items.get(index + 1).map(|item| item.span.start as usize);
            self.trailing(&mut last, next.unwrap_or(self.text.len()));
            debug_assert!(self.next_comment >= comments_before, "comments only go forward");
        }
        self.leading(self.text.len(), &mut last, &mut first);
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// Prints one entry a line between brackets; `open` and `close` are the bytes inside them.
    pub fn entries<T>(
        &mut self,
        (open, close): (usize, usize),
        entries: &[Entry<'_, T>],
        mut print: impl FnMut(&mut Self, &T),
    ) {
        let mut last = open;
        let mut first = true;
        self.level += 1;
        let first_start = entries.first().map_or(close, |entry| entry.span.start as usize);
        self.trailing(&mut last, first_start);
        for (index, entry) in entries.iter().enumerate() {
            let start = entry.span.start as usize;
            self.leading(start, &mut last, &mut first);
            self.separate(last, start, first);
            print(self, entry.node);
            first = false;
            last = entry.span.end as usize;
            let next = entries.get(index + 1).map(|entry| entry.span.start as usize);
            self.trailing(&mut last, next.unwrap_or(close));
        }
        self.leading(close, &mut last, &mut first);
        self.level -= 1;
        self.line();
    }

    /// Begins the line of an entry; one blank line of the source stays.
    fn separate(&mut self, last: usize, start: usize, first: bool) {
        let between = self.text.get(last..start).unwrap_or_default();
        if !first && between.matches('\n').count() > 1 {
            self.out.push('\n');
        }
        match self.out.is_empty() {
            true => {}
            false => self.line(),
        }
    }

    /// Prints the comments before a place, each on its line.
    fn leading(&mut self, before: usize, last: &mut usize, first: &mut bool) {
        while let Some(comment) = self.comments.get(self.next_comment) {
            let range = comment.span.range();
            if range.start >= before {
                break;
            }
            self.separate(*last, range.start, *first);
            for (index, text) in comment_lines(self.source(comment.span)).iter().enumerate() {
                if index > 0 {
                    self.line();
                }
                self.push(text);
            }
            self.next_comment += 1;
            *first = false;
            *last = range.end;
        }
    }

    /// Prints a comment that stands behind something on its line.
    fn trailing(&mut self, last: &mut usize, before: usize) {
        let Some(comment) = self.comments.get(self.next_comment) else { return };
        let range = comment.span.range();
        let here = range.start >= *last && range.start < before;
        if !here || self.broken(*last, range.start) || self.out.is_empty() {
            return;
        }
        let lines = comment_lines(self.source(comment.span));
        if let [line] = lines.as_slice() {
            self.push("  ");
            self.push(line);
            self.next_comment += 1;
            *last = range.end;
        }
    }

    /// Prints an item, or copies it when something in it was not understood.
    pub fn item(&mut self, item: &Item) {
        let start = self.out.len();
        let level = self.level;
        let comment = self.next_comment;
        let sound = !matches!(item.kind, ItemKind::Bad) && !self.is_damaged(item);
        if sound {
            self.item_kind(item);
            let next = self.comments.get(self.next_comment);
            if next.is_none_or(|comment| comment.span.start >= item.span.end) {
                return;
            }
        }
        self.level = level;
        self.next_comment = comment;
        self.out.truncate(start);
        self.out.push_str(self.text.get(item.span.range()).unwrap_or_default());
        while let Some(comment) = self.comments.get(self.next_comment) {
            if comment.span.start >= item.span.end {
                break;
            }
            self.next_comment += 1;
        }
    }

    /// Whether something in the item itself is wrong, not only in an item of its body.
    pub fn is_damaged(&self, item: &Item) -> bool {
        let inside = |outer: Span, inner: Span| {
            inner.start >= outer.start && inner.end <= outer.end && inner.start <= outer.end
        };
        let body: Option<&Body> = match &item.kind {
            ItemKind::Block(block) => Some(&block.body),
            ItemKind::Use(it) => it.body.as_ref(),
            ItemKind::Module(it) => it.body.as_ref(),
            ItemKind::Mock(it) => Some(&it.body),
            ItemKind::Input(input) => input.body.as_ref(),
            ItemKind::Attribute(_)
            | ItemKind::Spread(_)
            | ItemKind::Comprehension(_)
            | ItemKind::Let(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Output(_)
            | ItemKind::Secret(_)
            | ItemKind::Require(_)
            | ItemKind::Import(_)
            | ItemKind::Moved(_)
            | ItemKind::Adopt(_)
            | ItemKind::Forget(_)
            | ItemKind::Expect(_)
            | ItemKind::Bad => None,
        };
        let nested = body.map_or(&[][..], |body| &body.items);
        self.damage.touching(item.span).iter().any(|span| {
            let touches = span.start <= item.span.end && span.end >= item.span.start;
            let after = nested.partition_point(|inner| inner.span.start <= span.start);
            // One that ends where the next begins belongs to either.
            let near = nested[..after].iter().rev().take(2);
            touches && !near.into_iter().any(|inner| inside(inner.span, *span))
        })
    }
}

/// A comment as it is printed; those of other languages become ours.
fn comment_lines(comment: &str) -> Vec<String> {
    let ours = |line: &str| match line.trim() {
        "" => "#".to_owned(),
        line => format!("# {line}"),
    };
    if let Some(text) = comment.strip_prefix("//") {
        return vec![ours(text.trim_start_matches('/'))];
    }
    if let Some(text) = comment.strip_prefix("/*") {
        let text = text.strip_suffix("*/").unwrap_or(text);
        let lines = text.trim().lines();
        return lines.map(|line| ours(line.trim().trim_start_matches('*'))).collect();
    }
    vec![comment.trim_end().to_owned()]
}
