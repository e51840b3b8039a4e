//! The frame around the lines of a problem, whatever these lines are.

use std::fmt::Write as _;

use paas::problem::{Applicability, Edit, Fix, Label, Level, Problem, Style, print};
use paas::source::{FileId, Sources, Span};

use super::{PLAIN, syntax};
use crate::support::golden;

/// A problem with places and nothing else; the first place is what is wrong.
fn problem(labels: Vec<Label>) -> Problem {
    Problem {
        code: "P0001",
        level: Level::Error,
        message: "something is wrong".to_owned(),
        labels,
        helps: Vec::new(),
        notes: Vec::new(),
        fixes: Vec::new(),
    }
}

fn label(file: FileId, at: (usize, usize), text: &str, is_primary: bool) -> Label {
    Label { span: Span::new(file, at.0, at.1), text: text.to_owned(), is_primary }
}

/// The place of `part` in a text.
#[track_caller]
fn place(text: &str, part: &str) -> (usize, usize) {
    let start = text.find(part).unwrap_or_else(|| panic!("`{part}` is not in {text:?}"));
    (start, start + part.len())
}

/// The frame of a text in which these parts are pointed at.
#[track_caller]
fn frame(text: &str, parts: &[(&str, &str)], style: Style) -> String {
    let mut sources = Sources::default();
    let file = sources.add("main.paas", text);
    let label = |(index, (part, told)): (usize, &(&str, &str))| {
        label(file, place(text, part), told, index == 0)
    };
    print(&[problem(parts.iter().enumerate().map(label).collect())], &sources, style)
}

#[test]
fn places_are_marked_beneath_their_lines() {
    let mut out = String::new();
    let mut case = |name: &str, text: &str, parts: &[(&str, &str)]| {
        writeln!(out, "# {name}\n{}", frame(text, parts, PLAIN)).unwrap();
    };
    case("one place", "a = 1\nb = two\n", &[("two", "not a number")]);
    case("neighbours", "a = 1\nb = two\n", &[("two", "not a number"), ("a", "like this")]);
    case("a line between", "a = 1\n\nc = 3\n", &[("3", "here"), ("1", "and there")]);
    case("a gap", "a = 1\n\n\n\n\n\n\n\n\nc = 3\n", &[("3", "here"), ("1", "and there")]);
    case("two on a line", "let x: int = y ? 1 : 2\n", &[("y ? 1", "wrong"), ("int", "asked for")]);
    case(
        "three on a line",
        "f(first, second, third)\n",
        &[("first", "one"), ("second", "two"), ("third", "three")],
    );
    case(
        "within each other",
        "let x = [1, two, 3]\n",
        &[("[1, two, 3]", "a list"), ("two", "odd")],
    );
    case("the same place", "let x = two\n", &[("two", "one thing"), ("two", "another thing")]);
    case("no words", "let x = two\n", &[("two", ""), ("x", "")]);
    case("several lines", "a {\n  b = [\n    1,\n  ]\n}\n", &[("[\n    1,\n  ]", "a list")]);
    case("nothing", "let x =\n", &[("", "at the start")]);
    golden::check("cases/messages/marks.txt", &out);
}

#[test]
fn places_are_marked_in_any_text() {
    let mut out = String::new();
    let mut case = |name: &str, text: &str, part: &str| {
        writeln!(out, "# {name}\n{}", frame(text, &[(part, "here")], PLAIN)).unwrap();
    };
    case("tabs", "\ta\t=\tbad\n", "bad");
    case("carriage returns", "a = 1\r\nb = bad\r\n", "bad");
    case("wide characters", "title = \"日本語\" bad\n", "bad");
    case("a wide place", "title = \"日本語\"\n", "日本語");
    case("emoji", "title = \"🦀👍🏽\" bad\n", "bad");
    case("joined emoji", "title = \"👩‍🚀\" bad\n", "bad");
    case("combining marks", "title = \"e\u{301}e\u{308}\" bad\n", "bad");
    case("text that turns around", "title = \"\u{202e}evil\u{2066}\" bad\n", "bad");
    case("text for the terminal", "title = \"\u{1b}[2J\u{7}\" bad\n", "bad");
    case("no end of line", "a = bad", "bad");
    golden::check("cases/messages/hostile.txt", &out);
}

#[test]
fn the_end_of_a_file_is_a_place() {
    for text in ["a", "a\n", "a\n\n", ""] {
        let mut sources = Sources::default();
        let file = sources.add("main.paas", text);
        let at = label(file, (text.len(), text.len()), "more is expected", true);
        let told = print(&[problem(vec![at])], &sources, PLAIN);
        assert!(told.contains("^ more is expected"), "{text:?}:\n{told}");
    }
}

#[test]
fn a_long_line_is_cut_around_what_matters() {
    let begin = format!("bad = [{}]", "1, ".repeat(100_000));
    let middle = format!("x = [{}bad, {}]", "1, ".repeat(50_000), "2, ".repeat(50_000));
    let end = format!("x = [{}bad]", "1, ".repeat(100_000));
    for text in [begin, middle, end] {
        for width in [20, 80, 200] {
            let told = frame(&text, &[("bad", "here")], Style { width, ..PLAIN });
            let lines: Vec<&str> = told.lines().collect();
            let shown = lines.iter().position(|line| line.contains("bad")).unwrap();
            let (code, marks) = (lines[shown], lines[shown + 1]);
            assert!(code.chars().count() <= width.max(64) + 6, "{told}");
            let column = |text: &str, part: &str| text[..text.find(part).unwrap()].chars().count();
            assert_eq!(column(code, "bad"), column(marks, "^^^"), "{told}");
        }
    }
}

#[test]
fn a_place_that_is_longer_than_the_screen_is_cut() {
    let text = format!("x = \"{}\"", "語".repeat(10_000));
    let told = frame(&text, &[(&text[4..], "a long one")], PLAIN);
    assert!(told.len() < 1_500 && told.contains("^ a long one"), "{told}");
}

#[test]
fn other_files_follow() {
    let mut sources = Sources::default();
    let one = sources.add("main.paas", "let people = yaml(file(\"people.yml\"))\n");
    let other = sources.add_values("people.yml", "- login: Bob Smith\n");
    let mut problem = problem(vec![
        label(other, (9, 18), "not a `Slug`", true),
        label(one, (4, 10), "asked for here", false),
    ]);
    problem.helps.push("write `login: bob_smith`\nor anything else in lower case".to_owned());
    problem.notes.push("a fact".to_owned());
    golden::check("cases/messages/files.txt", &print(&[problem], &sources, PLAIN));
}

#[test]
fn fixes_are_shown_as_lines_before_and_after() {
    let text = "a: 1\nb = 2\nc: 3\nd: 4\ne: 5\nf: 6\n";
    let mut sources = Sources::default();
    let file = sources.add("main.paas", text);
    let mut problem = problem(vec![label(file, (1, 2), "found `:`", true)]);
    let edit = |at: usize| Edit { span: Span::new(file, at, at + 1), text: " =".to_owned() };
    let all = [1, 12, 17, 22, 27].map(edit).to_vec();
    let removal = Edit { span: Span::new(file, 5, 11), text: String::new() };
    for (title, edits) in [("write `=`", all), ("remove `b`", vec![removal])] {
        problem.fixes.push(Fix::new(title, Applicability::Machine, edits).shown());
    }
    problem.fixes.push(Fix::maybe("this one is told only", vec![edit(1)]));
    golden::check("cases/messages/fixes.txt", &print(&[problem], &sources, PLAIN));
}

#[test]
fn colours_and_ascii() {
    let text = "title = \"日本\" bad\n";
    let style = Style { colour: true, unicode: false, width: 80 };
    let told = frame(text, &[("bad", "here → there"), ("title", "a name")], style);
    assert!(told.is_ascii(), "{told}");
    golden::check("cases/messages/colour.txt", &told);
}

#[test]
fn twenty_problems_are_shown_and_the_rest_is_counted() {
    let lines: String = (0..10_000).map(|n| format!("a{n} {{ b = 4G }}\n")).collect();
    let (mut problems, sources) = syntax(&lines);
    assert_eq!(problems.len(), 10_000);
    let told = print(&problems, &sources, PLAIN);
    assert_eq!(told.matches("error[P0110]").count(), 20);
    assert!(told.ends_with("\n… and 9980 more errors\n"), "{told}");
    // Warnings never hide an error.
    problems[..9_999].iter_mut().for_each(|problem| problem.level = Level::Warning);
    let told = print(&problems, &sources, PLAIN);
    assert_eq!(told.matches("error[P0110]").count(), 1);
    assert!(told.ends_with("\n… and 9980 more warnings\n"), "{told}");
}

#[test]
fn many_places_of_one_problem_are_not_all_shown() {
    let text = "x\n".repeat(1_000);
    let mut sources = Sources::default();
    let file = sources.add("main.paas", text.as_str());
    let labels = (0..1_000).map(|n| label(file, (n * 2, n * 2 + 1), "again", true)).collect();
    let told = print(&[problem(labels)], &sources, PLAIN);
    assert_eq!(told.matches("^ again").count(), 10);
    assert!(told.contains("there are 990 more places like these"), "{told}");
}
