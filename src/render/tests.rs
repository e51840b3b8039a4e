//! What tests came to: as text, as JSON and as the XML that CI services read.

use std::fmt::Write as _;

use serde_json::json;

use crate::legible::visible;
use crate::problem::{self, Problem, Style, json};
use crate::source::{Sources, Span};

/// Name and version; the number before the dot changes when a field changes its meaning or goes.
const FORMAT: &str = "paas.test/1.0";

/// One test that was run.
#[derive(Clone, Debug)]
pub struct Tested {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// What is wrong; nothing if it passed.
    pub problems: Vec<Problem>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl Tested {
    /// Whether everything was as expected.
    pub fn passed(&self) -> bool {
        self.problems.is_empty()
    }

    /// One line about it.
    pub fn line(&self) -> String {
        let word = if self.passed() { "passed" } else { "failed" };
        format!("{word}  {}\n", visible(&self.name))
    }
}

/// The last line, for people.
pub fn tests_summary(all: &[Tested]) -> String {
    let failed = failed(all);
    let tests = if all.len() == 1 { "test" } else { "tests" };
    match (all.len(), failed) {
        (0, _) => "no tests\n".to_owned(),
        (count, 0) => format!("{count} {tests} passed\n"),
        (count, failed) => format!("{failed} of {count} {tests} failed\n"),
    }
}

/// Everything for programs; docs/testing.md describes it.
pub fn tests_json(all: &[Tested], sources: &Sources) -> String {
    let one = |test: &Tested| {
        let verdict = if test.passed() { "passed" } else { "failed" };
        json!({
            "name": test.name,
            "file": sources.file(test.span.file).name,
            "line": sources.place(test.span).line,
            "verdict": verdict,
            "took_ms": test.took_ms,
            "problems": json::values(&test.problems, sources),
        })
    };
    let document = json!({
        "format": FORMAT,
        "passed": all.len() - failed(all),
        "failed": failed(all),
        "tests": all.iter().map(one).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// Everything as JUnit writes it.
pub fn tests_junit(all: &[Tested], project: &str, sources: &Sources) -> String {
    let seconds = |millis: u64| format!("{}.{:03}", millis / 1000, millis % 1000);
    let whole = seconds(all.iter().map(|test| test.took_ms).sum());
    let counts = format!("tests=\"{}\" failures=\"{}\" errors=\"0\"", all.len(), failed(all));
    let project = escaped(project);
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let style = Style { colour: false, unicode: true, width: 100 };
    let mut put = |line: String| writeln!(out, "{line}").expect("a string can grow");
    put(format!("<testsuites {counts} time=\"{whole}\">"));
    put(format!("  <testsuite name=\"{project}\" {counts} time=\"{whole}\">"));
    for test in all {
        let file = escaped(&sources.file(test.span.file).name);
        let (name, line) = (escaped(&test.name), sources.place(test.span).line);
        let time = seconds(test.took_ms);
        let start = format!(
            "    <testcase name=\"{name}\" classname=\"{project}\" file=\"{file}\" \
             line=\"{line}\" time=\"{time}\""
        );
        let Some(first) = test.problems.first() else {
            put(format!("{start}/>"));
            continue;
        };
        put(format!("{start}>"));
        let (message, code) = (escaped(&first.message), first.code);
        let text = escaped(&problem::print(&test.problems, sources, style));
        put(format!("      <failure type=\"{code}\" message=\"{message}\">{text}</failure>"));
        put("    </testcase>".to_owned());
    }
    put("  </testsuite>".to_owned());
    put("</testsuites>".to_owned());
    out
}

fn failed(all: &[Tested]) -> usize {
    all.iter().filter(|test| !test.passed()).count()
}

/// Text as XML holds it; characters that it cannot hold are marked.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
