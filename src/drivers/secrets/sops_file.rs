//! Generated secrets under one key of a file that `sops` encrypts. Everything else in the file is
//! the user's and stays as it is, and so does who can open it.

use std::path::Path;

use tempfile::NamedTempFile;
use zeroize::{Zeroize as _, Zeroizing};

use crate::drivers::secrets::encrypted::Encrypted;
use crate::drivers::secrets::programs::{about, run, sops_at};
use crate::drivers::secrets::shelf::{KEY, alike, alone, ours};
use crate::drivers::secrets::{Missing, Unwritten};
use crate::model::Hidden;

/// How every value begins that `sops` has encrypted.
const ENCRYPTED: &str = "ENC[";

/// A file of `sops`.
pub struct SopsFile {
    file: Encrypted,
    kind: &'static str,
}

impl SopsFile {
    /// The file of this name below a folder.
    pub fn new(folder: &Path, name: &str) -> SopsFile {
        let kind = if name.ends_with(".json") { "json" } else { "yaml" };
        SopsFile { file: Encrypted::new(folder, name), kind }
    }

    /// What is under our key.
    pub async fn read(&mut self) -> Result<Option<Hidden>, Missing> {
        self.file.load()?;
        match self.file.bytes.is_some() {
            true => self.decrypted(&self.file.path()).await,
            false => Ok(None),
        }
    }

    /// Puts a document under our key, or takes the key away.
    pub async fn write(&mut self, document: Option<&Hidden>) -> Result<(), Unwritten> {
        let fresh = match (&self.file.bytes, document) {
            (None, None) => return Ok(()),
            (None, Some(document)) => self.made(document).await?,
            (Some(bytes), Some(document)) => {
                // With a document that tells nothing it is seen first what the rules of the file
                // do with our key: they may leave it as it is.
                let trial = self.file.fresh_with(bytes)?;
                self.set(&trial, &blank(document)).await?;
                self.covered(&self.file.content(&trial)?)?;
                let fresh = self.file.fresh_with(bytes)?;
                self.set(&fresh, document.expose()).await?;
                fresh
            }
            (Some(bytes), None) => {
                let fresh = self.file.fresh_with(bytes)?;
                self.run(&["unset"], Some(fresh.path()), None, true).await?;
                fresh
            }
        };
        let back = self.decrypted(fresh.path()).await?;
        if !alike(back.as_ref(), document) {
            let why = format!("what `sops` makes of `{}` reads back differently", self.file.name);
            return Err(Missing::new(why, "use `sops` 3.11 or newer").into());
        }
        self.file.replace(&fresh)
    }

    /// A new file that has our key only, by the rules that hold for its name.
    async fn made(&self, document: &Hidden) -> Result<NamedTempFile, Missing> {
        let argv = ["encrypt", "--filename-override", &self.file.name, "--output-type", self.kind];
        let whole = alone(document);
        let bytes = self.run(&argv, None, Some(&whole), false).await?;
        self.covered(&bytes)?;
        self.file.fresh_with(&bytes)
    }

    async fn set(&self, fresh: &NamedTempFile, document: &str) -> Result<(), Missing> {
        let argv = ["set", "--value-stdin"];
        self.run(&argv, Some(fresh.path()), Some(document), true).await.map(drop)
    }

    async fn run(
        &self,
        argv: &[&str],
        path: Option<&Path>,
        stdin: Option<&str>,
        at_our_key: bool,
    ) -> Result<Zeroizing<Vec<u8>>, Missing> {
        let name = &self.file.name;
        let mut words: Vec<std::ffi::OsString> = argv.iter().map(Into::into).collect();
        let input = if path.is_some() { self.kind } else { "json" };
        words.extend(["--input-type".into(), input.into()]);
        let help = match path {
            Some(_) => {
                words.extend(["--output-type".into(), self.kind.into()]);
                format!("`sops {name}` tells whether it opens; `sops` is to be 3.11 or newer")
            }
            None => format!("has `.sops.yaml` a creation rule for it? `sops {name}` tells"),
        };
        words.extend(path.map(Into::into));
        if at_our_key {
            words.push(format!("[\"{KEY}\"]").into());
        }
        let output = run("sops", &words, None, &self.file.folder, stdin, &help).await;
        output.map_err(|missing| about(missing, name))
    }

    async fn decrypted(&self, path: &Path) -> Result<Option<Hidden>, Missing> {
        let name = &self.file.name;
        let text = sops_at(&self.file.folder, name, path, Some(self.kind)).await?;
        let mut whole = serde_json::from_str(text.expose()).map_err(|_| {
            let help = format!("see what it says: `sops --decrypt {name}`");
            Missing::new(format!("what `sops` makes of `{name}` is no JSON"), help)
        })?;
        Ok(ours(&mut whole))
    }

    /// Everything under our key is encrypted.
    fn covered(&self, bytes: &[u8]) -> Result<(), Missing> {
        let text = String::from_utf8_lossy(bytes);
        let whole: Option<serde_json::Value> = match self.kind {
            "json" => serde_json::from_str(&text).ok(),
            _ => serde_saphyr::from_str(&text).ok(),
        };
        let part = whole.as_ref().and_then(|whole| whole.get(KEY));
        match part.is_some_and(encrypted) {
            true => Ok(()),
            false => Err(Missing::new(
                format!("`sops` would leave `{KEY}` of `{}` as plain text", self.file.name),
                format!(
                    "let the rules of the file cover `{KEY}` and all below it, or name another file"
                ),
            )),
        }
    }
}

fn encrypted(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.starts_with(ENCRYPTED),
        serde_json::Value::Array(list) => list.iter().all(encrypted),
        serde_json::Value::Object(map) => map.values().all(encrypted),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
            false
        }
    }
}

/// The same document, with a text that tells nothing in the place of each.
fn blank(document: &Hidden) -> Zeroizing<String> {
    let mut whole = serde_json::from_str(document.expose()).unwrap_or_default();
    emptied(&mut whole);
    Zeroizing::new(whole.to_string())
}

fn emptied(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => {
            text.zeroize();
            text.push('x');
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(emptied),
        serde_json::Value::Object(map) => map.values_mut().for_each(emptied),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => (),
    }
}
