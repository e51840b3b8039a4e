//! Who logs in where, with what, and which keys the other side may show.

use std::path::{Path, PathBuf};

use crate::drivers::ssh::known_hosts::{self, KnownLines};
use crate::drivers::ssh::quote::Rights;
use crate::model::{Hidden, digest_all};

/// How somebody logs in at a machine.
#[derive(Clone, Debug)]
pub struct Login {
    /// Its name or its address.
    pub host: String,
    /// Where its server listens.
    pub port: u16,
    /// Who logs in; anybody but root gets root's rights by `sudo`.
    pub user: String,
    /// Files with private keys, tried in order; those that do not exist are passed over.
    pub key_files: Vec<PathBuf>,
    /// A private key itself.
    pub key: Option<Hidden>,
    /// The keys of the running agent are tried.
    pub agent: bool,
    /// Tried last.
    pub password: Option<Hidden>,
    /// The machine through which it is reached.
    pub jump: Option<Box<Login>>,
    /// The keys that it may show.
    pub known: KnownKeys,
}

/// Where the keys of machines are known from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownKeys {
    /// Files in the form of OpenSSH's `known_hosts`; those that do not exist say nothing.
    pub files: Vec<PathBuf>,
    /// Its keys, as they were read on the machine itself: `ssh-ed25519 AAAA…`. With any, no other
    /// key is taken, whatever the files say.
    pub pinned: Vec<String>,
}

impl KnownKeys {
    /// What a project knows, and what its user knows besides.
    pub fn of(project_file: &Path, home: Option<&Path>) -> KnownKeys {
        let mut files = vec![project_file.to_path_buf()];
        files.extend(home.map(|home| home.join(".ssh/known_hosts")));
        files.push(PathBuf::from("/etc/ssh/ssh_known_hosts"));
        KnownKeys { files, pinned: Vec::new() }
    }

    /// What the files say about a machine.
    pub(super) fn about(&self, host: &str, port: u16) -> KnownLines {
        let read = |path: &PathBuf| {
            let bytes = std::fs::read(path).ok()?;
            // A line that is no text is no line; the others still count.
            Some((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()))
        };
        let files: Vec<(String, String)> = self.files.iter().filter_map(read).collect();
        KnownLines::about(host, port, &files)
    }
}

impl Login {
    /// A login with a running agent and the usual key files of a home.
    pub fn new(user: &str, host: &str, port: u16, known: KnownKeys) -> Login {
        Login {
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            key_files: Vec::new(),
            key: None,
            agent: true,
            password: None,
            jump: None,
            known,
        }
    }

    /// `root@web.example.com`, with the port when it is an unusual one.
    pub fn name(&self) -> String {
        format!("{}@{}", self.user, self.place())
    }

    /// The machine as commands name it: `web.example.com`, `web.example.com:2222`.
    pub fn place(&self) -> String {
        place(&self.host, self.port)
    }

    pub(super) fn rights(&self) -> Rights {
        if self.user == "root" { Rights::Own } else { Rights::Sudo }
    }

    /// What makes two logins share a connection; nothing secret can be read from it.
    pub(super) fn identity(&self) -> String {
        let hidden = |it: &Option<Hidden>| it.as_ref().map(|it| it.expose().as_bytes().to_vec());
        let jump = self.jump.as_ref().map(|jump| jump.identity());
        let paths = |paths: &[PathBuf]| format!("{paths:?}").into_bytes();
        let parts = [
            ("name", self.name().into_bytes()),
            ("files", paths(&self.key_files)),
            ("key", hidden(&self.key).unwrap_or_default()),
            ("agent", vec![u8::from(self.agent)]),
            ("password", hidden(&self.password).unwrap_or_default()),
            ("jump", jump.unwrap_or_default().into_bytes()),
            ("known", paths(&self.known.files)),
            ("pinned", self.known.pinned.join("\n").into_bytes()),
        ];
        digest_all(parts.iter().map(|(name, bytes)| (*name, bytes.as_slice())))
    }
}

/// The keys that OpenSSH tries when none is named.
pub fn usual_key_files(home: &Path) -> Vec<PathBuf> {
    ["id_ed25519", "id_ecdsa", "id_rsa"].map(|name| home.join(".ssh").join(name)).into()
}

/// A machine and its port, as commands name it.
pub fn place(host: &str, port: u16) -> String {
    match (port, host.contains(':')) {
        (22, _) => host.to_owned(),
        (port, true) => format!("[{host}]:{port}"),
        (port, false) => format!("{host}:{port}"),
    }
}

/// The other way round; a port that is none is refused.
pub fn parse_place(text: &str) -> Option<(String, u16)> {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port != 0);
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            match rest.strip_prefix(':') {
                Some(rest) => (host, port(rest)?),
                None if rest.is_empty() => (host, 22),
                None => return None,
            }
        }
        None => match text.split_once(':') {
            Some((_, rest)) if rest.contains(':') => (text, 22),
            Some((host, rest)) => (host, port(rest)?),
            None => (text, 22),
        },
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-:%".contains(c);
    let fine = !host.is_empty() && !host.starts_with('-') && host.chars().all(fits);
    fine.then(|| (host.to_owned(), port))
}

/// Adds a key of a machine to the file of a project; with [`Others::Forget`] it has no other one
/// from then on.
pub fn remember(
    file: &Path,
    host: &str,
    port: u16,
    key: &str,
    others: Others,
) -> std::io::Result<()> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let mut text = match others {
        Others::Keep => text,
        Others::Forget => known_hosts::without(&text, host, port),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&format!("{} {key}\n", known_hosts::name(host, port)));
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut temporary, text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(())
}

/// What becomes of the keys that a machine has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They stay.
    Keep,
    /// They go.
    Forget,
}
