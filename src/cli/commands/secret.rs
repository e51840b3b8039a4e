//! `paas secret`

use std::io::Read as _;

use clap::Subcommand;

use crate::cli::options::Inputs;
use crate::cli::pipeline;
use crate::cli::project::{self, Project};
use crate::cli::secrets::{Secrets, given, now_secs, told};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::drivers::secrets::make;
use crate::lower::Recipe;
use crate::problem::{nearest, secrets as problem, state};
use crate::render;
use crate::state::State;
use crate::store::Store;

/// A longer value is not taken.
const BYTES_MAX: u64 = 1 << 20;

/// What is done with secrets.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List every secret: where it comes from, and how old a generated one is; never a value
    List {
        #[command(flatten)]
        inputs: Inputs,
    },
    /// Make a new value for a generated secret; the next apply sends it to whatever has the old
    /// one
    Rotate {
        /// `secret.db`, or `app.blog/db.main.made_password`
        address: String,
        #[command(flatten)]
        inputs: Inputs,
    },
    /// Take a value from standard input for a generated secret, instead of making one
    Import {
        /// `secret.db`, or `app.blog/db.main.made_password`
        address: String,
        #[command(flatten)]
        inputs: Inputs,
    },
    /// Show the value of a generated secret, to log in with or to keep elsewhere
    Reveal {
        /// `secret.db`, or `app.blog/db.main.made_password`
        address: String,
        /// Show it: the value will stand on the screen, and wherever the output goes
        #[arg(long, short = 'y')]
        yes: bool,
        #[command(flatten)]
        inputs: Inputs,
    },
    /// Make another project key, when the one before is lost or has been seen by others
    ///
    /// Generated secrets are sealed with the new key. If the old one is lost, their values are
    /// lost with it: with `--yes` every one of them is made anew. Those that are kept in a file of
    /// `sops` or `age` or in a Vault need no key. The next apply sends every secret again.
    NewKey {
        /// Give up what the old key sealed, if it is not here
        #[arg(long, short = 'y')]
        yes: bool,
        #[command(flatten)]
        inputs: Inputs,
    },
}

/// Does it.
pub async fn run(terminal: &Terminal, action: &Action, sandbox: bool) -> Result<u8, Stop> {
    let (Action::List { inputs }
    | Action::Rotate { inputs, .. }
    | Action::Import { inputs, .. }
    | Action::Reveal { inputs, .. }
    | Action::NewKey { inputs, .. }) = action;
    let project = project::load(inputs)?;
    project.warn(terminal);
    let mut secrets = Secrets::of(&project, &project.desired.secrets, sandbox);
    if !matches!(action, Action::List { .. }) {
        secrets = secrets.lenient();
    }
    match action {
        Action::List { .. } => {
            let (state, _) = pipeline::state(&project.state_folder(sandbox))?;
            terminal.print(&list(terminal, &project, &mut secrets, &state).await?);
        }
        Action::Reveal { address, yes, .. } => {
            generated(&project, address)?;
            if !yes {
                return Err(Stop::one(problem::reveal_unconfirmed(address), 1));
            }
            let (state, _) = pipeline::state(&project.state_folder(sandbox))?;
            let kept = secrets.kept(&state).await?;
            let entry = kept.and_then(|it| it.get(address));
            let entry = entry.ok_or_else(|| Stop::one(problem::no_value_yet(address), 1))?;
            terminal.print(&format!("{}\n", entry.value.expose()));
        }
        Action::Rotate { address, .. } => {
            let recipe = generated(&project, address)?;
            let value = make(&recipe);
            let version = renew(terminal, &project, &mut secrets, address, value).await?;
            terminal.print(&format!("{address} has its version {version}; apply sends it\n"));
        }
        Action::Import { address, .. } => {
            generated(&project, address)?;
            let value = typed(address)?;
            let version = renew(terminal, &project, &mut secrets, address, value).await?;
            terminal.print(&format!("{address} has its version {version}; apply sends it\n"));
        }
        Action::NewKey { yes, .. } => {
            let folder = project.state_folder(sandbox);
            if pipeline::state(&folder)?.0.lineage.is_empty() {
                return Err(Stop::one(state::no_state(&folder), 1));
            }
            let mut store = Store::open(&folder, "secret new-key")?;
            let said = secrets.new_key(&mut store, *yes, terminal).await?;
            store.close()?;
            terminal.print(&said);
        }
    }
    Ok(0)
}

/// Puts a new value in the place of the one there is.
async fn renew(
    terminal: &Terminal,
    project: &Project,
    secrets: &mut Secrets,
    address: &str,
    value: crate::model::Hidden,
) -> Result<u32, Stop> {
    let mut store = Store::open(&secrets.folder(project), "secret rotate")?;
    secrets.found(&store, terminal).await?;
    let version = secrets.renew(&mut store, address, value, now_secs()).await?;
    store.close()?;
    Ok(version)
}

/// A value as somebody types or pipes it.
fn typed(address: &str) -> Result<crate::model::Hidden, Stop> {
    let refuse = |why: &str| Stop::one(problem::not_imported(address, why), 1);
    let mut text = String::new();
    let read = std::io::stdin().lock().take(BYTES_MAX + 1).read_to_string(&mut text);
    let value = given(text);
    match read {
        Err(_) => Err(refuse("standard input is not text in UTF-8")),
        Ok(count) if count as u64 > BYTES_MAX => Err(refuse("it is longer than 1 MiB")),
        Ok(_) if value.expose().is_empty() => Err(refuse("nothing came on standard input")),
        Ok(_) => Ok(value),
    }
}

/// How a secret is made; one that is not made here is refused.
fn generated(project: &Project, address: &str) -> Result<Recipe, Stop> {
    let all = &project.desired.secrets;
    let Some(item) = all.get(address) else {
        let near = nearest(address, all.keys().map(String::as_str));
        let near: Vec<String> = near.into_iter().map(|it| format!("`{it}`")).collect();
        return Err(Stop::one(problem::no_such_secret(address, &near), 1));
    };
    let recipe = item.source.recipe();
    recipe.ok_or_else(|| Stop::one(problem::not_generated(address, &told(&item.source)), 1))
}

async fn list(
    terminal: &Terminal,
    project: &Project,
    secrets: &mut Secrets,
    state: &State,
) -> Result<String, Stop> {
    let all = &project.desired.secrets;
    if all.is_empty() {
        return Ok("The manifest declares no secret.\n".to_owned());
    }
    let any = all.values().any(|item| item.source.recipe().is_some());
    let kept = if any { secrets.kept(state).await? } else { None };
    let now = now_secs();
    let declared = all.iter().filter(|(_, item)| item.source.bases().is_empty());
    let rows = declared.map(|(address, item)| {
        let entry = kept.and_then(|it| it.get(address));
        let age = match (entry, item.source.recipe()) {
            (Some(entry), _) => {
                let days = now.saturating_sub(entry.made_secs) / 86_400;
                format!("version {}, {days} d old", entry.version)
            }
            (None, Some(_)) => "not made yet".to_owned(),
            (None, None) => String::new(),
        };
        [address.clone(), told(&item.source).replace('`', ""), age]
    });
    let rows: Vec<[String; 3]> = rows.collect();
    Ok(render::secret_list(&rows, terminal.out))
}
