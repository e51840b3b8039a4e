//! `reveal(secret, "reason")`: the one way out of secrecy. What it gives is public, and known when
//! it is sent; who reviews the plan sees every reveal with its reason.

use crate::lower::Reveal;
use crate::lower::evaluator::Evaluator;
use crate::lower::functions::Argument;
use crate::lower::scope::{Program, ROOT};
use crate::lower::value::{Data, Val};
use crate::model::{Piece, Text};
use crate::problem::secrets as problem;
use crate::source::Span;
use crate::syntax::tree::{Body, ExprKind, ItemKind, Key};

/// How deep lists and objects of secrets are looked into.
const DEEPEST: usize = 64;

impl<'t> Evaluator<'t> {
    /// What `reveal` gives; nothing if its arguments are none that it takes.
    pub fn revealed(&mut self, passed: &[Argument], places: &[Span], at: Span) -> Option<Val> {
        let (value, _) = argument(passed, "value", 0)?;
        let (reason, index) = argument(passed, "reason", 1).filter(|_| passed.len() == 2)?;
        let place = places.get(index).copied().unwrap_or(at);
        let reason = match &reason.data {
            Data::Str(text) if !text.trim().is_empty() => text.clone(),
            Data::Bad => return Some(Val::new(Data::Bad, at)),
            _ => return Some(self.bad(problem::no_reason(place), at)),
        };
        if let Some(forbidden) = forbidden(&self.program) {
            return Some(self.bad(problem::reveal_forbidden(at, forbidden), at));
        }
        Some(self.made_public(value, &reason, at, 0))
    }

    /// What a text of secrets says, once they have been sent.
    fn by_now(&self, text: &Text) -> Option<Data> {
        if let [Piece::Secret { secret, .. }] = text.pieces() {
            return self.shape_of(secret).read(self.public.get(secret)?.expose());
        }
        let said = text.filled(|piece| match piece {
            Piece::Secret { secret, .. } => Some(self.public.get(secret)?.expose().to_owned()),
            Piece::Literal(_)
            | Piece::Revealed { .. }
            | Piece::Late { .. }
            | Piece::Project { .. } => None,
        });
        said.as_literal().map(|said| Data::Str(said.into()))
    }

    fn made_public(&mut self, value: &Val, reason: &str, at: Span, level: usize) -> Val {
        let inside = level < DEEPEST;
        match &value.data {
            Data::Text(text) if text.has_secret() => {
                for secret in text.secrets() {
                    let (secret, reason) = (secret.to_owned(), reason.to_owned());
                    self.reveals.insert(Reveal { secret, reason, span: at });
                }
                let hole = || Data::Text(text.with_all_revealed().into());
                Val::new(self.by_now(text).unwrap_or_else(hole), at)
            }
            Data::List(list) if inside => {
                let all = list.iter().map(|it| self.made_public(it, reason, at, level + 1));
                Val::list(all.collect(), at)
            }
            Data::Map(map) if inside => {
                let all = map
                    .iter()
                    .map(|(key, it)| (key.clone(), self.made_public(it, reason, at, level + 1)));
                Val::map(all.collect(), at)
            }
            _ => value.clone(),
        }
    }
}

/// The argument of a name or at a place, and where it stands in the call.
fn argument<'a>(passed: &'a [Argument], name: &str, place: usize) -> Option<(&'a Val, usize)> {
    let named = passed.iter().position(|it| it.name.as_deref() == Some(name));
    let index = named.or_else(|| (passed.get(place)?.name.is_none()).then_some(place))?;
    Some((&passed[index].value, index))
}

/// Where the project forbids to reveal anything.
pub(super) fn forbidden(program: &Program<'_>) -> Option<Span> {
    let settings = program.scopes.get(ROOT)?.settings?;
    let policies = settings.body.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Block(block) if block.kind.text == "policy" => Some(&block.body),
        _ => None,
    });
    policies.flat_map(|body: &Body| &body.items).find_map(|item| match &item.kind {
        ItemKind::Attribute(attribute) => match (&attribute.key, &attribute.value.kind) {
            (Key::Plain(name), ExprKind::Bool(false)) if name.text == "allow_reveal" => {
                Some(attribute.value.span)
            }
            _ => None,
        },
        _ => None,
    })
}
