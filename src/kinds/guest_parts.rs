//! Shared by `container` and `vm`: interfaces, mounts, devices and disks beyond the first.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kinds::Objection;
use crate::model::{Ref, Size};
use crate::schema::{Attr as _, Type, object};

object! {
    /// A network interface beyond the first.
    Nic {
        /// The network it joins.
        network: Ref, Restart, required, is Type::Ref(&["network"]);
        /// Its address there: one of the network, `"auto"` or `"dhcp"`.
        ip: String, Restart, default "\"dhcp\"", is ip_or_word(), choose Ip;
        /// Its hardware address; by default one is made.
        mac: Option<String>, Restart, optional;
        /// How many megabytes it may send in a second.
        rate: Option<f64>, Restart, optional;
        /// Proxmox's firewall looks at it.
        firewall: Option<bool>, Restart, optional;
    }
}

object! {
    /// The guest template that a guest is a copy of.
    Source {
        /// Its number.
        id: u32, Note, required;
        /// The node that it was on.
        node: String, Note, required;
        /// The key of its first disk.
        disk: String, Note, required;
        /// The key of its drive for cloud-init.
        cloud_init: Option<String>, Note, optional;
    }
}

object! {
    /// What the network of an interface says.
    Link {
        /// The bridge; by default the node's.
        bridge: Option<String>, Restart, optional;
        /// The VLAN tag.
        vlan: Option<i64>, Restart, optional;
        /// The MTU.
        mtu: Option<i64>, Restart, optional;
        /// How many leading bits the network's addresses share.
        prefix: Option<i64>, Restart, optional;
    }
}

/// What networks say, by the names of the interfaces that join them.
pub type Links = BTreeMap<String, Link>;

object! {
    /// Something that stands below a path of a container; one of `size`, `volume`, `host_path`.
    Mount {
        /// Where it stands.
        path: String, Restart, required, is Type::Path;
        /// It is a new volume of this size.
        size: Option<Size>, Live, optional;
        /// The storage of a new volume; by default the container's.
        storage: Option<String>, Restart, optional;
        /// It is this volume, which exists: `tank:subvol-100-disk-1`.
        volume: Option<String>, Restart, optional;
        /// It is this folder of the node.
        host_path: Option<String>, Restart, optional, is Type::Path;
        /// Backups include it.
        backup: Option<bool>, Restart, optional;
        /// Nobody can write to it.
        read_only: Option<bool>, Restart, optional;
        /// Its number at Proxmox; by default it follows from the name.
        slot: Option<u32>, Restart, optional, is Type::Int(0, 255);
    }
}

object! {
    /// A device of the node that a container may use.
    Device {
        /// Its path on the node.
        path: String, Restart, required, is Type::Path;
        /// Its owner inside.
        uid: Option<u32>, Restart, optional;
        /// Its group inside.
        gid: Option<u32>, Restart, optional;
        /// What everybody may do with it: `"0660"`.
        mode: Option<String>, Restart, optional;
        /// Nobody can write to it.
        deny_write: Option<bool>, Restart, optional;
    }
}

object! {
    /// A disk of a virtual machine beyond the first.
    Disk {
        /// Its size.
        size: Size, Live, required;
        /// Its storage; by default the machine's.
        storage: Option<String>, Restart, optional;
        /// Backups include it.
        backup: Option<bool>, Restart, optional;
        /// Its number at Proxmox; by default it follows from the name.
        slot: Option<u32>, Restart, optional, is Type::Int(1, 30);
    }
}

/// The type of a guest's number.
pub fn id_or_auto() -> Type {
    Type::Either(Arc::new(vec![Type::Int(100, 999_999_999), Type::OneOf(&["auto"])]))
}

/// The type of what a guest is made from.
pub fn template_or_name() -> Type {
    Type::Either(Arc::new(vec![Type::Ref(&["template"]), Type::Str]))
}

/// The type of a guest's address.
pub fn ip_or_word() -> Type {
    Type::Either(Arc::new(vec![Type::Ip, Type::OneOf(&["auto", "dhcp"])]))
}

/// Blocks of interfaces.
pub fn nics() -> Type {
    Type::Blocks(Arc::new(Nic::ty()))
}

/// Blocks of mounts.
pub fn mounts() -> Type {
    Type::Blocks(Arc::new(Mount::ty()))
}

/// Blocks of devices.
pub fn devices() -> Type {
    Type::Blocks(Arc::new(Device::ty()))
}

/// Blocks of disks.
pub fn disk_blocks() -> Type {
    Type::Blocks(Arc::new(Disk::ty()))
}

/// The number of something with this name among `count` from `first`: always the same, so that
/// others may come and go.
pub fn slot(name: &str, written: Option<u32>, first: u32, count: u32) -> u32 {
    let folded =
        name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    written.unwrap_or(first + folded % count)
}

/// Objects to two of a kind with one number.
pub fn shared_slots(field: &str, slots: impl Iterator<Item = (String, u32)>) -> Vec<Objection> {
    let mut taken: BTreeMap<u32, String> = BTreeMap::new();
    let mut objections = Vec::new();
    for (name, slot) in slots {
        if let Some(other) = taken.insert(slot, name.clone()) {
            objections.push(Objection {
                field: format!("{field}/{name}"),
                message: format!("`{field} {name}` and `{field} {other}` have the number {slot}"),
                help: "write another `slot` in one of them".to_owned(),
            });
        }
    }
    objections
}

impl Nic {
    /// As Proxmox writes the interface of a container.
    pub fn of_container(&self, name: &str, link: Option<&Link>) -> String {
        let mut out = format!("name={name}{}", self.on_bridge(link));
        match (self.ip.as_str(), link.and_then(|link| link.prefix)) {
            ("dhcp", _) => out.push_str(",ip=dhcp"),
            (address, prefix) => {
                let family = if address.contains(':') { "ip6" } else { "ip" };
                out.push_str(&format!(",{family}={address}/{}", prefix.unwrap_or(24)));
            }
        }
        if let Some(mac) = &self.mac {
            out.push_str(&format!(",hwaddr={mac}"));
        }
        out
    }

    /// As Proxmox writes the interface of a virtual machine, and the address it is told.
    pub fn of_machine(&self, link: Option<&Link>) -> (String, String) {
        let model = self.mac.as_ref().map_or("virtio".to_owned(), |mac| format!("virtio={mac}"));
        let address = match (self.ip.as_str(), link.and_then(|link| link.prefix)) {
            ("dhcp", _) => "ip=dhcp".to_owned(),
            (address, prefix) => format!("ip={address}/{}", prefix.unwrap_or(24)),
        };
        (format!("{model}{}", self.on_bridge(link)), address)
    }

    fn on_bridge(&self, link: Option<&Link>) -> String {
        let bridge = link.and_then(|link| link.bridge.as_deref()).unwrap_or("vmbr0");
        let mut out = format!(",bridge={bridge}");
        if let Some(vlan) = link.and_then(|link| link.vlan) {
            out.push_str(&format!(",tag={vlan}"));
        }
        if let Some(mtu) = link.and_then(|link| link.mtu) {
            out.push_str(&format!(",mtu={mtu}"));
        }
        if let Some(rate) = self.rate {
            out.push_str(&format!(",rate={rate}"));
        }
        if self.firewall == Some(true) {
            out.push_str(",firewall=1");
        }
        out
    }
}

impl Mount {
    /// `mp7`
    pub fn key(&self, name: &str) -> String {
        format!("mp{}", slot(name, self.slot, 0, 256))
    }

    /// As Proxmox writes it; a size makes a new volume.
    pub fn text(&self, storage: &str) -> String {
        let storage = self.storage.as_deref().unwrap_or(storage);
        let source = match (&self.size, &self.volume, &self.host_path) {
            (Some(size), _, _) => format!("{storage}:{}", size.gib()),
            (None, Some(volume), _) => volume.clone(),
            (None, None, path) => path.clone().unwrap_or_default(),
        };
        let mut out = format!("{source},mp={}", self.path);
        if let Some(backup) = self.backup.filter(|_| self.host_path.is_none()) {
            out.push_str(&format!(",backup={}", u8::from(backup)));
        }
        if self.read_only == Some(true) {
            out.push_str(",ro=1");
        }
        out
    }

    /// Whether this comes from `before` by growing its volume, or by nothing.
    pub fn grows_from(&self, before: &Mount) -> bool {
        let same = Mount { size: self.size, ..before.clone() } == *self;
        same && self.size.is_some() == before.size.is_some() && self.size >= before.size
    }
}

impl Device {
    /// As Proxmox writes it.
    pub fn text(&self) -> String {
        let options = [
            ("mode", self.mode.clone()),
            ("uid", self.uid.map(|it| it.to_string())),
            ("gid", self.gid.map(|it| it.to_string())),
            ("deny-write", self.deny_write.map(|it| u8::from(it).to_string())),
        ];
        let written = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
        written.fold(self.path.clone(), |out, (name, value)| format!("{out},{name}={value}"))
    }
}

impl Disk {
    /// `scsi7`
    pub fn key(&self, name: &str) -> String {
        format!("scsi{}", slot(name, self.slot, 1, 30))
    }

    /// As Proxmox writes a new one.
    pub fn text(&self, storage: &str) -> String {
        let storage = self.storage.as_deref().unwrap_or(storage);
        let backup = self.backup.map(|it| format!(",backup={}", u8::from(it)));
        format!("{storage}:{}{}", self.size.gib(), backup.unwrap_or_default())
    }
}
