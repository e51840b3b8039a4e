//! What a manifest says and this version does nothing with.

use crate::kinds;
use crate::problem::{Problem, lints as problem};
use crate::schema::{Field, Type};
use crate::source::{Sources, Span};
use crate::syntax::tree::{Body, Expr, ExprKind, Item, ItemKind, Key, Tree};

/// L0301: attributes of kinds that have no effect yet, where they are written out.
///
/// What comes through a name or a spread is not followed: the lint helps, and proves nothing.
pub(super) fn idle_attributes(trees: &[Tree], sources: &Sources) -> Vec<Problem> {
    let mut finder = Finder { sources, problems: Vec::new() };
    trees.iter().for_each(|tree| finder.items(&tree.items, None));
    finder.problems
}

struct Finder<'t> {
    sources: &'t Sources,
    problems: Vec<Problem>,
}

impl Finder<'_> {
    /// `fields` are those of the kind or object that the items stand in, if it is known.
    fn items(&mut self, items: &[Item], fields: Option<&[Field]>) {
        let find = |name: &str| fields?.iter().find(|field| field.name == name);
        for item in items {
            match &item.kind {
                ItemKind::Attribute(it) => {
                    let Key::Plain(name) = &it.key else { continue };
                    if let Some(field) = find(&name.text) {
                        self.attribute(field, name.span, &it.value);
                    }
                }
                ItemKind::Block(it) => match find(&it.kind.text) {
                    Some(field) => {
                        self.idle(field, it.kind.span);
                        self.inside(&field.ty, &it.body);
                    }
                    None => {
                        // `defaults container { … }` says it of a kind, too.
                        let is_defaults = it.kind.text == "defaults";
                        let word = it.labels.first().filter(|_| is_defaults).unwrap_or(&it.kind);
                        let kind = kinds::find(&word.text);
                        self.items(&it.body.items, kind.map(|kind| &*kind.schema().fields));
                    }
                },
                ItemKind::Use(it) => {
                    let items = it.body.iter().flat_map(|body| &body.items);
                    items.for_each(|item| self.items(std::slice::from_ref(item), None));
                }
                _ => (),
            }
        }
    }

    fn attribute(&mut self, field: &Field, at: Span, value: &Expr) {
        // Whoever writes the default asks for what happens anyway.
        let is_default = matches!(field.need, crate::schema::Need::Default(text)
            if text == self.sources.text(value.span));
        if !is_default {
            self.idle(field, at);
        }
        if let ExprKind::Object(body) = &value.kind {
            self.inside(&field.ty, body);
        }
    }

    fn inside(&mut self, ty: &Type, body: &Body) {
        match ty {
            Type::Object(fields) => self.items(&body.items, Some(fields)),
            Type::Blocks(of) => self.inside(of, body),
            _ => (),
        }
    }

    fn idle(&mut self, field: &Field, at: Span) {
        if let Some(why) = field.idle {
            self.problems.push(problem::no_effect(at, field.name, why));
        }
    }
}
