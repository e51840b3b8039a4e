//! Lints that somebody allows: `# paas: allow L0601` on the line above silences one.

use crate::problem::Problem;
use crate::source::{Sources, Span};

/// What begins the comment.
const MARK: &str = "# paas: allow ";

/// The problems without the lints that a comment above one of their places allows.
///
/// Only lints can be allowed, and only by their code: an error stays one.
pub fn without_allowed(problems: Vec<Problem>, sources: &Sources) -> Vec<Problem> {
    let allowed = |problem: &Problem| {
        problem.code.starts_with('L')
            && problem.labels.iter().any(|label| is_allowed(problem.code, label.span, sources))
    };
    problems.into_iter().filter(|problem| !allowed(problem)).collect()
}

fn is_allowed(code: &str, at: Span, sources: &Sources) -> bool {
    let text = sources.text(Span { start: 0, end: at.start, ..at });
    let Some((before, _)) = text.rsplit_once('\n') else { return false };
    let above = before.rsplit('\n').next().unwrap_or_default().trim();
    let codes = above.strip_prefix(MARK).unwrap_or_default();
    codes.split([',', ' ']).any(|it| it.eq_ignore_ascii_case(code))
}
