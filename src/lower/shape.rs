//! A body sorted by name: what is written for each attribute, before anything is evaluated.

use std::rc::Rc;

use crate::lower::card;
use crate::lower::collect::is_field;
use crate::lower::evaluator::Evaluator;
use crate::problem::names as problem;
use crate::source::Span;
use crate::syntax::tree::{
    Attribute, Block, Body, Expr, ExprKind, Item, ItemKind, Key, Let, Require,
};

/// One thing that is written under a name.
#[derive(Clone, Copy)]
pub(super) enum Entry<'t> {
    /// `name = value`
    Attribute(&'t Attribute),
    /// `name label { … }`
    Block(&'t Block),
}

/// A body of a resource, sorted.
#[derive(Default)]
pub(super) struct Shape<'t> {
    entries: Vec<(&'t str, Vec<Entry<'t>>)>,
    /// `...expr`, in order.
    pub spreads: Vec<&'t Expr>,
    /// What must be true of it.
    pub requires: Vec<&'t Require>,
    /// `output name: type`, which a module of Terraform has.
    pub outputs: Vec<&'t Let>,
}

impl Entry<'_> {
    /// Where its name stands.
    pub fn name_span(&self) -> Span {
        match self {
            Entry::Attribute(attribute) => match &attribute.key {
                Key::Plain(name) => name.span,
                Key::Computed(expr) => expr.span,
            },
            Entry::Block(block) => block.kind.span,
        }
    }
}

impl<'t> Shape<'t> {
    /// What is written under a name.
    pub fn entries(&self, name: &str) -> &[Entry<'t>] {
        let found = self.entries.iter().find(|(other, _)| *other == name);
        found.map_or(&[], |(_, entries)| entries)
    }

    /// Where the name at the end of a path like `compose/env/TOKEN` is written.
    pub fn name_at(&self, path: &str) -> Option<Span> {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        self.entries(first).iter().find_map(|entry| match (rest, entry) {
            ("", entry) => Some(entry.name_span()),
            (rest, Entry::Attribute(attribute)) => inside_value(&attribute.value, rest),
            (rest, Entry::Block(block)) => inside(&block.body, rest),
        })
    }

    /// Every name with what is written under it, in the order of the first ones.
    pub fn all(&self) -> impl Iterator<Item = (&'t str, &[Entry<'t>])> {
        self.entries.iter().map(|(name, entries)| (*name, entries.as_slice()))
    }

    /// Adds something that is written under a name.
    pub fn add(&mut self, name: &'t str, entry: Entry<'t>) {
        match self.entries.iter_mut().find(|(other, _)| *other == name) {
            Some((_, entries)) => entries.push(entry),
            None => self.entries.push((name, vec![entry])),
        }
    }
}

fn inside(body: &Body, path: &str) -> Option<Span> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    body.items.iter().find_map(|item| match &item.kind {
        ItemKind::Attribute(attribute) => match &attribute.key {
            Key::Plain(name) if name.text == first => match rest {
                "" => Some(name.span),
                rest => inside_value(&attribute.value, rest),
            },
            Key::Plain(_) | Key::Computed(_) => None,
        },
        ItemKind::Block(block) if block.kind.text == first => match rest {
            "" => Some(block.kind.span),
            rest => inside(&block.body, rest),
        },
        _ => None,
    })
}

fn inside_value(value: &Expr, path: &str) -> Option<Span> {
    match &value.kind {
        ExprKind::Object(body) => inside(body, path),
        ExprKind::Paren(inner) => inside_value(inner, path),
        _ => None,
    }
}

impl<'t> Evaluator<'t> {
    /// Sorts the body of a resource; what does not belong into one is reported.
    pub fn shape(&mut self, body: &'t Body) -> Rc<Shape<'t>> {
        if let Some(known) = self.shapes.get(&std::ptr::from_ref(body)) {
            return Rc::clone(known);
        }
        let mut shape = Shape::default();
        for item in &body.items {
            self.sort_item(item, &mut shape);
        }
        let shape = Rc::new(shape);
        self.shapes.insert(std::ptr::from_ref(body), Rc::clone(&shape));
        shape
    }

    /// Sorts what the body of a tenant says about the tenant itself.
    pub fn tenant_shape(&mut self, body: &'t Body) -> Rc<Shape<'t>> {
        let mut shape = Shape::default();
        for item in &body.items {
            match &item.kind {
                ItemKind::Block(block) if !is_field(block) => (),
                ItemKind::Attribute(_)
                | ItemKind::Spread(_)
                | ItemKind::Require(_)
                | ItemKind::Block(_) => self.sort_item(item, &mut shape),
                _ => (),
            }
        }
        Rc::new(shape)
    }

    /// Sorts the body of a service: what it says about itself, and what about its apps.
    pub fn sort_service(&mut self, body: &'t Body) -> (Rc<Shape<'t>>, Rc<Shape<'t>>) {
        let (mut own, mut apps) = (Shape::default(), Shape::default());
        for item in &body.items {
            let name = match &item.kind {
                ItemKind::Input(_) => continue,
                ItemKind::Attribute(Attribute { key: Key::Plain(name), .. }) => name.text.as_str(),
                ItemKind::Block(block) => block.kind.text.as_str(),
                _ => "",
            };
            let is_own = card::WORDS.contains(&name);
            self.sort_item(item, if is_own { &mut own } else { &mut apps });
        }
        (Rc::new(own), Rc::new(apps))
    }

    fn sort_item(&mut self, item: &'t Item, shape: &mut Shape<'t>) {
        match &item.kind {
            ItemKind::Attribute(attribute) => match &attribute.key {
                Key::Plain(name) => shape.add(&name.text, Entry::Attribute(attribute)),
                Key::Computed(expr) => self.problems.push(problem::computed_name(expr.span)),
            },
            ItemKind::Block(block) => shape.add(&block.kind.text, Entry::Block(block)),
            ItemKind::Spread(expr) => shape.spreads.push(expr),
            ItemKind::Require(require) => shape.requires.push(require),
            ItemKind::Output(output) => shape.outputs.push(output),
            ItemKind::Comprehension(_)
            | ItemKind::Let(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Input(_)
            | ItemKind::Secret(_)
            | ItemKind::Import(_)
            | ItemKind::Use(_)
            | ItemKind::Module(_)
            | ItemKind::Moved(_)
            | ItemKind::Adopt(_)
            | ItemKind::Forget(_)
            | ItemKind::Mock(_)
            | ItemKind::Expect(_) => self.problems.push(problem::not_in_a_body(item.span)),
            ItemKind::Bad => (),
        }
    }
}
