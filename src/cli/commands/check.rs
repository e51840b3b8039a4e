//! `paas check`

use std::collections::BTreeSet;

use crate::cli::options::{CheckFormat, Inputs};
use crate::cli::project::load;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::problem::{Problem, json, lines, narrated, sarif};
use crate::source::{Sources, Span};

/// Says everything that is wrong with a project, or how much is right.
pub fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    format: CheckFormat,
    deny_warnings: bool,
) -> Result<u8, Stop> {
    let printed: fn(&[Problem], &Sources) -> String = match format {
        CheckFormat::Human => return for_people(terminal, inputs, deny_warnings),
        CheckFormat::Concise => lines::concise,
        CheckFormat::Json => json::document,
        CheckFormat::Sarif => sarif::document,
        CheckFormat::Github => lines::github,
        CheckFormat::Narrated => narrated::narrated,
    };
    let (problems, sources, exit) = match load(inputs) {
        Ok(project) => {
            let exit = exit(project.warnings.len(), deny_warnings);
            (project.warnings, project.sources, exit)
        }
        Err(stop) => (stop.problems, stop.sources, stop.exit),
    };
    terminal.print(&printed(&problems, &sources));
    Ok(exit)
}

fn for_people(terminal: &Terminal, inputs: &Inputs, deny_warnings: bool) -> Result<u8, Stop> {
    let project = load(inputs)?;
    project.warn(terminal);
    let resources = project.desired.resources.len();
    let files = project.sources.files().filter(|(_, source)| source.is_manifest).count();
    let warnings = project.warnings.len();
    let noun = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    let late: BTreeSet<Span> = project.desired.late.iter().map(|late| late.at).collect();
    let late = match late.len() {
        0 => String::new(),
        1 => "; 1 condition is checked after apply".to_owned(),
        count => format!("; {count} conditions are checked after apply"),
    };
    terminal.print(&format!(
        "{} in {}, {}{late}\n",
        noun(resources, "resource"),
        noun(files, "file"),
        noun(warnings, "warning"),
    ));
    Ok(exit(warnings, deny_warnings))
}

fn exit(warnings: usize, deny_warnings: bool) -> u8 {
    if deny_warnings && warnings > 0 { 4 } else { 0 }
}
