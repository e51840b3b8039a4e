//! `paas preflight`

use crate::cli::options::{DriftFormat, Inputs};
use crate::cli::pipeline;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::cli::world::Chosen;
use crate::drivers::proxmox::Severity;
use crate::render;

/// Asks clusters and hosts whether they have what the manifest needs, and changes nothing.
pub async fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    format: DriftFormat,
    sandbox: bool,
) -> Result<u8, Stop> {
    let (project, mut ground) = pipeline::load_with_ground(terminal, inputs, sandbox)?;
    pipeline::open(&project, &mut ground, sandbox).await?;
    let found = match &ground.world {
        Chosen::Real(real) => real.preflight(&project.desired).await,
        Chosen::Sandbox(_) => Default::default(),
    };
    let mut rows = Vec::new();
    for (address, findings) in &found {
        for finding in findings {
            rows.push(render::Checked {
                of: address.to_string(),
                severity: match finding.severity {
                    Severity::Fine => "fine",
                    Severity::Warning => "warning",
                    Severity::Error => "error",
                },
                what: finding.what.clone(),
                how: finding.how.clone(),
                help: finding.help.clone(),
            });
        }
    }
    terminal.print(&match format {
        DriftFormat::Human => render::preflight(&rows, terminal.out),
        DriftFormat::Json => render::preflight_json(&rows),
    });
    let worst = found.values().flatten().map(|finding| finding.severity).max();
    Ok(if worst == Some(Severity::Error) { 1 } else { 0 })
}
