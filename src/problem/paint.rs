//! Text in colours, for terminals that have them.

use anstyle::{AnsiColor, Style as Colour};

use crate::legible::{ascii, visible};
use crate::problem::print::Style;

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hue {
    Error,
    Warning,
    /// Line numbers, arrows and places that explain.
    Frame,
    Strong,
    Removed,
    Added,
    Plain,
}

/// A text that grows.
pub(super) struct Canvas {
    pub(super) out: String,
    style: Style,
}

impl Canvas {
    pub(super) fn new(style: Style) -> Canvas {
        Canvas { out: String::new(), style }
    }

    /// How many columns of source text fit beside line numbers of this many digits.
    pub(super) fn room(&self, digits: usize) -> usize {
        self.style.width.saturating_sub(digits + 3).max(60)
    }

    /// What stands for a part that is left out.
    pub(super) fn cut(&self) -> &'static str {
        if self.style.unicode { "…" } else { "..." }
    }

    /// Adds text that may be anything: what would steer the terminal is made visible.
    pub(super) fn put(&mut self, hue: Hue, text: &str) {
        let text = visible(text);
        let text = if self.style.unicode { text } else { ascii(&text) };
        if !self.style.colour || hue == Hue::Plain || text.trim().is_empty() {
            self.out.push_str(&text);
            return;
        }
        let colour = colour(hue);
        let (start, end) = (colour.render().to_string(), colour.render_reset().to_string());
        self.out.extend([start, text, end]);
    }

    /// Ends the line, without blanks at its end.
    pub(super) fn end_line(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
    }

    pub(super) fn blanks(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
    }
}

fn colour(hue: Hue) -> Colour {
    let in_colour = |colour: AnsiColor| Colour::new().fg_color(Some(colour.into()));
    match hue {
        Hue::Error => in_colour(AnsiColor::Red).bold(),
        Hue::Warning => in_colour(AnsiColor::Yellow).bold(),
        Hue::Frame => in_colour(AnsiColor::Blue).bold(),
        Hue::Strong => Colour::new().bold(),
        Hue::Removed => in_colour(AnsiColor::Red),
        Hue::Added => in_colour(AnsiColor::Green),
        Hue::Plain => Colour::new(),
    }
}
