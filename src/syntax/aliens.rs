//! Parts in the syntax of other languages that no grammar of ours could make sense of: a text of
//! HCL or a shell (`<<EOF`), a text of Nix (`''`), indented lists and maps of YAML.
//!
//! They are found while the brackets are read, told once each, and not read any further.

use std::ops::Range;

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// `<<EOF … EOF`; where its inner text stands.
    Heredoc { first: usize, last: usize },
    /// `''…''` of Nix; where its inner text stands.
    Nix { first: usize, last: usize },
    /// A key and the indented lines below it; whether it stands at the top of the file.
    Yaml { top: bool },
}

/// A part in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// All of it.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Foreign,
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |at| from + at)
}

/// The heredoc that begins with the `<<` at this place.
pub fn heredoc(text: &str, at: usize) -> Option<Region> {
    let end = line_end(text, at);
    let word = text[at + 2..end].trim_end();
    let word = word.strip_prefix('-').unwrap_or(word).trim_matches(['"', '\'']);
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_word || word.starts_with(|c: char| c.is_ascii_digit()) || end == text.len() {
        return None;
    }
    let first = end + 1;
    let mut last = first;
    for line in text[first..].split_inclusive('\n') {
        if line.trim() == word {
            let range = at..last + line.trim_end().len();
            return Some(Region { range, kind: Foreign::Heredoc { first, last } });
        }
        last += line.len();
    }
    None
}

/// The text of Nix that begins with the `''` at this place, which ends its line.
pub fn nix_text(text: &str, at: usize) -> Option<Region> {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = line_end(text, at);
    let alone = text[at + 2..end].trim().is_empty() && end < text.len();
    if !alone || !text[line_start..at].trim_end().ends_with('=') {
        return None;
    }
    let first = end + 1;
    let mut last = first;
    for line in text[first..].split_inclusive('\n') {
        if line.contains("''") {
            let inner = line.trim_start();
            let rest = inner.strip_prefix("''")?.trim_end();
            let blanks = line.len() - inner.len();
            let range = at..last + blanks + 2;
            return matches!(rest, ";" | "")
                .then_some(Region { range, kind: Foreign::Nix { first, last } });
        }
        last += line.len();
    }
    None
}

/// A line of YAML: how far it is indented, and the rest.
fn indented(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches(' ');
    (line.len() - rest.len(), rest.trim_end())
}

/// The key of a line like `key:` or `key: value`, and what follows it.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(':')?;
    let word = key.trim_matches(['"', '\'']);
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let sound = !word.is_empty() && word.chars().all(is_word);
    (sound && (rest.is_empty() || rest.starts_with(' '))).then(|| (word, rest.trim()))
}

fn is_element(line: &str) -> bool {
    line == "-" || line.starts_with("- ")
}

/// The key at this place with the indented lines below it, if both look like YAML; also where its
/// colon is.
pub fn yaml(text: &str, at: usize, top: bool) -> Option<(Region, usize)> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = line_end(text, at);
    let (own, line) = indented(&text[start..end]);
    if own != at - start || !entry(line)?.1.is_empty() || end == text.len() {
        return None;
    }
    let (mut last, mut offset, mut is_first) = (None, end + 1, true);
    for line in text[end + 1..].split_inclusive('\n') {
        let (indentation, rest) = indented(line);
        if !rest.is_empty() {
            let below = indentation > own || indentation == own && is_element(rest);
            if !below || is_first && !is_element(rest) && entry(rest).is_none() {
                break;
            }
            is_first = false;
            last = Some(offset + line.trim_end().len());
        }
        offset += line.len();
    }
    let colon = at + line.find(':')?;
    let start = if top { at } else { colon };
    Some((Region { range: start..last?, kind: Foreign::Yaml { top } }, colon))
}

/// What YAML says, as far as it has a spelling here.
enum Node {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// The lines of YAML, from a key on, in our syntax; nothing if there is more to it than lists, maps
/// and plain values.
pub fn translated(text: &str, top: bool) -> Option<String> {
    if text.contains(['#', '\t', '&', '*', '!', '|', '>', '\\']) {
        return None;
    }
    let lines = text.lines().map(indented).filter(|(_, line)| !line.is_empty());
    let mut lines: Vec<(usize, String)> =
        lines.map(|(indentation, line)| (indentation, line.to_owned())).collect();
    let own = lines.first()?.0;
    let mut at = 0;
    let Node::Map(entries) = node(&mut lines, &mut at, own)? else { return None };
    if at < lines.len() {
        return None;
    }
    let mut out = Vec::new();
    for (key, value) in &entries {
        match value {
            Node::Map(inner) if top && inner.iter().all(|(_, it)| matches!(it, Node::Map(_))) => {
                for (name, body) in inner {
                    write(&format!("{key} {}", name.replace('-', "_")), body, own, &mut out);
                }
            }
            Node::Scalar(_) | Node::List(_) if top => {
                write(&format!("let {key}"), value, own, &mut out);
            }
            _ => write(&spelled(key), value, own, &mut out),
        }
    }
    Some(out.join("\n"))
}

fn node(lines: &mut Vec<(usize, String)>, at: &mut usize, own: usize) -> Option<Node> {
    if is_element(&lines.get(*at)?.1) {
        let mut list = Vec::new();
        while lines.get(*at).is_some_and(|(indentation, it)| *indentation == own && is_element(it))
        {
            let rest = lines[*at].1[1..].trim_start().to_owned();
            if rest.is_empty() {
                *at += 1;
                let deeper = lines.get(*at).map(|line| line.0).filter(|it| *it > own)?;
                list.push(node(lines, at, deeper)?);
            } else if entry(&rest).is_some() {
                let deeper = own + lines[*at].1.len() - rest.len();
                lines[*at] = (deeper, rest);
                list.push(node(lines, at, deeper)?);
            } else {
                *at += 1;
                list.push(Node::Scalar(scalar(&rest)?));
            }
        }
        return Some(Node::List(list));
    }
    let mut map = Vec::new();
    while lines.get(*at).is_some_and(|(indentation, it)| *indentation == own && !is_element(it)) {
        let (key, rest) = entry(&lines[*at].1)?;
        let (key, rest) = (key.to_owned(), rest.to_owned());
        *at += 1;
        let next = lines.get(*at).map(|(indentation, line)| (*indentation, is_element(line)));
        let value = match (rest.as_str(), next) {
            ("", Some((deeper, _))) if deeper > own => node(lines, at, deeper)?,
            ("", Some((deeper, true))) if deeper == own => node(lines, at, own)?,
            ("", _) => Node::Scalar("null".to_owned()),
            (rest, _) => Node::Scalar(scalar(rest)?),
        };
        map.push((key, value));
    }
    Some(Node::Map(map))
}

fn scalar(text: &str) -> Option<String> {
    let quoted = |quote: char| {
        text.len() > 1
            && text.starts_with(quote)
            && text.ends_with(quote)
            && text[1..text.len() - 1].find(quote).is_none()
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ',' | ' ' | '"');
    match text {
        "yes" | "True" | "on" => Some("true".to_owned()),
        "no" | "False" | "off" => Some("false".to_owned()),
        "~" => Some("null".to_owned()),
        "true" | "false" | "null" => Some(text.to_owned()),
        _ if quoted('"') || quoted('\'') => Some(text.to_owned()),
        _ if text.starts_with('[') => {
            let inner = text.strip_prefix('[')?.strip_suffix(']')?;
            inner.chars().all(plain).then(|| text.to_owned())
        }
        _ if text.starts_with(['{', '"', '\'']) || text.contains(['"', '\'']) => None,
        _ if text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') =>
        {
            Some(text.to_owned())
        }
        _ => Some(format!("\"{text}\"")),
    }
}

/// A key that is no word is quoted.
fn spelled(key: &str) -> String {
    match key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        true => key.to_owned(),
        false => format!("\"{key}\""),
    }
}

fn write(head: &str, value: &Node, indentation: usize, out: &mut Vec<String>) {
    let blanks = " ".repeat(indentation);
    match value {
        Node::Map(entries) if !head.starts_with('"') => {
            out.push(format!("{blanks}{head} {{"));
            for (key, value) in entries {
                write(&spelled(key), value, indentation + 2, out);
            }
            out.push(format!("{blanks}}}"));
        }
        Node::Scalar(_) | Node::List(_) | Node::Map(_) => {
            out.push(format!("{blanks}{head} = {}", inline(value)));
        }
    }
}

fn inline(value: &Node) -> String {
    match value {
        Node::Scalar(text) => text.clone(),
        Node::List(list) => {
            let elements: Vec<String> = list.iter().map(inline).collect();
            format!("[{}]", elements.join(", "))
        }
        Node::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{} = {}", spelled(key), inline(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}
