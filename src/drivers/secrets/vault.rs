//! Secrets in a Vault or an OpenBao, through its HTTP API: both versions of the key-value store.

pub(super) mod field;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::drivers::secrets::{BYTES_MAX, Missing, wipe};
use crate::model::Hidden;

/// A server and what opens it.
struct Vault {
    client: Client,
    root: Url,
    token: Zeroizing<String>,
    namespace: Option<String>,
}

/// The part of a mount's description that is needed.
#[derive(Deserialize)]
struct Mount {
    data: MountData,
}

#[derive(Deserialize)]
struct MountData {
    path: String,
    #[serde(default)]
    options: Option<MountOptions>,
}

#[derive(Deserialize)]
struct MountOptions {
    #[serde(default)]
    version: Option<String>,
}

/// One field of one secret.
pub async fn read(path: &str, field: &str) -> Result<Hidden, Missing> {
    let help = format!("see what is there: `vault kv get {path}`");
    let path = path.trim_matches('/');
    let odd = |part: &str| part.is_empty() || part == "." || part == "..";
    if !path.contains('/') || path.split('/').any(odd) {
        return Err(Missing::new(
            format!("`{path}` is no path of a secret"),
            "name the mount and what follows: `kv/tenants/acme`",
        ));
    }
    let vault = Vault::open()?;
    let mut answer = vault.secret(path, &help).await?;
    let value = match &answer[field] {
        serde_json::Value::String(text) if !text.is_empty() => Ok(Hidden::new(text.clone())),
        serde_json::Value::String(_) => Err(format!("`{field}` of `{path}` in the Vault is empty")),
        serde_json::Value::Number(number) => Ok(Hidden::new(number.to_string())),
        serde_json::Value::Bool(it) => Ok(Hidden::new(it.to_string())),
        serde_json::Value::Null => Err(format!("`{path}` in the Vault has no field `{field}`")),
        _ => Err(format!("`{field}` of `{path}` in the Vault is not one value")),
    };
    wipe(&mut answer);
    value.map_err(|why| Missing::new(why, help))
}

impl Vault {
    fn open() -> Result<Vault, Missing> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let address = set("VAULT_ADDR").ok_or_else(|| {
            let help = "name the server: `export VAULT_ADDR=https://vault.example.com`";
            Missing::new("`VAULT_ADDR` is not set", help)
        })?;
        let root = root(&address)?;
        let token = match set("VAULT_TOKEN") {
            Some(token) => Some(token),
            None => set("HOME").and_then(|home| {
                let path = PathBuf::from(home).join(".vault-token");
                std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
            }),
        };
        let token = token.filter(|token| !token.is_empty()).map(Zeroizing::new);
        let token = token.ok_or_else(|| {
            Missing::new(
                "there is no token for the Vault",
                "log in: `vault login`, or set `VAULT_TOKEN`",
            )
        })?;
        let mut client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(30));
        if let Some(path) = set("VAULT_CACERT") {
            let certificate = std::fs::read(&path).ok();
            let certificate = certificate.and_then(|it| reqwest::Certificate::from_pem(&it).ok());
            let certificate = certificate.ok_or_else(|| {
                let why = format!("`VAULT_CACERT` names `{path}`, which is no certificate");
                Missing::new(why, "name a file in PEM, or unset it")
            })?;
            client = client.tls_certs_merge([certificate]);
        }
        // Somebody else in this process may have been first; one is as good as the other.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = client.build().map_err(|_| {
            Missing::new("no connection can be made to the Vault", "install CA certificates")
        })?;
        Ok(Vault { client, root, token, namespace: set("VAULT_NAMESPACE") })
    }

    /// The fields of a secret, in whichever version of the store it is.
    async fn secret(&self, path: &str, help: &str) -> Result<serde_json::Value, Missing> {
        let (mount, second) = self.mount(path, help).await?;
        let rest = path[mount.len()..].trim_start_matches('/');
        let whole = match second {
            true => format!("{mount}/data/{rest}"),
            false => format!("{mount}/{rest}"),
        };
        let (status, body) = self.get(&whole).await.map_err(|why| Missing::new(why, help))?;
        if !status.is_success() {
            return Err(Missing::new(told(status, path, "read"), help));
        }
        let mut answer: serde_json::Value = serde_json::from_slice(&body)
            .map_err(|_| Missing::new("the Vault gives an answer that is no JSON", help))?;
        let mut data = answer["data"].take();
        wipe(&mut answer);
        Ok(if second { data["data"].take() } else { data })
    }

    /// Where the store begins in a path, and whether it is of the second version.
    async fn mount(&self, path: &str, help: &str) -> Result<(String, bool), Missing> {
        let about = format!("sys/internal/ui/mounts/{path}");
        let (status, body) = self.get(&about).await.map_err(|why| Missing::new(why, help))?;
        let mount: Option<Mount> = match status.is_success() {
            true => serde_json::from_slice(&body).ok(),
            false => return Err(Missing::new(told(status, path, "read"), help)),
        };
        let mount = mount
            .ok_or_else(|| Missing::new("the Vault does not say which store this is", help))?;
        let begins = mount.data.path.trim_matches('/').to_owned();
        let version = mount.data.options.and_then(|options| options.version);
        match path.strip_prefix(&begins).is_some_and(|rest| rest.starts_with('/')) {
            true => Ok((begins, version.as_deref() == Some("2"))),
            false => Err(Missing::new("the Vault names another store than was asked for", help)),
        }
    }

    async fn get(&self, path: &str) -> Result<(StatusCode, Zeroizing<Vec<u8>>), String> {
        self.send(path, None).await
    }

    /// Asks for what is at a path, or puts something there.
    async fn send(
        &self,
        path: &str,
        body: Option<&str>,
    ) -> Result<(StatusCode, Zeroizing<Vec<u8>>), String> {
        let mut url = self.root.clone();
        let segments = ["v1"].into_iter().chain(path.split('/'));
        url.path_segments_mut()
            .map_err(|()| "`VAULT_ADDR` is no address of a server".to_owned())?
            .pop_if_empty()
            .extend(segments);
        let mut request = match body {
            None => self.client.get(url),
            Some(text) => {
                let json = ("Content-Type", "application/json");
                self.client.post(url).header(json.0, json.1).body(text.to_owned())
            }
        };
        request = request.header("X-Vault-Request", "true");
        let mut token = reqwest::header::HeaderValue::from_str(&self.token)
            .map_err(|_| "the token for the Vault has characters that none has".to_owned())?;
        token.set_sensitive(true);
        request = request.header("X-Vault-Token", token);
        if let Some(namespace) = &self.namespace {
            request = request.header("X-Vault-Namespace", namespace);
        }
        let unreachable = |error: reqwest::Error| match () {
            () if error.is_timeout() => "the Vault does not answer in time".to_owned(),
            () if error.is_connect() => "the Vault cannot be reached".to_owned(),
            () => "the answer of the Vault cannot be read".to_owned(),
        };
        let mut answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let mut body = Zeroizing::new(Vec::new());
        while let Some(part) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + part.len() > BYTES_MAX {
                return Err(format!("the Vault gives more than {} MiB", BYTES_MAX >> 20));
            }
            body.extend_from_slice(&part);
        }
        Ok((status, body))
    }
}

fn root(address: &str) -> Result<Url, Missing> {
    let wrong = |why: &str| {
        let help = "set it like `https://vault.example.com:8200`";
        Missing::new(format!("`VAULT_ADDR` {why}"), help)
    };
    let mut url = Url::parse(address).map_err(|_| wrong("is no address of a server"))?;
    let near = match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let bare = host.trim_matches(['[', ']']);
            bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        None => return Err(wrong("names no server")),
    };
    if url.password().is_some() || !url.username().is_empty() {
        return Err(wrong("has a login in it, which belongs into `VAULT_TOKEN`"));
    }
    url.set_query(None);
    url.set_fragment(None);
    match url.scheme() {
        "https" => Ok(url),
        "http" if near => Ok(url),
        "http" => Err(wrong("is not encrypted, and everybody on the way would read the token")),
        _ => Err(wrong("is no address of a server")),
    }
}

fn told(status: StatusCode, path: &str, deed: &str) -> String {
    let code = status.as_u16();
    match code {
        403 => format!("the token may not {deed} `{path}` in the Vault (403)"),
        404 => format!("there is nothing at `{path}` in the Vault (404)"),
        503 => "the Vault is sealed (503)".to_owned(),
        300..400 => format!("the Vault sends elsewhere ({code}), and nobody follows with a token"),
        _ => format!("the Vault refuses ({code})"),
    }
}
