//! Problems of `lifecycle`: what a kind cannot do. P5012.

use crate::problem::Problem;
use crate::source::Span;

/// P5012: an option that would have no effect, or an impossible one.
pub fn refused(at: Span, word: &str, kind: &str, of: Span, why: &str, help: &str) -> Problem {
    Problem::error("P5012", format!("`{word}` cannot be kept for a `{kind}`"))
        .at(at, why)
        .at(of, "of this resource")
        .help(help)
}

/// P2001: something else where a list belongs.
pub fn list_expected(at: Span, field: &str, noun: &str) -> Problem {
    Problem::error("P2001", format!("`{field}` takes a list"))
        .at(at, format!("this is {noun}"))
        .help(format!("write `{field} = […]`"))
}

/// P2001: something else where a duration of at least a second belongs.
pub fn duration_expected(at: Span, field: &str, noun: &str) -> Problem {
    Problem::error("P2001", format!("`{field}` takes a duration of at least a second"))
        .at(at, format!("this is {noun}"))
        .help(format!("write `{field} = 10m`"))
}
