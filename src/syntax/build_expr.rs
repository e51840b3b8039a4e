//! Expressions: the flat operands and operators of the grammar become a tree.

use std::iter::Peekable;
use std::vec::IntoIter;

use pest::iterators::{Pair, Pairs};

use crate::problem::syntax as problem;
use crate::source::Span;
use crate::syntax::build::{Builder, HEIGHT_MAX};
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{
    AS_TYPE, Arg, BinaryOp, Element, Expr, ExprKind, Name, TypeExpr, TypeKind, UnaryOp, Word,
};

/// An operator, its right operand and how high that is.
type Step = (BinaryOp, Expr, usize);

impl Builder<'_> {
    /// The next expression of a stream of pairs.
    pub fn expr(&mut self, pairs: &mut Pairs<'_, Rule>) -> Expr {
        let mut first = self.operand(pairs);
        if next_is(pairs, Rule::infix) {
            let mut height = self.height;
            let mut steps = Vec::new();
            while next_is(pairs, Rule::infix) {
                let infix = pairs.next().expect("it was just seen");
                let op = self.operator(&infix);
                let mut operand = self.operand(pairs);
                let before = steps.last_mut().map_or(&mut first, |(_, operand, _)| operand);
                if op == BinaryOp::Subtract && self.is_dashed_name(before, &mut operand) {
                    *before = operand;
                    continue;
                }
                steps.push((op, operand, self.height));
            }
            // A tree this high could not even be dropped.
            if steps.len() > HEIGHT_MAX {
                self.height = steps.len();
                return self.limited(first);
            }
            first = fold(first, &mut height, &mut steps.into_iter().peekable(), 0);
            self.height = height;
            first = self.limited(first);
        }
        match next_is(pairs, Rule::ternary) {
            true => self.ternary(first, pairs),
            false => first,
        }
    }

    /// The expression, unless it is too high for the stages that walk it.
    fn limited(&mut self, expr: Expr) -> Expr {
        if self.height <= HEIGHT_MAX {
            return expr;
        }
        self.too_long(expr.span);
        self.height = 0;
        Expr { span: expr.span, kind: ExprKind::Bad }
    }

    fn operator(&mut self, pair: &Pair<'_, Rule>) -> BinaryOp {
        let text = pair.as_str();
        let (op, better, help) = match text {
            "??" => return BinaryOp::Coalesce,
            "||" => return BinaryOp::Or,
            "&&" => return BinaryOp::And,
            "==" => return BinaryOp::Equal,
            "!=" => return BinaryOp::NotEqual,
            "<" => return BinaryOp::Less,
            "<=" => return BinaryOp::LessEqual,
            ">" => return BinaryOp::Greater,
            ">=" => return BinaryOp::GreaterEqual,
            "in" => return BinaryOp::In,
            "+" => return BinaryOp::Add,
            "-" => return BinaryOp::Subtract,
            "*" => return BinaryOp::Multiply,
            "/" => return BinaryOp::Divide,
            "%" => return BinaryOp::Remainder,
            "===" => (BinaryOp::Equal, "==", ""),
            "!==" | "<>" => (BinaryOp::NotEqual, "!=", ""),
            "and" => (BinaryOp::And, "&&", ""),
            "or" => (BinaryOp::Or, "||", ""),
            "**" => (BinaryOp::Multiply, "", "write the product out: `2 * 2 * 2`"),
            "++" => {
                let help = "write `[...a, ...b]` for lists, `\"\\(a)\\(b)\"` for strings";
                (BinaryOp::Add, "", help)
            }
            _ => (BinaryOp::In, "", "write `!(a in b)`"),
        };
        let span = self.span(pair);
        self.problems.push(match better {
            "" => problem::foreign(span, text, help),
            better => problem::foreign_spelling(span, text, better),
        });
        op
    }

    fn ternary(&mut self, condition: Expr, pairs: &mut Pairs<'_, Rule>) -> Expr {
        let pair = pairs.next().expect("it was just seen");
        let span = condition.span.to(self.span(&pair));
        if !self.enter(&pair) {
            return Expr { span, kind: ExprKind::Bad };
        }
        let low = self.height;
        let mut inner = pair.into_inner();
        let then = self.expr(&mut inner);
        let middle = self.height;
        let other = self.expr(&mut inner);
        self.height = low.max(middle).max(self.height) + 1;
        self.leave();
        let instead = self.if_text([condition.span, then.span, other.span]);
        self.problems.push(problem::ternary(span, &instead));
        let kind = ExprKind::If(Box::new(condition), Box::new(then), Box::new(other));
        self.limited(Expr { span, kind })
    }

    /// An operand with the operators around it that belong to it alone.
    pub fn operand(&mut self, pairs: &mut Pairs<'_, Rule>) -> Expr {
        let mut signs = Vec::new();
        while next_is(pairs, Rule::unary) {
            let pair = pairs.next().expect("it was just seen");
            let op = if pair.as_str() == "-" { UnaryOp::Negate } else { UnaryOp::Not };
            signs.push((op, self.span(&pair)));
        }
        let mut expr = match pairs.next() {
            Some(pair) => self.primary(pair, pairs),
            // Every path of the grammar puts an operand or a `missing_expr` here.
            None => Expr { span: Span::default(), kind: ExprKind::Bad },
        };
        let splats = self.splats.len();
        while let Some(pair) = pairs.peek() {
            let foreign =
                matches!(pair.as_rule(), Rule::get | Rule::optional_get | Rule::index | Rule::call);
            if !foreign {
                break;
            }
            pairs.next();
            expr = self.postfix(expr, pair);
        }
        self.tell_splats(splats, expr.span);
        for (op, span) in signs.into_iter().rev() {
            self.height += 1;
            let span = span.to(expr.span);
            expr = self.limited(Expr { span, kind: ExprKind::Unary(op, Box::new(expr)) });
        }
        expr
    }

    fn postfix(&mut self, inner: Expr, pair: Pair<'_, Rule>) -> Expr {
        let span = inner.span.to(self.span(&pair));
        let low = self.height;
        let object = Box::new(inner);
        let kind = match pair.as_rule() {
            Rule::call => {
                let args = self.args(pair);
                call(object, args)
            }
            Rule::index => {
                let list = object.span;
                ExprKind::Index(object, Box::new(self.index(pair, Some(list))))
            }
            rule => match pair.clone().into_inner().next() {
                Some(name) if name.as_rule() == Rule::word => match rule {
                    Rule::get => ExprKind::Get(object, Box::new(self.name(&name))),
                    _ => ExprKind::OptionalGet(object, Box::new(self.name(&name))),
                },
                Some(name) if name.as_rule() == Rule::foreign_get => {
                    let index = match name.as_str() {
                        "*" => self.splat(&pair, Some(object.span)),
                        number => {
                            let better = format!("[{number}]");
                            let found = self.span(&pair);
                            let text = pair.as_str();
                            self.problems.push(problem::foreign_spelling(found, text, &better));
                            let kind = ExprKind::Int(number.parse().unwrap_or(0));
                            Expr { span: self.span(&name), kind }
                        }
                    };
                    ExprKind::Index(object, Box::new(index))
                }
                found => {
                    let end = pair.as_span().end();
                    let span = found
                        .map_or(self.gap_at(end), |name| self.missing(&name, "a name after `.`"));
                    ExprKind::Get(object, Box::new(Name { text: Word::default(), span }))
                }
            },
        };
        self.height = self.height.max(low) + 1;
        self.limited(Expr { span, kind })
    }

    /// What stands in `[ ]` behind a list.
    pub fn index(&mut self, pair: Pair<'_, Rule>, list: Option<Span>) -> Expr {
        match pair.clone().into_inner().next().map(|pair| pair.as_rule()) {
            Some(Rule::splat) => self.splat(&pair, list),
            _ => self.bracketed(pair),
        }
    }

    fn splat(&mut self, pair: &Pair<'_, Rule>, list: Option<Span>) -> Expr {
        let span = self.span(pair);
        match list {
            Some(list) => self.splats.push((list, span)),
            None => self.problems.push(problem::splat(span, "[*]", None)),
        }
        Expr { span, kind: ExprKind::Bad }
    }

    /// Reports the `[*]` of an expression, once all of it is known.
    fn tell_splats(&mut self, first: usize, whole: Span) {
        let splats = self.splats.split_off(first);
        let one = splats.len() == 1;
        for (list, splat) in splats {
            let rest = Span { start: splat.end, ..whole };
            let text = |span: Span| self.written(span).unwrap_or_default().to_owned();
            let better = format!("[for x in {} : x{}]", text(list), text(rest));
            let problem = problem::splat(splat, &text(splat), one.then_some((whole, &better)));
            self.problems.push(problem);
        }
    }

    fn primary(&mut self, pair: Pair<'_, Rule>, pairs: &mut Pairs<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        self.height = 0;
        let kind = match pair.as_rule() {
            Rule::name => return self.word(&pair, pairs),
            Rule::number => self.number(pair.as_str(), span),
            Rule::plain | Rule::raw => ExprKind::Str(Box::new(self.text(pair, None))),
            Rule::missing_expr => {
                let span = self.missing(&pair, "a value");
                return Expr { span, kind: ExprKind::Bad };
            }
            Rule::bad_element | Rule::bad_value => {
                let text = pair.as_str().trim();
                let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
                self.problems.push(match inner.map(str::trim) {
                    Some(inner) if !inner.is_empty() => {
                        problem::foreign_spelling(span, text, inner)
                    }
                    Some(_) | None => problem::not_a_value(span, text),
                });
                ExprKind::Bad
            }
            _ if !self.enter(&pair) => ExprKind::Bad,
            _ => {
                let kind = self.compound(pair);
                self.height += 1;
                self.leave();
                return self.limited(Expr { span, kind });
            }
        };
        Expr { span, kind }
    }

    fn compound(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        match pair.as_rule() {
            Rule::template | Rule::block_text | Rule::block_raw => {
                ExprKind::Str(Box::new(self.text(pair, None)))
            }
            Rule::list => self.list(pair),
            Rule::body => self.object(pair),
            Rule::paren => ExprKind::Paren(Box::new(self.bracketed(pair))),
            Rule::if_expr => self.choice(pair),
            Rule::match_expr => self.matching(pair),
            _ => ExprKind::Bad,
        }
    }

    fn word(&mut self, pair: &Pair<'_, Rule>, pairs: &mut Pairs<'_, Rule>) -> Expr {
        let span = self.span(pair);
        let block = pairs.peek().filter(|next| {
            let block = matches!(next.as_rule(), Rule::block_text | Rule::block_raw);
            block && next.as_span().start() == pair.as_span().end()
        });
        if let Some(block) = block {
            pairs.next();
            let span = span.to(self.span(&block));
            let text = self.text(block, Some(pair.as_str().to_owned()));
            return Expr { span, kind: ExprKind::Str(Box::new(text)) };
        }
        let kind = match pair.as_str() {
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "null" => ExprKind::Null,
            "yes" | "True" => self.foreign_word(pair, "true", ExprKind::Bool(true)),
            "no" | "False" => self.foreign_word(pair, "false", ExprKind::Bool(false)),
            "nil" | "None" | "undefined" => self.foreign_word(pair, "null", ExprKind::Null),
            name => ExprKind::Name(name.into()),
        };
        Expr { span, kind }
    }

    fn foreign_word(&mut self, pair: &Pair<'_, Rule>, better: &str, meant: ExprKind) -> ExprKind {
        self.problems.push(problem::foreign_spelling(self.span(pair), pair.as_str(), better));
        meant
    }

    /// The one expression in `( )`, `[ ]` or a hole, and a word about whatever else stands there.
    pub fn bracketed(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let before = self.problems.len();
        let mut inner = pair.into_inner();
        let expr = self.expr(&mut inner);
        self.rest(inner, before);
        expr
    }

    /// What is left in brackets or of an item: nothing, or text that belongs to nothing.
    pub fn rest(&mut self, pairs: Pairs<'_, Rule>, problems_before: usize) {
        for pair in pairs {
            match pair.as_rule() {
                Rule::junk_paren | Rule::junk_bracket => self.junk(&pair, problems_before),
                Rule::tail => self.tail(&pair, problems_before),
                _ => {}
            }
        }
    }
}

/// A call; the second argument of `as_type` is a type.
pub fn call(callee: Box<Expr>, mut args: Vec<Arg>) -> ExprKind {
    if matches!(&callee.kind, ExprKind::Name(name) if name == AS_TYPE)
        && let [_, Arg::Plain(expr)] = args.as_mut_slice()
        && let Some(ty) = as_type(expr)
    {
        let span = expr.span;
        let inner = std::mem::replace(expr, Expr { span, kind: ExprKind::Bad });
        expr.kind = ExprKind::Type(Box::new((inner, ty)));
    }
    ExprKind::Call(callee, args.into_boxed_slice())
}

/// The type that an expression names: `Person`, `types.Person`, `[Person]`.
fn as_type(expr: &Expr) -> Option<TypeExpr> {
    let kind = match &expr.kind {
        ExprKind::Name(name) => TypeKind::Named(name.to_string(), Vec::new()),
        ExprKind::Get(base, name) => match &base.kind {
            ExprKind::Name(library) => {
                TypeKind::Named(format!("{library}.{}", name.text), Vec::new())
            }
            _ => return None,
        },
        ExprKind::List(elements) => match elements.as_slice() {
            [Element::One(of)] => TypeKind::List(Box::new(as_type(of)?)),
            _ => return None,
        },
        _ => return None,
    };
    Some(TypeExpr { span: expr.span, kind })
}

/// Whether the next pair of the stream is of this rule.
pub fn next_is(pairs: &mut Pairs<'_, Rule>, rule: Rule) -> bool {
    pairs.peek().is_some_and(|pair| pair.as_rule() == rule)
}

fn precedence(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Coalesce => 1,
        BinaryOp::Or => 2,
        BinaryOp::And => 3,
        BinaryOp::Equal | BinaryOp::NotEqual => 4,
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => 5,
        BinaryOp::In => 6,
        BinaryOp::Add | BinaryOp::Subtract => 7,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => 8,
    }
}

/// Folds all steps that bind at least as tight as `least`.
pub fn fold(
    mut left: Expr,
    height: &mut usize,
    steps: &mut Peekable<IntoIter<Step>>,
    least: u8,
) -> Expr {
    while let Some((op, mut right, mut high)) = steps.next_if(|(op, ..)| precedence(*op) >= least) {
        let tighter = precedence(op) + 1;
        if steps.peek().is_some_and(|(next, ..)| precedence(*next) >= tighter) {
            right = fold(right, &mut high, steps, tighter);
        }
        let chained = matches!(left.kind, ExprKind::Chain(..));
        left = combined(left, op, right);
        *height = (*height).max(high) + usize::from(!chained);
    }
    left
}

/// `left op right`; comparisons of one precedence become a chain.
fn combined(left: Expr, op: BinaryOp, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    let level = precedence(op);
    let chains = |inner: BinaryOp| matches!(level, 4 | 5) && precedence(inner) == level;
    let kind = match left.kind {
        ExprKind::Binary(inner, first, second) if chains(inner) => {
            ExprKind::Chain(first, Box::new([(inner, *second), (op, right)]))
        }
        ExprKind::Chain(first, steps) if steps.first().is_some_and(|(op, _)| chains(*op)) => {
            let mut steps = steps.into_vec();
            steps.push((op, right));
            ExprKind::Chain(first, steps.into_boxed_slice())
        }
        kind => {
            let left = Expr { span: left.span, kind };
            ExprKind::Binary(op, Box::new(left), Box::new(right))
        }
    };
    Expr { span, kind }
}
