//! From a configuration to what is desired: the whole front of the line.

use std::collections::BTreeMap;
use std::sync::Arc;

use paas::lower::functions::Files;
use paas::lower::{Desired, Given, Library, compile};
use paas::problem::any_error;
use paas::source::{Sources, Span};
use paas::syntax::tree::{Expr, ExprKind, Text, TextPart};

use super::config::Config;
use super::text::{CANARY, project};

/// A manifest that was read.
pub struct Project {
    /// As it was written.
    pub text: String,
    /// What it asks for.
    pub desired: Desired,
    /// Where each thing stands.
    pub sources: Sources,
}

struct InMemory(BTreeMap<String, String>);

impl Files for InMemory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let text = self.0.get(path).ok_or_else(|| format!("there is no file `{path}`"))?;
        Ok(text.clone().into_bytes())
    }

    fn matching(&self, _pattern: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn commit(&self, _path: &str) -> Result<String, String> {
        Ok("c0ffee".to_owned())
    }
}

impl Project {
    /// Writes the configuration and reads it again.
    pub fn of(config: &Config) -> Arc<Project> {
        let (text, files) = project(config);
        Arc::new(Project::read(text, files, &[canary()]))
    }

    /// Reads a manifest that stands alone.
    pub fn alone(text: &str) -> Arc<Project> {
        Arc::new(Project::read(text.to_owned(), BTreeMap::new(), &[]))
    }

    fn read(text: String, files: BTreeMap<String, String>, given: &[Given]) -> Project {
        let mut sources = Sources::default();
        let file = sources.add("main.paas", text.as_str());
        let (tree, problems) = paas::syntax::parse(file, &text);
        assert!(!any_error(&problems), "{text}\n{problems:#?}");
        let (desired, problems) =
            compile(&[tree], &Library::default(), &sources, given, &InMemory(files));
        assert!(!any_error(&problems), "{text}\n{problems:#?}");
        Project { text, desired, sources }
    }
}

/// A secret that comes from outside.
fn canary() -> Given {
    let parts = vec![TextPart::Literal(CANARY.into())];
    let span = Span::new(paas::source::FileId(u32::MAX), 0, 0);
    let value = Expr { span, kind: ExprKind::Str(Box::new(Text { tag: None, parts })) };
    Given { name: "canary".to_owned(), value, from: "PAAS_INPUT_canary".to_owned() }
}
