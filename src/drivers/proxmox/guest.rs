//! One guest as it is just before something is done to it: whose it is, where it is, and what a
//! change leaves as it was.

use std::collections::BTreeMap;
use std::time::Duration;

use super::client::Parameters;
use super::config::{self, Properties, kept_description, kept_net, kept_tags};
use super::trouble::{Means, Trouble};
use super::{Cluster, Form, Ownership};
use crate::drivers::Fault;
use crate::model::Mark;

/// Slots that hold a volume: writing `STORE:8` into one makes a new volume.
const DISKS: &[&str] = &["rootfs", "mp", "scsi", "virtio", "sata", "ide", "efidisk", "tpmstate"];

/// A guest that is ours.
pub(super) struct Guest {
    pub(super) form: Form,
    pub(super) vmid: u32,
    pub(super) node: String,
    pub(super) config: BTreeMap<String, String>,
    pub(super) digest: Option<String>,
}

impl Guest {
    /// A path below its own.
    pub(super) fn path(&self, below: &str) -> String {
        format!("/nodes/{}/{}/{}{below}", self.node, self.form.word(), self.vmid)
    }

    /// Whether it is written at once, or as a task that takes its time.
    pub(super) fn is(&self, form: Form) -> bool {
        self.form == form
    }
}

impl Cluster {
    /// The guest that a path names, wherever it is by now; nothing if there is none. That it is
    /// ours is proved each time, because numbers are used again.
    pub(super) async fn guest(
        &self,
        (form, vmid, node): (Form, u32, &str),
        claims: bool,
        whose: &dyn Ownership,
    ) -> Result<Option<Guest>, Fault> {
        let mut node = self.node_of(vmid).unwrap_or_else(|| node.to_owned());
        for last in [false, true] {
            let path = format!("/nodes/{node}/{}/{vmid}/config", form.word());
            match self.client.get(&path, &[]).await {
                Ok(answer) => {
                    let mut config = config::read(&answer);
                    let digest = config.remove("digest");
                    let guest = Guest { form, vmid, node, config, digest };
                    prove(&guest, claims, whose)?;
                    return Ok(Some(guest));
                }
                Err(trouble) if trouble.means() == Means::NotThere && !last => {
                    match self.find(vmid).await? {
                        Some(place) => node = place,
                        None => return Ok(None),
                    }
                }
                Err(trouble) => return Err(self.cannot(trouble)),
            }
        }
        Ok(None)
    }

    /// The node that a guest is on now; nothing if there is no such guest.
    pub(super) async fn find(&self, vmid: u32) -> Result<Option<String>, Fault> {
        let query = [("type", "vm")];
        let all = self.client.get("/cluster/resources", &query).await;
        let all = all.map_err(|it| self.cannot(it))?;
        let mut rows = all.as_array().into_iter().flatten();
        let row = rows.find(|row| config::number(&row["vmid"]) == Some(vmid.into()));
        match row.and_then(|row| row["node"].as_str()) {
            Some(node) => {
                self.remember([(vmid, node.to_owned())].into_iter());
                Ok(Some(node.to_owned()))
            }
            None => match self.is_free(vmid).await? {
                true => Ok(None),
                false => {
                    let who = self.client.login().name();
                    Err(Fault::Refused(format!("`{who}` may not see guest {vmid}")))
                }
            },
        }
    }

    /// Whether nobody has a number.
    pub(super) async fn is_free(&self, vmid: u32) -> Result<bool, Fault> {
        let number = vmid.to_string();
        match self.client.get("/cluster/nextid", &[("vmid", &number)]).await {
            Ok(_) => Ok(true),
            Err(Trouble::Refused(refusal)) if refusal.status == 400 => Ok(false),
            Err(trouble) => Err(self.cannot(trouble)),
        }
    }
}

/// Ours is what carries our mark, with its own number and as the making that the state knows.
fn prove(guest: &Guest, claims: bool, whose: &dyn Ownership) -> Result<(), Fault> {
    let vmid = guest.vmid;
    let name = ["hostname", "name"].iter().find_map(|key| guest.config.get(*key));
    let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
    let foreign = |why: &str| {
        Err(Fault::Refused(format!("guest {vmid}{name} is not ours: {why}; it is left alone")))
    };
    let mark = guest.config.get("description").and_then(|text| Mark::parse(text));
    match mark {
        None if claims => Ok(()),
        None => match guest.config.get("lock").map(String::as_str) {
            Some(lock @ ("create" | "clone" | "destroyed")) => {
                Err(Fault::Refused(stuck(guest, lock)))
            }
            Some(_) | None => foreign("its description has no mark"),
        },
        Some(mark) if mark.project != whose.project() => foreign("its mark is another project's"),
        // A copy carries the mark of what it was copied from.
        Some(mark) if mark.vmid != vmid && claims => Ok(()),
        Some(mark) if mark.vmid != vmid => foreign(&format!("it is a copy of guest {}", mark.vmid)),
        Some(mark) => {
            let known = whose.owned(vmid).iter().any(|owned| owned.uid == mark.uid);
            match known || claims {
                true => Ok(()),
                false => foreign("it was made at another time than the state knows of"),
            }
        }
    }
}

/// A lock that nothing takes away any more, and what a person can do.
pub(super) fn stuck(guest: &Guest, lock: &str) -> String {
    left_locked(guest.vmid, &guest.node, guest.is(Form::Container), lock)
}

/// The same for a guest of which nothing else is known.
pub(super) fn left_locked(vmid: u32, node: &str, container: bool, lock: &str) -> String {
    let program = if container { "pct" } else { "qm" };
    format!(
        "guest {vmid} is locked ({lock}): an interrupted task left it; if none runs any more, \
         `{program} unlock {vmid} && {program} destroy {vmid}` on {node}"
    )
}

/// What is sent, so that everything that nobody decides stays as it is.
pub(super) fn merged(
    wanted: &Parameters,
    guest: &Guest,
    whose: &dyn Ownership,
) -> Result<Parameters, Fault> {
    let mut out = Parameters::new();
    for (name, value) in wanted {
        let exists = guest.config.get(name).map(String::as_str);
        let value = match (name.as_str(), exists) {
            ("tags", exists) => {
                let owned = whose.owned(guest.vmid).iter().flat_map(|it| it.tags.iter().cloned());
                let before: Vec<String> = owned.chain(["paas".to_owned()]).collect();
                kept_tags(value, &before, exists.unwrap_or_default())
            }
            ("description", exists) => kept_description(value, exists.unwrap_or_default()),
            (name, Some(exists)) if is_slot(name, "net") => kept_net(value, exists),
            (name, Some(exists)) if DISKS.iter().any(|disk| is_slot(name, disk)) => {
                match kept_disk(name, value, exists, guest.vmid)? {
                    Some(value) => value,
                    None => continue,
                }
            }
            (_, _) => value.clone(),
        };
        if exists != Some(&value) || name == "delete" {
            out.insert(name.clone(), value);
        }
    }
    Ok(out)
}

/// `mp12` is a slot of `mp`; `rootfs` is the only one of its kind.
pub(super) fn is_slot(name: &str, of: &str) -> bool {
    name.strip_prefix(of).is_some_and(|rest| {
        rest.bytes().all(|byte| byte.is_ascii_digit()) && (of == "rootfs") == rest.is_empty()
    })
}

/// A volume that exists is named by its own name: to ask for one anew would make another one and
/// put the old one aside.
fn kept_disk(name: &str, wanted: &str, exists: &str, vmid: u32) -> Result<Option<String>, Fault> {
    let volume = |text: &str| text.split(',').next().unwrap_or_default().to_owned();
    let (asked, has) = (volume(wanted), volume(exists));
    let allocates = asked.rsplit_once(':').is_some_and(|(_, size)| {
        size == "cloudinit" || size.bytes().all(|it| it.is_ascii_digit() || it == b'.')
    });
    // A drive with a disc, or with none, makes room for the one that cloud-init reads.
    let makes_room = asked.ends_with(":cloudinit") && !has.contains("cloudinit");
    if !allocates || wanted.contains("import-from=") || makes_room {
        return Ok(Some(wanted.to_owned()));
    }
    let (wanted, exists) = (Properties::parse(wanted), Properties::parse(exists));
    if let (Some(path), Some(other)) = (wanted.get("mp"), exists.get("mp"))
        && path != other
    {
        return Err(Fault::Refused(format!(
            "`{name}` of guest {vmid} is taken: {has} is mounted there at `{other}`"
        )));
    }
    let mut same = true;
    let mut kept = Properties::parse(&has);
    for (key, value) in wanted.iter().skip(1) {
        let Some(key) = key else { continue };
        same &= exists.get(key) == Some(value);
        kept.set(key, value);
    }
    Ok((!same).then(|| kept.text()))
}

/// How long is waited before something is tried again: a bit more each time, and never by all at
/// the same moment.
pub(super) fn pause(attempt: u32) -> Duration {
    let mut byte = [0];
    // Without randomness they only meet more often.
    let _ = getrandom::fill(&mut byte);
    let base = 150 * 2_u64.pow(attempt.min(5));
    Duration::from_millis(base + base * u64::from(byte[0]) / 256)
}
