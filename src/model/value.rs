//! JSON in little room: specs are kept in it, several of each at once while a plan is made.
//!
//! An object is a sorted list instead of a tree, and names are shared. Ten thousand specs take a
//! quarter of the memory that they take as `serde_json::Value`; docs/performance.md has figures.

mod read;
mod write;

use std::cell::RefCell;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use rustc_hash::FxHashSet as HashSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Number;

/// How many names a thread shares before it begins anew.
const NAMES_MAX: usize = 4096;

/// Any JSON.
#[derive(Clone, Default, PartialEq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `7`, `0.5`
    Number(Number),
    /// `"text"`
    String(Box<str>),
    /// `[…]`
    Array(Box<[Value]>),
    /// `{…}`
    Object(Object),
}

/// Fields in the order of their names, each there once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(Arc<str>, Value)>);

static NULL: Value = Value::Null;

impl Value {
    /// Anything as JSON.
    ///
    /// # Errors
    /// Names of a map that are no text.
    pub fn of<T: Serialize + ?Sized>(it: &T) -> Result<Value, serde_json::Error> {
        it.serialize(write::Writer(write::Nulls::Kept))
    }

    /// Anything as JSON without the fields that are null, at any depth.
    ///
    /// # Errors
    /// Names of a map that are no text.
    pub fn without_nulls<T: Serialize + ?Sized>(it: &T) -> Result<Value, serde_json::Error> {
        it.serialize(write::Writer(write::Nulls::LeftOut))
    }

    /// JSON as a type.
    ///
    /// # Errors
    /// It has another shape.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(self)
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(it) => Some(it),
            _ => None,
        }
    }

    /// The whole number, if it is one that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Number(it) => it.as_u64(),
            _ => None,
        }
    }

    /// The flag, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(it) => Some(*it),
            _ => None,
        }
    }

    /// The elements, if it is a list.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(it) => Some(it),
            _ => None,
        }
    }

    /// The fields, if it has any.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(it) => Some(it),
            _ => None,
        }
    }

    /// The fields to change, if it has any.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Value::Object(it) => Some(it),
            _ => None,
        }
    }

    /// Sets a field; what is no object becomes one.
    pub fn set(&mut self, name: &str, value: Value) {
        if !matches!(self, Value::Object(_)) {
            *self = Value::Object(Object::default());
        }
        self.as_object_mut().and_then(|object| object.insert(name, value));
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// A field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.get(name)
    }

    /// What a JSON pointer leads to: `/compose/env/TOKEN`.
    pub fn pointer(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('/');
        parts.next().filter(|before| before.is_empty())?;
        parts.try_fold(self, |value, part| match value {
            Value::Array(list) => list.get(index(part)?),
            Value::Object(object) if part.contains('~') => {
                object.get(&part.replace("~1", "/").replace("~0", "~"))
            }
            Value::Object(object) => object.get(part),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        })
    }
}

impl Object {
    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).ok().map(|at| &self.0[at].1)
    }

    /// Whether there is such a field.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Sets a field, and gives what it was.
    pub fn insert(&mut self, name: &str, value: Value) -> Option<Value> {
        match self.place(name) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (shared(name), value));
                None
            }
        }
    }

    /// Takes a field away, and gives what it was.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.place(name).ok().map(|at| self.0.remove(at).1)
    }

    /// The fields, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// The names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// The values, in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(name))
    }

    /// Of fields with one name the last one stays.
    fn from_fields(mut fields: Vec<(Arc<str>, Value)>) -> Object {
        if !fields.is_sorted_by(|(a, _), (b, _)| a < b) {
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            fields.dedup_by(|later, kept| {
                let twice = later.0 == kept.0;
                if twice {
                    std::mem::swap(later, kept);
                }
                twice
            });
        }
        fields.shrink_to_fit();
        Object(fields)
    }
}

/// The number of an element as a JSON pointer writes it: plain digits, no zero before them.
fn index(part: &str) -> Option<usize> {
    let plain = part == "0" || part.starts_with(|c: char| c.is_ascii_digit() && c != '0');
    part.parse().ok().filter(|_| plain)
}

/// A name; the same text is the same piece of memory as long as few are in use.
fn shared(name: &str) -> Arc<str> {
    thread_local! {
        static NAMES: RefCell<HashSet<Arc<str>>> = RefCell::default();
    }
    NAMES.with_borrow_mut(|names| match names.get(name) {
        Some(name) => Arc::clone(name),
        None => {
            if names.len() >= NAMES_MAX {
                names.clear();
            }
            let name: Arc<str> = name.into();
            names.insert(Arc::clone(&name));
            name
        }
    })
}

impl Index<&str> for Value {
    type Output = Value;

    /// A field; null if there is none.
    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&NULL)
    }
}

impl<N: AsRef<str>> FromIterator<(N, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(fields: I) -> Value {
        let fields = fields.into_iter().map(|(name, value)| (shared(name.as_ref()), value));
        Value::Object(Object::from_fields(fields.collect()))
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Value {
        Value::Array(elements.into_iter().collect())
    }
}

impl From<bool> for Value {
    fn from(it: bool) -> Value {
        Value::Bool(it)
    }
}

impl From<i64> for Value {
    fn from(it: i64) -> Value {
        Value::Number(it.into())
    }
}

impl From<u64> for Value {
    fn from(it: u64) -> Value {
        Value::Number(it.into())
    }
}

impl From<u32> for Value {
    fn from(it: u32) -> Value {
        Value::Number(it.into())
    }
}

impl From<f64> for Value {
    fn from(it: f64) -> Value {
        Number::from_f64(it).map_or(Value::Null, Value::Number)
    }
}

impl From<&str> for Value {
    fn from(it: &str) -> Value {
        Value::String(it.into())
    }
}

impl From<String> for Value {
    fn from(it: String) -> Value {
        Value::String(it.into())
    }
}

impl From<serde_json::Value> for Value {
    fn from(it: serde_json::Value) -> Value {
        match it {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(it) => Value::Bool(it),
            serde_json::Value::Number(it) => Value::Number(it),
            serde_json::Value::String(it) => Value::String(it.into()),
            serde_json::Value::Array(list) => list.into_iter().map(Value::from).collect(),
            serde_json::Value::Object(map) => {
                let fields = map.into_iter().map(|(name, it)| (shared(&name), Value::from(it)));
                Value::Object(Object::from_fields(fields.collect()))
            }
        }
    }
}

impl From<&Value> for serde_json::Value {
    fn from(it: &Value) -> serde_json::Value {
        match it {
            Value::Null => serde_json::Value::Null,
            Value::Bool(it) => (*it).into(),
            Value::Number(it) => serde_json::Value::Number(it.clone()),
            Value::String(it) => (&**it).into(),
            Value::Array(list) => list.iter().map(serde_json::Value::from).collect(),
            Value::Object(object) => {
                let fields = object.iter();
                fields.map(|(name, it)| (name.to_owned(), serde_json::Value::from(it))).collect()
            }
        }
    }
}

impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<bool> for Value {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match f.alternate() {
            true => serde_json::to_string_pretty(self),
            false => serde_json::to_string(self),
        };
        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
