//! What every kind of resource may say: `doc`, `after`, `lifecycle` and `drift`.

use std::rc::Rc;

use crate::lower::evaluator::Evaluator;
use crate::lower::nodes::Node;
use crate::lower::value::{Data, Val};
use crate::lower::{Lifecycle, OnDestroy, OnDrift};
use crate::model::Address;
use crate::problem::{names, types};
use crate::source::Span;

const LIFECYCLE: [&str; 3] = ["protect", "on_destroy", "ignore"];
const NOT_YET: [&str; 5] = ["replace", "replace_on", "on_failure", "timeout", "on_template_change"];
const ON_DESTROY: [&str; 4] = ["delete", "backup", "stop", "keep"];
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
                self.lifecycle(&value, &mut common.lifecycle);
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

    fn lifecycle(&mut self, value: &Val, into: &mut Lifecycle) {
        let Data::Map(map) = &value.data else {
            if value.data != Data::Bad {
                self.problems.push(types::not_an_object(value.origin, "lifecycle"));
            }
            return;
        };
        let mut unknown = Vec::new();
        for (key, value) in map.iter() {
            let name = super::fit::plain(key);
            match name.as_str() {
                _ if matches!(value.data, Data::Null | Data::Bad) => (),
                "protect" => {
                    let protect = self.bool(value, value.origin);
                    into.protect = protect.unwrap_or(into.protect);
                }
                "on_destroy" => {
                    into.on_destroy = match self.word("on_destroy", value, &ON_DESTROY) {
                        Some("backup") => OnDestroy::Backup,
                        Some("stop") => OnDestroy::Stop,
                        Some("keep") => OnDestroy::Keep,
                        Some(_) => OnDestroy::Delete,
                        None => into.on_destroy,
                    };
                }
                "ignore" => self.ignored(value, into),
                name if NOT_YET.contains(&name) => {
                    let what = format!("`lifecycle.{name}`");
                    let advice = "remove it: nothing would follow from it";
                    self.problems.push(names::not_supported(value.origin, &what, advice));
                }
                _ => unknown.push((name, value.origin)),
            }
        }
        if !unknown.is_empty() {
            let problem = names::unknown_attributes("`lifecycle`", None, &unknown, &LIFECYCLE);
            self.problems.push(problem);
        }
    }

    fn ignored(&mut self, value: &Val, into: &mut Lifecycle) {
        let Data::List(list) = &value.data else {
            return self.not_text("ignore", value);
        };
        into.ignore.clear();
        for value in list.iter() {
            match &value.data {
                Data::Str(text) => into.ignore.push(text.to_string()),
                _ => self.not_text("ignore", value),
            }
        }
    }

    fn not_text(&mut self, name: &str, value: &Val) {
        if value.data != Data::Bad {
            self.problems.push(types::text_expected(value.origin, name, value.data.noun()));
        }
    }

    fn word(&mut self, name: &str, value: &Val, words: &[&'static str]) -> Option<&'static str> {
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
