//! Machines that take SSH: everything here talks to a real server of OpenSSH.

mod command_line;
mod commands;
mod containers;
mod files;
mod host_keys;
mod jobs;
mod jumps;
pub mod lab;
mod logging_in;
mod looking;
pub mod server;
