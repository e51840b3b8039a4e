//! The configuration of a guest: what is asked for becomes what Proxmox would write.

use std::collections::BTreeMap;

use crate::model::Size;
use crate::sandbox::contents::{Node, Taken};
use crate::sandbox::keys::{self, CREATE_KEYS, DISKS, FLAGS, NUMBERS, is_in};

/// What a cloud image needs before it is resized.
const IMAGE: u64 = 3 << 30;

/// A guest's configuration while it is being written.
pub(super) struct Draft<'a> {
    pub(super) vmid: u32,
    pub(super) container: bool,
    pub(super) node_name: &'a str,
    pub(super) node: &'a Node,
    pub(super) config: BTreeMap<String, String>,
}

impl Draft<'_> {
    /// Sets what is asked for when a guest is made.
    pub(super) fn create(&mut self, body: &BTreeMap<String, String>) -> Result<(), String> {
        let asked = |(key, _): &(&String, &String)| !CREATE_KEYS.contains(&key.as_str());
        for (key, value) in body.iter().filter(asked) {
            self.set(key, value)?;
        }
        Ok(())
    }

    /// Takes everything of another guest, with disks and hardware addresses of its own.
    pub(super) fn copy(
        &mut self,
        from: &BTreeMap<String, String>,
        storage: Option<&str>,
    ) -> Result<(), String> {
        let own = |(key, _): &(&String, &String)| *key != "template" && !key.starts_with("unused");
        for (key, value) in from.iter().filter(own) {
            let (first, mut options) = split(value);
            let value = match first.split_once(':') {
                Some((at, _)) if is_in(DISKS, key) && is_volume(value) => {
                    let at = storage.unwrap_or(at);
                    if !self.node.storages.contains_key(at) {
                        return Err(format!("{} has no storage `{at}`", self.node_name));
                    }
                    let form = if self.container { "subvol" } else { "vm" };
                    let name = match value.contains("cloudinit") {
                        true => "cloudinit".to_owned(),
                        false => format!("disk-{}", self.free_disk()),
                    };
                    joined(&format!("{at}:{form}-{}-{name}", self.vmid), &options)
                }
                _ if is_in(&["net#"], key) => {
                    ["hwaddr", "virtio", "e1000", "e1000e", "vmxnet3", "rtl8139"]
                        .iter()
                        .for_each(|name| drop(options.remove(*name)));
                    let first = if self.container { "" } else { "virtio" };
                    self.net(key, &joined(first, &options))?
                }
                _ => value.clone(),
            };
            self.config.insert(key.clone(), value);
        }
        Ok(())
    }

    /// Sets one key as the API does.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        self.known(key)?;
        let value = match () {
            () if is_in(&["net#"], key) => self.net(key, value)?,
            () if is_in(&["ipconfig#"], key) => {
                addresses(key, &split(value).1)?;
                value.to_owned()
            }
            () if is_in(DISKS, key) => self.disk(key, value)?,
            () if FLAGS.contains(&key) => keys::flag(key, value)?.to_owned(),
            () if NUMBERS.contains(&key) => keys::number(key, value)?.to_string(),
            () if key == "hostname" || key == "name" => keys::host_name(key, value)?.to_owned(),
            () if key == "tags" => keys::tags(value)?,
            () if key == "description" && value.len() > 8192 => {
                return Err(format!("`description` has {} bytes, at most 8192 fit", value.len()));
            }
            () => value.to_owned(),
        };
        self.config.insert(key.to_owned(), value);
        Ok(())
    }

    /// Removes one key as the API does: a disk is kept as unused until it is removed once more.
    pub(super) fn delete(&mut self, key: &str) -> Result<(), String> {
        self.known(key)?;
        if key == "rootfs" {
            return Err("`rootfs` cannot be deleted".to_owned());
        }
        let disk = is_in(DISKS, key);
        let protected = self.config.get("protection").is_some_and(|it| it == "1");
        if disk && protected && self.config.contains_key(key) {
            return Err(format!("guest {} is protected: it keeps `{key}`", self.vmid));
        }
        let Some(value) = self.config.remove(key) else { return Ok(()) };
        if disk && !key.starts_with("unused") && is_volume(&value) && !value.contains("cloudinit") {
            let free = (0u32..).map(|n| format!("unused{n}"));
            let name = free.into_iter().find(|name| !self.config.contains_key(name));
            let (volume, options) = split(&value);
            let size = options.get("size").map(|size| format!(",size={size}")).unwrap_or_default();
            self.config.extend(name.map(|name| (name, format!("{volume}{size}"))));
        }
        Ok(())
    }

    /// Grows one disk.
    pub(super) fn resize(&mut self, disk: &str, size: &str) -> Result<(), String> {
        let vmid = self.vmid;
        let value = self.config.get(disk).filter(|_| is_in(DISKS, disk));
        let value = value.ok_or_else(|| format!("guest {vmid} has no disk `{disk}`"))?;
        let (volume, mut options) = split(value);
        let now = options.get("size").and_then(|size| bytes(size)).unwrap_or(0);
        let wanted = match size.strip_prefix('+') {
            Some(more) => bytes(more).map(|more| now + more),
            None => bytes(size),
        };
        let wanted = wanted.ok_or_else(|| format!("`{size}` is no size of a disk"))?;
        if wanted < now {
            let (now, wanted) = (Size(now), Size(wanted));
            return Err(format!(
                "`{disk}` of guest {vmid} has {now}: it cannot shrink to {wanted}"
            ));
        }
        options.insert("size".to_owned(), size_text(wanted));
        let value = joined(volume, &options);
        self.config.insert(disk.to_owned(), value);
        Ok(())
    }

    /// Whether the node has room for it, given what its guests take, this one as it was included.
    pub(super) fn fits(
        &self,
        before: &BTreeMap<String, String>,
        taken: &Taken,
    ) -> Result<(), String> {
        let (name, node) = (self.node_name, self.node);
        let (asked, has) = (memory(&self.config), node.memory);
        if asked > has && asked != memory(before) {
            let (asked, has) = (Size(asked), Size(has));
            return Err(format!("guest {} wants {asked}, but {name} has {has}", self.vmid));
        }
        let (asked, has) = (cores(&self.config), node.cores);
        if asked > has && asked != cores(before) {
            return Err(format!("guest {} wants {asked} cores, but {name} has {has}", self.vmid));
        }
        let (old, new) = (by_storage(before), by_storage(&self.config));
        for (storage, wanted) in new {
            let own = old.get(storage).copied().unwrap_or(0);
            let known = node.storages.get(storage);
            let total = known.map_or(0, |it| it.total.saturating_sub(it.other));
            let others = taken.disks.get(storage).copied().unwrap_or(0).saturating_sub(own);
            let free = total.saturating_sub(others);
            if wanted > own && wanted > free {
                let (free, wanted) = (Size(free.saturating_sub(own)), Size(wanted - own));
                return Err(format!(
                    "storage `{storage}` of {name} is full: {wanted} are wanted, {free} are free"
                ));
            }
        }
        Ok(())
    }

    fn known(&self, key: &str) -> Result<(), String> {
        let what = if self.container { "container" } else { "virtual machine" };
        keys::is_key(self.container, key)
            .then_some(())
            .ok_or_else(|| format!("a {what} has no parameter `{key}`"))
    }

    /// `name=eth0,bridge=vmbr0,ip=dhcp` or `virtio,bridge=vmbr0`, with its hardware address.
    fn net(&self, key: &str, value: &str) -> Result<String, String> {
        let (model, mut options) = split(value);
        let bridge = options.get("bridge").ok_or_else(|| format!("`{key}` names no bridge"))?;
        if !self.node.bridges.contains(bridge) {
            let have = listed(&self.node.bridges);
            return Err(format!("{} has no bridge `{bridge}`; it has {have}", self.node_name));
        }
        let wrong_tag = |tag: &&String| !tag.parse().is_ok_and(|it: u16| (1..=4094).contains(&it));
        if let Some(tag) = options.get("tag").filter(wrong_tag) {
            return Err(format!("`{tag}` is no VLAN: it is a number from 1 to 4094"));
        }
        let index = key.trim_start_matches("net").parse().unwrap_or(0);
        let hardware = hardware_address(self.vmid, index);
        if self.container {
            addresses(key, &options)?;
            options.entry("hwaddr".to_owned()).or_insert(hardware);
            options.entry("type".to_owned()).or_insert_with(|| "veth".to_owned());
            let name = options.remove("name").unwrap_or_else(|| format!("eth{index}"));
            return Ok(joined(&format!("name={name}"), &options));
        }
        let models = ["virtio", "e1000", "e1000e", "vmxnet3", "rtl8139"];
        let written = models.iter().find_map(|it| options.remove(*it).map(|mac| (*it, mac)));
        let (model, hardware) = match written {
            Some((model, hardware)) => (model, hardware),
            None => (if model.is_empty() { "virtio" } else { model }, hardware),
        };
        Ok(joined(&format!("{model}={hardware}"), &options))
    }

    fn disk(&self, key: &str, value: &str) -> Result<String, String> {
        let (volume, mut options) = split(value);
        if is_in(&["mp#"], key) && !options.contains_key("mp") {
            return Err(format!("`{key}` does not say where it is mounted"));
        }
        let Some((storage, what)) = volume.split_once(':') else { return Ok(value.to_owned()) };
        if !self.node.storages.contains_key(storage) {
            let have = listed(self.node.storages.keys());
            return Err(format!("{} has no storage `{storage}`; it has {have}", self.node_name));
        }
        let vmid = self.vmid;
        if what == "cloudinit" {
            return Ok(format!("{storage}:vm-{vmid}-cloudinit,media=cdrom"));
        }
        let here = self.config.get(key).map(|value| split(value).0);
        let Some(asked) = gibibytes(what) else {
            let has = self.config.values().any(|it| split(it).0 == volume);
            let known = has || options.get("media").is_some_and(|it| it == "cdrom");
            return match known {
                true => Ok(value.to_owned()),
                false => Err(format!("guest {vmid} has no volume `{volume}`")),
            };
        };
        if let Some(here) = here {
            return Err(format!("`{key}` of guest {vmid} is {here}: it is grown by resize"));
        }
        let size = match options.remove("import-from") {
            Some(image) => {
                self.template(&image)?;
                asked.max(IMAGE)
            }
            None => asked,
        };
        options.insert("size".to_owned(), size_text(size));
        let form = if self.container { "subvol" } else { "vm" };
        let volume = format!("{storage}:{form}-{vmid}-disk-{}", self.free_disk());
        Ok(joined(&volume, &options))
    }

    /// Refuses a template that the node neither has nor can download.
    pub(super) fn template(&self, name: &str) -> Result<(), String> {
        let downloadable = ["http://", "https://", "oci://"];
        if downloadable.iter().any(|start| name.starts_with(start)) {
            return Ok(());
        }
        let (node, node_name) = (self.node, self.node_name);
        let file = match name.split_once(':') {
            Some((storage, _)) if !node.storages.contains_key(storage) => {
                let have = listed(node.storages.keys());
                return Err(format!("{node_name} has no storage `{storage}`; it has {have}"));
            }
            Some((_, path)) if path.starts_with("vztmpl/") => return Ok(()),
            Some((_, path)) => {
                let path = path.strip_prefix("import/").unwrap_or(path);
                if downloadable.iter().any(|start| path.starts_with(start)) {
                    return Ok(());
                }
                path
            }
            None => name,
        };
        let stem = [".qcow2", ".img", ".raw"].iter().find_map(|end| file.strip_suffix(end));
        let has = |name: &str| node.templates.contains(name);
        match has(name) || has(file) || stem.is_some_and(has) {
            true => Ok(()),
            false => {
                let have = listed(&node.templates);
                Err(format!("{node_name} has no template `{file}`; it has {have}"))
            }
        }
    }

    fn free_disk(&self) -> u32 {
        let numbers = self.config.values().filter_map(|value| {
            split(value).0.rsplit_once("-disk-").and_then(|(_, number)| number.parse().ok())
        });
        numbers.max().map_or(0, |last: u32| last + 1)
    }
}

/// The memory a guest is promised, in bytes.
pub(super) fn memory(config: &BTreeMap<String, String>) -> u64 {
    Size::from_mib(config.get("memory").and_then(|it| it.parse().ok()).unwrap_or(512)).0
}

/// The cores a guest is promised.
pub(super) fn cores(config: &BTreeMap<String, String>) -> u64 {
    let number = |key| config.get(key).and_then(|it| it.parse::<u64>().ok()).unwrap_or(1);
    number("cores").saturating_mul(number("sockets"))
}

/// Storage and bytes of every disk of a guest.
pub(super) fn disks(config: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, u64)> {
    let disks = config.iter().filter(|(key, _)| is_in(DISKS, key));
    disks.filter_map(|(_, value)| {
        let size = value.rsplit_once("size=")?.1.split(',').next().and_then(bytes)?;
        Some((value.split_once(':')?.0, size))
    })
}

/// The address of a guest that runs: what its first interface is told, or what it is handed out.
pub(super) fn ip(vmid: u32, container: bool, config: &BTreeMap<String, String>) -> Option<String> {
    let net = split(config.get("net0")?).1;
    let options = match container {
        true => net,
        false => config.get("ipconfig0").map(|it| split(it).1).unwrap_or_default(),
    };
    let fixed = |key: &str| {
        let value = options.get(key)?.split('/').next()?;
        value.parse::<std::net::IpAddr>().ok().map(|it| it.to_string())
    };
    let told = options.contains_key("ip") || options.contains_key("ip6");
    let asks = options.get("ip").is_some_and(|it| it == "dhcp") || (!told && !container);
    if asks { Some(leased(vmid)) } else { fixed("ip").or_else(|| fixed("ip6")) }
}

/// The hardware address of a guest's first interface.
pub(super) fn mac(config: &BTreeMap<String, String>) -> Option<String> {
    let (model, options) = split(config.get("net0")?);
    let hardware = options.get("hwaddr").or_else(|| options.get("virtio"));
    let first = hardware.cloned().or_else(|| options.values().find(|it| is_mac(it)).cloned());
    first.or_else(|| is_mac(model).then(|| model.to_owned()))
}

/// What the sandbox's DHCP gives a guest: always the same for one number.
fn leased(vmid: u32) -> String {
    let (low, middle, high) = (vmid % 250 + 2, vmid / 250 % 250, vmid / 62_500 % 100);
    format!("10.{}.{middle}.{low}", 99 + high)
}

fn is_mac(text: &str) -> bool {
    text.len() == 17 && text.split(':').all(|pair| u8::from_str_radix(pair, 16).is_ok())
}

fn hardware_address(vmid: u32, index: u8) -> String {
    let [_, high, middle, low] = vmid.to_be_bytes();
    format!("BC:24:{high:02X}:{middle:02X}:{low:02X}:{index:02X}")
}

fn addresses(key: &str, options: &BTreeMap<String, String>) -> Result<(), String> {
    for name in ["ip", "ip6"] {
        let Some(value) = options.get(name) else { continue };
        let word = matches!(value.as_str(), "dhcp" | "manual" | "auto");
        let network = value.split_once('/').is_some_and(|(address, prefix)| {
            address.parse::<std::net::IpAddr>().is_ok() && prefix.parse::<u8>().is_ok()
        });
        if !word && !network {
            return Err(format!("`{key}`: `{value}` is neither `dhcp` nor ADDRESS/PREFIX"));
        }
    }
    Ok(())
}

fn by_storage(config: &BTreeMap<String, String>) -> BTreeMap<&str, u64> {
    let mut sums = BTreeMap::new();
    disks(config).for_each(|(storage, size)| *sums.entry(storage).or_default() += size);
    sums
}

/// The part of a property string that has no name, or an empty one, and the parts that have.
pub(super) fn split(value: &str) -> (&str, BTreeMap<String, String>) {
    let mut first = "";
    let mut options = BTreeMap::new();
    for part in value.split(',').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some((name, value)) => {
                options.insert(name.to_owned(), value.to_owned());
            }
            None => first = part,
        }
    }
    (first, options)
}

fn joined(first: &str, options: &BTreeMap<String, String>) -> String {
    options.iter().fold(first.to_owned(), |out, (name, value)| format!("{out},{name}={value}"))
}

fn is_volume(value: &str) -> bool {
    !value.starts_with('/') && split(value).0.contains(':')
}

/// What stands behind `STORAGE:` when a disk is asked for: whole or broken GiB.
#[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest whole number")]
fn gibibytes(text: &str) -> Option<u64> {
    let wrong = text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number: f64 = text.parse().ok().filter(|_| !wrong)?;
    Some((number * f64::from(1u32 << 30)) as u64)
}

/// A size as Proxmox writes it: `8G`, `512M`.
fn bytes(text: &str) -> Option<u64> {
    let units = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let unit = units.iter().find_map(|(unit, bits)| Some((text.strip_suffix(*unit)?, *bits)));
    let (number, bits) = unit.unwrap_or((text, 0));
    number.parse::<u64>().ok()?.checked_mul(1 << bits)
}

fn size_text(bytes: u64) -> String {
    match bytes {
        whole if whole.is_multiple_of(1 << 30) => format!("{}G", whole >> 30),
        _ => format!("{}M", bytes.div_ceil(1 << 20)),
    }
}

/// `a, b, c`, for messages.
pub(super) fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
