//! Walks over the bytes of a file: what opens, what closes, what is a comment.

use std::ops::Range;

use crate::syntax::aliens::{self, Region};
use crate::syntax::statements::Cutter;

/// How deep brackets and strings may nest.
pub const NESTING_MAX: usize = 200;

/// Whether a string begins with one quote or three.
pub fn quote_length(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    match bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote) {
        true => 3,
        false => 1,
    }
}

/// Where an unclosed bracket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Only at a closer.
    AtClosers,
    /// Also before a line that is not indented more than the one it was opened on.
    AtIndentation,
}

/// Something open: a bracket, a string or the hole of a string.
#[derive(Clone, Copy, Debug)]
struct Open {
    closer: &'static str,
    at: usize,
    indentation: usize,
    /// A string, not a bracket.
    text: bool,
    /// Has to end on the line it was opened on, as all within it.
    one_line: bool,
}

/// A closer that is not there.
#[derive(Clone, Debug)]
pub struct Missing {
    /// Where it has to be put.
    pub at: usize,
    /// Its text.
    pub closer: &'static str,
    /// What it closes.
    pub opened: usize,
    /// It belongs to a string, or to a bracket within an unclosed one, which is reported instead.
    pub text: bool,
}

/// What the scanner found; all places are in the original text.
#[derive(Debug, Default)]
pub struct Scan {
    /// All comments.
    pub comments: Vec<Range<usize>>,
    /// Those of other languages among them.
    pub foreign_comments: Vec<Range<usize>>,
    /// What the grammar must not see.
    pub blanks: Vec<Range<usize>>,
    /// Closers that are not there, in the order of their places.
    pub missing: Vec<Missing>,
    /// Closers without an opener, and what is open there instead.
    pub strays: Vec<(usize, Option<usize>)>,
    /// Strings without an end.
    pub open_strings: Vec<Range<usize>>,
    /// Control characters.
    pub control: Vec<usize>,
    /// Parts in other languages, which are not read.
    pub foreign: Vec<Region>,
    /// Where a sign of theirs stands for `=`.
    pub assigned: Vec<usize>,
    /// The first bracket that nests too deep.
    pub too_deep: Option<usize>,
    /// Where statements may be cut.
    pub cutter: Cutter,
}

/// Walks over the bytes with a stack of what is open.
pub struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    ends: Ends,
    open: Vec<Open>,
    at: usize,
    /// How far the first word of this line is from its start.
    indentation: usize,
    line_begins: bool,
    code_end: usize,
    scan: Scan,
}

impl<'t> Scanner<'t> {
    /// At the start of a text.
    pub fn new(text: &'t str, ends: Ends) -> Scanner<'t> {
        let (open, scan) = (Vec::new(), Scan::default());
        let bytes = text.as_bytes();
        let (at, indentation, line_begins, code_end) = (0, 0, true, 0);
        Scanner { text, bytes, ends, open, at, indentation, line_begins, code_end, scan }
    }

    /// Walks to the end.
    pub fn run(mut self) -> Scan {
        if self.text.starts_with('\u{feff}') {
            self.scan.blanks.push(0..3);
            self.at = 3;
        }
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match self.open.last() {
                Some(open) if open.text => self.in_text(byte, *open),
                _ => self.in_code(byte),
            }
        }
        self.end_strings(self.bytes.len(), Stop::All);
        while let Some(open) = self.open.pop() {
            self.close_missing(open, self.code_end);
        }
        self.scan
    }

    fn starts(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    fn in_code(&mut self, byte: u8) {
        if self.line_begins && !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            self.begin_line(byte);
            if self.skip_yaml(byte) {
                return;
            }
        }
        match byte {
            b'\n' => self.newline(),
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'#' if !self.within_one_line() => self.comment(self.line_end(self.at)),
            b'/' if self.is_foreign_comment() => self.foreign_comment(),
            b'<' if self.starts("<<") && self.skip(aliens::heredoc(self.text, self.at)) => {}
            b'\'' if self.starts("''") && self.skip(aliens::nix_text(self.text, self.at)) => {}
            b'"' | b'\'' => self.open_string(byte),
            b'{' => self.open_bracket("}", 1),
            b'[' => self.open_bracket("]", 1),
            b'(' => self.open_bracket(")", 1),
            b'}' => self.close_bracket("}"),
            b']' => self.close_bracket("]"),
            b')' => self.close_bracket(")"),
            0..=31 | 127 => {
                self.scan.control.push(self.at);
                self.scan.blanks.push(self.at..self.at + 1);
                self.at += 1;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => self.code(1),
            // A character of several bytes stays whole.
            _ => self.code(1),
        }
    }

    /// Goes on behind a part in another language.
    fn skip(&mut self, region: Option<Region>) -> bool {
        let Some(region) = region.filter(|_| !self.within_one_line()) else { return false };
        self.at = region.range.end;
        self.code_end = self.at;
        self.scan.blanks.push(region.range.clone());
        self.scan.foreign.push(region);
        true
    }

    /// The same for a key with indented lines below it; a key in a block stays.
    fn skip_yaml(&mut self, byte: u8) -> bool {
        let in_body = self.open.last().is_none_or(|open| open.closer == "}");
        if !in_body || !(byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'"' | b'\'')) {
            return false;
        }
        let top = self.open.is_empty();
        let Some((region, colon)) = aliens::yaml(self.text, self.at, top) else { return false };
        if !top {
            self.scan.assigned.push(colon);
        }
        self.skip(Some(region))
    }

    fn code(&mut self, length: usize) {
        self.at += length;
        self.code_end = self.at;
    }

    fn newline(&mut self) {
        if self.within_one_line() {
            return self.end_strings(self.at, Stop::OneLine);
        }
        self.at += 1;
        self.line_begins = true;
    }

    fn within_one_line(&self) -> bool {
        self.open.last().is_some_and(|open| open.one_line)
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = &self.bytes[from..];
        let end =
            rest.iter().position(|byte| *byte == b'\n').map_or(self.bytes.len(), |at| from + at);
        match end > from && self.bytes[end - 1] == b'\r' {
            true => end - 1,
            false => end,
        }
    }

    fn begin_line(&mut self, byte: u8) {
        self.line_begins = false;
        let start = self.text[..self.at].rfind('\n').map_or(0, |newline| newline + 1);
        let indentation = self.at - start;
        self.indentation = indentation;
        if self.ends == Ends::AtIndentation && self.code_end > 0 {
            self.end_by_indentation(byte, indentation);
        }
        if self.open.is_empty() && indentation == 0 {
            let comment = byte == b'#' || self.starts("//") || self.starts("/*");
            self.scan.cutter.line(self.text, self.at, self.code_end, comment);
        }
    }

    /// An item that is not indented more than the line of an opener stands behind its end.
    fn end_by_indentation(&mut self, byte: u8, indentation: usize) {
        let item = byte.is_ascii_alphabetic() || byte == b'_';
        let closer = matches!(byte, b'}' | b']' | b')');
        while let Some(open) = self.open.last().copied() {
            let ended = match (item, closer) {
                (true, _) => indentation <= open.indentation && !self.continues(),
                (_, true) => indentation < open.indentation && self.closes_outer(byte, indentation),
                _ => false,
            };
            if !ended || self.code_end <= open.at || open.text {
                break;
            }
            self.open.pop();
            self.close_missing(open, self.code_end);
        }
    }

    /// `then`, `else` and the like go on with what is open.
    fn continues(&self) -> bool {
        ["then", "else", "if", "for", "from"].iter().any(|word| {
            let after = self.bytes.get(self.at + word.len());
            self.starts(word)
                && !after.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        }) && self.open.last().is_some_and(|open| open.closer != "}")
    }

    fn closes_outer(&self, byte: u8, indentation: usize) -> bool {
        self.open.iter().any(|open| {
            !open.text && open.closer.as_bytes()[0] == byte && open.indentation <= indentation
        })
    }

    fn open_bracket(&mut self, closer: &'static str, length: usize) {
        let one_line =
            self.within_one_line() || self.open.last().is_some_and(|o| o.text && o.one_line);
        self.push(Open {
            closer,
            at: self.at,
            indentation: self.indentation,
            text: false,
            one_line,
        });
        self.code(length);
    }

    fn push(&mut self, open: Open) {
        self.open.push(open);
        if self.open.len() > NESTING_MAX {
            self.scan.too_deep.get_or_insert(open.at);
            self.scan.cutter.hide();
        }
    }

    fn close_bracket(&mut self, closer: &'static str) {
        // A string is a wall: what is open around it cannot end inside its hole.
        let reach = self.open.iter().rev().take_while(|open| !open.text);
        let found = reach.clone().position(|open| open.closer == closer);
        match found {
            None => {
                let instead = self.open.last().map(|open| open.at);
                self.scan.strays.push((self.at, instead));
                self.scan.blanks.push(self.at..self.at + 1);
                if self.open.is_empty() {
                    self.scan.cutter.stray(self.at);
                }
                self.at += 1;
            }
            Some(above) => {
                for _ in 0..above {
                    let open = self.open.pop().expect("it was just counted");
                    self.close_missing(open, self.code_end);
                }
                self.open.pop();
                self.code(1);
            }
        }
    }

    fn close_missing(&mut self, open: Open, at: usize) {
        let at = at.max(open.at + 1);
        let (closer, opened, text) = (open.closer, open.at, open.text || open.one_line);
        self.scan.missing.push(Missing { at, closer, opened, text });
    }

    fn comment(&mut self, end: usize) {
        self.scan.comments.push(self.at..end);
        self.at = end;
    }

    /// `//` and `/*` after a blank or a bracket; elsewhere they are part of something else.
    fn is_foreign_comment(&self) -> bool {
        let before = self.at.checked_sub(1).map(|at| self.bytes[at]);
        let apart = before.is_none_or(|byte| b" \t\n\r{[(,;}])".contains(&byte));
        apart && !self.within_one_line() && (self.starts("//") || self.starts("/*"))
    }

    fn foreign_comment(&mut self) {
        let end = match self.starts("//") {
            true => self.line_end(self.at),
            false => {
                self.text[self.at + 2..].find("*/").map_or(self.bytes.len(), |at| self.at + at + 4)
            }
        };
        self.scan.foreign_comments.push(self.at..end);
        self.comment(end);
    }

    fn open_string(&mut self, quote: u8) {
        let length = quote_length(self.bytes, self.at);
        let closer = match (quote, length) {
            (b'"', 1) => "\"",
            (b'"', _) => "\"\"\"",
            (_, 1) => "'",
            _ => "'''",
        };
        let one_line = length == 1 || self.within_one_line();
        self.push(Open {
            closer,
            at: self.at,
            indentation: self.indentation,
            text: true,
            one_line,
        });
        self.code(length);
    }

    fn in_text(&mut self, byte: u8, open: Open) {
        let raw = open.closer.starts_with('\'');
        if byte == open.closer.as_bytes()[0] && self.starts(open.closer) {
            self.open.pop();
            return self.code(open.closer.len());
        }
        match byte {
            b'\n' if open.one_line => self.end_strings(self.at, Stop::OneLine),
            b'\\' if !raw => self.escape(open),
            0..=8 | 11 | 12 | 14..=31 | 127 => {
                self.scan.control.push(self.at);
                self.code(1);
            }
            _ => self.code(1),
        }
    }

    fn escape(&mut self, open: Open) {
        match self.bytes.get(self.at + 1) {
            Some(b'(') => {
                let (at, indentation, one_line) = (self.at, self.indentation, open.one_line);
                self.push(Open { closer: ")", at, indentation, text: false, one_line });
                self.code(2);
            }
            // A backslash at the very end would swallow the closer that is put there.
            None => {
                self.scan.blanks.push(self.at..self.at + 1);
                self.code(1);
            }
            Some(b'\n' | b'\r') if open.one_line => {
                self.scan.blanks.push(self.at..self.at + 1);
                self.code(1);
            }
            Some(_) => {
                let length = self.text[self.at + 1..].chars().next().map_or(0, char::len_utf8);
                self.code(1 + length);
            }
        }
    }

    /// Ends the strings that may not go on, with all that is open within them.
    fn end_strings(&mut self, at: usize, stop: Stop) {
        let ends = |open: &Open| open.text && (stop == Stop::All || open.one_line);
        let Some(first) = self.open.iter().position(ends) else { return };
        self.scan.open_strings.push(self.open[first].at..at);
        while self.open.len() > first {
            let open = self.open.pop().expect("there are more than `first`");
            self.scan.missing.push(Missing {
                at,
                closer: open.closer,
                opened: open.at,
                text: true,
            });
        }
        self.code_end = self.code_end.max(at);
    }
}

/// Which strings end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// Those of one line.
    OneLine,
    /// All of them.
    All,
}
