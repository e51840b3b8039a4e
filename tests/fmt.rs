//! The formatter: one form for everybody, and nothing lost.

use std::fs;
use std::path::PathBuf;

use paas::source::FileId;
use paas::syntax::{format, parse};

use crate::support::cases::{ALL, Random, WHOLE, items, mutant, pieces};
use crate::support::generator::Generator;
use crate::support::{dump, golden};

#[track_caller]
fn check(text: &str, expected: &str) {
    let once = format(FileId(0), text);
    assert_eq!(once, expected, "in: {text}");
    assert_eq!(format(FileId(0), &once), once, "formatting twice changes more");
}

/// The comments of a text, whatever they begin with.
fn comments(text: &str) -> Vec<String> {
    let (tree, _) = parse(FileId(0), text);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut all: Vec<String> =
        tree.comments.iter().map(|comment| words(&text[comment.span.range()])).collect();
    all.sort();
    all
}

#[test]
fn every_construct_keeps_its_meaning_and_comments() {
    for (name, text) in ALL {
        let once = format(FileId(0), text);
        golden::check(&format!("cases/fmt/{name}.paas"), &once);
        assert_eq!(format(FileId(0), &once), once, "{name} twice");
        assert_eq!(comments(text), comments(&once), "{name}");
        let (before, after) = (parse(FileId(0), text), parse(FileId(0), &once));
        assert_eq!(after.1, [], "{name}");
        assert_eq!(dump::dump(&before.0), dump::dump(&after.0), "{name}");
    }
}

#[test]
fn whole_manifests_are_written_in_their_canonical_form() {
    for (_, text) in WHOLE {
        check(text, text);
    }
}

#[test]
fn every_mutant_keeps_its_comments_and_is_formatted_once() {
    let seed = 0x5eed_0002;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let manifests = ALL.map(|(_, text)| pieces(text));
    for round in 0..750 {
        for pieces in &manifests {
            let text = mutant(pieces[random.below(pieces.len())], &mut random);
            let once = format(FileId(0), &text);
            assert_eq!(format(FileId(0), &once), once, "round {round}: {text}");
            let (before, problems) = parse(FileId(0), &text);
            if problems.is_empty() {
                let (after, _) = parse(FileId(0), &once);
                let (before, after) = (dump::dump(&before), dump::dump(&after));
                assert_eq!(before, after, "round {round}: {text}");
                assert_eq!(comments(&text), comments(&once), "round {round}: {text}");
            }
        }
    }
}

/// A text has one form, which says the same; whatever is wrong in it stays.
#[track_caller]
fn keeps(text: &str) -> bool {
    let once = format(FileId(0), text);
    assert_eq!(format(FileId(0), &once), once, "formatted twice: {text}");
    let (before, problems) = parse(FileId(0), text);
    assert_eq!(words(text), words(&once), "in: {text}");
    if problems.is_empty() {
        let (after, problems) = parse(FileId(0), &once);
        assert_eq!(problems, [], "in: {text}");
        assert_eq!(dump::dump(&before), dump::dump(&after), "in: {text}");
        assert_eq!(comments(text), comments(&once), "in: {text}");
    }
    problems.is_empty()
}

/// Every word and number of a text, in order: what the formatter may neither lose nor add.
fn words(text: &str) -> Vec<&str> {
    let apart = |letter: char| !letter.is_alphanumeric() && letter != '_';
    text.split(apart).filter(|word| !word.is_empty()).collect()
}

#[test]
fn every_prefix_keeps_its_words() {
    for item in ALL.iter().flat_map(|(_, text)| items(text)) {
        for (end, _) in item.char_indices() {
            keeps(&item[..end]);
        }
    }
}

#[test]
fn every_prefix_of_the_examples_keeps_its_words() {
    for (path, text) in examples() {
        // Of a long text every prefix takes long to try, and is only tried when that is asked for:
        // else each ends in some line or other.
        let every = std::env::var_os("PAAS_PREFIXES").is_some_and(|it| it == "every");
        let step = if every { 1 } else { (text.len() / 300).max(1) };
        for end in (0..text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
            keeps(&text[..end]);
        }
        assert!(keeps(&text), "{path} has mistakes");
    }
}

#[test]
fn generated_manifests_keep_their_meaning() {
    let seed = 0x5eed_0005;
    println!("seed {seed:#x}");
    let mut generator = Generator::new(seed);
    let sound = (0..2_000).filter(|_| keeps(&generator.manifest())).count();
    assert!(sound > 1_000, "only {sound} of 2000 have no mistakes");
}

/// Every manifest of the examples.
fn examples() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().is_some_and(|it| it == "paas") {
                _ if path.is_dir() => folders.push(path),
                true => {
                    found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
                }
                false => {}
            }
        }
    }
    found
}

#[test]
fn spaces_and_lines_are_canonical() {
    check("", "");
    check("\n\n# a\n\n\n\nx=1\n", "# a\n\nx = 1\n");
    check("a{b=1,c=2}", "a { b = 1, c = 2 }\n");
    check("a {\nb=1,c=2 }\n", "a {\n  b = 1\n  c = 2\n}\n");
    check("a { b = 1,\n c = 2 }\n", "a { b = 1, c = 2 }\n");
    check("a {\n\n  b = 1\n\n\n  c = 2\n\n}\n", "a {\n  b = 1\n\n  c = 2\n}\n");
    check("a { }\nb {\n}\n", "a {}\nb {}\n");
    check("a   =    1\nlonger = 2\r\n", "a = 1\nlonger = 2\n");
    check("a {\n  x = 1\n}\nb {\n  x = 1\n}\n", "a {\n  x = 1\n}\n\nb {\n  x = 1\n}\n");
    check("a = [1,2,\n  3]\nb = [\n1,2]\n", "a = [1, 2, 3]\nb = [\n  1\n  2\n]\n");
    check(
        "(\"a\")=1\n(\"\\(b)\"+c)=2\n(\"\\(d)\")=3\n",
        "(\"a\") = 1\n(\"\\(b)\" + c) = 2\n\"\\(d)\" = 3\n",
    );
    check("a = 'b'\nc = 'd\\e'\n", "a = \"b\"\nc = 'd\\e'\n");
    check("a = f( 1,x=2 , )\n", "a = f(1, x = 2)\n");
    check("a = not  b || !c\n", "a = not b || !c\n");
}

#[test]
fn comments_stay_where_they_are() {
    check("a = 1 # b\n", "a = 1  # b\n");
    check("a { # b\n  c = 1\n  # d\n}\n", "a {  # b\n  c = 1\n  # d\n}\n");
    check("a = [ # b\n  1, # c\n  2\n  # d\n]\n", "a = [  # b\n  1  # c\n  2\n  # d\n]\n");
    check("a = b + # c\n  d\n", "a = b + # c\n  d\n");
    check("a { b = 1 } # c\n# d\n", "a { b = 1 }  # c\n# d\n");
}

#[test]
fn habits_of_other_languages_are_rewritten() {
    check(
        "a {\n  b: 1GiB;\n  \"c\" => 2;\n  d := 3\n}\n",
        "a {\n  b = 1GiB\n  \"c\" = 2\n  d = 3\n}\n",
    );
    check("// a\nb = 1 // c\n", "# a\nb = 1  # c\n");
    check("/* a\n * b\n */\nc = 1\n", "# a\n# b\nc = 1\n");
}

#[test]
fn what_is_not_understood_stays_as_it_is() {
    check("a {\n  b=1\n  ???   x\n  c=2\n}\n", "a {\n  b = 1\n  ???   x\n  c = 2\n}\n");
    check("a = b   ? 1:2\nc=3\n", "a = b   ? 1:2\nc = 3\n");
    check("a {\n b=1\n\nc=2\n", "a {\n b=1\n\nc=2\n");
}

#[test]
fn long_lines_break_at_the_outermost_bracket() {
    let long = "a".repeat(45);
    check(
        &format!("x = [\"{long}\", \"{long}\", 3]\n"),
        &format!("x = [\n  \"{long}\"\n  \"{long}\"\n  3\n]\n"),
    );
    check(&format!("x = {long} && {long} && c\n"), &format!("x = {long} &&\n  {long} &&\n  c\n"));
    check(
        &format!("x = if {long} then {long} else c\n"),
        &format!("x = if {long}\n  then {long}\n  else c\n"),
    );
    check(
        &format!("x = f({long}, y = {long}, c)\n"),
        &format!("x = f(\n  {long}\n  y = {long}\n  c\n)\n"),
    );
    check(
        &format!("x = match {long} {{ 1 => {long}, else => c }}\n"),
        &format!("x = match {long} {{\n  1 => {long}\n  else => c\n}}\n"),
    );
    check(
        &format!("a {{ b = \"{long}\", c = \"{long}\" }}\n"),
        &format!("a {{\n  b = \"{long}\"\n  c = \"{long}\"\n}}\n"),
    );
    check(
        &format!("require {long} != b{long} else \"too long\"\n").replace("aaaaa", "aaaa"),
        &format!("require {long} != b{long}\n  else \"too long\"\n").replace("aaaaa", "aaaa"),
    );
    check(
        &format!("x = {long}.b[0]?.{long}.c\n"),
        &format!("x = {long}\n  .b[0]\n  ?.{long}\n  .c\n"),
    );
    check(
        &format!("a {{\n  b = {long}.{long} + {long}.f(1).c.d\n}}\n"),
        &format!("a {{\n  b = {long}.{long} +\n    {long}.f(1).c.d\n}}\n"),
    );
    check(
        &format!("x = f(\"{long}\", \"{long}\").b.c\n"),
        &format!("x = f(\n  \"{long}\"\n  \"{long}\"\n).b.c\n"),
    );
    check(
        &format!("fn f({long}: int, b: {long}) -> int = 1\n"),
        &format!("fn f(\n  {long}: int\n  b: {long}\n) -> int = 1\n"),
    );
}

#[test]
fn block_strings_move_with_their_item() {
    check(
        "a {\nb = yaml\"\"\"\n      c: 1\n        d\n\n      \"\"\"\n}\n",
        "a {\n  b = yaml\"\"\"\n  c: 1\n    d\n\n  \"\"\"\n}\n",
    );
    let hole = "a {\nb = \"\"\"\n      c: \\(d +\n      e)\n      \"\"\"\n}\n";
    check(hole, &hole.replace("\nb", "\n  b"));
}
