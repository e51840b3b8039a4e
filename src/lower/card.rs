//! What a service says about itself, and not about the apps that are made from it.

use std::sync::LazyLock;

use crate::model::Size;
use crate::schema::{Attr as _, Type, object};

object! {
    /// What a service is.
    Card {
        /// Its name for people.
        title: Option<String>, Note, optional;
        /// Under which heading a catalogue has it.
        category: Option<String>, Note, optional;
        /// Its picture.
        icon: Option<String>, Note, optional;
        /// Where it comes from.
        website: Option<String>, Note, optional, is Type::Url;
        /// Words to find it by.
        tags: Vec<String>, Note, default "[]";
        /// How much of a machine it needs.
        needs: Needs, Note, default "{}";
    }
}

object! {
    /// How much of a machine a service needs.
    Needs {
        /// Processor cores.
        cores: i64, Note, default "0", is Type::Int(0, 1024);
        /// Memory.
        memory: Size, Note, default "0B";
        /// Disk.
        disk: Size, Note, default "0B";
    }
}

/// The attributes of a service that are about itself.
pub(super) const WORDS: [&str; 6] = ["title", "category", "icon", "website", "tags", "needs"];

/// What they can be.
pub(super) fn ty() -> &'static Type {
    static TY: LazyLock<Type> = LazyLock::new(Card::ty);
    &TY
}
