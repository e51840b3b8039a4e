//! `vm`: a QEMU virtual machine on a Proxmox node.

use std::collections::BTreeMap;

use crate::kinds::guest::{body_of, differing, disk, mib, value};
use crate::kinds::guest_fields::guest;
use crate::kinds::guest_parts::{Disk, disk_blocks, shared_slots, slot};
use crate::kinds::takeover::Wanted;
use crate::kinds::{Around, First, Found, Kind, Memory, Objection, Reading, Takeover};
use crate::model::{Answer, GuestSeen, Method, ObjectId, Question, Size, Step, Text, Value};
use crate::schema::{Class, Field, Type};

guest! {
    /// A QEMU virtual machine on a Proxmox node.
    "vm" Vm as "qemu" {
        node Live,
        cores and memory Restart,
        memory "1GiB",
        disk "16GiB",
        storage Note,
        bridge Live,
        dns Restart,
        keys Restart,
    }
    {
        /// The processor that it sees: `host`, `x86-64-v2-AES`.
        cpu: Option<String>, Restart, optional;
        /// The board that it sees: `q35`, `i440fx`.
        machine: Option<String>, Restart, optional;
        /// Its firmware; `"ovmf"` is UEFI.
        bios: Option<String>, Replace, optional, is Type::OneOf(&["seabios", "ovmf"]);
        /// The QEMU guest agent runs inside; it does unless this says otherwise.
        agent: Option<bool>, Restart, optional;
        /// It is told its address, its name and its users by cloud-init; it is unless this says
        /// otherwise.
        cloud_init: Option<bool>, Replace, optional;
        /// A disc in its drive: `local:iso/debian-12.iso`.
        iso: Option<String>, Restart, optional;
        /// It gets a graphics processor of its node: the one that the cluster maps as `gpu`.
        gpu: Option<bool>, Restart, optional;
        /// Disks beyond the first, by a name.
        data_disk: Option<BTreeMap<String, Disk>>, Live, optional, is disk_blocks();
    }
}

impl Vm {
    /// The key of its first disk.
    fn first_disk(&self) -> &str {
        self.source.as_ref().map_or("scsi0", |source| &source.disk)
    }

    fn cloud_init(&self) -> bool {
        self.cloud_init != Some(false)
    }

    /// What can be changed while it exists, as Proxmox writes it; disks are apart.
    fn config(&self) -> BTreeMap<String, Text> {
        let bridge = self.bridge.as_deref().unwrap_or("vmbr0");
        let tag = self.vlan.map(|vlan| format!(",tag={vlan}")).unwrap_or_default();
        let mtu = self.mtu.map(|mtu| format!(",mtu={mtu}")).unwrap_or_default();
        let address = match self.ip.as_str() {
            "dhcp" => "ip=dhcp".to_owned(),
            address => {
                let gateway = self.gateway.map(|gateway| format!(",gw={gateway}"));
                let prefix = self.prefix.unwrap_or(24);
                format!("ip={address}/{prefix}{}", gateway.unwrap_or_default())
            }
        };
        let mut config = self.common_config();
        config.extend(body_of([
            ("name", self.hostname.clone()),
            ("net0", format!("virtio,bridge={bridge}{tag}{mtu}")),
            ("agent", format!("enabled={}", u8::from(self.agent != Some(false)))),
        ]));
        let mut put = |name: String, value: Option<String>| {
            if let Some(value) = value {
                config.insert(name, value.into());
            }
        };
        put("cpu".to_owned(), self.cpu.clone());
        put("machine".to_owned(), self.machine.clone());
        put("bios".to_owned(), self.bios.clone());
        put("ide0".to_owned(), self.iso.as_ref().map(|iso| format!("{iso},media=cdrom")));
        let graphics = (self.gpu == Some(true)).then(|| "mapping=gpu".to_owned());
        put("hostpci0".to_owned(), graphics);
        let told = self.cloud_init();
        put("ipconfig0".to_owned(), told.then_some(address));
        let keys = (told && !self.ssh_keys.is_empty()).then(|| percent(&self.ssh_keys.join("\n")));
        put("sshkeys".to_owned(), keys);
        // Images have users of their own; commands and keys are root's, as everywhere.
        put("ciuser".to_owned(), told.then(|| "root".to_owned()));
        for (index, (name, nic)) in self.nic.iter().flatten().enumerate() {
            let link = self.links.as_ref().and_then(|links| links.get(name));
            let (nic, address) = nic.of_machine(link);
            put(format!("net{}", index + 1), Some(nic));
            put(format!("ipconfig{}", index + 1), told.then_some(address));
        }
        if let Some(password) = self.password.as_ref().filter(|_| told) {
            config.insert("cipassword".to_owned(), password.clone());
        }
        config
    }

    fn data_disks(&self) -> BTreeMap<String, &Disk> {
        self.data_disk.iter().flatten().map(|(name, disk)| (disk.key(name), disk)).collect()
    }

    /// The steps from other disks to these; a disk that goes keeps its volume.
    fn move_disks(&self, id: &ObjectId, before: &Vm) -> Vec<Step> {
        let guest = self.guest(id);
        let (old, new) = (before.data_disks(), self.data_disks());
        let gone: Vec<&str> =
            old.keys().filter(|key| !new.contains_key(*key)).map(String::as_str).collect();
        let mut body = BTreeMap::new();
        if !gone.is_empty() {
            body.extend(body_of([("delete", gone.join(","))]));
        }
        let added = new.iter().filter(|(key, _)| !old.contains_key(*key));
        body.extend(added.map(|(key, it)| (key.clone(), it.text(self.storage_name()).into())));
        let mut steps = Vec::new();
        if !body.is_empty() {
            steps.push(guest.call(Method::Put, "/config", body));
        }
        for (key, disk) in &new {
            if old.get(key).is_some_and(|before| before.size < disk.size) {
                steps.push(guest.resize(key, disk.size));
            }
        }
        steps
    }

    /// Disks come, go and grow; anything else would need another disk in the place of one.
    fn disk_class(&self, before: &Vm) -> Class {
        let old = before.data_disks();
        let other = |(key, disk): (&String, &&Disk)| {
            old.get(key).is_some_and(|before| {
                let same = Disk { size: disk.size, ..(*before).clone() } == **disk;
                !same || disk.size < before.size
            })
        };
        if self.data_disks().iter().any(other) { Class::Replace } else { Class::Live }
    }
}

/// Keys as Proxmox takes them for virtual machines: encoded once inside the value.
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

impl Kind for Vm {
    const WORD: &'static str = Vm::KIND;
    const ABOUT: &'static str = Vm::DOC;
    const FIRST: First = First::Delete;
    const ALSO: &'static [&'static str] = &["machine"];
    const FACETS: &'static [&'static str] = &["expose", "backup", "tile"];
    const HOLDS_DATA: bool = true;

    fn readings() -> Vec<Reading> {
        Vm::guest_readings()
    }

    fn complete(&mut self, around: &dyn Around) -> Vec<Objection> {
        let mut objections = self.complete_guest(around);
        if !self.cloud_init() && (self.password.is_some() || !self.ssh_keys.is_empty()) {
            let field = if self.password.is_some() { "password" } else { "ssh_keys" };
            objections.push(Objection {
                field: field.to_owned(),
                message: format!("`{field}` reaches a virtual machine through cloud-init"),
                help: "leave `cloud_init = false` out".to_owned(),
            });
        }
        let disks = self.data_disk.iter().flatten();
        let slots = disks.map(|(name, disk)| (name.clone(), slot(name, disk.slot, 1, 30)));
        objections.extend(shared_slots("data_disk", slots));
        objections
    }

    fn class(&self, before: &Vm, field: &Field) -> Option<Class> {
        let other = self.template_version != before.template_version || self.image != before.image;
        match (field.name, self.on_template_change.as_str()) {
            ("template_version" | "image", "replace") if other => Some(Class::Replace),
            ("template_version", "report") => None,
            ("template_version", _) => Some(Class::Live),
            ("image", _) if before.template_version.is_none() => Some(Class::Replace),
            ("image", _) => None,
            ("disk", _) if self.disk < before.disk => Some(Class::Replace),
            // A copy stays what it was made as.
            ("linked", _) => None,
            ("data_disk", _) => Some(self.disk_class(before)),
            _ => Some(field.class),
        }
    }

    fn create(&self, id: &ObjectId, uid: &str) -> Vec<Step> {
        let guest = self.guest(id);
        let storage = self.storage_name();
        let mut config = self.config();
        // A copy has the disks and the board of what it is copied from.
        if self.source.is_none() {
            config.extend(body_of([
                ("scsi0", format!("{storage}:0,import-from=local:import/{}", self.image)),
                ("scsihw", "virtio-scsi-single".to_owned()),
                ("boot", "order=scsi0".to_owned()),
            ]));
        }
        let has_drive = self.source.as_ref().is_some_and(|source| source.cloud_init.is_some());
        if self.cloud_init() && !has_drive {
            config.extend(body_of([("ide2", format!("{storage}:cloudinit"))]));
        }
        if self.bios.as_deref() == Some("ovmf") {
            config.extend(body_of([("efidisk0", format!("{storage}:1,efitype=4m"))]));
        }
        let disks = self.data_disks().into_iter();
        config.extend(disks.map(|(key, disk)| (key, disk.text(storage).into())));
        let mut steps = match &self.source {
            Some(source) => self.copy(guest, uid, source, config),
            None => {
                let mut steps = self.join_pool(guest, &mut config);
                steps.push(guest.make(uid, config));
                steps
            }
        };
        steps.push(guest.resize(self.first_disk(), self.disk));
        if self.start {
            steps.extend([guest.status("start"), guest.ready()]);
            steps.extend(self.set_up(guest, |_| true));
        }
        steps
    }

    fn update(&self, id: &ObjectId, _: &str, before: &Vm, changed: &[&str]) -> Vec<Step> {
        let has = |name: &str| changed.contains(&name);
        let mut steps = Vec::new();
        if has("node") && before.node != self.node {
            let body = body_of([("target", self.node.clone()), ("online", "1".to_owned())]);
            steps.push(before.guest(id).call(Method::Post, "/migrate", body));
        }
        let guest = self.guest(id);
        let seen = |name: &str| match name {
            "name" => has("hostname"),
            "onboot" => has("on_boot"),
            name => has(name),
        };
        steps.extend(guest.configure(&before.config(), &self.config(), seen));
        steps.extend(self.move_disks(id, before));
        if has("disk") {
            steps.push(guest.resize(self.first_disk(), self.disk));
        }
        match (self.start, has("start")) {
            (true, true) => steps.extend([guest.status("start"), guest.ready()]),
            (false, true) => steps.push(guest.status("shutdown")),
            (true, false) if self.restarts(before, changed) => {
                steps.extend([guest.status("reboot"), guest.ready()]);
            }
            (true | false, false) => (),
        }
        if self.start {
            steps.extend(self.set_up(guest, |part| self.runs_again(part, has)));
        }
        steps
    }

    fn delete(&self, id: &ObjectId) -> Vec<Step> {
        self.guest(id).delete(self.protection == Some(true))
    }

    fn take_over(&self, id: &ObjectId, uid: &str, seen: &GuestSeen) -> Option<Takeover> {
        let guest = self.guest(id);
        let wanted = Wanted {
            guest,
            uid,
            config: self.config(),
            optional: &["nameserver", "searchdomain", "startup", "protection"],
            restarts: &[
                "cores",
                "memory",
                "net0",
                "ipconfig0",
                "nameserver",
                "searchdomain",
                "sshkeys",
                "hostpci0",
            ],
            disk: (self.first_disk(), self.disk),
            start: self.start,
            users: guest.users(&self.users, self.timezone.as_deref()),
        };
        Some(wanted.over(seen))
    }

    fn mark(&self, id: &ObjectId, uid: &str) -> Vec<Step> {
        vec![self.guest(id).mark(uid)]
    }

    fn look(&self, _: &ObjectId) -> Option<Question> {
        Some(Question::Cluster(self.cluster.clone()))
    }

    fn found(&self, memory: Memory<'_>, answer: &Answer) -> Found {
        let seen = match self.guest(memory.id).seen(memory, answer) {
            Ok(seen) => seen,
            Err(found) => return found,
        };
        let get = |name: &str| seen.config.get(name);
        let int = |name: &str| get(name).and_then(|text| text.parse::<u64>().ok()).map(Value::from);
        let flag = |name: &str| get(name).map(|text| Value::from(text == "1"));
        Found::Ours(differing([
            ("hostname", value(&self.hostname), get("name").map(|name| Value::from(name.as_str()))),
            ("cores", value(&self.cores), int("cores")),
            ("memory", value(&self.memory), mib(get("memory"))),
            ("disk", value(&Size(self.disk.gib() << 30)), disk(get(self.first_disk()))),
            ("on_boot", value(&self.on_boot), flag("onboot")),
            ("node", value(&self.node), Some(seen.node.as_str().into())),
            ("start", value(&self.start), Some(seen.running.into())),
        ]))
    }
}
