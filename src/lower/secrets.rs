//! Secrets: their names and where they come from; a value is never seen here.

use std::collections::{BTreeMap, BTreeSet};

use crate::lower::calls::normal;
use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Stage, StageName};
use crate::lower::headers::{Expansion, Keys};
use crate::lower::scope::In;
use crate::lower::value::{Data, Val};
use crate::lower::{Intent, Resource, SecretItem, SecretSource, sources};
use crate::model::{Address, Key, Text, Value};
use crate::problem::{Problem, lints, lower as problem};
use crate::source::Span;
use crate::syntax::tree::{Expr, ExprKind, Secret};

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
        let address = Address::new(around, "secret", &secret.name.text, key);
        let Some(source) = self.secret_source(&secret.value, env) else {
            return Val::new(Data::Bad, at);
        };
        self.add_secret(address.as_str().to_owned(), source, at);
        Val::new(Data::Text(Text::secret(address.as_str()).into()), at)
    }

    /// Remembers where a secret comes from.
    pub fn add_secret(&mut self, address: String, source: SecretSource, span: Span) {
        self.secrets.entry(address).or_insert(SecretItem {
            source,
            span,
            needed_in_sandbox: false,
            opens: false,
        });
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
            ExprKind::Call(callee, arguments) if is_source(callee) => match &callee.kind {
                ExprKind::Name(name) => self.source(name, arguments, env, value.span),
                _ => None,
            },
            ExprKind::Bad => None,
            _ => {
                self.problems.push(problem::not_a_secret_source(value.span));
                None
            }
        }
    }
}

fn is_source(callee: &Expr) -> bool {
    matches!(&callee.kind, ExprKind::Name(name) if sources::names().any(|it| it == name))
}

/// What a generated secret is as a resource: everything but its value.
pub(super) fn resource(item: &SecretItem) -> Option<Resource> {
    let SecretSource::Generate(recipe) = &item.source else { return None };
    let mut spec: Value =
        [("length", Value::from(recipe.length)), ("charset", Value::from(recipe.charset.as_str()))]
            .into_iter()
            .collect();
    if let Some(millis) = recipe.rotate_ms {
        spec.set("rotate", millis.into());
    }
    let intent = Intent { spec, ..Intent::default() };
    let origins = ["charset", "length", "rotate"].map(|name| (name.into(), item.span));
    Some(Resource { intent, origins: origins.to_vec(), span: item.span, doc: None })
}

/// Files that secrets come from and that are read as plain text as well.
pub(super) fn read_in_plain_sight(
    secrets: &BTreeMap<String, SecretItem>,
    reads: &BTreeSet<(Box<str>, Span)>,
) -> Vec<Problem> {
    if reads.is_empty() {
        return Vec::new();
    }
    let mut files: BTreeMap<String, (&str, &SecretItem)> = BTreeMap::new();
    for (address, item) in secrets {
        let file = match &item.source {
            SecretSource::File(file) | SecretSource::Age(file) => file,
            SecretSource::Sops { file, .. } => file,
            SecretSource::Env(_)
            | SecretSource::Vault { .. }
            | SecretSource::Command(_)
            | SecretSource::Generate(_)
            | SecretSource::Made
            | SecretSource::Derived(_) => continue,
        };
        files.entry(normal(file)).or_insert((address, item));
    }
    let found = reads.iter().filter_map(|(path, at)| Some((files.get(&**path)?, path, at)));
    let told = found.map(|((address, item), path, at)| {
        let sealed = !matches!(item.source, SecretSource::File(_));
        lints::secret_in_plain_sight(*at, path, address, item.span, sealed)
    });
    told.collect()
}
