//! What a running apply shows: one line a running change on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::apply::Progress;
use crate::cli::terminal::Terminal;
use crate::model::ObjectId;
use crate::plan::Change;
use crate::state::Verb;

/// More lines than this at once help nobody.
const LINES_MAX: usize = 12;

/// Shows progress on standard error.
pub struct Shown<'a> {
    terminal: &'a Terminal,
    total: usize,
    ended: usize,
    lines: Option<(MultiProgress, ProgressBar)>,
    running: BTreeMap<ObjectId, ProgressBar>,
}

impl<'a> Shown<'a> {
    /// For a plan of so many changes.
    pub fn new(terminal: &'a Terminal, total: usize) -> Shown<'a> {
        let all = MultiProgress::new();
        // A terminal that cannot move its cursor gets plain lines, like a file.
        let lines = (terminal.interactive && !all.is_hidden()).then(|| {
            let style = ProgressStyle::with_template("{pos}/{len} {bar:30} {elapsed_precise}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = all.add(ProgressBar::new(total as u64).with_style(style));
            (all, bar)
        });
        Shown { terminal, total, ended: 0, lines, running: BTreeMap::new() }
    }

    fn end(&mut self, change: &Change, sign: &str, rest: &str) {
        self.ended += 1;
        let text = format!("{sign} {} {rest}", change.id.address);
        match &self.lines {
            Some((all, bar)) => {
                if let Some(line) = self.running.remove(&change.id) {
                    all.remove(&line);
                }
                bar.inc(1);
                // The terminal may be gone; the apply is not.
                let _ = all.println(text);
            }
            None => self.terminal.say(&format!("[{}/{}] {text}\n", self.ended, self.total)),
        }
    }
}

impl Progress for Shown<'_> {
    fn started(&mut self, change: &Change) {
        if let Some((all, bar)) = &self.lines
            && self.running.len() < LINES_MAX
        {
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
            let line = all.insert_before(bar, ProgressBar::new_spinner().with_style(style));
            line.set_message(format!("{} {}", change.id.address, present(change.verb)));
            line.enable_steady_tick(Duration::from_millis(120));
            self.running.insert(change.id.clone(), line);
        }
    }

    fn done(&mut self, change: &Change, took_ms: u64) {
        let sign = match change.verb {
            Verb::Create => "+",
            Verb::Update => "~",
            Verb::Delete | Verb::Forget => "-",
        };
        let took = match took_ms {
            0 => String::new(),
            took => format!(" ({:.1} s)", Duration::from_millis(took).as_secs_f64()),
        };
        self.end(change, sign, &format!("{}{took}", past(change.verb)));
    }

    fn failed(&mut self, change: &Change, message: &str) {
        self.end(change, "!", &format!("{} failed: {message}", change.verb.word()));
    }

    fn skipped(&mut self, change: &Change, because: &ObjectId) {
        self.end(change, ".", &format!("skipped because of {}", because.address));
    }
}

fn present(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "creating",
        Verb::Update => "updating",
        Verb::Delete => "destroying",
        Verb::Forget => "forgetting",
    }
}

fn past(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "created",
        Verb::Update => "updated",
        Verb::Delete => "destroyed",
        Verb::Forget => "forgotten",
    }
}
