//! Bodies and comprehensions as values: a body is an object, an object is a body.

use std::collections::BTreeMap;

use crate::lower::bounds::PARTS_MAX;
use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::headers::{Expansion, bound};
use crate::lower::scope::header;
use crate::lower::shape::{Entry, Shape};
use crate::lower::value::{Data, Val};
use crate::model::Key;
use crate::problem::{names as problem, types};
use crate::source::Span;
use crate::syntax::tree::{self, Body, Comprehension, Element, Expr, ItemKind};

impl<'t> Evaluator<'t> {
    /// The value of `{ … }`.
    pub fn object(&mut self, body: &'t Body, env: &Env<'t>) -> Val {
        let mut written = BTreeMap::new();
        let mut spread = BTreeMap::new();
        let mut shape = Shape::default();
        let mut sound = true;
        for item in &body.items {
            match &item.kind {
                ItemKind::Attribute(attribute) => {
                    let (key, at) = match &attribute.key {
                        tree::Key::Plain(name) => (Some(self.plain_key(name)), name.span),
                        tree::Key::Computed(expr) => {
                            let value = self.eval(expr, env);
                            (self.instance_key(&value, env.place(expr.span)), expr.span)
                        }
                    };
                    let value = self.eval(&attribute.value, env);
                    match key {
                        Some(key) => self.put(&mut written, key, value, env.place(at)),
                        None => sound = false,
                    }
                }
                ItemKind::Block(block) => shape.add(&block.kind.text, Entry::Block(block)),
                ItemKind::Spread(expr) => sound &= self.spread_into(&mut spread, expr, env),
                ItemKind::Comprehension(it) => match self.comprehension(it, env).data {
                    Data::Map(map) => {
                        spread.extend(map.iter().map(|(k, v)| (k.clone(), v.clone())));
                    }
                    _ => sound = false,
                },
                ItemKind::Bad => sound = false,
                ItemKind::Let(_)
                | ItemKind::Function(_)
                | ItemKind::Type(_)
                | ItemKind::Input(_)
                | ItemKind::Output(_)
                | ItemKind::Secret(_)
                | ItemKind::Require(_)
                | ItemKind::Import(_)
                | ItemKind::Use(_)
                | ItemKind::Module(_)
                | ItemKind::Moved(_)
                | ItemKind::Adopt(_)
                | ItemKind::Forget(_)
                | ItemKind::Mock(_)
                | ItemKind::Expect(_) => self.problems.push(problem::not_in_a_body(item.span)),
            }
        }
        for (name, entries) in shape.all() {
            if let Some(value) = self.entries_value(name, entries, env) {
                let at = env.place(entries[0].name_span());
                self.put(&mut written, Key::Text(name.into()), value, at);
            }
        }
        spread.extend(written);
        match sound {
            true => Val::map(spread, env.place(body.span)),
            false => Val::new(Data::Bad, env.place(body.span)),
        }
    }

    fn put(&mut self, map: &mut BTreeMap<Key, Val>, key: Key, value: Val, at: Span) {
        if let Some(first) = map.get(&key) {
            let name = match &key {
                Key::Text(text) => text.to_string(),
                Key::Int(number) => number.to_string(),
            };
            let twice = problem::declared_twice("attribute", &name, at, first.origin);
            self.problems.push(twice);
        } else {
            map.insert(key, value);
        }
    }

    /// A key as it is written: a number that is not in quotes stays one.
    fn plain_key(&self, name: &tree::Name) -> Key {
        match name.text.parse() {
            Ok(number) if self.sources.text(name.span) == name.text => Key::Int(number),
            _ => Key::Text(name.text.as_str().into()),
        }
    }

    /// Adds what `...expr` has; absent values say nothing.
    fn spread_into(
        &mut self,
        into: &mut BTreeMap<Key, Val>,
        expr: &'t Expr,
        env: &Env<'t>,
    ) -> bool {
        let value = self.eval(expr, env);
        match &value.data {
            Data::Map(map) => {
                if !self.bounds.spend_elements(map.len()) {
                    self.too_much(env.place(expr.span));
                    return false;
                }
                let present = map.iter().filter(|(_, value)| value.data != Data::Null);
                into.extend(present.map(|(key, value)| (key.clone(), value.clone())));
                true
            }
            Data::Null => true,
            Data::Bad => false,
            other => {
                let noun = other.noun();
                self.problems.push(types::cannot_spread(env.place(expr.span), "an object", noun));
                false
            }
        }
    }

    /// What is written under one name of a body; nothing if its conditions are false.
    pub fn entries_value(
        &mut self,
        name: &str,
        entries: &[Entry<'t>],
        env: &Env<'t>,
    ) -> Option<Val> {
        let at = env.place(entries.first()?.name_span());
        let mut plain: Option<Val> = None;
        let mut labelled = BTreeMap::new();
        for entry in entries {
            let here = env.place(entry.name_span());
            let value = match entry {
                Entry::Attribute(attribute) => Some(self.eval(&attribute.value, env)),
                Entry::Block(block) => match self.header(header(block), env) {
                    Expansion::Absent => None,
                    Expansion::Bad => Some(Val::new(Data::Bad, here)),
                    Expansion::One(inner) => {
                        let value = self.object(&block.body, &inner);
                        match block.labels.as_slice() {
                            [] => Some(value),
                            [label] => {
                                let key = Key::Text(label.text.as_str().into());
                                self.put(&mut labelled, key, value, env.place(label.span));
                                None
                            }
                            [..] => {
                                let labels = problem::wrong_labels(&block.kind.text, here);
                                Some(self.bad(labels, here))
                            }
                        }
                    }
                    Expansion::Many(instances) => {
                        for (key, inner) in instances {
                            let value = self.object(&block.body, &inner);
                            let key = match block.labels.first() {
                                Some(label) => Key::Text(format!("{}{key}", label.text).into()),
                                None => key,
                            };
                            self.put(&mut labelled, key, value, here);
                        }
                        None
                    }
                },
            };
            let Some(value) = value else { continue };
            match &plain {
                Some(first) => {
                    let first = first.origin;
                    let twice = problem::declared_twice("attribute", name, here, first);
                    self.problems.push(twice);
                }
                None => plain = Some(value),
            }
        }
        match (plain, labelled.is_empty()) {
            (plain, true) => plain,
            (None, false) => Some(Val::map(labelled, at)),
            (Some(first), false) => {
                let twice = problem::declared_twice("attribute", name, at, first.origin);
                Some(self.bad(twice, at))
            }
        }
    }

    /// The value of `[a, ...b]`.
    pub fn list(&mut self, elements: &'t [Element], env: &Env<'t>, at: Span) -> Val {
        let (mut values, mut sound) = (Vec::with_capacity(elements.len()), true);
        for element in elements {
            match element {
                Element::One(expr) => values.push(self.eval(expr, env)),
                Element::Spread(expr) => {
                    let value = self.eval(expr, env);
                    match &value.data {
                        Data::List(list) => {
                            if values.len() + list.len() > PARTS_MAX {
                                return self.too_large(at);
                            }
                            if !self.bounds.spend_elements(list.len()) {
                                return self.too_much(at);
                            }
                            values.extend(list.iter().cloned());
                        }
                        Data::Null => (),
                        Data::Bad => sound = false,
                        other => {
                            let at = env.place(expr.span);
                            let problem = types::cannot_spread(at, "a list", other.noun());
                            self.problems.push(problem);
                            sound = false;
                        }
                    }
                }
            }
        }
        match sound {
            true => Val::list(values, at),
            false => Val::new(Data::Bad, at),
        }
    }

    /// The value of `for … : …`: a list, or a map if it has a key.
    pub fn comprehension(&mut self, it: &'t Comprehension, env: &Env<'t>) -> Val {
        let at = env.place(it.span);
        let bad = Val::new(Data::Bad, at);
        let over = self.eval(&it.over, env);
        let Some(elements) = self.elements(&over, env.place(it.over.span)) else { return bad };
        let (mut list, mut map) = (Vec::new(), BTreeMap::<Key, Val>::new());
        let mut groups = BTreeMap::<Key, Vec<Val>>::new();
        for (index, element) in elements {
            let inner = bound(&it.first.text, it.second.as_ref(), &index, &element, env);
            if let Some(condition) = &it.condition {
                match self.kept(condition, &inner) {
                    Some(true) => (),
                    Some(false) => continue,
                    None => return bad,
                }
            }
            let Some(key) = &it.key else {
                list.push(self.eval(&it.value, &inner));
                continue;
            };
            let key_value = self.eval(key, &inner);
            let key_at = env.place(key.span);
            let Some(key) = self.instance_key(&key_value, key_at) else { return bad };
            let value = self.eval(&it.value, &inner);
            if it.grouped {
                groups.entry(key).or_default().push(value);
            } else if map.insert(key.clone(), value).is_some() {
                return self.bad(problem::key_twice(&key.to_string(), key_at), at);
            }
        }
        match (&it.key, it.grouped) {
            (None, _) => Val::list(list, at),
            (Some(_), false) => Val::map(map, at),
            (Some(_), true) => {
                let lists = groups.into_iter().map(|(key, list)| (key, Val::list(list, at)));
                Val::map(lists.collect(), at)
            }
        }
    }

    fn kept(&mut self, condition: &'t Expr, env: &Env<'t>) -> Option<bool> {
        let value = self.eval(condition, env);
        let at = env.place(condition.span);
        if let Data::Late(late) | Data::Unknown(late) = &value.data {
            let late = self.late_told(late);
            self.problems.push(crate::problem::lower::decided_late(at, &late));
            return None;
        }
        self.bool(&value, at)
    }
}
