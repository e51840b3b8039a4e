//! What evaluation remembers: values that were computed, what they touched, and what is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use crate::lower::bounds::Bounds;
use crate::lower::env::Env;
use crate::lower::library::{Library, Wanted};
use crate::lower::memo::{Memo, Slots};
use crate::lower::nodes::{Facets, Instances, Node, NodeId};
use crate::lower::reads::Recorded;
use crate::lower::scope::{In, Program, ScopeId};
use crate::lower::shape::Shape;
use crate::lower::specs::Spec;
use crate::lower::trial::{Known, Running};
use crate::lower::value::{Data, Val};
use crate::lower::{Given, LateCondition, Reveal, SecretItem};
use crate::model::{Address, Hidden, SecretStore};
use crate::problem::narrowing::Misfit;
use crate::problem::{Problem, graph, names};
use crate::source::{Sources, Span};
use crate::syntax::tree::{Body, Expr, ExprKind};

/// How deep expressions may be nested, through names and calls.
///
/// Declarations are evaluated in an order that keeps chains of names flat, so that only calls
/// and references inside one block come near it.
const DEPTH_MAX: usize = 1_500;

/// The resources whose late values were read, each with a place that reads it.
pub(super) type Touched = BTreeMap<NodeId, Span>;

/// A value that is computed at most once.
#[derive(Clone, Debug, Default)]
pub(super) enum Slot<T> {
    /// Not asked for yet.
    #[default]
    Empty,
    /// Being computed: who asks now closes a circle.
    Running,
    /// Computed, and what that touched.
    Done(T, Option<Rc<Touched>>),
}

/// One computation under way, for the path of a circle.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stage {
    /// As people would name it: `container.web.ip`.
    pub what: StageName,
    /// Where it is written.
    pub span: Span,
}

/// What a [`Stage`] computes; it becomes text only if there is a circle.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StageName {
    /// A let or an input.
    Name(String),
    /// The instances of a block, by its place in [`Program::blocks`].
    Instances(usize),
    /// Everything that is written about a resource.
    Spec(NodeId),
    /// An attribute of a resource.
    Attribute(NodeId, &'static str),
}

/// Evaluates the expressions of a project.
pub(super) struct Evaluator<'t> {
    /// What is declared.
    pub program: Program<'t>,
    /// The files that are imported and those of modules.
    pub library: &'t Library,
    /// Imported files that were opened: the scopes of their parts.
    pub libraries: HashMap<usize, ScopeId>,
    /// What is meant by imports and modules, and was not read yet.
    pub wanted: Vec<Wanted>,
    /// Functions that call themselves, by their places; they have no value.
    pub recursive: HashSet<usize>,
    /// Values of inputs from outside, weakest first.
    pub given: &'t [Given],
    /// The texts.
    pub sources: &'t Sources,
    /// The project's files.
    pub files: &'t Recorded<'t>,
    /// Where secrets come into texts: by the place of the text, that of the hole and of its value.
    pub holes: HashMap<Span, (Span, Span)>,
    /// What is wrong so far.
    pub problems: Vec<Problem>,
    /// What does not fit in files of data, until the type is known that it was meant for.
    pub misfits: Vec<Misfit>,
    /// Every resource there is so far.
    pub nodes: Vec<Rc<Node<'t>>>,
    /// Their places.
    pub by_address: HashMap<Address, NodeId>,
    /// Secrets by address.
    pub secrets: BTreeMap<String, SecretItem>,
    /// Files whose text was taken as it is, and where that is written.
    pub plain_reads: BTreeSet<(Box<str>, Span)>,
    /// Where the settings want generated ones to be kept.
    pub secret_store: SecretStore,
    /// What is made public so far.
    pub reveals: BTreeSet<Reveal>,
    /// The secrets that something other than a shared service's credential needs.
    pub needed: BTreeSet<String>,
    /// The secrets that are a shared service's credential.
    pub opening: BTreeSet<String>,
    /// By the places in [`Program::opens`].
    pub opened: Vec<Slot<Val>>,
    /// The scopes of tenants and modules, by their addresses.
    pub scope_of: HashMap<Address, ScopeId>,
    /// By the places in [`Program::outputs`].
    pub output_values: Vec<Slot<Val>>,
    /// Services by the addresses that stand for them.
    pub service_of: HashMap<Address, usize>,
    /// The sorted bodies of services, by their places: about themselves, about their apps.
    pub service_shapes: HashMap<usize, (Rc<Shape<'t>>, Rc<Shape<'t>>)>,
    /// Apps of services that are not there.
    pub unserved: HashSet<NodeId>,
    /// Inputs of services, by app and place in the service's body.
    pub service_inputs: HashMap<(NodeId, usize), Slot<Val>>,
    /// By the places in [`Program::lets`].
    pub lets: Vec<Slot<Val>>,
    /// By the places in [`Program::inputs`].
    pub inputs: Vec<Slot<Val>>,
    /// By the places in [`Program::secrets`].
    pub secret_values: Vec<Slot<Val>>,
    /// By the places in [`Program::blocks`].
    pub instances: Vec<Slot<Instances>>,
    /// By node, then fields and readings in the schema's order.
    pub fields: Vec<Slots>,
    /// What fields are that nobody writes, by [`Node::plain`] and place in the kind's schema.
    pub plain: Vec<Vec<Option<Data>>>,
    /// The places in `plain`, by kind.
    pub plain_of: HashMap<&'static str, usize>,
    /// What expressions of schemas came to.
    pub memo: Memo,
    /// By node.
    pub specs: Vec<Slot<Rc<Spec>>>,
    /// By node, then the kind's facets in their order.
    pub facets: Vec<Vec<Slot<Facets>>>,
    /// Bodies that were sorted already.
    pub shapes: HashMap<*const Body, Rc<Shape<'t>>>,
    /// Conditions that cannot be checked before apply.
    pub late_conditions: Vec<LateCondition>,
    /// The test that is run.
    pub trial: Option<Running<'t>>,
    /// What is known of late values by now.
    pub known: Option<&'t Known<'t>>,
    /// The values of revealed secrets, once an apply has sent them.
    pub public: BTreeMap<String, Hidden>,
    /// Every resource of a kind that is inside of a scope.
    pub everything: HashMap<(&'static str, ScopeId), Slot<Val>>,
    /// What was computed so far.
    pub bounds: Bounds,
    stages: Vec<Stage>,
    touched: Touched,
    depth: usize,
    too_deep: bool,
}

impl<'t> Evaluator<'t> {
    /// An evaluator that knows nothing yet.
    pub fn new(
        library: &'t Library,
        given: &'t [Given],
        sources: &'t Sources,
        files: &'t Recorded<'t>,
    ) -> Evaluator<'t> {
        Evaluator {
            program: Program::default(),
            library,
            libraries: HashMap::default(),
            wanted: Vec::new(),
            recursive: HashSet::default(),
            given,
            sources,
            files,
            holes: HashMap::default(),
            problems: Vec::new(),
            misfits: Vec::new(),
            nodes: Vec::new(),
            by_address: HashMap::default(),
            secrets: BTreeMap::new(),
            plain_reads: BTreeSet::new(),
            secret_store: SecretStore::Local,
            reveals: BTreeSet::new(),
            needed: BTreeSet::new(),
            opening: BTreeSet::new(),
            opened: Vec::new(),
            scope_of: HashMap::default(),
            output_values: Vec::new(),
            service_of: HashMap::default(),
            service_shapes: HashMap::default(),
            unserved: HashSet::default(),
            service_inputs: HashMap::default(),
            lets: Vec::new(),
            inputs: Vec::new(),
            secret_values: Vec::new(),
            instances: Vec::new(),
            fields: Vec::new(),
            plain: Vec::new(),
            plain_of: HashMap::default(),
            memo: Memo::default(),
            specs: Vec::new(),
            facets: Vec::new(),
            shapes: HashMap::default(),
            late_conditions: Vec::new(),
            trial: None,
            known: None,
            public: BTreeMap::new(),
            everything: HashMap::default(),
            bounds: Bounds::default(),
            stages: Vec::new(),
            touched: Touched::new(),
            depth: 0,
            too_deep: false,
        }
    }

    /// The value in a slot, computed if nobody asked before; `broken` closes a circle.
    pub fn once<T: Clone>(
        &mut self,
        slot: impl Fn(&mut Self) -> &mut Slot<T>,
        stage: Stage,
        broken: T,
        make: impl FnOnce(&mut Self) -> T,
    ) -> T {
        match slot(self) {
            Slot::Done(value, touched) => {
                let value = value.clone();
                if let Some(touched) = touched.clone() {
                    self.touch_all(&touched);
                }
                return value;
            }
            Slot::Running => {
                self.circle(&stage);
                return broken;
            }
            running @ Slot::Empty => *running = Slot::Running,
        }
        self.stages.push(stage);
        let (value, mine) = self.watched(make);
        self.stages.pop();
        self.touch_all(&mine);
        let mine = (!mine.is_empty()).then(|| Rc::new(mine));
        *slot(self) = Slot::Done(value.clone(), mine);
        value
    }

    /// What `make` returns, and what it touched; that is not counted for whoever is outside.
    pub fn watched<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> (T, Touched) {
        let outer = std::mem::take(&mut self.touched);
        let value = make(self);
        (value, std::mem::replace(&mut self.touched, outer))
    }

    /// Notes that a late value of a resource was read.
    pub fn touch(&mut self, node: NodeId, at: Span) {
        self.touched.entry(node).or_insert(at);
    }

    /// Notes many at once.
    pub fn touch_all(&mut self, touched: &Touched) {
        for (node, at) in touched {
            self.touch(*node, *at);
        }
    }

    /// What `make` returns if it finds nothing wrong; else it is as if it had never run.
    pub fn attempt<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let (before, misfits) = (self.problems.len(), self.misfits.len());
        let value = make(self);
        let fine =
            !crate::problem::any_error(&self.problems[before..]) && self.misfits.len() == misfits;
        if !fine {
            self.problems.truncate(before);
            self.misfits.truncate(misfits);
        }
        fine.then_some(value)
    }

    /// The value of an expression.
    pub fn eval(&mut self, expr: &'t Expr, env: &Env<'t>) -> Val {
        if self.depth >= DEPTH_MAX {
            return self.at_the_bottom(env.place(expr.span));
        }
        if !self.bounds.spend(1) {
            return self.too_much(env.place(expr.span));
        }
        self.depth += 1;
        let value = self.expression(expr, env);
        self.depth -= 1;
        let made = match &expr.kind {
            ExprKind::Str(text) => text.parts.len() > 1,
            kind => matches!(
                kind,
                ExprKind::List(_)
                    | ExprKind::Object(_)
                    | ExprKind::Comprehension(_)
                    | ExprKind::Call(..)
            ),
        };
        if made { self.bounded(value, env.place(expr.span)) } else { value }
    }

    /// What `make` returns, counted as one level.
    pub fn deeper(&mut self, at: Span, make: impl FnOnce(&mut Self) -> Val) -> Val {
        if self.depth >= DEPTH_MAX {
            return self.at_the_bottom(at);
        }
        self.depth += 1;
        let value = make(self);
        self.depth -= 1;
        value
    }

    fn at_the_bottom(&mut self, at: Span) -> Val {
        if !std::mem::replace(&mut self.too_deep, true) {
            self.problems.push(graph::too_deep(at));
        }
        Val::new(Data::Bad, at)
    }

    /// Reports a problem; the value in its place is never complained about again.
    pub fn bad(&mut self, problem: Problem, at: Span) -> Val {
        self.problems.push(problem);
        Val::new(Data::Bad, at)
    }

    /// The value of a `let`.
    pub fn let_value(&mut self, index: usize) -> Val {
        let In { it, scope } = self.program.lets[index];
        let stage = Stage { what: StageName::Name(it.name.text.to_string()), span: it.name.span };
        let broken = Val::new(Data::Bad, it.name.span);
        self.once(
            |this| &mut this.lets[index],
            stage,
            broken,
            |this| {
                let env = this.env_of(scope);
                let given = this.given_by_test(&it.name.text, scope);
                let value = match (given, &it.value) {
                    (Some(given), _) => given,
                    (None, Some(value)) => this.eval(value, &env),
                    (None, None) => {
                        return this
                            .bad(names::no_value(&it.name.text, it.name.span), it.name.span);
                    }
                };
                match &it.ty {
                    Some(ty) => this.narrowed(value, ty, &it.name.text, scope),
                    None => value,
                }
            },
        )
    }

    /// What the expressions of a scope see.
    pub fn env_of(&self, scope: ScopeId) -> Env<'t> {
        self.program.scopes[scope].env.clone()
    }

    /// The place of the instances of a block in a circle.
    pub fn block_stage(&self, index: usize) -> Stage {
        Stage { what: StageName::Instances(index), span: self.program.blocks[index].span }
    }

    fn circle(&mut self, again: &Stage) {
        let first = self.stages.iter().position(|stage| stage == again).unwrap_or(0);
        let stages = &self.stages[first..];
        let hops: Vec<(String, Span)> =
            stages.iter().map(|stage| (self.stage_name(&stage.what), stage.span)).collect();
        self.problems.push(graph::value_circle(&hops));
    }

    fn stage_name(&self, name: &StageName) -> String {
        match name {
            StageName::Name(name) => name.clone(),
            StageName::Instances(index) => {
                let block = &self.program.blocks[*index];
                format!("the instances of `{}.{}`", block.kind.schema().kind, block.name.text)
            }
            StageName::Spec(node) => format!("the spec of `{}`", self.nodes[*node].address),
            StageName::Attribute(node, field) => format!("{}.{field}", self.nodes[*node].address),
        }
    }
}
