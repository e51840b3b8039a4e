//! Puts late values into steps, from what is known of the objects they come from.

use std::collections::BTreeMap;

use crate::lower::Intent;
use crate::model::{Piece, Ref, Step, Text, Value};
use crate::state::State;

/// The steps with every late value and the project put in, or what is wrong with a value: it
/// is missing, or cannot be written where it goes.
pub fn filled(steps: &[Step], state: &State) -> Result<Vec<Step>, String> {
    let mut wrong = None;
    let mut known = |piece: &Piece| match piece {
        Piece::Project { .. } => Some(state.lineage.clone()),
        Piece::Late { late, .. } => {
            let value = state.text_of(late, piece);
            let name = || format!("{} of {}", late.what, late.of.address());
            match value.as_deref().map(|it| piece.refusal(it)) {
                Some(None) => (),
                Some(Some(found)) => {
                    wrong = Some(format!("{} has {found} in it and cannot be sent", name()));
                }
                None => wrong = Some(format!("{} is not known yet", name())),
            }
            value
        }
        Piece::Literal(_) | Piece::Secret { .. } | Piece::Revealed { .. } => None,
    };
    let steps = steps.iter().map(|step| step.filled(&mut known)).collect();
    match wrong {
        Some(why) => Err(why),
        None => Ok(steps),
    }
}

/// Whether an intent waits for what a module tells.
pub fn is_told(intent: &Intent) -> bool {
    intent.after.iter().any(|it: &Ref| it.address().kind() == "terraform")
}

/// An intent with what modules have told put in: a new value of an output is a change.
pub fn with_told(intent: &Intent, state: &State) -> Intent {
    let mut intent = intent.clone();
    if is_told(&intent) {
        intent.spec = with_told_in(&intent.spec, state);
    }
    intent
}

fn with_told_in(spec: &Value, state: &State) -> Value {
    match spec {
        Value::Object(map) if map.contains_key("$text") => {
            let Ok(text) = spec.read::<Text>() else { return spec.clone() };
            if let [Piece::Late { late, .. }] = text.pieces()
                && late.of.address().kind() == "terraform"
                && let Some(parts @ (Value::Array(_) | Value::Object(_))) = state.value_of(late)
            {
                return parts;
            }
            let text = text.filled(|piece| match piece {
                Piece::Late { late, .. } if late.of.address().kind() == "terraform" => {
                    state.text_of(late, piece)
                }
                Piece::Late { .. }
                | Piece::Literal(_)
                | Piece::Secret { .. }
                | Piece::Revealed { .. }
                | Piece::Project { .. } => None,
            });
            Value::of(&text).expect("a text is always JSON")
        }
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name, with_told_in(value, state))).collect()
        }
        Value::Array(list) => list.iter().map(|value| with_told_in(value, state)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => spec.clone(),
    }
}

/// The outputs with every late value put in that is known now; secrets stay named.
pub fn outputs(values: &BTreeMap<String, Value>, state: &State) -> BTreeMap<String, Value> {
    values.iter().map(|(name, output)| (name.clone(), put_in(output, state))).collect()
}

fn put_in(output: &Value, state: &State) -> Value {
    match output {
        Value::Object(map) if map.contains_key("$text") => {
            let Ok(text) = output.read::<Text>() else {
                return output.clone();
            };
            // A truth, a number, a list or an object alone stays one.
            if let [Piece::Late { late, .. }] = text.pieces()
                && let Some(value) = state.value_of(late)
                && value.as_str().is_none()
                && value.read::<Text>().is_err()
            {
                return value;
            }
            let text = text.filled(|piece| match piece {
                Piece::Late { late, .. } => state.text_of(late, piece),
                Piece::Literal(_)
                | Piece::Secret { .. }
                | Piece::Revealed { .. }
                | Piece::Project { .. } => None,
            });
            Value::of(&text).expect("a text is always JSON")
        }
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name, put_in(value, state))).collect()
        }
        Value::Array(list) => list.iter().map(|value| put_in(value, state)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => output.clone(),
    }
}
