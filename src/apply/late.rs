//! Puts late values into steps, from what is known of the objects they come from.

use std::collections::BTreeMap;

use crate::model::{Address, Late, Piece, Ref, Step, Text, Value};
use crate::state::{Record, State};

/// The steps with every late value and the project put in, or what is wrong with a value: it
/// is missing, or cannot be written where it goes.
pub fn filled(steps: &[Step], state: &State) -> Result<Vec<Step>, String> {
    let mut wrong = None;
    let mut known = |piece: &Piece| match piece {
        Piece::Project { .. } => Some(state.lineage.clone()),
        Piece::Late { late, .. } => {
            let value = value(late, state);
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

/// A value of a resource as it is known after an apply: a fact that came back, or a field that was
/// decided.
pub fn known(address: &Address, what: &str, state: &State) -> Option<Value> {
    let (_, record) = state.latest(address)?;
    told(record, what, state)
}

/// What a record says of its object, by itself or beside others.
fn told(record: &Record, what: &str, state: &State) -> Option<Value> {
    let value = record.facts.get(what).or_else(|| record.intent.spec.below(what)).cloned();
    let value = value.or_else(|| (what == "outdated").then(|| outdated(record, state).into()))?;
    let is_open = matches!(value.as_str(), Some("auto" | "dhcp"));
    (!is_open).then_some(value)
}

/// Whether the template of a guest has another version than the one that the guest is made from.
fn outdated(record: &Record, state: &State) -> bool {
    let spec = &record.intent.spec;
    let template = spec["template"].read::<Ref>().ok();
    let template = template.and_then(|it| Some(state.latest(it.address())?.1));
    let newest = template.map(|it| &it.intent.spec["version"]).filter(|it| it.as_str().is_some());
    newest.is_some_and(|version| *version != spec["template_version"])
}

fn of(late: &Late, state: &State) -> Option<Value> {
    let record = match &late.of {
        Ref::Object(id) => state.records.get(id),
        Ref::Address(address) => state.latest(address).map(|(_, record)| record),
    }?;
    told(record, &late.what, state)
}

/// A late value as text: a fact that came back, or a field that was decided.
fn value(late: &Late, state: &State) -> Option<String> {
    match of(late, state)? {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        other @ Value::Object(_) => {
            let text: Text = other.read().ok()?;
            text.as_literal().map(str::to_owned)
        }
        Value::Null | Value::Array(_) => None,
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
            // A truth or a number alone stays one.
            if let [Piece::Late { late, .. }] = text.pieces()
                && let Some(plain @ (Value::Bool(_) | Value::Number(_))) = of(late, state)
            {
                return plain;
            }
            let text = text.filled(|piece| match piece {
                Piece::Late { late, .. } => value(late, state),
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
