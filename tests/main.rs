//! All tests of the library, in one program.

mod fmt;
mod functions;
mod language;
mod lowering;
mod rendering;
mod simulation;
mod storage;
mod support;
