//! `lifecycle { … }`: what may happen to an object, and what happens when it goes or fails.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::lower::compile::late_in;
use crate::lower::evaluator::Evaluator;
use crate::lower::expressions::shown;
use crate::lower::fit::plain;
use crate::lower::nodes::Node;
use crate::lower::value::{Data, Val};
use crate::model::{Object, Value};
use crate::problem::{lifecycle as problem, lower, names, types};

const NAMES: [&str; 8] = [
    "protect",
    "on_destroy",
    "replace",
    "ignore",
    "replace_on",
    "on_failure",
    "snapshot",
    "timeout",
];
const ON_DESTROY: [&str; 4] = ["delete", "backup", "stop", "keep"];
const REPLACE: [&str; 3] = ["destroy_first", "create_first", "never"];
const ON_FAILURE: [&str; 2] = ["rollback", "keep"];
const TIMEOUT: [&str; 2] = ["create", "ready"];

/// What may happen to an object; remembered in state, because the block may be gone by then.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifecycle {
    /// It is never destroyed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// What happens instead of, or before, destroying it.
    pub on_destroy: OnDestroy,
    /// How it is replaced, if a change cannot be made in place.
    #[serde(skip_serializing_if = "Replacing::is_default")]
    pub replace: Replacing,
    /// Fields whose drift is not reported.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Values that it was made from: another one replaces it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replace_on: Vec<Value>,
    /// What becomes of it when making it fails.
    #[serde(skip_serializing_if = "OnFailure::is_default")]
    pub on_failure: OnFailure,
    /// A snapshot is taken before a change that restarts it, and removed when that went well.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub snapshot: bool,
    /// How long it may take.
    #[serde(skip_serializing_if = "Timeout::is_default")]
    pub timeout: Timeout,
    /// What is done about drift.
    pub drift: OnDrift,
}

impl Lifecycle {
    pub(super) fn is_default(&self) -> bool {
        *self == Lifecycle::default()
    }
}

/// What happens to an object that is no longer desired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDestroy {
    /// It is destroyed.
    #[default]
    Delete,
    /// It is backed up, then destroyed.
    Backup,
    /// It is stopped and forgotten.
    Stop,
    /// It is forgotten as it is.
    Keep,
}

/// How an object is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replacing {
    /// As its kind is replaced best.
    #[default]
    ByKind,
    /// The old one goes before the new one comes.
    DestroyFirst,
    /// The new one is there before the old one goes.
    CreateFirst,
    /// Not at all.
    Never,
}

impl Replacing {
    fn is_default(&self) -> bool {
        *self == Replacing::ByKind
    }
}

/// What becomes of an object when making it fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It is left for the next run to look at.
    #[default]
    Keep,
    /// What was made is removed again.
    Rollback,
}

impl OnFailure {
    fn is_default(&self) -> bool {
        *self == OnFailure::Keep
    }
}

/// How long an object may take, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeout {
    /// Until it is made, all in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_secs: Option<u64>,
    /// Until it answers after it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_secs: Option<u64>,
}

impl Timeout {
    fn is_default(&self) -> bool {
        *self == Timeout::default()
    }
}

/// What is done about changes made outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDrift {
    /// Planned back.
    #[default]
    Fix,
    /// Shown, and left.
    Report,
    /// Not shown.
    Ignore,
}

impl<'t> Evaluator<'t> {
    /// Reads the `lifecycle` of a node over what weaker ones said.
    pub fn lifecycle(&mut self, node: &Rc<Node<'t>>, value: &Val, into: &mut Lifecycle) {
        let Data::Map(map) = &value.data else {
            if value.data != Data::Bad {
                self.problems.push(types::not_an_object(value.origin, "lifecycle"));
            }
            return;
        };
        let mut unknown = Vec::new();
        for (key, value) in map.iter() {
            let name = plain(key);
            match name.as_str() {
                _ if matches!(value.data, Data::Null | Data::Bad) => (),
                "protect" => {
                    let protect = self.bool(value, value.origin);
                    into.protect = protect.unwrap_or(into.protect);
                }
                "on_destroy" => self.on_destroy(node, value, into),
                "replace" => self.replacing(node, value, into),
                "ignore" => self.ignored(value, into),
                "replace_on" => self.replace_on(node, value, into),
                "on_failure" => self.on_failure(node, value, into),
                "snapshot" => self.snapshot(node, value, into),
                "timeout" => self.timeout(node, value, &mut into.timeout),
                _ => unknown.push((name, value.origin)),
            }
        }
        if !unknown.is_empty() {
            let problem = names::unknown_attributes("`lifecycle`", None, &unknown, &NAMES);
            self.problems.push(problem);
        }
    }

    fn on_destroy(&mut self, node: &Rc<Node<'t>>, value: &Val, into: &mut Lifecycle) {
        let word = self.word("on_destroy", value, &ON_DESTROY);
        into.on_destroy = match word {
            Some("backup") => OnDestroy::Backup,
            Some("stop") => OnDestroy::Stop,
            Some("keep") => OnDestroy::Keep,
            Some(_) => OnDestroy::Delete,
            None => into.on_destroy,
        };
        if let Some(word @ ("backup" | "stop")) = word
            && !is_guest(node)
        {
            let why = format!("only a guest of a cluster can be left with `{word}`");
            let help = "write `on_destroy = \"keep\"` to leave it as it is";
            self.refuse(node, value, &format!("on_destroy = \"{word}\""), &why, help);
        }
    }

    fn replacing(&mut self, node: &Rc<Node<'t>>, value: &Val, into: &mut Lifecycle) {
        into.replace = match self.word("replace", value, &REPLACE) {
            Some("create_first") => Replacing::CreateFirst,
            Some("never") => Replacing::Never,
            Some(_) => Replacing::DestroyFirst,
            None => into.replace,
        };
        if into.replace != Replacing::CreateFirst {
            return;
        }
        let word = "replace = \"create_first\"";
        if let Some(fixed) = ["id", "ip"].into_iter().find(|name| self.is_fixed(node, name)) {
            let why = format!("two guests cannot have one `{fixed}` at the same time");
            let help = format!("leave `{fixed}` open: `{fixed} = \"auto\"`");
            self.refuse(node, value, word, &why, &help);
        } else if !is_guest(node) && node.kind.schema().field("machine").is_none() {
            let why = "two of it cannot be there at the same time";
            self.refuse(node, value, word, why, "leave `replace` out");
        }
    }

    /// Whether somebody writes which number or address a guest has.
    fn is_fixed(&mut self, node: &Rc<Node<'t>>, name: &str) -> bool {
        if !is_guest(node) {
            return false;
        }
        let layers = node.layers.iter();
        let written = layers.filter_map(|layer| self.layer_value(layer, name)).next();
        written.is_some_and(|value| match &value.data {
            Data::Str(word) => !matches!(&**word, "auto" | "dhcp"),
            Data::Null | Data::Bad => false,
            _ => true,
        })
    }

    fn ignored(&mut self, value: &Val, into: &mut Lifecycle) {
        let Data::List(list) = &value.data else {
            return self.not_text("ignore", value);
        };
        into.ignore.clear();
        for value in list.iter() {
            match &value.data {
                Data::Str(text) => into.ignore.push(text.to_string()),
                _ => self.not_text("ignore", value),
            }
        }
    }

    fn replace_on(&mut self, node: &Rc<Node<'t>>, value: &Val, into: &mut Lifecycle) {
        let Data::List(list) = &value.data else {
            let noun = value.data.noun();
            self.problems.push(problem::list_expected(value.origin, "replace_on", noun));
            return;
        };
        let values = list.iter().map(|value| self.remembered(node, value));
        into.replace_on = values.collect::<Vec<_>>().into_iter().flatten().collect();
    }

    /// A value as the state keeps it; one that is secret or not known yet is refused.
    fn remembered(&mut self, node: &Rc<Node<'t>>, value: &Val) -> Option<Value> {
        let at = value.origin;
        let name = "lifecycle.replace_on";
        let late = match &value.data {
            Data::Late(late) | Data::Unknown(late) => Some(late.as_ref().clone()),
            Data::Text(text) if text.has_secret() => {
                let kind = node.kind.schema().kind;
                let names: Vec<String> = text.secrets().map(|it| format!("`{it}`")).collect();
                let (place, names) = (lower::Place::Field, names.join(", "));
                self.problems.push(lower::secret_refused(place, (name, kind), (None, at), &names));
                return None;
            }
            Data::Text(text) => late_in(text),
            _ => None,
        };
        if let Some(late) = late {
            let late = self.late_told(&late);
            self.problems.push(lower::field_late(at, name, &late));
            return None;
        }
        Some(match &value.data {
            Data::Null => Value::Null,
            Data::Bool(it) => Value::Bool(*it),
            Data::Int(it) => Value::from(*it),
            Data::Float(it) => Value::from(*it),
            Data::Str(it) => Value::from(&**it),
            Data::Bad => return None,
            Data::List(list) => {
                let values = list.iter().map(|value| self.remembered(node, value));
                Value::Array(values.collect::<Option<_>>()?)
            }
            Data::Map(map) => {
                let mut object = Object::default();
                for (key, value) in map.iter() {
                    let value = self.remembered(node, value)?;
                    object.insert(&plain(key), value);
                }
                Value::Object(object)
            }
            other => Value::from(shown(other)),
        })
    }

    fn on_failure(&mut self, node: &Rc<Node<'t>>, value: &Val, into: &mut Lifecycle) {
        into.on_failure = match self.word("on_failure", value, &ON_FAILURE) {
            Some("rollback") => OnFailure::Rollback,
            Some(_) => OnFailure::Keep,
            None => into.on_failure,
        };
        if into.on_failure == OnFailure::Rollback && !node.kind.traits().outside {
            let why = "nothing is made for it that could fail";
            self.refuse(node, value, "on_failure = \"rollback\"", why, "leave `on_failure` out");
        }
    }

    fn snapshot(&mut self, node: &Rc<Node<'t>>, value: &Val, into: &mut Lifecycle) {
        into.snapshot = self.bool(value, value.origin).unwrap_or(into.snapshot);
        if into.snapshot && !is_guest(node) {
            let why = "only a guest of a cluster has snapshots";
            self.refuse(node, value, "snapshot = true", why, "leave `snapshot` out");
        }
    }

    fn timeout(&mut self, node: &Rc<Node<'t>>, value: &Val, into: &mut Timeout) {
        let Data::Map(map) = &value.data else {
            return self.problems.push(types::not_an_object(value.origin, "timeout"));
        };
        let mut unknown = Vec::new();
        for (key, value) in map.iter() {
            let name = plain(key);
            if !TIMEOUT.contains(&name.as_str()) {
                unknown.push((name, value.origin));
                continue;
            }
            let secs = match &value.data {
                Data::Duration(ms) if *ms >= 1000 => Some(ms.div_ceil(1000)),
                Data::Null | Data::Bad => continue,
                other => {
                    let problem = problem::duration_expected(value.origin, &name, other.noun());
                    self.problems.push(problem);
                    continue;
                }
            };
            let waits = is_guest(node) || node.kind.schema().field("health").is_some();
            match name.as_str() {
                "create" if node.kind.traits().outside => into.create_secs = secs,
                "ready" if waits => into.ready_secs = secs,
                _ => {
                    let why = "nothing is waited for when one is made";
                    self.refuse(node, value, &format!("timeout.{name}"), why, "leave it out");
                }
            }
        }
        if !unknown.is_empty() {
            let problem = names::unknown_attributes("`timeout`", None, &unknown, &TIMEOUT);
            self.problems.push(problem);
        }
    }

    fn refuse(&mut self, node: &Rc<Node<'t>>, value: &Val, word: &str, why: &str, help: &str) {
        let kind = node.kind.schema().kind;
        self.problems.push(problem::refused(value.origin, word, kind, node.span, why, help));
    }
}

fn is_guest(node: &Node<'_>) -> bool {
    matches!(node.kind.schema().kind, "container" | "vm")
}
