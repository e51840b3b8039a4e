//! Secrets: their names and where they come from; a value is never seen here.

use std::collections::BTreeMap;

use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Stage, StageName};
use crate::lower::headers::{Expansion, Keys};
use crate::lower::scope::In;
use crate::lower::value::{Data, Val};
use crate::lower::{SecretItem, SecretSource};
use crate::model::{Address, Key, Text};
use crate::problem::lower as problem;
use crate::source::Span;
use crate::syntax::tree::{Arg, Expr, ExprKind, Secret};

impl<'t> Evaluator<'t> {
    /// The text that stands for a secret, or a map of them.
    pub fn secret_value(&mut self, index: usize) -> Val {
        let In { it: secret, scope } = self.program.secrets[index];
        let at = secret.name.span;
        let what = StageName::Name(format!("secret.{}", secret.name.text));
        let stage = Stage { what, span: at };
        let broken = Val::new(Data::Bad, at);
        self.once(
            |this| &mut this.secret_values[index],
            stage,
            broken,
            |this| {
                let env = this.env_of(scope);
                let Some(each) = &secret.each else { return this.one_secret(secret, None, &env) };
                match this.each(each, None, &env, Keys::Name) {
                    Expansion::Many(instances) => {
                        let mut map = BTreeMap::new();
                        for (key, env) in instances {
                            let value = this.one_secret(secret, Some(&key), &env);
                            map.insert(key, value);
                        }
                        Val::map(map, at)
                    }
                    Expansion::One(_) | Expansion::Absent | Expansion::Bad => {
                        Val::new(Data::Bad, at)
                    }
                }
            },
        )
    }

    fn one_secret(&mut self, secret: &'t Secret, key: Option<&Key>, env: &Env<'t>) -> Val {
        let at = secret.name.span;
        let around = self.program.scopes[env.scope].prefix.as_ref();
        let address = Address::new(around, "secret", &secret.name.text, key).to_string();
        let Some(source) = self.secret_source(&secret.value, env) else {
            return Val::new(Data::Bad, at);
        };
        let item = SecretItem { source, span: at, needed_in_sandbox: false };
        self.secrets.insert(address.clone(), item);
        Val::new(Data::Text(Text::secret(address).into()), at)
    }

    fn secret_source(&mut self, value: &'t Expr, env: &Env<'t>) -> Option<SecretSource> {
        match &value.kind {
            ExprKind::Paren(inner) => self.secret_source(inner, env),
            ExprKind::If(condition, yes, no) => {
                let decides = self.eval(condition, env);
                match self.bool(&decides, condition.span)? {
                    true => self.secret_source(yes, env),
                    false => self.secret_source(no, env),
                }
            }
            ExprKind::Call(callee, arguments) => {
                let ExprKind::Name(name) = &callee.kind else { return None };
                match name.as_str() {
                    "env" => self.only_text(arguments, env, value.span).map(SecretSource::Env),
                    "file" => self.only_text(arguments, env, value.span).map(SecretSource::File),
                    "sops" | "age" | "vault" | "command" | "generate" => {
                        self.problems.push(problem::secret_source(name, value.span));
                        None
                    }
                    _ => {
                        self.problems.push(problem::not_a_secret_source(value.span));
                        None
                    }
                }
            }
            ExprKind::Bad => None,
            _ => {
                self.problems.push(problem::not_a_secret_source(value.span));
                None
            }
        }
    }

    fn only_text(&mut self, arguments: &'t [Arg], env: &Env<'t>, at: Span) -> Option<String> {
        let [Arg::Plain(argument)] = arguments else {
            self.problems.push(problem::one_text_expected(at));
            return None;
        };
        let value = self.eval(argument, env);
        match &value.data {
            Data::Str(text) if !text.is_empty() => Some(text.to_string()),
            Data::Bad => None,
            _ => {
                self.problems.push(problem::one_text_expected(argument.span));
                None
            }
        }
    }
}
