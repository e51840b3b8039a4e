//! What was changed outside, as text and for machines.

use serde_json::{Value, json};

use crate::legible::{visible, visible_line};
use crate::plan::{Drift, DriftKind, Pending, Plan};
use crate::problem::Style;
use crate::render::leaf::{self, What};
use crate::render::paint::{Hue, Paper};
use crate::render::terminal::{counted, more, outdated, unmanaged};
use crate::render::{Context, Density, change, json as machine};

/// Everything that is not as it was made, for a terminal.
pub fn drift(plan: &Plan, context: &Context, style: Style) -> String {
    let mut paper = Paper::new(style);
    let parts = [context.title(), format!("state serial {}", plan.against.serial)];
    let sandbox = context.sandbox.then(|| "sandbox".to_owned());
    let parts: Vec<String> = parts.into_iter().chain(sandbox).collect();
    paper.line(0, Hue::Bold, &parts.join(" · "));
    section(&mut paper, &plan.drift, context);
    pending(&mut paper, &plan.pending, context);
    outdated(&mut paper, &plan.outdated, context);
    unmanaged(&mut paper, &plan.unmanaged, context);
    paper.end();
    paper.line(0, Hue::Bold, &verdict(plan));
    paper.finish()
}

/// What was changed or lost outside; nothing when nothing was.
pub fn section(paper: &mut Paper, drift: &[Drift], context: &Context) {
    let (shown, left_out) = counted(drift.len(), context);
    if shown > 0 {
        paper.end();
        paper.line(0, Hue::Bold, "drift");
    }
    for one in &drift[..shown] {
        let address = visible(one.address.as_str());
        let what = sentence(one);
        paper.two_sided(2, (Hue::Yellow, "!", &address), (Hue::Yellow, &what));
        if let Some(why) = &one.why {
            paper.line(paper.sign_width() + 5, Hue::Plain, &visible_line(why));
        }
        if context.density != Density::Summary {
            leaves(paper, one, context);
        }
    }
    more(paper, left_out);
}

/// Guests that have to start again before everything about them holds.
pub fn pending(paper: &mut Paper, pending: &[Pending], context: &Context) {
    let (shown, left_out) = counted(pending.len(), context);
    if shown > 0 {
        paper.end();
        paper.line(0, Hue::Bold, "restart needed");
    }
    pending[..shown].iter().for_each(|one| waits(paper, one));
    more(paper, left_out);
}

/// One of them, and what starts it again.
pub fn waits(paper: &mut Paper, one: &Pending) {
    let address = visible(one.address.as_str());
    paper.two_sided(2, (Hue::Yellow, "!", &address), (Hue::Yellow, "restart needed"));
    let (keys, help) = (visible_line(&one.keys.join(", ")), visible_line(&one.help));
    let text = format!("{keys}  until it starts again: {help}");
    paper.line(paper.sign_width() + 5, Hue::Plain, &text);
}

fn leaves(paper: &mut Paper, drift: &Drift, context: &Context) {
    let indent = paper.sign_width() + 5;
    for one in &drift.leaves {
        let row = leaf::row(one, &drift.address, context);
        match row.what {
            What::Line(text) => {
                paper.line(indent, Hue::Plain, &format!("{}  {text}", row.path));
            }
            What::Lines(lines) => change::difference(paper, indent, &lines, context),
        }
    }
}

fn sentence(drift: &Drift) -> String {
    let what = match drift.what {
        DriftKind::Missing => "missing",
        DriftKind::Changed => "changed outside",
        DriftKind::Unseen if drift.why.is_some() => return "it cannot be looked at".to_owned(),
        DriftKind::Unseen => return "its machine does not answer".to_owned(),
    };
    match (drift.mended, drift.what) {
        (true, DriftKind::Missing) => format!("{what} · the plan makes it again"),
        (true, _) => format!("{what} · the plan puts it back"),
        (false, _) => format!("{what} · only reported"),
    }
}

fn verdict(plan: &Plan) -> String {
    let count = |kind| plan.drift.iter().filter(|drift| drift.what == kind).count();
    let parts = [
        (count(DriftKind::Missing), "missing"),
        (count(DriftKind::Changed), "changed outside"),
        (count(DriftKind::Unseen), "not seen"),
        (plan.outdated.len(), "outdated"),
        (plan.unmanaged.len(), "unmanaged"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
    match parts.is_empty() {
        true => "No drift: everything is as it was made.".to_owned(),
        false => format!("Drift: {}.", parts.join(", ")),
    }
}

/// The same for machines.
pub fn drift_json(plan: &Plan, context: &Context) -> String {
    let count = |kind| plan.drift.iter().filter(|drift| drift.what == kind).count();
    let mut out = json!({
        "format": "paas.drift/1.0",
        "stack": context.project,
        "binds": machine::binds(plan),
        "summary": {
            "missing": count(DriftKind::Missing),
            "changed": count(DriftKind::Changed),
            "unseen": count(DriftKind::Unseen),
            "outdated": plan.outdated.len(),
            "unmanaged": plan.unmanaged.len(),
        },
        "drift": entries(&plan.drift, context),
        "outdated": plan.outdated,
        "pending": plan.pending,
        "unmanaged": plan.unmanaged,
    });
    machine::add_context(&mut out, context);
    machine::pretty(&out)
}

/// Each of them as JSON.
pub fn entries(drift: &[Drift], context: &Context) -> Vec<Value> {
    let one = |drift: &Drift| {
        let leaves: Vec<Value> = drift
            .leaves
            .iter()
            .map(|leaf| machine::leaf(leaf, leaf::fields(&drift.address, context), None))
            .collect();
        let mut entry = json!({
            "address": drift.address,
            "kind": drift.address.kind(),
            "what": drift.what,
            "leaves": leaves,
            "mended": drift.mended,
        });
        if let Some(why) = &drift.why {
            entry["why"] = json!(visible_line(why));
        }
        entry
    };
    drift.iter().map(one).collect()
}

/// `changed outside: memory, cores` for one line of a table.
pub fn brief(drift: &Drift) -> String {
    let paths: Vec<String> =
        drift.leaves.iter().map(|leaf| crate::render::value::path(&leaf.path)).collect();
    match (&drift.why, paths.is_empty()) {
        (Some(why), _) => format!("{}: {}", sentence(drift), visible_line(why)),
        (None, true) => sentence(drift),
        (None, false) => format!("{}: {}", sentence(drift), paths.join(", ")),
    }
}
