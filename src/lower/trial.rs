//! A test of the manifest while it runs: what it gives, what it makes up, and what it expects.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::kinds::Source;
use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Slot, Stage, StageName};
use crate::lower::expressions::printed;
use crate::lower::fields::is_left_open;
use crate::lower::functions::Files;
use crate::lower::nodes::{Layer, NodeId, Role};
use crate::lower::reads::Recorded;
use crate::lower::scope::{ROOT, ScopeId, span};
use crate::lower::shape::{Entry, Shape};
use crate::lower::specs::from_json;
use crate::lower::told;
use crate::lower::value::{Data, Val};
use crate::lower::{Desired, Given, Library};
use crate::model::{Address, Value};
use crate::problem::{Problem, change, nearest, tests as problem, without_allowed};
use crate::schema::Type;
use crate::source::{Sources, Span};
use crate::syntax::tree::{Block, Body, ExprKind, Item, ItemKind, Key, Mock, Require};
use crate::syntax::tree::{TextPart, Tree};

/// What is known of late values by now: of a resource the value of this name.
pub type Known<'a> = dyn Fn(&Address, &str) -> Option<Value> + 'a;

/// A test as it is declared.
#[derive(Clone, Debug, PartialEq)]
pub struct TestItem {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// The code or the check that is to fail, and where that is said.
    pub expects_error: Option<(String, Span)>,
    /// It says what there was before.
    pub has_before: bool,
}

/// The two manifests of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// What was there, with the values of `before`.
    Before,
    /// What is tested, with the values of `given`.
    Now,
}

/// What the plan of a test would do, as addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// What is made.
    pub create: Vec<Address>,
    /// What changes in place.
    pub update: Vec<Address>,
    /// What gives way to a new one.
    pub replace: Vec<Address>,
    /// What goes.
    pub destroy: Vec<Address>,
}

/// One evaluation of a project for one of its tests.
pub struct Trial<'a> {
    /// Which test, by its place in [`Desired::tests`].
    pub test: usize,
    /// With whose values.
    pub moment: Moment,
    /// What planning has decided, and the plan: without them no expectation is looked at.
    pub planned: Option<(&'a Known<'a>, &'a Planned)>,
}

/// What a test puts in the place of what is known later, or comes from outside.
pub(super) struct Running<'t> {
    given: Vec<Layer<'t>>,
    mocks: Vec<Mocked<'t>>,
}

/// What is made up about some resources.
struct Mocked<'t> {
    written: &'t Mock,
    /// Which ones.
    address: Address,
    shape: Rc<Shape<'t>>,
    /// The values, in the order of the shape.
    values: Vec<Slot<Val>>,
}

/// Evaluates a project as one of its tests wants it: what it asks for then, and what is wrong.
///
/// What types say about the manifest, and about its tests, is said by [`super::compile`].
pub fn tried(
    trees: &[Tree],
    library: &Library,
    sources: &Sources,
    given: &[Given],
    files: &dyn Files,
    trial: &Trial<'_>,
) -> (Desired, Vec<Problem>) {
    let files = Recorded::new(files, sources);
    let mut evaluator = Evaluator::new(library, given, sources, &files);
    evaluator.known = trial.planned.map(|(known, _)| known);
    evaluator.collect_project(trees);
    let block = evaluator.program.tests.get(trial.test).copied();
    if let Some(block) = block {
        evaluator.begin(block, trial.moment);
    }
    let desired = evaluator.whole();
    if let (Some(block), Some((_, planned))) = (block, trial.planned) {
        evaluator.expectations(block, planned);
    }
    if block.is_some() && trial.moment == Moment::Now {
        evaluator.check_mocks(&desired);
    }
    let problems = super::compile::in_order(std::mem::take(&mut evaluator.problems));
    (desired, without_allowed(problems, sources))
}

impl<'t> Evaluator<'t> {
    /// The tests that were collected.
    pub fn test_items(&self) -> Vec<TestItem> {
        let item = |block: &&Block| TestItem {
            name: block.labels[0].text.to_string(),
            span: span(block),
            expects_error: expected_error(&block.body),
            has_before: inner(&block.body, "before").is_some(),
        };
        self.program.tests.iter().map(item).collect()
    }

    fn begin(&mut self, block: &'t Block, moment: Moment) {
        // What `before` does not say was as `given` says.
        let words = match moment {
            Moment::Before => ["before", "given"].as_slice(),
            Moment::Now => ["given"].as_slice(),
        };
        let env = self.env_of(ROOT);
        let bodies = words.iter().filter_map(|word| inner(&block.body, word));
        let given = bodies.map(|body| {
            let shape = self.shape(body);
            Layer::new(shape, env.clone(), Role::Written)
        });
        let given = given.collect();
        let mut mocks = Vec::new();
        for item in &block.body.items {
            let ItemKind::Mock(mock) = &item.kind else { continue };
            let Some(address) = self.place(&mock.what, ROOT) else { continue };
            let shape = self.shape(&mock.body);
            let values = shape.all().map(|_| Slot::Empty).collect();
            mocks.push(Mocked { written: mock, address, shape, values });
        }
        self.trial = Some(Running { given, mocks });
    }

    /// What the test that is run gives to an input or a let of the project.
    pub fn given_by_test(&mut self, name: &str, scope: ScopeId) -> Option<Val> {
        let mut layers = self.trial.as_ref().filter(|_| scope == ROOT)?.given.iter();
        let layer = layers.find(|layer| !layer.entries(name).is_empty())?.clone();
        let [first, ..] = layer.entries(name) else { return None };
        let null = Val::new(Data::Null, first.name_span());
        Some(self.layer_value(&layer, name).unwrap_or(null))
    }

    /// A late value that a test makes up, or that is known by now.
    pub fn known_by_now(
        &mut self,
        of: NodeId,
        (what, ty): (&'static str, &Type),
        at: Span,
    ) -> Option<Val> {
        if let Some(value) = self.mocked(of, what) {
            let value = self.fit(&value, ty, what, of);
            return Some(match &value.data {
                Data::Str(word) if matches!(&**word, "auto" | "dhcp") => {
                    let problem = problem::mock_is_open(value.origin, what, word);
                    self.bad(problem, value.origin)
                }
                _ => value,
            });
        }
        let known = (self.known?)(&self.nodes[of].address, what)?;
        let value = from_json(&known, at);
        self.attempt(|this| this.fit(&value, ty, what, of))
    }

    /// What a test says an attribute is.
    pub(super) fn mocked(&mut self, of: NodeId, what: &str) -> Option<Val> {
        let address = &self.nodes[of].address;
        let mocks = &self.trial.as_ref()?.mocks;
        let (index, place, entry) = mocks.iter().enumerate().rev().find_map(|(index, mock)| {
            let mut names = mock.shape.all().enumerate();
            let place = || names.find(|(_, (name, _))| *name == what);
            let (place, (_, entries)) = address.is_meant_by(&mock.address).then(place)??;
            Some((index, place, *entries.first()?))
        })?;
        let Entry::Attribute(attribute) = entry else { return None };
        let stage = Stage { what: StageName::Name(what.to_owned()), span: entry.name_span() };
        let broken = Val::new(Data::Bad, attribute.value.span);
        let env = self.env_of(ROOT);
        Some(self.once(
            |this| {
                let running = this.trial.as_mut().expect("a mock is of the test that is run");
                &mut running.mocks[index].values[place]
            },
            stage,
            broken,
            |this| this.eval(&attribute.value, &env),
        ))
    }

    /// Whether an attribute of a resource is decided or found out later than it is read.
    fn is_late(&mut self, id: NodeId, name: &str) -> bool {
        let node = Rc::clone(&self.nodes[id]);
        let kind = node.kind;
        if super::modules::declared(&node, name).is_some() {
            return true;
        }
        if let Some(index) = kind.schema().fields.iter().position(|field| field.name == name) {
            let choice = kind.schema().fields[index].choice;
            let value = choice.map(|choice| (choice, self.field(id, index)));
            if let Some((choice, value)) = value
                && is_left_open(choice, &value.data)
            {
                return true;
            }
        }
        let mut readings = kind.traits().readings.iter();
        readings.any(|reading| reading.name == name && matches!(reading.from, Source::Late(_)))
    }

    /// Reports mocks of what is not there, and of what needs none.
    fn check_mocks(&mut self, desired: &Desired) {
        let Some(running) = self.trial.take() else { return };
        for mock in &running.mocks {
            let at = mock.written.what.span;
            let meant = |id: &NodeId| self.nodes[*id].address.is_meant_by(&mock.address);
            let nodes: Vec<NodeId> = (0..self.nodes.len()).filter(meant).collect();
            let Some(first) = nodes.first().copied() else {
                let all = desired.resources.keys().map(Address::as_str);
                let near = nearest(mock.address.as_str(), all);
                let near: Vec<String> = near.into_iter().map(|it| format!("`{it}`")).collect();
                let address = mock.address.as_str();
                self.problems.push(change::not_in_manifest("mock", at, address, &near));
                continue;
            };
            for (name, entries) in mock.shape.all() {
                let place = entries[0].name_span();
                if !nodes.iter().any(|id| self.is_late(*id, name)) {
                    let value = self.read(first, name, place, place);
                    if !matches!(value.data, Data::Bad) {
                        let told = told::of(&value.data);
                        let address = mock.address.as_str();
                        let problem = problem::known_anyway(place, name, address, &told);
                        self.problems.push(problem);
                    }
                }
            }
        }
        self.trial = Some(running);
    }

    /// Looks at everything that a test expects.
    fn expectations(&mut self, block: &'t Block, planned: &Planned) {
        let name = block.labels[0].text.as_str();
        let env = self.env_of(ROOT).with("plan", plan_value(planned, span(block)));
        for item in &block.body.items {
            if let ItemKind::Expect(expect) = &item.kind {
                self.expectation(expect, name, &env);
            }
        }
    }

    fn expectation(&mut self, expect: &'t Require, test: &str, env: &Env<'t>) {
        let at = expect.condition.span;
        let value = self.eval(&expect.condition, env);
        match &value.data {
            Data::Bool(true) | Data::Bad => (),
            Data::Bool(false) => {
                let message = expect.message.as_ref().map(|message| {
                    let value = self.eval(message, env);
                    let text = printed(&value.data).map(|text| text.to_string());
                    text.unwrap_or_else(|| self.sources.text(message.span).to_owned())
                });
                let sides = self.sides(&expect.condition, false, env);
                self.problems.push(problem::not_as_expected(at, message.as_deref(), &sides, test));
            }
            Data::Late(late) | Data::Unknown(late) => {
                let (of, what) = (late.of.address().as_str().to_owned(), late.what.clone());
                let told = self.late_told(late);
                self.problems.push(problem::not_known(at, &told, &of, &what));
            }
            _ => {
                self.bool(&value, at);
            }
        }
    }
}

/// The plan as expectations read it.
fn plan_value(planned: &Planned, at: Span) -> Val {
    let Planned { create, update, replace, destroy } = planned;
    let lists =
        [("create", create), ("update", update), ("replace", replace), ("destroy", destroy)];
    let list = |(name, all): (&str, &Vec<Address>)| {
        let all = all.iter().map(|address| Val::str(address.as_str(), at)).collect();
        (crate::model::Key::Text(name.into()), Val::list(all, at))
    };
    Val::map(lists.into_iter().map(list).collect::<BTreeMap<_, _>>(), at)
}

/// The body of `given` or `before` in a test.
pub(super) fn inner<'t>(body: &'t Body, word: &str) -> Option<&'t Body> {
    body.items.iter().find_map(|item| match &item.kind {
        ItemKind::Block(block) if block.kind.text == word => Some(&block.body),
        _ => None,
    })
}

/// What `expect_error` says, and where.
pub(super) fn expected_error(body: &Body) -> Option<(String, Span)> {
    let said = |item: &Item| {
        let ItemKind::Attribute(attribute) = &item.kind else { return None };
        let Key::Plain(name) = &attribute.key else { return None };
        let ExprKind::Str(text) = &attribute.value.kind else { return None };
        let [TextPart::Literal(literal)] = text.parts.as_slice() else { return None };
        (name.text == "expect_error").then(|| (literal.to_string(), attribute.value.span))
    };
    body.items.iter().find_map(said)
}
