//! Lines of files with the places in them marked: the middle of a message.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::legible::width;
use crate::problem::excerpt::excerpt;
use crate::problem::paint::{Canvas, Hue};
use crate::problem::{Edit, Fix, Label};
use crate::source::{FileId, Sources, Span};

/// How many lines of a fix are shown.
const CHANGED_MAX: usize = 6;

/// Draws the frame of one problem.
pub(super) struct Frame<'a> {
    pub(super) canvas: &'a mut Canvas,
    pub(super) sources: &'a Sources,
    /// How the primary places are marked.
    pub(super) hue: Hue,
    /// How many digits the largest line number has.
    pub(super) digits: usize,
}

/// A place on a line that is shown.
struct Mark<'p> {
    columns: Range<usize>,
    label: &'p Label,
}

/// The lines that a fix changes: the number of the first, and the texts before and after.
struct Change {
    file: FileId,
    first: usize,
    old: Vec<String>,
    new: Vec<String>,
}

impl Frame<'_> {
    /// The places of a problem, file by file; the file of the first place comes first.
    pub(super) fn places(&mut self, labels: &[&Label]) {
        let mut files: Vec<FileId> = Vec::new();
        for label in labels {
            if !files.contains(&label.span.file) {
                files.push(label.span.file);
            }
        }
        for (index, file) in files.into_iter().enumerate() {
            let mut here = labels.iter().filter(|label| label.span.file == file);
            let first = here.clone().find(|label| label.is_primary).or_else(|| here.next());
            let Some(first) = first else { continue };
            self.location(if index == 0 { "-->" } else { ":::" }, first.span);
            self.bar();
            self.canvas.end_line();
            self.lines(file, labels);
        }
    }

    fn location(&mut self, arrow: &str, span: Span) {
        let place = self.sources.place(span);
        self.canvas.blanks(self.digits);
        self.canvas.put(Hue::Frame, arrow);
        let name = &self.sources.file(span.file).name;
        self.canvas.put(Hue::Plain, &format!(" {name}:{}:{}", place.line, place.column));
        self.canvas.end_line();
    }

    /// The empty part left of the bar, and the bar.
    pub(super) fn bar(&mut self) {
        self.canvas.blanks(self.digits + 1);
        self.canvas.put(Hue::Frame, "|");
    }

    fn numbered(&mut self, number: usize, bar: &str) {
        let text = format!("{number:>digits$} {bar}", digits = self.digits);
        self.canvas.put(Hue::Frame, &text);
        self.canvas.blanks(1);
    }

    fn lines(&mut self, file: FileId, labels: &[&Label]) {
        let mut by_line: BTreeMap<usize, Vec<&Label>> = BTreeMap::new();
        for label in labels.iter().filter(|label| label.span.file == file) {
            by_line.entry(self.sources.place(label.span).line).or_default().push(label);
        }
        let mut last = None;
        for (number, labels) in by_line {
            match last.map(|last| number - last) {
                Some(2) => self.line(file, number - 1, &[]),
                Some(3..) => self.canvas.out.push_str("...\n"),
                _ => {}
            }
            self.line(file, number, &labels);
            last = Some(number);
        }
    }

    /// One line and the marks beneath it.
    fn line(&mut self, file: FileId, number: usize, labels: &[&Label]) {
        let (text, start) = self.sources.line(file, number);
        let mut labels = labels.to_vec();
        labels.sort_by_key(|label| !label.is_primary);
        // Of a place of several lines only the first is marked.
        let end = start + text.trim_end().len();
        let places = labels.iter().map(|label| {
            let place = label.span.range();
            let last = if place.end > start + text.len() { end } else { place.end };
            place.start - start..last.max(place.start) - start
        });
        let places: Vec<Range<usize>> = places.collect();
        let shown = excerpt(text, &places, self.canvas.room(self.digits), self.canvas.cut());
        self.numbered(number, "|");
        self.canvas.put(Hue::Plain, &shown.text);
        self.canvas.end_line();
        let marks = shown.columns.into_iter().zip(labels);
        let mut marks: Vec<Mark<'_>> =
            marks.map(|(columns, label)| Mark { columns, label }).collect();
        if !marks.is_empty() {
            // From right to left, as their texts are drawn.
            marks.sort_by_key(|mark| std::cmp::Reverse(mark.columns.start));
            self.marks(&marks);
        }
    }

    fn marks(&mut self, marks: &[Mark<'_>]) {
        let (last, others) = marks.split_first().expect("there is a mark");
        let beside = others.iter().all(|mark| mark.columns.end <= last.columns.start);
        self.bar();
        self.canvas.blanks(1);
        let end = marks.iter().map(|mark| mark.columns.end).max().unwrap_or(0);
        let mut column = 0;
        while column < end {
            let next = marks.iter().flat_map(|mark| [mark.columns.start, mark.columns.end]);
            let next = next.filter(|other| *other > column).min().unwrap_or(end);
            let mut over = marks.iter().filter(|mark| mark.columns.contains(&column));
            match over.clone().find(|mark| mark.label.is_primary).or_else(|| over.next()) {
                Some(mark) => {
                    self.canvas.put(self.hue_of(mark), &mark.sign().repeat(next - column));
                }
                None => self.canvas.blanks(next - column),
            }
            column = next;
        }
        if beside && !last.label.text.is_empty() {
            self.canvas.blanks(1);
            self.canvas.put(self.hue_of(last), &last.label.text);
        }
        self.canvas.end_line();
        let rest = if beside { others } else { marks };
        let rest: Vec<&Mark<'_>> = rest.iter().filter(|mark| !mark.label.text.is_empty()).collect();
        if !rest.is_empty() {
            self.hanging(&rest, None);
        }
        for (index, mark) in rest.iter().enumerate() {
            self.hanging(&rest[index + 1..], Some(mark));
        }
    }

    /// A row of bars under marks whose text comes further down, and at its end the text of one.
    fn hanging(&mut self, bars: &[&Mark<'_>], text: Option<&Mark<'_>>) {
        self.bar();
        self.canvas.blanks(1);
        let mut column = 0;
        for mark in bars.iter().rev() {
            let start = mark.columns.start;
            let free = text.is_none_or(|text| start < text.columns.start);
            if free && start >= column {
                self.canvas.blanks(start - column);
                self.canvas.put(self.hue_of(mark), "|");
                column = start + 1;
            }
        }
        if let Some(mark) = text {
            self.canvas.blanks(mark.columns.start.saturating_sub(column));
            self.canvas.put(self.hue_of(mark), &mark.label.text);
        }
        self.canvas.end_line();
    }

    fn hue_of(&self, mark: &Mark<'_>) -> Hue {
        if mark.label.is_primary { self.hue } else { Hue::Frame }
    }

    /// `= help: …`; further lines of the text stand below its first one.
    pub(super) fn advice(&mut self, word: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            self.canvas.blanks(self.digits + 1);
            match index {
                0 => {
                    self.canvas.put(Hue::Frame, "=");
                    self.canvas.put(Hue::Strong, &format!(" {word}"));
                    self.canvas.put(Hue::Plain, ": ");
                }
                _ => self.canvas.blanks(width(word) + 4),
            }
            self.canvas.put(Hue::Plain, line);
            self.canvas.end_line();
        }
    }

    /// The lines that a fix changes, before and after.
    pub(super) fn changed(&mut self, fix: &Fix) {
        self.bar();
        self.canvas.end_line();
        let changes = changes(&fix.edits, self.sources);
        let main = changes.first().map(|change| change.file);
        let (mut shown, mut file) = (0, main);
        for (index, change) in changes.iter().enumerate() {
            if shown > 0 && shown + change.old.len() + change.new.len() > CHANGED_MAX {
                let left = changes.len() - index;
                let places = if left == 1 { "place" } else { "places" };
                self.canvas.out.push_str(&format!("... and {left} more {places}\n"));
                return;
            }
            if file != Some(change.file) {
                file = Some(change.file);
                let name = &self.sources.file(change.file).name;
                self.canvas.blanks(self.digits);
                self.canvas.put(Hue::Frame, ":::");
                self.canvas.put(Hue::Plain, &format!(" {name}:{}", change.first));
                self.canvas.end_line();
            }
            self.rows(change, &change.old, "-", Hue::Removed);
            self.rows(change, &change.new, "+", Hue::Added);
            shown += change.old.len() + change.new.len();
        }
    }

    fn rows(&mut self, change: &Change, lines: &[String], sign: &str, hue: Hue) {
        let room = self.canvas.room(self.digits);
        // What is different is in view on a line that is too long for the screen.
        let differs = differs_at(&change.old.concat(), &change.new.concat());
        for (index, line) in lines.iter().enumerate() {
            if index >= CHANGED_MAX {
                self.canvas.out.push_str("...\n");
                return;
            }
            let place = if lines.len() == 1 { differs.min(line.len()) } else { 0 };
            let shown =
                excerpt(line, std::slice::from_ref(&(place..place)), room, self.canvas.cut());
            let text = format!("{:>digits$} ", change.first + index, digits = self.digits);
            self.canvas.put(Hue::Frame, &text);
            self.canvas.put(hue, &format!("{sign} {}", shown.text));
            self.canvas.end_line();
        }
    }
}

impl Mark<'_> {
    fn sign(&self) -> &'static str {
        if self.label.is_primary { "^" } else { "-" }
    }
}

/// The first byte at which two texts differ.
fn differs_at(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count()
}

/// The largest line number that the lines of a fix have.
pub(super) fn last_line(fix: &Fix, sources: &Sources) -> usize {
    fix.edits.iter().map(|edit| sources.end_place(edit.span).line).max().unwrap_or(0)
}

/// The whole lines that edits change, in order; edits of one line or of neighbours together.
fn changes(edits: &[Edit], sources: &Sources) -> Vec<Change> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut groups: Vec<(FileId, usize, usize, Vec<&Edit>)> = Vec::new();
    for edit in edits {
        let file = edit.span.file;
        let (first, last) = (sources.place(edit.span).line, sources.end_place(edit.span).line);
        match groups.last_mut() {
            Some((other, _, end, group)) if *other == file && first <= *end => {
                *end = last.max(*end);
                group.push(edit);
            }
            _ => groups.push((file, first, last, vec![edit])),
        }
    }
    let change = |(file, first, last, edits): (FileId, usize, usize, Vec<&Edit>)| {
        let (_, from) = sources.line(file, first);
        let (text, start) = sources.line(file, last);
        let whole = &sources.file(file).text;
        let old = &whole[from..start + text.len()];
        let (mut new, mut at) = (String::new(), from);
        for edit in edits {
            let range = edit.span.range();
            new.push_str(whole.get(at..range.start).unwrap_or_default());
            new.push_str(&edit.text);
            at = range.end.max(at);
        }
        new.push_str(whole.get(at..start + text.len()).unwrap_or_default());
        let (mut old, mut new): (Vec<&str>, Vec<&str>) =
            (old.lines().collect(), new.lines().collect());
        // An edit that ends where a line begins leaves that line as it is.
        while old.len() > 1 && old.last() == new.last() {
            old.pop();
            new.pop();
        }
        let owned = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect();
        Change { file, first, old: owned(old), new: owned(new) }
    };
    groups.into_iter().map(change).collect()
}
