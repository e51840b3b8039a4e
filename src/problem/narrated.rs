//! Problems in sentences, for screen readers and braille displays: miette's narration of them.

use std::error::Error;
use std::fmt;

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, NarratableReportHandler, Severity,
    SourceCode, SourceSpan, SpanContents,
};

use crate::legible::visible_line;
use crate::problem::{Label, Level, Problem};
use crate::source::{FileId, Source, Sources};

/// Every problem in sentences: no drawing, no colour, each place by its line and columns.
pub fn narrated(problems: &[Problem], sources: &Sources) -> String {
    let handler = NarratableReportHandler::new();
    let one = |problem: &Problem| {
        let mut text = String::new();
        handler
            .render_report(&mut text, &Report::of(problem, sources))
            .expect("labels are inside their files, and a string takes every character");
        // What a manifest holds must not steer the terminal.
        text.lines().map(|line| format!("{}\n", visible_line(line))).collect::<String>()
    };
    problems.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A problem, or those of its places that are in one further file.
#[derive(Debug)]
struct Report<'a> {
    problem: &'a Problem,
    labels: Vec<&'a Label>,
    text: Option<Text<'a>>,
    /// Further files; miette has one text a report.
    elsewhere: Vec<Report<'a>>,
    is_elsewhere: bool,
}

impl<'a> Report<'a> {
    fn of(problem: &'a Problem, sources: &'a Sources) -> Report<'a> {
        let mut files: Vec<FileId> = Vec::new();
        for label in &problem.labels {
            if !files.contains(&label.span.file) {
                files.push(label.span.file);
            }
        }
        let part = |file: &FileId, is_elsewhere| {
            let labels = problem.labels.iter().filter(|label| label.span.file == *file).collect();
            let text = Some(Text(sources.file(*file)));
            Report { problem, labels, text, elsewhere: Vec::new(), is_elsewhere }
        };
        let Some((first, rest)) = files.split_first() else {
            let (labels, elsewhere) = (Vec::new(), Vec::new());
            return Report { problem, labels, text: None, elsewhere, is_elsewhere: false };
        };
        let elsewhere = rest.iter().map(|file| part(file, true)).collect();
        Report { elsewhere, ..part(first, false) }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_elsewhere {
            true => f.write_str("a place in another file belongs to this problem"),
            false => f.write_str(&self.problem.message),
        }
    }
}

impl Error for Report<'_> {}

impl Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.is_elsewhere).then(|| Box::new(self.problem.code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.problem.level {
            _ if self.is_elsewhere => Severity::Advice,
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let titles = self.problem.fixes.iter().map(|fix| &fix.title);
        let advice = self.problem.helps.iter().chain(titles).chain(&self.problem.notes);
        let advice: Vec<&str> = advice.map(String::as_str).collect();
        let has_advice = !self.is_elsewhere && !advice.is_empty();
        has_advice.then(|| Box::new(advice.join("\n")) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.labels.iter().map(|label| {
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            LabeledSpan::new_with_span(text, label.span.range())
        });
        Some(Box::new(labels))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.text.as_ref().map(|text| text as &dyn SourceCode)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let elsewhere = self.elsewhere.iter().map(|report| report as &dyn Diagnostic);
        (!self.elsewhere.is_empty()).then(|| Box::new(elsewhere) as Box<dyn Iterator<Item = _>>)
    }
}

/// A file whose parts miette asks for by their bytes.
#[derive(Debug)]
struct Text<'a>(&'a Source);

impl SourceCode for Text<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let part = self.0.text.as_bytes().read_span(span, lines_before, lines_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.0.name.clone(),
            part.data(),
            *part.span(),
            part.line(),
            part.column(),
            part.line_count(),
        )))
    }
}
