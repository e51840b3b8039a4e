//! Where steps become real: the one trait through which anything is touched.

pub mod git;
mod machine;
pub mod places;
mod preflight;
pub mod proxmox;
mod real;
pub mod secrets;
pub mod ssh;
mod terraform;

pub use real::Real;

use std::future::Future;

use crate::model::{Answer, Outcome, Question, Step};

/// What went wrong out there, sorted by what is known of the result.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Nothing happened; the same step may be sent again.
    Refused(String),
    /// It may or may not have happened; only looking will tell.
    Unknown(String),
}

/// Everything that `paas` can see and do. Seeing changes nothing.
pub trait World: Send + Sync {
    /// Answers each question, in order.
    fn look(
        &self,
        questions: &[Question],
    ) -> impl Future<Output = Vec<Result<Answer, Fault>>> + Send;

    /// Does one step. Late values and the project are put in already; secrets are named, and put
    /// in by whoever sends them, with [`Step::filled`], which quotes each for its place.
    fn perform(&self, step: &Step) -> impl Future<Output = Result<Outcome, Fault>> + Send;
}
