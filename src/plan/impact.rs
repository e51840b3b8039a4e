//! What a plan disturbs: names that do not answer, how long, and data that is lost.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds;
use crate::lower::OnDestroy;
use crate::model::{Address, Ref, Value};
use crate::plan::choose::Draft;
use crate::plan::{Change, Impact, Inputs, Level, What};
use crate::schema::Class;
use crate::state::Verb;

/// Completes the impact of every change.
pub fn add(inputs: Inputs<'_>, draft: &mut Draft) {
    let names = public_names(inputs);
    for change in &mut draft.changes {
        if matches!(change.verb, Verb::Delete) {
            removal(inputs, change);
        }
        if change.impact.level >= Level::Medium {
            let below = names.get(&change.id.address).into_iter().flatten();
            change.impact.names = below.cloned().collect();
            change.impact.downtime_ms = median(inputs, change);
        }
    }
    data_loss(inputs, draft);
}

fn removal(inputs: Inputs<'_>, change: &mut Change) {
    let record = inputs.state.records.get(&change.id);
    let half_made = record.is_some_and(crate::state::Record::half_made);
    let holds = kinds::find(change.id.address.kind()).is_some_and(|it| it.traits().holds_data);
    let kept = change.intent.lifecycle.on_destroy == OnDestroy::Backup;
    let (level, what) = match (holds && !half_made, kept) {
        (true, false) => (Level::Critical, What::DataLoss),
        (true, true) => (Level::High, What::Remove),
        (false, _) if half_made => (Level::None, What::Remove),
        (false, _) => (Level::Medium, What::Remove),
    };
    (change.impact.level, change.impact.what) = (level, what);
}

/// A replacement that loses data says so where it is shown, at the create.
fn data_loss(_inputs: Inputs<'_>, draft: &mut Draft) {
    let lost: BTreeSet<_> = draft
        .changes
        .iter()
        .filter(|change| change.impact.what == What::DataLoss)
        .map(|change| change.id.clone())
        .collect();
    for change in &mut draft.changes {
        if change
            .replaces
            .as_ref()
            .is_some_and(|old| change.verb == Verb::Create && lost.contains(old))
        {
            (change.impact.level, change.impact.what) = (Level::Critical, What::DataLoss);
        }
    }
}

/// The public names that stop answering when a resource does, by its address.
fn public_names(inputs: Inputs<'_>) -> BTreeMap<Address, BTreeSet<String>> {
    let mut names: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
    let desired = inputs.desired.resources.iter();
    let desired = desired.map(|(address, resource)| (address, &resource.intent.spec));
    let recorded = inputs.state.records.iter();
    let recorded = recorded.map(|(id, record)| (&id.address, &record.intent.spec));
    for (address, spec) in desired.chain(recorded).filter(|(it, _)| it.kind() == "expose") {
        let Some(host) = spec["http"]["host"].as_str() else { continue };
        let path = spec["http"]["path"].as_str().filter(|path| *path != "/").unwrap_or("");
        let name = format!("{host}{path}");
        let through = ["machine", "workload", "via"].into_iter().filter_map(|it| target(spec, it));
        for address in through.chain(address.parent()).chain([address.clone()]) {
            names.entry(address).or_default().insert(name.clone());
        }
    }
    names
}

fn target(spec: &Value, field: &str) -> Option<Address> {
    Ref::parse(spec.get(field)?.get("$ref")?.as_str()?).map(|it| it.address().clone())
}

/// The median of how long such changes took before.
fn median(inputs: Inputs<'_>, change: &Change) -> Option<u64> {
    let name = format!("{}/{}", change.id.address.kind(), change.verb.word());
    let mut times = inputs.state.durations.get(&name)?.clone();
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

/// What a class of change means for what runs.
pub fn of_class(class: Class) -> Impact {
    let (level, what) = match class {
        Class::Note | Class::Live => (Level::None, What::None),
        Class::Reload => (Level::Low, What::Reload),
        Class::Restart => (Level::Medium, What::Restart),
        Class::Redeploy => (Level::Medium, What::Redeploy),
        Class::Replace => (Level::High, What::Replace),
    };
    Impact { level, what, names: Vec::new(), downtime_ms: None }
}
