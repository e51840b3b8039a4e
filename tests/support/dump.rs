//! A tree without places, to compare two texts that mean the same.

use std::sync::LazyLock;

use paas::syntax::tree::Tree;
use regex::Regex;

static SPAN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"span: Span \{ file: FileId\(\d+\), start: \d+, end: \d+ \}(, )?"));
static PLACE: LazyLock<Regex> = LazyLock::new(|| pattern(r"start: (\d+), end: (\d+)"));

/// What a tree says, without where it says it; one item a line.
pub fn dump(tree: &Tree) -> String {
    let shown: Vec<String> = tree.items.iter().map(|item| format!("{item:?}\n")).collect();
    let shown = shown.concat();
    SPAN.replace_all(&shown, "").into_owned()
}

/// Every place in a tree.
pub fn spans(tree: &Tree) -> Vec<(usize, usize)> {
    let shown = format!("{:?}{:?}", tree.items, tree.comments);
    let places = PLACE.captures_iter(&shown);
    places.map(|found| (found[1].parse().unwrap(), found[2].parse().unwrap())).collect()
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}
