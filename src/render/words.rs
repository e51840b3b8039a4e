//! Reasons, impacts and quantities in words; every renderer says the same ones.

use crate::legible::visible;
use crate::model::{InnerAction, InnerChange, Size};
use crate::plan::{Impact, Inside, Level, Reason, What};
use crate::render::entry::{Action, Entry};
use crate::render::escape::{cut, thousands};
use crate::render::value;
use crate::schema::Class;

/// Why, in as few words as are clear: `edited main.paas:12`.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Edited { at } => format!("edited {}", visible(at)),
        Reason::Chosen => "chosen".to_owned(),
        Reason::Removed => "removed from the manifest".to_owned(),
        Reason::Asked => "destroyed on request".to_owned(),
        Reason::Upstream { address } => format!("upstream {}", visible(address.as_str())),
        Reason::Template { from, to, .. } => format!("template {} → {}", short(from), short(to)),
        Reason::Rotation { .. } => "rotated since the last apply".to_owned(),
        Reason::Due { .. } => "due for rotation".to_owned(),
        Reason::Drift => "drift".to_owned(),
        Reason::Gone => "gone".to_owned(),
        Reason::Default => "default".to_owned(),
        Reason::Interrupted => "interrupted".to_owned(),
        Reason::Found => "found".to_owned(),
        Reason::Adopted { id } => format!("adopted {}", visible(id)),
        Reason::Moved { from } => format!("was {}", visible(from.as_str())),
        Reason::Forgotten => "forgotten by the manifest".to_owned(),
    }
}

/// The first characters of a digest: enough to tell two apart.
pub fn short(digest: &str) -> String {
    let digits = digest.rsplit_once(':').map_or(digest, |(_, digits)| digits);
    visible(&digits.chars().take(8).collect::<String>())
}

/// `medium`, or `CRITICAL`, which nobody may overlook.
pub fn level(level: Level) -> &'static str {
    match level {
        Level::None => "none",
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
        Level::Critical => "CRITICAL",
    }
}

/// What happens to a running thing.
pub fn what(what: What) -> &'static str {
    match what {
        What::None => "",
        What::Reload => "reload",
        What::Restart => "restart",
        What::Redeploy => "redeploy",
        What::Replace => "replace",
        What::Remove => "remove",
        What::DataLoss => "DATA",
    }
}

/// `medium · redeploy ≈ 9 s`
pub fn impact(impact: &Impact) -> String {
    let mut out = level(impact.level).to_owned();
    let what = what(impact.what);
    if !what.is_empty() {
        out.push_str(" · ");
        out.push_str(what);
    }
    if let Some(millis) = impact.downtime_ms.filter(|_| impact.what != What::None) {
        let down = matches!(impact.what, What::Replace | What::Remove | What::DataLoss);
        out.push_str(if down { " · down ≈ " } else { " ≈ " });
        out.push_str(&time(millis));
    }
    out
}

/// A length of time as one would say it.
pub fn time(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..90_000 => format!("{} s", (millis + 500) / 1_000),
        90_000..5_400_000 => format!("{} min", (millis + 30_000) / 60_000),
        _ => format!("{} h", (millis + 1_800_000) / 3_600_000),
    }
}

/// Bytes as GiB with at most two decimals: `66`, `0.25`.
pub fn gib(bytes: u64) -> String {
    let hundredths = (u128::from(bytes) * 100 + (1 << 29)) >> 30;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Why an object cannot stay: the fields that force it, else what happened around it.
pub fn forced(entry: &Entry<'_>) -> String {
    let forcing: Vec<String> = entry
        .leaves
        .iter()
        .filter(|leaf| leaf.class == Class::Replace)
        .map(|leaf| format!("`{}`", value::path(&leaf.path)))
        .collect();
    match forcing.as_slice() {
        [] => match &entry.change.because {
            Reason::Upstream { address } => {
                format!("forces replacement because {} is replaced", visible(address.as_str()))
            }
            other => format!("forces replacement because of this: {}", reason(other)),
        },
        [one] => format!("forces replacement because {one} cannot change in place"),
        many => {
            format!("forces replacement because {} cannot change in place", many.join(" and "))
        }
    }
}

/// What is lost, spelled out; nothing when nothing is.
pub fn loss(entry: &Entry<'_>) -> Option<String> {
    if entry.impact.what != What::DataLoss {
        return None;
    }
    let lost = entry.old.unwrap_or(entry.change);
    let size = ["disk", "size"].iter().find_map(|field| lost.intent.spec.get(field)?.as_u64());
    let size = size.map(|bytes| format!("{} of ", Size(bytes))).unwrap_or_default();
    let address = visible(lost.id.address.as_str());
    Some(format!("{size}data of {address} is erased, and nothing else holds it"))
}

/// What happens to the object that goes, when that is not plain destruction.
pub fn farewell(entry: &Entry<'_>) -> Option<&'static str> {
    use crate::lower::OnDestroy;
    let goes = match entry.action {
        Action::Replace => entry.old?,
        Action::Destroy | Action::Forget => entry.change,
        Action::Create | Action::Update | Action::Adopt | Action::Move => return None,
    };
    if goes.because == Reason::Forgotten {
        return Some("it stays as it is and is no longer looked after");
    }
    match goes.intent.lifecycle.on_destroy {
        OnDestroy::Delete => None,
        OnDestroy::Backup => Some("it is backed up first"),
        OnDestroy::Stop => Some("it is stopped and no longer looked after"),
        OnDestroy::Keep => Some("it stays as it is and is no longer looked after"),
    }
}

/// What a resource that changes otherwise too was called before.
pub fn renamed(entry: &Entry<'_>) -> Option<String> {
    let from = entry.change.moved_from.as_ref();
    let from = from.filter(|_| entry.action != Action::Move)?;
    Some(format!("it was {} and stays the same object", visible(from.as_str())))
}

/// The public names that do not answer; nothing when all do.
pub fn names_down(entry: &Entry<'_>) -> Option<String> {
    const SHOWN_MAX: usize = 10;
    let names = &entry.impact.names;
    let shown = names.iter().take(SHOWN_MAX).map(|name| visible(name));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN_MAX {
        text.push_str(&format!(" and {} more", thousands(names.len() - SHOWN_MAX)));
    }
    match (names.is_empty(), entry.action) {
        (true, _) => None,
        (false, Action::Destroy | Action::Replace) => Some(format!("takes down: {text}")),
        (
            false,
            Action::Create | Action::Update | Action::Adopt | Action::Forget | Action::Move,
        ) => Some(format!("down meanwhile: {text}")),
    }
}

/// `1 change`, `2 changes`.
pub fn count(number: usize, noun: &str) -> String {
    let number_text = thousands(number);
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number_text} {noun}s"),
    }
}

/// The names of the fields that differ; a new resource is different in all, so none is named.
pub fn fields(entry: &Entry<'_>) -> String {
    const SHOWN_MAX: usize = 3;
    const LENGTH_MAX: usize = 40;
    if matches!(entry.action, Action::Create | Action::Destroy | Action::Forget) {
        return String::new();
    }
    let paths = entry.leaves.iter().map(|leaf| value::path(&leaf.path));
    let mut text = paths.take(SHOWN_MAX).collect::<Vec<_>>().join(", ");
    if entry.leaves.len() > SHOWN_MAX {
        text.push_str(&format!(" and {} more", entry.leaves.len() - SHOWN_MAX));
    }
    cut(&text, LENGTH_MAX)
}

/// What Terraform does inside of a change: `Terraform: 2 to create, 1 to destroy`.
pub fn inside(inside: &Inside) -> String {
    if let Some(why) = &inside.later {
        return format!("Terraform plans when this is applied: {}", visible(why));
    }
    let all = [
        InnerAction::Create,
        InnerAction::Update,
        InnerAction::Replace,
        InnerAction::Delete,
        InnerAction::Forget,
        InnerAction::Read,
    ];
    let count = |action| inside.changes.iter().filter(|it| it.action == action).count();
    let parts = all.into_iter().map(|action| (count(action), action));
    let parts = parts.filter(|(count, _)| *count > 0);
    let parts = parts.map(|(count, action)| format!("{} to {}", thousands(count), action.word()));
    match parts.collect::<Vec<_>>() {
        none if none.is_empty() => "Terraform: nothing to change".to_owned(),
        some => format!("Terraform: {}", some.join(", ")),
    }
}

/// One change of Terraform: the sign, the name, and what differs.
pub fn inner(change: &InnerChange) -> String {
    let fields = match change.fields.is_empty() {
        true => String::new(),
        false => format!("  {}", change.fields.join(", ")),
    };
    visible(&format!("{} {}{fields}", change.action.sign(), change.address))
}
