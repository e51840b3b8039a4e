//! Names, attributes and elements: how an expression reaches a value that is declared elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kinds;
use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::expressions::Missing;
use crate::lower::scope::{Named, ScopeId, unknown_kind};
use crate::lower::value::{Data, Val};
use crate::model::{Address, Key, Late, Piece, Text};
use crate::problem::{names as problem, scopes, types};
use crate::source::Span;
use crate::syntax::tree::{Expr, ExprKind, Name};

impl<'t> Evaluator<'t> {
    /// The value of a bare name: innermost first, kinds last.
    pub fn name(&mut self, name: &'t str, env: &Env<'t>, at: Span) -> Val {
        if let Some(value) = env.get(name) {
            return value.clone();
        }
        if let Some(value) = self.input_of_service(name, env) {
            return value;
        }
        match (self.declared(name, env), name) {
            (Some(Named::Let(index)), _) => self.let_value(index),
            (Some(Named::Input(index)), _) => self.input_value(index),
            (Some(Named::Library(_)), _) => self.bad(scopes::library_alone(name, at), at),
            (None, "self") if env.here.is_some() => {
                env.here.map_or(Val::new(Data::Bad, at), |here| self.reference(here, at))
            }
            (None, "app") if env.app.is_some() => {
                env.app.map_or(Val::new(Data::Bad, at), |app| self.reference(app, at))
            }
            (None, "owner") if env.here.is_some() => self.owner(env, at),
            (None, "tenant") => self.this_tenant(env, at),
            (None, "secret") => self.every_secret(env.scope, at),
            (None, _) => match kinds::find(name) {
                Some(kind) => self.whole_kind(kind.schema().kind, env.scope, at),
                None => self.unknown_name(name, env, at),
            },
        }
    }

    /// What a bare name stands for; what people call their own means nothing in a schema.
    fn declared(&self, name: &str, env: &Env<'t>) -> Option<Named> {
        match env.is_schema() {
            true => None,
            false => self.program.name(env.scope, name),
        }
    }

    /// The tenant around an expression; in a service the one around the app.
    fn this_tenant(&mut self, env: &Env<'t>, at: Span) -> Val {
        let scope = env.app.map_or(env.scope, |app| self.nodes[app].scope);
        let tenant = self.program.tenant(scope).and_then(|scope| self.node_of_tenant(scope));
        match tenant {
            Some(tenant) => self.reference(tenant, at),
            None if env.at.is_some() || env.app.is_some() => Val::new(Data::Null, at),
            None => {
                let mut map = BTreeMap::new();
                let opens = self.program.outward(env.scope).flat_map(|scope| scope.opens.iter());
                let tenants = opens.filter(|((word, _), _)| *word == "tenant");
                let tenants: Vec<(&str, usize)> =
                    tenants.map(|((_, name), index)| (*name, *index)).collect();
                for (name, index) in tenants {
                    map.insert(Key::Text(name.into()), self.open(index));
                }
                Val::map(map, at)
            }
        }
    }

    fn owner(&mut self, env: &Env<'t>, at: Span) -> Val {
        let owner = env.here.and_then(|here| self.nodes[here].owner);
        match owner {
            Some(owner) => self.reference(owner, at),
            None => self.bad(problem::no_owner(at), at),
        }
    }

    fn unknown_name(&mut self, name: &str, env: &Env<'t>, at: Span) -> Val {
        let bare = self.program.bare_names(env.scope).into_iter().chain(env.names());
        let kinds = kinds::all().keys().copied();
        let special = ["self", "secret", "all"];
        let all: Vec<&str> = bare.chain(kinds).chain(special).collect();
        let near = crate::problem::nearest(name, all);
        let is_function = self.program.function(env.scope, name).is_some();
        let declared = near.first().and_then(|near| self.program.declared_at(env.scope, near));
        let whole = self.program.with_kind(env.scope, name);
        let near = (near.as_slice(), declared);
        self.bad(problem::unknown_name(name, at, &whole, near, is_function), at)
    }

    /// Every resource of a kind that is seen from a scope, by name.
    fn whole_kind(&mut self, kind: &'static str, scope: ScopeId, at: Span) -> Val {
        let mut map = BTreeMap::new();
        for index in self.program.blocks_of(scope, kind) {
            let name = self.program.blocks[index].name.text.as_str();
            map.insert(Key::Text(name.into()), self.block_instances(index).value);
        }
        Val::map(map, at)
    }

    fn every_secret(&mut self, scope: ScopeId, at: Span) -> Val {
        let mut map = BTreeMap::new();
        for (name, index) in self.program.secrets_of(scope) {
            map.insert(Key::Text(name.into()), self.secret_value(index));
        }
        Val::map(map, at)
    }

    /// `base.name` and `base?.name`.
    pub fn get(
        &mut self,
        base: &'t Expr,
        name: &'t Name,
        env: &Env<'t>,
        at: Span,
        missing: Missing,
    ) -> Val {
        if let ExprKind::Name(word) = &base.kind
            && env.get(word).is_none()
            && self.input_of_service(word, env).is_none()
            && let Some(value) = self.member(word, name, env, at)
        {
            return value;
        }
        let value = self.eval(base, env);
        let place = env.place(base.span);
        self.attribute(&value, name, env.place(name.span), place, at, missing)
    }

    /// `container.web`, `secret.pve`, `all.app`, `catalog.blog`; nothing if the word is none of
    /// these.
    fn member(&mut self, word: &str, name: &'t Name, env: &Env<'t>, at: Span) -> Option<Val> {
        let text = name.text.as_str();
        let scope = env.scope;
        match self.declared(word, env) {
            Some(Named::Library(library)) => return Some(self.of_library(word, library, name, at)),
            Some(Named::Let(_) | Named::Input(_)) => return None,
            None => (),
        }
        match word {
            "self" | "owner" if env.here.is_some() => None,
            "app" if env.app.is_some() => None,
            "secret" => Some(match self.program.secret(scope, text) {
                Some(index) => refers_here(self.secret_value(index), at),
                None => self.unknown_secret(name, scope, at),
            }),
            "all" => Some(match kinds::find(text).filter(|_| text != "secret") {
                Some(kind) => self.all_of(kind.schema().kind, scope, at),
                None => self.bad(unknown_kind(name), at),
            }),
            "tenant" if env.at.is_some() => None,
            "tenant" | "module" => match self.program.opened(scope, opens_word(word), text) {
                Some(index) => {
                    let value = self.open(index);
                    Some(refers_here(value, at))
                }
                None if word == "tenant" && (env.app.is_some() || self.in_tenant(scope)) => None,
                None => Some(self.unknown_scope(opens_word(word), name, scope, at)),
            },
            "service" => Some(match self.program.service_named(scope, text) {
                Some(index) => self.service_reference(index, at),
                None => {
                    let known = self.program.service_names(scope, &[]);
                    let near = crate::problem::nearest(text, known.iter().copied());
                    self.bad(scopes::unknown_service(text, name.span, &near, &known), at)
                }
            }),
            "var" | "local" | "each" | "data" => {
                Some(self.bad(problem::foreign_scope(word, text, at), at))
            }
            _ => {
                let kind = kinds::find(word)?.schema().kind;
                let Some(index) = self.program.block(scope, kind, text) else {
                    return Some(self.unknown_resource(kind, name, scope, at));
                };
                let value = self.block_instances(index).value;
                Some(refers_here(value, at))
            }
        }
    }

    fn in_tenant(&self, scope: ScopeId) -> bool {
        self.program.tenant(scope).is_some()
    }

    /// A service as a value.
    fn service_reference(&mut self, index: usize, at: Span) -> Val {
        let service = self.program.services[index];
        let prefix = self.program.scopes[service.scope].prefix.clone();
        let mut address = Address::new(prefix.as_ref(), "service", &service.name.text, None);
        if self.service_of.get(&address).is_some_and(|known| *known != index) {
            let key = i64::try_from(index).map(Key::Int).ok();
            address = Address::new(prefix.as_ref(), "service", &service.name.text, key.as_ref());
        }
        self.service_of.insert(address.clone(), index);
        Val::new(Data::Ref(address), at)
    }

    /// What an imported file has under a name.
    fn of_library(
        &mut self,
        library_name: &str,
        library: ScopeId,
        name: &'t Name,
        at: Span,
    ) -> Val {
        let text = name.text.as_str();
        let there = &self.program.scopes[library];
        let service = there.services.get(text).copied();
        match (there.names.get(text).copied(), service) {
            (Some(Named::Let(index)), _) => self.let_value(index),
            (Some(Named::Input(index)), _) => self.input_value(index),
            (Some(Named::Library(_)), _) => self.bad(scopes::library_alone(text, at), at),
            (None, Some(service)) => self.service_reference(service, at),
            (None, None) => {
                let all = there.names.keys().chain(there.services.keys()).copied();
                let near = crate::problem::nearest(text, all);
                self.bad(scopes::not_in_library(library_name, text, name.span, &near), at)
            }
        }
    }

    fn unknown_secret(&mut self, name: &'t Name, scope: ScopeId, at: Span) -> Val {
        let text = name.text.as_str();
        let elsewhere = self.program.scopes.iter().find_map(|other| {
            let index = other.secrets.get(text)?;
            Some((other.prefix.clone()?, self.program.secrets[*index].it.name.span))
        });
        if let Some((tenant, declared)) = elsewhere {
            let what = format!("secret.{text}");
            let here = self.program.scopes[scope].prefix.clone();
            let of = (tenant.as_str(), declared);
            return self.bad(
                scopes::of_another_scope(&what, at, of, here.as_ref().map(Address::as_str)),
                at,
            );
        }
        let known: Vec<&str> =
            self.program.secrets_of(scope).into_iter().map(|(name, _)| name).collect();
        let near = crate::problem::nearest(text, known);
        let declared = near.first().and_then(|near| self.program.secret(scope, near));
        let declared = declared.map(|index| self.program.secrets[index].it.name.span);
        let what = ("secret", text);
        self.bad(problem::unknown_member(what, name.span, &near, declared, &[]), at)
    }

    fn unknown_scope(
        &mut self,
        word: &'static str,
        name: &'t Name,
        scope: ScopeId,
        at: Span,
    ) -> Val {
        let opens = self.program.outward(scope).flat_map(|scope| scope.opens.keys());
        let names: Vec<&str> =
            opens.filter(|(other, _)| *other == word).map(|(_, name)| *name).collect();
        let near = crate::problem::nearest(&name.text, names.iter().copied());
        let declared = near.first().and_then(|near| self.program.opened(scope, word, near));
        let declared = declared.map(|index| self.program.opens[index].name.span);
        let what = (word, name.text.as_str());
        self.bad(problem::unknown_member(what, name.span, &near, declared, &names), at)
    }

    fn unknown_resource(
        &mut self,
        kind: &'static str,
        name: &'t Name,
        scope: ScopeId,
        at: Span,
    ) -> Val {
        let text = name.text.as_str();
        let elsewhere = self.program.scopes.iter().find_map(|other| {
            let index = other.by_name.get(&(kind, text))?;
            Some((other.prefix.clone()?, self.program.blocks[*index].name.span))
        });
        if let Some((tenant, declared)) = elsewhere {
            let what = format!("{kind}.{text}");
            let here = self.program.scopes[scope].prefix.clone();
            let of = (tenant.as_str(), declared);
            return self.bad(
                scopes::of_another_scope(&what, at, of, here.as_ref().map(Address::as_str)),
                at,
            );
        }
        let blocks = self.program.blocks_of(scope, kind);
        let names: Vec<&str> =
            blocks.iter().map(|index| self.program.blocks[*index].name.text.as_str()).collect();
        let near = crate::problem::nearest(text, names.iter().copied());
        let declared = near.first().and_then(|near| self.program.block(scope, kind, near));
        let declared = declared.map(|index| self.program.blocks[index].name.span);
        self.bad(problem::unknown_member((kind, text), name.span, &near, declared, &names), at)
    }

    /// What a tenant or a module lets others read.
    fn of_scope(&mut self, scope: ScopeId, of: &Address, name: &Name, at: Span) -> Option<Val> {
        let text = name.text.as_str();
        let there = &self.program.scopes[scope];
        if let Some(index) = there.outputs.get(text).copied() {
            return Some(self.output_value(index));
        }
        let inside = text == "secret" || text == "app" || kinds::find(text).is_some();
        let node = self.by_address.get(of).copied();
        let field = node.is_some_and(|node| {
            self.nodes[node].kind.schema().field(text).is_some() || text == "apps"
        });
        if inside && !field {
            let declared = self.program.opens.iter().find(|it| it.name.text == of.name());
            let declared = declared.map_or(at, |it| it.span);
            let of = (of.as_str(), declared);
            return Some(self.bad(scopes::inside_of(text, at, of), at));
        }
        if node.is_some() {
            return None;
        }
        let outputs: Vec<&str> = there.outputs.keys().copied().collect();
        let near = crate::problem::nearest(text, outputs.iter().copied());
        let problem = scopes::no_output(text, name.span, of.as_str(), &near, &outputs);
        Some(self.bad(problem, at))
    }

    /// An attribute of a value.
    fn attribute(
        &mut self,
        value: &Val,
        name: &Name,
        name_at: Span,
        base_at: Span,
        at: Span,
        missing: Missing,
    ) -> Val {
        match &value.data {
            Data::Map(map) => match map.get(&Key::Text(name.text.as_str().into())) {
                Some(found) => refers_here(found.clone(), at),
                None if missing != Missing::IsWrong => Val::new(Data::Null, at),
                None => {
                    let keys = map.keys().map(key_text).collect::<Vec<_>>();
                    self.bad(types::no_entry(&name.text, name_at, &keys, value.origin), at)
                }
            },
            Data::Ref(address) => {
                if let Some(scope) = self.scope_of.get(address).copied()
                    && let Some(value) = self.of_scope(scope, address, name, at)
                {
                    return refers_here(value, at);
                }
                match self.by_address.get(address).copied() {
                    Some(node) => refers_here(self.read(node, &name.text, name_at, at), at),
                    None => Val::new(Data::Bad, at),
                }
            }
            Data::Null if missing != Missing::IsWrong => Val::new(Data::Null, at),
            Data::Null => {
                let text = format!("cannot read `{}` of null", name.text);
                self.bad(types::may_be_null(base_at, &text), at)
            }
            Data::Late(late) | Data::Unknown(late) => {
                let what = format!("{}.{}", late.what, name.text);
                Val::new(Data::Unknown(Arc::new(Late { of: late.of.clone(), what })), at)
            }
            Data::Bad => Val::new(Data::Bad, at),
            // A schema asks like this whether a field holds a resource or a word.
            _ if missing == Missing::InSchema => Val::new(Data::Null, at),
            other => {
                let noun = other.noun();
                self.bad(types::no_attributes(&name.text, name_at, noun), at)
            }
        }
    }

    /// `base[index]`.
    pub fn index(&mut self, base: &'t Expr, index: &'t Expr, env: &Env<'t>, at: Span) -> Val {
        let (value, index_value) = (self.eval(base, env), self.eval(index, env));
        let place = env.place(index.span);
        match (&value.data, &index_value.data) {
            (Data::Bad, _) | (_, Data::Bad) => Val::new(Data::Bad, at),
            (Data::Late(late) | Data::Unknown(late), _)
            | (_, Data::Late(late) | Data::Unknown(late)) => {
                Val::new(Data::Unknown(late.clone()), at)
            }
            (Data::Null, _) => {
                let problem = types::may_be_null(env.place(base.span), "null has no elements");
                self.bad(problem, at)
            }
            (Data::List(list), Data::Int(number)) => {
                let found = usize::try_from(*number).ok().and_then(|index| list.get(index));
                match found {
                    Some(found) => refers_here(found.clone(), at),
                    None => self.bad(types::no_element(place, *number, list.len()), at),
                }
            }
            (Data::Map(map), _) => {
                let Some(key) = self.key(&index_value, place) else {
                    return Val::new(Data::Bad, at);
                };
                match map.get(&key) {
                    Some(found) => refers_here(found.clone(), at),
                    None => {
                        let keys = map.keys().map(key_text).collect::<Vec<_>>();
                        self.bad(types::no_entry(&key_text(&key), place, &keys, value.origin), at)
                    }
                }
            }
            (Data::Ref(address), Data::Str(name)) => match self.by_address.get(address) {
                Some(node) => refers_here(self.read(*node, name, place, at), at),
                None => Val::new(Data::Bad, at),
            },
            (other, index) => {
                let (other, index) = (other.noun(), index.noun());
                self.bad(types::wrong_index(place, other, index), at)
            }
        }
    }
}

/// A reference stands where it is written, and so does a secret; other values where they were
/// made.
fn refers_here(value: Val, at: Span) -> Val {
    match &value.data {
        Data::Text(text) if is_one_secret(text) => Val { origin: at, ..value },
        Data::Ref(_) | Data::Late(_) | Data::Null => Val { origin: at, ..value },
        _ => value,
    }
}

fn is_one_secret(text: &Text) -> bool {
    matches!(text.pieces(), [Piece::Secret { .. }])
}

fn opens_word(word: &str) -> &'static str {
    if word == "tenant" { "tenant" } else { "module" }
}

fn key_text(key: &Key) -> String {
    match key {
        Key::Text(text) => text.to_string(),
        Key::Int(number) => number.to_string(),
    }
}
