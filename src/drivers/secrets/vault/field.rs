//! Generated secrets in one field of a secret in a Vault. Other fields stay as they are, and what
//! somebody else has written meanwhile is never overwritten.

use std::time::Duration;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::drivers::secrets::shelf::{KEY, alike};
use crate::drivers::secrets::vault::{Vault, told};
use crate::drivers::secrets::{Missing, Unwritten, wipe};
use crate::model::Hidden;

/// How often a write is begun whose end is not known, or that another field got in the way of.
const ATTEMPTS: u32 = 4;

/// How long a server that did not answer has until it is asked again.
const PAUSE: Duration = Duration::from_millis(250);

/// A field of a secret.
pub struct Field {
    path: String,
    current: Option<Current>,
}

/// A secret as it was read last.
struct Current {
    /// Where it is read and written.
    whole: String,
    /// The version, in a store that counts them.
    version: Option<u64>,
    fields: Map<String, Value>,
}

/// How one request to write ended.
enum Ended {
    Written,
    /// Another version is there than the one that was read.
    Conflict,
    Unknown(String),
}

impl Drop for Current {
    fn drop(&mut self) {
        self.fields.values_mut().for_each(wipe);
    }
}

impl Current {
    fn ours(&self) -> Option<Hidden> {
        let found = self.fields.get(KEY).filter(|it| !it.is_null());
        found.map(|it| Hidden::new(it.to_string()))
    }

    /// What is sent so that our field has this document.
    fn body(&self, document: Option<&Hidden>) -> Zeroizing<String> {
        let mut fields = self.fields.clone();
        if let Some(mut old) = fields.remove(KEY) {
            wipe(&mut old);
        }
        if let Some(document) = document {
            let parsed = serde_json::from_str(document.expose()).unwrap_or_default();
            fields.insert(KEY.to_owned(), parsed);
        }
        let mut body = match self.version {
            Some(version) => json!({ "options": { "cas": version }, "data": fields }),
            None => Value::Object(fields),
        };
        let text = Zeroizing::new(body.to_string());
        wipe(&mut body);
        text
    }
}

impl Field {
    /// Our field of the secret at a path.
    pub fn new(path: &str) -> Field {
        Field { path: path.to_owned(), current: None }
    }

    /// What is in the field.
    pub async fn read(&mut self) -> Result<Option<Hidden>, Missing> {
        let vault = Vault::open()?;
        let current = self.looked(&vault).await?;
        Ok(self.current.insert(current).ours())
    }

    /// Puts a document into the field, or takes the field away.
    pub async fn write(&mut self, document: Option<&Hidden>) -> Result<(), Unwritten> {
        let vault = Vault::open()?;
        let mut current = match self.current.take() {
            Some(current) => current,
            None => self.looked(&vault).await?,
        };
        let before = current.ours();
        if current.version.is_none() {
            // Such a store compares nothing itself.
            current = self.looked(&vault).await?;
            if !alike(current.ours().as_ref(), before.as_ref()) {
                return Err(Unwritten::Changed);
            }
        }
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            let ended = self.sent(&vault, &current, document).await?;
            let unknown = match ended {
                Ended::Written | Ended::Conflict => None,
                Ended::Unknown(why) => {
                    tokio::time::sleep(PAUSE * attempt).await;
                    last = why;
                    Some(self.unknown(&last))
                }
            };
            // What the server has counts, not what it said.
            current = match (self.looked(&vault).await, unknown) {
                (Ok(current), _) => current,
                (Err(_), Some(unknown)) => return Err(unknown),
                (Err(missing), None) => return Err(Unwritten::Unknown(missing)),
            };
            let now = current.ours();
            if alike(now.as_ref(), document) {
                self.current = Some(current);
                return Ok(());
            }
            if !alike(now.as_ref(), before.as_ref()) {
                return Err(Unwritten::Changed);
            }
        }
        Err(match last.is_empty() {
            true => Unwritten::Changed,
            false => self.unknown(&last),
        })
    }

    async fn sent(
        &self,
        vault: &Vault,
        current: &Current,
        document: Option<&Hidden>,
    ) -> Result<Ended, Missing> {
        let body = current.body(document);
        let (status, answer) = match vault.send(&current.whole, Some(&body)).await {
            Ok(answered) => answered,
            Err(why) => return Ok(Ended::Unknown(why)),
        };
        let code = status.as_u16();
        let compared = String::from_utf8_lossy(&answer).contains("check-and-set");
        match code {
            200..300 => Ok(Ended::Written),
            400 if compared && current.version.is_some() => Ok(Ended::Conflict),
            500.. => Ok(Ended::Unknown(format!("the Vault answers with an error ({code})"))),
            _ => Err(Missing::new(told(status, &self.path, "write"), self.help())),
        }
    }

    /// Reads the secret as it is now.
    async fn looked(&self, vault: &Vault) -> Result<Current, Missing> {
        let help = self.help();
        let (mount, second) = vault.mount(&self.path, &help).await?;
        let rest = self.path[mount.len()..].trim_start_matches('/');
        let whole = match second {
            true => format!("{mount}/data/{rest}"),
            false => format!("{mount}/{rest}"),
        };
        let answered = vault.get(&whole).await;
        let (status, body) = answered.map_err(|why| Missing::new(why, &help))?;
        let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let there = status.is_success();
        if !there && status.as_u16() != 404 {
            return Err(Missing::new(told(status, &self.path, "read"), help));
        }
        let mut data = answer["data"].take();
        // What was removed still counts as a version.
        let version = second.then(|| data["metadata"]["version"].as_u64().unwrap_or(0));
        let fields = if second { data["data"].take() } else { data.take() };
        [&mut answer, &mut data].into_iter().for_each(wipe);
        match (there, fields) {
            (true, Value::Object(fields)) => Ok(Current { whole, version, fields }),
            (true, Value::Null) if second && version.is_some_and(|it| it > 0) => {
                Ok(Current { whole, version, fields: Map::new() })
            }
            (false, _) => Ok(Current { whole, version, fields: Map::new() }),
            (true, mut other) => {
                wipe(&mut other);
                let why = format!("the Vault gives no fields of `{}`", self.path);
                Err(Missing::new(why, help))
            }
        }
    }

    fn unknown(&self, why: &str) -> Unwritten {
        let help = format!("see what is there: `vault kv get {}`, then run it again", self.path);
        Unwritten::Unknown(Missing::new(why.to_owned(), help))
    }

    fn help(&self) -> String {
        format!("see what is there: `vault kv get {}`", self.path)
    }
}
