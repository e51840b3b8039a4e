//! All tests of the library, in one program.

mod examples;
mod fmt;
mod functions;
mod language;
mod lowering;
mod rendering;
mod storage;
mod support;
