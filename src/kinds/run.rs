//! `run`: scripts of your own for what no kind does.

use std::collections::BTreeMap;

use crate::kinds::variables::{self, Reader};
use crate::kinds::{Around, First, Found, Kind, Memory, Objection};
use crate::model::Value;
use crate::model::{Answer, Command, Effect, Form, ObjectId, Question, Ref, Step, Target, Text};
use crate::model::{exports, quoted, quoted_text, script};
use crate::schema::{Class, Field, Type, spec};

spec! {
    /// Scripts of your own for what no kind does. Nobody looks at what they made.
    "run" Run {
        /// Where they run; without it beside the manifest, where `paas` runs.
        on: Option<Ref>, Replace, optional, is Type::Ref(&["machine", "app"]);
        /// The machine.
        machine: Option<Ref>, Replace, derived "self.on?.machine", is Type::Ref(&["machine"]);
        /// The script that makes it.
        create: String, Live, required;
        /// The script that tells what is there.
        read: Option<String>, Note, optional,
            idle "what the scripts made is not looked at, and drift is not noticed";
        /// The script that changes it; without one it is made again.
        update: Option<String>, Live, optional;
        /// The script that removes it.
        delete: Option<String>, Live, optional;
        /// Values that make it run again when they change.
        triggers: Option<Value>, Live, optional;
        /// Variables of the scripts; secrets may be among them.
        env: Option<BTreeMap<String, Text>>, Live, optional;
        /// What the scripts read on their standard input.
        stdin: Option<Text>, Live, optional;
        /// How long a script may take.
        timeout: crate::model::Duration, Note, default "10m";
    }
}

impl Run {
    fn step(&self, text: &str) -> Step {
        let mut out = Text::literal("set -eu\n");
        out.push(&exports(self.env.iter().flatten()));
        match &self.stdin {
            None => {
                out.push_str(text);
                out.push_str("\n");
            }
            Some(stdin) => {
                out.push_str("printf %s ");
                out.push(&quoted_text(stdin));
                out.push_str(&format!(" | sh -euc {}\n", quoted(text)));
            }
        }
        let timeout_secs = self.timeout.seconds();
        let effect = match script(out) {
            Effect::Run(command) => Effect::Run(Command { timeout_secs, ..command }),
            other @ (Effect::Call(_) | Effect::Write(_) | Effect::Wait(_)) => other,
        };
        let on = self.machine.clone().map_or(Target::Here, Target::Machine);
        Step { on, effect }
    }
}

impl Kind for Run {
    const WORD: &'static str = Run::KIND;
    const ABOUT: &'static str = Run::DOC;
    const FIRST: First = First::Create;

    fn class(&self, _: &Run, field: &Field) -> Option<Class> {
        match field.name {
            // How it would be removed is only remembered.
            "delete" => Some(Class::Note),
            _ => Some(field.class),
        }
    }

    fn complete(&mut self, _: &dyn Around) -> Vec<Objection> {
        let stdin = self.stdin.iter();
        let stdin = stdin.filter_map(|it| variables::unwritable("stdin", it, Form::Shell));
        let env = self.env.iter();
        let env = env.flat_map(|env| variables::objections("env", env, Reader::Shell));
        env.chain(stdin).collect()
    }

    fn create(&self, _: &ObjectId, _: &str) -> Vec<Step> {
        vec![self.step(&self.create)]
    }

    fn update(&self, _: &ObjectId, _: &str, _: &Run, changed: &[&str]) -> Vec<Step> {
        let kept = |name: &&str| matches!(*name, "delete" | "timeout" | "read");
        let runs = changed.iter().any(|name| !kept(name));
        let text = self.update.as_ref().unwrap_or(&self.create);
        runs.then(|| self.step(text)).into_iter().collect()
    }

    fn delete(&self, _: &ObjectId) -> Vec<Step> {
        self.delete.iter().map(|text| self.step(text)).collect()
    }

    fn look(&self, _: &ObjectId) -> Option<Question> {
        None
    }

    fn found(&self, _: Memory<'_>, _: &Answer) -> Found {
        Found::Ours(BTreeMap::new())
    }
}
