//! Plans in files: what `plan --out` writes and `apply FILE` reads.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::options::Inputs;
use crate::cli::project::{Project, shown, told};
use crate::cli::stop::Stop;
use crate::model::digest;
use crate::plan::{Binds, Plan};
use crate::problem::{project, state as problems};
use crate::store::Refused;

/// What a file of this kind says first.
const FORMAT: &str = "paas.saved-plan/1";

/// A plan and everything that is needed to apply it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    format: String,
    /// It was made for the sandbox.
    pub sandbox: bool,
    /// The project's folder, absolute.
    project: PathBuf,
    set: Vec<String>,
    values: Vec<PathBuf>,
    env: Option<String>,
    /// The plan itself.
    pub plan: Plan,
}

/// Writes a plan into a file that only its owner can read, and tells the file's digest.
pub fn write(path: &Path, inputs: &Inputs, plan: &Plan, sandbox: bool) -> Result<String, Stop> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let saved = Saved {
        format: FORMAT.to_owned(),
        sandbox,
        project: absolute(&inputs.path),
        set: inputs.set.clone(),
        values: inputs.values.iter().map(|path| absolute(path)).collect(),
        env: inputs.env.clone(),
        plan: plan.clone(),
    };
    let body = serde_json::to_string(&saved).expect("a plan is JSON");
    let sum = digest(body.as_bytes());
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let written = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{sum}\n{body}")?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|error| Stop::one(project::cannot_write(&shown(path), &told(&error)), 1))?;
    Ok(sum)
}

/// Reads a saved plan.
pub fn read(path: &Path) -> Result<Saved, Stop> {
    let wrong = |why: &str| Stop::one(project::unreadable_plan(&shown(path), why), 1);
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&told(&error)))?;
    let is_sum = |line: &str| line.len() == 64 && line.bytes().all(|it| it.is_ascii_hexdigit());
    let start = text.split_once('\n').filter(|(line, _)| is_sum(line));
    let (sum, body) = start.ok_or_else(|| wrong("it does not begin as one"))?;
    let body = body.strip_suffix('\n').ok_or_else(|| wrong("it is cut off"))?;
    if sum != digest(body.as_bytes()) {
        return Err(wrong("its contents were changed after it was written"));
    }
    let saved: Saved = serde_json::from_str(body).map_err(|error| wrong(&error.to_string()))?;
    match saved.format == FORMAT {
        true => Ok(saved),
        false => Err(wrong(&format!("its format is `{}`, not `{FORMAT}`", saved.format))),
    }
}

impl Saved {
    /// The project and the inputs that it was made with.
    pub fn inputs(&self) -> Inputs {
        Inputs {
            path: self.project.clone(),
            set: self.set.clone(),
            values: self.values.clone(),
            env: self.env.clone(),
        }
    }

    /// Refuses when anything it was made for has moved, and tells what.
    pub fn check(&self, project: &Project, lineage: &str, serial: u64) -> Result<(), Stop> {
        let Binds { config, templates, schema, .. } = &self.plan.against;
        let mut moved: Vec<String> = state_moved(&self.plan, lineage, serial).into_iter().collect();
        let now = &project.desired.templates;
        for (address, version) in now {
            match templates.get(address.as_str()) {
                Some(old) if old == version => (),
                Some(_) => moved.push(format!("`{address}` has another version")),
                None => moved.push(format!("`{address}` is new")),
            }
        }
        for address in templates.keys() {
            if !now.keys().any(|other| other.as_str() == address.as_str()) {
                moved.push(format!("`{address}` is gone"));
            }
        }
        if *config != project.desired.config {
            moved.push("the manifest, an input or a file it reads has changed".to_owned());
        }
        if schema != env!("CARGO_PKG_VERSION") {
            moved.push(format!("it was made by paas {schema}"));
        }
        match moved.is_empty() {
            true => Ok(()),
            false => Err(Stop::one(problems::stale_plan(&moved), Refused::STALE)),
        }
    }
}

/// What has become of the state that a plan was made for, if it is not the same any more.
pub fn state_moved(plan: &Plan, lineage: &str, serial: u64) -> Option<String> {
    let Binds { lineage: made_for, serial: at, .. } = &plan.against;
    if made_for.is_empty() && serial > 0 {
        return Some(format!("the state was made since then, and is at serial {serial}"));
    }
    // The first plan of all is made before there is a state, and for any that is new.
    if made_for != lineage && !(made_for.is_empty() && serial == 0) {
        return Some("the state is another one".to_owned());
    }
    (*at != serial).then(|| format!("the state has gone on from serial {at} to {serial}"))
}

/// What to say when a secret has another value than a plan was made with.
pub fn state_moved_secret(secret: &str) -> String {
    format!("`{secret}` has another value")
}
