//! Values against written types: of inputs, lets, parameters, outputs and `type` items.

use std::collections::BTreeMap;

use crate::kinds;
use crate::lower::evaluator::Evaluator;
use crate::lower::expressions::shown;
use crate::lower::fit::plain;
use crate::lower::scalars;
use crate::lower::scope::{In, ScopeId};
use crate::lower::value::{Data, Val};
use crate::model::Key;
use crate::problem::narrowing::{self, Misfit};
use crate::problem::{Problem, lower, names, types};
use crate::schema::Type;
use crate::source::Span;
use crate::syntax::tree::{Expr, TypeExpr, TypeField, TypeItem, TypeKind};

/// Types of the language that a schema has too.
const SHARED: [(&str, Type); 12] = [
    ("bool", Type::Bool),
    ("int", Type::Int(i64::MIN, i64::MAX)),
    ("float", Type::Float),
    ("string", Type::Text),
    ("size", Type::Size),
    ("duration", Type::Duration),
    ("ip", Type::Ip),
    ("cidr", Type::Cidr),
    ("fqdn", Type::Fqdn),
    ("url", Type::Url),
    ("path", Type::Path),
    ("port", Type::Port),
];

/// Types whose values are strings that nothing looks into here.
const STRINGS: [&str; 5] = ["calendar", "version", "digest", "email", "ip_range"];

impl<'t> Evaluator<'t> {
    /// The value as the type that is written for it holds it.
    pub fn narrowed(&mut self, value: Val, ty: &'t TypeExpr, name: &str, scope: ScopeId) -> Val {
        self.narrowing(ty.span, |this| this.typed(value, ty, name, scope))
    }

    /// What `make` returns; all that it finds not to fit in a file is one problem.
    pub fn narrowing(&mut self, expected: Span, make: impl FnOnce(&mut Self) -> Val) -> Val {
        let before = self.misfits.len();
        let value = make(self);
        let mut rest = self.misfits.split_off(before);
        while let Some(first) = rest.first() {
            let file = first.file();
            let (here, others): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|it| it.file() == file);
            let name = &self.sources.file(file).name;
            self.problems.push(narrowing::misfits(name, here, expected));
            rest = others;
        }
        value
    }

    /// Reports a value that does not fit: where it is written, if that is in a file of data.
    fn misfit(&mut self, at: Span, misfit: Misfit, problem: Problem) -> Val {
        match self.sources.is_read(at.file) {
            true => self.misfits.push(misfit),
            false => self.problems.push(problem),
        }
        Val::new(Data::Bad, at)
    }

    /// The value as this type holds it; what does not fit is reported and is bad.
    fn typed(&mut self, value: Val, ty: &'t TypeExpr, name: &str, scope: ScopeId) -> Val {
        match (&value.data, &ty.kind) {
            // What is known later was checked where it comes from.
            (Data::Bad | Data::Late(_) | Data::Unknown(_), _) | (_, TypeKind::Bad) => value,
            (_, TypeKind::Paren(inner)) => self.typed(value, inner, name, scope),
            (Data::Null, TypeKind::Optional(_)) => value,
            (_, TypeKind::Optional(inner)) => self.typed(value, inner, name, scope),
            (_, TypeKind::Union(types)) => self.typed_union(&value, types, (ty, scope), name),
            (Data::Str(text), TypeKind::Text(word)) if **text == **word => value,
            (Data::Int(number), TypeKind::Int(wanted)) if number == wanted => value,
            (Data::List(list), TypeKind::List(of)) => {
                let fitted = list.iter().enumerate().map(|(index, value)| {
                    self.typed(value.clone(), of, &format!("{name}[{index}]"), scope)
                });
                Val::list(fitted.collect(), value.origin)
            }
            (Data::Map(map), TypeKind::Object(fields)) => {
                self.typed_object(map, fields, &value, (ty, scope), name)
            }
            (_, TypeKind::Named(word, arguments)) => {
                self.typed_named(value, (word, arguments), (ty, scope), name)
            }
            _ => self.mistyped(&value, ty, name),
        }
    }

    fn mistyped(&mut self, value: &Val, ty: &TypeExpr, name: &str) -> Val {
        let expected = self.sources.text(ty.span).to_owned();
        let at = value.origin;
        let noun = value.data.noun();
        let told = shown(&value.data);
        let (misfit, problem) = match value.data {
            Data::Null => (
                Misfit::null(at, &expected),
                types::may_be_null(at, &format!("`{name}` is `{expected}`, not null")),
            ),
            _ => (
                Misfit::mistyped(at, (noun, &told), &expected),
                types::mistyped(at, name, noun, &told, (ty.span, &expected)),
            ),
        };
        self.misfit(at, misfit, problem)
    }

    fn typed_union(
        &mut self,
        value: &Val,
        of: &'t [TypeExpr],
        (ty, scope): (&TypeExpr, ScopeId),
        name: &str,
    ) -> Val {
        for each in of {
            let attempt = value.clone();
            if let Some(fitted) = self.attempt(|this| this.typed(attempt, each, name, scope)) {
                return fitted;
            }
        }
        let words: Vec<&str> = of.iter().filter_map(word_of).collect();
        if let (Data::Str(text), true) = (&value.data, words.len() == of.len()) {
            let near = crate::problem::nearest(text, words.iter().copied());
            let at = value.origin;
            let problem = types::not_a_choice(at, name, text, &words, &near);
            return self.misfit(at, Misfit::no_choice(at, &words, &near), problem);
        }
        if let Some(only) = self.tagged(value, of, scope) {
            return self.typed(value.clone(), only, name, scope);
        }
        self.mistyped(value, ty, name)
    }

    fn typed_object(
        &mut self,
        map: &BTreeMap<Key, Val>,
        fields: &'t [TypeField],
        value: &Val,
        (ty, scope): (&TypeExpr, ScopeId),
        name: &str,
    ) -> Val {
        let mut fitted = BTreeMap::new();
        let mut absent = Vec::new();
        for field in fields {
            let key = Key::Text(field.name.text.as_str().into());
            let given = map.get(&key).filter(|value| value.data != Data::Null);
            let is_optional = field.optional || matches!(field.ty.kind, TypeKind::Optional(_));
            let found = match (given, &field.default) {
                (Some(value), _) => self.typed(value.clone(), &field.ty, &field.name.text, scope),
                (None, Some(default)) => {
                    let env = self.env_of(scope);
                    let default = self.eval(default, &env);
                    self.typed(default, &field.ty, &field.name.text, scope)
                }
                (None, None) if is_optional => Val::new(Data::Null, value.origin),
                (None, None) => self.inner_defaults(&field.ty, value, scope).unwrap_or_else(|| {
                    absent.push(field.name.text.as_str());
                    Val::new(Data::Bad, value.origin)
                }),
            };
            fitted.insert(key, found);
        }
        if !absent.is_empty() {
            let at = value.origin;
            let problem = types::fields_missing(at, name, &absent, ty.span);
            self.misfit(at, Misfit::missing(at, &absent), problem);
        }
        self.unknown_fields(map, fields, name);
        Val::map(fitted, value.origin)
    }

    fn unknown_fields(&mut self, map: &BTreeMap<Key, Val>, fields: &[TypeField], name: &str) {
        let all: Vec<&str> = fields.iter().map(|field| field.name.text.as_str()).collect();
        let unknown = map.iter().map(|(key, value)| (plain(key), value.origin));
        let unknown: Vec<_> = unknown.filter(|(key, _)| !all.contains(&key.as_str())).collect();
        let (data, written): (Vec<_>, Vec<_>) =
            unknown.into_iter().partition(|(_, at)| self.sources.is_read(at.file));
        for (key, at) in data {
            let at = self.key_before(at, &key);
            self.misfits.push(Misfit::unknown(at, &key, &all));
        }
        if !written.is_empty() {
            let what = format!("`{name}`");
            self.problems.push(names::unknown_attributes(&what, None, &written, &all));
        }
    }

    /// Where the key of a value in a file of data is written; the value's place if it is elsewhere.
    fn key_before(&self, value: Span, key: &str) -> Span {
        let text = &self.sources.file(value.file).text;
        let before = text.get(..value.start as usize).unwrap_or_default();
        let between = |c: char| c.is_whitespace() || matches!(c, ':' | '=' | '"' | '\'');
        match before.trim_end_matches(between).strip_suffix(key) {
            Some(start) => Span::new(value.file, start.len(), start.len() + key.len()),
            None => value,
        }
    }

    /// An object all of whose fields have defaults need not be written at all.
    fn inner_defaults(&mut self, ty: &'t TypeExpr, around: &Val, scope: ScopeId) -> Option<Val> {
        let TypeKind::Object(fields) = &ty.kind else { return None };
        let complete = fields.iter().all(|field| {
            field.default.is_some()
                || field.optional
                || matches!(field.ty.kind, TypeKind::Optional(_))
        });
        let empty = Val::map(BTreeMap::new(), around.origin);
        complete.then(|| self.typed(empty, ty, "", scope))
    }

    fn typed_named(
        &mut self,
        value: Val,
        (word, arguments): (&'t str, &'t [TypeExpr]),
        (ty, scope): (&'t TypeExpr, ScopeId),
        name: &str,
    ) -> Val {
        if let Some(alias) = self.program.ty(scope, word) {
            let alias = self.program.types[alias];
            return self.aliased(value, alias, name);
        }
        if let Some((_, shared)) = SHARED.iter().find(|(shared, _)| *shared == word) {
            return self.typed_shared(value, shared, ty, name);
        }
        match (word, arguments, &value.data) {
            ("data", [], _) => value,
            ("port_range", [], _) => self.typed_shared(value, &Type::PortRange, ty, name),
            ("secret", [of], Data::Text(_)) => {
                let _ = of;
                value
            }
            ("secret", [of], _) => self.typed(value, of, name, scope),
            ("map", [_, of], Data::Map(map)) => {
                let fitted = map.iter().map(|(key, value)| {
                    let name = format!("{name}.{}", plain(key));
                    (key.clone(), self.typed(value.clone(), of, &name, scope))
                });
                Val::map(fitted.collect(), value.origin)
            }
            (word, [], Data::Str(_)) if STRINGS.contains(&word) => value,
            (word, [], Data::Ref(address)) if kinds::is(address.kind(), word) => value,
            (word, [], _) if STRINGS.contains(&word) || is_reference(word) => {
                self.mistyped(&value, ty, name)
            }
            ("map", [_, _], _) => self.mistyped(&value, ty, name),
            _ => {
                let own = self.program.type_names(scope).into_iter();
                let shared = SHARED.iter().map(|(name, _)| *name);
                let all: Vec<&str> =
                    own.chain(shared).chain(["map", "data", "secret", "port_range"]).collect();
                let near = crate::problem::nearest(word, all);
                self.bad(names::unknown_type(word, ty.span, &near), value.origin)
            }
        }
    }

    fn typed_shared(&mut self, value: Val, shared: &Type, ty: &TypeExpr, name: &str) -> Val {
        let origin = value.origin;
        match (&value.data, shared) {
            (Data::Text(text), _) if text.has_secret() => {
                self.bad(lower::secret_needs_type(origin, name, ty.span), origin)
            }
            // Text with late parts: it is checked where it is used.
            (Data::Text(_), Type::Text | Type::Fqdn | Type::Url | Type::Path) => value,
            (Data::Str(_), Type::Text) => value,
            (_, Type::Text) => self.mistyped(&value, ty, name),
            (data, _) => match scalars::adapted(data, shared) {
                Some(data) => Val::new(data, origin),
                None => self.mistyped(&value, ty, name),
            },
        }
    }

    fn aliased(&mut self, value: Val, alias: In<&'t TypeItem>, name: &str) -> Val {
        let In { it, scope } = alias;
        // The alias may stand for itself: the depth is counted as for expressions.
        let value = self.deeper(it.name.span, |this| this.typed(value, &it.ty, name, scope));
        match &it.refinement {
            Some(refinement) => self.refined(value, refinement, (name, Some(&it.name.text)), scope),
            None => value,
        }
    }

    /// Checks `where` of a type or an input, in which `it` is the value.
    pub fn refined(
        &mut self,
        value: Val,
        refinement: &'t Expr,
        (name, ty): (&str, Option<&str>),
        scope: ScopeId,
    ) -> Val {
        if matches!(value.data, Data::Bad | Data::Late(_) | Data::Unknown(_) | Data::Null) {
            return value;
        }
        let env = self.env_of(scope).with("it", value.clone());
        let holds = self.eval(refinement, &env);
        match holds.data {
            Data::Unknown(_) | Data::Late(_) => value,
            _ => match self.bool(&holds, refinement.span) {
                Some(true) => value,
                Some(false) => {
                    let at = value.origin;
                    let problem = types::refused(at, name, &shown(&value.data), refinement.span);
                    let near = self.fitting(&value, refinement, scope);
                    let place = refinement.span;
                    let misfit = Misfit::refused((at, name), ty, place, near.as_deref());
                    self.misfit(at, misfit, problem)
                }
                None => Val::new(Data::Bad, value.origin),
            },
        }
    }
}

impl<'t> Evaluator<'t> {
    /// The one object of a union that the words written in a value choose.
    fn tagged(&self, value: &Val, of: &'t [TypeExpr], scope: ScopeId) -> Option<&'t TypeExpr> {
        let Data::Map(_) = &value.data else { return None };
        let says = |field: &TypeField| match (&field.ty.kind, value.get(&field.name.text)) {
            (TypeKind::Text(word), Some(Val { data: Data::Str(text), .. })) => {
                Some(**word == **text)
            }
            _ => None,
        };
        let mut chosen = of.iter().filter(|each| {
            let answers = self.fields_of(each, scope).iter().filter_map(says);
            answers.reduce(|one, other| one && other) == Some(true)
        });
        chosen.next().filter(|_| chosen.next().is_none())
    }

    /// The fields of a type, if it is that of an object.
    fn fields_of(&self, ty: &'t TypeExpr, scope: ScopeId) -> &'t [TypeField] {
        let (mut ty, mut scope) = (ty, scope);
        // A type may stand for itself, so the names on the way are counted.
        for _ in 0..self.program.types.len() + 2 {
            match &ty.kind {
                TypeKind::Object(fields) => return fields,
                TypeKind::Paren(inner) => ty = inner,
                TypeKind::Named(word, _) => match self.program.ty(scope, word) {
                    Some(alias) => {
                        let In { it, scope: inside } = self.program.types[alias];
                        (ty, scope) = (&it.ty, inside);
                    }
                    None => return &[],
                },
                _ => return &[],
            }
        }
        &[]
    }

    /// The same words written in a way that a refinement allows.
    fn fitting(&mut self, value: &Val, refinement: &'t Expr, scope: ScopeId) -> Option<String> {
        let Data::Str(text) = &value.data else { return None };
        let lower = text.to_lowercase();
        let joined = |by: &str| lower.split([' ', '-', '_', '.']).collect::<Vec<_>>().join(by);
        ["_", "-", ""].into_iter().map(joined).find(|candidate| {
            let it = Val::str(candidate.as_str(), value.origin);
            let env = self.env_of(scope).with("it", it);
            let holds = self.attempt(|this| this.eval(refinement, &env));
            holds.is_some_and(|holds| holds.data == Data::Bool(true))
        })
    }
}

fn is_reference(word: &str) -> bool {
    word == "machine" || kinds::find(word).is_some()
}

fn word_of(ty: &TypeExpr) -> Option<&str> {
    match &ty.kind {
        TypeKind::Text(word) => Some(word),
        TypeKind::Paren(inner) => word_of(inner),
        _ => None,
    }
}
