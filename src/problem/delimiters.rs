//! Problems of brackets, strings, comments and parts in other languages: what is seen before the
//! grammar. P0101, P0103, P0107, P0108, P0114, P0119, P0120.

use crate::problem::syntax::PLACES_MAX;
use crate::problem::{Edit, Fix, Problem};
use crate::source::Span;

/// A bracket that is never closed, and where it was taken to end.
#[derive(Clone, Debug)]
pub struct Unclosed {
    /// The bracket.
    pub opened: Span,
    /// Its text.
    pub bracket: String,
    /// What would close it.
    pub closer: &'static str,
    /// The line where it was taken to end, counted from one.
    pub line: usize,
    /// The column there, counted from one.
    pub column: usize,
    /// What would close it there.
    pub edit: Edit,
}

/// P0101: brackets without an end; all of a file together.
pub fn unclosed(brackets: &[Unclosed]) -> Problem {
    let mut brackets = brackets.to_vec();
    brackets.sort_by_key(|bracket| std::cmp::Reverse(bracket.opened));
    let first = &brackets[0].bracket;
    let same = brackets.iter().all(|bracket| bracket.bracket == *first);
    let message = match (brackets.len(), same) {
        (1, _) => format!("this `{first}` is never closed"),
        (count, true) => format!("{} `{first}` are never closed", in_words(count)),
        (count, false) => format!("{} brackets are never closed", in_words(count)),
    };
    let mut problem = Problem::error("P0101", message);
    for (index, bracket) in brackets.iter().take(PLACES_MAX).enumerate() {
        let text = match index {
            0 => "opened here; the next line that is not indented more ends it",
            _ => "opened here",
        };
        problem = problem.at(bracket.opened, text);
    }
    let title = format!("add {}", places(&brackets[..brackets.len().min(PLACES_MAX)]));
    let edits: Vec<Edit> = brackets.iter().map(|bracket| bracket.edit.clone()).collect();
    problem
        .fix(Fix::maybe(title, edits))
        .note("the brackets do not balance, so indentation decided where they end")
}

/// What to add where: closers for one place are told together.
fn places(brackets: &[Unclosed]) -> String {
    let same = |one: &Unclosed, other: &Unclosed| one.edit.span == other.edit.span;
    let groups = brackets.chunk_by(|one, other| same(one, other));
    let told = groups.map(|group| {
        let closers: Vec<String> = group.iter().map(|it| format!("`{}`", it.closer)).collect();
        let alike = group.iter().all(|it| it.closer == group[0].closer);
        let what = match (group.len(), alike) {
            (1, _) => closers[0].clone(),
            (count, true) => format!("{} {}", in_words(count), closers[0]),
            (_, false) => closers.join(" and "),
        };
        format!("{what} at line {}, column {}", group[0].line, group[0].column)
    });
    told.collect::<Vec<_>>().join(", and ")
}

fn in_words(count: usize) -> String {
    match count {
        2 => "two".to_owned(),
        3 => "three".to_owned(),
        4 => "four".to_owned(),
        _ => count.to_string(),
    }
}

/// P0103: a closer without an opener, and what is open there instead.
pub fn stray_closer(span: Span, closer: &str, instead: Option<Span>) -> Problem {
    let problem = Problem::error("P0103", format!("nothing is open that `{closer}` could close"))
        .at(span, "this closes nothing");
    let problem = match instead {
        Some(opener) => problem.at(opener, "this is open here"),
        None => problem,
    };
    problem.fix(Fix::maybe(format!("remove the `{closer}`"), vec![Edit::new(span, "")]))
}

/// A comment of another language, and the edits that make it ours, if it can be one.
#[derive(Clone, Debug)]
pub struct ForeignComment {
    /// Where it stands.
    pub span: Span,
    /// What to change.
    pub edits: Vec<Edit>,
}

/// P0107: comments of other languages; all of a file together.
pub fn foreign_comment(comments: &[ForeignComment], mark: &str) -> Problem {
    let mut problem = Problem::error("P0107", "comments begin with `#`");
    for (index, comment) in comments.iter().take(PLACES_MAX).enumerate() {
        let text = if index == 0 { "this is read as a comment" } else { "" };
        problem = problem.also_at(comment.span, text);
    }
    let title = format!("write `#` instead of `{mark}`");
    let edits: Vec<Edit> = comments.iter().flat_map(|it| it.edits.iter().cloned()).collect();
    match edits.is_empty() {
        true => problem.help(title),
        false => problem.fix(Fix::machine(title, edits)),
    }
}

/// P0108: a string without an end.
pub fn unterminated_string(span: Span, mark: &str) -> Problem {
    let (message, help) = match mark.len() {
        1 => (
            "this string is not closed before the end of the line",
            format!(
                "add `{mark}` at the end, or use `{mark}{mark}{mark}` for text of several lines"
            ),
        ),
        _ => ("this string is never closed", format!("add `{mark}` on a line of its own")),
    };
    let problem = Problem::error("P0108", message).at(span, "the string begins here");
    match mark.len() {
        1 => problem.fix(Fix::maybe(help, vec![Edit::behind(span, mark)])),
        _ => problem.help(help),
    }
}

/// P0114: brackets or strings nest too deep.
pub fn too_deep(span: Span, limit: usize) -> Problem {
    Problem::error("P0114", "this nests too deep")
        .at(span, format!("no more than {limit} levels can be read"))
        .help("give an inner part a name with `let`")
}

/// P0119: bytes that are no text.
pub fn control_character(span: Span, byte: u8, count: usize) -> Problem {
    let problem = Problem::error("P0119", format!("control character U+{byte:04X} in the text"))
        .at(span, "this cannot be seen, so it must not be here")
        .help(format!(r"remove it, or write `\u{{{byte:x}}}` in a string"));
    match count {
        1 => problem,
        _ => problem.note(format!("there are {} more in this file", count - 1)),
    }
}

/// P0120: text as other languages write it; `edits` make it ours.
pub fn foreign_text(span: Span, mark: &str, quotes: &str, edits: Vec<Edit>) -> Problem {
    let title = format!("write `{quotes}` before and behind it");
    Problem::error("P0120", format!("`{mark}` begins no text here"))
        .at(span, "text of several lines is written otherwise")
        .fix(Fix::maybe(title, edits).shown())
        .note("values are put into it with `\\(name)`, except between `\'\'\'`")
}

/// What lines of YAML say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yaml {
    /// A Compose file.
    Compose,
    /// A list.
    List,
    /// A map.
    Map,
}

/// P0120: lines that are indented in the place of brackets; `edit` writes them with some.
pub fn yaml(key: Span, what: Yaml, edit: Option<Edit>) -> Problem {
    let (message, text, help) = match what {
        Yaml::Compose => (
            "a Compose file is no part of a manifest",
            "this is Compose, in YAML",
            "put it into a file: `app name { on = …, compose { file = \"compose.yml\" } }`",
        ),
        Yaml::List => (
            "a list is written in `[ ]`",
            "the lines below begin with `-`, as in YAML",
            "write `name = [80, 443]`",
        ),
        Yaml::Map => (
            "a block is written in `{ }`",
            "the lines below are only indented, as in YAML",
            "write `name {`, its lines, and `}`",
        ),
    };
    let problem = Problem::error("P0120", message).at(key, text);
    match edit {
        Some(edit) => problem.fix(Fix::maybe(help, vec![edit]).shown()),
        None => problem.help(help),
    }
}
