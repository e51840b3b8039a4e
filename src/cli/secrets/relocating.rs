//! Takes generated secrets from one place to another: the old place counts until the new one has
//! given everything back and the state says so.

use crate::cli::secrets::Secrets;
use crate::cli::secrets::keeping::{Opened, Place, stopped, unwritten};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::model::{Keeping, Relocation, SecretStore};
use crate::problem::stores;
use crate::state::{Event, State};
use crate::store::{Kept, Key, Refused, Store};

impl Secrets {
    /// Where generated secrets go, if that is somewhere else than where they are.
    pub(super) fn relocation(&self) -> Option<Relocation> {
        let opened = self.opened.as_ref()?;
        let (from, to) = (&opened.place.store, &self.wanted_store);
        let goes = from != to && opened.kept.all().next().is_some();
        goes.then(|| Relocation { from: from.clone(), to: to.clone() })
    }

    /// Takes everything to the place that the manifest names. The old place counts until the new
    /// one has given everything back and the state says so.
    pub(super) async fn relocate(
        &mut self,
        store: &mut Store,
        terminal: &Terminal,
    ) -> Result<(), Stop> {
        let to = self.wanted_store.clone();
        let Some(opened) = self.opened.take_if(|it| it.place.store != to) else { return Ok(()) };
        let from = opened.place.store.clone();
        let mut target = self.read_place(&to).await.map_err(|it| stopped(&to, it))?;
        let there = self.at(&mut target, &opened.key, store.state())?;
        let newer = opened.kept.all().find(|(name, entry)| {
            there.get(name).is_some_and(|other| other.version > entry.version)
        });
        if let Some((name, _)) = newer {
            let (to, from) = (to.to_string(), from.to_string());
            return Err(Stop::one(stores::newer_values(&to, &from, name), 1));
        }
        let mut kept = opened.kept;
        if from == SecretStore::Local && !self.missing(store.state(), &kept).is_empty() {
            // A file beside the state has less than the state knows only if that was given up.
            kept.give_up(true);
        }
        kept.touch();
        self.opened = Some(Opened { key: opened.key, kept, place: target });
        self.write(store).await?;
        let mut again = self.read_place(&to).await.map_err(|it| stopped(&to, it))?;
        let Some(Opened { key, kept, .. }) = &self.opened else { return Ok(()) };
        if !self.at(&mut again, key, store.state())?.is_like(kept) {
            return Err(Stop::one(stores::changed(&to.to_string()), Refused::STALE));
        }
        store.append(&[Event::Keeping(Keeping { store: to, left: Some(from) })])?;
        self.leave(store, terminal).await
    }

    /// What a place has of this state.
    fn at(&self, place: &mut Place, key: &Key, state: &State) -> Result<Kept, Stop> {
        if place.shelf.is_none() {
            return Ok(Kept::open(&self.folder, key)?);
        }
        let name = place.store.to_string();
        let found = place.document.kept(&name, self.owner(&state.lineage))?;
        Ok(found.map(|(kept, _)| kept).unwrap_or_default())
    }

    /// Clears the place that secrets were taken from, as far as that can be done now.
    pub(super) async fn leave(
        &mut self,
        store: &mut Store,
        terminal: &Terminal,
    ) -> Result<(), Stop> {
        let Some(Keeping { store: at, left: Some(left) }) = store.state().keeping.clone() else {
            return Ok(());
        };
        match self.cleared(&left, store).await {
            Ok(()) => store.append(&[Event::Keeping(Keeping { store: at, left: None })])?,
            Err(stop) => {
                let why = stop.problems.first();
                let why = why.map(|it| it.notes.first().unwrap_or(&it.message).clone());
                let why = why.unwrap_or_default();
                let problem = stores::left_behind(&left.to_string(), &why);
                terminal.problems(&[problem], &self.sources);
            }
        }
        Ok(())
    }

    async fn cleared(&self, left: &SecretStore, store: &Store) -> Result<(), Stop> {
        if *left == SecretStore::Local {
            return Ok(store.remove_secrets()?);
        }
        let mut place = self.read_place(left).await.map_err(|it| stopped(left, it))?;
        place.document.remove(self.owner(&store.state().lineage));
        let Some(shelf) = &mut place.shelf else { return Ok(()) };
        let written = shelf.write(place.document.text().as_ref()).await;
        written.map_err(|why| unwritten(left, why))
    }
}
