//! A world in memory that behaves like clusters with machines, so that any manifest can be
//! planned and applied with no Proxmox.
//!
//! It is deterministic: the same steps in the same order leave the same contents. It has a virtual
//! clock, and takes no real time unless it is given a pace.

mod cluster;
mod compose;
mod contents;
mod edit;
mod faults;
mod guest;
mod keys;
mod layout;
mod log;
mod look;
mod machine;
mod programs;
mod scripts;
mod show;
mod terraform;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::drivers::{Fault, World};
use crate::model::{
    Answer, Call, Effect, GuestSeen, Method, Outcome, Piece, Question, Ref, Step, Target, Text,
    digest,
};
use cluster::Done;
use contents::{Contents, Entry, Place};

pub use contents::Task;
pub use faults::{Chaos, How, Rule, describe};
pub use layout::{ClusterLayout, Layout};

/// How long a step takes that goes wrong, in virtual milliseconds.
const FAULT_MS: u64 = 100;

type Hook = Box<dyn FnMut(&Step) -> Chaos + Send>;

/// A world of its own.
pub struct Sandbox {
    inner: Mutex<Inner>,
    hook: Mutex<Option<Hook>>,
}

struct Inner {
    layout: Layout,
    contents: Contents,
    log: Option<log::Log>,
}

impl Sandbox {
    /// A sandbox that is gone with the process.
    pub fn in_memory(layout: Layout) -> Sandbox {
        let sandbox = Sandbox::holding(Contents::default(), None);
        sandbox.add(layout).expect("memory can be written");
        sandbox
    }

    /// The sandbox in `folder`, made if there is none, with the clusters and nodes of `layout`.
    ///
    /// Whatever moment the process is killed at, each step is in it wholly or not at all.
    pub fn open(folder: &Path, layout: Layout) -> Result<Sandbox, String> {
        let (log, contents) = log::open(folder)?;
        let sandbox = Sandbox::holding(contents, Some(log));
        sandbox.add(layout)?;
        Ok(sandbox)
    }

    /// The sandbox in `folder` as it was when it was new, whatever is there now.
    pub fn renew(folder: &Path, layout: Layout) -> Result<Sandbox, String> {
        log::clear(folder)?;
        Sandbox::open(folder, layout)
    }

    /// A copy in memory of the sandbox in `folder`, to look at: nothing in the folder is touched.
    pub fn view(folder: &Path) -> Result<Sandbox, String> {
        Ok(Sandbox::holding(log::view(folder)?, None))
    }

    fn holding(contents: Contents, log: Option<log::Log>) -> Sandbox {
        let inner = Mutex::new(Inner { layout: Layout::default(), contents, log });
        Sandbox { inner, hook: Mutex::new(None) }
    }

    /// Adds the clusters and nodes that it does not know; those that it knows stay as they are.
    pub fn add(&self, layout: Layout) -> Result<(), String> {
        let mut inner = self.lock();
        let new = layout.missing_in(&inner.contents);
        inner.layout = layout;
        inner.commit(new)
    }

    /// Lets the next `times` steps go wrong whose [description](describe) contains `pattern`.
    pub fn fail(&self, pattern: &str, times: u32, how: How) -> Result<(), String> {
        let mut inner = self.lock();
        let number = inner.contents.rules.last_key_value().map_or(1, |(last, _)| last + 1);
        let rule = Rule { pattern: pattern.to_owned(), times, how };
        inner.commit(vec![Entry::Rule(number, Some(rule).filter(|rule| rule.times > 0))])
    }

    /// The steps that are still to go wrong.
    pub fn faults(&self) -> Vec<Rule> {
        self.lock().contents.rules.values().cloned().collect()
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) -> Result<(), String> {
        let mut inner = self.lock();
        let gone = inner.contents.rules.keys().map(|number| Entry::Rule(*number, None)).collect();
        inner.commit(gone)
    }

    /// Asks `hook` before each step whether it goes wrong; the hook cannot set another one.
    pub fn set_chaos(&self, hook: Option<Hook>) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = hook;
    }

    /// The sandbox for people: nodes, guests, what is on machines, the last tasks.
    pub fn show(&self) -> String {
        show::show(&self.lock().contents)
    }

    /// Changes something behind everybody's back, as a person at the console would.
    ///
    /// `address` is `node.pve1`, a guest's number, or the address of a resource: a guest, a host,
    /// or something that runs on a machine. The refusal says which attributes there are. `sandbox`
    /// itself has a pace: how many real milliseconds a virtual second takes.
    pub fn set(&self, address: &str, attribute: &str, value: &str) -> Result<(), String> {
        let mut inner = self.lock();
        let entries = edit::set(&inner.contents, address, attribute, value)?;
        inner.commit(entries)
    }

    /// Removes something behind everybody's back: a guest, or the files and services of what is
    /// deployed on machines.
    pub fn remove(&self, address: &str) -> Result<(), String> {
        let mut inner = self.lock();
        let entries = edit::remove(&inner.contents, address)?;
        inner.commit(entries)
    }

    /// Adds a guest that somebody else made, stopped and exactly with this configuration.
    pub fn add_guest(
        &self,
        vmid: u32,
        node: &str,
        config: BTreeMap<String, String>,
    ) -> Result<(), String> {
        let mut inner = self.lock();
        let entries = edit::add_guest(&inner.contents, vmid, node, config)?;
        inner.commit(entries)
    }

    /// Everything is as it was when the sandbox was new.
    pub fn reset(&self) -> Result<(), String> {
        let mut inner = self.lock();
        let mut entries = vec![Entry::Reset];
        entries.extend(inner.layout.missing_in(&Contents::default()));
        inner.commit(entries)
    }

    /// A digest of all there is, without what happened and when.
    pub fn world_digest(&self) -> String {
        let inner = self.lock();
        let there =
            |entry: &Entry| !matches!(entry, Entry::Task(_) | Entry::Rule(..) | Entry::Pace(_));
        let entries: Vec<Entry> = inner.contents.entries().filter(there).collect();
        digest(&serde_json::to_vec(&entries).expect("entries are JSON"))
    }

    /// All guests, by cluster and number.
    pub fn guests(&self) -> Vec<GuestSeen> {
        let inner = self.lock();
        let clusters = inner.contents.clusters.values();
        let guests = clusters.flat_map(|cluster| {
            let guests = cluster.guests.iter();
            guests.map(|(vmid, guest)| look::seen_guest(cluster, *vmid, guest))
        });
        guests.collect()
    }

    /// The files on a machine, by path: digest and content, with secrets named.
    pub fn files(&self, machine: &Ref) -> BTreeMap<String, (String, String)> {
        let inner = self.lock();
        let place = machine::place(&inner.contents, machine);
        let files = place.and_then(|place| inner.contents.places.get(&place)).map(|it| &it.files);
        let files = files.into_iter().flatten();
        let file = |file: &contents::StoredFile| (file.digest.clone(), file.content.clone());
        files.map(|(path, it)| (path.clone(), file(it))).collect()
    }

    /// The services on a machine, and whether each runs.
    pub fn services(&self, machine: &Ref) -> BTreeMap<String, bool> {
        let inner = self.lock();
        let place = machine::place(&inner.contents, machine);
        let found = place.and_then(|place| inner.contents.places.get(&place));
        let services = found.map(|it| &it.services).into_iter().flatten();
        services.map(|(name, service)| (name.clone(), service.running)).collect()
    }

    /// What was put into shared services: `service/REF/PATH` with its parameters.
    pub fn objects(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        self.lock().contents.objects.clone()
    }

    /// The last tasks, oldest first.
    pub fn tasks(&self) -> Vec<Task> {
        self.lock().contents.tasks.values().cloned().collect()
    }

    /// The virtual time that all steps took so far, in milliseconds.
    pub fn clock_ms(&self) -> u64 {
        self.lock().contents.clock_ms()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chaos(&self, step: &Step) -> Chaos {
        let mut hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner);
        hook.as_mut().map_or(Chaos::Pass, |hook| hook(step))
    }
}

impl World for Sandbox {
    async fn look(&self, questions: &[Question]) -> Vec<Result<Answer, Fault>> {
        tokio::task::yield_now().await;
        let inner = self.lock();
        let answers = questions.iter().map(|question| look::answer(&inner.contents, question));
        answers.map(|answer| answer.map_err(Fault::Refused)).collect()
    }

    async fn perform(&self, step: &Step) -> Result<Outcome, Fault> {
        tokio::task::yield_now().await;
        let chaos = self.chaos(step);
        let (result, pace_ms) = {
            let mut inner = self.lock();
            (inner.perform(step, chaos), inner.contents.pace_ms)
        };
        let took_ms = result.as_ref().map_or(FAULT_MS, |outcome| outcome.took_ms);
        let real_ms = took_ms.saturating_mul(pace_ms) / 1000;
        if real_ms > 0 {
            tokio::time::sleep(Duration::from_millis(real_ms)).await;
        }
        result
    }
}

impl Inner {
    fn perform(&mut self, step: &Step, chaos: Chaos) -> Result<Outcome, Fault> {
        let line = describe(step);
        let (how, mut entries) = match chaos.how() {
            Some(how) => (Some(how), Vec::new()),
            None => self.ruled(&line),
        };
        let lost = || Fault::Unknown(format!("the answer to `{line}` was lost: fault on request"));
        let result = match how {
            Some(How::Refused) => Err(format!("`{line}` is refused: fault on request")),
            Some(How::UnknownBefore) => {
                self.commit(entries).map_err(Fault::Refused)?;
                return Err(lost());
            }
            Some(How::UnknownAfter) | None => work(&self.contents, step),
        };
        let mut done = result.unwrap_or_else(|message| Done {
            took_ms: FAULT_MS,
            failed: Some(message),
            ..Done::default()
        });
        entries.append(&mut done.entries);
        entries.push(Entry::Task(self.task(step, line.clone(), &done)));
        self.commit(entries).map_err(Fault::Refused)?;
        match (how, done.failed) {
            (Some(How::UnknownAfter), _) => Err(lost()),
            (_, Some(message)) => Err(Fault::Refused(message)),
            (_, None) => {
                Ok(Outcome { facts: done.facts, took_ms: done.took_ms, ..Outcome::default() })
            }
        }
    }

    /// How a step goes wrong because somebody asked for it, and that it was once more.
    fn ruled(&self, line: &str) -> (Option<How>, Vec<Entry>) {
        let mut rules = self.contents.rules.iter();
        match rules.find(|(_, rule)| faults::matches(&rule.pattern, line)) {
            Some((number, rule)) => {
                let left = Rule { times: rule.times - 1, ..rule.clone() };
                let left = Some(left).filter(|rule| rule.times > 0);
                (Some(rule.how), vec![Entry::Rule(*number, left)])
            }
            None => (None, Vec::new()),
        }
    }

    fn task(&self, step: &Step, mut what: String, done: &Done) -> Task {
        if let Effect::Run(command) = &step.effect {
            what.push_str(&programs::input(command));
        }
        let number = self.contents.tasks.last_key_value().map_or(1, |(last, _)| last + 1);
        let start_ms = self.contents.clock_ms();
        let kind = if done.kind.is_empty() { "refused" } else { done.kind };
        let vmid = done.vmid.map(|vmid| vmid.to_string()).unwrap_or_default();
        let (node, secs) = (&done.node, start_ms / 1000);
        let upid = format!("UPID:{node}:{number:08X}:{number:08X}:{secs:08X}:{kind}:{vmid}:");
        Task {
            number,
            upid: upid + "root@pam:",
            node: node.clone(),
            kind: kind.to_owned(),
            vmid: done.vmid,
            what,
            start_ms,
            end_ms: start_ms + done.took_ms,
            status: done.failed.clone().unwrap_or_else(|| "OK".to_owned()),
        }
    }

    /// Makes entries true, in the folder first.
    fn commit(&mut self, entries: Vec<Entry>) -> Result<(), String> {
        if entries.is_empty() {
            return Ok(());
        }
        if let Some(log) = &mut self.log {
            let written = log.append(&entries);
            written.map_err(|error| format!("the sandbox cannot be written: {error}"))?;
        }
        entries.into_iter().for_each(|entry| self.contents.apply(entry));
        Ok(())
    }
}

/// What a step does to the contents.
fn work(contents: &Contents, step: &Step) -> Result<Done, String> {
    if let Some(hole) = late(step) {
        return Err(format!("the value of {hole} was not put in"));
    }
    match (&step.on, &step.effect) {
        (Target::Cluster(cluster), Effect::Call(call)) => {
            cluster::call(contents, cluster.origin().address(), call)
        }
        (Target::Machine(machine), effect) => machine::step(contents, machine, effect),
        (Target::Service(service), Effect::Call(call)) => Ok(service_call(service, call)),
        (Target::Module(_), Effect::Call(call)) => terraform::call(contents, call),
        (Target::Service(_), Effect::Wait(_)) | (Target::Here, _) => {
            machine::in_place(contents, &Place::Here, &step.effect)
        }
        (Target::Cluster(_) | Target::Service(_) | Target::Module(_), _) => {
            Err(format!("`{}` cannot be sent to an API", describe(step)))
        }
    }
}

fn service_call(service: &Ref, call: &Call) -> Done {
    let key = format!("service/{}/{}", service.origin(), call.path.trim_start_matches('/'));
    let body = call.body.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
    let value = match call.method {
        Method::Post | Method::Put => Some(body),
        Method::Delete => None,
    };
    Done { entries: vec![Entry::Object(key, value)], took_ms: 150, kind: "call", ..Done::default() }
}

/// The first hole in a step that should have been filled.
fn late(step: &Step) -> Option<String> {
    let mut pieces = step.texts().into_iter().flat_map(Text::pieces);
    pieces.find_map(|piece| match piece {
        Piece::Late { late, .. } => Some(format!("`{}` of {}", late.what, late.of)),
        Piece::Literal(_)
        | Piece::Secret { .. }
        | Piece::Revealed { .. }
        | Piece::Project { .. } => None,
    })
}
