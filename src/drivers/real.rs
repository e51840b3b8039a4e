//! The real world: clusters through their API, machines by SSH. What none of its drivers can do is
//! refused, never reported as done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::drivers::places::Places;
use crate::drivers::proxmox::{Cluster, Deed, Owned, Ownership};
use crate::drivers::ssh::{self, Job, Known, Machines, Others, Place};
use crate::drivers::terraform::Terraform;
use crate::drivers::{Fault, World, machine};
use crate::model::{
    Address, Answer, Call, ClusterSeen, Condition, Effect, Method, Outcome, Piece, Question, Ref,
    Step, Target, Value, Wait,
};

/// Real clusters and machines.
#[derive(Clone)]
pub struct Real(pub(super) Arc<Inside>);

/// What a run has of it.
pub(super) struct Inside {
    pub(super) places: Places,
    clusters: Mutex<BTreeMap<Address, Arc<Cluster>>>,
    pub(super) machines: Machines,
    /// Addresses that were only known once a machine was up.
    addresses: Mutex<BTreeMap<Ref, String>>,
    /// Nodes that have let us in.
    entered: tokio::sync::Mutex<BTreeSet<(Address, String)>>,
    terraform: Terraform,
}

impl Real {
    /// The platform that `places` leads to. Nothing is asked yet.
    pub fn new(places: Places) -> Real {
        Real(Arc::new(Inside {
            places,
            clusters: Mutex::default(),
            machines: Machines::default(),
            addresses: Mutex::default(),
            entered: tokio::sync::Mutex::default(),
            terraform: Terraform::default(),
        }))
    }
}

impl Real {
    /// Removes the plans of Terraform that were kept and that nobody has saved.
    pub fn discard_plans(&self) {
        self.0.terraform.discard_plans();
    }

    /// Where the commands of a machine run: a node, a guest, a host.
    pub async fn reach(&self, machine: &Address) -> Result<Place, Fault> {
        let of = Ref::Address(machine.clone());
        match (machine.kind(), machine.parent()) {
            ("node", Some(cluster)) => {
                let node = self.0.node(&Ref::Address(cluster), machine.name()).await;
                node.map(Place::Host)
            }
            (_, _) => self.0.place(&of).await,
        }
    }

    /// A cluster, with the configurations of these guests too, whoever looks after them.
    pub async fn look_closely(
        &self,
        cluster: &Ref,
        guests: &BTreeSet<u32>,
    ) -> Result<ClusterSeen, Fault> {
        let mut numbers = self.0.places.numbers(cluster.address());
        numbers.extend(guests);
        let sources = self.0.places.sources(cluster.address());
        self.0.cluster(cluster)?.look(&numbers, &sources).await
    }
}

impl World for Real {
    async fn look(&self, questions: &[Question]) -> Vec<Result<Answer, Fault>> {
        let mut work = JoinSet::new();
        for (at, question) in questions.iter().cloned().enumerate() {
            let inside = Arc::clone(&self.0);
            work.spawn(async move { (at, inside.look(question).await) });
        }
        let mut answers: Vec<Result<Answer, Fault>> =
            questions.iter().map(|_| Err(Fault::Refused("nobody looked".to_owned()))).collect();
        while let Some(done) = work.join_next().await {
            if let Ok((at, answer)) = done {
                answers[at] = answer;
            }
        }
        answers
    }

    async fn perform(&self, step: &Step) -> Result<Outcome, Fault> {
        self.0.perform(step).await
    }
}

impl Inside {
    async fn look(&self, question: Question) -> Result<Answer, Fault> {
        match question {
            Question::Cluster(cluster) => {
                let numbers = self.places.numbers(cluster.address());
                let sources = self.places.sources(cluster.address());
                let seen = self.cluster(&cluster)?.look(&numbers, &sources).await?;
                Ok(Answer::Cluster(seen))
            }
            Question::Machine { machine, files, services } => {
                let at = self.place(&machine).await?;
                let secret = |path: &str| self.places.is_secret_file(&machine, path);
                let seen = machine::look(&self.machines, &at, (&files, &services), secret).await;
                if let Err(Fault::Refused(why) | Fault::Unknown(why)) = &seen {
                    tracing::warn!(machine = %machine.address(), why, "it cannot be looked at");
                }
                Ok(Answer::Machine(seen?))
            }
            Question::Module(module) => {
                self.terraform.look(&self.places, &module).await.map(Answer::Module)
            }
        }
    }

    async fn perform(&self, step: &Step) -> Result<Outcome, Fault> {
        let has_secret = step.texts().iter().any(|text| text.has_secret());
        let step = self.filled(step)?;
        match (&step.on, &step.effect) {
            (Target::Cluster(cluster), Effect::Call(call)) => self.call(cluster, call).await,
            (
                Target::Machine(machine),
                Effect::Wait(Wait { until: Condition::Ready, within_secs }),
            ) => self.ready(machine, Duration::from_secs(*within_secs)).await,
            (Target::Machine(machine), effect) => {
                let at = self.place(machine).await?;
                machine::perform(&self.machines, &at, effect, has_secret).await
            }
            (Target::Module(_), Effect::Call(call)) => {
                self.terraform.perform(&self.places, call).await
            }
            (Target::Module(_), _) => Err(unsupported("anything but a call of Terraform")),
            (Target::Here, effect) => {
                machine::perform(&self.machines, &Place::Here, effect, has_secret).await
            }
            (Target::Service(service), _) => {
                Err(unsupported(&format!("the API of {}", service.address())))
            }
            (Target::Cluster(_), _) => Err(unsupported("running something on a cluster")),
        }
    }

    async fn call(&self, cluster: &Ref, call: &Call) -> Result<Outcome, Fault> {
        let parts: Vec<&str> = call.path.split('/').filter(|part| !part.is_empty()).collect();
        if let (Method::Post, ["nodes", node, "lxc"]) = (call.method, parts.as_slice()) {
            self.entered(cluster, node).await?;
        }
        let whose = Whose { inside: self, cluster };
        self.cluster(cluster)?.perform(call, &whose).await
    }

    /// Makes sure that a node lets us in, before anything is made on it that has to be set up.
    async fn entered(&self, cluster: &Ref, name: &str) -> Result<(), Fault> {
        let mut known = self.entered.lock().await;
        let key = (cluster.address().clone(), name.to_owned());
        let by_ssh = self.places.declared(cluster).is_ok_and(|it| it.ssh.is_some());
        if !by_ssh || known.contains(&key) {
            return Ok(());
        }
        let node = self.node(cluster, name).await?;
        let job = Job { timeout: Duration::from_secs(20), ..Job::new(["true"]) };
        let refused = |fault: Fault| {
            let (Fault::Refused(why) | Fault::Unknown(why)) = fault;
            Fault::Refused(why)
        };
        let ran = self.machines.run(&Place::Host(node), &job).await.map_err(refused)?;
        ran.fine("true").map_err(Fault::Refused)?;
        known.insert(key);
        Ok(())
    }

    /// Waits until a machine runs, has its address and takes commands.
    async fn ready(&self, machine: &Ref, within: Duration) -> Result<Outcome, Fault> {
        let started = Instant::now();
        let mut outcome = Outcome::default();
        let guest = self.places.guest(machine);
        let is_new = guest.is_some() && self.places.is_new(machine);
        if let Some((cluster, vmid)) = guest {
            let container = machine.address().kind() == "container";
            let whose = Whose { inside: self, cluster: &cluster };
            let driver = self.cluster(&cluster)?;
            let reached = driver.running(container, vmid, within, &whose).await?;
            if let (Some(ip), Ok(mut known)) = (&reached.ip, self.addresses.lock()) {
                known.insert(machine.origin(), ip.clone());
            }
            let facts = [("ip", reached.ip), ("mac", reached.mac)].into_iter();
            let facts = facts.filter_map(|(name, it)| Some((name.to_owned(), Value::from(it?))));
            outcome.facts.extend(facts);
        }
        if self.places.is_entered(machine) {
            let at = self.place(machine).await?;
            let left = |started: Instant| {
                within.saturating_sub(started.elapsed()).max(Duration::from_secs(5))
            };
            if let (Place::Host(login), true) = (&at, is_new) {
                self.acquainted(login, left(started)).await?;
            }
            self.machines.wait_ready(&at, left(started)).await?;
        }
        outcome.took_ms = machine::millis(started.elapsed());
        Ok(outcome)
    }

    /// Writes down the key of a machine that this run has made, if its agent did not tell it:
    /// nobody can know it from elsewhere, and what was known at its address was another's.
    async fn acquainted(&self, login: &ssh::Login, within: Duration) -> Result<(), Fault> {
        if !login.known.pinned.is_empty() {
            return Ok(());
        }
        let until = Instant::now() + within;
        let key = loop {
            match self.machines.host_key(login).await {
                Ok(key) => break key,
                Err(fault) if Instant::now() > until => return Err(fault),
                Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        };
        match key.known {
            Known::Yes => Ok(()),
            Known::Revoked(at) => {
                let place = login.name();
                Err(Fault::Refused(format!("the key that {place} shows is revoked ({at})")))
            }
            Known::No | Known::Others(_) => {
                let file = self.places.known_hosts();
                let (host, port) = (&login.host, login.port);
                tracing::info!(host, key = key.fingerprint, "a new machine is known from now on");
                ssh::remember(&file, host, port, &key.line, Others::Forget)
                    .map_err(|error| Fault::Refused(format!("{}: {error}", file.display())))
            }
        }
    }

    /// Where the commands of a machine run.
    async fn place(&self, machine: &Ref) -> Result<Place, Fault> {
        let Some((cluster, vmid)) = self.places.guest(machine) else {
            let host = self.places.host(machine).map_err(Fault::Refused)?;
            return Ok(Place::Host(host));
        };
        let through_node = machine.address().kind() == "container"
            && self.places.declared(&cluster).is_ok_and(|it| it.ssh.is_some());
        if through_node {
            let driver = self.cluster(&cluster)?;
            let node = driver.place_of(vmid).await?;
            let node = node.ok_or_else(|| Fault::Refused(format!("guest {vmid} is gone")))?;
            return Ok(Place::Container { node: self.node(&cluster, &node).await?, vmid });
        }
        let told = self.places.spec(machine).and_then(|spec| spec["ip"].as_str());
        let fixed = told.filter(|ip| ip.parse::<std::net::IpAddr>().is_ok()).map(str::to_owned);
        let learned = || self.addresses.lock().ok()?.get(&machine.origin()).cloned();
        let fact = || self.places.fact(machine, "ip")?.as_str().map(str::to_owned);
        let ip = fixed.or_else(learned).or_else(fact).ok_or_else(|| {
            Fault::Refused(format!("the address of {} is not known yet", machine.address()))
        })?;
        let mut login = self.places.login("root", &ip, 22);
        if machine.address().kind() == "vm" {
            let driver = self.cluster(&cluster)?;
            login.known.pinned = driver.host_keys(vmid).await;
        }
        Ok(Place::Host(login))
    }

    /// How a node of a cluster is reached.
    pub(super) async fn node(&self, cluster: &Ref, name: &str) -> Result<ssh::Login, Fault> {
        let driver = self.cluster(cluster)?;
        let declared = self.places.node(cluster, name).and_then(|node| node.address);
        let address = match declared {
            Some(address) => address,
            None => driver.node_address(name).await,
        };
        self.places.node_login(cluster, &address).map_err(Fault::Refused)
    }

    /// The cluster behind a reference; one connection for all who ask.
    pub(super) fn cluster(&self, cluster: &Ref) -> Result<Arc<Cluster>, Fault> {
        let broken = |_| Fault::Refused("somebody else's request has failed".to_owned());
        let mut known = self.clusters.lock().map_err(broken)?;
        if let Some(driver) = known.get(cluster.address()) {
            return Ok(Arc::clone(driver));
        }
        let driver = Arc::new(self.places.cluster(cluster).map_err(Fault::Refused)?);
        known.insert(cluster.address().clone(), Arc::clone(&driver));
        Ok(driver)
    }

    /// A step with the secrets put in; it is dropped as soon as it is sent.
    fn filled(&self, step: &Step) -> Result<Step, Fault> {
        let mut missing = None;
        let filled = step.filled(&mut |piece| match piece {
            Piece::Secret { secret, .. } | Piece::Revealed { revealed: secret, .. } => {
                let value = self.places.secret(secret).map(|it| it.expose().to_owned());
                if value.is_none() {
                    missing = Some(secret.clone());
                }
                value
            }
            Piece::Project { .. } => Some(self.places.project().to_owned()),
            Piece::Literal(_) | Piece::Late { .. } => None,
        });
        match missing {
            Some(name) => Err(Fault::Refused(format!("the value of `{name}` is not known"))),
            None => Ok(filled),
        }
    }
}

/// Whose the guests of one cluster are.
struct Whose<'a> {
    inside: &'a Inside,
    cluster: &'a Ref,
}

impl Ownership for Whose<'_> {
    fn project(&self) -> &str {
        self.inside.places.project()
    }

    fn owned(&self, vmid: u32) -> &[Owned] {
        self.inside.places.owned(self.cluster.address(), vmid)
    }

    fn image_digest(&self, vmid: u32) -> Option<String> {
        self.inside.places.image_digest(self.cluster.address(), vmid)
    }

    fn has_root(&self) -> bool {
        self.inside.places.declared(self.cluster).is_ok_and(|it| it.ssh.is_some())
    }

    fn as_root<'a>(&'a self, node: &'a str, argv: Vec<String>) -> Deed<'a> {
        Box::pin(async move {
            let node = self.inside.node(self.cluster, node).await?;
            let what = argv.iter().take(2).cloned().collect::<Vec<_>>().join(" ");
            let job = Job::new(argv);
            let ran = self.inside.machines.run(&Place::Host(node), &job).await?;
            ran.fine(&what).map(drop).map_err(Fault::Refused)
        })
    }
}

fn unsupported(what: &str) -> Fault {
    Fault::Refused(format!("not supported yet: {what} on a real platform"))
}
