//! Resources as they come out of blocks: one node for each instance and each facet.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::kinds::{self, AnyKind};
use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Slot, Stage, StageName};
use crate::lower::headers::Expansion;
use crate::lower::memo::Slots;
use crate::lower::scope::{self, In, Inner, ScopeId, header, is_word, span};
use crate::lower::services::Instance;
use crate::lower::shape::{Entry, Shape};
use crate::lower::value::{Data, Val};
use crate::model::{Address, Key};
use crate::problem::names as problem;
use crate::source::Span;
use crate::syntax::tree::{Block, Body, Use};

/// The place of a [`Node`] in [`Evaluator::nodes`].
pub(super) type NodeId = usize;

/// Facets of which a resource has at most one; their blocks have no label.
const SINGLE: [&str; 3] = ["health", "backup", "tile"];

/// A resource whose attributes can be asked for.
pub(super) struct Node<'t> {
    /// Its own place.
    pub id: NodeId,
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static dyn AnyKind,
    /// What is written, then what its service and `defaults` say, strongest first.
    pub layers: Vec<Layer<'t>>,
    /// Whether anything may be written about each field of the kind.
    pub written: Rc<[bool]>,
    /// What its kind's fields are that nobody writes: a place in [`Evaluator::plain`].
    pub plain: usize,
    /// The resource around it, if it is a facet.
    pub owner: Option<NodeId>,
    /// The scope it is in.
    pub scope: ScopeId,
    /// The service that it is an instance of.
    pub service: Option<Instance<'t>>,
    /// The block's kind and labels.
    pub span: Span,
    /// The doc comment.
    pub doc: Option<&'t str>,
}

/// Whose words a [`Layer`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The resource's own.
    Written,
    /// Its service's.
    Service,
    /// Those of `defaults`, which say how, not whether.
    Defaults,
}

/// A body that gives attributes to a node, and what its expressions see.
#[derive(Clone)]
pub(super) struct Layer<'t> {
    /// The body.
    pub shape: Rc<Shape<'t>>,
    /// What its expressions see.
    pub env: Env<'t>,
    /// Whose words these are.
    pub role: Role,
    /// Attributes that are there and do not count: the runtime that was not chosen.
    pub hidden: Vec<&'static str>,
}

/// What became of a block with a header.
#[derive(Clone)]
pub(super) struct Instances {
    /// A reference, a map of them, or null.
    pub value: Val,
    /// The nodes.
    pub nodes: Rc<Vec<NodeId>>,
}

/// The facets of one kind that a node has.
#[derive(Clone)]
pub(super) struct Facets {
    /// A map by name, or for a single one the reference or null.
    pub value: Val,
    /// The nodes.
    pub nodes: Rc<Vec<NodeId>>,
}

/// What a new node is made from.
struct Plan<'t> {
    kind: &'static dyn AnyKind,
    name: &'t str,
    /// The first one sees what the header of the block adds.
    layers: Vec<Layer<'t>>,
    written: Rc<[bool]>,
    used: Option<&'t Use>,
    owner: Option<NodeId>,
    scope: ScopeId,
    span: Span,
    doc: Option<&'t str>,
}

impl<'t> Layer<'t> {
    /// A layer of which everything counts.
    pub fn new(shape: Rc<Shape<'t>>, env: Env<'t>, role: Role) -> Layer<'t> {
        Layer { shape, env, role, hidden: Vec::new() }
    }

    /// What is written in it under a name.
    pub fn entries(&self, name: &str) -> &[Entry<'t>] {
        match self.hidden.contains(&name) {
            true => &[],
            false => self.shape.entries(name),
        }
    }
}

/// Whether these layers may say anything about each field of a kind.
pub(super) fn written(kind: &dyn AnyKind, layers: &[Layer<'_>]) -> Rc<[bool]> {
    let says = |layer: &Layer<'_>, name: &str| {
        !layer.entries(name).is_empty() || !layer.shape.spreads.is_empty()
    };
    let fields = kind.schema().fields.iter();
    fields.map(|field| layers.iter().any(|layer| says(layer, field.name))).collect()
}

impl<'t> Evaluator<'t> {
    /// The resources of a block.
    pub fn block_instances(&mut self, index: usize) -> Instances {
        let declared = self.program.blocks[index];
        let at = declared.span;
        let stage = self.block_stage(index);
        let broken = Instances { value: Val::new(Data::Bad, at), nodes: Rc::default() };
        self.once(
            |this| &mut this.instances[index],
            stage,
            broken,
            |this| {
                let kind = declared.kind;
                let env = this.env_of(declared.scope);
                let shape = declared.body.map(|body| this.shape(body)).unwrap_or_default();
                let mut layers = vec![Layer::new(shape, env.clone(), Role::Written)];
                layers.extend(this.kind_defaults(declared.scope, kind.schema().kind));
                let plan = Plan {
                    kind,
                    name: &declared.name.text,
                    written: written(kind, &layers),
                    layers,
                    used: declared.used,
                    owner: None,
                    scope: declared.scope,
                    span: at,
                    doc: declared.doc,
                };
                let expansion = this.header(declared.header, &env);
                let (value, nodes) = this.grow(&plan, expansion, at);
                Instances { value, nodes: Rc::new(nodes) }
            },
        )
    }

    /// The node of a tenant, in its own scope; false if there is one of its address already.
    pub fn tenant_node(
        &mut self,
        inner: &Inner<'t>,
        key: Option<&Key>,
        body: &'t Body,
        scope: ScopeId,
    ) -> bool {
        let Some(kind) = kinds::find("tenant") else { return false };
        let env = self.env_of(scope);
        let shape = self.tenant_shape(body);
        let mut layers = vec![Layer::new(shape, env.clone(), Role::Written)];
        layers.extend(self.kind_defaults(inner.scope, "tenant"));
        let plan = Plan {
            kind,
            name: &inner.name.text,
            written: written(kind, &layers),
            layers,
            used: None,
            owner: None,
            // Its address begins with the scope around it.
            scope: inner.scope,
            span: inner.span,
            doc: inner.doc,
        };
        self.node(&plan, key, &env).is_some()
    }

    /// What `defaults` say about a kind: the nearest ones are the strongest.
    fn kind_defaults(&mut self, scope: ScopeId, kind: &str) -> Vec<Layer<'t>> {
        let said = self.program.defaults(scope, kind);
        let layer = |said: In<&'t Block>| {
            let (shape, env) = (self.shape(&said.it.body), self.env_of(said.scope));
            Layer::new(shape, env, Role::Defaults)
        };
        said.into_iter().map(layer).collect()
    }

    fn grow(&mut self, plan: &Plan<'t>, to: Expansion<'t>, at: Span) -> (Val, Vec<NodeId>) {
        match to {
            Expansion::One(env) => match self.node(plan, None, &env) {
                Some(id) => (self.reference(id, at), vec![id]),
                None => (Val::new(Data::Bad, at), Vec::new()),
            },
            Expansion::Absent => (Val::new(Data::Null, at), Vec::new()),
            Expansion::Many(instances) => {
                let mut nodes = Vec::with_capacity(instances.len());
                let mut map = BTreeMap::new();
                for (key, env) in instances {
                    if let Some(id) = self.node(plan, Some(&key), &env) {
                        nodes.push(id);
                        map.insert(key, self.reference(id, at));
                    }
                }
                (Val::map(map, at), nodes)
            }
            Expansion::Bad => (Val::new(Data::Bad, at), Vec::new()),
        }
    }

    /// The value that refers to a node.
    pub fn reference(&self, id: NodeId, at: Span) -> Val {
        Val::new(Data::Ref(self.nodes[id].address.clone()), at)
    }

    fn node(&mut self, plan: &Plan<'t>, key: Option<&Key>, env: &Env<'t>) -> Option<NodeId> {
        let owner = plan.owner.map(|owner| self.nodes[owner].address.clone());
        let around = || self.program.scopes[plan.scope].prefix.clone();
        let parent = owner.or_else(around);
        let word = plan.kind.schema().kind;
        let address = Address::new(parent.as_ref(), word, plan.name, key);
        if let Some(first) = self.by_address.get(&address) {
            let first = self.nodes[*first].span;
            let twice = problem::declared_twice(word, address.as_str(), plan.span, first);
            self.problems.push(twice);
            return None;
        }
        let id = self.nodes.len();
        let mut layers = plan.layers.clone();
        for (depth, layer) in layers.iter_mut().enumerate() {
            let seen = if depth == 0 { env } else { &layer.env };
            layer.env = seen.inside(id);
        }
        let (kind, owner, doc, scope) = (plan.kind, plan.owner, plan.doc, plan.scope);
        let (span, service) = (plan.span, None);
        let written = Rc::clone(&plan.written);
        let plain = self.plain_of(kind);
        self.by_address.insert(address.clone(), id);
        let node =
            Node { id, address, kind, layers, written, plain, owner, scope, service, span, doc };
        self.nodes.push(Rc::new(node));
        self.fields.push(Slots::default());
        self.specs.push(Slot::Empty);
        self.facets.push(vec![Slot::Empty; kind.traits().facets.len()]);
        if word == "app" {
            self.serve(id, plan.used);
        }
        Some(id)
    }

    /// The place of what a kind's fields are that nobody writes.
    fn plain_of(&mut self, kind: &'static dyn AnyKind) -> usize {
        let schema = kind.schema();
        *self.plain_of.entry(schema.kind).or_insert_with(|| {
            self.plain.push(vec![None; schema.fields.len()]);
            self.plain.len() - 1
        })
    }

    /// The facets of a node, by the place of their kind in the node's traits.
    pub fn facets_of(&mut self, owner: NodeId, position: usize) -> Facets {
        let node = Rc::clone(&self.nodes[owner]);
        let word = node.kind.traits().facets[position];
        let stage = Stage { what: StageName::Attribute(owner, word), span: node.span };
        let broken = Facets { value: Val::new(Data::Bad, node.span), nodes: Rc::default() };
        self.once(
            |this| &mut this.facets[owner][position],
            stage,
            broken,
            |this| this.make_facets(&node, word),
        )
    }

    fn make_facets(&mut self, owner: &Rc<Node<'t>>, word: &'static str) -> Facets {
        // Of each name the blocks that are written, then those of the service.
        let mut blocks: Vec<(&'t str, Vec<(&'t Block, &Layer<'t>)>)> = Vec::new();
        for layer in owner.layers.iter().filter(|layer| layer.role != Role::Defaults) {
            for entry in layer.entries(word) {
                match entry {
                    Entry::Block(block) => {
                        let Some(name) = self.facet_name(word, block) else { continue };
                        match blocks.iter_mut().find(|(other, said)| {
                            *other == name && said.iter().all(|(_, its)| its.role != layer.role)
                        }) {
                            Some((_, said)) => said.push((block, layer)),
                            None => blocks.push((name, vec![(block, layer)])),
                        }
                    }
                    Entry::Attribute(attribute) => {
                        self.problems.push(problem::facet_is_block(word, attribute.value.span));
                    }
                }
            }
        }
        let (mut nodes, mut map) = (Vec::new(), BTreeMap::new());
        let at = owner.span;
        for (name, said) in blocks {
            if let Some((value, made)) = self.facet(owner, word, name, &said) {
                nodes.extend(made);
                map.insert(Key::Text(name.into()), value);
            }
        }
        let single = SINGLE.contains(&word);
        let value = match single && map.len() <= 1 {
            true => map.into_values().next().unwrap_or(Val::new(Data::Null, at)),
            false => Val::map(map, at),
        };
        Facets { value, nodes: Rc::new(nodes) }
    }

    fn facet_name(&mut self, word: &'static str, block: &'t Block) -> Option<&'t str> {
        match block.labels.as_slice() {
            [] => Some(word),
            [name] if is_word(&name.text) => Some(name.text.as_str()),
            [name] => {
                self.problems.push(problem::not_a_name(&name.text, name.span));
                None
            }
            [..] => {
                self.problems.push(problem::wrong_labels(&block.kind.text, span(block)));
                None
            }
        }
    }

    fn facet(
        &mut self,
        owner: &Rc<Node<'t>>,
        word: &'static str,
        name: &'t str,
        said: &[(&'t Block, &Layer<'t>)],
    ) -> Option<(Val, Vec<NodeId>)> {
        let (block, first) = *said.first()?;
        let Some(kind) = kinds::find(word) else {
            let what = format!("`{word}`");
            self.problems.push(problem::not_supported(block.kind.span, &what, ""));
            return None;
        };
        let mut layers: Vec<Layer<'t>> = Vec::new();
        for (block, layer) in said {
            layers.push(Layer::new(self.shape(&block.body), layer.env.clone(), layer.role));
        }
        // A facet that only the service has stands for what is written.
        layers[0].role = Role::Written;
        for layer in owner.layers.iter().filter(|layer| layer.role == Role::Defaults) {
            for entry in layer.entries(word) {
                match entry {
                    Entry::Block(block) if block.labels.is_empty() => {
                        let (shape, env) = (self.shape(&block.body), layer.env.clone());
                        layers.push(Layer::new(shape, env, Role::Defaults));
                    }
                    Entry::Block(block) => {
                        self.problems.push(problem::labelled_default(word, span(block)));
                    }
                    Entry::Attribute(attribute) => {
                        self.problems.push(problem::facet_is_block(word, attribute.value.span));
                    }
                }
            }
        }
        layers.extend(self.kind_defaults(owner.scope, word));
        let at = span(block);
        let plan = Plan {
            kind,
            name,
            written: written(kind, &layers),
            layers,
            used: None,
            owner: Some(owner.id),
            scope: owner.scope,
            span: at,
            doc: None,
        };
        let expansion = self.header(header(block), &first.env);
        Some(self.grow(&plan, expansion, at))
    }

    /// References to every resource of a kind inside of a scope, tenants, modules and facets
    /// included, in the order of addresses.
    pub fn all_of(&mut self, kind: &'static str, scope: ScopeId, at: Span) -> Val {
        let stage = Stage { what: StageName::Name(format!("all.{kind}")), span: at };
        let broken = Val::new(Data::Bad, at);
        self.once(
            |this| this.everything.entry((kind, scope)).or_default(),
            stage,
            broken,
            |this| {
                let mut found = this.instances_within(kind, scope);
                for (owner, position) in this.facet_places(kind) {
                    for node in this.instances_within(owner, scope) {
                        found.extend(this.facets_of(node, position).nodes.iter().copied());
                    }
                }
                found.sort_by(|a, b| this.nodes[*a].address.cmp(&this.nodes[*b].address));
                let references = found.into_iter().map(|id| this.reference(id, at)).collect();
                Val::list(references, at)
            },
        )
    }

    fn instances_within(&mut self, kind: &'static str, scope: ScopeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        for inner in self.opened_within(scope) {
            if kind == "tenant" && inner != scope {
                found.extend(self.node_of_tenant(inner));
            }
            let blocks = self.program.scopes[inner].by_kind.get(kind).cloned();
            for index in blocks.unwrap_or_default() {
                found.extend(self.block_instances(index).nodes.iter().copied());
            }
        }
        found
    }

    /// The node of a tenant, by its scope.
    pub fn node_of_tenant(&self, scope: ScopeId) -> Option<NodeId> {
        let scope = &self.program.scopes[scope];
        let address = scope.prefix.as_ref().filter(|_| scope.role == scope::Role::Tenant)?;
        self.by_address.get(address).copied()
    }

    fn facet_places(&self, facet: &str) -> Vec<(&'static str, usize)> {
        let places = kinds::all().values().filter_map(|kind| {
            let position = kind.traits().facets.iter().position(|word| *word == facet)?;
            Some((kind.schema().kind, position))
        });
        places.collect()
    }
}
