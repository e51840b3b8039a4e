//! Asks Terraform what it would do, in rounds: a module may need what another one tells.

use crate::drivers::{Fault, World};
use crate::model::{Answer, Module, Question};
use crate::plan::{self, Inputs, Seen};

/// More rounds than this are a circle that the graph did not see.
const ROUNDS_MAX: usize = 64;

/// The same observation with everything that Terraform says about its modules.
pub async fn ask_modules<W: World>(world: &W, inputs: Inputs<'_>, mut seen: Seen) -> Seen {
    for _ in 0..ROUNDS_MAX {
        let asked = plan::questions(Inputs { seen: &seen, ..inputs });
        if asked.is_empty() {
            break;
        }
        let question = |module: &Module| Question::Module(Box::new(module.clone()));
        let questions: Vec<Question> = asked.iter().map(question).collect();
        for (module, answer) in asked.into_iter().zip(world.look(&questions).await) {
            let said = match answer {
                Ok(Answer::Module(seen)) => Ok(seen),
                Ok(Answer::Cluster(_) | Answer::Machine(_)) => Err("it did not answer".to_owned()),
                Err(Fault::Refused(why) | Fault::Unknown(why)) => Err(why),
            };
            seen.answered(inputs.state, module, said);
        }
    }
    seen
}
