//! Every text has a tree, and everything in it and in its problems is a place of the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use paas::problem::{Style, print};
use paas::source::Sources;
use paas::syntax::parse;

#[path = "../../tests/support/dump.rs"]
mod dump;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let file = sources.add("main.paas", text);
    let (tree, problems) = parse(file, text);
    for (start, end) in dump::spans(&tree) {
        assert!(text.get(start..end).is_some(), "{start}..{end} is no place of the text");
    }
    for label in problems.iter().flat_map(|problem| &problem.labels) {
        assert!(text.get(label.span.range()).is_some(), "{problems:?}");
    }
    print(&problems, &sources, Style { colour: false, unicode: true, width: 100 });
});
