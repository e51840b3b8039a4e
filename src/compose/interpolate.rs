//! `${VAR}` in the values of a Compose file: which variables it takes, and what it comes to.

use std::ops::Range;

/// A text cut at its variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Literal(String),
    Variable(Use),
}

/// One `${VAR…}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The variable.
    pub name: String,
    /// Where it stands in the text.
    pub range: Range<usize>,
    /// What happens without it.
    pub without: Without,
    /// An empty value counts as none: `:-` and its like.
    empty_is_none: bool,
}

/// What happens to a `${VAR…}` whose variable has no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Without {
    /// `${VAR}`: nothing stands there.
    Nothing,
    /// `${VAR:-text}`: this stands there.
    Default(Template),
    /// `${VAR:?text}`: Compose stops.
    Stop(String),
    /// `${VAR:+text}`: nothing stands there; this does when there is a value.
    Instead(Template),
}

/// A variable's value, as far as it is known when the manifest is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// It has none.
    Nothing,
    /// It has this one.
    Text(String),
    /// It has one that is secret or comes later.
    Later,
}

/// A `$` that begins no variable: its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Malformed(pub Range<usize>);

impl Template {
    /// Reads a value of a Compose file.
    pub fn read(text: &str) -> Result<Template, Malformed> {
        read(text, 0)
    }

    /// Every variable in it, defaults included.
    pub fn uses(&self) -> Vec<&Use> {
        let mut found = Vec::new();
        for piece in &self.0 {
            if let Piece::Variable(it) = piece {
                found.push(it);
                match &it.without {
                    Without::Default(inner) | Without::Instead(inner) => {
                        found.extend(inner.uses());
                    }
                    Without::Nothing | Without::Stop(_) => (),
                }
            }
        }
        found
    }

    /// What it comes to; nothing if that is known only later.
    pub fn filled(&self, known: &dyn Fn(&str) -> Known) -> Option<String> {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Variable(it) => out.push_str(&it.filled(known)?),
            }
        }
        Some(out)
    }
}

impl Use {
    fn filled(&self, known: &dyn Fn(&str) -> Known) -> Option<String> {
        let value = match known(&self.name) {
            Known::Later => return None,
            Known::Text(text) if text.is_empty() && self.empty_is_none => None,
            Known::Text(text) => Some(text),
            Known::Nothing => None,
        };
        match (value, &self.without) {
            (Some(_), Without::Instead(inner)) => inner.filled(known),
            (Some(text), _) => Some(text),
            (None, Without::Default(inner)) => inner.filled(known),
            (None, Without::Nothing | Without::Stop(_) | Without::Instead(_)) => {
                Some(String::new())
            }
        }
    }
}

fn read(text: &str, base: usize) -> Result<Template, Malformed> {
    let (mut pieces, mut literal, mut at) = (Vec::new(), String::new(), 0);
    while let Some(found) = text[at..].find('$') {
        let dollar = at + found;
        literal.push_str(&text[at..dollar]);
        let rest = &text[dollar + 1..];
        if rest.starts_with('$') {
            literal.push('$');
            at = dollar + 2;
            continue;
        }
        let malformed = |length: usize| Malformed(base + dollar..base + dollar + length);
        let (length, without, empty_is_none, name) = match rest.strip_prefix('{') {
            Some(inner) => {
                let close = closing(inner).ok_or(malformed(text.len() - dollar))?;
                let name = &inner[..name_length(inner)];
                let how = &inner[name.len()..close];
                let start = base + dollar + 2 + name.len();
                let (without, empty) = otherwise(how, start)?.ok_or(malformed(close + 3))?;
                (close + 3, without, empty, name)
            }
            None => {
                let name = &rest[..name_length(rest)];
                let word = rest.find(|it: char| !it.is_alphanumeric()).unwrap_or(rest.len());
                let length = if name.is_empty() { word } else { name.len() };
                (1 + length, Without::Nothing, false, name)
            }
        };
        if name.is_empty() {
            return Err(malformed(length));
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        let range = base + dollar..base + dollar + length;
        let name = name.to_owned();
        pieces.push(Piece::Variable(Use { name, range, without, empty_is_none }));
        at = dollar + length;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(Template(pieces))
}

/// What stands between the name and `}`; nothing if it is nothing that Compose knows.
fn otherwise(how: &str, start: usize) -> Result<Option<(Without, bool)>, Malformed> {
    let (rest, empty) = match how.strip_prefix(':') {
        Some(rest) => (rest, true),
        None => (how, false),
    };
    let start = start + usize::from(empty) + 1;
    let mut letters = rest.chars();
    let without = match letters.next() {
        None if !empty => Without::Nothing,
        Some('-') => Without::Default(read(letters.as_str(), start)?),
        Some('+') => Without::Instead(read(letters.as_str(), start)?),
        Some('?') => Without::Stop(letters.as_str().to_owned()),
        Some(_) | None => return Ok(None),
    };
    Ok(Some((without, empty)))
}

/// Where the `}` stands that ends what was begun before `text`.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut before) = (0_usize, ' ');
    for (index, letter) in text.char_indices() {
        match letter {
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some(index),
            '}' => depth -= 1,
            _ => (),
        }
        before = letter;
    }
    None
}

fn name_length(text: &str) -> usize {
    let first = text.starts_with(|it: char| it == '_' || it.is_ascii_alphabetic());
    let end = text.find(|it: char| it != '_' && !it.is_ascii_alphanumeric());
    if first { end.unwrap_or(text.len()) } else { 0 }
}
