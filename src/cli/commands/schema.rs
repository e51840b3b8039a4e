//! `paas schema`

use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::{problem, render};

/// Prints a JSON Schema.
pub fn run(terminal: &Terminal, name: &str) -> Result<u8, Stop> {
    match render::json_schema(name) {
        Some(text) => {
            terminal.print(&text);
            Ok(0)
        }
        None => {
            let near = problem::nearest(name, render::json_schemas());
            Err(Stop::one(problem::project::no_such_schema(name, &near), 1))
        }
    }
}
