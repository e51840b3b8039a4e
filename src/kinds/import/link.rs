//! Shared by both sorts of guests that are imported: the networks that they are in.

use std::net::IpAddr;

use ipnet::IpNet;

use super::block::{Block, option};
use crate::kinds::network::Network;
use crate::model::Address;

/// The bridge of a network that names none.
const BRIDGE: &str = "vmbr0";

/// What a network says that its guests need.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Net {
    pub(super) name: String,
    pub(super) bridge: String,
    pub(super) vlan: Option<u32>,
    pub(super) mtu: Option<u32>,
    pub(super) cidr: IpNet,
    pub(super) gateway: Option<IpAddr>,
    pub(super) dns: Vec<IpAddr>,
    pub(super) domain: Option<String>,
}

/// What an interface of a guest says.
pub(super) struct Link {
    pub(super) bridge: String,
    pub(super) vlan: Option<u32>,
    pub(super) mtu: Option<u32>,
    /// Its address with its prefix, unless somebody hands one out.
    pub(super) address: Option<IpNet>,
    /// What only the first one says.
    pub(super) first: Option<First>,
}

pub(super) struct First {
    pub(super) gateway: Option<IpAddr>,
    pub(super) dns: Vec<IpAddr>,
    pub(super) domain: Option<String>,
}

impl Net {
    pub(super) fn of(name: &str, network: &Network) -> Option<Net> {
        Some(Net {
            name: name.to_owned(),
            bridge: network.bridge.clone().unwrap_or_else(|| BRIDGE.to_owned()),
            vlan: network.vlan,
            mtu: network.mtu,
            cidr: network.cidr.to_string().parse().ok()?,
            gateway: network.gateway,
            dns: network.dns.clone(),
            domain: network.domain.clone(),
        })
    }

    pub(super) fn text(&self, cluster: &Address) -> String {
        let name = self.name.trim_start_matches("network.");
        let mut block = Block(format!("\nnetwork {name} {{\n"));
        block.line("cluster", cluster);
        block.line("cidr", self.cidr);
        block.text("bridge", &self.bridge);
        self.vlan.into_iter().for_each(|it| block.line("vlan", it));
        self.mtu.into_iter().for_each(|it| block.line("mtu", it));
        self.gateway.into_iter().for_each(|it| block.line("gateway", it));
        let dns: Vec<String> = self.dns.iter().map(ToString::to_string).collect();
        if !dns.is_empty() {
            block.line("dns", format!("[{}]", dns.join(", ")));
        }
        self.domain.iter().for_each(|it| block.text("domain", it));
        block.0 + "}\n"
    }
}

impl Link {
    pub(super) fn of(line: &str, told: &str, first: Option<First>) -> Link {
        let number = |name: &str| option(line, name).and_then(|it| it.parse().ok());
        let address = option(told, "ip").filter(|it| it.contains('/'));
        let address = address.or_else(|| option(told, "ip6"));
        Link {
            bridge: option(line, "bridge").unwrap_or(BRIDGE).to_owned(),
            vlan: number("tag"),
            mtu: number("mtu"),
            address: address.and_then(|it| it.parse().ok()),
            first,
        }
    }

    pub(super) fn ip(&self) -> String {
        self.address.map_or_else(|| "\"dhcp\"".to_owned(), |it| it.addr().to_string())
    }

    pub(super) fn is_in(&self, net: &Net) -> bool {
        let here = |address: IpNet| address.trunc() == net.cidr;
        let told = self.first.as_ref().is_none_or(|first| {
            // Who asks for an address is told the way out with it.
            let gateway = self.address.is_none() || first.gateway == net.gateway;
            gateway && first.dns == net.dns && first.domain == net.domain
        });
        (&self.bridge, self.vlan, self.mtu) == (&net.bridge, net.vlan, net.mtu)
            && self.address.is_none_or(here)
            && told
    }
}
