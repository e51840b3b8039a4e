//! Generated secrets: one sealed file beside the state. It is written whole, durable before any
//! value in it is sent, and opened by the project key only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::model::{Hidden, ObjectId};
use crate::problem::secrets as problem;
use crate::store::disk::{Disk, content};
use crate::store::files::Files;
use crate::store::key::Key;
use crate::store::{Refused, Store, told};

/// The format that is written.
const FORMAT: u64 = 1;

/// The bytes of a salt; a fresh one for each writing gives each a key of its own.
const SALT_LENGTH: usize = 32;

/// Generated secrets, opened.
#[derive(Debug, Default)]
pub struct Kept {
    entries: BTreeMap<String, Entry>,
    changed: bool,
    given_up: bool,
}

/// One generated secret.
#[derive(Debug)]
pub struct Entry {
    /// The value that is sent from now on.
    pub value: Hidden,
    /// Counts the values so far, from one.
    pub version: u32,
    /// When the value was made, in seconds since 1970.
    pub made_secs: u64,
    /// The values before it that something may still have, oldest first.
    pub before: Vec<Hidden>,
    /// The move that gives it its address, until the state is known to have made it.
    moving: Option<Moving>,
}

/// A move that was announced before the state made it durable, so that a value is never without
/// its address, whenever the run ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Moving {
    /// The address before.
    from: String,
    /// The address that it will have.
    to: String,
    /// What the state has until it has made the move.
    object: ObjectId,
}

/// The file as it stands on the disk.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    paas_secrets: u64,
    key: String,
    salt: String,
    sealed: String,
}

/// What can be read of a file of any format.
#[derive(Deserialize)]
struct AnyFormat {
    paas_secrets: u64,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plain {
    value: String,
    version: u32,
    made_secs: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moving: Option<Moving>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.value.zeroize();
        self.before.iter_mut().for_each(String::zeroize);
    }
}

impl Kept {
    /// Where the secrets of the state in this folder are kept.
    pub fn path(folder: &Path) -> PathBuf {
        Files::of(folder).secrets
    }

    /// Whether anything was ever kept for the state in this folder.
    pub fn exists(folder: &Path) -> bool {
        Kept::path(folder).symlink_metadata().is_ok()
    }

    /// The secrets kept for the state in this folder; none if none were ever.
    pub fn open(folder: &Path, key: &Key) -> Result<Kept, Refused> {
        let path = Files::of(folder).secrets;
        let bytes = content(&path).map_err(|error| {
            Refused::unreadable(problem::unreadable_store(&path, &told(&error)))
        })?;
        match bytes {
            Some(bytes) => opened(&path, &bytes, key),
            None => Ok(Kept::default()),
        }
    }

    /// The same with a key before that one: what it sealed is sealed anew by the next writing.
    pub fn open_with_old(folder: &Path, keys: &[Key]) -> Option<Kept> {
        let kept = keys.iter().find_map(|key| Kept::open(folder, key).ok())?;
        Some(Kept { changed: true, ..kept })
    }

    /// Whether anything is different from what was read.
    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// What has changed is durable.
    pub fn saved(&mut self) {
        self.changed = false;
    }

    /// Has to be written again, although no value has changed.
    pub fn touch(&mut self) {
        self.changed = true;
    }

    /// Whether somebody said that values which are missing are lost for good.
    pub fn is_given_up(&self) -> bool {
        self.given_up
    }

    /// Notes whether values that are missing are lost for good.
    pub fn give_up(&mut self, given_up: bool) {
        self.changed |= self.given_up != given_up;
        self.given_up = given_up;
    }

    /// Whether both have the same secrets with the same values.
    pub fn is_like(&self, other: &Kept) -> bool {
        let same = |one: &Entry, other: &Entry| {
            let texts = |it: &Entry| -> Vec<Zeroizing<String>> {
                let all = it.before.iter().chain([&it.value]);
                all.map(|value| Zeroizing::new(value.expose().to_owned())).collect()
            };
            texts(one) == texts(other)
                && (one.version, one.made_secs, &one.moving)
                    == (other.version, other.made_secs, &other.moving)
        };
        self.entries.len() == other.entries.len()
            && self.all().all(|(name, it)| other.get(name).is_some_and(|other| same(it, other)))
    }

    /// One secret.
    pub fn get(&self, address: &str) -> Option<&Entry> {
        self.entries.get(address)
    }

    /// Every secret, by address.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(address, entry)| (address.as_str(), entry))
    }

    /// Ends the moves that were announced: whether the state has made one shows in what it `has`.
    pub fn settle_moves(&mut self, has: impl Fn(&ObjectId) -> bool) {
        let names = self.names(|entry| entry.moving.is_some());
        self.changed |= !names.is_empty();
        let mut settled = Vec::new();
        for name in names {
            let Some(mut entry) = self.entries.remove(&name) else { continue };
            let Some(moving) = entry.moving.take() else { continue };
            settled.push((if has(&moving.object) { moving.from } else { moving.to }, entry));
        }
        // What was made for an address that was to become free was never sent.
        self.entries.extend(settled);
    }

    /// Gives values the addresses that objects are about to get.
    pub fn announce(&mut self, moves: &[(ObjectId, ObjectId)]) {
        let mut announced = Vec::new();
        for (from, to) in moves {
            let (old, new) = (from.address.as_str(), to.address.as_str());
            for name in self.names(|_| true).into_iter().filter(|name| is_of(name, old)) {
                let Some(mut entry) = self.entries.remove(&name) else { continue };
                let moved = format!("{new}{}", &name[old.len()..]);
                let (object, to) = (from.clone(), moved.clone());
                entry.moving = Some(Moving { from: name, to, object });
                announced.push((moved, entry));
            }
        }
        self.changed |= !announced.is_empty();
        self.entries.extend(announced);
    }

    fn names(&self, which: impl Fn(&Entry) -> bool) -> Vec<String> {
        let all = self.entries.iter().filter(|(_, entry)| which(entry));
        all.map(|(name, _)| name.clone()).collect()
    }

    /// Puts a new value in the place of the one before, which stays until it is let go.
    pub fn renew(&mut self, address: &str, value: Hidden, version: u32, now_secs: u64) {
        self.changed = true;
        let old = self.entries.remove(address);
        let moving = old.as_ref().and_then(|old| old.moving.clone());
        let before = old.map(|old| {
            let mut before = old.before;
            before.push(old.value);
            before
        });
        let before = before.unwrap_or_default();
        let entry = Entry { value, version, made_secs: now_secs, before, moving };
        self.entries.insert(address.to_owned(), entry);
    }

    /// Lets go of secrets and of earlier values that are not `wanted` any more.
    pub fn retain(&mut self, wanted: impl Fn(&str, Option<&Hidden>) -> bool) {
        let (mut gone, count) = (false, self.entries.len());
        self.entries.retain(|address, entry| {
            let values = entry.before.len();
            entry.before.retain(|value| wanted(address, Some(value)));
            gone |= values != entry.before.len();
            wanted(address, None)
        });
        self.changed |= gone || count != self.entries.len();
    }

    /// Makes what has changed durable; afterwards the file has the old content or the new, whole.
    pub fn save(&mut self, store: &Store, key: &Key) -> Result<(), Refused> {
        if !self.changed {
            return Ok(());
        }
        let bytes = self.seal(key);
        store.write_secrets(&bytes)?;
        self.changed = false;
        Ok(())
    }

    /// Everything, as it is sealed or handed over.
    pub(super) fn plain(&self) -> BTreeMap<String, Plain> {
        let named = |(name, it): (&str, &Entry)| match &it.moving {
            // Something else may be made for the address that becomes free.
            Some(moving) => (format!("{} -> {name}", moving.from), plain(it)),
            None => (name.to_owned(), plain(it)),
        };
        self.all().map(named).collect()
    }

    /// The same, opened.
    pub(super) fn of_plain(plain: BTreeMap<String, Plain>, given_up: bool) -> Kept {
        let entries = plain.into_iter().map(|(address, mut it)| {
            let entry = Entry {
                value: Hidden::new(std::mem::take(&mut it.value)),
                version: it.version,
                made_secs: it.made_secs,
                before: std::mem::take(&mut it.before).into_iter().map(Hidden::new).collect(),
                moving: it.moving.take(),
            };
            let to = entry.moving.as_ref().map(|moving| moving.to.clone());
            (to.unwrap_or(address), entry)
        });
        Kept { entries: entries.collect(), changed: false, given_up }
    }

    fn seal(&self, key: &Key) -> Vec<u8> {
        let plain = self.plain();
        let mut bytes =
            Zeroizing::new(serde_json::to_vec(&plain).expect("texts and numbers are JSON"));
        let mut salt = [0; SALT_LENGTH];
        getrandom::fill(&mut salt).expect("the system has random numbers");
        let salt_text = STANDARD.encode(salt);
        let about = about(FORMAT, key.id(), &salt_text);
        key.sealing(&salt)
            .seal_in_place_append_tag(nonce(), Aad::from(about), &mut *bytes)
            .expect("a few secrets are not too long to be sealed");
        let sealed = Sealed {
            paas_secrets: FORMAT,
            key: key.id().to_owned(),
            salt: salt_text,
            sealed: STANDARD.encode(&*bytes),
        };
        let mut text = serde_json::to_vec(&sealed).expect("texts and numbers are JSON");
        text.push(b'\n');
        text
    }
}

impl Store {
    /// Removes the sealed secrets and their copy: they are kept elsewhere.
    pub fn remove_secrets(&self) -> Result<(), Refused> {
        self.on_disk(|disk: &Disk, files: &Files| {
            for path in [&files.secrets, &files.previous_secrets] {
                if path.symlink_metadata().is_ok() {
                    disk.remove(path)?;
                }
            }
            disk.sync_folder(&files.folder)
        })
    }

    /// Puts sealed secrets in the place of those before, of which one copy stays beside them.
    fn write_secrets(&self, bytes: &[u8]) -> Result<(), Refused> {
        self.on_disk(|disk: &Disk, files: &Files| {
            if files.secrets.symlink_metadata().is_ok() {
                disk.keep(&files.secrets, &files.previous_secrets)?;
            }
            disk.replace(&files.secrets, bytes).map(drop)
        })
    }
}

fn opened(path: &Path, bytes: &[u8], key: &Key) -> Result<Kept, Refused> {
    let damaged = |why: &str| Refused::unreadable(problem::damaged_store(path, why));
    let form: AnyFormat =
        serde_json::from_slice(bytes).map_err(|_| damaged("it is not what was written"))?;
    if form.paas_secrets != FORMAT {
        return Err(Refused::unreadable(problem::newer_store(path, form.paas_secrets)));
    }
    let sealed: Sealed =
        serde_json::from_slice(bytes).map_err(|_| damaged("it is not what was written"))?;
    if sealed.key != key.id() {
        return Err(Refused::unreadable(problem::wrong_key(path, &sealed.key, key.id())));
    }
    let decoded = |text: &str| STANDARD.decode(text).map_err(|_| damaged("it is cut or changed"));
    let (salt, mut content) = (decoded(&sealed.salt)?, Zeroizing::new(decoded(&sealed.sealed)?));
    let about = about(sealed.paas_secrets, &sealed.key, &sealed.salt);
    let plain = key.sealing(&salt).open_in_place(nonce(), Aad::from(about), &mut content);
    let plain = plain.map_err(|_| damaged("it is not what was sealed with this key"))?;
    let plain: BTreeMap<String, Plain> =
        serde_json::from_slice(plain).map_err(|_| damaged("its content has another form"))?;
    Ok(Kept::of_plain(plain, false))
}

fn plain(entry: &Entry) -> Plain {
    Plain {
        value: entry.value.expose().to_owned(),
        version: entry.version,
        made_secs: entry.made_secs,
        before: entry.before.iter().map(|value| value.expose().to_owned()).collect(),
        moving: entry.moving.clone(),
    }
}

/// Whether a secret is this object, or one that was made for it: `app.blog/db.main.made_password`.
fn is_of(name: &str, address: &str) -> bool {
    let reading = |rest: &str| rest.is_empty() || (rest.starts_with('.') && !rest.contains('/'));
    name.strip_prefix(address).is_some_and(reading)
}

/// What is not sealed is still protected against changes.
fn about(format: u64, key: &str, salt: &str) -> Vec<u8> {
    format!("paas secrets {format} {key} {salt}").into_bytes()
}

/// Each writing has a key of its own, so one nonce serves all.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}
