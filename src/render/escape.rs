//! Makes text of strangers harmless for Markdown, HTML and DOT, and long text short.

use crate::legible::visible;

/// At most `length_max` characters; the last one says that there was more.
pub fn cut(text: &str, length_max: usize) -> String {
    match text.char_indices().nth(length_max) {
        Some(_) => text.chars().take(length_max.saturating_sub(1)).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// `9990` as `9,990`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Text between HTML tags.
pub fn html(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A code span for a cell of a Markdown table; whatever is in it, it ends where it should.
pub fn code(text: &str) -> String {
    let text = visible(text).replace('|', "\\|");
    let fence = "`".repeat(longest_ticks(&text) + 1);
    match text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty() {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// A sentence of ours with the user's words in backticks, for Markdown.
pub fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain_prose(text);
    }
    let part = |(index, part): (usize, &&str)| match index % 2 {
        0 => plain_prose(part),
        _ => code(part),
    };
    parts.iter().enumerate().map(part).collect()
}

fn plain_prose(text: &str) -> String {
    let mut out = String::new();
    for c in html(text).chars() {
        if matches!(c, '`' | '*' | '_' | '[' | ']' | '|' | '!' | '#' | '~' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    // A name behind an `@` would be told about it.
    out.replace('@', "&#64;")
}

/// A fence that no line of `text` can close.
pub fn fence(text: &str) -> String {
    "`".repeat(longest_ticks(text).max(2) + 1)
}

fn longest_ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A quoted string of the DOT language.
pub fn dot(text: &str) -> String {
    format!("\"{}\"", visible(text).replace('\\', "\\\\").replace('"', "\\\""))
}
