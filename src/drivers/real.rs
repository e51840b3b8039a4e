//! The real world. Its drivers come one by one; what none of them can do is refused, never
//! reported as done.

use crate::drivers::{Fault, World};
use crate::model::{Answer, Effect, Outcome, Question, Step};

/// Real clusters and machines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Real;

impl World for Real {
    async fn look(&self, questions: &[Question]) -> Vec<Result<Answer, Fault>> {
        let refuse = |question: &Question| match question {
            Question::Cluster(cluster) => Err(unsupported(&format!("looking at {cluster}"))),
            Question::Machine { machine, .. } => {
                Err(unsupported(&format!("looking at {}", machine.address())))
            }
        };
        questions.iter().map(refuse).collect()
    }

    async fn perform(&self, step: &Step) -> Result<Outcome, Fault> {
        let what = match &step.effect {
            Effect::Call(call) => format!("calling `{}`", call.path),
            Effect::Run(command) => {
                let program = command.argv.first().map(ToString::to_string);
                format!("running `{}`", program.unwrap_or_default())
            }
            Effect::Write(file) => format!("writing `{}`", file.path),
            Effect::Wait(_) => "waiting".to_owned(),
        };
        Err(unsupported(&what))
    }
}

fn unsupported(what: &str) -> Fault {
    Fault::Refused(format!("not supported yet: {what} on a real platform"))
}
