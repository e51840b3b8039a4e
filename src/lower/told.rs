//! Why a condition is as it is: the values on both sides of it, each at its place.

use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::expressions::printed;
use crate::lower::value::Data;
use crate::model::Key;
use crate::source::Span;
use crate::syntax::tree::{Arg, BinaryOp, Expr, ExprKind, UnaryOp};

/// How many characters of a value are shown.
const LENGTH_MAX: usize = 120;

impl<'t> Evaluator<'t> {
    /// What decides that a condition is `is`: places, with what stands there.
    pub fn sides(&mut self, condition: &'t Expr, is: bool, env: &Env<'t>) -> Vec<(Span, String)> {
        match &condition.kind {
            ExprKind::Paren(inner) => self.sides(inner, is, env),
            ExprKind::Unary(UnaryOp::Not, inner) => self.sides(inner, !is, env),
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, left, right) => {
                let mut sides = Vec::new();
                for operand in [left.as_ref(), right.as_ref()] {
                    let value = self.eval(operand, env);
                    if value.data == Data::Bool(is) {
                        sides.extend(self.sides(operand, is, env));
                    }
                }
                sides
            }
            ExprKind::Binary(_, left, right) => self.values([left.as_ref(), right.as_ref()], env),
            ExprKind::Chain(first, rest) => {
                let rest = rest.iter().map(|(_, operand)| operand);
                self.values(std::iter::once(first.as_ref()).chain(rest), env)
            }
            ExprKind::Call(_, arguments) => {
                let value = |argument: &'t Arg| match argument {
                    Arg::Plain(expr) | Arg::Named(_, expr) | Arg::Spread(expr) => expr,
                };
                self.values(arguments.iter().map(value), env)
            }
            _ => Vec::new(),
        }
    }

    /// The value of each of these that is not plain to see.
    fn values(
        &mut self,
        all: impl IntoIterator<Item = &'t Expr>,
        env: &Env<'t>,
    ) -> Vec<(Span, String)> {
        let mut told = Vec::new();
        for expr in all.into_iter().filter(|expr| !is_literal(expr)) {
            let value = self.eval(expr, env);
            told.push((env.place(expr.span), of(&value.data)));
        }
        told
    }
}

/// Whether its text is its value.
fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Size(_)
        | ExprKind::Duration(_)
        | ExprKind::Ip(_)
        | ExprKind::Cidr(..)
        | ExprKind::Port(..)
        | ExprKind::PortRange(..) => true,
        ExprKind::Str(text) => {
            text.parts.iter().all(|part| matches!(part, crate::syntax::tree::TextPart::Literal(_)))
        }
        ExprKind::List(elements) => elements.iter().all(|element| match element {
            crate::syntax::tree::Element::One(expr) => is_literal(expr),
            crate::syntax::tree::Element::Spread(_) => false,
        }),
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => is_literal(inner),
        _ => false,
    }
}

/// A value as one would write it, cut where it becomes long; a secret is only named.
pub(super) fn of(data: &Data) -> String {
    let mut out = String::new();
    write(data, &mut out);
    match out.char_indices().nth(LENGTH_MAX) {
        Some((end, _)) => format!("{}…", &out[..end]),
        None => out,
    }
}

fn write(data: &Data, out: &mut String) {
    // What follows is cut anyway.
    if out.len() > 4 * LENGTH_MAX {
        return;
    }
    match data {
        Data::Str(it) => {
            out.push('"');
            out.push_str(&it.replace('\\', "\\\\").replace('"', "\\\""));
            out.push('"');
        }
        Data::Ref(address) => out.push_str(address.as_str()),
        Data::List(list) => {
            out.push('[');
            for (index, value) in list.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(&value.data, out);
            }
            out.push(']');
        }
        Data::Map(map) if map.is_empty() => out.push_str("{}"),
        Data::Map(map) => {
            out.push_str("{ ");
            for (index, (key, value)) in map.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                match key {
                    Key::Text(text) => out.push_str(text),
                    Key::Int(number) => out.push_str(&number.to_string()),
                }
                out.push_str(" = ");
                write(&value.data, out);
            }
            out.push_str(" }");
        }
        Data::Null => out.push_str("null"),
        other => match printed(other) {
            Some(text) => out.push_str(&text.to_string()),
            None => out.push_str(other.noun()),
        },
    }
}
