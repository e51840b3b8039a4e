//! Attributes and elements.

use std::rc::Rc;

use crate::kinds;
use crate::lower::infer::Infer;
use crate::lower::infer::names::Bare;
use crate::lower::infer::told::Want;
use crate::lower::infer::ty::{Absence, Core, Ty};
use crate::lower::infer::view::View;
use crate::lower::scope::unknown_kind;
use crate::problem::{infer as problem, names, types};
use crate::source::Span;
use crate::syntax::tree::{Expr, ExprKind, Name};

impl<'t> Infer<'t> {
    /// `base.name` and `base?.name`.
    pub fn get(
        &mut self,
        expr: &'t Expr,
        base: &'t Expr,
        name: &'t Name,
        view: &View<'t>,
        optional: bool,
        want: Option<&Want>,
    ) -> Ty {
        if let Some(known) = self.known_fact(expr, view) {
            return known;
        }
        if let ExprKind::Name(word) = &base.kind
            && view.get(word).is_none()
            && let Some(ty) = self.member(word, name, expr.span)
        {
            return ty;
        }
        let ty = self.value(base, view, None);
        let ty = self.resolved(&ty);
        if let Some(absence) = ty.null.clone().filter(|_| !optional && !ty.is_bad()) {
            return self.attribute_of_null(&ty, &absence, expr, base, name, want);
        }
        let absent = optional.then(|| ty.null.clone()).flatten();
        let lenient = optional && view.lenient;
        let found = self.attribute(&ty.clone().present(), name, expr.span, optional, lenient);
        let found = Ty { late: found.late.or(ty.late), secret: found.secret || ty.secret, ..found };
        if view.of_service && found.null.is_some() && names_an_app(base) {
            return Ty::bad();
        }
        match absent {
            Some(absence) => found.or_null(absence),
            None => found,
        }
    }

    fn attribute_of_null(
        &mut self,
        ty: &Ty,
        absence: &Absence,
        expr: &Expr,
        base: &Expr,
        name: &Name,
        want: Option<&Want>,
    ) -> Ty {
        let text = format!("cannot read `{}` of null", name.text);
        if ty.is_null() {
            return self.bad(types::may_be_null(base.span, &text));
        }
        let read =
            self.quietly(|this| this.attribute(&ty.clone().present(), name, expr.span, true, true));
        let base = self.sources.text(base.span);
        let optional = format!("{base}?.{}", name.text);
        let advice = match want.and_then(|want| Some((want.word?, self.text(&want.ty)))) {
            Some((word, ty)) => Some(format!("`{optional}` and make the {word} `{ty}?`")),
            None => Some(format!("`{optional}`")),
        };
        let example = self.example(&read);
        let because = match absence {
            Absence::If(what, condition, at) => Some((
                format!("`{what}` exists only if `{condition}`, so this may be null"),
                *at,
                "the condition",
            )),
            Absence::Declared(at) => {
                Some((format!("`{base}` may be null"), *at, "because its type says so"))
            }
            Absence::Plain => None,
        };
        let advice = advice.map(|advice| format!("write {advice}, or `{optional} ?? {example}`"));
        self.bad(problem::null_read(name.span, &text, because.as_ref(), advice.as_deref()))
    }

    /// `container.web`, `secret.pve`, `all.app`; nothing if the word is none of these.
    fn member(&mut self, word: &str, name: &Name, at: Span) -> Option<Ty> {
        let text = name.text.as_str();
        match self.bare(word) {
            Some(Bare::Library(library)) => return Some(self.of_library(library, text)),
            Some(Bare::Let(_) | Bare::Input(_)) => return None,
            None => (),
        }
        match word {
            "self" | "owner" => None,
            // What is in other scopes and in catalogues is told by evaluation.
            "tenant" | "module" | "service" => Some(Ty::bad()),
            "secret" => Some(match self.secret(text) {
                Some(secret) => {
                    let one = Ty { secret: true, ..Ty::string() };
                    if secret.each.is_some() { Ty::map(Ty::bad(), one) } else { one }
                }
                None if self.is_secret_elsewhere(text) => Ty::bad(),
                None => {
                    let all = self.secret_names();
                    let near = crate::problem::nearest(text, all);
                    let declared = near.first().and_then(|near| self.secret(near));
                    let declared = declared.map(|secret| secret.name.span);
                    let what = ("secret", text);
                    self.bad(names::unknown_member(what, name.span, &near, declared, &[]))
                }
            }),
            "all" => Some(match kinds::find(text) {
                Some(kind) => self.all_of(kind.schema().kind),
                None => self.bad(unknown_kind(name)),
            }),
            "var" | "local" | "each" | "data" => {
                Some(self.bad(names::foreign_scope(word, text, at)))
            }
            _ => {
                let kind = kinds::find(word)?.schema().kind;
                Some(match self.in_kind(kind, text) {
                    Some(ty) => ty.at(at),
                    None => self.unknown_resource(kind, name),
                })
            }
        }
    }

    fn unknown_resource(&mut self, kind: &'static str, name: &Name) -> Ty {
        if self.is_block_elsewhere(kind, &name.text) {
            return Ty::bad();
        }
        let blocks = self.blocks_of(kind);
        let all: Vec<&str> = blocks.iter().map(|index| self.block_name(*index)).collect();
        let near = crate::problem::nearest(&name.text, all.iter().copied());
        let declared = near.first().and_then(|near| self.block(kind, near));
        let declared = declared.map(|index| self.block_at(index));
        let what = (kind, name.text.as_str());
        self.bad(names::unknown_member(what, name.span, &near, declared, &all))
    }

    /// An attribute of a value that is not null.
    fn attribute(&mut self, ty: &Ty, name: &Name, at: Span, optional: bool, lenient: bool) -> Ty {
        match &ty.core {
            Core::Bad | Core::Text | Core::Never => Ty::bad(),
            Core::Data => Ty { origin: ty.origin, ..Ty::new(Core::Data) },
            Core::Object(shape) => {
                let field = shape.fields.iter().find(|field| *field.name == *name.text);
                match field {
                    Some(field) => field.ty.clone(),
                    None if shape.open => Ty::bad(),
                    None if optional => Ty::null(),
                    None => {
                        let keys: Vec<String> =
                            shape.fields.iter().map(|field| field.name.to_string()).collect();
                        let from = ty.origin.unwrap_or(at);
                        self.bad(types::no_entry(&name.text, name.span, &keys, from))
                    }
                }
            }
            Core::Map(_, of) if optional => Ty::clone(of).or_null(Absence::Plain),
            Core::Map(_, of) => Ty::clone(of),
            Core::Kind(kind) => match self.in_kind(kind, &name.text) {
                Some(ty) => ty,
                None => self.unknown_resource(kind, name),
            },
            Core::Secrets => Ty { secret: true, ..Ty::string() },
            Core::Ref(refs) => self.ref_attribute(&refs.clone(), name, at, lenient),
            Core::Union(of) => self.attribute_of_any(&Rc::clone(of), name, at, optional, lenient),
            Core::Alias(_) => {
                let ty = self.resolved(ty);
                self.attribute(&ty, name, at, optional, lenient)
            }
            Core::Scalar(_) | Core::Int(..) | Core::Word(_) | Core::Words | Core::List(_) => {
                match lenient {
                    true => Ty::null(),
                    false if ty.secret => Ty::bad(),
                    false => self.bad(types::no_attributes(&name.text, name.span, ty.noun())),
                }
            }
        }
    }

    /// An attribute of one of several: those that do not have it have to be ruled out before.
    fn attribute_of_any(
        &mut self,
        of: &[Ty],
        name: &Name,
        at: Span,
        optional: bool,
        lenient: bool,
    ) -> Ty {
        let (mut found, mut lacks) = (Vec::new(), Vec::new());
        for ty in of {
            let ty = self.resolved(ty);
            let before = self.problems.len();
            let got = self.attribute(&ty, name, at, optional, lenient);
            match self.problems.len() == before {
                true => found.push(got),
                false => {
                    self.problems.truncate(before);
                    lacks.push(self.text(&ty));
                }
            }
        }
        match lacks.is_empty() {
            true => self.any_of(found),
            false => self.bad(problem::only_some_have(&name.text, name.span, &lacks)),
        }
    }

    /// `base[index]`.
    pub fn index(
        &mut self,
        expr: &'t Expr,
        base: &'t Expr,
        index: &'t Expr,
        view: &View<'t>,
    ) -> Ty {
        if let Some(known) = self.known_fact(expr, view) {
            return known;
        }
        let (of, by) = (self.value(base, view, None), self.value(index, view, None));
        let (of, by) = (self.opened(&of), self.opened(&by));
        if let Some(absence) = of.null.clone().filter(|_| !of.is_bad()) {
            let written = self.sources.text(base.span).to_owned();
            let text = "null has no elements";
            let problem = self.null_problem(&of, &absence, base.span, text, Some(&written));
            return self.bad(problem);
        }
        let number =
            matches!(by.core, Core::Int(..) | Core::Scalar(crate::lower::infer::ty::Scalar::Port));
        let found = match (&of.core, &by.core) {
            (Core::Bad | Core::Text | Core::Never | Core::Union(_), _) => Ty::bad(),
            (_, Core::Bad | Core::Never | Core::Union(_) | Core::Text) => match &of.core {
                Core::Map(_, of) => Ty::clone(of),
                Core::List(of) => Ty::clone(of),
                _ => Ty::bad(),
            },
            (Core::Data, _) => Ty::new(Core::Data),
            (Core::List(of), _) if number => Ty::clone(of),
            (Core::Map(_, of), _) => {
                self.key(&by, index.span, &crate::lower::infer::headers::Keyed::Count);
                Ty::clone(of)
            }
            (Core::Object(shape), Core::Word(word)) => {
                match shape.fields.iter().find(|field| field.name == *word) {
                    Some(field) => field.ty.clone(),
                    None if shape.open => Ty::bad(),
                    None => {
                        let keys: Vec<String> =
                            shape.fields.iter().map(|field| field.name.to_string()).collect();
                        let from = of.origin.unwrap_or(base.span);
                        self.bad(types::no_entry(word, index.span, &keys, from))
                    }
                }
            }
            (Core::Object(shape), _) => {
                self.key(&by, index.span, &crate::lower::infer::headers::Keyed::Count);
                let values = shape.fields.iter().map(|field| field.ty.clone()).collect();
                if shape.open { Ty::bad() } else { self.any_of(values) }
            }
            (Core::Ref(refs), Core::Word(word)) => {
                let name = Name { text: word.as_ref().into(), span: index.span };
                self.ref_attribute(&refs.clone(), &name, expr.span, false)
            }
            (Core::Ref(_), Core::Scalar(scalar)) if scalar.is_text() => Ty::bad(),
            _ if of.secret || by.secret => Ty::bad(),
            _ => self.bad(types::wrong_index(index.span, of.noun(), by.noun())),
        };
        found.after(&of).after(&by)
    }
}

/// Whether an expression of a service stands for an app that is made from it.
fn names_an_app(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) if matches!(name.as_str(), "app" | "self" | "owner"))
}
