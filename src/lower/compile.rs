//! The stage as a whole: from trees to everything a manifest asks for, and all problems at once.

use std::collections::{BTreeSet, HashSet};

use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Stage, StageName};
use crate::lower::expressions::shown;
use crate::lower::functions::Files;
use crate::lower::nodes::NodeId;
use crate::lower::order::{self, Unit};
use crate::lower::reads::Recorded;
use crate::lower::scope::{In, ROOT, Role, Scope, ScopeId};
use crate::lower::specs::Edge;
use crate::lower::value::{Data, Val};
use crate::lower::{Desired, Library, Output, SecretItem, SecretSource};
use crate::lower::{foreign, graph, idle, infer, lints, machines, quota, secrets, unique};
use crate::model::{Address, Late, Object, Piece, Ref, Text, Value, digest_all};
use crate::problem::{Problem, lower as problem, names, without_allowed};
use crate::source::Sources;
use crate::syntax::tree::{Expr, Name, Tree};

/// Kinds whose own secrets open shared services: a sandbox does without them.
const CREDENTIALS_OF: [&str; 7] =
    ["cluster", "zone", "identity", "database", "host", "cert", "terraform"];

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
/// What is imported and not in `library` is [`Desired::wanted`]: it has to be read, and everything
/// compiled again. With an error among the problems what is desired is incomplete, and good for
/// looking only.
pub fn compile(
    trees: &[Tree],
    library: &Library,
    sources: &Sources,
    given: &[Given],
    files: &dyn Files,
) -> (Desired, Vec<Problem>) {
    let files = Recorded::new(files, sources);
    let mut evaluator = Evaluator::new(library, given, sources, &files);
    evaluator.collect_project(trees);
    let mut desired = evaluator.whole();
    // Everything is declared from here on, whatever opened it, and whether anything did.
    evaluator.open_unused();
    desired.wanted.append(&mut evaluator.wanted);
    let found = infer::check(&evaluator.program, &evaluator.recursive, sources);
    let mut problems = infer::merged(found, std::mem::take(&mut evaluator.problems));
    problems.extend(secrets::read_in_plain_sight(&desired.secrets, &evaluator.plain_reads));
    let imported = library.parts.iter().map(|part| part.trees.as_slice());
    for trees in std::iter::once(trees).chain(imported) {
        problems.extend(lints::foreign_interpolations(trees, sources));
        problems.extend(lints::empty_allowances(trees, sources));
        problems.extend(idle::idle_attributes(trees, sources));
        problems = foreign::translated(problems, trees, sources);
    }
    (desired, without_allowed(in_order(problems), sources))
}

impl<'t> Evaluator<'t> {
    /// Takes what the project's own files declare.
    pub fn collect_project(&mut self, trees: &'t [Tree]) {
        let root = self.program.add(Scope::new(Role::Module, None), &Env::default(), None);
        for tree in trees {
            self.collect(&tree.items, root);
        }
        self.recursive = order::recursive(&self.program, root, &mut self.problems);
    }

    /// Evaluates and checks the project that was collected.
    pub fn whole(&mut self) -> Desired {
        self.undeclared_inputs();
        let settings = self.settings();
        let mut desired = Desired { settings, ..Desired::default() };
        let mut edges = Vec::new();
        let mut scope = ROOT;
        while scope < self.program.scopes.len() {
            self.prepare_scope(scope);
            scope += 1;
        }
        for index in 0..self.program.secrets.len() {
            self.secret_value(index);
        }
        for index in 0..self.program.outputs.len() {
            self.output(index, &mut desired);
        }
        desired.checks = self.checks();
        for node in 0..self.nodes.len() {
            self.finish_into(node, &mut desired, &mut edges);
        }
        unique::conflicts(&desired, &mut self.problems);
        quota::exceeded(&desired, &mut self.problems);
        machines::conflicts(&desired, self.files, self.sources, &mut self.problems);
        graph::circles(&self.nodes, &edges, &mut self.problems);
        self.secrets_into(&mut desired);
        // Generated secrets are resources, which statements may be about.
        self.changes(&mut desired);
        desired.secret_store = std::mem::take(&mut self.secret_store);
        desired.reveals = std::mem::take(&mut self.reveals);
        desired.config = config(self.sources, &self.shown_inputs(), self.files);
        desired.wanted = std::mem::take(&mut self.wanted);
        desired.tests = self.test_items();
        desired.late = std::mem::take(&mut self.late_conditions);
        desired
    }

    /// Evaluates and checks everything in a scope, and opens the tenants and modules in it.
    fn prepare_scope(&mut self, scope: ScopeId) {
        if let Some(tenant) = self.node_of_tenant(scope) {
            self.prepare_all(tenant);
        }
        for unit in order::needed_first(&self.program, scope) {
            let nodes = match unit {
                Unit::Let(index) => {
                    self.let_value(index);
                    continue;
                }
                Unit::Input(index) => {
                    self.input_value(index);
                    continue;
                }
                Unit::Block(index) => self.block_instances(index).nodes,
            };
            for node in nodes.iter() {
                self.prepare_all(*node);
            }
        }
        let mut inside: Vec<usize> = self.program.scopes[scope].opens.values().copied().collect();
        inside.sort_unstable();
        for index in inside {
            self.open(index);
        }
    }

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
        for secret in &finished.secrets {
            self.wait_for_generated(secret, &mut resource.intent.after);
        }
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

    /// A generated secret is a resource, and comes before what has it or follows from it.
    fn wait_for_generated(&self, address: &str, after: &mut BTreeSet<Ref>) {
        let Some(item) = self.secrets.get(address) else { return };
        if matches!(item.source, SecretSource::Generate(_)) {
            after.extend(Ref::parse(address));
        }
        item.source.bases().iter().for_each(|base| self.wait_for_generated(base, after));
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

    /// The value of an output.
    pub fn output_value(&mut self, index: usize) -> Val {
        let In { it: output, scope } = self.program.outputs[index];
        let at = output.name.span;
        let stage = Stage { what: StageName::Name(output.name.text.to_string()), span: at };
        self.once(
            |this| &mut this.output_values[index],
            stage,
            Val::new(Data::Bad, at),
            |this| {
                let env = this.env_of(scope);
                let value = match &output.value {
                    Some(value) => this.eval(value, &env),
                    None => this.bad(names::no_value(&output.name.text, at), at),
                };
                match &output.ty {
                    Some(ty) => this.narrowed(value, ty, &output.name.text, scope),
                    None => value,
                }
            },
        )
    }

    fn output(&mut self, index: usize, desired: &mut Desired) {
        let value = self.output_value(index);
        let In { it: output, scope } = self.program.outputs[index];
        let may_be_secret =
            output.ty.as_ref().is_some_and(|ty| self.sources.text(ty.span).contains("secret<"));
        if self.copied(&value, output.name.span).is_none() {
            return;
        }
        if let Some(value) = self.output_json(&value, &output.name, may_be_secret) {
            let prefix = self.program.scopes[scope].prefix.as_ref();
            let around = prefix.map(|prefix| format!("{prefix}.")).unwrap_or_default();
            let name = format!("{around}{}", output.name.text);
            desired.outputs.insert(name, Output { value, span: output.name.span });
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
                let at = self.ways_in(at).last().copied().unwrap_or(at);
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

/// The first value in a text that a plan does without: one that is late, or a revealed secret.
pub(super) fn late_in(text: &Text) -> Option<Late> {
    text.pieces().iter().find_map(|piece| match piece {
        Piece::Late { late, .. } => Some(late.clone()),
        Piece::Revealed { revealed, .. } => Some(Late::of_secret(revealed)),
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

/// A message without the tenants and modules in its addresses: what is wrong in a module is told
/// once, however often it is used.
fn without_scopes(message: &str) -> String {
    let quoted = message.split('`').map(|part| {
        match part.starts_with("tenant.") || part.starts_with("module.") {
            true => part.rsplit('/').next().unwrap_or(part),
            false => part,
        }
    });
    quoted.collect::<Vec<_>>().join("`")
}

/// Each problem once, in the order of their places.
pub(super) fn in_order(problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let mut once: Vec<Problem> = problems
        .into_iter()
        .filter(|problem| {
            let at = problem.labels.first().map(|label| label.span);
            seen.insert((problem.code, at, without_scopes(&problem.message)))
        })
        .collect();
    once.sort_by_key(|problem| problem.labels.first().map(|label| label.span));
    once
}
