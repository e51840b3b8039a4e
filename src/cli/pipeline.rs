//! The straight line that plan, apply, drift and destroy share: look, then plan.

use std::path::Path;

use crate::apply;
use crate::cli::options::{Inputs, Planning};
use crate::cli::project::{self, Project};
use crate::cli::secrets::Secrets;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::cli::world::{Chosen, refused};
use crate::drivers::places::Places;
use crate::drivers::{Fault, Real};
use crate::kinds;
use crate::lower::{Desired, Intent};
use crate::model::Address;
use crate::plan::{self, Plan, SecretsSeen, Seen};
use crate::problem::state::of_another_version;
use crate::problem::{self, Problem};
use crate::sandbox::Sandbox;
use crate::source::Span;
use crate::state::State;
use crate::store::{self, Refused};

/// What a project stands on, as it was found: nothing is locked, and nothing is made.
pub struct Ground {
    /// What was made.
    pub state: State,
    /// The world, to look at.
    pub world: Chosen,
}

/// Reads a project, and meanwhile its state and its sandbox; tells what is worth knowing.
pub fn load_with_ground(
    terminal: &Terminal,
    inputs: &Inputs,
    sandbox: bool,
) -> Result<(Project, Ground), Stop> {
    let (folder, _) = project::manifests(&inputs.path)?;
    let folder = project::state_folder(&folder, sandbox);
    let beside = std::thread::spawn(move || {
        let state = state(&folder)?;
        let world = sandbox.then(|| Sandbox::view(&folder)).transpose().map_err(refused)?;
        Ok::<_, Stop>((state, world))
    });
    let project = project::load(inputs)?;
    let ((state, note), world) = beside.join().expect("reading does not panic")?;
    project.warn(terminal);
    terminal.problems(note.as_slice(), &project.sources);
    let idle = plan::idle(&project.desired, &state);
    terminal.problems(&problem::without_allowed(idle, &project.sources), &project.sources);
    let world = match world {
        Some(sandbox) => Chosen::to_look(sandbox, &project.desired),
        None => {
            let own = project.state_folder(false);
            let places = Places::of(&project.folder, &own, &project.desired, &state);
            Chosen::Real(Real::new(places))
        }
    };
    Ok((project, Ground { state, world }))
}

/// The state in a folder, and what to know about how it was found.
pub fn state(folder: &Path) -> Result<(State, Option<Problem>), Stop> {
    let loaded = store::read(folder)?;
    let (state, recovered) =
        loaded.map_or_else(Default::default, |loaded| (loaded.state, loaded.recovered));
    for (id, record) in &state.records {
        let read = |intent: &Intent| match kinds::find(id.address.kind()) {
            Some(kind) => kind.reads(&intent.spec),
            None => Err(format!("`{}` is no kind", id.address.kind())),
        };
        record.possible().try_for_each(read).map_err(|why| {
            let problem = of_another_version(folder, id.address.as_str(), &why);
            Stop::one(problem, Refused::UNREADABLE)
        })?;
    }
    Ok((state, recovered))
}

/// The secrets of a project without which its platform cannot be looked at; from then on it can.
pub async fn open(project: &Project, ground: &mut Ground, sandbox: bool) -> Result<Secrets, Stop> {
    let mut secrets = Secrets::of(project, &project.desired.secrets, sandbox);
    secrets.open_platform(&ground.state).await?;
    if !sandbox {
        let own = project.state_folder(false);
        let places = Places::of(&project.folder, &own, &project.desired, &ground.state);
        ground.world = Chosen::Real(Real::new(places.with_secrets(secrets.known())));
    }
    Ok(secrets)
}

/// The secrets of a project, and what is known of them.
pub async fn secrets(
    terminal: &Terminal,
    project: &Project,
    ground: &mut Ground,
    sandbox: bool,
) -> Result<(Secrets, SecretsSeen), Stop> {
    let mut secrets = open(project, ground, sandbox).await?;
    let seen = secrets.observe(&ground.state, terminal).await?;
    Ok((secrets, seen))
}

/// Looks at the world and plans; `desired` is the project's, or nothing at all to destroy it.
pub async fn plan(
    project: &Project,
    desired: &Desired,
    ground: &Ground,
    planning: &Planning,
    secrets: SecretsSeen,
) -> Result<Plan, Stop> {
    let world = &ground.world;
    let moving = plan::moving(desired, &ground.state);
    let state = &moving.state;
    let mut seen = apply::observe(world, state, desired).await.map_err(|(address, fault)| {
        let (Fault::Refused(why) | Fault::Unknown(why)) = fault;
        Stop::one(problem::project::cannot_look(address.as_str(), &why), 1)
    })?;
    seen.secrets = secrets;
    tracing::info!(objects = seen.objects.len(), clusters = seen.clusters.len(), "looked");
    let place = |span: Span| project.sources.line_of(span);
    let bare = plan::Inputs { desired, state, seen: &Seen::default(), place: &place };
    let seen = apply::ask_modules(world, bare, seen).await;
    let inputs = plan::Inputs { desired, state, seen: &seen, place: &place };
    let mut plan = plan::plan(inputs);
    plan.moves = moving.moves;
    plan.blocked.splice(0..0, moving.blocked);
    tracing::info!(changes = plan.changes.len(), unchanged = plan.unchanged, "planned");
    if !planning.target.is_empty() {
        let targets = targets(planning, desired, state)?;
        plan = plan::only(plan, &targets);
    }
    plan.blocked.extend(plan::too_much(desired.settings.max_destroy, &plan));
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
