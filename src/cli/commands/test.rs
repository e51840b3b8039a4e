//! `paas test`

use std::collections::BTreeMap;
use std::time::Instant;

use crate::apply;
use crate::cli::options::{Inputs, TestFormat};
use crate::cli::project::{Texts, shown, text};
use crate::cli::repositories::Locking;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::lower::{Desired, Moment, Planned, TestItem, Trial};
use crate::model::{Address, Value};
use crate::plan::{self, Plan};
use crate::problem::{Problem, any_error, nearest, tests as problem};
use crate::render::{self, Tested};
use crate::sandbox::{Layout, Sandbox};
use crate::source::{Sources, Span};
use crate::state::{Event, State, Verb};

/// An input without a value: tests give them.
const MISSING: &str = "P2015";

/// Runs the tests of a project whose names have one of these texts in them; all without any.
pub async fn run(
    terminal: &Terminal,
    inputs: &Inputs,
    format: TestFormat,
    filter: &[String],
) -> Result<u8, Stop> {
    let (mut texts, mut sources) = Texts::read(inputs, Locking::Hold, &text)?;
    let (desired, mut problems) = texts.compiled(&mut sources);
    problems.retain(|problem| problem.code != MISSING);
    if any_error(&problems) {
        return Err(Stop { problems, sources, exit: 1 });
    }
    let chosen = chosen(&desired.tests, filter)?;
    let mut all = Vec::new();
    for index in chosen {
        let test = &desired.tests[index];
        let start = Instant::now();
        let problems = Running { texts: &mut texts, sources: &mut sources, index, test };
        let problems = problems.judged().await;
        let took_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let tested = Tested { name: test.name.clone(), span: test.span, problems, took_ms };
        if format == TestFormat::Human {
            terminal.print(&tested.line());
            terminal.problems(&tested.problems, &sources);
        }
        all.push(tested);
    }
    terminal.print(&match format {
        TestFormat::Human => render::tests_summary(&all),
        TestFormat::Json => render::tests_json(&all, &sources),
        TestFormat::Junit => render::tests_junit(&all, &shown(&inputs.path), &sources),
    });
    Ok(u8::from(!all.iter().all(Tested::passed)))
}

/// The places of the tests that are meant.
fn chosen(tests: &[TestItem], filter: &[String]) -> Result<Vec<usize>, Stop> {
    let lower: Vec<String> = filter.iter().map(|text| text.to_lowercase()).collect();
    let names: Vec<String> = tests.iter().map(|test| test.name.to_lowercase()).collect();
    for (text, word) in filter.iter().zip(&lower) {
        if !names.iter().any(|name| name.contains(word)) {
            let all = tests.iter().map(|test| test.name.as_str());
            let all: Vec<&str> = all.collect();
            let near = nearest(text, all.iter().copied());
            return Err(Stop::one(problem::no_such_test(text, &near, &all), 1));
        }
    }
    let is_meant =
        |index: &usize| lower.is_empty() || lower.iter().any(|word| names[*index].contains(word));
    Ok((0..tests.len()).filter(is_meant).collect())
}

/// A test that is run.
struct Running<'a> {
    texts: &'a mut Texts,
    sources: &'a mut Sources,
    index: usize,
    test: &'a TestItem,
}

impl Running<'_> {
    /// What is wrong; nothing if everything is as the test expects it.
    async fn judged(mut self) -> Vec<Problem> {
        let (problems, failed) = match self.outcome().await {
            Ok(outcome) => outcome,
            Err(problems) => return problems,
        };
        let errors = problems.iter().filter(|problem| problem.is_error());
        let Some((expected, at)) = &self.test.expects_error else {
            return errors.cloned().collect();
        };
        let codes = problems.iter().map(|problem| problem.code);
        if codes.chain(failed.iter().map(String::as_str)).any(|it| it == expected) {
            return Vec::new();
        }
        let mut told = vec![problem::not_failed(*at, expected, &problems)];
        told.extend(errors.cloned());
        told
    }

    /// Everything that is wrong, and the names of the checks and codes that failed beside it.
    ///
    /// An error is about the test itself.
    async fn outcome(&mut self) -> Result<(Vec<Problem>, Vec<String>), Vec<Problem>> {
        let at = self.test.span;
        let state = match self.test.has_before {
            true => self.before().await?,
            false => State::default(),
        };
        let trial = Trial { test: self.index, moment: Moment::Now, planned: None };
        let (desired, problems) = self.texts.tried(self.sources, &trial);
        if any_error(&problems) {
            return Ok((problems, failed_checks(&desired)));
        }
        let plan = planned(&desired, &state, self.sources)
            .await
            .map_err(|why| vec![problem::no_plan(at, &why)])?;
        if !plan.blocked.is_empty() {
            let problems = plan.blocked.iter().map(|it| {
                problem::blocked(at, &it.code, it.address.as_str(), &it.message, &it.help)
            });
            let codes = plan.blocked.iter().map(|it| it.code.clone());
            return Ok((problems.collect(), codes.collect()));
        }
        let specs = specs(&plan, &state);
        let known = |address: &Address, what: &str| decided(specs.get(address)?.get(what)?);
        let changes = changes(&plan);
        let trial = Trial { planned: Some((&known, &changes)), ..trial };
        let (desired, problems) = self.texts.tried(self.sources, &trial);
        Ok((problems, failed_checks(&desired)))
    }

    /// The state after everything was made as it was before.
    async fn before(&mut self) -> Result<State, Vec<Problem>> {
        let at = self.test.span;
        let trial = Trial { test: self.index, moment: Moment::Before, planned: None };
        let (desired, mut problems) = self.texts.tried(self.sources, &trial);
        if any_error(&problems) {
            problems.retain(Problem::is_error);
            problems.insert(0, problem::no_before(at, "there are errors with these values"));
            return Err(problems);
        }
        let mut state = State::default();
        let plan = planned(&desired, &state, self.sources).await;
        let plan = plan.map_err(|why| vec![problem::no_before(at, &why)])?;
        if let Some(first) = plan.blocked.first() {
            return Err(vec![problem::no_before(at, &first.message)]);
        }
        for change in plan.changes {
            let (id, verb) = (change.id, change.verb);
            let (uid, intent) = (change.uid, change.intent);
            state.record(Event::Started { id: id.clone(), verb, uid, intent });
            let facts = BTreeMap::new();
            state.record(Event::Done { id, verb, facts, took_ms: 0 });
        }
        Ok(state)
    }
}

/// The plan on a cluster in memory that has what the manifest names, and no guests.
async fn planned(desired: &Desired, state: &State, sources: &Sources) -> Result<Plan, String> {
    let sandbox = Sandbox::in_memory(Layout::of(desired));
    let moving = plan::moving(desired, state);
    // What was there is as it was made: nobody was there to change it.
    let seen = apply::observe(&sandbox, &State::default(), desired).await;
    let seen = seen.map_err(|(address, _)| format!("`{address}` cannot be looked at"))?;
    let place = |span: Span| sources.line_of(span);
    let inputs = plan::Inputs { desired, state: &moving.state, seen: &seen, place: &place };
    let mut plan = plan::plan(inputs);
    plan.blocked.splice(0..0, moving.blocked);
    Ok(plan)
}

/// What every resource is by the plan, by its address.
fn specs(plan: &Plan, state: &State) -> BTreeMap<Address, Value> {
    let kept = state.records.iter();
    let kept = kept.map(|(id, record)| (id.address.clone(), record.intent.spec.clone()));
    let mut specs: BTreeMap<Address, Value> = kept.collect();
    for change in &plan.changes {
        match change.verb {
            Verb::Create | Verb::Update => {
                specs.insert(change.id.address.clone(), change.intent.spec.clone());
            }
            Verb::Delete | Verb::Forget => (),
        }
    }
    specs
}

/// A value of a spec, unless it is a word for a choice that is still open.
fn decided(value: &Value) -> Option<Value> {
    let is_open = value.as_str().is_some_and(|text| text == "auto" || text == "dhcp");
    (!is_open).then(|| value.clone())
}

fn changes(plan: &Plan) -> Planned {
    let mut planned = Planned::default();
    for change in &plan.changes {
        let list = match (change.verb, &change.replaces) {
            (Verb::Create, None) => &mut planned.create,
            (Verb::Create, Some(_)) => &mut planned.replace,
            (Verb::Update, _) => &mut planned.update,
            (Verb::Delete, None) => &mut planned.destroy,
            // The other half of a replacement, and what is only not looked after any more.
            (Verb::Delete, Some(_)) | (Verb::Forget, _) => continue,
        };
        list.push(change.id.address.clone());
    }
    for list in
        [&mut planned.create, &mut planned.update, &mut planned.replace, &mut planned.destroy]
    {
        list.sort();
    }
    planned
}

/// The names of the checks whose conditions do not hold.
fn failed_checks(desired: &Desired) -> Vec<String> {
    let failed = desired.checks.iter().filter(|check| check.unmet.is_some());
    failed.map(|check| check.name.clone()).collect()
}
