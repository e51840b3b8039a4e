//! Guests that are there, as the text of a manifest: `container` and `vm` read backwards.

mod block;
mod link;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::kinds::network::Network;
use crate::model::{Address, GuestKind, GuestSeen, Value};
use block::{Block, literal, option};
use link::{First, Link, Net};

/// What may be the first disk of a virtual machine.
const BUSES: [&str; 4] = ["scsi", "virtio", "sata", "ide"];

/// A manifest that grows by one guest after the other.
pub struct Import<'a> {
    cluster: &'a Address,
    networks: Vec<Net>,
    /// Labels that are taken, by their kind: `container.web`.
    taken: BTreeSet<String>,
    /// Networks that nobody wrote yet.
    added: String,
    guests: String,
    adopted: String,
    /// What became of each guest.
    pub addresses: Vec<Address>,
}

impl<'a> Import<'a> {
    /// Nothing yet, beside what a manifest has: its networks and the names that are taken.
    pub fn into_cluster(
        cluster: &'a Address,
        resources: impl Iterator<Item = (&'a Address, &'a Value)>,
    ) -> Import<'a> {
        let (mut networks, mut taken) = (Vec::new(), BTreeSet::new());
        for (address, spec) in resources {
            taken.insert(address.as_str().split('[').next().unwrap_or_default().to_owned());
            let is_plain = address.kind() == "network" && address.parent().is_none();
            let network = spec.read::<Network>().ok().filter(|_| is_plain);
            let own =
                network.filter(|it| it.cluster.as_ref().is_some_and(|of| of.address() == cluster));
            networks.extend(own.and_then(|it| Net::of(address.as_str(), &it)));
        }
        let (added, guests, adopted) = Default::default();
        Import { cluster, networks, taken, added, guests, adopted, addresses: Vec::new() }
    }

    /// The whole text; it is not formatted.
    pub fn text(&self) -> String {
        let text = format!("{}{}{}", self.added, self.guests, self.adopted);
        format!(
            "# Imported. `template` is what Proxmox says of each: name an image or a template\n# before one of them is made anew.\n{text}\n"
        )
    }

    /// Adds guests; those whose addresses are fixed tell the networks of the others.
    pub fn add(&mut self, guests: &[&GuestSeen]) {
        let (fixed, others): (Vec<&GuestSeen>, Vec<&GuestSeen>) =
            guests.iter().partition(|guest| guest.address().is_some());
        for guest in fixed.into_iter().chain(others) {
            self.guest(guest);
        }
    }

    fn guest(&mut self, guest: &GuestSeen) {
        let (kind, name) = match guest.kind {
            GuestKind::Container => ("container", "hostname"),
            GuestKind::Machine => ("vm", "name"),
        };
        let hostname = guest.config.get(name).map_or("", String::as_str);
        let label = self.label(kind, hostname, guest.vmid);
        let mut block = Block(format!("\n{kind} {label} {{\n"));
        block.line("on", self.cluster);
        block.line("id", guest.vmid);
        if !hostname.is_empty() && hostname != label.replace('_', "-") {
            block.text("hostname", hostname);
        }
        match guest.kind {
            GuestKind::Container => self.container(guest, &mut block),
            GuestKind::Machine => self.machine(guest, &mut block),
        }
        self.guests.push_str(&block.0);
        self.guests.push_str("}\n");
        let form = if guest.kind == GuestKind::Container { "lxc" } else { "qemu" };
        let id = literal(&format!("{}/{form}/{}", guest.node, guest.vmid));
        // Writing into a string cannot fail.
        let _ = write!(self.adopted, "\nadopt {kind}.{label} = {id}");
        self.addresses.extend(Address::parse(&format!("{kind}.{label}")));
    }

    /// A name that nobody has.
    fn label(&mut self, kind: &str, hostname: &str, vmid: u32) -> String {
        let short = hostname.split('.').next().unwrap_or_default().to_lowercase();
        let mut label: String =
            short.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if !label.starts_with(|c: char| c.is_ascii_lowercase()) {
            label = format!("guest_{label}");
        }
        let label = label.trim_end_matches('_').to_owned();
        let free = self.taken.insert(format!("{kind}.{label}"));
        let label = if free { label } else { format!("{label}_{vmid}") };
        self.taken.insert(format!("{kind}.{label}"));
        label
    }

    fn container(&mut self, guest: &GuestSeen, block: &mut Block) {
        let get = |name: &str| guest.config.get(name);
        let is = |name: &str| get(name).is_some_and(|it| it == "1");
        block.text("template", get("ostype").map_or("debian", String::as_str));
        block.number("cores", get("cores"), 1);
        block.size("memory", mib(get("memory"), 512), 512 << 20);
        block.size("swap", mib(get("swap"), 512), 0);
        block.disk("disk", get("rootfs"), 8 << 30);
        self.network(guest, block, "net0", "net0");
        for (at, line) in slots(guest, "net").filter(|(at, _)| *at > 0) {
            let name = option(line, "name").map_or_else(|| format!("net{at}"), str::to_owned);
            self.nic(guest, block, &name, line, line);
        }
        for (at, line) in slots(guest, "mp") {
            block.mount(at, line);
        }
        for (_, line) in slots(guest, "dev") {
            block.device(line);
        }
        let features = get("features").map_or("", String::as_str);
        let on: Vec<String> = ["nesting", "keyctl", "fuse"]
            .into_iter()
            .filter(|name| option(features, name) == Some("1"))
            .map(|name| format!("{name} = true"))
            .collect();
        if !on.is_empty() {
            block.raw(&format!("features {{ {} }}", on.join(", ")));
        }
        if !is("unprivileged") {
            block.line("unprivileged", false);
        }
        if let Some(program) = get("entrypoint") {
            block.text("entrypoint", program);
        }
        block.common(guest);
    }

    fn machine(&mut self, guest: &GuestSeen, block: &mut Block) {
        let get = |name: &str| guest.config.get(name);
        block.text("template", get("ostype").map_or("l26", String::as_str));
        block.number("cores", get("cores"), 1);
        block.size("memory", mib(get("memory"), 512), 1 << 30);
        let first = first_disk(guest);
        block.disk("disk", first.as_ref().and_then(|name| get(name)), 16 << 30);
        self.network(guest, block, "net0", "ipconfig0");
        for (at, line) in slots(guest, "net").filter(|(at, _)| *at > 0) {
            let told = get(&format!("ipconfig{at}")).map_or("", String::as_str);
            self.nic(guest, block, &format!("net{at:02}"), line, told);
        }
        for (at, line) in slots(guest, "scsi").filter(|(at, _)| *at > 0) {
            if line.starts_with("none") || option(line, "media") == Some("cdrom") {
                continue;
            }
            block.raw(&format!("data_disk scsi{at} {{"));
            block.disk("size", Some(line), 0);
            block.line("slot", at);
            block.raw("}");
        }
        for name in ["cpu", "machine", "bios"] {
            if let Some(value) = get(name) {
                block.text(name, value);
            }
        }
        let agent = get("agent").is_some_and(|it| it.starts_with('1') || it.contains("enabled=1"));
        if !agent {
            block.line("agent", false);
        }
        if !guest.config.values().any(|it| it.contains("cloudinit")) {
            block.line("cloud_init", false);
        }
        let keys = get("sshkeys").map(|it| decoded(it)).unwrap_or_default();
        let keys: Vec<String> =
            keys.lines().map(str::trim).filter(|it| !it.is_empty()).map(literal).collect();
        if !keys.is_empty() {
            block.raw(&format!("ssh_keys = [\n{}\n]", keys.join("\n")));
        }
        if option(get("hostpci0").map_or("", String::as_str), "mapping") == Some("gpu") {
            block.line("gpu", true);
        }
        block.common(guest);
    }

    fn network(&mut self, guest: &GuestSeen, block: &mut Block, line: &str, told: &str) {
        let get = |name: &str| guest.config.get(name).map_or("", String::as_str);
        let list = |name: &str| get(name).split([' ', ',']).filter_map(|it| it.parse().ok());
        let gateway = option(get(told), "gw").or_else(|| option(get(told), "gw6"));
        let domain = Some(get("searchdomain")).filter(|it| !it.is_empty()).map(str::to_owned);
        let first = First {
            gateway: gateway.and_then(|it| it.parse().ok()),
            dns: list("nameserver").collect(),
            domain,
        };
        let link = Link::of(get(line), get(told), Some(first));
        match self.joined(&link) {
            Some(network) => block.line("network", network),
            None => {
                block.raw("# Write its network here: nothing tells its addresses.");
                block.line("network", "null");
            }
        }
        block.line("ip", link.ip());
    }

    fn nic(&mut self, guest: &GuestSeen, block: &mut Block, name: &str, line: &str, told: &str) {
        let link = Link::of(line, told, None);
        let name: String =
            name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let Some(network) = self.joined(&link) else {
            let id = guest.vmid;
            block.raw(&format!("# `{name}` of guest {id} is left out: nothing tells its network."));
            return;
        };
        block.raw(&format!("nic {name} {{"));
        block.line("network", network);
        block.line("ip", link.ip());
        if let Some(rate) = option(line, "rate") {
            block.line("rate", rate);
        }
        if option(line, "firewall") == Some("1") {
            block.line("firewall", true);
        }
        block.raw("}");
    }

    /// The network that an interface is in; one that nobody wrote is added.
    fn joined(&mut self, link: &Link) -> Option<String> {
        if let Some(net) = self.networks.iter().find(|net| link.is_in(net)) {
            return Some(net.name.clone());
        }
        let address = link.address?;
        let mut name = "network.lan".to_owned();
        let mut number = 1;
        while !self.taken.insert(name.clone()) {
            number += 1;
            name = format!("network.lan_{number}");
        }
        let first = link.first.as_ref();
        let net = Net {
            name: name.clone(),
            bridge: link.bridge.clone(),
            vlan: link.vlan,
            mtu: link.mtu,
            cidr: address.trunc(),
            gateway: first.and_then(|it| it.gateway),
            dns: first.map(|it| it.dns.clone()).unwrap_or_default(),
            domain: first.and_then(|it| it.domain.clone()),
        };
        self.added.push_str(&net.text(self.cluster));
        self.networks.push(net);
        Some(name)
    }
}

/// The lines of a configuration that are called `mp0`, `mp1`, in their order.
fn slots<'g>(guest: &'g GuestSeen, of: &str) -> impl Iterator<Item = (u32, &'g String)> + use<'g> {
    let number = |name: &str| name.strip_prefix(of)?.parse::<u32>().ok();
    let mut found: Vec<(u32, &String)> =
        guest.config.iter().filter_map(|(name, line)| Some((number(name)?, line))).collect();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter()
}

/// The disk that a virtual machine starts from.
fn first_disk(guest: &GuestSeen) -> Option<String> {
    let boot = guest.config.get("boot").and_then(|it| option(it, "order")).unwrap_or_default();
    let is_disk = |name: &str| {
        let line = guest.config.get(name)?;
        let cdrom = option(line, "media") == Some("cdrom") || line.contains("cloudinit");
        (!cdrom && line.contains("size=")).then(|| name.to_owned())
    };
    let usual = BUSES.iter().map(|bus| format!("{bus}0"));
    boot.split(';').find_map(is_disk).or_else(|| usual.filter_map(|it| is_disk(&it)).next())
}

fn mib(text: Option<&String>, usual: u64) -> u64 {
    text.and_then(|it| it.parse::<u64>().ok()).unwrap_or(usual).saturating_mul(1 << 20)
}

/// Keys as Proxmox keeps them: percent-encoded.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let byte = match (first, more) {
            (b'%', [high, low, ..]) => std::str::from_utf8(&[*high, *low])
                .ok()
                .and_then(|hex| u8::from_str_radix(hex, 16).ok()),
            (_, _) => None,
        };
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &more[2..] } else { more };
    }
    String::from_utf8_lossy(&out).into_owned()
}
