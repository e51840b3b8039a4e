//! `network`: an address range behind a bridge. It describes; it is managed only as SDN.

use std::net::IpAddr;

use crate::kinds::{Around, Objection, declared};
use crate::model::{Cidr, Duration, Ref};
use crate::schema::{Type, object, spec};

object! {
    /// Who hands out addresses.
    Dhcp {
        /// The addresses that are handed out.
        range: String, Note, required, is Type::IpRange;
        /// For how long.
        lease: Duration, Note, default "12h";
        /// Names follow addresses.
        ddns: bool, Note, default "false";
        /// The program.
        engine: String, Note, default "\"external\"",
            is Type::OneOf(&["dnsmasq", "kea", "external"]);
        /// Where it runs.
        on: Option<Ref>, Note, optional, is Type::Ref(&["machine"]);
    }
}

spec! {
    /// A network that guests join.
    "network" Network {
        /// The cluster it belongs to.
        cluster: Option<Ref>, Note, optional, is Type::Ref(&["cluster"]);
        /// The bridge on the nodes; by default the node's.
        bridge: Option<String>, Note, optional;
        /// The VLAN tag.
        vlan: Option<u32>, Note, optional, is Type::Int(1, 4094);
        /// The MTU.
        mtu: Option<u32>, Note, optional, is Type::Int(576, 65_520);
        /// Its addresses.
        cidr: Cidr, Note, required;
        /// The way out.
        gateway: Option<IpAddr>, Note, optional;
        /// Name servers.
        dns: Vec<IpAddr>, Note, default "[]";
        /// The domain of its guests.
        domain: Option<String>, Note, optional, is Type::Fqdn;
        /// The ranges that `ip = "auto"` takes from.
        pool: Vec<String>, Note, default "[]", is Type::List(std::sync::Arc::new(Type::IpRange));
        /// Who hands out addresses.
        dhcp: Option<Dhcp>, Note, optional;
    }
}

/// The two ends of `10.0.0.10-10.0.0.99`.
pub fn ends(range: &str) -> Option<(IpAddr, IpAddr)> {
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}

declared! {
    Network {
        fn complete(&mut self, _around: &dyn Around) -> Vec<Objection> {
            let mut objections = Vec::new();
            let mut inside = |field: &str, what: &str, address: IpAddr| {
                if !self.cidr.contains(address) {
                    objections.push(Objection {
                        field: field.to_owned(),
                        message: format!("{what} `{address}` lies outside of `{}`", self.cidr),
                        help: "write an address of the network, or a wider `cidr`".to_owned(),
                    });
                }
            };
            if let Some(gateway) = self.gateway {
                inside("gateway", "the gateway", gateway);
            }
            for range in &self.pool {
                if let Some((first, last)) = ends(range) {
                    inside("pool", "the pool's first address", first);
                    inside("pool", "the pool's last address", last);
                }
            }
            objections
        }
    }
}
