//! The documents: references are made from the program, and every example in them is read.

mod examples;
mod references;

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
    let made = Regex::new(r#"Problem::(?:error|warning)\(\s*"(P\d{4})""#).unwrap();
    let sources = files("src/problem", ".rs");
    let texts: Vec<String> = sources.iter().map(|path| read(path)).collect();
    let codes: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| made.captures_iter(text))
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    assert!(codes.len() > 50, "the problems are made another way now: {codes:?}");
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

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)").unwrap();
    let mut pages = files("docs", ".md");
    pages.extend(["README.md".to_owned(), "CHANGELOG.md".to_owned(), "state/README.md".to_owned()]);
    for page in pages {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(&page);
        for found in link.captures_iter(&read(&page)) {
            let target = folder.parent().unwrap().join(&found[1]);
            assert!(target.exists(), "{page} links to {}", &found[1]);
        }
    }
}
