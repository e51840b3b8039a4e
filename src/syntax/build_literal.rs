//! Numbers, sizes, durations, addresses and ports: one token, one meaning, one problem.

use std::net::{IpAddr, Ipv4Addr};

use crate::problem::syntax as problem;
use crate::source::Span;
use crate::syntax::build::Builder;
use crate::syntax::tree::{ExprKind, Protocol};

const SIZES: [(&str, u64); 9] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

const DURATIONS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

impl Builder<'_> {
    /// The value of a token that begins with a digit.
    pub fn number(&mut self, text: &str, span: Span) -> ExprKind {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
        if plain || text.starts_with("0x") || text.starts_with("0o") {
            return self.integer(text, span);
        }
        if text.contains('/') {
            let protocol = match text.rsplit('/').next() {
                Some("tcp") => Some(Protocol::Tcp),
                Some("udp") => Some(Protocol::Udp),
                _ => None,
            };
            return match protocol {
                Some(protocol) => self.port(text, protocol, span),
                None => self.cidr(text, span),
            };
        }
        match text.matches('.').count() {
            0 | 1 => self.with_unit(text, span),
            _ => self.ip(text, span).map_or(ExprKind::Bad, |ip| ExprKind::Ip(IpAddr::V4(ip))),
        }
    }

    fn integer(&mut self, text: &str, span: Span) -> ExprKind {
        let digits = text.replace('_', "");
        let (digits, radix) = match (digits.strip_prefix("0x"), digits.strip_prefix("0o")) {
            (Some(hexadecimal), _) => (hexadecimal, 16),
            (_, Some(octal)) => (octal, 8),
            _ => (digits.as_str(), 10),
        };
        if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
            self.units.push((span, text.to_owned()));
            return ExprKind::Bad;
        }
        match i64::from_str_radix(digits, radix) {
            Ok(number) => ExprKind::Int(number),
            Err(_) => {
                self.problems.push(problem::too_large(span, text));
                ExprKind::Bad
            }
        }
    }

    fn with_unit(&mut self, text: &str, span: Span) -> ExprKind {
        let number_end = text
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != '_')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(number_end);
        let number = number.replace('_', "");
        if unit.is_empty() {
            return number.parse().map_or(ExprKind::Bad, ExprKind::Float);
        }
        if let Some((_, factor)) = SIZES.iter().find(|(name, _)| *name == unit) {
            return match exact(&number, *factor) {
                Some(bytes) => ExprKind::Size(bytes),
                None => {
                    self.problems.push(problem::not_whole(span, text, "bytes"));
                    ExprKind::Bad
                }
            };
        }
        match duration(text) {
            Some(Some(milliseconds)) => ExprKind::Duration(milliseconds),
            Some(None) => {
                self.problems.push(problem::not_whole(span, text, "milliseconds"));
                ExprKind::Bad
            }
            None => {
                self.units.push((span, text.to_owned()));
                ExprKind::Bad
            }
        }
    }

    fn port(&mut self, text: &str, protocol: Protocol, span: Span) -> ExprKind {
        let numbers = text.split('/').next().unwrap_or_default();
        let port = |number: &str| number.parse::<u16>().ok().filter(|port| *port != 0);
        let (first, last) = match numbers.split_once('-') {
            Some((first, last)) => (first, Some(last)),
            None => (numbers, None),
        };
        for number in [Some(first), last].into_iter().flatten() {
            if port(number).is_none() {
                self.problems.push(problem::bad_port(span, number));
                return ExprKind::Bad;
            }
        }
        match (port(first), last.map(port)) {
            (Some(first), None) => ExprKind::Port(first, protocol),
            (Some(first), Some(Some(last))) if first <= last => {
                ExprKind::PortRange(first, last, protocol)
            }
            _ => {
                self.problems.push(problem::bad_port_range(span, text));
                ExprKind::Bad
            }
        }
    }

    /// Reports the part of an address that is wrong.
    fn ip(&mut self, text: &str, span: Span) -> Option<Ipv4Addr> {
        let ip = text.parse().ok();
        if ip.is_none() {
            let mut at = span.start;
            let parts: Vec<&str> = text.split('.').collect();
            let mut wrong = span;
            for part in &parts {
                let length = u32::try_from(part.len()).unwrap_or(0);
                if part.parse::<u8>().is_err() && parts.len() == 4 {
                    wrong = Span { start: at, end: at + length, ..span };
                    break;
                }
                at += length + 1;
            }
            self.problems.push(problem::bad_address(wrong, text));
        }
        ip
    }

    fn cidr(&mut self, text: &str, span: Span) -> ExprKind {
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let Some(ip) = self.ip(address, span) else { return ExprKind::Bad };
        let Some(prefix) = prefix.parse::<u8>().ok().filter(|prefix| *prefix <= 32) else {
            self.problems.push(problem::bad_prefix(span, text));
            return ExprKind::Bad;
        };
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        let first = Ipv4Addr::from(ip.to_bits() & mask);
        if first != ip {
            let network = format!("{first}/{prefix}");
            self.problems.push(problem::host_bits(span, text, &network, address));
        }
        ExprKind::Cidr(IpAddr::V4(first), prefix)
    }
}

/// A decimal number times a factor, when that is a whole number.
fn exact(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let product = digits.checked_mul(u128::from(factor))?;
    (product % scale == 0).then_some(product / scale).and_then(|bytes| u64::try_from(bytes).ok())
}

/// The milliseconds of `1h30m`: nothing if it is no duration, `Some(None)` if they are no number.
fn duration(text: &str) -> Option<Option<u64>> {
    let mut rest = text;
    let mut total = Some(0u64);
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).filter(|at| *at > 0)?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|l: char| !l.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let (_, factor) = DURATIONS.iter().find(|(name, _)| *name == unit)?;
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor));
        total = total.zip(part).and_then(|(total, part)| total.checked_add(part));
        rest = after;
    }
    Some(total)
}
