//! All tests of the library, in one program.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stdout, reason = "random tests print their seed")]

mod commands;
mod docs;
mod examples;
mod fmt;
mod functions;
mod language;
mod lowering;
mod messages;
mod proxmox;
mod rendering;
mod simulation;
mod sandbox;
mod ssh;
mod storage;
mod support;
mod tidy;
mod types;
mod values;
