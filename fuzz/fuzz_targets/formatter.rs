//! The canonical form of a text is its own canonical form, and means and comments the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use paas::source::FileId;
use paas::syntax::tree::Tree;
use paas::syntax::{format, parse};

#[path = "../../tests/support/dump.rs"]
mod dump;

fn comments(tree: &Tree, text: &str) -> Vec<String> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let comments = tree.comments.iter().map(|comment| words(&text[comment.span.range()]));
    let mut comments: Vec<String> = comments.collect();
    comments.sort();
    comments
}

fuzz_target!(|text: &str| {
    let once = format(FileId(0), text);
    assert_eq!(format(FileId(0), &once), once, "formatted twice it is something else");
    let (before, problems) = parse(FileId(0), text);
    if problems.is_empty() {
        let (after, problems) = parse(FileId(0), &once);
        assert_eq!(problems, [], "{once}");
        assert_eq!(dump::dump(&before), dump::dump(&after), "{once}");
        assert_eq!(comments(&before, text), comments(&after, &once), "{once}");
    }
});
