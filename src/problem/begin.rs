//! Problems of beginning a project.

use crate::problem::Problem;

/// No first manifest is written.
pub fn not_begun(why: &str, help: &str) -> Problem {
    Problem::error("P6313", why).help(help).note("nothing was written")
}
