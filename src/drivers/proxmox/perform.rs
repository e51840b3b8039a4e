//! One call of a plan, sent so that it happens once, to our own guests only, and that its end is
//! known.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use super::client::Parameters;
use super::guest::{Guest, is_slot, merged, pause, stuck};
use super::task::{Ended, Upid};
use super::trouble::{Means, Trouble, lock};
use super::{Cluster, Form, Ownership};
use crate::drivers::Fault;
use crate::model::{self, Call, Mark, Outcome};

/// How often something is tried again that was certainly not done.
const ATTEMPTS: u32 = 6;

/// How long a lock is waited for that somebody else holds: a backup, a snapshot.
const LOCK_WITHIN: Duration = Duration::from_secs(180);

/// How long high availability may take to do what it was asked for.
const HA_WITHIN: Duration = Duration::from_secs(180);

impl Cluster {
    /// Sends one call, and waits until what it began has ended.
    pub async fn perform(&self, call: &Call, whose: &dyn Ownership) -> Result<Outcome, Fault> {
        let started = Instant::now();
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        let mut parameters: Parameters =
            call.body.iter().map(|(name, text)| (name.clone(), text.to_string())).collect();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        parameters.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let method = match call.method {
            model::Method::Post => Method::POST,
            model::Method::Put => Method::PUT,
            model::Method::Delete => Method::DELETE,
        };
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let form = |word: &str| match word {
            "lxc" => Some(Form::Container),
            "qemu" => Some(Form::Machine),
            _ => None,
        };
        let mut pending = None;
        match parts.as_slice() {
            ["nodes", node, word] if form(word).is_some() && method == Method::POST => {
                let form = form(word).expect("it was asked above");
                self.create(form, node, parameters, whose).await?;
            }
            ["nodes", node, word, number, "clone"] if form(word).is_some() => {
                let form = form(word).expect("it was asked above");
                let source = number.parse().map_err(|_| no_number(number))?;
                self.copy((form, source, node), &parameters, whose).await?;
            }
            ["nodes", node, word, number, rest @ ..] if form(word).is_some() => {
                let form = form(word).expect("it was asked above");
                let vmid = number.parse().map_err(|_| no_number(number))?;
                let below: String = rest.iter().map(|part| format!("/{part}")).collect();
                self.change((form, vmid, node), method, &below, parameters, whose).await?;
                if matches!(below.as_str(), "/config" | "/status/reboot") {
                    pending = Some(self.waiting(form, vmid, node).await);
                }
            }
            ["nodes", node, "vzdump"] => {
                let number = parameters.get("vmid").cloned().unwrap_or_default();
                let vmid = number.parse().map_err(|_| no_number(&number))?;
                self.back_up(vmid, node, parameters, whose).await?;
            }
            _ => self.plain(method, path, &parameters).await?,
        }
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Outcome { took_ms, pending, ..Outcome::default() })
    }

    /// The keys of a guest's configuration that it takes up only when it starts again.
    async fn waiting(&self, form: Form, vmid: u32, node: &str) -> BTreeSet<String> {
        let node = self.node_of(vmid).unwrap_or_else(|| node.to_owned());
        let path = format!("/nodes/{node}/{}/{vmid}/pending", form.word());
        // What was asked for is done; the next plan tells what could not be told now.
        let answer = self.client.get(&path, &[]).await.unwrap_or_default();
        super::config::read_pending(&answer).1
    }

    /// What is about no guest.
    async fn plain(
        &self,
        method: Method,
        path: &str,
        parameters: &Parameters,
    ) -> Result<(), Fault> {
        let _inside = self.gate("cluster-wide", 2).acquire_owned().await.ok();
        let makes_pool = path.trim_matches('/') == "pools" && method == Method::POST;
        match self.patiently(method, path, parameters).await {
            Ok(answer) => self.ended(&answer).await,
            // It is there already, and that is all that was wanted.
            Err(trouble) if makes_pool && trouble.text().contains("already exists") => Ok(()),
            Err(trouble) if trouble.means() == Means::AlreadySo => Ok(()),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Makes a guest. Its number is the proof that it is made once: a second one is refused.
    async fn create(
        &self,
        form: Form,
        node: &str,
        mut parameters: Parameters,
        whose: &dyn Ownership,
    ) -> Result<(), Fault> {
        let number = parameters.get("vmid").cloned().unwrap_or_default();
        let vmid: u32 = number.parse().map_err(|_| no_number(&number))?;
        if whose.owned(vmid).is_empty() {
            let why = format!("guest {vmid} is in no plan of this project");
            return Err(Fault::Refused(why));
        }
        self.images_for(node, &mut parameters, whose.image_digest(vmid).as_deref()).await?;
        let kept = self.for_root(&mut parameters, vmid, whose)?;
        let store = parameters.get("rootfs").or(parameters.get("scsi0"));
        let store = store.and_then(|it| it.split(':').next()).unwrap_or_default();
        let gate = self.gate(&format!("{node}/{store}"), 4);
        let inside = gate.acquire_owned().await.ok();
        let path = format!("/nodes/{node}/{}", form.word());
        let since = self.since();
        let ended = match self.patiently(Method::POST, &path, &parameters).await {
            Ok(answer) => self.end_of(&answer).await,
            Err(Trouble::Lost(why)) => self.lost_create(form, vmid, node, since, &why).await?,
            Err(trouble) if trouble.means() == Means::Exists => {
                // It may be ours, from an answer that was lost.
                let mark = |it: &str| Mark::parse(it).map(|mark| mark.uid);
                let wanted = parameters.get("description").and_then(|it| mark(it));
                match self.guest((form, vmid, node), false, whose).await? {
                    Some(guest)
                        if guest.config.get("description").and_then(|it| mark(it)) != wanted =>
                    {
                        return Err(Fault::Refused(format!(
                            "guest {vmid} was made meanwhile, by a request of an earlier run that was \
                             under way; the next apply looks at it"
                        )));
                    }
                    Some(_) => self.lost_create(form, vmid, node, since, &trouble.text()).await?,
                    None => return Err(trouble.into()),
                }
            }
            Err(trouble) => return Err(trouble.into()),
        };
        drop(inside);
        self.made((vmid, node), ended).await?;
        self.by_root(form, vmid, node, &kept, whose).await
    }

    /// Whether a guest is there once the task that makes it has ended.
    pub(super) async fn made(&self, (vmid, node): (u32, &str), ended: Ended) -> Result<(), Fault> {
        match ended {
            Ended::Well(warnings) => warn(vmid, &warnings),
            Ended::Badly(why, log) => {
                let why = with_log(&why, &log);
                // The task removes what it made; if it could not, the next run has to look.
                return match self.is_free(vmid).await {
                    Ok(true) => Err(Fault::Refused(why)),
                    Ok(false) | Err(_) => Err(Fault::Unknown(why)),
                };
            }
            Ended::Open(why) => return Err(Fault::Unknown(why)),
        }
        self.remember([(vmid, node.to_owned())].into_iter());
        Ok(())
    }

    /// Changes a guest that is ours.
    async fn change(
        &self,
        at: (Form, u32, &str),
        method: Method,
        below: &str,
        parameters: Parameters,
        whose: &dyn Ownership,
    ) -> Result<(), Fault> {
        let (_, vmid, _) = at;
        let claims = below == "/config" && parameters.contains_key("description");
        for attempt in 0..ATTEMPTS {
            let Some(guest) = self.guest(at, claims, whose).await? else {
                return match method {
                    Method::DELETE => Ok(()),
                    _ if below == "/status/stop" || below == "/status/shutdown" => Ok(()),
                    _ => Err(Fault::Refused(format!("guest {vmid} is gone"))),
                };
            };
            let result = match (&method, below) {
                // It is there already.
                (_, "/migrate") if parameters.get("target") == Some(&guest.node) => Ok(()),
                (&Method::POST, "/snapshot") => self.snapshot(&guest, &parameters).await,
                (&Method::DELETE, below) if below.starts_with("/snapshot/") => {
                    self.drop_snapshot(&guest, &below["/snapshot/".len()..]).await
                }
                (&Method::DELETE, "") => self.destroy(&guest, &parameters).await,
                (_, "/config") => self.configure(&guest, &parameters, whose).await,
                (_, word) if word.starts_with("/status/") => {
                    self.power(&guest, &word["/status/".len()..], &parameters).await
                }
                (_, below) => {
                    let mut parameters = parameters.clone();
                    if below == "/resize" {
                        parameters.extend(guest.digest.clone().map(|it| ("digest".into(), it)));
                    }
                    self.task(method.clone(), &guest.path(below), &parameters).await
                }
            };
            match result {
                // Somebody wrote it between our look and our word: look again.
                Err(Trouble::Refused(refusal))
                    if matches!(refusal.means(), Means::Modified | Means::NotThere)
                        && attempt + 1 < ATTEMPTS =>
                {
                    if let Ok(mut places) = self.places.lock() {
                        places.remove(&vmid);
                    }
                    tokio::time::sleep(pause(attempt)).await;
                }
                Err(trouble) if trouble.means() == Means::AlreadySo => return Ok(()),
                Err(trouble) => {
                    return Err(match trouble.refusal().and_then(|it| lock(&it.message)) {
                        Some(name @ ("create" | "destroyed" | "snapshot-delete")) => {
                            Fault::Refused(stuck(&guest, name))
                        }
                        Some(_) | None => trouble.into(),
                    });
                }
                Ok(()) => {
                    if below == "/migrate"
                        && let Some(target) = parameters.get("target")
                    {
                        self.remember([(vmid, target.clone())].into_iter());
                    }
                    return Ok(());
                }
            }
        }
        Err(Fault::Refused(format!("the configuration of guest {vmid} changes all the time")))
    }

    async fn configure(
        &self,
        guest: &Guest,
        wanted: &Parameters,
        whose: &dyn Ownership,
    ) -> Result<(), Trouble> {
        let refused = |fault: Fault| match fault {
            Fault::Refused(why) => Trouble::Unreachable(why),
            Fault::Unknown(why) => Trouble::Lost(why),
        };
        let mut parameters = merged(wanted, guest, whose).map_err(refused)?;
        let kept = self.for_root(&mut parameters, guest.vmid, whose).map_err(refused)?;
        if !parameters.is_empty() {
            parameters.extend(guest.digest.clone().map(|it| ("digest".to_owned(), it)));
            // A virtual machine's disks take their time: half a minute is not enough for all.
            let disks = parameters.keys().any(|name| is_slot(name, "scsi"));
            let method = match guest.is(Form::Machine) && disks {
                true => Method::POST,
                false => Method::PUT,
            };
            let _inside = self.gate(&format!("{}/writes", guest.node), 3).acquire_owned().await;
            self.task(method, &guest.path("/config"), &parameters).await?;
        }
        let by_root = self.by_root(guest.form, guest.vmid, &guest.node, &kept, whose);
        by_root.await.map_err(refused)
    }

    async fn destroy(&self, guest: &Guest, parameters: &Parameters) -> Result<(), Trouble> {
        let _inside = self.gate("cluster-wide", 2).acquire_owned().await.ok();
        match self.task(Method::DELETE, &guest.path(""), parameters).await {
            Err(Trouble::Lost(why)) => match self.is_free(guest.vmid).await {
                Ok(true) => Ok(()),
                Ok(false) | Err(_) => Err(Trouble::Lost(why)),
            },
            result => result,
        }
    }

    /// Starting what runs and stopping what is stopped is no fault.
    async fn power(
        &self,
        guest: &Guest,
        verb: &str,
        parameters: &Parameters,
    ) -> Result<(), Trouble> {
        let running = self.is_running(guest).await?;
        let verb = match (verb, running) {
            ("start", true) | ("stop" | "shutdown", false) => return Ok(()),
            // There is nothing to end before it begins.
            ("reboot", false) => "start",
            (verb, _) => verb,
        };
        let path = guest.path(&format!("/status/{verb}"));
        let answer = self.patiently(Method::POST, &path, parameters).await;
        let answer = match answer {
            Err(Trouble::Lost(why)) => {
                let now = self.is_running(guest).await?;
                return match now == (verb == "start") && verb != "reboot" {
                    true => Ok(()),
                    false => Err(Trouble::Lost(why)),
                };
            }
            answer => answer?,
        };
        self.task_ended(&answer).await?;
        // High availability only notes what it is asked for, and does it in a while.
        let kind = answer.as_str().and_then(Upid::parse).map(|it| it.kind).unwrap_or_default();
        if kind.starts_with("ha") {
            let wanted = verb == "start" || verb == "reboot";
            let until = Instant::now() + HA_WITHIN;
            while self.is_running(guest).await? != wanted {
                if Instant::now() > until {
                    let vmid = guest.vmid;
                    let why = format!("high availability has not done `{verb}` of guest {vmid}");
                    return Err(Trouble::Lost(why));
                }
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
        Ok(())
    }

    async fn is_running(&self, guest: &Guest) -> Result<bool, Trouble> {
        let status = self.client.get(&guest.path("/status/current"), &[]).await?;
        Ok(status["status"].as_str() == Some("running"))
    }

    async fn back_up(
        &self,
        vmid: u32,
        node: &str,
        parameters: Parameters,
        whose: &dyn Ownership,
    ) -> Result<(), Fault> {
        let mut guest = self.guest((Form::Container, vmid, node), false, whose).await;
        if !matches!(guest, Ok(Some(_))) {
            guest = self.guest((Form::Machine, vmid, node), false, whose).await;
        }
        let guest = guest?.ok_or_else(|| Fault::Refused(format!("guest {vmid} is gone")))?;
        let path = format!("/nodes/{}/vzdump", guest.node);
        Ok(self.task(Method::POST, &path, &parameters).await?)
    }

    /// Sends something and waits for the task that it began, if it began one.
    pub(super) async fn task(
        &self,
        method: Method,
        path: &str,
        parameters: &Parameters,
    ) -> Result<(), Trouble> {
        let answer = self.patiently(method, path, parameters).await?;
        self.task_ended(&answer).await
    }

    async fn task_ended(&self, answer: &Value) -> Result<(), Trouble> {
        match self.end_of(answer).await {
            Ended::Well(_) => Ok(()),
            Ended::Badly(why, log) => Err(Trouble::Refused(super::trouble::Refusal {
                status: 500,
                message: with_log(&why, &log),
                ..Default::default()
            })),
            Ended::Open(why) => Err(Trouble::Lost(why)),
        }
    }

    async fn ended(&self, answer: &Value) -> Result<(), Fault> {
        Ok(self.task_ended(answer).await?)
    }

    /// How the task ended that an answer names; what names none has ended.
    pub(super) async fn end_of(&self, answer: &Value) -> Ended {
        match answer.as_str().and_then(Upid::parse) {
            Some(upid) => self.tasks.wait(&self.client, &upid).await,
            None => Ended::Well(Vec::new()),
        }
    }

    /// Sends something as often as it takes, as long as it is certain that it was not done.
    pub(super) async fn patiently(
        &self,
        method: Method,
        path: &str,
        parameters: &Parameters,
    ) -> Result<Value, Trouble> {
        let (mut attempt, until) = (0, Instant::now() + LOCK_WITHIN);
        loop {
            let trouble = match self.client.send(method.clone(), path, parameters).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let held = trouble.refusal().and_then(|it| lock(&it.message));
            let again = match (&trouble, trouble.means()) {
                (Trouble::Lost(_), _) => false,
                (Trouble::Unreachable(_), _) | (_, Means::Busy) => attempt < ATTEMPTS,
                (_, Means::Locked) => {
                    let passes = !matches!(held, Some("create" | "destroyed"));
                    passes && Instant::now() < until
                }
                (_, _) => false,
            };
            if !again {
                return Err(trouble);
            }
            tracing::debug!(path, why = trouble.text(), "trying once more");
            tokio::time::sleep(pause(attempt)).await;
            attempt += 1;
        }
    }

    /// When a task that is about to begin can have begun at the earliest, in seconds: clocks of
    /// nodes differ.
    fn since(&self) -> u64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |it| it.as_secs()).saturating_sub(300)
    }

    /// How the making of a guest ended whose answer was lost: its node knows.
    async fn lost_create(
        &self,
        form: Form,
        vmid: u32,
        node: &str,
        since: u64,
        why: &str,
    ) -> Result<Ended, Fault> {
        let kind = if form == Form::Container { "vzcreate" } else { "qmcreate" };
        let (number, since) = (vmid.to_string(), since.to_string());
        let path = format!("/nodes/{node}/tasks");
        let query =
            [("vmid", number.as_str()), ("typefilter", kind), ("source", "all"), ("since", &since)];
        for attempt in 0..4 {
            let tasks = self.client.get(&path, &query).await.unwrap_or_default();
            let newest = tasks
                .as_array()
                .into_iter()
                .flatten()
                .filter(|task| task["type"].as_str() == Some(kind))
                .max_by_key(|task| task["starttime"].as_u64());
            let upid = newest.and_then(|task| Upid::parse(task["upid"].as_str()?));
            if let Some(upid) = upid {
                return Ok(self.tasks.wait(&self.client, &upid).await);
            }
            tokio::time::sleep(pause(attempt)).await;
        }
        Err(Fault::Unknown(why.to_owned()))
    }
}

fn no_number(text: &str) -> Fault {
    Fault::Refused(format!("`{text}` is no number of a guest"))
}

/// An error with the lines of the log that led to it, if they say more than it does.
fn with_log(why: &str, log: &[String]) -> String {
    let more: Vec<&str> =
        log.iter().map(|line| line.trim()).filter(|line| !why.contains(line)).collect();
    match more.is_empty() {
        true => why.to_owned(),
        false => format!("{why} (its log: {})", more.join(" / ")),
    }
}

fn warn(vmid: u32, warnings: &[String]) {
    for line in warnings {
        tracing::warn!(vmid, line, "the task has ended with a warning");
    }
}
