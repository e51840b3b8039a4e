//! What stands on a machine for one object: files, what starts it, what stops it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Answer, Command, Effect, File, Form, ObjectId, Question, Ref, Step, Target};
use crate::model::{Text, Wait, digest};

/// Files and commands that together are one object on one machine.
///
/// The last file written is a stamp that names the object and the project: it is the proof that
/// the rest is ours and complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// Where it stands.
    pub machine: Ref,
    /// Its files.
    pub files: Vec<File>,
    /// Names of services that should run.
    pub services: Vec<String>,
    /// What runs once the files are there, each time one of them has changed.
    pub start: Vec<Effect>,
    /// What must hold before it counts as done.
    pub gate: Vec<Wait>,
    /// What runs before the files are removed.
    pub stop: Vec<Effect>,
    /// What runs after the files are removed.
    pub settle: Vec<Effect>,
}

/// What was found where a bundle should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundleFound {
    /// The machine does not answer.
    Unseen,
    /// Nothing of it is there.
    Nothing,
    /// A file of it is there, but no stamp of ours.
    Foreign(String),
    /// It is there; these files or services are not as they were made.
    Ours(BTreeMap<String, String>),
}

impl Bundle {
    /// An empty bundle on a machine.
    pub fn on(machine: &Ref) -> Bundle {
        let (files, services, start, gate) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (stop, settle) = (Vec::new(), Vec::new());
        Bundle { machine: machine.clone(), files, services, start, gate, stop, settle }
    }

    /// Adds a file that everybody on the machine may read, or only root if it has a secret.
    pub fn file(mut self, path: impl Into<String>, content: impl Into<Text>) -> Bundle {
        let content = content.into();
        let mode = if content.has_secret() { 0o600 } else { 0o644 };
        self.files.push(File { path: path.into(), content, mode });
        self
    }

    /// The steps that make it.
    pub fn create(&self, id: &ObjectId) -> Vec<Step> {
        let writes = self.files.iter().cloned().map(Effect::Write);
        let waits = self.gate.iter().cloned().map(Effect::Wait);
        let all = writes.chain(self.start.iter().cloned()).chain(waits);
        all.chain([Effect::Write(stamp(id))]).map(|effect| self.step(effect)).collect()
    }

    /// The steps that change `before` into this; the machine is the same.
    pub fn update(&self, id: &ObjectId, before: &Bundle) -> Vec<Step> {
        let kept: BTreeSet<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let gone: Vec<&str> = before
            .files
            .iter()
            .map(|file| file.path.as_str())
            .filter(|path| !kept.contains(path))
            .collect();
        let mut steps = self.create(id);
        if !gone.is_empty() {
            steps.insert(self.files.len(), self.step(remove(&gone)));
        }
        if before.services != self.services {
            let stops = before.stop.iter().cloned().map(|effect| self.step(effect));
            steps.splice(0..0, stops);
        }
        steps
    }

    /// The steps that remove it.
    pub fn delete(&self, id: &ObjectId) -> Vec<Step> {
        let stamp = stamp(id);
        let mut paths: Vec<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        paths.push(&stamp.path);
        let stops = self.stop.iter().cloned();
        let rest = [remove(&paths)].into_iter().chain(self.settle.iter().cloned());
        stops.chain(rest).map(|effect| self.step(effect)).collect()
    }

    /// Where to look for it.
    pub fn look(&self, id: &ObjectId) -> Question {
        let files = self.files.iter().map(|file| file.path.clone());
        Question::Machine {
            machine: self.machine.clone(),
            files: files.chain([stamp(id).path]).collect(),
            services: self.services.iter().cloned().collect(),
        }
    }

    /// The steps that write anew whose it is.
    pub fn mark(&self, id: &ObjectId) -> Vec<Step> {
        vec![self.step(Effect::Write(stamp(id)))]
    }

    /// What an answer says about it, given the project's lineage and the digests that came back
    /// when its files were written; its stamp names one of `ids`.
    pub fn found(
        &self,
        ids: &[&ObjectId],
        lineage: &str,
        written: impl Fn(&str) -> Option<String>,
        answer: &Answer,
    ) -> BundleFound {
        let Answer::Machine(seen) = answer else { return BundleFound::Unseen };
        if !seen.reachable {
            return BundleFound::Unseen;
        }
        let ours = |id: &&ObjectId| {
            let stamp = stamp(id);
            let content = stamp.content.filled(|piece| match piece {
                crate::model::Piece::Project { .. } => Some(lineage.to_owned()),
                crate::model::Piece::Literal(_)
                | crate::model::Piece::Secret { .. }
                | crate::model::Piece::Revealed { .. }
                | crate::model::Piece::Late { .. } => None,
            });
            seen.files.get(&stamp.path) == Some(&digest(content.to_string().as_bytes()))
        };
        if !ids.iter().any(ours) {
            let other = self.files.iter().find(|file| seen.files.contains_key(&file.path));
            return match other {
                Some(file) => BundleFound::Foreign(file.path.clone()),
                None => BundleFound::Nothing,
            };
        }
        let mut differs = BTreeMap::new();
        for file in &self.files {
            match (seen.files.get(&file.path), written(&file.path)) {
                (None, _) => drop(differs.insert(file.path.clone(), "missing".to_owned())),
                (Some(now), Some(then)) if *now != then => {
                    differs.insert(file.path.clone(), "changed".to_owned());
                }
                (Some(_), _) => (),
            }
        }
        for name in &self.services {
            if !seen.services.get(name).is_some_and(|service| service.running) {
                differs.insert(name.clone(), "stopped".to_owned());
            }
        }
        BundleFound::Ours(differs)
    }

    fn step(&self, effect: Effect) -> Step {
        Step { on: Target::Machine(self.machine.clone()), effect }
    }
}

/// A command with plain arguments.
pub fn run(argv: &[&str]) -> Effect {
    let argv = argv.iter().map(|word| Text::literal(*word)).collect();
    Effect::Run(Command { argv, stdin: None, timeout_secs: 600 })
}

/// A shell script, sent on standard input.
pub fn script(text: impl Into<Text>) -> Effect {
    let argv = vec![Text::literal("sh"), Text::literal("-s")];
    Effect::Run(Command { argv, stdin: Some(text.into()), timeout_secs: 1800 })
}

/// The same command with another time that it may take.
pub fn within(timeout_secs: u64, effect: Effect) -> Effect {
    match effect {
        Effect::Run(command) => Effect::Run(Command { timeout_secs, ..command }),
        other @ (Effect::Call(_) | Effect::Write(_) | Effect::Wait(_)) => other,
    }
}

/// One word for a POSIX shell, whatever is in it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", Form::Shell.quote(text))
}

/// One word for a POSIX shell, whatever is put into it later.
pub fn quoted_text(text: &Text) -> Text {
    let mut out = Text::literal("'");
    out.push(&text.quoted(Form::Shell));
    out.push_str("'");
    out
}

/// The lines of a script that give it variables.
pub fn exports<'a>(env: impl IntoIterator<Item = (&'a String, &'a Text)>) -> Text {
    let mut out = Text::default();
    for (name, value) in env {
        out.push_str(&format!("export {name}="));
        out.push(&quoted_text(value));
        out.push_str("\n");
    }
    out
}

fn remove(paths: &[&str]) -> Effect {
    run(&[&["rm", "-f", "--"], paths].concat())
}

fn stamp(id: &ObjectId) -> File {
    let mut content = Text::literal("paas:1 p=");
    content.push(&Text::project());
    let made_as = id.made_as.as_ref().map(|it| format!("@{it}")).unwrap_or_default();
    content.push_str(&format!(" g={} a={}{made_as}\n", id.generation, id.address));
    let path = format!("/var/lib/paas/objects/{}.{}", id.slug(), id.generation);
    File { path, content, mode: 0o600 }
}
