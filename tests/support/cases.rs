//! The manifests under `tests/cases/language`: every construct of the language, without mistakes.

/// Name and text of each.
pub const ALL: [(&str, &str); 5] = [
    ("resources", include_str!("../cases/language/resources.paas")),
    ("declarations", include_str!("../cases/language/declarations.paas")),
    ("expressions", include_str!("../cases/language/expressions.paas")),
    ("strings", include_str!("../cases/language/strings.paas")),
    ("project", include_str!("../cases/language/project.paas")),
];

/// Whole manifests under `tests/cases/language/whole`, as people write them.
pub const WHOLE: [(&str, &str); 5] = [
    ("quickstart", include_str!("../cases/language/whole/quickstart.paas")),
    ("lab", include_str!("../cases/language/whole/lab.paas")),
    ("campus-main", include_str!("../cases/language/whole/campus-main.paas")),
    ("campus-catalog", include_str!("../cases/language/whole/campus-catalog.paas")),
    ("campus-types", include_str!("../cases/language/whole/campus-types.paas")),
];

/// A small generator of random numbers: the same seed gives the same numbers everywhere.
pub struct Random(pub u64);

impl Random {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// The text with some places changed, the way a person who is typing changes them.
pub fn mutant(text: &str, random: &mut Random) -> String {
    const PIECES: [&str; 34] = [
        "{", "}", "[", "]", "(", ")", "\"", "'", "\"\"\"", "'''", "\\(", "\\", "\n", " ", ",", "=",
        ":", ";", "#", "//", "/*", "if ", "for ", "match ", "...", "?", ".", "-", "=>", "|", "é",
        "\u{0}", "99x", "\r\n",
    ];
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(4) {
        let at = random.below(letters.len() + 1);
        let end = (at + random.below(12)).min(letters.len());
        match random.below(3) {
            0 => drop(letters.drain(at..end)),
            1 => drop(letters.splice(at..at, PIECES[random.below(PIECES.len())].chars())),
            _ => {
                let from = random.below(letters.len() + 1);
                let copied: Vec<char> = letters[from..].iter().take(40).copied().collect();
                letters.splice(at..end, copied);
            }
        }
    }
    letters.into_iter().collect()
}

/// Every item of a manifest, alone.
pub fn items(text: &str) -> Vec<&str> {
    let (tree, _) = paas::syntax::parse(paas::source::FileId(0), text);
    tree.items.iter().map(|item| &text[item.span.range()]).collect()
}

/// Every run of one to three neighbouring items with their comments, cut out of a manifest.
pub fn pieces(text: &str) -> Vec<&str> {
    let (tree, _) = paas::syntax::parse(paas::source::FileId(0), text);
    let ends: Vec<usize> = tree.items.iter().map(|item| item.span.end as usize).collect();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let runs = starts
        .enumerate()
        .flat_map(|(index, start)| ends[index..].iter().take(3).map(move |end| &text[start..*end]));
    runs.collect()
}
