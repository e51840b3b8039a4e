//! Expressions and types that do not fit on a line: where they break.

use crate::source::Span;
use crate::syntax::build_text::{common, indentation};
use crate::syntax::format::{Entry, Printer};
use crate::syntax::format_item::inside;
use crate::syntax::tree::{
    Arg, Arm, BinaryOp, Comprehension, Element, Expr, ExprKind, Text, TextPart, TypeExpr,
    TypeField, TypeKind, UnaryOp,
};

impl Printer<'_> {
    /// Prints an expression on this line if it fits, else broken at its outermost bracket.
    pub fn expr(&mut self, expr: &Expr) {
        let room = self.room();
        if let Some(flat) = self.flat(expr).filter(|flat| flat.chars().count() <= room) {
            return self.push(&flat);
        }
        match &expr.kind {
            ExprKind::Str(text) => self.text(expr.span, text),
            ExprKind::List(elements) => self.list(expr.span, elements),
            ExprKind::Object(body) => self.body(body),
            ExprKind::Comprehension(inner) => self.made(expr.span, inner),
            ExprKind::Paren(inner) => {
                self.push("(");
                self.expr(inner);
                self.push(")");
            }
            ExprKind::Unary(op, inner) => {
                self.push(unary_text(*op, self.source(expr.span)));
                self.expr(inner);
            }
            ExprKind::Binary(..) | ExprKind::Chain(..) => {
                self.level += 1;
                self.broken_chain(expr);
                self.level -= 1;
            }
            ExprKind::If(condition, then, other) => {
                self.push("if ");
                self.expr(condition);
                self.level += 1;
                self.branches(then, other);
                self.level -= 1;
            }
            ExprKind::Match(value, arms) => self.matching(expr.span, value, arms),
            ExprKind::Get(..) | ExprKind::OptionalGet(..) => {
                let broken = !self.has_bracket(expr);
                self.level += usize::from(broken);
                self.path(expr, broken);
                self.level -= usize::from(broken);
            }
            ExprKind::Index(inner, index) => {
                self.expr(inner);
                self.push("[");
                self.expr(index);
                self.push("]");
            }
            ExprKind::Call(callee, args) => self.call(expr.span, callee, args),
            ExprKind::Type(it) => self.expr(&it.0),
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
                let source = self.source(expr.span).to_owned();
                self.push(&source);
            }
        }
    }

    /// `a.b[0]?.c`, with each dot on a line of its own or all on this one.
    fn path(&mut self, expr: &Expr, broken: bool) {
        let (inner, dot, name) = match &expr.kind {
            ExprKind::Get(inner, name) => (inner, ".", name),
            ExprKind::OptionalGet(inner, name) => (inner, "?.", name),
            ExprKind::Index(inner, index) if broken => {
                self.path(inner, broken);
                self.push("[");
                self.expr(index);
                return self.push("]");
            }
            _ => return self.expr(expr),
        };
        self.path(inner, broken);
        if broken {
            self.line();
        }
        self.push(dot);
        self.push(&name.text);
    }

    /// Whether a path has brackets that can be broken, so that its dots need not.
    fn has_bracket(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Get(inner, _) | ExprKind::OptionalGet(inner, _) => self.has_bracket(inner),
            ExprKind::Index(inner, index) => self.flat(index).is_none() || self.has_bracket(inner),
            ExprKind::Call(callee, args) => !args.is_empty() || self.has_bracket(callee),
            ExprKind::Type(it) => self.has_bracket(&it.0),
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
            | ExprKind::Str(_)
            | ExprKind::Name(_)
            | ExprKind::Bad => false,
            ExprKind::List(_)
            | ExprKind::Object(_)
            | ExprKind::Comprehension(_)
            | ExprKind::Paren(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::Chain(..)
            | ExprKind::If(..)
            | ExprKind::Match(..) => true,
        }
    }

    fn list(&mut self, span: Span, elements: &[Element]) {
        let entries: Vec<Entry<'_, Element>> = elements.iter().map(element_entry).collect();
        self.push("[");
        self.entries(inside(span), &entries, Printer::element);
        self.push("]");
    }

    /// A list or an object that is made by a comprehension.
    fn made(&mut self, outer: Span, node: &Comprehension) {
        let list = self.source(outer).starts_with('[');
        let brackets = if list { ["[", "]"] } else { ["{", "}"] };
        self.push(brackets[0]);
        self.entries(inside(outer), &[Entry { span: node.span, node }], Printer::comprehension);
        self.push(brackets[1]);
    }

    /// Operators of one precedence end their lines.
    fn broken_chain(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Binary(op, left, right) => {
                match &left.kind {
                    ExprKind::Binary(inner, ..) if level(*inner) == level(*op) => {
                        self.broken_chain(left);
                    }
                    _ => self.expr(left),
                }
                self.push(" ");
                self.push(operator(*op));
                self.line();
                self.expr(right);
            }
            ExprKind::Chain(first, steps) => {
                self.expr(first);
                for (op, operand) in steps {
                    self.push(" ");
                    self.push(operator(*op));
                    self.line();
                    self.expr(operand);
                }
            }
            _ => self.expr(expr),
        }
    }

    fn branches(&mut self, then: &Expr, other: &Expr) {
        self.line();
        self.push("then ");
        self.expr(then);
        self.line();
        self.push("else ");
        match &other.kind {
            ExprKind::If(condition, then, other) => {
                self.push("if ");
                self.expr(condition);
                self.branches(then, other);
            }
            _ => self.expr(other),
        }
    }

    fn matching(&mut self, span: Span, value: &Expr, arms: &[Arm]) {
        self.push("match ");
        self.expr(value);
        self.push(" {");
        let open = self.arms_open(value);
        let entries: Vec<Entry<'_, Arm>> =
            arms.iter().map(|node| Entry { span: self.arm_span(node), node }).collect();
        self.entries((open, span.end as usize - 1), &entries, |printer, arm| {
            let patterns: Vec<String> =
                arm.patterns.iter().map(|pattern| printer.token(pattern.span)).collect();
            match patterns.is_empty() {
                true => printer.push("else"),
                false => printer.push(&patterns.join(" | ")),
            }
            printer.push(" => ");
            printer.expr(&arm.value);
        });
        self.push("}");
    }

    /// The byte behind the `{` of a match.
    pub fn arms_open(&self, value: &Expr) -> usize {
        let after = value.span.end as usize;
        after + self.text[after..].find('{').map_or(0, |at| at + 1)
    }

    fn arm_span(&self, arm: &Arm) -> Span {
        match arm.patterns.first() {
            Some(first) => first.span.to(arm.value.span),
            None => {
                let before = &self.text[..arm.value.span.start as usize];
                let start = before.rfind("else").unwrap_or(before.len());
                Span::new(arm.value.span.file, start, arm.value.span.end as usize)
            }
        }
    }

    fn element(&mut self, element: &Element) {
        match element {
            Element::One(expr) => self.expr(expr),
            Element::Spread(expr) => {
                self.push("...");
                self.expr(expr);
            }
        }
    }

    fn argument(&mut self, argument: &Arg) {
        match argument {
            Arg::Plain(expr) => self.expr(expr),
            Arg::Named(name, expr) => {
                self.push(&name.text);
                self.push(" = ");
                self.expr(expr);
            }
            Arg::Spread(expr) => {
                self.push("...");
                self.expr(expr);
            }
        }
    }

    /// If only the last argument is long, the others stay on the line of the call.
    fn call(&mut self, span: Span, callee: &Expr, args: &[Arg]) {
        self.expr(callee);
        self.push("(");
        let Some((last, before)) = args.split_last() else { return self.push(")") };
        let mut flat = String::new();
        let start = before.iter().all(|argument| {
            let fits = self.flat_argument(argument, &mut flat);
            flat.push_str(", ");
            fits
        });
        let (open, close) = (callee.span.end as usize + 1, span.end as usize - 1);
        let last_expr = argument_expr(last);
        let comment = |from: usize, to: usize| self.has_comment(Span::new(span.file, from, to));
        let hugging = matches!(
            last_expr.kind,
            ExprKind::Object(_) | ExprKind::List(_) | ExprKind::Str(_) | ExprKind::Comprehension(_)
        );
        let commented = comment(open, last_expr.span.start as usize)
            || comment(last_expr.span.end as usize, close);
        if start && hugging && !commented && flat.chars().count() < self.room() / 2 {
            self.push(&flat);
            self.argument(last);
            return self.push(")");
        }
        let entries: Vec<Entry<'_, Arg>> = args
            .iter()
            .map(|node| {
                let end = argument_expr(node).span;
                let span = match node {
                    Arg::Named(name, _) => name.span.to(end),
                    Arg::Plain(_) | Arg::Spread(_) => end,
                };
                Entry { span, node }
            })
            .collect();
        self.entries((open, close), &entries, Printer::argument);
        self.push(")");
    }

    /// A string; the lines of a block are moved with the item it stands in.
    fn text(&mut self, span: Span, text: &Text) {
        let one_line_holes = text.parts.iter().all(|part| match part {
            TextPart::Hole(expr) => self.is_one_line_hole(expr.span),
            TextPart::Literal(_) => true,
        });
        let source = self.source(span).to_owned();
        let quotes = ["\"\"\"", "'''"]
            .into_iter()
            .find(|quotes| source.ends_with(quotes) && source.contains('\n'));
        let inner = quotes.and_then(|quotes| {
            let open = source.find(quotes)? + 3;
            source.get(open..source.len() - 3).map(|inner| (open, inner))
        });
        let Some((open, inner)) = inner.filter(|(_, inner)| one_line_holes && stands_alone(inner))
        else {
            return self.push(&source);
        };
        let old = indentation(inner);
        self.push(&source[..open]);
        let (body, _) = inner.rsplit_once('\n').unwrap_or((inner, ""));
        for line in body.split('\n').skip(1) {
            let line = line.strip_suffix('\r').unwrap_or(line);
            match &line[common(line, old)..] {
                "" => self.out.push('\n'),
                text => {
                    self.line();
                    self.push(text);
                }
            }
        }
        self.line();
        self.push(&source[source.len() - 3..]);
    }

    /// Whether `\( … )` around an expression begins and ends on one line.
    fn is_one_line_hole(&self, expr: Span) -> bool {
        let before = self.text[..expr.start as usize].trim_end();
        let after = self.text[expr.end as usize..].trim_start();
        !self.broken(before.len(), self.text.len() - after.len())
    }

    /// Prints a type on this line if it fits, else broken.
    pub fn type_expr(&mut self, ty: &TypeExpr) {
        let room = self.room();
        if let Some(flat) = self.flat_type(ty).filter(|flat| flat.chars().count() <= room) {
            return self.push(&flat);
        }
        match &ty.kind {
            TypeKind::Object(fields) => {
                let entries: Vec<Entry<'_, TypeField>> =
                    fields.iter().map(|node| Entry { span: node.span(), node }).collect();
                self.push("{");
                self.entries(inside(ty.span), &entries, Printer::field);
                self.push("}");
            }
            TypeKind::Union(types) => {
                self.level += 1;
                for (index, ty) in types.iter().enumerate() {
                    if index > 0 {
                        self.push(" |");
                        self.line();
                    }
                    self.type_expr(ty);
                }
                self.level -= 1;
            }
            TypeKind::Named(name, arguments) if !arguments.is_empty() => {
                self.push(name);
                self.push("<");
                for (index, ty) in arguments.iter().enumerate() {
                    if index > 0 {
                        self.push(", ");
                    }
                    self.type_expr(ty);
                }
                self.push(">");
            }
            TypeKind::List(inner) => self.wrapped_type("[", inner, "]"),
            TypeKind::Paren(inner) => self.wrapped_type("(", inner, ")"),
            TypeKind::Optional(inner) => self.wrapped_type("", inner, "?"),
            TypeKind::Named(..) | TypeKind::Text(_) | TypeKind::Int(_) | TypeKind::Bad => {
                let token = self.token(ty.span);
                self.push(&token);
            }
        }
    }

    fn wrapped_type(&mut self, open: &str, inner: &TypeExpr, close: &str) {
        self.push(open);
        self.type_expr(inner);
        self.push(close);
    }

    fn field(&mut self, field: &TypeField) {
        self.push(&field.name.text);
        self.push(if field.optional { "?: " } else { ": " });
        self.type_expr(&field.ty);
        if let Some(default) = &field.default {
            self.push(" = ");
            self.expr(default);
        }
    }
}

/// Whether the delimiters of a block stand alone, so that its lines may be moved.
fn stands_alone(inner: &str) -> bool {
    let closed = inner.rfind('\n').is_some_and(|newline| inner[newline..].trim().is_empty());
    closed && inner.starts_with(['\n', '\r'])
}

fn element_entry(node: &Element) -> Entry<'_, Element> {
    match node {
        Element::One(expr) | Element::Spread(expr) => Entry { span: expr.span, node },
    }
}

/// The expression of an argument.
pub fn argument_expr(argument: &Arg) -> &Expr {
    match argument {
        Arg::Plain(expr) | Arg::Named(_, expr) | Arg::Spread(expr) => expr,
    }
}

impl TypeField {
    /// From its name to its end.
    fn span(&self) -> Span {
        let end = self.default.as_ref().map_or(self.ty.span, |default| default.span);
        self.name.span.to(end)
    }
}

/// How tight an operator binds, as far as breaking lines is concerned.
fn level(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Coalesce => 0,
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Equal | BinaryOp::NotEqual => 3,
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => 4,
        BinaryOp::In => 5,
        BinaryOp::Add | BinaryOp::Subtract => 6,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => 7,
    }
}

/// An operator as it is written.
pub fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Coalesce => "??",
        BinaryOp::Or => "||",
        BinaryOp::And => "&&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::In => "in",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
    }
}

/// A unary operator as it is printed before an operand; `not` stays `not`.
pub fn unary_text(op: UnaryOp, source: &str) -> &'static str {
    match op {
        UnaryOp::Negate => "-",
        UnaryOp::Not if source.starts_with("not") => "not ",
        UnaryOp::Not => "!",
    }
}
