//! What is expected of a value, and how a value that does not fit is told.

use std::rc::Rc;

use crate::lower::infer::Infer;
use crate::lower::infer::fits::{Miss, Wrong};
use crate::lower::infer::ty::{Absence, Core, Ty};
use crate::problem::types::{self, Wrong as WrongValue};
use crate::problem::{Problem, infer as problem, names, stages};
use crate::schema::Type;
use crate::source::Span;

/// What is expected of a value.
#[derive(Clone)]
pub(super) struct Want {
    /// Its type.
    pub ty: Ty,
    /// What it is called: a let, a parameter, an attribute.
    pub name: Rc<str>,
    /// The attribute of a schema that states it, and where it is written.
    pub schema: Option<(&'static Type, Span)>,
    /// `defaults` may say more about it.
    pub partial: bool,
    /// It is the value of a branch.
    pub branch: bool,
    /// The word of the declaration it is the value of.
    pub word: Option<&'static str>,
}

impl Want {
    /// A type that is written in the manifest.
    pub fn written(name: &str, ty: Ty) -> Want {
        Want { ty, name: name.into(), schema: None, partial: false, branch: false, word: None }
    }

    /// The type of an attribute of a schema.
    pub fn schema(name: &str, ty: Ty, schema: &'static Type, at: Span) -> Want {
        Want { schema: Some((schema, at)), ..Want::written(name, ty) }
    }

    /// The same, of this declaration.
    pub fn of(self, word: &'static str) -> Want {
        Want { word: Some(word), ..self }
    }

    /// The same name, of this type.
    pub fn like(&self, ty: Ty) -> Want {
        Want { ty, ..self.clone() }
    }

    /// What is expected of a part of it.
    pub fn part(&self, name: &str, ty: Ty) -> Want {
        let schema = self.schema.and_then(|(schema, at)| Some((part_of(schema, name)?, at)));
        let lost = self.schema.is_some() && schema.is_none();
        let ty = if lost { Ty::bad() } else { ty };
        let name = name.into();
        Want { ty, name, schema, word: None, ..self.clone() }
    }

    /// What is expected of an element of it.
    pub fn element(&self, ty: Ty) -> Want {
        let name = Rc::clone(&self.name);
        Want { name, word: None, ..self.part("", ty) }
    }
}

/// The type of a part of an object, a list or a map of a schema.
fn part_of(schema: &'static Type, name: &str) -> Option<&'static Type> {
    match schema {
        Type::Object(fields) => {
            fields.iter().find(|field| field.name == name).map(|field| &field.ty)
        }
        Type::List(of) | Type::Map(of) | Type::Blocks(of) => Some(of),
        Type::Either(types) => types.iter().find_map(|ty| part_of(ty, name)),
        _ => None,
    }
}

impl<'t> Infer<'t> {
    /// Reports a value that does not fit, unless it does; the type it has from there on.
    pub fn fit(&mut self, ty: &Ty, want: &Want, at: Span) -> Ty {
        match self.fits(ty, &want.ty, want.schema.is_some()) {
            Ok(()) => carried(&want.ty, ty),
            // Another body may have the rest: evaluation sees them together.
            Err(miss) if want.partial && matches!(miss.wrong, Wrong::Missing(_)) => {
                carried(&want.ty, ty)
            }
            Err(miss) => {
                let problem = self.miss(ty, &miss, want, at);
                self.bad(problem)
            }
        }
    }

    fn miss(&mut self, ty: &Ty, miss: &Miss, want: &Want, at: Span) -> Problem {
        // A literal is pointed at where it is written, everything else where it is used.
        let place = miss.got.origin.unwrap_or(at);
        let name = miss.path.last().map_or_else(|| want.name.to_string(), Clone::clone);
        match &miss.wrong {
            Wrong::Null(absence) => self.null_miss(ty, miss, absence, want, at),
            Wrong::Late(why) => stages::field(&name, &why.chain()),
            Wrong::Missing(fields) => {
                let fields: Vec<&str> = fields.iter().map(|name| &**name).collect();
                match (miss.want.declared, want.schema) {
                    (Some(ty), None) => types::fields_missing(place, &name, &fields, ty),
                    _ => {
                        let absent: Vec<(&str, String)> = fields
                            .iter()
                            .map(|name| (*name, self.expected_of(miss, want, name)))
                            .collect();
                        types::missing(&format!("`{name}`"), place, &absent)
                    }
                }
            }
            Wrong::Unknown(unknown) => {
                let all: Vec<Rc<str>> = match &miss.want.core {
                    Core::Object(shape) => shape.fields.iter().map(|it| it.name.clone()).collect(),
                    _ => Vec::new(),
                };
                let all: Vec<&str> = all.iter().map(|name| &**name).collect();
                let unknown = unknown.iter();
                let unknown = unknown.map(|(name, at)| (name.to_string(), at.unwrap_or(place)));
                let unknown: Vec<(String, Span)> = unknown.collect();
                names::unknown_attributes(&format!("`{name}`"), None, &unknown, &all)
            }
            Wrong::Type if want.branch && !miss.path.is_empty() => {
                let (got, expected) = (miss.got.clone(), miss.want.clone());
                let rest = self.rest_agrees(ty, &want.ty, &miss.path[0]);
                self.branch_miss(&name, &got, &expected, at, rest)
            }
            Wrong::Type => match want.schema {
                Some((schema, used)) => self.schema_miss(miss, schema, want, place, used),
                None => self.written_miss(miss, &name, place),
            },
        }
    }

    fn null_miss(
        &mut self,
        ty: &Ty,
        miss: &Miss,
        absence: &Absence,
        want: &Want,
        at: Span,
    ) -> Problem {
        let name = miss.path.last().map_or_else(|| want.name.to_string(), Clone::clone);
        if ty.is_null() && miss.path.is_empty() {
            let expected = self.text(&want.ty);
            return types::may_be_null(at, &format!("`{name}` is `{expected}`, not null"));
        }
        let expected = self.text(&miss.want);
        let text = format!("`{name}` is `{expected}`, and this may be null");
        let written = self.sources.text(at).to_owned();
        self.null_problem(&miss.got.clone(), absence, at, &text, Some(&written))
    }

    /// A value against a type that is written.
    fn written_miss(&mut self, miss: &Miss, name: &str, place: Span) -> Problem {
        let expected = match miss.want.declared.map(|at| self.sources.text(at)) {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => self.text(&miss.want),
        };
        if let (Core::Word(text), Some(words)) = (&miss.got.core, words_of(&miss.want)) {
            let words: Vec<&str> = words.iter().map(|word| &**word).collect();
            let near = crate::problem::nearest(text, words.iter().copied());
            return types::not_a_choice(place, name, text, &words, &near);
        }
        let (noun, shown) = (miss.got.noun(), miss.got.shown());
        let ty = miss.want.declared.map(|at| (at, expected.as_str()));
        match (&miss.got.core, ty) {
            (_, None) => problem::not_of_type(place, name, noun, &expected),
            (Core::Word(_) | Core::Int(..), Some(ty)) if noun != shown => {
                types::mistyped(place, name, noun, &shown, ty)
            }
            (_, Some(ty)) => problem::computed_mistyped(place, name, noun, ty),
        }
    }

    /// A value against a type of a schema.
    fn schema_miss(
        &mut self,
        miss: &Miss,
        schema: &'static Type,
        want: &Want,
        place: Span,
        used: Span,
    ) -> Problem {
        let field = miss.path.last().map_or(&*want.name, String::as_str);
        let mut ty = schema;
        for name in &miss.path {
            ty = part_of(ty, name).unwrap_or(ty);
        }
        let used = Some(used).filter(|used| {
            used.file != place.file || self.sources.line_of(*used) != self.sources.line_of(place)
        });
        if let (Core::Word(text), Type::OneOf(words)) = (&miss.got.core, ty) {
            let near = crate::problem::nearest(text, words.iter().copied());
            return types::not_a_choice(place, field, text, words, &near);
        }
        let (noun, expected, shown) = (miss.got.noun(), ty.expected(), miss.got.shown());
        let is_literal = matches!(&miss.got.core, Core::Word(_)) || noun == "an int";
        if noun == "a string" && !is_literal {
            let word = expected.split('`').next().unwrap_or_default().trim_end();
            return problem::computed_text(place, field, &expected, word, used);
        }
        types::wrong_value(&WrongValue { at: place, field, expected, noun, shown, used })
    }

    fn expected_of(&self, miss: &Miss, want: &Want, name: &str) -> String {
        let mut ty = want.schema.map(|(schema, _)| schema);
        for part in miss.path.iter().map(String::as_str).chain([name]) {
            ty = ty.and_then(|ty| part_of(ty, part));
        }
        ty.map_or_else(|| "needed".to_owned(), Type::expected)
    }

    /// Whether all fields but one are as they are expected.
    fn rest_agrees(&mut self, ty: &Ty, want: &Ty, but: &str) -> bool {
        let (ty, want) = (self.opened(ty), self.resolved(want));
        let Core::Object(shape) = &ty.core else { return false };
        shape.fields.iter().filter(|field| *field.name != *but).all(|field| {
            let wanted = want.field(&field.name).map(|field| field.ty.clone());
            wanted.is_some_and(|wanted| self.fits(&field.ty, &wanted, false).is_ok())
        })
    }

    /// A field of a value that another branch, or the type, has otherwise.
    fn branch_miss(
        &mut self,
        name: &str,
        got: &Ty,
        other: &Ty,
        at: Span,
        rest_agrees: bool,
    ) -> Problem {
        let helps = match (&other.core, got.noun()) {
            (Core::Scalar(crate::lower::infer::ty::Scalar::Bool), "a string") => {
                let no = ["no", "false", "off"];
                let is_no = matches!(&got.core, Core::Word(word) if no.contains(&&**word));
                Some(format!("write `{name} = {}`", !is_no))
            }
            (Core::Scalar(scalar), "an int") if scalar.word() == "size" => {
                Some(format!("write `{name} = {}GiB`", got.shown()))
            }
            (Core::Scalar(scalar), "an int" | "a bool") if scalar.is_text() => {
                Some(format!("write `{name} = \"{}\"`", got.shown()))
            }
            _ => None,
        };
        problem::branches_differ(&problem::Branches {
            name: Some(name),
            at,
            noun: got.noun(),
            shown: &got.shown(),
            origin: got.origin.filter(|origin| *origin != at),
            other: other.noun(),
            other_at: other.declared,
            other_is_type: true,
            help: helps,
            rest_agrees,
        })
    }
}

/// The words of an enum.
fn words_of(ty: &Ty) -> Option<Vec<Rc<str>>> {
    let of = match &ty.core {
        Core::Union(of) => of.as_slice(),
        _ => std::slice::from_ref(ty),
    };
    let word = |ty: &Ty| match &ty.core {
        Core::Word(word) => Some(Rc::clone(word)),
        _ => None,
    };
    of.iter().map(word).collect()
}

/// A value as the type it was checked against, with what is known of it beside that.
pub(super) fn carried(want: &Ty, got: &Ty) -> Ty {
    let inner = |want: &Rc<Ty>, got: &Rc<Ty>| match &got.late {
        Some(why) => Rc::new(Ty { late: Some(Rc::clone(why)), ..Ty::clone(want) }),
        None => Rc::clone(want),
    };
    let core = match (&want.core, &got.core) {
        (Core::List(want), Core::List(got)) => Core::List(inner(want, got)),
        (Core::Map(k, v), Core::Map(key, value)) => Core::Map(inner(k, key), inner(v, value)),
        (Core::Ref(_), Core::Ref(_)) => got.core.clone(),
        (Core::Bad | Core::Text, _) => got.core.clone(),
        (want, _) => want.clone(),
    };
    let is_ref = matches!(got.core, Core::Ref(_));
    let null = want.null.clone().filter(|_| got.null.is_some() || !is_ref);
    Ty {
        core,
        null,
        secret: want.secret || got.secret,
        late: got.late.clone(),
        origin: got.origin,
        declared: want.declared,
    }
}
