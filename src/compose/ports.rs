//! What a service publishes on the machine: ports in both forms that Compose knows.

use std::net::IpAddr;

use crate::model::Protocol;
use crate::source::Span;

/// Ports of the machine that lead to ports of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// Where it is written.
    pub at: Span,
    /// The first port of the machine; nothing if Docker picks one.
    pub first: Option<u16>,
    /// The last one.
    pub last: Option<u16>,
    /// The first port of the container.
    pub inside: u16,
    /// The last one.
    pub inside_last: u16,
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The only address of the machine that it is published on.
    pub only_on: Option<IpAddr>,
}

impl Published {
    /// `8080:80`, `127.0.0.1:8000-8010:80-90/udp`, `80`.
    pub fn short(text: &str, at: Span) -> Option<Published> {
        let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let (outside, inside) = match ports.rsplit_once(':') {
            Some((outside, inside)) => (Some(outside), inside),
            None => (None, ports),
        };
        let (host, outside) = match outside.and_then(|it| it.rsplit_once(':')) {
            Some((host, outside)) => (Some(host), Some(outside)),
            None => (None, outside),
        };
        Published::new(outside.unwrap_or_default(), inside, protocol, host, at)
    }

    /// From the parts of the long form.
    pub fn new(
        outside: &str,
        inside: &str,
        protocol: &str,
        host: Option<&str>,
        at: Span,
    ) -> Option<Published> {
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return None,
        };
        let (inside, inside_last) = range(inside)?;
        let (first, last) = match outside {
            "" => (None, None),
            outside => {
                let (first, last) = range(outside)?;
                (Some(first), Some(last))
            }
        };
        // A range of ports for one port of the container: Docker picks a free one of the range.
        let counts = (first.zip(last).map(|(first, last)| last - first), inside_last - inside);
        if matches!(counts, (Some(outer), inner) if outer != inner && inner != 0) {
            return None;
        }
        let host = host.map(|host| host.trim_matches(['[', ']'])).filter(|host| !host.is_empty());
        let only_on = match host.map(str::parse::<IpAddr>) {
            Some(Ok(address)) => Some(address).filter(|address| !address.is_unspecified()),
            Some(Err(_)) => return None,
            None => None,
        };
        Some(Published { at, first, last, inside, inside_last, protocol, only_on })
    }

    /// Whether a port of the machine is one of them.
    pub fn has(&self, port: u16, protocol: Protocol) -> bool {
        let range = self.first.zip(self.last);
        self.protocol == protocol
            && range.is_some_and(|(first, last)| (first..=last).contains(&port))
    }

    /// Whether it cannot be reached from other machines.
    pub fn only_here(&self) -> bool {
        self.only_on.is_some_and(|address| address.is_loopback())
    }

    /// The ports of the machine as they are written: `8080`, `8000-8010`.
    pub fn outside(&self) -> Option<String> {
        let (first, last) = self.first.zip(self.last)?;
        Some(if first == last { first.to_string() } else { format!("{first}-{last}") })
    }
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<u16>().ok().filter(|it| *it != 0);
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}
