//! Changes behind everybody's back: what a person at the console would do.

use std::collections::BTreeMap;

use crate::model::{Address, ObjectId, Size, digest};
use crate::sandbox::cluster::described;
use crate::sandbox::contents::{Contents, Entry, Guest, Node, Place, Service, Storage, StoredFile};
use crate::sandbox::guest::listed;
use crate::sandbox::keys;
use crate::sandbox::programs::unit_name;

/// How many names an error lists.
const LISTED: usize = 20;

/// What an address leads to.
enum Thing<'a> {
    Node(&'a Address, &'a str, &'a Node),
    Guest(&'a Address, u32, &'a Guest),
    Host(Place),
    /// Files and services that belong to something on a machine.
    Deployed {
        files: Vec<(&'a Place, &'a str)>,
        services: Vec<(&'a Place, &'a str, &'a Service)>,
    },
}

/// The entries that set one attribute.
pub(super) fn set(
    contents: &Contents,
    address: &str,
    attribute: &str,
    value: &str,
) -> Result<Vec<Entry>, String> {
    if address == "sandbox" {
        return pace(attribute, value).map(|pace_ms| vec![Entry::Pace(pace_ms)]);
    }
    match find(contents, address)? {
        Thing::Node(cluster, name, node) => {
            let node = changed_node(node, attribute, value)?;
            Ok(vec![Entry::Node(cluster.clone(), name.to_owned(), node)])
        }
        Thing::Guest(cluster, vmid, guest) => {
            let place = Place::Guest(cluster.clone(), vmid);
            match in_place(contents, &place, attribute, value) {
                Some(entries) => entries,
                None => {
                    let guest = changed_guest(guest, attribute, value)?;
                    Ok(vec![Entry::Guest(cluster.clone(), vmid, Some(guest))])
                }
            }
        }
        Thing::Host(place) => in_place(contents, &place, attribute, value)
            .unwrap_or_else(|| Err(no_attribute(address, attribute, "file:/PATH, service:NAME"))),
        Thing::Deployed { files, services } => match attribute.strip_prefix("file:") {
            Some(path) => {
                let Some((place, _)) = files.iter().find(|(_, it)| *it == path) else {
                    let have = listed(files.iter().map(|(_, path)| path).take(LISTED));
                    return Err(format!("`{address}` has no file `{path}`; it has {have}"));
                };
                Ok(vec![file(place, path, value)])
            }
            None if attribute == "running" => {
                let running = truth(attribute, value)?;
                let stopped = services.into_iter().map(|(place, name, service)| {
                    let service = Service { running, ..service.clone() };
                    Entry::Service(place.clone(), name.to_owned(), Some(service))
                });
                Ok(stopped.collect())
            }
            None => Err(no_attribute(address, attribute, "running, file:/PATH")),
        },
    }
}

/// The entries that remove what an address leads to.
pub(super) fn remove(contents: &Contents, address: &str) -> Result<Vec<Entry>, String> {
    match find(contents, address)? {
        Thing::Node(..) => Err("a node cannot be removed; set `online` to false".to_owned()),
        Thing::Guest(cluster, vmid, _) => Ok(vec![
            Entry::Guest(cluster.clone(), vmid, None),
            Entry::Clear(Place::Guest(cluster.clone(), vmid)),
        ]),
        Thing::Host(place) => Ok(vec![Entry::Clear(place)]),
        Thing::Deployed { files, services } => {
            let files = files
                .into_iter()
                .map(|(place, path)| Entry::File(place.clone(), path.to_owned(), None));
            let services = services
                .into_iter()
                .map(|(place, name, _)| Entry::Service(place.clone(), name.to_owned(), None));
            Ok(files.chain(services).collect())
        }
    }
}

/// The entries that add a guest of somebody else.
pub(super) fn add_guest(
    contents: &Contents,
    vmid: u32,
    node: &str,
    config: BTreeMap<String, String>,
) -> Result<Vec<Entry>, String> {
    let mut clusters = contents.clusters.iter();
    let Some((address, cluster)) = clusters.find(|(_, it)| it.nodes.contains_key(node)) else {
        let have = listed(contents.clusters.values().flat_map(|it| it.nodes.keys()));
        return Err(format!("there is no node `{node}`; there is {have}"));
    };
    if let Some(guest) = cluster.guests.get(&vmid) {
        return Err(format!("guest {vmid} already exists: {}", described(guest)));
    }
    let machine = |key: &String| key == "name" || key.starts_with("scsi");
    let container = !config.keys().any(machine);
    let node = node.to_owned();
    let guest = Guest { node, container, running: false, lock: None, pool: None, config };
    Ok(vec![Entry::Guest(address.clone(), vmid, Some(guest))])
}

/// Whether the name of a file or a service is made from this slug: `/opt/paas/app-blog/x`,
/// `paas-app-blog-2.service`, but not `app-blog-shop`.
pub(super) fn belongs(name: &str, slug: &str) -> bool {
    name.match_indices(slug).any(|(at, _)| {
        let before = name[..at].chars().next_back();
        let after = &name[at + slug.len()..];
        let generation = after.strip_prefix('-').map_or(after, |rest| {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if (1..=4).contains(&digits) { &rest[digits..] } else { after }
        });
        let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !before.is_some_and(|c| c.is_ascii_alphanumeric()) && !generation.starts_with(goes_on)
    })
}

fn find<'a>(contents: &'a Contents, text: &str) -> Result<Thing<'a>, String> {
    let (scope, node) = match text.rsplit_once("/node.") {
        Some((scope, node)) => (Some(scope), Some(node)),
        None => (None, text.strip_prefix("node.")),
    };
    if let Some(name) = node {
        let clusters = contents.clusters.iter();
        let mut clusters = clusters.filter(|(it, _)| scope.is_none_or(|at| it.as_str() == at));
        let found =
            clusters.find_map(|(it, cluster)| Some((it, cluster.nodes.get_key_value(name)?)));
        let have = || listed(contents.clusters.values().flat_map(|it| it.nodes.keys()));
        return match found {
            Some((cluster, (name, node))) => Ok(Thing::Node(cluster, name, node)),
            None => Err(format!("there is no node `{name}`; there is {}", have())),
        };
    }
    if let Ok(vmid) = text.parse() {
        let mut clusters = contents.clusters.iter();
        let found = clusters.find_map(|(it, cluster)| Some((it, cluster.guests.get(&vmid)?)));
        let found = found.map(|(cluster, guest)| Thing::Guest(cluster, vmid, guest));
        return found.ok_or_else(|| format!("there is no guest {vmid}"));
    }
    let Some(address) = Address::parse(text) else {
        return Err(format!("`{text}` is neither an address nor the number of a guest"));
    };
    if let Some((cluster, vmid)) = contents.guests_of(&address).pop()
        && let Some((cluster, found)) = contents.clusters.get_key_value(&cluster)
        && let Some(guest) = found.guests.get(&vmid)
    {
        return Ok(Thing::Guest(cluster, vmid, guest));
    }
    let hosts = contents.places.keys().rev();
    let mut hosts = hosts.filter(|it| matches!(it, Place::Host(host) if host.address == address));
    match hosts.next() {
        Some(place) => Ok(Thing::Host(place.clone())),
        None if address.kind() == "host" => Ok(Thing::Host(Place::Host(ObjectId::first(address)))),
        None => deployed(contents, &address),
    }
}

fn deployed<'a>(contents: &'a Contents, address: &Address) -> Result<Thing<'a>, String> {
    let slug = made_as(contents, address).unwrap_or_else(|| address.clone()).slug();
    let (mut files, mut services) = (Vec::new(), Vec::new());
    for (place, contained) in &contents.places {
        let names = contained.files.keys().filter(|path| belongs(path, &slug));
        files.extend(names.map(|path| (place, path.as_str())));
        let named = contained.services.iter().filter(|(name, _)| belongs(name, &slug));
        services.extend(named.map(|(name, service)| (place, name.as_str(), service)));
    }
    if !files.is_empty() || !services.is_empty() {
        return Ok(Thing::Deployed { files, services });
    }
    let guests = contents.objects_of_guests().map(|object| object.address.to_string());
    let services = contents.places.values().flat_map(|it| it.services.keys().cloned());
    let have = listed(guests.chain(services).take(LISTED));
    Err(format!("the sandbox has no `{address}`; it has {have}"))
}

/// The address that something was made under, if its stamp says that it has moved since.
fn made_as(contents: &Contents, address: &Address) -> Option<Address> {
    let files = contents.places.values().flat_map(|it| it.files.values());
    let start = format!(" a={address}@");
    files
        .filter_map(|file| file.content.split_once(&start))
        .find_map(|(_, rest)| Address::parse(rest.trim_end()))
}

/// Sets what machines of every kind have; nothing if it is no such attribute.
fn in_place(
    contents: &Contents,
    place: &Place,
    attribute: &str,
    value: &str,
) -> Option<Result<Vec<Entry>, String>> {
    if let Some(path) = attribute.strip_prefix("file:") {
        return Some(Ok(vec![file(place, path, value)]));
    }
    let name = unit_name(attribute.strip_prefix("service:")?);
    let services = contents.places.get(place).map(|it| &it.services).into_iter().flatten();
    let services: BTreeMap<&String, &Service> = services.collect();
    let Some(service) = services.get(&name.to_owned()) else {
        let have = listed(services.keys());
        return Some(Err(format!("there is no service `{name}` there; there is {have}")));
    };
    Some(truth(attribute, value).map(|running| {
        let service = Service { running, ..(*service).clone() };
        vec![Entry::Service(place.clone(), name.to_owned(), Some(service))]
    }))
}

fn file(place: &Place, path: &str, content: &str) -> Entry {
    let (digest, content) = (digest(content.as_bytes()), content.to_owned());
    let stored = StoredFile { digest, mode: 0o644, content };
    Entry::File(place.clone(), path.to_owned(), Some(stored))
}

fn changed_guest(guest: &Guest, attribute: &str, value: &str) -> Result<Guest, String> {
    let mut guest = guest.clone();
    let key = match (attribute, guest.container) {
        ("hostname" | "name", true) => "hostname",
        ("hostname" | "name", false) => "name",
        (other, _) => other,
    };
    match key {
        "running" => guest.running = truth(attribute, value)?,
        "lock" => guest.lock = Some(value.to_owned()).filter(|it| !it.is_empty() && it != "none"),
        "memory" | "swap" => {
            let mib = Size::parse(value).map(Size::mib).or_else(|| value.parse().ok());
            let mib = mib.ok_or_else(|| format!("`{value}` is no amount of memory: 2GiB"))?;
            guest.config.insert(key.to_owned(), mib.to_string());
        }
        "cores" if value.parse::<u64>().is_err() => {
            return Err(format!("`{value}` is no number of cores"));
        }
        key if !keys::is_key(guest.container, key) => {
            let have = "memory, swap, cores, hostname, tags, running, lock, file:/PATH, \
                        service:NAME, and every key of its configuration";
            return Err(no_attribute("a guest", attribute, have));
        }
        key if value.is_empty() => {
            guest.config.remove(key);
        }
        key => {
            guest.config.insert(key.to_owned(), value.to_owned());
        }
    }
    Ok(guest)
}

fn changed_node(node: &Node, attribute: &str, value: &str) -> Result<Node, String> {
    let mut node = node.clone();
    let size = |text: &str| Size::parse(text).ok_or_else(|| format!("`{text}` is no size: 64GiB"));
    let plain = attribute.trim_end_matches('=');
    let (name, adds) = match plain.strip_suffix(['+', '-']) {
        Some(name) => (name, Some(plain.ends_with('+'))),
        None => (plain, None),
    };
    match (name, adds) {
        ("online", None) => node.online = truth(attribute, value)?,
        ("memory", None) => node.memory = size(value)?.0,
        ("cores", None) => {
            node.cores = value.parse().map_err(|_| format!("`{value}` is no number of cores"))?;
        }
        ("templates" | "bridges", adds) => {
            let set = if name == "bridges" { &mut node.bridges } else { &mut node.templates };
            let names = value.split(',').map(str::trim).filter(|it| !it.is_empty());
            match adds {
                Some(true) => set.extend(names.map(str::to_owned)),
                Some(false) => names.for_each(|name| {
                    set.remove(name);
                }),
                None => *set = names.map(str::to_owned).collect(),
            }
        }
        ("storage" | "storages", Some(false)) => {
            node.storages.remove(value);
        }
        ("storage" | "storages", Some(true)) => {
            let (name, total) = value.split_once(':').unwrap_or((value, "200TiB"));
            node.storages.insert(name.to_owned(), Storage { total: size(total)?.0, other: 0 });
        }
        (name, None) if name.starts_with("storage.") => {
            let storage = node.storages.get_mut(&name["storage.".len()..]);
            let Some(storage) = storage else {
                let have = listed(node.storages.keys());
                return Err(format!("there is no `{name}` on this node; it has {have}"));
            };
            storage.total = size(value)?.0;
        }
        _ => {
            let have = "online, memory, cores, templates, bridges (`+=` and `-=` too), \
                        storage+=NAME:SIZE, storage-=NAME, storage.NAME";
            return Err(no_attribute("a node", attribute, have));
        }
    }
    Ok(node)
}

/// How many real milliseconds a virtual second takes from now on.
fn pace(attribute: &str, value: &str) -> Result<u64, String> {
    if attribute != "pace" {
        return Err(no_attribute("the sandbox", attribute, "pace"));
    }
    let pace_ms = value.parse().ok().filter(|pace_ms| *pace_ms <= 1000);
    pace_ms.ok_or_else(|| {
        format!("`{value}` is no pace: real milliseconds for a virtual second, 0 to 1000")
    })
}

fn no_attribute(what: &str, attribute: &str, have: &str) -> String {
    format!("{what} has no attribute `{attribute}`; there is {have}")
}

fn truth(attribute: &str, value: &str) -> Result<bool, String> {
    match value {
        "true" | "yes" | "on" | "1" | "running" => Ok(true),
        "false" | "no" | "off" | "0" | "stopped" => Ok(false),
        _ => Err(format!("`{attribute}` is true or false, not `{value}`")),
    }
}
