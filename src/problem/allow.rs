//! `# paas: allow L0107` on the line above: somebody knows, and does not want to hear it again.

use crate::problem::Problem;
use crate::source::{Sources, Span};

/// The problems without the lints that a comment above one of their places silences.
///
/// Only lints, whose codes begin with `L`, can be silenced: everything else is in the way of
/// something.
pub fn without_allowed(problems: Vec<Problem>, sources: &Sources) -> Vec<Problem> {
    let silenced = |problem: &Problem| {
        let labels = problem.labels.iter();
        problem.code.starts_with('L')
            && labels.map(|label| label.span).any(|span| is_allowed(problem.code, span, sources))
    };
    problems.into_iter().filter(|problem| !silenced(problem)).collect()
}

/// Whether one of the comments directly above the line of a place names the code.
fn is_allowed(code: &str, span: Span, sources: &Sources) -> bool {
    let above = (1..sources.place(span).line).rev();
    let comments = above.map(|number| sources.line(span.file, number).0.trim_start());
    let mut comments = comments.take_while(|line| line.starts_with('#'));
    comments.any(|line| allowed_codes(line).any(|it| it == code))
}

/// The codes that a comment allows: `# paas: allow L0107, L0301`.
pub fn allowed_codes(comment: &str) -> impl Iterator<Item = &str> {
    let text = comment.trim_start_matches('#').trim_start();
    let codes =
        text.strip_prefix("paas:").and_then(|rest| rest.trim_start().strip_prefix("allow "));
    let words = codes.unwrap_or_default().split([',', ' ', '\t']);
    words.map(str::trim).filter(|code| !code.is_empty())
}
