//! One changed resource on a terminal, and what belongs to it.

use crate::legible::{visible, width};
use crate::model::{Address, InnerAction};
use crate::plan::Reason;
use crate::render::difference::{Line, Mark};
use crate::render::entry::{Action, Entry};
use crate::render::escape::{cut, thousands};
use crate::render::leaf::{self, Row, What};
use crate::render::paint::{Hue, Paper, hue_of, hue_of_level};
use crate::render::tree::{Node, Shown, collapsed};
use crate::render::{Context, Density, words};

/// Columns beyond which paths and values no longer push the next column to the right.
const PATH_MAX: usize = 34;
const WHAT_MAX: usize = 46;

/// So many lines of a difference, unless everything is asked for.
const LINES_MAX: usize = 60;

/// So much of one of them.
const LINE_MAX: usize = 200;

/// The nodes side by side, each with what belongs to it.
pub fn nodes(
    paper: &mut Paper,
    indent: usize,
    nodes: &[Node],
    entries: &[Entry<'_>],
    context: &Context,
) {
    let shown = match context.density {
        Density::Normal => collapsed(nodes, entries),
        Density::Summary | Density::Full => nodes.iter().map(Shown::Node).collect(),
    };
    let mut more = 0;
    for item in shown {
        match item {
            Shown::Node(one) => node(paper, indent, one, entries, context),
            Shown::More(count) => {
                more += count;
                let text = format!("… and {} more like these", thousands(count));
                paper.line(indent, Hue::Dim, &text);
            }
        }
    }
    if more > 0 && indent <= 2 {
        paper.line(indent, Hue::Dim, "`--full` shows all of them");
    }
}

fn node(paper: &mut Paper, indent: usize, node: &Node, entries: &[Entry<'_>], context: &Context) {
    let Some(address) = &node.address else { return };
    match node.entry.map(|index| &entries[index]) {
        Some(one) => entry(paper, indent, one, &label(address), context),
        None => {
            let word = match is_machine_like(node) {
                true => format!("on {}", label(address)),
                false => label(address),
            };
            paper.line(indent, Hue::Dim, &word);
        }
    }
    nodes(paper, indent + 2, &node.children, entries, context);
}

/// A heading over other resources' changes, not over its own facets'.
fn is_machine_like(node: &Node) -> bool {
    let own = |child: &Node| child.address.as_ref().and_then(Address::parent) == node.address;
    !node.children.iter().all(own)
}

/// The last segment; what stands around it is printed above.
fn label(address: &Address) -> String {
    visible(address.leaf())
}

/// A change with everything the density asks for.
fn entry(paper: &mut Paper, indent: usize, entry: &Entry<'_>, name: &str, context: &Context) {
    let impact = words::impact(&entry.impact);
    let hue = hue_of_level(entry.impact.level);
    let left = (hue_of(entry.action), entry.action.sign(), name);
    paper.two_sided(indent, left, (hue, &impact));
    let inner = indent + paper.sign_width() + 3;
    reasons(paper, inner, entry);
    rows(paper, inner, entry, context);
    inside(paper, inner, entry, context);
    warnings(paper, inner, entry);
}

/// Why the resource changes at all, where its fields do not say so.
fn reasons(paper: &mut Paper, indent: usize, entry: &Entry<'_>) {
    if entry.action == Action::Replace {
        paper.line(indent, Hue::Magenta, &words::forced(entry));
        let order = match entry.old_first {
            true => "the old one goes first",
            false => "the new one is made first",
        };
        paper.line(indent, Hue::Plain, order);
    }
    let because = &entry.change.because;
    // An edit shows in the fields, each with its own line of the manifest.
    let edited = matches!(because, Reason::Edited { .. }) && !entry.leaves.is_empty();
    let told = edited || entry.leaves.iter().any(|leaf| leaf.because == *because);
    if !told {
        paper.line(indent, Hue::Plain, &words::reason(because));
    }
}

fn rows(paper: &mut Paper, indent: usize, entry: &Entry<'_>, context: &Context) {
    let leaves = entry.leaves.iter();
    let rows: Vec<Row> = leaves.map(|leaf| leaf::row(leaf, entry.address(), context)).collect();
    let (path, what) = widths(paper, &rows);
    let mut last_why = "";
    for row in &rows {
        let why = if row.why == last_why { "" } else { &row.why };
        last_why = &row.why;
        table_row(paper, indent, row, (path, what), why);
        if let What::Lines(lines) = &row.what {
            difference(paper, indent, lines, context);
        }
    }
}

/// What Terraform changes, in its own names.
fn inside(paper: &mut Paper, indent: usize, entry: &Entry<'_>, context: &Context) {
    for inside in &entry.inside {
        paper.line(indent, Hue::Plain, &words::inside(inside));
        let shown = match context.density {
            Density::Full => inside.changes.len(),
            Density::Summary | Density::Normal => inside.changes.len().min(LINES_MAX),
        };
        for change in &inside.changes[..shown] {
            let hue = match change.action {
                InnerAction::Create => Hue::Green,
                InnerAction::Update | InnerAction::Read | InnerAction::Forget => Hue::Plain,
                InnerAction::Replace | InnerAction::Delete => Hue::Red,
            };
            paper.line(indent + 2, hue, &cut(&words::inner(change), LINE_MAX));
        }
        if shown < inside.changes.len() {
            let text = format!("… {} more", words::count(inside.changes.len() - shown, "change"));
            paper.line(indent + 2, Hue::Dim, &text);
        }
    }
}

fn widths(paper: &Paper, rows: &[Row]) -> (usize, usize) {
    let columns = |text: &str| width(&paper.plain(text));
    let widest = |limit: usize, all: &mut dyn Iterator<Item = usize>| {
        all.filter(|columns| *columns <= limit).max().unwrap_or(0)
    };
    let what = |row: &Row| match &row.what {
        What::Line(text) => columns(text),
        What::Lines(_) => 0,
    };
    (
        widest(PATH_MAX, &mut rows.iter().map(|row| columns(&row.path))),
        widest(WHAT_MAX, &mut rows.iter().map(what)),
    )
}

fn table_row(paper: &mut Paper, indent: usize, row: &Row, (path, what): (usize, usize), why: &str) {
    paper.blanks(indent);
    paper.put_padded(Hue::Plain, &row.path, path);
    paper.blanks(2);
    let text = match &row.what {
        What::Line(text) => text,
        What::Lines(_) => "",
    };
    paper.put_padded(Hue::Plain, text, what);
    paper.blanks(2);
    paper.put(Hue::Dim, why);
    paper.end();
}

/// The lines of a difference.
pub fn difference(paper: &mut Paper, indent: usize, all: &[Line], context: &Context) {
    let (shown, length_max) = match context.density {
        Density::Full => (all.len(), usize::MAX),
        Density::Summary | Density::Normal => (all.len().min(LINES_MAX), LINE_MAX),
    };
    for line in &all[..shown] {
        let hue = match line.mark {
            Mark::Head => Hue::Cyan,
            Mark::Same => Hue::Plain,
            Mark::Removed => Hue::Red,
            Mark::Added => Hue::Green,
        };
        paper.line(indent, hue, &cut(&line.text, length_max));
    }
    if shown < all.len() {
        let text = format!("… {} more", words::count(all.len() - shown, "line"));
        paper.line(indent, Hue::Dim, &text);
    }
}

/// What stays, and what a reader must not overlook.
fn warnings(paper: &mut Paper, indent: usize, entry: &Entry<'_>) {
    let unchanged = entry.unchanged();
    if unchanged > 0 {
        paper.line(indent, Hue::Dim, &format!("{unchanged} unchanged"));
    }
    let farewell = words::farewell(entry).map(str::to_owned);
    let texts = [(Hue::Red, words::loss(entry)), (Hue::Yellow, farewell)];
    let names = (Hue::Yellow, words::names_down(entry));
    for (hue, text) in texts.into_iter().chain([names]) {
        if let Some(text) = text {
            paper.line(indent, hue, &format!("! {text}"));
        }
    }
    if let Some(text) = words::renamed(entry) {
        paper.line(indent, Hue::Cyan, &format!("→ {text}"));
    }
}

/// One line for a resource: what happens, and which fields are different.
pub fn brief(paper: &mut Paper, entry: &Entry<'_>) {
    let impact = words::impact(&entry.impact);
    let mut text = visible(entry.address().as_str());
    let fields = words::fields(entry);
    if !fields.is_empty() {
        text = format!("{text}  {fields}");
    }
    let left = (hue_of(entry.action), entry.action.sign(), text.as_str());
    paper.two_sided(2, left, (hue_of_level(entry.impact.level), &impact));
}
