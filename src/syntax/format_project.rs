//! Items that join files, tenants and the state in their canonical form.

use std::fmt::Write as _;

use crate::source::Span;
use crate::syntax::format::{Entry, Printer, WIDTH};
use crate::syntax::tree::{Import, Item, ItemKind, ModuleItem, Moved, Name, Place, Use};

impl Printer<'_> {
    /// Prints an item about files, tenants or the state.
    pub fn project_item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Import(import) => self.import(item.span, import),
            ItemKind::Use(it) => self.use_item(it),
            ItemKind::Module(module) => self.module(module),
            ItemKind::Moved(moved) => self.moved(moved),
            ItemKind::Adopt(adopt) => {
                self.push("adopt ");
                self.place(&adopt.what);
                self.push(" = ");
                self.expr(&adopt.id);
            }
            ItemKind::Forget(forget) => {
                self.push("forget ");
                self.place(&forget.what);
            }
            ItemKind::Mock(mock) => {
                self.push("mock ");
                self.place(&mock.what);
                self.push(" ");
                self.body(&mock.body);
            }
            ItemKind::Attribute(_)
            | ItemKind::Block(_)
            | ItemKind::Spread(_)
            | ItemKind::Comprehension(_)
            | ItemKind::Let(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Input(_)
            | ItemKind::Output(_)
            | ItemKind::Secret(_)
            | ItemKind::Require(_)
            | ItemKind::Expect(_)
            | ItemKind::Bad => {}
        }
    }

    /// The same on one line, when it may stand on one.
    pub fn flat_project(&self, item: &Item, out: &mut String) -> bool {
        match &item.kind {
            ItemKind::Import(import) => self.flat_import(item.span, import, out),
            ItemKind::Use(it) => {
                self.flat_use(it, out)
                    && it.body.as_ref().is_none_or(|body| {
                        out.push(' ');
                        self.flat_body(body, out, WIDTH)
                    })
            }
            ItemKind::Module(module) => {
                self.flat_module(module, out)
                    && self.flat_after(" from ", &module.from, out)
                    && module.body.as_ref().is_none_or(|body| {
                        out.push(' ');
                        self.flat_body(body, out, WIDTH)
                    })
            }
            ItemKind::Moved(moved) => {
                out.push_str("moved ");
                self.flat_place(&moved.from, out) && {
                    out.push_str(" -> ");
                    self.flat_place(&moved.to, out)
                }
            }
            ItemKind::Adopt(adopt) => {
                out.push_str("adopt ");
                self.flat_place(&adopt.what, out) && self.flat_after(" = ", &adopt.id, out)
            }
            ItemKind::Forget(forget) => {
                out.push_str("forget ");
                self.flat_place(&forget.what, out)
            }
            ItemKind::Mock(mock) => {
                out.push_str("mock ");
                self.flat_place(&mock.what, out) && {
                    out.push(' ');
                    self.flat_body(&mock.body, out, WIDTH)
                }
            }
            ItemKind::Attribute(_)
            | ItemKind::Block(_)
            | ItemKind::Spread(_)
            | ItemKind::Comprehension(_)
            | ItemKind::Let(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Input(_)
            | ItemKind::Output(_)
            | ItemKind::Secret(_)
            | ItemKind::Require(_)
            | ItemKind::Expect(_)
            | ItemKind::Bad => false,
        }
    }

    fn import(&mut self, span: Span, import: &Import) {
        let mut flat = String::new();
        let room = self.room();
        let one_line = !self.has_comment(span) && self.flat_import(span, import, &mut flat);
        if one_line && (flat.chars().count() <= room || import.names.is_empty()) {
            return self.push(&flat);
        }
        self.push("import {");
        let entries: Vec<Entry<'_, Name>> =
            import.names.iter().map(|node| Entry { span: node.span, node }).collect();
        self.entries(self.braces(span, import), &entries, |printer, name| printer.push(&name.text));
        self.push("} from ");
        let from = self.token(import.from.span);
        self.push(&from);
        let mut alias = String::new();
        alias_into(import.alias.as_ref(), &mut alias);
        self.push(&alias);
    }

    /// The bytes inside the braces of an import.
    fn braces(&self, span: Span, import: &Import) -> (usize, usize) {
        let start = span.start as usize;
        let open = self.source(span).find('{').map_or(start, |at| start + at + 1);
        let last = import.names.last().map_or(open, |name| name.span.end as usize);
        // Between the last name and the closer there may be a comment with a brace of its own.
        let close = self.text[..import.from.span.start as usize].rfind('}').unwrap_or(last);
        (open, close.max(last))
    }

    fn flat_import(&self, span: Span, import: &Import, out: &mut String) -> bool {
        out.push_str("import ");
        if let Some(first) = import.names.first() {
            if self.broken(self.braces(span, import).0, first.span.start as usize) {
                return false;
            }
            let names: Vec<&str> = import.names.iter().map(|name| name.text.as_str()).collect();
            let _ = write!(out, "{{ {} }} from ", names.join(", "));
        }
        out.push_str(&self.token(import.from.span));
        alias_into(import.alias.as_ref(), out);
        true
    }

    fn use_item(&mut self, it: &Use) {
        let mut header = String::new();
        match self.flat_use(it, &mut header) {
            true => self.push(&header),
            false => {
                self.push("use ");
                self.push(&path(it));
                self.for_clause(it.each.as_ref());
                self.clause(" if ", it.condition.as_ref());
            }
        }
        if let Some(body) = &it.body {
            self.push(" ");
            self.body(body);
        }
    }

    fn flat_use(&self, it: &Use, out: &mut String) -> bool {
        out.push_str("use ");
        out.push_str(&path(it));
        let condition = it.condition.as_ref();
        self.flat_for(it.each.as_ref(), out)
            && condition.is_none_or(|expr| self.flat_after(" if ", expr, out))
    }

    fn module(&mut self, module: &ModuleItem) {
        let start = self.out.len();
        self.push("module ");
        self.word(&module.name);
        self.for_clause(module.each.as_ref());
        self.clause(" if ", module.condition.as_ref());
        let needed = self.flat(&module.from).map(|flat| {
            let opener = if module.body.is_some() { " {".len() } else { 0 };
            flat.chars().count() + " from ".len() + opener
        });
        let one_line = !self.out[start..].contains('\n');
        match needed.is_none_or(|needed| needed <= self.room()) && one_line {
            true => {
                self.push(" from ");
                self.expr(&module.from);
            }
            false => {
                self.level += 1;
                self.line();
                self.push("from ");
                self.expr(&module.from);
                self.level -= 1;
            }
        }
        if let Some(body) = &module.body {
            self.push(" ");
            self.body(body);
        }
    }

    fn flat_module(&self, module: &ModuleItem, out: &mut String) -> bool {
        let _ = write!(out, "module {}", self.token(module.name.span));
        let condition = module.condition.as_ref();
        self.flat_for(module.each.as_ref(), out)
            && condition.is_none_or(|expr| self.flat_after(" if ", expr, out))
    }

    fn moved(&mut self, moved: &Moved) {
        self.push("moved ");
        self.place(&moved.from);
        self.push(" ->");
        let mut to = String::new();
        match self.flat_place(&moved.to, &mut to) && to.chars().count() < self.room() {
            true => {
                self.push(" ");
                self.push(&to);
            }
            false => {
                self.level += 1;
                self.line();
                self.place(&moved.to);
                self.level -= 1;
            }
        }
    }

    fn place(&mut self, place: &Place) {
        for (index, segment) in place.segments.iter().enumerate() {
            self.push(if index > 0 { "/" } else { "" });
            self.push(&segment.kind.text);
            self.push(".");
            self.push(&segment.name.text);
            if let Some(key) = &segment.key {
                self.push("[");
                self.expr(key);
                self.push("]");
            }
        }
    }

    fn flat_place(&self, place: &Place, out: &mut String) -> bool {
        place.segments.iter().enumerate().all(|(index, segment)| {
            out.push_str(if index > 0 { "/" } else { "" });
            let _ = write!(out, "{}.{}", segment.kind.text, segment.name.text);
            segment.key.as_ref().is_none_or(|key| {
                let flat = self.flat_after("[", key, out);
                out.push(']');
                flat
            })
        })
    }
}

fn path(it: &Use) -> String {
    let words: Vec<&str> = it.path.iter().map(|word| word.text.as_str()).collect();
    let mut path = words.join(".");
    alias_into(it.alias.as_ref(), &mut path);
    path
}

fn alias_into(alias: Option<&Name>, out: &mut String) {
    if let Some(alias) = alias {
        let _ = write!(out, " as {}", alias.text);
    }
}
