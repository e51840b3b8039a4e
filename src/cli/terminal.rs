//! The terminal: what it can show, and the only place that writes to it.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::cli::options::Colour;
use crate::problem::{self, Problem, Style};
use crate::source::Sources;

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// What standard output can show.
    pub out: Style,
    /// What standard error can show.
    pub err: Style,
    /// Somebody sits at it and can be asked.
    pub interactive: bool,
}

impl Terminal {
    /// Looks at the terminal and the environment.
    pub fn new(colour: Colour) -> Terminal {
        let unicode = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .is_none_or(|value| value.to_lowercase().replace('-', "").contains("utf8"));
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let style = |terminal: bool| Style {
            colour: match colour {
                Colour::Always => true,
                Colour::Never => false,
                Colour::Auto => terminal && !plain,
            },
            unicode,
            width: columns().unwrap_or(100),
        };
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Terminal { out: style(out), err: style(err), interactive: io::stdin().is_terminal() && err }
    }

    /// Prints a result.
    pub fn print(&self, text: &str) {
        let mut out = io::stdout().lock();
        // A reader that has gone away does not stop what is under way.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Says something beside the result.
    pub fn say(&self, text: &str) {
        let mut err = io::stderr().lock();
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }

    /// Says what is wrong.
    pub fn problems(&self, problems: &[Problem], sources: &Sources) {
        if !problems.is_empty() {
            self.say(&problem::print(problems, sources, self.err));
        }
    }

    /// Asks for one line; nothing if none comes.
    pub fn asks(&self, question: &str) -> Option<String> {
        self.say(&format!("{question}: "));
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer).ok()?;
        (read > 0).then(|| answer.trim().to_owned())
    }

    /// Asks, and takes only `yes` for a yes.
    pub fn confirms(&self, question: &str) -> bool {
        self.say(&format!("{question} Only `yes` goes on: "));
        let mut answer = String::new();
        match io::stdin().lock().read_line(&mut answer) {
            Ok(_) => answer.trim() == "yes",
            Err(_) => false,
        }
    }
}

/// The width of the terminal, where it can be told.
fn columns() -> Option<usize> {
    let named = std::env::var("COLUMNS").ok().and_then(|value| value.parse().ok());
    let term = console::Term::stderr();
    named.or_else(|| term.size_checked().map(|(_, columns)| usize::from(columns)))
}

/// Starts the log on standard error.
pub fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr);
    let _ = log.try_init();
}
