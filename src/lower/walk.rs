//! Which names an expression or a body mentions, without evaluating it.

use crate::lower::scope::Declared;
use crate::syntax::tree::{Arg, Body, Comprehension, Element, Expr, ExprKind, For, ItemKind, Key};
use crate::syntax::tree::{Block, TextPart};

/// A name in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mention<'t> {
    /// `x`: a let, an input or a whole kind.
    Bare(&'t str),
    /// `container.web`, or an attribute of a let.
    Member(&'t str, &'t str),
    /// `f(…)`
    Call(&'t str),
}

/// Hands every name in `expr` to `found`.
pub(super) fn expression<'t>(expr: &'t Expr, found: &mut dyn FnMut(Mention<'t>)) {
    match &expr.kind {
        ExprKind::Name(name) => found(Mention::Bare(name)),
        ExprKind::Get(base, member) | ExprKind::OptionalGet(base, member) => match &base.kind {
            ExprKind::Name(name) => found(Mention::Member(name, &member.text)),
            _ => expression(base, found),
        },
        ExprKind::Str(text) => text.parts.iter().for_each(|part| match part {
            TextPart::Literal(_) => (),
            TextPart::Hole(hole) => expression(hole, found),
        }),
        ExprKind::List(elements) => elements.iter().for_each(|element| match element {
            Element::One(expr) | Element::Spread(expr) => expression(expr, found),
        }),
        ExprKind::Object(inner) => body(inner, found),
        ExprKind::Comprehension(it) => comprehension(it, found),
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => expression(inner, found),
        ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
            expression(left, found);
            expression(right, found);
        }
        ExprKind::Chain(first, rest) => {
            expression(first, found);
            rest.iter().for_each(|(_, operand)| expression(operand, found));
        }
        ExprKind::If(condition, yes, no) => {
            [condition, yes, no].into_iter().for_each(|part| expression(part, found));
        }
        ExprKind::Match(value, arms) => {
            expression(value, found);
            arms.iter().for_each(|arm| expression(&arm.value, found));
        }
        // A type's name is no mention of a value.
        ExprKind::Type(_) => (),
        ExprKind::Call(callee, arguments) => {
            match &callee.kind {
                ExprKind::Name(name) => found(Mention::Call(name)),
                _ => expression(callee, found),
            }
            arguments.iter().for_each(|argument| match argument {
                Arg::Plain(expr) | Arg::Named(_, expr) | Arg::Spread(expr) => {
                    expression(expr, found);
                }
            });
        }
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Size(_)
        | ExprKind::Duration(_)
        | ExprKind::Ip(_)
        | ExprKind::Cidr(..)
        | ExprKind::Port(..)
        | ExprKind::PortRange(..)
        | ExprKind::Bad => (),
    }
}

fn block<'t>(it: &'t Block, found: &mut dyn FnMut(Mention<'t>)) {
    it.each.iter().for_each(|each| header(each, found));
    it.condition.iter().for_each(|condition| expression(condition, found));
    body(&it.body, found);
}

/// Hands every name in what makes resources to `found`: header and body.
pub(super) fn declared<'t>(it: &Declared<'t>, found: &mut dyn FnMut(Mention<'t>)) {
    it.header.each.iter().for_each(|each| header(each, found));
    it.header.condition.iter().for_each(|condition| expression(condition, found));
    it.body.iter().for_each(|inner| body(inner, found));
    let options = it.used.and_then(|used| used.body.as_ref());
    options.iter().for_each(|options| body(options, found));
}

fn header<'t>(each: &'t For, found: &mut dyn FnMut(Mention<'t>)) {
    expression(&each.over, found);
    each.by.iter().for_each(|by| expression(by, found));
}

fn comprehension<'t>(it: &'t Comprehension, found: &mut dyn FnMut(Mention<'t>)) {
    expression(&it.over, found);
    expression(&it.value, found);
    it.key.iter().chain(&it.condition).for_each(|part| expression(part, found));
}

fn body<'t>(it: &'t Body, found: &mut dyn FnMut(Mention<'t>)) {
    for item in &it.items {
        match &item.kind {
            ItemKind::Attribute(attribute) => {
                if let Key::Computed(key) = &attribute.key {
                    expression(key, found);
                }
                expression(&attribute.value, found);
            }
            ItemKind::Block(inner) => block(inner, found),
            ItemKind::Spread(expr) => expression(expr, found),
            ItemKind::Comprehension(inner) => comprehension(inner, found),
            ItemKind::Require(require) => {
                expression(&require.condition, found);
                require.message.iter().for_each(|message| expression(message, found));
            }
            ItemKind::Let(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Input(_)
            | ItemKind::Output(_)
            | ItemKind::Secret(_)
            | ItemKind::Import(_)
            | ItemKind::Use(_)
            | ItemKind::Module(_)
            | ItemKind::Moved(_)
            | ItemKind::Adopt(_)
            | ItemKind::Forget(_)
            | ItemKind::Mock(_)
            | ItemKind::Expect(_)
            | ItemKind::Bad => (),
        }
    }
}
