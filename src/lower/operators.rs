//! What operators between two values give: no conversion happens but from int to float.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;

use crate::lower::compile;
use crate::lower::value::Data;
use crate::model::{Cidr, Key, Late};
use crate::syntax::tree::BinaryOp;

/// Why two values have no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clash {
    /// The operator does not take these types.
    Types,
    /// One of them is null.
    Null,
    /// The result is too large or negative.
    Range,
    /// A division by zero.
    Zero,
    /// One of them is a secret.
    Secret,
}

/// The result of an operator that needs both operands.
pub(super) fn binary(op: BinaryOp, left: &Data, right: &Data) -> Result<Data, Clash> {
    match (left, right) {
        (Data::Bad, _) | (_, Data::Bad) => return Ok(Data::Bad),
        _ => (),
    }
    match op {
        BinaryOp::Equal => return equal(left, right),
        BinaryOp::NotEqual => {
            return equal(left, right).map(|data| match data {
                Data::Bool(it) => Data::Bool(!it),
                other => other,
            });
        }
        BinaryOp::In => return within(left, right),
        _ => (),
    }
    if let Some(late) = late(left).or_else(|| late(right)) {
        return Ok(Data::Unknown(late.clone()));
    }
    match (left, right) {
        (Data::Null, _) | (_, Data::Null) => Err(Clash::Null),
        (Data::Text(text), _) | (_, Data::Text(text)) if text.has_secret() => Err(Clash::Secret),
        _ => match op {
            BinaryOp::Less => order(left, right).map(|it| Data::Bool(it.is_lt())),
            BinaryOp::LessEqual => order(left, right).map(|it| Data::Bool(it.is_le())),
            BinaryOp::Greater => order(left, right).map(|it| Data::Bool(it.is_gt())),
            BinaryOp::GreaterEqual => order(left, right).map(|it| Data::Bool(it.is_ge())),
            _ => arithmetic(op, left, right),
        },
    }
}

fn late(data: &Data) -> Option<&Arc<Late>> {
    match data {
        Data::Late(late) | Data::Unknown(late) => Some(late),
        _ => None,
    }
}

/// Different types are not equal, which is no mistake; what is known later may be.
fn equal(left: &Data, right: &Data) -> Result<Data, Clash> {
    if let (Data::Unknown(late), _) | (_, Data::Unknown(late)) = (left, right) {
        return Ok(Data::Unknown(late.clone()));
    }
    if same(left, right) {
        return Ok(Data::Bool(true));
    }
    match (left, right) {
        (Data::Null, _) | (_, Data::Null) => Ok(Data::Bool(false)),
        (Data::Late(late), _) | (_, Data::Late(late)) => Ok(Data::Unknown(late.clone())),
        (Data::Text(text), _) | (_, Data::Text(text)) => match compile::late_in(text) {
            _ if text.has_secret() => Err(Clash::Secret),
            Some(late) => Ok(Data::Unknown(Arc::new(late))),
            None => Ok(Data::Bool(false)),
        },
        _ => Ok(Data::Bool(false)),
    }
}

/// Whether two values are the same; a literal may stand for an address, of a network or of a
/// resource.
pub(super) fn same(left: &Data, right: &Data) -> bool {
    match (left, right) {
        (Data::Int(a), Data::Float(b)) | (Data::Float(b), Data::Int(a)) => float(*a) == *b,
        (Data::Ip(ip), Data::Str(text)) | (Data::Str(text), Data::Ip(ip)) => {
            text.parse() == Ok(*ip)
        }
        (Data::Cidr(cidr), Data::Str(text)) | (Data::Str(text), Data::Cidr(cidr)) => {
            Cidr::parse(text) == Some(*cidr)
        }
        (Data::Ref(address), Data::Str(text)) | (Data::Str(text), Data::Ref(address)) => {
            address.as_str() == &**text
        }
        _ => left == right,
    }
}

fn within(left: &Data, right: &Data) -> Result<Data, Clash> {
    if let Some(late) = late(right) {
        return Ok(Data::Unknown(late.clone()));
    }
    if let (Data::List(list), _) = (right, left) {
        let mut unknown = None;
        for value in list.iter() {
            match equal(left, &value.data)? {
                Data::Bool(true) => return Ok(Data::Bool(true)),
                Data::Unknown(late) => unknown = Some(late),
                _ => (),
            }
        }
        return Ok(unknown.map_or(Data::Bool(false), Data::Unknown));
    }
    if let Some(late) = late(left) {
        return Ok(Data::Unknown(late.clone()));
    }
    let number = |port: &i64| u16::try_from(*port).ok();
    Ok(Data::Bool(match (left, right) {
        (Data::Null, _) | (_, Data::Null) => return Err(Clash::Null),
        (Data::Ip(ip), Data::Cidr(cidr)) => cidr.contains(*ip),
        (Data::Str(text), Data::Cidr(cidr)) => match text.parse::<IpAddr>() {
            Ok(ip) => cidr.contains(ip),
            Err(_) => return Err(Clash::Types),
        },
        (Data::Int(port), Data::PortRange(range)) => number(port)
            .is_some_and(|port| range.first.number() <= port && port <= range.last.number()),
        (Data::Port(port, protocol), Data::PortRange(range)) => {
            *protocol == range.protocol
                && (range.first.number()..=range.last.number()).contains(port)
        }
        (Data::Str(key), Data::Map(map)) => map.contains_key(&Key::Text(key.clone())),
        (Data::Int(key), Data::Map(map)) => map.contains_key(&Key::Int(*key)),
        _ => return Err(Clash::Types),
    }))
}

fn order(left: &Data, right: &Data) -> Result<Ordering, Clash> {
    Ok(match (left, right) {
        (Data::Int(a), Data::Int(b)) => a.cmp(b),
        (Data::Int(a), Data::Float(b)) => float(*a).total_cmp(b),
        (Data::Float(a), Data::Int(b)) => a.total_cmp(&float(*b)),
        (Data::Float(a), Data::Float(b)) => a.total_cmp(b),
        (Data::Size(a), Data::Size(b)) | (Data::Duration(a), Data::Duration(b)) => a.cmp(b),
        (Data::Str(a), Data::Str(b)) => a.cmp(b),
        (Data::Ip(a), Data::Ip(b)) => a.cmp(b),
        (Data::Port(a, p), Data::Port(b, q)) if p == q => a.cmp(b),
        _ => return Err(Clash::Types),
    })
}

fn arithmetic(op: BinaryOp, left: &Data, right: &Data) -> Result<Data, Clash> {
    match (left, right) {
        (Data::Int(a), Data::Int(b)) => whole(op, *a, *b).map(Data::Int),
        (Data::Float(a), Data::Float(b)) => broken(op, *a, *b).map(Data::Float),
        (Data::Int(a), Data::Float(b)) => broken(op, float(*a), *b).map(Data::Float),
        (Data::Float(a), Data::Int(b)) => broken(op, *a, float(*b)).map(Data::Float),
        (Data::Size(a), Data::Size(b)) => quantity(op, *a, *b).map(Data::Size),
        (Data::Duration(a), Data::Duration(b)) => quantity(op, *a, *b).map(Data::Duration),
        (Data::Size(a), number) => scaled(op, *a, number).map(Data::Size),
        (Data::Duration(a), number) => scaled(op, *a, number).map(Data::Duration),
        (number, Data::Size(a)) if op == BinaryOp::Multiply => {
            scaled(op, *a, number).map(Data::Size)
        }
        (number, Data::Duration(a)) if op == BinaryOp::Multiply => {
            scaled(op, *a, number).map(Data::Duration)
        }
        _ => Err(Clash::Types),
    }
}

fn whole(op: BinaryOp, a: i64, b: i64) -> Result<i64, Clash> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::Divide | BinaryOp::Remainder if b == 0 => return Err(Clash::Zero),
        BinaryOp::Divide => a.checked_div(b),
        BinaryOp::Remainder => a.checked_rem(b),
        _ => return Err(Clash::Types),
    };
    result.ok_or(Clash::Range)
}

fn broken(op: BinaryOp, a: f64, b: f64) -> Result<f64, Clash> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide | BinaryOp::Remainder if b == 0.0 => return Err(Clash::Zero),
        BinaryOp::Divide => a / b,
        BinaryOp::Remainder => a % b,
        _ => return Err(Clash::Types),
    };
    if result.is_finite() { Ok(result) } else { Err(Clash::Range) }
}

/// Sizes and durations add up, and are never negative.
fn quantity(op: BinaryOp, a: u64, b: u64) -> Result<u64, Clash> {
    match op {
        BinaryOp::Add => a.checked_add(b).ok_or(Clash::Range),
        BinaryOp::Subtract => a.checked_sub(b).ok_or(Clash::Range),
        _ => Err(Clash::Types),
    }
}

fn scaled(op: BinaryOp, quantity: u64, by: &Data) -> Result<u64, Clash> {
    match (op, by) {
        (BinaryOp::Multiply, Data::Int(by)) => {
            let by = u64::try_from(*by).map_err(|_| Clash::Range)?;
            quantity.checked_mul(by).ok_or(Clash::Range)
        }
        (BinaryOp::Divide, Data::Int(0)) => Err(Clash::Zero),
        (BinaryOp::Divide, Data::Int(by)) => {
            let by = u64::try_from(*by).map_err(|_| Clash::Range)?;
            Ok(quantity / by)
        }
        (BinaryOp::Divide, Data::Float(by)) if *by == 0.0 => Err(Clash::Zero),
        (BinaryOp::Divide, Data::Float(by)) => rounded(precise(quantity) / by),
        (BinaryOp::Multiply, Data::Float(by)) => rounded(precise(quantity) * by),
        _ => Err(Clash::Types),
    }
}

#[expect(clippy::cast_precision_loss, reason = "that is what a float is")]
fn float(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "that is what a float is")]
fn precise(number: u64) -> f64 {
    number as f64
}

/// Whole bytes or milliseconds, up to the largest that a float counts exactly.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
fn rounded(number: f64) -> Result<u64, Clash> {
    let fits = (0.0..=9_007_199_254_740_992.0).contains(&number);
    if fits { Ok(number.round() as u64) } else { Err(Clash::Range) }
}

/// The operator as it is written.
pub(super) fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Coalesce => "??",
        BinaryOp::Or => "||",
        BinaryOp::And => "&&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::In => "in",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
    }
}
