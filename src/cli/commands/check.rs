//! `paas check`

use crate::cli::options::Inputs;
use crate::cli::project::load;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;

/// Says everything that is wrong with a project, or how much is right.
pub fn run(terminal: &Terminal, inputs: &Inputs, deny_warnings: bool) -> Result<u8, Stop> {
    let project = load(inputs)?;
    project.warn(terminal);
    let resources = project.desired.resources.len();
    let files = project.sources.files().filter(|(_, source)| source.is_manifest).count();
    let warnings = project.warnings.len();
    let noun = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    terminal.print(&format!(
        "{} in {}, {}\n",
        noun(resources, "resource"),
        noun(files, "file"),
        noun(warnings, "warning"),
    ));
    Ok(if deny_warnings && warnings > 0 { 4 } else { 0 })
}
