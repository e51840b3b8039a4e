//! What operators, `if` and `match` make of secrets: a secret, which is computed when it is sent.
//! What there is may not follow from one: everybody sees that.

use crate::lower::derived::{Shape, shown};
use crate::lower::evaluator::Evaluator;
use crate::lower::functions::Argument;
use crate::lower::operators::{self, Clash, sign};
use crate::lower::value::{Data, Val};
use crate::model::Piece;
use crate::problem::lower as problem;
use crate::source::Span;
use crate::syntax::tree::BinaryOp;

/// The operators that make a secret of one.
const OPERATORS: [BinaryOp; 14] = [
    BinaryOp::Or,
    BinaryOp::And,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::Less,
    BinaryOp::LessEqual,
    BinaryOp::Greater,
    BinaryOp::GreaterEqual,
    BinaryOp::In,
    BinaryOp::Add,
    BinaryOp::Subtract,
    BinaryOp::Multiply,
    BinaryOp::Divide,
    BinaryOp::Remainder,
];

/// What `match` is called where the secrets in it are computed.
const MATCH: &str = "match";

/// The result of an operator whose operands are known by now; nothing if it is a function, or if
/// it has no result.
pub(super) fn operated(name: &str, given: &[Argument]) -> Option<Option<Data>> {
    let data = |index: usize| given.get(index).map(|it: &Argument| &it.value.data);
    Some(match (name, data(0), data(1), data(2)) {
        ("!", Some(Data::Bool(it)), None, None) => Some(Data::Bool(!it)),
        ("if", Some(Data::Bool(decides)), Some(yes), Some(no)) => {
            Some(if *decides { yes.clone() } else { no.clone() })
        }
        ("!" | "if", ..) => None,
        (MATCH, Some(wanted), ..) => matched(wanted, &given[1..]),
        (name, Some(left), Some(right), None) => {
            let op = OPERATORS.into_iter().find(|op| sign(*op) == name)?;
            known(op, left, right)
        }
        _ => return None,
    })
}

fn known(op: BinaryOp, left: &Data, right: &Data) -> Option<Data> {
    match (op, left, right) {
        (BinaryOp::And, Data::Bool(a), Data::Bool(b)) => Some(Data::Bool(*a && *b)),
        (BinaryOp::Or, Data::Bool(a), Data::Bool(b)) => Some(Data::Bool(*a || *b)),
        (BinaryOp::And | BinaryOp::Or, ..) => None,
        _ => operators::binary(op, left, right).ok(),
    }
}

/// The value of the first arm that fits: patterns and values take turns.
fn matched(wanted: &Data, arms: &[Argument]) -> Option<Data> {
    let fits = |patterns: &Data| match patterns {
        Data::List(all) => all.is_empty() || all.iter().any(|it| operators::same(&it.data, wanted)),
        _ => false,
    };
    let mut arms = arms.chunks_exact(2);
    arms.find(|arm| fits(&arm[0].value.data)).map(|arm| arm[1].value.data.clone())
}

impl Evaluator<'_> {
    /// The secret that an operator makes of a secret, or why it makes none.
    pub fn secret_operated(
        &mut self,
        op: BinaryOp,
        left: &Val,
        right: &Val,
        at: Span,
    ) -> Result<Data, Clash> {
        let tried = match op {
            BinaryOp::And | BinaryOp::Or => Data::Bool(false),
            // A value of the same type tells whether the operator takes it at all.
            _ => match operators::binary(op, &self.stand_in(left), &self.stand_in(right)) {
                Ok(data) => data,
                Err(Clash::Zero | Clash::Range) => Data::Int(0),
                Err(clash) => return Err(clash),
            },
        };
        let told = format!("({} {} {})", shown(left), sign(op), shown(right));
        let given = [left, right].map(|it| Argument { name: None, value: it.clone() });
        let made = self.derive(sign(op), told, given.to_vec(), Shape::of(&tried), at);
        made.map(|value| value.data).ok_or(Clash::Secret)
    }

    /// `!secret`
    pub fn secret_negated(&mut self, value: &Val, at: Span) -> Option<Val> {
        let given = vec![Argument { name: None, value: value.clone() }];
        self.derive("!", format!("!{}", shown(value)), given, Shape::Bool, at)
    }

    /// A secret that is true or false.
    pub fn is_secret_bool(&self, value: &Val) -> bool {
        self.shape_of_value(value) == Some(Shape::Bool)
    }

    /// `if secret then … else …`
    pub fn secret_branch(&mut self, decides: &Val, branches: [(Val, Span); 2], at: Span) -> Val {
        let Some(shape) = self.shape_of_branches(decides, &branches) else {
            return Val::new(Data::Bad, at);
        };
        let [(yes, _), (no, _)] = branches;
        let (one, other) = (shown(&yes), shown(&no));
        let told = format!("(if {} then {one} else {other})", shown(decides));
        let given = [decides.clone(), yes, no].map(|value| Argument { name: None, value });
        match self.derive("if", told, given.to_vec(), shape, at) {
            Some(value) => value,
            None => self.bad(problem::secret_used(at), at),
        }
    }

    /// `match secret { … }`; each arm has its patterns, none for `else`.
    pub fn secret_matched(
        &mut self,
        wanted: &Val,
        arms: Vec<(Vec<Val>, Val, Span)>,
        at: Span,
    ) -> Val {
        if !arms.iter().any(|(patterns, ..)| patterns.is_empty()) {
            return self.bad(problem::secret_without_else(at), at);
        }
        let branches: Vec<(Val, Span)> =
            arms.iter().map(|(_, value, span)| (value.clone(), *span)).collect();
        let Some(shape) = self.shape_of_branches(wanted, &branches) else {
            return Val::new(Data::Bad, at);
        };
        let mut given = vec![Argument { name: None, value: wanted.clone() }];
        let mut told = Vec::new();
        for (patterns, value, _) in arms {
            let names: Vec<String> = patterns.iter().map(shown).collect();
            let names = if names.is_empty() { "else".to_owned() } else { names.join(", ") };
            told.push(format!("{names} => {}", shown(&value)));
            let patterns = Val::list(patterns, value.origin);
            given.extend([patterns, value].map(|value| Argument { name: None, value }));
        }
        let told = format!("(match {} {{ {} }})", shown(wanted), told.join(", "));
        match self.derive(MATCH, told, given, shape, at) {
            Some(value) => value,
            None => self.bad(problem::secret_used(at), at),
        }
    }

    /// What the branches have in common; one with parts would show which of them is taken.
    fn shape_of_branches(&mut self, decides: &Val, branches: &[(Val, Span)]) -> Option<Shape> {
        let mut shapes = Vec::new();
        for (value, at) in branches {
            match &value.data {
                Data::Bad => return None,
                Data::List(_) | Data::Map(_) | Data::Null | Data::Ref(_) => {
                    let (noun, decides) = (value.data.noun(), shown(decides));
                    self.problems.push(problem::secret_decides_parts(*at, noun, &decides));
                    return None;
                }
                Data::Late(late) | Data::Unknown(late) => {
                    let late = self.late_told(late);
                    self.problems.push(problem::secret_decides_late(*at, &late));
                    return None;
                }
                data => shapes.push(self.shape_of_value(value).unwrap_or(Shape::of(data))),
            }
        }
        let first = shapes.first().copied().unwrap_or(Shape::Text);
        Some(if shapes.iter().all(|it| *it == first) { first } else { Shape::Text })
    }

    /// What a single secret is; nothing for other values.
    fn shape_of_value(&self, value: &Val) -> Option<Shape> {
        let Data::Text(text) = &value.data else { return None };
        match text.pieces() {
            [Piece::Secret { secret: it, .. } | Piece::Revealed { revealed: it, .. }] => {
                Some(self.shape_of(it))
            }
            _ => None,
        }
    }

    /// A value of the same type, in which everything is known.
    fn stand_in(&self, value: &Val) -> Data {
        match &value.data {
            Data::Text(_) => match self.shape_of_value(value) {
                Some(Shape::Int) => Data::Int(1),
                Some(Shape::Bool) => Data::Bool(false),
                Some(Shape::Text) | None => Data::Str("".into()),
            },
            Data::List(list) => {
                let all = list.iter().map(|it| Val::new(self.stand_in(it), it.origin));
                Data::List(all.collect::<Vec<_>>().into())
            }
            Data::Map(map) => {
                let entry = |(key, it): (&crate::model::Key, &Val)| {
                    (key.clone(), Val::new(self.stand_in(it), it.origin))
                };
                let all: std::collections::BTreeMap<_, _> = map.iter().map(entry).collect();
                Data::Map(all.into())
            }
            other => other.clone(),
        }
    }
}
