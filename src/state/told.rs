//! What the state says of an object when its manifest is read again: facts that came back, and
//! fields that were decided.

use crate::model::{Address, Form, Late, Piece, Ref, Text, Value};
use crate::state::{Record, State};

impl State {
    /// A value of a resource as it is known after an apply.
    pub fn known(&self, address: &Address, what: &str) -> Option<Value> {
        let (_, record) = self.latest(address)?;
        self.told(record, what)
    }

    /// The value that a hole stands for.
    pub fn value_of(&self, late: &Late) -> Option<Value> {
        let record = match &late.of {
            Ref::Object(id) => self.records.get(id),
            Ref::Address(address) => self.latest(address).map(|(_, record)| record),
        }?;
        self.told(record, &late.what)
    }

    /// The text that is put in for a hole, before it is quoted.
    pub fn text_of(&self, late: &Late, piece: &Piece) -> Option<String> {
        let value = self.value_of(late)?;
        if piece.forms().first() == Some(&Form::Json) {
            return Some(serde_json::Value::from(&value).to_string());
        }
        match value {
            Value::String(text) => Some(text.to_string()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            other @ Value::Object(_) => {
                let text: Text = other.read().ok()?;
                text.as_literal().map(str::to_owned)
            }
            Value::Null | Value::Array(_) => None,
        }
    }

    /// What a record says of its object, by itself or beside others.
    fn told(&self, record: &Record, what: &str) -> Option<Value> {
        let value = record.facts.get(what).or_else(|| record.intent.spec.below(what)).cloned();
        let value = value.or_else(|| (what == "outdated").then(|| self.outdated(record).into()))?;
        let is_open = matches!(value.as_str(), Some("auto" | "dhcp"));
        (!is_open).then_some(value)
    }

    /// Whether the template of a guest has another version than the one that it is made from.
    fn outdated(&self, record: &Record) -> bool {
        let spec = &record.intent.spec;
        let template = spec["template"].read::<Ref>().ok();
        let template = template.and_then(|it| Some(self.latest(it.address())?.1));
        let newest =
            template.map(|it| &it.intent.spec["version"]).filter(|it| it.as_str().is_some());
        newest.is_some_and(|version| *version != spec["template_version"])
    }
}
