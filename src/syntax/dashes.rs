//! Names with dashes: where one is declared, and where it was meant although a dash is a minus.

use crate::problem::syntax::Dashed;
use crate::source::Span;
use crate::syntax::build::Builder;
use crate::syntax::tree::{Expr, ExprKind, Name};

impl Builder<'_> {
    /// A declared name with a dash: told once, with the name that takes its place.
    pub fn dashed_name(&mut self, span: Span, text: &str) -> Name {
        let better = text.replace('-', "_");
        match self.dashed.iter_mut().find(|other| other.name == text) {
            Some(other) if other.declared.is_none() => other.declared = Some(span),
            Some(_) | None => {
                let (name, uses) = (text.to_owned(), Vec::new());
                self.dashed.push(Dashed { name, declared: Some(span), uses });
            }
        }
        Name { text: better, span }
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
        let Some(text) = self.written(span).map(str::to_owned) else { return false };
        if text.contains(char::is_whitespace) || !self.declares(word, &text) {
            return false;
        }
        let better = Name { text: text.replace('-', "_"), span };
        *first =
            Expr { span: before.span.to(first.span), kind: ExprKind::Get(kind.clone(), better) };
        let start = before.span.start;
        widen(after, start);
        match self.dashed.iter_mut().find(|other| other.name == text) {
            Some(dashed) => dashed.uses.push(span),
            None => {
                self.dashed.push(Dashed { name: text, declared: None, uses: vec![span] });
            }
        }
        true
    }

    /// Whether a line of the file declares this, wherever it stands.
    fn declares(&self, kind: &str, name: &str) -> bool {
        self.lines().any(|line| {
            let mut words = line.split([' ', '\t', '{']).filter(|word| !word.is_empty());
            words.next() == Some(kind) && words.next() == Some(name)
        })
    }
}

/// What an expression with attributes, indices and calls begins with.
fn leftmost(expr: &mut Expr) -> &mut Expr {
    let is_leaf = !matches!(
        expr.kind,
        ExprKind::Get(..) | ExprKind::OptionalGet(..) | ExprKind::Index(..) | ExprKind::Call(..)
    );
    if is_leaf {
        return expr;
    }
    match &mut expr.kind {
        ExprKind::Get(inner, _)
        | ExprKind::OptionalGet(inner, _)
        | ExprKind::Index(inner, _)
        | ExprKind::Call(inner, _) => leftmost(inner),
        _ => unreachable!("leaves were handed back"),
    }
}

/// Lets an expression and what it begins with start further left.
fn widen(expr: &mut Expr, start: u32) {
    expr.span.start = start;
    match &mut expr.kind {
        ExprKind::Get(inner, _)
        | ExprKind::OptionalGet(inner, _)
        | ExprKind::Index(inner, _)
        | ExprKind::Call(inner, _)
            if inner.span.start > start =>
        {
            widen(inner, start);
        }
        _ => {}
    }
}
