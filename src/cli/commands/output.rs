//! `paas output`

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::options::Inputs;
use crate::cli::project::{self, manifests, state_folder};
use crate::cli::secrets::Secrets;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::model::{Piece, Text, Value};
use crate::problem::{project as problem, state};
use crate::state::State;
use crate::{render, store};

/// Prints the outputs of the last apply.
pub async fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    name: Option<&str>,
    sandbox: bool,
) -> Result<u8, Stop> {
    let (folder, _) = manifests(&inputs.path)?;
    let folder = state_folder(&folder, sandbox);
    let Some(loaded) = store::read(&folder)? else {
        return Err(Stop::one(state::no_state(&folder), 1));
    };
    let outputs = &loaded.state.outputs;
    let Some(name) = name else {
        let outputs = with_revealed(inputs, &loaded.state, outputs.clone(), sandbox).await?;
        let shown =
            outputs.iter().map(|(name, value)| (name.clone(), render::value::tagged(value)));
        let all = serde_json::Value::Object(shown.collect());
        terminal.print(&format!("{all:#}\n"));
        return Ok(0);
    };
    let Some(value) = outputs.get(name) else {
        let near = crate::problem::nearest(name, outputs.keys().map(String::as_str));
        let near: Vec<String> = near.into_iter().map(|it| format!("`{it}`")).collect();
        return Err(Stop::one(problem::nothing_to_explain(name, &near), 1));
    };
    let one = BTreeMap::from([(name.to_owned(), value.clone())]);
    let one = with_revealed(inputs, &loaded.state, one, sandbox).await?;
    match render::value::tagged(&one[name]) {
        serde_json::Value::String(text) => terminal.print(&format!("{text}\n")),
        other => terminal.print(&format!("{other:#}\n")),
    }
    Ok(0)
}

/// The outputs with the values of revealed secrets put in. The state has only their names, so
/// they are read where they are kept, and only as long as the manifest reveals them.
async fn with_revealed(
    inputs: &Inputs,
    state: &State,
    outputs: BTreeMap<String, Value>,
    sandbox: bool,
) -> Result<BTreeMap<String, Value>, Stop> {
    let mut named = BTreeSet::new();
    outputs.values().for_each(|value| each_revealed(value, &mut named));
    if named.is_empty() {
        return Ok(outputs);
    }
    let project = project::load(inputs)?;
    let revealed = project.desired.reveals.iter().map(|it| it.secret.as_str());
    let derived = project.desired.secrets.iter().filter(|(_, item)| {
        let bases = item.source.bases();
        let public = |it: &String| project.desired.reveals.iter().any(|one| one.secret == *it);
        !bases.is_empty() && bases.iter().all(public)
    });
    let public: BTreeSet<&str> =
        revealed.chain(derived.map(|(address, _)| address.as_str())).collect();
    named.retain(|address| public.contains(address.as_str()));
    let mut secrets = Secrets::of(&project, &project.desired.secrets, sandbox);
    let known = secrets.public(state, &named).await?;
    let value = |address: &str| known.get(address).map(|it| it.expose().to_owned());
    Ok(outputs.into_iter().map(|(name, it)| (name, put_in(&it, &value))).collect())
}

fn each_revealed(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) if map.contains_key("$text") => {
            let text = value.read::<Text>().unwrap_or_default();
            found.extend(text.pieces().iter().filter_map(|piece| match piece {
                Piece::Revealed { revealed, .. } => Some(revealed.clone()),
                Piece::Literal(_)
                | Piece::Secret { .. }
                | Piece::Late { .. }
                | Piece::Project { .. } => None,
            }));
        }
        Value::Object(map) => map.values().for_each(|value| each_revealed(value, found)),
        Value::Array(list) => list.iter().for_each(|value| each_revealed(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

fn put_in(value: &Value, known: &dyn Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::Object(map) if map.contains_key("$text") => {
            let Ok(text) = value.read::<Text>() else { return value.clone() };
            let text = text.filled(|piece| match piece {
                Piece::Revealed { revealed, .. } => known(revealed),
                Piece::Literal(_)
                | Piece::Secret { .. }
                | Piece::Late { .. }
                | Piece::Project { .. } => None,
            });
            Value::of(&text).expect("a text is always JSON")
        }
        Value::Object(map) => map.iter().map(|(name, it)| (name, put_in(it, known))).collect(),
        Value::Array(list) => list.iter().map(|it| put_in(it, known)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
