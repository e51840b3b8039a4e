//! Events as the lines of a journal and back, and which journal follows which snapshot. Pure.
//!
//! A line is `<crc32> <length> <json>`; its JSON names the line before it, so that no line can be
//! left out, moved or repeated unseen.

use serde::{Deserialize, Serialize};

use crate::model::digest;
use crate::state::format::{Damage, Snapshot, Unreadable, json, without_place};
use crate::state::{Event, State};

/// The format that is written.
const FORMAT: u64 = 1;

/// How much of a line's digest the next one carries.
const LINK_LENGTH: usize = 16;

/// The first line of a journal: what its events come after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The journal's format.
    pub paas_journal: u64,
    /// Whose journal it is.
    pub lineage: String,
    /// The serial of the snapshot it follows.
    pub base_serial: u64,
    /// The checksum of that snapshot.
    pub base_sha256: String,
}

/// Where the next line of a journal goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    link: String,
}

/// One event, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What goes to the file.
    pub bytes: Vec<u8>,
    /// The event as it will be read again.
    pub event: Event,
}

/// A journal that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// What it follows.
    pub header: Header,
    /// What happened.
    pub events: Vec<Event>,
    /// Where it goes on.
    pub tail: Tail,
    /// The unfinished end, if the last write did not get through.
    pub torn: Option<Torn>,
}

/// An end that is no whole line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Its line, counted from one.
    pub line: usize,
    /// How many bytes it has.
    pub bytes: usize,
}

/// How a journal relates to the snapshot beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Its events come after the snapshot.
    Follows,
    /// Its events are in the snapshot already.
    Contained,
}

#[derive(Deserialize)]
struct AnyHeader {
    paas_journal: u64,
}

#[derive(Serialize)]
struct Entry<'a> {
    prev: &'a str,
    event: &'a Event,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryRead {
    prev: String,
    event: Event,
}

impl Header {
    /// The first line of the journal that follows a snapshot.
    pub fn after(state: &State, base_sha256: &str) -> Header {
        let (lineage, base_sha256) = (state.lineage.clone(), base_sha256.to_owned());
        Header { paas_journal: FORMAT, lineage, base_serial: state.serial, base_sha256 }
    }

    /// An empty journal.
    pub fn encode(&self) -> (Vec<u8>, Tail) {
        let line = framed(self);
        let tail = Tail::of(&line);
        (line, tail)
    }
}

impl Tail {
    fn of(line: &[u8]) -> Tail {
        let mut link = digest(line);
        link.truncate(LINK_LENGTH);
        Tail { link }
    }

    /// The line of an event, and where the journal goes on after it.
    ///
    /// It is read back first: what could not be read again must not become durable. The reason
    /// is given if it could not.
    pub fn then(&self, event: &Event) -> Result<(Line, Tail), String> {
        let bytes = framed(&Entry { prev: &self.link, event });
        let (json, _) = unframed(&bytes).ok_or("its line does not carry its own checksum")?;
        let read: EntryRead =
            serde_json::from_slice(json).map_err(|error| without_place(&error))?;
        let tail = Tail::of(&bytes);
        Ok((Line { bytes, event: read.event }, tail))
    }
}

impl Journal {
    /// The serial of the state after its last event.
    pub fn last_serial(&self) -> u64 {
        self.header.base_serial.saturating_add(self.events.len() as u64)
    }

    /// Whether it goes with `snapshot`, and how.
    pub fn fit(&self, snapshot: &Snapshot) -> Result<Fit, String> {
        let (base, last) = (self.header.base_serial, self.last_serial());
        let serial = snapshot.state.serial;
        if self.header.lineage != snapshot.state.lineage {
            return Err("it belongs to a state of another lineage".to_owned());
        }
        if base > serial {
            return Err(format!(
                "it follows serial {base}, but the snapshot beside it is older: serial {serial}"
            ));
        }
        if base == serial && self.header.base_sha256 != snapshot.sha256 {
            return Err(format!("it follows another snapshot of serial {serial}"));
        }
        // Between the two renames of a compaction the old journal stands beside the snapshot
        // that holds all of it. Anything else means that one of the two was put back by hand.
        match (base == serial, last == serial) {
            (true, _) => Ok(Fit::Follows),
            (false, true) => Ok(Fit::Contained),
            (false, false) => Err(format!(
                "it goes from serial {base} to {last}, which does not lead to the snapshot \
                 beside it: serial {serial}"
            )),
        }
    }
}

/// The events a text tells. An unfinished end is left out and reported; damage anywhere else is
/// an error.
pub fn decode(text: &[u8]) -> Result<Journal, Unreadable> {
    let (journal, rest) = readable(text)?;
    match rest {
        Some(damage) => Err(Unreadable::Damaged(damage)),
        None => Ok(journal),
    }
}

/// As far as a journal can be read, and what is wrong with the rest.
pub fn readable(text: &[u8]) -> Result<(Journal, Option<Damage>), Unreadable> {
    let mut rest = text.split_inclusive(|byte| *byte == b'\n');
    let first = rest.next().ok_or_else(|| Damage::whole("it is empty"))?;
    let header = header(first)?;
    let mut journal = Journal { header, events: Vec::new(), tail: Tail::of(first), torn: None };
    let lines: Vec<&[u8]> = rest.collect();
    for (index, line) in lines.iter().enumerate() {
        let number = index + 2;
        let Some((json, tail)) = unframed(line) else {
            let broken = &lines[index..];
            let followed = broken.iter().any(|line| unframed(line).is_some());
            if followed || overlong(line) {
                return Ok((journal, Some(bad(number, "it does not match its own checksum"))));
            }
            let bytes = broken.iter().map(|line| line.len()).sum();
            journal.torn = Some(Torn { line: number, bytes });
            return Ok((journal, None));
        };
        match serde_json::from_slice::<EntryRead>(json) {
            Err(error) => return Ok((journal, Some(bad(number, &without_place(&error))))),
            Ok(entry) if entry.prev != journal.tail.link => {
                return Ok((journal, Some(bad(number, "it does not follow the line before it"))));
            }
            Ok(entry) => journal.events.push(entry.event),
        }
        journal.tail = tail;
    }
    Ok((journal, None))
}

/// How many events a text had at least, damaged ones before its last whole line included.
pub fn length(text: &[u8]) -> u64 {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    lines.iter().rposition(|line| unframed(line).is_some()).unwrap_or(0) as u64
}

fn bad(line: usize, why: &str) -> Damage {
    Damage { line: Some(line), why: why.to_owned() }
}

fn header(line: &[u8]) -> Result<Header, Unreadable> {
    let broken = "its first line does not match its own checksum";
    let (json, _) = unframed(line).ok_or_else(|| Damage::at(1, broken))?;
    let wrong = |error| Damage::at(1, without_place(&error));
    let AnyHeader { paas_journal } = serde_json::from_slice(json).map_err(wrong)?;
    match paas_journal {
        FORMAT => serde_json::from_slice(json).map_err(wrong),
        format if format > FORMAT => Err(Unreadable::Newer { format, paas: String::new() }),
        format => Err(Damage::at(1, format!("there never was a format {format}"))),
    }
}

fn framed<T: Serialize>(value: &T) -> Vec<u8> {
    let mut content = Vec::with_capacity(1024);
    json(&mut content, value);
    let mut line = frame(&content);
    line.append(&mut content);
    line.push(b'\n');
    line
}

fn frame(content: &[u8]) -> Vec<u8> {
    format!("{:08x} {} ", crc32fast::hash(content), content.len()).into_bytes()
}

/// The content of a whole line, and where the journal goes on after it.
fn unframed(line: &[u8]) -> Option<(&[u8], Tail)> {
    let (content, start) = content(line.strip_suffix(b"\n")?)?;
    (frame(content) == start).then(|| (content, Tail::of(line)))
}

/// What stands after the second space, and what before.
fn content(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut spaces = line.iter().enumerate().filter(|(_, byte)| **byte == b' ');
    let (at, _) = spaces.nth(1)?;
    Some((&line[at + 1..], &line[..=at]))
}

/// Whether a line has more bytes than it says: a write that was cut off cannot have.
fn overlong(line: &[u8]) -> bool {
    let stated = content(line).and_then(|(content, start)| {
        let length = std::str::from_utf8(start).ok()?.split(' ').nth(1)?.parse::<usize>().ok()?;
        Some(content.len() > length.saturating_add(1))
    });
    stated.unwrap_or(false)
}
