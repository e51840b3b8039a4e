//! One writer at a time: a lock that the kernel drops with its process, and who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::problem::state as problem;
use crate::store::disk::{Disk, content, open_regular};
use crate::store::files::Files;
use crate::store::{Refused, told};

/// A lock that is held until this is dropped.
pub(super) struct Lock {
    _file: File,
    files: Files,
}

/// Who holds it; written for people, never read to decide anything.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    host: String,
    user: String,
    purpose: String,
    since_secs: u64,
}

impl Lock {
    pub(super) fn take(files: &Files, disk: &Disk, purpose: &str) -> Result<Lock, Refused> {
        let path = &files.lock;
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600);
        let made = options.clone().create_new(true).open(path);
        let file = made.or_else(|_| open_regular(path, &options));
        let file =
            file.map_err(|error| Refused::unreadable(problem::unwritable(path, &told(&error))))?;
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Err(Refused::locked(taken(files))),
            Err(TryLockError::Error(error)) => {
                return Err(Refused::unreadable(problem::unwritable(path, &told(&error))));
            }
        }
        let holder = Holder::this(purpose);
        let text = serde_json::to_vec(&holder).expect("a holder is plain data");
        // Nothing hangs on it: without it the message to others is shorter.
        let _ = disk.replace(&files.holder, &text);
        Ok(Lock { _file: file, files: files.clone() })
    }
}

/// Refuses if somebody holds the lock now. Nothing is made, and nobody is kept out meanwhile.
pub(super) fn check(files: &Files) -> Result<(), Refused> {
    // Without a holder's name nobody is there, or not for long: opening the state will tell.
    if files.holder.symlink_metadata().is_err() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    options.read(true);
    let held = open_regular(&files.lock, &options).map(|file| file.try_lock_shared());
    match held {
        Ok(Err(TryLockError::WouldBlock)) => Err(Refused::locked(taken(files))),
        Ok(_) | Err(_) => Ok(()),
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A leftover would be shown only until the next holder has written its own.
        let _ = std::fs::remove_file(&self.files.holder);
    }
}

impl Holder {
    fn this(purpose: &str) -> Holder {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
            .or_else(|_| std::fs::read_to_string("/etc/hostname"))
            .unwrap_or_default();
        let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        Holder {
            pid: std::process::id(),
            host: host.trim().to_owned(),
            user: user.unwrap_or_default(),
            purpose: purpose.to_owned(),
            since_secs: now_secs(),
        }
    }

    fn who(&self) -> String {
        let or = |text: &str, other: &str| {
            if text.is_empty() { other.to_owned() } else { format!("`{text}`") }
        };
        let (user, host) = (or(&self.user, "an unknown user"), or(&self.host, "an unnamed host"));
        format!("process {} of {user} on {host}", self.pid)
    }
}

fn taken(files: &Files) -> crate::problem::Problem {
    let text = content(&files.holder).ok().flatten();
    let holder = text.and_then(|text| serde_json::from_slice::<Holder>(&text).ok());
    let Some(holder) = holder else {
        return problem::locked(&files.folder, None);
    };
    let by = holder.who();
    let age = Duration::from_secs(now_secs().saturating_sub(holder.since_secs));
    let held = problem::Held { by: &by, purpose: &holder.purpose, age };
    problem::locked(&files.folder, Some(&held))
}

/// Seconds since 1970.
pub(super) fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}
