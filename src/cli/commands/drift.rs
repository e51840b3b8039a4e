//! `paas drift`

use crate::cli::options::{DriftFormat, Inputs, Planning};
use crate::cli::pipeline;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::render;

/// Looks, compares, and tells; it changes nothing.
pub async fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    format: DriftFormat,
    sandbox: bool,
) -> Result<u8, Stop> {
    let (project, mut ground) = pipeline::load_with_ground(terminal, inputs, sandbox)?;
    pipeline::open(&project, &mut ground, sandbox).await?;
    let all = Planning::default();
    let seen = Default::default();
    let plan = pipeline::plan(&project, &project.desired, &ground, &all, seen).await?;
    ground.world.discard_plans();
    let context = super::plan::context(&project, inputs, sandbox);
    terminal.print(&match format {
        DriftFormat::Human => render::drift(&plan, &context, terminal.out),
        DriftFormat::Json => render::drift_json(&plan, &context),
    });
    let any = !plan.drift.is_empty() || !plan.outdated.is_empty() || !plan.unmanaged.is_empty();
    Ok(if any { 2 } else { 0 })
}
