//! `container`: an LXC container on a Proxmox node.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::kinds::guest::{Guest, Provision, User, body_of, differing, disk, mib, number, value};
use crate::kinds::takeover::Wanted;
use crate::kinds::{Around, First, Found, Kind, Memory, Objection, Reading, Takeover};
use crate::model::{Answer, GuestSeen, Method, ObjectId, Question, Ref, Size, Step, Text, Value};
use crate::schema::{Class, Field, Type, object, spec};

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

spec! {
    /// An LXC container on a Proxmox node.
    "container" Container {
        /// Where it is made: a cluster, which chooses the node, or a node.
        on: Ref, Replace, required, is Type::Ref(&["cluster", "node"]);
        /// The cluster.
        cluster: Ref, Replace, derived "self.on.cluster", is Type::Ref(&["cluster"]);
        /// The node; the choice is kept.
        node: String, Replace, derived "self.on.place", choose Node;
        /// Its number in the cluster.
        id: Value, Replace, default "\"auto\"", is id_or_auto(), choose VmId;
        /// Its name in the network.
        hostname: String, Live, default "slug(self.label)", is Type::Fqdn;
        /// What it is made from: a template, or the name of an image on the cluster.
        template: Value, Note, required, is template_or_name();
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
        cores: u32, Live, default "1", is Type::Int(1, 8192);
        /// Memory.
        memory: Size, Live, default "512MiB";
        /// Memory on disk.
        swap: Size, Live, default "0B";
        /// The root disk.
        disk: Size, Live, default "8GiB";
        /// The storage of the root disk; by default the node's.
        storage: Option<String>, Replace, optional;
        /// The storage that was chosen.
        disks: Option<String>, Note, derived "self.storage ?? self.on.disks";
        /// The network it joins.
        network: Option<Ref>, Live, default "if length(all.network) == 1 then first(all.network) \
            else null", is Type::Ref(&["network"]);
        /// Its address: one of the network, `"auto"` or `"dhcp"`.
        ip: String, Restart, default "if self.network != null && length(self.network.pool) > 0 \
            then \"auto\" else \"dhcp\"", is ip_or_word(), choose Ip;
        /// The bridge; by default the node's.
        bridge: Option<String>, Restart, derived "self.network?.bridge";
        /// The way out.
        gateway: Option<IpAddr>, Restart, derived "self.network?.gateway";
        /// How many leading bits its network's addresses share.
        prefix: Option<i64>, Restart, derived "if self.network == null then null \
            else prefix(self.network.cidr)";
        /// The VLAN tag.
        vlan: Option<i64>, Restart, derived "self.network?.vlan";
        /// Name servers.
        nameservers: Option<Vec<IpAddr>>, Live, derived "self.network?.dns";
        /// The domain it searches.
        domain: Option<String>, Live, derived "self.network?.domain";
        /// What it may do beyond the usual.
        features: Features, Restart, default "{}";
        /// Its root is nobody outside.
        unprivileged: bool, Replace, default "true";
        /// It may use the node's graphics processor.
        gpu: bool, Restart, default "false";
        /// Who may log in.
        users: BTreeMap<String, User>, Live, default "{}";
        /// Public keys of root.
        ssh_keys: Vec<String>, Note, default "[]";
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

fn id_or_auto() -> Type {
    Type::Either(Arc::new(vec![Type::Int(100, 999_999_999), Type::OneOf(&["auto"])]))
}

fn template_or_name() -> Type {
    Type::Either(Arc::new(vec![Type::Ref(&["template"]), Type::Str]))
}

fn ip_or_word() -> Type {
    Type::Either(Arc::new(vec![Type::Ip, Type::OneOf(&["auto", "dhcp"])]))
}

impl Container {
    fn guest<'a>(&'a self, id: &'a ObjectId) -> Guest<'a> {
        let vmid = number(&self.id);
        Guest { id, cluster: &self.cluster, node: &self.node, vmid, api: "lxc" }
    }

    /// What can be changed while it exists, as Proxmox writes it.
    fn config(&self) -> BTreeMap<String, Text> {
        let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
        let mut tags = vec!["paas".to_owned()];
        tags.extend(self.tags.iter().cloned());
        let mut config = body_of([
            ("hostname", self.hostname.clone()),
            ("cores", self.cores.to_string()),
            ("memory", self.memory.mib().to_string()),
            ("swap", self.swap.mib().to_string()),
            ("onboot", flag(self.on_boot)),
            ("tags", tags.join(";")),
            ("net0", self.net()),
        ]);
        let features = [
            ("nesting", self.features.nesting),
            ("keyctl", self.features.keyctl),
            ("fuse", self.features.fuse),
        ];
        let features: Vec<String> =
            features.iter().filter(|(_, on)| *on).map(|(name, _)| format!("{name}=1")).collect();
        let mut put = |name: &str, value: String| {
            if !value.is_empty() {
                config.insert(name.to_owned(), value.into());
            }
        };
        put("features", features.join(","));
        let servers = self.nameservers.iter().flatten().map(ToString::to_string);
        put("nameserver", servers.collect::<Vec<_>>().join(" "));
        put("searchdomain", self.domain.clone().unwrap_or_default());
        if self.gpu {
            put("dev0", "/dev/dri/renderD128,gid=104".to_owned());
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
        net
    }

    fn storage_name(&self) -> &str {
        self.disks.as_deref().unwrap_or("local-lvm")
    }

    /// What runs inside a fresh container, or again when one of these parts has changed.
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

impl Kind for Container {
    const WORD: &'static str = Container::KIND;
    const ABOUT: &'static str = Container::DOC;
    const FIRST: First = First::Delete;
    const ALSO: &'static [&'static str] = &["machine"];
    const FACETS: &'static [&'static str] = &["expose", "tile"];
    const HOLDS_DATA: bool = true;

    fn readings() -> Vec<Reading> {
        vec![
            Reading::expression("machine", "The container itself.", "self"),
            Reading::expression(
                "fqdn",
                "Its full name.",
                "if self.domain == null then self.hostname else \"\\(self.hostname).\\(self.domain)\"",
            ),
            Reading::fact("mac", "Its hardware address.", Type::Str),
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
            // A cluster that chooses and a node that is named lead to the same place.
            ("on", _) => Some(Class::Note),
            _ => Some(field.class),
        }
    }

    fn create(&self, id: &ObjectId, uid: &str) -> Vec<Step> {
        let guest = self.guest(id);
        let mut config = self.config();
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
        let mut steps = vec![guest.make(uid, config)];
        if self.start {
            steps.extend([guest.status("start"), guest.ready()]);
            steps.extend(self.set_up(guest, |_| true));
        }
        steps
    }

    fn update(&self, id: &ObjectId, _: &str, before: &Container, changed: &[&str]) -> Vec<Step> {
        let guest = self.guest(id);
        let has = |name: &str| changed.contains(&name);
        let (old, new) = (before.config(), self.config());
        // What was changed outside is sent again although the specs agree.
        let seen = |name: &str| match name {
            "onboot" => has("on_boot"),
            "net0" => has("ip"),
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
        let mut steps = Vec::new();
        if !config.is_empty() {
            steps.push(guest.call(Method::Put, "/config", config));
        }
        if has("disk") {
            steps.push(guest.resize("rootfs", self.disk));
        }
        let restart = ["ip", "bridge", "gateway", "prefix", "vlan", "features", "gpu"];
        match (self.start, has("start")) {
            (true, true) => steps.extend([guest.status("start"), guest.ready()]),
            (false, true) => steps.push(guest.status("shutdown")),
            (true, false) if restart.iter().any(|name| has(name)) => {
                steps.extend([guest.status("reboot"), guest.ready()]);
            }
            (true | false, false) => (),
        }
        if self.start {
            let rerun = self.provision.as_ref().map_or("never", |it| it.rerun.as_str());
            let wants = |part: &str| {
                has(part) && (part != "provision" || rerun != "never")
                    || part == "provision" && rerun == "always"
            };
            steps.extend(self.set_up(guest, wants));
        }
        steps
    }

    fn take_over(&self, id: &ObjectId, uid: &str, seen: &GuestSeen) -> Option<Takeover> {
        let guest = self.guest(id);
        let wanted = Wanted {
            guest,
            uid,
            config: self.config(),
            optional: &["features", "nameserver", "searchdomain"],
            restarts: &["net0", "features", "dev0"],
            disk: ("rootfs", self.disk),
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
            (
                "hostname",
                value(&self.hostname),
                get("hostname").map(|name| Value::from(name.as_str())),
            ),
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
