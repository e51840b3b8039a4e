//! The secrets of a run: what is known of them while planning, and their values just before they
//! are sent.

mod keeping;
mod planned;
mod relocating;
mod renewing;
mod words;

pub use words::{given, now_secs, told};

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::cli::project::Project;
use crate::cli::saved::state_moved_secret;
use crate::cli::secrets::keeping::Opened;
use crate::cli::secrets::planned::{has_generated, in_places, in_steps, renewal, sent};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::drivers::secrets::{Values, make};
use crate::lower::{Desired, Recipe, SecretItem, SecretSource};
use crate::model::{Hidden, SecretStore};
use crate::plan::{Plan, SecretsSeen, each_secret, moving};
use crate::problem::{Problem, secrets as problem, state::stale_plan};
use crate::source::Sources;
use crate::state::{State, Verb};
use crate::store::{Kept, Owner, Refused, Store};

/// The secrets of one run; each value is read at most once.
pub struct Secrets {
    items: BTreeMap<String, SecretItem>,
    sources: Sources,
    project: PathBuf,
    folder: PathBuf,
    sandbox: bool,
    values: Values,
    /// What is called something else by now; nothing else of the manifest.
    statements: Desired,
    opened: Option<Opened>,
    /// Where the manifest wants generated secrets to be kept.
    wanted_store: SecretStore,
    /// What is missing is no obstacle: somebody is about to mend it.
    lenient: bool,
}

/// Whether somebody would be missed: what is needed to look at a platform, or to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strict {
    /// A key that is not there is told, and the work goes on without.
    No,
    /// It is refused.
    Yes,
}

impl Secrets {
    /// The secrets of a project; `items` is what it has, or nothing when all of it goes.
    pub fn of(project: &Project, items: &BTreeMap<String, SecretItem>, sandbox: bool) -> Secrets {
        Secrets {
            items: items.clone(),
            sources: project.sources.clone(),
            project: project.folder.clone(),
            folder: project.state_folder(sandbox),
            sandbox,
            values: Values::of(&project.folder),
            statements: Desired { moved: project.desired.moved.clone(), ..Desired::default() },
            opened: None,
            wanted_store: project.desired.secret_store.clone(),
            lenient: false,
        }
    }

    /// The same for commands that put in what is missing.
    pub fn lenient(self) -> Secrets {
        Secrets { lenient: true, ..self }
    }

    /// Reads what a platform cannot even be looked at without.
    pub async fn open_platform(&mut self, state: &State) -> Result<(), Stop> {
        let wanted: BTreeSet<String> = match self.sandbox {
            true => BTreeSet::new(),
            false => {
                self.items.iter().filter(|(_, it)| it.opens).map(|(it, _)| it.clone()).collect()
            }
        };
        let kept = |address: &&String| self.items[*address].source.recipe().is_some();
        if wanted.iter().any(|it| kept(&it)) && self.exists(state) {
            // What they are told by somebody who plans for himself was made before.
            self.open(state, Strict::No).await?;
        }
        self.read(&wanted).await;
        let kept = |address: &&String| self.items[*address].source.recipe().is_some();
        let outside: Vec<&String> = wanted.iter().filter(|it| !kept(it)).collect();
        self.all_there(&outside)
    }

    /// What is known of the secrets that were sent before, and what to tell about the others.
    pub async fn observe(
        &mut self,
        state: &State,
        terminal: &Terminal,
    ) -> Result<SecretsSeen, Stop> {
        let sent = sent(&moving(&self.statements, state).state);
        let nothing = sent.is_empty() && !self.exists(state) && !has_generated(state);
        if nothing {
            return Ok(SecretsSeen { versions: Some(BTreeMap::new()), ..SecretsSeen::default() });
        }
        if let Some(why) = self.open(state, Strict::No).await? {
            terminal.problems(&[why], &self.sources);
            return Ok(SecretsSeen::default());
        }
        self.read(&sent).await;
        let mut seen = SecretsSeen::default();
        let mut missing = Vec::new();
        let Some(Opened { key, kept, .. }) = &self.opened else { return Ok(seen) };
        for address in &sent {
            let Some(item) = self.items.get(address) else { continue };
            match self.values.get(address) {
                Some(Ok(value)) => {
                    seen.fingerprints
                        .insert(address.clone(), words::apart(key, address, item, value));
                }
                Some(Err(why)) => missing.push((item.span, address.clone(), why.why.clone())),
                None if item.source.recipe().is_some() => drop(seen.lost.insert(address.clone())),
                None => (),
            }
        }
        let now = now_secs();
        for (address, item) in &self.items {
            let rotate = item.source.recipe().and_then(|recipe| recipe.rotate_ms);
            let made = kept.get(address).map(|entry| entry.made_secs);
            let due = rotate.zip(made).is_some_and(|(rotate, made)| {
                u128::from(now.saturating_sub(made)) * 1_000 >= u128::from(rotate)
            });
            if due {
                seen.due.insert(address.clone());
            }
        }
        let versions = kept.all().map(|(address, entry)| (address.to_owned(), entry.version));
        seen.versions = Some(versions.collect());
        seen.relocation = self.relocation();
        if !missing.is_empty() {
            terminal.problems(&[problem::not_compared(&missing)], &self.sources);
        }
        Ok(seen)
    }

    /// Every value from outside that a plan sends can be had, and so can the key.
    pub async fn require(&mut self, plan: &Plan, state: &State) -> Result<(), Stop> {
        let wanted: BTreeSet<String> = plan.changes.iter().flat_map(in_steps).collect();
        let makes = plan.changes.iter().any(|change| renewal(change).is_some());
        if self.opened.is_none() && (makes || !wanted.is_empty()) {
            self.open(state, Strict::Yes).await?;
        }
        if let Some(relocation) = &plan.relocation {
            self.probe(&relocation.to).await?;
        }
        self.read(&wanted).await;
        let made = |address: &&String| {
            let all = self.with_bases(std::iter::once(*address));
            all.iter()
                .any(|it| self.items.get(it).is_none_or(|item| item.source.recipe().is_some()))
        };
        let outside: Vec<&String> = wanted.iter().filter(|it| !made(it)).collect();
        self.all_there(&outside)?;
        self.all_writable(plan)
    }

    /// The values of secrets that the manifest makes public.
    pub async fn public(
        &mut self,
        state: &State,
        wanted: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Hidden>, Stop> {
        let all = self.with_bases(wanted.iter());
        let made = |it: &String| self.items.get(it).is_some_and(|it| it.source.recipe().is_some());
        if all.iter().any(made) {
            self.open(state, Strict::Yes).await?;
        }
        self.read(wanted).await;
        let (mut known, mut problems) = (BTreeMap::new(), Vec::new());
        for address in wanted {
            let span = self.items.get(address).map(|item| item.span);
            match self.values.get(address) {
                Some(Ok(value)) => drop(known.insert(address.clone(), value.clone())),
                Some(Err(it)) => {
                    problems.push(problem::missing(span, address, &it.why, &it.help));
                }
                None => problems.push(problem::no_value_yet(address)),
            }
        }
        match problems.is_empty() {
            true => Ok(known),
            false => Err(Stop { problems, sources: self.sources.clone(), exit: 1 }),
        }
    }

    /// The values that were read so far, for whoever sends them.
    pub fn known(&self) -> BTreeMap<String, Hidden> {
        self.values.known()
    }

    /// A plan that was saved is still for the values that are sent.
    pub fn check(&self, saved: &Plan, state: &State) -> Result<(), Stop> {
        self.note(&mut saved.clone(), state)
    }

    /// What the manifest declares counts no more: all of it goes.
    pub fn forget_declared(&mut self) {
        self.items.clear();
    }

    /// Makes what has to be made, durable before anything is sent; and notes in the plan what
    /// tells the values apart that it sends.
    pub async fn prepare(
        &mut self,
        store: &mut Store,
        mut plan: Plan,
        terminal: &Terminal,
    ) -> Result<Plan, Stop> {
        let wanted: BTreeSet<String> = plan.changes.iter().flat_map(in_steps).collect();
        let renewed: Vec<(String, Recipe, u32)> = plan.changes.iter().filter_map(renewal).collect();
        let moves = plan.moves.is_some() && self.exists(store.state());
        let same_place = plan.relocation.is_none();
        if wanted.is_empty() && renewed.is_empty() && !moves && same_place {
            return Ok(plan);
        }
        // Since the plan was made, somebody may have put in another value.
        self.opened = None;
        self.found(store, terminal).await?;
        let empty = self.opened.as_ref().is_some_and(|it| it.kept.all().next().is_none());
        match (same_place, empty) {
            (false, _) | (true, true) => self.relocate(store, terminal).await?,
            (true, false) => self.leave(store, terminal).await?,
        }
        let Some(Opened { kept, .. }) = &mut self.opened else { return Ok(plan) };
        let now = now_secs();
        for (address, recipe, version) in &renewed {
            if kept.get(address).is_none_or(|entry| entry.version < *version) {
                kept.renew(address, make(recipe), *version, now);
            }
        }
        let needed = self.with_bases(wanted.iter());
        let Some(Opened { kept, .. }) = &mut self.opened else { return Ok(plan) };
        for address in &needed {
            let recipe = self.items.get(address).and_then(|item| item.source.recipe());
            if let (Some(recipe), None) = (recipe, kept.get(address)) {
                kept.renew(address, make(&recipe), 1, now);
            }
        }
        self.save(store).await?;
        let Some(Opened { kept, .. }) = &self.opened else { return Ok(plan) };
        for (address, entry) in kept.all() {
            self.values.put(address, entry.value.clone());
        }
        self.derive(&wanted);
        let all: Vec<&String> = wanted.iter().collect();
        self.all_there(&all)?;
        self.all_writable(&plan)?;
        self.note(&mut plan, store.state())?;
        Ok(plan)
    }

    /// The generated secrets; nothing if there is no key to open them with.
    pub async fn kept(&mut self, state: &State) -> Result<Option<&Kept>, Stop> {
        if self.opened.is_none() {
            self.open(state, Strict::Yes).await?;
        }
        Ok(self.opened.as_ref().map(|it| &it.kept))
    }

    /// The folder of the state.
    pub fn folder(&self, project: &Project) -> PathBuf {
        project.state_folder(self.sandbox)
    }

    fn owner<'a>(&'a self, lineage: &'a str) -> Owner<'a> {
        Owner { lineage, sandbox: self.sandbox, project: &self.project }
    }

    async fn read(&mut self, wanted: &BTreeSet<String>) {
        let all = self.with_bases(wanted.iter());
        let items = all.iter().filter_map(|address| self.items.get_key_value(address));
        self.values.read(items.map(|(address, item)| (address.as_str(), &item.source))).await;
        self.derive(wanted);
    }

    /// Computes what follows from values that are known by now.
    fn derive(&mut self, wanted: &BTreeSet<String>) {
        for address in self.with_bases(wanted.iter()) {
            let source = self.items.get(&address).map(|item| &item.source);
            if let Some(SecretSource::Derived(derived)) = source {
                self.values.derive(&address, derived);
            }
        }
    }

    /// Secrets and what they follow from, which comes first.
    fn with_bases<'s>(&self, wanted: impl Iterator<Item = &'s String>) -> Vec<String> {
        let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
        wanted.for_each(|address| self.add_with_bases(address, &mut all, &mut seen));
        all
    }

    fn add_with_bases(&self, address: &str, all: &mut Vec<String>, seen: &mut BTreeSet<String>) {
        if seen.insert(address.to_owned()) {
            let source = self.items.get(address).map(|item| &item.source);
            let bases = source.map(SecretSource::bases).unwrap_or_default();
            bases.iter().for_each(|base| self.add_with_bases(base, all, seen));
            all.push(address.to_owned());
        }
    }

    fn all_there(&self, wanted: &[&String]) -> Result<(), Stop> {
        // A sandbox has no shared services that anything would have to open.
        let dispensable = |address: &str| {
            self.sandbox && self.items.get(address).is_some_and(|item| !item.needed_in_sandbox)
        };
        let wanted = wanted.iter().filter(|address| !dispensable(address));
        let missing = wanted.filter_map(|address| {
            let span = self.items.get(*address).map(|item| item.span);
            match self.values.get(address) {
                Some(Ok(_)) => None,
                Some(Err(it)) => Some(problem::missing(span, address, &it.why, &it.help)),
                None => Some(problem::missing(
                    span,
                    address,
                    "the manifest does not declare it any more",
                    "declare it until what uses it is gone",
                )),
            }
        });
        let problems: Vec<Problem> = missing.collect();
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Stop { problems, sources: self.sources.clone(), exit: 1 }),
        }
    }

    /// No value that is known by now has a character that its place cannot take.
    fn all_writable(&self, plan: &Plan) -> Result<(), Stop> {
        let mut told = BTreeMap::new();
        for (address, piece) in plan.changes.iter().flat_map(in_places) {
            let value = self.values.get(address).and_then(|it| it.as_ref().ok());
            if let Some(found) = value.and_then(|it| piece.refusal(it.expose())) {
                let span = self.items.get(address).map(|item| item.span);
                told.insert(address, problem::unwritable(span, address, found));
            }
        }
        match told.is_empty() {
            true => Ok(()),
            false => {
                let (problems, sources) = (told.into_values().collect(), self.sources.clone());
                Err(Stop { problems, sources, exit: 1 })
            }
        }
    }

    /// Writes fingerprints into the plan; one that was there already must still be true.
    fn note(&self, plan: &mut Plan, state: &State) -> Result<(), Stop> {
        let Some(Opened { key, .. }) = &self.opened else { return Ok(()) };
        let mut moved = Vec::new();
        for change in &mut plan.changes {
            if matches!(change.verb, Verb::Delete | Verb::Forget) {
                continue;
            }
            let mut secrets: BTreeSet<String> = in_steps(change).collect();
            if let Some(record) = state.records.get(&change.id) {
                secrets.extend(record.intent.fingerprints.keys().cloned());
            }
            each_secret(&change.intent.spec, "", &mut |_, secret| {
                let value = self.values.get(secret).and_then(|it| it.as_ref().ok());
                let Some(value) = value.filter(|_| secrets.contains(secret)) else { return };
                let item = self.items.get(secret);
                let now = item.map_or_else(
                    || key.fingerprint(value),
                    |item| words::apart(key, secret, item, value),
                );
                let planned = change.intent.fingerprints.insert(secret.to_owned(), now.clone());
                if planned.is_some_and(|planned| planned != now) {
                    moved.push(state_moved_secret(secret));
                }
            });
        }
        match moved.is_empty() {
            true => Ok(()),
            false => Err(Stop::one(stale_plan(&moved), Refused::STALE)),
        }
    }
}
