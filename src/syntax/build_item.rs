//! Items: attributes, blocks, declarations and the clauses of their headers.

use pest::iterators::{Pair, Pairs};

use crate::problem::syntax as problem;
use crate::source::Span;
use crate::syntax::build::Builder;
use crate::syntax::build_expr::next_is;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{
    Attribute, Block, Body, Expr, ExprKind, For, Function, Input, Item, ItemKind, Key, Let, Name,
    Param, Require, Secret, TextPart, TypeExpr, TypeItem, TypeKind, Word,
};

/// Words that a name follows.
const DECLARING: [&str; 6] = ["let", "fn", "type", "input", "output", "secret"];

/// Words that cannot be the name of a declaration.
const RESERVED: [&str; 12] =
    ["if", "then", "else", "for", "in", "by", "where", "match", "let", "fn", "type", "not"];

/// What the left side of an attribute turned out to be.
enum Left {
    Key(Key),
    /// `a.b = …`: the names of the path.
    Path(Vec<Name>),
}

impl Builder<'_> {
    /// An item of a file or a body; nothing for what only had to be reported.
    pub fn item(&mut self, pair: Pair<'_, Rule>) -> Option<Item> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let before = self.problems.len();
        match rule {
            Rule::semicolon => {
                self.foreign_sign(span, ";", "");
                return None;
            }
            Rule::tail => {
                self.tail(&pair, before);
                return None;
            }
            Rule::missing | Rule::EOI => return None,
            _ => {}
        }
        let doc = self.doc_before(span);
        let kind = match rule {
            Rule::comprehension => {
                let comprehension = self.comprehension(pair);
                let value = comprehension.value.span;
                if comprehension.key.is_none() && self.problems.len() == before {
                    let at = Span { start: value.end, ..value };
                    self.problems.push(problem::missing(at, "`=>` and a value"));
                }
                ItemKind::Comprehension(Box::new(comprehension))
            }
            Rule::bad_item | Rule::stray => {
                let span = first_line(span, pair.as_str());
                let line = pair.as_str().lines().next().unwrap_or_default().trim_end();
                self.problems.push(match reserved_name(pair.as_str()) {
                    Some(word) => problem::reserved_name(span, word),
                    None => problem::not_an_item(span, line),
                });
                ItemKind::Bad
            }
            _ => {
                let mut inner = pair.into_inner();
                let kind = self.item_kind(rule, &mut inner);
                self.rest(inner, before);
                kind
            }
        };
        Some(Item { span, kind, doc })
    }

    fn item_kind(&mut self, rule: Rule, inner: &mut Pairs<'_, Rule>) -> ItemKind {
        match rule {
            Rule::attribute | Rule::odd_attribute => self.attribute(inner),
            Rule::block => ItemKind::Block(Box::new(self.block_item(inner))),
            Rule::let_item => {
                let (name, ty) = (self.declared(inner), self.type_note(inner));
                ItemKind::Let(Box::new(Let { name, ty, value: Some(self.value(inner)) }))
            }
            Rule::output_item => {
                let (name, ty) = (self.declared(inner), self.type_note(inner));
                let none = inner.peek().is_none_or(|pair| pair.as_rule() == Rule::tail);
                let value = (!none).then(|| self.value(inner));
                ItemKind::Output(Box::new(Let { name, ty, value }))
            }
            Rule::fn_item => self.function(inner),
            Rule::type_item => self.type_item(inner),
            Rule::input_item => self.input(inner),
            Rule::secret_item => {
                let name = self.declared(inner);
                let each = self.for_clause(inner);
                ItemKind::Secret(Box::new(Secret { name, each, value: self.value(inner) }))
            }
            Rule::require_item => ItemKind::Require(Box::new(self.demanded(inner))),
            Rule::expect_item => ItemKind::Expect(Box::new(self.demanded(inner))),
            Rule::spread_item => {
                inner.next();
                ItemKind::Spread(self.value(inner))
            }
            _ => self.project_item(rule, inner),
        }
    }

    /// What has to hold, and what to say when it does not.
    fn demanded(&mut self, inner: &mut Pairs<'_, Rule>) -> Require {
        let condition = self.expr(inner);
        let message = next_is(inner, Rule::kw_else).then(|| {
            inner.next();
            self.expr(inner)
        });
        Require { condition, message }
    }

    /// A value: an expression, or what was reported instead.
    pub fn value(&mut self, inner: &mut Pairs<'_, Rule>) -> Expr {
        if let Some(pair) = inner.peek().filter(|pair| pair.as_rule() == Rule::missing_value) {
            inner.next();
            let span = self.missing(&pair, "a value");
            self.height = 0;
            return Expr { span, kind: ExprKind::Bad };
        }
        self.expr(inner)
    }

    fn attribute(&mut self, inner: &mut Pairs<'_, Rule>) -> ItemKind {
        let left = self.left(inner);
        let value = self.assigned(inner);
        match left {
            Left::Key(key) => ItemKind::Attribute(Attribute { key, value }),
            Left::Path(names) => nested(names, value),
        }
    }

    /// What stands right of `=`, or of what was written instead of it.
    pub fn assigned(&mut self, inner: &mut Pairs<'_, Rule>) -> Expr {
        if let Some(sign) = inner.peek().filter(|pair| pair.as_rule() == Rule::foreign_assign) {
            inner.next();
            let span = self.span(&sign);
            match sign.as_str() {
                "+=" | "?=" => {
                    let help = "write `=`; lists are joined with `[...a, ...b]`";
                    self.problems.push(problem::foreign(span, sign.as_str(), help));
                }
                text => self.foreign_sign(span, text, "="),
            }
        }
        self.value(inner)
    }

    fn left(&mut self, inner: &mut Pairs<'_, Rule>) -> Left {
        let Some(pair) = inner.next() else {
            return Left::Key(Key::Plain(Name { text: Word::default(), span: Span::default() }));
        };
        let span = self.span(&pair);
        let key = match pair.as_rule() {
            Rule::dashed_key => {
                self.problems.push(problem::dash_in_key(span, pair.as_str()));
                Key::Plain(self.name(&pair))
            }
            Rule::path_key => {
                self.problems.push(problem::dotted_key(span, pair.as_str()));
                return Left::Path(pair.into_inner().map(|word| self.name(&word)).collect());
            }
            Rule::computed_key => Key::Computed(Box::new(self.bracketed(pair))),
            Rule::plain | Rule::raw | Rule::template | Rule::block_text | Rule::block_raw => {
                let text = self.text(pair, None);
                match text.parts.as_slice() {
                    [] => Key::Plain(Name { text: Word::default(), span }),
                    [TextPart::Literal(text)] => Key::Plain(Name { text: text.clone(), span }),
                    _ => {
                        Key::Computed(Box::new(Expr { span, kind: ExprKind::Str(Box::new(text)) }))
                    }
                }
            }
            _ => Key::Plain(self.name(&pair)),
        };
        Left::Key(key)
    }

    /// The name that is declared; a dash in it is reported, and the name kept.
    pub fn declared(&mut self, inner: &mut Pairs<'_, Rule>) -> Name {
        match inner.next() {
            Some(pair) => self.label(pair),
            None => Name { text: Word::default(), span: Span::default() },
        }
    }

    /// A name that may be in quotes; a dash in it is reported, and the name kept.
    pub fn label(&mut self, pair: Pair<'_, Rule>) -> Name {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::dashed => self.dashed_name(span, pair.as_str()),
            Rule::plain | Rule::raw | Rule::template | Rule::block_text | Rule::block_raw => {
                let text = self.text(pair, None);
                let plain = match text.parts.as_slice() {
                    [] => Some(Word::default()),
                    [TextPart::Literal(text)] => Some(text.clone()),
                    _ => None,
                };
                if plain.is_none() {
                    let help = "write a plain name, or `for` with a key";
                    self.problems.push(problem::foreign(span, r"\(…)", help));
                }
                Name { text: plain.unwrap_or_default(), span }
            }
            _ => self.name(&pair),
        }
    }

    fn type_note(&mut self, inner: &mut Pairs<'_, Rule>) -> Option<TypeExpr> {
        let note = inner.peek().filter(|pair| pair.as_rule() == Rule::type_note)?;
        inner.next();
        let colon = self.span(&note);
        let colon = Span { start: colon.end.saturating_sub(1), end: colon.end + 1, ..colon };
        if self.written(colon) == Some(":=") {
            self.foreign_sign(colon, ":=", "=");
            return None;
        }
        note.into_inner().next().map(|pair| self.type_expr(pair))
    }

    /// The expression of a clause like `if …`.
    pub fn clause(&mut self, inner: &mut Pairs<'_, Rule>, rule: Rule) -> Option<Expr> {
        let clause = inner.peek().filter(|pair| pair.as_rule() == rule)?;
        inner.next();
        Some(self.expr(&mut clause.into_inner()))
    }

    /// `for … in … by …`
    pub fn for_clause(&mut self, inner: &mut Pairs<'_, Rule>) -> Option<For> {
        let clause = inner.peek().filter(|pair| pair.as_rule() == Rule::for_clause)?;
        inner.next();
        let text = clause.as_str();
        let start = clause.as_span().start() + text.len() - text.trim_start().len();
        let span = self.span_at(start, clause.as_span().start() + text.trim_end().len());
        let mut pairs = clause.into_inner();
        if next_is(&mut pairs, Rule::missing_binder) {
            let at = Span { start: span.end, ..span };
            self.problems.push(problem::missing_binder(at));
            let first = Name { text: Word::default(), span: at };
            let over = Expr { span: at, kind: ExprKind::Bad };
            return Some(For { span, first, second: None, over, by: None });
        }
        let (first, second) = self.binder(&mut pairs);
        let over = self.expr(&mut pairs);
        let by = next_is(&mut pairs, Rule::kw_by).then(|| {
            pairs.next();
            self.expr(&mut pairs)
        });
        Some(For { span, first, second, over, by })
    }

    fn block_item(&mut self, inner: &mut Pairs<'_, Rule>) -> Block {
        let mut kind = self.declared(inner);
        let mut labels = Vec::new();
        let mut first_is_word = false;
        while let Some(pair) = inner.peek() {
            let word = matches!(pair.as_rule(), Rule::word | Rule::dashed);
            let text = matches!(
                pair.as_rule(),
                Rule::plain | Rule::raw | Rule::template | Rule::block_text | Rule::block_raw
            );
            if !word && !text {
                break;
            }
            first_is_word |= labels.is_empty() && word;
            inner.next();
            labels.push(self.label(pair));
        }
        let existing = kind.text == "existing" && first_is_word;
        if existing {
            kind = labels.remove(0);
        }
        let each = self.for_clause(inner);
        let condition = self.clause(inner, Rule::if_clause);
        let body = match inner.next() {
            Some(pair) if pair.as_rule() == Rule::body => self.body(pair),
            Some(pair) => {
                let span = self.missing(&pair, "`{`");
                Body { span, items: Vec::new() }
            }
            None => Body { span: kind.span, items: Vec::new() },
        };
        let (each, condition) = (each.map(Box::new), condition.map(Box::new));
        Block { existing, kind, labels, each, condition, body }
    }

    /// `{ … }`
    pub fn body(&mut self, pair: Pair<'_, Rule>) -> Body {
        let span = self.span(&pair);
        let mut items = Vec::new();
        let mut height = 0;
        if self.enter(&pair) {
            for inner in pair.into_inner() {
                self.height = 0;
                items.extend(self.item(inner));
                height = height.max(self.height);
            }
            self.leave();
        }
        self.height = height;
        Body { span, items }
    }

    fn function(&mut self, inner: &mut Pairs<'_, Rule>) -> ItemKind {
        let name = self.declared(inner);
        let mut params = Vec::new();
        if let Some(pair) = inner.peek().filter(|pair| pair.as_rule() == Rule::params) {
            inner.next();
            let before = self.problems.len();
            let whole = pair.as_str().starts_with('(');
            if !whole {
                self.missing(&pair, "`(`");
            }
            let mut pairs = pair.into_inner();
            while let Some(param) = pairs.peek().filter(|pair| pair.as_rule() == Rule::param) {
                pairs.next();
                params.push(self.param(param));
            }
            self.rest(pairs, before);
        }
        let mut result = None;
        if let Some(pair) = inner.peek().filter(|pair| pair.as_rule() == Rule::result) {
            inner.next();
            result = pair.into_inner().next().map(|pair| self.type_expr(pair));
        }
        ItemKind::Function(Box::new(Function { name, params, result, value: self.value(inner) }))
    }

    fn param(&mut self, pair: Pair<'_, Rule>) -> Param {
        let mut inner = pair.into_inner();
        let name = self.declared(&mut inner);
        let ty = self.type_note(&mut inner);
        let default = inner.peek().is_some().then(|| self.expr(&mut inner));
        Param { name, ty, default }
    }

    fn type_item(&mut self, inner: &mut Pairs<'_, Rule>) -> ItemKind {
        let name = self.declared(inner);
        if let Some(pair) = inner.peek().filter(|pair| pair.as_rule() == Rule::missing_value) {
            inner.next();
            self.missing(&pair, "`=`");
        }
        let ty = match inner.next() {
            Some(pair) => self.type_expr(pair),
            None => TypeExpr { span: name.span, kind: TypeKind::Bad },
        };
        let refinement = self.clause(inner, Rule::where_clause);
        ItemKind::Type(Box::new(TypeItem { name, ty, refinement }))
    }

    fn input(&mut self, inner: &mut Pairs<'_, Rule>) -> ItemKind {
        let name = self.declared(inner);
        let ty = self.type_note(inner);
        let default = self.clause(inner, Rule::default);
        let refinement = self.clause(inner, Rule::where_clause);
        let body = next_is(inner, Rule::body).then(|| inner.next()).flatten();
        let body = body.map(|pair| self.body(pair));
        ItemKind::Input(Box::new(Input { name, ty, default, refinement, body }))
    }
}

/// The word of the language that a declaration has in the place of its name.
fn reserved_name(text: &str) -> Option<&str> {
    let (declares, rest) = text.split_once([' ', '\t'])?;
    let end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let word = rest.trim_start().split(end).next()?;
    (DECLARING.contains(&declares) && RESERVED.contains(&word)).then_some(word)
}

/// Only the first line of something unreadable is shown.
fn first_line(span: Span, text: &str) -> Span {
    let length = text.lines().next().map_or(0, |line| line.trim_end().len());
    let end = span.start + u32::try_from(length).unwrap_or(0);
    Span { end: end.min(span.end), ..span }
}

/// `a.b = v` as `a { b = v }`, which is what it means.
fn nested(names: Vec<Name>, value: Expr) -> ItemKind {
    let mut names = names.into_iter().rev();
    let last = names.next().unwrap_or(Name { text: Word::default(), span: value.span });
    let end = value.span;
    let mut span = last.span.to(end);
    let mut kind = ItemKind::Attribute(Attribute { key: Key::Plain(last), value });
    for name in names {
        let body = Body { span, items: vec![Item { span, kind, doc: None }] };
        span = name.span.to(end);
        let (labels, each, condition) = (Vec::new(), None, None);
        let block = Block { existing: false, kind: name, labels, each, condition, body };
        kind = ItemKind::Block(Box::new(block));
    }
    kind
}
