//! Functions of networks and addresses.

use std::net::{IpAddr, Ipv6Addr};

use crate::lower::functions::given::Given;
use crate::lower::functions::{Function, Kind, Parameter, Refusal};
use crate::lower::value::{Data, Val};
use crate::model::Cidr;

const NETWORK: Parameter = Parameter::all("network", &[Kind::Cidr]);

/// The functions of networks and addresses.
pub const TABLE: &[Function] = &[
    Function {
        name: "nth",
        parameters: &[NETWORK, Parameter::all("index", &[Kind::Int])],
        returns: "ip",
        doc: "The address so many places after the first one of a network.",
        example: "nth(10.0.0.0/24, 13)",
        result: "10.0.0.13",
        body: nth,
    },
    Function {
        name: "base_of",
        parameters: &[NETWORK],
        returns: "ip",
        doc: "The first address of a network.",
        example: "base_of(10.0.0.0/24)",
        result: "10.0.0.0",
        body: |given| Ok(given.made(Data::Ip(given.cidr(0)?.base()))),
    },
    Function {
        name: "prefix",
        parameters: &[NETWORK],
        returns: "int",
        doc: "How many leading bits the addresses of a network share.",
        example: "prefix(10.0.0.0/24)",
        result: "24",
        body: |given| Ok(given.made(Data::Int(i64::from(given.cidr(0)?.prefix())))),
    },
    Function {
        name: "subnet",
        parameters: &[
            NETWORK,
            Parameter::all("bits", &[Kind::Int]),
            Parameter::all("index", &[Kind::Int]),
        ],
        returns: "cidr",
        doc: "One of the equal parts of a network: its prefix is longer by `bits`, and `index` \
              counts the parts from 0.",
        example: "subnet(10.0.0.0/16, 8, 2)",
        result: "10.0.2.0/24",
        body: subnet,
    },
    Function {
        name: "overlaps",
        parameters: &[Parameter::all("one", &[Kind::Cidr]), Parameter::all("other", &[Kind::Cidr])],
        returns: "bool",
        doc: "Whether two networks share an address.",
        example: "overlaps(10.0.0.0/16, 10.0.2.0/24)",
        result: "true",
        body: |given| Ok(given.made(Data::Bool(given.cidr(0)?.overlaps(given.cidr(1)?)))),
    },
    Function {
        name: "ip",
        parameters: &[Parameter::all("text", &[Kind::Str, Kind::Ip])],
        returns: "ip",
        doc: "The address that a text says.",
        example: r#"ip("fd00::1")"#,
        result: "fd00::1",
        body: ip,
    },
    Function {
        name: "cidr",
        parameters: &[Parameter::all("text", &[Kind::Str, Kind::Cidr])],
        returns: "cidr",
        doc: "The network that a text says; it is written with its first address.",
        example: r#"cidr("fd00::/64")"#,
        result: "fd00::/64",
        body: cidr,
    },
    Function {
        name: "url",
        parameters: &[Parameter::all("text", &[Kind::Str])],
        returns: "url",
        doc: "The same text, once it is certain that it is a URL with a host.",
        example: r#"url("https://app.lan:8443/login")"#,
        result: r#""https://app.lan:8443/login""#,
        body: |given| match host(given.text(0)?) {
            Some(_) => given.text_made(given.text(0)?),
            None => Err(no_url(given)?),
        },
    },
    Function {
        name: "host_of",
        parameters: &[Parameter::all("url", &[Kind::Str])],
        returns: "string",
        doc: "The host of a URL, without user, port and brackets.",
        example: r#"host_of("https://app.lan:8443/login")"#,
        result: r#""app.lan""#,
        body: |given| match host(given.text(0)?) {
            Some(host) => given.text_made(host),
            None => Err(no_url(given)?),
        },
    },
];

fn nth(given: &Given<'_>) -> Result<Val, Refusal> {
    let (network, index) = (given.cidr(0)?, given.int(1)?);
    let address = u128::try_from(index).ok().and_then(|index| network.nth(index));
    address.map(|address| given.made(Data::Ip(address))).ok_or_else(|| {
        let size = size_exponent(network);
        let last = match size {
            0..=62 => (1u64 << size).saturating_sub(1).to_string(),
            _ => format!("2^{size} - 1"),
        };
        let mut refusal = given.refuse(1, format!("`{network}` has no address number {index}"));
        refusal.help = Some(format!("its addresses are numbered 0 to {last}"));
        refusal
    })
}

/// How many bits tell the addresses of a network apart.
fn size_exponent(network: Cidr) -> u8 {
    let width = if network.base().is_ipv4() { 32 } else { 128 };
    width - network.prefix()
}

fn subnet(given: &Given<'_>) -> Result<Val, Refusal> {
    let (network, bits, index) = (given.cidr(0)?, given.int(1)?, given.int(2)?);
    let free = size_exponent(network);
    let Some(bits) = u8::try_from(bits).ok().filter(|bits| *bits <= free) else {
        let message = format!("`{network}` can be split by 0 to {free} bits, not {bits}");
        return Err(given.refuse(1, message));
    };
    let part = u128::try_from(index).ok().filter(|part| bits == 128 || *part < 1 << bits);
    // One part of the whole IPv6 space is so large that its number of addresses has no number.
    let first = part.and_then(|part| match part {
        0 => Some(network.base()),
        part => network.nth(part.checked_shl(u32::from(free - bits))?),
    });
    let part = first.and_then(|first| Cidr::new(first, network.prefix() + bits));
    part.map(|part| given.made(Data::Cidr(part))).ok_or_else(|| {
        let message = format!("`{network}` split by {bits} bits has no part number {index}");
        given.refuse(2, message)
    })
}

fn ip(given: &Given<'_>) -> Result<Val, Refusal> {
    let text = match &given.value(0)?.data {
        Data::Ip(_) => return Ok(given.value(0)?.clone()),
        _ => given.text(0)?,
    };
    let address = text.parse::<IpAddr>();
    address.map(|address| given.made(Data::Ip(address))).map_err(|_| {
        given.refuse(0, format!("`{text}` is no ip, expected text like `10.0.0.1` or `fd00::1`"))
    })
}

fn cidr(given: &Given<'_>) -> Result<Val, Refusal> {
    let text = match &given.value(0)?.data {
        Data::Cidr(_) => return Ok(given.value(0)?.clone()),
        _ => given.text(0)?,
    };
    Cidr::parse(text).map(|network| given.made(Data::Cidr(network))).ok_or_else(|| {
        let mut refusal =
            given.refuse(0, format!("`{text}` is no cidr, expected text like `10.0.0.0/24`"));
        let network = text.parse::<ipnet::IpNet>().ok();
        refusal.help = network.map(|it| format!("the network around it is `{}`", it.trunc()));
        refusal
    })
}

fn no_url(given: &Given<'_>) -> Result<Refusal, Refusal> {
    let text = given.text(0)?;
    Ok(given.refuse(0, format!("`{text}` is no URL, expected text like `https://example.com`")))
}

/// The host of `scheme://user@host:port/path`.
fn host(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme_fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !scheme_fits || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let (host, port) = match place.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let port_fits = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    let named = |c: char| c.is_alphanumeric() || "-._~%:".contains(c);
    (!host.is_empty() && host.chars().all(named) && port_fits).then_some(host)
}
