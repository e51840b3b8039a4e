//! `for`, `by` and `if` of a block: which instances there are, and what each one sees.

use std::collections::BTreeSet;

use crate::lower::compile;
use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::scope::Header;
use crate::lower::value::{Data, Val};
use crate::model::Key;
use crate::problem::{lower as problem, names, types};
use crate::source::Span;
use crate::syntax::tree::{Expr, For};

/// What the keys of instances are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// They are in addresses.
    Name,
    /// Nothing is named after them.
    Count,
}

/// What a header makes of its block.
pub(super) enum Expansion<'t> {
    /// The block itself.
    One(Env<'t>),
    /// Nothing: its condition is false.
    Absent,
    /// One for each key.
    Many(Vec<(Key, Env<'t>)>),
    /// Something that was reported.
    Bad,
}

impl<'t> Evaluator<'t> {
    /// Evaluates the header of a block.
    pub fn header(&mut self, header: Header<'t>, env: &Env<'t>) -> Expansion<'t> {
        match (header.each, header.condition) {
            (None, None) => Expansion::One(env.clone()),
            (None, Some(condition)) => match self.decided(condition, env) {
                Some(true) => Expansion::One(env.clone()),
                Some(false) => Expansion::Absent,
                None => Expansion::Bad,
            },
            (Some(each), condition) => self.each(each, condition, env, Keys::Name),
        }
    }

    /// Whether a condition of a header holds; it must be known.
    fn decided(&mut self, condition: &'t Expr, env: &Env<'t>) -> Option<bool> {
        let value = self.eval(condition, env);
        if let Data::Late(late) | Data::Unknown(late) = &value.data {
            let late = self.late_told(late);
            self.problems.push(problem::decided_late(env.place(condition.span), &late));
            return None;
        }
        self.bool(&value, env.place(condition.span))
    }

    /// The instances of a `for`, also of a secret.
    pub fn each(
        &mut self,
        each: &'t For,
        condition: Option<&'t Expr>,
        env: &Env<'t>,
        keys: Keys,
    ) -> Expansion<'t> {
        let over = self.eval(&each.over, env);
        let Some(elements) = self.elements(&over, env.place(each.over.span)) else {
            return Expansion::Bad;
        };
        let is_map = matches!(over.data, Data::Map(_));
        let (mut seen, mut instances, mut sound) = (BTreeSet::new(), Vec::new(), true);
        for (index, value) in elements {
            let inner = bound(&each.first.text, each.second.as_ref(), &index, &value, env);
            match condition.map(|condition| self.decided(condition, &inner)) {
                None | Some(Some(true)) => (),
                Some(Some(false)) => continue,
                Some(None) => return Expansion::Bad,
            }
            let key = match &each.by {
                Some(by) => {
                    let key = self.eval(by, &inner);
                    self.instance_key(&key, env.place(by.span))
                }
                None if is_map || keys == Keys::Count => Some(index),
                None => match &value.data {
                    Data::Str(text) => Some(Key::Text(text.clone())),
                    Data::Int(number) => Some(Key::Int(*number)),
                    // A resource is told from others by its address.
                    Data::Ref(address) => Some(Key::Text(address.as_str().into())),
                    Data::Bad => None,
                    Data::Late(_) | Data::Unknown(_) => self.instance_key(&value, each.over.span),
                    _ => {
                        let field = first_text_field(&value);
                        self.problems.push(problem::list_without_key(
                            env.place(each.over.span),
                            &each.first.text,
                            field.as_deref(),
                            value.data.noun(),
                            self.sources.text(each.over.span),
                        ));
                        return Expansion::Bad;
                    }
                },
            };
            match key {
                Some(key) if seen.insert(key.clone()) => instances.push((key, inner)),
                Some(key) => {
                    let at = each.by.as_ref().map_or(each.over.span, |by| by.span);
                    self.problems.push(names::key_twice(&key.to_string(), env.place(at)));
                    sound = false;
                }
                None => sound = false,
            }
        }
        if sound { Expansion::Many(instances) } else { Expansion::Bad }
    }

    /// The value of a key of an instance or a map: text or a whole number, known by now.
    pub fn instance_key(&mut self, value: &Val, at: Span) -> Option<Key> {
        match &value.data {
            Data::Late(late) | Data::Unknown(late) => {
                let late = self.late_told(late);
                self.problems.push(problem::key_late(at, &late));
                None
            }
            Data::Text(text) if text.has_secret() => {
                self.problems.push(problem::secret_key(at));
                None
            }
            Data::Text(text) => {
                let late = compile::late_in(text)?;
                let late = self.late_told(&late);
                self.problems.push(problem::key_late(at, &late));
                None
            }
            _ => self.key(value, at),
        }
    }

    /// The value as the key of a map.
    pub fn key(&mut self, value: &Val, at: Span) -> Option<Key> {
        let text = match &value.data {
            Data::Bad => return None,
            Data::Str(text) => return Some(Key::Text(text.clone())),
            Data::Int(number) => return Some(Key::Int(*number)),
            Data::Ip(it) => it.to_string(),
            Data::Cidr(it) => it.to_string(),
            Data::Port(number, protocol) => format!("{number}/{protocol}"),
            Data::Bool(it) => it.to_string(),
            Data::Ref(address) => address.to_string(),
            other => {
                self.problems.push(types::wrong_key(at, other.noun()));
                return None;
            }
        };
        Some(Key::Text(text.into()))
    }

    /// What a `for` goes through: each key or index with its value.
    pub fn elements(&mut self, over: &Val, at: Span) -> Option<Vec<(Key, Val)>> {
        match &over.data {
            Data::Map(map) => {
                Some(map.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
            }
            Data::List(list) => {
                let numbered = list.iter().zip(0..);
                Some(numbered.map(|(value, index)| (Key::Int(index), value.clone())).collect())
            }
            Data::Bad => None,
            Data::Late(late) | Data::Unknown(late) => {
                let late = self.late_told(late);
                self.problems.push(problem::key_late(at, &late));
                None
            }
            Data::Null => {
                self.problems.push(types::may_be_null(at, "cannot go through null"));
                None
            }
            other => {
                self.problems.push(types::not_a_collection(at, other.noun()));
                None
            }
        }
    }

    /// Whether a value is true; anything but a bool is a problem.
    pub fn bool(&mut self, value: &Val, at: Span) -> Option<bool> {
        match &value.data {
            Data::Bool(it) => Some(*it),
            Data::Bad => None,
            Data::Null => {
                self.problems.push(types::may_be_null(at, "this is null, not true or false"));
                None
            }
            Data::Text(text) if text.has_secret() => {
                let names: Vec<String> = text.secrets().map(|it| format!("`{it}`")).collect();
                self.problems.push(problem::secret_decides(at, &names.join(", ")));
                None
            }
            other => {
                self.problems.push(types::not_a_bool(at, other.noun()));
                None
            }
        }
    }
}

/// The loop variables of one element: with one name the value, with two the key and the value.
pub(super) fn bound<'t>(
    first: &'t str,
    second: Option<&'t crate::syntax::tree::Name>,
    index: &Key,
    value: &Val,
    env: &Env<'t>,
) -> Env<'t> {
    let Some(second) = second else { return env.with(first, value.clone()) };
    let key = match index {
        Key::Text(text) => Data::Str(text.clone()),
        Key::Int(number) => Data::Int(*number),
    };
    env.with(first, Val::new(key, value.origin)).with(&second.text, value.clone())
}

fn first_text_field(value: &Val) -> Option<String> {
    let Data::Map(map) = &value.data else { return None };
    let named = ["name", "id", "login", "key"].into_iter().find(|name| value.get(name).is_some());
    let first = map.iter().find_map(|(key, value)| match (key, &value.data) {
        (Key::Text(text), Data::Str(_)) => Some(text.to_string()),
        _ => None,
    });
    named.map(str::to_owned).or(first)
}
