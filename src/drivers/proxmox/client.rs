//! Requests to the Proxmox API, and what came back.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::time::{Duration, Instant};

use reqwest::{Method, Response, Url};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::login::{Login, authorization, sensitive};
use super::tls::Trust;
use super::trouble::{Refusal, Trouble};

/// A longer answer is none: three thousand guests are one megabyte.
const ANSWER_MAX: usize = 64 << 20;

/// Proxmox closes idle connections after five seconds, without a word.
const IDLE: Duration = Duration::from_secs(3);

/// A node waits half a minute for another one, and says so; whoever asks has to wait longer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// A ticket lives for two hours; it is renewed in good time.
const TICKET_LASTS: Duration = Duration::from_secs(90 * 60);

/// How often reading is tried: it changes nothing.
const READS: u32 = 4;

/// A connection to one API.
pub struct Client {
    http: reqwest::Client,
    root: Url,
    login: Login,
    ticket: Mutex<Option<Ticket>>,
}

/// What a password was exchanged for.
struct Ticket {
    cookie: Zeroizing<String>,
    /// Goes with everything that changes something.
    token: Zeroizing<String>,
    since: Instant,
}

/// Parameters of a request.
pub type Parameters = BTreeMap<String, String>;

impl Client {
    /// A connection that is made when it is needed.
    pub fn new(api: &str, login: Login, trust: &Trust) -> Result<Client, String> {
        let mut root = Url::parse(api).map_err(|_| format!("`{api}` is no address of an API"))?;
        if root.scheme() != "https" {
            return Err(format!("`{api}` is not encrypted: the API is at `https://…:8006`"));
        }
        if root.port().is_none() && !api.trim_end_matches('/').ends_with(":443") {
            root.set_port(Some(8006)).map_err(|()| format!("`{api}` is no address of an API"))?;
        }
        root.set_path("/api2/json/");
        root.set_query(None);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .http1_only()
            .tcp_nodelay(true)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(4)
            .connect_timeout(Duration::from_secs(5))
            .timeout(ANSWERS_WITHIN)
            .user_agent(concat!("paas/", env!("CARGO_PKG_VERSION")));
        let http = trust.apply(http)?.build().map_err(|error| chain(&error))?;
        Ok(Client { http, root, login, ticket: Mutex::new(None) })
    }

    /// Who asks.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// The machine that answers, as it is named in the API's address.
    pub fn host(&self) -> &str {
        self.root.host_str().unwrap_or_default()
    }

    /// The fingerprint of the certificate that the API shows; nothing is sent to it.
    pub async fn fingerprint(&self) -> Result<String, String> {
        super::tls::look(self.root.as_str()).await
    }

    /// Reads; what fails on the way is tried again.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Trouble> {
        self.get_whole(path, query).await.map(|mut answer| answer["data"].take())
    }

    /// The same with what stands beside the data.
    pub async fn get_whole(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Trouble> {
        let mut pause = Duration::from_millis(200);
        for _ in 1..READS {
            match self.once(Method::GET, path, query, None).await {
                Err(Trouble::Unreachable(_) | Trouble::Lost(_)) => (),
                answer => return answer,
            }
            tokio::time::sleep(pause).await;
            pause *= 3;
        }
        self.once(Method::GET, path, query, None).await
    }

    /// Writes, once.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        parameters: &Parameters,
    ) -> Result<Value, Trouble> {
        let answer = match method {
            // A body makes Proxmox refuse it.
            Method::DELETE => {
                let query: Vec<(&str, &str)> =
                    parameters.iter().map(|(name, it)| (name.as_str(), it.as_str())).collect();
                self.once(method, path, &query, None).await
            }
            method => self.once(method, path, &[], Some(parameters)).await,
        };
        answer.map(|mut answer| answer["data"].take())
    }

    async fn once(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Parameters>,
    ) -> Result<Value, Trouble> {
        let url = self.url(path, query)?;
        let mut request = self.http.request(method.clone(), url);
        match &self.login {
            Login::Token(token) => {
                let header = authorization(token).map_err(Trouble::Unreachable)?;
                request = request.header("Authorization", header);
            }
            Login::Password { user, password } => {
                let (cookie, token) = self.ticket(user, password.expose()).await?;
                let broken = || Trouble::Unreachable("the ticket cannot be sent back".to_owned());
                request = request.header("Cookie", sensitive(&cookie).ok_or_else(broken)?);
                if method != Method::GET {
                    let token = sensitive(&token).ok_or_else(broken)?;
                    request = request.header("CSRFPreventionToken", token);
                }
            }
        }
        if let Some(parameters) = body {
            let object: Map<String, Value> =
                parameters.iter().map(|(name, it)| (name.clone(), it.as_str().into())).collect();
            let text = Value::Object(object).to_string();
            request = request.header("Content-Type", "application/json").body(text);
        }
        tracing::debug!(%method, path, "asking the API");
        let started = Instant::now();
        let answer = request.send().await.map_err(|error| sent_or_not(&error))?;
        let status = answer.status().as_u16();
        let result = read(answer, &method).await;
        let took_ms = started.elapsed().as_millis();
        tracing::debug!(%method, path, status, took_ms, "the API answered");
        if status == 401 {
            // What was good for two hours may have been taken back.
            *self.ticket.lock().await = None;
        }
        result
    }

    /// A path below the root, with everything in it encoded that could mean something else.
    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Trouble> {
        let mut url = self.root.clone();
        let parts = path.trim_matches('/').split('/');
        url.path_segments_mut()
            .map_err(|()| Trouble::Unreachable("the API has no address".to_owned()))?
            .pop_if_empty()
            .extend(parts);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn ticket(
        &self,
        user: &str,
        password: &str,
    ) -> Result<(Zeroizing<String>, Zeroizing<String>), Trouble> {
        let mut ticket = self.ticket.lock().await;
        if let Some(known) = ticket.as_ref().filter(|it| it.since.elapsed() < TICKET_LASTS) {
            return Ok((known.cookie.clone(), known.token.clone()));
        }
        let url = self.url("/access/ticket", &[])?;
        let body = serde_json::json!({ "username": user, "password": password });
        let body = Zeroizing::new(body.to_string());
        let request = self.http.post(url).header("Content-Type", "application/json");
        let answer = request.body(body.to_string()).send().await;
        let answer = answer.map_err(|error| Trouble::Unreachable(chain(&error)))?;
        let mut answer = read(answer, &Method::GET).await?;
        let data = &mut answer["data"];
        if data["NeedTFA"].as_u64().unwrap_or(0) != 0 {
            let why = format!("`{user}` needs a second factor: use an API token instead");
            return Err(Trouble::Unreachable(why));
        }
        let mut take = |name: &str| match data[name].take() {
            Value::String(text) => Some(Zeroizing::new(text)),
            _ => None,
        };
        let both = take("ticket").zip(take("CSRFPreventionToken"));
        let (text, token) = both.ok_or_else(|| {
            Trouble::Unreachable("the API gives no ticket for this password".to_owned())
        })?;
        let cookie = Zeroizing::new(format!("PVEAuthCookie={}", text.as_str()));
        *ticket =
            Some(Ticket { cookie: cookie.clone(), token: token.clone(), since: Instant::now() });
        Ok((cookie, token))
    }
}

/// Reads an answer to its end, but not more than an answer can be.
async fn read(mut answer: Response, method: &Method) -> Result<Value, Trouble> {
    let status = answer.status().as_u16();
    let reason = answer.extensions().get::<hyper::ext::ReasonPhrase>();
    let reason = reason.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
    let reads = *method == Method::GET;
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(part)) if body.len() + part.len() > ANSWER_MAX => {
                let most = ANSWER_MAX >> 20;
                return Err(Trouble::Lost(format!("the API gives more than {most} MiB")));
            }
            Ok(Some(part)) => body.extend_from_slice(&part),
            Ok(None) => break,
            Err(error) => return Err(Trouble::Lost(chain(&error))),
        }
    }
    let parsed: Option<Value> = serde_json::from_slice(&body).ok();
    let text = |value: &Value| value.as_str().map(|it| it.trim().to_owned());
    let said = parsed.as_ref().and_then(|it| text(&it["message"])).or(reason).unwrap_or_default();
    match status {
        200..=299 => parsed
            .ok_or_else(|| Trouble::Lost("the API gives an answer that is no JSON".to_owned())),
        300..=399 => Err(Trouble::Refused(Refusal {
            status,
            message: format!("the API sends elsewhere ({status}), and nobody follows"),
            ..Refusal::default()
        })),
        // The node that was asked could not hear another one out: it may go on working.
        502..=504 | 590..=599 => {
            let said = if said.is_empty() { "no answer" } else { &said };
            let what = format!("a node did not answer another one ({status} {said})");
            Err(if reads { Trouble::Unreachable(what) } else { Trouble::Lost(what) })
        }
        _ => {
            let errors = parsed.as_ref().and_then(|it| it["errors"].as_object());
            let errors = errors.into_iter().flatten();
            let errors = errors.map(|(name, it)| (name.clone(), text(it).unwrap_or_default()));
            let message = match (status, said.is_empty()) {
                (401, _) => "the login is not accepted (401)".to_owned(),
                (_, true) => format!("the API answers {status}"),
                (_, false) => said,
            };
            Err(Trouble::Refused(Refusal { status, message, errors: errors.collect() }))
        }
    }
}

fn sent_or_not(error: &reqwest::Error) -> Trouble {
    match error.is_connect() || error.is_builder() {
        true => Trouble::Unreachable(chain(error)),
        false => Trouble::Lost(chain(error)),
    }
}

/// What went wrong, down to its cause; the outermost sentence says little.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if parts.last().is_none_or(|last| !last.contains(&text)) {
            parts.push(text);
        }
        next = cause.source();
    }
    let what = match () {
        () if error.is_timeout() => "no answer in time",
        () if error.is_connect() => "no connection",
        () => "the connection broke",
    };
    match parts.pop() {
        Some(cause) if cause.contains("UnknownIssuer") => {
            format!("{what}: nobody here trusts its certificate; set `tls.ca` or `tls.fingerprint`")
        }
        Some(cause) => format!("{what}: {}", cause.trim_start_matches("unexpected error: ")),
        None => what.to_owned(),
    }
}
