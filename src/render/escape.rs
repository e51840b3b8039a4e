//! Makes text of strangers harmless: for terminals, Markdown and DOT.

/// Characters that steer a terminal or turn text around become visible, as `\u{1b}`.
///
/// What comes back has no line break, so a value cannot add a line of its own.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_visible(&mut out, c));
    out
}

/// The same for one line of a file, in which tabs are ordinary.
pub fn visible_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => out.push_str("    "),
            _ => push_visible(&mut out, c),
        }
    }
    out
}

/// Adds one character as [`visible`] shows it.
pub fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if steers(c) => push_code(out, c),
        _ => out.push(c),
    }
}

/// Adds `\u{…}`.
pub fn push_code(out: &mut String, c: char) {
    use std::fmt::Write as _;
    write!(out, "\\u{{{:x}}}", u32::from(c)).expect("writing to a string does not fail");
}

/// Controls, directions, and what has no width: nobody would see that it is there.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The same text in ASCII: our own signs have a spelling, all else is shown by its number.
pub fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '→' => out.push_str("->"),
            '·' | '─' | '−' | '—' => out.push('-'),
            '≈' => out.push('~'),
            '«' | '‹' => out.push('<'),
            '»' | '›' => out.push('>'),
            '…' => out.push_str("..."),
            '±' => out.push_str("-/+"),
            '⇣' => out.push_str("<="),
            '⇡' => out.push_str("=>"),
            _ if c.is_ascii() => out.push(c),
            _ => push_code(&mut out, c),
        }
    }
    out
}

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.chars().count(),
    }
}

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
