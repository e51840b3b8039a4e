//! `require` and `check`: conditions that people write about their own platform.

use crate::lower::compile::late_in;
use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::expressions::printed;
use crate::lower::headers::{Expansion, Keys};
use crate::lower::scope::{In, header, span};
use crate::lower::value::Data;
use crate::lower::{Checked, LateCondition};
use crate::problem::{Level, inputs as problem, names, types};
use crate::source::Span;
use crate::syntax::tree::{Block, ItemKind, Key, Require};

impl<'t> Evaluator<'t> {
    /// Everything that the module requires beyond single resources, and what its checks said.
    pub fn checks(&mut self) -> Vec<Checked> {
        let mut said = Vec::new();
        for In { it: require, scope } in self.program.requires.clone() {
            let env = self.env_of(scope);
            self.require(require, &env, Level::Error, None);
        }
        for In { it: block, scope } in self.program.checks.clone() {
            let env = self.env_of(scope);
            let expansion = match &block.each {
                Some(each) => self.each(each, block.condition.as_deref(), &env, Keys::Count),
                None => self.header(header(block), &env),
            };
            let instances = match expansion {
                Expansion::One(env) => vec![env],
                Expansion::Many(instances) => instances.into_iter().map(|(_, env)| env).collect(),
                Expansion::Absent | Expansion::Bad => Vec::new(),
            };
            for env in instances {
                said.push(self.check(block, &env));
            }
        }
        said
    }

    fn check(&mut self, block: &'t Block, env: &Env<'t>) -> Checked {
        let mut level = Level::Error;
        for item in &block.body.items {
            if let ItemKind::Attribute(attribute) = &item.kind
                && let Key::Plain(name) = &attribute.key
            {
                if name.text != "level" {
                    let unknown = [(name.text.to_string(), name.span)];
                    let problem =
                        names::unknown_attributes("`check`", None, &unknown, &["level", "require"]);
                    self.problems.push(problem);
                    continue;
                }
                let value = self.eval(&attribute.value, env);
                level = match &value.data {
                    Data::Str(text) if &**text == "warn" => Level::Warning,
                    Data::Str(text) if &**text == "error" => Level::Error,
                    Data::Bad => level,
                    _ => {
                        let words = ["error", "warn"];
                        let at = attribute.value.span;
                        let problem = types::not_a_choice(at, "level", "", &words, &[]);
                        self.problems.push(problem);
                        level
                    }
                };
            }
        }
        let (mut unmet, before) = (None, self.late_conditions.len());
        for item in &block.body.items {
            match &item.kind {
                ItemKind::Require(require) => {
                    let told = self.require(require, env, level, None);
                    unmet = unmet.or(told);
                }
                ItemKind::Attribute(_) | ItemKind::Bad => (),
                _ => self.problems.push(names::not_in_a_body(item.span)),
            }
        }
        let name = block.labels.first().map(|name| name.text.to_string()).unwrap_or_default();
        let late = self.late_conditions.len() > before;
        Checked { name, about: env.resource().cloned(), unmet, late, level, span: span(block) }
    }

    /// Checks one condition; `of` is the resource it is written in. Says why it does not hold.
    pub fn require(
        &mut self,
        require: &'t Require,
        env: &Env<'t>,
        level: Level,
        of: Option<Span>,
    ) -> Option<String> {
        let at = env.place(require.condition.span);
        let value = self.eval(&require.condition, env);
        match &value.data {
            Data::Bool(true) | Data::Bad => None,
            Data::Bool(false) => {
                let message = require.message.as_ref().map(|message| {
                    let value = self.eval(message, env);
                    match printed(&value.data) {
                        Some(text) => text.to_string(),
                        None => self.sources.text(message.span).to_owned(),
                    }
                });
                // What came back from the world stands nowhere in the manifest.
                let sides = match self.settles() {
                    true => self.sides(&require.condition, false, env),
                    false => Vec::new(),
                };
                let problem = problem::not_met(at, level, message.as_deref(), &sides, of);
                let about = env.here.filter(|_| self.settles());
                self.problems.push(match about {
                    Some(here) => problem::about(problem, self.nodes[here].address.as_str()),
                    None => problem,
                });
                Some(
                    message.unwrap_or_else(|| self.sources.text(require.condition.span).to_owned()),
                )
            }
            Data::Late(late) | Data::Unknown(late) => {
                let needs = self.late_told(late);
                self.late_conditions.push(LateCondition { at, needs });
                None
            }
            Data::Text(text) if !text.has_secret() && self.is_secret_bool(&value) => {
                // A revealed answer is known once it is sent.
                let needs = late_in(text).map(|late| self.late_told(&late));
                self.late_conditions.extend(needs.map(|needs| LateCondition { at, needs }));
                None
            }
            _ => {
                self.bool(&value, at);
                None
            }
        }
    }
}
