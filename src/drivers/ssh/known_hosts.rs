//! Which keys a machine may show: what files in the form of OpenSSH's `known_hosts` say about it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use russh::keys::ssh_key::Algorithm;
use russh::keys::{Certificate, HashAlg, PublicKey};

/// What a file says about one key of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is one of its keys.
    Trusted,
    /// Nothing is said about the machine.
    Unknown,
    /// The key must not be used, by this line.
    Revoked(String),
    /// The machine has other keys: where each stands, and its fingerprint.
    Changed(Vec<(String, String)>),
}

/// A line that speaks of the machine.
struct Line {
    place: String,
    marker: Marker,
    key: PublicKey,
}

#[derive(PartialEq)]
enum Marker {
    None,
    Revoked,
    Authority,
}

/// What files say about one machine.
pub(super) struct KnownLines {
    host: String,
    lines: Vec<Line>,
}

/// A key as people compare it: `ssh-ed25519 SHA256:…`.
pub(super) fn shown(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm().as_str(), key.fingerprint(HashAlg::Sha256))
}

/// The name under which such files have a machine.
pub(super) fn name(host: &str, port: u16) -> String {
    match port {
        22 => host.to_ascii_lowercase(),
        port => format!("[{}]:{port}", host.to_ascii_lowercase()),
    }
}

impl KnownLines {
    /// Sorts out the lines of `files`, each with its name and its text.
    ///
    /// As OpenSSH does, a line that cannot be read is no line: it can make a key unknown, and
    /// never trusted.
    pub(super) fn about(host: &str, port: u16, files: &[(String, String)]) -> KnownLines {
        let name = name(host, port);
        let mut lines = Vec::new();
        for (file, text) in files {
            for (index, line) in text.lines().enumerate() {
                let place = format!("{file}:{}", index + 1);
                lines.extend(parsed(line, &name).map(|(marker, key)| Line { place, marker, key }));
            }
        }
        KnownLines { host: host.to_ascii_lowercase(), lines }
    }

    /// What they say about a key.
    pub(super) fn verdict(&self, key: &PublicKey) -> Verdict {
        let same = |line: &&Line| line.key.key_data() == key.key_data();
        if let Some(line) = self.marked(Marker::Revoked).find(same) {
            return Verdict::Revoked(line.place.clone());
        }
        if self.marked(Marker::None).any(|line| same(&line)) {
            return Verdict::Trusted;
        }
        let others: Vec<(String, String)> =
            self.marked(Marker::None).map(|it| (it.place.clone(), shown(&it.key))).collect();
        if others.is_empty() { Verdict::Unknown } else { Verdict::Changed(others) }
    }

    /// What they say about a certificate at a time in seconds since 1970.
    ///
    /// One that proves nothing is as good as its bare key.
    pub(super) fn verdict_of_certificate(&self, shown: &Certificate, now: u64) -> Verdict {
        let bare = PublicKey::new(shown.public_key().clone(), "");
        let authority = PublicKey::new(shown.signature_key().clone(), "");
        for key in [&bare, &authority] {
            if let Verdict::Revoked(place) = self.verdict(key) {
                return Verdict::Revoked(place);
            }
        }
        let known: Vec<_> = self
            .marked(Marker::Authority)
            .map(|line| line.key.fingerprint(HashAlg::Sha256))
            .collect();
        let named = shown.valid_principals().iter().any(|it| it.eq_ignore_ascii_case(&self.host));
        let proves = shown.cert_type().is_host()
            && named
            && shown.critical_options().is_empty()
            && shown.validate_at(now, &known).is_ok();
        if proves { Verdict::Trusted } else { self.verdict(&bare) }
    }

    /// Somebody may vouch for the machine's key.
    pub(super) fn has_authority(&self) -> bool {
        self.marked(Marker::Authority).next().is_some()
    }

    /// The algorithms of its keys: asked for another one, it would show a key that nobody knows.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        self.marked(Marker::None).map(|line| line.key.algorithm()).collect()
    }

    fn marked(&self, marker: Marker) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.marker == marker)
    }
}

/// The text of a file without the plain lines that give keys to one machine alone; a line for
/// several machines loses the name of this one.
pub(super) fn without(text: &str, host: &str, port: u16) -> String {
    let name = name(host, port);
    let mut left = String::new();
    for line in text.lines() {
        match parsed(line, &name) {
            Some((Marker::None, _)) => {
                let (names, rest) = line.trim().split_once([' ', '\t']).unwrap_or((line, ""));
                let others: Vec<&str> =
                    names.split(',').filter(|it| !it.eq_ignore_ascii_case(&name)).collect();
                // A pattern still covers the machine, and was not written for it.
                if !names.starts_with('|') && !others.is_empty() {
                    left.push_str(&format!("{} {rest}\n", others.join(",")));
                }
            }
            Some((Marker::Revoked | Marker::Authority, _)) | None => {
                left.push_str(line);
                left.push('\n');
            }
        }
    }
    left
}

/// The marker and the key of a line, if it speaks of the machine `name`.
fn parsed(line: &str, name: &str) -> Option<(Marker, PublicKey)> {
    let mut words = line.split_ascii_whitespace().peekable();
    let marker = match *words.peek()? {
        "@revoked" => Marker::Revoked,
        "@cert-authority" => Marker::Authority,
        word if word.starts_with(['@', '#']) => return None,
        _ => Marker::None,
    };
    if marker != Marker::None {
        words.next();
    }
    let names = words.next()?;
    if !covers(names, name) {
        return None;
    }
    let (algorithm, key) = (words.next()?, words.next()?);
    let key = PublicKey::from_openssh(&format!("{algorithm} {key}")).ok()?;
    Some((marker, key))
}

fn covers(names: &str, name: &str) -> bool {
    if let Some(hashed) = names.strip_prefix("|1|") {
        return is_hash_of(hashed, name).unwrap_or(false);
    }
    let mut found = false;
    for pattern in names.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern.as_bytes(), name.as_bytes()) => return false,
            Some(_) => (),
            None => found |= matches(pattern.as_bytes(), name.as_bytes()),
        }
    }
    found
}

fn is_hash_of(hashed: &str, name: &str) -> Option<bool> {
    let (salt, hash) = hashed.split_once('|')?;
    let (salt, hash) = (STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?);
    // The form of the file prescribes SHA-1; it only hides names.
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &salt);
    Some(hmac::verify(&key, name.as_bytes(), &hash).is_ok())
}

/// `*` stands for any text, `?` for one character; big and small letters are the same.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || byte.eq_ignore_ascii_case(&text[from]) => {
                at += 1;
                from += 1;
            }
            Some(_) | None => {
                let Some((star_at, start)) = star else { return false };
                star = Some((star_at, start + 1));
                at = star_at + 1;
                from = start + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}
