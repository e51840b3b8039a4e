//! The difference between two long texts, line by line.

use similar::{ChangeTag, TextDiff};

use crate::legible::visible_line;
use crate::render::escape::thousands;

/// More lines than this are counted, not compared: nobody would read the result.
const LINES_MAX: usize = 20_000;

/// What one line of a difference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Which text it is, or where in it.
    Head,
    /// On both sides.
    Same,
    /// Only in the old text.
    Removed,
    /// Only in the new text.
    Added,
}

/// One line, ready to be shown: its first character says the same as its mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub mark: Mark,
    /// The line, harmless to a terminal.
    pub text: String,
}

/// A unified difference with three lines around each change.
pub fn unified(name: &str, before: &str, after: &str) -> Vec<Line> {
    let head = |text: String| Line { mark: Mark::Head, text };
    let mut lines = vec![head(format!("--- {name}")), head(format!("+++ {name}"))];
    let counts = (before.lines().count(), after.lines().count());
    if counts.0 + counts.1 > LINES_MAX {
        let (old, new) = (thousands(counts.0), thousands(counts.1));
        lines.push(head(format!("{old} lines → {new} lines: too long to compare here")));
        return lines;
    }
    let one_ends = before.ends_with('\n') != after.ends_with('\n');
    let difference = TextDiff::from_lines(before, after);
    for hunk in difference.unified_diff().context_radius(3).iter_hunks() {
        lines.push(head(hunk.header().to_string()));
        for change in hunk.iter_changes() {
            let (mark, sign) = match change.tag() {
                ChangeTag::Equal => (Mark::Same, ' '),
                ChangeTag::Delete => (Mark::Removed, '-'),
                ChangeTag::Insert => (Mark::Added, '+'),
            };
            let line = change.value();
            let line = visible_line(line.strip_suffix('\n').unwrap_or(line));
            lines.push(Line { mark, text: format!("{sign} {line}").trim_end().to_owned() });
            if one_ends && change.missing_newline() {
                lines.push(head("\\ no newline at the end".to_owned()));
            }
        }
    }
    lines
}
