//! The key that a machine shows, for people to look at.

use russh::keys::{HashAlg, PublicKey};

use crate::drivers::ssh::known_hosts::shown;

/// A key that a machine shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    /// As it stands in files: `ssh-ed25519 AAAA…`.
    pub line: String,
    /// As people compare it: `ssh-ed25519 SHA256:…`.
    pub shown: String,
    /// `SHA256:…`.
    pub fingerprint: String,
    /// What is known of it.
    pub known: Known,
}

/// What is known of a key that a machine shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is the machine's.
    Yes,
    /// Nothing is known of the machine.
    No,
    /// It must not be used, by this line of a file.
    Revoked(String),
    /// The machine has others: where each stands, and its fingerprint.
    Others(Vec<(String, String)>),
}

impl HostKey {
    pub(super) fn new(key: &PublicKey, known: Known) -> HostKey {
        let mut bare = key.clone();
        bare.set_comment("");
        let line = bare.to_openssh().unwrap_or_default().trim().to_owned();
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        HostKey { line, shown: shown(key), fingerprint, known }
    }
}
