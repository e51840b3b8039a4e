//! `host`: a machine that exists already; it is used and never made or destroyed.

use crate::kinds::cluster::Ssh;
use crate::kinds::{Reading, declared};
use crate::schema::{Type, spec};

spec! {
    /// A machine that exists already.
    "host" Host {
        /// Where it is reached.
        address: String, Note, required,
            is Type::Either(std::sync::Arc::new(vec![Type::Ip, Type::Fqdn]));
        /// How it is reached.
        ssh: Option<Ssh>, Note, optional;
        /// Its processor: `x86_64`, `aarch64`.
        arch: Option<String>, Note, optional;
        /// It is asked for its system, its processors and its memory.
        facts: Option<bool>, Note, optional,
            idle "a host is asked only for what stands on it";
    }
}

declared! {
    Host {
        const ALSO: &'static [&'static str] = &["machine"];
        const FACETS: &'static [&'static str] = &["expose", "tile"];

        fn readings() -> Vec<Reading> {
            vec![
                Reading::expression("machine", "The host itself.", "self"),
                Reading::expression("ip", "Where it is reached.", "self.address"),
            ]
        }
    }
}
