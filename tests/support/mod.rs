//! What the tests share.

pub mod dump;
pub mod golden;
