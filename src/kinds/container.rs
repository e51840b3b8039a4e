//! `container`: an LXC container on a Proxmox node.

use std::collections::BTreeMap;

use crate::kinds::guest::{Guest, body_of, differing, disk, mib, value};
use crate::kinds::guest_fields::guest;
use crate::kinds::guest_parts::{Device, Mount, Source, devices, mounts, shared_slots, slot};
use crate::kinds::takeover::Wanted;
use crate::kinds::variables::{self, Reader};
use crate::kinds::{Around, First, Found, Kind, Memory, Objection, Reading, Takeover};
use crate::model::Value;
use crate::model::{Answer, Form, GuestSeen, Method, ObjectId, Question, Size, Step, Text};
use crate::schema::{Class, Field, object};

object! {
    /// What an unprivileged container may do beyond the usual.
    Features {
        /// Containers inside the container: Docker needs it.
        nesting: bool, Restart, default "false";
        /// Kernel keyrings: some Docker images need them.
        keyctl: bool, Restart, default "false";
        /// File systems in user space.
        fuse: bool, Restart, default "false";
    }
}

guest! {
    /// An LXC container on a Proxmox node.
    "container" Container as "lxc" {
        node Restart,
        cores and memory Live,
        memory "512MiB",
        disk "8GiB",
        storage Replace,
        bridge Restart,
        dns Restart,
        keys Live,
    }
    {
        /// Memory on disk.
        swap: Size, Live, default "0B";
        /// What stands below other paths, by a name: volumes, and folders of the node.
        mount: Option<BTreeMap<String, Mount>>, Restart, optional, is mounts();
        /// Devices of the node that it may use.
        device: Option<BTreeMap<String, Device>>, Restart, optional, is devices();
        /// What it may do beyond the usual.
        features: Features, Restart, default "{}";
        /// Its root is nobody outside.
        unprivileged: bool, Replace, default "true";
        /// It may use the node's graphics processor.
        gpu: bool, Restart, default "false";
        /// Variables of its first process; for images of `oci://…`.
        env: Option<BTreeMap<String, Text>>, Restart, optional;
        /// Its first process; for images of `oci://…`.
        entrypoint: Option<String>, Restart, optional;
    }
}

impl Container {
    /// What can be changed while it exists, as Proxmox writes it; mounts are apart.
    fn config(&self) -> BTreeMap<String, Text> {
        let mut config = self.common_config();
        config.extend(body_of([
            ("hostname", self.hostname.clone()),
            ("swap", self.swap.mib().to_string()),
            ("net0", self.net()),
        ]));
        let features = [
            ("nesting", self.features.nesting),
            ("keyctl", self.features.keyctl),
            ("fuse", self.features.fuse),
        ];
        let features: Vec<String> =
            features.iter().filter(|(_, on)| *on).map(|(name, _)| format!("{name}=1")).collect();
        let mut put = |name: String, value: String| {
            if !value.is_empty() {
                config.insert(name, value.into());
            }
        };
        put("features".to_owned(), features.join(","));
        put("entrypoint".to_owned(), self.entrypoint.clone().unwrap_or_default());
        let graphics = self.gpu.then(|| "/dev/dri/renderD128,gid=104".to_owned());
        let devices = self.device.iter().flatten().map(|(_, device)| device.text());
        for (index, device) in graphics.into_iter().chain(devices).enumerate() {
            put(format!("dev{index}"), device);
        }
        for (index, (name, nic)) in self.nic.iter().flatten().enumerate() {
            let link = self.links.as_ref().and_then(|links| links.get(name));
            put(format!("net{}", index + 1), nic.of_container(name, link));
        }
        if let Some(env) = &self.env {
            let mut text = Text::default();
            for (name, value) in env {
                text.push_str(if text.pieces().is_empty() { "" } else { "\0" });
                text.push_str(&format!("{name}="));
                text.push(&value.quoted(Form::Item));
            }
            config.insert("env".to_owned(), text);
        }
        config
    }

    fn net(&self) -> String {
        let bridge = self.bridge.as_deref().unwrap_or("vmbr0");
        let mut net = format!("name=eth0,bridge={bridge}");
        match self.ip.as_str() {
            "dhcp" => net.push_str(",ip=dhcp"),
            address => {
                let family = if address.contains(':') { ",ip6=" } else { ",ip=" };
                net.push_str(&format!("{family}{address}/{}", self.prefix.unwrap_or(24)));
                if let Some(gateway) = self.gateway {
                    let name = if gateway.is_ipv6() { "gw6" } else { "gw" };
                    net.push_str(&format!(",{name}={gateway}"));
                }
            }
        }
        if let Some(vlan) = self.vlan {
            net.push_str(&format!(",tag={vlan}"));
        }
        if let Some(mtu) = self.mtu {
            net.push_str(&format!(",mtu={mtu}"));
        }
        net
    }

    /// A copy of a guest template. Keys and passwords are given to a new container only: a copy
    /// gets them once it runs.
    fn create_copy(
        &self,
        guest: Guest<'_>,
        uid: &str,
        source: &Source,
        config: BTreeMap<String, Text>,
    ) -> Vec<Step> {
        let mut steps = self.copy(guest, uid, source, config);
        steps.push(guest.resize("rootfs", self.disk));
        if self.start {
            steps.extend([guest.status("start"), guest.ready()]);
            if !self.ssh_keys.is_empty() {
                steps.push(guest.keys(&[], &self.ssh_keys));
            }
            steps.extend(self.password.as_ref().map(|it| guest.password("root", it)));
            steps.extend(self.set_up(guest, |_| true));
        }
        steps
    }

    fn mounts(&self) -> BTreeMap<String, &Mount> {
        self.mount.iter().flatten().map(|(name, mount)| (mount.key(name), mount)).collect()
    }

    /// The steps from other mounts to these: a volume that stays is never written again, because
    /// that would make a new one.
    fn move_mounts(&self, id: &ObjectId, before: &Container) -> Vec<Step> {
        let guest = self.guest(id);
        let (old, new) = (before.mounts(), self.mounts());
        let mut steps = Vec::new();
        let gone: Vec<&str> =
            old.keys().filter(|key| !new.contains_key(*key)).map(String::as_str).collect();
        if !gone.is_empty() {
            let body = body_of([("delete", gone.join(","))]);
            steps.push(guest.call(Method::Put, "/config", body));
        }
        let mut body = BTreeMap::new();
        for (key, mount) in &new {
            match old.get(key) {
                Some(before) if before == mount => (),
                Some(before) if mount.size.is_some() && mount.grows_from(before) => {
                    steps.extend(mount.size.map(|size| guest.resize(key, size)));
                }
                Some(_) | None => {
                    body.insert(key.clone(), mount.text(self.storage_name()).into());
                }
            }
        }
        if !body.is_empty() {
            steps.push(guest.call(Method::Put, "/config", body));
        }
        steps
    }

    /// What other mounts cost: a volume of its own is never changed in its place.
    fn mount_class(&self, before: &Container) -> Class {
        let (old, new) = (before.mounts(), self.mounts());
        let changed = |(key, mount): (&String, &&Mount)| match old.get(key) {
            None => Class::Live,
            Some(before) if before == mount || mount.grows_from(before) => Class::Live,
            Some(before) if before.size.is_some() || mount.size.is_some() => Class::Replace,
            Some(_) => Class::Restart,
        };
        let gone = old.keys().any(|key| !new.contains_key(key));
        let least = if gone { Class::Restart } else { Class::Live };
        new.iter().map(changed).max().unwrap_or(least).max(least)
    }
}

impl Kind for Container {
    const WORD: &'static str = Container::KIND;
    const ABOUT: &'static str = Container::DOC;
    const FIRST: First = First::Delete;
    const ALSO: &'static [&'static str] = &["machine"];
    const FACETS: &'static [&'static str] = &["expose", "backup", "tile"];
    const HOLDS_DATA: bool = true;

    fn readings() -> Vec<Reading> {
        Container::guest_readings()
    }

    fn complete(&mut self, around: &dyn Around) -> Vec<Objection> {
        let mut objections = self.complete_guest(around);
        let env = self.env.iter();
        objections.extend(env.flat_map(|it| variables::objections("env", it, Reader::Process)));
        for (name, mount) in self.mount.iter().flatten() {
            let sources = [mount.size.is_some(), mount.volume.is_some(), mount.host_path.is_some()];
            if sources.iter().filter(|written| **written).count() != 1 {
                objections.push(Objection {
                    field: format!("mount/{name}"),
                    message: format!("`mount {name}` needs one of `size`, `volume`, `host_path`"),
                    help: "write `size = 8GiB` for a new volume".to_owned(),
                });
            }
        }
        let mounts = self.mount.iter().flatten();
        let slots = mounts.map(|(name, mount)| (name.clone(), slot(name, mount.slot, 0, 256)));
        objections.extend(shared_slots("mount", slots));
        objections
    }

    fn class(&self, before: &Container, field: &Field) -> Option<Class> {
        match (field.name, self.on_template_change.as_str()) {
            ("template_version" | "image" | "scripted" | "template", "replace")
                if self.template_version != before.template_version
                    || self.image != before.image =>
            {
                Some(Class::Replace)
            }
            ("template_version", "report") => None,
            ("template_version", _) => Some(Class::Live),
            ("image", _) if before.template_version.is_none() => Some(Class::Replace),
            ("image", _) => None,
            ("disk", _) if self.disk < before.disk => Some(Class::Replace),
            // A copy stays what it was made as.
            ("linked", _) => None,
            ("mount", _) => Some(self.mount_class(before)),
            // A cluster that chooses and a node that is named lead to the same place.
            ("on", _) => Some(Class::Note),
            _ => Some(field.class),
        }
    }

    fn create(&self, id: &ObjectId, uid: &str) -> Vec<Step> {
        let guest = self.guest(id);
        let mut config = self.config();
        let mounts = self.mounts().into_iter();
        config.extend(mounts.map(|(key, it)| (key, it.text(self.storage_name()).into())));
        if let Some(source) = &self.source {
            return self.create_copy(guest, uid, source, config);
        }
        let rootfs = format!("{}:{}", self.storage_name(), self.disk.gib());
        let unprivileged = if self.unprivileged { "1" } else { "0" };
        config.extend(body_of([
            ("ostemplate", self.image.clone()),
            ("rootfs", rootfs),
            ("unprivileged", unprivileged.to_owned()),
        ]));
        if !self.ssh_keys.is_empty() {
            config.extend(body_of([("ssh-public-keys", self.ssh_keys.join("\n"))]));
        }
        if let Some(password) = &self.password {
            config.insert("password".to_owned(), password.clone());
        }
        let mut steps = self.join_pool(guest, &mut config);
        steps.push(guest.make(uid, config));
        if self.start {
            steps.extend([guest.status("start"), guest.ready()]);
            steps.extend(self.set_up(guest, |_| true));
        }
        steps
    }

    fn update(&self, id: &ObjectId, _: &str, before: &Container, changed: &[&str]) -> Vec<Step> {
        let guest = self.guest(id);
        let has = |name: &str| changed.contains(&name);
        let mut steps = Vec::new();
        if has("node") && before.node != self.node {
            let body = body_of([("target", self.node.clone()), ("restart", "1".to_owned())]);
            steps.push(before.guest(id).call(Method::Post, "/migrate", body));
        }
        // What was changed outside is sent again although the specs agree.
        let seen = |name: &str| match name {
            "onboot" => has("on_boot"),
            "net0" => has("ip"),
            name => has(name),
        };
        let sent = guest.configure(&before.config(), &self.config(), seen);
        steps.extend(sent);
        steps.extend(self.move_mounts(id, before));
        if has("disk") {
            steps.push(guest.resize("rootfs", self.disk));
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
            if has("ssh_keys") && before.ssh_keys != self.ssh_keys {
                steps.push(guest.keys(&before.ssh_keys, &self.ssh_keys));
            }
            if let Some(password) = self.password.as_ref().filter(|_| has("password")) {
                steps.push(guest.password("root", password));
            }
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
            optional: &["features", "nameserver", "searchdomain", "startup", "protection"],
            restarts: &["net0", "features", "dev0"],
            disk: ("rootfs", self.disk),
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
        let hostname = get("hostname").map(|name| Value::from(name.as_str()));
        Found::Ours(differing([
            ("hostname", value(&self.hostname), hostname),
            ("cores", value(&self.cores), int("cores")),
            ("memory", value(&self.memory), mib(get("memory"))),
            ("swap", value(&self.swap), mib(get("swap"))),
            ("disk", value(&Size(self.disk.gib() << 30)), disk(get("rootfs"))),
            ("on_boot", value(&self.on_boot), flag("onboot")),
            ("node", value(&self.node), Some(seen.node.as_str().into())),
            ("start", value(&self.start), Some(seen.running.into())),
        ]))
    }
}
