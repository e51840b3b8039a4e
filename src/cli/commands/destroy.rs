//! `paas destroy`

use crate::cli::commands::apply::{How, carry_out, command, open};
use crate::cli::options::{Inputs, Planning};
use crate::cli::pipeline;
use crate::cli::project::load;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::cli::world::{Purpose, choose};
use crate::lower::Desired;
use crate::render;

/// Plans and applies that nothing is desired any more.
pub async fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    planning: &Planning,
    how: How,
    sandbox: bool,
) -> Result<u8, Stop> {
    let project = load(inputs)?;
    let mut store = open(terminal, &project, sandbox, "destroy")?;
    let world = choose(&project, sandbox, Purpose::Change)?;
    let nothing = Desired { config: project.desired.config.clone(), ..Desired::default() };
    let state = store.state().clone();
    let plan = pipeline::plan(&project, &nothing, &state, &world, planning).await?;
    let context = super::plan::context(&project, inputs, sandbox);
    terminal.print(&render::terminal(&plan, &context, terminal.out));
    let resume = command("destroy", &project, sandbox);
    carry_out(terminal, &mut store, world, plan, how, resume).await
}
