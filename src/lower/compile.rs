//! The stage as a whole: from trees to everything a manifest asks for, and all problems at once.

use std::collections::HashSet;

use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::expressions::shown;
use crate::lower::functions::Files;
use crate::lower::nodes::NodeId;
use crate::lower::order::{self, Unit};
use crate::lower::reads::Recorded;
use crate::lower::scope::Module;
use crate::lower::specs::Edge;
use crate::lower::value::{Data, Val};
use crate::lower::{
    Desired, Output, SecretItem, SecretSource, graph, lints, machines, secrets, unique,
};
use crate::model::{Address, Late, Object, Piece, Ref, Text, Value, digest_all};
use crate::problem::{Problem, lower as problem, names, without_allowed};
use crate::source::Sources;
use crate::syntax::tree::{Expr, Let, Name, Tree};

/// Kinds whose own secrets open shared services: a sandbox does without them.
const CREDENTIALS_OF: [&str; 6] = ["cluster", "zone", "identity", "database", "host", "cert"];

/// The value of an input that comes from outside of the manifest.
#[derive(Clone, Debug)]
pub struct Given {
    /// The input's name.
    pub name: String,
    /// The value.
    pub value: Expr,
    /// Who gives it: `--set`, `PAAS_INPUT_domain`, a file.
    pub from: String,
}

/// Everything that the trees ask for, and everything that is wrong; `given` is weakest first.
///
/// With an error among the problems what is desired is incomplete, and good for looking only.
pub fn compile(
    trees: &[Tree],
    sources: &Sources,
    given: &[Given],
    files: &dyn Files,
) -> (Desired, Vec<Problem>) {
    let mut problems = Vec::new();
    let module = Module::collect(trees, &mut problems);
    let files = Recorded::new(files);
    let mut evaluator = Evaluator::new(&module, given, sources, &files);
    evaluator.recursive = order::recursive(&module, &mut problems);
    evaluator.problems = problems;
    evaluator.undeclared_inputs();
    evaluator.settings();
    let mut desired = Desired::default();
    let mut edges = Vec::new();
    for unit in order::needed_first(&module) {
        let nodes = match unit {
            Unit::Let(index) => {
                evaluator.let_value(index);
                continue;
            }
            Unit::Input(index) => {
                evaluator.input_value(index);
                continue;
            }
            Unit::Block(index) => evaluator.block_instances(index).nodes,
        };
        for node in nodes.iter() {
            evaluator.prepare_all(*node);
        }
    }
    for index in 0..module.secrets.len() {
        evaluator.secret_value(index);
    }
    for output in &module.outputs {
        evaluator.output(output, &mut desired);
    }
    desired.checks = evaluator.checks();
    for node in 0..evaluator.nodes.len() {
        evaluator.finish_into(node, &mut desired, &mut edges);
    }
    unique::conflicts(&desired, &mut evaluator.problems);
    machines::conflicts(&desired, &files, sources, &mut evaluator.problems);
    graph::circles(&evaluator.nodes, &edges, &mut evaluator.problems);
    evaluator.secrets_into(&mut desired);
    desired.config = config(sources, &evaluator.shown_inputs(), &files);
    evaluator.problems.extend(lints::foreign_interpolations(trees, sources));
    evaluator.problems.extend(lints::empty_allowances(trees, sources));
    (desired, without_allowed(in_order(evaluator.problems), sources))
}

impl<'t> Evaluator<'t> {
    /// Prepares a node and its facets.
    fn prepare_all(&mut self, id: NodeId) {
        self.prepare(id);
        for position in 0..self.nodes[id].kind.traits().facets.len() {
            for facet in self.facets_of(id, position).nodes.iter() {
                self.prepare_all(*facet);
            }
        }
    }

    fn finish_into(&mut self, id: NodeId, desired: &mut Desired, edges: &mut Vec<Edge>) {
        let finished = self.finish(id);
        let address = self.nodes[id].address.clone();
        let mut resource = finished.resource;
        let generated = finished.secrets.iter().filter(|it| self.is_generated(it));
        resource.intent.after.extend(generated.filter_map(|it| Ref::parse(it)));
        match CREDENTIALS_OF.contains(&address.kind()) {
            true => self.opening.extend(finished.secrets),
            false => self.needed.extend(finished.secrets),
        }
        if address.kind() == "template"
            && let Some(version) = resource.intent.spec["version"].as_str()
        {
            desired.templates.insert(address.clone(), version.to_owned());
        }
        edges.extend(finished.edges);
        desired.resources.insert(address, resource);
    }

    /// A secret that is a resource of its own.
    fn is_generated(&self, address: &str) -> bool {
        let item = self.secrets.get(address);
        item.is_some_and(|item| matches!(item.source, SecretSource::Generate(_)))
    }

    /// Hands over the secrets; those that `paas` makes become resources.
    fn secrets_into(&mut self, desired: &mut Desired) {
        for (address, item) in std::mem::take(&mut self.secrets) {
            if let (Some(resource), Some(name)) =
                (secrets::resource(&item), Address::parse(&address))
            {
                desired.resources.insert(name, resource);
            }
            let (needed_in_sandbox, opens) =
                (self.needed.contains(&address), self.opening.contains(&address));
            desired.secrets.insert(address, SecretItem { needed_in_sandbox, opens, ..item });
        }
    }

    fn output(&mut self, output: &'t Let, desired: &mut Desired) {
        let at = output.name.span;
        let value = match &output.value {
            Some(value) => self.eval(value, &Env::default()),
            None => self.bad(names::no_value(&output.name.text, at), at),
        };
        let value = match &output.ty {
            Some(ty) => self.typed(value, ty, &output.name.text),
            None => value,
        };
        let may_be_secret =
            output.ty.as_ref().is_some_and(|ty| self.sources.text(ty.span).contains("secret<"));
        if let Some(value) = self.output_json(&value, &output.name, may_be_secret) {
            let output_value = Output { value, span: at };
            desired.outputs.insert(output.name.text.clone(), output_value);
        }
    }

    /// JSON for people and programs outside: quantities are printed.
    fn output_json(&mut self, value: &Val, name: &Name, may_be_secret: bool) -> Option<Value> {
        let at = value.origin;
        Some(match &value.data {
            Data::Null => Value::Null,
            Data::Bool(it) => Value::Bool(*it),
            Data::Int(it) => Value::from(*it),
            Data::Float(it) => Value::from(*it),
            Data::Str(it) => Value::from(&**it),
            Data::Text(text) if text.has_secret() && !may_be_secret => {
                self.problems.push(problem::secret_output(name.span, at, &name.text));
                return None;
            }
            Data::Text(text) => Value::of(text.as_ref()).ok()?,
            Data::Late(late) => Value::of(&Text::late(late.as_ref().clone())).ok()?,
            Data::List(list) => {
                let elements =
                    list.iter().map(|value| self.output_json(value, name, may_be_secret));
                Value::Array(elements.collect::<Option<_>>()?)
            }
            Data::Map(map) => {
                let mut object = Object::default();
                for (key, value) in map.iter() {
                    let json = self.output_json(value, name, may_be_secret)?;
                    object.insert(&super::fit::plain(key), json);
                }
                Value::Object(object)
            }
            Data::Unknown(late) => {
                let late = self.late_told(late);
                self.problems.push(problem::field_late(at, &name.text, &late));
                return None;
            }
            Data::Bad => return None,
            other => Value::from(shown(other)),
        })
    }
}

/// The first late value in a text.
pub(super) fn late_in(text: &Text) -> Option<Late> {
    text.pieces().iter().find_map(|piece| match piece {
        Piece::Late { late } => Some(late.clone()),
        Piece::Literal(_) | Piece::Secret { .. } | Piece::Project { .. } => None,
    })
}

/// The digest of everything that was read: the same from whatever folder it is read, and without
/// the value of any secret, since a weak one could be guessed from it.
fn config(sources: &Sources, inputs: &[&Given], files: &Recorded<'_>) -> String {
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for (_, source) in sources.files().filter(|(_, source)| source.is_manifest) {
        let name = source.name.rsplit('/').next().unwrap_or_default();
        parts.push((format!("source {name}"), source.text.as_bytes().to_vec()));
    }
    parts.extend(inputs.iter().map(|given| {
        let text = sources.text(given.value.span).as_bytes().to_vec();
        (format!("input {}", given.name), text)
    }));
    parts.extend(files.answers());
    digest_all(parts.iter().map(|(name, content)| (name.as_str(), content.as_slice())))
}

/// Each problem once, in the order of their places.
fn in_order(problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let mut once: Vec<Problem> = problems
        .into_iter()
        .filter(|problem| {
            let at = problem.labels.first().map(|label| label.span);
            seen.insert((problem.code, at, problem.message.clone()))
        })
        .collect();
    once.sort_by_key(|problem| problem.labels.first().map(|label| label.span));
    once
}
