//! `for`, `by` and `if`: what is gone through, what its keys are, and whether they are known early
//! enough.

use crate::lower::infer::Infer;
use crate::lower::infer::ty::{Core, Scalar, Ty};
use crate::lower::infer::view::View;
use crate::problem::{stages, types};
use crate::source::Span;
use crate::syntax::tree::{Expr, ExprKind, For, Item, ItemKind, Name};

/// What the keys of a header are for.
pub(super) enum Keyed<'a> {
    /// They name instances: of what, and where that stands.
    Name(&'a str, Span),
    /// Nothing is named after them.
    Count,
}

/// What a header makes.
pub(super) struct Opened<'t> {
    /// What is seen behind it.
    pub view: View<'t>,
    /// The type of the keys, if there are several instances.
    pub key: Option<Ty>,
}

impl<'t> Infer<'t> {
    /// Looks at a header.
    pub fn header(
        &mut self,
        each: Option<&'t For>,
        condition: Option<&'t Expr>,
        view: &View<'t>,
        keyed: &Keyed<'_>,
    ) -> Opened<'t> {
        let Some(each) = each else {
            let view = match condition {
                Some(condition) => self.decision(condition, view, keyed),
                None => view.clone(),
            };
            return Opened { view, key: None };
        };
        let over = self.value(&each.over, view, None);
        let (key, element) = self.elements(&over, each.over.span);
        let mut inner = self.bound(&each.first, each.second.as_ref(), &key, &element, view);
        if let Some(condition) = condition {
            inner = self.decision(condition, &inner, keyed);
        }
        let before = self.problems.len();
        let named = match &each.by {
            Some(by) => {
                let key = self.value(by, &inner, None);
                self.key(&key, by.span, keyed)
            }
            None => self.own_key(each, &over, &key, &element, (view, keyed)),
        };
        if self.problems.len() > before {
            // What was told of the keys is not told of every place that they are used at.
            let (first, second) = (&each.first, each.second.as_ref());
            inner = self.bound(first, second, &Ty::bad(), &Ty::bad(), &inner);
        }
        Opened { view: inner, key: Some(named) }
    }

    /// The loop variables of one element.
    pub fn bound(
        &self,
        first: &'t Name,
        second: Option<&'t Name>,
        key: &Ty,
        element: &Ty,
        view: &View<'t>,
    ) -> View<'t> {
        match second {
            None => view.with(&first.text, element.clone()),
            Some(second) => view.with(&first.text, key.clone()).with(&second.text, element.clone()),
        }
    }

    /// What is behind a condition that decides whether there is something.
    fn decision(&mut self, condition: &'t Expr, view: &View<'t>, keyed: &Keyed<'_>) -> View<'t> {
        let ty = self.condition(condition, view);
        if let Some(why) = &ty.late {
            let problem = match keyed {
                Keyed::Name(name, at) => stages::decided(name, *at, &why.chain()),
                Keyed::Count => return self.where_true(condition, view),
            };
            self.problems.push(problem);
        }
        self.where_true(condition, view)
    }

    /// The keys and the elements of what a `for` goes through.
    pub fn elements(&mut self, over: &Ty, at: Span) -> (Ty, Ty) {
        let over = self.opened(over);
        if let Some(absence) = over.null.as_ref().filter(|_| !over.is_bad()) {
            let problem = self.null_problem(&over, absence, at, "cannot go through null", None);
            self.problems.push(problem);
            return (Ty::bad(), Ty::bad());
        }
        let late =
            |ty: &Ty| Ty { late: ty.late.clone().or_else(|| over.late.clone()), ..ty.clone() };
        match &over.core {
            Core::List(of) => (Ty { late: over.late.clone(), ..Ty::int() }, late(of)),
            Core::Map(key, of) => (late(key), late(of)),
            Core::Object(shape) => {
                let names = shape.fields.iter().map(|field| Ty::word(&field.name));
                let names: Vec<Ty> = names.collect();
                let key = if shape.open { Ty::bad() } else { self.any_of(names) };
                let values = shape.fields.iter().map(|field| field.ty.clone()).collect();
                let value = if shape.open { Ty::bad() } else { self.any_of(values) };
                // The elements stand where they are written, not where the first one is.
                (late(&Ty { origin: None, ..key }), late(&Ty { origin: None, ..value }))
            }
            Core::Bad | Core::Never | Core::Union(_) | Core::Text => (Ty::bad(), Ty::bad()),
            Core::Data => {
                let problem = crate::problem::infer::untyped(at, "`for` goes through it");
                self.problems.push(problem);
                (Ty::bad(), Ty::bad())
            }
            Core::Scalar(_)
            | Core::Int(..)
            | Core::Word(_)
            | Core::Words
            | Core::Ref(_)
            | Core::Alias(_)
            | Core::Kind(_)
            | Core::Secrets => {
                self.problems.push(types::not_a_collection(at, over.noun()));
                (Ty::bad(), Ty::bad())
            }
        }
    }

    /// The keys that elements have by themselves.
    fn own_key(
        &mut self,
        each: &'t For,
        over: &Ty,
        key: &Ty,
        element: &Ty,
        (view, keyed): (&View<'t>, &Keyed<'_>),
    ) -> Ty {
        let over = self.opened(over);
        let named = match (keyed, &over.core) {
            (Keyed::Count, _) => return key.clone(),
            (Keyed::Name(..), Core::List(_)) => self.resolved(element),
            (Keyed::Name(..), _) => key.clone(),
        };
        if !matches!(over.core, Core::List(_)) || named.late.is_some() {
            if let (Some(why), Keyed::Name(name, place)) = (&named.late, keyed) {
                let swapped = self.swapped(&each.over, view);
                let (at, chain) = (each.over.span, why.chain());
                self.problems.push(stages::key(name, *place, &chain, at, swapped.as_deref()));
                return Ty::bad();
            }
            return self.key(&named, each.over.span, keyed);
        }
        match &named.core {
            Core::Bad | Core::Never | Core::Ref(_) | Core::Data | Core::Text => named,
            Core::Int(..) | Core::Word(_) | Core::Words => self.key(&named, each.over.span, keyed),
            Core::Scalar(scalar) if scalar.is_text() => self.key(&named, each.over.span, keyed),
            Core::Union(of) if of.iter().all(|ty| matches!(ty.core, Core::Word(_))) => named,
            Core::Union(of) if of.iter().all(|ty| matches!(ty.core, Core::Int(..))) => named,
            Core::Scalar(_)
            | Core::List(_)
            | Core::Map(..)
            | Core::Object(_)
            | Core::Union(_)
            | Core::Alias(_)
            | Core::Kind(_)
            | Core::Secrets => {
                let field = self.telling_field(&named);
                self.problems.push(crate::problem::lower::list_without_key(
                    each.over.span,
                    &each.first.text,
                    field.as_deref(),
                    named.noun(),
                    self.sources.text(each.over.span),
                ));
                Ty::bad()
            }
        }
    }

    /// `{ for x in xs : key => value }` the other way round, if the value is known earlier.
    fn swapped(&mut self, over: &'t Expr, view: &View<'t>) -> Option<String> {
        let it = match &over.kind {
            ExprKind::Paren(inner) => return self.swapped(inner, view),
            ExprKind::Comprehension(it) => it,
            ExprKind::Object(body) => match body.items.as_slice() {
                [Item { kind: ItemKind::Comprehension(it), .. }] => it,
                [] | [..] => return None,
            },
            _ => return None,
        };
        let key = it.key.as_ref()?;
        let value = self.quietly(|this| {
            let over = this.value(&it.over, view, None);
            let (index, element) = this.elements(&over, it.over.span);
            let inner = this.bound(&it.first, it.second.as_ref(), &index, &element, view);
            let value = this.value(&it.value, &inner, None);
            this.opened(&value)
        });
        let is_key = match &value.core {
            Core::Int(..) | Core::Word(_) => true,
            Core::Scalar(scalar) => scalar.is_text(),
            _ => false,
        };
        let head = Span { end: it.over.span.end, ..it.span };
        let text = |span: Span| self.sources.text(span);
        let swapped = || format!("{} : {} => {}", text(head), text(it.value.span), text(key.span));
        (is_key && value.late.is_none() && value.null.is_none())
            .then(|| format!("{{ {} }}", swapped()))
    }

    /// The field that elements are best told apart by.
    fn telling_field(&mut self, of: &Ty) -> Option<String> {
        let Core::Object(shape) = &of.core else { return None };
        let known = ["name", "id", "login", "key"];
        let found = known.into_iter().find(|name| of.field(name).is_some());
        let is_text = |ty: &Ty| match &ty.core {
            Core::Word(_) | Core::Words => true,
            Core::Scalar(scalar) => *scalar == Scalar::Str,
            _ => false,
        };
        let first = shape.fields.iter().find(|field| is_text(&field.ty));
        found.map(str::to_owned).or_else(|| first.map(|field| field.name.to_string()))
    }

    /// The type of a key of instances or of a map, if it can be one.
    pub fn key(&mut self, key: &Ty, at: Span, keyed: &Keyed<'_>) -> Ty {
        let key = self.opened(key);
        if let (Some(why), Keyed::Name(name, place)) = (&key.late, keyed) {
            self.problems.push(stages::key(name, *place, &why.chain(), at, None));
            return Ty::bad();
        }
        if let Some(absence) = key.null.as_ref().filter(|_| !key.is_bad()) {
            let problem = self.null_problem(&key, absence, at, "null is no key", None);
            self.problems.push(problem);
            return Ty::bad();
        }
        match &key.core {
            Core::Scalar(Scalar::Float | Scalar::Size | Scalar::Duration | Scalar::PortRange)
            | Core::List(_)
            | Core::Map(..)
            | Core::Object(_)
            | Core::Kind(_)
            | Core::Secrets => {
                self.problems.push(types::wrong_key(at, key.noun()));
                Ty::bad()
            }
            Core::Scalar(_)
            | Core::Bad
            | Core::Never
            | Core::Int(..)
            | Core::Word(_)
            | Core::Words
            | Core::Text
            | Core::Union(_)
            | Core::Ref(_)
            | Core::Data
            | Core::Alias(_) => key,
        }
    }
}
