//! One value that differs, as a row: where, what, why.

use crate::model::{Address, Value};
use crate::plan::Leaf;
use crate::render::{Context, Density, difference, value, words};
use crate::schema::{Field, Type};

/// A leaf in words.
pub struct Row {
    /// Where in the spec: `compose.env.TOKEN`.
    pub path: String,
    /// `false → true`
    pub what: What,
    /// `edited main.paas:12`
    pub why: String,
}

/// How a difference is told.
pub enum What {
    /// On the row itself.
    Line(String),
    /// Below it, line by line.
    Lines(Vec<difference::Line>),
}

/// The fields of the kind of a resource.
pub fn fields(address: &Address, context: &Context) -> &'static [Field] {
    (context.schema)(address.kind()).map_or(&[], |schema| &schema.fields)
}

/// The leaf as a row.
pub fn row(leaf: &Leaf, address: &Address, context: &Context) -> Row {
    let ty = value::type_at(fields(address, context), &leaf.path);
    let path = value::path(&leaf.path);
    let what = match texts(leaf) {
        Some((before, after)) if leaf.before.is_some() || context.density == Density::Full => {
            What::Lines(difference::unified(&path, &before, &after))
        }
        _ => What::Line(line(leaf, ty, context.density)),
    };
    Row { path, what, why: words::reason(&leaf.because) }
}

/// Both sides, when one of them has several lines and none is something else than text.
fn texts(leaf: &Leaf) -> Option<(String, String)> {
    let side = |value: &Option<Value>| match value {
        Some(Value::Null) | None => Some(String::new()),
        Some(value) => value::characters(value),
    };
    let (before, after) = (side(&leaf.before)?, side(&leaf.after)?);
    let long = |text: &str| text.trim_end_matches('\n').contains('\n');
    ((long(&before) || long(&after)) && before != after).then_some((before, after))
}

/// A difference by itself: `net0: before → after`.
pub fn alone(leaf: &Leaf) -> String {
    format!("`{}`: {}", leaf.path, line(leaf, None, Density::Normal))
}

/// `before → after`, or the one there is.
pub fn line(leaf: &Leaf, ty: Option<&Type>, density: Density) -> String {
    let length_max = length_max(density);
    match (&leaf.before, &leaf.after) {
        (None, None) => "changed".to_owned(),
        (None, Some(after)) => one(after, ty, length_max),
        (Some(before), None) => format!("{} → absent", one(before, ty, length_max)),
        (Some(before), Some(after)) => two(before, after, ty, length_max),
    }
}

fn one(value: &Value, ty: Option<&Type>, length_max: usize) -> String {
    let lines = value::characters(value).map_or(0, |text| text.lines().count());
    match lines {
        0 | 1 => value::text(value, ty, length_max),
        _ => words::count(lines, "line"),
    }
}

fn two(before: &Value, after: &Value, ty: Option<&Type>, length_max: usize) -> String {
    let (old, new) = (one(before, ty, length_max), one(after, ty, length_max));
    if old != new {
        return format!("{old} → {new}");
    }
    let whole = usize::MAX / 2;
    let (old_whole, new_whole) = (value::text(before, ty, whole), value::text(after, ty, whole));
    match () {
        () if old_whole != new_whole => tails(&old_whole, &new_whole),
        () if value::has_secret(after) => format!("{new} changed"),
        () if after.get("$ref").is_some() => format!("{new} replaced"),
        () => format!("{new} changed"),
    }
}

/// Two long values that begin alike, from shortly before where they part.
fn tails(before: &str, after: &str) -> String {
    let same = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let tail = |text: &str| {
        let tail: String = text.chars().skip(same.saturating_sub(12)).collect();
        format!("…{}", crate::render::escape::cut(&tail, value::LENGTH_MAX / 2))
    };
    format!("{} → {}", tail(before), tail(after))
}

/// How much of a value is shown.
pub fn length_max(density: Density) -> usize {
    match density {
        Density::Summary | Density::Normal => value::LENGTH_MAX,
        Density::Full => usize::MAX / 2,
    }
}
