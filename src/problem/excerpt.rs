//! A line of a file as a message shows it: harmless, and of a long one only what matters.

use std::ops::Range;

use crate::legible::{visible_line, width};

/// A line that can be shown, and the columns of the places in it.
#[derive(Debug)]
pub(super) struct Excerpt {
    pub(super) text: String,
    pub(super) columns: Vec<Range<usize>>,
}

/// The line with these places of bytes, the first of which is in view whatever happens.
///
/// No more than about `room` columns come out, and `cut` stands for what is left out.
pub(super) fn excerpt(line: &str, places: &[Range<usize>], room: usize, cut: &str) -> Excerpt {
    let at = |byte: usize| line.floor_char_boundary(byte.min(line.len()));
    let places: Vec<Range<usize>> = places.iter().map(|it| at(it.start)..at(it.end)).collect();
    let kept = match line.len() > room && width(&visible_line(line)) > room {
        true => window(line, &places, room),
        false => 0..line.len(),
    };
    let before = if kept.start > 0 { cut } else { "" };
    let after = if kept.end < line.len() { cut } else { "" };
    let column = |byte: usize| {
        let inside = &line[kept.start..byte.clamp(kept.start, kept.end)];
        width(before) + width(&visible_line(inside))
    };
    let columns = places.iter().map(|it| {
        let start = column(it.start);
        start..column(it.end).max(start + 1)
    });
    let columns = columns.collect();
    let text = visible_line(&line[kept]);
    Excerpt { text: format!("{before}{text}{after}"), columns }
}

/// The part of a long line that is shown: some of it before the first place, the rest behind.
fn window(line: &str, places: &[Range<usize>], room: usize) -> Range<usize> {
    let first = places.first().map_or(0, |place| place.start);
    // A place that begins before the first one is in view as well, if there is room for both.
    let start = places.iter().map(|place| place.start).min().unwrap_or(0);
    let near = width(&visible_line(&line[start.min(first)..first])) < room / 2;
    let wanted = if near { start } else { first };
    let last = places.iter().map(|place| place.end).max().unwrap_or(0).max(wanted);
    let width_of = |c: char| width(&visible_line(c.encode_utf8(&mut [0; 4])));
    let whole = width(&visible_line(&line[wanted..last]));
    let lead = room.saturating_sub(whole).min(room / 2).max(room / 8);
    let (mut from, mut columns) = (wanted, 0);
    for (at, c) in line[..wanted].char_indices().rev() {
        columns += width_of(c);
        if columns > lead {
            break;
        }
        from = at;
    }
    let (mut to, mut columns) = (from, 0);
    for (at, c) in line[from..].char_indices() {
        columns += width_of(c);
        if columns > room {
            break;
        }
        to = from + at + c.len_utf8();
    }
    // At the end of a line there is room before the place instead.
    while to == line.len() && from > 0 && columns < room {
        from = line.floor_char_boundary(from - 1);
        columns += width_of(line[from..].chars().next().expect("a character begins here"));
    }
    from..to
}
