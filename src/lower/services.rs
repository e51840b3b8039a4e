//! Services and tenants: what an app takes from a catalogue, and what from the tenant around it.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::lower::card;
use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Slot, Stage, StageName};
use crate::lower::nodes::{Layer, Node, NodeId, Role, written};
use crate::lower::shape::Shape;
use crate::lower::value::{Data, Val};
use crate::model::{Address, Key};
use crate::problem::{names as problem, scopes, types};
use crate::runtimes;
use crate::source::Span;
use crate::syntax::tree::{Input, ItemKind, Use};

/// What a tenant says for resources in it that do not say it themselves: the kind, its attribute,
/// and the tenant's.
const FROM_TENANT: [(&str, &str, &str); 2] = [("app", "on", "on"), ("tile", "on", "dashboard")];

/// What an app takes from a service.
#[derive(Clone)]
pub(super) struct Instance<'t> {
    /// Which service, by its place.
    pub service: usize,
    /// What the service says about itself.
    card: Rc<Shape<'t>>,
    /// What the service's expressions see.
    env: Env<'t>,
    /// The values of its inputs.
    options: Options<'t>,
    /// How it runs.
    runtime: Option<&'static str>,
}

/// The values of a service's inputs.
#[derive(Clone)]
enum Options<'t> {
    /// The body of a `use`.
    Body(Layer<'t>),
    /// The attribute `options` of an app.
    Value(Val),
}

impl<'t> Evaluator<'t> {
    /// Gives an app what its service has, if it is made from one.
    pub fn serve(&mut self, app: NodeId, used: Option<&'t Use>) {
        let node = Rc::clone(&self.nodes[app]);
        let Some((service, options, at)) = self.chosen_service(&node, used) else {
            if used.is_some() {
                self.unserved.insert(app);
            }
            return;
        };
        let entry = self.program.services[service];
        let (card, apps) = match self.service_shapes.get(&service) {
            Some((card, apps)) => (Rc::clone(card), Rc::clone(apps)),
            None => {
                let shapes = self.sort_service(&entry.block.body);
                self.service_shapes.insert(service, shapes.clone());
                shapes
            }
        };
        let env = self.env_of(entry.scope).of_app(app);
        let mut layer = Layer::new(apps, env.clone(), Role::Service);
        let runtime = self.runtime(&node, &layer.shape, service, at);
        layer.hidden = runtimes::ALL.iter().copied().filter(|it| Some(*it) != runtime).collect();
        let mut layers = node.layers.clone();
        layers.insert(1, layer);
        let instance = Instance { service, card, env, options, runtime };
        self.unknown_options(&instance, &entry.name.text);
        let served = Node {
            id: app,
            address: node.address.clone(),
            kind: node.kind,
            written: written(node.kind, &layers),
            plain: node.plain,
            layers,
            owner: node.owner,
            scope: node.scope,
            service: Some(instance),
            span: node.span,
            doc: node.doc,
        };
        self.nodes[app] = Rc::new(served);
    }

    fn chosen_service(
        &mut self,
        node: &Rc<Node<'t>>,
        used: Option<&'t Use>,
    ) -> Option<(usize, Options<'t>, Span)> {
        if let Some(used) = used {
            let (first, last) = (used.path.first()?, used.path.last()?);
            let at = first.span.to(last.span);
            let Some(service) = self.program.service(node.scope, &used.path) else {
                let known = self.program.service_names(node.scope, &used.path);
                let near = crate::problem::nearest(&last.text, known.iter().copied());
                let path: Vec<&str> = used.path.iter().map(|name| name.text.as_str()).collect();
                self.problems.push(scopes::unknown_service(&path.join("."), at, &near, &known));
                return None;
            };
            let shape = used.body.as_ref().map(|body| self.shape(body)).unwrap_or_default();
            let layer = Layer::new(shape, node.layers[0].env.clone(), Role::Written);
            return Some((service, Options::Body(layer), at));
        }
        let value = node.layers.iter().find_map(|layer| self.layer_value(layer, "service"))?;
        let address = match &value.data {
            Data::Ref(address) if self.service_of.contains_key(address) => address,
            Data::Bad => return None,
            other => {
                self.problems.push(scopes::not_a_service(value.origin, other.noun()));
                return None;
            }
        };
        let service = self.service_of[address];
        let mut options = Val::map(BTreeMap::new(), value.origin);
        for layer in node.layers.clone() {
            if let Some(said) = self.layer_value(&layer, "options") {
                options = super::fields::merge(&options, &said);
            }
        }
        Some((service, Options::Value(options), value.origin))
    }

    /// How an app runs: as it says itself, as its tenant says, or the only way its service knows.
    fn runtime(
        &mut self,
        node: &Rc<Node<'t>>,
        service: &Rc<Shape<'t>>,
        index: usize,
        at: Span,
    ) -> Option<&'static str> {
        let known = |word: &str| runtimes::ALL.iter().copied().find(|it| *it == word);
        let offered: Vec<&'static str> =
            runtimes::ALL.iter().copied().filter(|it| !service.entries(it).is_empty()).collect();
        let written = &node.layers[0];
        if let Some(own) = runtimes::ALL.iter().find(|it| !written.entries(it).is_empty()) {
            return Some(own);
        }
        let said = node.layers.iter().find_map(|layer| self.layer_value(layer, "runtime"));
        let said = said.or_else(|| self.tenant_value(node.scope, "runtime", at));
        let wanted = match said.as_ref().map(|said| &said.data) {
            Some(Data::Str(word)) => match known(word) {
                Some(word) => word,
                None => {
                    let at = said.as_ref().map_or(at, |said| said.origin);
                    let near = crate::problem::nearest(word, runtimes::ALL.iter().copied());
                    let problem = types::not_a_choice(at, "runtime", word, runtimes::ALL, &near);
                    self.problems.push(problem);
                    return None;
                }
            },
            Some(_) => return None,
            None => return offered.first().copied(),
        };
        if !offered.contains(&wanted) {
            let name = self.program.services[index].name;
            self.problems.push(scopes::service_without_runtime(
                (&name.text, name.span),
                wanted,
                at,
                &offered,
            ));
            return None;
        }
        Some(wanted)
    }

    fn unknown_options(&mut self, instance: &Instance<'t>, service: &str) {
        let items = &self.program.services[instance.service].block.body.items;
        let inputs: Vec<&str> = items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Input(input) => Some(input.name.text.as_str()),
                _ => None,
            })
            .collect();
        let given: Vec<(String, Span)> = match &instance.options {
            Options::Body(layer) => {
                let all = layer.shape.all();
                all.map(|(name, said)| (name.to_owned(), said[0].name_span())).collect()
            }
            Options::Value(Val { data: Data::Map(map), .. }) => {
                map.iter().map(|(key, value)| (super::fit::plain(key), value.origin)).collect()
            }
            Options::Value(_) => Vec::new(),
        };
        let unknown: Vec<(String, Span)> =
            given.into_iter().filter(|(name, _)| !inputs.contains(&name.as_str())).collect();
        if !unknown.is_empty() {
            let what = format!("`service.{service}`");
            self.problems.push(problem::unknown_attributes(&what, None, &unknown, &inputs));
        }
    }

    /// The value of a name, if it is an input of the service whose expression this is.
    pub fn input_of_service(&mut self, name: &str, env: &Env<'t>) -> Option<Val> {
        let app = env.app?;
        let service = self.nodes[app].service.as_ref()?.service;
        let items = &self.program.services[service].block.body.items;
        let index = items.iter().position(|item| match &item.kind {
            ItemKind::Input(input) => input.name.text == name,
            _ => false,
        })?;
        Some(self.service_input(app, index))
    }

    /// Evaluates every input of an app's service, so that a missing one is told.
    pub fn service_inputs_of(&mut self, app: NodeId) {
        let Some(instance) = &self.nodes[app].service else { return };
        let count = self.program.services[instance.service].block.body.items.len();
        for index in 0..count {
            self.service_input(app, index);
        }
    }

    fn service_input(&mut self, app: NodeId, index: usize) -> Val {
        let node = Rc::clone(&self.nodes[app]);
        let at = node.span;
        let bad = Val::new(Data::Bad, at);
        let Some(instance) = node.service.as_ref() else { return bad };
        let service = self.program.services[instance.service];
        let ItemKind::Input(input) = &service.block.body.items[index].kind else { return bad };
        let what = format!("{}.{}", node.address, input.name.text);
        let stage = Stage { what: StageName::Name(what), span: input.name.span };
        self.once(
            |this| this.service_inputs.entry((app, index)).or_insert(Slot::Empty),
            stage,
            bad,
            |this| {
                let value = this.service_option(input, instance, node.span, &service.name.text);
                this.checked_input(input, value, &instance.env)
            },
        )
    }

    fn service_option(
        &mut self,
        input: &'t Input,
        instance: &Instance<'t>,
        at: Span,
        service: &str,
    ) -> Val {
        let name = input.name.text.as_str();
        let given = match &instance.options {
            Options::Body(layer) => self.layer_value(layer, name),
            Options::Value(value) => {
                value.get(name).filter(|value| value.data != Data::Null).cloned()
            }
        };
        match (given, &input.default) {
            (Some(value), _) => value,
            (None, Some(default)) => self.eval(default, &instance.env),
            (None, None) if super::inputs::may_be_left_out(input) => {
                Val::new(Data::Null, input.name.span)
            }
            (None, None) => self.bad(scopes::missing_input(name, service, at, input.name.span), at),
        }
    }

    /// What an app's service says about itself.
    fn card(&mut self, node: &Rc<Node<'t>>, name: &str) -> Val {
        let mut said = BTreeMap::new();
        if let Some(instance) = &node.service {
            let layer = Layer::new(Rc::clone(&instance.card), instance.env.clone(), Role::Service);
            for word in card::WORDS {
                if let Some(value) = self.layer_value(&layer, word) {
                    said.insert(Key::Text(word.into()), value);
                }
            }
        }
        let card = self.fit(&Val::map(said, node.span), card::ty(), "service", node.id);
        card.get(name).cloned().unwrap_or(Val::new(Data::Null, node.span))
    }

    /// What an attribute of a resource has from the tenant around it.
    pub fn tenants_word(&mut self, node: &Rc<Node<'t>>, field: &str) -> Option<Val> {
        let kind = node.kind.schema().kind;
        let (_, _, name) = FROM_TENANT.iter().find(|(it, own, _)| *it == kind && *own == field)?;
        self.tenant_value(node.scope, name, node.span)
    }

    /// What the tenant around a scope says; nothing if there is none, or it says nothing.
    fn tenant_value(&mut self, scope: usize, name: &str, at: Span) -> Option<Val> {
        let tenant = self.program.tenant(scope)?;
        let node = self.node_of_tenant(tenant)?;
        let value = self.read(node, name, at, at);
        (value.data != Data::Null).then_some(value)
    }

    /// What a resource has beyond its kind's fields because of where it stands.
    pub fn read_scoped(&mut self, node: &Rc<Node<'t>>, name: &str, at: Span) -> Option<Val> {
        let kind = node.kind.schema().kind;
        match (kind, name) {
            ("tenant", _) => {
                let scope = self.scope_of.get(&node.address).copied()?;
                if let Some(output) = self.program.scopes[scope].outputs.get(name).copied() {
                    return Some(self.output_value(output));
                }
                (name == "apps").then(|| self.all_of("app", scope, at))
            }
            ("app", "runtime") => {
                let chosen = node.service.as_ref().and_then(|instance| instance.runtime);
                let own = || {
                    let first = &node.layers[0];
                    runtimes::ALL.iter().copied().find(|it| !first.entries(it).is_empty())
                };
                let data = chosen.or_else(own).map_or(Data::Null, |it| Data::Str(it.into()));
                Some(Val::new(data, at))
            }
            ("app", word) if card::WORDS.contains(&word) => Some(self.card(node, word)),
            _ => match name {
                "tenant" => {
                    let tenant = self.program.tenant(node.scope);
                    let tenant = tenant.and_then(|scope| self.node_of_tenant(scope));
                    Some(tenant.map_or(Val::new(Data::Null, at), |id| self.reference(id, at)))
                }
                "label" => Some(Val::str(label(&node.address, Reach::Whole), at)),
                "label_below" => Some(Val::str(label(&node.address, Reach::Own), at)),
                _ => None,
            },
        }
    }
}

/// How much of an address goes into a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// The tenants and modules around it too: unique in a project.
    Whole,
    /// Its own name and key: unique in a tenant.
    Own,
}

/// The names and keys of an address, as a host could be called: `acme-web-1`.
fn label(address: &Address, reach: Reach) -> String {
    let mut words = Vec::new();
    let mut here = Some(address.clone());
    while let Some(address) = here {
        if let Some(key) = address.key() {
            words.push(super::fit::plain(&key));
        }
        words.push(address.name().to_owned());
        here = address.parent().filter(|_| reach == Reach::Whole);
    }
    words.reverse();
    let text = words.join("-").to_ascii_lowercase();
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("-")
}
