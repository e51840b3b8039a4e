//! Snapshots of guests: one is taken once, and removed once.

use reqwest::Method;

use super::Cluster;
use super::client::Parameters;
use super::guest::Guest;
use super::trouble::{Refusal, Trouble};

/// A snapshot that a guest has.
enum There {
    /// It can be gone back to.
    Whole,
    /// Its task did not end.
    Broken,
}

impl Cluster {
    /// Takes a snapshot. One of that name is from a run that did not end, and older: it stays.
    pub(super) async fn snapshot(
        &self,
        guest: &Guest,
        parameters: &Parameters,
    ) -> Result<(), Trouble> {
        let name = parameters.get("snapname").map(String::as_str).unwrap_or_default();
        match self.taken(guest, name).await? {
            Some(There::Whole) => return Ok(()),
            Some(There::Broken) => {
                let force = [("force".to_owned(), "1".to_owned())].into();
                let path = guest.path(&format!("/snapshot/{name}"));
                self.task(Method::DELETE, &path, &force).await?;
            }
            None => (),
        }
        match self.task(Method::POST, &guest.path("/snapshot"), parameters).await {
            Err(Trouble::Refused(refusal))
                if refusal.message.contains("snapshot feature is not available") =>
            {
                Err(unable(guest))
            }
            // Whether it is there can be seen.
            Err(Trouble::Lost(why)) => match self.taken(guest, name).await? {
                Some(There::Whole) => Ok(()),
                Some(There::Broken) | None => Err(Trouble::Lost(why)),
            },
            result => result,
        }
    }

    /// Removes a snapshot, if it is there.
    pub(super) async fn drop_snapshot(&self, guest: &Guest, name: &str) -> Result<(), Trouble> {
        if self.taken(guest, name).await?.is_none() {
            return Ok(());
        }
        let path = guest.path(&format!("/snapshot/{name}"));
        match self.task(Method::DELETE, &path, &Parameters::new()).await {
            Err(Trouble::Lost(why)) => match self.taken(guest, name).await? {
                None => Ok(()),
                Some(There::Whole | There::Broken) => Err(Trouble::Lost(why)),
            },
            result => result,
        }
    }

    async fn taken(&self, guest: &Guest, name: &str) -> Result<Option<There>, Trouble> {
        let all = self.client.get(&guest.path("/snapshot"), &[]).await?;
        let mut all = all.as_array().into_iter().flatten();
        let found = all.find(|it| it["name"].as_str() == Some(name));
        Ok(found.map(|it| match it["snapstate"].is_null() {
            true => There::Whole,
            false => There::Broken,
        }))
    }
}

fn unable(guest: &Guest) -> Trouble {
    let vmid = guest.vmid;
    let message = format!(
        "guest {vmid} cannot have a snapshot: one of its disks is on a storage without them, or is \
         a folder or a device of the node; move it, or leave out `lifecycle {{ snapshot = true }}`"
    );
    Trouble::Refused(Refusal { status: 500, message, ..Refusal::default() })
}
