//! `paas { … }`: what the manifest says about the tool itself.

use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::value::Data;
use crate::problem::{names, types};
use crate::syntax::tree::{ItemKind, Key};

const KEYS: [&str; 5] = ["version", "state", "secrets", "parallel", "policy"];

impl<'t> Evaluator<'t> {
    /// Checks the settings; only `version` is looked into.
    pub fn settings(&mut self) {
        let Some(block) = self.module.settings else { return };
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
                ItemKind::Block(block) => (&block.kind, None),
                ItemKind::Bad => continue,
                _ => {
                    self.problems.push(names::not_in_a_body(item.span));
                    continue;
                }
            };
            match (name.text.as_str(), value) {
                ("version", Some(value)) => {
                    let version = self.eval(value, &Env::default());
                    if !matches!(version.data, Data::Str(_) | Data::Bad) {
                        let noun = version.data.noun();
                        self.problems.push(types::text_expected(value.span, "version", noun));
                    }
                }
                (known, _) if KEYS.contains(&known) => (),
                (other, _) => unknown.push((other.to_owned(), name.span)),
            }
        }
        if !unknown.is_empty() {
            let problem = names::unknown_attributes("`paas`", None, &unknown, &KEYS);
            self.problems.push(problem);
        }
    }
}
