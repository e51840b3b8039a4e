//! A tree without places, to compare two texts that mean the same.

use paas::syntax::tree::Tree;

/// What a tree says, without where it says it; one item a line.
pub fn dump(tree: &Tree, text: &str) -> String {
    let shown: Vec<String> = tree.items.iter().map(|item| format!("{item:?}\n")).collect();
    let shown = shown.concat();
    let header = pattern(r"(header: )Span \{ file: FileId\(\d+\), start: (\d+), end: (\d+) \}");
    let shown = header.replace_all(&shown, |found: &regex::Captures| {
        let range = found[2].parse().unwrap()..found[3].parse().unwrap();
        format!("{}{:?}", &found[1], text.get::<std::ops::Range<usize>>(range).unwrap())
    });
    let span = pattern(r"span: Span \{ file: FileId\(\d+\), start: \d+, end: \d+ \}(, )?");
    span.replace_all(&shown, "").into_owned()
}

/// Every place in a tree.
pub fn spans(tree: &Tree) -> Vec<(usize, usize)> {
    let shown = format!("{:?}{:?}", tree.items, tree.comments);
    let span = pattern(r"start: (\d+), end: (\d+)");
    span.captures_iter(&shown)
        .map(|found| (found[1].parse().unwrap(), found[2].parse().unwrap()))
        .collect()
}

fn pattern(text: &str) -> regex::Regex {
    regex::Regex::new(text).unwrap()
}
