//! How a value is written inside of a script or a file, so that no character of it means anything
//! there.

use serde::{Deserialize, Serialize};

/// A place where a value stands; each says how it is written there, and what it cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Between single quotes of a POSIX shell.
    Shell,
    /// Between double quotes of a file of variables that Compose reads.
    ComposeVariable,
    /// Between double quotes of a file of variables that systemd reads.
    SystemdVariable,
    /// One of several that a NUL parts.
    Item,
    /// A line of its own.
    Line,
    /// A word of its own: an address, a name.
    Word,
    /// A record between single quotes of Unbound.
    UnboundRecord,
    /// A string of such a record.
    UnboundString,
    /// Between double quotes of dnsmasq.
    DnsmasqString,
    /// Between double quotes of JSON.
    JsonString,
    /// A value of JSON, as it is.
    Json,
}

impl Form {
    /// The value as it is written there.
    pub fn quote(self, text: &str) -> String {
        match self {
            Form::Shell => text.replace('\'', "'\\''"),
            Form::ComposeVariable => escaped(text, |c| match c {
                '\\' => Some("\\\\"),
                '"' => Some("\\\""),
                '\n' => Some("\\n"),
                '\r' => Some("\\r"),
                '\t' => Some("\\t"),
                '$' => Some("$$"),
                _ => None,
            }),
            // Lines may break between these quotes, and no letter stands for another.
            Form::SystemdVariable => escaped(text, |c| match c {
                '\\' => Some("\\\\"),
                '"' => Some("\\\""),
                '$' => Some("\\$"),
                '`' => Some("\\`"),
                _ => None,
            }),
            Form::Item | Form::Line | Form::Word | Form::Json => text.to_owned(),
            Form::JsonString => {
                let whole = serde_json::Value::from(text).to_string();
                whole[1..whole.len() - 1].to_owned()
            }
            // Quotes cannot be escaped there, but numbers stand for bytes in a record.
            Form::UnboundRecord => numbered(text, |byte| byte == b'\'' || byte < b' '),
            Form::UnboundString => {
                numbered(text, |byte| b"'\"\\".contains(&byte) || !(b' '..127).contains(&byte))
            }
            Form::DnsmasqString => escaped(text, |c| match c {
                '\\' => Some("\\\\"),
                '"' => Some("\\\""),
                '\n' => Some("\\n"),
                '\r' => Some("\\r"),
                '\t' => Some("\\t"),
                _ => None,
            }),
        }
    }

    /// What is in the value that cannot be written there.
    pub fn refusal(self, text: &str) -> Option<&'static str> {
        match self {
            Form::UnboundRecord | Form::UnboundString | Form::Json | Form::JsonString => None,
            _ if text.contains('\0') => Some("a NUL character"),
            Form::Line if text.contains(['\n', '\r']) => Some("a line break"),
            Form::Word if text.contains(|c: char| c.is_whitespace() || c.is_control()) => {
                Some("white space")
            }
            Form::Word => text.contains(NO_WORD).then_some("punctuation that no name has"),
            Form::Shell
            | Form::ComposeVariable
            | Form::SystemdVariable
            | Form::Item
            | Form::Line
            | Form::DnsmasqString => None,
        }
    }
}

/// What would end a word somewhere.
const NO_WORD: [char; 16] =
    ['\'', '"', '`', '\\', '$', ',', ';', '#', '{', '}', '(', ')', '<', '>', '|', '&'];

fn escaped(text: &str, instead: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match instead(c) {
            Some(text) => out.push_str(text),
            None => out.push(c),
        }
    }
    out
}

/// Bytes that cannot stand there as three digits.
fn numbered(text: &str, cannot: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes).bytes();
        match bytes.clone().any(&cannot) {
            true => bytes.for_each(|byte| out.push_str(&format!("\\{byte:03}"))),
            false => out.push(c),
        }
    }
    out
}

/// Whether a shell takes this as the name of a variable.
pub fn is_variable(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(first) && name.chars().all(rest)
}
