//! Whether a cluster has what a platform needs, asked before anything is made: the login and its
//! privileges, nodes, storages, bridges, images, clocks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::config::number;
use super::trouble::Trouble;
use super::{Cluster, Login};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Fine,
    /// It works, and somebody should know.
    Warning,
    /// An apply would fail.
    Error,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What: `token`, `node pve1`.
    pub what: String,
    /// How it is.
    pub how: String,
    /// What to do about it: a command where there is one.
    pub help: Option<String>,
}

impl Finding {
    /// It is as it should be.
    pub fn fine(what: &str, how: impl Into<String>) -> Finding {
        let (what, how) = (what.to_owned(), how.into());
        Finding { severity: Severity::Fine, what, how, help: None }
    }

    /// It is not.
    pub fn error(what: &str, how: impl Into<String>, help: impl Into<String>) -> Finding {
        let help = Some(help.into());
        Finding { severity: Severity::Error, help, ..Finding::fine(what, how) }
    }

    /// It could be better.
    pub fn warning(what: &str, how: impl Into<String>, help: impl Into<String>) -> Finding {
        let help = Some(help.into());
        Finding { severity: Severity::Warning, help, ..Finding::fine(what, how) }
    }
}

/// What a platform needs of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Nodes by name, each with storages for disks and bridges.
    pub nodes: BTreeMap<String, NodeNeeds>,
    /// The pool that guests join.
    pub pool: Option<String>,
    /// There are containers.
    pub containers: bool,
    /// There are virtual machines.
    pub machines: bool,
    /// Some of them get snapshots.
    pub snapshots: bool,
    /// Names of images, or of guest templates that guests are copies of.
    pub images: BTreeSet<String>,
    /// Something that only root of a node can set, and who asks for it.
    pub root: Vec<String>,
}

/// What is needed of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeNeeds {
    /// Storages for disks.
    pub storages: BTreeSet<String>,
    /// Bridges.
    pub bridges: BTreeSet<String>,
}

impl Needs {
    /// The privileges that it takes, by path.
    fn privileges(&self, sources: &BTreeSet<u64>) -> BTreeMap<String, BTreeSet<&'static str>> {
        let guests = match &self.pool {
            Some(pool) => format!("/pool/{pool}"),
            None => "/vms".to_owned(),
        };
        let mut wanted: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let mut add = |path: &str, names: &[&'static str]| {
            wanted.entry(path.to_owned()).or_default().extend(names);
        };
        if self.containers || self.machines {
            add(&guests, ON_GUESTS);
        }
        if self.machines {
            add(&guests, ON_MACHINES);
        }
        if self.snapshots {
            add(&guests, &["VM.Snapshot"]);
        }
        for source in sources {
            add(&format!("/vms/{source}"), &["VM.Audit", "VM.Clone"]);
        }
        for node in self.nodes.values() {
            for storage in &node.storages {
                let names = &["Datastore.AllocateSpace", "Datastore.Audit"];
                add(&format!("/storage/{storage}"), names);
            }
            for bridge in &node.bridges {
                add(&format!("/sdn/zones/localnetwork/{bridge}"), &["SDN.Use"]);
            }
        }
        wanted
    }
}

/// What is done to guests, and the privileges that it takes.
const ON_GUESTS: &[&str] = &[
    "VM.Allocate",
    "VM.Audit",
    "VM.Config.CPU",
    "VM.Config.Disk",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.PowerMgmt",
];

/// What virtual machines take beyond that.
const ON_MACHINES: &[&str] = &["VM.Config.CDROM", "VM.Config.Cloudinit", "VM.Config.HWType"];

/// A clock may be wrong by so many seconds.
const SKEW_MAX: u64 = 30;

impl Cluster {
    /// Looks at everything that `needs` speaks of.
    pub async fn preflight(&self, needs: &Needs, now_secs: u64) -> Vec<Finding> {
        let mut findings = Vec::new();
        let version = match self.client.get("/version", &[]).await {
            Ok(version) => version["version"].as_str().unwrap_or_default().to_owned(),
            Err(trouble) => {
                findings.push(self.unreachable(trouble).await);
                return findings;
            }
        };
        let who = self.client.login().name();
        findings.push(Finding::fine("login", format!("`{who}` is accepted")));
        findings.push(version_finding(&version));
        self.privileges(needs, &mut findings).await;
        self.nodes_and_more(needs, now_secs, &mut findings).await;
        findings
    }

    async fn unreachable(&self, trouble: Trouble) -> Finding {
        let who = self.client.login().name().to_owned();
        match trouble {
            Trouble::Refused(refusal) if refusal.status == 401 => Finding::error(
                "login",
                format!("the API does not accept `{who}`"),
                match self.client.login() {
                    Login::Token(_) => format!(
                        "make a token: `pveum user token add {} NAME --privsep 1`",
                        who.split('!').next().unwrap_or_default()
                    ),
                    Login::Password { .. } => "check the password".to_owned(),
                },
            ),
            trouble => {
                let how = format!("{}: {}", self.client.host(), trouble.text());
                let shown = match how.contains("certificate") {
                    true => self.client.fingerprint().await.ok(),
                    false => None,
                };
                let help = match shown {
                    Some(fingerprint) => format!(
                        "it shows `{fingerprint}`; compare on the node: `openssl x509 -in \
                         /etc/pve/local/pve-ssl.pem -noout -fingerprint -sha256`, then set \
                         `tls {{ fingerprint = \"…\" }}`"
                    ),
                    None => {
                        "is `api` the address of a node, and port 8006 open from here?".to_owned()
                    }
                };
                Finding::error("api", how, help)
            }
        }
    }

    async fn privileges(&self, needs: &Needs, findings: &mut Vec<Finding>) {
        let held = match self.client.get("/access/permissions", &[]).await {
            Ok(held) => held,
            Err(trouble) => {
                let help = "any login may ask for its own privileges; is it still valid?";
                findings.push(Finding::error("privileges", trouble.text(), help));
                return;
            }
        };
        let wanted = needs.privileges(&self.sources(needs).await);
        let mut missing = 0;
        for (path, names) in &wanted {
            let has = effective(&held, path);
            let lacks: Vec<&str> =
                names.iter().copied().filter(|name| !has.contains(*name)).collect();
            if lacks.is_empty() {
                continue;
            }
            missing += 1;
            let (list, who) = (lacks.join(","), self.grantee());
            let user = self.client.login().name().split('!').next().unwrap_or_default();
            let both = match self.client.login() {
                // A token with its own privileges has only those that its user has, too.
                Login::Token(_) => {
                    format!(" && pveum acl modify {path} -user '{user}' -role PaasMissing")
                }
                Login::Password { .. } => String::new(),
            };
            findings.push(Finding::error(
                "privileges",
                format!("on `{path}` there is no {}", lacks.join(", ")),
                format!(
                    "`pveum role add PaasMissing -privs \"{list}\" && pveum acl modify {path} {who} \
                     -role PaasMissing{both}`"
                ),
            ));
        }
        if missing == 0 {
            let paths = wanted.len();
            findings
                .push(Finding::fine("privileges", format!("all that it takes, on {paths} paths")));
        }
        if !effective(&held, "/nodes").contains("Sys.Audit") {
            findings.push(Finding::warning(
                "privileges",
                "on `/nodes` there is no Sys.Audit: nodes are chosen without their memory",
                format!("`pveum acl modify /nodes {} -role PVEAuditor`", self.grantee()),
            ));
        }
        if !needs.root.is_empty() && !self.client.login().is_root() {
            findings.push(Finding::warning(
                "root",
                format!("{} need root of a node, and no token is root", needs.root.join(", ")),
                "give the cluster an `ssh` block",
            ));
        }
    }

    /// The numbers of the guest templates that are copied.
    async fn sources(&self, needs: &Needs) -> BTreeSet<u64> {
        // Without an answer nothing is known of nodes either, and that is told.
        let all = self.client.get("/cluster/resources", &[("type", "vm")]).await;
        let all = all.unwrap_or_default();
        let rows = all.as_array().into_iter().flatten();
        let templates = rows.filter(|row| number(&row["template"]) == Some(1));
        let wanted = templates.filter_map(|row| {
            let vmid = number(&row["vmid"])?;
            let named = row["name"].as_str().is_some_and(|name| needs.images.contains(name));
            (named || needs.images.contains(&vmid.to_string())).then_some(vmid)
        });
        wanted.collect()
    }

    async fn nodes_and_more(&self, needs: &Needs, now_secs: u64, findings: &mut Vec<Finding>) {
        let all = match self.client.get("/cluster/resources", &[]).await {
            Ok(all) => all,
            Err(trouble) => {
                let help = "the cluster has no quorum, or its daemons do not answer";
                findings.push(Finding::error("nodes", trouble.text(), help));
                return;
            }
        };
        let items = || all.as_array().into_iter().flatten();
        let known: Vec<&str> = items()
            .filter(|it| it["type"] == "node")
            .filter_map(|it| it["node"].as_str())
            .collect();
        for (name, wanted) in &needs.nodes {
            let what = format!("node {name}");
            let row = items().find(|it| it["type"] == "node" && it["node"] == name.as_str());
            match row.and_then(|row| row["status"].as_str()) {
                None => {
                    let help = format!("there are {}", known.join(", "));
                    findings.push(Finding::error(&what, "there is no such node", help));
                    continue;
                }
                Some("online") => findings.push(Finding::fine(&what, "it is online")),
                Some(status) => {
                    let how = format!("it is {status}");
                    findings.push(Finding::error(&what, how, "bring it back, or name another one"));
                    continue;
                }
            }
            self.of_node(name, wanted, (needs, items().collect(), now_secs), findings).await;
        }
    }

    async fn of_node(
        &self,
        name: &str,
        wanted: &NodeNeeds,
        (needs, items, now_secs): (&Needs, Vec<&Value>, u64),
        findings: &mut Vec<Finding>,
    ) {
        let of = |it: &&&Value| it["type"] == "storage" && it["node"] == name;
        let stores: Vec<&&Value> = items.iter().filter(of).collect();
        for storage in &wanted.storages {
            let what = format!("storage {storage} of {name}");
            let names: Vec<&str> = stores.iter().filter_map(|it| it["storage"].as_str()).collect();
            let Some(row) = stores.iter().find(|it| it["storage"] == storage.as_str()) else {
                let help = format!("`storage` of `node {name}` may be {}", names.join(", "));
                findings.push(Finding::error(&what, "there is no such storage", help));
                continue;
            };
            let content = row["content"].as_str().unwrap_or_default();
            let has = |word: &str| content.is_empty() || content.split(',').any(|it| it == word);
            let lacks = [(needs.containers, "rootdir"), (needs.machines, "images")];
            let lacks = lacks.iter().find(|(wanted, word)| *wanted && !has(word));
            let free = number(&row["maxdisk"])
                .unwrap_or(0)
                .saturating_sub(number(&row["disk"]).unwrap_or(0));
            findings.push(match lacks {
                Some((_, word)) => Finding::error(
                    &what,
                    format!("it does not take `{word}`"),
                    format!("`pvesm set {storage} --content {content},{word}`"),
                ),
                None => Finding::fine(
                    &what,
                    format!("{} are free", crate::model::Size(free >> 20 << 20)),
                ),
            });
        }
        let query = [("type", "any_bridge")];
        if let Ok(list) = self.client.get(&format!("/nodes/{name}/network"), &query).await {
            let names: Vec<&str> = list
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|it| it["iface"].as_str())
                .collect();
            for bridge in &wanted.bridges {
                let what = format!("bridge {bridge} of {name}");
                findings.push(match names.contains(&bridge.as_str()) {
                    true => Finding::fine(&what, "it is there"),
                    false => Finding::error(
                        &what,
                        "there is no such bridge",
                        format!("there are {}", names.join(", ")),
                    ),
                });
            }
        }
        if let Ok(time) = self.client.get(&format!("/nodes/{name}/time"), &[]).await
            && let Some(theirs) = number(&time["time"]).filter(|it| *it > 1_000_000_000)
        {
            let skew = theirs.abs_diff(now_secs);
            if skew > SKEW_MAX {
                findings.push(Finding::warning(
                    &format!("clock of {name}"),
                    format!("it differs from here by {skew} s"),
                    "let both ask a time server: `timedatectl set-ntp true`",
                ));
            }
        }
    }
}

fn version_finding(version: &str) -> Finding {
    let major: Option<u32> = version.split('.').next().and_then(|it| it.parse().ok());
    match major {
        Some(8 | 9) => Finding::fine("version", format!("Proxmox VE {version}")),
        Some(..8) => Finding::error(
            "version",
            format!("Proxmox VE {version} is too old"),
            "upgrade to 8 or 9",
        ),
        Some(_) | None => Finding::warning(
            "version",
            format!("Proxmox VE {version} is not known"),
            "8 and 9 are; look at the plan with care",
        ),
    }
}

/// The privileges that hold at a path: those of the nearest path above it that has any.
fn effective(held: &Value, path: &str) -> BTreeSet<String> {
    let mut at = path.to_owned();
    loop {
        if let Some(here) = held[at.as_str()].as_object() {
            let own = at == path;
            let holds = |(_, value): &(&String, &Value)| own || number(value).unwrap_or(0) > 0;
            return here.iter().filter(holds).map(|(name, _)| name.clone()).collect();
        }
        match at.rfind('/') {
            Some(0) if at.len() > 1 => at.truncate(1),
            Some(0) | None => return BTreeSet::new(),
            Some(cut) => at.truncate(cut),
        }
    }
}
