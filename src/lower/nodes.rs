//! Resources as they come out of blocks: one node for each instance and each facet.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::kinds::{self, AnyKind};
use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Slot, Stage, StageName};
use crate::lower::headers::Expansion;
use crate::lower::scope::{is_word, span};
use crate::lower::shape::{Entry, Shape};
use crate::lower::value::{Data, Val};
use crate::model::{Address, Key};
use crate::problem::names as problem;
use crate::source::Span;
use crate::syntax::tree::Block;

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
    /// What is written, then what `defaults` say, strongest first.
    pub layers: Vec<Layer<'t>>,
    /// The resource around it, if it is a facet.
    pub owner: Option<NodeId>,
    /// The block's kind and labels.
    pub span: Span,
    /// The doc comment.
    pub doc: Option<&'t str>,
}

/// A body that gives attributes to a node, and what its expressions see.
#[derive(Clone)]
pub(super) struct Layer<'t> {
    /// The body.
    pub shape: Rc<Shape<'t>>,
    /// What its expressions see.
    pub env: Env<'t>,
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
    shape: Rc<Shape<'t>>,
    defaults: Vec<(Rc<Shape<'t>>, Env<'t>)>,
    owner: Option<NodeId>,
    span: Span,
    doc: Option<&'t str>,
}

impl<'t> Evaluator<'t> {
    /// The resources of a block.
    pub fn block_instances(&mut self, index: usize) -> Instances {
        let declared = &self.module.blocks[index];
        let at = span(declared.block);
        let stage = self.block_stage(index);
        let broken = Instances { value: Val::new(Data::Bad, at), nodes: Rc::default() };
        self.once(
            |this| &mut this.instances[index],
            stage,
            broken,
            |this| {
                let kind = declared.kind;
                let plan = Plan {
                    kind,
                    name: &declared.name.text,
                    shape: this.shape(&declared.block.body),
                    defaults: this.kind_defaults(kind.schema().kind),
                    owner: None,
                    span: at,
                    doc: declared.doc,
                };
                let expansion = this.header(declared.block, &Env::default());
                let (value, nodes) = this.grow(&plan, expansion, at);
                Instances { value, nodes: Rc::new(nodes) }
            },
        )
    }

    fn kind_defaults(&mut self, kind: &str) -> Vec<(Rc<Shape<'t>>, Env<'t>)> {
        let block = self.module.defaults.get(kind).copied();
        block.map(|block| (self.shape(&block.body), Env::default())).into_iter().collect()
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
        let parent = plan.owner.map(|owner| self.nodes[owner].address.clone());
        let word = plan.kind.schema().kind;
        let address = Address::new(parent.as_ref(), word, plan.name, key);
        if let Some(first) = self.by_address.get(&address) {
            let first = self.nodes[*first].span;
            let twice = problem::declared_twice(word, address.as_str(), plan.span, first);
            self.problems.push(twice);
            return None;
        }
        let id = self.nodes.len();
        let written = Layer { shape: Rc::clone(&plan.shape), env: env.inside(id) };
        let defaults = plan
            .defaults
            .iter()
            .map(|(shape, env)| Layer { shape: Rc::clone(shape), env: env.inside(id) });
        let layers = std::iter::once(written).chain(defaults).collect();
        let (kind, owner, doc) = (plan.kind, plan.owner, plan.doc);
        self.by_address.insert(address.clone(), id);
        self.nodes.push(Rc::new(Node { id, address, kind, layers, owner, span: plan.span, doc }));
        let slots = kind.schema().fields.len() + kind.traits().readings.len();
        self.fields.push(vec![Slot::Empty; slots]);
        self.specs.push(Slot::Empty);
        self.facets.push(vec![Slot::Empty; kind.traits().facets.len()]);
        Some(id)
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
        let (mut nodes, mut map) = (Vec::new(), BTreeMap::new());
        let at = owner.span;
        for entry in owner.layers[0].shape.entries(word) {
            match entry {
                Entry::Block(block) => {
                    if let Some((name, value, made)) = self.facet_block(owner, word, block) {
                        nodes.extend(made);
                        map.insert(Key::Text(name.into()), value);
                    }
                }
                Entry::Attribute(attribute) => {
                    self.problems.push(problem::facet_is_block(word, attribute.value.span));
                }
            }
        }
        let single = SINGLE.contains(&word);
        let value = match single && map.len() <= 1 {
            true => map.into_values().next().unwrap_or(Val::new(Data::Null, at)),
            false => Val::map(map, at),
        };
        Facets { value, nodes: Rc::new(nodes) }
    }

    fn facet_block(
        &mut self,
        owner: &Rc<Node<'t>>,
        word: &'static str,
        block: &'t Block,
    ) -> Option<(&'t str, Val, Vec<NodeId>)> {
        let Some(kind) = kinds::find(word) else {
            let what = format!("`{word}`");
            self.problems.push(problem::not_supported(block.kind.span, &what, ""));
            return None;
        };
        let name = match block.labels.as_slice() {
            [] => word,
            [name] if is_word(&name.text) => name.text.as_str(),
            [name] => {
                self.problems.push(problem::not_a_name(&name.text, name.span));
                return None;
            }
            [..] => {
                self.problems.push(problem::wrong_labels(&block.kind.text, span(block)));
                return None;
            }
        };
        let mut defaults = Vec::new();
        for layer in &owner.layers[1..] {
            for entry in layer.shape.entries(word) {
                match entry {
                    Entry::Block(block) if block.labels.is_empty() => {
                        defaults.push((self.shape(&block.body), Env::default()));
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
        defaults.extend(self.kind_defaults(word));
        let at = span(block);
        let plan = Plan {
            kind,
            name,
            shape: self.shape(&block.body),
            defaults,
            owner: Some(owner.id),
            span: at,
            doc: None,
        };
        let expansion = self.header(block, &owner.layers[0].env);
        let (value, nodes) = self.grow(&plan, expansion, at);
        Some((name, value, nodes))
    }

    /// References to every resource of a kind, facets included, in the order of addresses.
    pub fn all_of(&mut self, kind: &'static str, at: Span) -> Val {
        let stage = Stage { what: StageName::Name(format!("all.{kind}")), span: at };
        let broken = Val::new(Data::Bad, at);
        self.once(
            |this| this.everything.entry(kind).or_default(),
            stage,
            broken,
            |this| {
                let mut found = Vec::new();
                if let Some(blocks) = this.module.by_kind.get(kind) {
                    for index in blocks {
                        found.extend(this.block_instances(*index).nodes.iter().copied());
                    }
                }
                for (owner, position) in this.facet_places(kind) {
                    let blocks = this.module.by_kind.get(owner).cloned().unwrap_or_default();
                    for index in blocks {
                        for node in this.block_instances(index).nodes.iter() {
                            found.extend(this.facets_of(*node, position).nodes.iter().copied());
                        }
                    }
                }
                found.sort_by(|a, b| this.nodes[*a].address.cmp(&this.nodes[*b].address));
                let references = found.into_iter().map(|id| this.reference(id, at)).collect();
                Val::list(references, at)
            },
        )
    }

    fn facet_places(&self, facet: &str) -> Vec<(&'static str, usize)> {
        let places = kinds::all().values().filter_map(|kind| {
            let position = kind.traits().facets.iter().position(|word| *word == facet)?;
            Some((kind.schema().kind, position))
        });
        places.collect()
    }
}
