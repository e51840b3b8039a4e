//! Why a command ends early: what is wrong, and the exit code.

use crate::problem::Problem;
use crate::source::Sources;
use crate::store::Refused;

/// Why a command ends early.
#[derive(Debug)]
pub struct Stop {
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// The files the problems point into.
    pub sources: Sources,
    /// What the process ends with.
    pub exit: u8,
}

impl Stop {
    /// One problem that points into no file.
    pub fn one(problem: Problem, exit: u8) -> Stop {
        Stop { problems: vec![problem], sources: Sources::default(), exit }
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Stop {
        Stop::one(*refused.problem, refused.exit)
    }
}
