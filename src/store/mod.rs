//! Where a state lives: one writer at a time, a snapshot, and a journal of what came after it.
//!
//! An event is durable when [`Store::append`] returns; a crash at any moment loses none that was.

mod disk;
mod files;
mod kept;
mod key;
mod load;
mod local;
mod lock;
mod repair;
mod shared;

pub use disk::{Disk, Operation};
pub use kept::{Entry, Kept};
pub use key::{Key, Owner, key_of};
pub use load::read;
pub use local::Store;
pub use repair::{Report, repair};
pub use shared::Document;

use std::io;
use std::path::Path;

use crate::problem::Problem;
use crate::state::State;

/// The folder of a state, beside the manifest, unless another one is named.
pub const FOLDER: &str = "state";

/// A state that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What it says.
    pub state: State,
    /// What to tell about how it was found, if it was not found as a run leaves it.
    pub recovered: Option<Problem>,
}

/// Why a state is not read or written, and what the process ends with.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// For people.
    pub problem: Box<Problem>,
    /// The exit code.
    pub exit: u8,
}

impl Refused {
    /// The exit code when a plan was made for another state.
    pub const STALE: u8 = 5;

    /// The exit code when somebody else works on the state.
    pub const LOCKED: u8 = 6;

    /// The exit code when the state is damaged, too new, or cannot be read or written.
    pub const UNREADABLE: u8 = 7;

    fn locked(problem: Problem) -> Refused {
        Refused { problem: Box::new(problem), exit: Refused::LOCKED }
    }

    fn unreadable(problem: Problem) -> Refused {
        Refused { problem: Box::new(problem), exit: Refused::UNREADABLE }
    }
}

/// Refuses if somebody works on the state in a folder. Takes no lock and writes nothing.
pub fn check_unlocked(folder: &Path) -> Result<(), Refused> {
    lock::check(&files::Files::of(folder))
}

/// What the system says, without its error number.
fn told(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = plain.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
