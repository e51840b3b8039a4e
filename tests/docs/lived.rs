//! Pages that are lived through: from an empty folder, block by block, as a reader would.
//!
//! A `paas` block joins the end of `main.paas`. A block below a line that ends with a file's name
//! and a colon is written to that file. In a `console` block a command is run, and the lines below
//! it are in what it prints, in this order; `…` stands for lines that are not shown.

use regex::Regex;

use super::read;
use crate::support::project::Project;

/// A fenced block: its word, its text, and the last line before it.
pub(super) struct Fenced<'t> {
    pub(super) word: &'t str,
    pub(super) text: &'t str,
    before: &'t str,
}

impl Fenced<'_> {
    /// The file that the line before it names.
    pub(super) fn file(&self) -> Option<String> {
        let file = Regex::new(r"`([\w./-]+\.\w+)`:$").unwrap();
        file.captures(self.before).map(|found| found[1].to_owned())
    }
}

/// The fenced blocks of a page, in order.
pub(super) fn blocks(page: &str) -> Vec<Fenced<'_>> {
    let parts: Vec<&str> = page.split("```").collect();
    let pairs = parts.chunks(2).filter(|pair| pair.len() == 2);
    let fenced = |pair: &[&'_ str]| -> (usize, usize) {
        let start = pair[1].as_ptr() as usize - page.as_ptr() as usize;
        (start, start + pair[1].len())
    };
    let block = |pair: &[&str]| {
        let (start, end) = fenced(pair);
        let (word, text) = page[start..end].split_once('\n').expect("a fence ends its line");
        let before = page[..start - 3].trim_end().lines().last().unwrap_or_default();
        Fenced { word, text, before }
    };
    pairs.map(block).collect()
}

/// Runs the commands of a block; also returns what the last one prints.
pub(super) fn run(page: &str, mut project: Project, text: &str) -> (Project, String) {
    let (mut shown, mut last) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(set) = line.strip_prefix("$ export ") {
            let (name, value) = set.split_once('=').unwrap();
            project = project.with(name, value);
        } else if let Some(path) = line.strip_prefix("$ rm ") {
            std::fs::remove_file(project.path(path)).unwrap();
        } else if let Some(command) = line.strip_prefix("$ paas ") {
            let command = command.split(" #").next().unwrap();
            let run = project.run(command);
            assert!(run.code <= 7, "{page}: {command}: {}\n{}\n{}", run.code, run.out, run.err);
            shown = format!("{}{}", run.out, run.err);
            last.clone_from(&shown);
        } else if !matches!(line, "…" | "") {
            assert!(!line.starts_with("$ "), "{page}: nobody runs `{line}`");
            let found = shown.find(line);
            let at = found.unwrap_or_else(|| panic!("{page}: `{line}` is not below:\n{shown}"));
            shown.drain(..at + line.len());
        }
    }
    (project, last)
}

#[track_caller]
fn live_through(page: &str) {
    let mut project = Project::empty();
    let text = read(page);
    for block in blocks(&text) {
        match (block.word, block.file()) {
            ("console", _) => project = run(page, project, block.text).0,
            (_, Some(path)) => project.write(&path, block.text),
            ("paas", None) => {
                let there = project.path("main.paas").exists();
                let before = match there {
                    true => project.read("main.paas") + "\n",
                    false => String::new(),
                };
                project.write("main.paas", before + block.text);
            }
            _ => (),
        }
    }
    project.fine("check --deny-warnings");
    project.fine("fmt --check");
}

#[test]
fn the_guide_can_be_lived_through() {
    live_through("docs/guide.md");
}

#[test]
fn the_page_about_tenants_can_be_lived_through() {
    live_through("docs/tenants.md");
}

#[test]
fn the_page_about_modules_can_be_lived_through() {
    live_through("docs/modules.md");
}

#[test]
fn the_page_about_drift_can_be_lived_through() {
    live_through("docs/drift.md");
}
