//! `secret`: a value that `paas` makes itself and keeps in its store of secrets; a resource, so
//! that plans show when one is made and when it changes. Its value is in no spec.

use crate::kinds::declared;
use crate::model::Duration;
use crate::schema::{Type, spec};

/// What a generated value may be made of, by name.
pub const CHARSETS: &[(&str, &str)] = &[
    ("alnum", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
    ("alpha", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
    ("digits", "0123456789"),
    ("hex", "0123456789abcdef"),
    (
        "symbols",
        "!#%()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz~",
    ),
];

/// The names of [`CHARSETS`].
const NAMES: &[&str] = &["alnum", "alpha", "digits", "hex", "symbols"];

/// How long a generated value may be.
pub const LENGTHS: (i64, i64) = (4, 4096);

/// How long it is, and what it is made of, if nobody says so.
pub const DEFAULTS: (u32, &str) = (32, "alnum");

spec! {
    /// A secret that `paas` makes: `secret db = generate(length = 32)`.
    "secret" Secret {
        /// How many characters it has.
        length: u32, Live, default "32", is Type::Int(LENGTHS.0, LENGTHS.1);
        /// What it is made of.
        charset: String, Live, default "\"alnum\"", is Type::OneOf(NAMES);
        /// How old it becomes before the plan renews it.
        rotate: Option<Duration>, Note, optional;
        /// Counts its values, from one.
        version: Option<u32>, Live, computed;
    }
}

declared! {
    Secret {}
}
