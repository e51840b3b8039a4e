//! Generated secrets in a file that `age` encrypts, which has nothing else in it.
//!
//! It is encrypted for those in `.age-recipients`, else for whoever writes it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::drivers::secrets::encrypted::Encrypted;
use crate::drivers::secrets::programs::{about, age_at, identities, inline_identity, run};
use crate::drivers::secrets::shelf::{KEY, alike, alone, ours};
use crate::drivers::secrets::{Missing, Unwritten};
use crate::model::Hidden;

/// The file that lists who can open the files beside and below it.
const RECIPIENTS: &str = ".age-recipients";

/// How a file begins that is written as text.
const ARMOR: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

/// A file of `age`.
pub struct AgeFile {
    file: Encrypted,
}

/// For whom a file is encrypted.
struct Readers {
    argv: Vec<OsString>,
    /// The file that lists them.
    listed: Option<PathBuf>,
}

impl AgeFile {
    /// The file of this name below a folder.
    pub fn new(folder: &Path, name: &str) -> AgeFile {
        AgeFile { file: Encrypted::new(folder, name) }
    }

    /// What is in it.
    pub async fn read(&mut self) -> Result<Option<Hidden>, Missing> {
        self.file.load()?;
        match self.file.bytes.is_some() {
            true => self.decrypted(&self.file.path()).await.map(Some),
            false => Ok(None),
        }
    }

    /// Puts a document into it, or removes it.
    pub async fn write(&mut self, document: Option<&Hidden>) -> Result<(), Unwritten> {
        let Some(document) = document else {
            return match self.file.bytes.is_some() {
                true => self.file.remove(),
                false => Ok(()),
            };
        };
        let readers = self.readers().await?;
        let name = &self.file.name;
        let help = match &readers.listed {
            Some(path) => format!("does `{}` list recipients, one a line?", path.display()),
            None => "is it an identity of `age`?".to_owned(),
        };
        let whole = alone(document);
        let folder = &self.file.folder;
        let output = run("age", &readers.argv, None, folder, Some(&whole), &help).await;
        let output = output.map_err(|missing| about(missing, name))?;
        self.check_readers(&readers, &output)?;
        let fresh = self.file.fresh_with(&output)?;
        let back = self.decrypted(fresh.path()).await.map_err(|missing| match &readers.listed {
            None => missing,
            Some(path) => Missing::new(
                format!("what was encrypted for `{}` opens for none of yours", path.display()),
                "add your own recipient to it: `age-keygen -y FILE` tells which that is",
            ),
        })?;
        if !alike(Some(&back), Some(document)) {
            let why = format!("what `age` makes of `{name}` reads back differently");
            return Err(Missing::new(why, "try it by hand: `age --encrypt`").into());
        }
        self.file.replace(&fresh)
    }

    /// Nobody is left out in silence who could open the file before.
    fn check_readers(&self, readers: &Readers, output: &[u8]) -> Result<(), Missing> {
        let (before, now) = (self.file.bytes.as_deref().map_or(0, stanzas), stanzas(output));
        match readers.listed.is_none() && before > now {
            true => Err(Missing::new(
                format!("`{}` opens for {before}, and would for {now}", self.file.name),
                format!("list all of them in `{RECIPIENTS}` beside it, one a line"),
            )),
            false => Ok(()),
        }
    }

    async fn readers(&self) -> Result<Readers, Missing> {
        let mut argv: Vec<OsString> = vec!["--encrypt".into()];
        if let Some(path) = self.listed() {
            argv.extend(["--recipients-file".into(), path.clone().into()]);
            return Ok(Readers { argv, listed: Some(path) });
        }
        for identity in identities() {
            argv.extend(["--identity".into(), identity.into()]);
        }
        if let Some(identity) = inline_identity() {
            let help = "is `SOPS_AGE_KEY` an identity of `age`?";
            let words = ["-y".into()];
            let folder = &self.file.folder;
            let output = run("age-keygen", &words, None, folder, Some(&identity), help).await?;
            for line in String::from_utf8_lossy(&output).lines() {
                argv.extend(["--recipient".into(), line.into()]);
            }
        }
        match argv.len() {
            1 => Err(Missing::new(
                format!("there is nobody to encrypt `{}` for", self.file.name),
                format!(
                    "list recipients in `{RECIPIENTS}` beside it, or name an identity of yours: \
                     `export SOPS_AGE_KEY_FILE=…`"
                ),
            )),
            _ => Ok(Readers { argv, listed: None }),
        }
    }

    /// The nearest list, beside the file or above it in the project.
    fn listed(&self) -> Option<PathBuf> {
        let path = self.file.folder.join(&self.file.name);
        let above = path.ancestors().skip(1);
        let inside = above.take_while(|folder| folder.starts_with(&self.file.folder));
        let beside = path.parent().into_iter();
        let mut lists = beside.chain(inside).map(|folder| folder.join(RECIPIENTS));
        lists.find(|list| list.is_file())
    }

    async fn decrypted(&self, path: &Path) -> Result<Hidden, Missing> {
        let name = &self.file.name;
        let text = age_at(&self.file.folder, name, path).await?;
        let whole = serde_json::from_str::<serde_json::Value>(text.expose()).ok();
        whole.and_then(|mut whole| ours(&mut whole)).ok_or_else(|| {
            Missing::new(
                format!("`{name}` holds something else, with no `{KEY}` in it"),
                "name a file that is not there yet",
            )
        })
    }
}

/// How many can open a file.
fn stanzas(bytes: &[u8]) -> usize {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(64 << 10)]);
    let header = match start.trim_start().strip_prefix(ARMOR) {
        Some(rest) => {
            let body = rest.split("-----END").next().unwrap_or_default();
            let body: String = body.split_whitespace().collect();
            let whole = &body.as_bytes()[..body.len() / 4 * 4];
            String::from_utf8_lossy(&STANDARD.decode(whole).unwrap_or_default()).into_owned()
        }
        None => start.into_owned(),
    };
    let lines = header.lines().take_while(|line| !line.starts_with("--- "));
    // Some writers add one that opens for nobody.
    let real = |line: &&str| {
        line.strip_prefix("-> ")
            .is_some_and(|rest| !rest.split(' ').next().unwrap_or_default().ends_with("-grease"))
    };
    lines.filter(real).count()
}
