//! How the functions of objects work.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::lower::functions::Refusal;
use crate::lower::functions::given::{DEEPEST, Given, MOST};
use crate::lower::value::{Data, Val};
use crate::model::{Key, Late};

/// The keys, in order.
pub fn keys(given: &Given<'_>) -> Result<Val, Refusal> {
    let key = |key: &Key| match key {
        Key::Text(text) => Val::str(text.clone(), given.origin),
        Key::Int(number) => given.made(Data::Int(*number)),
    };
    given.list_made(given.map(0)?.keys().map(key).collect())
}

/// The values, in the order of their keys.
pub fn values(given: &Given<'_>) -> Result<Val, Refusal> {
    given.list_made(given.map(0)?.values().cloned().collect())
}

/// The elements of the list with the value of the field as key.
enum Keyed {
    Known(Vec<(Key, Val)>),
    Later(Arc<Late>),
    Bad,
}

/// The keys of all elements, or why there are none.
fn keyed(given: &Given<'_>) -> Result<Keyed, Refusal> {
    let (name, field) = (given.name(), given.text(1)?);
    let (mut pairs, mut later) = (Vec::new(), None);
    for (index, value) in given.list(0)?.iter().enumerate() {
        let data = match (&value.data, value.get(field)) {
            (_, Some(found)) => &found.data,
            (Data::Map(_), None) => {
                let message = format!("{name} finds no `{field}` in element {index}");
                return Err(given.refuse(0, message));
            }
            (data, None) => data,
        };
        let key =
            match data {
                Data::Str(text) if value.get(field).is_some() => Key::Text(text.clone()),
                Data::Int(number) if value.get(field).is_some() => Key::Int(*number),
                Data::Bad => return Ok(Keyed::Bad),
                Data::Late(late) | Data::Unknown(late) => {
                    later = Some(late.clone());
                    continue;
                }
                data => {
                    let (noun, found) = (data.noun(), value.get(field).is_some());
                    return Err(given.refuse(0, match found {
                    true => format!(
                        "{name} takes a field that is a string or an int, `{field}` of element \
                         {index} is {noun}"
                    ),
                    false => format!("{name} takes a list of objects, element {index} is {noun}"),
                }));
                }
            };
        pairs.push((key, value.clone()));
    }
    Ok(later.map_or(Keyed::Known(pairs), Keyed::Later))
}

/// Lists of the elements that share the value of a field.
pub fn group_by(given: &Given<'_>) -> Result<Val, Refusal> {
    let pairs = match keyed(given)? {
        Keyed::Known(pairs) => pairs,
        Keyed::Later(late) => return Ok(given.made(Data::Unknown(late))),
        Keyed::Bad => return Ok(given.made(Data::Bad)),
    };
    let mut groups: BTreeMap<Key, Vec<Val>> = BTreeMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    let groups = groups.into_iter().map(|(key, list)| (key, Val::list(list, given.origin)));
    Ok(Val::map(groups.collect(), given.origin))
}

/// The elements by the value of a field.
pub fn index_by(given: &Given<'_>) -> Result<Val, Refusal> {
    let pairs = match keyed(given)? {
        Keyed::Known(pairs) => pairs,
        Keyed::Later(late) => return Ok(given.made(Data::Unknown(late))),
        Keyed::Bad => return Ok(given.made(Data::Bad)),
    };
    let mut index = BTreeMap::new();
    for (key, value) in pairs {
        let shown = key.to_string();
        if index.insert(key, value).is_some() {
            let field = given.text(1)?;
            let message = format!("two elements have the same `{field}`: {shown}");
            let mut refusal = given.refuse(0, message);
            refusal.help = Some("`group_by` keeps all of them, in lists".to_owned());
            return Err(refusal);
        }
    }
    Ok(Val::map(index, given.origin))
}

/// All objects laid over one another.
pub fn deep_merge(given: &Given<'_>) -> Result<Val, Refusal> {
    let (mut merged, mut left) = (BTreeMap::new(), MOST);
    for argument in &given.many {
        if let Data::Map(upper) = &argument.value.data {
            merge(&mut merged, upper, 0, &mut left)
                .map_err(|TooMuch| given.too_much(argument.index))?;
        }
    }
    Ok(Val::map(merged, given.origin))
}

/// Objects are nested deeper, or hold more, than is looked at.
struct TooMuch;

/// Lays `upper` over `lower`; `left` counts down the values that may still be looked at. An object
/// that meets none is merged with an empty one, so that a null in it unsets there too.
fn merge(
    lower: &mut BTreeMap<Key, Val>,
    upper: &BTreeMap<Key, Val>,
    level: usize,
    left: &mut usize,
) -> Result<(), TooMuch> {
    if level > DEEPEST {
        return Err(TooMuch);
    }
    for (key, value) in upper {
        *left = left.checked_sub(1).ok_or(TooMuch)?;
        match &value.data {
            Data::Null => {
                lower.remove(key);
            }
            Data::Map(map) => {
                let mut inner = match lower.get(key).map(|below| &below.data) {
                    Some(Data::Map(below)) => (**below).clone(),
                    _ => BTreeMap::new(),
                };
                merge(&mut inner, map, level + 1, left)?;
                lower.insert(key.clone(), Val::map(inner, value.origin));
            }
            _ => {
                lower.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(())
}
