//! The project's files as evaluation sees them: each is read once, and what was read is kept.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::kinds::Around;
use crate::lower::functions::Files;
use crate::lower::shape::Shape;
use crate::source::{FileId, Sources, Span};
use crate::syntax::literal::Positions;

type Answer = Result<Vec<u8>, String>;

/// Files that remember what was asked, because the answers are a part of the configuration.
pub(super) struct Recorded<'a> {
    files: &'a dyn Files,
    sources: &'a Sources,
    answers: RefCell<BTreeMap<(&'static str, String), Answer>>,
    shown: RefCell<BTreeMap<String, FileId>>,
    texts: RefCell<BTreeMap<String, Arc<str>>>,
    /// The paths of the texts, by where these are in memory.
    paths: RefCell<HashMap<*const u8, String>>,
    /// Files whose data was read, each with the manifest that reads it.
    documents: RefCell<HashMap<(String, FileId), FileId>>,
    readers: RefCell<HashMap<FileId, FileId>>,
}

impl<'a> Recorded<'a> {
    /// Nothing was asked yet.
    pub fn new(files: &'a dyn Files, sources: &'a Sources) -> Recorded<'a> {
        Recorded {
            files,
            sources,
            answers: RefCell::default(),
            shown: RefCell::default(),
            texts: RefCell::default(),
            paths: RefCell::default(),
            documents: RefCell::default(),
            readers: RefCell::default(),
        }
    }

    /// The manifest that is meant by the place of a value: data belongs to who reads it.
    pub fn reader(&self, file: FileId) -> FileId {
        self.readers.borrow().get(&file).copied().unwrap_or(file)
    }

    /// The text of a file, or a sentence that says why there is none.
    fn text(&self, path: &str) -> Result<String, String> {
        let bytes =
            Files::read(self, path).map_err(|why| format!("cannot read `{path}`: {why}"))?;
        text(bytes).map_err(|why| format!("cannot read `{path}`: {why}"))
    }

    /// Every question and its answer, in a fixed order.
    pub fn answers(&self) -> Vec<(String, Vec<u8>)> {
        let answers = self.answers.borrow();
        let known = answers.iter().map(|((what, about), answer)| {
            let content = answer.clone().unwrap_or_else(|why| format!("? {why}").into_bytes());
            (format!("{what} {about}"), content)
        });
        known.collect()
    }

    fn asked(&self, what: &'static str, about: &str, ask: impl FnOnce() -> Answer) -> Answer {
        let question = (what, about.to_owned());
        if let Some(answer) = self.answers.borrow().get(&question) {
            return answer.clone();
        }
        let answer = ask();
        self.answers.borrow_mut().insert(question, answer.clone());
        answer
    }
}

/// Bytes that were text when they were kept.
fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

impl Files for Recorded<'_> {
    fn read(&self, path: &str) -> Answer {
        self.asked("file", path, || self.files.read(path))
    }

    fn matching(&self, pattern: &str) -> Result<Vec<String>, String> {
        let ask = || self.files.matching(pattern).map(|paths| paths.join("\0").into_bytes());
        let paths = self.asked("files", pattern, ask).and_then(text)?;
        Ok(paths.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    fn commit(&self, path: &str) -> Result<String, String> {
        let ask = || self.files.commit(path).map(String::into_bytes);
        self.asked("commit", path, ask).and_then(text)
    }

    fn shared(&self, path: &str, text: String) -> Arc<str> {
        let mut texts = self.texts.borrow_mut();
        let known = texts.entry(path.to_owned()).or_insert_with(|| text.into());
        self.paths.borrow_mut().entry(known.as_ptr()).or_insert_with(|| path.to_owned());
        Arc::clone(known)
    }

    fn document(&self, text: &Arc<str>, reader: FileId) -> Option<FileId> {
        // A text that is kept stays where it is, so its address stands for it.
        let path = self.paths.borrow().get(&text.as_ptr())?.clone();
        let reader = self.reader(reader);
        let mut documents = self.documents.borrow_mut();
        let id = *documents.entry((path, reader)).or_insert_with_key(|(path, _)| {
            let name = beside_the_manifest(self.sources, path);
            self.sources.add_read(name, Arc::clone(text))
        });
        self.readers.borrow_mut().insert(id, reader);
        Some(id)
    }

    fn name(&self, document: FileId) -> String {
        self.sources.file(document).name.clone()
    }
}

/// What a kind may ask about one resource.
pub(super) struct Surroundings<'a> {
    /// The project's files.
    pub files: &'a Recorded<'a>,
    /// The texts.
    pub sources: &'a Sources,
    /// Where each written value stands, by path in the spec.
    pub origins: &'a [(Box<str>, Span)],
    /// What is written about it, strongest first.
    pub shapes: &'a [&'a Shape<'a>],
    /// The resource.
    pub span: Span,
}

impl Around for Surroundings<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        self.files.text(path)
    }

    fn matching(&self, pattern: &str) -> Result<Vec<String>, String> {
        Files::matching(self.files, pattern)
    }

    fn shown(&self, path: &str) -> Option<FileId> {
        if let Some(known) = self.files.shown.borrow().get(path) {
            return Some(*known);
        }
        let text = self.files.text(path).ok()?;
        let id = self.sources.add_read(beside_the_manifest(self.sources, path), text);
        self.files.shown.borrow_mut().insert(path.to_owned(), id);
        Some(id)
    }

    fn place(&self, field: &str) -> Span {
        let mut path = field;
        while !path.is_empty() {
            let found = self.origins.iter().find(|(other, _)| {
                let rest = other.strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            if let Some((_, span)) = found {
                return *span;
            }
            path = path.rsplit_once('/').map_or("", |(above, _)| above);
        }
        self.span
    }

    fn name(&self, field: &str) -> Span {
        let written = self.shapes.iter().find_map(|shape| shape.name_at(field));
        written.unwrap_or_else(|| self.place(field))
    }

    fn positions(&self, field: &str, text: &str) -> Positions {
        let whole = self.place(field);
        Positions::of(self.sources.text(whole), whole, text)
    }
}

/// A path as people write it from where they are: manifests are named like that too.
fn beside_the_manifest(sources: &Sources, path: &str) -> String {
    let manifest = sources.files().find(|(_, source)| source.is_manifest);
    match manifest.and_then(|(_, source)| source.name.rsplit_once('/')) {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    }
}
