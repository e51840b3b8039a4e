//! `vm`: a QEMU virtual machine on a Proxmox node.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::kinds::guest::{Guest, Provision, User, body_of, differing, disk, mib, number, value};
use crate::kinds::takeover::Wanted;
use crate::kinds::{Around, First, Found, Kind, Memory, Objection, Reading, Takeover};
use crate::model::{Answer, GuestSeen, Method, ObjectId, Question, Ref, Size, Step, Text, Value};
use crate::schema::{Class, Field, Type, spec};

spec! {
    /// A QEMU virtual machine on a Proxmox node.
    "vm" Vm {
        /// Where it is made: a cluster, which chooses the node, or a node.
        on: Ref, Note, required, is Type::Ref(&["cluster", "node"]);
        /// The cluster.
        cluster: Ref, Replace, derived "self.on.cluster", is Type::Ref(&["cluster"]);
        /// The node; the choice is kept.
        node: String, Live, derived "self.on.place", choose Node;
        /// Its number in the cluster.
        id: Value, Replace, default "\"auto\"", is Type::Either(Arc::new(vec![
            Type::Int(100, 999_999_999), Type::OneOf(&["auto"]),
        ])), choose VmId;
        /// Its name in the network.
        hostname: String, Live, default "slug(self.label)", is Type::Fqdn;
        /// What it is made from: a template, or the name of an image on the cluster.
        template: Value, Note, required,
            is Type::Either(Arc::new(vec![Type::Ref(&["template"]), Type::Str]));
        /// The image.
        image: String, Note, derived "self.template?.base ?? self.template";
        /// The version of the template it was made from.
        template_version: Option<String>, Note, derived "self.template?.version";
        /// The template has scripts, packages or files.
        scripted: bool, Note, derived "self.template?.scripted ?? false";
        /// What happens when its template has another version.
        on_template_change: String, Note, default "\"report\"",
            is Type::OneOf(&["report", "rerun_scripts", "replace"]);
        /// Processor cores.
        cores: u32, Restart, default "1", is Type::Int(1, 8192);
        /// Memory.
        memory: Size, Restart, default "1GiB";
        /// The first disk.
        disk: Size, Live, default "16GiB";
        /// The storage of its disks; by default the node's.
        storage: Option<String>, Note, optional;
        /// The storage that was chosen.
        disks: Option<String>, Note, derived "self.storage ?? self.on.disks";
        /// The network it joins.
        network: Option<Ref>, Live, default "if length(all.network) == 1 then first(all.network) \
            else null", is Type::Ref(&["network"]);
        /// Its address: one of the network, `"auto"` or `"dhcp"`.
        ip: String, Restart, default "if self.network != null && length(self.network.pool) > 0 \
            then \"auto\" else \"dhcp\"", is Type::Either(Arc::new(vec![
            Type::Ip, Type::OneOf(&["auto", "dhcp"]),
        ])), choose Ip;
        /// The bridge; by default the node's.
        bridge: Option<String>, Live, derived "self.network?.bridge";
        /// The way out.
        gateway: Option<IpAddr>, Restart, derived "self.network?.gateway";
        /// How many leading bits its network's addresses share.
        prefix: Option<i64>, Restart, derived "if self.network == null then null \
            else prefix(self.network.cidr)";
        /// The VLAN tag.
        vlan: Option<i64>, Live, derived "self.network?.vlan";
        /// Name servers.
        nameservers: Option<Vec<IpAddr>>, Restart, derived "self.network?.dns";
        /// The domain it searches.
        domain: Option<String>, Restart, derived "self.network?.domain";
        /// Who may log in.
        users: BTreeMap<String, User>, Live, default "{}";
        /// Public keys of the first user.
        ssh_keys: Vec<String>, Restart, default "[]";
        /// The owner's own scripts.
        provision: Option<Provision>, Live, optional;
        /// It starts when its node does.
        on_boot: bool, Live, default "true";
        /// It runs.
        start: bool, Live, default "true";
        /// Its time zone.
        timezone: Option<String>, Live, optional;
        /// Words that Proxmox shows beside it.
        tags: Vec<String>, Live, default "[]";
    }
}

impl Vm {
    fn guest<'a>(&'a self, id: &'a ObjectId) -> Guest<'a> {
        let vmid = number(&self.id);
        Guest { id, cluster: &self.cluster, node: &self.node, vmid, api: "qemu" }
    }

    fn storage_name(&self) -> &str {
        self.disks.as_deref().unwrap_or("local-lvm")
    }

    fn config(&self) -> BTreeMap<String, Text> {
        let mut tags = vec!["paas".to_owned()];
        tags.extend(self.tags.iter().cloned());
        let bridge = self.bridge.as_deref().unwrap_or("vmbr0");
        let tag = self.vlan.map(|vlan| format!(",tag={vlan}")).unwrap_or_default();
        let address = match self.ip.as_str() {
            "dhcp" => "ip=dhcp".to_owned(),
            address => {
                let gateway = self.gateway.map(|gateway| format!(",gw={gateway}"));
                let prefix = self.prefix.unwrap_or(24);
                format!("ip={address}/{prefix}{}", gateway.unwrap_or_default())
            }
        };
        let mut config = body_of([
            ("name", self.hostname.clone()),
            ("cores", self.cores.to_string()),
            ("memory", self.memory.mib().to_string()),
            ("onboot", if self.on_boot { "1" } else { "0" }.to_owned()),
            ("tags", tags.join(";")),
            ("net0", format!("virtio,bridge={bridge}{tag}")),
            ("ipconfig0", address),
            ("agent", "enabled=1".to_owned()),
        ]);
        let servers: Vec<String> =
            self.nameservers.iter().flatten().map(ToString::to_string).collect();
        if !servers.is_empty() {
            config.extend(body_of([("nameserver", servers.join(" "))]));
        }
        if let Some(domain) = &self.domain {
            config.extend(body_of([("searchdomain", domain.clone())]));
        }
        if !self.ssh_keys.is_empty() {
            config.extend(body_of([("sshkeys", percent(&self.ssh_keys.join("\n")))]));
        }
        config
    }

    fn set_up(&self, guest: Guest<'_>, wants: impl Fn(&str) -> bool) -> Vec<Step> {
        let template = (self.scripted && wants("template_version"))
            .then(|| guest.template(&self.template))
            .flatten();
        let users = (wants("users") || wants("timezone"))
            .then(|| guest.users(&self.users, self.timezone.as_deref()))
            .flatten();
        let provision = wants("provision").then(|| guest.provision(self.provision.as_ref()));
        template.into_iter().chain(users).chain(provision.flatten()).collect()
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
    const FACETS: &'static [&'static str] = &["expose", "tile"];
    const HOLDS_DATA: bool = true;

    fn readings() -> Vec<Reading> {
        vec![
            Reading::expression("machine", "The machine itself.", "self"),
            Reading::expression(
                "fqdn",
                "Its full name.",
                "if self.domain == null then self.hostname else \"\\(self.hostname).\\(self.domain)\"",
            ),
        ]
    }

    fn complete(&mut self, around: &dyn Around) -> Vec<Objection> {
        let Some(provision) = &mut self.provision else { return Vec::new() };
        let objection = |message| Objection {
            field: "provision/scripts".to_owned(),
            message,
            help: "paths start at the folder of the manifest".to_owned(),
        };
        provision.complete(|path| around.read(path)).err().map(objection).into_iter().collect()
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
            _ => Some(field.class),
        }
    }

    fn create(&self, id: &ObjectId, uid: &str) -> Vec<Step> {
        let guest = self.guest(id);
        let storage = self.storage_name();
        let mut config = self.config();
        config.extend(body_of([
            ("scsi0", format!("{storage}:0,import-from=local:import/{}", self.image)),
            ("scsihw", "virtio-scsi-single".to_owned()),
            ("ide2", format!("{storage}:cloudinit")),
            ("boot", "order=scsi0".to_owned()),
        ]));
        let mut steps = vec![guest.make(uid, config), guest.resize("scsi0", self.disk)];
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
        let (old, new) = (before.config(), self.config());
        let seen = |name: &str| match name {
            "name" => has("hostname"),
            "onboot" => has("on_boot"),
            name => has(name),
        };
        let mut config: BTreeMap<String, Text> = new
            .iter()
            .filter(|(name, value)| old.get(*name) != Some(*value) || seen(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let gone: Vec<&str> =
            old.keys().filter(|name| !new.contains_key(*name)).map(String::as_str).collect();
        if !gone.is_empty() {
            config.extend(body_of([("delete", gone.join(","))]));
        }
        if !config.is_empty() {
            steps.push(guest.call(Method::Put, "/config", config));
        }
        if has("disk") {
            steps.push(guest.resize("scsi0", self.disk));
        }
        let restart =
            ["cores", "memory", "ip", "gateway", "prefix", "nameservers", "domain", "ssh_keys"];
        match (self.start, has("start")) {
            (true, true) => steps.extend([guest.status("start"), guest.ready()]),
            (false, true) => steps.push(guest.status("shutdown")),
            (true, false) if restart.iter().any(|name| has(name)) => {
                steps.extend([guest.status("reboot"), guest.ready()]);
            }
            (true | false, false) => (),
        }
        if self.start {
            steps.extend(self.set_up(guest, has));
        }
        steps
    }

    fn take_over(&self, id: &ObjectId, uid: &str, seen: &GuestSeen) -> Option<Takeover> {
        let guest = self.guest(id);
        let wanted = Wanted {
            guest,
            uid,
            config: self.config(),
            optional: &["nameserver", "searchdomain"],
            restarts: &[
                "cores",
                "memory",
                "net0",
                "ipconfig0",
                "nameserver",
                "searchdomain",
                "sshkeys",
            ],
            disk: ("scsi0", self.disk),
            start: self.start,
            users: guest.users(&self.users, self.timezone.as_deref()),
        };
        Some(wanted.over(seen))
    }

    fn delete(&self, id: &ObjectId) -> Vec<Step> {
        self.guest(id).delete()
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
            ("disk", value(&Size(self.disk.gib() << 30)), disk(get("scsi0"))),
            ("on_boot", value(&self.on_boot), flag("onboot")),
            ("node", value(&self.node), Some(seen.node.as_str().into())),
            ("start", value(&self.start), Some(seen.running.into())),
        ]))
    }
}
