//! `paas update`

use crate::cli::lock::{FILE, Lock};
use crate::cli::options::Inputs;
use crate::cli::project;
use crate::cli::repositories::{Locking, shown};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::problem::project as problem;

/// Moves `paas.lock` to what the repositories have now, and tells what that changed.
pub fn run(terminal: &Terminal, inputs: &Inputs, check: bool) -> Result<u8, Stop> {
    let (project, locks) = project::load_with(inputs, Locking::Move, &project::text)?;
    let (before, after) = (locks.before(), locks.after);
    let said = difference(&before, &after);
    terminal.print(&said);
    if before == after {
        terminal.print("Nothing moved.\n");
        return Ok(0);
    }
    if check {
        return Ok(4);
    }
    after
        .write(&project.folder)
        .map_err(|error| Stop::one(problem::cannot_write(FILE, &project::told(&error)), 1))?;
    let count = after.modules.len();
    terminal.print(&format!("{FILE}: {count} module{}.\n", if count == 1 { "" } else { "s" }));
    Ok(0)
}

/// A line for each repository that moved, came or went.
fn difference(before: &Lock, after: &Lock) -> String {
    let short = |commit: &str| commit.chars().take(12).collect::<String>();
    let mut said = String::new();
    for (repository, pin) in &after.modules {
        let name = shown(repository);
        let line = match before.modules.get(repository) {
            Some(old) if old == pin => continue,
            Some(old) => format!("~ {name}  {} → {}\n", short(&old.commit), short(&pin.commit)),
            None => format!("+ {name}  {}\n", short(&pin.commit)),
        };
        said.push_str(&line);
    }
    for (repository, pin) in &before.modules {
        if !after.modules.contains_key(repository) {
            said.push_str(&format!("- {}  {}\n", shown(repository), short(&pin.commit)));
        }
    }
    said
}
