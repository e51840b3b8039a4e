//! Text whose secret and late parts are named, not contained.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::{Address, Form, Ref};

/// Text as pieces. Values of secrets and of late parts are put in just before it is sent, so a
/// plan, a state, a journal or an error cannot contain one.
///
/// In JSON it is a string when it is all literal, else `{"$text": [piece, …]}`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Vec<Piece>);

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Piece {
    /// Plain characters.
    Literal(String),
    /// The value of a secret, by the secret's address.
    Secret {
        /// `secret.pve`
        #[serde(rename = "$secret")]
        secret: String,
        /// How its value is written where it stands, the innermost first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        quoted: Vec<Form>,
    },
    /// The value of a secret that the manifest makes public, by the secret's address.
    Revealed {
        /// `secret.pve`
        #[serde(rename = "$revealed")]
        revealed: String,
        /// How its value is written where it stands, the innermost first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        quoted: Vec<Form>,
    },
    /// A value that is known once another resource has been planned or made.
    Late {
        /// Which value.
        #[serde(rename = "$late")]
        late: Late,
        /// How its value is written where it stands, the innermost first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        quoted: Vec<Form>,
    },
    /// The lineage of the state that owns the object; it is in every ownership mark.
    Project {
        /// Always true; it only names the piece.
        #[serde(rename = "$project")]
        project: bool,
    },
}

/// A typed hole, named by its source: attribute `what` of resource `of`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Late {
    /// Whose attribute.
    pub of: Ref,
    /// Which attribute: `ip`.
    pub what: String,
}

impl Late {
    /// The value of a secret, which is known when it is sent; `address` may be the name of one
    /// that follows from others.
    pub fn of_secret(address: &str) -> Late {
        let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/');
        let words = address.split(|c| !inside(c)).filter(|word| word.contains('.'));
        let whole = |it: &str| Some((Ref::parse(it)?, "value".to_owned()));
        let made = |it: &str| {
            let (of, what) = it.rsplit_once('.')?;
            Some((Ref::parse(of)?, what.to_owned()))
        };
        let mut all = std::iter::once(address).chain(words);
        let found = all.find_map(|it| whole(it).or_else(|| made(it)));
        let unnamed = || (Ref::Address(Address::new(None, "secret", "any", None)), "value".into());
        let (of, what) = found.unwrap_or_else(unnamed);
        Late { of, what }
    }
}

impl Text {
    /// Text that is all literal.
    pub fn literal(text: impl Into<String>) -> Text {
        let text = text.into();
        Text(if text.is_empty() { Vec::new() } else { vec![Piece::Literal(text)] })
    }

    /// The value of one secret.
    pub fn secret(address: impl Into<String>) -> Text {
        Text(vec![Piece::Secret { secret: address.into(), quoted: Vec::new() }])
    }

    /// The value of one secret that the manifest makes public.
    pub fn revealed(address: impl Into<String>) -> Text {
        Text(vec![Piece::Revealed { revealed: address.into(), quoted: Vec::new() }])
    }

    /// One late value.
    pub fn late(late: Late) -> Text {
        Text(vec![Piece::Late { late, quoted: Vec::new() }])
    }

    /// The lineage of the state.
    pub fn project() -> Text {
        Text(vec![Piece::Project { project: true }])
    }

    /// The pieces in order; no two literals stand side by side and none is empty.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// How many bytes of it are known already.
    pub fn known_length(&self) -> usize {
        let length = |piece: &Piece| match piece {
            Piece::Literal(text) => text.len(),
            Piece::Secret { .. }
            | Piece::Revealed { .. }
            | Piece::Late { .. }
            | Piece::Project { .. } => 1,
        };
        self.0.iter().map(length).sum()
    }

    /// Adds characters at the end.
    pub fn push_str(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => (),
            Some(Piece::Literal(last)) => last.push_str(text),
            Some(
                Piece::Secret { .. }
                | Piece::Revealed { .. }
                | Piece::Late { .. }
                | Piece::Project { .. },
            )
            | None => self.0.push(Piece::Literal(text.to_owned())),
        }
    }

    /// Adds another text at the end.
    pub fn push(&mut self, other: &Text) {
        for piece in &other.0 {
            match piece {
                Piece::Literal(text) => self.push_str(text),
                Piece::Secret { .. }
                | Piece::Revealed { .. }
                | Piece::Late { .. }
                | Piece::Project { .. } => self.0.push(piece.clone()),
            }
        }
    }

    /// The characters, if there is nothing to put in.
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The addresses of the secrets in it, revealed ones too: their values are put in.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Secret { secret, .. } => Some(secret.as_str()),
            Piece::Revealed { revealed, .. } => Some(revealed.as_str()),
            Piece::Literal(_) | Piece::Late { .. } | Piece::Project { .. } => None,
        })
    }

    /// Whether it contains a secret that nobody may see.
    pub fn has_secret(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Secret { .. }))
    }

    /// The same text made public: each secret in it is a revealed one.
    pub fn with_all_revealed(&self) -> Text {
        let revealed = |piece: &Piece| match piece {
            Piece::Secret { secret, quoted } => {
                Piece::Revealed { revealed: secret.clone(), quoted: quoted.clone() }
            }
            Piece::Literal(_)
            | Piece::Revealed { .. }
            | Piece::Late { .. }
            | Piece::Project { .. } => piece.clone(),
        };
        Text(self.0.iter().map(revealed).collect())
    }

    /// The same text as it is written in a place of this form. What is not known yet is quoted
    /// when it is put in, so no value can end the place where it stands.
    pub fn quoted(&self, form: Form) -> Text {
        let mut out = Text::default();
        for piece in &self.0 {
            let mut piece = piece.clone();
            match &mut piece {
                Piece::Literal(text) => out.push_str(&form.quote(text)),
                Piece::Secret { quoted, .. }
                | Piece::Revealed { quoted, .. }
                | Piece::Late { quoted, .. } => {
                    quoted.push(form);
                    out.0.push(piece);
                }
                Piece::Project { .. } => out.0.push(piece),
            }
        }
        out
    }

    /// The same text with every piece that `known` knows put in, as its place wants it.
    pub fn filled(&self, mut known: impl FnMut(&Piece) -> Option<String>) -> Text {
        let mut out = Text::default();
        for piece in &self.0 {
            match (piece, known(piece)) {
                (_, Some(text)) => out.push_str(&piece.written(text)),
                (Piece::Literal(text), None) => out.push_str(text),
                (piece, None) => out.0.push(piece.clone()),
            }
        }
        out
    }
}

impl Piece {
    /// How its value is written where it stands, the innermost first.
    pub fn forms(&self) -> &[Form] {
        match self {
            Piece::Secret { quoted, .. }
            | Piece::Revealed { quoted, .. }
            | Piece::Late { quoted, .. } => quoted,
            Piece::Literal(_) | Piece::Project { .. } => &[],
        }
    }

    /// What is in a value that cannot be put in here.
    pub fn refusal(&self, value: &str) -> Option<&'static str> {
        let mut text = value.to_owned();
        self.forms().iter().find_map(|form| {
            let refusal = form.refusal(&text);
            text = form.quote(&text);
            refusal
        })
    }

    fn written(&self, value: String) -> String {
        self.forms().iter().fold(value, |text, form| form.quote(&text))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::literal(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::literal(text)
    }
}

/// For people: what is not literal shows as its name.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Literal(text) => f.write_str(text),
            Piece::Secret { secret, .. } => {
                write!(f, "«secret {}»", secret.strip_prefix("secret.").unwrap_or(secret))
            }
            Piece::Revealed { revealed, .. } => {
                write!(f, "«revealed {}»", revealed.strip_prefix("secret.").unwrap_or(revealed))
            }
            Piece::Late { late, .. } => write!(f, "‹{} of {}›", late.what, late.of.address()),
            Piece::Project { .. } => f.write_str("‹project›"),
        })
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum TextForm {
    Literal(String),
    Pieces {
        #[serde(rename = "$text")]
        pieces: Vec<Piece>,
    },
}

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_literal() {
            Some(text) => serializer.serialize_str(text),
            None => TextForm::Pieces { pieces: self.0.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        Ok(match TextForm::deserialize(deserializer)? {
            TextForm::Literal(text) => Text::literal(text),
            TextForm::Pieces { pieces } => Text(pieces),
        })
    }
}

/// SHA-256 in lower-case hexadecimal: how content is identified everywhere.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut out, byte| {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        out.push(DIGITS[usize::from(byte >> 4)] as char);
        out.push(DIGITS[usize::from(byte & 15)] as char);
        out
    })
}

/// The digest of a whole collection of named texts; order and boundaries count.
pub fn digest_all<'a>(parts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    for (name, content) in parts {
        for bytes in [name.as_bytes(), content] {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
    }
    digest(&hash.finalize())
}
