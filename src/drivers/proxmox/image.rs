//! Images that guests are made from: a name in a manifest becomes the name of a volume, and what
//! no storage has is fetched.

use reqwest::Method;
use serde_json::Value;

use super::Cluster;
use super::client::Parameters;
use super::task::{Ended, Upid};
use super::trouble::Trouble;
use crate::drivers::Fault;

/// What an image is for.
#[derive(Clone, Copy)]
enum Content {
    /// A root file system of a container.
    Template,
    /// A disk of a virtual machine.
    Disk,
}

impl Content {
    fn word(self) -> &'static str {
        match self {
            Content::Template => "vztmpl",
            Content::Disk => "import",
        }
    }
}

impl Cluster {
    /// Puts volumes in the place of the names of images.
    pub(super) async fn images_for(
        &self,
        node: &str,
        parameters: &mut Parameters,
        digest: Option<&str>,
    ) -> Result<(), Fault> {
        if let Some(name) = parameters.get("ostemplate").cloned() {
            let volume = self.image(node, Content::Template, &name, digest).await?;
            parameters.insert("ostemplate".to_owned(), volume);
        }
        let Some(disk) = parameters.get("scsi0").cloned() else { return Ok(()) };
        let Some((before, rest)) = disk.split_once("import-from=local:import/") else {
            return Ok(());
        };
        let (name, after) =
            rest.split_once(',').map_or((rest, None), |(it, rest)| (it, Some(rest)));
        let volume = self.image(node, Content::Disk, name, digest).await?;
        let after = after.map(|rest| format!(",{rest}")).unwrap_or_default();
        parameters.insert("scsi0".to_owned(), format!("{before}import-from={volume}{after}"));
        Ok(())
    }

    async fn image(
        &self,
        node: &str,
        content: Content,
        name: &str,
        digest: Option<&str>,
    ) -> Result<String, Fault> {
        let remote = name.contains("://");
        if !remote && name.contains(':') {
            return Ok(name.to_owned());
        }
        // One at a time: the second one finds what the first has fetched.
        let mut known = self.images.lock().await;
        let key = (node.to_owned(), name.to_owned());
        if let Some(volume) = known.get(&key) {
            return Ok(volume.clone());
        }
        let (stores, volumes) = self.volumes(node, content).await?;
        let file = file_name(name);
        let found = match volumes.iter().filter(|it| fits(it, &file)).max() {
            Some(volume) => volume.clone(),
            None => {
                let store = stores.first().ok_or_else(|| {
                    let word = content.word();
                    Fault::Refused(format!(
                        "no storage of {node} takes `{word}`: `pvesm set STORAGE --content …,{word}`"
                    ))
                })?;
                self.fetch(node, store, content, (name, &file), digest, &volumes).await?
            }
        };
        known.insert(key, found.clone());
        Ok(found)
    }

    /// The storages of a node that take such images, and the images that they have.
    async fn volumes(
        &self,
        node: &str,
        content: Content,
    ) -> Result<(Vec<String>, Vec<String>), Fault> {
        let query = [("content", content.word()), ("enabled", "1")];
        let all = self.client.get(&format!("/nodes/{node}/storage"), &query).await;
        let all = all.map_err(|it| self.cannot(it))?;
        let stores: Vec<String> = all
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|store| store["storage"].as_str())
            .map(str::to_owned)
            .collect();
        let mut volumes = Vec::new();
        for store in &stores {
            let path = format!("/nodes/{node}/storage/{store}/content");
            let listed = self.client.get(&path, &[("content", content.word())]).await;
            let listed = listed.map_err(|it| self.cannot(it))?;
            let names =
                listed.as_array().into_iter().flatten().filter_map(|it| it["volid"].as_str());
            volumes.extend(names.map(str::to_owned));
        }
        Ok((stores, volumes))
    }

    /// Fetches an image, by its address or out of the list that Proxmox keeps.
    async fn fetch(
        &self,
        node: &str,
        store: &str,
        content: Content,
        (name, file): (&str, &str),
        digest: Option<&str>,
        have: &[String],
    ) -> Result<String, Fault> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let (path, parameters, file) = if let Some(reference) = name.strip_prefix("oci://") {
            let parameters: Parameters = [pair("reference", reference)].into();
            (
                format!("/nodes/{node}/storage/{store}/oci-registry-pull"),
                parameters,
                file.to_owned(),
            )
        } else if name.contains("://") {
            let mut parameters: Parameters =
                [pair("url", name), pair("content", content.word()), pair("filename", file)].into();
            if let Some((algorithm, digits)) = digest.and_then(|it| it.split_once(':')) {
                parameters
                    .extend([pair("checksum", digits), pair("checksum-algorithm", algorithm)]);
            }
            (format!("/nodes/{node}/storage/{store}/download-url"), parameters, file.to_owned())
        } else {
            let file = self.listed(node, content, file, have).await?;
            let parameters = [pair("storage", store), pair("template", &file)].into();
            (format!("/nodes/{node}/aplinfo"), parameters, file)
        };
        let answer = self.client.send(Method::POST, &path, &parameters).await;
        let answer = answer.map_err(|trouble| Fault::Refused(trouble.text()))?;
        if let Some(upid) = answer.as_str().and_then(Upid::parse) {
            match self.tasks.wait(&self.client, &upid).await {
                Ended::Well(_) => (),
                Ended::Badly(why, log) => {
                    let log = log.last().map(|line| format!(" ({line})")).unwrap_or_default();
                    let why = format!("`{name}` could not be fetched: {why}{log}");
                    return Err(Fault::Refused(why));
                }
                Ended::Open(why) => {
                    return Err(Fault::Refused(format!("`{name}` was not fetched: {why}")));
                }
            }
        }
        Ok(format!("{store}:{}/{file}", content.word()))
    }

    /// The file of a name in the list of images that Proxmox keeps.
    async fn listed(
        &self,
        node: &str,
        content: Content,
        file: &str,
        have: &[String],
    ) -> Result<String, Fault> {
        let list = match content {
            Content::Template => self.client.get(&format!("/nodes/{node}/aplinfo"), &[]).await,
            Content::Disk => Ok(Value::Null),
        };
        let list = match list {
            Ok(list) => list,
            Err(Trouble::Refused(_)) => Value::Null,
            Err(trouble) => return Err(self.cannot(trouble)),
        };
        let names = list.as_array().into_iter().flatten().filter_map(|it| it["template"].as_str());
        if let Some(name) = names.filter(|it| fits(it, file)).max() {
            return Ok(name.to_owned());
        }
        let mut have: Vec<&str> = have.iter().map(String::as_str).collect();
        have.sort_unstable();
        have.truncate(8);
        let have = match have.is_empty() {
            true => "there are no images".to_owned(),
            false => format!("there are {}", have.join(", ")),
        };
        Err(Fault::Refused(format!("{node} has no image `{file}`; {have}")))
    }
}

/// The name of the file that an image is, or begins with.
fn file_name(name: &str) -> String {
    let bare = name.split(['?', '#']).next().unwrap_or(name).trim_end_matches('/');
    let last = match name.contains("://") {
        true => bare.rsplit('/').next().unwrap_or(bare),
        false => bare,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    last.chars().map(|c| if plain(c) { c } else { '_' }).collect()
}

/// `debian-12-standard` names `local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst`.
fn fits(volume: &str, file: &str) -> bool {
    let name = volume.rsplit('/').next().unwrap_or(volume);
    name.strip_prefix(file).is_some_and(|rest| {
        rest.is_empty() || !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}
