//! Items that join files, tenants and the state: imports, uses, modules, changes of mind, mocks.

use pest::iterators::{Pair, Pairs};

use crate::problem::syntax as problem;
use crate::source::Span;
use crate::syntax::build::Builder;
use crate::syntax::build_expr::next_is;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{
    Adopt, Body, Expr, ExprKind, Forget, Import, ItemKind, Mock, ModuleItem, Moved, Name, Place,
    PlaceSegment, TextPart, Use, Word,
};

impl Builder<'_> {
    /// The item of a rule that is about files, tenants or the state.
    pub fn project_item(&mut self, rule: Rule, inner: &mut Pairs<'_, Rule>) -> ItemKind {
        match rule {
            Rule::import_item => ItemKind::Import(Box::new(self.import(inner))),
            Rule::use_item => ItemKind::Use(Box::new(self.use_item(inner))),
            Rule::module_item => ItemKind::Module(Box::new(self.module(inner))),
            Rule::moved_item => ItemKind::Moved(Box::new(self.moved(inner))),
            Rule::adopt_item => ItemKind::Adopt(Box::new(self.adopt(inner))),
            Rule::forget_item => ItemKind::Forget(Box::new(Forget { what: self.place(inner) })),
            Rule::mock_item => ItemKind::Mock(Box::new(self.mock(inner))),
            _ => ItemKind::Bad,
        }
    }

    fn import(&mut self, inner: &mut Pairs<'_, Rule>) -> Import {
        let before = self.problems.len();
        let mut names = Vec::new();
        if let Some(pair) = inner.peek().filter(|pair| pair.as_rule() == Rule::import_names) {
            inner.next();
            names = self.import_names(pair);
        }
        let mut from = Name { text: Word::default(), span: Span::default() };
        while let Some(pair) = inner.peek() {
            match pair.as_rule() {
                Rule::missing_from => {
                    let span = self.gap_at(pair.as_span().start());
                    self.first_of(before, problem::missing_from(span, "import { Name }"));
                }
                Rule::missing_file => {
                    from.span = self.gap_at(pair.as_span().start());
                    self.first_of(before, problem::missing_file(from.span));
                }
                Rule::bad_file => {
                    from.span = self.span(&pair);
                    self.first_of(before, problem::not_a_file(from.span, pair.as_str().trim()));
                }
                Rule::kw_as | Rule::tail => break,
                _ => from = self.file_name(pair),
            }
            inner.next();
        }
        let alias = self.alias(inner);
        Import { names, from, alias }
    }

    fn import_names(&mut self, pair: Pair<'_, Rule>) -> Vec<Name> {
        let (before, whole) = (self.problems.len(), self.span(&pair));
        let mut names: Vec<Name> = Vec::new();
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::word => {
                    self.separated(names.last().map(|name| name.span), &pair);
                    names.push(self.name(&pair));
                }
                Rule::bare_name => {
                    let span = self.span(&pair);
                    self.problems.push(problem::bare_import(span, pair.as_str()));
                    names.push(self.name(&pair));
                }
                Rule::junk_name => self.junk(&pair, before),
                _ => {}
            }
        }
        if names.is_empty() {
            self.first_of(before, problem::nothing_imported(whole));
        }
        names
    }

    /// The text of a string that has to be known before anything is evaluated.
    fn file_name(&mut self, pair: Pair<'_, Rule>) -> Name {
        let span = self.span(&pair);
        let text = self.text(pair, None);
        match text.parts.as_slice() {
            [TextPart::Literal(text)] => Name { text: text.clone(), span },
            [] => {
                self.problems.push(problem::missing_file(span));
                Name { text: Word::default(), span }
            }
            _ => {
                self.problems.push(problem::file_with_hole(span));
                Name { text: Word::default(), span }
            }
        }
    }

    /// `as name`
    fn alias(&mut self, inner: &mut Pairs<'_, Rule>) -> Option<Name> {
        if !next_is(inner, Rule::kw_as) {
            return None;
        }
        inner.next();
        let pair = inner.next()?;
        Some(match pair.as_rule() {
            Rule::missing_word => self.missing_name(&pair),
            _ => self.label(pair),
        })
    }

    fn use_item(&mut self, inner: &mut Pairs<'_, Rule>) -> Use {
        let mut path = Vec::new();
        if let Some(pair) = inner.next() {
            for pair in pair.into_inner() {
                path.push(match pair.as_rule() {
                    Rule::missing_path => {
                        let span = self.gap_at(pair.as_span().start());
                        self.problems.push(problem::missing_service(span));
                        Name { text: Word::default(), span }
                    }
                    Rule::missing_word => self.missing_name(&pair),
                    _ => self.label(pair),
                });
            }
        }
        let alias = self.alias(inner);
        let each = self.for_clause(inner);
        let condition = self.clause(inner, Rule::if_clause);
        Use { path, alias, each, condition, body: self.body_if_any(inner) }
    }

    fn module(&mut self, inner: &mut Pairs<'_, Rule>) -> ModuleItem {
        let before = self.problems.len();
        let name = match inner.next() {
            Some(pair) if pair.as_rule() == Rule::missing_word => self.missing_name(&pair),
            Some(pair) => self.label(pair),
            None => Name { text: Word::default(), span: Span::default() },
        };
        let each = self.for_clause(inner);
        let condition = self.clause(inner, Rule::if_clause);
        let from = match taken(inner, Rule::missing_from) {
            Some(pair) => {
                let span = self.gap_at(pair.as_span().start());
                let begun = format!("module {}", name.text);
                self.first_of(before, problem::missing_from(span, &begun));
                Expr { span, kind: ExprKind::Bad }
            }
            None => self.expr(inner),
        };
        ModuleItem { name, each, condition, from, body: self.body_if_any(inner) }
    }

    fn body_if_any(&mut self, inner: &mut Pairs<'_, Rule>) -> Option<Body> {
        taken(inner, Rule::body).map(|pair| self.body(pair))
    }

    fn moved(&mut self, inner: &mut Pairs<'_, Rule>) -> Moved {
        let before = self.problems.len();
        let from = self.place(inner);
        if let Some(sign) = taken(inner, Rule::foreign_to) {
            let text = sign.as_str();
            self.problems.push(problem::foreign(self.span(&sign), text, "write `->`"));
        }
        let to = match taken(inner, Rule::missing_to) {
            Some(pair) => {
                let span = self.gap_at(pair.as_span().start());
                self.first_of(before, problem::missing_to(span));
                nowhere(span)
            }
            None => self.place(inner),
        };
        Moved { from, to }
    }

    fn adopt(&mut self, inner: &mut Pairs<'_, Rule>) -> Adopt {
        let before = self.problems.len();
        let what = self.place(inner);
        let id = match taken(inner, Rule::missing_value) {
            Some(pair) => {
                let span = self.gap_at(pair.as_span().start());
                self.first_of(before, problem::missing_id(span));
                Expr { span, kind: ExprKind::Bad }
            }
            None => self.assigned(inner),
        };
        Adopt { what, id }
    }

    fn mock(&mut self, inner: &mut Pairs<'_, Rule>) -> Mock {
        let before = self.problems.len();
        let what = self.place(inner);
        let body = match taken(inner, Rule::missing_body) {
            Some(pair) => {
                let span = self.gap_at(pair.as_span().start());
                self.first_of(before, problem::missing(span, "`{`"));
                Body { span, items: Vec::new() }
            }
            None => {
                let body = self.body_if_any(inner);
                body.unwrap_or(Body { span: what.span, items: Vec::new() })
            }
        };
        Mock { what, body }
    }

    fn place(&mut self, inner: &mut Pairs<'_, Rule>) -> Place {
        let Some(pair) = inner.next() else { return nowhere(Span::default()) };
        if pair.as_rule() == Rule::missing_place {
            let span = self.gap_at(pair.as_span().start());
            self.problems.push(problem::missing_address(span));
            return nowhere(span);
        }
        let span = self.span(&pair);
        let mut segments = Vec::new();
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::segment => segments.push(self.segment(pair)),
                _ => {
                    let help = "write `/` between the parts of an address: `app.web/expose.www`";
                    self.problems.push(problem::foreign(self.span(&pair), ".", help));
                }
            }
        }
        Place { span, segments }
    }

    fn segment(&mut self, pair: Pair<'_, Rule>) -> PlaceSegment {
        let before = self.problems.len();
        let end = pair.as_span().end();
        let (mut names, mut key) = (Vec::new(), None);
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::index => key = Some(self.index(pair, None)),
                Rule::missing_word => {
                    let span = self.gap_at(pair.as_span().start());
                    names.push(Name { text: Word::default(), span });
                }
                _ => names.push(self.label(pair)),
            }
        }
        let mut names = names.into_iter();
        let empty = Name { text: Word::default(), span: self.gap_at(end) };
        let kind = names.next().unwrap_or_else(|| empty.clone());
        let name = names.next().unwrap_or(empty);
        if name.text.is_empty() {
            self.first_of(before, problem::half_address(kind.span.to(name.span), &kind.text));
        }
        PlaceSegment { kind, name, key }
    }
}

/// The next pair of the stream, if it is of this rule.
fn taken<'i>(pairs: &mut Pairs<'i, Rule>, rule: Rule) -> Option<Pair<'i, Rule>> {
    let pair = pairs.peek().filter(|pair| pair.as_rule() == rule)?;
    pairs.next();
    Some(pair)
}

/// The place that is not written.
fn nowhere(span: Span) -> Place {
    let name = Name { text: Word::default(), span };
    Place { span, segments: vec![PlaceSegment { kind: name.clone(), name, key: None }] }
}
