//! `moved`, `adopt` and `forget`: what the manifest says about what is there already.

use crate::kinds;
use crate::lower::Desired;
use crate::lower::evaluator::Evaluator;
use crate::lower::scope::{In, ScopeId};
use crate::lower::value::Data;
use crate::model::{Address, Key};
use crate::problem::{change as problem, nearest};
use crate::source::Span;
use crate::syntax::tree::{Adopt, Forget, ItemKind, Place, PlaceSegment};

/// Kinds of which the platform tells by a number what there is.
const ADOPTED: [&str; 2] = ["container", "vm"];
/// Words of segments that hold resources and are none.
const SCOPES: [&str; 2] = ["tenant", "module"];

/// `moved A -> B`
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// What it was called, and everything inside it.
    pub from: Address,
    /// What it is called now.
    pub to: Address,
    /// Where the old name is written.
    pub at: Span,
    /// The old name means something else by now, so that this happens once only.
    pub once: bool,
}

/// `adopt A = "id"`
#[derive(Clone, Debug, PartialEq)]
pub struct Adoption {
    /// What the platform calls it: `4001`, `pve1/lxc/4001`.
    pub id: String,
    /// Where that is written.
    pub at: Span,
}

/// `forget A`
#[derive(Clone, Debug, PartialEq)]
pub struct Forgotten {
    /// What, and everything inside it.
    pub address: Address,
    /// Where it is written.
    pub at: Span,
}

impl Moved {
    /// As it is written.
    pub fn text(&self) -> String {
        format!("{} -> {}", self.from, self.to)
    }
}

impl<'t> Evaluator<'t> {
    /// Reads and checks everything that the manifest says about what is there already.
    pub fn changes(&mut self, desired: &mut Desired) {
        let mut targets = Vec::new();
        for In { it: item, scope } in self.program.changes.clone() {
            match item {
                ItemKind::Moved(it) => {
                    let (from, to) = (self.place(&it.from, scope), self.place(&it.to, scope));
                    if let (Some(from), Some(to)) = (from, to) {
                        let at = it.from.span;
                        targets.push(it.to.span);
                        desired.moved.push(Moved { from, to, at, once: false });
                    }
                }
                ItemKind::Adopt(it) => self.adopt(it, scope, desired),
                ItemKind::Forget(it) => self.forget(it, scope, desired),
                _ => (),
            }
        }
        self.check_moves(desired, &targets);
    }

    /// The address that is written; a key must be known.
    pub fn place(&mut self, place: &'t Place, scope: ScopeId) -> Option<Address> {
        let mut address: Option<Address> = self.program.scopes[scope].prefix.clone();
        for segment in &place.segments {
            let word = segment.kind.text.as_str();
            if kinds::find(word).is_none() && !SCOPES.contains(&word) {
                self.problems.push(super::scope::unknown_kind(&segment.kind));
                return None;
            }
            let key = match &segment.key {
                Some(_) => Some(self.place_key(segment, scope)?),
                None => None,
            };
            let name = segment.name.text.as_str();
            address = Some(Address::new(address.as_ref(), word, name, key.as_ref()));
        }
        address
    }

    fn place_key(&mut self, segment: &'t PlaceSegment, scope: ScopeId) -> Option<Key> {
        let written = segment.key.as_ref()?;
        let env = self.program.scopes[scope].env.clone();
        let value = self.eval(written, &env);
        match &value.data {
            Data::Str(text) => Some(Key::Text(text.clone())),
            Data::Int(number) => Some(Key::Int(*number)),
            Data::Bad => None,
            other => {
                self.problems.push(problem::not_a_key(written.span, other.noun()));
                None
            }
        }
    }

    fn adopt(&mut self, it: &'t Adopt, scope: ScopeId, desired: &mut Desired) {
        let at = it.what.span;
        let Some(address) = self.place(&it.what, scope) else { return };
        let env = self.program.scopes[scope].env.clone();
        let value = self.eval(&it.id, &env);
        let id = match &value.data {
            Data::Str(text) => text.to_string(),
            Data::Int(number) => number.to_string(),
            Data::Bad => return,
            other => {
                let problem = problem::not_an_id(it.id.span, other.noun());
                return self.problems.push(problem);
            }
        };
        if !ADOPTED.contains(&address.kind()) {
            return self.problems.push(problem::cannot_adopt(at, address.kind()));
        }
        if !desired.resources.contains_key(&address) {
            return self.nothing_there("adopt", at, &address, desired);
        }
        let adoption = Adoption { id, at };
        if let Some(first) = desired.adopted.insert(address.clone(), adoption) {
            let problem = problem::said_twice("adopted", address.as_str(), at, first.at);
            self.problems.push(problem);
        }
    }

    fn forget(&mut self, it: &'t Forget, scope: ScopeId, desired: &mut Desired) {
        let at = it.what.span;
        let Some(address) = self.place(&it.what, scope) else { return };
        if let Some(still) = inside(desired, &address) {
            let place = desired.resources[&still].span;
            return self.problems.push(problem::still_there("forget", at, still.as_str(), place));
        }
        desired.forgotten.push(Forgotten { address, at });
    }

    fn check_moves(&mut self, desired: &mut Desired, targets: &[Span]) {
        let all = desired.moved.clone();
        for (index, it) in all.iter().enumerate() {
            let to_at = targets[index];
            if it.from == it.to {
                self.problems.push(problem::moves_nowhere(it.at));
                continue;
            }
            if it.from.kind() != it.to.kind() {
                let (from, to) = (it.from.kind(), it.to.kind());
                self.problems.push(problem::another_kind((it.at, from), (to_at, to)));
                continue;
            }
            for (before, other) in all[..index].iter().enumerate() {
                if other.from == it.from {
                    let name = it.from.as_str();
                    self.problems.push(problem::said_twice("moved", name, it.at, other.at));
                }
                if other.to == it.to {
                    let name = it.to.as_str();
                    let first = targets[before];
                    self.problems.push(problem::moved_onto(name, to_at, first));
                }
            }
            let goes_on = all.iter().any(|other| other.from == it.to);
            if !goes_on && inside(desired, &it.to).is_none() && !self.is_declared(&it.to) {
                self.nothing_there("moved", to_at, &it.to, desired);
            }
            let still = inside_but(desired, &it.from, &it.to);
            let comes = all.iter().any(|other| other.to == it.from);
            desired.moved[index].once = still.is_some();
            if let Some(still) = still.filter(|_| !comes) {
                let place = desired.resources[&still].span;
                self.problems.push(problem::still_there("moved", it.at, still.as_str(), place));
            }
        }
    }

    /// Whether there is a block of this name, even if it makes nothing now.
    fn is_declared(&self, address: &Address) -> bool {
        let mut blocks = self.program.blocks.iter();
        address.key().is_none()
            && blocks.any(|block| {
                block.kind.schema().kind == address.kind()
                    && block.name.text == address.name()
                    && self.program.scopes[block.scope].prefix == address.parent()
            })
    }

    fn nothing_there(&mut self, word: &str, at: Span, address: &Address, desired: &Desired) {
        let all = desired.resources.keys().map(Address::as_str);
        let near: Vec<String> =
            nearest(address.as_str(), all).into_iter().map(|it| format!("`{it}`")).collect();
        self.problems.push(problem::not_in_manifest(word, at, address.as_str(), &near));
    }
}

/// The first desired resource that is `address`, an instance of it, or inside it.
fn inside(desired: &Desired, address: &Address) -> Option<Address> {
    let found = desired.resources.range(address.clone()..);
    let mut found =
        found.map(|(it, _)| it).take_while(|it| it.as_str().starts_with(address.as_str()));
    found.find(|it| it.is_inside(address)).cloned()
}

/// The same without what another address has: one of its own instances may be the new name.
fn inside_but(desired: &Desired, address: &Address, but: &Address) -> Option<Address> {
    let found = desired.resources.range(address.clone()..);
    let mut found =
        found.map(|(it, _)| it).take_while(|it| it.as_str().starts_with(address.as_str()));
    found.find(|it| it.is_inside(address) && !it.is_inside(but)).cloned()
}
