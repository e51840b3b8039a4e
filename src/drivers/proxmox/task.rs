//! Tasks of a cluster: what a node works on after it has answered, and how that ended.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::client::Client;
use super::trouble::Trouble;

/// From so many tasks on, a node is asked for all that run instead of for each.
const MANY: usize = 3;

/// A node that says nothing for so long is not asked any more.
const SILENT_FOR: Duration = Duration::from_secs(120);

/// How many of the last lines of a log are shown.
const LINES: usize = 5;

/// The name of a task: `UPID:pve1:0001A2B3:00C4D5E6:66F0A1B2:vzcreate:101:ci@pve!paas:`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Upid {
    /// All of it.
    pub text: String,
    /// The node that works on it; only that one knows how it goes.
    pub node: String,
    /// What is done: `vzcreate`.
    pub kind: String,
}

impl Upid {
    /// Reads a name as the API gives it.
    pub fn parse(text: &str) -> Option<Upid> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["UPID", node, process, since, started, kind, _, user, ""] = parts.as_slice() else {
            return None;
        };
        let hex = |text: &str| !text.is_empty() && u64::from_str_radix(text, 16).is_ok();
        let named = !node.is_empty() && !kind.is_empty() && !user.is_empty();
        (named && hex(process) && hex(since) && hex(started)).then(|| Upid {
            text: text.to_owned(),
            node: (*node).to_owned(),
            kind: (*kind).to_owned(),
        })
    }

    fn path(&self, below: &str) -> String {
        format!("/nodes/{}/tasks/{}/{below}", self.node, self.text)
    }

    /// The longest pause between two looks at it.
    fn patience(&self) -> Duration {
        let millis = match self.kind.as_str() {
            "vzcreate" | "qmcreate" | "vzclone" | "qmclone" | "download" | "imgcopy" | "vzdump"
            | "vzmigrate" | "qmigrate" | "vzrestore" | "qmrestore" | "move_volume" | "qmmove" => {
                2_000
            }
            _ => 750,
        };
        Duration::from_millis(millis)
    }
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// As it should, perhaps with warnings.
    Well(Vec<String>),
    /// With this error, and these last lines of its log.
    Badly(String, Vec<String>),
    /// Its process was killed, or nobody knows of it: the result is open.
    Open(String),
}

/// The tasks that somebody waits for, by the node that works on them.
#[derive(Default)]
pub struct Tasks {
    nodes: Mutex<BTreeMap<String, Arc<Node>>>,
}

#[derive(Default)]
struct Node {
    waiting: Mutex<Waiting>,
    /// Somebody else waits from now on.
    more: Notify,
}

#[derive(Default)]
struct Waiting {
    tasks: Vec<(Upid, oneshot::Sender<Ended>)>,
    /// Somebody asks this node regularly.
    asked: bool,
}

impl Tasks {
    /// Waits until a task has ended. Giving up does not end the task.
    pub async fn wait(&self, client: &Arc<Client>, upid: &Upid) -> Ended {
        let (sender, receiver) = oneshot::channel();
        let open = || Ended::Open(format!("nobody knows how {} ended", upid.text));
        let Some(node) = self.node(&upid.node) else { return open() };
        let begin = match node.waiting.lock() {
            Ok(mut waiting) => {
                waiting.tasks.push((upid.clone(), sender));
                !std::mem::replace(&mut waiting.asked, true)
            }
            Err(_) => return open(),
        };
        match begin {
            true => drop(tokio::spawn(ask(Arc::clone(client), Arc::clone(&node)))),
            false => node.more.notify_one(),
        }
        receiver.await.unwrap_or_else(|_| open())
    }

    fn node(&self, name: &str) -> Option<Arc<Node>> {
        let mut nodes = self.nodes.lock().ok()?;
        Some(Arc::clone(nodes.entry(name.to_owned()).or_default()))
    }
}

/// Asks one node for its tasks, until nobody waits for one.
async fn ask(client: Arc<Client>, node: Arc<Node>) {
    const FIRST: Duration = Duration::from_millis(60);
    let (mut pause, mut heard) = (FIRST, Instant::now());
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => (),
            () = node.more.notified() => {
                pause = FIRST;
                continue;
            }
        }
        let upids: Vec<Upid> = match node.waiting.lock() {
            Ok(mut waiting) => {
                waiting.tasks.retain(|(_, sender)| !sender.is_closed());
                if waiting.tasks.is_empty() {
                    waiting.asked = false;
                    return;
                }
                waiting.tasks.iter().map(|(upid, _)| upid.clone()).collect()
            }
            Err(_) => return,
        };
        let patience = upids.iter().map(Upid::patience).min().unwrap_or(FIRST);
        pause = (pause * 3 / 2).min(patience);
        match ended(&client, &upids).await {
            Ok(ended) => {
                heard = Instant::now();
                if let Ok(mut waiting) = node.waiting.lock() {
                    for (upid, how) in ended {
                        let at = waiting.tasks.iter().position(|(other, _)| *other == upid);
                        if let Some((_, sender)) = at.map(|at| waiting.tasks.swap_remove(at)) {
                            // Whoever does not listen any more has no use for it.
                            let _ = sender.send(how);
                        }
                    }
                }
            }
            Err(trouble) if heard.elapsed() > SILENT_FOR => {
                if let Ok(mut waiting) = node.waiting.lock() {
                    for (upid, sender) in waiting.tasks.drain(..) {
                        let why = format!("{}: {}", upid.text, trouble.text());
                        let _ = sender.send(Ended::Open(why));
                    }
                    waiting.asked = false;
                }
                return;
            }
            Err(_) => (),
        }
    }
}

/// Those of the tasks that have ended.
async fn ended(client: &Client, upids: &[Upid]) -> Result<Vec<(Upid, Ended)>, Trouble> {
    let mut candidates: Vec<&Upid> = upids.iter().collect();
    if upids.len() >= MANY {
        let path = format!("/nodes/{}/tasks", upids[0].node);
        let all = [("source", "active"), ("limit", "5000")];
        let running = client.get(&path, &all).await?;
        let running: Vec<&str> = running
            .as_array()
            .into_iter()
            .flatten()
            .filter(|task| task["endtime"].is_null() && is_running(task["status"].as_str()))
            .filter_map(|task| task["upid"].as_str())
            .collect();
        candidates.retain(|upid| !running.contains(&upid.text.as_str()));
    }
    let mut out = Vec::new();
    for upid in candidates {
        if let Some(how) = status(client, upid).await? {
            out.push((upid.clone(), how));
        }
    }
    Ok(out)
}

fn is_running(status: Option<&str>) -> bool {
    status.is_none_or(|it| it.eq_ignore_ascii_case("running"))
}

/// How one task ended, if it has.
async fn status(client: &Client, upid: &Upid) -> Result<Option<Ended>, Trouble> {
    let task = match client.get(&upid.path("status"), &[]).await {
        Ok(task) => task,
        // Logs are thrown away some day, and a node that joins late does not know all of them.
        Err(Trouble::Refused(refusal)) if refusal.status == 400 || refusal.status == 500 => {
            return Ok(Some(Ended::Open(refusal.text())));
        }
        Err(trouble) => return Err(trouble),
    };
    if task["status"].as_str() != Some("stopped") {
        return Ok(None);
    }
    let exit = task["exitstatus"].as_str().unwrap_or("unexpected status").trim().to_owned();
    Ok(Some(match exit.as_str() {
        "OK" => Ended::Well(Vec::new()),
        "unexpected status" => Ended::Open(format!("{} was killed", upid.text)),
        text if text.starts_with("WARNINGS") => Ended::Well(warnings(client, upid).await),
        _ => Ended::Badly(exit, log(client, upid).await),
    }))
}

/// The last lines of a task's log that say more than that it ended.
async fn log(client: &Client, upid: &Upid) -> Vec<String> {
    let lines = lines(client, upid).await;
    let telling = |line: &&String| !line.starts_with("TASK ") && *line != "no content";
    let mut last: Vec<String> = lines.iter().rev().filter(telling).take(LINES).cloned().collect();
    last.reverse();
    last
}

async fn warnings(client: &Client, upid: &Upid) -> Vec<String> {
    let lines = lines(client, upid).await;
    lines.into_iter().filter(|line| line.to_uppercase().starts_with("WARN")).take(LINES).collect()
}

async fn lines(client: &Client, upid: &Upid) -> Vec<String> {
    // Without a limit there are fifty lines, and the error is the last one of all.
    let all = [("start", "0"), ("limit", "0")];
    let log = client.get(&upid.path("log"), &all).await.unwrap_or_default();
    let lines = log.as_array().into_iter().flatten();
    lines.filter_map(|line| line["t"].as_str()).map(|line| line.trim_end().to_owned()).collect()
}
