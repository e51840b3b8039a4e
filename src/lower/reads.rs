//! The project's files as evaluation sees them: each is read once, and what was read is kept.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::kinds::Around;
use crate::lower::functions::Files;

type Answer = Result<Vec<u8>, String>;

/// Files that remember what was asked, because the answers are a part of the configuration.
pub(super) struct Recorded<'a> {
    files: &'a dyn Files,
    answers: RefCell<BTreeMap<(&'static str, String), Answer>>,
}

impl<'a> Recorded<'a> {
    /// Nothing was asked yet.
    pub fn new(files: &'a dyn Files) -> Recorded<'a> {
        Recorded { files, answers: RefCell::default() }
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
}

impl Around for Recorded<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        let bytes =
            Files::read(self, path).map_err(|why| format!("cannot read `{path}`: {why}"))?;
        text(bytes).map_err(|why| format!("cannot read `{path}`: {why}"))
    }

    fn matching(&self, pattern: &str) -> Result<Vec<String>, String> {
        Files::matching(self, pattern)
    }
}
