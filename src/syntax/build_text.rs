//! Strings: escapes are read, holes are built, the indentation of block strings is removed.

use pest::iterators::Pair;

use crate::problem::syntax as problem;
use crate::syntax::build::Builder;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{Text, TextPart};

/// The text of a string while it is read.
struct Reading<'i> {
    parts: Vec<TextPart>,
    literal: String,
    /// What every line of a block string begins with.
    indentation: Option<&'i str>,
    line_begins: bool,
}

impl Reading<'_> {
    /// Adds text as it stands in the file, without the indentation of its lines.
    fn push(&mut self, piece: &str) {
        let Some(indentation) = self.indentation else { return self.literal.push_str(piece) };
        for line in piece.split_inclusive('\n') {
            let line = match std::mem::take(&mut self.line_begins) {
                true => &line[common(line, indentation)..],
                false => line,
            };
            match line.strip_suffix("\r\n") {
                Some(text) => self.literal.extend([text, "\n"]),
                None => self.literal.push_str(line),
            }
            self.line_begins = line.ends_with('\n');
        }
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.parts.push(TextPart::Literal(std::mem::take(&mut self.literal).into()));
        }
    }
}

/// How much of the indentation a line has.
pub fn common(line: &str, indentation: &str) -> usize {
    line.bytes().zip(indentation.bytes()).take_while(|(have, want)| have == want).count()
}

/// What the lines of a block string are indented by: the blanks before its closing delimiter.
/// The inner text is everything between the delimiters.
pub fn indentation(inner: &str) -> &str {
    let last = inner.rfind('\n').map_or("", |newline| &inner[newline + 1..]);
    &last[..last.len() - last.trim_start_matches([' ', '\t']).len()]
}

impl Builder<'_> {
    /// A string literal of any form.
    pub fn text(&mut self, pair: Pair<'_, Rule>, tag: Option<String>) -> Text {
        let source = pair.as_str();
        let inner = |quotes: usize, mark: &str| {
            let end = source.len() - if source[quotes..].ends_with(mark) { quotes } else { 0 };
            &source[quotes..end]
        };
        let rule = pair.as_rule();
        let whole = |text: &str| match text.is_empty() {
            true => Vec::new(),
            false => vec![TextPart::Literal(text.into())],
        };
        let parts = match rule {
            Rule::plain => whole(inner(1, "\"")),
            Rule::raw => whole(inner(1, "'")),
            Rule::block_raw => {
                let text = inner(3, "'''");
                let mut reading = self.block(text);
                reading.push(opened(text));
                finished(reading, ends_blank(text))
            }
            Rule::block_text => {
                let text = inner(3, "\"\"\"");
                let mut reading = self.block(text);
                let newline_last = self.pieces(pair, &mut reading);
                finished(reading, newline_last && ends_blank(text))
            }
            _ => {
                let (parts, literal) = (Vec::new(), String::new());
                let (indentation, line_begins) = (None, false);
                let mut reading = Reading { parts, literal, indentation, line_begins };
                self.pieces(pair, &mut reading);
                finished(reading, false)
            }
        };
        Text { tag, parts }
    }

    fn block<'i>(&self, inner: &'i str) -> Reading<'i> {
        let (parts, literal) = (Vec::new(), String::new());
        let line_begins = opened(inner).len() < inner.len();
        Reading { parts, literal, indentation: Some(indentation(inner)), line_begins }
    }

    /// Whether the last piece was plain text with a newline.
    fn pieces(&mut self, pair: Pair<'_, Rule>, reading: &mut Reading<'_>) -> bool {
        let (mut first, mut newline_last) = (true, false);
        for piece in pair.into_inner() {
            let text = piece.as_str();
            newline_last = false;
            match piece.as_rule() {
                Rule::escape => self.escape(&piece, reading),
                Rule::hole => {
                    reading.end_literal();
                    reading.line_begins = false;
                    let hole = self.bracketed(piece);
                    reading.parts.push(TextPart::Hole(Box::new(hole)));
                }
                Rule::missing => {}
                _ => {
                    let block = reading.indentation.is_some();
                    reading.push(if first && block { opened(text) } else { text });
                    newline_last = text.contains('\n');
                }
            }
            first = false;
        }
        newline_last
    }

    fn escape(&mut self, pair: &Pair<'_, Rule>, reading: &mut Reading<'_>) {
        let text = pair.as_str();
        reading.line_begins = false;
        match text {
            r"\n" => reading.literal.push('\n'),
            r"\t" => reading.literal.push('\t'),
            r"\r" => reading.literal.push('\r'),
            r"\0" => reading.literal.push('\0'),
            r#"\""# => reading.literal.push('"'),
            r"\\" => reading.literal.push('\\'),
            "\\\n" | "\\\r\n" if reading.indentation.is_some() => reading.line_begins = true,
            _ => {
                let digits = text.strip_prefix(r"\u{").and_then(|rest| rest.strip_suffix('}'));
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                match (digits, code.and_then(char::from_u32)) {
                    (Some(_), Some(character)) => reading.literal.push(character),
                    (Some(_), None) => {
                        self.problems.push(problem::bad_character(self.span(pair), text));
                    }
                    (None, _) => {
                        let start = pair.as_span().start();
                        let span = self.span_at(start, start + text.len());
                        self.problems.push(problem::bad_escape(span, text.trim_end()));
                        reading.literal.push_str(text);
                    }
                }
            }
        }
    }
}

/// The inner text of a block string without the newline after its opener.
fn opened(inner: &str) -> &str {
    inner.strip_prefix("\r\n").or_else(|| inner.strip_prefix('\n')).unwrap_or(inner)
}

/// Whether the closing delimiter stands on a line of its own.
fn ends_blank(inner: &str) -> bool {
    inner.rfind('\n').is_some_and(|newline| inner[newline..].trim().is_empty())
}

/// The parts; the newline before the closing delimiter is not one of the text's.
fn finished(mut reading: Reading<'_>, closer_alone: bool) -> Vec<TextPart> {
    if closer_alone && reading.literal.ends_with('\n') {
        reading.literal.pop();
    }
    reading.end_literal();
    reading.parts
}
