//! Where the characters of a string stand in the file, once escapes and holes have been read.

use std::ops::Range;

use crate::source::Span;
use crate::syntax::build_text::{common, indentation};

/// For each byte of a text: where it is written.
#[derive(Clone, Debug)]
pub struct Positions {
    whole: Span,
    /// From this byte of the text on: this byte of the file, or nothing in a hole. Sorted.
    turns: Vec<(usize, Option<u32>)>,
}

/// A literal between two holes while it is read.
#[derive(Default)]
struct Chunk {
    text: String,
    /// From this byte of the chunk on: this byte of the source.
    turns: Vec<(usize, usize)>,
}

impl Positions {
    /// The positions of a `text` whose expression `source` stands at `whole`.
    ///
    /// If the expression is no string, or not this one, everything stands at `whole`.
    pub fn of(source: &str, whole: Span, text: &str) -> Positions {
        let chunks = chunks(source).unwrap_or_default();
        let mut turns = Vec::new();
        let (mut at, last) = (0, chunks.len().saturating_sub(1));
        for (index, chunk) in chunks.iter().enumerate() {
            let rest = &text[at..];
            let found = match index {
                0 => rest.starts_with(&chunk.text).then_some(0),
                _ if index == last => {
                    rest.ends_with(&chunk.text).then(|| rest.len() - chunk.text.len())
                }
                _ => rest.find(&chunk.text),
            };
            let Some(found) = found else { return Positions { whole, turns: Vec::new() } };
            if found > 0 {
                turns.push((at, None));
            }
            let start = at + found;
            turns.extend(chunk.turns.iter().map(|(inside, source)| {
                (start + inside, u32::try_from(*source).ok().map(|it| whole.start + it))
            }));
            at = start + chunk.text.len();
        }
        Positions { whole, turns }
    }

    /// Where a part of the text is written; all of it, if that cannot be told.
    pub fn span(&self, part: Range<usize>) -> Span {
        let place = |byte: usize| {
            let after = self.turns.partition_point(|(start, _)| *start <= byte);
            let (start, source) = self.turns[..after].last()?;
            source.map(|source| source as usize + byte - start)
        };
        let last = part.end.saturating_sub(1).max(part.start);
        match (place(part.start), place(last)) {
            (Some(start), Some(end)) if start <= end => {
                let length = usize::from(part.end > part.start);
                Span::new(self.whole.file, start, end + length)
            }
            (Some(start), _) => Span::new(self.whole.file, start, start),
            (None, _) => self.whole,
        }
    }
}

/// The literals of a string; nothing if the source is no string.
fn chunks(source: &str) -> Option<Vec<Chunk>> {
    let tag = source.len() - source.trim_start_matches(|it: char| it.is_ascii_alphanumeric()).len();
    let quoted = &source[tag..];
    let mark = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|mark| quoted.starts_with(mark))?;
    let inner = quoted[mark.len()..].strip_suffix(mark)?;
    let base = tag + mark.len();
    let is_block = mark.len() == 3;
    let blank = if is_block { indentation(inner) } else { "" };
    let mut chunks = vec![Chunk::default()];
    let mut at = match inner {
        it if is_block && it.starts_with("\r\n") => 2,
        it if is_block && it.starts_with('\n') => 1,
        _ => 0,
    };
    let mut line_begins = at > 0;
    while at < inner.len() {
        let chunk = chunks.last_mut()?;
        let rest = &inner[at..];
        if std::mem::take(&mut line_begins) {
            let skipped = common(rest, blank);
            if skipped > 0 {
                at += skipped;
                chunk.turns.push((chunk.text.len(), base + at));
                continue;
            }
        }
        if mark.starts_with('"') && rest.starts_with("\\(") {
            at += hole(rest)?;
            chunks.push(Chunk { text: String::new(), turns: vec![(0, base + at)] });
            continue;
        }
        let (length, meaning) = match rest.as_bytes() {
            [b'\\', ..] if mark.starts_with('"') => escape(rest)?,
            _ => {
                let letter = rest.chars().next()?;
                (letter.len_utf8(), Some(letter))
            }
        };
        match meaning {
            Some('\r') if rest.starts_with("\r\n") => (),
            Some(letter) => {
                let known = chunk.turns.last().map_or(Some(base + at), |(start, source)| {
                    let expected = source + chunk.text.len() - start;
                    (expected != base + at).then_some(base + at)
                });
                if let Some(turn) = known {
                    chunk.turns.push((chunk.text.len(), turn));
                }
                chunk.text.push(letter);
                line_begins = is_block && letter == '\n' && length == 1;
            }
            None => line_begins = is_block,
        }
        at += length;
    }
    if is_block && inner.rfind('\n').is_some_and(|newline| inner[newline..].trim().is_empty()) {
        let last = chunks.last_mut()?;
        last.text.truncate(
            last.text.trim_end_matches('\n').len().max(last.text.len().saturating_sub(1)),
        );
    }
    Some(chunks)
}

/// The length of `\(…)`.
fn hole(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut before) = (0_usize, false, ' ');
    for (index, letter) in text.char_indices().skip(1) {
        match letter {
            '"' if before != '\\' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 1 => return Some(index + 1),
            ')' if !quoted => depth -= 1,
            _ => (),
        }
        before = letter;
    }
    None
}

/// The length of an escape, and the letter it stands for.
fn escape(text: &str) -> Option<(usize, Option<char>)> {
    let plain = |letter| Some((2, Some(letter)));
    match text.chars().nth(1)? {
        'n' => plain('\n'),
        't' => plain('\t'),
        'r' => plain('\r'),
        '0' => plain('\0'),
        letter @ ('"' | '\\') => plain(letter),
        '\n' => Some((2, None)),
        '\r' => Some((3, None)),
        'u' => {
            let digits = text.strip_prefix("\\u{")?.split_once('}')?.0;
            let letter = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            Some((4 + digits.len(), Some(letter)))
        }
        _ => None,
    }
}
