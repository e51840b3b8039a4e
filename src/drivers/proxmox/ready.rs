//! Waits until a guest runs and has its addresses.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::config::{Properties, hardware_address};
use super::{Cluster, Form, Ownership};
use crate::drivers::Fault;

/// How a guest can be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Its address.
    pub ip: Option<String>,
    /// Its hardware address.
    pub mac: Option<String>,
    /// The node that it is on.
    pub node: String,
}

impl Cluster {
    /// Waits until a guest runs and its address is known.
    pub async fn running(
        &self,
        container: bool,
        vmid: u32,
        within: Duration,
        whose: &dyn Ownership,
    ) -> Result<Reached, Fault> {
        let form = if container { Form::Container } else { Form::Machine };
        let node = match self.node_of(vmid) {
            Some(node) => node,
            None => self.find(vmid).await?.unwrap_or_default(),
        };
        let guest = self.guest((form, vmid, &node), false, whose).await?;
        let guest = guest.ok_or_else(|| Fault::Refused(format!("guest {vmid} is gone")))?;
        let net = guest.config.get("net0").cloned().unwrap_or_default();
        let mac = hardware_address(&net);
        let line = if container { "net0" } else { "ipconfig0" };
        let told = guest.config.get(line).map(|text| Properties::parse(text));
        let told = told.and_then(|it| it.get("ip").or(it.get("ip6")).map(str::to_owned));
        let fixed = told.as_deref().and_then(|it| it.split('/').next()?.parse().ok());
        let fixed: Option<std::net::IpAddr> = fixed;
        let (until, mut pause) = (Instant::now() + within, Duration::from_millis(100));
        loop {
            let status = self.client.get(&guest.path("/status/current"), &[]).await;
            let status = status.map_err(|it| self.cannot(it))?;
            let runs = status["status"].as_str() == Some("running");
            let ip = match (runs, fixed) {
                (true, Some(ip)) => Some(ip.to_string()),
                (true, None) => self.address(&guest.path(""), form, mac.as_deref()).await,
                (false, _) => None,
            };
            if ip.is_some() || runs && told.is_none() {
                return Ok(Reached { ip, mac, node: guest.node });
            }
            if Instant::now() + pause > until {
                let secs = within.as_secs();
                let what = match (runs, form) {
                    (false, _) => "it does not run",
                    (true, Form::Container) => "it has no address yet: is there a DHCP server?",
                    (true, Form::Machine) => {
                        "it does not tell its address: does the guest agent run?"
                    }
                };
                let why = format!("guest {vmid} was not ready within {secs} s: {what}");
                return Err(Fault::Refused(why));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(Duration::from_secs(2));
        }
    }

    /// The address that a guest has on its first interface.
    async fn address(&self, path: &str, form: Form, mac: Option<&str>) -> Option<String> {
        let (path, list) = match form {
            Form::Container => (format!("{path}/interfaces"), None),
            Form::Machine => (format!("{path}/agent/network-get-interfaces"), Some("result")),
        };
        // Until it has started, there is an error where the interfaces will be.
        let answer = self.client.get(&path, &[]).await.ok()?;
        let interfaces = list.map_or(&answer, |name| &answer[name]);
        let same = |interface: &&Value| {
            let address = interface["hardware-address"].as_str().or(interface["hwaddr"].as_str());
            match (address, mac) {
                (Some(address), Some(mac)) => address.eq_ignore_ascii_case(mac),
                (_, _) => interface["name"].as_str() == Some("eth0"),
            }
        };
        let interface = interfaces.as_array()?.iter().find(same)?;
        let listed = interface["ip-addresses"].as_array().into_iter().flatten();
        let listed = listed.filter_map(|it| it["ip-address"].as_str());
        let old = ["inet", "inet6"].into_iter().filter_map(|name| interface[name].as_str());
        let all = listed.chain(old).filter_map(|it| it.split('/').next()?.parse().ok());
        let all: Vec<std::net::IpAddr> = all.filter(is_useful).collect();
        let first = all.iter().find(|ip| ip.is_ipv4()).or(all.first());
        first.map(ToString::to_string)
    }
}

fn is_useful(ip: &std::net::IpAddr) -> bool {
    match ip {
        std::net::IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
        std::net::IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local(),
    }
}
