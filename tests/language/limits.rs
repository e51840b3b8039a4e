//! Hostile texts take time in proportion to their length: twice the text, twice the time.
//!
//! No clock is read. Each text is so long that work which grows with its square would not end
//! while anybody waits for it.

use paas::source::FileId;
use paas::syntax::{format, parse};

/// How long the texts are that only a person who means harm writes, in bytes.
const LENGTH: usize = 60_000;

/// The same for texts of thousands of mistakes, each of which is told.
const MISTAKES: usize = 20_000;

#[track_caller]
fn check(text: &str) {
    let (tree, problems) = parse(FileId(0), text);
    assert!(!problems.is_empty(), "{text:.40}");
    drop(tree);
    format(FileId(0), text);
}

fn long(piece: &str) -> String {
    piece.repeat(LENGTH / piece.len())
}

fn many(piece: &str) -> String {
    piece.repeat(MISTAKES / piece.len())
}

#[test]
fn brackets_that_do_not_match() {
    check(&format!("x = {}{}\n", long("("), long("]")));
    check(&long("[)"));
    check(&long("(]\n"));
    check(&long("}"));
    check(&format!("{}{}", long("  {\n"), long(")\n")));
    check(&long("{\"\\(["));
    check(&long("a {\n  b = [\n"));
}

#[test]
fn strings_without_an_end() {
    check(&long("a = \"b\n"));
    check(&format!("{}{}", long("a {\n"), long("b = \"c\n")));
    check(&long("\"\\("));
    check(&long("'''"));
}

#[test]
fn many_mistakes() {
    check(&many("a =\n"));
    check(&format!("a {{\n{}}}\n", many("b =\n")));
    check(&format!("a {{\n{}}}\n", many("???\n")));
    check(&many("use\n"));
    check(&many("a for\n"));
    check(&many("import {\n"));
    check(&many("a: 1;\n"));
    let dashed = |index: usize| format!("app a-{index} {{}}\nb{index} = app.a-{index}.ip\n");
    check(&(0..MISTAKES / 40).map(dashed).collect::<String>());
}

#[test]
fn expressions_with_too_many_parts() {
    check(&format!("x = 1{}\n", long(" + 1")));
    check(&format!("x = a{}\n", long(".b")));
    check(&format!("x = {}1\n", long("if a then b else ")));
    check(&format!("x = {}1\n", long("-")));
    check(&format!("let x: {}int = 1\n", long("[")));
    check(&format!("forget a.b{}[\n", long("/c.d")));
}

#[test]
fn long_texts_without_a_mistake() {
    let texts = [
        format!("x = [{}]\n", "1, ".repeat(100_000)),
        format!("x = \"{}\"\n", "text".repeat(100_000)),
        format!("x = \"{}\"\n", "\\(a)".repeat(20_000)),
        format!("type A = {{\n{}}}\n", "a: int\n".repeat(10_000)),
        format!("type A = {}int\n", "int | ".repeat(20_000)),
        format!("x = a{}.b\n", "\n".repeat(300_000)),
        "a {\n  b = 1\n}\n".repeat(20_000),
        "## a\nb = 1\n".repeat(20_000),
        "# a\n".repeat(100_000),
    ];
    for text in texts {
        let (tree, problems) = parse(FileId(0), &text);
        assert_eq!(problems, [], "{text:.40}");
        assert!(!tree.items.is_empty() || !tree.comments.is_empty());
        format(FileId(0), &text);
    }
}
