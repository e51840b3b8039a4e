//! Lines for a terminal: colour where it may be used, ASCII where nothing else can be shown.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style as Colour};

use crate::legible::{ascii, width};
use crate::plan::Level;
use crate::problem::Style;
use crate::render::entry::Action;

/// What a colour stands for; never the only thing that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// Something is added.
    Green,
    /// Something changes or needs attention.
    Yellow,
    /// Something is replaced.
    Magenta,
    /// Something goes.
    Red,
    /// Something is moved, adopted or forgotten.
    Cyan,
    /// A heading.
    Bold,
    /// Less important.
    Dim,
    /// Nothing special.
    Plain,
}

/// Text under construction, for one kind of terminal.
pub struct Paper {
    style: Style,
    out: String,
}

impl Paper {
    /// An empty one.
    pub fn new(style: Style) -> Paper {
        Paper { style, out: String::new() }
    }

    /// Everything that was written.
    pub fn finish(self) -> String {
        self.out
    }

    /// How many columns there are to fill.
    pub fn columns(&self) -> usize {
        crate::render::columns(self.style)
    }

    /// Text as this terminal can show it; its width is what it will be.
    pub fn plain<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.style.unicode || text.is_ascii() {
            true => Cow::Borrowed(text),
            false => Cow::Owned(ascii(text)),
        }
    }

    /// Adds text in a colour.
    pub fn put(&mut self, hue: Hue, text: &str) {
        let text = self.plain(text).into_owned();
        let colour = colour(hue);
        if !self.style.colour || hue == Hue::Plain || text.is_empty() {
            self.out.push_str(&text);
            return;
        }
        let (start, end) = (colour.render().to_string(), colour.render_reset().to_string());
        self.out.extend([start, text, end]);
    }

    /// Adds text in a colour, filled with blanks up to a width.
    pub fn put_padded(&mut self, hue: Hue, text: &str, columns: usize) {
        let missing = columns.saturating_sub(width(&self.plain(text)));
        self.put(hue, text);
        self.blanks(missing);
    }

    /// Adds blanks.
    pub fn blanks(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
    }

    /// Ends the line; blanks before its end are of no use.
    pub fn end(&mut self) {
        let length = self.out.trim_end_matches(' ').len();
        self.out.truncate(length);
        self.out.push('\n');
    }

    /// Adds a whole line.
    pub fn line(&mut self, indent: usize, hue: Hue, text: &str) {
        self.blanks(indent);
        self.put(hue, text);
        self.end();
    }

    /// Adds a line with something at the left and something at the right.
    pub fn two_sided(&mut self, indent: usize, left: (Hue, &str, &str), right: (Hue, &str)) {
        let (hue, sign, text) = left;
        self.blanks(indent);
        let sign_width = self.sign_width();
        self.put_padded(hue, sign, sign_width);
        self.blanks(1);
        self.put(Hue::Bold, text);
        let used = indent + sign_width + 1 + width(&self.plain(text));
        let taken = used + width(&self.plain(right.1));
        if !right.1.is_empty() {
            self.blanks(self.columns().saturating_sub(taken).max(2));
            self.put(right.0, right.1);
        }
        self.end();
    }

    /// Signs take three columns in ASCII: `-/+`.
    pub fn sign_width(&self) -> usize {
        if self.style.unicode { 1 } else { 3 }
    }
}

fn colour(hue: Hue) -> Colour {
    let of = |colour: AnsiColor| Colour::new().fg_color(Some(colour.into()));
    match hue {
        Hue::Green => of(AnsiColor::Green),
        Hue::Yellow => of(AnsiColor::Yellow),
        Hue::Magenta => of(AnsiColor::Magenta),
        Hue::Red => of(AnsiColor::Red),
        Hue::Cyan => of(AnsiColor::Cyan),
        Hue::Bold => Colour::new().bold(),
        Hue::Dim => Colour::new().dimmed(),
        Hue::Plain => Colour::new(),
    }
}

/// The colour of an action's sign.
pub fn hue_of(action: Action) -> Hue {
    match action {
        Action::Create => Hue::Green,
        Action::Update => Hue::Yellow,
        Action::Replace => Hue::Magenta,
        Action::Destroy => Hue::Red,
        Action::Adopt | Action::Forget | Action::Move => Hue::Cyan,
    }
}

/// The colour of an impact.
pub fn hue_of_level(level: Level) -> Hue {
    match level {
        Level::None => Hue::Dim,
        Level::Low => Hue::Plain,
        Level::Medium => Hue::Yellow,
        Level::High => Hue::Magenta,
        Level::Critical => Hue::Red,
    }
}
