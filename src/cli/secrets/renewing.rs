//! New values, new keys, and the end of values that nothing has any more.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::secrets::keeping::{Closed, Opened, Place, stopped};
use crate::cli::secrets::{Secrets, Strict};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::drivers::secrets::Shelf;
use crate::model::{Address, Hidden, SecretStore};
use crate::plan::each_secret;
use crate::problem::{secrets as problem, stores};
use crate::state::{Record, State};
use crate::store::{Disk, Document, Kept, Key, Store};

impl Secrets {
    /// Puts everything under another key; what cannot be opened is given up if `yes`.
    pub async fn new_key(
        &mut self,
        store: &mut Store,
        yes: bool,
        terminal: &Terminal,
    ) -> Result<String, Stop> {
        let owner = self.owner(&store.state().lineage);
        if Key::is_given() {
            return Err(Stop::one(problem::key_is_given(), 1));
        }
        let shown = Key::place(owner)?;
        let at = self.place_of(store.state());
        let found = match self.open(store.state(), Strict::Yes).await {
            Ok(_) => self.opened.take().map(|it| (it.kept, it.place)),
            Err(mut stop) => match self.without_key(&at, store.state()).await? {
                Some(found) => Some(found),
                None if yes => None,
                None => {
                    stop.problems.push(problem::new_key_gives_up());
                    return Err(stop);
                }
            },
        };
        let lost = found.is_none();
        let (mut kept, place) = match found {
            Some(found) => found,
            None => (Kept::default(), self.emptied(&at).await?),
        };
        kept.give_up(lost || kept.is_given_up());
        kept.touch();
        let owner = self.owner(&store.state().lineage);
        let key = Key::renew(&Disk::default(), owner)?;
        terminal.problems(&[self.key_made(&shown, &key, store.state())], &self.sources);
        self.opened = Some(Opened { key, kept, place });
        self.save(store).await?;
        Ok(match (lost, &at) {
            (true, _) => "what was generated before is given up; the next apply makes it anew\n",
            (false, SecretStore::Sops(_) | SecretStore::Age(_) | SecretStore::Vault(_)) => {
                "every generated secret is as it was; the next apply sends all again\n"
            }
            (false, SecretStore::Local) => {
                "every generated secret is sealed with it; the next apply sends all again\n"
            }
        }
        .to_owned())
    }

    /// What a place outside of the state has, which no project key is needed for.
    async fn without_key(
        &self,
        at: &SecretStore,
        state: &State,
    ) -> Result<Option<(Kept, Place)>, Stop> {
        if *at == SecretStore::Local {
            return Ok(None);
        }
        let mut place = match self.read_place(at).await {
            Ok(place) => place,
            // What cannot be reached now is not lost.
            Err(closed @ Closed::Unread(_)) => return Err(stopped(at, closed)),
            Err(Closed::Unfit(_)) => return Ok(None),
        };
        let found = place.document.kept(&at.to_string(), self.owner(&state.lineage))?;
        Ok(found.map(|(kept, _)| (kept, place)))
    }

    /// A place in whose stead nothing is.
    async fn emptied(&self, at: &SecretStore) -> Result<Place, Stop> {
        match self.read_place(at).await {
            Ok(place) => Ok(place),
            Err(closed @ Closed::Unread(_)) => Err(stopped(at, closed)),
            Err(Closed::Unfit(_)) => {
                let mut shelf = Shelf::of(at, &self.project);
                if let Some(shelf) = &mut shelf {
                    // It was read a moment ago; now it is only noted what there is to replace.
                    let read = shelf.read().await;
                    read.map_err(|it| stopped(at, Closed::Unread(it)))?;
                }
                Ok(Place { store: at.clone(), shelf, document: Document::default() })
            }
        }
    }

    /// Puts a new value in the place of the one there is, durably; tells its version.
    pub async fn renew(
        &mut self,
        store: &mut Store,
        address: &str,
        value: Hidden,
        now_secs: u64,
    ) -> Result<u32, Stop> {
        let Some(Opened { kept, .. }) = &mut self.opened else { return Ok(0) };
        let recorded = Address::parse(address);
        let recorded = recorded.and_then(|it| store.state().latest(&it));
        let recorded = recorded.and_then(|(_, record)| record.intent.spec["version"].as_u64());
        let recorded = recorded.and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        let version = kept.get(address).map_or(recorded, |entry| entry.version) + 1;
        kept.renew(address, value, version, now_secs);
        self.save(store).await?;
        Ok(version)
    }

    /// Lets go of values that nothing has any more.
    pub async fn settle(&mut self, store: &mut Store, terminal: &Terminal) -> Result<(), Stop> {
        if self.opened.is_none() && self.exists(store.state()) {
            self.open(store.state(), Strict::No).await?;
        }
        let state = store.state();
        let Some(Opened { key, kept, .. }) = &mut self.opened else { return Ok(()) };
        kept.settle_moves(|id| state.records.contains_key(id));
        let used = used(state);
        let items = &self.items;
        kept.retain(|address, value| match value {
            Some(value) => used.get(address).is_some_and(|it| it.contains(&key.fingerprint(value))),
            None => {
                let itself = Address::parse(address);
                let recorded = itself.is_some_and(|it| state.latest(&it).is_some());
                items.contains_key(address) || used.contains_key(address) || recorded
            }
        });
        if let Some(Opened { kept, .. }) = &self.opened
            && kept.is_given_up()
            && self.missing(state, kept).is_empty()
            && let Some(Opened { kept, .. }) = &mut self.opened
        {
            kept.give_up(false);
        }
        match (self.save(store).await, &self.opened) {
            (Err(stop), Some(Opened { place, .. })) if place.shelf.is_some() => {
                let why = stop.problems.first().map_or_else(String::new, |it| it.message.clone());
                let problem = stores::not_let_go(&place.store.to_string(), &why);
                terminal.problems(&[problem], &self.sources);
                Ok(())
            }
            (saved, _) => saved,
        }
    }
}

/// The secrets that something has or may have, with what tells the values apart that it has.
fn used(state: &State) -> BTreeMap<String, BTreeSet<String>> {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for intent in state.records.values().flat_map(Record::possible) {
        each_secret(&intent.spec, "", &mut |_, secret| {
            used.entry(secret.to_owned()).or_default();
        });
        for (secret, fingerprint) in &intent.fingerprints {
            used.entry(secret.clone()).or_default().insert(fingerprint.clone());
        }
    }
    used
}
