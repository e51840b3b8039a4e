//! The store of secrets on a disk that fails at any operation: it holds what it held, or what it
//! was to hold, and whoever cannot open it destroys nothing.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use paas::model::{Hidden, ObjectId};
use paas::store::{Disk, Kept, Key, Owner, Refused, Store};
use tempfile::TempDir;

use super::refused;

const LINEAGE: &str = "5f2b7a7c9e0d4b1c8a6f3e2d1c0b9a88";

/// A key with this digit all over.
fn key(digit: char) -> Key {
    let project = Path::new("/nowhere");
    let owner = Owner { lineage: LINEAGE, sandbox: false, project };
    Key::read(&digit.to_string().repeat(64), owner, "here").unwrap()
}

/// The values in a folder, by name.
fn values(folder: &Path) -> Vec<(String, String, u32)> {
    let kept = Kept::open(folder, &key('a')).unwrap();
    let all = kept.all();
    all.map(|(name, it)| (name.to_owned(), it.value.expose().to_owned(), it.version)).collect()
}

/// Keeps a second value beside a first one, on this disk.
fn keep(disk: Disk, folder: &Path) -> Result<(), Refused> {
    let store = Store::open_on(disk, folder, "apply")?;
    let mut kept = Kept::open(folder, &key('a'))?;
    kept.renew("secret.a", Hidden::new("second".to_owned()), 2, 7);
    kept.renew("secret.b", Hidden::new("other".to_owned()), 1, 7);
    kept.save(&store, &key('a'))?;
    store.close()
}

/// A folder with one value.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), "apply").unwrap();
    let mut kept = Kept::default();
    kept.renew("secret.a", Hidden::new("first".to_owned()), 1, 1);
    kept.save(&store, &key('a')).unwrap();
    store.close().unwrap();
    folder
}

#[test]
fn a_disk_that_fails_anywhere_leaves_the_old_values_or_the_new() {
    let one = |name: &str, value: &str, version| (name.to_owned(), value.to_owned(), version);
    let old = vec![one("secret.a", "first", 1)];
    let new = vec![one("secret.a", "second", 2), one("secret.b", "other", 1)];
    // Once the run ends at the operation, once only this one fails: a disk that was full.
    for ends in [true, false] {
        let (mut failures, mut kept_old) = (0, 0);
        for fails_at in 0.. {
            let folder = folder();
            let count = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&count);
            let disk = Disk::watched(move |_| {
                let at = counted.fetch_add(1, Ordering::SeqCst);
                let fails = at == fails_at || (ends && at > fails_at);
                if fails { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
            });
            let ended = keep(disk, folder.path());
            let found = values(folder.path());
            assert!(found == old || found == new, "at operation {fails_at}: {found:?}");
            assert!(
                ended.is_err() || found == new,
                "at operation {fails_at}: it was reported kept"
            );
            for name in ["paas.secrets", "paas.secrets.prev"] {
                if let Ok(about) = fs::metadata(folder.path().join(name)) {
                    assert_eq!(about.permissions().mode() & 0o777, 0o600, "{name}");
                }
            }
            // The next run does what this one could not, and leaves nothing half-written.
            keep(Disk::default(), folder.path()).unwrap();
            assert_eq!(values(folder.path())[1..], new[1..]);
            let left = fs::read_dir(folder.path()).unwrap().flatten();
            let left = left.filter(|it| it.file_name().to_string_lossy().contains("unfinished"));
            assert_eq!(left.count(), 0, "at operation {fails_at}");
            failures += usize::from(ended.is_err());
            kept_old += usize::from(found == old);
            if count.load(Ordering::SeqCst) <= fails_at {
                break;
            }
        }
        assert!(failures > 6 && kept_old > 4, "{failures} failures, {kept_old} times the old");
    }
}

#[test]
fn whoever_cannot_open_it_destroys_nothing() {
    let folder = folder();
    let path = folder.path().join("paas.secrets");
    let whole = fs::read(&path).unwrap();
    assert_eq!(refused(Kept::open(folder.path(), &key('b'))).problem.code, "P4008");
    assert!(Kept::open_with_old(folder.path(), &[key('b'), key('c')]).is_none());
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        // Only the line break at its end may be missing.
        if length + 1 < whole.len() {
            let failed = refused(Kept::open(folder.path(), &key('a')));
            assert_eq!(failed.problem.code, "P4008", "cut at {length}");
            assert!(!failed.problem.helps.is_empty(), "cut at {length}");
        }
        assert_eq!(fs::read(&path).unwrap(), &whole[..length]);
    }
    for at in 0..whole.len() {
        let mut edited = whole.clone();
        edited[at] ^= 1;
        fs::write(&path, &edited).unwrap();
        if let Ok(kept) = Kept::open(folder.path(), &key('a')) {
            // What is no part of what is sealed may look different: a space, a line break.
            let values: Vec<&str> = kept.all().map(|(_, it)| it.value.expose()).collect();
            assert_eq!(values, ["first"], "edited at {at}");
        }
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(values(folder.path())[0].1, "first");
}

#[test]
fn a_run_that_ends_between_a_new_key_and_its_sealing_has_the_values_still() {
    let folder = folder();
    let mut kept = Kept::open_with_old(folder.path(), &[key('b'), key('a')]).unwrap();
    assert_eq!(kept.get("secret.a").unwrap().value.expose(), "first");
    // The next writing seals it with the key that is used now.
    let store = Store::open(folder.path(), "apply").unwrap();
    kept.save(&store, &key('b')).unwrap();
    let sealed = Kept::open(folder.path(), &key('b')).unwrap();
    assert_eq!(sealed.get("secret.a").unwrap().value.expose(), "first");
}

#[test]
fn a_move_that_was_announced_ends_as_the_state_has_it() {
    let id = |text: &str| ObjectId::parse(text).unwrap();
    let (from, to) = (id("app.a/db.x#1"), id("app.b/db.x#1@app.a/db.x"));
    for made in [false, true] {
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path(), "apply").unwrap();
        let mut kept = Kept::default();
        kept.renew("app.a/db.x.made_password", Hidden::new("of a".to_owned()), 3, 1);
        kept.renew("app.a/db.xy.made_password", Hidden::new("of y".to_owned()), 1, 1);
        kept.announce(&[(from.clone(), to.clone())]);
        assert_eq!(kept.get("app.b/db.x.made_password").unwrap().version, 3);
        // Something else has the old name, and the new value of this one goes with it.
        kept.renew("app.a/db.x.made_password", Hidden::new("another".to_owned()), 1, 1);
        kept.renew("app.b/db.x.made_password", Hidden::new("of b".to_owned()), 4, 2);
        kept.save(&store, &key('a')).unwrap();
        let mut kept = Kept::open(folder.path(), &key('a')).unwrap();
        kept.settle_moves(|object| !made && *object == from);
        let value = |name: &str| kept.get(name).map(|it| it.value.expose().to_owned());
        let (a, b) = (value("app.a/db.x.made_password"), value("app.b/db.x.made_password"));
        match made {
            true => assert_eq!((a.as_deref(), b.as_deref()), (Some("another"), Some("of b"))),
            false => assert_eq!((a.as_deref(), b.as_deref()), (Some("of b"), None)),
        }
        assert_eq!(value("app.a/db.xy.made_password").as_deref(), Some("of y"));
    }
}
