//! Values as plain data: what JSON, YAML and TOML can say.

use serde_json::{Map, Value};

use crate::lower::functions::printed::printed;
use crate::lower::value::Data;
use crate::model::Key;

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
