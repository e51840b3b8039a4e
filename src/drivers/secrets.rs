//! The values of secrets: read just before they are sent, and never kept.

use std::io::ErrorKind;
use std::path::Path;

use crate::lower::SecretSource;

/// Whether a secret's value can be had, and why not.
pub fn check(source: &SecretSource, folder: &Path) -> Result<(), String> {
    match source {
        SecretSource::Env(name) => match std::env::var_os(name) {
            Some(value) if !value.is_empty() => Ok(()),
            Some(_) => Err(format!("the environment variable `{name}` is empty")),
            None => Err(format!("the environment variable `{name}` is not set")),
        },
        SecretSource::File(path) => match std::fs::read(folder.join(path)) {
            Ok(content) if content.is_empty() => Err(format!("the file `{path}` is empty")),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(format!("there is no file `{path}`"))
            }
            Err(error) => Err(format!("the file `{path}` cannot be read: {}", error.kind())),
        },
        SecretSource::Made => Ok(()),
    }
}
