//! Where generated secrets are kept: beside the state, or in a place that people have already.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place for generated secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SecretStore {
    /// Sealed under the project key, beside the state.
    #[default]
    Local,
    /// Under one key of a file that `sops` opens.
    Sops(String),
    /// In a file that `age` opens.
    Age(String),
    /// In one field of a secret in a Vault: the mount and what follows.
    Vault(String),
}

/// Which place holds the generated secrets of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keeping {
    /// The one place where values are read and made.
    pub store: SecretStore,
    /// The place before it, as long as copies may be left there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<SecretStore>,
}

/// Generated secrets that an apply takes from one place to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relocation {
    /// Where they are.
    pub from: SecretStore,
    /// Where the manifest wants them.
    pub to: SecretStore,
}

impl fmt::Display for SecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretStore::Local => f.write_str("local()"),
            SecretStore::Sops(file) => write!(f, "sops({file:?})"),
            SecretStore::Age(file) => write!(f, "age({file:?})"),
            SecretStore::Vault(path) => write!(f, "vault({path:?})"),
        }
    }
}
