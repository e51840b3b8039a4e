//! Names with dashes: where one is declared, and where it was meant although a dash is a minus.

use crate::problem::syntax::Dashed;
use crate::source::Span;
use crate::syntax::build::Builder;
use crate::syntax::tree::{Expr, ExprKind, Name};

impl Builder<'_> {
    /// A declared name with a dash: told once, with the name that takes its place.
    pub fn dashed_name(&mut self, span: Span, text: &str) -> Name {
        let better = text.replace('-', "_");
        match self.dashed_as(text) {
            Some(other) if other.declared.is_none() => other.declared = Some(span),
            Some(_) | None => {
                let (name, uses) = (text.to_owned(), Vec::new());
                self.add_dashed(Dashed { name, declared: Some(span), uses });
            }
        }
        Name { text: better.into(), span }
    }

    /// Makes `container.web` and `1.ip`, between which a dash stands, one expression if this file
    /// declares something as `web-1`.
    pub fn is_dashed_name(&mut self, before: &Expr, after: &mut Expr) -> bool {
        let ExprKind::Get(kind, name) = &before.kind else { return false };
        let ExprKind::Name(word) = &kind.kind else { return false };
        let first = leftmost(after);
        if !matches!(first.kind, ExprKind::Int(_) | ExprKind::Name(_)) {
            return false;
        }
        let span = name.span.to(first.span);
        let Some(whole) = self.dashed_word(span) else { return false };
        let text = self.written(whole).unwrap_or_default().to_owned();
        if !self.declares(word, &text) {
            return false;
        }
        let better = self.written(span).unwrap_or_default().replace('-', "_");
        let kind = ExprKind::Get(kind.clone(), Box::new(Name { text: better.into(), span }));
        replace_leftmost(after, Expr { span: before.span.to(first.span), kind });
        match self.dashed_as(&text) {
            Some(dashed) if dashed.uses.last() == Some(&whole) => {}
            Some(dashed) => dashed.uses.push(whole),
            None => {
                self.add_dashed(Dashed { name: text, declared: None, uses: vec![whole] });
            }
        }
        true
    }

    /// What was said first about a name with dashes.
    fn dashed_as(&mut self, name: &str) -> Option<&mut Dashed> {
        let index = self.dashed_places.get(name)?;
        self.dashed.get_mut(*index)
    }

    fn add_dashed(&mut self, dashed: Dashed) {
        // The first one collects the uses.
        self.dashed_places.entry(dashed.name.clone()).or_insert(self.dashed.len());
        self.dashed.push(dashed);
    }

    /// The whole word with dashes that begins with this place, which has no blanks in it.
    fn dashed_word(&self, span: Span) -> Option<Span> {
        if self.written(span)?.contains(char::is_whitespace) {
            return None;
        }
        let rest = &self.original[span.start as usize..];
        let end = |c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-';
        let length = rest.find(end).unwrap_or(rest.len());
        Some(Span::new(span.file, span.start as usize, span.start as usize + length))
    }

    /// Whether a line of the file declares this, wherever it stands.
    fn declares(&mut self, kind: &str, name: &str) -> bool {
        let lines = self.original;
        let heads = self.heads.get_or_insert_with(|| {
            let head = |line: &str| {
                let mut words = line.split([' ', '\t', '{']).filter(|word| !word.is_empty());
                let (kind, name) = (words.next()?, words.next()?);
                name.contains('-').then(|| (kind.to_owned(), name.to_owned()))
            };
            lines.lines().filter_map(head).collect()
        });
        heads.contains(&(kind.to_owned(), name.to_owned()))
    }
}

/// What an expression with attributes, indices and calls begins with.
fn leftmost(mut expr: &Expr) -> &Expr {
    while let ExprKind::Get(inner, _)
    | ExprKind::OptionalGet(inner, _)
    | ExprKind::Index(inner, _)
    | ExprKind::Call(inner, _) = &expr.kind
    {
        expr = inner;
    }
    expr
}

/// Puts another beginning before the attributes, indices and calls of an expression.
fn replace_leftmost(expr: &mut Expr, first: Expr) {
    let start = first.span.start;
    match &mut expr.kind {
        ExprKind::Get(inner, _)
        | ExprKind::OptionalGet(inner, _)
        | ExprKind::Index(inner, _)
        | ExprKind::Call(inner, _) => {
            replace_leftmost(inner, first);
            expr.span.start = start;
        }
        _ => *expr = first,
    }
}
