//! A plan for machines: stable names, tagged unknowns, no secret.

use serde_json::{Map, Value, json};

use crate::legible::steers;
use crate::model::Address;
use crate::plan::{Impact, Leaf, Plan, Reason};
use crate::render::entry::{self, Action, Entry};
use crate::render::{Context, Verdict, drift, leaf as rows, value, words};
use crate::schema::{Class, Field};

/// What a reader checks first; another number before the dot means other rules.
const FORMAT: &str = "paas.plan/1.0";

/// The plan as JSON, indented, with a line break at its end.
pub fn json(plan: &Plan, context: &Context) -> String {
    let entries = entry::entries(plan);
    let changes: Vec<Value> = entries.iter().map(|entry| change(entry, plan, context)).collect();
    let outputs: Map<String, Value> =
        plan.outputs.iter().map(|(name, output)| (name.clone(), value::tagged(output))).collect();
    let mut out = json!({
        "format": FORMAT,
        "stack": context.project,
        "binds": binds(plan),
        "summary": summary(plan, &entries),
        "changes": changes,
        "outdated": plan.outdated,
        "drift": drift::entries(&plan.drift, context),
        "blocked": plan.blocked,
        "pending": plan.pending,
        "unmanaged": plan.unmanaged,
        "checks": checks(context),
        "reveals": reveals(plan),
        "capacity": plan.capacity,
        "outputs": outputs,
    });
    if let Some(relocation) = &plan.relocation {
        let (from, to) = (relocation.from.to_string(), relocation.to.to_string());
        out["relocation"] = json!({ "from": from, "to": to });
    }
    add_context(&mut out, context);
    pretty(&out)
}

/// What the plan was made for.
pub fn binds(plan: &Plan) -> Value {
    json!({
        "state_lineage": plan.against.lineage,
        "state_serial": plan.against.serial,
        "config": plan.against.config,
        "templates": plan.against.templates,
        "schema": plan.against.schema,
    })
}

/// Puts in what is known of the surroundings; absent is absent, not null.
pub fn add_context(out: &mut Value, context: &Context) {
    if let Some(environment) = &context.environment {
        out["env"] = Value::from(environment.as_str());
    }
    if context.sandbox {
        out["sandbox"] = Value::from(true);
    }
}

/// JSON as it is printed.
pub fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).expect("JSON values can be written");
    if !text.contains(|c| steers(c) && c != '\n') {
        return text + "\n";
    }
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match steers(c) && c != '\n' {
            // Only inside of a string can there be one: everything around them is ASCII.
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                out.push_str(&format!("\\u{unit:04x}"));
            }),
            false => out.push(c),
        }
    }
    out.push('\n');
    out
}

fn summary(plan: &Plan, entries: &[Entry<'_>]) -> Value {
    let mut out: Map<String, Value> = entry::counts(entries)
        .into_iter()
        .map(|(action, count)| (action.word().to_owned(), Value::from(count)))
        .collect();
    out.insert("outdated".into(), plan.outdated.len().into());
    out.insert("drift".into(), plan.drift.len().into());
    out.insert("blocked".into(), plan.blocked.len().into());
    out.insert("unchanged".into(), plan.unchanged.into());
    out.insert("impact".into(), json!(entry::worst(entries)));
    Value::Object(out)
}

fn change(entry: &Entry<'_>, plan: &Plan, context: &Context) -> Value {
    let address = entry.address();
    let fields = rows::fields(address, context);
    let forced = (entry.action == Action::Replace).then(|| words::forced(entry));
    let leaves: Vec<Value> =
        entry.leaves.iter().map(|one| leaf(one, fields, forced.as_deref())).collect();
    let blocked: Vec<Value> = plan
        .blocked
        .iter()
        .filter(|blocked| blocked.address == *address)
        .map(|blocked| json!({ "code": blocked.code }))
        .collect();
    let mut out = json!({
        "address": address,
        "kind": address.kind(),
        "object": entry.change.id,
        "action": entry.action.word(),
        "wave": entry.wave,
        "needs": entry.needs,
        "because": reason(&entry.change.because),
        "impact": impact(&entry.impact),
        "leaves": leaves,
        "unchanged": entry.unchanged(),
    });
    let place = [("tenant", tenant(entry)), ("machine", entry.machine.as_ref().map(text))];
    for (name, text) in place {
        if let Some(text) = text {
            out[name] = Value::from(text);
        }
    }
    if let Some(old) = entry.old {
        let order = if entry.old_first { "destroy_first" } else { "create_first" };
        out["order"] = Value::from(order);
        out["replaces"] = json!(old.id);
        out["forces_replacement"] = json!(forced);
    }
    if !entry.inside.is_empty() {
        let inside = entry.inside.iter().map(|it| {
            let mut one = json!({ "object": it.id, "changes": it.changes });
            if let Some(why) = &it.later {
                one["later"] = Value::from(why.as_str());
            }
            one
        });
        out["inside"] = inside.collect();
    }
    if !blocked.is_empty() {
        out["blocked_by"] = Value::from(blocked);
    }
    out
}

fn tenant(entry: &Entry<'_>) -> Option<String> {
    entry.tenant.as_ref().map(|tenant| match tenant.key() {
        Some(key) => format!("{}{key}", tenant.name()),
        None => tenant.name().to_owned(),
    })
}

fn text(address: &Address) -> String {
    address.as_str().to_owned()
}

fn impact(impact: &Impact) -> Value {
    let mut out = json!({ "level": impact.level, "what": impact.what, "names": impact.names });
    if let Some(millis) = impact.downtime_ms {
        out["downtime_ms"] = Value::from(millis);
        out["downtime_s"] = Value::from(millis.div_ceil(1000));
    }
    out
}

/// A leaf with its path as RFC 6901 has it.
pub fn leaf(leaf: &Leaf, fields: &[Field], forced: Option<&str>) -> Value {
    let mut out = json!({
        "path": format!("/{}", leaf.path),
        "class": leaf.class,
        "because": reason(&leaf.because),
    });
    if let Some(ty) = value::type_at(fields, &leaf.path) {
        let value =
            leaf.after.as_ref().or(leaf.before.as_ref()).unwrap_or(&crate::model::Value::Null);
        out["type"] = Value::from(value::type_name(value::fitting(ty, value)));
    }
    for (name, side) in [("before", &leaf.before), ("after", &leaf.after)] {
        if let Some(side) = side {
            out[name] = value::tagged(side);
        }
    }
    let sides = (&leaf.before, &leaf.after);
    if let (Some(before), Some(after)) = sides
        && value::tagged(before) == value::tagged(after)
    {
        // The name is the same and what it stands for is not.
        out["changed"] = Value::from(true);
    }
    if forced.is_some() && leaf.class == Class::Replace {
        out["forces_replacement"] = Value::from(true);
    }
    out
}

fn reason(reason: &Reason) -> Value {
    match reason {
        Reason::Edited { at } => json!({ "kind": "edited", "at": place(at) }),
        other => json!(other),
    }
}

/// `main.paas:12:5` in parts; what does not read so stays one text.
fn place(at: &str) -> Value {
    let number = |text: &str| text.parse::<u32>().ok();
    let Some((rest, last)) = at.rsplit_once(':') else { return json!({ "file": at }) };
    let Some(last) = number(last) else { return json!({ "file": at }) };
    match rest.rsplit_once(':').map(|(file, line)| (file, number(line))) {
        Some((file, Some(line))) => json!({ "file": file, "line": line, "column": last }),
        Some((_, None)) | None => json!({ "file": rest, "line": last }),
    }
}

fn reveals(plan: &Plan) -> Vec<Value> {
    let one = |it: &crate::plan::Revealed| json!({ "secret": it.secret, "reason": it.reason, "at": place(&it.at) });
    plan.reveals.iter().map(one).collect()
}

fn checks(context: &Context) -> Vec<Value> {
    let result = |verdict: Verdict| match verdict {
        Verdict::Passed => "pass",
        Verdict::Warning => "warn",
        Verdict::Failed => "fail",
        Verdict::Later => "later",
    };
    let one = |check: &crate::render::Check| {
        json!({
            "name": check.name,
            "result": result(check.verdict),
            "address": check.address,
            "message": check.message,
            "at": check.at,
        })
    };
    context.checks.iter().map(one).collect()
}
