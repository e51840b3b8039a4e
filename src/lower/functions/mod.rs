//! The standard library: pure functions of values, each stated once with its documentation.

use crate::lower::value::{Data, Val};
use crate::source::Span;

/// What a function may ask of the project; it is handed in, so that evaluation stays pure.
pub trait Files {
    /// The bytes of a project file; the path is relative to the manifest.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
    /// The paths of files that match a glob pattern, sorted.
    fn matching(&self, pattern: &str) -> Result<Vec<String>, String>;
    /// The last commit that touched a path.
    fn commit(&self, path: &str) -> Result<String, String>;
}

/// One argument of a call, named or not.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name before `=`.
    pub name: Option<String>,
    /// The value.
    pub value: Val,
}

/// Why a call has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The argument that is wrong, by its place in the call; nothing for the call as a whole.
    pub argument: Option<usize>,
    /// What is wrong, as a problem's message.
    pub message: String,
    /// What to do, if it is known.
    pub help: Option<String>,
}

/// The names of all functions, sorted.
pub fn names() -> Vec<&'static str> {
    Vec::new()
}

/// Calls a function; `origin` is the place of the call. Nothing if there is no such function.
pub fn call(
    _name: &str,
    _arguments: &[Argument],
    _files: &dyn Files,
    origin: Span,
) -> Option<Result<Val, Refusal>> {
    let _ = Val::new(Data::Null, origin);
    None
}
