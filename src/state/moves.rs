//! Objects that stand for another address than before, and which object a mark speaks of.

use std::collections::{BTreeMap, BTreeSet};

use crate::lower::Intent;
use crate::model::{Address, ObjectId, Ref, Value};
use crate::state::{Record, State};

/// The objects of a state that were made under another address than they stand for.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// By what they were made as.
    objects: BTreeMap<ObjectId, ObjectId>,
    /// The newest generation of each address that a guest has which may still appear.
    abandoned: BTreeMap<Address, u32>,
}

impl Origins {
    /// The object of a state that a mark speaks of, whatever that stands for by now.
    pub fn find<'a>(&'a self, state: &'a State, mark: &ObjectId) -> Option<&'a ObjectId> {
        let origin = mark.origin();
        let moved = self.objects.get(&origin);
        moved.or_else(|| state.records.get_key_value(&origin).map(|(id, _)| id))
    }

    /// The next object of an address. Its marks, files and services have a name that nothing else
    /// has, even if what they would be called stands for another address by now.
    pub fn next(
        &self,
        address: &Address,
        latest: Option<&ObjectId>,
        is_taken: impl Fn(&Address) -> bool,
    ) -> ObjectId {
        let abandoned = self.abandoned.get(address).copied().unwrap_or_default();
        let generation = latest.map_or(0, |id| id.generation).max(abandoned) + 1;
        let first = ObjectId::new(address.clone(), 0);
        let last = ObjectId::new(address.clone(), u32::MAX);
        let others = || self.objects.range(&first..=&last).filter(|(_, id)| id.address != *address);
        let Some((newest, _)) = others().next_back() else {
            return ObjectId::new(address.clone(), generation);
        };
        let used = |name: &Address| {
            let first = ObjectId::new(name.clone(), 0);
            let last = ObjectId::new(name.clone(), u32::MAX);
            is_taken(name) || self.objects.range(first..=last).next().is_some()
        };
        let names = (2..).map(|number| {
            let name = format!("{}_{number}", address.name());
            Address::new(address.parent().as_ref(), address.kind(), &name, address.key().as_ref())
        });
        let made_as = names.into_iter().find(|name| !used(name));
        let generation = generation.max(newest.generation + 1);
        ObjectId { address: address.clone(), generation, made_as }
    }
}

impl State {
    /// What was made under another address than it stands for.
    pub fn origins(&self) -> Origins {
        let moved = self.records.keys().filter(|id| id.made_as.is_some());
        let objects = moved.map(|id| (id.origin(), id.clone())).collect();
        let mut abandoned: BTreeMap<Address, u32> = BTreeMap::new();
        for it in &self.abandoned {
            let newest = abandoned.entry(it.id.address.clone()).or_default();
            *newest = (*newest).max(it.id.generation);
        }
        Origins { objects, abandoned }
    }

    /// Lets objects stand for other addresses, in whatever refers to them too.
    pub fn rename(&mut self, objects: &[(ObjectId, ObjectId)]) {
        if objects.is_empty() {
            return;
        }
        let names = Names::of(objects);
        let records = std::mem::take(&mut self.records);
        let renamed = |(id, record): (ObjectId, Record)| match names.objects.get(&id) {
            Some(new) => {
                let moved_from = record.moved_from.clone().unwrap_or(id.address);
                let moved_from = Some(moved_from).filter(|it| *it != new.address);
                ((*new).clone(), Record { moved_from, ..record })
            }
            None => (id, record),
        };
        self.records = records.into_iter().map(renamed).collect();
        for record in self.records.values_mut() {
            rename_in(&mut record.intent, &names);
            record.begun.iter_mut().for_each(|(_, intent)| rename_in(intent, &names));
        }
        for output in self.outputs.values_mut() {
            *output = renamed_value(output, &names);
        }
    }
}

/// What objects are called now, and the secrets that are theirs.
struct Names<'a> {
    objects: BTreeMap<&'a ObjectId, &'a ObjectId>,
    addresses: BTreeMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    fn of(objects: &'a [(ObjectId, ObjectId)]) -> Names<'a> {
        let address =
            |(from, to): &'a (ObjectId, ObjectId)| (from.address.as_str(), to.address.as_str());
        Names {
            objects: objects.iter().map(|(from, to)| (from, to)).collect(),
            addresses: objects.iter().map(address).collect(),
        }
    }

    /// The name of a secret; one that follows from others has their names in it.
    fn secret(&self, name: &str) -> String {
        let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/');
        if let Some(new) = self.whole(name) {
            return new;
        }
        let mut out = String::with_capacity(name.len());
        let mut rest = name;
        while let Some(first) = rest.chars().next() {
            let end = match inside(first) {
                true => rest.find(|c| !inside(c)).unwrap_or(rest.len()),
                false => first.len_utf8(),
            };
            let (word, behind) = rest.split_at(end);
            out.push_str(&self.whole(word).unwrap_or_else(|| word.to_owned()));
            rest = behind;
        }
        out
    }

    /// `secret.db`, or `app.blog/db.main.made_password`: the object with what is made for it.
    fn whole(&self, name: &str) -> Option<String> {
        if let Some(new) = self.addresses.get(name) {
            return Some((*new).to_owned());
        }
        let (of, reading) = name.rsplit_once('.')?;
        self.addresses.get(of).map(|new| format!("{new}.{reading}"))
    }
}

fn rename_in(intent: &mut Intent, names: &Names<'_>) {
    intent.spec = renamed_value(&intent.spec, names);
    let after: BTreeSet<Ref> = std::mem::take(&mut intent.after);
    let renamed = |it: Ref| match &it {
        Ref::Object(id) => {
            names.objects.get(id).map(|new| Ref::Object((*new).clone())).unwrap_or(it)
        }
        Ref::Address(_) => it,
    };
    intent.after = after.into_iter().map(renamed).collect();
    let fingerprints = std::mem::take(&mut intent.fingerprints).into_iter();
    intent.fingerprints = fingerprints.map(|(secret, it)| (names.secret(&secret), it)).collect();
}

fn renamed_value(value: &Value, names: &Names<'_>) -> Value {
    match value {
        Value::Object(map) => {
            if let Some(target) = map.get("$ref").and_then(Value::as_str) {
                let new = ObjectId::parse(target).and_then(|id| names.objects.get(&id).copied());
                return match new {
                    Some(new) => [("$ref", Value::from(new.to_string()))].into_iter().collect(),
                    None => value.clone(),
                };
            }
            let field = |(name, value)| match (name, Value::as_str(value)) {
                ("$secret" | "$revealed", Some(secret)) => {
                    (name, Value::from(names.secret(secret)))
                }
                _ => (name, renamed_value(value, names)),
            };
            map.iter().map(field).collect()
        }
        Value::Array(list) => list.iter().map(|value| renamed_value(value, names)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
