//! What a run knows of the platform before it asks: where clusters and machines are, whose each
//! guest is, and the secrets that it may send.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::drivers::proxmox::{Cluster, Login, Owned, Trust, fingerprint};
use crate::drivers::{machine, ssh};
use crate::kinds::cluster::{Cluster as ClusterSpec, Node, Ssh};
use crate::lower::Desired;
use crate::model::{Address, Hidden, ObjectId, Piece, Ref, Text, Value};
use crate::plan::Plan;
use crate::state::{State, Verb};

/// More machines in a row are a circle.
const JUMPS_MAX: usize = 8;

/// Everything that it takes to reach a platform.
#[derive(Debug, Default)]
pub struct Places {
    /// The lineage of the state: every mark of ours has it.
    project: String,
    /// Paths in the manifest start here.
    folder: PathBuf,
    /// Where the state is, and what is known beside it.
    own: PathBuf,
    /// What is asked for, by address: how a cluster is reached is never older than the manifest.
    wanted: BTreeMap<Address, Value>,
    /// What exists or is about to, by object.
    objects: BTreeMap<ObjectId, Value>,
    /// What came back of it.
    facts: BTreeMap<ObjectId, BTreeMap<String, Value>>,
    /// By cluster and number.
    guests: BTreeMap<Address, BTreeMap<u32, Vec<Owned>>>,
    /// By cluster: names and numbers of guest templates that new guests may be copies of.
    sources: BTreeMap<Address, BTreeSet<String>>,
    secrets: BTreeMap<String, Hidden>,
    /// What a plan makes.
    made: BTreeSet<ObjectId>,
}

impl Places {
    /// What a manifest and a state say.
    pub fn of(folder: &Path, own: &Path, desired: &Desired, state: &State) -> Places {
        let mut places = Places {
            project: state.lineage.clone(),
            folder: folder.to_path_buf(),
            own: own.to_path_buf(),
            ..Places::default()
        };
        for (id, record) in &state.records {
            record.possible().for_each(|intent| places.own(&intent.spec, &record.uid));
            places.objects.insert(id.clone(), record.intent.spec.clone());
            places.facts.insert(id.clone(), record.facts.clone());
        }
        for it in &state.abandoned {
            places.own(&it.intent.spec, &it.uid);
        }
        for (address, resource) in &desired.resources {
            places.care(&resource.intent.spec);
            places.copy(address, &resource.intent.spec, state);
            places.wanted.insert(address.clone(), resource.intent.spec.clone());
        }
        for (address, adoption) in &desired.adopted {
            let number = adoption.id.rsplit('/').next().and_then(|text| text.parse().ok());
            let cluster =
                desired.resources.get(address).map(|it| it.intent.spec["cluster"].clone());
            let cluster = cluster.and_then(|it| it.read::<Ref>().ok());
            if let (Some(number), Some(cluster)) = (number, cluster) {
                places
                    .guests
                    .entry(cluster.address().clone())
                    .or_default()
                    .entry(number)
                    .or_default();
            }
        }
        places
    }

    /// The same with what a plan decides.
    pub fn with_plan(mut self, plan: &Plan) -> Places {
        for change in &plan.changes {
            self.own(&change.intent.spec, &change.uid);
            if change.verb == Verb::Create {
                self.made.insert(change.id.clone());
            }
            if !matches!(change.verb, Verb::Delete | Verb::Forget) {
                self.objects.insert(change.id.clone(), change.intent.spec.clone());
            } else {
                self.objects.entry(change.id.clone()).or_insert(change.intent.spec.clone());
            }
        }
        self
    }

    /// The same with the values of secrets.
    pub fn with_secrets(self, secrets: BTreeMap<String, Hidden>) -> Places {
        Places { secrets, ..self }
    }

    /// Notes a guest that a spec stands for as ours.
    fn own(&mut self, spec: &Value, uid: &str) {
        let Some((cluster, vmid)) = numbered(spec) else { return };
        let tags = spec["tags"].as_array().into_iter().flatten();
        let tags = tags.filter_map(|tag| tag.as_str().map(str::to_owned)).collect();
        let owned = Owned { uid: uid.to_owned(), tags };
        let all = self.guests.entry(cluster).or_default().entry(vmid).or_default();
        if !all.contains(&owned) {
            all.push(owned);
        }
    }

    /// Notes a number that somebody asks for: whoever has it is looked at.
    fn care(&mut self, spec: &Value) {
        if let Some((cluster, vmid)) = numbered(spec) {
            self.guests.entry(cluster).or_default().entry(vmid).or_default();
        }
    }

    /// Notes what a new guest may be a copy of; what exists is not made again.
    fn copy(&mut self, address: &Address, spec: &Value, state: &State) {
        let made =
            state.latest(address).is_some_and(|(_, it)| it.intent.spec["image"] == spec["image"]);
        let cluster = spec["cluster"].read::<Ref>().ok().filter(|_| !made);
        if let (Some(cluster), Some(image)) = (cluster, spec["image"].as_str()) {
            let all = self.sources.entry(cluster.address().clone()).or_default();
            all.insert(image.to_owned());
        }
    }

    /// What new guests of a cluster may be copies of, by name or number.
    pub fn sources(&self, cluster: &Address) -> BTreeSet<String> {
        self.sources.get(cluster).cloned().unwrap_or_default()
    }

    /// The lineage of the state.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The numbers on a cluster that somebody cares about.
    pub fn numbers(&self, cluster: &Address) -> BTreeSet<u32> {
        self.guests.get(cluster).into_iter().flat_map(BTreeMap::keys).copied().collect()
    }

    /// What the guest with a number was made as, or will be.
    pub fn owned(&self, cluster: &Address, vmid: u32) -> &[Owned] {
        let known = self.guests.get(cluster).and_then(|guests| guests.get(&vmid));
        known.map_or(&[], Vec::as_slice)
    }

    /// What is known of something that a step or a question names.
    pub fn spec(&self, of: &Ref) -> Option<&Value> {
        let by_address = || self.wanted.get(of.address());
        let object = match of {
            Ref::Object(id) => self.objects.get(id).or_else(|| {
                let same = |it: &&ObjectId| it.origin() == id.origin();
                self.objects.keys().find(same).and_then(|id| self.objects.get(id))
            }),
            Ref::Address(address) => self.newest(address).map(|(_, spec)| spec),
        };
        // What is only declared is as it is declared now; what was made is as it was made.
        match of.address().kind() {
            "cluster" | "host" | "node" => by_address().or(object),
            _ => object.or_else(by_address),
        }
    }

    fn newest(&self, address: &Address) -> Option<(&ObjectId, &Value)> {
        let (first, last) =
            (ObjectId::new(address.clone(), 0), ObjectId::new(address.clone(), u32::MAX));
        self.objects.range(first..=last).next_back().filter(|(id, _)| id.address == *address)
    }

    /// What came back when something was made: `ip`.
    pub fn fact(&self, of: &Ref, name: &str) -> Option<&Value> {
        let id = match of {
            Ref::Object(id) => id,
            Ref::Address(address) => self.newest(address)?.0,
        };
        self.facts.get(id)?.get(name)
    }

    /// A text with everything put in, or the name of what is missing.
    pub fn filled(&self, text: &Text) -> Result<String, String> {
        let mut missing = None;
        let filled = text.filled(|piece| match piece {
            Piece::Secret { secret, .. } | Piece::Revealed { revealed: secret, .. } => {
                let value = self.secrets.get(secret).map(|it| it.expose().to_owned());
                if value.is_none() {
                    missing = Some(secret.clone());
                }
                value
            }
            Piece::Late { late, .. } => {
                missing = Some(format!("{} of {}", late.what, late.of.address()));
                None
            }
            Piece::Literal(_) | Piece::Project { .. } => None,
        });
        match (missing, filled.as_literal()) {
            (Some(name), _) => Err(format!("the value of `{name}` is not known")),
            (None, literal) => Ok(literal.unwrap_or_default().to_owned()),
        }
    }

    /// Every secret whose value is known, by its address.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &Hidden)> {
        self.secrets.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Where the state is, and what is kept beside it.
    pub fn folder_of_state(&self) -> &Path {
        &self.own
    }

    /// The value of a secret by its address.
    pub fn secret(&self, address: &str) -> Option<&Hidden> {
        self.secrets.get(address)
    }

    /// A path as the manifest writes it.
    pub fn path(&self, text: &str) -> PathBuf {
        match text.strip_prefix("~/").zip(std::env::home_dir()) {
            Some((rest, home)) => home.join(rest),
            None => self.folder.join(text),
        }
    }

    /// A cluster as it is declared.
    pub fn declared(&self, cluster: &Ref) -> Result<ClusterSpec, String> {
        let spec = self.spec(cluster);
        let spec = spec.ok_or_else(|| format!("nothing is known of {}", cluster.address()))?;
        spec.read().map_err(|error| format!("{} cannot be read: {error}", cluster.address()))
    }

    /// A node as it is declared; nothing if it is only there.
    pub fn node(&self, cluster: &Ref, name: &str) -> Option<Node> {
        let address = Address::new(Some(cluster.address()), "node", name, None);
        self.spec(&Ref::Address(address))?.read().ok()
    }

    /// The cluster and the number of a guest; nothing for other machines.
    pub fn guest(&self, machine: &Ref) -> Option<(Ref, u32)> {
        let spec = self.spec(machine)?;
        Some((spec["cluster"].read().ok()?, spec["id"].as_u64()?.try_into().ok()?))
    }

    /// Whether a file was written with a secret in it, so that its digest is not known.
    pub fn is_secret_file(&self, machine: &Ref, path: &str) -> bool {
        let fact = format!("file:{path}");
        let on = |id: &ObjectId| {
            let spec = self.objects.get(id);
            let of = spec.and_then(|spec| spec["machine"].read::<Ref>().ok());
            of.is_some_and(|of| of.address() == machine.address())
        };
        let mut all = self.facts.iter().filter(|(id, _)| on(id));
        all.any(|(_, facts)| facts.get(&fact).and_then(Value::as_str) == Some(machine::SECRET))
    }

    /// Whether somebody has to get into a machine to make it what it is. Through its node that
    /// is always possible; by its own SSH only where something has to be done inside.
    pub fn is_entered(&self, machine: &Ref) -> bool {
        let Some((cluster, _)) = self.guest(machine) else { return true };
        let by_node = self.declared(&cluster).is_ok_and(|it| it.ssh.is_some());
        if by_node && machine.address().kind() == "container" {
            return true;
        }
        self.spec(machine).is_some_and(|spec| {
            let users = spec["users"].as_object().is_some_and(|users| users.iter().count() > 0);
            let scripts = spec["provision"]["content"] != Value::Null;
            let zone = spec["timezone"].as_str().is_some();
            spec["scripted"].as_bool() == Some(true) || scripts || users || zone
        })
    }

    /// Whether a plan makes a machine: nobody can have known its keys before.
    pub fn is_new(&self, machine: &Ref) -> bool {
        match machine {
            Ref::Object(id) => self.made.contains(id),
            Ref::Address(_) => false,
        }
    }

    /// How a host is reached by SSH.
    pub fn host(&self, host: &Ref) -> Result<ssh::Login, String> {
        self.host_after(host, 0)
    }

    /// The same behind so many others.
    fn host_after(&self, host: &Ref, jumps: usize) -> Result<ssh::Login, String> {
        if jumps > JUMPS_MAX {
            return Err(format!("{} is reached through machines in a circle", host.address()));
        }
        let spec = self.spec(host);
        let spec = spec.ok_or_else(|| format!("nothing is known of {}", host.address()))?;
        let address = spec["address"].as_str();
        let address = address.ok_or_else(|| format!("{} is no machine", host.address()))?;
        let ssh = spec["ssh"].read::<Option<Ssh>>().ok().flatten();
        self.login_by(ssh.as_ref(), address, jumps)
    }

    /// How a node of a cluster is reached by SSH.
    pub fn node_login(&self, cluster: &Ref, address: &str) -> Result<ssh::Login, String> {
        let ssh = self.declared(cluster)?.ssh;
        self.login_by(ssh.as_ref(), address, 0)
    }

    /// A login by what a person usually logs in with.
    pub fn login(&self, user: &str, address: &str, port: u16) -> ssh::Login {
        let home = std::env::home_dir();
        let known = ssh::KnownKeys::of(&self.known_hosts(), home.as_deref());
        let mut login = ssh::Login::new(user, address, port, known);
        login.key_files = home.as_deref().map(ssh::usual_key_files).unwrap_or_default();
        login
    }

    /// The project's own file of the keys of machines.
    pub fn known_hosts(&self) -> PathBuf {
        self.own.join("known_hosts")
    }

    fn login_by(
        &self,
        ssh: Option<&Ssh>,
        address: &str,
        jumps: usize,
    ) -> Result<ssh::Login, String> {
        let Some(ssh) = ssh else { return Ok(self.login("root", address, 22)) };
        let mut login = self.login(&ssh.user, address, ssh.port.number());
        match (&ssh.key_file, &ssh.key) {
            (Some(path), _) => login.key_files = vec![self.path(path)],
            (None, Some(_)) => login.key_files.clear(),
            (None, None) => (),
        }
        let filled = |text: &Option<Text>| -> Result<Option<Hidden>, String> {
            text.as_ref().map(|text| self.filled(text).map(Hidden::new)).transpose()
        };
        login.key = filled(&ssh.key)?;
        login.password = filled(&ssh.password)?;
        if let Some(jump) = &ssh.jump {
            login.jump = Some(Box::new(self.host_after(jump, jumps + 1)?));
        }
        Ok(login)
    }

    /// A cluster's API.
    pub fn cluster(&self, cluster: &Ref) -> Result<Cluster, String> {
        let declared = self.declared(cluster)?;
        let login = match (&declared.token, &declared.password) {
            (Some(token), _) => {
                let token = self.filled(token)?;
                let wrong = |why| format!("the token of {}: {why}", cluster.address());
                Login::token(&token).map_err(wrong)?
            }
            (None, Some(password)) => {
                let password = Hidden::new(self.filled(password)?);
                Login::Password { user: declared.user.clone(), password }
            }
            (None, None) => return Err(format!("{} has no login", cluster.address())),
        };
        let trust = match &declared.tls {
            None => Trust::System,
            Some(tls) => match (&tls.fingerprint, &tls.ca, tls.verify) {
                (Some(text), _, _) => {
                    let pin = fingerprint(text);
                    Trust::Pinned(pin.ok_or_else(|| format!("`{text}` is no SHA-256 fingerprint"))?)
                }
                (None, Some(path), _) => Trust::Authority(self.path(path)),
                (None, None, true) => Trust::System,
                (None, None, false) => Trust::Anybody,
            },
        };
        Cluster::new(&declared.api, login, &trust)
    }

    /// The digest that the image of a guest must have.
    pub fn image_digest(&self, cluster: &Address, vmid: u32) -> Option<String> {
        let mut guests = self.objects.values().chain(self.wanted.values());
        let spec = guests.find(|spec| {
            numbered(spec).is_some_and(|(of, number)| of == *cluster && number == vmid)
        })?;
        let template = spec["template"].read::<Ref>().ok()?;
        self.spec(&template)?["digest"].as_str().map(str::to_owned)
    }
}

/// The cluster and the number of a guest, if both are decided.
fn numbered(spec: &Value) -> Option<(Address, u32)> {
    let cluster = Ref::parse(spec["cluster"]["$ref"].as_str()?)?;
    let number = spec["id"].as_u64()?.try_into().ok()?;
    Some((cluster.address().clone(), number))
}
