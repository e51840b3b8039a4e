//! Picks free VM ids, addresses, ports and nodes, so that a plan leaves nothing open.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::kinds;
use crate::model::{Address, Cidr, GuestSeen, Object, PortRange, Ref, Value};
use crate::plan::{Blocked, Inputs};
use crate::problem::change;
use crate::schema::Choice;
use crate::state::Record;

/// Everything that is given out already, and what each node carries.
pub struct Pools<'a> {
    inputs: Inputs<'a>,
    /// Per cluster.
    ids: BTreeMap<Address, BTreeSet<u32>>,
    /// Per network.
    ips: BTreeMap<Address, BTreeSet<IpAddr>>,
    /// Per proxy, by port and protocol.
    ports: BTreeMap<Address, BTreeSet<(u64, &'static str)>>,
    /// Per cluster: memory promised by node.
    loads: BTreeMap<Address, BTreeMap<String, u64>>,
    /// What may still be free: a search goes on where the last one stopped.
    rest_ids: BTreeMap<Address, std::ops::RangeInclusive<u32>>,
    rest_ips: BTreeMap<Address, Box<dyn Iterator<Item = IpAddr>>>,
    rest_ports: BTreeMap<(Address, &'static str), Box<dyn Iterator<Item = u64>>>,
}

impl<'a> Pools<'a> {
    /// Takes note of everything that is fixed: what the manifest writes, what the state keeps for
    /// resources that stay, and what others have.
    pub fn new(inputs: Inputs<'a>) -> Pools<'a> {
        let mut pools = Pools {
            inputs,
            ids: BTreeMap::new(),
            ips: BTreeMap::new(),
            ports: BTreeMap::new(),
            loads: BTreeMap::new(),
            rest_ids: BTreeMap::new(),
            rest_ips: BTreeMap::new(),
            rest_ports: BTreeMap::new(),
        };
        for (address, cluster) in &inputs.seen.clusters {
            let ids = cluster.guests.iter().map(|guest| guest.vmid);
            pools.ids.entry(address.clone()).or_default().extend(ids);
            let loads = cluster.nodes.iter().filter(|(_, node)| node.online);
            let loads = loads.map(|(name, node)| (name.clone(), node.memory_used));
            pools.loads.insert(address.clone(), loads.collect());
        }
        let recorded = inputs.state.records.values().flat_map(Record::possible);
        for intent in recorded {
            pools.take_all(&intent.spec);
        }
        for (address, resource) in &inputs.desired.resources {
            let spec = &resource.intent.spec;
            pools.take_all(spec);
            if address.kind() == "network"
                && let Some(cluster) = target(spec, "cluster")
                && let Some(seen) = inputs.seen.clusters.get(&cluster)
            {
                let theirs = seen.guests.iter().filter_map(GuestSeen::address);
                pools.ips.entry(address.clone()).or_default().extend(theirs);
            }
        }
        pools
    }

    /// Every number that a spec fixes.
    fn take_all(&mut self, spec: &Value) {
        let target = |name: &str| Some(reference(spec.get(name)?)?.address().clone());
        if let (Some(cluster), Some(id)) = (target("cluster"), spec["id"].as_u64())
            && let Ok(id) = u32::try_from(id)
        {
            self.ids.entry(cluster).or_default().insert(id);
        }
        if let (Some(network), Some(ip)) = (target("network"), spec["ip"].as_str())
            && let Ok(ip) = ip.parse()
        {
            self.ips.entry(network).or_default().insert(ip);
        }
        for nic in spec["nic"].as_object().into_iter().flat_map(Object::values) {
            if let (Some(network), Some(ip)) = (self::target(nic, "network"), nic["ip"].as_str())
                && let Ok(ip) = ip.parse()
            {
                self.ips.entry(network).or_default().insert(ip);
            }
        }
        if let (Some(proxy), Some(port)) = (target("via"), spec["external_port"].as_u64()) {
            self.ports.entry(proxy).or_default().insert((port, protocol(spec)));
        }
    }

    /// Fills in every field of `spec` that is left to the planner. What `before` had is kept, a
    /// node that is away only if the object still `exists` there.
    pub fn fill(
        &mut self,
        address: &Address,
        spec: &mut Value,
        before: Option<&Value>,
        exists: bool,
    ) -> Result<(), Blocked> {
        let Some(kind) = kinds::find(address.kind()) else { return Ok(()) };
        for field in &kind.schema().fields {
            let Some(choice) = field.choice else { continue };
            if spec.get(field.name).and_then(Value::as_str) != Some("auto") {
                continue;
            }
            let kept = before
                .and_then(|before| before.get(field.name))
                .filter(|value| value.as_str() != Some("auto") && !value.is_null());
            let value = match kept {
                Some(value) if self.still_fits(choice, spec, value, exists) => value.clone(),
                _ => self.pick(choice, spec).map_err(|why| blocked(address, choice, &why))?,
            };
            spec.set(field.name, value);
            if choice == Choice::Node {
                self.describe_node(spec);
            }
        }
        self.fill_nics(address, spec, before)
    }

    /// Fills in the addresses of further interfaces.
    fn fill_nics(
        &mut self,
        address: &Address,
        spec: &mut Value,
        before: Option<&Value>,
    ) -> Result<(), Blocked> {
        let Some(mut nics) = spec.get("nic").cloned() else { return Ok(()) };
        let of = nics.as_object().into_iter().flat_map(Object::iter);
        let open: Vec<(String, Value)> = of
            .filter(|(_, nic)| nic["ip"] == "auto")
            .map(|(name, nic)| (name.to_owned(), nic.clone()))
            .collect();
        for (name, mut nic) in open {
            let kept = before.and_then(|before| before.get("nic")?.get(&name)?.get("ip"));
            let ip = match kept {
                Some(ip) if self.still_fits(Choice::Ip, &nic, ip, true) => ip.clone(),
                Some(_) | None => {
                    self.pick_ip(&nic).map_err(|why| blocked(address, Choice::Ip, &why))?
                }
            };
            nic.set("ip", ip);
            nics.set(&name, nic);
        }
        spec.set("nic", nics);
        Ok(())
    }

    fn still_fits(&self, choice: Choice, spec: &Value, value: &Value, exists: bool) -> bool {
        match choice {
            Choice::VmId => true,
            Choice::Ip => {
                let ip = value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
                let cidr = self.of(spec, "network").and_then(|network| cidr(&network));
                ip.zip(cidr).is_some_and(|(ip, cidr)| cidr.contains(ip))
            }
            // What is on a node stays there while the node is away: moving it would destroy it.
            Choice::Node => {
                let seen =
                    target(spec, "cluster").and_then(|it| self.inputs.seen.clusters.get(&it));
                let name = value.as_str().unwrap_or_default();
                seen.is_none_or(|seen| seen.nodes.get(name).is_some_and(|it| exists || it.online))
            }
            Choice::Port => {
                let ranges = self.ranges(spec);
                let port = value.as_u64().unwrap_or_default();
                ranges.iter().any(|range| {
                    u64::from(range.first.number()) <= port
                        && port <= u64::from(range.last.number())
                })
            }
        }
    }

    fn pick(&mut self, choice: Choice, spec: &Value) -> Result<Value, String> {
        match choice {
            Choice::VmId => self.pick_id(spec),
            Choice::Ip => self.pick_ip(spec),
            Choice::Node => self.pick_node(spec),
            Choice::Port => self.pick_port(spec),
        }
    }

    fn pick_id(&mut self, spec: &Value) -> Result<Value, String> {
        let cluster = target(spec, "cluster").ok_or("it has no cluster")?;
        let ids = self.of(spec, "cluster").map(|cluster| cluster["ids"].clone());
        let end = |name: &str, default: u32| {
            let number = ids.as_ref().and_then(|ids| ids[name].as_u64());
            number.and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
        };
        let (first, last) = (end("first", 10_000), end("last", 99_999));
        let taken = self.ids.entry(cluster.clone()).or_default();
        let rest = self.rest_ids.entry(cluster).or_insert(first..=last);
        let free = rest.by_ref().find(|id| !taken.contains(id));
        let id = free.ok_or_else(|| format!("every id from {first} to {last} is taken"))?;
        taken.insert(id);
        Ok(id.into())
    }

    fn pick_ip(&mut self, spec: &Value) -> Result<Value, String> {
        let name = target(spec, "network").ok_or("`ip = \"auto\"` needs a network")?;
        let network = self.of(spec, "network").ok_or("its network is not known")?;
        let cidr = cidr(&network).ok_or("its network has no addresses")?;
        let taken = self.ips.entry(name.clone()).or_default();
        let reserved = reserved(&network);
        let rest = self.rest_ips.entry(name).or_insert_with(|| candidates(&network, cidr));
        let free = rest.find(|ip| {
            !taken.contains(ip) && !reserved.iter().any(|(first, last)| first <= ip && ip <= last)
        });
        let ip = free.ok_or_else(|| format!("no address of `{cidr}` is free"))?;
        taken.insert(ip);
        Ok(ip.to_string().into())
    }

    fn pick_node(&mut self, spec: &Value) -> Result<Value, String> {
        let cluster = target(spec, "cluster").ok_or("it has no cluster")?;
        let placement = self.of(spec, "cluster").map(|it| it["placement"].clone());
        let loads = self.loads.entry(cluster.clone()).or_default();
        let seen = self.inputs.seen.clusters.get(&cluster);
        let memory = spec["memory"].as_u64().unwrap_or(0);
        let gpu = spec["gpu"].as_bool() == Some(true);
        let declared: BTreeMap<&str, bool> = self
            .inputs
            .desired
            .resources
            .range(Address::new(Some(&cluster), "node", "", None)..)
            .take_while(|(address, _)| address.parent().as_ref() == Some(&cluster))
            .filter(|(address, _)| address.kind() == "node")
            .map(|(address, it)| (address.name(), it.intent.spec["gpu"].as_bool() == Some(true)))
            .collect();
        let said = |name: &str, what: &str| {
            let address = Address::new(Some(&cluster), "node", name, None);
            self.inputs.desired.resources.get(&address).map(|node| node.intent.spec[what].clone())
        };
        let fits = |name: &str| {
            let node = seen.and_then(|seen| seen.nodes.get(name));
            let big_enough = node.is_none_or(|node| memory <= node.memory);
            // What shares disks with a guest template is where that is.
            let beside = spec["source"]["node"].as_str().filter(|_| spec["linked"] == true);
            let big_enough = big_enough && beside.is_none_or(|node| node == name);
            // Nothing is known of nodes that are not declared.
            let has_it = |has: &bool| *has || !gpu;
            big_enough && (declared.is_empty() || declared.get(name).is_some_and(has_it))
        };
        let free = |name: &str, load: u64| {
            let total = seen.and_then(|seen| seen.nodes.get(name)).map_or(0, |node| node.memory);
            total.saturating_sub(load)
        };
        // A node of weight two takes twice as much before another one is preferred.
        let spread = |name: &str, load: u64| {
            let weight = said(name, "weight").and_then(|it| it.as_u64()).unwrap_or(1);
            u128::from(free(name, load)) * u128::from(weight)
        };
        let nodes = loads.iter().filter(|(name, _)| fits(name));
        let chosen = match placement.as_ref().and_then(Value::as_str).unwrap_or("spread") {
            "first" => nodes.map(|(name, _)| name).next(),
            "pack" => nodes
                .filter(|(name, load)| free(name, **load) >= memory)
                .max_by_key(|(name, load)| (**load, std::cmp::Reverse(*name)))
                .map(|(name, _)| name),
            _ => nodes
                .max_by_key(|(name, load)| (spread(name, **load), std::cmp::Reverse(*name)))
                .map(|(name, _)| name),
        };
        let name = chosen.cloned().ok_or(match gpu {
            true => "no node of its cluster with `gpu = true` is online and big enough",
            false => "no node of its cluster is online and big enough",
        })?;
        *loads.entry(name.clone()).or_default() += memory;
        Ok(name.into())
    }

    /// A node that was chosen brings its storage and its bridge along.
    fn describe_node(&self, spec: &mut Value) {
        let Some(cluster) = target(spec, "cluster") else { return };
        let name = spec["node"].as_str().unwrap_or_default().to_owned();
        let node = Address::new(Some(&cluster), "node", &name, None);
        let Some(node) = self.inputs.desired.resources.get(&node) else { return };
        for (field, from) in [("disks", "storage"), ("bridge", "bridge")] {
            if spec.get(field).is_none() {
                spec.set(field, node.intent.spec[from].clone());
            }
        }
    }

    fn pick_port(&mut self, spec: &Value) -> Result<Value, String> {
        let proxy = target(spec, "via").ok_or("it has no proxy")?;
        let protocol = protocol(spec);
        let ranges = self.ranges(spec);
        let taken = self.ports.entry(proxy.clone()).or_default();
        let rest =
            self.rest_ports.entry((proxy, protocol)).or_insert_with(|| {
                Box::new(ranges.into_iter().flat_map(|range| {
                    u64::from(range.first.number())..=u64::from(range.last.number())
                }))
            });
        let free = rest.find(|port| !taken.contains(&(*port, protocol)));
        let port = free.ok_or_else(|| {
            format!("no {protocol} port of its proxy is free: write `ports = [20000-29999/{protocol}]` there")
        })?;
        taken.insert((port, protocol));
        Ok(Value::from(port))
    }

    fn ranges(&self, spec: &Value) -> Vec<PortRange> {
        let ports = self.of(spec, "via").map(|proxy| proxy["ports"].clone());
        let ranges: Vec<PortRange> = ports.and_then(|ports| ports.read().ok()).unwrap_or_default();
        ranges.into_iter().filter(|range| range.protocol.to_string() == protocol(spec)).collect()
    }

    /// The desired spec behind a reference of this one.
    fn of(&self, spec: &Value, field: &str) -> Option<Value> {
        let address = target(spec, field)?;
        Some(self.inputs.desired.resources.get(&address)?.intent.spec.clone())
    }
}

fn reference(value: &Value) -> Option<Ref> {
    Ref::parse(value.get("$ref")?.as_str()?)
}

fn target(spec: &Value, field: &str) -> Option<Address> {
    Some(reference(spec.get(field)?)?.address().clone())
}

/// `tcp` or `udp`.
pub fn protocol(spec: &Value) -> &'static str {
    if spec.get("udp").is_some_and(|udp| !udp.is_null()) { "udp" } else { "tcp" }
}

fn cidr(network: &Value) -> Option<Cidr> {
    Cidr::parse(network["cidr"].as_str()?)
}

/// The addresses that `"auto"` may take: the network's pool, or all of it.
fn candidates(network: &Value, cidr: Cidr) -> Box<dyn Iterator<Item = IpAddr>> {
    let pool: Vec<(IpAddr, IpAddr)> = network["pool"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|range| kinds::range_ends(range.as_str()?))
        .collect();
    if pool.is_empty() {
        return Box::new(cidr.hosts());
    }
    Box::new(pool.into_iter().flat_map(move |(first, last)| {
        let offset = cidr.index_of(first).unwrap_or(0);
        (offset..).map_while(move |index| cidr.nth(index)).take_while(move |ip| *ip <= last)
    }))
}

/// The addresses that are never given out.
fn reserved(network: &Value) -> Vec<(IpAddr, IpAddr)> {
    let one = |value: &Value| Some(value.as_str()?.parse::<IpAddr>().ok()?).map(|ip| (ip, ip));
    let dns = network["dns"].as_array().into_iter().flatten().filter_map(one);
    let dhcp = network["dhcp"]["range"].as_str().and_then(kinds::range_ends);
    one(&network["gateway"]).into_iter().chain(dns).chain(dhcp).collect()
}

fn blocked(address: &Address, choice: Choice, why: &str) -> Blocked {
    let help = match choice {
        Choice::VmId => "widen `ids` of the cluster, or write an `id`",
        Choice::Ip => "widen the `pool` of the network, or write an `ip`",
        Choice::Node => "bring a node back, name another one in `on`, or ask for less memory",
        Choice::Port => "widen `ports` of the proxy, or write a `port`",
    };
    Blocked::by(&change::nothing_to_choose(address.as_str(), why, help), address)
}
