//! `paas { … }`: what the manifest says about the tool itself.

use crate::lower::evaluator::Evaluator;
use crate::lower::scope::ROOT;
use crate::lower::value::Data;
use crate::problem::{names, secrets, stores, types};
use crate::syntax::tree::{Body, Expr, ExprKind, ItemKind, Key};

/// The version that is asked for, and what this one does not have yet.
const KEYS: [&str; 5] = ["version", "state", "secrets", "parallel", "policy"];

/// What a project may allow or forbid itself.
const POLICIES: [&str; 3] = ["allow_reveal", "require_lock", "max_destroy"];

impl<'t> Evaluator<'t> {
    /// Checks the settings; those are refused from which nothing would follow.
    pub fn settings(&mut self) {
        let Some(block) = self.program.scopes[ROOT].settings else { return };
        let mut unknown = Vec::new();
        for item in &block.body.items {
            let (name, value) = match &item.kind {
                ItemKind::Attribute(attribute) => match &attribute.key {
                    Key::Plain(name) => (name, Some(&attribute.value)),
                    Key::Computed(expr) => {
                        self.problems.push(names::computed_name(expr.span));
                        continue;
                    }
                },
                ItemKind::Block(block) if block.kind.text == "policy" => {
                    self.policy(&block.body);
                    continue;
                }
                ItemKind::Block(block) => (&block.kind, None),
                ItemKind::Bad => continue,
                _ => {
                    self.problems.push(names::not_in_a_body(item.span));
                    continue;
                }
            };
            match (name.text.as_str(), value) {
                ("version", Some(value)) => self.version(value),
                ("secrets", Some(value)) => self.secret_store = self.store_of_secrets(value),
                ("secrets", None) => self.problems.push(stores::not_a_store(name.span)),
                (known, _) if KEYS.contains(&known) && known != "version" => {
                    let what = format!("`paas.{known}`");
                    let advice = "remove it: nothing would follow from it";
                    self.problems.push(names::not_supported(name.span, &what, advice));
                }
                (other, _) => unknown.push((other.to_owned(), name.span)),
            }
        }
        if !unknown.is_empty() {
            let problem = names::unknown_attributes("`paas`", None, &unknown, &KEYS);
            self.problems.push(problem);
        }
    }

    /// What the project allows itself; what is forbidden is written out, so that it can be seen.
    fn policy(&mut self, body: &'t Body) {
        let mut unknown = Vec::new();
        for item in &body.items {
            let ItemKind::Attribute(attribute) = &item.kind else {
                self.problems.push(names::not_in_a_body(item.span));
                continue;
            };
            let Key::Plain(name) = &attribute.key else {
                self.problems.push(names::computed_name(attribute.value.span));
                continue;
            };
            match (name.text.as_str(), &attribute.value.kind) {
                ("allow_reveal", ExprKind::Bool(_) | ExprKind::Bad) => (),
                ("allow_reveal", _) => {
                    self.problems.push(secrets::policy_not_written(attribute.value.span));
                }
                (known, _) if POLICIES.contains(&known) => {
                    let what = format!("`policy.{known}`");
                    let advice = "remove it: nothing would follow from it";
                    self.problems.push(names::not_supported(name.span, &what, advice));
                }
                (other, _) => unknown.push((other.to_owned(), name.span)),
            }
        }
        if !unknown.is_empty() {
            let problem = names::unknown_attributes("`policy`", None, &unknown, &POLICIES);
            self.problems.push(problem);
        }
    }

    /// Refuses a manifest that asks for another version of `paas` than this one.
    fn version(&mut self, value: &'t Expr) {
        let env = self.env_of(ROOT);
        let version = self.eval(value, &env);
        match &version.data {
            Data::Str(wanted) => match fits(env!("CARGO_PKG_VERSION"), wanted) {
                Some(true) => (),
                Some(false) => self.problems.push(names::another_version(value.span, wanted)),
                None => self.problems.push(types::not_a_version(value.span, wanted)),
            },
            Data::Bad => (),
            other => {
                self.problems.push(types::text_expected(value.span, "version", other.noun()));
            }
        }
    }
}

/// Whether a version is all of what a text like `>= 0.1, < 0.3` asks for; nothing if it asks for
/// nothing that can be understood.
fn fits(own: &str, wanted: &str) -> Option<bool> {
    let own = numbers(own)?;
    let mut all = true;
    for part in wanted.split(',') {
        let part = part.trim();
        let at = part.find(|c: char| c.is_ascii_digit())?;
        let number = numbers(&part[at..])?;
        all &= match part[..at].trim() {
            ">=" => own >= number,
            "<=" => own <= number,
            ">" => own > number,
            "<" => own < number,
            "=" | "==" | "" => own == number,
            _ => return None,
        };
    }
    Some(all)
}

/// The numbers of a version; those that are left out are zero.
fn numbers(text: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    for (index, part) in text.split('.').enumerate() {
        *numbers.get_mut(index)? = part.parse().ok()?;
    }
    Some(numbers)
}
