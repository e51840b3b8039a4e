//! What a request came to when it did not come to what was asked: sorted by what is known of the
//! result, and by what can be done about it.

use std::collections::BTreeMap;

use crate::drivers::Fault;

/// Why a request has no answer, or not the one that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The server said no.
    Refused(Refusal),
    /// There was no connection: nothing was sent.
    Unreachable(String),
    /// It was sent, and nobody knows what came of it.
    Lost(String),
}

/// What a server said instead of doing it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusal {
    /// The HTTP status: Proxmox has 400, 401, 403, 500 and 501.
    pub status: u16,
    /// The first line of what it said.
    pub message: String,
    /// What is wrong with each parameter.
    pub errors: BTreeMap<String, String>,
}

/// What a refusal means for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The guest is not on that node; it may be on another one.
    NotThere,
    /// The number is taken.
    Exists,
    /// The guest is under a lock, which has a name.
    Locked,
    /// Others are in the way for a moment; nothing was done.
    Busy,
    /// Somebody wrote the configuration meanwhile.
    Modified,
    /// It is already as was asked.
    AlreadySo,
    /// The cluster has no quorum: nothing can be written.
    NoQuorum,
    /// The login may not do that.
    Forbidden,
    /// Nothing that is known here.
    Other,
}

impl Refusal {
    /// What it means: Proxmox says so only in words.
    pub fn means(&self) -> Means {
        let text = self.message.as_str();
        let has = |part: &str| text.contains(part);
        if matches!(self.status, 401 | 403) {
            return Means::Forbidden;
        }
        if has("Configuration file 'nodes/") && has("does not exist") {
            return Means::NotThere;
        }
        let exists = has("already exists on node")
            || has("config file already exists")
            || has("File exists");
        match () {
            () if exists => Means::Exists,
            () if lock(text).is_some() => Means::Locked,
            () if has("can't lock file") && has("got timeout")
                || has("cfs-lock") && has("timeout")
                || has("got no worker upid")
                || has("trying to acquire lock") =>
            {
                Means::Busy
            }
            () if has("detected modified configuration")
                || has("checksum mismatch (file change by other user") =>
            {
                Means::Modified
            }
            () if has("already running")
                || has("not running")
                || has("disk is already at specified size")
                || has("is already a pool member") =>
            {
                Means::AlreadySo
            }
            () if has("no quorum") => Means::NoQuorum,
            () => Means::Other,
        }
    }

    /// It as one sentence for people.
    pub fn text(&self) -> String {
        let mut text = self.message.trim().to_owned();
        for (name, why) in &self.errors {
            text.push_str(&format!("; {name}: {}", why.trim().replace('\n', " ")));
        }
        match text.is_empty() {
            true => format!("the API answers {}", self.status),
            false => text,
        }
    }
}

/// The name of the lock in `CT is locked (backup)`.
pub fn lock(text: &str) -> Option<&str> {
    let (before, rest) = text.split_once(" is locked (")?;
    let is_guest = before.ends_with("CT") || before.ends_with("VM") || before.contains("VM ");
    rest.split_once(')').map(|(name, _)| name).filter(|_| is_guest || before.contains("CT "))
}

impl Trouble {
    /// What the server said, if it said something.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Trouble::Refused(refusal) => Some(refusal),
            Trouble::Unreachable(_) | Trouble::Lost(_) => None,
        }
    }

    /// What it means, if the server said it.
    pub fn means(&self) -> Means {
        self.refusal().map_or(Means::Other, Refusal::means)
    }

    /// It as one sentence for people.
    pub fn text(&self) -> String {
        match self {
            Trouble::Refused(refusal) => refusal.text(),
            Trouble::Unreachable(why) | Trouble::Lost(why) => why.clone(),
        }
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Fault {
        match &trouble {
            Trouble::Refused(_) | Trouble::Unreachable(_) => Fault::Refused(trouble.text()),
            Trouble::Lost(_) => Fault::Unknown(trouble.text()),
        }
    }
}
