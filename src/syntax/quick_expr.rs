//! The expressions of [`Quick`]: everything but `match`, block strings and other languages.

use crate::syntax::build::HEIGHT_MAX;
use crate::syntax::build_expr::{self, fold};
use crate::syntax::quick::{Quick, is_reserved, is_word};
use crate::syntax::tree::{
    Arg, BinaryOp, Body, Comprehension, Element, Expr, ExprKind, Item, ItemKind, Name, Text,
    TextPart, UnaryOp,
};

/// More operators or attributes in a row are left to the grammar and its limits.
const STEPS_MAX: usize = 60;

impl Quick<'_, '_> {
    /// An expression; what follows it is for the caller to judge.
    pub fn expr(&mut self) -> Option<Expr> {
        let first = self.operand()?;
        let mut height = self.builder.height;
        let mut steps = Vec::new();
        let mut end = self.at;
        loop {
            self.blanks();
            let Some(op) = self.operator(end)? else { break };
            self.gap();
            self.no_assignment()?;
            let operand = self.operand()?;
            steps.push((op, operand, self.builder.height));
            end = self.at;
        }
        self.at = end;
        let mut expr = first;
        if !steps.is_empty() {
            (steps.len() <= STEPS_MAX).then_some(())?;
            expr = fold(expr, &mut height, &mut steps.into_iter().peekable(), 0);
        }
        self.builder.height = height;
        (height <= HEIGHT_MAX).then_some(expr)
    }

    /// The operator that stands here; gives up at one of another language.
    fn operator(&mut self, end: usize) -> Option<Option<BinaryOp>> {
        let next = |offset: usize| self.bytes.get(self.at + offset).copied().unwrap_or(0);
        let (op, length) = match (next(0), next(1), next(2)) {
            (b'=', b'=', b'=') | (b'!', b'=', b'=') => return None,
            (b'=', b'=', _) => (BinaryOp::Equal, 2),
            (b'!', b'=', _) => (BinaryOp::NotEqual, 2),
            (b'<', b'=', _) => (BinaryOp::LessEqual, 2),
            (b'<', b'>', _) | (b'+', b'+' | b'=', _) | (b'*', b'*', _) | (b'-', b'>', _) => {
                return None;
            }
            (b'<', ..) => (BinaryOp::Less, 1),
            (b'>', b'=', _) => (BinaryOp::GreaterEqual, 2),
            (b'>', ..) => (BinaryOp::Greater, 1),
            (b'&', b'&', _) => (BinaryOp::And, 2),
            (b'|', b'|', _) => (BinaryOp::Or, 2),
            (b'?', b'?', _) => (BinaryOp::Coalesce, 2),
            (b'?', ..) => return None,
            (b'+', ..) => (BinaryOp::Add, 1),
            // Without blanks around it, it may be a dash that was meant as a part of a name.
            (b'-', after, _) if self.at > end || matches!(after, b'\t'..=b' ') => {
                (BinaryOp::Subtract, 1)
            }
            (b'-', ..) => return None,
            (b'*', ..) => (BinaryOp::Multiply, 1),
            (b'/', ..) => (BinaryOp::Divide, 1),
            (b'%', ..) => (BinaryOp::Remainder, 1),
            (b'i', b'n', after) if !is_word(after) => (BinaryOp::In, 2),
            (b'a' | b'o' | b'n', ..) => match self.peek_word() {
                "and" | "or" | "not" => return None,
                _ => return Some(None),
            },
            _ => return Some(None),
        };
        self.at += length;
        Some(Some(op))
    }

    fn operand(&mut self) -> Option<Expr> {
        let start = self.at;
        let sign = match self.peek() {
            b'-' => Some(UnaryOp::Negate),
            b'!' => Some(UnaryOp::Not),
            _ => None,
        };
        if sign.is_some() {
            self.at += 1;
            (self.peek() != b'=').then_some(())?;
            self.blanks();
        }
        let mut expr = self.primary()?;
        for _ in 0..=STEPS_MAX {
            let end = self.at;
            match self.postfix(expr)? {
                (inner, true) => expr = inner,
                (inner, false) => {
                    self.at = end;
                    return Some(match sign {
                        None => inner,
                        Some(op) => {
                            self.builder.height += 1;
                            let span = self.span(start, inner.span.end as usize);
                            Expr { span, kind: ExprKind::Unary(op, Box::new(inner)) }
                        }
                    });
                }
            }
        }
        None
    }

    /// One `.name`, `[e]` or `(…)`, and whether there was one.
    fn postfix(&mut self, object: Expr) -> Option<(Expr, bool)> {
        let low = self.builder.height;
        let start = object.span.start as usize;
        let kind = match self.peek() {
            b'[' => {
                self.deeper()?;
                self.at += 1;
                self.gap();
                let index = self.expr()?;
                self.closer(b']')?;
                ExprKind::Index(Box::new(object), Box::new(index))
            }
            b'(' => {
                self.deeper()?;
                let args = self.args()?;
                build_expr::call(Box::new(object), args)
            }
            _ => {
                self.gap();
                let get = match (self.peek(), self.bytes.get(self.at + 1)) {
                    (b'.', Some(b'.')) => return Some((object, false)),
                    (b'.', _) => ExprKind::Get,
                    (b'?', Some(b'.')) => {
                        self.at += 1;
                        ExprKind::OptionalGet
                    }
                    _ => return Some((object, false)),
                };
                self.at += 1;
                get(Box::new(object), Box::new(self.any_word()?))
            }
        };
        self.builder.height = self.builder.height.max(low) + 1;
        Some((Expr { span: self.span(start, self.at), kind }, true))
    }

    /// `)` or `]` behind the one expression in brackets.
    pub fn closer(&mut self, closer: u8) -> Option<()> {
        self.gap();
        (self.peek() == closer).then_some(())?;
        self.at += 1;
        self.higher();
        Some(())
    }

    fn primary(&mut self) -> Option<Expr> {
        let start = self.at;
        self.builder.height = 0;
        let kind = match self.peek() {
            b'"' => return self.string(),
            b'\'' => {
                let text = self.raw_string()?;
                ExprKind::Str(Box::new(whole(text)))
            }
            b'0'..=b'9' => return self.number(),
            b'[' => {
                self.deeper()?;
                let kind = self.list()?;
                self.builder.height += 1;
                kind
            }
            b'{' => {
                let kind = object(self.body()?);
                self.builder.height += 1;
                kind
            }
            b'(' => {
                self.deeper()?;
                self.at += 1;
                self.gap();
                let inner = self.expr()?;
                self.closer(b')')?;
                self.builder.height += 1;
                ExprKind::Paren(Box::new(inner))
            }
            _ => return self.word(),
        };
        Some(Expr { span: self.span(start, self.at), kind })
    }

    fn word(&mut self) -> Option<Expr> {
        let (start, word) = (self.at, self.peek_word());
        let kind = match word {
            "" | "yes" | "True" | "no" | "False" | "nil" | "None" | "undefined" => return None,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "null" => ExprKind::Null,
            "if" => return self.choice(),
            _ if is_reserved(word) => return None,
            _ => ExprKind::Name(word.into()),
        };
        self.at += word.len();
        let tagged = ["\"\"\"", "'''"]
            .iter()
            .any(|quotes| self.bytes[self.at..].starts_with(quotes.as_bytes()));
        (!tagged).then(|| Expr { span: self.span(start, self.at), kind })
    }

    /// `if a then b else c`
    fn choice(&mut self) -> Option<Expr> {
        let start = self.at;
        self.deeper()?;
        self.at += "if".len();
        self.gap();
        let condition = self.expr()?;
        let mut height = self.builder.height;
        let mut branch = |quick: &mut Self, word: &str| {
            quick.gap();
            quick.eats_word(word).then_some(())?;
            quick.gap();
            quick.no_assignment()?;
            let expr = quick.expr()?;
            height = height.max(quick.builder.height);
            Some(Box::new(expr))
        };
        let then = branch(self, "then")?;
        let other = branch(self, "else")?;
        self.builder.height = height + 1;
        self.higher();
        let kind = ExprKind::If(Box::new(condition), then, other);
        Some(Expr { span: self.span(start, self.at), kind })
    }

    /// `[ … ]`: elements, or a comprehension.
    fn list(&mut self) -> Option<ExprKind> {
        self.at += 1;
        self.gap();
        if self.peek_word() == "for" {
            let comprehension = self.comprehension()?;
            comprehension.key.is_none().then_some(())?;
            self.closer(b']')?;
            return Some(ExprKind::Comprehension(Box::new(comprehension)));
        }
        let mut elements = Vec::new();
        let mut height = 0;
        loop {
            let apart = self.apart();
            if self.peek() == b']' {
                break;
            }
            (apart || elements.is_empty()).then_some(())?;
            let spread = self.eats("...");
            if spread {
                self.blanks();
            }
            let expr = self.expr()?;
            height = height.max(self.builder.height);
            elements.push(if spread { Element::Spread(expr) } else { Element::One(expr) });
        }
        self.at += 1;
        self.higher();
        self.builder.height = height;
        elements.shrink_to_fit();
        Some(ExprKind::List(elements))
    }

    /// Skips what is between two elements, and tells whether they are kept apart by it.
    fn apart(&mut self) -> bool {
        let start = self.at;
        self.separators();
        self.bytes[start..self.at].iter().any(|byte| matches!(byte, b',' | b'\n'))
    }

    pub fn comprehension(&mut self) -> Option<Comprehension> {
        let start = self.at;
        self.at += "for".len();
        let (first, second) = self.binder()?;
        self.gap();
        let over = self.expr()?;
        let mut height = self.builder.height;
        self.gap();
        self.eats(":").then_some(())?;
        self.gap();
        let mut value = self.expr()?;
        height = height.max(self.builder.height);
        let mut end = self.at;
        self.gap();
        let mut key = None;
        match self.eats("=>") {
            true => {
                self.gap();
                key = Some(std::mem::replace(&mut value, self.expr()?));
                height = height.max(self.builder.height);
                end = self.at;
            }
            false => self.at = end,
        }
        self.blanks();
        let grouped = self.eats("...");
        if grouped {
            end = self.at;
        }
        self.gap();
        let mut condition = None;
        if self.eats_word("if") {
            self.gap();
            condition = Some(self.expr()?);
            height = height.max(self.builder.height);
            end = self.at;
        }
        self.at = end;
        self.builder.height = height;
        let span = self.span(start, end);
        Some(Comprehension { span, first, second, over, key, value, grouped, condition })
    }

    /// `( … )` behind what is called.
    fn args(&mut self) -> Option<Vec<Arg>> {
        self.at += 1;
        self.gap();
        let mut args = Vec::new();
        let mut height = 0;
        loop {
            if self.peek() == b')' {
                break;
            }
            let spread = self.eats("...");
            let name = match spread {
                true => None,
                false => self.argument_name(),
            };
            if spread {
                self.blanks();
            }
            let expr = self.expr()?;
            height = height.max(self.builder.height);
            args.push(match (name, spread) {
                (Some(name), _) => Arg::Named(name, expr),
                (None, true) => Arg::Spread(expr),
                (None, false) => Arg::Plain(expr),
            });
            let apart = self.apart();
            (apart || self.peek() == b')').then_some(())?;
        }
        self.at += 1;
        self.higher();
        self.builder.height = height;
        args.shrink_to_fit();
        Some(args)
    }

    /// `name = `, if it stands here.
    fn argument_name(&mut self) -> Option<Name> {
        let start = self.at;
        let length = self.peek_word().len();
        self.at += length;
        let end = self.at;
        self.blanks();
        if length > 0 && self.assigned() {
            self.gap();
            return Some(self.name(start, end));
        }
        self.at = start;
        None
    }
}

impl<'t> Quick<'_, 't> {
    /// `'…'` on one line.
    pub fn raw_string(&mut self) -> Option<&'t str> {
        self.quoted(b'\'', |byte| matches!(byte, b'\'' | b'\n'))
    }

    /// `"…"` on one line, with nothing in it that is not text.
    pub fn plain_string(&mut self) -> Option<&'t str> {
        match self.peek() {
            b'"' => self.quoted(b'"', |byte| matches!(byte, b'"' | b'\\' | b'\n')),
            _ => None,
        }
    }

    fn quoted(&mut self, quote: u8, stops: impl Fn(u8) -> bool) -> Option<&'t str> {
        let start = self.at + 1;
        let block = self.bytes[self.at..].starts_with(&[quote; 3]);
        let length = self.bytes[start..].iter().position(|byte| stops(*byte))?;
        let closed = self.bytes[start + length] == quote && !block;
        closed.then_some(())?;
        self.at = start + length + 1;
        Some(&self.text[start..start + length])
    }

    /// A string with or without holes and escapes.
    fn string(&mut self) -> Option<Expr> {
        let start = self.at;
        if let Some(text) = self.plain_string() {
            let kind = ExprKind::Str(Box::new(whole(text)));
            return Some(Expr { span: self.span(start, self.at), kind });
        }
        (!self.bytes[self.at..].starts_with(b"\"\"\"")).then_some(())?;
        self.deeper()?;
        self.at += 1;
        let (mut parts, mut literal) = (Vec::new(), String::new());
        let mut height = 0;
        loop {
            let from = self.at;
            let rest = &self.bytes[from..];
            let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n'))?;
            literal.push_str(&self.text[from..from + length]);
            self.at += length;
            match (self.peek(), self.bytes.get(self.at + 1).copied().unwrap_or(0)) {
                (b'"', _) => break,
                (b'\\', b'(') => {
                    if !literal.is_empty() {
                        parts.push(TextPart::Literal(std::mem::take(&mut literal).into()));
                    }
                    self.deeper()?;
                    self.at += 2;
                    self.gap();
                    parts.push(TextPart::Hole(Box::new(self.expr()?)));
                    self.closer(b')')?;
                    height = self.builder.height;
                    continue;
                }
                (b'\\', b'n') => literal.push('\n'),
                (b'\\', b't') => literal.push('\t'),
                (b'\\', b'"') => literal.push('"'),
                (b'\\', b'\\') => literal.push('\\'),
                _ => return None,
            }
            self.at += 2;
        }
        self.at += 1;
        self.higher();
        if !literal.is_empty() {
            parts.push(TextPart::Literal(literal.into()));
        }
        parts.shrink_to_fit();
        self.builder.height = height + 1;
        let kind = ExprKind::Str(Box::new(Text { tag: None, parts }));
        Some(Expr { span: self.span(start, self.at), kind })
    }
}

/// `{ … }` where a value stands: a comprehension alone in it makes it a map.
fn object(mut body: Body) -> ExprKind {
    match body.items.pop() {
        Some(Item { kind: ItemKind::Comprehension(map), .. }) if body.items.is_empty() => {
            ExprKind::Comprehension(map)
        }
        last => {
            body.items.extend(last);
            ExprKind::Object(Box::new(body))
        }
    }
}

/// A string that is nothing but its text.
fn whole(text: &str) -> Text {
    let parts = match text.is_empty() {
        true => Vec::new(),
        false => vec![TextPart::Literal(text.into())],
    };
    Text { tag: None, parts }
}
