//! Single values against the types that hold one: literal strings adapt, nothing else converts.

use std::net::IpAddr;
use std::sync::Arc;

use crate::lower::expressions::printed;
use crate::lower::value::Data;
use crate::model::{Cidr, Duration, Port, PortRange, Protocol, Size};
use crate::schema::Type;

/// The value as the type holds it; nothing if it does not fit. Late parts are not looked at.
pub(super) fn adapted(data: &Data, ty: &Type) -> Option<Data> {
    Some(match (ty, data) {
        (Type::Bool, Data::Bool(_)) | (Type::Str, Data::Str(_)) => data.clone(),
        (Type::Int(low, high), Data::Int(number)) => {
            (low <= number && number <= high).then(|| data.clone())?
        }
        (Type::Float, Data::Int(_) | Data::Float(_)) => data.clone(),
        (Type::Text | Type::Shown, Data::Text(_)) => data.clone(),
        (Type::Text | Type::Shown, Data::Null | Data::List(_) | Data::Map(_) | Data::Ref(_)) => {
            return None;
        }
        (Type::Text | Type::Shown, _) => {
            let text = printed(data)?;
            match text.as_literal() {
                Some(plain) => Data::Str(plain.into()),
                None => Data::Text(Arc::new(text)),
            }
        }
        (Type::Size, Data::Size(_)) | (Type::Duration, Data::Duration(_)) => data.clone(),
        (Type::Ip, Data::Ip(_)) | (Type::Cidr, Data::Cidr(_)) => data.clone(),
        (Type::PortRange, Data::PortRange(_)) => data.clone(),
        (Type::Port, Data::Int(number)) => {
            Port::new(u16::try_from(*number).ok()?).map(|_| data.clone())?
        }
        (Type::Port, Data::Port(number, _)) => Data::Int(i64::from(*number)),
        (Type::PortRange, Data::Port(number, protocol)) => single(*number, *protocol)?,
        (Type::OneOf(words), Data::Str(text)) => {
            words.contains(&text.as_ref()).then(|| data.clone())?
        }
        (_, Data::Str(text)) => literal(text, ty)?,
        _ => return None,
    })
}

fn single(number: u16, protocol: Protocol) -> Option<Data> {
    let port = Port::new(number)?;
    Some(Data::PortRange(PortRange { first: port, last: port, protocol }))
}

fn literal(text: &Arc<str>, ty: &Type) -> Option<Data> {
    let same = || Data::Str(text.clone());
    match ty {
        Type::Size => Size::parse(text).map(|size| Data::Size(size.0)),
        Type::Duration => Duration::parse(text).map(|duration| Data::Duration(duration.0)),
        Type::Ip => text.parse().ok().map(Data::Ip),
        Type::Cidr => Cidr::parse(text).map(Data::Cidr),
        Type::IpRange => is_range(text).then(same),
        Type::Fqdn => is_fqdn(text).then(same),
        Type::Url => is_url(text).then(same),
        Type::Path => (!text.is_empty() && !text.contains('\0')).then(same),
        Type::Port => {
            let digits = text.split_once('/').map_or(&**text, |(digits, _)| digits);
            let number = digits.parse::<u16>().ok()?;
            Port::new(number).map(|port| Data::Int(i64::from(port.number())))
        }
        Type::PortRange => PortRange::parse(text).map(Data::PortRange),
        _ => None,
    }
}

/// `10.0.0.10-10.0.0.99`, the lower end first.
fn is_range(text: &str) -> bool {
    let ends = text.split_once('-');
    let ends = ends.and_then(|(first, last)| {
        Some((first.trim().parse::<IpAddr>().ok()?, last.trim().parse::<IpAddr>().ok()?))
    });
    ends.is_some_and(|(first, last)| first <= last && first.is_ipv4() == last.is_ipv4())
}

/// RFC 1123, and `*.` in front where names are asked for.
fn is_fqdn(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |label: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    !scheme.is_empty()
        && scheme.chars().all(plain)
        && !rest.is_empty()
        && !rest.starts_with('/')
        && !rest.contains(char::is_whitespace)
}
