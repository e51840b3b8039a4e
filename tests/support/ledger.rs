//! A disk in memory: a snapshot and the lines of a journal, of which a crash leaves the first few.

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use paas::apply::Ledger;
use paas::state::journal::{self, Fit, Header, Tail};
use paas::state::{Event, State, format};

/// What is durable: everything else is lost when the process dies.
#[derive(Clone, Debug)]
pub struct Disk {
    snapshot: Vec<u8>,
    journal: Vec<u8>,
    tail: Tail,
    /// What a process reads from it, once one has.
    read: OnceCell<State>,
}

/// What happens to a writer after a number of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It lives on.
    Never,
    /// The process dies right after this many lines; the next one is torn.
    KilledAfter(usize),
    /// Another runner has taken over: nothing is accepted after this many lines.
    FencedAfter(usize),
}

/// The journal of one run.
pub struct Journal {
    state: State,
    disk: Disk,
    end: End,
    lines: usize,
    killed: Arc<AtomicBool>,
    told: Box<dyn FnMut(&Event) + Send>,
}

impl Disk {
    /// The disk of a project that was never applied.
    pub fn new(lineage: &str) -> Disk {
        let state = State { lineage: lineage.to_owned(), ..State::default() };
        Disk::holding(&state)
    }

    fn holding(state: &State) -> Disk {
        let sealed = format::encode(state);
        let (journal, tail) = Header::after(state, &sealed.sha256).encode();
        Disk { snapshot: sealed.text, journal, tail, read: OnceCell::new() }
    }

    /// The state as the next process reads it.
    pub fn load(&self) -> &State {
        self.read.get_or_init(|| self.decoded())
    }

    fn decoded(&self) -> State {
        let snapshot = format::decode(&self.snapshot).expect("the snapshot is readable");
        let journal = journal::decode(&self.journal).expect("the journal is readable");
        assert_eq!(journal.fit(&snapshot), Ok(Fit::Follows), "the journal follows the snapshot");
        let mut state = snapshot.state;
        for event in journal.events {
            state.record(event);
        }
        state
    }

    /// The journal becomes part of the snapshot, as at the end of every run; a torn end is gone.
    pub fn compact(&mut self) {
        *self = Disk::holding(self.load());
    }

    /// The unfinished end is cut off before anything is written after it.
    fn cut(&mut self) {
        let torn = journal::decode(&self.journal).expect("the journal is readable").torn;
        self.journal.truncate(self.journal.len() - torn.map_or(0, |torn| torn.bytes));
    }

    /// Everything on it, to be searched.
    pub fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        [self.snapshot.as_slice(), self.journal.as_slice()].into_iter()
    }
}

impl Journal {
    /// Begins to write; `told` hears of every event once it is durable.
    pub fn open(mut disk: Disk, end: End, told: Box<dyn FnMut(&Event) + Send>) -> Journal {
        let state = disk.load().clone();
        disk.cut();
        Journal { state, disk, end, lines: 0, killed: Arc::default(), told }
    }

    /// Set once the process has died.
    pub fn killed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.killed)
    }

    /// How many lines were written.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// What is left of it.
    pub fn into_disk(mut self) -> Disk {
        self.disk.read = OnceCell::new();
        self.disk
    }

    fn write(&mut self, event: &Event) {
        let (line, tail) = self.disk.tail.then(event).expect("an event can be written");
        self.disk.journal.extend_from_slice(&line.bytes);
        self.disk.tail = tail;
        self.lines += 1;
        (self.told)(&line.event);
        self.state.record(line.event);
    }

    /// A write that did not get through leaves any part of its line.
    fn tear(&mut self, event: &Event) {
        let (line, _) = self.disk.tail.then(event).expect("an event can be written");
        let part = (self.lines * 37) % line.bytes.len();
        self.disk.journal.extend_from_slice(&line.bytes[..part]);
    }
}

impl Ledger for Journal {
    fn append(&mut self, events: &[Event]) -> Result<(), String> {
        for event in events {
            match self.end {
                End::KilledAfter(lines) if self.lines >= lines => {
                    if !self.killed.swap(true, Ordering::Relaxed) {
                        self.tear(event);
                    }
                    return Err("the process was killed".to_owned());
                }
                End::FencedAfter(lines) if self.lines >= lines => {
                    return Err("another runner has taken over".to_owned());
                }
                End::Never | End::KilledAfter(_) | End::FencedAfter(_) => self.write(event),
            }
        }
        Ok(())
    }

    fn state(&self) -> &State {
        &self.state
    }
}
