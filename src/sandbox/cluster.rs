//! The API of a cluster: a call becomes entries, or a refusal that says what there is.

use std::collections::BTreeMap;

use crate::model::{Address, Call, Method, Value};
use crate::sandbox::contents::{Cluster, Contents, Entry, Guest, Node, Place, Taken};
use crate::sandbox::guest::{self, Draft, listed};

/// What a step comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    /// What is now otherwise.
    pub(super) entries: Vec<Entry>,
    /// What is brought back.
    pub(super) facts: BTreeMap<String, Value>,
    /// In virtual milliseconds.
    pub(super) took_ms: u64,
    /// What did not come true in that time.
    pub(super) failed: Option<String>,
    /// The kind of the task, as the log shows it.
    pub(super) kind: &'static str,
    /// Where it ran.
    pub(super) node: String,
    /// Which guest it was about.
    pub(super) vmid: Option<u32>,
}

/// One call, with everything that it is about.
struct Api<'a> {
    contents: &'a Contents,
    address: &'a Address,
    cluster: &'a Cluster,
    body: BTreeMap<String, String>,
}

/// The guest that a call names, and where it is.
struct Named<'a> {
    vmid: u32,
    guest: &'a Guest,
    node_name: &'a str,
    node: &'a Node,
}

/// What `call` does to the cluster at `address`.
pub(super) fn call(contents: &Contents, address: &Address, call: &Call) -> Result<Done, String> {
    let Some(cluster) = contents.clusters.get(address) else {
        let have = listed(contents.clusters.keys().map(Address::as_str));
        return Err(format!("the sandbox has no cluster `{address}`; it has {have}"));
    };
    let body = call.body.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
    let api = Api { contents, address, cluster, body };
    let path = call.path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (call.method, parts.as_slice()) {
        (Method::Post, ["nodes", node, "lxc"]) => api.create(node, true),
        (Method::Post, ["nodes", node, "qemu"]) => api.create(node, false),
        (Method::Post, ["nodes", node, "vzdump"]) => api.backup(node),
        (Method::Post, ["nodes", node, "aplinfo"]) => api.download(node, None),
        (Method::Post, ["nodes", node, "storage", storage, "download-url"]) => {
            api.download(node, Some(storage))
        }
        (Method::Post, ["cluster", "backup"])
        | (Method::Put | Method::Delete, ["cluster", "backup", _]) => {
            Ok(Done { kind: "backup", took_ms: 200, ..Done::default() })
        }
        (Method::Post, ["pools"]) => api.pool(None, true),
        (Method::Put | Method::Delete, ["pools", name]) => {
            api.pool(Some(name), call.method == Method::Put)
        }
        (Method::Put | Method::Delete, ["pools"]) => api.pool(None, call.method == Method::Put),
        (method, ["nodes", node, form @ ("lxc" | "qemu"), vmid, rest @ ..]) => {
            let named = api.named(node, *form == "lxc", vmid)?;
            match (method, rest) {
                (Method::Post, ["clone"]) => api.copy(&named),
                (Method::Post, ["snapshot"]) => api.snapshot(&named),
                (Method::Delete, ["snapshot", name]) => api.drop_snapshot(&named, name),
                (Method::Put, ["config"]) => api.configure(&named),
                (Method::Post, ["config"]) if *form == "qemu" => api.configure(&named),
                (Method::Put, ["resize"]) => api.resize(&named),
                (Method::Post, ["status", verb]) => api.power(&named, verb),
                (Method::Post, ["migrate"]) => api.migrate(&named),
                (Method::Delete, []) => api.delete(&named),
                _ => Err(unknown(call)),
            }
        }
        _ => Err(unknown(call)),
    }
}

fn unknown(call: &Call) -> String {
    format!("the sandbox does not know the call `{} {}`", method_word(call.method), call.path)
}

/// As it stands in a request.
pub(super) fn method_word(method: Method) -> &'static str {
    match method {
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    }
}

impl<'a> Api<'a> {
    fn create(&self, node_name: &str, container: bool) -> Result<Done, String> {
        let (node_name, node) = self.node(node_name)?;
        let vmid = self.free_number("vmid")?;
        let pool = self.known_pool()?;
        let mut draft = Draft { vmid, container, node_name, node, config: BTreeMap::new() };
        if container {
            draft.template(self.asked("ostemplate")?)?;
            if !self.body.contains_key("rootfs") {
                return Err("`rootfs` is missing: it says where the root disk goes".to_owned());
            }
        }
        draft.create(&self.body)?;
        draft.fits(&BTreeMap::new(), self.taken(node_name))?;
        let running = self.body.get("start").is_some_and(|it| it == "1");
        let config = draft.config;
        let node = node_name.to_owned();
        let guest = Guest { node, container, running, lock: None, pool, config };
        let (kind, took_ms) = if container { ("vzcreate", 8000) } else { ("qmcreate", 15_000) };
        Ok(self.about(vmid, node_name, kind, took_ms, Some(guest)))
    }

    /// A guest remembers the newest of its snapshots; there is one at a time here.
    fn snapshot(&self, named: &Named<'_>) -> Result<Done, String> {
        named.unlocked()?;
        let mut config = named.guest.config.clone();
        config.insert("parent".to_owned(), self.asked("snapname")?.to_owned());
        let guest = Guest { config, ..named.guest.clone() };
        let kind = if guest.container { "vzsnapshot" } else { "qmsnapshot" };
        Ok(self.changed(named, kind, 1500, guest))
    }

    fn drop_snapshot(&self, named: &Named<'_>, name: &str) -> Result<Done, String> {
        named.unlocked()?;
        let mut config = named.guest.config.clone();
        if config.get("parent").is_some_and(|it| it == name) {
            config.remove("parent");
        }
        let guest = Guest { config, ..named.guest.clone() };
        let kind = if guest.container { "vzdelsnapshot" } else { "qmdelsnapshot" };
        Ok(self.changed(named, kind, 1500, guest))
    }

    /// A copy has everything of what it is copied from but its hardware addresses.
    fn copy(&self, named: &Named<'_>) -> Result<Done, String> {
        named.unlocked()?;
        let is_template = named.guest.config.get("template").is_some_and(|it| it == "1");
        if self.body.get("full").is_some_and(|it| it == "0") && !is_template {
            return Err(format!("guest {} is no template: its copy is a full one", named.vmid));
        }
        let vmid = self.free_number("newid")?;
        let pool = self.known_pool()?;
        let (node_name, node) = match self.body.get("target") {
            Some(target) => self.node(target)?,
            None => (named.node_name, named.node),
        };
        let container = named.guest.container;
        let mut draft = Draft { vmid, container, node_name, node, config: BTreeMap::new() };
        draft.copy(&named.guest.config, self.body.get("storage").map(String::as_str))?;
        for key in ["name", "hostname", "description"] {
            if let Some(value) = self.body.get(key) {
                draft.set(key, value)?;
            }
        }
        draft.fits(&BTreeMap::new(), self.taken(node_name))?;
        let (node, config) = (node_name.to_owned(), draft.config);
        let guest = Guest { node, container, running: false, lock: None, pool, config };
        let kind = if container { "vzclone" } else { "qmclone" };
        Ok(self.about(vmid, node_name, kind, 20_000, Some(guest)))
    }

    /// A number that nobody has.
    fn free_number(&self, key: &str) -> Result<u32, String> {
        let vmid = self.asked(key)?;
        let in_range = |id: &u32| (100..=999_999_999).contains(id);
        let vmid = vmid.parse().ok().filter(in_range);
        let vmid = vmid.ok_or_else(|| format!("`{key}` is a number from 100 to 999999999"))?;
        match self.cluster.guests.get(&vmid) {
            Some(guest) => Err(format!("guest {vmid} already exists: {}", described(guest))),
            None => Ok(vmid),
        }
    }

    fn known_pool(&self) -> Result<Option<String>, String> {
        let pool = self.body.get("pool").cloned();
        match pool.as_ref().filter(|pool| !self.cluster.pools.contains(*pool)) {
            Some(pool) => {
                let have = listed(&self.cluster.pools);
                Err(format!("there is no pool `{pool}`; there is {have}"))
            }
            None => Ok(pool),
        }
    }

    fn configure(&self, named: &Named<'_>) -> Result<Done, String> {
        named.unlocked()?;
        let mut draft = named.draft();
        let deleted = self.body.get("delete").map(String::as_str).unwrap_or_default();
        for key in deleted.split([',', ' ', ';']).filter(|key| !key.is_empty()) {
            draft.delete(key)?;
        }
        for (key, value) in &self.body {
            match key.as_str() {
                "delete" | "digest" | "revert" | "background_delay" => (),
                "unprivileged" if named.guest.config.get(key) != Some(value) => {
                    return Err("`unprivileged` is decided when a guest is made".to_owned());
                }
                key => draft.set(key, value)?,
            }
        }
        draft.fits(&named.guest.config, self.taken(named.node_name))?;
        let guest = Guest { config: draft.config, ..named.guest.clone() };
        Ok(self.changed(named, if guest.container { "vzconfig" } else { "qmconfig" }, 300, guest))
    }

    fn resize(&self, named: &Named<'_>) -> Result<Done, String> {
        named.unlocked()?;
        let mut draft = named.draft();
        draft.resize(self.asked("disk")?, self.asked("size")?)?;
        draft.fits(&named.guest.config, self.taken(named.node_name))?;
        let guest = Guest { config: draft.config, ..named.guest.clone() };
        Ok(self.changed(named, "resize", 800, guest))
    }

    /// Starting what runs and stopping what is stopped changes nothing and is no fault.
    fn power(&self, named: &Named<'_>, verb: &str) -> Result<Done, String> {
        named.unlocked()?;
        let container = named.guest.container;
        let (kind, took_ms, running) = match verb {
            "start" if container => ("vzstart", 3000, true),
            "start" => ("qmstart", 6000, true),
            "stop" if container => ("vzstop", 2000, false),
            "stop" => ("qmstop", 2000, false),
            "shutdown" if container => ("vzshutdown", 5000, false),
            "shutdown" => ("qmshutdown", 8000, false),
            "reboot" if !named.guest.running => {
                return Err(format!("guest {} does not run", named.vmid));
            }
            "reboot" if container => ("vzreboot", 6000, true),
            "reboot" => ("qmreboot", 12_000, true),
            _ => return Err(format!("a guest does not know `{verb}`")),
        };
        if named.guest.config.get("template").is_some_and(|it| it == "1") && running {
            return Err(format!("guest {} is a template: it cannot run", named.vmid));
        }
        let took_ms =
            if running == named.guest.running && verb != "reboot" { 100 } else { took_ms };
        Ok(self.changed(named, kind, took_ms, Guest { running, ..named.guest.clone() }))
    }

    fn migrate(&self, named: &Named<'_>) -> Result<Done, String> {
        named.unlocked()?;
        let (target_name, target) = self.node(self.asked("target")?)?;
        if target_name == named.node_name {
            return Err(format!("guest {} is on {target_name} already", named.vmid));
        }
        for (storage, _) in guest::disks(&named.guest.config) {
            if !target.storages.contains_key(storage) {
                return Err(format!("{target_name} has no storage `{storage}`"));
            }
        }
        for (_, net) in named.guest.config.iter().filter(|(key, _)| key.starts_with("net")) {
            let bridge = guest::split(net).1.remove("bridge").unwrap_or_default();
            if !target.bridges.contains(&bridge) {
                return Err(format!("{target_name} has no bridge `{bridge}`"));
            }
        }
        let draft = Draft { node_name: target_name, node: target, ..named.draft() };
        draft.fits(&BTreeMap::new(), self.taken(target_name))?;
        let guest = Guest { node: target_name.to_owned(), ..named.guest.clone() };
        let kind = if guest.container { "vzmigrate" } else { "qmigrate" };
        Ok(self.changed(named, kind, 12_000, guest))
    }

    fn delete(&self, named: &Named<'_>) -> Result<Done, String> {
        named.unlocked()?;
        let vmid = named.vmid;
        if named.guest.config.get("protection").is_some_and(|it| it == "1") {
            return Err(format!("guest {vmid} is protected: `protection` has to be 0 first"));
        }
        if named.guest.running {
            return Err(format!("guest {vmid} runs: it has to be stopped first"));
        }
        let kind = if named.guest.container { "vzdestroy" } else { "qmdestroy" };
        let mut done = self.about(vmid, named.node_name, kind, 3000, None);
        let place = Place::Guest(self.address.clone(), vmid);
        if self.contents.places.contains_key(&place) {
            done.entries.push(Entry::Clear(place));
        }
        Ok(done)
    }

    fn backup(&self, node: &str) -> Result<Done, String> {
        let vmid = self.asked("vmid")?;
        let known = vmid.parse().ok().and_then(|id| Some((id, self.cluster.guests.get(&id)?)));
        let (vmid, guest) = known.ok_or_else(|| format!("there is no guest {vmid}"))?;
        let named = self.named(node, guest.container, &vmid.to_string())?;
        named.unlocked()?;
        let (node, vmid) = (named.node_name.to_owned(), Some(vmid));
        Ok(Done { kind: "vzdump", node, vmid, took_ms: 20_000, ..Done::default() })
    }

    fn download(&self, node: &str, storage: Option<&str>) -> Result<Done, String> {
        let (node_name, node) = self.node(node)?;
        let storage = storage.map_or_else(|| self.asked("storage"), Ok)?;
        if !node.storages.contains_key(storage) {
            let have = listed(node.storages.keys());
            return Err(format!("{node_name} has no storage `{storage}`; it has {have}"));
        }
        let key = if self.body.contains_key("template") { "template" } else { "filename" };
        let name = self.asked(key)?;
        let mut done = Done { kind: "download", took_ms: 200, ..Done::default() };
        node_name.clone_into(&mut done.node);
        if !node.templates.contains(name) {
            let mut node = node.clone();
            node.templates.insert(name.to_owned());
            done.took_ms = 10_000;
            done.entries.push(Entry::Node(self.address.clone(), node_name.to_owned(), node));
        }
        Ok(done)
    }

    /// A pool that exists already is as good as a new one: it cannot be looked at.
    fn pool(&self, name: Option<&str>, exists: bool) -> Result<Done, String> {
        let name = name.map_or_else(|| self.asked("poolid"), Ok)?;
        let mut members = self.cluster.guests.iter();
        let member = members.find(|(_, guest)| guest.pool.as_deref() == Some(name));
        if let Some((vmid, _)) = member.filter(|_| !exists) {
            return Err(format!("pool `{name}` is not empty: guest {vmid} is in it"));
        }
        let mut done = Done { kind: "pool", took_ms: 200, ..Done::default() };
        if self.cluster.pools.contains(name) != exists {
            done.entries.push(Entry::Pool(self.address.clone(), name.to_owned(), exists));
        }
        Ok(done)
    }

    fn asked(&self, key: &str) -> Result<&str, String> {
        let value = self.body.get(key).map(String::as_str).filter(|value| !value.is_empty());
        value.ok_or_else(|| format!("the parameter `{key}` is missing"))
    }

    /// A node that takes calls.
    fn node(&self, name: &str) -> Result<(&'a str, &'a Node), String> {
        let Some((name, node)) = self.cluster.nodes.get_key_value(name) else {
            let have = listed(self.cluster.nodes.keys());
            return Err(format!("{} has no node `{name}`; it has {have}", self.address));
        };
        match node.online {
            true => Ok((name, node)),
            false => Err(format!("node {name} is offline")),
        }
    }

    fn named(&self, node: &str, container: bool, vmid: &str) -> Result<Named<'a>, String> {
        let (node_name, node) = self.node(node)?;
        let known = vmid.parse().ok().and_then(|id| Some((id, self.cluster.guests.get(&id)?)));
        let (vmid, guest) = known.ok_or_else(|| format!("there is no guest {vmid}"))?;
        match (guest.node == node_name, guest.container == container) {
            (false, _) => Err(format!("guest {vmid} is on {}, not on {node_name}", guest.node)),
            (true, false) => Err(format!("guest {vmid} is {}", described(guest))),
            (true, true) => Ok(Named { vmid, guest, node_name, node }),
        }
    }

    fn taken(&self, node: &str) -> &'a Taken {
        static NOTHING: Taken = Taken { cores: 0, memory: 0, disks: BTreeMap::new() };
        self.cluster.taken.get(node).unwrap_or(&NOTHING)
    }

    fn changed(&self, named: &Named<'_>, kind: &'static str, took_ms: u64, now: Guest) -> Done {
        let same = now == *named.guest;
        let mut done = self.about(named.vmid, named.node_name, kind, took_ms, Some(now));
        if same {
            done.entries.clear();
        }
        done
    }

    fn about(
        &self,
        vmid: u32,
        node: &str,
        kind: &'static str,
        took_ms: u64,
        now: Option<Guest>,
    ) -> Done {
        let entries = vec![Entry::Guest(self.address.clone(), vmid, now)];
        let (node, vmid) = (node.to_owned(), Some(vmid));
        Done { entries, took_ms, kind, node, vmid, ..Done::default() }
    }
}

impl<'a> Named<'a> {
    fn unlocked(&self) -> Result<(), String> {
        match &self.guest.lock {
            Some(lock) => Err(format!("guest {} is locked ({lock})", self.vmid)),
            None => Ok(()),
        }
    }

    fn draft(&self) -> Draft<'a> {
        Draft {
            vmid: self.vmid,
            container: self.guest.container,
            node_name: self.node_name,
            node: self.node,
            config: self.guest.config.clone(),
        }
    }
}

/// `a container on pve1, running, that stands for container.web#1`.
pub(super) fn described(guest: &Guest) -> String {
    let form = if guest.container { "a container" } else { "a virtual machine" };
    let state = if guest.running { "running" } else { "stopped" };
    let whose = guest.mark().map_or("that carries no mark of ours".to_owned(), |mark| {
        format!("that stands for {}", mark.object)
    });
    format!("{form} on {}, {state}, {whose}", guest.node)
}
