//! Whole lives of random projects against the sandbox: configurations that change, steps that go
//! wrong, processes that die, and people who change things by hand.
//!
//! `PAAS_SEED=7 cargo test simulation` replays one life. An ordinary test run lives a few hundred;
//! `PAAS_LIVES=20000 cargo test --profile simulation simulation` lives as many as CI does.

#[path = "simulation/clusters.rs"]
mod clusters;
#[path = "simulation/config.rs"]
mod config;
#[path = "simulation/hands.rs"]
mod hands;
#[path = "simulation/life.rs"]
mod life;
#[path = "simulation/named.rs"]
mod named;
#[path = "simulation/project.rs"]
mod project;
#[path = "simulation/settle.rs"]
mod settle;
#[path = "simulation/sweep.rs"]
mod sweep;
#[path = "simulation/text.rs"]
mod text;
#[path = "simulation/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use config::Config;
use life::{How, Life};
use paas::sandbox::Layout;
use project::Project;
use world::Weather;

use crate::support::ledger::End;
use crate::support::rng::Rng;

/// How many lives an ordinary test run lives.
const LIVES: u64 = 300;

/// How many threads live them.
const THREADS: u64 = 2;

/// After so many lives that went wrong, a thread gives up.
const ENOUGH: usize = 10;

#[test]
fn every_life_ends_where_its_manifest_says() {
    let (first, lives) = match number("PAAS_SEED") {
        Some(seed) => (seed, 1),
        None => (number("PAAS_FIRST").unwrap_or(0), number("PAAS_LIVES").unwrap_or(LIVES)),
    };
    let worker = |thread: u64| {
        let seeds = (first..first + lives).filter(move |seed| seed % THREADS == thread);
        seeds.filter_map(|seed| Some((seed, live(seed).err()?))).take(ENOUGH).collect()
    };
    let failed: BTreeMap<u64, (String, Vec<String>)> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|thread| scope.spawn(move || worker(thread))).collect();
        let failed = threads.into_iter().flat_map(|it| -> Vec<_> { it.join().unwrap() });
        failed.collect()
    });
    if let Some((_, (_, story))) = failed.first_key_value() {
        println!("{}", story.join("\n"));
        for (seed, (message, _)) in &failed {
            println!("PAAS_SEED={seed} fails again: {message}");
        }
        panic!("lives went wrong: the seeds stand above, and the story of the first one");
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// One life; if it goes wrong, why, and all that happened in it.
fn live(seed: u64) -> Result<(), (String, Vec<String>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime starts");
    let mut rng = Rng::new(seed);
    let config = Config::random(&mut rng);
    let mut life = Life::new(rng.next(), layout());
    let whole = AssertUnwindSafe(|| runtime.block_on(user(&mut life, &mut rng, config)));
    catch_unwind(whole).map_err(|panic| {
        life.tell();
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        (text.to_owned(), std::mem::take(&mut life.story))
    })
}

/// Three nodes, whatever a manifest says of them.
fn layout() -> Layout {
    static LAYOUT: LazyLock<Layout> =
        LazyLock::new(|| Layout::of(&Project::of(&Config::default()).desired));
    LAYOUT.clone()
}

/// A user changes their mind a few times, in all weathers; in the end the sun shines.
async fn user(life: &mut Life, rng: &mut Rng, mut config: Config) {
    let mut applied = config.clone();
    let versions = if rng.chance(20) { 3 } else { 2 };
    for version in 1..=versions {
        let project = Project::of(&config);
        life.story.push(project.text.clone());
        for _ in 0..rng.below(3) {
            if storm(life, rng, &project).await {
                applied = config.clone();
            }
        }
        if version == versions || rng.chance(30) {
            calm(life, project, &mut config, &applied).await;
            applied = config.clone();
        }
        for _ in 0..1 + rng.below(3) {
            config.change(rng);
        }
    }
}

/// One run in which anything may go wrong. Says whether anything was run at all.
async fn storm(life: &mut Life, rng: &mut Rng, project: &Project) -> bool {
    for _ in 0..rng.below(3) {
        life.meddle();
    }
    life.arrive(50).await;
    let (plan, state) = life.plan(project).await;
    if !plan.blocked.is_empty() {
        return false;
    }
    let mut strength = || if rng.chance(50) { rng.below(25) } else { 0 };
    let (refuse, lose_before, lose_after) = (strength(), strength(), strength());
    let weather = Weather { refuse, lose_before, lose_after };
    let end = match rng.below(5) {
        0 | 1 => End::Never,
        2 | 3 => End::KilledAfter(rng.below(2 * plan.changes.len() + 1)),
        _ => End::FencedAfter(rng.below(2 * plan.changes.len() + 1)),
    };
    let stale = rng.chance(20).then(|| plan.clone());
    let how = How { weather, single: None, end, limit: 1 + rng.below(8) };
    let outcome = life.run(plan, state, how).await;
    if let Some(stale) = stale {
        let serial = life.disk.load().serial;
        let moved = stale.against.serial != serial;
        assert_eq!(moved, outcome.lines > 0, "a plan that was overtaken is seen to be stale");
    }
    true
}

/// One run in good weather, after people have cleared what stands in its way.
async fn calm(life: &mut Life, mut project: Arc<Project>, config: &mut Config, applied: &Config) {
    for _ in 0..4 {
        let Err(plan) = life.settle(&project).await else { return };
        life.story.push(format!("blocked: {:?}", plan.blocked));
        life.make_room();
        let stands = |code: &str| plan.blocked.iter().any(|it| it.code == code);
        if stands("P5003") {
            *config = config.unnumbered();
            project = Project::of(config);
        }
        if stands("P7017") {
            // Who is told that both exist says no more which was which.
            config.told = false;
            project = Project::of(config);
        }
        if stands("P7019") {
            // What is exchanged goes and comes again.
            let without = Config { apps: BTreeMap::new(), ..config.unprotected() };
            let settled = life.settle(&Project::of(&without)).await;
            assert!(settled.is_ok(), "nothing is exchanged any more: {:?}", settled.err());
        }
        if stands("P7003") {
            let plain = Project::of(&applied.unnumbered().unprotected());
            life.story.push(plain.text.clone());
            let settled = life.settle(&plain).await;
            assert!(settled.is_ok(), "nothing is protected any more: {:?}", settled.err());
        }
    }
    panic!("whatever people do, something stands in the way");
}
