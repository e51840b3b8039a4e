//! What a Compose file publishes: enough of it to know which ports answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::sandbox::contents::{Listening, Opening};

/// What matters of a Compose file.
#[derive(Debug, PartialEq)]
pub(super) struct Project {
    /// Where its services take connections.
    pub(super) listens: Listening,
    /// The digest that the services are labelled with, if there is one and they agree.
    pub(super) digest: Option<String>,
}

/// What a Compose file is read with.
#[derive(Debug, Default)]
pub(super) struct Around<'a> {
    /// The profiles that are on.
    pub(super) profiles: Vec<&'a str>,
    /// The variables.
    pub(super) env: BTreeMap<String, String>,
}

/// Reads a Compose file, YAML or JSON.
pub(super) fn project(text: &str, around: &Around<'_>) -> Result<Project, String> {
    let file: Value = match serde_json::from_str(text) {
        Ok(file) => file,
        Err(_) => serde_saphyr::from_str(text)
            .map_err(|error| format!("the Compose file is no YAML: {error}"))?,
    };
    Ok(Project { listens: listening(&file, around)?, digest: label(&file) })
}

/// Reads a file of variables: `NAME="value"`, one a line.
pub(super) fn variables(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let plain = |value: &str| value.trim_matches('"').replace("$$", "$");
    lines.map(|(name, value)| (name.trim().to_owned(), plain(value.trim()))).collect()
}

fn listening(file: &Value, around: &Around<'_>) -> Result<Listening, String> {
    let mut openings = Vec::new();
    for service in services(file).filter(|service| is_on(service, around)) {
        if service["network_mode"].as_str() == Some("host") {
            return Ok(Listening::Everywhere);
        }
        for port in service["ports"].as_array().into_iter().flatten() {
            let opening = match port {
                Value::Object(_) => long(port, around)?,
                port => short(&filled(&plain(port), around))?,
            };
            openings.extend(opening);
        }
    }
    Ok(Listening::On(openings))
}

/// A service without profiles is always on.
fn is_on(service: &Value, around: &Around<'_>) -> bool {
    let profiles = service["profiles"].as_array().filter(|profiles| !profiles.is_empty());
    profiles.is_none_or(|profiles| {
        profiles.iter().filter_map(Value::as_str).any(|it| around.profiles.contains(&it))
    })
}

fn label(file: &Value) -> Option<String> {
    let digests: BTreeSet<String> = services(file)
        .filter_map(|service| match &service["labels"] {
            Value::Object(labels) => labels.get("paas.digest").map(plain),
            Value::Array(list) => {
                let digest = |it: &Value| Some(it.as_str()?.strip_prefix("paas.digest=")?.into());
                list.iter().find_map(digest)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        })
        .collect();
    if digests.len() == 1 { digests.into_iter().next() } else { None }
}

fn services(file: &Value) -> impl Iterator<Item = &Value> {
    file["services"].as_object().into_iter().flat_map(|services| services.values())
}

/// `8080:80`, `127.0.0.1:8080:80/tcp`, `[::1]:8000-8010:80-90`; `80` alone gets a random port.
fn short(text: &str) -> Result<Option<Opening>, String> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let Some((outside, _inside)) = ports.rsplit_once(':') else { return Ok(None) };
    let (host, published) = match outside.rsplit_once(':') {
        Some((host, published)) => (Some(host), published),
        None => (None, outside),
    };
    // With an address, the outer port may be left out: then it is a random one too.
    if protocol != "tcp" || published.is_empty() {
        return Ok(None);
    }
    opening(published, host)
}

fn long(port: &Value, around: &Around<'_>) -> Result<Option<Opening>, String> {
    let published = filled(&plain(&port["published"]), around);
    let protocol = port["protocol"].as_str().unwrap_or("tcp");
    if published.is_empty() || protocol != "tcp" {
        return Ok(None);
    }
    opening(&published, port["host_ip"].as_str())
}

fn opening(published: &str, host: Option<&str>) -> Result<Option<Opening>, String> {
    let (first, last) = published.split_once('-').unwrap_or((published, published));
    let number = |text: &str| text.trim().parse::<u16>().ok().filter(|it| *it != 0);
    let host = host.map(|host| host.trim_matches(['[', ']']).to_owned());
    let host = host.filter(|host| !matches!(host.as_str(), "" | "0.0.0.0" | "::"));
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok(Some(Opening { first, last, host })),
        _ => Err(format!("`{published}` is no port that can be published")),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// `${PORT:-8080}` becomes the variable's value or, without one, `8080`.
fn filled(text: &str, around: &Around<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inner, tail)) = after.split_once('}') else { break };
        let (name, default) = inner.split_once('-').unwrap_or((inner, ""));
        out.push_str(before);
        out.push_str(around.env.get(name.trim_end_matches(':')).map_or(default, String::as_str));
        rest = tail;
    }
    out + rest
}
