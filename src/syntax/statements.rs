//! Cuts a file into its top-level statements, so that each is parsed alone.

use crate::syntax::delimiters::Statement;

/// Collects the places where a statement surely begins; elsewhere nothing is cut.
#[derive(Debug, Default)]
pub struct Cutter {
    statements: Vec<Statement>,
    start: usize,
    /// The comments before the next statement begin here.
    comments: Option<usize>,
    hidden: bool,
}

/// What goes on with the line before, or ends a header that was begun there.
const CONTINUING: [&str; 6] = ["then", "else", "if", "from", "in", "by"];

impl Cutter {
    /// A line outside all brackets that begins at `at` without indentation.
    pub fn line(&mut self, text: &str, at: usize, code_end: usize, comment: bool) {
        let has_code = code_end > self.start;
        match (has_code, comment) {
            (false, _) => {}
            (true, true) => {
                self.comments.get_or_insert(at);
            }
            (true, false) => {
                let comments = self.comments.take();
                if begins(text, at) && ends(text, code_end) {
                    self.cut(comments.unwrap_or(at));
                }
            }
        }
    }

    /// A closer outside all brackets: it stands alone, so that it is kept as it is.
    pub fn stray(&mut self, at: usize) {
        if at > self.start {
            self.cut(at);
        }
        self.hidden = true;
        self.cut(at + 1);
    }

    /// The grammar must not see the statement.
    pub fn hide(&mut self) {
        self.hidden = true;
    }

    /// All statements of a text of this length.
    pub fn finish(mut self, length: usize) -> Vec<Statement> {
        if length > self.start {
            self.cut(length);
        }
        self.statements
    }

    fn cut(&mut self, at: usize) {
        let hidden = std::mem::take(&mut self.hidden);
        self.statements.push(Statement { range: self.start..at, hidden });
        self.start = at;
        self.comments = None;
    }
}

fn begins(text: &str, at: usize) -> bool {
    let rest = &text.as_bytes()[at..];
    let length =
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let word = &text[at..at + length];
    length > 0 && !CONTINUING.contains(&word)
}

/// Nothing that ends like this goes on with the next line.
fn ends(text: &str, code_end: usize) -> bool {
    let last = text.as_bytes()[..code_end].last();
    last.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_\"'}])".contains(byte))
        && !ends_with_word(&text[..code_end])
}

fn ends_with_word(text: &str) -> bool {
    ["in", "and", "or", "not", "if", "then", "else", "match"].iter().any(|word| {
        let before = text.strip_suffix(word).map(str::as_bytes);
        before.is_some_and(|rest| {
            rest.last().is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        })
    })
}
