//! The documents: references are made from the program, and every example in them is read.

mod examples;
mod lived;
mod references;
mod schemas;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use paas::problem::pages;
use regex::Regex;

/// A file of the repository.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The files below a folder whose name ends so, as paths from the repository's folder.
fn files(folder: &str, end: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let (inner, here): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
        folders.extend(inner);
        let path = |path: PathBuf| path.strip_prefix(root).unwrap().display().to_string();
        found.extend(here.into_iter().map(path).filter(|path| path.ends_with(end)));
    }
    found.sort();
    found
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let made = Regex::new(r#"Problem::(?:error|warning)\(\s*"([PL]\d{4})""#).unwrap();
    let sources = files("src/problem", ".rs");
    let texts: Vec<String> = sources.iter().map(|path| read(path)).collect();
    let codes: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| made.captures_iter(text))
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    assert!(codes.len() > 50, "the problems are made another way now: {codes:?}");
    // And no problem is made anywhere else.
    let elsewhere = Regex::new(r#"code: "[PL]\d{4}""#).unwrap();
    for path in files("src", ".rs") {
        assert!(!elsewhere.is_match(&read(&path)), "{path} makes a problem of its own");
    }
    let listed: Vec<&str> = pages::all().iter().map(|page| page.code).collect();
    assert_eq!(listed, codes.into_iter().collect::<Vec<_>>());
}

#[test]
fn pages_are_short_and_plain() {
    for page in pages::all() {
        let prose = page.text.split("```").next().unwrap();
        let sentences = prose.split(['.', ';']).filter(|part| part.contains(' ')).count();
        assert!((1..=7).contains(&sentences), "{}: {sentences} sentences", page.code);
        assert!(!page.title.ends_with('.') && page.title.len() < 70, "{}", page.code);
        assert!(page.text.ends_with(['.', '`']), "{}", page.code);
    }
}

#[test]
fn explain_prints_the_page_of_a_code() {
    let page = pages::find("p1003").unwrap();
    assert_eq!(page.code, "P1003");
    assert!(pages::find("P0000").is_none());
}

/// The anchors of a page's headings, as they are made for links.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| -> String {
        let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
        let title = line.trim_start_matches('#').trim().to_lowercase();
        title.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#:\s]*)(?:#([^)]*))?\)").unwrap();
    let mut pages = files("docs", ".md");
    let others = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "state/README.md"];
    pages.extend(others.map(str::to_owned));
    for page in pages {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(&page);
        let text = read(&page);
        for found in link.captures_iter(&text) {
            let target = match &found[1] {
                "" => folder.clone(),
                path => folder.parent().unwrap().join(path),
            };
            assert!(target.exists(), "{page} links to {}", &found[1]);
            if let Some(anchor) = found.get(2) {
                let anchors = anchors(&std::fs::read_to_string(&target).unwrap());
                assert!(anchors.contains(anchor.as_str()), "{page} links to {}", &found[0]);
            }
        }
    }
}

/// The texts of the blocks that are fenced with this word.
fn fenced(text: &str, word: &str) -> Vec<String> {
    let begin = format!("```{word}\n");
    let blocks = text.split(&begin).skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_readme_has_two_commands_that_exist() {
    let readme = read("README.md");
    let commands = fenced(&readme, "sh");
    let expected =
        ["cargo run --release -- apply --sandbox --yes examples/quickstart\n", "cargo test\n"];
    assert_eq!(commands, expected, "`.ci/run` takes these two");
    let line = commands[0].trim().strip_prefix("cargo run --release --").unwrap();
    let words = std::iter::once("paas").chain(line.split_whitespace());
    assert!(paas::cli::command().try_get_matches_from(words).is_ok(), "{line}");
}

/// The manifest and the plan in the README are those of the example.
#[test]
fn the_readme_shows_what_is_there() {
    let readme = read("README.md");
    assert!(readme.contains(&read("examples/quickstart/main.paas")));
    let plan = read("tests/cases/examples/quickstart.plan.txt");
    let shown = fenced(&readme, "text").remove(0);
    let missing: Vec<&str> =
        shown.lines().filter(|line| !plan.lines().any(|it| it == *line)).collect();
    assert!(missing.is_empty(), "the plan has another look now: {missing:#?}");
}

/// Every command line in a page is one that the program takes.
#[test]
fn commands_in_documents_exist() {
    let mut count = 0;
    for page in [
        "docs/check-format.md",
        "docs/drift.md",
        "docs/guide.md",
        "docs/modules.md",
        "docs/sandbox.md",
        "docs/state.md",
        "docs/tenants.md",
    ] {
        for block in fenced(&read(page), "console") {
            let lines = block.lines().filter_map(|line| line.strip_prefix("$ "));
            for line in lines.filter(|line| !line.starts_with("export ")) {
                let line = line.split(['#', '>']).next().unwrap().replace('\'', "");
                let at = line.find("paas ").unwrap_or_else(|| panic!("{page}: {line}"));
                // What a pattern of several words is does not matter here.
                let line = line[at..].replace("docker compose up", "docker");
                let taken = paas::cli::command().try_get_matches_from(line.split_whitespace());
                assert!(taken.is_ok(), "{page}: `{line}`: {}", taken.unwrap_err());
                count += 1;
            }
        }
    }
    assert!(count > 15, "only {count} commands");
}
