//! The value of a field as people read it, as machines read it, and where in a schema it stands.

use serde_json::{Value as Json, json};

use crate::legible::{push_code, push_visible, visible};
use crate::model::{Duration, Late, Object, Piece, Ref, Size, Text, Value};
use crate::render::escape::cut;
use crate::schema::{Field, Type};

/// How much of a value a line of a plan shows.
pub const LENGTH_MAX: usize = 72;

/// The value on one line, at most about `length_max` characters of it.
pub fn text(value: &Value, ty: Option<&Type>, length_max: usize) -> String {
    let ty = ty.map(|ty| fitting(ty, value));
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => match (number.as_u64(), ty) {
            (Some(bytes), Some(Type::Size)) => Size(bytes).to_string(),
            (Some(millis), Some(Type::Duration)) => Duration(millis).to_string(),
            _ => number.to_string(),
        },
        Value::String(text) if &**text == "dhcp" && is_choice(ty) => "‹dhcp›".to_owned(),
        Value::String(text) => string(text, length_max),
        Value::Array(list) => {
            let of = match ty {
                Some(Type::List(of)) => Some(&**of),
                _ => None,
            };
            let items = list.iter().map(|item| text(item, of, length_max));
            enclosed("[", items, "]", length_max)
        }
        Value::Object(map) => special(map).map_or_else(
            || object(map, ty, length_max),
            |special| special_text(&special, length_max),
        ),
    }
}

/// A path of the spec as it would be written: `compose.env.TOKEN`.
pub fn path(path: &str) -> String {
    let mut out = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        let word = segment.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        match word {
            true if out.is_empty() => out.push_str(&segment),
            true => out.extend([".", &segment]),
            false => out.extend(["[", &quoted(&segment, LENGTH_MAX), "]"]),
        }
    }
    out
}

/// The type of what stands at a path of the spec.
pub fn type_at<'a>(fields: &'a [Field], path: &str) -> Option<&'a Type> {
    let mut segments = path.split('/');
    let first = segments.next()?;
    let field = fields.iter().find(|field| field.name == first)?;
    segments.try_fold(&field.ty, |ty, segment| inner(ty, segment))
}

fn inner<'a>(ty: &'a Type, segment: &str) -> Option<&'a Type> {
    match ty {
        Type::List(of) | Type::Map(of) | Type::Blocks(of) => Some(of),
        Type::Object(fields) => type_at(fields, segment),
        Type::Either(types) => types.iter().find_map(|ty| inner(ty, segment)),
        Type::Any | Type::Given | Type::Content => None,
        Type::Bool | Type::Int(..) | Type::Float => None,
        Type::Str
        | Type::Text
        | Type::Shown
        | Type::Size
        | Type::Duration
        | Type::Ip
        | Type::Cidr
        | Type::IpRange
        | Type::Fqdn => None,
        Type::Url | Type::Path | Type::Port | Type::PortRange => None,
        Type::OneOf(_) | Type::Ref(_) => None,
    }
}

/// The short name of a type, for machines.
pub fn type_name(ty: &Type) -> &'static str {
    match ty {
        Type::Any | Type::Given | Type::Content | Type::Either(_) => "any",
        Type::Bool => "bool",
        Type::Int(..) => "int",
        Type::Float => "float",
        Type::Str | Type::Text | Type::Shown | Type::OneOf(_) => "string",
        Type::Size => "size",
        Type::Duration => "duration",
        Type::Ip => "ip",
        Type::Cidr => "cidr",
        Type::IpRange => "ip_range",
        Type::Fqdn => "fqdn",
        Type::Url => "url",
        Type::Path => "path",
        Type::Port => "port",
        Type::PortRange => "port_range",
        Type::List(_) => "list",
        Type::Map(_) | Type::Blocks(_) => "map",
        Type::Object(_) => "object",
        Type::Ref(_) => "ref",
    }
}

/// The characters of a text, secrets and holes by name; none for what is no text.
///
/// Lines are as the user wrote them, but for the marks of secrets and holes, which are ours alone:
/// they go through [`crate::render::escape`] before they are shown.
pub fn characters(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(without_marks(text)),
        Value::Object(map) => match special(map)? {
            Special::Text(text) => Some(text.pieces().iter().map(piece_characters).collect()),
            Special::Ref(_) | Special::Late(_) => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

fn piece_characters(piece: &Piece) -> String {
    match piece {
        Piece::Literal(text) => without_marks(text),
        Piece::Secret { .. }
        | Piece::Revealed { .. }
        | Piece::Late { .. }
        | Piece::Project { .. } => one(piece).to_string(),
    }
}

fn without_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '«' | '»' | '‹' | '›' => push_code(&mut out, c),
            _ => out.push(c),
        }
    }
    out
}

/// Whether a secret stands anywhere in it.
pub fn has_secret(value: &Value) -> bool {
    match value {
        Value::Object(map) => match special(map) {
            Some(Special::Text(text)) => text.has_secret(),
            Some(Special::Ref(_) | Special::Late(_)) => false,
            None => map.values().any(has_secret),
        },
        Value::Array(list) => list.iter().any(has_secret),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether a part of a value is known only once something is made.
pub fn has_late(value: &Value) -> bool {
    match value {
        Value::Object(map) => match special(map) {
            Some(Special::Late(_)) => true,
            Some(Special::Ref(_)) => false,
            Some(Special::Text(text)) => {
                text.pieces().iter().any(|piece| matches!(piece, Piece::Late { .. }))
            }
            None => map.values().any(has_late),
        },
        Value::Array(list) => list.iter().any(has_late),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// For machines: what is not known is a tagged object, so nobody can take it for a value.
pub fn tagged(value: &Value) -> Json {
    match value {
        Value::Array(list) => list.iter().map(tagged).collect(),
        Value::Object(map) => match special(map) {
            Some(Special::Ref(target)) => json!({ "$ref": target.address() }),
            Some(Special::Late(late)) => unknown(&late),
            Some(Special::Text(text)) => tagged_text(&text),
            None => map.iter().map(|(name, value)| (own_name(name), tagged(value))).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.into(),
    }
}

/// A user's own `$secret` gets another `$`: tags are ours alone.
fn own_name(name: &str) -> String {
    if name.starts_with('$') { format!("${name}") } else { name.to_owned() }
}

fn tagged_text(text: &Text) -> Json {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(text) => Json::from(text.as_str()),
        Piece::Secret { secret, .. } => json!({ "$secret": secret_name(secret) }),
        Piece::Revealed { revealed, .. } => json!({ "$revealed": secret_name(revealed) }),
        Piece::Late { late, .. } => unknown(late),
        Piece::Project { .. } => json!({ "$unknown": "lineage of the state" }),
    };
    match text.pieces() {
        [only] => piece(only),
        pieces => json!({ "$text": pieces.iter().map(piece).collect::<Vec<_>>() }),
    }
}

fn unknown(late: &Late) -> Json {
    json!({ "$unknown": format!("{} of {}", late.what, late.of.address()) })
}

/// Objects that stand for something else.
enum Special {
    Ref(Ref),
    Text(Text),
    Late(Late),
}

fn special(map: &Object) -> Option<Special> {
    let (name, value) = map.iter().next().filter(|_| map.len() == 1)?;
    match name {
        "$ref" => value.as_str().and_then(Ref::parse).map(Special::Ref),
        "$late" => value.read().ok().map(Special::Late),
        "$text" => Value::Object(map.clone()).read().ok().map(Special::Text),
        "$secret" => value.as_str().map(|secret| Special::Text(Text::secret(secret))),
        "$revealed" => value.as_str().map(|secret| Special::Text(Text::revealed(secret))),
        _ => None,
    }
}

fn special_text(special: &Special, length_max: usize) -> String {
    match special {
        Special::Ref(target) => visible(target.address().as_str()),
        Special::Late(late) => visible(&Text::late(late.clone()).to_string()),
        Special::Text(text) => match text.pieces() {
            [] => "\"\"".to_owned(),
            [Piece::Literal(text)] => string(text, length_max),
            [_] => visible(&text.to_string()),
            pieces => {
                let mut out = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Literal(text) => push_quoted(&mut out, text),
                        Piece::Secret { .. }
                        | Piece::Revealed { .. }
                        | Piece::Late { .. }
                        | Piece::Project { .. } => {
                            out.push_str(&visible(&one(piece).to_string()));
                        }
                    }
                }
                format!("\"{}\"", cut(&out, length_max))
            }
        },
    }
}

fn one(piece: &Piece) -> Text {
    match piece {
        Piece::Literal(text) => Text::literal(text.as_str()),
        Piece::Secret { secret, .. } => Text::secret(secret.as_str()),
        Piece::Revealed { revealed, .. } => Text::revealed(revealed.as_str()),
        Piece::Late { late, .. } => Text::late(late.clone()),
        Piece::Project { .. } => Text::project(),
    }
}

fn secret_name(secret: &str) -> &str {
    secret.strip_prefix("secret.").unwrap_or(secret)
}

/// The alternative that the value was written as.
pub fn fitting<'a>(ty: &'a Type, value: &Value) -> &'a Type {
    let fits = |ty: &Type| match ty {
        Type::Bool => matches!(value, Value::Bool(_)),
        Type::Int(..) | Type::Float | Type::Size | Type::Duration | Type::Port => {
            matches!(value, Value::Number(_))
        }
        Type::List(_) => matches!(value, Value::Array(_)),
        Type::Map(_) | Type::Blocks(_) | Type::Object(_) | Type::Ref(_) => {
            matches!(value, Value::Object(_))
        }
        Type::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Type::Either(_) | Type::Any | Type::Given | Type::Content => false,
        Type::Str | Type::Text | Type::Shown => value.as_str().is_some(),
        Type::Ip | Type::Cidr | Type::IpRange => value.as_str().is_some(),
        Type::Fqdn | Type::Url | Type::Path | Type::PortRange => value.as_str().is_some(),
    };
    match ty {
        Type::Either(types) => types.iter().find(|ty| fits(ty)).unwrap_or(ty),
        _ => ty,
    }
}

fn is_choice(ty: Option<&Type>) -> bool {
    matches!(ty, Some(Type::OneOf(_) | Type::Ip))
}

fn object(map: &Object, ty: Option<&Type>, length_max: usize) -> String {
    let items = map.iter().map(|(name, value)| {
        let ty = ty.and_then(|ty| inner(ty, name));
        format!("{} = {}", path(&name.replace('~', "~0").replace('/', "~1")), {
            text(value, ty, length_max)
        })
    });
    match map.is_empty() {
        true => "{}".to_owned(),
        false => enclosed("{ ", items, " }", length_max),
    }
}

/// Items until the line is full, then how many are left.
fn enclosed(
    open: &str,
    items: impl ExactSizeIterator<Item = String>,
    close: &str,
    length_max: usize,
) -> String {
    let count = items.len();
    let mut out = open.to_owned();
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if out.len() + item.len() > length_max && index > 0 {
            out.push_str(&format!("… {} more", count - index));
            break;
        }
        out.push_str(&item);
    }
    out.push_str(close);
    out
}

/// As it is where nobody can take it for something else, in quotes otherwise.
fn string(text: &str, length_max: usize) -> String {
    let bare = |c: char| c.is_alphanumeric() || "._-/:@+=%*?&#,()".contains(c);
    let starts = |c: char| c.is_alphanumeric() || "./*@".contains(c);
    let plain = text.starts_with(starts) && text.chars().all(bare) && !text.contains(", ");
    match plain && !reads_as_other(text) {
        true => cut(text, length_max),
        false => quoted(text, length_max),
    }
}

fn reads_as_other(text: &str) -> bool {
    matches!(text, "true" | "false" | "null")
        || text.parse::<f64>().is_ok()
        || Size::parse(text).is_some()
        || Duration::parse(text).is_some()
        || text.ends_with(',')
}

fn quoted(text: &str, length_max: usize) -> String {
    let mut out = String::new();
    // Cut first, so that a megabyte of text is not escaped for nothing.
    push_quoted(&mut out, &cut(text, length_max));
    format!("\"{}\"", cut(&out, length_max))
}

/// Literal characters between quotes. The marks of secrets and holes are ours alone.
fn push_quoted(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '«' | '»' | '‹' | '›' => push_code(out, c),
            _ => push_visible(out, c),
        }
    }
}
