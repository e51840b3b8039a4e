//! The secrets that a plan makes and sends, and those that a state has sent.

use std::collections::BTreeSet;

use crate::lower::Recipe;
use crate::model::{Piece, Text, Value};
use crate::plan::Change;
use crate::state::{State, Verb};

/// The secrets whose values something was sent, so that a new one can be noticed.
pub(super) fn sent(state: &State) -> BTreeSet<String> {
    let intents = state.records.values().flat_map(crate::state::Record::possible);
    intents.flat_map(|intent| intent.fingerprints.keys().cloned()).collect()
}

/// Whether the state knows of a secret that was generated.
pub(super) fn has_generated(state: &State) -> bool {
    state.records.iter().any(|(id, record)| id.address.kind() == "secret" && !record.half_made())
}

/// The secrets whose values a change sends.
pub(super) fn in_steps(change: &Change) -> impl Iterator<Item = String> {
    let texts = change.steps.iter().flat_map(|step| step.texts());
    texts.flat_map(|text| text.secrets().map(str::to_owned)).collect::<BTreeSet<_>>().into_iter()
}

/// What a change of a generated secret makes: its address, how, and which version it is.
pub(super) fn renewal(change: &Change) -> Option<(String, Recipe, u32)> {
    let address = &change.id.address;
    let sets = matches!(change.verb, Verb::Create | Verb::Update) && address.kind() == "secret";
    let spec = sets.then_some(&change.intent.spec)?;
    let number = |value: &Value| value.as_u64().and_then(|it| u32::try_from(it).ok());
    let recipe = Recipe {
        length: number(&spec["length"])?,
        charset: spec["charset"].as_str()?.to_owned(),
        rotate_ms: spec["rotate"].as_u64(),
    };
    Some((address.to_string(), recipe, number(&spec["version"])?))
}

/// The secrets that a change sends to places where they must not have certain characters.
pub(super) fn in_places(change: &Change) -> impl Iterator<Item = (&str, &Piece)> {
    let texts = change.steps.iter().flat_map(|step| step.texts());
    texts.flat_map(Text::pieces).filter_map(|piece| match piece {
        Piece::Secret { secret: address, quoted }
        | Piece::Revealed { revealed: address, quoted } => {
            (!quoted.is_empty()).then_some((address.as_str(), piece))
        }
        Piece::Literal(_) | Piece::Late { .. } | Piece::Project { .. } => None,
    })
}
