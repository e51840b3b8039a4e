//! What every kind of resource may say: `doc`, `after`, `lifecycle` and `drift`.

use std::rc::Rc;

use crate::lower::evaluator::Evaluator;
use crate::lower::nodes::Node;
use crate::lower::value::{Data, Val};
use crate::lower::{Lifecycle, OnDrift};
use crate::model::Address;
use crate::problem::types;
use crate::source::Span;

const DRIFT: [&str; 3] = ["fix", "report", "ignore"];

/// The common attributes of one resource.
#[derive(Default)]
pub(super) struct Common {
    /// What must come first, and where that is written.
    pub after: Vec<(Address, Span)>,
    /// What may happen to it.
    pub lifecycle: Lifecycle,
    /// Its description, if it is an attribute.
    pub doc: Option<String>,
}

impl<'t> Evaluator<'t> {
    /// The common attributes of a node.
    pub fn common(&mut self, node: &Rc<Node<'t>>) -> Common {
        let mut common = Common::default();
        for layer in node.layers.iter().rev() {
            if let Some(value) = self.common_value(node, layer, "doc") {
                match &value.data {
                    Data::Str(text) => common.doc = Some(text.to_string()),
                    _ => self.not_text("doc", &value),
                }
            }
            if let Some(value) = self.common_value(node, layer, "after") {
                self.addresses(&value, &mut common.after);
            }
            if let Some(value) = self.common_value(node, layer, "drift") {
                let word = self.word("drift", &value, &DRIFT);
                common.lifecycle.drift = match word {
                    Some("report") => OnDrift::Report,
                    Some("ignore") => OnDrift::Ignore,
                    Some(_) => OnDrift::Fix,
                    None => common.lifecycle.drift,
                };
            }
            if let Some(value) = self.common_value(node, layer, "lifecycle") {
                self.lifecycle(node, &value, &mut common.lifecycle);
            }
        }
        common.after.retain(|(address, _)| *address != node.address);
        common
    }

    /// A kind may have a field of the same name, which is checked with the others.
    fn common_value(
        &mut self,
        node: &Rc<Node<'t>>,
        layer: &crate::lower::nodes::Layer<'t>,
        name: &str,
    ) -> Option<Val> {
        match node.kind.schema().field(name) {
            Some(_) => None,
            None => self.layer_value(layer, name),
        }
    }

    fn addresses(&mut self, value: &Val, found: &mut Vec<(Address, Span)>) {
        match &value.data {
            Data::Ref(address) => found.push((address.clone(), value.origin)),
            Data::List(list) => list.iter().for_each(|value| self.addresses(value, found)),
            Data::Map(map) => map.values().for_each(|value| self.addresses(value, found)),
            Data::Null | Data::Bad => (),
            other => {
                let problem = types::not_a_resource(value.origin, "after", other.noun());
                self.problems.push(problem);
            }
        }
    }

    pub(super) fn not_text(&mut self, name: &str, value: &Val) {
        if value.data != Data::Bad {
            self.problems.push(types::text_expected(value.origin, name, value.data.noun()));
        }
    }

    pub(super) fn word(
        &mut self,
        name: &str,
        value: &Val,
        words: &[&'static str],
    ) -> Option<&'static str> {
        match &value.data {
            Data::Str(text) => {
                let found = words.iter().find(|word| ***word == **text);
                if found.is_none() {
                    let near = crate::problem::nearest(text, words.iter().copied());
                    let at = value.origin;
                    self.problems.push(types::not_a_choice(at, name, text, words, &near));
                }
                found.copied()
            }
            _ => {
                self.not_text(name, value);
                None
            }
        }
    }
}
