//! Generated secrets as they are kept elsewhere: one document, whose confidentiality is a matter
//! of the place. The project and its sandbox have a part of it each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Hidden;
use crate::problem::stores as problem;
use crate::store::kept::Plain;
use crate::store::{Kept, Key, Owner, Refused};

/// The format that is written.
const FORMAT: u64 = 1;

/// What a place has of `paas`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    format: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<Part>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sandbox: Option<Part>,
}

/// The secrets of one state.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Whose they are.
    lineage: String,
    /// The project key that the fingerprints in the state are made with.
    key: String,
    /// What is missing was said to be lost for good.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    given_up: bool,
    secrets: BTreeMap<String, Plain>,
}

/// What can be read of a document of any format.
#[derive(Deserialize)]
struct AnyFormat {
    format: u64,
}

impl Default for Document {
    fn default() -> Document {
        Document { format: FORMAT, project: None, sandbox: None }
    }
}

impl Document {
    /// What a place gave; nothing is in it if the place has nothing of `paas`.
    pub fn read(place: &str, text: Option<&Hidden>) -> Result<Document, Refused> {
        let Some(text) = text else { return Ok(Document::default()) };
        let damaged = || Refused::unreadable(problem::not_a_document(place));
        let form: AnyFormat = serde_json::from_str(text.expose()).map_err(|_| damaged())?;
        match form.format {
            FORMAT => serde_json::from_str(text.expose()).map_err(|_| damaged()),
            other => Err(Refused::unreadable(problem::newer_document(place, other))),
        }
    }

    /// The document as text; nothing if nothing is in it.
    pub fn text(&self) -> Option<Hidden> {
        let any = self.project.is_some() || self.sandbox.is_some();
        let text = || serde_json::to_string(self).expect("texts and numbers are JSON");
        any.then(|| Hidden::new(text()))
    }

    /// The secrets of a state, and the key that its fingerprints are made with.
    pub fn kept(
        &mut self,
        place: &str,
        owner: Owner<'_>,
    ) -> Result<Option<(Kept, String)>, Refused> {
        match self.part(owner).take() {
            // Nothing real depends on a sandbox that is no more.
            Some(part) if part.lineage != owner.lineage && owner.sandbox => Ok(None),
            Some(part) if part.lineage != owner.lineage => {
                Err(Refused::unreadable(problem::of_another_state(place, &part.lineage)))
            }
            Some(part) => Ok(Some((Kept::of_plain(part.secrets, part.given_up), part.key))),
            None => Ok(None),
        }
    }

    /// Puts in the secrets of a state, in place of those before.
    pub fn put(&mut self, owner: Owner<'_>, key: &Key, kept: &Kept) {
        *self.part(owner) = Some(Part {
            lineage: owner.lineage.to_owned(),
            key: key.id().to_owned(),
            given_up: kept.is_given_up(),
            secrets: kept.plain(),
        });
    }

    /// Takes out the secrets of a state, if they are in it.
    pub fn remove(&mut self, owner: Owner<'_>) {
        let part = self.part(owner);
        if part.as_ref().is_some_and(|part| part.lineage == owner.lineage) {
            *part = None;
        }
    }

    fn part(&mut self, owner: Owner<'_>) -> &mut Option<Part> {
        match owner.sandbox {
            true => &mut self.sandbox,
            false => &mut self.project,
        }
    }
}
