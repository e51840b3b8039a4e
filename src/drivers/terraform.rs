//! Terraform, or OpenTofu, as the program that is installed: plans that are kept for the step that
//! applies them, and outputs. Its state stays its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value as Json;

use crate::drivers::places::Places;
use crate::drivers::{Fault, machine};
use crate::lower::functions::in_range;
use crate::model::{Call, InnerAction, InnerChange, Method, Module, ModuleSeen, Outcome};
use crate::model::{Text, Value, digest};

/// The programs that are looked for when the manifest names none.
const PROGRAMS: [&str; 2] = ["terraform", "tofu"];

/// What every command that reads or writes has behind its name.
const COMMON: [&str; 2] = ["-input=false", "-no-color"];

/// How long somebody else's command is waited for.
const LOCK: &str = "-lock-timeout=10s";

/// So much of a message of Terraform is told.
const TOLD_MAX: usize = 400;

/// A shorter secret may stand in any text by chance.
const SECRET_MIN: usize = 5;

/// Everything that was asked of Terraform in one run.
#[derive(Default)]
pub(super) struct Terraform {
    /// The folders that are ready; two commands may not make one ready at once.
    ready: tokio::sync::Mutex<BTreeSet<PathBuf>>,
    /// The plans that were kept.
    kept: std::sync::Mutex<Vec<PathBuf>>,
}

/// What a command has left.
struct Ran {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

/// A module, and where its plans and its program's data are.
struct Here<'a> {
    places: &'a Places,
    module: &'a Module,
    program: PathBuf,
    source: PathBuf,
    folder: PathBuf,
}

impl Terraform {
    /// What Terraform would do with a module.
    pub(super) async fn look(&self, places: &Places, module: &Module) -> Result<ModuleSeen, Fault> {
        let here = Here::of(places, module).map_err(Fault::Refused)?;
        self.ready(&here).await?;
        let file = here.folder.join("new.tfplan");
        let vars = here.vars(&module.vars)?;
        let mut words = vec!["plan".to_owned(), "-detailed-exitcode".to_owned(), LOCK.to_owned()];
        words.extend([format!("-var-file={}", vars.path().display())]);
        words.push(format!("-out={}", file.display()));
        words.extend(module.targets.iter().map(|it| format!("-target={it}")));
        words.extend(module.destroys.then(|| "-destroy".to_owned()));
        let ran = here.run(&words).await?;
        drop(vars);
        if !matches!(ran.code, Some(0 | 2)) {
            return Err(Fault::Refused(here.told(&ran)));
        }
        let failed = |error: std::io::Error| Fault::Refused(format!("its plan: {error}"));
        owners_only(&file).map_err(failed)?;
        let words = ["show".to_owned(), "-json".to_owned(), file.display().to_string()];
        let shown = here.run(&words).await?;
        let json: Json = serde_json::from_slice(&shown.stdout)
            .map_err(|error| Fault::Refused(format!("its plan cannot be read: {error}")))?;
        let plan = digest(&std::fs::read(&file).map_err(failed)?);
        let kept = here.plan(&plan);
        std::fs::rename(&file, &kept).map_err(failed)?;
        if let Ok(mut all) = self.kept.lock() {
            all.push(kept);
        }
        let changes = changes(&json, &here);
        let known = if module.destroys { BTreeMap::new() } else { planned_outputs(&json) };
        let outputs = here.checked(&known)?;
        Ok(ModuleSeen { plan, changes, outputs })
    }

    /// Applies the plan that a step names, or plans and applies where that had to wait.
    pub(super) async fn perform(&self, places: &Places, call: &Call) -> Result<Outcome, Fault> {
        let started = Instant::now();
        let text = |name: &str| call.body.get(name).map(ToString::to_string);
        let module: Module = serde_json::from_str(&text("module").unwrap_or_default())
            .map_err(|error| Fault::Refused(error.to_string()))?;
        let here = Here::of(places, &module).map_err(Fault::Refused)?;
        let destroys = call.method == Method::Delete;
        self.ready(&here).await?;
        let word = if destroys { "destroy" } else { "apply" };
        let ran = match text("plan") {
            Some(plan) => {
                let file = here.plan(&plan);
                let there = std::fs::read(&file).is_ok_and(|bytes| digest(&bytes) == plan);
                if !there {
                    let why = "the plan that Terraform has saved is gone; plan again";
                    return Err(Fault::Refused(why.to_owned()));
                }
                let words = ["apply".to_owned(), LOCK.to_owned(), file.display().to_string()];
                here.run(&words).await?
            }
            None => {
                let vars = here.vars(call.body.get("vars").unwrap_or(&Text::default()))?;
                let mut words = vec![word.to_owned(), "-auto-approve".to_owned(), LOCK.to_owned()];
                words.push(format!("-var-file={}", vars.path().display()));
                words.extend(module.targets.iter().map(|it| format!("-target={it}")));
                here.run(&words).await?
            }
        };
        if ran.code != Some(0) {
            let told = here.told(&ran);
            let untouched = ["Saved plan is stale", "acquiring the state lock", "(lock "];
            return Err(match untouched.iter().any(|it| told.contains(it)) {
                true => Fault::Refused(told),
                false => Fault::Unknown(format!("terraform {word}: {told}")),
            });
        }
        here.forget(destroys);
        let facts = match destroys {
            true => BTreeMap::new(),
            false => here.outputs().await?,
        };
        let took_ms = machine::millis(started.elapsed());
        Ok(Outcome { facts, took_ms, ..Outcome::default() })
    }

    /// Removes the plans that nobody has saved.
    pub(super) fn discard_plans(&self) {
        let kept = self.kept.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default();
        for file in kept {
            // Whoever applied it has removed it already.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Makes sure that the program may be used and that the folder is initialized.
    async fn ready(&self, here: &Here<'_>) -> Result<(), Fault> {
        let mut ready = self.ready.lock().await;
        if ready.contains(&here.folder) {
            return Ok(());
        }
        let made = std::fs::create_dir_all(&here.folder).and_then(|()| owners_only(&here.folder));
        made.map_err(|error| Fault::Refused(format!("{}: {error}", here.folder.display())))?;
        here.check_version().await?;
        let ran = here.run(&["init".to_owned()]).await?;
        if ran.code != Some(0) {
            return Err(Fault::Refused(here.told(&ran)));
        }
        ready.insert(here.folder.clone());
        Ok(())
    }
}

impl<'a> Here<'a> {
    fn of(places: &'a Places, module: &'a Module) -> Result<Here<'a>, String> {
        let program = match &module.program {
            Some(name) if name.contains('/') => Some(places.path(name)),
            Some(name) => on_path(name),
            None => PROGRAMS.into_iter().find_map(on_path),
        };
        let missing = || match &module.program {
            Some(name) => format!("there is no program `{name}`"),
            None => "neither `terraform` nor `tofu` is installed".to_owned(),
        };
        let program = program.ok_or_else(missing)?;
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        let name = format!("{}.{}", module.object.slug(), module.object.generation);
        let folder = absolute(places.folder_of_state().join("terraform").join(name));
        let source = absolute(places.path(&module.source));
        Ok(Here { places, module, program: absolute(program), source, folder })
    }

    fn plan(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.tfplan"))
    }

    /// The variables in a file that only its owner can read, and that is gone with the value.
    fn vars(&self, vars: &Text) -> Result<tempfile::NamedTempFile, Fault> {
        let text = self.places.filled(vars).map_err(Fault::Refused)?;
        let written = || -> std::io::Result<tempfile::NamedTempFile> {
            let mut builder = tempfile::Builder::new();
            let mut file =
                builder.prefix("vars").suffix(".tfvars.json").tempfile_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            Ok(file)
        };
        written().map_err(|error| Fault::Refused(format!("its variables: {error}")))
    }

    /// Runs the program to its end: it is not stopped when we are, it may be at work.
    async fn run(&self, words: &[String]) -> Result<Ran, Fault> {
        let (command, rest) = words.split_first().map_or(("", words), |(it, rest)| (it, rest));
        let mut program = tokio::process::Command::new(&self.program);
        program.arg(format!("-chdir={}", self.source.display())).arg(command);
        match command {
            "version" => program.arg("-json"),
            "output" => program.args(["-no-color", "-json"]),
            "show" => program.arg("-no-color"),
            _ => program.args(COMMON),
        };
        program.args(rest).env("TF_DATA_DIR", self.folder.join("data"));
        program.envs([("TF_IN_AUTOMATION", "1"), ("CHECKPOINT_DISABLE", "1")]);
        match &self.module.workspace {
            Some(workspace) if !matches!(command, "init" | "version") => {
                program.env("TF_WORKSPACE", workspace);
            }
            Some(_) | None => drop(program.env_remove("TF_WORKSPACE")),
        }
        // It goes on when we are killed, and nobody would read a pipe then.
        let [stdout, stderr] = [(); 2].map(|()| tempfile::tempfile_in(&self.folder));
        let failed = |error: std::io::Error| Fault::Refused(error.to_string());
        let (mut stdout, mut stderr) = (stdout.map_err(failed)?, stderr.map_err(failed)?);
        program.stdin(Stdio::null());
        program.stdout(stdout.try_clone().map_err(failed)?);
        program.stderr(stderr.try_clone().map_err(failed)?);
        // Ctrl-C is for us: it lets what runs end.
        program.process_group(0);
        let spawned = program.spawn().map_err(|error| {
            Fault::Refused(format!("`{}` cannot be run: {error}", self.program.display()))
        });
        let unknown = |error: std::io::Error| Fault::Unknown(error.to_string());
        let status = spawned?.wait().await.map_err(unknown)?;
        let stderr = written(&mut stderr).map_err(unknown)?;
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Ok(Ran { code: status.code(), stdout: written(&mut stdout).map_err(unknown)?, stderr })
    }

    async fn check_version(&self) -> Result<(), Fault> {
        let Some(wanted) = &self.module.version else { return Ok(()) };
        let ran = self.run(&["version".to_owned()]).await?;
        let json: Json = serde_json::from_slice(&ran.stdout).unwrap_or_default();
        let found = json["terraform_version"].as_str().unwrap_or("of no version");
        match in_range(found, wanted) {
            Some(true) => Ok(()),
            Some(false) | None => {
                let program = self.program.display();
                Err(Fault::Refused(format!("`{program}` is {found}, and `{wanted}` is asked for")))
            }
        }
    }

    /// The outputs after an apply.
    async fn outputs(&self) -> Result<BTreeMap<String, Value>, Fault> {
        if self.module.outputs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ran = self.run(&["output".to_owned()]).await?;
        let json: Json = serde_json::from_slice(&ran.stdout).unwrap_or_default();
        if ran.code != Some(0) {
            return Err(Fault::Unknown(self.told(&ran)));
        }
        let known = outputs(&json);
        let unknown = |fault| match fault {
            Fault::Refused(why) | Fault::Unknown(why) => Fault::Unknown(why),
        };
        let mut checked = self.checked(&known).map_err(unknown)?;
        for (name, ty) in &self.module.outputs {
            if !checked.contains_key(name) {
                let null = Value::Null;
                if ty.misfit(&null, name).is_some() {
                    return Err(Fault::Unknown(format!("it tells no output `{name}`")));
                }
                checked.insert(name.clone(), null);
            }
        }
        Ok(checked)
    }

    /// The outputs that the manifest reads: each is of its type, and has no secret in it.
    fn checked(&self, known: &BTreeMap<String, Told>) -> Result<BTreeMap<String, Value>, Fault> {
        let mut all = BTreeMap::new();
        for (name, ty) in &self.module.outputs {
            let value = match known.get(name) {
                None => continue,
                Some(Told::Sensitive) => {
                    let why = format!("its output `{name}` is sensitive, and cannot be read here");
                    return Err(Fault::Refused(why));
                }
                Some(Told::Value(value)) => value,
            };
            if let Some((path, expected)) = ty.misfit(value, name) {
                let why = format!("its output `{path}` is not of the type `{expected}`");
                return Err(Fault::Refused(why));
            }
            if let Some(secret) = self.secret_in(&value.to_string()) {
                let why = format!(
                    "its output `{name}` has the value of `{secret}` in it: say `sensitive = true` \
                     there, and read it from elsewhere"
                );
                return Err(Fault::Refused(why));
            }
            all.insert(name.clone(), value.clone());
        }
        Ok(all)
    }

    fn secret_in(&self, text: &str) -> Option<&str> {
        let mut all = self.places.secrets();
        all.find_map(|(name, value)| {
            let value = value.expose();
            let written = serde_json::Value::from(value).to_string();
            let inner = &written[1..written.len() - 1];
            (value.len() >= SECRET_MIN && text.contains(inner)).then_some(name)
        })
    }

    /// The first thing that it says is wrong, in one line and without secrets.
    fn told(&self, ran: &Ran) -> String {
        let text = if ran.stderr.trim().is_empty() {
            String::from_utf8_lossy(&ran.stdout).into_owned()
        } else {
            ran.stderr.clone()
        };
        let bare = |line: &'_ str| {
            line.trim_matches(|c: char| c.is_whitespace() || "│╷╵".contains(c)).to_owned()
        };
        let lines: Vec<String> = text.lines().map(bare).collect();
        let start = lines.iter().position(|line| line.starts_with("Error:")).unwrap_or(0);
        let lines = lines[start..].iter().filter(|line| !line.is_empty());
        let rest: Vec<&str> = lines.clone().map(String::as_str).take(6).collect();
        let mut told = rest.join(" ").trim_start_matches("Error: ").to_owned();
        for (name, value) in self.places.secrets() {
            if value.expose().len() >= SECRET_MIN {
                told = told.replace(value.expose(), &format!("«{name}»"));
            }
        }
        if let Some((end, _)) = told.char_indices().nth(TOLD_MAX) {
            told.truncate(end);
            told.push('…');
        }
        if told.is_empty() {
            told = match ran.code {
                Some(code) => format!("it ended with {code} and said nothing"),
                None => "it was stopped".to_owned(),
            };
        }
        let locked = text.contains("state lock") || text.contains("state blob is already locked");
        let id = lines.clone().find_map(|line| line.strip_prefix("ID:")).map(str::trim);
        match id.filter(|_| locked) {
            Some(id) => format!("its state is locked by somebody else (lock {id})"),
            None => told,
        }
    }

    /// Removes plans that can never be applied any more, or everything that was kept.
    fn forget(&self, everything: bool) {
        if everything {
            let _ = std::fs::remove_dir_all(&self.folder);
            return;
        }
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|it| it == "tfplan") {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// What an output is.
enum Told {
    Sensitive,
    Value(Value),
}

/// `terraform output -json`
fn outputs(json: &Json) -> BTreeMap<String, Told> {
    let all = json.as_object().into_iter().flatten();
    let one = |(name, output): (&String, &Json)| {
        let told = match output["sensitive"].as_bool() {
            Some(true) => Told::Sensitive,
            Some(false) | None => Told::Value(Value::from(output["value"].clone())),
        };
        (name.clone(), told)
    };
    all.map(one).collect()
}

/// The outputs of a plan whose values are known before it is applied.
fn planned_outputs(json: &Json) -> BTreeMap<String, Told> {
    let changes = &json["output_changes"];
    let mut all = outputs(&json["planned_values"]["outputs"]);
    all.retain(|name, told| {
        matches!(told, Told::Sensitive) || is_known(&changes[name.as_str()]["after_unknown"])
    });
    all
}

/// Whether nothing in a value is known only later.
fn is_known(unknown: &Json) -> bool {
    match unknown {
        Json::Bool(unknown) => !unknown,
        Json::Array(list) => list.iter().all(is_known),
        Json::Object(map) => map.values().all(is_known),
        Json::Null | Json::Number(_) | Json::String(_) => true,
    }
}

/// What changes, without values.
fn changes(json: &Json, here: &Here<'_>) -> Vec<InnerChange> {
    let change = |address: String, change: &Json| {
        let action = action(&change["actions"])?;
        let fields = match action {
            InnerAction::Update | InnerAction::Replace => differing(change),
            InnerAction::Create | InnerAction::Delete => Vec::new(),
            InnerAction::Forget | InnerAction::Read => Vec::new(),
        };
        // A key may follow from a variable.
        let address = match here.secret_in(&address) {
            Some(name) => format!("{}[«{name}»]", address.split('[').next().unwrap_or_default()),
            None => address,
        };
        Some(InnerChange { address, action, fields })
    };
    let resources = json["resource_changes"].as_array().into_iter().flatten();
    let resources = resources.filter_map(|it| {
        change(it["address"].as_str().unwrap_or_default().to_owned(), &it["change"])
    });
    let outputs = json["output_changes"].as_object().into_iter().flatten();
    let outputs = outputs.filter_map(|(name, it)| change(format!("output.{name}"), it));
    resources.chain(outputs).collect()
}

/// What Terraform's words for a change come to; nothing if nothing happens.
fn action(actions: &Json) -> Option<InnerAction> {
    let words = actions.as_array()?.iter().filter_map(Json::as_str).collect::<Vec<_>>();
    Some(match words.as_slice() {
        ["create"] => InnerAction::Create,
        ["read"] => InnerAction::Read,
        ["update"] => InnerAction::Update,
        ["delete"] => InnerAction::Delete,
        ["forget"] => InnerAction::Forget,
        ["delete", "create"] | ["create", "delete"] | ["create", "forget"] => InnerAction::Replace,
        _ => return None,
    })
}

/// The names of the attributes that differ.
fn differing(change: &Json) -> Vec<String> {
    let (before, after) = (&change["before"], &change["after"]);
    let names: BTreeSet<&String> = [before, after, &change["after_unknown"]]
        .into_iter()
        .filter_map(Json::as_object)
        .flat_map(serde_json::Map::keys)
        .collect();
    let differs = |name: &&&String| {
        let name = name.as_str();
        before[name] != after[name] || !is_known(&change["after_unknown"][name])
    };
    names.iter().filter(differs).map(|name| (*name).clone()).collect()
}

/// Everything that was written into a file.
fn written(file: &mut std::fs::File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Nobody else may read it.
fn owners_only(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// The program of this name, as a shell would find it.
fn on_path(name: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = std::env::var_os("PATH")?;
    let runs = |file: &PathBuf| {
        let about = std::fs::metadata(file);
        about.is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(runs)
}
