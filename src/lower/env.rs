//! The names that are visible at a place, beyond those of the module.

use std::rc::Rc;

use crate::lower::nodes::NodeId;
use crate::lower::scope::ScopeId;
use crate::lower::value::{Data, Val};
use crate::model::Address;
use crate::source::Span;

/// What an expression is evaluated in: loop variables and parameters, and whose attribute it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Env<'t> {
    local: Option<Rc<Local<'t>>>,
    /// The scope whose names it sees.
    pub scope: ScopeId,
    /// The resource being written: `self`.
    pub here: Option<NodeId>,
    /// The app that is made from the service whose expression this is: `app`.
    pub app: Option<NodeId>,
    /// Where to point for an expression that stands in a schema, not in the manifest.
    pub at: Option<Span>,
}

#[derive(Debug)]
struct Local<'t> {
    name: &'t str,
    value: Val,
    outer: Option<Rc<Local<'t>>>,
}

impl<'t> Env<'t> {
    /// What an expression of a schema sees as an attribute of a resource of a scope.
    pub fn of(here: NodeId, scope: ScopeId) -> Env<'t> {
        Env { here: Some(here), scope, ..Env::default() }
    }

    /// The same with one more name.
    pub fn with(&self, name: &'t str, value: Val) -> Env<'t> {
        let outer = self.local.clone();
        let local = (name != "_").then(|| Rc::new(Local { name, value, outer }));
        Env { local: local.or_else(|| self.local.clone()), ..*self }
    }

    /// The same for an expression that stands outside of the manifest: problems point at `at`.
    pub fn pointing(self, at: Span) -> Env<'t> {
        Env { at: Some(at), ..self }
    }

    /// The same, with the names of a scope.
    pub fn in_scope(&self, scope: ScopeId) -> Env<'t> {
        Env { scope, ..self.clone() }
    }

    /// The same, as the service of an app sees it.
    pub fn of_app(&self, app: NodeId) -> Env<'t> {
        Env { here: Some(app), app: Some(app), ..self.clone() }
    }

    /// The same, seen from inside a resource.
    pub fn inside(&self, here: NodeId) -> Env<'t> {
        Env { here: Some(here), ..self.clone() }
    }

    /// The value of a loop variable or parameter.
    pub fn get(&self, name: &str) -> Option<&Val> {
        self.locals().find(|local| local.name == name).map(|local| &local.value)
    }

    /// The resource that a loop is at, innermost first.
    pub fn resource(&self) -> Option<&Address> {
        self.locals().find_map(|local| match &local.value.data {
            Data::Ref(address) => Some(address),
            _ => None,
        })
    }

    /// Every loop variable and parameter, innermost first.
    pub fn names(&self) -> impl Iterator<Item = &'t str> {
        self.locals().map(|local| local.name)
    }

    fn locals(&self) -> impl Iterator<Item = &Local<'t>> {
        std::iter::successors(self.local.as_deref(), |local| local.outer.as_deref())
    }

    /// Whether the expression is one of a schema.
    pub fn is_schema(&self) -> bool {
        self.at.is_some() && self.here.is_some()
    }

    /// Where to point for `span`.
    pub fn place(&self, span: Span) -> Span {
        self.at.unwrap_or(span)
    }
}
