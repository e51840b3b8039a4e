//! Expressions with brackets or branches: lists, objects, calls, choices, comprehensions.

use pest::iterators::{Pair, Pairs};

use crate::problem::syntax as problem;
use crate::source::Span;
use crate::syntax::build::Builder;
use crate::syntax::build_expr::next_is;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{
    Arg, Arm, Comprehension, Element, Expr, ExprKind, Item, ItemKind, Name, Word,
};

impl Builder<'_> {
    /// `[ … ]`: elements, or a comprehension.
    pub fn list(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut inner = pair.into_inner();
        let mut elements = Vec::new();
        let (mut height, mut end) = (0, None);
        if next_is(&mut inner, Rule::comprehension) {
            let comprehension = inner.next().expect("it was just seen");
            let before = self.problems.len();
            let comprehension = self.comprehension(comprehension);
            if let Some(key) = &comprehension.key {
                self.problems.push(problem::key_in_list(key.span));
            }
            if let Some(more) = inner.find(|pair| pair.as_rule() != Rule::missing) {
                self.junk(&more, before);
            }
            return ExprKind::Comprehension(Box::new(comprehension));
        }
        while let Some(next) = inner.peek() {
            if next.as_rule() == Rule::missing {
                break;
            }
            self.separated(end, &next);
            let spread = next.as_rule() == Rule::dots;
            if spread {
                inner.next();
            }
            let expr = self.expr(&mut inner);
            end = Some(expr.span);
            height = height.max(self.height);
            elements.push(if spread { Element::Spread(expr) } else { Element::One(expr) });
        }
        self.height = height;
        ExprKind::List(elements)
    }

    /// `{ … }` where a value stands.
    pub fn object(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut body = self.body(pair);
        let only = body.items.len() == 1;
        match body.items.pop() {
            Some(item) => match item.kind {
                ItemKind::Comprehension(comprehension) if only => {
                    ExprKind::Comprehension(comprehension)
                }
                kind => {
                    body.items.push(Item { kind, ..item });
                    ExprKind::Object(Box::new(body))
                }
            },
            None => ExprKind::Object(Box::new(body)),
        }
    }

    /// `if … then … else …`
    pub fn choice(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut inner = pair.into_inner();
        let condition = self.expr(&mut inner);
        let mut height = self.height;
        let then = self.branch(&mut inner, Rule::missing_then, "`then`");
        height = height.max(self.height);
        if next_is(&mut inner, Rule::kw_else) {
            inner.next();
        }
        let other = self.branch(&mut inner, Rule::missing_else, "`else`");
        self.height = height.max(self.height);
        ExprKind::If(Box::new(condition), Box::new(then), Box::new(other))
    }

    fn branch(&mut self, pairs: &mut Pairs<'_, Rule>, absent: Rule, expected: &str) -> Expr {
        if !next_is(pairs, absent) {
            return self.expr(pairs);
        }
        let pair = pairs.next().expect("it was just seen");
        let quiet = self.problems.last().is_some_and(|last| last.code == "P0116");
        let span = match quiet {
            true => self.gap_at(pair.as_span().start()),
            false => self.missing(&pair, expected),
        };
        self.height = 0;
        Expr { span, kind: ExprKind::Bad }
    }

    /// `match … { … }`
    pub fn matching(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut inner = pair.into_inner();
        let value = self.expr(&mut inner);
        let mut height = self.height;
        let mut arms = Vec::new();
        for pair in inner {
            match pair.as_rule() {
                Rule::arm => {
                    arms.push(self.arm(pair));
                    height = height.max(self.height);
                }
                Rule::missing_arms => {
                    self.missing(&pair, "`{`");
                }
                Rule::junk_arm => {
                    let before = self.problems.len();
                    self.junk(&pair, before);
                }
                _ => {}
            }
        }
        self.height = height;
        ExprKind::Match(Box::new(value), arms.into_boxed_slice())
    }

    fn arm(&mut self, pair: Pair<'_, Rule>) -> Arm {
        let before = self.problems.len();
        let mut inner = pair.into_inner();
        let mut patterns = Vec::new();
        let mut value = None;
        while let Some(next) = inner.peek() {
            let pattern_word = next.as_rule() == Rule::pattern_word;
            match next.as_rule() {
                Rule::tail => {
                    inner.next();
                    self.tail(&next, before);
                }
                Rule::missing_arrow => {
                    inner.next();
                    let span = self.missing(&next, "`=>`");
                    value = Some(Expr { span, kind: ExprKind::Bad });
                }
                _ if pattern_word && next.as_str() == "else" => {
                    inner.next();
                    if !patterns.is_empty() {
                        let help = "write `else => …` as an arm of its own";
                        self.problems.push(problem::foreign(self.span(&next), "else", help));
                    }
                }
                _ if self.is_pattern(&next, &inner) => patterns.push(self.pattern(&mut inner)),
                _ => value = Some(self.expr(&mut inner)),
            }
        }
        let value = value.unwrap_or(Expr { span: Span::default(), kind: ExprKind::Bad });
        Arm { patterns, value }
    }
}

impl Builder<'_> {
    /// Patterns stand before the `=>`; what stands behind it is the value.
    fn is_pattern(&self, next: &Pair<'_, Rule>, rest: &Pairs<'_, Rule>) -> bool {
        let more = rest.clone().nth(1 + usize::from(next.as_rule() == Rule::unary));
        let literal = matches!(
            next.as_rule(),
            Rule::pattern_word
                | Rule::unary
                | Rule::number
                | Rule::plain
                | Rule::raw
                | Rule::template
                | Rule::block_text
                | Rule::block_raw
        );
        let (from, to) = match &more {
            Some(more) => (next.as_span().end(), more.as_span().start()),
            None => return next.as_rule() == Rule::pattern_word,
        };
        let missing = more.is_some_and(|more| more.as_rule() == Rule::missing_arrow);
        let between = &next.get_input()[from..to];
        literal && (missing || between.contains('|') || between.contains("=>"))
    }

    fn pattern(&mut self, pairs: &mut Pairs<'_, Rule>) -> Expr {
        let word = pairs.peek().filter(|pair| pair.as_rule() == Rule::pattern_word);
        let Some(pair) = word else {
            return self.operand(pairs);
        };
        pairs.next();
        let span = self.span(&pair);
        let kind = match pair.as_str() {
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "null" => ExprKind::Null,
            text => {
                self.problems.push(problem::not_a_pattern(span, text));
                ExprKind::Bad
            }
        };
        Expr { span, kind }
    }

    /// `( … )` behind what is called.
    pub fn args(&mut self, pair: Pair<'_, Rule>) -> Vec<Arg> {
        let before = self.problems.len();
        let mut inner = pair.into_inner();
        let mut args = Vec::new();
        let (mut height, mut end) = (0, None);
        while let Some(next) = inner.peek() {
            if matches!(next.as_rule(), Rule::missing | Rule::junk_paren) {
                break;
            }
            self.separated(end, &next);
            match next.as_rule() {
                Rule::named_arg => {
                    inner.next();
                    end = Some(self.span(&next));
                    args.push(self.named(next));
                }
                rule => {
                    let spread = rule == Rule::dots;
                    if spread {
                        inner.next();
                    }
                    let expr = self.expr(&mut inner);
                    end = Some(expr.span);
                    args.push(if spread { Arg::Spread(expr) } else { Arg::Plain(expr) });
                }
            }
            height = height.max(self.height);
        }
        self.rest(inner, before);
        self.height = height;
        args
    }

    fn named(&mut self, pair: Pair<'_, Rule>) -> Arg {
        let mut inner = pair.into_inner();
        let name = match inner.next() {
            Some(word) => self.name(&word),
            None => Name { text: Word::default(), span: Span::default() },
        };
        if let Some(colon) = inner.peek().filter(|pair| pair.as_rule() == Rule::foreign_named) {
            inner.next();
            let span = self.span(&colon);
            self.foreign_sign(span, ":", "=");
        }
        Arg::Named(name, self.expr(&mut inner))
    }

    /// `for … in … : …`, in a list or in a body.
    pub fn comprehension(&mut self, pair: Pair<'_, Rule>) -> Comprehension {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let (first, second) = self.binder(&mut inner);
        let over = self.expr(&mut inner);
        let mut height = self.height;
        if let Some(colon) = inner.peek().filter(|pair| pair.as_rule() == Rule::missing_colon) {
            inner.next();
            self.missing(&colon, "`:`");
        }
        let mut value = self.expr(&mut inner);
        height = height.max(self.height);
        let mut key = None;
        if next_is(&mut inner, Rule::arrow) {
            inner.next();
            key = Some(std::mem::replace(&mut value, self.expr(&mut inner)));
            height = height.max(self.height);
        }
        let grouped = next_is(&mut inner, Rule::dots);
        if grouped {
            inner.next();
        }
        let mut condition = None;
        if next_is(&mut inner, Rule::kw_if) {
            inner.next();
            condition = Some(self.expr(&mut inner));
            height = height.max(self.height);
        }
        self.height = height;
        Comprehension { span, first, second, over, key, value, grouped, condition }
    }

    /// `k, v in`: the names a `for` gives to what it goes through.
    pub fn binder(&mut self, pairs: &mut Pairs<'_, Rule>) -> (Name, Option<Name>) {
        let mut names = Vec::new();
        while let Some(pair) = pairs.peek() {
            match pair.as_rule() {
                Rule::word => names.push(self.name(&pair)),
                Rule::missing_word => names.push(self.missing_name(&pair)),
                Rule::missing_in => {
                    self.missing(&pair, "`in`");
                }
                Rule::kw_in => {}
                _ => break,
            }
            pairs.next();
        }
        let mut names = names.into_iter();
        let empty = || Name { text: Word::default(), span: Span::default() };
        (names.next().unwrap_or_else(empty), names.next())
    }
}
