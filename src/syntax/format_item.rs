//! Items in their canonical form.

use crate::source::Span;
use crate::syntax::format::{Entry, Printer};
use crate::syntax::format_flat::is_text_key;
use crate::syntax::tree::{
    Block, Body, Comprehension, Expr, For, Function, Input, Item, ItemKind, Key, Name, Param,
    Require, TypeExpr,
};

impl Printer<'_> {
    /// Prints an item that was understood.
    pub fn item_kind(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Attribute(attribute) => {
                match &attribute.key {
                    Key::Plain(name) => self.word(name),
                    Key::Computed(expr) if is_text_key(expr) => self.expr(expr),
                    Key::Computed(expr) => {
                        self.push("(");
                        self.expr(expr);
                        self.push(")");
                    }
                }
                self.assigned(&attribute.value);
            }
            ItemKind::Block(block) => self.block(block),
            ItemKind::Spread(expr) => {
                self.push("...");
                self.expr(expr);
            }
            ItemKind::Comprehension(comprehension) => self.comprehension(comprehension),
            ItemKind::Let(item) => {
                self.declared("let", &item.name, item.ty.as_ref());
                self.default(item.value.as_ref());
            }
            ItemKind::Output(item) => {
                self.declared("output", &item.name, item.ty.as_ref());
                self.default(item.value.as_ref());
            }
            ItemKind::Function(function) => self.function(function),
            ItemKind::Type(item) => {
                self.declared("type", &item.name, None);
                self.push(" = ");
                self.type_expr(&item.ty);
                self.clause(" where ", item.refinement.as_ref());
            }
            ItemKind::Input(input) => self.input(input),
            ItemKind::Secret(secret) => {
                self.declared("secret", &secret.name, None);
                self.for_clause(secret.each.as_ref());
                self.assigned(&secret.value);
            }
            ItemKind::Require(require) => self.demanded("require ", require),
            ItemKind::Expect(expect) => self.demanded("expect ", expect),
            ItemKind::Import(_)
            | ItemKind::Use(_)
            | ItemKind::Module(_)
            | ItemKind::Moved(_)
            | ItemKind::Adopt(_)
            | ItemKind::Forget(_)
            | ItemKind::Mock(_) => self.project_item(item),
            ItemKind::Bad => {}
        }
    }

    fn demanded(&mut self, word: &str, require: &Require) {
        let start = self.out.len();
        self.push(word);
        self.expr(&require.condition);
        if let Some(message) = &require.message {
            let flat = self.flat(message);
            let room = self.room();
            let fits = flat.is_some_and(|flat| flat.chars().count() + 6 <= room);
            self.else_message(message, fits && !self.out[start..].contains('\n'));
        }
    }

    fn else_message(&mut self, message: &Expr, same_line: bool) {
        if same_line {
            self.push(" else ");
            return self.expr(message);
        }
        self.level += 1;
        self.line();
        self.push("else ");
        self.expr(message);
        self.level -= 1;
    }

    /// A name as it is written, which may be in quotes.
    pub fn word(&mut self, name: &Name) {
        let word = self.token(name.span);
        self.push(&word);
    }

    fn assigned(&mut self, value: &Expr) {
        self.push(" = ");
        self.expr(value);
    }

    fn default(&mut self, value: Option<&Expr>) {
        if let Some(value) = value {
            self.assigned(value);
        }
    }

    /// A word and an expression, if there is one.
    pub fn clause(&mut self, word: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.push(word);
            self.expr(expr);
        }
    }

    fn declared(&mut self, word: &str, name: &Name, ty: Option<&TypeExpr>) {
        self.push(word);
        self.push(" ");
        self.word(name);
        self.type_note(ty);
    }

    fn type_note(&mut self, ty: Option<&TypeExpr>) {
        if let Some(ty) = ty {
            self.push(": ");
            self.type_expr(ty);
        }
    }

    /// ` for … in … by …`
    pub fn for_clause(&mut self, each: Option<&For>) {
        let Some(each) = each else { return };
        self.push(" for ");
        self.binder(&each.first, each.second.as_ref());
        self.expr(&each.over);
        self.clause(" by ", each.by.as_ref());
    }

    /// `k, v in `
    pub fn binder(&mut self, first: &Name, second: Option<&Name>) {
        self.push(&first.text);
        if let Some(second) = second {
            self.push(", ");
            self.push(&second.text);
        }
        self.push(" in ");
    }

    fn block(&mut self, block: &Block) {
        if block.existing {
            self.push("existing ");
        }
        self.word(&block.kind);
        for label in &block.labels {
            self.push(" ");
            self.word(label);
        }
        self.for_clause(block.each.as_deref());
        self.clause(" if ", block.condition.as_deref());
        self.push(" ");
        self.body(&block.body);
    }

    /// `{ … }` on one line if it was and fits, else one item a line.
    pub fn body(&mut self, body: &Body) {
        let mut flat = String::new();
        let room = self.room();
        if self.flat_body(body, &mut flat, room) && flat.chars().count() <= room {
            return self.push(&flat);
        }
        let entries: Vec<Entry<'_, Item>> =
            body.items.iter().map(|node| Entry { span: node.span, node }).collect();
        self.push("{");
        self.entries(inside(body.span), &entries, Printer::item);
        self.push("}");
    }

    fn function(&mut self, function: &Function) {
        self.push("fn ");
        self.word(&function.name);
        let span = function.params.first().map(|first| {
            let last = function.params.last().unwrap_or(first);
            first.name.span.to(last.end())
        });
        let mut flat = Some(String::new());
        for (index, param) in function.params.iter().enumerate() {
            let text = self.flat_param(param);
            flat = flat.zip(text).map(|(all, text)| match index {
                0 => text,
                _ => format!("{all}, {text}"),
            });
        }
        let comment = span.is_some_and(|span| self.has_comment(span));
        match flat.filter(|flat| flat.chars().count() + 2 <= self.room() && !comment) {
            Some(flat) => {
                self.push("(");
                self.push(&flat);
                self.push(")");
            }
            None => self.broken_params(function, span.unwrap_or(function.name.span)),
        }
        if let Some(result) = &function.result {
            self.push(" -> ");
            self.type_expr(result);
        }
        self.assigned(&function.value);
    }

    fn broken_params(&mut self, function: &Function, span: Span) {
        let entries: Vec<Entry<'_, Param>> = function
            .params
            .iter()
            .map(|node| Entry { span: node.name.span.to(node.end()), node })
            .collect();
        let close = self.text[span.end as usize..].find(')').unwrap_or(0) + span.end as usize;
        self.push("(");
        self.entries((function.name.span.end as usize + 1, close), &entries, |printer, param| {
            printer.word(&param.name);
            printer.type_note(param.ty.as_ref());
            printer.default(param.default.as_ref());
        });
        self.push(")");
    }

    fn input(&mut self, input: &Input) {
        self.declared("input", &input.name, input.ty.as_ref());
        self.default(input.default.as_ref());
        self.clause(" where ", input.refinement.as_ref());
        if let Some(body) = &input.body {
            self.push(" ");
            self.body(body);
        }
    }

    /// `for k, v in over : key => value... if condition`
    pub fn comprehension(&mut self, comprehension: &Comprehension) {
        self.push("for ");
        self.binder(&comprehension.first, comprehension.second.as_ref());
        self.expr(&comprehension.over);
        self.push(" : ");
        if let Some(key) = &comprehension.key {
            self.expr(key);
            self.push(" => ");
        }
        self.expr(&comprehension.value);
        if comprehension.grouped {
            self.push("...");
        }
        if let Some(condition) = &comprehension.condition {
            let flat = self.flat(condition);
            let room = self.room();
            match flat.filter(|flat| flat.chars().count() + 4 <= room) {
                Some(_) => self.push(" if "),
                None => {
                    self.line();
                    self.push("if ");
                }
            }
            self.expr(condition);
        }
    }
}

/// What stands between the brackets of a span.
pub fn inside(span: Span) -> (usize, usize) {
    let close = (span.end as usize).saturating_sub(1).max(span.start as usize + 1);
    (span.start as usize + 1, close)
}

impl Param {
    fn end(&self) -> Span {
        let ty = self.ty.as_ref().map_or(self.name.span, |ty| ty.span);
        self.default.as_ref().map_or(ty, |default| default.span)
    }
}
