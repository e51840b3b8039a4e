//! When a value is known, and why not earlier.

use std::rc::Rc;

use crate::kinds::Stage;
use crate::lower::infer::ty::{Core, Ty};
use crate::problem::stages::Chain;
use crate::source::Span;

/// How many names a chain goes through before the rest is left out.
const HOPS_MAX: usize = 4;

/// Why a value is known only later.
#[derive(Clone, Debug)]
pub(super) struct Why {
    /// When it is known.
    pub stage: Stage,
    /// The attribute that is read.
    pub name: Rc<str>,
    /// Whose attribute: `container.dev`.
    pub of: Rc<str>,
    /// Where it is read.
    pub at: Span,
    /// Where that is decided, and by whom.
    pub because: Option<(Span, &'static str)>,
    /// Names it goes through, from the first to the last, and where they are said.
    pub hops: Vec<(Rc<str>, Span)>,
}

impl Why {
    /// As a problem tells it.
    pub fn chain(&self) -> Chain {
        Chain {
            name: self.name.to_string(),
            of: self.of.to_string(),
            after_apply: self.stage == Stage::Apply,
            at: self.at,
            because: self.because.map(|(at, text)| (at, text.to_owned())),
            hops: self.hops.iter().map(|(name, at)| (name.to_string(), *at)).collect(),
        }
    }
}

/// The same type, reached through a name.
pub(super) fn through(ty: Ty, name: &str, at: Span) -> Ty {
    let hop = |why: Rc<Why>| {
        let mut why = Why::clone(&why);
        if why.hops.len() < HOPS_MAX {
            why.hops.push((name.into(), at));
        }
        Rc::new(why)
    };
    let inner = |of: &Rc<Ty>| match &of.late {
        Some(why) => Rc::new(Ty { late: Some(hop(Rc::clone(why))), ..Ty::clone(of) }),
        None => Rc::clone(of),
    };
    let core = match &ty.core {
        Core::List(of) => Core::List(inner(of)),
        Core::Map(key, value) => Core::Map(inner(key), inner(value)),
        other => other.clone(),
    };
    Ty { core, late: ty.late.map(hop), ..ty }
}
