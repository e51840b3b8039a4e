//! Source text as a message shows it: of a line that fits on no screen only the part that matters.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// A line with more bytes than this is cut.
const LINE_MAX: usize = 240;

/// How many bytes before the first place on such a line are kept.
const BEFORE: usize = 40;

/// How many bytes of such a line are kept.
const KEPT: usize = 160;

/// What stands for the rest of a line.
const CUT: &str = "…";

/// A source with its name, and the places in it that are pointed at.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// The places in `text`.
    pub(super) places: Vec<Range<usize>>,
    /// The column of each place in the whole text, in characters from zero.
    columns: Vec<usize>,
}

impl Excerpt {
    /// The text with its long lines cut around these places.
    pub(super) fn new(name: &str, text: &str, places: &[Range<usize>]) -> Excerpt {
        let mut out = Excerpt {
            name: name.to_owned(),
            text: String::with_capacity(text.len()),
            places: places.to_vec(),
            columns: vec![0; places.len()],
        };
        let mut start = 0;
        for line in text.split_inclusive('\n').chain((!text.ends_with('\n')).then_some("")) {
            out.add(line, start, places);
            start += line.len();
        }
        out
    }

    /// Adds a line that begins at `start` in the whole text.
    fn add(&mut self, line: &str, start: usize, places: &[Range<usize>]) {
        let body = line.trim_end_matches(['\n', '\r']);
        let within = |at: usize| (start..start + line.len().max(1)).contains(&at);
        let kept = match body.len() > LINE_MAX {
            true => {
                let first = places.iter().map(|it| it.start).filter(|at| within(*at)).min();
                let from = first.map_or(0, |at| (at - start).saturating_sub(BEFORE));
                let from = body.floor_char_boundary(from.min(body.len() - KEPT));
                from..body.floor_char_boundary(from + KEPT)
            }
            false => 0..body.len(),
        };
        let marked = if kept.start > 0 { CUT.len() } else { 0 };
        let here = self.text.len();
        let moved = |at: usize| {
            let inside = (at - start).clamp(kept.start, kept.end);
            let ending = if at - start > body.len() { at - start - body.len() } else { 0 };
            here + marked + (inside - kept.start) + ending
        };
        for (index, place) in places.iter().enumerate() {
            if within(place.start) {
                self.places[index].start = moved(place.start);
                let before = line.floor_char_boundary(place.start - start);
                self.columns[index] = line[..before].chars().count();
            }
            if within(place.end) {
                self.places[index].end = moved(place.end);
            }
        }
        self.text.push_str(if kept.start > 0 { CUT } else { "" });
        self.text.push_str(&body[kept.clone()]);
        self.text.push_str(if kept.end < body.len() { CUT } else { "" });
        self.text.push_str(&line[body.len()..]);
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, before, after)?;
        // Without lines around it, it is asked where a place is: as written, not as shown.
        let place = self.places.iter().position(|it| it.start == span.offset());
        let place = place.filter(|_| before + after == 0);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            read.data(),
            *read.span(),
            read.line(),
            place.map_or(read.column(), |index| self.columns[index]),
            read.line_count(),
        )))
    }
}
