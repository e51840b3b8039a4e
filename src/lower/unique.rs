//! What no two resources may share: numbers, addresses, names, routes.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::lower::{Desired, Resource};
use crate::model::{Address, Cidr, Value};
use crate::problem::{Problem, graph as problem};
use crate::source::Span;

/// Something that only one resource may have: within what, what it is called, and its value.
type Claim = (String, &'static str, String);

/// Reports every pair of resources that want the same, and addresses that no network has.
pub(super) fn conflicts(desired: &Desired, problems: &mut Vec<Problem>) {
    let mut claimed: BTreeMap<Claim, (&Address, Span)> = BTreeMap::new();
    for (address, resource) in &desired.resources {
        for (claim, span) in claims(address, resource) {
            match claimed.get(&claim) {
                Some((first, first_span)) => {
                    let both = [(first.as_str(), *first_span), (address.as_str(), span)];
                    problems.push(problem::claimed_twice(claim.1, &claim.2, both));
                }
                None => drop(claimed.insert(claim, (address, span))),
            }
        }
        if matches!(address.kind(), "container" | "vm") {
            outside(desired, address, resource, problems);
        }
    }
    configurations(desired, problems);
    modules(desired, problems);
}

/// Two blocks with one state of Terraform undo each other's work, unless each has its own part.
fn modules(desired: &Desired, problems: &mut Vec<Problem>) {
    let mut used: BTreeMap<(String, String), (&Address, Span)> = BTreeMap::new();
    for (address, resource) in &desired.resources {
        let spec = &resource.intent.spec;
        let parts = spec["targets"].as_array().is_some_and(|targets| !targets.is_empty());
        if address.kind() != "terraform" || parts {
            continue;
        }
        let source = spec["source"].as_str().unwrap_or_default();
        let folder: Vec<&str> =
            source.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let workspace = text(&spec["workspace"]).unwrap_or_default();
        let at = place(resource, "source");
        match used.get(&(folder.join("/"), workspace.clone())) {
            Some((first, first_at)) => {
                let (first, again) = ((first.as_str(), *first_at), (address.as_str(), at));
                problems.push(crate::problem::terraform::module_twice(source, first, again));
            }
            None => drop(used.insert((folder.join("/"), workspace), (address, at))),
        }
    }
}

/// A machine has one NixOS configuration: apps that want two of them undo each other's work.
fn configurations(desired: &Desired, problems: &mut Vec<Problem>) {
    let mut chosen: BTreeMap<&str, (String, &Address, Span)> = BTreeMap::new();
    for (address, resource) in desired.resources.iter().filter(|(it, _)| it.kind() == "app") {
        let spec = &resource.intent.spec;
        let (Some(machine), Some(flake)) = (target(spec, "machine"), text(&spec["nixos"]["flake"]))
        else {
            continue;
        };
        let host = text(&spec["nixos"]["host"]).unwrap_or_else(|| address.slug());
        let configuration = format!("{flake}#{host}");
        let at = place(resource, "nixos/host");
        match chosen.get(machine) {
            Some((first, ..)) if *first == configuration => (),
            Some((first, other, other_at)) => {
                let both = [
                    (other.as_str(), first.as_str(), *other_at),
                    (address.as_str(), configuration.as_str(), at),
                ];
                problems.push(problem::two_configurations(machine, both));
            }
            None => drop(chosen.insert(machine, (configuration, address, at))),
        }
    }
}

fn claims(address: &Address, resource: &Resource) -> Vec<(Claim, Span)> {
    let spec = &resource.intent.spec;
    let mut found = Vec::new();
    let mut claim = |within: &str, what: &'static str, value: Option<String>, field: &str| {
        if let Some(value) = value {
            found.push(((within.to_owned(), what, value), place(resource, field)));
        }
    };
    match address.kind() {
        "container" | "vm" => {
            let cluster = target(spec, "cluster").or_else(|| target(spec, "on"));
            let cluster = cluster.unwrap_or_default();
            let network = target(spec, "network").unwrap_or_default();
            claim(cluster, "id", number(&spec["id"]), "id");
            let ip = spec["ip"].as_str().filter(|ip| ip.parse::<IpAddr>().is_ok());
            claim(network, "address", ip.map(str::to_owned), "ip");
            claim(network, "host name", text(&spec["hostname"]), "hostname");
        }
        "expose" => {
            let proxy = target(spec, "via").unwrap_or_default();
            let http = &spec["http"];
            let route = text(&http["host"])
                .map(|host| format!("{host}{}", http["path"].as_str().unwrap_or("/")));
            claim(proxy, "route", route, "http/host");
            let tcp = number(&spec["tcp"]["port"]).map(|port| format!("{port}/tcp"));
            claim(proxy, "port", tcp, "tcp/port");
            let udp = number(&spec["udp"]["port"]).map(|port| format!("{port}/udp"));
            claim(proxy, "port", udp, "udp/port");
        }
        _ => (),
    }
    found
}

/// Where a field is written, else the resource.
fn place(resource: &Resource, field: &str) -> Span {
    let found = resource.origins.binary_search_by(|(path, _)| path.as_ref().cmp(field));
    found.map_or(resource.span, |index| resource.origins[index].1)
}

fn number(value: &Value) -> Option<String> {
    value.as_u64().map(|number| number.to_string())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn target<'v>(spec: &'v Value, field: &str) -> Option<&'v str> {
    spec[field]["$ref"].as_str()
}

/// A guest's address lies in its network and is not the way out.
fn outside(desired: &Desired, address: &Address, resource: &Resource, problems: &mut Vec<Problem>) {
    let spec = &resource.intent.spec;
    let ip = spec["ip"].as_str().and_then(|ip| ip.parse::<IpAddr>().ok());
    let network = target(spec, "network").and_then(Address::parse);
    let network = network.and_then(|network| desired.resources.get_key_value(&network));
    let (Some(ip), Some((name, network))) = (ip, network) else { return };
    let at = place(resource, "ip");
    let other = &network.intent.spec;
    if let Some(cidr) = other["cidr"].as_str().and_then(Cidr::parse)
        && !cidr.contains(ip)
    {
        let there = (name.as_str(), place(network, "cidr"));
        let here = (address.as_str(), at);
        let (ip, cidr) = (ip.to_string(), cidr.to_string());
        problems.push(problem::outside_of_network(here, &ip, there, &cidr));
    }
    if other["gateway"].as_str().and_then(|gateway| gateway.parse().ok()) == Some(ip) {
        let there = (name.as_str(), place(network, "gateway"));
        problems.push(problem::is_gateway((address.as_str(), at), &ip.to_string(), there));
    }
}
