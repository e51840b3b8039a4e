//! Text to tree. It never fails: what is wrong becomes a node and a problem.

pub mod tree;
