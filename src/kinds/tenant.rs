//! `tenant`: a scope with an owner, what its apps have in common, and how much it may use.

use crate::kinds::declared;
use crate::model::{Ref, Size};
use crate::schema::{Type, object, spec};

spec! {
    /// A scope whose names are its own: whose apps these are, and what they have in common.
    "tenant" Tenant {
        /// Its domain; an app is reached as its own name below it.
        domain: Option<String>, Note, optional, is Type::Fqdn;
        /// Its time zone: `"Europe/Budapest"`.
        timezone: Option<String>, Note, optional;
        /// How its apps run when their service knows several ways.
        runtime: Option<String>, Note, optional, is Type::OneOf(&["compose", "nixos", "unit"]);
        /// The user that its apps belong to.
        user: Option<String>, Note, optional;
        /// Where its apps run when they do not say it.
        on: Option<Ref>, Note, optional, is Type::Ref(&["machine"]);
        /// Where its public names are.
        zone: Option<Ref>, Note, optional, is Type::Ref(&["zone"]);
        /// Where the tiles of its apps are.
        dashboard: Option<Ref>, Note, optional, is Type::Ref(&["dashboard"]);
        /// How much it may have.
        quota: Option<Quota>, Note, optional;
        /// Whom to ask.
        contact: Option<String>, Note, optional;
    }
}

object! {
    /// How much the containers and virtual machines of a tenant may have together.
    Quota {
        /// Processor cores.
        cores: Option<i64>, Note, optional, is Type::Int(0, 1_000_000);
        /// Memory.
        memory: Option<Size>, Note, optional;
        /// Disk.
        disk: Option<Size>, Note, optional;
        /// How many apps.
        apps: Option<i64>, Note, optional, is Type::Int(0, 1_000_000);
    }
}

declared!(Tenant {});
