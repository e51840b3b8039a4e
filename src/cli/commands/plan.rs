//! `paas plan`

use std::path::PathBuf;

use crate::cli::options::{Format, Inputs, Planning};
use crate::cli::project::{Project, shown};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::cli::{pipeline, saved};
use crate::lower::Checked;
use crate::plan::{Plan, What};
use crate::problem::Level;
use crate::render::{self, Check, Context, Density, Verdict};
use crate::state::Verb;

/// How a plan is shown and kept.
#[derive(Clone, Debug)]
pub struct How {
    /// For whom.
    pub format: Format,
    /// Where it is saved.
    pub out: Option<PathBuf>,
    /// The exit code tells whether there are changes.
    pub exit_code: bool,
    /// One line a resource.
    pub summary: bool,
    /// Everything.
    pub full: bool,
}

/// Plans, shows the plan, and saves it if asked to.
pub async fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    planning: &Planning,
    how: &How,
    sandbox: bool,
) -> Result<u8, Stop> {
    let (project, mut ground) = pipeline::load_with_ground(terminal, inputs, sandbox)?;
    let (_, seen) = pipeline::secrets(terminal, &project, &mut ground, sandbox).await?;
    let plan = pipeline::plan(&project, &project.desired, &ground, planning, seen).await?;
    let mut context = context(&project, inputs, sandbox);
    context.density = match (how.summary, how.full) {
        (true, _) => Density::Summary,
        (_, true) => Density::Full,
        (false, false) => Density::Normal,
    };
    if how.out.is_none() {
        ground.world.discard_plans();
    }
    if let Some(path) = &how.out {
        let sum = saved::write(path, inputs, &plan, sandbox)?;
        context.saved = Some(format!("{} (sha256 {})", shown(path), &sum[..12]));
    }
    terminal.print(&match how.format {
        Format::Human => render::terminal(&plan, &context, terminal.out),
        Format::Json => render::json(&plan, &context),
        Format::Markdown => render::markdown(&plan, &context),
    });
    Ok(exit_code(&plan, how.exit_code))
}

/// What a plan does not know about itself.
pub fn context(project: &Project, inputs: &Inputs, sandbox: bool) -> Context {
    let check = |said: &Checked| Check {
        name: said.name.clone(),
        verdict: match (&said.unmet, said.level, said.late) {
            (None, _, false) => Verdict::Passed,
            (None, _, true) => Verdict::Later,
            (Some(_), Level::Warning, _) => Verdict::Warning,
            (Some(_), Level::Error, _) => Verdict::Failed,
        },
        address: said.about.clone(),
        message: said.unmet.clone().unwrap_or_default(),
        at: project.sources.line_of(said.span),
    };
    let checks = project.desired.checks.iter().map(check).collect();
    let (project, environment) = (project.name.clone(), inputs.env.clone());
    Context { project, environment, sandbox, checks, ..Context::default() }
}

fn exit_code(plan: &Plan, asked: bool) -> u8 {
    let destroys = plan.changes.iter().any(|change| {
        let goes = matches!(change.impact.what, What::Replace | What::Remove | What::DataLoss);
        goes || change.verb == Verb::Delete
    });
    let empty = plan.changes.is_empty() && plan.relocation.is_none();
    match (plan.blocked.is_empty(), asked, empty) {
        (false, _, _) => 4,
        (true, true, false) => {
            if destroys {
                3
            } else {
                2
            }
        }
        (true, _, _) => 0,
    }
}
