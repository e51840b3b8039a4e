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
use crate::problem::{lower, names, types};
use crate::schema::Type;
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
    /// The value as this type holds it; what does not fit is reported and is bad.
    pub fn typed(&mut self, value: Val, ty: &'t TypeExpr, name: &str, scope: ScopeId) -> Val {
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
        let problem = match value.data {
            Data::Null => types::may_be_null(at, &format!("`{name}` is `{expected}`, not null")),
            _ => types::mistyped(at, name, noun, &shown(&value.data), (ty.span, &expected)),
        };
        self.bad(problem, at)
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
            let problem = types::not_a_choice(value.origin, name, text, &words, &near);
            return self.bad(problem, value.origin);
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
            self.problems.push(types::fields_missing(value.origin, name, &absent, ty.span));
        }
        let unknown: Vec<_> = map
            .iter()
            .filter(|(key, _)| !fields.iter().any(|field| field.name.text == plain(key)))
            .map(|(key, value)| (plain(key), value.origin))
            .collect();
        if !unknown.is_empty() {
            let all: Vec<&str> = fields.iter().map(|field| field.name.text.as_str()).collect();
            let what = format!("`{name}`");
            self.problems.push(names::unknown_attributes(&what, None, &unknown, &all));
        }
        Val::map(fitted, value.origin)
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
            Some(refinement) => self.refined(value, refinement, name, scope),
            None => value,
        }
    }

    /// Checks `where` of a type or an input, in which `it` is the value.
    pub fn refined(&mut self, value: Val, refinement: &'t Expr, name: &str, scope: ScopeId) -> Val {
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
                    self.bad(problem, at)
                }
                None => Val::new(Data::Bad, value.origin),
            },
        }
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
