//! `paas.lock`: which commit and which content each module out of a repository has.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::drivers::git::Repository;

/// The file's name, beside the manifest.
pub const FILE: &str = "paas.lock";

/// The form that this version writes and reads.
const VERSION: u32 = 1;

/// What people read first in the file.
const HEAD: &str = "# The content of every module that comes out of a repository. Only `paas update` \
                    changes it;\n# commit it with the manifest.\n";

/// What `paas.lock` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By repository.
    pub modules: BTreeMap<Repository, Pin>,
}

/// What one repository is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The commit.
    pub commit: String,
    /// The digest of its files.
    pub digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: u32,
    #[serde(default)]
    module: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    url: String,
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    commit: String,
    digest: String,
}

impl Lock {
    /// Reads the lock of a project; an empty one if it has none.
    pub fn read(folder: &Path) -> Result<Lock, String> {
        let text = match std::fs::read_to_string(folder.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Lock::default());
            }
            Err(error) => return Err(error.to_string()),
        };
        let form: Form = toml::from_str(&text).map_err(|error| error.message().to_owned())?;
        if form.version != VERSION {
            return Err(format!(
                "it is of form {}, and this version reads {VERSION}",
                form.version
            ));
        }
        let hex = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
        let mut modules = BTreeMap::new();
        for Entry { url, reference, commit, digest } in form.module {
            if !hex(&commit) || !hex(&digest) || digest.len() != 64 {
                return Err(format!("the entry of `{url}` has no whole commit or digest"));
            }
            modules.insert(Repository { url, reference }, Pin { commit, digest });
        }
        Ok(Lock { modules })
    }

    /// Writes the lock of a project, whole or not at all.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let entries = self.modules.iter().map(|(repository, pin)| Entry {
            url: repository.url.clone(),
            reference: repository.reference.clone(),
            commit: pin.commit.clone(),
            digest: pin.digest.clone(),
        });
        let form = Form { version: VERSION, module: entries.collect() };
        let text = toml::to_string(&form).map_err(std::io::Error::other)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(format!("{HEAD}{text}").as_bytes())?;
        file.as_file().sync_all()?;
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(readable)?;
        file.persist(folder.join(FILE)).map_err(|error| error.error)?;
        Ok(())
    }
}
