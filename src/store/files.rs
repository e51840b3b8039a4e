//! What the files of a state are called, and which backups are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::disk::{Disk, UNFINISHED};

/// How many snapshots are kept beside the current one and the one before it.
const BACKUPS_MAX: usize = 20;

/// Where everything is.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) folder: PathBuf,
    pub(super) snapshot: PathBuf,
    pub(super) previous: PathBuf,
    pub(super) journal: PathBuf,
    pub(super) lock: PathBuf,
    pub(super) holder: PathBuf,
    pub(super) backups: PathBuf,
    pub(super) secrets: PathBuf,
    pub(super) previous_secrets: PathBuf,
}

impl Files {
    pub(super) fn of(folder: &Path) -> Files {
        Files {
            folder: folder.to_owned(),
            snapshot: folder.join("paas.state.json"),
            previous: folder.join("paas.state.json.prev"),
            journal: folder.join("paas.journal"),
            lock: folder.join("paas.lock"),
            holder: folder.join("paas.lock.json"),
            backups: folder.join("backups"),
            secrets: folder.join("paas.secrets"),
            previous_secrets: folder.join("paas.secrets.prev"),
        }
    }

    /// Where a snapshot is kept once a newer one has taken its place.
    pub(super) fn kept_snapshot(&self, serial: u64) -> PathBuf {
        self.backups.join(format!("{serial:020}.json"))
    }

    /// Where the journal that followed a snapshot is kept.
    pub(super) fn kept_journal(&self, base_serial: u64) -> PathBuf {
        self.backups.join(format!("{base_serial:020}.journal"))
    }

    /// The backups with this ending, oldest first.
    pub(super) fn backups(&self, ending: &str) -> io::Result<Vec<PathBuf>> {
        let ours = |path: &PathBuf| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            path.extension().is_some_and(|it| it == ending)
                && stem.len() == 20
                && stem.bytes().all(|byte| byte.is_ascii_digit())
        };
        let mut found: Vec<PathBuf> = entries(&self.backups)?.into_iter().filter(ours).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Whether anything was ever written here.
    pub(super) fn any_history(&self) -> io::Result<bool> {
        let named = [&self.snapshot, &self.previous, &self.journal];
        let some = named.iter().any(|path| path.symlink_metadata().is_ok());
        Ok(some || !self.backups("json")?.is_empty())
    }

    /// Removes the oldest backups. A journal goes with the snapshot it follows.
    pub(super) fn prune(&self, disk: &Disk) -> io::Result<()> {
        let snapshots = self.backups("json")?;
        let old = snapshots.len().saturating_sub(BACKUPS_MAX);
        for path in &snapshots[..old] {
            let journal = path.with_extension("journal");
            if journal.symlink_metadata().is_ok() {
                disk.remove(&journal)?;
            }
            disk.remove(path)?;
        }
        Ok(())
    }

    /// Removes what writes that were cut off left behind.
    pub(super) fn sweep(&self, disk: &Disk) -> io::Result<()> {
        for folder in [&self.folder, &self.backups] {
            for path in entries(folder)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if name.starts_with('.') && name.contains(UNFINISHED) {
                    disk.remove(&path)?;
                }
            }
        }
        Ok(())
    }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
