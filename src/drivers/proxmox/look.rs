//! What there is on a cluster: one question for all of it, and one more for each guest that
//! somebody cares about.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::client::Client;
use super::config::{self, number};
use super::guest::left_locked;
use super::trouble::{Means, Refusal, Trouble};
use super::{Cluster, Form};
use crate::drivers::Fault;
use crate::model::{ClusterSeen, GuestKind, GuestSeen, Mark, NodeSeen, StorageSeen};

/// How many configurations are read at once.
const AT_ONCE: usize = 12;

/// The tag that every guest of ours has.
const TAG: &str = "paas";

/// A guest as the list of everything shows it.
struct Row {
    vmid: u32,
    node: String,
    form: Form,
    name: Option<String>,
    status: String,
    lock: Option<String>,
    tags: String,
    memory: u64,
    is_template: bool,
}

impl Cluster {
    /// The nodes and guests; `known` are the numbers that somebody cares about, whatever their
    /// guests look like from afar.
    /// `sources` are the names and numbers of guest templates that something may be a copy of.
    pub async fn look(
        &self,
        known: &BTreeSet<u32>,
        sources: &BTreeSet<String>,
    ) -> Result<ClusterSeen, Fault> {
        let all = self.client.get("/cluster/resources", &[]).await.map_err(|it| self.cannot(it))?;
        let rows: Vec<Row> = all.as_array().into_iter().flatten().filter_map(row).collect();
        self.remember(rows.iter().map(|row| (row.vmid, row.node.clone())));
        let mut seen = ClusterSeen { nodes: nodes(&all, &rows), guests: Vec::new() };
        self.truly_gone(known, &rows).await?;
        let offline: BTreeSet<&String> =
            seen.nodes.iter().filter(|(_, it)| !it.online).map(|(name, _)| name).collect();
        let ours = |row: &Row| {
            let tagged = row.tags.split(';').any(|tag| tag == TAG);
            let is_source = row.is_template
                && (sources.contains(&row.vmid.to_string())
                    || row.name.as_ref().is_some_and(|name| sources.contains(name)));
            let cared_for = tagged || is_source || known.contains(&row.vmid);
            cared_for && !offline.contains(&row.node)
        };
        let (near, far): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(ours);
        seen.guests.extend(far.into_iter().map(|row| row.seen(Default::default(), None)));
        seen.guests.extend(self.configs(near, known).await?);
        seen.guests.sort_by_key(|guest| guest.vmid);
        Ok(seen)
    }

    /// A guest that is not in the list is gone, or this login may not see it: that it may not is
    /// no reason to make another one.
    async fn truly_gone(&self, known: &BTreeSet<u32>, rows: &[Row]) -> Result<(), Fault> {
        let there: BTreeSet<u32> = rows.iter().map(|row| row.vmid).collect();
        for vmid in known.difference(&there) {
            let number = vmid.to_string();
            match self.client.get("/cluster/nextid", &[("vmid", &number)]).await {
                Ok(_) => (),
                Err(Trouble::Refused(refusal)) if refusal.status == 400 => {
                    let who = self.client.login().name();
                    return Err(Fault::Refused(format!(
                        "guest {vmid} exists, but `{who}` may not see it; give it the privilege \
                         VM.Audit: `pveum acl modify /vms/{vmid} {} -role PVEAuditor`",
                        self.grantee()
                    )));
                }
                Err(trouble) => return Err(self.cannot(trouble)),
            }
        }
        Ok(())
    }

    async fn configs(
        &self,
        rows: Vec<Row>,
        known: &BTreeSet<u32>,
    ) -> Result<Vec<GuestSeen>, Fault> {
        let gate = std::sync::Arc::new(Semaphore::new(AT_ONCE));
        let mut work = JoinSet::new();
        for row in rows {
            let (client, gate) = (std::sync::Arc::clone(&self.client), gate.clone());
            let cared_for = known.contains(&row.vmid);
            work.spawn(async move {
                let inside = gate.acquire().await;
                let first = near(&client, row).await?;
                drop(inside);
                match (first, cared_for) {
                    (Some(guest), true) => settled(&client, guest).await,
                    (guest, _) => Ok(guest),
                }
            });
        }
        let mut out = Vec::new();
        while let Some(guest) = work.join_next().await {
            let guest = guest.map_err(|error| Fault::Refused(error.to_string()))?;
            out.extend(guest.map_err(|it| self.cannot(it))?);
        }
        Ok(out)
    }

    /// Looking failed.
    pub(super) fn cannot(&self, trouble: Trouble) -> Fault {
        let who = self.client.login().name();
        Fault::Refused(match trouble {
            Trouble::Refused(refusal) if refusal.status == 401 => {
                format!("the API does not accept `{who}` (401): is the token still valid?")
            }
            Trouble::Refused(refusal) if refusal.status == 403 => {
                format!("`{who}` may not look: {}", refusal.text())
            }
            trouble => trouble.text(),
        })
    }

    /// How `pveum` names who asks.
    pub(super) fn grantee(&self) -> String {
        let name = self.client.login().name();
        let word = if name.contains('!') { "-token" } else { "-user" };
        format!("{word} '{name}'")
    }
}

/// A guest that is just being made or removed has no mark: whose it is, and whether it will be
/// there at all, is only known when that has ended.
async fn settled(client: &Client, mut guest: GuestSeen) -> Result<Option<GuestSeen>, Trouble> {
    let word = match guest.kind {
        GuestKind::Container => "lxc",
        GuestKind::Machine => "qemu",
    };
    let (node, number) = (guest.node.clone(), guest.vmid.to_string());
    let path = format!("/nodes/{node}/{word}/{number}/config");
    let mut pause = Duration::from_millis(100);
    loop {
        let lock = match guest.lock.as_deref() {
            // What is copied has its mark before it has its disks.
            Some(lock @ ("create" | "clone")) => lock,
            Some(lock @ "destroyed") if guest.mark.is_none() => lock,
            Some(_) | None => return Ok(Some(guest)),
        };
        // A task that copies has the number of what it copies.
        let query = [("source", "active")];
        let tasks = client.get(&format!("/nodes/{node}/tasks"), &query).await?;
        let mut tasks = tasks.as_array().into_iter().flatten();
        let works = tasks.any(|task| {
            let of_it = task["id"].as_str() == Some(number.as_str());
            let copies = matches!(task["type"].as_str(), Some("qmclone" | "vzclone"));
            task["endtime"].is_null() && (of_it || copies)
        });
        // It may have ended since the configuration was read.
        let now = match client.get(&path, &[]).await {
            Ok(answer) => config::read(&answer),
            Err(trouble) if trouble.means() == Means::NotThere => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        if !works && now.get("lock").map(String::as_str) == Some(lock) {
            let message = left_locked(guest.vmid, &node, word == "lxc", lock);
            return Err(Trouble::Refused(Refusal { status: 500, message, ..Refusal::default() }));
        }
        guest.mark = now.get("description").and_then(|text| Mark::parse(text));
        guest.lock = now.get("lock").cloned();
        guest.config = now;
        guest.config.remove("digest");
        guest.config.remove("lock");
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(2));
    }
}

/// A guest with its configuration; nothing if it went in between.
async fn near(client: &Client, mut row: Row) -> Result<Option<GuestSeen>, Trouble> {
    let path = format!("/nodes/{}/{}/{}", row.node, row.form.word(), row.vmid);
    // The configuration shows the values that wait as if they held; this shows both.
    let (config, pending) = match client.get(&format!("{path}/pending"), &[]).await {
        Ok(answer) => config::read_pending(&answer),
        Err(trouble) if trouble.means() == Means::NotThere => return Ok(None),
        // What nobody may read is not ours.
        Err(trouble) if trouble.means() == Means::Forbidden => Default::default(),
        Err(trouble) => return Err(trouble),
    };
    // The list is ten seconds old, and knows nothing of what was just made.
    if row.status != "running" && row.status != "stopped" {
        let status = client.get(&format!("{path}/status/current"), &[]).await?;
        status["status"].as_str().unwrap_or("unknown").clone_into(&mut row.status);
    }
    let mark = config.get("description").and_then(|text| Mark::parse(text));
    Ok(Some(row.seen((config, pending), mark)))
}

impl Row {
    fn seen(
        self,
        (mut config, pending): (BTreeMap<String, String>, BTreeSet<String>),
        mark: Option<Mark>,
    ) -> GuestSeen {
        config.remove("digest");
        let lock = config.remove("lock").or(self.lock);
        if let Some(name) = self.name.filter(|_| config.is_empty()) {
            config.insert(self.form.name_key().to_owned(), name);
            config.extend(self.is_template.then(|| ("template".to_owned(), "1".to_owned())));
        }
        GuestSeen {
            vmid: self.vmid,
            node: self.node,
            kind: self.form.kind(),
            running: self.status == "running",
            lock,
            config,
            pending,
            mark,
            ip: None,
        }
    }
}

fn row(item: &Value) -> Option<Row> {
    let form = match item["type"].as_str()? {
        "lxc" => Form::Container,
        "qemu" => Form::Machine,
        _ => return None,
    };
    let text = |name: &str| item[name].as_str().map(str::to_owned);
    Some(Row {
        vmid: number(&item["vmid"])?.try_into().ok()?,
        node: text("node")?,
        form,
        name: text("name"),
        status: text("status").unwrap_or_default(),
        lock: text("lock"),
        tags: text("tags").unwrap_or_default(),
        memory: number(&item["maxmem"]).unwrap_or(0),
        is_template: number(&item["template"]) == Some(1),
    })
}

fn nodes(all: &Value, rows: &[Row]) -> BTreeMap<String, NodeSeen> {
    let mut nodes: BTreeMap<String, NodeSeen> = BTreeMap::new();
    let items = || all.as_array().into_iter().flatten();
    for item in items().filter(|item| item["type"] == "node") {
        let Some(name) = item["node"].as_str() else { continue };
        let promised = rows.iter().filter(|row| row.node == name).map(|row| row.memory).sum();
        let node = NodeSeen {
            online: item["status"].as_str() == Some("online"),
            cores: number(&item["maxcpu"]).unwrap_or(0),
            memory: number(&item["maxmem"]).unwrap_or(0),
            memory_used: promised,
            ..NodeSeen::default()
        };
        nodes.insert(name.to_owned(), node);
    }
    for item in items().filter(|item| item["type"] == "storage") {
        let (Some(node), Some(name)) = (item["node"].as_str(), item["storage"].as_str()) else {
            continue;
        };
        let (total, used) = (number(&item["maxdisk"]), number(&item["disk"]));
        let storage = StorageSeen { total: total.unwrap_or(0), used: used.unwrap_or(0) };
        if let Some(node) = nodes.get_mut(node) {
            node.storages.insert(name.to_owned(), storage);
        }
    }
    nodes
}

impl Form {
    /// As it stands in a path.
    pub(super) fn word(self) -> &'static str {
        match self {
            Form::Container => "lxc",
            Form::Machine => "qemu",
        }
    }

    fn name_key(self) -> &'static str {
        match self {
            Form::Container => "hostname",
            Form::Machine => "name",
        }
    }

    fn kind(self) -> GuestKind {
        match self {
            Form::Container => GuestKind::Container,
            Form::Machine => GuestKind::Machine,
        }
    }
}
