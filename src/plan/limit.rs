//! How much one apply may destroy.

use crate::plan::{Blocked, Change, Plan};
use crate::problem::change as problem;
use crate::state::Verb;

/// What stands in the way of a plan that destroys more than the project allows.
pub fn too_much(most: Option<u32>, plan: &Plan) -> Option<Blocked> {
    let most = most?;
    let destroyed: Vec<&Change> = plan
        .changes
        .iter()
        .filter(|change| match change.verb {
            Verb::Delete => !change.steps.is_empty(),
            Verb::Create | Verb::Update | Verb::Forget => false,
        })
        .collect();
    let count = u32::try_from(destroyed.len()).unwrap_or(u32::MAX);
    let first = destroyed.first().filter(|_| count > most)?;
    Some(Blocked::by(&problem::too_many_destroyed(count, most), &first.id.address))
}
