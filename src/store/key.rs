//! The project key: what seals generated secrets and keys their fingerprints. It is never beside
//! the state: whoever has one of the two has nothing.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{aead, hkdf, hmac};
use zeroize::Zeroizing;

use crate::model::Hidden;
use crate::problem::secrets as problem;
use crate::store::disk::{Disk, content};
use crate::store::{FOLDER, Refused, told};

/// How a file with a key begins; the key follows in hexadecimal.
const START: &str = "paas-key-1 ";

/// The bytes of a key.
const LENGTH: usize = 32;

/// The variable that holds a key, as a key file does.
const VARIABLE: &str = "PAAS_SECRET_KEY";

/// The variable that names a key file.
const FILE_VARIABLE: &str = "PAAS_SECRET_KEY_FILE";

/// How many bytes of a fingerprint are kept: enough to tell two values apart.
const FINGERPRINT_LENGTH: usize = 12;

/// The key of a project.
pub struct Key {
    bytes: Zeroizing<[u8; LENGTH]>,
    lineage: String,
    id: String,
}

/// Whose key is looked for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The lineage of the state.
    pub lineage: &'a str,
    /// The state is the sandbox's: all sandboxes of a user share one key.
    pub sandbox: bool,
    /// The project's folder, in which a key must not be.
    pub project: &'a Path,
}

impl Key {
    /// The key, if there is one: from the environment, else from the user's configuration.
    pub fn find(owner: Owner<'_>) -> Result<Option<Key>, Refused> {
        if let Some(text) = variable(VARIABLE)? {
            let place = format!("the environment variable `{VARIABLE}`");
            return Key::read(&text, owner, &place).map(Some);
        }
        if let Some(path) = std::env::var_os(FILE_VARIABLE).filter(|it| !it.is_empty()) {
            let path = PathBuf::from(path);
            return match file(&path)? {
                Some(text) => Key::read(&text, owner, &shown(&path)).map(Some),
                None => Err(refused(problem::no_key_file(&path, FILE_VARIABLE))),
            };
        }
        let path = place(owner)?;
        let Some(text) = file(&path)? else { return Ok(None) };
        let about = fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
        if about.permissions().mode() & 0o077 != 0 {
            return Err(refused(problem::open_key(&path)));
        }
        Key::read(&text, owner, &shown(&path)).map(Some)
    }

    /// Where the key would be made.
    pub fn place(owner: Owner<'_>) -> Result<PathBuf, Refused> {
        place(owner)
    }

    /// Whether the environment gives the key, so that none is made here.
    pub fn is_given() -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        set(VARIABLE) || set(FILE_VARIABLE)
    }

    /// Makes another key; the one before stays beside it with `.old` at the end of its name, and
    /// so do those before that one. Sandboxes keep the key that they share.
    pub fn renew(disk: &Disk, owner: Owner<'_>) -> Result<Key, Refused> {
        let path = place(owner)?;
        if owner.sandbox || path.symlink_metadata().is_err() {
            return Key::make(disk, owner);
        }
        let text = fresh();
        let replaced = || -> io::Result<()> {
            let free = old_places(&path).find(|it| it.symlink_metadata().is_err());
            disk.keep(&path, &free.unwrap_or_else(|| path.with_extension("key.old")))?;
            // Whoever looks finds the one key or the other, and what the other one sealed can be
            // opened by either.
            disk.replace(&path, text.as_bytes()).map(drop)
        };
        replaced().map_err(|error| refused(problem::unmade_key(&path, &told(&error))))?;
        Key::find(owner)?.ok_or_else(|| refused(problem::unmade_key(&path, "it is gone again")))
    }

    /// The keys that others took the place of, newest first.
    pub fn before(owner: Owner<'_>) -> Vec<Key> {
        let Ok(path) = place(owner) else { return Vec::new() };
        let there = old_places(&path).take_while(|it| it.symlink_metadata().is_ok());
        let read = |path: PathBuf| {
            let text = file(&path).ok()??;
            Key::read(&text, owner, &shown(&path)).ok()
        };
        let mut keys: Vec<Key> = there.filter_map(read).collect();
        keys.reverse();
        keys
    }

    /// Makes a key, or takes the one that another run has just made.
    pub fn make(disk: &Disk, owner: Owner<'_>) -> Result<Key, Refused> {
        let path = place(owner)?;
        if let Some(key) = Key::find(owner)? {
            return Ok(key);
        }
        let folder = path.parent().unwrap_or(&path).to_path_buf();
        let text = fresh();
        let made = || -> io::Result<()> {
            disk.make_folder(&folder)?;
            disk.place_new(&path, text.as_bytes())?;
            disk.sync_folder(folder.parent().unwrap_or(&folder))
        };
        made().map_err(|error| refused(problem::unmade_key(&path, &told(&error))))?;
        // What is used is what the disk has: another run may have been first.
        Key::find(owner)?.ok_or_else(|| refused(problem::unmade_key(&path, "it is gone again")))
    }

    /// The key that a text holds; `place` is where it stands.
    pub fn read(text: &str, owner: Owner<'_>, place: &str) -> Result<Key, Refused> {
        let digits = text.trim().strip_prefix(START).unwrap_or(text.trim());
        let bytes = unhex(digits).ok_or_else(|| refused(problem::not_a_key(place)))?;
        let id = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*bytes), b"paas key id");
        let id = id.as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Key { bytes, lineage: owner.lineage.to_owned(), id })
    }

    /// What tells keys apart; nothing follows from it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What tells values apart, for whoever has the key; without it, nothing follows from it.
    pub fn fingerprint(&self, value: &Hidden) -> String {
        self.fingerprint_as("", value)
    }

    /// The same for one name only: of few values, two under different names cannot be compared.
    pub fn fingerprint_as(&self, name: &str, value: &Hidden) -> String {
        let mut key = Zeroizing::new([0; LENGTH]);
        self.derive(name.as_bytes(), b"fingerprint", &mut key);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*key), value.expose().as_bytes());
        let tag = URL_SAFE_NO_PAD.encode(&tag.as_ref()[..FINGERPRINT_LENGTH]);
        format!("{}.{tag}", self.id)
    }

    /// A key for one sealing.
    pub(super) fn sealing(&self, salt: &[u8]) -> aead::LessSafeKey {
        let mut key = Zeroizing::new([0; LENGTH]);
        self.derive(salt, b"secrets", &mut key);
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, &*key);
        aead::LessSafeKey::new(key.expect("the key has the length of the cipher"))
    }

    fn derive(&self, salt: &[u8], purpose: &[u8], into: &mut [u8; LENGTH]) {
        let salted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&*self.bytes);
        let info = [b"paas secrets 1", purpose, self.lineage.as_bytes()];
        let derived = salted.expand(&info, hkdf::HKDF_SHA256);
        derived.and_then(|it| it.fill(into)).expect("the length is that of the hash");
    }
}

/// A new key, as it is written.
fn fresh() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    getrandom::fill(&mut *bytes).expect("the system has random numbers");
    let digits: Zeroizing<String> =
        Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    Zeroizing::new(format!("{START}{}\n", *digits))
}

/// Where keys are kept that others took the place of, oldest first.
fn old_places(path: &Path) -> impl Iterator<Item = PathBuf> {
    let first = path.with_extension("key.old");
    let more = (2..100).map(|number| path.with_extension(format!("key.{number}.old")));
    std::iter::once(first).chain(more)
}

/// The key that a fingerprint was made with.
pub fn key_of(fingerprint: &str) -> Option<&str> {
    fingerprint.split_once('.').map(|(id, _)| id)
}

fn place(owner: Owner<'_>) -> Result<PathBuf, Refused> {
    let named =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let config = named("XDG_CONFIG_HOME").or_else(|| Some(named("HOME")?.join(".config")));
    if owner.sandbox && config.is_none() {
        // Nothing real is behind it, so it may be beside its state.
        return Ok(owner.project.join(FOLDER).join("sandbox/paas.key"));
    }
    let config = config.ok_or_else(|| refused(problem::no_home(FILE_VARIABLE)))?;
    let name = if owner.sandbox { "sandbox" } else { owner.lineage };
    let path = config.join("paas/keys").join(format!("{name}.key"));
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    match whole(&config).starts_with(whole(owner.project)) {
        true => Err(refused(problem::key_in_project(&path))),
        false => Ok(path),
    }
}

fn variable(name: &str) -> Result<Option<Zeroizing<String>>, Refused> {
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => Ok(Some(Zeroizing::new(text))),
        Ok(_) | Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(refused(problem::not_a_key(&format!("the environment variable `{name}`"))))
        }
    }
}

fn file(path: &Path) -> Result<Option<Zeroizing<String>>, Refused> {
    let bytes = content(path).map_err(|error| unreadable(path, &error))?;
    bytes
        .map(|bytes| {
            let bytes = Zeroizing::new(bytes);
            let text = std::str::from_utf8(&bytes).map(|text| Zeroizing::new(text.to_owned()));
            text.map_err(|_| refused(problem::not_a_key(&shown(path))))
        })
        .transpose()
}

fn unhex(digits: &str) -> Option<Zeroizing<[u8; LENGTH]>> {
    let plain = digits.len() == 2 * LENGTH && digits.bytes().all(|it| it.is_ascii_hexdigit());
    let mut bytes = Zeroizing::new([0; LENGTH]);
    for (index, byte) in bytes.iter_mut().enumerate() {
        let pair = plain.then(|| &digits[2 * index..2 * index + 2])?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

fn shown(path: &Path) -> String {
    format!("`{}`", path.display())
}

fn unreadable(path: &Path, error: &io::Error) -> Refused {
    refused(problem::unreadable_key(path, &told(error)))
}

fn refused(problem: crate::problem::Problem) -> Refused {
    Refused { problem: Box::new(problem), exit: 1 }
}
