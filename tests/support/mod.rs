//! What the tests share.

pub mod cases;
pub mod dump;
pub mod golden;
pub mod project;
