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

    /// The node that a guest is on; nothing if there is no such guest.
    pub async fn place_of(&self, vmid: u32) -> Result<Option<String>, Fault> {
        match self.node_of(vmid) {
            Some(node) => Ok(Some(node)),
            None => self.find(vmid).await,
        }
    }

    /// The address of a node, as its cluster knows it; its name where that is not told.
    pub async fn node_address(&self, name: &str) -> String {
        let status = self.client.get("/cluster/status", &[]).await.unwrap_or_default();
        let nodes: Vec<&Value> = status
            .as_array()
            .into_iter()
            .flatten()
            .filter(|it| it["type"].as_str() == Some("node"))
            .collect();
        let row = nodes.iter().find(|it| it["name"].as_str() == Some(name));
        let known = row.and_then(|it| it["ip"].as_str()).map(str::to_owned);
        match (known, nodes.as_slice()) {
            (Some(ip), _) => ip,
            (None, [_]) => self.host().to_owned(),
            (None, _) => name.to_owned(),
        }
    }

    /// The SSH keys of a virtual machine, read inside it by its agent; none if that cannot tell.
    pub async fn host_keys(&self, vmid: u32) -> Vec<String> {
        let Some(node) = self.node_of(vmid) else { return Vec::new() };
        let path = format!("/nodes/{node}/qemu/{vmid}/agent/file-read");
        let mut keys = Vec::new();
        for kind in ["ed25519", "ecdsa", "rsa"] {
            let file = format!("/etc/ssh/ssh_host_{kind}_key.pub");
            let Ok(answer) = self.client.get(&path, &[("file", &file)]).await else { continue };
            let line = answer["content"].as_str().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().take(2).collect();
            if words.len() == 2 {
                keys.push(words.join(" "));
            }
        }
        keys
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
