//! A Compose file as a whole: its services, and what they share.

use std::collections::BTreeMap;

use crate::compose::interpolate::{Known, Template};
use crate::compose::keys;
use crate::compose::node::{Data, Name, Node};
use crate::compose::service::{Asked, Service};
use crate::compose::variables;
use crate::model::Text;
use crate::problem::{Problem, compose as problem, nearest};
use crate::source::Span;

/// What `paas` reads of a Compose file.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its services.
    pub services: Vec<Service>,
    /// What services may name: `volume`, `network`, `secret`, `config` with a name and a place.
    pub shared: Vec<(&'static str, Name)>,
    /// Files of the project that secrets and configs are made of.
    pub files: Vec<Asked>,
    /// It includes others, so it is not the whole.
    pub includes: bool,
}

impl Document {
    /// Reads a file, and reports what has not the shape that Compose asks for.
    pub(super) fn read(
        root: &Node,
        known: &dyn Fn(&str) -> Known,
        problems: &mut Vec<Problem>,
    ) -> Document {
        let mut reader = Reader { known, problems };
        let mut document = Document::default();
        let Data::Map(entries) = &root.data else {
            reader.tell(problem::no_services(root.at, root.noun()));
            return document;
        };
        reader.known_keys(entries, keys::FILE, "a Compose file");
        document.includes = root.get("include").is_some();
        for (section, kind) in [
            ("volumes", "volume"),
            ("networks", "network"),
            ("secrets", "secret"),
            ("configs", "config"),
        ] {
            document.section(root.get(section), section, kind, &mut reader);
        }
        match root.entry("services") {
            Some((name, services)) => match reader.map(services, "`services`") {
                Some([]) => reader.tell(problem::no_services(name.at, "nothing")),
                Some(entries) => document.services.extend(
                    entries.iter().map(|(name, node)| Service::read(name, node, &mut reader)),
                ),
                None => (),
            },
            None if document.includes => (),
            None => reader.tell(problem::no_services(root.at, "nothing")),
        }
        document
    }

    /// The same of a file whose problems are told already.
    pub fn of(root: &Node, env: &BTreeMap<String, Text>) -> Document {
        Document::read(root, &variables::known(env), &mut Vec::new())
    }

    /// The services that are on with these profiles.
    pub fn on<'a>(&'a self, profiles: &'a [String]) -> impl Iterator<Item = &'a Service> {
        self.services.iter().filter(|service| service.is_on(profiles))
    }

    fn section(
        &mut self,
        node: Option<&Node>,
        section: &str,
        kind: &'static str,
        reader: &mut Reader<'_>,
    ) {
        let Some(node) = node else { return };
        if matches!(node.data, Data::Null) {
            return;
        }
        let Some(entries) = reader.map(node, &format!("`{section}`")) else { return };
        for (name, value) in entries {
            self.shared.push((kind, name.clone()));
            let what = format!("{kind} `{}`", name.text);
            match (&value.data, value.get("file")) {
                (Data::Null | Data::Map(_), None) => (),
                (Data::Map(_), Some(file)) => self.files.extend(reader.text(file, &what)),
                _ => reader.tell(problem::wrong_shape(value.at, &what, "a map", value.noun())),
            }
        }
    }
}

/// Reads parts of a file, and reports those of another shape.
pub(super) struct Reader<'a> {
    known: &'a dyn Fn(&str) -> Known,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn tell(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [(Name, Node)]> {
        match &node.data {
            Data::Map(entries) => Some(entries),
            _ => {
                self.tell(problem::wrong_shape(node.at, what, "a map", node.noun()));
                None
            }
        }
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.data {
            Data::List(list) => list,
            _ => {
                self.tell(problem::wrong_shape(node.at, what, "a list", node.noun()));
                &[]
            }
        }
    }

    /// Text as it is written.
    pub(super) fn raw(&mut self, node: &Node, what: &str) -> Option<Asked> {
        let text = node.scalar();
        if text.is_none() {
            self.tell(problem::wrong_shape(node.at, what, "text", node.noun()));
        }
        text.map(|text| Asked { at: node.at, text })
    }

    /// Text with its variables put in, `None` inside if that is known only later.
    pub(super) fn scalar(&mut self, node: &Node, what: &str) -> Option<Option<String>> {
        let text = self.raw(node, what)?.text;
        // What is malformed is reported with the variables.
        let template = Template::read(&text).ok()?;
        Some(template.filled(self.known))
    }

    /// Text with its variables put in, if it is known.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Asked> {
        let text = self.scalar(node, what)??;
        Some(Asked { at: node.at, text })
    }

    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Vec<Asked> {
        let list = self.list(node, what);
        list.iter().filter_map(|node| self.text(node, what)).collect()
    }

    /// Reports keys that Compose does not know; those that begin with `x-` are anybody's.
    pub(super) fn known_keys(&mut self, entries: &[(Name, Node)], keys: &[&str], what: &str) {
        for (name, _) in entries {
            let text = name.text.as_str();
            if !keys.contains(&text) && !text.starts_with("x-") && text != "<<" {
                let near = nearest(text, keys.iter().copied());
                let at: Span = name.at;
                self.tell(problem::unknown_key(at, text, what, &near));
            }
        }
    }
}
