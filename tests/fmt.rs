//! The formatter: one form for everybody, and nothing lost.

use paas::source::FileId;
use paas::syntax::{format, parse};

use crate::support::cases::{ALL, Random, mutant};
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
        assert_eq!(dump::dump(&before.0, text), dump::dump(&after.0, &once), "{name}");
    }
}

#[test]
fn every_mutant_keeps_its_comments_and_is_formatted_once() {
    let seed = 0x5eed_0002;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    for round in 0..500 {
        for (name, text) in ALL {
            let text = mutant(text, &mut random);
            let once = format(FileId(0), &text);
            assert_eq!(format(FileId(0), &once), once, "{name} {round}: {text}");
            let (before, problems) = parse(FileId(0), &text);
            if problems.is_empty() {
                let (after, _) = parse(FileId(0), &once);
                let (before, after) = (dump::dump(&before, &text), dump::dump(&after, &once));
                assert_eq!(before, after, "{name} {round}: {text}");
                assert_eq!(comments(&text), comments(&once), "{name} {round}: {text}");
            }
        }
    }
}

#[test]
fn every_prefix_is_formatted() {
    for (_, text) in ALL {
        for (end, _) in text.char_indices().step_by(3) {
            format(FileId(0), &text[..end]);
        }
    }
}
