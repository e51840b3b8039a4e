//! One file a command.

pub mod apply;
pub mod check;
pub mod destroy;
pub mod drift;
pub mod exec;
pub mod explain;
pub mod fix;
pub mod fmt;
pub mod graph;
pub mod host_key;
pub mod import;
pub mod init;
pub mod output;
pub mod plan;
pub mod preflight;
pub mod sandbox;
pub mod schema;
pub mod secret;
pub mod shell;
pub mod state;
pub mod test;
pub mod update;
