//! Objects and comprehensions.

use std::collections::HashMap;
use std::rc::Rc;

use crate::lower::infer::Infer;
use crate::lower::infer::headers::Keyed;
use crate::lower::infer::told::Want;
use crate::lower::infer::ty::{Absence, Core, Field, Ty};
use crate::lower::infer::view::View;
use crate::problem::{infer as problem, names, types};
use crate::source::Span;
use crate::syntax::tree::{Block, Body, Comprehension, ItemKind, Key};

impl<'t> Infer<'t> {
    /// The type of `{ … }`; each part is checked against what is expected of it.
    pub fn object(&mut self, body: &'t Body, view: &View<'t>, want: Option<&Want>) -> Ty {
        let (mut written, mut spread) = (Fields::default(), Fields::default());
        let mut open = false;
        let mut maps = Vec::new();
        for item in &body.items {
            match &item.kind {
                ItemKind::Attribute(attribute) => match &attribute.key {
                    Key::Plain(name) => {
                        let part = self.part(want, &name.text, name.span);
                        let ty = self.value(&attribute.value, view, part.as_ref());
                        written.put(&name.text, named_at(ty, name.span));
                    }
                    Key::Computed(expr) => {
                        let key = self.value(expr, view, None);
                        let key = self.key(&key, expr.span, &Keyed::Count);
                        let part = self.part(want, "", expr.span);
                        let ty = self.value(&attribute.value, view, part.as_ref());
                        match &key.core {
                            Core::Word(word) => written.put(word, ty),
                            _ => maps.push((key, ty)),
                        }
                    }
                },
                ItemKind::Block(block) => {
                    let part = self.part(want, &block.kind.text, block.kind.span);
                    let ty = self.inner_block(block, view, part.as_ref());
                    let ty = match written.get(&block.kind.text) {
                        Some(known) => self.any_of(vec![known.ty.clone(), ty]),
                        None => ty,
                    };
                    written.put(&block.kind.text, named_at(ty, block.kind.span));
                }
                ItemKind::Spread(expr) => {
                    let ty = self.value(expr, view, None);
                    self.spread_into(&ty, expr.span, &mut spread, &mut maps, &mut open);
                }
                ItemKind::Comprehension(it) => {
                    let ty = self.comprehension(it, view, want);
                    self.spread_into(&ty, it.span, &mut spread, &mut maps, &mut open);
                }
                ItemKind::Require(require) => self.require(require, view),
                _ => (),
            }
        }
        for field in written.list {
            spread.put_field(field);
        }
        let ty = self.object_of(spread.list, maps, open).at(body.span);
        match want {
            Some(want) => self.whole_object(&ty, want, body.span),
            None => ty,
        }
    }

    /// Fields and entries as one type.
    fn object_of(&mut self, fields: Vec<Field>, maps: Vec<(Ty, Ty)>, open: bool) -> Ty {
        if maps.is_empty() {
            return Ty::object(fields, open);
        }
        let mut keys: Vec<Ty> = fields.iter().map(|field| Ty::word(&field.name)).collect();
        let mut values: Vec<Ty> = fields.into_iter().map(|field| field.ty).collect();
        for (key, value) in maps {
            keys.push(key);
            values.push(value);
        }
        let value = if open { Ty::bad() } else { self.any_of(values) };
        let key = if open { Ty::bad() } else { self.any_of(keys) };
        Ty::map(Ty { origin: None, ..key }, Ty { origin: None, ..value })
    }

    /// What is expected as a whole: the parts were checked already, and are not again.
    fn whole_object(&mut self, ty: &Ty, want: &Want, at: Span) -> Ty {
        let wanted = self.resolved(&want.ty);
        let (Core::Object(shape), Core::Object(fields)) = (&ty.core, &wanted.core) else {
            return Ty { origin: Some(at), ..wanted };
        };
        // A part that was checked fits: only what there is, and what is not, remains to be seen.
        let parts = shape.fields.iter().map(|field| Field {
            ty: Ty { origin: field.ty.origin, ..Ty::bad() },
            ..field.clone()
        });
        let bare = Ty::object(parts.collect(), shape.open).at(at);
        let fitted = self.fit(&bare, &want.like(wanted.clone()), at);
        match fitted.is_bad() {
            true => fitted,
            false => {
                let fields = fields.fields.iter().map(|field| {
                    let found = shape.fields.iter().find(|it| it.name == field.name);
                    let late = found.and_then(|found| found.ty.late.clone());
                    let origin = found.and_then(|found| found.ty.origin);
                    let ty = Ty { late, origin, ..field.ty.clone() };
                    let core = match found.map(|found| &found.ty.core) {
                        Some(core @ Core::Ref(_)) => core.clone(),
                        _ => ty.core.clone(),
                    };
                    Field { ty: Ty { core, ..ty }, ..field.clone() }
                });
                let made = Ty::object(fields.collect(), false);
                Ty { core: made.core, origin: Some(at), ..wanted.clone() }
            }
        }
    }

    /// What is expected of a part of an object.
    fn part(&mut self, want: Option<&Want>, name: &str, at: Span) -> Option<Want> {
        let want = want?;
        let wanted = self.resolved(&want.ty);
        let part = match &wanted.core {
            Core::Object(shape) => {
                let field = shape.fields.iter().find(|field| *field.name == *name)?;
                let ty = match field.optional {
                    true => field.ty.clone().or_null(Absence::Plain),
                    false => field.ty.clone(),
                };
                want.part(name, ty)
            }
            Core::Map(_, of) => {
                let part = want.part(name, Ty::clone(of));
                let path = if name.is_empty() {
                    Rc::clone(&want.name)
                } else {
                    format!("{}.{name}", want.name).into()
                };
                Want { name: path, ..part }
            }
            _ => return None,
        };
        // An attribute is pointed at where the innermost name stands.
        let schema = part.schema.map(|(schema, _)| (schema, at));
        Some(Want { schema, ..part })
    }

    /// A block in a body: an object, or a map of objects by its labels.
    pub fn inner_block(&mut self, block: &'t Block, view: &View<'t>, want: Option<&Want>) -> Ty {
        let name = match block.labels.first() {
            Some(label) => format!("{} {}", block.kind.text, label.text),
            None => block.kind.text.to_string(),
        };
        let at = crate::lower::scope::span(block);
        let (each, condition) = (block.each.as_deref(), block.condition.as_deref());
        let opened = self.header(each, condition, view, &Keyed::Name(&name, at));
        let is_map = !block.labels.is_empty() || opened.key.is_some();
        let element = match want {
            Some(want) if is_map => {
                let wanted = self.resolved(&want.ty);
                match &wanted.core {
                    Core::Map(_, of) => Some(want.element(Ty::clone(of))),
                    _ => None,
                }
            }
            _ => want.cloned(),
        };
        let element = match element {
            Some(want) => self.object_want(&want),
            None => None,
        };
        let ty = self.object(&block.body, &opened.view, element.as_ref());
        if is_map {
            return Ty::map(opened.key.unwrap_or_else(Ty::string), ty);
        }
        match condition {
            None => ty,
            Some(condition) => {
                let text = self.sources.text(condition.span).into();
                let why = Absence::If(block.kind.text.as_str().into(), text, condition.span);
                ty.or_null(why)
            }
        }
    }

    /// The object among what is expected; nothing if there is no single one.
    fn object_want(&mut self, want: &Want) -> Option<Want> {
        let wanted = self.resolved(&want.ty);
        let parts = match &wanted.core {
            Core::Union(of) => of.as_ref().clone(),
            Core::Bad => return None,
            _ => vec![wanted],
        };
        let mut objects = Vec::new();
        for part in parts {
            let part = self.resolved(&part);
            if matches!(part.core, Core::Object(_) | Core::Map(..)) {
                objects.push(part);
            }
        }
        match objects.as_slice() {
            [only] => Some(want.like(only.clone())),
            [] | [..] => None,
        }
    }

    /// Adds what `...x` has.
    fn spread_into(
        &mut self,
        ty: &Ty,
        at: Span,
        into: &mut Fields,
        maps: &mut Vec<(Ty, Ty)>,
        open: &mut bool,
    ) {
        let ty = self.opened(ty);
        match &ty.core {
            Core::Object(shape) => {
                *open |= shape.open;
                for field in &shape.fields {
                    // What may be absent lets a value below it through.
                    let below = into.get(&field.name).map(|below| below.ty.clone());
                    match below {
                        Some(below) if field.optional || field.ty.null.is_some() => {
                            let ty = self.any_of(vec![below, field.ty.clone().present()]);
                            into.put(&field.name, ty);
                        }
                        _ => into.put_field(field.clone()),
                    }
                }
            }
            Core::Map(key, value) => maps.push((Ty::clone(key), Ty::clone(value))),
            Core::Never => (),
            Core::Bad | Core::Data | Core::Union(_) | Core::Text => *open = true,
            _ => {
                *open = true;
                self.problems.push(types::cannot_spread(at, "an object", ty.noun()));
            }
        }
    }

    /// The type of `for … : …`.
    pub fn comprehension(
        &mut self,
        it: &'t Comprehension,
        view: &View<'t>,
        want: Option<&Want>,
    ) -> Ty {
        let over = self.value(&it.over, view, None);
        let (key, element) = self.elements(&over, it.over.span);
        let mut inner = self.bound(&it.first, it.second.as_ref(), &key, &element, view);
        let mut late = over.late.clone();
        if let Some(condition) = &it.condition {
            let decides = self.condition(condition, &inner);
            late = late.or(decides.late);
            inner = self.where_true(condition, &inner);
        }
        let wanted = want.map(|want| self.resolved(&want.ty));
        let of = match (wanted.as_ref().map(|ty| &ty.core), want) {
            (Some(Core::List(of)), Some(want)) if it.key.is_none() => {
                Some(want.element(Ty::clone(of)))
            }
            (Some(Core::Map(_, of)), Some(want)) if it.key.is_some() && !it.grouped => {
                Some(want.element(Ty::clone(of)))
            }
            _ => None,
        };
        let named = it.key.as_ref().map(|key| {
            let ty = self.value(key, &inner, None);
            self.key(&ty, key.span, &Keyed::Count)
        });
        let value = self.value(&it.value, &inner, of.as_ref());
        let value = Ty { origin: None, ..value };
        let made = match (named, it.grouped) {
            (None, _) => Ty::list(value),
            (Some(key), false) => Ty::map(key, value),
            (Some(key), true) => Ty::map(key, Ty::list(value)),
        };
        let made = Ty { late, ..made }.at(it.span);
        match want {
            Some(want) if of.is_none() => self.fit(&made, want, it.span),
            _ => made,
        }
    }

    /// The requirements in a body, and nothing else.
    pub fn require_items(&mut self, body: &'t Body, view: &View<'t>) {
        for item in &body.items {
            match &item.kind {
                ItemKind::Require(require) => self.require(require, view),
                ItemKind::Bad | ItemKind::Attribute(_) => (),
                _ => self.problems.push(names::not_in_a_body(item.span)),
            }
        }
    }

    /// One condition with its message.
    pub fn require(&mut self, require: &'t crate::syntax::tree::Require, view: &View<'t>) {
        self.condition(&require.condition, view);
        if let Some(message) = &require.message {
            let inner = self.where_false(&require.condition, view);
            let ty = self.value(message, &inner, None);
            let ty = self.opened(&ty);
            let is_text = match &ty.core {
                Core::List(_) | Core::Map(..) | Core::Object(_) | Core::Ref(_) => false,
                _ => ty.null.is_none() || ty.is_bad(),
            };
            if !is_text {
                self.problems.push(problem::message_is_text(message.span, ty.noun()));
            }
        }
    }
}

/// A part without a place of its own stands where its name does.
fn named_at(ty: Ty, at: Span) -> Ty {
    Ty { origin: ty.origin.or(Some(at)), ..ty }
}

/// Fields by name, in the order they are written.
#[derive(Default)]
struct Fields {
    list: Vec<Field>,
    places: HashMap<Rc<str>, usize>,
}

impl Fields {
    fn get(&self, name: &str) -> Option<&Field> {
        self.places.get(name).map(|at| &self.list[*at])
    }

    fn put(&mut self, name: &str, ty: Ty) {
        let optional = ty.null.is_some();
        self.put_field(Field { name: name.into(), ty, optional });
    }

    fn put_field(&mut self, field: Field) {
        match self.places.get(&field.name) {
            Some(at) => self.list[*at] = field,
            None => {
                self.places.insert(Rc::clone(&field.name), self.list.len());
                self.list.push(field);
            }
        }
    }
}
