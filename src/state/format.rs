//! A state as the text of its file and back: one record a line, a checksum at the end. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::model::{Keeping, ObjectId, Value, digest};
use crate::state::{Abandoned, Record, State};

/// The format that is written.
pub const FORMAT: u64 = 1;

/// Who writes it; for people, and for whoever cannot read it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How every file of format 1 begins.
const START: &str = "{\n\"format\":1,\n";

/// What stands around the checksum at the end of the file.
const SEAL: (&str, &str) = ("\"sha256\":\"", "\"\n}\n");

/// The length of a SHA-256 in hexadecimal.
const DIGEST_LENGTH: usize = 64;

/// A state as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The whole file.
    pub text: Vec<u8>,
    /// The checksum in it, which a journal names to say what it follows.
    pub sha256: String,
}

/// A state that was read from text.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// What it says.
    pub state: State,
    /// The checksum in it.
    pub sha256: String,
}

/// Why a snapshot or a journal cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A newer `paas` wrote it; nothing is wrong with it.
    Newer {
        /// The format it has.
        format: u64,
        /// The version that wrote it, as far as it says so.
        paas: String,
    },
    /// It is not what was written.
    Damaged(Damage),
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The line, counted from one, if there is one to point at.
    pub line: Option<usize>,
    /// A phrase that follows the file's name: `it is empty`.
    pub why: String,
}

/// What can be read of a file of any format.
#[derive(Deserialize)]
struct AnyFormat {
    format: u64,
    #[serde(default)]
    paas: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatOne {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    #[serde(rename = "paas")]
    _paas: IgnoredAny,
    lineage: String,
    serial: u64,
    records: BTreeMap<ObjectId, Record>,
    durations: BTreeMap<String, Vec<u64>>,
    outputs: BTreeMap<String, Value>,
    #[serde(default)]
    moved: BTreeSet<String>,
    #[serde(default)]
    keeping: Option<Keeping>,
    #[serde(default)]
    abandoned: Vec<Abandoned>,
    sha256: String,
}

impl Damage {
    pub(super) fn at(line: usize, why: impl Into<String>) -> Unreadable {
        Unreadable::Damaged(Damage { line: Some(line), why: why.into() })
    }

    pub(super) fn whole(why: impl Into<String>) -> Unreadable {
        Unreadable::Damaged(Damage { line: None, why: why.into() })
    }
}

/// The text of a state; the same state gives the same bytes.
pub fn encode(state: &State) -> Sealed {
    let mut text = Vec::with_capacity(1024 * (state.records.len() + 1));
    text.extend_from_slice(START.as_bytes());
    field(&mut text, "paas", VERSION);
    field(&mut text, "lineage", &state.lineage);
    field(&mut text, "serial", &state.serial);
    lines(&mut text, "records", &state.records);
    lines(&mut text, "durations", &state.durations);
    lines(&mut text, "outputs", &state.outputs);
    if !state.moved.is_empty() {
        field(&mut text, "moved", &state.moved);
    }
    if let Some(keeping) = &state.keeping {
        field(&mut text, "keeping", keeping);
    }
    if !state.abandoned.is_empty() {
        field(&mut text, "abandoned", &state.abandoned);
    }
    let sha256 = digest(&text);
    for part in [SEAL.0, &sha256, SEAL.1] {
        text.extend_from_slice(part.as_bytes());
    }
    Sealed { text, sha256 }
}

/// The state that a text tells, if every byte of it is as it was written.
pub fn decode(text: &[u8]) -> Result<Snapshot, Unreadable> {
    if text.is_empty() {
        return Err(Damage::whole("it is empty"));
    }
    let sealed = unsealed(text);
    if sealed.is_some_and(|(body, sha256)| digest(body).as_bytes() != sha256) {
        return Err(Damage::whole("its content does not match the checksum at its end"));
    }
    // A format gets an arm when a newer one replaces it: read as it was, returned as it is now.
    match format_of(text)? {
        FORMAT if sealed.is_some() => format_one(text),
        FORMAT => Err(Damage::whole("it is cut off: the checksum at its end is missing")),
        format => Err(Damage::whole(format!("there never was a format {format}"))),
    }
}

fn format_of(text: &[u8]) -> Result<u64, Unreadable> {
    if text.starts_with(START.as_bytes()) {
        return Ok(FORMAT);
    }
    match serde_json::from_slice(text) {
        Ok(AnyFormat { format, paas }) if format > FORMAT => {
            Err(Unreadable::Newer { format, paas })
        }
        Ok(AnyFormat { format: FORMAT, .. }) => Err(Damage::at(1, "it was written by hand")),
        Ok(AnyFormat { format, .. }) => Ok(format),
        Err(error) => Err(damage(&error)),
    }
}

fn format_one(text: &[u8]) -> Result<Snapshot, Unreadable> {
    let form: FormatOne = serde_json::from_slice(text).map_err(|error| damage(&error))?;
    let FormatOne { lineage, serial, records, durations, outputs, .. } = form;
    let FormatOne { moved, keeping, abandoned, sha256, .. } = form;
    let state = State { lineage, serial, records, durations, outputs, moved, keeping, abandoned };
    Ok(Snapshot { state, sha256 })
}

/// What the checksum covers, and the checksum.
fn unsealed(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_suffix(SEAL.1.as_bytes())?;
    let (rest, sha256) = rest.split_at_checked(rest.len().checked_sub(DIGEST_LENGTH)?)?;
    Some((rest.strip_suffix(SEAL.0.as_bytes())?, sha256))
}

fn damage(error: &serde_json::Error) -> Unreadable {
    Damage::at(error.line(), without_place(error))
}

/// What is wrong, without the line and column that serde adds.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn field<T: Serialize + ?Sized>(text: &mut Vec<u8>, name: &str, value: &T) {
    json(text, name);
    text.push(b':');
    json(text, value);
    text.extend_from_slice(b",\n");
}

/// A map, each entry on a line of its own, so that two states can be compared by eye.
fn lines<K: Serialize, V: Serialize>(text: &mut Vec<u8>, name: &str, map: &BTreeMap<K, V>) {
    json(text, name);
    text.extend_from_slice(b":{");
    for (index, (key, value)) in map.iter().enumerate() {
        text.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        json(text, key);
        text.push(b':');
        json(text, value);
    }
    text.extend_from_slice(b"},\n");
}

pub(super) fn json<T: Serialize + ?Sized>(text: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(text, value).expect("a state is plain data, and memory takes it");
}
