//! What each kind of expression evaluates to.

use crate::lower::bounds::TEXT_MAX;
use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::operators::{self, Clash};
use crate::lower::value::{Data, Val};
use crate::model::{self, Cidr, Piece, PortRange, Protocol, Text};
use crate::problem::{lower as problem, types};
use crate::source::Span;
use crate::syntax::tree::{self, Arm, BinaryOp, Expr, ExprKind, TextPart, UnaryOp};

impl<'t> Evaluator<'t> {
    /// The value of one expression; the caller has counted the depth.
    pub fn expression(&mut self, expr: &'t Expr, env: &Env<'t>) -> Val {
        let at = env.place(expr.span);
        match &expr.kind {
            ExprKind::Str(text) => self.text(text, env, at),
            ExprKind::Name(name) => self.name(name, env, at),
            ExprKind::List(elements) => self.list(elements, env, at),
            ExprKind::Object(body) => self.object(body, env),
            ExprKind::Comprehension(it) => self.comprehension(it, env),
            ExprKind::Paren(inner) => self.eval(inner, env),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, env, at),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, env, at),
            ExprKind::Chain(first, rest) => self.chain(first, rest, env, at),
            ExprKind::If(condition, yes, no) => self.branch(condition, yes, no, env, at),
            ExprKind::Match(value, arms) => self.matched(value, arms, env, at),
            ExprKind::Get(base, name) => self.get(base, name, env, at, Missing::IsWrong),
            ExprKind::OptionalGet(base, name) => {
                let missing = if env.at.is_some() { Missing::InSchema } else { Missing::IsNull };
                self.get(base, name, env, at, missing)
            }
            ExprKind::Index(base, index) => self.index(base, index, env, at),
            ExprKind::Call(callee, arguments) => self.call(callee, arguments, env, at),
            ExprKind::Type(it) => self.eval(&it.0, env),
            literal => Val::new(literal_data(literal), at),
        }
    }

    fn text(&mut self, text: &'t tree::Text, env: &Env<'t>, at: Span) -> Val {
        match text.parts.as_slice() {
            [] => return Val::str("", at),
            [TextPart::Literal(literal)] => return Val::str(literal.as_str(), at),
            [..] => (),
        }
        let mut out = Text::default();
        let (mut unknown, mut length) = (None, 0);
        for part in &text.parts {
            match part {
                TextPart::Literal(literal) => out.push_str(literal),
                TextPart::Hole(hole) => {
                    let value = self.eval(hole, env);
                    let place = env.place(hole.span);
                    match &value.data {
                        Data::Unknown(late) => unknown = Some(late.clone()),
                        Data::Bad => return Val::new(Data::Bad, at),
                        data => match printed(data) {
                            Some(text) => {
                                length += text.known_length();
                                if length > TEXT_MAX {
                                    return self.too_large(at);
                                }
                                if text.has_secret() {
                                    self.holes.entry(at).or_insert((place, value.origin));
                                }
                                out.push(&text);
                            }
                            None => return self.bad(types::not_text(place, data.noun()), at),
                        },
                    }
                }
            }
        }
        match (unknown, out.as_literal()) {
            (Some(late), _) => Val::new(Data::Unknown(late), at),
            (None, Some(plain)) => Val::str(plain, at),
            (None, None) => Val::new(Data::Text(out.into()), at),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &'t Expr, env: &Env<'t>, at: Span) -> Val {
        let value = self.eval(operand, env);
        let data = match (op, &value.data) {
            (_, Data::Bad) => Data::Bad,
            (_, Data::Late(late) | Data::Unknown(late)) => Data::Unknown(late.clone()),
            (UnaryOp::Not, Data::Text(_)) if self.is_secret_bool(&value) => {
                match self.secret_negated(&value, at) {
                    Some(value) => return value,
                    None => return self.bad(problem::secret_used(at), at),
                }
            }
            (UnaryOp::Not, _) => match self.bool(&value, env.place(operand.span)) {
                Some(it) => Data::Bool(!it),
                None => Data::Bad,
            },
            (UnaryOp::Negate, Data::Int(number)) => match number.checked_neg() {
                Some(number) => Data::Int(number),
                None => return self.bad(types::out_of_range(at), at),
            },
            (UnaryOp::Negate, Data::Float(number)) => Data::Float(-number),
            (UnaryOp::Negate, other) => {
                return self.bad(types::cannot_negate(at, other.noun()), at);
            }
        };
        Val::new(data, at)
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        left: &'t Expr,
        right: &'t Expr,
        env: &Env<'t>,
        at: Span,
    ) -> Val {
        match op {
            BinaryOp::Coalesce => {
                let value = self.eval(left, env);
                if value.data == Data::Null { self.eval(right, env) } else { value }
            }
            BinaryOp::Or => self.logic(left, right, true, env, at),
            BinaryOp::And => self.logic(left, right, false, env, at),
            _ => {
                let (a, b) = (self.eval(left, env), self.eval(right, env));
                let data = self.apply(op, &a, &b, (env.place(left.span), env.place(right.span)));
                Val::new(data, at)
            }
        }
    }

    /// `||` ends at true, `&&` at false.
    fn logic(
        &mut self,
        left: &'t Expr,
        right: &'t Expr,
        ends_at: bool,
        env: &Env<'t>,
        at: Span,
    ) -> Val {
        let (mut unknown, mut secret) = (None, None);
        for operand in [left, right] {
            let value = self.eval(operand, env);
            if let Data::Late(late) | Data::Unknown(late) = &value.data {
                unknown = unknown.or(Some(late.clone()));
                continue;
            }
            if self.is_secret_bool(&value) {
                secret = match secret {
                    Some(before) => {
                        let op = if ends_at { BinaryOp::Or } else { BinaryOp::And };
                        let places = (env.place(left.span), env.place(right.span));
                        Some(Val::new(self.apply(op, &before, &value, places), at))
                    }
                    None => Some(value),
                };
                continue;
            }
            match self.bool(&value, env.place(operand.span)) {
                Some(it) if it == ends_at => return Val::new(Data::Bool(it), at),
                Some(_) => (),
                None => return Val::new(Data::Bad, at),
            }
        }
        match (unknown, secret) {
            (Some(_), Some(_)) => self.bad(problem::secret_used(at), at),
            (None, Some(secret)) => Val { origin: at, ..secret },
            (unknown, None) => Val::new(unknown.map_or(Data::Bool(!ends_at), Data::Unknown), at),
        }
    }

    fn apply(&mut self, op: BinaryOp, left: &Val, right: &Val, at: (Span, Span)) -> Data {
        let made = match op {
            BinaryOp::And | BinaryOp::Or => Err(Clash::Secret),
            _ => operators::binary(op, &left.data, &right.data),
        };
        let made = match made {
            Err(Clash::Secret) => self.secret_operated(op, left, right, at.0.to(at.1)),
            made => made,
        };
        match made {
            Ok(data) => data,
            Err(clash) => {
                let (a, b) = (left.data.noun(), right.data.noun());
                let problem = match clash {
                    Clash::Types => {
                        types::wrong_operands(operators::sign(op), (at.0, a), (at.1, b))
                    }
                    Clash::Null => match left.data {
                        Data::Null => types::may_be_null(at.0, "cannot compute with null"),
                        _ => types::may_be_null(at.1, "cannot compute with null"),
                    },
                    Clash::Range => types::out_of_range(at.0.to(at.1)),
                    Clash::Zero => types::by_zero(at.1),
                    Clash::Secret => problem::secret_used(at.0.to(at.1)),
                };
                self.problems.push(problem);
                Data::Bad
            }
        }
    }

    fn chain(
        &mut self,
        first: &'t Expr,
        rest: &'t [(BinaryOp, Expr)],
        env: &Env<'t>,
        at: Span,
    ) -> Val {
        let mut left = self.eval(first, env);
        let mut left_at = env.place(first.span);
        let (mut unknown, mut secret) = (None, None);
        for (op, operand) in rest {
            let right = self.eval(operand, env);
            let right_at = env.place(operand.span);
            match self.apply(*op, &left, &right, (left_at, right_at)) {
                Data::Bool(true) => (),
                Data::Unknown(late) => unknown = Some(late),
                other @ Data::Text(_) => {
                    let one = Val::new(other, at);
                    secret = Some(match secret {
                        Some(all) => Val::new(self.apply(BinaryOp::And, &all, &one, (at, at)), at),
                        None => one,
                    });
                }
                other => return Val::new(other, at),
            }
            (left, left_at) = (right, right_at);
        }
        match (unknown, secret) {
            (Some(_), Some(_)) => self.bad(problem::secret_used(at), at),
            (None, Some(secret)) => secret,
            (unknown, None) => Val::new(unknown.map_or(Data::Bool(true), Data::Unknown), at),
        }
    }

    fn branch(
        &mut self,
        condition: &'t Expr,
        yes: &'t Expr,
        no: &'t Expr,
        env: &Env<'t>,
        at: Span,
    ) -> Val {
        let decides = self.eval(condition, env);
        if let Data::Late(late) | Data::Unknown(late) = &decides.data {
            return Val::new(Data::Unknown(late.clone()), at);
        }
        if self.is_secret_bool(&decides) {
            let branch = |this: &mut Self, it: &'t Expr| (this.eval(it, env), env.place(it.span));
            let branches = [branch(self, yes), branch(self, no)];
            return self.secret_branch(&decides, branches, at);
        }
        match self.bool(&decides, env.place(condition.span)) {
            Some(true) => self.eval(yes, env),
            Some(false) => self.eval(no, env),
            None => Val::new(Data::Bad, at),
        }
    }

    fn matched(&mut self, value: &'t Expr, arms: &'t [Arm], env: &Env<'t>, at: Span) -> Val {
        let wanted = self.eval(value, env);
        match &wanted.data {
            Data::Bad => return Val::new(Data::Bad, at),
            Data::Late(late) | Data::Unknown(late) => {
                return Val::new(Data::Unknown(late.clone()), at);
            }
            _ => (),
        }
        if has_pieces(&wanted) {
            return self.matched_later(&wanted, arms, env, at);
        }
        for arm in arms {
            let mut fits = arm.patterns.is_empty();
            for pattern in &arm.patterns {
                let pattern = self.eval(pattern, env);
                fits |= pattern.data == wanted.data;
            }
            if fits {
                return self.eval(&arm.value, env);
            }
        }
        self.bad(types::no_arm(at, env.place(value.span), &shown(&wanted.data)), at)
    }
}

impl<'t> Evaluator<'t> {
    /// A `match` in which it is known later which arm fits.
    fn matched_later(&mut self, wanted: &Val, arms: &'t [Arm], env: &Env<'t>, at: Span) -> Val {
        let arms = arms.iter().map(|arm| {
            let patterns = arm.patterns.iter().map(|it| self.eval(it, env)).collect();
            (patterns, self.eval(&arm.value, env), env.place(arm.value.span))
        });
        let arms = arms.collect();
        self.secret_matched(wanted, arms, at)
    }
}

/// Whether a value is text of which parts are known later only.
fn has_pieces(value: &Val) -> bool {
    let is_open = |piece: &Piece| !matches!(piece, Piece::Literal(_));
    matches!(&value.data, Data::Text(text) if text.pieces().iter().any(is_open))
}

/// What reading an attribute of null gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// `.`: a problem.
    IsWrong,
    /// `?.`: null.
    IsNull,
    /// `?.` in an expression of a schema: null, also of a word or number.
    InSchema,
}

fn literal_data(kind: &ExprKind) -> Data {
    match kind {
        ExprKind::Null => Data::Null,
        ExprKind::Bool(it) => Data::Bool(*it),
        ExprKind::Int(it) => Data::Int(*it),
        ExprKind::Float(it) => Data::Float(*it),
        ExprKind::Size(it) => Data::Size(*it),
        ExprKind::Duration(it) => Data::Duration(*it),
        ExprKind::Ip(it) => Data::Ip(*it),
        // What the syntax could not read as a network or a range was reported there.
        ExprKind::Cidr(ip, prefix) => Cidr::new(*ip, *prefix).map_or(Data::Bad, Data::Cidr),
        ExprKind::Port(number, protocol) => Data::Port(*number, protocol_of(*protocol)),
        ExprKind::PortRange(first, last, protocol) => {
            let ports = model::Port::new(*first).zip(model::Port::new(*last));
            let protocol = protocol_of(*protocol);
            let range = ports.filter(|(first, last)| first <= last);
            range.map_or(Data::Bad, |(first, last)| {
                Data::PortRange(PortRange { first, last, protocol })
            })
        }
        _ => Data::Bad,
    }
}

fn protocol_of(protocol: tree::Protocol) -> Protocol {
    match protocol {
        tree::Protocol::Tcp => Protocol::Tcp,
        tree::Protocol::Udp => Protocol::Udp,
    }
}

/// What interpolation makes of a value; nothing for what has no one way to be printed.
pub(super) fn printed(data: &Data) -> Option<Text> {
    Some(match data {
        Data::Text(text) => return Some(text.as_ref().clone()),
        Data::Late(late) => return Some(Text::late(late.as_ref().clone())),
        Data::Str(it) => Text::literal(it.as_ref()),
        Data::Bool(it) => Text::literal(it.to_string()),
        Data::Int(it) => Text::literal(it.to_string()),
        Data::Float(it) => Text::literal(it.to_string()),
        Data::Size(it) => Text::literal(model::Size(*it).to_string()),
        Data::Duration(it) => Text::literal(model::Duration(*it).to_string()),
        Data::Ip(it) => Text::literal(it.to_string()),
        Data::Cidr(it) => Text::literal(it.to_string()),
        Data::Port(number, protocol) => Text::literal(format!("{number}/{protocol}")),
        Data::PortRange(it) => Text::literal(it.to_string()),
        Data::Null | Data::List(_) | Data::Map(_) | Data::Ref(_) => return None,
        Data::Unknown(_) | Data::Bad => return None,
    })
}

/// A value as a message shows it: short, and never a secret.
pub(super) fn shown(data: &Data) -> String {
    match data {
        Data::Str(it) => format!("\"{it}\""),
        Data::Ref(address) => address.to_string(),
        Data::Null => "null".to_owned(),
        other => printed(other).map_or_else(|| other.noun().to_owned(), |text| text.to_string()),
    }
}
