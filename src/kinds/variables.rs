//! Shared by kinds with variables: names that their readers take, and values that can be written.

use std::collections::BTreeMap;

use crate::kinds::Objection;
use crate::model::{Form, Piece, Text, is_variable};

/// Who reads the variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// A shell script.
    Shell,
    /// Compose, which takes dots and dashes in names.
    Compose,
    /// systemd.
    Systemd,
    /// The first process of a container.
    Process,
}

impl Reader {
    fn takes(self, name: &str) -> bool {
        match self {
            Reader::Shell | Reader::Systemd | Reader::Process => is_variable(name),
            Reader::Compose => is_variable(&name.replace(['.', '-'], "_")),
        }
    }

    fn form(self) -> Form {
        match self {
            Reader::Shell => Form::Shell,
            Reader::Compose => Form::ComposeVariable,
            Reader::Systemd => Form::SystemdVariable,
            Reader::Process => Form::Item,
        }
    }
}

/// What cannot be a variable in the field `field`.
pub(super) fn objections(
    field: &str,
    env: &BTreeMap<String, Text>,
    reader: Reader,
) -> Vec<Objection> {
    let each = env.iter().flat_map(|(name, value)| {
        let field = format!("{field}/{}", name.replace('~', "~0").replace('/', "~1"));
        let named = (!reader.takes(name)).then(|| Objection {
            field: field.clone(),
            message: format!("`{}` is no name of a variable", shown(name)),
            help: "write letters, digits and `_`, and no digit first".to_owned(),
        });
        named.or_else(|| unwritable(&field, value, reader.form()))
    });
    each.collect()
}

/// What is in the known part of a text that cannot be written in a place of this form.
pub(super) fn unwritable(field: &str, text: &Text, form: Form) -> Option<Objection> {
    let literal = |piece: &Piece| match piece {
        Piece::Literal(text) => form.refusal(text),
        Piece::Secret { .. }
        | Piece::Revealed { .. }
        | Piece::Late { .. }
        | Piece::Project { .. } => None,
    };
    let found = text.pieces().iter().find_map(literal)?;
    let name = field.rsplit('/').next().unwrap_or(field);
    Some(Objection {
        field: field.to_owned(),
        message: format!("`{}` has {found} in it", shown(name)),
        help: "leave it out: nothing can be written there that stands for it".to_owned(),
    })
}

/// A name as a message can show it.
fn shown(name: &str) -> String {
    crate::legible::visible(name)
}
