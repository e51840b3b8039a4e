//! What expressions of schemas come to, remembered for all resources that agree in the one
//! attribute that such an expression reads.
//!
//! Of ten thousand containers on one network, all have its bridge and its gateway: each of these
//! is computed once.

use std::rc::Rc;

use rustc_hash::FxHashMap as HashMap;

use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Slot, Touched};
use crate::lower::nodes::NodeId;
use crate::lower::value::{Data, Val};
use crate::lower::walk::{self, Mention};
use crate::model::Address;
use crate::syntax::tree::Expr;

/// The values of one node's attributes: of most nobody asks, or they are the same for the kind.
#[derive(Default)]
pub(super) struct Slots(Vec<(u16, Slot<Val>)>);

impl Slots {
    /// The slot of an attribute, by its place among fields and readings.
    pub fn at(&mut self, index: usize) -> &mut Slot<Val> {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let place = self.0.iter().position(|(at, _)| *at == index);
        let place = place.unwrap_or_else(|| {
            self.0.push((index, Slot::Empty));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }
}

/// An attribute that many resources have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Common {
    Absent,
    Resource(Address),
}

/// What was computed so far: by expression and what it read.
#[derive(Default)]
pub(super) struct Memo {
    values: HashMap<(*const Expr, Common), Remembered>,
}

/// A value, and the resources whose late values were read for it.
struct Remembered {
    value: Val,
    /// Its place is that of the resource it was computed for.
    is_here: bool,
    touched: Option<Rc<Touched>>,
}

/// The only attribute of `self` that an expression reads, if it reads nothing else.
pub(super) fn only_attribute(expr: &Expr) -> Option<&str> {
    let mut only = None;
    let mut alone = true;
    walk::expression(expr, &mut |mention| match mention {
        Mention::Member("self", name) => {
            alone &= only.is_none_or(|other| other == name);
            only = Some(name);
        }
        Mention::Bare(_) | Mention::Member(..) => alone = false,
        Mention::Call(_) => (),
    });
    only.filter(|_| alone)
}

impl<'t> Evaluator<'t> {
    /// The value of an expression of a schema that reads one attribute of `self`, by its place.
    pub fn in_common(&mut self, expr: &'static Expr, attribute: usize, node: NodeId) -> Val {
        let at = self.nodes[node].span;
        let read = self.field(node, attribute);
        let common = match read.data {
            Data::Null => Common::Absent,
            Data::Ref(address) => Common::Resource(address),
            _ => return self.eval(expr, &self.schema_env(node)),
        };
        let key = (std::ptr::from_ref(expr), common);
        if let Some(known) = self.memo.values.get(&key) {
            let origin = if known.is_here { at } else { known.value.origin };
            let (data, touched) = (known.value.data.clone(), known.touched.clone());
            for node in touched.iter().flat_map(|touched| touched.keys()) {
                self.touch(*node, at);
            }
            return Val::new(data, origin);
        }
        let problems = self.problems.len();
        let env = self.schema_env(node);
        let (value, touched) = self.watched(|this| this.eval(expr, &env));
        self.touch_all(&touched);
        // Where a secret comes into a text is told of each text.
        let is_plain = !matches!(value.data, Data::Bad | Data::Text(_));
        if self.problems.len() == problems && is_plain {
            let touched = (!touched.is_empty()).then(|| Rc::new(touched));
            let is_here = value.origin == at;
            let remembered = Remembered { value: value.clone(), is_here, touched };
            self.memo.values.insert(key, remembered);
        }
        value
    }

    /// What an expression of a schema sees as an attribute of a node.
    pub fn schema_env(&self, node: NodeId) -> Env<'t> {
        let node = &self.nodes[node];
        Env::of(node.id, node.scope).pointing(node.span)
    }
}
