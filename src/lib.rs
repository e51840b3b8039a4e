//! `paas`: from a manifest to an applied, drift-free platform.
//!
//! The order of this list is the architecture: a module imports only those above it.

pub mod legible;
pub mod source;
pub mod problem;
pub mod syntax;
pub mod model;
pub mod compose;
pub mod schema;
pub mod runtimes;
pub mod proxies;
pub mod kinds;
pub mod lower;
pub mod state;
pub mod plan;
pub mod render;
pub mod store;
pub mod drivers;
pub mod sandbox;
pub mod apply;
pub mod cli;
