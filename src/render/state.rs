//! What the state knows, for a terminal.

use crate::legible::{visible, width};
use crate::lower::OnDestroy;
use crate::model::{ObjectId, Value};
use crate::problem::Style;
use crate::render::paint::{Hue, Paper};
use crate::render::value;
use crate::render::words::{count, short};
use crate::state::{Record, State};

/// Nothing of a value is left out here: one object was asked for.
const WHOLE: usize = usize::MAX / 2;

/// Every object, one line each.
pub fn state_list(state: &State, style: Style) -> String {
    let mut paper = Paper::new(style);
    let objects = count(state.records.len(), "object");
    let mut parts = vec![objects, format!("serial {}", state.serial)];
    if !state.lineage.is_empty() {
        parts.push(format!("lineage {}", short(&state.lineage)));
    }
    paper.line(0, Hue::Bold, &parts.join(" · "));
    for (id, record) in &state.records {
        let interrupted = interrupted(record);
        let sign = if interrupted.is_some() { "!" } else { " " };
        let note = interrupted.unwrap_or_default();
        let name = visible(&id.to_string());
        paper.two_sided(0, (Hue::Yellow, sign, &name), (Hue::Yellow, &note));
    }
    paper.finish()
}

/// Every secret: its address, where it comes from, and what is known of its value.
pub fn secret_list(rows: &[[String; 3]], style: Style) -> String {
    let mut paper = Paper::new(style);
    let widest = |column: usize| rows.iter().map(|row| width(&visible(&row[column]))).max();
    let (first, second) = (widest(0).unwrap_or(0), widest(1).unwrap_or(0));
    for row in rows {
        let [address, source, value] = row.each_ref().map(|text| visible(text));
        let pad = |text: &str, columns: usize| " ".repeat(columns.saturating_sub(width(text)));
        let (one, two) = (pad(&address, first), pad(&source, second));
        paper.line(0, Hue::Plain, format!("{address}{one}  {source}{two}  {value}").trim_end());
    }
    paper.finish()
}

/// Everything that is known of one object.
pub fn state_show(id: &ObjectId, record: &Record, style: Style) -> String {
    let mut paper = Paper::new(style);
    paper.line(0, Hue::Bold, &visible(&id.to_string()));
    paper.line(2, Hue::Dim, &format!("uid {}", visible(&record.uid)));
    if let Some(interrupted) = interrupted(record) {
        paper.line(2, Hue::Yellow, &format!("! {interrupted}"));
    }
    let fields = crate::kinds::find(id.address.kind()).map(|kind| &kind.schema().fields[..]);
    let fields = fields.unwrap_or_default();
    if let Value::Object(spec) = &record.intent.spec {
        let row = |(name, field): (&str, &Value)| {
            let ty = value::type_at(fields, name);
            (value::path(name), field.clone(), value::text(field, ty, WHOLE))
        };
        table(&mut paper, "fields", spec.iter().map(row).collect());
    }
    let fact = |(name, fact): (&String, &Value)| {
        (visible(name), fact.clone(), value::text(fact, None, WHOLE))
    };
    table(&mut paper, "facts", record.facts.iter().map(fact).collect());
    lifecycle(&mut paper, record);
    paper.finish()
}

fn interrupted(record: &Record) -> Option<String> {
    let verbs: Vec<&str> = record.begun.iter().map(|(verb, _)| verb.word()).collect();
    let began = || format!("interrupted: {} began and was not heard to end", verbs.join(", "));
    (!verbs.is_empty()).then(began)
}

/// Names and values in two columns; texts of several lines stand below their name.
fn table(paper: &mut Paper, heading: &str, rows: Vec<(String, Value, String)>) {
    if rows.is_empty() {
        return;
    }
    paper.line(2, Hue::Bold, heading);
    let widest = rows.iter().map(|(name, ..)| width(name)).max().unwrap_or(0).min(34);
    for (name, whole, text) in rows {
        let lines = value::characters(&whole).filter(|text| text.contains('\n'));
        paper.blanks(4);
        match lines {
            Some(lines) => {
                paper.put(Hue::Plain, &name);
                paper.end();
                for line in lines.lines() {
                    let line = crate::legible::visible_line(line);
                    paper.line(6, Hue::Plain, &format!("| {line}"));
                }
            }
            None => {
                paper.put_padded(Hue::Plain, &name, widest);
                paper.blanks(3);
                paper.put(Hue::Plain, &text);
                paper.end();
            }
        }
    }
}

fn lifecycle(paper: &mut Paper, record: &Record) {
    let lifecycle = &record.intent.lifecycle;
    let destroy = match lifecycle.on_destroy {
        OnDestroy::Delete => None,
        OnDestroy::Backup => Some("it is backed up before it is destroyed"),
        OnDestroy::Stop => Some("it is stopped, not destroyed"),
        OnDestroy::Keep => Some("it is kept, not destroyed"),
    };
    let protect = lifecycle.protect.then_some("it is never destroyed");
    for text in [protect, destroy].into_iter().flatten() {
        paper.line(2, Hue::Cyan, text);
    }
    let after: Vec<String> =
        record.intent.after.iter().map(|one| visible(one.address().as_str())).collect();
    if !after.is_empty() {
        paper.line(2, Hue::Plain, &format!("after {}", after.join(", ")));
    }
}
