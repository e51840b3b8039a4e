//! What the tests share.

pub mod cases;
pub mod dump;
pub mod generator;
pub mod golden;
pub mod ledger;
pub mod project;
pub mod pve;
pub mod rng;
pub mod stores;
pub mod terraform;
pub mod vault;
pub mod wire;

/// A value as specs hold it, written as JSON.
macro_rules! json {
    ($($json:tt)*) => { paas::model::Value::from(serde_json::json!($($json)*)) };
}

pub(crate) use json;
