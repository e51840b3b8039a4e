//! What the tests share.

pub mod cases;
pub mod dump;
pub mod golden;
pub mod project;

/// A value as specs hold it, written as JSON.
macro_rules! json {
    ($($json:tt)*) => { paas::model::Value::from(serde_json::json!($($json)*)) };
}

pub(crate) use json;
