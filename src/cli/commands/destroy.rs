//! `paas destroy`

use crate::cli::commands::apply::{How, Work, carry_out, command};
use crate::cli::options::{Inputs, Planning};
use crate::cli::pipeline;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::lower::Desired;
use crate::plan::Reason;
use crate::{render, store};

/// Plans and applies that nothing is desired any more.
pub async fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    planning: &Planning,
    how: How,
    sandbox: bool,
) -> Result<u8, Stop> {
    let (project, mut ground) = pipeline::load_with_ground(terminal, inputs, sandbox)?;
    store::check_unlocked(&project.state_folder(sandbox))?;
    let mut secrets = pipeline::open(&project, &mut ground, sandbox).await?;
    let nothing = Desired { config: project.desired.config.clone(), ..Desired::default() };
    let seen = Default::default();
    let mut plan = pipeline::plan(&project, &nothing, &ground, planning, seen).await?;
    // The manifest still has it: that is not why it goes.
    let removed = plan.changes.iter_mut().filter(|change| change.because == Reason::Removed);
    removed.for_each(|change| change.because = Reason::Asked);
    if plan.changes.is_empty() && plan.blocked.is_empty() {
        terminal.print(
            "Nothing to destroy.
",
        );
    } else {
        let context = super::plan::context(&project, inputs, sandbox);
        terminal.print(&render::terminal(&plan, &context, terminal.out));
    }
    let resume = command("destroy", inputs, planning, sandbox);
    secrets.require(&plan, &ground.state).await?;
    secrets.forget_declared();
    let work = Work::new(&project, sandbox, plan, &ground.state, resume, "destroy");
    let ended = carry_out(terminal, work, secrets, how).await;
    ground.world.discard_plans();
    ended
}
