//! Problems of the state, its files and its lock, and of plans that no longer fit it. P70xx.

use std::path::Path;
use std::time::Duration;

use crate::problem::Problem;

/// What brings a state back from its snapshots and journals.
fn repair(file: &Path) -> String {
    let option = file.parent().map_or("", option);
    format!(
        "`paas state repair{option}` goes back to the newest state that can be read, keeps the \
         bad files, and says what is missing"
    )
}

/// The sandbox keeps its state in a folder of its own, and an option names it.
fn option(folder: &Path) -> &'static str {
    if folder.file_name().is_some_and(|name| name == "sandbox") { " --sandbox" } else { "" }
}

/// Who holds a lock, for people.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Which process on which machine, of which user.
    pub by: &'a str,
    /// What it is doing: `apply`.
    pub purpose: &'a str,
    /// For how long.
    pub age: Duration,
}

/// A plan that was made for something else than what is there now; `moved` says what, a phrase
/// each: `the state: serial 41, now 43`.
pub fn stale_plan(moved: &[String]) -> Problem {
    let stale = Problem::error("P7001", "the plan is stale: what it was made for has changed");
    let told = moved.iter().fold(stale, Problem::note);
    told.note("nothing has been changed").help("make it again: `paas plan --out FILE`")
}

/// A file of the state that is not what was written.
pub fn corrupt(file: &Path, line: Option<usize>, why: &str) -> Problem {
    let place = line.map_or_else(String::new, |line| format!(", line {line}"));
    let message = format!("`{}` is damaged{place}: {why}", file.display());
    Problem::error("P7002", message).note("nothing has been changed").help(repair(file))
}

/// A file of the state that should be there.
pub fn lost(file: &Path, why: &str) -> Problem {
    Problem::error("P7002", format!("`{}` is missing: {why}", file.display()))
        .note("this is not a fresh start: creating everything again would do harm")
        .help(repair(file))
}

/// A damaged state of which nothing can be read.
pub fn beyond_repair(folder: &Path) -> Problem {
    let place = folder.display();
    Problem::error("P7002", format!("nothing in `{place}` can be read as a state"))
        .help(format!("put a backup of `{place}` in its place, with everything in it"))
        .help("to start afresh, move the folder away: what was made stays, and is nobody's from then on")
}

/// Files of two states in one folder.
pub fn mixed(folder: &Path, lineages: [&str; 2]) -> Problem {
    let place = folder.display();
    let [one, other] = lineages;
    Problem::error("P7002", format!("`{place}` holds files of two different states"))
        .note(format!("one has lineage `{one}`, the other `{other}`"))
        .help("move the files that do not belong there away, then run `paas state repair` again")
}

/// Something protected that a plan would destroy; `gone` is the serial of the state that remembers
/// it, if the plan is one without its block.
pub fn protected(what: &str, gone: Option<u64>) -> Problem {
    let way = match gone {
        Some(serial) => format!(
            "write `lifecycle {{ protect = false }}` in its block, which is put back if it is \
             gone, and apply that first: state serial {serial} remembers the protection, and \
             deleting the block does not lift it"
        ),
        None => format!(
            "set `lifecycle {{ protect = false }}` on `{what}` and apply that first, or put back \
             what forces this"
        ),
    };
    Problem::error("P7003", format!("the plan would destroy `{what}`, which is protected"))
        .help(way)
        .help(format!("to keep it and look after it no longer: `forget {what}`"))
}

/// A state that somebody else works on.
pub fn locked(folder: &Path, held: Option<&Held<'_>>) -> Problem {
    let place = folder.display();
    let Some(held) = held else {
        return Problem::error("P7004", format!("the state in `{place}` is locked by another run"))
            .help("wait until it ends");
    };
    let (by, purpose, age) = (held.by, held.purpose, age(held.age));
    let message = format!("the state in `{place}` is locked: `{purpose}` has run for {age}");
    Problem::error("P7004", message)
        .note(format!("held by {by}"))
        .note("the lock goes with its process; there is nothing to clean up after a crash")
        .help("wait until it ends; `paas plan` works meanwhile")
}

/// A file that a newer `paas` wrote.
pub fn newer_format(file: &Path, format: u64, paas: &str) -> Problem {
    let writer = if paas.is_empty() { "a newer paas".to_owned() } else { format!("paas {paas}") };
    let message = format!("`{}` has format {format}, which is too new", file.display());
    Problem::error("P7005", message)
        .note(format!("{writer} wrote it; this is paas {}", env!("CARGO_PKG_VERSION")))
        .help("use the version that wrote it, or a later one")
}

/// A record that another `paas` wrote, in a form that is not this one's.
pub fn of_another_version(folder: &Path, address: &str, why: &str) -> Problem {
    let state = option(folder);
    let message = format!("`{address}` is not remembered as this paas remembers it: {why}");
    Problem::error("P7005", message)
        .note(format!("the state in `{}` is of another version; nothing has been changed", folder.display()))
        .help("use the version that wrote it")
        .help(format!(
            "to look after it no longer: `paas state forget{state} '{address}'`; what was made stays"
        ))
}

/// A file of the state that cannot be read.
pub fn unreadable(file: &Path, why: &str) -> Problem {
    Problem::error("P7006", format!("`{}` cannot be read: {why}", file.display()))
        .help("check who may read it; a disk that fails needs a backup in its place")
}

/// A file of the state that cannot be written.
pub fn unwritable(file: &Path, why: &str) -> Problem {
    Problem::error("P7006", format!("`{}` cannot be written: {why}", file.display()))
        .help("make room and check who may write there, then run the same command again")
}

/// Events that did not become durable; `rescued` is where they were put instead.
pub fn unrecorded(file: &Path, why: &str, rescued: Option<&Path>) -> Problem {
    let message =
        format!("what was done last could not be recorded in `{}`: {why}", file.display());
    let problem = Problem::error("P7006", message)
        .note("nothing more is started: what is not recorded could be lost")
        .help("make room and check the disk, then apply again: it looks before it does anything");
    match rescued {
        Some(path) => problem.note(format!("the lines are in `{}`", path.display())),
        None => problem.note("they could not be put anywhere else either"),
    }
}

/// An event that could not be read again.
pub fn unrecordable(why: &str) -> Problem {
    Problem::error("P7006", format!("an event could not be recorded: {why}"))
        .note("nothing was written, and nothing is started")
}

/// An earlier write failed, so no other is tried.
pub fn gave_up(file: &Path) -> Problem {
    let message = format!("`{}` is not written any more: an earlier write failed", file.display());
    Problem::error("P7006", message).help("end this run and start another one")
}

/// A file or folder that could be used to mislead us.
pub fn unsafe_place(path: &Path, why: &str) -> Problem {
    Problem::error("P7006", format!("`{}` is not used: it is {why}", path.display()))
}

/// There is no state where one is needed.
pub fn no_state(folder: &Path) -> Problem {
    let option = option(folder);
    let problem = Problem::error("P7007", format!("there is no state in `{}`", folder.display()))
        .help(format!("`paas apply{option}` makes one"));
    match option.is_empty() {
        true => problem.help("the sandbox has a state of its own: `--sandbox` looks there"),
        false => problem.help("without `--sandbox` the state of the real platform is used"),
    }
}

/// There is a state, so none is made out of what is there.
pub fn state_is_there(folder: &Path) -> Problem {
    let place = folder.display();
    Problem::error("P7026", format!("there is a state in `{place}`"))
        .help(format!("if it is damaged: `paas state repair{}`", option(folder)))
        .note("nothing has been changed")
}

/// No guest tells whose it is.
pub fn no_marks() -> Problem {
    Problem::error(
        "P7026",
        "no guest carries the mark of a project with an address of this manifest",
    )
    .help("check with `paas plan` what is there, or take guests over one by one with `adopt`")
    .note("nothing has been changed")
}

/// Guests of several projects have addresses of the manifest.
pub fn several_projects(found: &[(String, Vec<String>)]) -> Problem {
    let problem =
        Problem::error("P7026", "guests of several projects have addresses of this manifest");
    let line = |(project, guests): &(String, Vec<String>)| {
        format!("`{project}`: {}", guests.iter().take(5).cloned().collect::<Vec<_>>().join(", "))
    };
    let problem = found.iter().map(line).fold(problem, Problem::note);
    problem.help("say which: `paas state rebuild --project …`")
}

/// The end of a journal that was left out.
pub fn cut_off(file: &Path, line: usize, bytes: usize) -> Problem {
    let place = file.display();
    Problem::warning("P7008", format!("`{place}` ends in an unfinished line, which is left out"))
        .note(format!("line {line}, {bytes} bytes: a run is writing it, or was cut off"))
}

/// A snapshot that was never written because the first run ended too soon.
pub fn refounded(file: &Path) -> Problem {
    let message = format!("`{}` was missing and is made again from its journal", file.display());
    Problem::warning("P7008", message).note("the journal goes back to the start: nothing is lost")
}

/// A length of time in its largest unit: `3 minutes`.
fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}
