//! The straight line that plan, apply, drift and destroy share: look, then plan.

use crate::apply;
use crate::cli::options::Planning;
use crate::cli::project::Project;
use crate::cli::stop::Stop;
use crate::drivers::{Fault, World, secrets};
use crate::lower::{Desired, SecretSource};
use crate::model::Address;
use crate::plan::{self, Plan};
use crate::problem::{self, Problem};
use crate::source::Span;
use crate::state::State;
use crate::store;

/// The state as it is, for a command that changes nothing: nothing is locked and nothing is made.
pub fn state(project: &Project, sandbox: bool) -> Result<(State, Option<Problem>), Stop> {
    let loaded = store::read(&project.state_folder(sandbox))?;
    Ok(loaded.map_or_else(Default::default, |loaded| (loaded.state, loaded.recovered)))
}

/// Looks at the world and plans; `desired` is the project's, or nothing at all to destroy it.
pub async fn plan<W: World>(
    project: &Project,
    desired: &Desired,
    state: &State,
    world: &W,
    planning: &Planning,
) -> Result<Plan, Stop> {
    let seen = apply::observe(world, state, desired).await.map_err(|(address, fault)| {
        let (Fault::Refused(why) | Fault::Unknown(why)) = fault;
        Stop::one(problem::project::cannot_look(address.as_str(), &why), 1)
    })?;
    tracing::info!(objects = seen.objects.len(), clusters = seen.clusters.len(), "looked");
    let place = |span: Span| project.sources.line_of(span);
    let inputs = plan::Inputs { desired, state, seen: &seen, place: &place };
    let mut plan = plan::plan(inputs);
    tracing::info!(changes = plan.changes.len(), unchanged = plan.unchanged, "planned");
    if !planning.target.is_empty() {
        let targets = targets(planning, desired, state)?;
        plan = plan::only(plan, &targets);
    }
    if plan.blocked.is_empty() {
        plan::verify(&plan, state).map_err(|why| Stop::one(problem::project::bad_plan(&why), 1))?;
    }
    Ok(plan)
}

/// The addresses behind `--target`; each must name something.
fn targets(planning: &Planning, desired: &Desired, state: &State) -> Result<Vec<Address>, Stop> {
    let known = || desired.resources.keys().chain(state.records.keys().map(|id| &id.address));
    let inside = |target: &Address, it: &Address| {
        let rest = it.as_str().strip_prefix(target.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']))
    };
    let find = |text: &String| {
        let target = Address::parse(text).filter(|target| known().any(|it| inside(target, it)));
        target.ok_or_else(|| {
            let near = problem::nearest(text, known().map(Address::as_str));
            let near: Vec<String> = near.into_iter().map(|it| format!("`{it}`")).collect();
            Stop::one(problem::project::no_such_target(text, &near), 1)
        })
    };
    planning.target.iter().map(find).collect()
}

/// Every secret that will be needed has a value.
pub fn check_secrets(project: &Project, sandbox: bool) -> Result<(), Stop> {
    let needed = project.desired.secrets.iter();
    let needed = needed.filter(|(_, secret)| !sandbox || secret.needed_in_sandbox);
    let missing = needed.filter_map(|(address, secret)| {
        let why = secrets::check(&secret.source, &project.folder).err()?;
        let help = match &secret.source {
            SecretSource::Env(name) => format!("set it: `export {name}=…`"),
            SecretSource::File(path) => format!("write the value into `{path}`"),
            SecretSource::Made => String::new(),
        };
        Some(problem::project::missing_secret(secret.span, address, &why, &help))
    });
    let problems: Vec<Problem> = missing.collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Stop { problems, sources: project.sources.clone(), exit: 1 }),
    }
}
