//! Conditions that need what only an apply finds out, checked when it is known.

use std::collections::BTreeMap;

use crate::lower::evaluator::Evaluator;
use crate::lower::functions::Files;
use crate::lower::reads::Recorded;
use crate::lower::trial::Known;
use crate::lower::{Desired, Given, Library};
use crate::model::Hidden;
use crate::problem::{Problem, inputs as problem, without_allowed};
use crate::source::{Sources, Span};
use crate::syntax::tree::Tree;

/// What the late conditions of `desired` say, now that `known` has the values they wait for, and
/// `public` those of the secrets that are revealed.
pub fn settled(
    trees: &[Tree],
    library: &Library,
    sources: &Sources,
    given: &[Given],
    files: &dyn Files,
    (desired, known, public): (&Desired, &Known<'_>, &BTreeMap<String, Hidden>),
) -> Vec<Problem> {
    let files = Recorded::new(files, sources);
    let mut evaluator = Evaluator::new(library, given, sources, &files);
    evaluator.known = Some(known);
    evaluator.public.clone_from(public);
    evaluator.collect_project(trees);
    let now = evaluator.whole();
    let is_inside =
        |at: Span, of: Span| at.file == of.file && of.start <= at.start && at.end <= of.end;
    let is_late = |problem: &Problem| {
        let at = problem.labels.first().map(|label| label.span);
        at.is_some_and(|at| desired.late.iter().any(|late| is_inside(at, late.at)))
    };
    let found = std::mem::take(&mut evaluator.problems).into_iter().filter(is_late);
    let mut problems: Vec<Problem> = found.map(problem::after_apply).collect();
    problems.extend(now.late.iter().map(|late| problem::cannot_check(late.at, &late.needs)));
    problems.sort_by_key(|problem| problem.labels.first().map(|label| label.span));
    problems.dedup();
    without_allowed(problems, sources)
}

impl Evaluator<'_> {
    /// Whether the values are those that an apply has found.
    pub(super) fn settles(&self) -> bool {
        self.known.is_some() && self.trial.is_none()
    }
}
