//! How the functions of lists work.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::lower::functions::Refusal;
use crate::lower::functions::compare::{fingerprint, order};
use crate::lower::functions::given::Given;
use crate::lower::value::{Data, Val};
use crate::model::Key;

/// The most elements that `range` makes.
const LONGEST_RANGE: u128 = 100_000;

/// How many elements, entries or characters there are.
pub fn length(given: &Given<'_>) -> Result<Val, Refusal> {
    let count = match &given.value(0)?.data {
        Data::List(list) => list.len(),
        Data::Map(map) => map.len(),
        _ => given.text(0)?.chars().count(),
    };
    Ok(given.made(Data::Int(i64::try_from(count).unwrap_or(i64::MAX))))
}

/// Whether the first argument has the second one in it.
pub fn contains(given: &Given<'_>) -> Result<Val, Refusal> {
    let part = &given.value(1)?.data;
    let found = match (&given.value(0)?.data, part) {
        (Data::List(list), _) => {
            let wanted = fingerprint(part);
            list.iter().any(|value| fingerprint(&value.data) == wanted)
        }
        (Data::Map(map), Data::Str(key)) => map.contains_key(&Key::Text(key.clone())),
        (Data::Map(map), Data::Int(key)) => map.contains_key(&Key::Int(*key)),
        (Data::Str(text), Data::Str(part)) => text.contains(&**part),
        (whole, part) => {
            let (whole, part) = (whole.noun(), part.noun());
            return Err(given.refuse(1, format!("`contains` cannot look for {part} in {whole}")));
        }
    };
    Ok(given.made(Data::Bool(found)))
}

/// From the least to the greatest.
pub fn sort(given: &Given<'_>) -> Result<Val, Refusal> {
    let mut sorted = given.list(0)?.to_vec();
    ordered(given, &sorted)?;
    sorted.sort_by(|one, other| order(&one.data, &other.data).unwrap_or(Ordering::Equal));
    given.list_made(sorted)
}

/// Refuses values that have no order among each other.
fn ordered(given: &Given<'_>, values: &[Val]) -> Result<(), Refusal> {
    let Some(first) = values.first() else {
        return Ok(());
    };
    // Each with itself too: some floats are no numbers.
    let wrong = values.iter().enumerate().find(|(_, value)| {
        order(&first.data, &value.data).is_none() || order(&value.data, &value.data).is_none()
    });
    match wrong {
        Some((index, wrong)) => {
            let (name, one, other) = (given.name(), first.data.noun(), wrong.data.noun());
            let message = format!("{name} cannot compare {one} with {other}");
            // Either one argument is the list of them all, or each is an argument.
            let argument = given.many.get(index.min(given.many.len().saturating_sub(1)));
            let argument = argument.map_or(Some(0), |argument| Some(argument.index));
            let help = "numbers, strings, ips, sizes and durations have an order, each by itself";
            Err(Refusal { argument, message, help: Some(help.to_owned()), inside: None })
        }
        None => Ok(()),
    }
}

/// Whether no two elements are equal.
pub fn unique(given: &Given<'_>) -> Result<Val, Refusal> {
    let mut seen = HashSet::new();
    let unique = given.list(0)?.iter().all(|value| seen.insert(fingerprint(&value.data)));
    Ok(given.made(Data::Bool(unique)))
}

/// The first of each set of equal elements.
pub fn distinct(given: &Given<'_>) -> Result<Val, Refusal> {
    let mut seen = HashSet::new();
    let new = given.list(0)?.iter().filter(|value| seen.insert(fingerprint(&value.data)));
    given.list_made(new.cloned().collect())
}

/// The elements of the lists in a list.
pub fn flatten(given: &Given<'_>) -> Result<Val, Refusal> {
    let mut flat = Vec::new();
    for value in given.list(0)? {
        match &value.data {
            Data::List(inner) => flat.extend(inner.iter().cloned()),
            Data::Bad => return Ok(given.made(Data::Bad)),
            // A later value may turn out to be a list, so nobody can count the elements yet.
            Data::Late(late) | Data::Unknown(late) => {
                return Ok(given.made(Data::Unknown(late.clone())));
            }
            _ => flat.push(value.clone()),
        }
    }
    given.list_made(flat)
}

/// Pairs of elements.
pub fn zip(given: &Given<'_>) -> Result<Val, Refusal> {
    let (one, other) = (given.list(0)?, given.list(1)?);
    if one.len() != other.len() {
        let (one, other) = (one.len(), other.len());
        let message = format!("`zip` takes two lists of one length, these have {one} and {other}");
        return Err(given.refuse(1, message));
    }
    let pairs = one.iter().zip(other);
    let pair =
        |(one, other): (&Val, &Val)| Val::list(vec![one.clone(), other.clone()], given.origin);
    given.list_made(pairs.map(pair).collect())
}

/// Ints in order.
pub fn range(given: &Given<'_>) -> Result<Val, Refusal> {
    let (start, end) = match given.optional(1) {
        Some(_) => (given.int(0)?, given.int(1)?),
        None => (0, given.int(0)?),
    };
    let step = if given.optional(2).is_some() { given.int(2)? } else { 1 };
    if step == 0 {
        return Err(given.refuse(2, "`range` needs a step that is not 0"));
    }
    let distance = if step > 0 {
        i128::from(end) - i128::from(start)
    } else {
        i128::from(start) - i128::from(end)
    };
    let width = u128::from(step.unsigned_abs());
    let count = u128::try_from(distance).unwrap_or(0).div_ceil(width);
    if count > LONGEST_RANGE {
        let message = format!("`range` makes at most {LONGEST_RANGE} elements, these are {count}");
        return Err(given.refuse(0, message));
    }
    let numbers = std::iter::successors(Some(start), |number| number.checked_add(step));
    let numbers = numbers.take(usize::try_from(count).unwrap_or(0));
    given.list_made(numbers.map(|number| given.made(Data::Int(number))).collect())
}

/// All elements together.
pub fn sum(given: &Given<'_>) -> Result<Val, Refusal> {
    let mut total = None;
    for (index, value) in given.list(0)?.iter().enumerate() {
        let added = match (total.unwrap_or_else(|| zero(&value.data)), &value.data) {
            (Data::Int(one), Data::Int(other)) => one.checked_add(*other).map(Data::Int),
            (Data::Float(one), Data::Float(other)) => Some(Data::Float(one + other)),
            (Data::Int(one), Data::Float(other)) => Some(Data::Float(one as f64 + other)),
            (Data::Float(one), Data::Int(other)) => Some(Data::Float(one + *other as f64)),
            (Data::Size(one), Data::Size(other)) => one.checked_add(*other).map(Data::Size),
            (Data::Duration(one), Data::Duration(other)) => {
                one.checked_add(*other).map(Data::Duration)
            }
            (one, other) => {
                let message = match (one, other.noun()) {
                    (Data::Null, noun) => format!("`sum` cannot add up {noun}, element {index}"),
                    (one, noun) => {
                        format!("`sum` cannot add {noun}, element {index}, to {}", one.noun())
                    }
                };
                return Err(given.refuse(0, message));
            }
        };
        let finite = added.filter(|it| !matches!(it, Data::Float(it) if !it.is_finite()));
        total =
            Some(finite.ok_or_else(|| given.refuse(0, "`sum` comes to more than can be counted"))?);
    }
    Ok(given.made(total.unwrap_or(Data::Int(0))))
}

/// Nothing of the same type; null for what cannot be added.
fn zero(data: &Data) -> Data {
    match data {
        Data::Int(_) => Data::Int(0),
        Data::Float(_) => Data::Float(0.0),
        Data::Size(_) => Data::Size(0),
        Data::Duration(_) => Data::Duration(0),
        _ => Data::Null,
    }
}

/// The least value.
pub fn min(given: &Given<'_>) -> Result<Val, Refusal> {
    extreme(given, Ordering::Less)
}

/// The greatest value.
pub fn max(given: &Given<'_>) -> Result<Val, Refusal> {
    extreme(given, Ordering::Greater)
}

/// The first value that stands so to all others; it keeps the place where it was written.
fn extreme(given: &Given<'_>, wanted: Ordering) -> Result<Val, Refusal> {
    let values: Vec<Val> = match given.many.as_slice() {
        [only] => match &only.value.data {
            Data::List(list) => list.to_vec(),
            _ => vec![only.value.clone()],
        },
        many => many.iter().map(|argument| argument.value.clone()).collect(),
    };
    ordered(given, &values)?;
    let found = values.into_iter().reduce(|best, value| {
        if order(&value.data, &best.data) == Some(wanted) { value } else { best }
    });
    found.ok_or_else(|| Refusal {
        argument: given.many.first().map(|argument| argument.index),
        message: format!("there is no {} of an empty list", given.name()),
        help: Some("give it a value that is always there: `[0, ...xs]`".to_owned()),
        inside: None,
    })
}

/// An end of a list, which keeps the place where it was written.
pub fn end(given: &Given<'_>, value: Option<&Val>) -> Result<Val, Refusal> {
    Ok(value.cloned().unwrap_or_else(|| given.made(Data::Null)))
}
