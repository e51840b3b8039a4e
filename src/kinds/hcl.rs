//! Shared by modules of Terraform: what their files declare, by the headers of their blocks.
//!
//! It is no reader of HCL: it follows strings, comments, heredocs and brackets well enough to know
//! which blocks stand at the top of a file. What it does not understand it passes over; Terraform
//! itself says what is wrong there.

use std::collections::BTreeMap;

/// What a root module declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Its variables, and whether each needs a value.
    pub variables: BTreeMap<String, Needed>,
    /// Its outputs, and whether each is marked as sensitive.
    pub outputs: BTreeMap<String, Sensitive>,
    /// Its resources: `terraform_data.rule`.
    pub resources: Vec<String>,
}

/// Whether a variable needs a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// It has a default.
    No,
    /// It has none.
    Yes,
}

/// Whether an output is marked as sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitive {
    /// It is shown.
    No,
    /// It is not.
    Yes,
}

impl Declared {
    /// Adds what a file declares.
    pub fn add(&mut self, path: &str, text: &str) {
        match path.ends_with(".json") {
            true => self.add_json(text),
            false => self.add_blocks(&words(text)),
        }
    }

    fn add_block(&mut self, kind: &str, labels: &[&str], attributes: &BTreeMap<&str, bool>) {
        match (kind, labels) {
            ("variable", [name]) => {
                let needed =
                    if attributes.contains_key("default") { Needed::No } else { Needed::Yes };
                self.variables.insert((*name).to_owned(), needed);
            }
            ("output", [name]) => {
                let sensitive = match attributes.get("sensitive") {
                    Some(true) => Sensitive::Yes,
                    Some(false) | None => Sensitive::No,
                };
                self.outputs.insert((*name).to_owned(), sensitive);
            }
            ("resource", [ty, name]) => self.resources.push(format!("{ty}.{name}")),
            _ => (),
        }
    }

    fn add_json(&mut self, text: &str) {
        let Ok(serde_json::Value::Object(top)) = serde_json::from_str(text) else { return };
        for (kind, blocks) in &top {
            for (label, body) in bodies(blocks) {
                let deeper = match kind.as_str() {
                    "resource" => bodies(body),
                    _ => vec![("", body)],
                };
                for (name, body) in deeper {
                    let attributes = body.as_object().into_iter().flatten();
                    let is_true = |value: &serde_json::Value| value == &serde_json::json!(true);
                    let attributes =
                        attributes.map(|(name, value)| (name.as_str(), is_true(value)));
                    let labels: Vec<&str> =
                        [label, name].into_iter().filter(|label| !label.is_empty()).collect();
                    self.add_block(kind, &labels, &attributes.collect());
                }
            }
        }
    }

    fn add_blocks(&mut self, words: &[Word<'_>]) {
        let (mut header, mut attributes) = (Vec::<&str>::new(), BTreeMap::new());
        let mut open: Vec<&str> = Vec::new();
        let mut depth = 0usize;
        for (at, word) in words.iter().enumerate() {
            match (word, depth) {
                (Word::Open('{'), 0) => {
                    open = std::mem::take(&mut header);
                    attributes = BTreeMap::new();
                    depth = 1;
                }
                (Word::Open(_), _) => depth += 1,
                (Word::Close, 0) => header.clear(),
                (Word::Close, _) => {
                    depth -= 1;
                    if let (0, Some((kind, labels))) = (depth, open.split_first()) {
                        self.add_block(kind, labels, &attributes);
                    }
                }
                (Word::Name(text) | Word::Text(text), 0) => header.push(text),
                (Word::Equals | Word::Other, 0) => header.clear(),
                (Word::Line, 0) => header.clear(),
                (Word::Equals, 1) => {
                    if let Some(Word::Name(name)) = at.checked_sub(1).map(|at| &words[at]) {
                        let is_true = words.get(at + 1) == Some(&Word::Name("true"));
                        attributes.insert(*name, is_true);
                    }
                }
                (Word::Name(_) | Word::Text(_) | Word::Equals | Word::Other | Word::Line, _) => (),
            }
        }
    }
}

/// The bodies by label; JSON has them in objects, or in lists of objects.
fn bodies(value: &serde_json::Value) -> Vec<(&str, &serde_json::Value)> {
    let maps: Vec<&serde_json::Value> = match value {
        serde_json::Value::Array(list) => list.iter().collect(),
        other => vec![other],
    };
    let entries = maps.into_iter().filter_map(serde_json::Value::as_object).flatten();
    entries.map(|(name, body)| (name.as_str(), body)).collect()
}

/// A word of HCL, as far as headers need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'a> {
    Name(&'a str),
    /// What is between quotes, as it is written.
    Text(&'a str),
    Open(char),
    Close,
    Equals,
    Line,
    Other,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (word, length) = match first {
            '\n' => (Some(Word::Line), 1),
            _ if first.is_whitespace() => (None, first.len_utf8()),
            '#' => (None, line(rest)),
            '/' if rest.starts_with("//") => (None, line(rest)),
            '/' if rest.starts_with("/*") => {
                (None, rest.find("*/").map_or(rest.len(), |it| it + 2))
            }
            '"' => {
                let length = quoted(rest);
                let inside = rest[1..length].strip_suffix('"').unwrap_or(&rest[1..length]);
                (Some(Word::Text(inside)), length)
            }
            '<' if rest.starts_with("<<") => (Some(Word::Other), heredoc(rest)),
            '{' | '(' | '[' => (Some(Word::Open(first)), 1),
            '}' | ')' | ']' => (Some(Word::Close), 1),
            '=' if rest.starts_with("==") => (Some(Word::Other), 2),
            '=' => (Some(Word::Equals), 1),
            _ if is_name(first) => {
                let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                (Some(Word::Name(&rest[..length])), length)
            }
            _ => (Some(Word::Other), first.len_utf8()),
        };
        words.extend(word);
        rest = &rest[length..];
    }
    words
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// Up to the end of the line, without it.
fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of a text between quotes; what is put in with `${…}` may have such texts again.
fn quoted(rest: &str) -> usize {
    // For each piece of code that is being put in, how many of its braces are open.
    let mut code: Vec<usize> = Vec::new();
    let mut inside = true;
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match (bytes[at], inside) {
            (b'\\', true) => at += 1,
            (b'$' | b'%', true) if bytes[at..].starts_with(&[bytes[at], bytes[at], b'{']) => {
                at += 2;
            }
            (b'$' | b'%', true) if bytes.get(at + 1) == Some(&b'{') => {
                code.push(0);
                inside = false;
                at += 1;
            }
            (b'"', true) if code.is_empty() => return at + 1,
            (b'"', _) => inside = !inside,
            (b'{', false) => code.last_mut().into_iter().for_each(|open| *open += 1),
            (b'}', false) => match code.last_mut() {
                Some(0) | None => {
                    code.pop();
                    inside = true;
                }
                Some(open) => *open -= 1,
            },
            _ => (),
        }
        at += 1;
    }
    rest.len()
}

/// The length of a text between `<<WORD` and a line with nothing but this word.
fn heredoc(rest: &str) -> usize {
    let start = if rest.starts_with("<<-") { 3 } else { 2 };
    let word = &rest[start..line(rest)];
    let word = word.trim();
    if word.is_empty() || !word.chars().all(is_name) {
        return 2;
    }
    let mut at = line(rest);
    for text in rest[at..].split_inclusive('\n') {
        if text.trim() == word {
            return at + text.trim_end_matches('\n').len();
        }
        at += text.len();
    }
    rest.len()
}
