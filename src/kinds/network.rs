//! `network`: an address range behind a bridge. It describes; it is managed only as SDN.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::json;

use crate::kinds::{Around, First, Found, Kind, Memory, Objection};
use crate::model::{Answer, Bundle, Cidr, Duration, ObjectId, Question, Ref, Step, run};
use crate::schema::{Type, object, spec};

object! {
    /// Who hands out addresses.
    Dhcp {
        /// The addresses that are handed out.
        range: String, Reload, required, is Type::IpRange;
        /// For how long.
        lease: Duration, Reload, default "12h";
        /// Names follow addresses.
        ddns: bool, Reload, default "false";
        /// The program; one that is external is not configured.
        engine: String, Reload, default "\"external\"",
            is Type::OneOf(&["dnsmasq", "kea", "external"]);
        /// Where it runs.
        on: Option<Ref>, Reload, optional, is Type::Ref(&["machine", "app"]);
        /// More options, as the program names them: `ntp-server`.
        options: Option<BTreeMap<String, String>>, Reload, optional;
    }
}

spec! {
    /// A network that guests join.
    "network" Network {
        /// The cluster it belongs to.
        cluster: Option<Ref>, Note,
            default "if length(all.cluster) == 1 then first(all.cluster) else null",
            is Type::Ref(&["cluster"]);
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
        dhcp: Option<Dhcp>, Reload, optional;
        /// It is a virtual network that `paas` makes; else its bridge exists already.
        sdn: Option<bool>, Note, optional,
            idle "the bridge has to exist: no virtual network is made";
        /// The machine of the program that hands out addresses.
        machine: Option<Ref>, Replace, derived "self.dhcp?.on?.machine",
            is Type::Ref(&["machine"]);
    }
}

/// The two ends of `10.0.0.10-10.0.0.99`.
pub fn ends(range: &str) -> Option<(IpAddr, IpAddr)> {
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}

impl Network {
    /// The configuration of the program that hands out addresses, if that is ours to write.
    fn bundle(&self, id: &ObjectId) -> Option<Bundle> {
        let (dhcp, machine) = (self.dhcp.as_ref()?, self.machine.as_ref()?);
        let (first, last) = ends(&dhcp.range)?;
        let (path, content, service) = match dhcp.engine.as_str() {
            "dnsmasq" => {
                let path = format!("/etc/dnsmasq.d/paas-{}.conf", id.slug());
                (path, self.dnsmasq(id, dhcp, first, last), "dnsmasq")
            }
            "kea" => {
                let path = format!("/etc/kea/paas-{}.json", id.slug());
                (path, self.kea(dhcp, first, last), "kea-dhcp4-server")
            }
            _ => return None,
        };
        let mut bundle = Bundle::on(machine).file(path, content);
        bundle.start.push(run(&["systemctl", "restart", service]));
        bundle.settle.push(run(&["systemctl", "restart", service]));
        Some(bundle)
    }

    fn dnsmasq(&self, id: &ObjectId, dhcp: &Dhcp, first: IpAddr, last: IpAddr) -> String {
        let mut out = format!("# {}\n", id.address);
        let seconds = dhcp.lease.seconds();
        out.push_str(&format!("dhcp-range={first},{last},{seconds}\n"));
        if let Some(gateway) = self.gateway {
            out.push_str(&format!("dhcp-option=option:router,{gateway}\n"));
        }
        let servers: Vec<String> = self.dns.iter().map(ToString::to_string).collect();
        if !servers.is_empty() {
            out.push_str(&format!("dhcp-option=option:dns-server,{}\n", servers.join(",")));
        }
        if let Some(domain) = &self.domain {
            let local =
                if dhcp.ddns { format!("local=/{domain}/\nexpand-hosts\n") } else { String::new() };
            out.push_str(&format!("domain={domain},{}\n{local}", self.cidr));
        }
        if dhcp.ddns {
            out.push_str("dhcp-fqdn\n");
        }
        for (name, value) in dhcp.options.iter().flatten() {
            out.push_str(&format!("dhcp-option=option:{name},{value}\n"));
        }
        out
    }

    fn kea(&self, dhcp: &Dhcp, first: IpAddr, last: IpAddr) -> String {
        let option = |name: &str, data: String| json!({ "name": name, "data": data });
        let mut options = Vec::new();
        options.extend(self.gateway.map(|it| option("routers", it.to_string())));
        let servers: Vec<String> = self.dns.iter().map(ToString::to_string).collect();
        if !servers.is_empty() {
            options.push(option("domain-name-servers", servers.join(", ")));
        }
        options.extend(self.domain.clone().map(|it| option("domain-name", it)));
        let more = dhcp.options.iter().flatten();
        options.extend(more.map(|(name, value)| option(name, value.clone())));
        let subnet = json!({
            "subnet": self.cidr.to_string(),
            "pools": [{ "pool": format!("{first} - {last}") }],
            "valid-lifetime": dhcp.lease.seconds(),
            "ddns-send-updates": dhcp.ddns,
            "option-data": options,
        });
        format!("{:#}\n", json!({ "subnet4": [subnet] }))
    }

    fn outside(&self) -> Vec<Objection> {
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
        if let Some((first, last)) = self.dhcp.as_ref().and_then(|dhcp| ends(&dhcp.range)) {
            inside("dhcp/range", "the first address that is handed out", first);
            inside("dhcp/range", "the last address that is handed out", last);
        }
        objections
    }
}

impl Kind for Network {
    const WORD: &'static str = Network::KIND;
    const ABOUT: &'static str = Network::DOC;
    const FIRST: First = First::Create;

    fn complete(&mut self, _around: &dyn Around) -> Vec<Objection> {
        let mut objections = self.outside();
        let Some(dhcp) = &self.dhcp else { return objections };
        if dhcp.engine != "external" && dhcp.on.is_none() {
            objections.push(Objection {
                field: "dhcp/engine".to_owned(),
                message: format!("`{}` needs a machine to run on", dhcp.engine),
                help: "write `on = …`, or `engine = \"external\"` if others look after it"
                    .to_owned(),
            });
        }
        let handed_out = ends(&dhcp.range);
        let both = self.pool.iter().filter_map(|range| {
            let (pool, dhcp) = (ends(range)?, handed_out?);
            (pool.0 <= dhcp.1 && dhcp.0 <= pool.1).then_some(range)
        });
        objections.extend(both.map(|range| Objection {
            field: "dhcp/range".to_owned(),
            message: format!("`{}` and the pool `{range}` have addresses in common", dhcp.range),
            help: "an address is either handed out or picked by the planner".to_owned(),
        }));
        objections
    }

    fn create(&self, id: &ObjectId, _: &str) -> Vec<Step> {
        self.bundle(id).map_or(Vec::new(), |bundle| bundle.create(id))
    }

    fn update(&self, id: &ObjectId, _: &str, before: &Network, _: &[&str]) -> Vec<Step> {
        match (before.bundle(id), self.bundle(id)) {
            (None, None) => Vec::new(),
            (None, Some(now)) => now.create(id),
            (Some(old), None) => old.delete(id),
            (Some(old), Some(now)) if old == now => Vec::new(),
            (Some(old), Some(now)) => now.update(id, &old),
        }
    }

    fn delete(&self, id: &ObjectId) -> Vec<Step> {
        self.bundle(id).map_or(Vec::new(), |bundle| bundle.delete(id))
    }

    fn look(&self, id: &ObjectId) -> Option<Question> {
        self.bundle(id).map(|bundle| bundle.look(id))
    }

    fn found(&self, memory: Memory<'_>, answer: &Answer) -> Found {
        match self.bundle(memory.id) {
            Some(bundle) => memory.found(&bundle, answer),
            None => Found::Ours(BTreeMap::new()),
        }
    }
}
