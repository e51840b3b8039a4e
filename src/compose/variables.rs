//! Which variables a Compose file takes, and which text has none to take them from.

use std::collections::BTreeMap;

use crate::compose::document::Document;
use crate::compose::interpolate::{Known, Template, Without};
use crate::compose::node::{Data, Node};
use crate::model::Text;
use crate::problem::{Problem, compose as problem};
use crate::source::Span;

/// Every variable of a file, by name.
#[derive(Debug, Default)]
pub struct Variables {
    /// Where each is taken, and what happens without it.
    pub taken: BTreeMap<String, Vec<(Span, Without)>>,
}

impl Variables {
    /// Finds them in every value of a file, and reports what begins like one and is none.
    pub fn of(root: &Node, problems: &mut Vec<Problem>) -> Variables {
        let mut found = Variables::default();
        found.walk(root, problems);
        found
    }

    fn walk(&mut self, node: &Node, problems: &mut Vec<Problem>) {
        match &node.data {
            Data::Null | Data::Bool(_) | Data::Number(_) => (),
            Data::List(list) => list.iter().for_each(|node| self.walk(node, problems)),
            Data::Map(entries) => entries.iter().for_each(|(_, node)| self.walk(node, problems)),
            Data::Text(text) => match Template::read(text) {
                Ok(template) => {
                    for it in template.uses() {
                        let place = (node.part(&it.range), it.without.clone());
                        self.taken.entry(it.name.clone()).or_default().push(place);
                    }
                }
                Err(malformed) => {
                    let shown = text.get(malformed.0.clone()).unwrap_or_default();
                    problems.push(problem::malformed_variable(node.part(&malformed.0), shown));
                }
            },
        }
    }

    /// Adds the variables that services pass on by their name alone.
    pub fn passed_on(&mut self, document: &Document) {
        for service in &document.services {
            for (name, has_value) in &service.environment {
                if !has_value {
                    let place = (name.at, Without::Default(Template::default()));
                    self.taken.entry(name.text.clone()).or_default().push(place);
                }
            }
        }
    }
}

/// What is known of the variables that the manifest gives.
pub(super) fn known(env: &BTreeMap<String, Text>) -> impl Fn(&str) -> Known {
    |name| match env.get(name).map(Text::as_literal) {
        None => Known::Nothing,
        Some(Some(text)) => Known::Text(text.to_owned()),
        Some(None) => Known::Later,
    }
}
