//! What apps, their Compose files and their machines say of each other: ports and permissions.

use std::collections::{BTreeMap, BTreeSet};

use crate::compose::{Document, Published};
use crate::kinds::{self, Around as _};
use crate::lower::reads::{Recorded, Surroundings};
use crate::lower::{Desired, Resource};
use crate::model::{Address, Protocol, Value};
use crate::problem::{Problem, compose as problem};
use crate::source::{Sources, Span};

/// An app that runs by Compose.
struct Composed<'d> {
    address: &'d Address,
    resource: &'d Resource,
    profiles: Vec<String>,
    document: Document,
}

/// A port of a machine that somebody listens on.
struct Claim<'d> {
    by: &'d Address,
    /// The app that brings the program, if it is a proxy.
    brought_by: Option<&'d str>,
    ports: Published,
    text: String,
}

/// Reports apps that cannot work on their machines.
pub(super) fn conflicts(
    desired: &Desired,
    files: &Recorded<'_>,
    sources: &Sources,
    problems: &mut Vec<Problem>,
) {
    let place = |resource: &Resource, field: &str| {
        let (origins, span) = (resource.origins.as_slice(), resource.span);
        Surroundings { files, sources, origins, shapes: &[], span }.place(field)
    };
    let mut apps = Vec::new();
    for (address, resource) in &desired.resources {
        let compose = &resource.intent.spec["compose"];
        if address.kind() != "app" || compose["content"].is_null() {
            continue;
        }
        let span = resource.span;
        let origins = resource.origins.as_slice();
        let around = Surroundings { files, sources, origins, shapes: &[], span };
        if let Some((compose, document)) = kinds::compose_document(compose, &around) {
            apps.push(Composed { address, resource, profiles: compose.profiles, document });
        }
    }
    nesting(desired, &apps, problems, &place);
    for app in &apps {
        listening(desired, app, problems, &place);
    }
    claimed_twice(desired, &apps, problems, &place);
}

type PlaceOf<'a> = &'a dyn Fn(&Resource, &str) -> Span;

fn target<'v>(spec: &'v Value, field: &str) -> Option<&'v str> {
    spec[field]["$ref"].as_str()
}

fn resource<'d>(desired: &'d Desired, address: &str) -> Option<&'d Resource> {
    desired.resources.get(&Address::parse(address)?)
}

/// The number of a port, written with or without its protocol.
fn number(port: &Value) -> Option<u16> {
    match port.as_str() {
        Some(text) => text.split('/').next()?.parse().ok(),
        None => port.as_u64().and_then(|port| u16::try_from(port).ok()),
    }
}

/// Docker starts in an unprivileged container only if that may nest others.
fn nesting(
    desired: &Desired,
    apps: &[Composed<'_>],
    problems: &mut Vec<Problem>,
    place: PlaceOf<'_>,
) {
    let mut told = BTreeSet::new();
    for app in apps {
        let Some(machine) = target(&app.resource.intent.spec, "machine") else { continue };
        let Some(found) = resource(desired, machine) else { continue };
        let spec = &found.intent.spec;
        let is_container = Address::parse(machine).is_some_and(|it| it.kind() == "container");
        let off = |value: &Value| value.as_bool() == Some(false);
        let refuses =
            spec["unprivileged"].as_bool() == Some(true) && off(&spec["features"]["nesting"]);
        if is_container && refuses && told.insert(machine.to_owned()) {
            let app = (app.address.as_str(), place(app.resource, "compose/file"));
            problems.push(problem::no_nesting(app, (machine, found.span)));
        }
    }
}

/// The ports that a proxy connects to are published.
fn listening(
    desired: &Desired,
    app: &Composed<'_>,
    problems: &mut Vec<Problem>,
    place: PlaceOf<'_>,
) {
    let services: Vec<_> = app.document.on(&app.profiles).collect();
    let open = app.document.includes
        || services.iter().any(|service| service.host_network || service.ports_open);
    let published: Vec<&Published> = services.iter().flat_map(|it| &it.ports).collect();
    let exposures = desired.resources.iter().filter(|(address, _)| {
        address.kind() == "expose" && address.parent().as_ref() == Some(app.address)
    });
    for (_, expose) in exposures {
        let spec = &expose.intent.spec;
        let Some(port) = number(&spec["port"]) else { continue };
        let protocol = if spec["udp"].is_null() { Protocol::Tcp } else { Protocol::Udp };
        let at = place(expose, "port");
        let mut same = published.iter().filter(|ports| ports.has(port, protocol));
        match same.next() {
            Some(ports) if ports.only_here() && same.all(|ports| ports.only_here()) => {
                problems.push(problem::only_local(at, port.into(), ports.at));
            }
            Some(_) => (),
            None if open => (),
            None => problems.push(unheard(at, port, protocol, &published)),
        }
    }
}

fn unheard(at: Span, port: u16, protocol: Protocol, published: &[&Published]) -> Problem {
    let inside = |ports: &&&Published| (ports.inside..=ports.inside_last).contains(&port);
    let meant = published.iter().find(inside);
    let shift = |ports: &Published| Some(ports.first? + (port - ports.inside));
    let write = meant.filter(|ports| ports.protocol == protocol).and_then(|ports| shift(ports));
    let shown = match meant {
        Some(one) => vec![*one],
        None => published.iter().take(4).copied().collect(),
    };
    let places: Vec<(Span, String)> = shown
        .iter()
        .map(|ports| {
            let other = if ports.protocol == protocol { "" } else { " of another protocol" };
            let text = match ports.outside() {
                Some(outside) => format!("Compose publishes {outside}/{}{other}", ports.protocol),
                None => "Docker picks another port for this each time".to_owned(),
            };
            (ports.at, text)
        })
        .collect();
    problem::nothing_listens(at, port.into(), &places, write)
}

/// No two listen on the same port of one machine.
fn claimed_twice(
    desired: &Desired,
    apps: &[Composed<'_>],
    problems: &mut Vec<Problem>,
    place: PlaceOf<'_>,
) {
    let mut claims: BTreeMap<&str, Vec<Claim<'_>>> = BTreeMap::new();
    for app in apps {
        let Some(machine) = target(&app.resource.intent.spec, "machine") else { continue };
        for service in app.document.on(&app.profiles) {
            for ports in &service.ports {
                let text =
                    format!("service `{}` of `{}` publishes it", service.name.text, app.address);
                let ports = ports.clone();
                let claim = Claim { by: app.address, brought_by: None, ports, text };
                claims.entry(machine).or_default().push(claim);
            }
        }
    }
    for (address, expose) in desired.resources.iter().filter(|(it, _)| it.kind() == "expose") {
        let via = target(&expose.intent.spec, "via");
        let Some((name, proxy)) =
            via.and_then(Address::parse).and_then(|via| desired.resources.get_key_value(&via))
        else {
            continue;
        };
        let Some(machine) = target(&proxy.intent.spec, "machine") else { continue };
        for (number, protocol, text, at) in opened(address, expose, name, place) {
            let ports = Published {
                at,
                first: Some(number),
                last: Some(number),
                inside: number,
                inside_last: number,
                protocol,
                only_on: None,
            };
            let brought_by = target(&proxy.intent.spec, "on");
            let claim = Claim { by: name, brought_by, ports, text };
            claims.entry(machine).or_default().push(claim);
        }
    }
    for claims in claims.values() {
        collisions(claims, problems);
    }
}

/// What a proxy listens on for one way in.
fn opened(
    address: &Address,
    expose: &Resource,
    proxy: &Address,
    place: PlaceOf<'_>,
) -> Vec<(u16, Protocol, String, Span)> {
    let spec = &expose.intent.spec;
    let stream = if spec["udp"].is_null() { Protocol::Tcp } else { Protocol::Udp };
    let number = number(&spec["external_port"]);
    let field = if stream == Protocol::Tcp { "tcp/port" } else { "udp/port" };
    let text = format!("`{proxy}` listens on it for `{address}`");
    if spec["http"].is_null() {
        let at = place(expose, field);
        return number.map(|number| (number, stream, text, at)).into_iter().collect();
    }
    let at = place(expose, "http/host");
    let always = [80, 443].map(|number| (number, Protocol::Tcp, text.clone(), at));
    always.into_iter().collect()
}

fn collisions(claims: &[Claim<'_>], problems: &mut Vec<Problem>) {
    let mut told = BTreeSet::new();
    for (index, second) in claims.iter().enumerate() {
        for first in &claims[..index] {
            let brought = second.brought_by == Some(first.by.as_str())
                || first.brought_by == Some(second.by.as_str());
            // Two ways through one proxy share what it listens on; streams are told elsewhere.
            let both_proxies = first.brought_by.is_some() && second.brought_by.is_some();
            let (Some(port), false) =
                (shared(&first.ports, &second.ports), brought || both_proxies)
            else {
                continue;
            };
            if told.insert((first.ports.at, port, second.by)) {
                problems.push(problem::port_taken(
                    port,
                    &first.ports.protocol.to_string(),
                    (first.ports.at, first.text.clone()),
                    (second.ports.at, second.text.clone()),
                ));
            }
        }
    }
}

/// The first port that both would listen on.
fn shared(first: &Published, second: &Published) -> Option<u16> {
    let meet = match (first.only_on, second.only_on) {
        (Some(one), Some(other)) => one == other,
        (None, _) | (_, None) => true,
    };
    let start = first.first?.max(second.first?);
    let common = start <= first.last?.min(second.last?);
    // A range that leads to one port only needs one that is free.
    let is_picked = |it: &Published| it.first != it.last && it.inside == it.inside_last;
    let fixed = !is_picked(first) && !is_picked(second);
    (meet && common && fixed && first.protocol == second.protocol).then_some(start)
}
