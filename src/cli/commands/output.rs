//! `paas output`

use crate::cli::options::Inputs;
use crate::cli::project::{manifests, state_folder};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::problem::{project, state};
use crate::{render, store};

/// Prints the outputs of the last apply.
pub fn run(
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
        let shown =
            outputs.iter().map(|(name, value)| (name.clone(), render::value::tagged(value)));
        let all = serde_json::Value::Object(shown.collect());
        terminal.print(&format!("{all:#}\n"));
        return Ok(0);
    };
    let Some(value) = outputs.get(name) else {
        let near = crate::problem::nearest(name, outputs.keys().map(String::as_str));
        let near: Vec<String> = near.into_iter().map(|it| format!("`{it}`")).collect();
        return Err(Stop::one(project::nothing_to_explain(name, &near), 1));
    };
    match render::value::tagged(value) {
        serde_json::Value::String(text) => terminal.print(&format!("{text}\n")),
        other => terminal.print(&format!("{other:#}\n")),
    }
    Ok(0)
}
