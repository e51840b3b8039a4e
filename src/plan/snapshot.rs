//! The snapshot of a guest that is there while a change restarts it, if its lifecycle asks for one.

use crate::lower::Intent;
use crate::model::{Call, Effect, Method, ObjectId, Ref, Step, Target, Text};
use crate::plan::{Change, Leaf, What};
use crate::schema::Class;

/// Every snapshot of ours begins with this.
const PREFIX: &str = "paas-";

/// Takes a snapshot before the first step of a change that restarts a guest, and removes it after
/// the last one.
pub fn add(change: &mut Change) {
    if !change.intent.lifecycle.snapshot || change.impact.what < What::Restart {
        return;
    }
    // A guest with snapshots cannot move everywhere: it has moved before one is taken.
    let moves =
        |step: &Step| matches!(&step.effect, Effect::Call(call) if call.path.ends_with("/migrate"));
    let at = change.steps.iter().rposition(moves).map_or(0, |at| at + 1);
    if at == change.steps.len() {
        return;
    }
    let name = format!("{PREFIX}{}", change.uid);
    let Some((taken, removed)) = steps(&change.id, &change.intent, &name) else { return };
    change.steps.insert(at, taken);
    change.steps.push(removed);
    let because = change.because.clone();
    let (path, after) = ("lifecycle/snapshot".to_owned(), Some(name.into()));
    change.leaves.push(Leaf { path, before: None, after, class: Class::Note, because });
}

/// What goes back to before a change whose step at `failed` did not go well, if its snapshot is
/// there.
pub fn way_back(change: &Change, failed: usize) -> Option<String> {
    let mut steps = change.steps[..failed].iter();
    let (path, name) = steps.find_map(|step| match &step.effect {
        Effect::Call(call) if call.method == Method::Post && call.path.ends_with("/snapshot") => {
            Some((call.path.as_str(), call.body.get("snapname")?.to_string()))
        }
        Effect::Call(_) | Effect::Run(_) | Effect::Write(_) | Effect::Wait(_) => None,
    })?;
    let mut parts = path.split('/').skip(2);
    let (node, form, number) = (parts.next()?, parts.next()?, parts.next()?);
    let program = if form == "lxc" { "pct" } else { "qm" };
    Some(format!(
        "its snapshot is kept: `{program} rollback {number} {name} --start 1` on {node} goes back"
    ))
}

fn steps(id: &ObjectId, intent: &Intent, name: &str) -> Option<(Step, Step)> {
    let form = match id.address.kind() {
        "container" => "lxc",
        "vm" => "qemu",
        _ => return None,
    };
    let spec = &intent.spec;
    let on = Target::Cluster(spec["cluster"].read::<Ref>().ok()?);
    let (node, number) = (spec["node"].as_str()?, spec["id"].as_u64()?);
    let path = format!("/nodes/{node}/{form}/{number}/snapshot");
    let below = format!("{path}/{name}");
    let words = Text::literal("before a change; it is removed when that went well");
    let body = [("snapname".to_owned(), name.into()), ("description".to_owned(), words)].into();
    let taken = Effect::Call(Call { method: Method::Post, path, body });
    let body = Default::default();
    let removed = Effect::Call(Call { method: Method::Delete, path: below, body });
    Some((Step { on: on.clone(), effect: taken }, Step { on, effect: removed }))
}
