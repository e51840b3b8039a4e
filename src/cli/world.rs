//! Which world a command works on: the sandbox, or the real one.

use std::collections::BTreeSet;

use crate::cli::project::Project;
use crate::cli::stop::Stop;
use crate::drivers::places::Places;
use crate::drivers::{Fault, Real, World};
use crate::lower::Desired;
use crate::model::{Answer, ClusterSeen, Outcome, Question, Ref, Step};
use crate::problem::project;
use crate::sandbox::{Layout, Sandbox};

/// The world of a command.
pub enum Chosen {
    /// A cluster in memory, kept beside the state.
    Sandbox(Box<Sandbox>),
    /// Real machines.
    Real(Real),
}

impl Chosen {
    /// A sandbox to look at, that was read already.
    pub fn to_look(sandbox: Sandbox, desired: &Desired) -> Chosen {
        sandbox.add(Layout::of(desired)).expect("a copy in memory can be added to");
        Chosen::Sandbox(Box::new(sandbox))
    }

    /// Removes what was kept for an apply that does not come.
    pub fn discard_plans(&self) {
        match self {
            Chosen::Sandbox(_) => (),
            Chosen::Real(real) => real.discard_plans(),
        }
    }

    /// The world to change.
    pub fn to_change(
        project: &Project,
        sandbox: bool,
        places: impl FnOnce() -> Places,
    ) -> Result<Chosen, Stop> {
        if !sandbox {
            return Ok(Chosen::Real(Real::new(places())));
        }
        let folder = project.state_folder(true);
        let sandbox = Sandbox::open(&folder, Layout::of(&project.desired)).map_err(refused)?;
        Ok(Chosen::Sandbox(Box::new(sandbox)))
    }

    /// A cluster, with the configurations of these guests too, whoever looks after them.
    pub async fn look_closely(
        &self,
        cluster: &Ref,
        guests: &BTreeSet<u32>,
    ) -> Result<ClusterSeen, Fault> {
        let questions = [Question::Cluster(cluster.clone())];
        let answer = match self {
            Chosen::Sandbox(sandbox) => sandbox.look(&questions).await.pop(),
            Chosen::Real(real) => return real.look_closely(cluster, guests).await,
        };
        match answer {
            Some(Ok(Answer::Cluster(seen))) => Ok(seen),
            Some(Err(fault)) => Err(fault),
            Some(Ok(Answer::Machine(_) | Answer::Module(_))) | None => {
                Err(Fault::Refused(format!("`{}` is no cluster", cluster.address())))
            }
        }
    }
}

/// The sandbox refuses to be opened.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
pub fn refused(why: String) -> Stop {
    Stop::one(project::sandbox_refuses(&why), 1)
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
