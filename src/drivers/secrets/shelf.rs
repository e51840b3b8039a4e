//! Where generated secrets are kept outside of the state: one document in a file of `sops` or `age`
//! or in a Vault, read whole and written whole.

use std::path::Path;

use zeroize::Zeroizing;

use crate::drivers::secrets::age_file::AgeFile;
use crate::drivers::secrets::sops_file::SopsFile;
use crate::drivers::secrets::vault::field::Field;
use crate::drivers::secrets::{Missing, wipe};
use crate::model::{Hidden, SecretStore};

/// The one key of a file, and the one field of a secret, that is ours.
pub(super) const KEY: &str = "paas_generated";

/// A place outside of the state, as it was read last.
pub enum Shelf {
    /// A file of `sops`.
    Sops(SopsFile),
    /// A file of `age`.
    Age(AgeFile),
    /// A secret in a Vault.
    Vault(Box<Field>),
}

/// Why a document is not in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwritten {
    /// The place is as it was.
    Refused(Missing),
    /// Whether it was written can only be seen by looking again.
    Unknown(Missing),
    /// Somebody else has written there since it was read.
    Changed,
}

impl From<Missing> for Unwritten {
    fn from(missing: Missing) -> Unwritten {
        Unwritten::Refused(missing)
    }
}

impl Shelf {
    /// The place of this name; nothing if it is beside the state. Paths are below `folder`.
    pub fn of(store: &SecretStore, folder: &Path) -> Option<Shelf> {
        match store {
            SecretStore::Local => None,
            SecretStore::Sops(file) => Some(Shelf::Sops(SopsFile::new(folder, file))),
            SecretStore::Age(file) => Some(Shelf::Age(AgeFile::new(folder, file))),
            SecretStore::Vault(path) => Some(Shelf::Vault(Box::new(Field::new(path)))),
        }
    }

    /// The document there; nothing if there is none yet.
    pub async fn read(&mut self) -> Result<Option<Hidden>, Missing> {
        match self {
            Shelf::Sops(file) => file.read().await,
            Shelf::Age(file) => file.read().await,
            Shelf::Vault(field) => field.read().await,
        }
    }

    /// Puts a document in the place of the one that was read, or takes that one away. When this
    /// returns, the place has it, and gives it back.
    pub async fn write(&mut self, document: Option<&Hidden>) -> Result<(), Unwritten> {
        match self {
            Shelf::Sops(file) => file.write(document).await,
            Shelf::Age(file) => file.write(document).await,
            Shelf::Vault(field) => field.write(document).await,
        }
    }
}

/// Our part of what a place holds.
pub(super) fn ours(whole: &mut serde_json::Value) -> Option<Hidden> {
    let found = whole.get(KEY).filter(|it| !it.is_null()).map(|it| Hidden::new(it.to_string()));
    wipe(whole);
    found
}

/// A document under our key, and nothing else.
pub(super) fn alone(document: &Hidden) -> Zeroizing<String> {
    Zeroizing::new(format!("{{\"{KEY}\":{}}}", document.expose()))
}

/// Whether two texts are the same document.
pub(super) fn alike(one: Option<&Hidden>, other: Option<&Hidden>) -> bool {
    let parsed = |it: &Hidden| serde_json::from_str::<serde_json::Value>(it.expose()).ok();
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            let (mut one, mut other) = (parsed(one), parsed(other));
            let same = one.is_some() && one == other;
            one.iter_mut().chain(&mut other).for_each(wipe);
            same
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}
