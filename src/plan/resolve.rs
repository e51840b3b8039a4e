//! References to objects, and late values to values, as far as they are known when planning.

use std::collections::BTreeMap;

use crate::model::{Address, Late, ObjectId, Piece, Ref, Text, Value};
use crate::plan::Inputs;
use crate::state::State;

/// The decided specs by address.
pub type Specs = BTreeMap<Address, Value>;

/// The same spec with every reference to an address turned into one to the chosen object, and
/// every late value that is known by now put in.
pub fn spec(value: &Value, chosen: &BTreeMap<Address, ObjectId>, specs: &Specs) -> Value {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                let object = Ref::parse(target).and_then(|it| chosen.get(it.address()).cloned());
                let target = object.map_or_else(|| target.clone(), |id| id.to_string().into());
                return [("$ref", Value::String(target))].into_iter().collect();
            }
            if map.contains_key("$text")
                && let Ok(text) = value.read::<Text>()
            {
                if let Some(parts @ (Value::Array(_) | Value::Object(_))) = told_by(&text, specs) {
                    return parts.clone();
                }
                return Value::of(&fill(&text, chosen, specs)).expect("a text is always JSON");
            }
            let fields = map.iter();
            fields.map(|(name, value)| (name, spec(value, chosen, specs))).collect()
        }
        Value::Array(list) => list.iter().map(|value| spec(value, chosen, specs)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// A desired spec as if it stood for the newest recorded objects: enough to know where to look.
pub fn for_looking(value: &Value, state: &State) -> Value {
    let mut chosen = BTreeMap::new();
    each_ref(value, &mut |it| {
        if let Some((id, _)) = state.latest(it.address()) {
            chosen.insert(it.address().clone(), id.clone());
        }
    });
    spec(value, &chosen, &Specs::new())
}

fn fill(text: &Text, chosen: &BTreeMap<Address, ObjectId>, specs: &Specs) -> Text {
    let mut out = Text::default();
    for piece in text.pieces() {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Late { late, .. } => match known(late, specs) {
                Some(value) => out.push_str(&value),
                None => {
                    let object = chosen.get(late.of.address()).cloned();
                    let of = object.map_or_else(|| late.of.clone(), Ref::Object);
                    out.push(&Text::late(Late { of, what: late.what.clone() }));
                }
            },
            Piece::Secret { secret, .. } => out.push(&Text::secret(secret.clone())),
            Piece::Revealed { revealed, .. } => out.push(&Text::revealed(revealed.clone())),
            Piece::Project { .. } => out.push(&Text::project()),
        }
    }
    out
}

/// The value behind a late one, if planning has decided it.
fn known(late: &Late, specs: &Specs) -> Option<String> {
    printed(specs.get(late.of.address())?.below(&late.what)?)
}

/// A decided value as text; words that stand for a choice are no values.
pub fn printed(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if &**text == "auto" || &**text == "dhcp" => None,
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Calls `visit` with every reference in a spec.
pub fn each_ref(value: &Value, visit: &mut dyn FnMut(Ref)) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                Ref::parse(target).into_iter().for_each(visit);
                return;
            }
            map.values().for_each(|value| each_ref(value, visit));
        }
        Value::Array(list) => list.iter().for_each(|value| each_ref(value, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

/// The outputs, with what is known put in.
pub fn outputs(
    inputs: Inputs<'_>,
    chosen: &BTreeMap<Address, ObjectId>,
    specs: &Specs,
) -> BTreeMap<String, Value> {
    let outputs = inputs.desired.outputs.iter();
    outputs.map(|(name, output)| (name.clone(), told(&output.value, chosen, specs))).collect()
}

/// What a text stands for that is nothing but an output of a module, if that is known.
fn told_by<'a>(text: &Text, specs: &'a Specs) -> Option<&'a Value> {
    let [Piece::Late { late, .. }] = text.pieces() else { return None };
    let of = Some(late.of.address()).filter(|of| of.kind() == "terraform")?;
    specs.get(of)?.get(&late.what).filter(|known| !known.is_null())
}

/// The same as [`spec`], in which what a module tells keeps its type.
fn told(value: &Value, chosen: &BTreeMap<Address, ObjectId>, specs: &Specs) -> Value {
    match value {
        Value::Object(map) if map.contains_key("$text") => {
            let text = value.read::<Text>().unwrap_or_default();
            told_by(&text, specs).cloned().unwrap_or_else(|| spec(value, chosen, specs))
        }
        Value::Object(map) if !map.contains_key("$ref") => {
            map.iter().map(|(name, value)| (name, told(value, chosen, specs))).collect()
        }
        Value::Array(list) => list.iter().map(|value| told(value, chosen, specs)).collect(),
        other => spec(other, chosen, specs),
    }
}
