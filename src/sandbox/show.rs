//! The sandbox as text, for people.

use std::fmt::Write as _;

use crate::model::{Address, Duration};
use crate::sandbox::contents::{Contained, Contents, Listening, Opening, Place, Runtime, Service};
use crate::sandbox::faults::How;
use crate::sandbox::look::{seen_guest, seen_node};

/// How many of the last tasks are shown.
const TASKS: usize = 15;

/// Everything in the sandbox, a thing a line.
pub(super) fn show(contents: &Contents) -> String {
    let mut out = String::new();
    for address in contents.clusters.keys() {
        cluster(&mut out, contents, address);
    }
    for (place, contained) in &contents.places {
        let name = match place {
            Place::Here => "here".to_owned(),
            Place::Host(object) => object.to_string(),
            Place::Guest(..) => continue,
        };
        line(&mut out, 0, &name);
        inside(&mut out, 1, contained);
    }
    for (key, body) in &contents.objects {
        let body: Vec<String> = body.iter().map(|(key, value)| format!("{key}={value}")).collect();
        line(&mut out, 0, &format!("{key}  {}", body.join(" ")));
    }
    for rule in contents.rules.values() {
        let (times, pattern) = (rule.times, &rule.pattern);
        let how = match rule.how {
            How::Refused => "refused",
            How::UnknownBefore => "lost before they happen",
            How::UnknownAfter => "lost after they happened",
        };
        line(&mut out, 0, &format!("fault: the next {times} of `{pattern}` are {how}"));
    }
    if contents.pace_ms > 0 {
        line(&mut out, 0, &format!("pace: a second takes {} ms", contents.pace_ms));
    }
    let clock = Duration(contents.clock_ms() / 1000 * 1000);
    let skipped = contents.tasks.len().saturating_sub(TASKS);
    line(&mut out, 0, &format!("tasks, {clock} after the beginning"));
    for task in contents.tasks.values().skip(skipped) {
        let took = Duration(task.end_ms - task.start_ms).to_string();
        line(&mut out, 1, &format!("{:>5}  {took:<8} {}: {}", task.number, task.what, task.status));
    }
    out
}

fn cluster(out: &mut String, contents: &Contents, at: &Address) {
    let cluster = &contents.clusters[at];
    line(out, 0, at.as_str());
    for name in cluster.nodes.keys() {
        let Some(node) = seen_node(cluster, name) else { continue };
        let state = if node.online { "online" } else { "offline" };
        let cores = cluster.taken.get(name).map_or(0, |taken| taken.cores);
        let memory = free(node.memory, node.memory_used);
        let mut text = format!("node {name}  {state}  cores {cores} of {}  ", node.cores);
        write!(text, "memory {memory}").expect("writing to a string does not fail");
        for (storage, it) in &node.storages {
            let free = free(it.total, it.used);
            write!(text, "  {storage} {free}").expect("writing to a string does not fail");
        }
        line(out, 1, &text);
    }
    for (vmid, guest) in &cluster.guests {
        let seen = seen_guest(cluster, *vmid, guest);
        let form = if guest.container { "lxc" } else { "qemu" };
        let state = if seen.running { "running" } else { "stopped" };
        let address = seen.ip.unwrap_or_else(|| "-".to_owned());
        let config = &guest.config;
        let name = config.get("hostname").or_else(|| config.get("name"));
        let name = name.map_or("", String::as_str);
        let whose = seen.mark.map_or("(not ours)".to_owned(), |mark| mark.object.to_string());
        let lock = seen.lock.map(|lock| format!("  locked ({lock})")).unwrap_or_default();
        let text = format!("{vmid}  {form} on {}  {state}  {address}  {name}  {whose}", guest.node);
        line(out, 1, &(text + &lock));
        let place = Place::Guest(at.clone(), *vmid);
        if let Some(contained) = contents.places.get(&place) {
            inside(out, 2, contained);
        }
    }
}

fn inside(out: &mut String, depth: usize, contained: &Contained) {
    for (name, service) in &contained.services {
        line(out, depth, &service_line(name, service));
    }
    for (path, file) in &contained.files {
        let digest = file.digest.get(..12).unwrap_or(&file.digest);
        line(out, depth, &format!("{path}  {:04o}  {digest}", file.mode));
    }
}

fn service_line(name: &str, service: &Service) -> String {
    let state = if service.running { "running" } else { "stopped" };
    let form = match (service.what, service.generation) {
        (Runtime::Compose, _) => "compose".to_owned(),
        (Runtime::Unit, _) => "unit".to_owned(),
        (Runtime::Nixos, Some([runs, _])) => format!("generation {runs}"),
        (Runtime::Nixos, None) => "nixos".to_owned(),
    };
    let ports = match &service.listens {
        Listening::On(list) => list.iter().map(opening).collect::<Vec<_>>().join(" "),
        Listening::Everywhere => String::new(),
    };
    format!("{name}  {form}  {state}  {ports}").trim_end().to_owned()
}

fn opening(port: &Opening) -> String {
    let host = port.host.as_ref().map(|host| format!("{host}:")).unwrap_or_default();
    match port.first == port.last {
        true => format!("{host}{}", port.first),
        false => format!("{host}{}-{}", port.first, port.last),
    }
}

/// `1023GiB of 1TiB free`
fn free(total: u64, used: u64) -> String {
    format!("{} of {} free", short(total.saturating_sub(used)), short(total))
}

/// A size in its largest unit, with a tenth where it is not whole, rounded down.
fn short(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let largest = units.iter().find(|(_, bits)| bytes >> bits > 0);
    let Some((unit, bits)) = largest else { return format!("{bytes}B") };
    match (bytes >> bits, ((bytes >> (bits - 10)) & 1023) * 10 / 1024) {
        (whole, 0) => format!("{whole}{unit}"),
        (whole, tenth) => format!("{whole}.{tenth}{unit}"),
    }
}

fn line(out: &mut String, depth: usize, text: &str) {
    writeln!(out, "{:width$}{text}", "", width = depth * 2)
        .expect("writing to a string does not fail");
}
