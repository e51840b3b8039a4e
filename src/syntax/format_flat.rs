//! Everything on one line, when it may stand on one.

use std::fmt::Write as _;

use crate::syntax::format::{Printer, WIDTH};
use crate::syntax::format_expr::{operator, unary_text};
use crate::syntax::format_item::inside;
use crate::syntax::tree::{
    Arg, Arm, Body, Comprehension, Element, Expr, ExprKind, For, Item, ItemKind, Key, Name, Param,
    Require, Text, TextPart, TypeExpr, TypeKind,
};

impl Printer<'_> {
    /// The expression on one line; nothing if it has a comment, is too long, or its author broke
    /// a list or body in it.
    pub fn flat(&self, expr: &Expr) -> Option<String> {
        let mut out = String::new();
        (!self.has_comment(expr.span) && self.flat_into(expr, &mut out)).then_some(out)
    }

    fn flat_into(&self, expr: &Expr, out: &mut String) -> bool {
        if out.len() > WIDTH * 4 {
            return false;
        }
        match &expr.kind {
            ExprKind::Str(_) => {
                let token = self.token(expr.span);
                out.push_str(&token);
                !token.contains('\n')
            }
            ExprKind::List(elements) => self.flat_list(expr, elements, out),
            ExprKind::Object(body) => self.flat_body(body, out, WIDTH),
            ExprKind::Comprehension(inner) => self.flat_made(expr, inner, out),
            ExprKind::Paren(inner) => {
                out.push('(');
                let flat = self.flat_into(inner, out);
                out.push(')');
                flat
            }
            ExprKind::Unary(op, inner) => {
                out.push_str(unary_text(*op, self.source(expr.span)));
                self.flat_into(inner, out)
            }
            ExprKind::Binary(op, left, right) => {
                self.flat_into(left, out) && {
                    let _ = write!(out, " {} ", operator(*op));
                    self.flat_into(right, out)
                }
            }
            ExprKind::Chain(first, steps) => {
                self.flat_into(first, out)
                    && steps.iter().all(|(op, operand)| {
                        let _ = write!(out, " {} ", operator(*op));
                        self.flat_into(operand, out)
                    })
            }
            ExprKind::If(condition, then, other) => {
                out.push_str("if ");
                self.flat_into(condition, out)
                    && self.flat_after(" then ", then, out)
                    && self.flat_after(" else ", other, out)
            }
            ExprKind::Match(value, arms) => self.flat_match(value, arms, out),
            ExprKind::Get(inner, name) => self.flat_get(inner, ".", name, out),
            ExprKind::OptionalGet(inner, name) => self.flat_get(inner, "?.", name, out),
            ExprKind::Index(inner, index) => {
                let flat = self.flat_into(inner, out) && self.flat_after("[", index, out);
                out.push(']');
                flat
            }
            ExprKind::Call(callee, args) => self.flat_call(callee, args, out),
            ExprKind::Type(it) => self.flat_into(&it.0, out),
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
            | ExprKind::Name(_)
            | ExprKind::Bad => {
                out.push_str(self.source(expr.span));
                true
            }
        }
    }

    fn flat_list(&self, list: &Expr, elements: &[Element], out: &mut String) -> bool {
        let first = elements.first().map(|first| match first {
            Element::One(expr) | Element::Spread(expr) => expr.span.start as usize,
        });
        if first.is_some_and(|first| self.broken(inside(list.span).0, first)) {
            return false;
        }
        out.push('[');
        for (index, element) in elements.iter().enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            let (dots, expr) = match element {
                Element::One(expr) => ("", expr),
                Element::Spread(expr) => ("...", expr),
            };
            if !self.flat_after(dots, expr, out) {
                return false;
            }
        }
        out.push(']');
        true
    }

    /// A list or an object that is made by a comprehension.
    fn flat_made(&self, expr: &Expr, inner: &Comprehension, out: &mut String) -> bool {
        let list = self.source(expr.span).starts_with('[');
        out.push_str(if list { "[" } else { "{ " });
        let flat = self.flat_comprehension(inner, out);
        out.push_str(if list { "]" } else { " }" });
        flat && !self.broken(inside(expr.span).0, inner.span.start as usize)
    }

    fn flat_call(&self, callee: &Expr, args: &[Arg], out: &mut String) -> bool {
        let mut flat = self.flat_into(callee, out);
        out.push('(');
        for (index, argument) in args.iter().enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            flat = flat && self.flat_argument(argument, out);
        }
        out.push(')');
        flat
    }

    /// A word and an expression on one line.
    pub fn flat_after(&self, word: &str, expr: &Expr, out: &mut String) -> bool {
        out.push_str(word);
        self.flat_into(expr, out)
    }

    fn flat_get(&self, inner: &Expr, dot: &str, name: &Name, out: &mut String) -> bool {
        let flat = self.flat_into(inner, out);
        out.push_str(dot);
        out.push_str(&name.text);
        flat
    }

    /// An argument on one line.
    pub fn flat_argument(&self, argument: &Arg, out: &mut String) -> bool {
        match argument {
            Arg::Plain(expr) => self.flat_into(expr, out),
            Arg::Named(name, expr) => {
                out.push_str(&name.text);
                self.flat_after(" = ", expr, out)
            }
            Arg::Spread(expr) => self.flat_after("...", expr, out),
        }
    }

    fn flat_match(&self, value: &Expr, arms: &[Arm], out: &mut String) -> bool {
        out.push_str("match ");
        if !self.flat_into(value, out) {
            return false;
        }
        let open = self.arms_open(value);
        let first = arms.first().map(|arm| match arm.patterns.first() {
            Some(pattern) => pattern.span.start as usize,
            None => arm.value.span.start as usize,
        });
        if first.is_some_and(|first| self.broken(open, first)) {
            return false;
        }
        out.push_str(if arms.is_empty() { " {" } else { " { " });
        for (index, arm) in arms.iter().enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            let patterns: Vec<String> =
                arm.patterns.iter().map(|pattern| self.token(pattern.span)).collect();
            out.push_str(if patterns.is_empty() { "else" } else { "" });
            out.push_str(&patterns.join(" | "));
            if !self.flat_after(" => ", &arm.value, out) {
                return false;
            }
        }
        out.push_str(if arms.is_empty() { "}" } else { " }" });
        true
    }

    fn flat_comprehension(&self, comprehension: &Comprehension, out: &mut String) -> bool {
        out.push_str("for ");
        self.flat_binder(&comprehension.first, comprehension.second.as_ref(), out);
        let mut flat = self.flat_into(&comprehension.over, out);
        out.push_str(" : ");
        if let Some(key) = &comprehension.key {
            flat = flat && self.flat_into(key, out);
            out.push_str(" => ");
        }
        flat = flat && self.flat_into(&comprehension.value, out);
        out.push_str(if comprehension.grouped { "..." } else { "" });
        match &comprehension.condition {
            Some(condition) => flat && self.flat_after(" if ", condition, out),
            None => flat,
        }
    }

    fn flat_binder(&self, first: &Name, second: Option<&Name>, out: &mut String) {
        out.push_str(&first.text);
        if let Some(second) = second {
            let _ = write!(out, ", {}", second.text);
        }
        out.push_str(" in ");
    }

    /// A body on one line, if its author wrote it so and it is not longer than `room`.
    pub fn flat_body(&self, body: &Body, out: &mut String, room: usize) -> bool {
        if self.has_comment(body.span) {
            return false;
        }
        let Some(first) = body.items.first() else {
            out.push_str("{}");
            return true;
        };
        if self.broken(inside(body.span).0, first.span.start as usize) {
            return false;
        }
        let start = out.len();
        out.push_str("{ ");
        for (index, item) in body.items.iter().enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            if !self.flat_item(item, out) || out.len() - start > room * 4 {
                return false;
            }
        }
        out.push_str(" }");
        true
    }

    fn flat_item(&self, item: &Item, out: &mut String) -> bool {
        if self.is_damaged(item) {
            return false;
        }
        match &item.kind {
            ItemKind::Attribute(attribute) => {
                self.flat_key(&attribute.key, out) && self.flat_after(" = ", &attribute.value, out)
            }
            ItemKind::Block(block) => {
                out.push_str(if block.existing { "existing " } else { "" });
                out.push_str(&self.token(block.kind.span));
                for label in &block.labels {
                    let _ = write!(out, " {}", self.token(label.span));
                }
                let condition = block.condition.as_deref();
                let header = self.flat_for(block.each.as_deref(), out)
                    && condition.is_none_or(|expr| self.flat_after(" if ", expr, out));
                out.push(' ');
                header && self.flat_body(&block.body, out, WIDTH)
            }
            ItemKind::Spread(expr) => self.flat_after("...", expr, out),
            ItemKind::Comprehension(comprehension) => self.flat_comprehension(comprehension, out),
            ItemKind::Let(item) => {
                self.flat_declared("let", &item.name, item.ty.as_ref(), item.value.as_ref(), out)
            }
            ItemKind::Output(item) => {
                self.flat_declared("output", &item.name, item.ty.as_ref(), item.value.as_ref(), out)
            }
            ItemKind::Input(input) => {
                let (ty, default) = (input.ty.as_ref(), input.default.as_ref());
                let refinement = input.refinement.as_ref();
                self.flat_declared("input", &input.name, ty, default, out)
                    && refinement.is_none_or(|expr| self.flat_after(" where ", expr, out))
                    && input.body.as_ref().is_none_or(|body| {
                        out.push(' ');
                        self.flat_body(body, out, WIDTH)
                    })
            }
            ItemKind::Secret(secret) => {
                let _ = write!(out, "secret {}", self.token(secret.name.span));
                self.flat_for(secret.each.as_ref(), out)
                    && self.flat_after(" = ", &secret.value, out)
            }
            ItemKind::Require(require) => self.flat_demanded("require ", require, out),
            ItemKind::Expect(expect) => self.flat_demanded("expect ", expect, out),
            // Declarations of types and functions read better on lines of their own.
            ItemKind::Function(_) | ItemKind::Type(_) | ItemKind::Bad => false,
            ItemKind::Import(_)
            | ItemKind::Use(_)
            | ItemKind::Module(_)
            | ItemKind::Moved(_)
            | ItemKind::Adopt(_)
            | ItemKind::Forget(_)
            | ItemKind::Mock(_) => self.flat_project(item, out),
        }
    }

    fn flat_demanded(&self, word: &str, require: &Require, out: &mut String) -> bool {
        let message = require.message.as_ref();
        self.flat_after(word, &require.condition, out)
            && message.is_none_or(|expr| self.flat_after(" else ", expr, out))
    }

    fn flat_key(&self, key: &Key, out: &mut String) -> bool {
        match key {
            Key::Plain(name) => {
                out.push_str(&self.token(name.span));
                true
            }
            Key::Computed(expr) if is_text_key(expr) => self.flat_into(expr, out),
            Key::Computed(expr) => {
                let flat = self.flat_after("(", expr, out);
                out.push(')');
                flat
            }
        }
    }

    /// ` for … in … by …` on one line.
    pub fn flat_for(&self, each: Option<&For>, out: &mut String) -> bool {
        let Some(each) = each else { return true };
        out.push_str(" for ");
        self.flat_binder(&each.first, each.second.as_ref(), out);
        self.flat_into(&each.over, out)
            && each.by.as_ref().is_none_or(|by| self.flat_after(" by ", by, out))
    }

    fn flat_declared(
        &self,
        word: &str,
        name: &Name,
        ty: Option<&TypeExpr>,
        value: Option<&Expr>,
        out: &mut String,
    ) -> bool {
        let _ = write!(out, "{word} {}", self.token(name.span));
        let typed = ty.is_none_or(|ty| match self.flat_type(ty) {
            Some(ty) => {
                let _ = write!(out, ": {ty}");
                true
            }
            None => false,
        });
        typed && value.is_none_or(|value| self.flat_after(" = ", value, out))
    }

    /// A parameter on one line.
    pub fn flat_param(&self, param: &Param) -> Option<String> {
        let mut out = param.name.text.to_string();
        if let Some(ty) = &param.ty {
            let _ = write!(out, ": {}", self.flat_type(ty)?);
        }
        if let Some(default) = &param.default {
            let _ = write!(out, " = {}", self.flat(default)?);
        }
        Some(out)
    }

    /// A type on one line; an object whose author broke it is not.
    pub fn flat_type(&self, ty: &TypeExpr) -> Option<String> {
        if self.has_comment(ty.span) {
            return None;
        }
        let all = |types: &[TypeExpr], between: &str| {
            let types: Option<Vec<String>> = types.iter().map(|ty| self.flat_type(ty)).collect();
            types.map(|types| types.join(between))
        };
        Some(match &ty.kind {
            TypeKind::Named(name, arguments) if !arguments.is_empty() => {
                format!("{name}<{}>", all(arguments, ", ")?)
            }
            TypeKind::List(inner) => format!("[{}]", self.flat_type(inner)?),
            TypeKind::Paren(inner) => format!("({})", self.flat_type(inner)?),
            TypeKind::Optional(inner) => format!("{}?", self.flat_type(inner)?),
            TypeKind::Union(types) => all(types, " | ")?,
            TypeKind::Object(fields) => {
                let Some(first) = fields.first() else { return Some("{}".to_owned()) };
                if self.broken(inside(ty.span).0, first.name.span.start as usize) {
                    return None;
                }
                let mut texts = Vec::new();
                for field in fields {
                    let mark = if field.optional { "?" } else { "" };
                    let mut text =
                        format!("{}{mark}: {}", field.name.text, self.flat_type(&field.ty)?);
                    if let Some(default) = &field.default {
                        let _ = write!(text, " = {}", self.flat(default)?);
                    }
                    texts.push(text);
                }
                format!("{{ {} }}", texts.join(", "))
            }
            TypeKind::Named(..) | TypeKind::Text(_) | TypeKind::Int(_) | TypeKind::Bad => {
                self.token(ty.span)
            }
        })
    }
}

/// Whether a key is computed without brackets around it: it is text with holes.
pub fn is_text_key(key: &Expr) -> bool {
    let hole = |part: &TextPart| matches!(part, TextPart::Hole(_));
    let untagged = |text: &Text| text.tag.is_none() && text.parts.iter().any(hole);
    matches!(&key.kind, ExprKind::Str(text) if untagged(text))
}
