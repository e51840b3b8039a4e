//! A resource as a whole: its spec as JSON, what it waits for, and everything wrong with its block.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::kinds::{Around as _, Source};
use crate::lower::evaluator::{Evaluator, Slot, Stage, StageName, Touched};
use crate::lower::fields::is_facet_word;
use crate::lower::nodes::{Node, NodeId};
use crate::lower::reads::Surroundings;
use crate::lower::shape::{Entry, Shape};
use crate::lower::value::{Data, Val};
use crate::lower::{Intent, Resource};
use crate::model::{Address, Key, Object, Ref, Text, Value};
use crate::problem::{Level, lower, names, scopes, types};
use crate::schema::Need;
use crate::source::Span;

/// Attributes that every kind has.
const COMMON: [&str; 4] = ["doc", "after", "lifecycle", "drift"];

/// What only apps may say beyond their fields: what they are made from, and how they run.
const OF_APPS: [&str; 3] = ["service", "options", "runtime"];

/// One resource waits for another.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// Who waits.
    pub from: NodeId,
    /// For whom.
    pub to: NodeId,
    /// Where that is written.
    pub span: Span,
}

/// A finished resource, and what later checks want to know of it.
pub(super) struct Finished {
    /// The resource.
    pub resource: Resource,
    /// What it waits for.
    pub edges: Vec<Edge>,
    /// The secrets in its spec.
    pub secrets: BTreeSet<String>,
}

/// A spec as JSON, what its fields touched, and what is in it.
#[derive(Clone, Default)]
pub(super) struct Spec {
    json: Value,
    /// The kind's own code has filled it in.
    complete: bool,
    writing: Writing,
    touched: Touched,
}

/// JSON being written.
#[derive(Clone, Default)]
struct Writing {
    path: String,
    /// The manifest says something about this field.
    written: bool,
    /// Some value in it was reported already.
    broken: bool,
    refs: Vec<(Address, Span)>,
    secrets: BTreeSet<String>,
    origins: Vec<(Box<str>, Span)>,
}

impl Writing {
    /// The value as the Rust type of its field reads it; `base` is the place of what nobody wrote.
    fn json(&mut self, value: &Val, base: Span) -> Option<Value> {
        let json = match &value.data {
            Data::Map(map) => {
                let mut object = Object::default();
                for (key, value) in map.iter() {
                    let name = super::fit::plain(key);
                    if let Some(json) = self.below(&name, value, base) {
                        object.insert(&name, json);
                    }
                }
                return Some(Value::Object(object));
            }
            Data::List(list) => {
                let elements = list.iter().enumerate().map(|(index, value)| {
                    self.below(&index.to_string(), value, base).unwrap_or(Value::Null)
                });
                return Some(Value::Array(elements.collect()));
            }
            Data::Null => return None,
            Data::Bad | Data::Late(_) | Data::Unknown(_) => {
                self.broken = true;
                return None;
            }
            Data::Bool(it) => Value::Bool(*it),
            Data::Int(it) => Value::from(*it),
            Data::Float(it) => Value::from(*it),
            Data::Size(it) | Data::Duration(it) => Value::from(*it),
            Data::Ip(it) => Value::from(it.to_string()),
            Data::Cidr(it) => Value::from(it.to_string()),
            Data::Port(number, protocol) => Value::from(format!("{number}/{protocol}")),
            Data::PortRange(it) => Value::from(it.to_string()),
            Data::Str(it) => Value::from(&**it),
            Data::Text(text) => {
                self.secrets.extend(text.secrets().map(str::to_owned));
                Value::of(text.as_ref()).unwrap_or(Value::Null)
            }
            Data::Ref(address) => {
                self.refs.push((address.clone(), value.origin));
                Value::of(&Ref::Address(address.clone())).unwrap_or(Value::Null)
            }
        };
        if self.written && value.origin != base {
            self.origins.push((self.path.as_str().into(), value.origin));
        }
        Some(json)
    }

    fn below(&mut self, name: &str, value: &Val, base: Span) -> Option<Value> {
        let length = self.path.len();
        if length > 0 {
            self.path.push('/');
        }
        self.path.push_str(name);
        let json = self.json(value, base);
        self.path.truncate(length);
        json
    }
}

impl<'t> Evaluator<'t> {
    /// Computes the spec of a node, and all that can be wrong with its block.
    pub fn prepare(&mut self, id: NodeId) {
        let node = Rc::clone(&self.nodes[id]);
        self.service_inputs_of(id);
        self.spec(&node);
        self.register_secrets(&node);
        self.requirements(&node);
    }

    /// A prepared node as a whole. Its spec is handed over: nobody can ask for it any more.
    pub fn finish(&mut self, id: NodeId) -> Finished {
        let node = Rc::clone(&self.nodes[id]);
        let spec = match std::mem::take(&mut self.specs[id]) {
            Slot::Done(spec, _) => Rc::unwrap_or_clone(spec),
            Slot::Empty | Slot::Running => Spec::default(),
        };
        self.assemble(&node, spec)
    }

    /// A field that the kind's own code fills in; null until it can.
    pub fn computed(&mut self, node: &Rc<Node<'t>>, name: &str) -> Val {
        // Reading it waits for nothing: it is known as soon as the spec is.
        let (spec, _) = self.watched(|this| this.spec(node));
        match (spec.complete, spec.json.get(name)) {
            (false, _) => Val::new(Data::Bad, node.span),
            (true, Some(json)) => from_json(json, node.span),
            (true, None) => Val::new(Data::Null, node.span),
        }
    }

    /// What follows from a spec once the kind's own code has completed it.
    pub fn of_spec(&mut self, node: &Rc<Node<'t>>, read: fn(&Value) -> Value) -> Val {
        let (spec, _) = self.watched(|this| this.spec(node));
        match spec.complete {
            true => from_json(&read(&spec.json), node.span),
            false => Val::new(Data::Bad, node.span),
        }
    }

    fn spec(&mut self, node: &Rc<Node<'t>>) -> Rc<Spec> {
        let id = node.id;
        let stage = Stage { what: StageName::Spec(id), span: node.span };
        self.once(
            |this| &mut this.specs[id],
            stage,
            Rc::default(),
            |this| Rc::new(this.make_spec(node)),
        )
    }

    fn make_spec(&mut self, node: &Rc<Node<'t>>) -> Spec {
        let id = node.id;
        let mut writing = Writing::default();
        let mut spec = Object::default();
        let sound = self.check_names(node);
        let (absent, touched) = self.watched(|this| {
            let mut absent = Vec::new();
            for (index, field) in node.kind.schema().fields.iter().enumerate() {
                let value = this.field(id, index);
                let missing = matches!(field.need, Need::Required)
                    && matches!(value.data, Data::Bad)
                    && value.origin == node.span
                    && !node.written[index];
                if missing {
                    absent.push((field.name, field.ty.expected()));
                }
                writing.written = node.written[index];
                if this.copied(&value, value.origin).is_some()
                    && let Some(json) = writing.below(field.name, &value, node.span)
                {
                    spec.insert(field.name, json);
                }
            }
            absent
        });
        // Of an app whose service is not known nothing can be said.
        let known = !self.unserved.contains(&id);
        if !absent.is_empty() && known {
            let mut problem = types::missing(&format!("`{}`", node.address), node.span, &absent);
            if node.service.is_some() && absent.iter().any(|(name, _)| *name == "on") {
                problem = scopes::place_of_app(problem, node.address.name());
            }
            self.problems.push(problem);
        }
        let sound = sound && known && self.check_groups(node);
        let sound = sound && self.add_outputs(node, &mut spec, &mut writing.origins);
        let complete = sound && absent.is_empty() && !writing.broken;
        let mut json = Value::Object(spec);
        if complete {
            self.complete(node, &mut json, &writing);
        }
        Spec { json, complete, writing, touched }
    }

    fn assemble(&mut self, node: &Rc<Node<'t>>, spec: Spec) -> Finished {
        let Spec { json, writing, touched, .. } = spec;
        let Writing { refs, mut origins, secrets, .. } = writing;
        let common = self.common(node);
        let id = node.id;
        let family = |other: NodeId| {
            other == id || node.owner == Some(other) || self.nodes[other].owner == Some(id)
        };
        let place = |(to, span): &(Address, Span)| Some((*self.by_address.get(to)?, *span));
        let referred: BTreeMap<NodeId, Span> =
            refs.iter().filter_map(place).filter(|(to, _)| !family(*to)).collect();
        let touched = touched.into_iter().filter(|(to, _)| !family(*to));
        let touched: Vec<(NodeId, Span)> = touched.collect();
        let late = touched.iter().filter(|(to, _)| !referred.contains_key(to));
        let mut after: BTreeSet<Ref> =
            late.map(|(to, _)| Ref::Address(self.nodes[*to].address.clone())).collect();
        after.extend(common.after.iter().map(|(to, _)| Ref::Address(to.clone())));
        let asked = common.after.iter().filter_map(place);
        let waits = referred.into_iter().chain(touched).chain(asked);
        let edges = waits.map(|(to, span)| Edge { from: id, to, span }).collect();
        origins.sort();
        let doc = common.doc.or_else(|| node.doc.map(str::to_owned));
        let lifecycle = common.lifecycle;
        let intent = Intent { spec: json, after, lifecycle, ..Intent::default() };
        let resource = Resource { intent, origins, span: node.span, doc };
        Finished { resource, edges, secrets }
    }

    /// Reports attributes that the kind does not have, and those that cannot be written.
    fn check_names(&mut self, node: &Rc<Node<'t>>) -> bool {
        let (schema, traits) = (node.kind.schema(), node.kind.traits());
        let (mut unknown, mut sound) = (Vec::new(), true);
        let mut names: Vec<(String, Span)> = Vec::new();
        for layer in &node.layers {
            let entries = layer.shape.all();
            names.extend(entries.map(|(name, entries)| (name.to_owned(), entries[0].name_span())));
            for expr in layer.shape.spreads.clone() {
                let spread = self.eval(expr, &layer.env);
                match &spread.data {
                    Data::Map(map) => names.extend(map.iter().filter_map(|(key, value)| {
                        let Key::Text(name) = key else { return None };
                        (value.data != Data::Null).then(|| (name.to_string(), value.origin))
                    })),
                    Data::Bad | Data::Null => (),
                    other => {
                        let problem = types::cannot_spread(expr.span, "an object", other.noun());
                        self.problems.push(problem);
                    }
                }
            }
        }
        for (name, at) in names {
            let known = COMMON.contains(&name.as_str())
                || traits.facets.contains(&name.as_str())
                || (schema.kind == "app" && OF_APPS.contains(&name.as_str()));
            match schema.field(&name) {
                Some(field) if !field.writable() => {
                    let all: Vec<&str> = schema.fields.iter().map(|field| field.name).collect();
                    self.problems.push(names::not_writable(field.name, at, &all));
                    sound = false;
                }
                Some(_) => (),
                None if known => (),
                None if is_facet_word(&name) => {
                    let what = format!("`{name}` in `{}`", schema.kind);
                    self.problems.push(names::not_supported(at, &what, ""));
                    sound = false;
                }
                None => unknown.push((name, at)),
            }
        }
        if !unknown.is_empty() {
            let writable = schema.fields.iter().filter(|field| field.writable());
            let all: Vec<&str> =
                writable.map(|field| field.name).chain(traits.facets.iter().copied()).collect();
            let what = format!("`{}`", schema.kind);
            let problem = names::unknown_attributes(&what, Some(schema.kind), &unknown, &all);
            self.problems.push(problem);
            sound = false;
        }
        sound
    }

    /// Of some groups of fields exactly one must be there.
    fn check_groups(&mut self, node: &Rc<Node<'t>>) -> bool {
        let schema = node.kind.schema();
        let mut sound = true;
        for group in node.kind.traits().one_of {
            let mut present = Vec::new();
            for name in *group {
                let Some(index) = schema.fields.iter().position(|field| field.name == *name) else {
                    continue;
                };
                if self.field(node.id, index).data != Data::Null {
                    let entries = node.layers[0].shape.entries(name);
                    let at = entries.first().map_or(node.span, Entry::name_span);
                    present.push((*name, at));
                }
            }
            if present.len() != 1 {
                let problem = types::not_exactly_one(schema.kind, group, &present, node.span);
                self.problems.push(problem);
                sound = false;
            }
        }
        sound
    }

    /// Lets the kind's own code fill in what follows from files, and say what cannot work.
    fn complete(&mut self, node: &Rc<Node<'t>>, spec: &mut Value, writing: &Writing) {
        let mut origins = writing.origins.clone();
        origins.sort();
        let (files, sources) = (self.files, self.sources);
        let shapes: Vec<&Shape<'_>> = node.layers.iter().map(|layer| &*layer.shape).collect();
        let (origins, shapes, span) = (origins.as_slice(), shapes.as_slice(), node.span);
        let around = Surroundings { files, sources, origins, shapes, span };
        let (objections, problems) = node.kind.complete(spec, &around);
        self.problems.extend(problems);
        for objection in objections {
            self.problems.push(lower::objection(
                node.address.as_str(),
                &objection.message,
                &objection.help,
                around.place(&objection.field),
            ));
        }
    }

    fn register_secrets(&mut self, node: &Rc<Node<'t>>) {
        for reading in &node.kind.traits().readings {
            if matches!(reading.from, Source::Secret) {
                self.made_secret(node, reading.name);
            }
        }
    }

    fn requirements(&mut self, node: &Rc<Node<'t>>) {
        for layer in &node.layers {
            for require in &layer.shape.requires {
                self.require(require, &layer.env, Level::Error, Some(node.span));
            }
        }
    }
}

/// The value that a field's JSON stands for.
pub(super) fn from_json(json: &Value, at: Span) -> Val {
    let data = match json {
        Value::Null => Data::Null,
        Value::Bool(it) => Data::Bool(*it),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Data::Int(whole),
            (None, Some(float)) => Data::Float(float),
            (None, None) => Data::Null,
        },
        Value::String(text) => Data::Str((&**text).into()),
        Value::Array(list) => {
            return Val::list(list.iter().map(|json| from_json(json, at)).collect(), at);
        }
        Value::Object(map) => {
            if let Ok(text) = json.read::<Text>() {
                return Val::new(Data::Text(text.into()), at);
            }
            let entries = map.iter();
            let entries = entries.map(|(key, json)| (Key::Text(key.into()), from_json(json, at)));
            return Val::map(entries.collect(), at);
        }
    };
    Val::new(data, at)
}
