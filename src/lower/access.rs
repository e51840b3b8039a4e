//! Names, attributes and elements: how an expression reaches a value that is declared elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kinds;
use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::expressions::Missing;
use crate::lower::scope::{Named, unknown_kind};
use crate::lower::value::{Data, Val};
use crate::model::{Key, Late, Piece, Text};
use crate::problem::{names as problem, types};
use crate::source::Span;
use crate::syntax::tree::{Expr, ExprKind, Name};

impl<'t> Evaluator<'t> {
    /// The value of a bare name: innermost first, kinds last.
    pub fn name(&mut self, name: &'t str, env: &Env<'t>, at: Span) -> Val {
        if let Some(value) = env.get(name) {
            return value.clone();
        }
        match (self.module.names.get(name), name) {
            (Some(Named::Let(index)), _) => self.let_value(*index),
            (Some(Named::Input(index)), _) => self.input_value(*index),
            (None, "self") if env.here.is_some() => {
                env.here.map_or(Val::new(Data::Bad, at), |here| self.reference(here, at))
            }
            (None, "owner") if env.here.is_some() => self.owner(env, at),
            (None, "secret") => self.every_secret(at),
            (None, _) => match kinds::find(name) {
                Some(kind) => self.whole_kind(kind.schema().kind, at),
                None => self.unknown_name(name, env, at),
            },
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
        let bare = self.module.names.keys().copied().chain(env.names());
        let kinds = kinds::all().keys().copied();
        let special = ["self", "secret", "all"];
        let all: Vec<&str> = bare.chain(kinds).chain(special).collect();
        let near = crate::problem::nearest(name, all);
        let is_function = self.module.functions.contains_key(name);
        self.bad(problem::unknown_name(name, at, &near, is_function), at)
    }

    /// Every resource of a kind in this module, by name.
    fn whole_kind(&mut self, kind: &'static str, at: Span) -> Val {
        let blocks = self.module.by_kind.get(kind).cloned().unwrap_or_default();
        let mut map = BTreeMap::new();
        for index in blocks {
            let name = self.module.blocks[index].name.text.as_str();
            map.insert(Key::Text(name.into()), self.block_instances(index).value);
        }
        Val::map(map, at)
    }

    fn every_secret(&mut self, at: Span) -> Val {
        let mut map = BTreeMap::new();
        for index in 0..self.module.secrets.len() {
            let name = self.module.secrets[index].name.text.as_str();
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
            && !self.module.names.contains_key(word.as_str())
            && let Some(value) = self.member(word, name, env, at)
        {
            return value;
        }
        let value = self.eval(base, env);
        let place = env.place(base.span);
        self.attribute(&value, name, env.place(name.span), place, at, missing)
    }

    /// `container.web`, `secret.pve`, `all.app`; nothing if the word is none of these.
    fn member(&mut self, word: &str, name: &'t Name, env: &Env<'t>, at: Span) -> Option<Val> {
        let text = name.text.as_str();
        match word {
            "self" | "owner" if env.here.is_some() => None,
            "secret" => Some(match self.module.secret(text) {
                Some(index) => refers_here(self.secret_value(index), at),
                None => {
                    let near = crate::problem::nearest(text, self.module.secret_names());
                    self.bad(problem::unknown_member("secret", text, name.span, &near, &[]), at)
                }
            }),
            "all" => Some(match kinds::find(text).filter(|_| text != "secret") {
                Some(kind) => self.all_of(kind.schema().kind, at),
                None => self.bad(unknown_kind(name), at),
            }),
            "var" | "local" | "each" | "data" | "module" | "tenant" => {
                Some(self.bad(problem::foreign_scope(word, text, at), at))
            }
            _ => {
                let kind = kinds::find(word)?.schema().kind;
                let Some(index) = self.module.by_name.get(&(kind, text)).copied() else {
                    return Some(self.unknown_resource(kind, name, at));
                };
                let value = self.block_instances(index).value;
                Some(refers_here(value, at))
            }
        }
    }

    fn unknown_resource(&mut self, kind: &'static str, name: &'t Name, at: Span) -> Val {
        let blocks = self.module.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        let names: Vec<&str> =
            blocks.iter().map(|index| self.module.blocks[*index].name.text.as_str()).collect();
        let near = crate::problem::nearest(&name.text, names.iter().copied());
        self.bad(problem::unknown_member(kind, &name.text, name.span, &near, &names), at)
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
            Data::Ref(address) => match self.by_address.get(address).copied() {
                Some(node) => refers_here(self.read(node, &name.text, name_at, at), at),
                None => Val::new(Data::Bad, at),
            },
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

fn key_text(key: &Key) -> String {
    match key {
        Key::Text(text) => text.to_string(),
        Key::Int(number) => number.to_string(),
    }
}
