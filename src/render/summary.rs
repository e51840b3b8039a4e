//! What an apply did, what failed, what it left, and how to go on.

use crate::legible::{visible, visible_line};
use crate::model::ObjectId;
use crate::plan::Pending;
use crate::problem::Style;
use crate::render::drift;
use crate::render::paint::{Hue, Paper};
use crate::render::words::{count, time};
use crate::state::Verb;

/// What came of an apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What was done, and how many milliseconds it took.
    pub done: Vec<(ObjectId, Verb, u64)>,
    /// What failed, the message, and whether it may have happened all the same.
    pub failed: Vec<(ObjectId, Verb, String, bool)>,
    /// What was not tried, and the object because of which.
    pub skipped: Vec<(ObjectId, ObjectId)>,
    /// Guests that have to start again before everything holds that was done.
    pub pending: Vec<Pending>,
    /// How many changes were not begun when the apply was interrupted.
    pub left: usize,
    /// The command that does the rest.
    pub resume: String,
}

/// The end of an apply, for a terminal.
pub fn outcome(summary: &Summary, style: Style) -> String {
    let mut paper = Paper::new(style);
    done(&mut paper, summary);
    failed(&mut paper, summary);
    skipped(&mut paper, summary);
    summary.pending.iter().for_each(|one| drift::waits(&mut paper, one));
    let hue = if summary.failed.is_empty() { Hue::Bold } else { Hue::Red };
    paper.line(0, hue, &verdict(summary));
    let rest = !summary.failed.is_empty() || !summary.skipped.is_empty() || summary.left > 0;
    if rest && !summary.resume.is_empty() {
        paper.line(0, Hue::Plain, &format!("To go on: {}", visible(&summary.resume)));
    }
    paper.finish()
}

/// More successes than this are only counted.
const DONE_MAX: usize = 200;

fn done(paper: &mut Paper, summary: &Summary) {
    let shown = summary.done.len().min(DONE_MAX);
    for (id, verb, took_ms) in &summary.done[..shown] {
        let (hue, sign) = mark(*verb);
        let name = visible(id.address.as_str());
        let text = format!("{} · {}", past(*verb), time(*took_ms));
        paper.two_sided(2, (hue, sign, &name), (Hue::Dim, &text));
    }
    let left_out = summary.done.len() - shown;
    if left_out > 0 {
        paper.line(2, Hue::Dim, &format!("… and {} more", count(left_out, "change")));
    }
}

fn failed(paper: &mut Paper, summary: &Summary) {
    for (id, verb, message, unknown) in &summary.failed {
        let name = visible(id.address.as_str());
        let what = match unknown {
            true => format!("{} failed · it may have happened", verb.word()),
            false => format!("{} failed · nothing happened", verb.word()),
        };
        paper.two_sided(2, (Hue::Red, "!", &name), (Hue::Red, &what));
        let inner = paper.sign_width() + 5;
        for line in message.lines() {
            paper.line(inner, Hue::Plain, &visible_line(line));
        }
    }
}

fn skipped(paper: &mut Paper, summary: &Summary) {
    for (id, because) in &summary.skipped {
        let name = visible(id.address.as_str());
        let text = format!("skipped because of {}", visible(because.address.as_str()));
        paper.two_sided(2, (Hue::Dim, "·", &name), (Hue::Yellow, &text));
    }
}

fn verdict(summary: &Summary) -> String {
    let parts = [
        (summary.done.len(), "done"),
        (summary.failed.len(), "failed"),
        (summary.skipped.len(), "skipped"),
        (summary.left, "not begun"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
    match parts.is_empty() {
        true => "Apply: nothing to do.".to_owned(),
        false => format!("Apply: {}.", parts.join(", ")),
    }
}

fn past(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "created",
        Verb::Update => "updated",
        Verb::Delete => "destroyed",
        Verb::Forget => "forgotten",
    }
}

fn mark(verb: Verb) -> (Hue, &'static str) {
    match verb {
        Verb::Create => (Hue::Green, "+"),
        Verb::Update => (Hue::Yellow, "~"),
        Verb::Delete => (Hue::Red, "-"),
        Verb::Forget => (Hue::Cyan, "⇡"),
    }
}
