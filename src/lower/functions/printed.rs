//! Values inside text.

use crate::lower::value::Data;
use crate::model::{Duration, Size, Text};

/// A value as it is put into text; nothing for one that has no place there. Secrets and late
/// values stay pieces.
pub fn printed(data: &Data) -> Option<Text> {
    Some(match data {
        Data::Bool(it) => Text::from(it.to_string()),
        Data::Int(it) => Text::from(it.to_string()),
        Data::Float(it) => Text::from(format!("{it:?}")),
        Data::Size(it) => Text::from(Size(*it).to_string()),
        Data::Duration(it) => Text::from(Duration(*it).to_string()),
        Data::Ip(it) => Text::from(it.to_string()),
        Data::Cidr(it) => Text::from(it.to_string()),
        Data::Port(number, protocol) => Text::from(format!("{number}/{protocol}")),
        Data::PortRange(it) => Text::from(it.to_string()),
        Data::Str(it) => Text::literal(&**it),
        Data::Text(it) => (**it).clone(),
        Data::Late(it) => Text::late((**it).clone()),
        Data::Null | Data::List(_) | Data::Map(_) | Data::Ref(_) => return None,
        Data::Unknown(_) | Data::Bad => return None,
    })
}

/// Text as a value: plain if all of it is.
pub fn value_of(text: Text) -> Data {
    match text.as_literal() {
        Some(plain) => Data::Str(plain.into()),
        None => Data::Text(text.into()),
    }
}
