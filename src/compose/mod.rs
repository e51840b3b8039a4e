//! What a Compose file says, with the place of every word, and what is wrong with it.

mod check;
mod document;
mod interpolate;
mod keys;
mod node;
mod ports;
mod service;
mod variables;

pub use check::{Folder, Given, review};
pub use document::Document;
pub use node::{Node, Unreadable};
pub use ports::Published;
pub use service::{Asked, Service};
