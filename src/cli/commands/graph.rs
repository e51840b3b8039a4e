//! `paas graph`

use crate::cli::options::{GraphFormat, Inputs};
use crate::cli::project::load;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::{plan, render};

/// Shows what waits for what.
pub fn run(terminal: &Terminal, inputs: &Inputs, format: GraphFormat) -> Result<u8, Stop> {
    let project = load(inputs)?;
    let edges = plan::needs_of(&project.desired);
    terminal.print(&match format {
        GraphFormat::Waves => render::graph_waves(&edges, terminal.out),
        GraphFormat::Dot => render::graph_dot(&edges),
    });
    Ok(0)
}
