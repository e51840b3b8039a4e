//! The arguments of `env(…)`, `sops(…)`, `generate(…)` and the others: where a secret comes from.

use crate::kinds::secret::{CHARSETS, DEFAULTS, LENGTHS};
use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::scope::ROOT;
use crate::lower::value::{Data, Val};
use crate::lower::{Recipe, SecretSource};
use crate::model::SecretStore;
use crate::problem::{Problem, secrets as problem, stores};
use crate::source::Span;
use crate::syntax::tree::{Arg, Expr, ExprKind};

/// Every source, with the names of what it takes, in order.
const SOURCES: &[(&str, &[&str])] = &[
    ("age", &["file"]),
    ("command", &["argv"]),
    ("env", &["name"]),
    ("file", &["path"]),
    ("generate", &["length", "charset", "rotate"]),
    ("sops", &["file", "key"]),
    ("vault", &["path", "field"]),
];

/// Every place for generated secrets, with the names of what it takes.
const STORES: &[(&str, &[&str])] =
    &[("local", &[]), ("sops", &["file"]), ("age", &["file"]), ("vault", &["path"])];

/// The names of all sources.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|(name, _)| *name)
}

impl<'t> Evaluator<'t> {
    /// What a call of a source says; nothing after a problem.
    pub fn source(
        &mut self,
        name: &str,
        arguments: &'t [Arg],
        env: &Env<'t>,
        at: Span,
    ) -> Option<SecretSource> {
        let (_, takes) = SOURCES.iter().find(|(source, _)| *source == name)?;
        let given = self.source_arguments(name, takes, arguments, env, at)?;
        let text = |this: &mut Self, index: usize| this.source_text(name, takes, &given, index, at);
        Some(match name {
            "env" => SecretSource::Env(text(self, 0)?),
            "file" => SecretSource::File(text(self, 0)?),
            "age" => SecretSource::Age(text(self, 0)?),
            "sops" => SecretSource::Sops { file: text(self, 0)?, key: text(self, 1)? },
            "vault" => SecretSource::Vault { path: text(self, 0)?, field: text(self, 1)? },
            "command" => SecretSource::Command(self.argv(given[0].as_ref(), at)?),
            _ => SecretSource::Generate(self.recipe(&given)?),
        })
    }

    /// Where generated secrets are to be kept; beside the state after a problem.
    pub fn store_of_secrets(&mut self, value: &'t Expr) -> SecretStore {
        let found = match &value.kind {
            ExprKind::Paren(inner) => return self.store_of_secrets(inner),
            ExprKind::Bad => return SecretStore::Local,
            ExprKind::Call(callee, arguments) => match &callee.kind {
                ExprKind::Name(name) => STORES.iter().find(|(store, _)| store == name),
                _ => None,
            }
            .map(|found| (found, arguments)),
            _ => None,
        };
        let Some(((name, takes), arguments)) = found else {
            self.problems.push(stores::not_a_store(value.span));
            return SecretStore::Local;
        };
        let env = self.env_of(ROOT);
        self.store_called(name, takes, arguments, &env, value.span).unwrap_or_default()
    }

    fn store_called(
        &mut self,
        name: &str,
        takes: &[&str],
        arguments: &'t [Arg],
        env: &Env<'t>,
        at: Span,
    ) -> Option<SecretStore> {
        let given = self.source_arguments(name, takes, arguments, env, at)?;
        if takes.is_empty() {
            return Some(SecretStore::Local);
        }
        let text = self.source_text(name, takes, &given, 0, at)?;
        match name {
            "sops" if ![".yaml", ".yml", ".json"].iter().any(|end| text.ends_with(end)) => {
                self.problems.push(stores::not_a_sops_file(&text, at));
                None
            }
            "sops" => Some(SecretStore::Sops(text)),
            "age" => Some(SecretStore::Age(text)),
            _ => {
                let path = text.trim_matches('/');
                let odd = |part: &str| part.is_empty() || part == "." || part == "..";
                if !path.contains('/') || path.split('/').any(odd) {
                    self.problems.push(stores::not_a_vault_path(&text, at));
                    return None;
                }
                Some(SecretStore::Vault(path.to_owned()))
            }
        }
    }

    /// The arguments by the place of their names.
    fn source_arguments(
        &mut self,
        name: &str,
        takes: &[&str],
        arguments: &'t [Arg],
        env: &Env<'t>,
        at: Span,
    ) -> Option<Vec<Option<(Val, Span)>>> {
        let mut given = vec![None; takes.len()];
        let mut next = 0;
        for argument in arguments {
            let (index, expr): (_, &'t Expr) = match argument {
                Arg::Plain(expr) => {
                    next += 1;
                    (Some(next - 1).filter(|it| *it < takes.len()), expr)
                }
                Arg::Named(name, expr) => (takes.iter().position(|it| *it == name.text), expr),
                Arg::Spread(expr) => (None, expr),
            };
            let Some(index) = index.filter(|index| given[*index].is_none()) else {
                self.problems.push(wrong(name, takes, expr.span));
                return None;
            };
            let mut value = self.eval(expr, env);
            if takes[index] == "file" || takes[index] == "path" && name == "file" {
                self.place_path(&mut value);
            }
            match value.data {
                Data::Bad => return None,
                Data::Null if name == "generate" => (),
                _ => given[index] = Some((value, env.place(expr.span))),
            }
        }
        let needed = if name == "generate" { 0 } else { takes.len() };
        if given[..needed].iter().any(Option::is_none) {
            self.problems.push(wrong(name, takes, at));
            return None;
        }
        Some(given)
    }

    fn source_text(
        &mut self,
        name: &str,
        takes: &[&str],
        given: &[Option<(Val, Span)>],
        index: usize,
        at: Span,
    ) -> Option<String> {
        let (value, place) = given[index].as_ref()?;
        match &value.data {
            // A variable or a file whose name holds a NUL cannot be.
            Data::Str(text) if !text.is_empty() && !text.contains('\0') => Some(text.to_string()),
            other => {
                let place = if place.file == at.file { *place } else { at };
                self.problems.push(problem::source_text(name, takes[index], other.noun(), place));
                None
            }
        }
    }

    fn argv(&mut self, given: Option<&(Val, Span)>, at: Span) -> Option<Vec<String>> {
        let (value, place) = given?;
        let word = |value: &Val| match &value.data {
            Data::Str(text) if !text.contains('\0') => Some(text.to_string()),
            _ => None,
        };
        let words: Option<Vec<String>> = match &value.data {
            Data::List(list) => list.iter().map(word).collect(),
            _ => None,
        };
        let words = words.filter(|it| it.first().is_some_and(|program| !program.is_empty()));
        if words.is_none() {
            let place = if place.file == at.file { *place } else { at };
            self.problems.push(problem::not_argv(value.data.noun(), place));
        }
        words
    }

    fn recipe(&mut self, given: &[Option<(Val, Span)>]) -> Option<Recipe> {
        let mut recipe = Recipe::default();
        let mut fine = true;
        let mut wrong = |name: &str, expected: String, place: Span| {
            self.problems.push(problem::wrong_recipe(name, &expected, place));
            fine = false;
        };
        if let Some((value, place)) = &given[0] {
            match value.data {
                Data::Int(length) if (LENGTHS.0..=LENGTHS.1).contains(&length) => {
                    recipe.length = u32::try_from(length).unwrap_or(DEFAULTS.0);
                }
                _ => wrong("length", format!("an int from {} to {}", LENGTHS.0, LENGTHS.1), *place),
            }
        }
        if let Some((value, place)) = &given[1] {
            let names = || CHARSETS.iter().map(|(name, _)| *name);
            match &value.data {
                Data::Str(text) if names().any(|name| name == &**text) => {
                    recipe.charset = text.to_string();
                }
                _ => {
                    let names: Vec<String> = names().map(|name| format!("\"{name}\"")).collect();
                    wrong("charset", names.join(" or "), *place);
                }
            }
        }
        if let Some((value, place)) = &given[2] {
            match value.data {
                Data::Duration(millis) if millis > 0 => recipe.rotate_ms = Some(millis),
                _ => wrong("rotate", "a duration like `90d`".to_owned(), *place),
            }
        }
        fine.then_some(recipe)
    }
}

/// A source takes this many arguments, and so does a place for generated secrets.
fn wrong(name: &str, takes: &[&str], at: Span) -> Problem {
    match STORES.iter().any(|(store, all)| *store == name && *all == takes) && name != "age" {
        true => stores::wrong_store(name, takes, at),
        false => problem::wrong_source(name, takes, at),
    }
}
