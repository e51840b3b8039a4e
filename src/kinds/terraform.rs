//! `terraform`: a root module of Terraform or OpenTofu, planned and applied with the rest.

use std::collections::BTreeMap;

use crate::kinds::hcl::{Declared, Needed, Sensitive};
use crate::kinds::{Around, First, Found, Kind, Memory, Objection};
use crate::legible::visible;
use crate::model::{Answer, Call, Effect, Form, Method, Module, ObjectId, OutputType, Piece};
use crate::model::{Question, Ref, Step, Target, Text, Value, digest_all};
use crate::schema::{Class, Field, Type, spec};

/// The files that a module consists of; what else it reads is seen by Terraform's own plan.
const FILES: &str = "**/*.{tf,tf.json,tfvars,tfvars.json,tftpl}";

spec! {
    /// A root module of Terraform or OpenTofu: its changes are planned, shown and applied together
    /// with the rest, and its outputs can be read. Its state stays where its backend keeps it.
    "terraform" Terraform {
        /// The folder of the root module, from the manifest's folder.
        source: String, Live, required, is Type::Path;
        /// Values of its variables; secrets and values that are known later may be among them.
        vars: Option<BTreeMap<String, Value>>, Live, optional,
            is Type::Map(std::sync::Arc::new(Type::Given));
        /// Only these resources of it, as Terraform calls them.
        targets: Vec<String>, Live, default "[]";
        /// The workspace; without one it is the default one.
        workspace: Option<String>, Replace, optional;
        /// Which versions of the program may be used: `">= 1.5, < 2"`.
        version: Option<String>, Note, optional;
        /// The program, by name or path; without one it is `terraform`, else `tofu`.
        program: Option<String>, Note, optional;
        /// What `output NAME: TYPE` declares.
        outputs: Option<BTreeMap<String, OutputType>>, Live, computed, is Type::Any;
        /// What tells its files apart from what they were.
        digest: Option<String>, Live, computed;
        /// The resources that its files declare.
        resources: Option<Vec<String>>, Note, computed;
    }
}

impl Terraform {
    /// The folder without `.` and slashes that say nothing.
    fn folder(&self) -> String {
        let parts = self.source.split('/').filter(|part| !matches!(*part, "" | "."));
        let folder = parts.collect::<Vec<_>>().join("/");
        if self.source.starts_with('/') { format!("/{folder}") } else { folder }
    }

    /// What is asked about it, and what a step says of it.
    pub fn module(&self, id: &ObjectId) -> Module {
        let mut vars = Text::default();
        let all = self.vars.iter().flatten().map(|(name, value)| (name, value.clone()));
        let all: Value = all.collect();
        write(&all, &mut vars);
        Module {
            object: id.clone(),
            source: self.source.clone(),
            program: self.program.clone(),
            version: self.version.clone(),
            workspace: self.workspace.clone(),
            targets: self.targets.clone(),
            vars,
            outputs: self.outputs.clone().unwrap_or_default(),
            digest: self.digest.clone().unwrap_or_default(),
            resources: self.resources.clone().unwrap_or_default(),
            destroys: false,
        }
    }

    fn step(&self, id: &ObjectId, method: Method) -> Step {
        let module = self.module(id);
        let about = Module { vars: Text::default(), ..module.clone() };
        let about = serde_json::to_string(&about).unwrap_or_default();
        let body = [("module", Text::literal(about)), ("vars", module.vars)];
        let body = body.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        let path = match method {
            Method::Delete => "destroy".to_owned(),
            Method::Post | Method::Put => "apply".to_owned(),
        };
        let on = Target::Module(Ref::Object(id.clone()));
        Step { on, effect: Effect::Call(Call { method, path, body }) }
    }

    /// What the files of the module declare, and what tells them apart.
    fn read(&mut self, around: &dyn Around) -> Result<Declared, String> {
        let folder = self.folder();
        let inside = |pattern: &str| match folder.as_str() {
            "" => pattern.to_owned(),
            folder => format!("{}/{pattern}", plain(folder)),
        };
        let mut all = around.matching(&inside(FILES))?;
        all.retain(|path| !path.split('/').any(|part| part == ".terraform"));
        let (mut declared, mut parts) = (Declared::default(), Vec::new());
        let mut any = false;
        for path in &all {
            let text = around.read(path)?;
            let name = path.strip_prefix(&folder).unwrap_or(path).trim_start_matches('/');
            let is_top = !name.contains('/');
            if is_top && (name.ends_with(".tf") || name.ends_with(".tf.json")) {
                any = true;
                declared.add(name, &text);
            }
            parts.push((name.to_owned(), text));
        }
        if !any {
            return Err(format!("`{}` has no files of Terraform", visible(&self.source)));
        }
        let sets = |(name, _): &(String, String)| {
            name == "terraform.tfvars"
                || name.contains(".auto.tfvars")
                || name == "terraform.tfvars.json"
        };
        if parts.iter().any(sets) {
            declared.variables.values_mut().for_each(|needed| *needed = Needed::No);
        }
        let parts = parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
        self.digest = Some(digest_all(parts));
        self.resources = Some(declared.resources.clone()).filter(|all| !all.is_empty());
        Ok(declared)
    }

    fn objections(&self, declared: &Declared) -> Vec<Objection> {
        let source = visible(&self.source);
        let listed = |names: Vec<&String>| match names.is_empty() {
            true => "it declares none".to_owned(),
            false => {
                let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                format!("it declares {}", names.join(", "))
            }
        };
        let mut all = Vec::new();
        let mut object = |field: String, message: String, help: String| {
            all.push(Objection { field, message, help });
        };
        let given: BTreeMap<&String, &Value> = self.vars.iter().flatten().collect();
        for name in given.keys().filter(|name| !declared.variables.contains_key(**name)) {
            let message = format!("the module in `{source}` has no variable `{}`", visible(name));
            object(format!("vars/{name}"), message, listed(declared.variables.keys().collect()));
        }
        for (name, needed) in &declared.variables {
            if *needed == Needed::Yes && !given.contains_key(name) {
                let message = format!("the variable `{name}` of `{source}` has no value");
                let help = format!("write `vars {{ {name} = … }}`, or give it a default there");
                object("vars".to_owned(), message, help);
            }
        }
        for name in self.outputs.iter().flatten().map(|(name, _)| name) {
            match declared.outputs.get(name) {
                Some(Sensitive::No) => (),
                Some(Sensitive::Yes) => {
                    let message = format!("the output `{name}` of `{source}` is sensitive");
                    let help = "write it into a store of secrets there, and read it from that \
                                store with `secret`";
                    object(format!("outputs/{name}"), message, help.to_owned());
                }
                None => {
                    let message = format!("the module in `{source}` has no output `{name}`");
                    let help = listed(declared.outputs.keys().collect());
                    object(format!("outputs/{name}"), message, help);
                }
            }
        }
        if let Some(workspace) = &self.workspace {
            let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if workspace.is_empty() || !workspace.chars().all(fine) || workspace.starts_with('.') {
                let message = format!("`{}` is no name of a workspace", visible(workspace));
                let help = "letters, digits, `-`, `_` and `.`".to_owned();
                object("workspace".to_owned(), message, help);
            }
        }
        all
    }
}

/// A value as JSON; what is not known yet becomes JSON when it is put in.
fn write(value: &Value, out: &mut Text) {
    match value {
        Value::Object(map) if map.contains_key("$text") => {
            let Ok(text) = value.read::<Text>() else { return };
            match text.pieces() {
                [Piece::Late { .. }] => out.push(&text.quoted(Form::Json)),
                _ => {
                    out.push_str("\"");
                    out.push(&text.quoted(Form::JsonString));
                    out.push_str("\"");
                }
            }
        }
        Value::Object(map) => {
            out.push_str("{");
            for (index, (name, value)) in map.iter().enumerate() {
                let comma = if index > 0 { "," } else { "" };
                out.push_str(&format!("{comma}{}:", serde_json::Value::from(name)));
                write(value, out);
            }
            out.push_str("}");
        }
        Value::Array(list) => {
            out.push_str("[");
            for (index, value) in list.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write(value, out);
            }
            out.push_str("]");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&serde_json::Value::from(value).to_string());
        }
    }
}

/// A path as a pattern that matches only this path.
fn plain(path: &str) -> String {
    let letters = path.chars().flat_map(|letter| match letter {
        '*' | '?' | '[' | ']' | '{' | '}' => vec!['[', letter, ']'],
        letter => vec![letter],
    });
    letters.collect()
}

impl Kind for Terraform {
    const WORD: &'static str = Terraform::KIND;
    const ABOUT: &'static str = Terraform::DOC;
    const FIRST: First = First::Delete;
    const RESUMES: bool = true;

    fn complete(&mut self, around: &dyn Around) -> Vec<Objection> {
        match self.read(around) {
            Ok(declared) => self.objections(&declared),
            Err(message) => {
                let help = "`source` is the folder of a root module, from the manifest's folder";
                vec![Objection { field: "source".to_owned(), message, help: help.to_owned() }]
            }
        }
    }

    fn class(&self, _: &Terraform, field: &Field) -> Option<Class> {
        Some(field.class)
    }

    fn create(&self, id: &ObjectId, _: &str) -> Vec<Step> {
        vec![self.step(id, Method::Post)]
    }

    fn update(&self, id: &ObjectId, _: &str, _: &Terraform, _: &[&str]) -> Vec<Step> {
        vec![self.step(id, Method::Put)]
    }

    fn delete(&self, id: &ObjectId) -> Vec<Step> {
        vec![self.step(id, Method::Delete)]
    }

    fn look(&self, _: &ObjectId) -> Option<Question> {
        // What is asked follows from the plan of everything else.
        None
    }

    fn found(&self, _: Memory<'_>, _: &Answer) -> Found {
        Found::Ours(BTreeMap::new())
    }
}

/// What Terraform is asked about an object with this spec.
pub fn module(id: &ObjectId, spec: &Value) -> Option<Module> {
    spec.read::<Terraform>().ok().map(|it| it.module(id))
}
