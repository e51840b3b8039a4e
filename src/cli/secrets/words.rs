//! What people are told of secrets, what they give, and what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::lower::{SecretItem, SecretSource};
use crate::model::Hidden;
use crate::store::Key;

/// What tells the values of a secret apart. What can be `true` or `false` only is not compared with
/// another such answer, of which somebody may know which it is.
pub fn apart(key: &Key, address: &str, item: &SecretItem, value: &Hidden) -> String {
    match &item.source {
        SecretSource::Derived(derived) if derived.few => key.fingerprint_as(address, value),
        SecretSource::Derived(_)
        | SecretSource::Env(_)
        | SecretSource::File(_)
        | SecretSource::Sops { .. }
        | SecretSource::Age(_)
        | SecretSource::Vault { .. }
        | SecretSource::Command(_)
        | SecretSource::Generate(_)
        | SecretSource::Made => key.fingerprint(value),
    }
}

/// Seconds since 1970, as the clock of this machine has it.
pub fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Where a secret comes from, for people.
pub fn told(source: &SecretSource) -> String {
    match source {
        SecretSource::Env(name) => format!("the environment variable `{name}`"),
        SecretSource::File(path) => format!("the file `{path}`"),
        SecretSource::Sops { file, key } => format!("`{key}` of `{file}`, by `sops`"),
        SecretSource::Age(path) => format!("the file `{path}`, by `age`"),
        SecretSource::Vault { path, field } => format!("`{field}` of `{path}` in the Vault"),
        SecretSource::Command(argv) => {
            format!("the program `{}`", argv.first().map_or("", String::as_str))
        }
        SecretSource::Generate(_) => "generated".to_owned(),
        SecretSource::Made => "generated for its resource".to_owned(),
        SecretSource::Derived(derived) => format!("`{}` of another secret", derived.function),
    }
}

/// A value that somebody gives on standard input.
pub fn given(text: String) -> Hidden {
    Hidden::new(text).without_newline()
}
