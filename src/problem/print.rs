//! Problems as text for a person: a headline, the places in their lines, what to do.

use crate::problem::frame::{Frame, last_line};
use crate::problem::paint::{Canvas, Hue};
use crate::problem::{Label, Level, Problem, Shown};
use crate::source::Sources;

/// How many problems are printed before the rest is only counted.
const SHOWN_MAX: usize = 20;

/// How many places of one problem are shown.
const PLACES_MAX: usize = 10;

/// How many ways out of one problem are told.
const ADVICE_MAX: usize = 10;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Colours may be used.
    pub colour: bool,
    /// Characters beyond ASCII may be used.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

/// Every problem with its source lines, and a count of what is left out.
pub fn print(problems: &[Problem], sources: &Sources, style: Style) -> String {
    let mut canvas = Canvas::new(style);
    let chosen = chosen(problems);
    for (index, problem) in chosen.iter().enumerate() {
        if index > 0 {
            canvas.end_line();
        }
        one(problem, sources, &mut canvas);
    }
    let left = |level: Level| {
        let count = |all: &mut dyn Iterator<Item = &Problem>| {
            all.filter(|problem| problem.level == level).count()
        };
        count(&mut problems.iter()) - count(&mut chosen.iter().copied())
    };
    let (errors, warnings) = (left(Level::Error), left(Level::Warning));
    let noun = |count: usize, word: &str| {
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} more {word}{plural}"))
    };
    let more: Vec<String> =
        [noun(errors, "error"), noun(warnings, "warning")].into_iter().flatten().collect();
    if !more.is_empty() {
        canvas.end_line();
        canvas.put(Hue::Strong, &format!("… and {}", more.join(" and ")));
        canvas.end_line();
    }
    canvas.out
}

/// The first ones in their order; warnings only where errors leave room.
fn chosen(problems: &[Problem]) -> Vec<&Problem> {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let mut errors_left = errors.min(SHOWN_MAX);
    let mut warnings_left = SHOWN_MAX - errors_left;
    let fits = |problem: &&Problem| {
        let left = if problem.is_error() { &mut errors_left } else { &mut warnings_left };
        let fits = *left > 0;
        *left = left.saturating_sub(1);
        fits
    };
    problems.iter().filter(fits).collect()
}

fn one(problem: &Problem, sources: &Sources, canvas: &mut Canvas) {
    let (word, hue) = match problem.level {
        Level::Error => ("error", Hue::Error),
        Level::Warning => ("warning", Hue::Warning),
    };
    canvas.put(hue, &format!("{word}[{}]", problem.code));
    canvas.put(Hue::Strong, &format!(": {}", problem.message));
    canvas.end_line();
    let labels: Vec<&Label> = problem.labels.iter().take(PLACES_MAX).collect();
    let shown = problem.fixes.iter().filter(|fix| fix.shown == Shown::Lines);
    let lines = labels.iter().map(|label| sources.place(label.span).line);
    let largest = lines.chain(shown.clone().map(|fix| last_line(fix, sources))).max().unwrap_or(0);
    let digits = largest.max(1).to_string().len();
    let mut frame = Frame { canvas, sources, hue, digits };
    frame.places(&labels);
    let plain = problem.fixes.iter().filter(|fix| fix.shown == Shown::Title).map(|fix| &fix.title);
    let helps: Vec<&String> = problem.helps.iter().chain(plain).collect();
    let hidden = problem.labels.len() - labels.len();
    let hidden = (hidden > 0).then(|| match hidden {
        1 => "there is one more place like these".to_owned(),
        count => format!("there are {count} more places like these"),
    });
    if !labels.is_empty() && helps.len() + problem.notes.len() + shown.clone().count() > 0
        || hidden.is_some()
    {
        frame.bar();
        frame.canvas.end_line();
    }
    for help in helps.iter().take(ADVICE_MAX) {
        frame.advice("help", help);
    }
    for note in problem.notes.iter().chain(&hidden) {
        frame.advice("note", note);
    }
    for fix in shown {
        frame.advice("help", &fix.title);
        frame.changed(fix);
    }
}
