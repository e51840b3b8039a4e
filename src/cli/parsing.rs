//! Parses the manifests of a project beside each other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::cli::STACK_BYTES;
use crate::problem::Problem;
use crate::source::{FileId, Sources};
use crate::syntax::{self, tree::Tree};

/// Less text than this is parsed before another thread has begun.
const WORTH_A_THREAD: usize = 256 << 10;

/// The trees of these files in their order, and what is wrong in each.
pub fn trees(files: &[FileId], sources: &Sources) -> Vec<(Tree, Vec<Problem>)> {
    let parse = |file: &FileId| syntax::parse(*file, &sources.file(*file).text);
    let bytes: usize = files.iter().map(|file| sources.file(*file).text.len()).sum();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let workers = processors.min(files.len()).min(bytes / WORTH_A_THREAD);
    if workers < 2 {
        return files.iter().map(parse).collect();
    }
    let next = AtomicUsize::new(0);
    let parsed = Mutex::new(Vec::with_capacity(files.len()));
    let work = || {
        while let Some((index, file)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            files.get(index).map(|file| (index, file))
        } {
            let tree = parse(file);
            parsed.lock().unwrap_or_else(PoisonError::into_inner).push((index, tree));
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers {
            // A machine that has no room for another thread does the work on this one.
            let _ = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        }
        work();
    });
    let mut parsed = parsed.into_inner().unwrap_or_else(PoisonError::into_inner);
    parsed.sort_by_key(|(index, _)| *index);
    parsed.into_iter().map(|(_, tree)| tree).collect()
}
