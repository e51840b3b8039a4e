//! Values against the types of a schema: checked, adapted, and with the defaults of inner objects.

use std::collections::BTreeMap;

use crate::kinds;
use crate::lower::compile;
use crate::lower::evaluator::Evaluator;
use crate::lower::expressions::shown;
use crate::lower::nodes::NodeId;
use crate::lower::scalars;
use crate::lower::shape::Entry;
use crate::lower::value::{Data, Val};
use crate::model::{Key, Text};
use crate::problem::types::Wrong;
use crate::problem::{lower, names, types};
use crate::schema::{Field, Need, Type};
use crate::source::Span;

impl<'t> Evaluator<'t> {
    /// The value as a field of this type holds it; what does not fit is reported and is bad.
    pub fn fit(&mut self, value: &Val, ty: &Type, field: &str, node: NodeId) -> Val {
        let at = value.origin;
        match (&value.data, ty) {
            (Data::Bad | Data::Null, _) => value.clone(),
            (Data::Unknown(late), _) => {
                let late = self.late_told(late);
                self.bad(lower::field_late(at, field, &late), at)
            }
            (_, Type::Either(types)) => self.fit_either(value, types, field, node),
            (Data::Late(late), Type::Text | Type::Shown | Type::Given) => {
                Val::new(Data::Text(Text::late(late.as_ref().clone()).into()), at)
            }
            (Data::Late(late), _) => {
                let late = self.late_told(late);
                self.bad(lower::field_late(at, field, &late), at)
            }
            (_, Type::Any) => self.fit_any(value, field),
            (_, Type::Given) => self.fit_given(value, field, node),
            (Data::Str(text), Type::Content) if !text.contains('\n') => {
                let mut path = value.clone();
                self.place_path(&mut path);
                path
            }
            (Data::Map(_) | Data::List(_) | Data::Ref(_), Type::Content) => {
                self.fit_any(value, field)
            }
            (_, Type::Content) => self.fit(value, &Type::Text, field, node),
            (Data::List(list), Type::List(of)) => {
                let fitted = list.iter().map(|value| self.fit(value, of, field, node));
                Val::list(fitted.collect(), at)
            }
            (Data::Map(map), Type::Map(of) | Type::Blocks(of)) => {
                let fitted = map.iter().map(|(key, value)| {
                    let name = format!("{field}.{}", plain(key));
                    (key.clone(), self.fit(value, of, &name, node))
                });
                Val::map(fitted.collect(), at)
            }
            (Data::Map(map), Type::Object(fields)) => self.fit_object(map, fields, field, node, at),
            (Data::Ref(address), Type::Ref(wanted)) => {
                let fits = |word: &&str| kinds::is(address.kind(), word);
                match wanted.is_empty() || wanted.iter().any(fits) {
                    true => value.clone(),
                    false => self.wrong(value, ty, field, node),
                }
            }
            (Data::Text(text), _) => self.fit_pieces((value, text), ty, field, node),
            (data, _) => match scalars::adapted(data, ty) {
                Some(data) => {
                    let mut fitted = Val::new(data, at);
                    if matches!(ty, Type::Path) {
                        self.place_path(&mut fitted);
                    }
                    fitted
                }
                None => self.wrong(value, ty, field, node),
            },
        }
    }

    /// Text that is not all known: secrets go only where they are accepted, late parts too.
    fn fit_pieces(
        &mut self,
        (value, text): (&Val, &Text),
        ty: &Type,
        field: &str,
        node: NodeId,
    ) -> Val {
        match ty {
            Type::Text if !text.pieces().is_empty() => return value.clone(),
            _ if text.has_secret() => {
                let kind = self.nodes[node].kind.schema().kind;
                let shown = matches!(ty, Type::Shown);
                let place = if shown { lower::Place::Shown } else { lower::Place::Field };
                return self.secret_refused((value, text), place, field, kind, Some(node));
            }
            Type::Shown if !text.pieces().is_empty() => return value.clone(),
            _ => (),
        }
        match compile::late_in(text) {
            Some(late) => {
                let late = self.late_told(&late);
                self.bad(lower::field_late(value.origin, field, &late), value.origin)
            }
            None => self.wrong(value, ty, field, node),
        }
    }

    /// Where a field is written, if its value comes from elsewhere and needs a second place.
    fn used(&self, at: Span, field: &str, node: NodeId) -> Option<Span> {
        let written = self.nodes[node].layers[0].shape.entries(field);
        written.first().map(Entry::name_span).filter(|span| {
            span.file != at.file || self.sources.line_of(*span) != self.sources.line_of(at)
        })
    }

    /// The value of a field, if it says only where its value comes from.
    fn value_used(&self, at: Span, field: &str, node: NodeId) -> Option<Span> {
        let used = self.used(at, field, node)?;
        let written = self.nodes[node].layers[0].shape.entries(field);
        Some(match written.first() {
            Some(Entry::Attribute(attribute)) => attribute.value.span,
            Some(Entry::Block(_)) | None => used,
        })
    }

    /// The holes that a secret went through into the text that is written at a place, the outermost
    /// first.
    pub fn ways_in(&self, text: Span) -> Vec<Span> {
        let step = |(_, inner): &(Span, Span)| self.holes.get(inner).copied();
        let ways = std::iter::successors(self.holes.get(&text).copied(), step);
        // A text never holds itself, but a place may stand for several texts.
        ways.take(self.holes.len()).map(|(hole, _)| hole).collect()
    }

    /// Refuses a secret where it would be seen: the place of use first, then where it comes from.
    fn secret_refused(
        &mut self,
        (value, text): (&Val, &Text),
        place: lower::Place,
        field: &str,
        kind: &str,
        node: Option<NodeId>,
    ) -> Val {
        let at = value.origin;
        let ways = self.ways_in(at);
        let (used, from) = match node.and_then(|node| self.value_used(at, field, node)) {
            Some(used) => (Some(used), ways.last().copied().unwrap_or(at)),
            None => match ways.as_slice() {
                [] => (None, at),
                [only] => (None, *only),
                [first, .., last] => (Some(*first), *last),
            },
        };
        let mut names: Vec<String> = text.secrets().map(|name| format!("`{name}`")).collect();
        names.dedup();
        let problem = lower::secret_refused(place, (field, kind), (used, from), &names.join(", "));
        self.bad(problem, at)
    }

    fn wrong(&mut self, value: &Val, ty: &Type, field: &str, node: NodeId) -> Val {
        let at = value.origin;
        let used = self.used(at, field, node);
        if let (Data::Str(text), Some(words)) = (&value.data, words_of(ty)) {
            let near = crate::problem::nearest(text, words.iter().copied());
            return self.bad(types::not_a_choice(at, field, text, words, &near), at);
        }
        let (expected, noun, shown) = (ty.expected(), value.data.noun(), shown(&value.data));
        self.bad(types::wrong_value(&Wrong { at, field, expected, noun, shown, used }), at)
    }

    fn fit_either(&mut self, value: &Val, of: &[Type], field: &str, node: NodeId) -> Val {
        let likely: Vec<&Type> = of.iter().filter(|ty| may_fit(&value.data, ty)).collect();
        if let [only] = likely.as_slice() {
            return self.fit(value, only, field, node);
        }
        for ty in &likely {
            if let Some(fitted) = self.attempt(|this| this.fit(value, ty, field, node)) {
                return fitted;
            }
        }
        self.wrong(value, &Type::Either(of.to_vec().into()), field, node)
    }

    fn fit_object(
        &mut self,
        map: &BTreeMap<Key, Val>,
        fields: &[Field],
        name: &str,
        node: NodeId,
        at: Span,
    ) -> Val {
        let mut fitted = BTreeMap::new();
        let mut absent = Vec::new();
        for field in fields {
            let key = Key::Text(field.name.into());
            let written = map.get(&key).filter(|value| value.data != Data::Null);
            let value = match (written, field.need) {
                (Some(value), _) if field.writable() => {
                    self.fit(value, &field.ty, field.name, node)
                }
                (Some(value), _) => {
                    self.bad(names::not_writable(field.name, value.origin, &[]), value.origin)
                }
                (None, Need::Default(text) | Need::Derived(text)) => {
                    let value = self.schema_value(text, node);
                    self.fit(&value, &field.ty, field.name, node)
                }
                (None, Need::Required) if map.contains_key(&key) => {
                    let at = map.get(&key).map_or(at, |value| value.origin);
                    let text = format!("`{}` needs a value, and this has none", field.name);
                    self.bad(types::may_be_null(at, &text), at)
                }
                (None, Need::Required) => {
                    absent.push((field.name, field.ty.expected()));
                    Val::new(Data::Bad, at)
                }
                (None, Need::Optional | Need::Computed) => Val::new(Data::Null, at),
            };
            fitted.insert(key, value);
        }
        if !absent.is_empty() {
            self.problems.push(types::missing(&format!("`{name}`"), at, &absent));
        }
        let known = |key: &Key| fields.iter().any(|field| plain(key) == field.name);
        let unknown: Vec<(String, Span)> = map
            .iter()
            .filter(|(key, _)| !known(key))
            .map(|(key, value)| (plain(key), value.origin))
            .collect();
        if !unknown.is_empty() {
            let all: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let what = format!("`{name}`");
            self.problems.push(names::unknown_attributes(&what, None, &unknown, &all));
        }
        Val::map(fitted, at)
    }

    /// JSON whose texts may be secret or late.
    fn fit_given(&mut self, value: &Val, field: &str, node: NodeId) -> Val {
        match &value.data {
            Data::List(list) => {
                let fitted = list.iter().map(|value| self.fit(value, &Type::Given, field, node));
                Val::list(fitted.collect(), value.origin)
            }
            Data::Map(map) => {
                let fitted = map.iter().map(|(key, value)| {
                    let name = format!("{field}.{}", plain(key));
                    (key.clone(), self.fit(value, &Type::Given, &name, node))
                });
                Val::map(fitted.collect(), value.origin)
            }
            Data::Text(_) => value.clone(),
            _ => self.fit_any(value, field),
        }
    }

    /// Plain JSON: quantities are printed, and nothing may be secret or late.
    fn fit_any(&mut self, value: &Val, field: &str) -> Val {
        let at = value.origin;
        let data = match &value.data {
            Data::List(list) => {
                let plain = list.iter().map(|value| self.fit_any(value, field));
                return Val::list(plain.collect(), at);
            }
            Data::Map(map) => {
                let plain =
                    map.iter().map(|(key, value)| (key.clone(), self.fit_any(value, field)));
                return Val::map(plain.collect(), at);
            }
            Data::Null | Data::Bool(_) | Data::Int(_) | Data::Float(_) | Data::Bad => {
                return value.clone();
            }
            Data::Str(_) => return value.clone(),
            Data::Ref(address) => Data::Str(address.as_str().into()),
            Data::Late(late) | Data::Unknown(late) => {
                let late = self.late_told(late);
                return self.bad(lower::field_late(at, field, &late), at);
            }
            Data::Text(text) if text.has_secret() => {
                let place = lower::Place::Field;
                return self.secret_refused((value, text), place, field, "plain data", None);
            }
            Data::Text(text) => match compile::late_in(text) {
                Some(late) => {
                    let late = self.late_told(&late);
                    return self.bad(lower::field_late(at, field, &late), at);
                }
                None => Data::Str(text.to_string().into()),
            },
            Data::Port(number, _) => Data::Int(i64::from(*number)),
            other => Data::Str(shown(other).into()),
        };
        Val::new(data, at)
    }
}

/// Whether it is worth trying: the shape is right, whatever the contents are.
fn may_fit(data: &Data, ty: &Type) -> bool {
    match ty {
        Type::Any | Type::Given | Type::Content => true,
        Type::Either(types) => types.iter().any(|ty| may_fit(data, ty)),
        Type::Object(_) | Type::Map(_) | Type::Blocks(_) => matches!(data, Data::Map(_)),
        Type::List(_) => matches!(data, Data::List(_)),
        Type::Ref(_) => matches!(data, Data::Ref(_)),
        Type::Text | Type::Shown => !matches!(data, Data::Map(_) | Data::List(_) | Data::Ref(_)),
        Type::OneOf(_) | Type::Str => matches!(data, Data::Str(_)),
        _ => scalars::adapted(data, ty).is_some(),
    }
}

/// A key as text, without quotes.
pub(super) fn plain(key: &Key) -> String {
    match key {
        Key::Text(text) => text.to_string(),
        Key::Int(number) => number.to_string(),
    }
}

fn words_of(ty: &Type) -> Option<&'static [&'static str]> {
    match ty {
        Type::OneOf(words) => Some(words),
        _ => None,
    }
}
