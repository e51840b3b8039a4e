//! How much one run may compute, and how large a value may get.
//!
//! A few lines can ask for more than any machine has: each of sixty lets that holds the one
//! before it twice doubles the whole. So work is counted, and values are weighed where they are
//! made.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::lower::evaluator::Evaluator;
use crate::lower::value::{Data, Val};
use crate::problem::graph;
use crate::source::Span;

/// How many expressions are evaluated, and elements and characters made, in one run.
const STEPS_MAX: usize = 100_000_000;

/// How many values one value may consist of, counting what it holds twice twice.
pub(super) const PARTS_MAX: usize = 4_000_000;

/// How many levels a value may have.
const LEVELS_MAX: usize = 6_000;

/// How long a text may get, in bytes.
pub(super) const TEXT_MAX: usize = 64 << 20;

/// An element takes as much memory as this many steps take time.
const STEPS_AN_ELEMENT: usize = 4;

/// Binding and checking the arguments of a call takes as long as this many steps.
pub(super) const STEPS_A_CALL: usize = 8;

/// The same the other way round for text.
const BYTES_A_STEP: usize = 16;

/// How much text takes as much room as another value.
const BYTES_A_PART: usize = 64;

/// Values of fewer parts are not worth remembering.
const REMEMBERED: usize = 1_000;

/// What was computed so far.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    steps: usize,
    told: bool,
    weights: HashMap<usize, Remembered>,
}

/// The weight of a large value, which may be gone; its place in memory is not used again as long
/// as this is here.
#[derive(Debug)]
struct Remembered {
    weight: Weight,
    _held: Held,
}

#[derive(Debug)]
enum Held {
    List { _it: Weak<Vec<Val>> },
    Map { _it: Weak<std::collections::BTreeMap<crate::model::Key, Val>> },
}

/// How many parts and levels a value has.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    parts: usize,
    levels: usize,
}

impl Weight {
    fn add(&mut self, part: Weight) {
        self.parts = self.parts.saturating_add(part.parts);
        self.levels = self.levels.max(part.levels + 1);
    }

    fn is_too_much(self) -> bool {
        self.parts > PARTS_MAX || self.levels > LEVELS_MAX
    }
}

impl Bounds {
    /// Counts some work; tells whether it is still within bounds.
    pub fn spend(&mut self, steps: usize) -> bool {
        self.steps = self.steps.saturating_add(steps);
        self.steps <= STEPS_MAX
    }

    /// Counts elements that are about to be made.
    pub fn spend_elements(&mut self, count: usize) -> bool {
        self.spend(count.saturating_mul(STEPS_AN_ELEMENT))
    }

    fn weight(&mut self, data: &Data) -> Weight {
        let text = |length: usize| Weight { parts: 1 + length / BYTES_A_PART, levels: 0 };
        let (place, held) = match data {
            Data::Str(it) => return text(it.len()),
            Data::Text(it) => return text(it.known_length()),
            Data::List(list) => {
                (Arc::as_ptr(list).addr(), Held::List { _it: Arc::downgrade(list) })
            }
            Data::Map(map) => (Arc::as_ptr(map).addr(), Held::Map { _it: Arc::downgrade(map) }),
            Data::Null
            | Data::Bool(_)
            | Data::Int(_)
            | Data::Float(_)
            | Data::Size(_)
            | Data::Duration(_)
            | Data::Ip(_)
            | Data::Cidr(_)
            | Data::Port(..)
            | Data::PortRange(_)
            | Data::Ref(_)
            | Data::Late(_)
            | Data::Unknown(_)
            | Data::Bad => return Weight { parts: 1, levels: 0 },
        };
        if let Some(known) = self.weights.get(&place) {
            return known.weight;
        }
        let mut weight = Weight { parts: 1, levels: 0 };
        let mut add = |part: &Val| {
            if !weight.is_too_much() {
                weight.add(self.weight(&part.data));
            }
        };
        match data {
            Data::List(list) => list.iter().for_each(&mut add),
            Data::Map(map) => map.values().for_each(&mut add),
            _ => (),
        }
        if weight.parts >= REMEMBERED {
            self.weights.insert(place, Remembered { weight, _held: held });
        }
        weight
    }
}

impl Evaluator<'_> {
    /// A value that was just made, if it is not too large.
    pub fn bounded(&mut self, value: Val, at: Span) -> Val {
        match &value.data {
            Data::List(list) => self.bounds.spend_elements(list.len()),
            Data::Map(map) => self.bounds.spend_elements(map.len()),
            Data::Str(text) if text.len() > TEXT_MAX => return self.too_large(at),
            Data::Str(text) => self.bounds.spend(text.len() / BYTES_A_STEP),
            Data::Text(text) if text.known_length() > TEXT_MAX => return self.too_large(at),
            _ => return value,
        };
        match self.bounds.weight(&value.data).is_too_much() {
            true => self.too_large(at),
            false => value,
        }
    }

    /// Counts the copy of a value that a resource or an output has; nothing if it is one too many.
    pub fn copied(&mut self, value: &Val, at: Span) -> Option<()> {
        let parts = self.bounds.weight(&value.data).parts;
        if self.bounds.spend_elements(parts) {
            return Some(());
        }
        self.too_much(at);
        None
    }

    /// Reports that a value is too large.
    pub fn too_large(&mut self, at: Span) -> Val {
        self.bad(graph::too_large(at, PARTS_MAX, TEXT_MAX >> 20, LEVELS_MAX), at)
    }

    /// Reports, once, that all of this takes too long.
    pub fn too_much(&mut self, at: Span) -> Val {
        if !std::mem::replace(&mut self.bounds.told, true) {
            self.problems.push(graph::too_much(at, STEPS_MAX));
        }
        Val::new(Data::Bad, at)
    }
}
