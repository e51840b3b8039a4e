//! Quantities and addresses of the network: a bare number never stands for one of these.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// An amount of memory or disk, in bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Size(pub u64);

impl Size {
    /// Whole MiB, rounded up: what Proxmox counts memory in.
    pub fn mib(self) -> u64 {
        self.0.div_ceil(1 << 20)
    }

    /// Whole GiB, rounded up: what Proxmox counts disks in.
    pub fn gib(self) -> u64 {
        self.0.div_ceil(1 << 30)
    }

    /// So many MiB.
    pub fn from_mib(mib: u64) -> Size {
        Size(mib << 20)
    }

    /// Reads `512MiB`, `1.5GiB`, `10GB`; a fraction must come to whole bytes.
    pub fn parse(text: &str) -> Option<Size> {
        const UNITS: [(&str, u64); 9] = [
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
            ("TiB", 1 << 40),
            ("KB", 1_000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("TB", 1_000_000_000_000),
            ("B", 1),
        ];
        let at = text.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, unit) = text.split_at(at);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let whole = whole.parse::<u64>().ok()?.checked_mul(*factor)?;
        if fraction.is_empty() {
            return (!number.contains('.')).then_some(Size(whole));
        }
        let scale = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let part = fraction.parse::<u128>().ok()?.checked_mul(u128::from(*factor))?;
        let exact = (part % scale == 0).then_some(part / scale)?;
        whole.checked_add(u64::try_from(exact).ok()?).map(Size)
    }
}

/// Printed in the largest unit that is exact.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
        let exact = |bits: &u32| self.0 != 0 && self.0.is_multiple_of(1 << bits);
        match units.iter().find(|(_, bits)| exact(bits)) {
            Some((unit, bits)) => write!(f, "{}{unit}", self.0 >> bits),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// A length of time, in milliseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Duration(pub u64);

impl Duration {
    const UNITS: [(&str, u64); 6] = [
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];

    /// Whole seconds, rounded up.
    pub fn seconds(self) -> u64 {
        self.0.div_ceil(1000)
    }

    /// Reads `90s`, `1h30m`.
    pub fn parse(text: &str) -> Option<Duration> {
        let mut rest = text;
        let mut total = 0u64;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let (number, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            let (_, factor) = Duration::UNITS.iter().find(|(name, _)| *name == unit)?;
            total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*factor)?)?;
            rest = tail;
        }
        (!text.is_empty()).then_some(Duration(total))
    }
}

/// Printed as it would be written: `1h30m`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        Duration::UNITS.iter().try_for_each(|(unit, factor)| {
            let count = rest / factor;
            rest %= factor;
            if count > 0 { write!(f, "{count}{unit}") } else { Ok(()) }
        })
    }
}

/// A TCP or UDP port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub struct Port(u16);

impl Port {
    /// The port of this number.
    pub fn new(number: u16) -> Option<Port> {
        (number != 0).then_some(Port(number))
    }

    /// Its number.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl From<Port> for u16 {
    fn from(port: Port) -> u16 {
        port.0
    }
}

impl TryFrom<u16> for Port {
    type Error = String;

    fn try_from(number: u16) -> Result<Port, String> {
        Port::new(number).ok_or_else(|| "a port is never 0".to_owned())
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `tcp` or `udp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// `tcp`
    Tcp,
    /// `udp`
    Udp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        })
    }
}

/// `20000-29999/tcp`, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PortRange {
    /// The lowest port.
    pub first: Port,
    /// The highest port.
    pub last: Port,
    /// Of which protocol.
    pub protocol: Protocol,
}

impl PortRange {
    /// Reads `20000-29999/tcp`.
    pub fn parse(text: &str) -> Option<PortRange> {
        let (ports, protocol) = text.split_once('/')?;
        let (first, last) = ports.split_once('-')?;
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return None,
        };
        let (first, last) = (Port::new(first.parse().ok()?)?, Port::new(last.parse().ok()?)?);
        (first <= last).then_some(PortRange { first, last, protocol })
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}/{}", self.first, self.last, self.protocol)
    }
}

impl From<PortRange> for String {
    fn from(range: PortRange) -> String {
        range.to_string()
    }
}

impl TryFrom<String> for PortRange {
    type Error = String;

    fn try_from(text: String) -> Result<PortRange, String> {
        PortRange::parse(&text).ok_or_else(|| format!("`{text}` is no range of ports"))
    }
}

/// A network, written with its first address: `10.0.0.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cidr(ipnet::IpNet);

impl Cidr {
    /// The network of `prefix` bits that starts at `address`; none if host bits are set.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Cidr> {
        let net = ipnet::IpNet::new(address, prefix).ok()?;
        (net.network() == address).then_some(Cidr(net))
    }

    /// Reads `10.0.0.0/24`.
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, prefix) = text.split_once('/')?;
        Cidr::new(address.parse().ok()?, prefix.parse().ok()?)
    }

    /// Its first address.
    pub fn base(self) -> IpAddr {
        self.0.network()
    }

    /// How many leading bits its addresses share.
    pub fn prefix(self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether `address` lies in it.
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// Whether the two share an address.
    pub fn overlaps(self, other: Cidr) -> bool {
        self.contains(other.base()) || other.contains(self.base())
    }

    /// The address `index` places after the first.
    pub fn nth(self, index: u128) -> Option<IpAddr> {
        let address = match self.base() {
            IpAddr::V4(base) => {
                let number = u128::from(u32::from(base)).checked_add(index)?;
                IpAddr::V4(u32::try_from(number).ok()?.into())
            }
            IpAddr::V6(base) => IpAddr::V6(u128::from(base).checked_add(index)?.into()),
        };
        self.contains(address).then_some(address)
    }

    /// How many places after the first an address lies.
    pub fn index_of(self, address: IpAddr) -> Option<u128> {
        if !self.contains(address) {
            return None;
        }
        match (self.base(), address) {
            (IpAddr::V4(base), IpAddr::V4(it)) => Some((u32::from(it) - u32::from(base)).into()),
            (IpAddr::V6(base), IpAddr::V6(it)) => Some(u128::from(it) - u128::from(base)),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
        }
    }

    /// The addresses a guest may have: without the first and, for IPv4, the last one.
    pub fn hosts(self) -> impl Iterator<Item = IpAddr> {
        self.0.hosts().filter(move |address| self.prefix() >= 31 || *address != self.base())
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
