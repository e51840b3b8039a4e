//! What fields a kind has, stated once, and what a new value of a field costs.

mod types;
mod macros;

pub(crate) use macros::{object, spec};
pub use types::{Attr, Type};

use serde::{Deserialize, Serialize};

/// What a new value of a field costs, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It only changes what `paas` remembers; nothing is sent.
    Note,
    /// Nothing is interrupted.
    Live,
    /// A service reads its configuration again.
    Reload,
    /// A machine or service restarts.
    Restart,
    /// An app is deployed anew.
    Redeploy,
    /// The object is destroyed and another one made.
    Replace,
}

/// Whether a field must be written, and what it is when it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must be written.
    Required,
    /// It may be absent.
    Optional,
    /// It has this value when it is absent: an expression of the language.
    Default(&'static str),
    /// It follows from others and cannot be written: an expression of the language, in which
    /// `self` is the resource and `owner` the resource around a facet.
    Derived(&'static str),
    /// It is filled in by the kind's own code and cannot be written.
    Computed,
}

/// What the planner picks for a field whose value is `"auto"`, and then keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A guest number from the cluster's `ids`.
    VmId,
    /// An address from the network's `pool`.
    Ip,
    /// A node of the cluster.
    Node,
    /// A port from the proxy's `ports`.
    Port,
}

/// One field of a kind or of an object in it.
#[derive(Clone, Debug)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What it can be.
    pub ty: Type,
    /// Whether it must be written.
    pub need: Need,
    /// What a new value costs.
    pub class: Class,
    /// What the planner picks when it is `"auto"`.
    pub choice: Option<Choice>,
    /// This version does nothing with it: what happens instead.
    pub idle: Option<&'static str>,
}

impl Field {
    /// Whether a manifest may give it a value.
    pub fn writable(&self) -> bool {
        match self.need {
            Need::Required | Need::Optional | Need::Default(_) => true,
            Need::Derived(_) | Need::Computed => false,
        }
    }
}

/// Everything there is to know of a kind's fields.
#[derive(Clone, Debug)]
pub struct Schema {
    /// `container`
    pub kind: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its fields in the order of the reference page.
    pub fields: Vec<Field>,
}

impl Schema {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// What [`spec!`] writes for a kind or an object.
pub trait Fields {
    /// Its fields.
    fn fields() -> Vec<Field>;
}
