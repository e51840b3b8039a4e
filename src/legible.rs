//! Text of strangers as a terminal may show it, and how many columns it takes there.

use unicode_width::UnicodeWidthStr as _;

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
        false => text.width(),
    }
}
