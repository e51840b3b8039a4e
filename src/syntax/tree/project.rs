//! Items that join files, tenants and the state: imports, uses, modules, and changes of mind.

use crate::source::Span;
use crate::syntax::tree::{Body, Expr, For, Name};

/// `import { Student } from "./types.paas"`, `import "./catalog.paas" as catalog`
#[derive(Clone, Debug)]
pub struct Import {
    /// The names in braces; none if the whole file goes under [`Import::alias`].
    pub names: Vec<Name>,
    /// The file, as it is written between the quotes.
    pub from: Name,
    /// The name after `as`; without one it is the file's.
    pub alias: Option<Name>,
}

/// `use catalog.jellyfin as films for … if … { … }`
#[derive(Clone, Debug)]
pub struct Use {
    /// The service, with the names it is reached through.
    pub path: Vec<Name>,
    /// The name of the app; without one it is the service's.
    pub alias: Option<Name>,
    /// One app per element.
    pub each: Option<For>,
    /// Whether there is an app at all.
    pub condition: Option<Expr>,
    /// The service's inputs.
    pub body: Option<Body>,
}

/// `module lab for … if … from "./modules/lab" { … }`
#[derive(Clone, Debug)]
pub struct ModuleItem {
    /// Its name.
    pub name: Name,
    /// One module per element.
    pub each: Option<For>,
    /// Whether there is a module at all.
    pub condition: Option<Expr>,
    /// Where its files are.
    pub from: Expr,
    /// Its inputs.
    pub body: Option<Body>,
}

/// An address as it is written: `tenant.acme/app.vaultwarden/expose.web`.
#[derive(Clone, Debug)]
pub struct Place {
    /// From its first character to its last.
    pub span: Span,
    /// Outermost first; never empty.
    pub segments: Vec<PlaceSegment>,
}

/// One part of a [`Place`]: `container.dev["ada"]`.
#[derive(Clone, Debug)]
pub struct PlaceSegment {
    /// The kind.
    pub kind: Name,
    /// The name.
    pub name: Name,
    /// The key of an instance.
    pub key: Option<Expr>,
}

/// `moved container.a -> container.b`
#[derive(Clone, Debug)]
pub struct Moved {
    /// What it was called.
    pub from: Place,
    /// What it is called now.
    pub to: Place,
}

/// `adopt container.a = "101"`
#[derive(Clone, Debug)]
pub struct Adopt {
    /// What takes it over.
    pub what: Place,
    /// What the platform calls it.
    pub id: Expr,
}

/// `forget container.a`
#[derive(Clone, Debug)]
pub struct Forget {
    /// What is not managed any more.
    pub what: Place,
}

/// `mock container.a { ip = 10.0.0.7 }`
#[derive(Clone, Debug)]
pub struct Mock {
    /// What is made up.
    pub what: Place,
    /// What the platform would say of it.
    pub body: Body,
}
