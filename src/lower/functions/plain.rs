//! Values from and to plain data: what JSON, YAML and TOML can say.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::lower::functions::printed::printed;
use crate::lower::value::{Data, Val};
use crate::model::Key;
use crate::source::Span;

/// The value of plain data; an error is the number that has no exact value.
pub fn from_plain(plain: Value, origin: Span) -> Result<Val, String> {
    let data = match plain {
        Value::Null => Data::Null,
        Value::Bool(it) => Data::Bool(it),
        Value::Number(number) => from_number(&number)?,
        Value::String(text) => Data::Str(text.into()),
        Value::Array(list) => {
            let list: Result<Vec<Val>, String> =
                list.into_iter().map(|value| from_plain(value, origin)).collect();
            Data::List(list?.into())
        }
        Value::Object(map) => {
            let entry = |(key, value): (String, Value)| {
                Ok((Key::Text(key.into()), from_plain(value, origin)?))
            };
            let map: Result<BTreeMap<Key, Val>, String> = map.into_iter().map(entry).collect();
            Data::Map(map?.into())
        }
    };
    Ok(Val::new(data, origin))
}

/// A whole number that an int cannot hold reaches us as a float that has lost digits.
fn from_number(number: &serde_json::Number) -> Result<Data, String> {
    const BEYOND_INT: f64 = 9_223_372_036_854_775_808.0;
    if let Some(int) = number.as_i64() {
        return Ok(Data::Int(int));
    }
    match number.as_f64() {
        Some(float) if float.fract() != 0.0 || float.abs() < BEYOND_INT => Ok(Data::Float(float)),
        _ => Err(number.to_string()),
    }
}

/// Plain data of a value; an error is what has no form there. What JSON has no type for is
/// written as the language prints it.
pub fn to_plain(data: &Data) -> Result<Value, &'static str> {
    match data {
        Data::Null => Ok(Value::Null),
        Data::Bool(it) => Ok(Value::Bool(*it)),
        Data::Int(it) => Ok(Value::from(*it)),
        Data::Float(it) => match serde_json::Number::from_f64(*it) {
            Some(number) => Ok(Value::Number(number)),
            None => Err("an infinite number"),
        },
        Data::List(list) => {
            let list: Result<Vec<Value>, _> =
                list.iter().map(|value| to_plain(&value.data)).collect();
            Ok(Value::Array(list?))
        }
        Data::Map(map) => {
            let mut object = Map::new();
            for (key, value) in map.iter() {
                let key = match key {
                    Key::Text(text) => text.to_string(),
                    Key::Int(number) => number.to_string(),
                };
                object.insert(key, to_plain(&value.data)?);
            }
            object.sort_keys();
            Ok(Value::Object(object))
        }
        Data::Size(_)
        | Data::Duration(_)
        | Data::Ip(_)
        | Data::Cidr(_)
        | Data::Port(..)
        | Data::PortRange(_)
        | Data::Str(_)
        | Data::Text(_) => {
            let text = printed(data);
            let text = text.as_ref().and_then(|text| text.as_literal());
            text.map(Value::from).ok_or_else(|| data.noun())
        }
        Data::Ref(_) | Data::Late(_) | Data::Unknown(_) | Data::Bad => Err(data.noun()),
    }
}
