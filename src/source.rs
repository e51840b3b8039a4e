//! Source files and places in them: bytes, lines, columns.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// Files that are read while others are evaluated are numbered from here.
const LATER: u32 = 1 << 24;

/// How many files are in the first bucket of [`Later`]; each next one has twice as many.
const BUCKET: u32 = 16;

/// One file of a project, by its place in [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The range of `file` from byte `start` up to byte `end`.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file, start: narrow(start), end: narrow(end) }
    }

    /// From where this span starts to where `last` ends.
    pub fn to(self, last: Span) -> Span {
        Span { file: self.file, start: self.start, end: last.end.max(self.start) }
    }

    /// The range as indices into the text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A file's name as the user would write it, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as shown to people, relative to where `paas` was started.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
    /// It is a part of the project, and not a value that this run was given.
    pub is_manifest: bool,
    lines: Vec<u32>,
}

fn offset(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Source {
    fn new(name: String, text: Arc<str>, is_manifest: bool) -> Source {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| offset(at + 1))).collect();
        Source { name, text, is_manifest, lines }
    }
}

/// Every file that was read in this run; a [`Span`] points into one of them.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// Apart, because sources are handed around.
    later: Box<Later>,
}

/// Files that are added while others are lent out, so none may ever move.
#[derive(Debug, Default)]
struct Later {
    buckets: [OnceLock<Box<[OnceLock<Source>]>>; 20],
    length: AtomicU32,
}

impl Clone for Later {
    fn clone(&self) -> Later {
        let length = AtomicU32::new(self.length.load(Ordering::Acquire));
        Later { buckets: self.buckets.clone(), length }
    }
}

impl Later {
    fn slot(&self, index: u32) -> Option<&OnceLock<Source>> {
        let bucket = (index / BUCKET + 1).ilog2();
        let before = BUCKET * ((1 << bucket) - 1);
        let slots = self.buckets.get(bucket as usize)?;
        let slots = slots.get_or_init(|| (0..BUCKET << bucket).map(|_| OnceLock::new()).collect());
        slots.get((index - before) as usize)
    }
}

/// A place for people: numbers count from one, columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line number.
    pub line: usize,
    /// Column number.
    pub column: usize,
    /// The same in bytes.
    pub byte_column: usize,
}

impl Sources {
    /// Adds a file and tells how spans name it.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.push(name.into(), text.into(), true)
    }

    /// The same for values of inputs: a file of them, a variable, an option.
    pub fn add_values(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.push(name.into(), text.into(), false)
    }

    fn push(&mut self, name: String, text: Arc<str>, is_manifest: bool) -> FileId {
        self.files.push(Source::new(name, text, is_manifest));
        FileId(offset(self.files.len() - 1))
    }

    /// Adds a file that a manifest names, so that problems in it can be shown.
    pub fn add_read(&self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let index = self.later.length.fetch_add(1, Ordering::AcqRel);
        let source = Source::new(name.into(), text.into(), false);
        let slot = self.later.slot(index).expect("nobody reads twenty million files");
        slot.set(source).expect("each number is given once");
        FileId(LATER + index)
    }

    /// Whether a file was read because a manifest names it.
    pub fn is_read(&self, id: FileId) -> bool {
        id.0 >= LATER
    }

    /// The file a span is in.
    pub fn file(&self, id: FileId) -> &Source {
        self.find(id).expect("spans are made of files that were added")
    }

    fn find(&self, id: FileId) -> Option<&Source> {
        match id.0.checked_sub(LATER) {
            Some(index) => self.later.slot(index)?.get(),
            None => self.files.get(id.0 as usize),
        }
    }

    /// Every manifest and file of values, in the order it was added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().zip(0..).map(|(source, index)| (FileId(index), source))
    }

    /// The text under a span.
    pub fn text(&self, span: Span) -> &str {
        let source = self.find(span.file);
        source.and_then(|source| source.text.get(span.range())).unwrap_or_default()
    }

    /// Where a span starts.
    pub fn place(&self, span: Span) -> Place {
        self.place_at(span.file, span.start)
    }

    /// Where a span ends: the place behind its last character.
    pub fn end_place(&self, span: Span) -> Place {
        self.place_at(span.file, span.end.max(span.start))
    }

    fn place_at(&self, file: FileId, at: u32) -> Place {
        let source = self.file(file);
        let line = source.lines.partition_point(|start| *start <= at).max(1);
        let start = source.lines[line - 1];
        let before = source.text.get(start as usize..at as usize);
        let column = before.map_or(0, |text| text.chars().count()) + 1;
        Place { line, column, byte_column: at.saturating_sub(start) as usize + 1 }
    }

    /// A line of a file without its end, counted from one, and the byte where it begins.
    pub fn line(&self, file: FileId, number: usize) -> (&str, usize) {
        let source = self.file(file);
        let bound = |index: usize| source.lines.get(index).map(|start| *start as usize);
        let start = bound(number.saturating_sub(1)).unwrap_or(source.text.len());
        let end = bound(number).unwrap_or(source.text.len());
        (source.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']), start)
    }

    /// `main.paas:12`, the way reasons are printed.
    pub fn line_of(&self, span: Span) -> String {
        format!("{}:{}", self.file(span.file).name, self.place(span).line)
    }
}
