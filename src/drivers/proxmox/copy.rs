//! Makes a guest as a copy of a guest template of the cluster, once.

use std::time::{Duration, Instant};

use reqwest::Method;

use super::client::Parameters;
use super::config;
use super::guest::{left_locked, pause};
use super::task::Ended;
use super::trouble::{Means, Trouble};
use super::{Cluster, Form, Ownership};
use crate::drivers::Fault;
use crate::model::Mark;

/// How long is waited for a copy of which nobody knows the task.
const COPY_WITHIN: Duration = Duration::from_secs(4 * 3600);

impl Cluster {
    /// Copies a guest that may be anybody's: nothing is done to it. The number of the copy is the
    /// proof that it is made once, and its mark is ours from the beginning.
    pub(super) async fn copy(
        &self,
        (form, source, node): (Form, u32, &str),
        parameters: &Parameters,
        whose: &dyn Ownership,
    ) -> Result<(), Fault> {
        let number = parameters.get("newid").cloned().unwrap_or_default();
        let vmid: u32 = number
            .parse()
            .map_err(|_| Fault::Refused(format!("`{number}` is no number of a guest")))?;
        if whose.owned(vmid).is_empty() {
            let why = format!("guest {vmid} is in no plan of this project");
            return Err(Fault::Refused(why));
        }
        let place = match self.node_of(source) {
            Some(place) => Some(place),
            None => self.find(source).await?,
        };
        let gone = || Fault::Refused(format!("the guest template {source} is gone"));
        let place = place.ok_or_else(gone)?;
        // A container is locked while it is copied; disks of machines are read side by side.
        let most = if form == Form::Container { 1 } else { 4 };
        let inside = self.gate(&format!("copies/{source}"), most).acquire_owned().await.ok();
        let path = format!("/nodes/{place}/{}/{source}/clone", form.word());
        let ended = match self.patiently(Method::POST, &path, parameters).await {
            Ok(answer) => self.end_of(&answer).await,
            Err(Trouble::Lost(why)) => self.lost_copy(form, vmid, &place, &why, whose).await?,
            Err(trouble) if trouble.means() == Means::Exists => {
                // It may be ours, from an answer that was lost; then it has our mark, or will.
                let why = trouble.text();
                match self.lost_copy(form, vmid, &place, &why, whose).await {
                    Err(Fault::Unknown(why)) => return Err(Fault::Refused(why)),
                    ended => ended?,
                }
            }
            Err(trouble) => return Err(trouble.into()),
        };
        drop(inside);
        let target = parameters.get("target").filter(|it| **it != node).unwrap_or(&place);
        self.made((vmid, target), ended).await
    }

    /// How the copying ended whose answer was lost: what became of the number tells.
    async fn lost_copy(
        &self,
        form: Form,
        vmid: u32,
        node: &str,
        why: &str,
        whose: &dyn Ownership,
    ) -> Result<Ended, Fault> {
        let path = format!("/nodes/{node}/{}/{vmid}/config", form.word());
        let (until, mut attempt) = (Instant::now() + COPY_WITHIN, 0);
        loop {
            let config = match self.client.get(&path, &[]).await {
                Ok(answer) => config::read(&answer),
                Err(trouble) if trouble.means() == Means::NotThere && attempt < 4 => {
                    tokio::time::sleep(pause(attempt)).await;
                    attempt += 1;
                    continue;
                }
                Err(_) => return Err(Fault::Unknown(why.to_owned())),
            };
            let mark = config.get("description").and_then(|text| Mark::parse(text));
            let ours = mark.is_some_and(|mark| {
                let known = whose.owned(vmid).iter().any(|it| it.uid == mark.uid);
                mark.project == whose.project() && mark.vmid == vmid && known
            });
            match (config.get("lock").map(String::as_str), ours) {
                (None, true) => return Ok(Ended::Well(Vec::new())),
                (None, false) => return Err(Fault::Unknown(why.to_owned())),
                (Some(lock), _) => {
                    let query = [("source", "active")];
                    let tasks = self.client.get(&format!("/nodes/{node}/tasks"), &query).await;
                    let tasks = tasks.map_err(|it| Fault::Unknown(it.text()))?;
                    let mut tasks = tasks.as_array().into_iter().flatten();
                    let copies = tasks.any(|task| {
                        let kind = task["type"].as_str();
                        task["endtime"].is_null() && matches!(kind, Some("qmclone" | "vzclone"))
                    });
                    if attempt > 8 && !copies || Instant::now() > until {
                        let left = left_locked(vmid, node, form == Form::Container, lock);
                        return Ok(Ended::Open(left));
                    }
                }
            }
            tokio::time::sleep(pause(attempt.min(4))).await;
            attempt += 1;
        }
    }
}
