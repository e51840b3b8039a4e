//! Which world a command works on: the sandbox, or the real one.

use crate::cli::project::Project;
use crate::cli::stop::Stop;
use crate::drivers::{Fault, Real, World};
use crate::model::{Answer, Outcome, Question, Step};
use crate::problem::project;
use crate::sandbox::{Layout, Sandbox};

/// The world of a command.
pub enum Chosen {
    /// A cluster in memory, kept beside the state.
    Sandbox(Box<Sandbox>),
    /// Real machines.
    Real(Real),
}

/// What a command does with its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It looks, and touches nothing.
    Look,
    /// It changes things.
    Change,
}

/// The world that a project's command works on.
pub fn choose(project: &Project, sandbox: bool, purpose: Purpose) -> Result<Chosen, Stop> {
    if !sandbox {
        return Ok(Chosen::Real(Real));
    }
    let folder = project.state_folder(true);
    let layout = Layout::of(&project.desired);
    let opened = match purpose {
        Purpose::Look => Sandbox::view(&folder, layout),
        Purpose::Change => Sandbox::open(&folder, layout),
    };
    let refused = |why: String| Stop::one(project::sandbox_refuses(&why), 1);
    opened.map(|sandbox| Chosen::Sandbox(Box::new(sandbox))).map_err(refused)
}

impl World for Chosen {
    async fn look(&self, questions: &[Question]) -> Vec<Result<Answer, Fault>> {
        match self {
            Chosen::Sandbox(sandbox) => sandbox.look(questions).await,
            Chosen::Real(real) => real.look(questions).await,
        }
    }

    async fn perform(&self, step: &Step) -> Result<Outcome, Fault> {
        match self {
            Chosen::Sandbox(sandbox) => sandbox.perform(step).await,
            Chosen::Real(real) => real.perform(step).await,
        }
    }
}
