//! Where a run finds generated secrets and puts them: opened with the project key, durable before
//! anything has them, and taken to another place when the manifest names one.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::secrets::planned::has_generated;
use crate::cli::secrets::{Secrets, Strict};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::drivers::secrets::{Missing, Shelf, Unwritten};
use crate::model::{Keeping, SecretStore};
use crate::plan::moving;
use crate::problem::{Problem, secrets as problem, stores};
use crate::state::{Event, Record, State};
use crate::store::{Disk, Document, Kept, Key, Owner, Refused, Store, key_of};

/// Generated secrets that are open, and where they came from.
pub(super) struct Opened {
    pub(super) key: Key,
    pub(super) kept: Kept,
    pub(super) place: Place,
}

/// A place as it was read last.
pub(super) struct Place {
    pub(super) store: SecretStore,
    /// Nothing for the file beside the state.
    pub(super) shelf: Option<Shelf>,
    pub(super) document: Document,
}

/// Why a place is not open.
pub(super) enum Closed {
    /// It cannot be reached now.
    Unread(Missing),
    /// What is there is not what should be.
    Unfit(Refused),
}

impl From<Refused> for Closed {
    fn from(refused: Refused) -> Closed {
        Closed::Unfit(refused)
    }
}

impl Secrets {
    /// Whether anything was ever kept for this state.
    pub(super) fn exists(&self, state: &State) -> bool {
        Kept::exists(&self.folder) || state.keeping.is_some()
    }

    /// The place that holds the generated secrets of a state, or will.
    pub(super) fn place_of(&self, state: &State) -> SecretStore {
        match &state.keeping {
            Some(keeping) => keeping.store.clone(),
            None if Kept::exists(&self.folder) || has_generated(state) => SecretStore::Local,
            None => self.wanted_store.clone(),
        }
    }

    /// Opens the place of generated secrets, or says why it is not open. Without a key nothing is
    /// opened, and that is fine as long as none was ever needed.
    pub(super) async fn open(
        &mut self,
        state: &State,
        strict: Strict,
    ) -> Result<Option<Problem>, Stop> {
        let missing = match Key::find(self.owner(&state.lineage)) {
            Ok(Some(key)) => return self.open_with(key, state, strict).await,
            Ok(None) => {
                let place = Key::place(self.owner(&state.lineage))?;
                problem::key_missing(&place, expected_key(state).as_deref())
            }
            Err(refused) => *refused.problem,
        };
        let known = expected_key(state).is_some() || self.exists(state) || has_generated(state);
        match (strict, known) {
            (Strict::Yes, true) => Err(Stop::one(missing, 1)),
            (Strict::Yes, false) | (Strict::No, _) => {
                Ok(Some(problem::no_key_to_compare(&missing.message)))
            }
        }
    }

    async fn open_with(
        &mut self,
        key: Key,
        state: &State,
        strict: Strict,
    ) -> Result<Option<Problem>, Stop> {
        let store = self.place_of(state);
        let opened = match store {
            SecretStore::Local => self.open_local(key, state)?,
            SecretStore::Sops(_) | SecretStore::Age(_) | SecretStore::Vault(_) => {
                match (self.open_elsewhere(key, &store, state).await, strict) {
                    (Ok(opened), _) => opened,
                    (Err(Closed::Unread(it)), Strict::No) => {
                        let place = store.to_string();
                        return Ok(Some(stores::not_compared(&place, &it.why, &it.help)));
                    }
                    (Err(closed), _) => return Err(stopped(&store, closed)),
                }
            }
        };
        let mut opened = opened;
        opened.kept.settle_moves(|id| state.records.contains_key(id));
        let moving = moving(&self.statements, state);
        opened.kept.announce(&moving.moves.unwrap_or_default().objects);
        if store != SecretStore::Local && !opened.kept.is_given_up() && !self.lenient {
            let missing = self.missing(&moving.state, &opened.kept);
            if !missing.is_empty() {
                return Err(Stop::one(stores::missing(&store.to_string(), &missing), 1));
            }
        }
        for (address, entry) in opened.kept.all() {
            self.values.put(address, entry.value.clone());
        }
        self.opened = Some(opened);
        Ok(None)
    }

    fn open_local(&self, key: Key, state: &State) -> Result<Opened, Stop> {
        let exists = Kept::exists(&self.folder);
        let expected = expected_key(state);
        // A store that this key opens was made by `paas secret new-key`, if not before.
        if let Some(expected) = expected.filter(|it| !exists && *it != key.id()) {
            return Err(Stop::one(problem::another_key(&expected, key.id()), 1));
        }
        if has_generated(state) && !exists {
            return Err(Stop::one(problem::lost_store(&Kept::path(&self.folder)), 1));
        }
        let kept = match Kept::open(&self.folder, &key) {
            Ok(kept) => kept,
            // A new key was made, and the run ended before it sealed everything.
            Err(refused) => {
                let old = Key::before(self.owner(&state.lineage));
                Kept::open_with_old(&self.folder, &old).ok_or(refused)?
            }
        };
        Ok(Opened { key, kept, place: Place::beside_the_state() })
    }

    async fn open_elsewhere(
        &self,
        key: Key,
        store: &SecretStore,
        state: &State,
    ) -> Result<Opened, Closed> {
        let owner = self.owner(&state.lineage);
        let mut place = self.read_place(store).await?;
        let found = place.document.kept(&store.to_string(), owner)?;
        let expected = found.as_ref().map(|(_, id)| id.clone()).or_else(|| expected_key(state));
        let mut kept = found.map(|(kept, _)| kept).unwrap_or_default();
        if let Some(expected) = expected.filter(|it| *it != key.id()) {
            // A new key was made, and the run ended before that was written down.
            match Key::before(owner).iter().any(|old| old.id() == expected) {
                true => kept.touch(),
                false => {
                    let problem = problem::another_key(&expected, key.id());
                    return Err(Refused { problem: Box::new(problem), exit: 1 }.into());
                }
            }
        }
        Ok(Opened { key, kept, place })
    }

    pub(super) async fn read_place(&self, store: &SecretStore) -> Result<Place, Closed> {
        let mut shelf = Shelf::of(store, &self.project);
        let text = match &mut shelf {
            Some(shelf) => shelf.read().await.map_err(Closed::Unread)?,
            None => None,
        };
        let document = Document::read(&store.to_string(), text.as_ref())?;
        Ok(Place { store: store.clone(), shelf, document })
    }

    /// The generated secrets that a state has sent and that are not kept.
    pub(super) fn missing(&self, state: &State, kept: &Kept) -> Vec<String> {
        let made =
            |it: &&String| self.items.get(*it).is_some_and(|item| item.source.recipe().is_some());
        let sent = state.records.values().flat_map(Record::possible);
        let sent: BTreeSet<&String> =
            sent.flat_map(|intent| intent.fingerprints.keys()).filter(made).collect();
        let records = state.records.iter();
        let records = records.filter(|(id, it)| id.address.kind() == "secret" && !it.half_made());
        let mut known: BTreeSet<String> =
            records.map(|(id, _)| id.address.as_str().to_owned()).collect();
        known.extend(sent.into_iter().cloned());
        known.into_iter().filter(|address| kept.get(address).is_none()).collect()
    }

    /// Tells whether generated secrets could be read where they are to be kept.
    pub(super) async fn probe(&self, store: &SecretStore) -> Result<(), Stop> {
        let place = self.read_place(store).await;
        place.map(drop).map_err(|closed| stopped(store, closed))
    }

    /// Opens what there is, and makes the key of a project that has none yet.
    pub async fn found(&mut self, store: &Store, terminal: &Terminal) -> Result<(), Stop> {
        if self.opened.is_some() {
            return Ok(());
        }
        self.open(store.state(), Strict::Yes).await?;
        if self.opened.is_some() {
            return Ok(());
        }
        self.probe(&self.place_of(store.state())).await?;
        let owner = self.owner(&store.state().lineage);
        let key = Key::make(&Disk::default(), owner)?;
        if !self.sandbox {
            let made = self.key_made(&Key::place(owner)?, &key, store.state());
            terminal.problems(&[made], &self.sources);
        }
        self.open_with(key, store.state(), Strict::Yes).await.map(drop)
    }

    /// What to say of a key that was made.
    pub(super) fn key_made(&self, path: &Path, key: &Key, state: &State) -> Problem {
        match self.place_of(state) {
            SecretStore::Local => problem::key_made(path, key.id()),
            SecretStore::Sops(_) | SecretStore::Age(_) | SecretStore::Vault(_) => {
                problem::key_of_fingerprints_made(path, key.id())
            }
        }
    }

    /// Makes what has changed durable, and which place has it. Only then may anything have it.
    pub(super) async fn save(&mut self, store: &mut Store) -> Result<(), Stop> {
        self.write(store).await?;
        let Some(Opened { place, .. }) = &self.opened else { return Ok(()) };
        let recorded = store.state().keeping.as_ref().map(|keeping| &keeping.store);
        if *recorded.unwrap_or(&SecretStore::Local) != place.store {
            let keeping = Keeping { store: place.store.clone(), left: None };
            store.append(&[Event::Keeping(keeping)])?;
        }
        Ok(())
    }

    pub(super) async fn write(&mut self, store: &Store) -> Result<(), Stop> {
        let owner = Owner {
            lineage: &store.state().lineage,
            sandbox: self.sandbox,
            project: &self.project,
        };
        let Some(Opened { key, kept, place }) = &mut self.opened else { return Ok(()) };
        match &mut place.shelf {
            None => kept.save(store, key)?,
            Some(shelf) if kept.is_changed() => {
                place.document.put(owner, key, kept);
                let written = shelf.write(place.document.text().as_ref()).await;
                written.map_err(|why| unwritten(&place.store, why))?;
                kept.saved();
            }
            Some(_) => (),
        }
        Ok(())
    }
}

impl Place {
    fn beside_the_state() -> Place {
        Place { store: SecretStore::Local, shelf: None, document: Document::default() }
    }
}

/// The key that the fingerprints of a state were made with.
fn expected_key(state: &State) -> Option<String> {
    let mut possible = state.records.values().flat_map(Record::possible);
    let fingerprint = possible.find_map(|it| it.fingerprints.values().next())?;
    key_of(fingerprint).map(str::to_owned)
}

pub(super) fn stopped(store: &SecretStore, closed: Closed) -> Stop {
    match closed {
        Closed::Unread(it) => Stop::one(stores::closed(&store.to_string(), &it.why, &it.help), 1),
        Closed::Unfit(refused) => refused.into(),
    }
}

pub(super) fn unwritten(store: &SecretStore, why: Unwritten) -> Stop {
    let store = store.to_string();
    match why {
        Unwritten::Refused(it) => Stop::one(stores::refused(&store, &it.why, &it.help), 1),
        Unwritten::Unknown(it) => Stop::one(stores::unknown(&store, &it.why, &it.help), 1),
        Unwritten::Changed => Stop::one(stores::changed(&store), Refused::STALE),
    }
}
