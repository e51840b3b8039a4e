//! `paas fix`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::commands::fmt::{difference, replace};
use crate::cli::options::Inputs;
use crate::cli::project::{load_with, manifests, shown, text};
use crate::cli::repositories::Locking;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::problem::{Applicability, Edit, Fix, Problem, edited, project, together};
use crate::source::{FileId, Sources};
use crate::syntax;

/// A fix may make room for another one, but not for ever.
const ROUNDS_MAX: usize = 30;

/// An input without a value is nothing to mend in a file.
const OF_THE_RUN: [&str; 1] = ["P2015"];

/// What is done with what can be mended.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// The files are only named.
    pub check: bool,
    /// The change is shown.
    pub diff: bool,
    /// How sure a fix must be.
    pub least: Applicability,
}

/// A project whose texts change while nothing is written.
struct Work {
    inputs: Inputs,
    /// The files that may change, by the name they have in messages.
    files: BTreeMap<String, PathBuf>,
    /// How they were.
    old: BTreeMap<PathBuf, String>,
    /// How they are.
    new: BTreeMap<PathBuf, String>,
    /// What was done, a line each.
    done: Vec<String>,
}

/// Mends projects.
pub fn run(terminal: &Terminal, paths: &[PathBuf], how: How) -> Result<u8, Stop> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut exit = 0;
    for path in paths {
        exit = exit.max(one(terminal, path, how)?);
    }
    Ok(exit)
}

fn one(terminal: &Terminal, path: &Path, how: How) -> Result<u8, Stop> {
    let mut work = Work::new(path)?;
    let (problems, sources) = work.mended(how.least);
    let changed: Vec<&PathBuf> =
        work.new.iter().filter(|(path, new)| work.old[*path] != **new).map(|(it, _)| it).collect();
    for path in &changed {
        let (old, new) = (&work.old[*path], &work.new[*path]);
        if how.diff {
            terminal.print(&difference(path, old, new));
        }
        if how.check {
            terminal.print(&format!("{}\n", shown(path)));
        } else if !how.diff {
            replace(path, new)
                .map_err(|why| Stop::one(project::cannot_write(&shown(path), &why), 1))?;
        }
    }
    if how.check || how.diff {
        return Ok(if how.check && !changed.is_empty() { 4 } else { 0 });
    }
    work.done.iter().for_each(|line| terminal.print(&format!("{line}\n")));
    let left: Vec<Problem> =
        problems.into_iter().filter(|problem| !OF_THE_RUN.contains(&problem.code)).collect();
    terminal.problems(&left, &sources);
    terminal.print(&summary(work.done.len(), changed.len(), &left, how.least));
    Ok(u8::from(left.iter().any(Problem::is_error)))
}

fn summary(done: usize, files: usize, left: &[Problem], least: Applicability) -> String {
    let counted = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let fixes = |count: usize| counted(count, "fix", "fixes");
    let done = match done {
        0 => "nothing to fix".to_owned(),
        count => format!("{} in {}", fixes(count), counted(files, "file", "files")),
    };
    let more = left.iter().flat_map(|problem| &problem.fixes);
    let more = more.filter(|fix| fix.applicability == Applicability::Maybe).count();
    let left = match left.len() {
        0 => "nothing left".to_owned(),
        count => format!("{} left", counted(count, "problem", "problems")),
    };
    match more {
        count if count > 0 && least < Applicability::Maybe => {
            format!("{done}, {left}; {} more with `--unsafe`\n", fixes(count))
        }
        _ => format!("{done}, {left}\n"),
    }
}

impl Work {
    fn new(path: &Path) -> Result<Work, Stop> {
        let inputs = Inputs { path: path.to_path_buf(), ..Inputs::default() };
        let (mut files, mut old) = (BTreeMap::new(), BTreeMap::new());
        for path in manifests(path)?.1 {
            let text = text(&path)
                .map_err(|why| Stop::one(project::unreadable(&shown(&path), &why), 1))?;
            files.insert(shown(&path), path.clone());
            old.insert(path, text);
        }
        Ok(Work { inputs, files, new: old.clone(), old, done: Vec::new() })
    }

    /// Fixes until nothing more can be fixed, and gives what is left.
    fn mended(&mut self, least: Applicability) -> (Vec<Problem>, Sources) {
        for _ in 0..ROUNDS_MAX {
            let (problems, sources) = self.problems();
            let fixes = together(&problems, least);
            let fixes: Vec<(usize, &Fix)> =
                fixes.into_iter().filter(|(_, fix)| self.is_ours(fix, &sources)).collect();
            let taken = match self.with(&fixes, &sources) {
                Some(new) => {
                    self.new = new;
                    fixes
                }
                // One of them does harm: they are tried one by one.
                None => self.one_by_one(fixes, &sources),
            };
            if taken.is_empty() {
                return (problems, sources);
            }
            for (index, fix) in taken {
                let problem = &problems[index];
                let place = sources.line_of(fix.edits[0].span);
                self.done.push(format!("{place}: {}: {}", problem.code, problem.message));
            }
        }
        self.problems()
    }

    fn problems(&self) -> (Vec<Problem>, Sources) {
        let changed = |path: &Path| self.new.get(path).cloned().map_or_else(|| text(path), Ok);
        match load_with(&self.inputs, Locking::Hold, &changed) {
            Ok((project, _)) => (project.warnings, project.sources),
            Err(stop) => (stop.problems, stop.sources),
        }
    }

    /// Whether all of a fix is in files that may change.
    fn is_ours(&self, fix: &Fix, sources: &Sources) -> bool {
        fix.edits.iter().all(|edit| self.path(edit, sources).is_some())
    }

    fn path(&self, edit: &Edit, sources: &Sources) -> Option<&PathBuf> {
        self.files.get(&sources.file(edit.span.file).name)
    }

    fn one_by_one<'p>(
        &mut self,
        fixes: Vec<(usize, &'p Fix)>,
        sources: &Sources,
    ) -> Vec<(usize, &'p Fix)> {
        // The places of the others are only right as long as nothing was changed.
        for fix in fixes {
            if let Some(new) = self.with(&[fix], sources) {
                self.new = new;
                return vec![fix];
            }
        }
        Vec::new()
    }

    /// The texts with these fixes, unless one of them can be read worse than before.
    fn with(
        &self,
        fixes: &[(usize, &Fix)],
        sources: &Sources,
    ) -> Option<BTreeMap<PathBuf, String>> {
        let mut edits: BTreeMap<&PathBuf, Vec<&Edit>> = BTreeMap::new();
        for edit in fixes.iter().flat_map(|(_, fix)| &fix.edits) {
            edits.entry(self.path(edit, sources)?).or_default().push(edit);
        }
        let mut new = self.new.clone();
        for (path, edits) in edits {
            let text = edited(&self.new[path], &edits);
            if mistakes(&text) > mistakes(&self.new[path]) {
                return None;
            }
            new.insert(path.clone(), text);
        }
        Some(new)
    }
}

/// How many places of a text cannot be read.
fn mistakes(text: &str) -> usize {
    let (_, problems) = syntax::parse(FileId::default(), text);
    problems.iter().map(|problem| problem.labels.iter().filter(|it| it.is_primary).count()).sum()
}
