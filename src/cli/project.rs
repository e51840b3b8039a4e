//! Reads a project: its manifests, its inputs, and what they ask for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::files::Folder;
use crate::cli::imports::Imports;
use crate::cli::options::Inputs;
use crate::cli::repositories::{Locking, Repositories};
use crate::cli::stop::Stop;
use crate::cli::{given, parsing, terminal::Terminal};
use crate::lower::{self, Desired, Given, Known, Library, Trial};
use crate::model::{Address, Hidden};
use crate::problem::{Problem, any_error, project};
use crate::source::Sources;
use crate::state::State;
use crate::store;
use crate::syntax::tree::Tree;

/// A manifest larger than this is none.
const BYTES_MAX: u64 = 64 << 20;

/// A project that was read.
#[derive(Debug)]
pub struct Project {
    /// The folder of its manifest.
    pub folder: PathBuf,
    /// The folder's name.
    pub name: String,
    /// Every file that was read.
    pub sources: Sources,
    /// What it asks for.
    pub desired: Desired,
    /// What is worth knowing about it.
    pub warnings: Vec<Problem>,
    again: Again,
}

/// What it takes to evaluate a project once more, exactly as it was read.
#[derive(Debug)]
struct Again {
    trees: Vec<Tree>,
    library: Library,
    given: Vec<Given>,
    files: Folder,
}

/// What a project asks for, and what is wrong with it.
type Lowered = (Desired, Vec<Problem>);

/// The texts of a project, read once and compiled as often as needed.
pub struct Texts {
    folder: PathBuf,
    trees: Vec<Tree>,
    given: Vec<Given>,
    imports: Imports,
    files: Folder,
    /// What is wrong with the texts.
    problems: Vec<Problem>,
    /// Everything that was named could be read.
    readable: bool,
}

/// Reads a project; any error ends the command, after all of them are known.
pub fn load(inputs: &Inputs) -> Result<Project, Stop> {
    load_with(inputs, Locking::Hold, &text).map(|(project, _)| project)
}

/// The same, with the texts of manifests from somewhere else, and what became of the repositories
/// that its modules come out of.
pub fn load_with(
    inputs: &Inputs,
    locking: Locking,
    text: &dyn Fn(&Path) -> Result<String, String>,
) -> Result<(Project, Repositories), Stop> {
    let (mut texts, mut sources) = Texts::read(inputs, locking, text)?;
    let (desired, problems) = texts.compiled(&mut sources);
    if any_error(&problems) {
        return Err(Stop { problems, sources, exit: 1 });
    }
    let Texts { folder, trees, given, imports, files, .. } = texts;
    let (library, repositories) = (imports.library, imports.repositories);
    let again = Again { trees, library, given, files };
    let whole = std::fs::canonicalize(&folder).unwrap_or_else(|_| folder.clone());
    let name = whole.file_name().map_or("project".into(), |name| name.to_string_lossy());
    let name = name.into_owned();
    let project = Project { name, folder, sources, desired, warnings: problems, again };
    Ok((project, repositories))
}

impl Texts {
    /// Reads the manifests, the values of inputs, and everything that is imported.
    pub fn read(
        inputs: &Inputs,
        locking: Locking,
        text: &dyn Fn(&Path) -> Result<String, String>,
    ) -> Result<(Texts, Sources), Stop> {
        let (folder, files) = manifests(&inputs.path)?;
        let mut sources = Sources::default();
        let (mut read, mut problems) = (Vec::new(), Vec::new());
        for path in files {
            let name = shown(&path);
            match text(&path) {
                Ok(text) => read.push(sources.add(name, text)),
                Err(why) => problems.push(project::unreadable(&name, &why)),
            }
        }
        let mut trees = Vec::with_capacity(read.len());
        for (tree, more) in parsing::trees(&read, &sources) {
            trees.push(tree);
            problems.extend(more);
        }
        let (given, more) = given::read(inputs, &folder, &mut sources);
        problems.extend(more);
        let readable = !problems.iter().any(|problem| problem.labels.is_empty());
        let mut imports = Imports::new(folder.clone(), locking);
        if readable {
            trees = imports.prepare(trees, &mut sources);
        }
        let files = Folder::new(folder.clone());
        Ok((Texts { folder, trees, given, imports, files, problems, readable }, sources))
    }

    /// What the project asks for, and everything that is wrong with it.
    pub fn compiled(&mut self, sources: &mut Sources) -> Lowered {
        let mut problems = std::mem::take(&mut self.problems);
        let mut desired = Desired::default();
        if self.readable {
            let more;
            (desired, more) = self.evaluated(sources, &|it, sources| {
                lower::compile(&it.trees, &it.imports.library, sources, &it.given, &it.files)
            });
            problems.append(&mut self.imports.problems);
            problems.extend(more);
        }
        problems.sort_by_key(|problem| problem.labels.first().map(|label| label.span));
        (desired, problems)
    }

    /// The same for one of its tests; what is wrong with the texts was said before.
    pub fn tried(&mut self, sources: &mut Sources, trial: &Trial<'_>) -> Lowered {
        self.evaluated(sources, &|it, sources| {
            let (library, given) = (&it.imports.library, &it.given);
            lower::tried(&it.trees, library, sources, given, &it.files, trial)
        })
    }

    fn evaluated(
        &mut self,
        sources: &mut Sources,
        evaluate: &dyn Fn(&Texts, &Sources) -> Lowered,
    ) -> Lowered {
        loop {
            let (desired, problems) = evaluate(self, sources);
            if desired.wanted.is_empty() {
                return (desired, problems);
            }
            // Where a module is could only be told by evaluating what was there.
            self.imports.read(&desired.wanted, sources);
        }
    }
}

impl Project {
    /// Where its state is.
    pub fn state_folder(&self, sandbox: bool) -> PathBuf {
        state_folder(&self.folder, sandbox)
    }

    /// What the conditions say that wait for an apply, now that there is this state.
    pub fn settled(&self, state: &State, public: &BTreeMap<String, Hidden>) -> Vec<Problem> {
        let known = |address: &Address, what: &str| state.known(address, what);
        let Again { trees, library, given, files } = &self.again;
        let late = (&self.desired, &known as &Known<'_>, public);
        let mut problems = lower::settled(trees, library, &self.sources, given, files, late);
        // Of some instances it was known before.
        problems.retain(|problem| !self.warnings.contains(problem));
        problems
    }

    /// Tells what is worth knowing about it.
    pub fn warn(&self, terminal: &Terminal) {
        terminal.problems(&self.warnings, &self.sources);
    }
}

/// Where the state of the project in `folder` is; the sandbox has one of its own.
pub fn state_folder(folder: &Path, sandbox: bool) -> PathBuf {
    let state = folder.strip_prefix(".").unwrap_or(folder).join(store::FOLDER);
    if sandbox { state.join("sandbox") } else { state }
}

/// The folder of a project and its manifests, sorted.
pub fn manifests(path: &Path) -> Result<(PathBuf, Vec<PathBuf>), Stop> {
    if path.is_file() {
        if path.extension().is_none_or(|end| end != "paas") {
            return Err(Stop::one(project::not_a_manifest(&shown(path)), 1));
        }
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        return Ok((folder, vec![path.to_path_buf()]));
    }
    let entries = std::fs::read_dir(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Stop::one(project::no_such_path(&shown(path)), 1),
        _ => Stop::one(project::unreadable(&shown(path), &told(&error)), 1),
    })?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "paas"))
        .collect();
    files.sort();
    match files.is_empty() {
        true => Err(Stop::one(project::no_manifest(&shown(path)), 1)),
        false => Ok((path.to_path_buf(), files)),
    }
}

/// The text of a manifest.
pub fn text(path: &Path) -> Result<String, String> {
    let about = std::fs::metadata(path).map_err(|error| told(&error))?;
    if !about.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if about.len() > BYTES_MAX {
        return Err(format!("it is larger than {} MiB", BYTES_MAX >> 20));
    }
    let bytes = std::fs::read(path).map_err(|error| told(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is not text in UTF-8")
    })
}

/// What the system says, without its error number.
pub fn told(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// A path as the user would write it.
pub fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    match path.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => path.display().to_string(),
    }
}
