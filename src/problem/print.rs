//! Problems as text, through miette.

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic};
use miette::{Report, Severity};

use crate::problem::excerpt::Excerpt;
use crate::problem::{Level, Problem};
use crate::source::Sources;

/// How many problems are printed before the rest is only counted.
const SHOWN_MAX: usize = 20;

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
    let theme = match (style.colour, style.unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::ascii(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width);
    let mut out = String::new();
    for problem in problems.iter().take(SHOWN_MAX) {
        let report = report(problem, sources);
        // Writing to a string does not fail, and a frame that miette cannot draw is still told.
        if handler.render_report(&mut out, report.as_ref()).is_err() {
            out.push_str(&problem.message);
        }
        out.push('\n');
    }
    if problems.len() > SHOWN_MAX {
        out.push_str(&format!("… and {} more\n", problems.len() - SHOWN_MAX));
    }
    out
}

fn report(problem: &Problem, sources: &Sources) -> Report {
    let file = problem.labels.first().map(|label| label.span.file);
    let mut diagnostic = MietteDiagnostic::new(&problem.message).with_code(problem.code);
    diagnostic = diagnostic.with_severity(match problem.level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
    });
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        problem.labels.iter().partition(|label| Some(label.span.file) == file);
    let excerpt = file.map(|file| {
        let (source, places) = (sources.file(file), here.iter().map(|label| label.span.range()));
        Excerpt::new(&source.name, &source.text, &places.collect::<Vec<_>>())
    });
    let places = excerpt.iter().flat_map(|excerpt| excerpt.places.iter().cloned());
    diagnostic = diagnostic.with_labels(here.iter().zip(places).enumerate().map(
        |(index, (label, place))| {
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            match index {
                0 => LabeledSpan::new_primary_with_span(text, place),
                _ => LabeledSpan::new_with_span(text, place),
            }
        },
    ));
    let helps = problem.helps.iter().cloned();
    let notes = problem.notes.iter().map(|note| format!("note: {note}"));
    let others = elsewhere
        .iter()
        .map(|label| format!("note: see {}: {}", sources.line_of(label.span), label.text));
    let advice: Vec<String> = helps.chain(others).chain(notes).collect();
    if !advice.is_empty() {
        diagnostic = diagnostic.with_help(advice.join("\n"));
    }
    let report = Report::new(diagnostic);
    match excerpt {
        Some(excerpt) => report.with_source_code(excerpt),
        None => report,
    }
}
