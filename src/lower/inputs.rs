//! Inputs: what is given from outside, else the default, checked against the declaration.

use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Stage, StageName};
use crate::lower::scope::{In, ROOT, ScopeId};
use crate::lower::value::{Data, Val};
use crate::lower::{Given, SecretSource};
use crate::model::Text;
use crate::problem::{inputs as problem, names, scopes};
use crate::source::Span;
use crate::syntax::tree::{Input, ItemKind, TypeExpr, TypeKind};

/// How variables of the environment begin that give a value to an input.
const VARIABLE: &str = "PAAS_INPUT_";

impl<'t> Evaluator<'t> {
    /// What is given to the inputs that are no secrets: of every input the strongest.
    pub fn shown_inputs(&self) -> Vec<&'t Given> {
        let inputs = self.program.inputs.iter();
        let inputs = inputs.filter(|input| input.scope == ROOT).map(|input| input.it);
        let shown = inputs.filter(|input| !input.ty.as_ref().is_some_and(is_secret));
        let strongest = |name: &str| self.given.iter().rev().find(|given| given.name == name);
        shown.filter_map(|input| strongest(&input.name.text)).collect()
    }

    /// Reports values for inputs that nobody declares.
    pub fn undeclared_inputs(&mut self) {
        let inputs = self.program.inputs.iter().filter(|input| input.scope == ROOT);
        let names: Vec<&str> = inputs.map(|input| input.it.name.text.as_str()).collect();
        for given in self.given {
            if !names.contains(&given.name.as_str()) {
                let near = crate::problem::nearest(&given.name, names.iter().copied());
                // What an option or a variable gives may be a secret under a wrong name.
                let in_file = given.from != "--set" && !given.from.starts_with(VARIABLE);
                let at = self.known_place(given.value.span).filter(|_| in_file);
                let problem = problem::undeclared(&given.name, &given.from, at, &near);
                self.problems.push(problem);
            }
        }
    }

    /// The place, if it lies in a file that can be shown.
    fn known_place(&self, span: Span) -> Option<Span> {
        ((span.file.0 as usize) < self.sources.files().count()).then_some(span)
    }

    /// The value of an input.
    pub fn input_value(&mut self, index: usize) -> Val {
        let In { it: input, scope } = self.program.inputs[index];
        let at = input.name.span;
        let stage = Stage { what: StageName::Name(input.name.text.to_string()), span: at };
        self.once(
            |this| &mut this.inputs[index],
            stage,
            Val::new(Data::Bad, at),
            |this| {
                let env = this.env_of(scope);
                let value = match scope {
                    ROOT => this.input_raw(input),
                    _ => this.input_of_module(input, scope),
                };
                this.checked_input(input, value, &env)
            },
        )
    }

    /// The value of an input as its declaration wants it.
    pub fn checked_input(&mut self, input: &'t Input, value: Val, env: &Env<'t>) -> Val {
        let name = &input.name.text;
        let value = match &input.ty {
            Some(ty) => self.narrowed(value, ty, name, env.scope),
            None => value,
        };
        let value = match &input.refinement {
            Some(refinement) => self.narrowing(refinement.span, |this| {
                this.refined(value, refinement, (name, None), env.scope)
            }),
            None => value,
        };
        self.input_requires(input, &value, env);
        value
    }

    fn input_of_module(&mut self, input: &'t Input, scope: ScopeId) -> Val {
        let name = input.name.text.as_str();
        let layer = self.program.scopes[scope].given.clone();
        let given = layer.and_then(|layer| self.layer_value(&layer, name));
        match (given, &input.default) {
            (Some(value), _) => value,
            (None, Some(default)) => {
                let env = self.env_of(scope);
                self.eval(default, &env)
            }
            (None, None) if may_be_left_out(input) => Val::new(Data::Null, input.name.span),
            (None, None) => {
                let module = self.program.scopes[scope].prefix.clone();
                let module = module.map(|it| it.to_string()).unwrap_or_default();
                let inner =
                    self.program.opens.iter().find(|it| module.contains(it.name.text.as_str()));
                let at = inner.map_or(input.name.span, |inner| inner.span);
                self.bad(scopes::missing_input(name, &module, at, input.name.span), at)
            }
        }
    }

    fn input_raw(&mut self, input: &'t Input) -> Val {
        let name = input.name.text.as_str();
        if let Some(value) = self.given_by_test(name, ROOT) {
            return value;
        }
        let given = self.given.iter().rev().find(|given| given.name == name);
        if given.is_none() && self.trial.is_some() && input.ty.as_ref().is_some_and(is_secret) {
            return self.given_secret(name, &format!("{VARIABLE}{name}"), input.name.span);
        }
        match (given, &input.default) {
            (Some(given), _) => {
                let at = self.known_place(given.value.span).unwrap_or(input.name.span);
                if input.ty.as_ref().is_some_and(is_secret) {
                    return self.given_secret(name, &given.from, input.name.span);
                }
                let env = self.env_of(ROOT).pointing(at);
                self.eval(&given.value, &env)
            }
            (None, Some(default)) => {
                let env = self.env_of(ROOT);
                self.eval(default, &env)
            }
            (None, None) if may_be_left_out(input) => Val::new(Data::Null, input.name.span),
            (None, None) => {
                let is_secret = input.ty.as_ref().is_some_and(is_secret);
                self.bad(problem::missing(name, input.name.span, is_secret), input.name.span)
            }
        }
    }

    /// A secret from outside is named, not read: only the environment can keep it.
    fn given_secret(&mut self, name: &str, from: &str, at: Span) -> Val {
        if !from.starts_with(VARIABLE) {
            return self.bad(problem::secret_in_plain(name, from, at), at);
        }
        let address = format!("input.{name}");
        self.add_secret(address.clone(), SecretSource::Env(from.to_owned()), at);
        Val::new(Data::Text(Text::secret(address).into()), at)
    }

    fn input_requires(&mut self, input: &'t Input, value: &Val, env: &Env<'t>) {
        let Some(body) = &input.body else { return };
        let env = env.with("it", value.clone()).with(&input.name.text, value.clone());
        for item in &body.items {
            match &item.kind {
                ItemKind::Require(require) => {
                    if !matches!(value.data, Data::Bad) {
                        self.require(require, &env, crate::problem::Level::Error, None);
                    }
                }
                ItemKind::Bad => (),
                _ => self.problems.push(names::not_in_a_body(item.span)),
            }
        }
    }
}

/// Whether a type that is written is that of a secret.
pub(super) fn is_secret(ty: &TypeExpr) -> bool {
    match &ty.kind {
        TypeKind::Named(word, _) => word == "secret",
        TypeKind::Optional(inner) | TypeKind::Paren(inner) => is_secret(inner),
        _ => false,
    }
}

/// Whether an input without a default need not be given.
pub(super) fn may_be_left_out(input: &Input) -> bool {
    input.ty.as_ref().is_some_and(is_optional)
}

fn is_optional(ty: &TypeExpr) -> bool {
    match &ty.kind {
        TypeKind::Optional(_) => true,
        TypeKind::Paren(inner) => is_optional(inner),
        _ => false,
    }
}
