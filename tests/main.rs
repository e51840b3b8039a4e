//! All tests of the library, in one program.

mod fmt;
mod language;
mod support;
