//! Problems of the text itself: delimiters, tokens, other languages' habits. P01xx.

use crate::problem::Problem;
use crate::source::Span;

/// A line that is no item.
pub fn not_an_item(span: Span) -> Problem {
    Problem::error("P0102", "this is not an item")
        .at(span, "expected `name = value`, or a block like `container web { … }`")
}
