//! When two values are the same, and which comes first.

use std::cmp::Ordering;
use std::fmt::Write as _;

use crate::lower::value::Data;
use crate::model::Key;

/// Text that two values share exactly when they are equal: by what they are, not by where they
/// were written. A whole number is equal to the float of the same amount.
pub fn fingerprint(data: &Data) -> String {
    let mut out = String::new();
    write_fingerprint(&mut out, data).expect("writing to a string does not fail");
    out
}

fn write_fingerprint(out: &mut String, data: &Data) -> std::fmt::Result {
    match data {
        Data::Null => out.write_str("null"),
        Data::Bool(it) => write!(out, "{it}"),
        Data::Int(it) => write!(out, "{it}"),
        // Adding zero takes the sign off a negative zero.
        Data::Float(it) if it.fract() == 0.0 => write!(out, "{:.0}", it + 0.0),
        Data::Float(it) => write!(out, "{it}"),
        Data::Size(it) => write!(out, "{it}B"),
        Data::Duration(it) => write!(out, "{it}ms"),
        Data::Ip(it) => write!(out, "ip {it}"),
        Data::Cidr(it) => write!(out, "cidr {it}"),
        Data::Port(number, protocol) => write!(out, "port {number}/{protocol}"),
        Data::PortRange(it) => write!(out, "ports {it}"),
        Data::Str(it) => write!(out, "{it:?}"),
        Data::Text(it) => match it.as_literal() {
            Some(plain) => write!(out, "{plain:?}"),
            None => write!(out, "text {:?}", it.pieces()),
        },
        Data::List(list) => {
            out.push('[');
            for value in list.iter() {
                write_fingerprint(out, &value.data)?;
                out.push(',');
            }
            out.write_char(']')
        }
        Data::Map(map) => {
            out.push('{');
            for (key, value) in map.iter() {
                match key {
                    Key::Text(text) => write!(out, "{text:?}=")?,
                    Key::Int(number) => write!(out, "{number}=")?,
                }
                write_fingerprint(out, &value.data)?;
                out.push(',');
            }
            out.write_char('}')
        }
        Data::Ref(it) => write!(out, "ref {it}"),
        Data::Late(it) | Data::Unknown(it) => write!(out, "late {} {}", it.of, it.what),
        Data::Bad => out.write_str("bad"),
    }
}

/// Which of two values comes first; nothing if they are not of one type that has an order.
pub fn order(one: &Data, other: &Data) -> Option<Ordering> {
    match (one, other) {
        (Data::Int(one), Data::Int(other)) => Some(one.cmp(other)),
        (Data::Float(one), Data::Float(other)) => one.partial_cmp(other),
        (Data::Int(one), Data::Float(other)) => order_mixed(*one, *other),
        (Data::Float(one), Data::Int(other)) => order_mixed(*other, *one).map(Ordering::reverse),
        (Data::Size(one), Data::Size(other)) => Some(one.cmp(other)),
        (Data::Duration(one), Data::Duration(other)) => Some(one.cmp(other)),
        (Data::Ip(one), Data::Ip(other)) => Some(one.cmp(other)),
        (Data::Str(one), Data::Str(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

/// Exact: two ints that lie near each other may have the same nearest float.
fn order_mixed(int: i64, float: f64) -> Option<Ordering> {
    let rough = (int as f64).partial_cmp(&float)?;
    let exact = || format!("{float:.0}").parse::<i128>().ok();
    match rough {
        Ordering::Equal => Some(exact().map_or(rough, |float| i128::from(int).cmp(&float))),
        Ordering::Less | Ordering::Greater => Some(rough),
    }
}
