//! What is asked of Terraform about a root module, what it answers, and what its outputs may be.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::model::{Cidr, ObjectId, Text, Value};

/// What an output of a module may be; in JSON it is a string, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum OutputType {
    /// Anything.
    Data,
    /// Text.
    String,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// One address.
    Ip,
    /// A network.
    Cidr,
    /// A port, 1 to 65535.
    Port,
    /// A host name.
    Fqdn,
    /// `https://host/path`
    Url,
    /// Null, or one of these.
    Optional(Box<OutputType>),
    /// A list of these.
    List(Box<OutputType>),
    /// A map to these.
    Map(Box<OutputType>),
    /// An object with at least these.
    Object(BTreeMap<String, OutputType>),
}

/// The types without parts, by word.
const WORDS: [(&str, OutputType); 10] = [
    ("data", OutputType::Data),
    ("string", OutputType::String),
    ("bool", OutputType::Bool),
    ("int", OutputType::Int),
    ("float", OutputType::Float),
    ("ip", OutputType::Ip),
    ("cidr", OutputType::Cidr),
    ("port", OutputType::Port),
    ("fqdn", OutputType::Fqdn),
    ("url", OutputType::Url),
];

impl From<OutputType> for String {
    fn from(ty: OutputType) -> String {
        ty.text()
    }
}

impl TryFrom<String> for OutputType {
    type Error = String;

    fn try_from(text: String) -> Result<OutputType, String> {
        match OutputType::read(&text) {
            Some((ty, "")) => Ok(ty),
            Some(_) | None => Err(format!("`{text}` is no type of an output")),
        }
    }
}

impl OutputType {
    /// The type of this word, if it has no parts.
    pub fn of_word(word: &str) -> Option<OutputType> {
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, ty)| ty.clone())
    }

    /// The type at the start of a text that [`OutputType::text`] has made, and the rest.
    fn read(text: &str) -> Option<(OutputType, &str)> {
        let (ty, rest) = if let Some(rest) = text.strip_prefix('[') {
            let (of, rest) = OutputType::read(rest)?;
            (OutputType::List(Box::new(of)), rest.strip_prefix(']')?)
        } else if let Some(rest) = text.strip_prefix("map<string, ") {
            let (of, rest) = OutputType::read(rest)?;
            (OutputType::Map(Box::new(of)), rest.strip_prefix('>')?)
        } else if let Some(rest) = text.strip_prefix("{ ") {
            let (mut fields, mut rest) = (BTreeMap::new(), rest);
            while let Some((name, after)) = rest.split_once(": ").filter(|_| rest != "}") {
                let (of, after) = OutputType::read(after)?;
                fields.insert(name.to_owned(), of);
                rest = after;
                let Some(more) = after.strip_prefix(", ") else { break };
                rest = more;
            }
            (OutputType::Object(fields), rest.trim_start().strip_prefix('}')?)
        } else {
            let end = text.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(text.len());
            (OutputType::of_word(&text[..end])?, &text[end..])
        };
        match rest.strip_prefix('?') {
            Some(rest) => Some((OutputType::Optional(Box::new(ty)), rest)),
            None => Some((ty, rest)),
        }
    }

    /// As it is written in a manifest.
    pub fn text(&self) -> String {
        match self {
            OutputType::Optional(of) => format!("{}?", of.text()),
            OutputType::List(of) => format!("[{}]", of.text()),
            OutputType::Map(of) => format!("map<string, {}>", of.text()),
            OutputType::Object(fields) => {
                let field = |(name, ty): (&String, &OutputType)| format!("{name}: {}", ty.text());
                format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
            OutputType::Data
            | OutputType::String
            | OutputType::Bool
            | OutputType::Int
            | OutputType::Float
            | OutputType::Ip
            | OutputType::Cidr
            | OutputType::Port
            | OutputType::Fqdn
            | OutputType::Url => {
                let word = WORDS.iter().find(|(_, ty)| ty == self);
                word.map_or("data", |(word, _)| word).to_owned()
            }
        }
    }

    /// The part of a value that is of another type, by its path from `path`, and the type it
    /// should have; nothing if all of it fits.
    pub fn misfit(&self, value: &Value, path: &str) -> Option<(String, String)> {
        let here = |fits: bool| (!fits).then(|| (path.to_owned(), self.text()));
        let text = || value.as_str();
        match (self, value) {
            (OutputType::Data, _) | (OutputType::Optional(_), Value::Null) => None,
            (OutputType::Optional(of), value) => of.misfit(value, path),
            (OutputType::String, _) => here(text().is_some()),
            (OutputType::Bool, _) => here(value.as_bool().is_some()),
            (OutputType::Int, Value::Number(it)) => here(it.as_i64().is_some()),
            (OutputType::Float, _) => here(matches!(value, Value::Number(_))),
            (OutputType::Port, Value::Number(it)) => {
                here(it.as_i64().is_some_and(|it| (1..=65_535).contains(&it)))
            }
            (OutputType::Ip, _) => here(text().is_some_and(|it| it.parse::<IpAddr>().is_ok())),
            (OutputType::Cidr, _) => here(text().is_some_and(|it| Cidr::parse(it).is_some())),
            (OutputType::Fqdn, _) => here(text().is_some_and(is_host)),
            (OutputType::Url, _) => here(text().is_some_and(is_url)),
            (OutputType::List(of), Value::Array(list)) => list
                .iter()
                .enumerate()
                .find_map(|(index, value)| of.misfit(value, &format!("{path}[{index}]"))),
            (OutputType::Map(of), Value::Object(map)) => {
                map.iter().find_map(|(name, value)| of.misfit(value, &format!("{path}.{name}")))
            }
            (OutputType::Object(fields), Value::Object(map)) => {
                fields.iter().find_map(|(name, of)| {
                    of.misfit(map.get(name).unwrap_or(&Value::Null), &format!("{path}.{name}"))
                })
            }
            (OutputType::Int | OutputType::Port, _)
            | (OutputType::List(_) | OutputType::Map(_) | OutputType::Object(_), _) => here(false),
        }
    }

    /// A value of this type, the same for the same `seed`: what a module that nobody has could say.
    pub fn made_up(&self, name: &str, seed: u64) -> Value {
        match self {
            OutputType::Data | OutputType::String => format!("{name}-{:04x}", seed % 65_536).into(),
            OutputType::Bool => true.into(),
            OutputType::Int => (seed % 1_000).into(),
            OutputType::Float => 0.5.into(),
            OutputType::Ip => format!("203.0.113.{}", seed % 254 + 1).into(),
            OutputType::Cidr => "203.0.113.0/24".into(),
            OutputType::Port => (seed % 40_000 + 20_000).into(),
            OutputType::Fqdn => format!("{}.example", name.replace('_', "-")).into(),
            OutputType::Url => format!("https://{}.example", name.replace('_', "-")).into(),
            OutputType::Optional(of) => of.made_up(name, seed),
            OutputType::List(of) => [of.made_up(name, seed)].into_iter().collect(),
            OutputType::Map(of) => [(name, of.made_up(name, seed))].into_iter().collect(),
            OutputType::Object(fields) => {
                let field =
                    |(name, of): (&String, &OutputType)| (name.clone(), of.made_up(name, seed));
                fields.iter().map(field).collect()
            }
        }
    }
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !label.is_empty() && label.len() <= 63 && label.chars().all(inside)
    };
    text.len() <= 253 && text.strip_suffix('.').unwrap_or(text).split('.').all(label)
}

fn is_url(text: &str) -> bool {
    let host = ["https://", "http://"].iter().find_map(|start| text.strip_prefix(start));
    host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !text.contains(char::is_whitespace)
}

/// A root module as Terraform is asked about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// The object that it is.
    pub object: ObjectId,
    /// The folder, from the manifest's.
    pub source: String,
    /// The program; nothing for whatever there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Which versions of the program may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Which workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Only these resources of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// The variables as a JSON object.
    pub vars: Text,
    /// The outputs that the manifest reads.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, OutputType>,
    /// What the module was when the manifest was read.
    pub digest: String,
    /// The resources that it declares: what a sandbox knows of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// All of it goes.
    #[serde(default)]
    pub destroys: bool,
}

/// What Terraform would do with a module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModuleSeen {
    /// The digest of the plan that it has saved.
    pub plan: String,
    /// What would change, in Terraform's order.
    pub changes: Vec<InnerChange>,
    /// The outputs as they will be, as far as that is known, without sensitive ones.
    pub outputs: BTreeMap<String, Value>,
}

/// One change of a plan of Terraform; never a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InnerChange {
    /// As Terraform calls it: `terraform_data.rule["a"]`, `output.address`.
    pub address: String,
    /// What happens to it.
    pub action: InnerAction,
    /// The attributes that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// What Terraform does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InnerAction {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// Another one takes its place.
    Replace,
    /// It is removed.
    Delete,
    /// It is no longer looked after.
    Forget,
    /// A data source is read.
    Read,
}

impl InnerAction {
    /// The sign in front of it.
    pub fn sign(self) -> &'static str {
        match self {
            InnerAction::Create => "+",
            InnerAction::Update => "~",
            InnerAction::Replace => "±",
            InnerAction::Delete => "-",
            InnerAction::Forget => "⇡",
            InnerAction::Read => "→",
        }
    }

    /// As it is counted: `3 to create`.
    pub fn word(self) -> &'static str {
        match self {
            InnerAction::Create => "create",
            InnerAction::Update => "update",
            InnerAction::Replace => "replace",
            InnerAction::Delete => "destroy",
            InnerAction::Forget => "forget",
            InnerAction::Read => "read",
        }
    }
}
