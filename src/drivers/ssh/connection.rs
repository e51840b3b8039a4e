//! One connection to a machine: the greeting, the check of its key, the channels.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use russh::client::{self, Handle, Msg};
use russh::keys::ssh_key::Algorithm;
use russh::keys::{HashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelOpenFailure, Preferred};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use crate::drivers::Fault;
use crate::drivers::ssh::authenticate::authenticate;
use crate::drivers::ssh::known_hosts::{KnownLines, Verdict, shown};
use crate::drivers::ssh::login::Login;

/// How long a machine may take to greet.
const GREETING: Duration = Duration::from_secs(10);

/// How long it may take to let somebody in: some ask the network first.
const LETTING_IN: Duration = Duration::from_secs(30);

/// OpenSSH allows ten sessions a connection, and counts one for a while after it has ended: with
/// four it was never seen to refuse one.
const CHANNELS: usize = 4;

/// How long a refused channel is asked for again: commands that were given up may hold theirs.
const CHANNEL_WAIT: Duration = Duration::from_secs(15);

/// Why there is no connection.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// Nobody answers, or not as a server for SSH does; later it may.
    Unreachable(String),
    /// Somebody answers, and does not let us in.
    Shut(String),
    /// It has another key than the known one, or none that is known: trying again is no use.
    Stranger(String),
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Fault {
        Fault::Refused(trouble.text().to_owned())
    }
}

impl From<russh::Error> for Trouble {
    fn from(error: russh::Error) -> Trouble {
        Trouble::Unreachable(lower(&error.to_string()))
    }
}

impl Trouble {
    pub(super) fn text(&self) -> &str {
        match self {
            Trouble::Unreachable(text) | Trouble::Shut(text) | Trouble::Stranger(text) => text,
        }
    }
}

/// A connection that is logged in.
pub(super) struct Connection {
    handle: Handle<Checker>,
    channels: Arc<Semaphore>,
    name: String,
    /// The connection that carries this one.
    _jump: Option<Arc<Connection>>,
}

/// Looks at the key that a machine shows.
pub(super) struct Checker {
    login: Login,
    known: KnownLines,
    /// The key is all that is wanted: it is kept, and nobody logs in.
    only: Option<Arc<Mutex<Option<PublicKey>>>>,
}

impl Connection {
    /// Connects and logs in; a login with a jump goes through `jump`.
    pub(super) async fn open(
        login: &Login,
        jump: Option<Arc<Connection>>,
    ) -> Result<Connection, Trouble> {
        let mut tried = 0;
        let mut notes = Vec::new();
        // A server hangs up after some keys that it does not know; the rest gets another chance.
        for _ in 0..4 {
            let checker = Checker {
                login: login.clone(),
                known: login.known.about(&login.host, login.port),
                only: None,
            };
            let mut handle = greet(login, jump.as_deref(), checker).await?;
            let letting_in = authenticate(&mut handle, login, &mut tried, &mut notes);
            let inside = timeout(LETTING_IN, letting_in).await.map_err(|_| {
                let secs = LETTING_IN.as_secs();
                Trouble::Unreachable(format!("`{}` let nobody in for {secs} s", login.name()))
            })?;
            if inside {
                let channels = Arc::new(Semaphore::new(CHANNELS));
                return Ok(Connection { handle, channels, name: login.name(), _jump: jump });
            }
            if !handle.is_closed() {
                break;
            }
        }
        let tried = match notes.is_empty() {
            true => "there is no key and no password to try".to_owned(),
            false => notes.join("; "),
        };
        Err(Trouble::Shut(format!("`{}` lets nobody in: {tried}", login.name())))
    }

    /// The key that a machine shows, by the algorithm that would be used.
    pub(super) async fn key_of(
        login: &Login,
        jump: Option<Arc<Connection>>,
    ) -> Result<PublicKey, Trouble> {
        let found = Arc::new(Mutex::new(None));
        let known = login.known.about(&login.host, login.port);
        let checker = Checker { login: login.clone(), known, only: Some(Arc::clone(&found)) };
        let greeted = greet(login, jump.as_deref(), checker).await.map(drop);
        match (found.lock().await.take(), greeted) {
            (Some(key), _) => Ok(key),
            (None, Err(trouble)) => Err(trouble),
            (None, Ok(())) => {
                Err(Trouble::Unreachable(format!("`{}` shows no key", login.place())))
            }
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// A channel for one command, and the right to have it.
    pub(super) async fn channel(&self) -> Result<(Channel<Msg>, OwnedSemaphorePermit), Trouble> {
        let permit = Arc::clone(&self.channels).acquire_owned().await;
        let permit = permit.map_err(|_| self.lost())?;
        let (until, mut wait) = (Instant::now() + CHANNEL_WAIT, Duration::from_millis(5));
        loop {
            match self.handle.channel_open_session().await {
                Ok(channel) => return Ok((channel, permit)),
                Err(russh::Error::ChannelOpenFailure(
                    ChannelOpenFailure::ConnectFailed | ChannelOpenFailure::ResourceShortage,
                )) if Instant::now() < until => {
                    sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_millis(500));
                }
                Err(russh::Error::ChannelOpenFailure(why)) => {
                    let text = format!("`{}` opens no session: {why:?}", self.name);
                    return Err(Trouble::Shut(text));
                }
                Err(_) => return Err(self.lost()),
            }
        }
    }

    /// Says goodbye; the other side may be gone already.
    pub(super) async fn close(&self) {
        let bye = self.handle.disconnect(russh::Disconnect::ByApplication, "", "");
        let _ = timeout(Duration::from_secs(1), bye).await;
    }

    fn lost(&self) -> Trouble {
        Trouble::Unreachable(format!("the connection to `{}` is lost", self.name))
    }
}

/// Connects as far as both sides can talk in secret and the key is checked.
async fn greet(
    login: &Login,
    jump: Option<&Connection>,
    checker: Checker,
) -> Result<Handle<Checker>, Trouble> {
    let config = Arc::new(client::Config {
        nodelay: true,
        keepalive_interval: Some(Duration::from_secs(15)),
        keepalive_max: 4,
        preferred: preferred(&checker),
        ..client::Config::default()
    });
    let place = login.place();
    let greeting = async {
        match jump {
            None => {
                let target = (login.host.as_str(), login.port);
                let stream = tokio::net::TcpStream::connect(target).await;
                let stream = stream.map_err(|error| {
                    Trouble::Unreachable(format!("`{place}` cannot be reached: {}", plain(&error)))
                })?;
                // Without it every small answer waits for a timer.
                let _ = stream.set_nodelay(true);
                client::connect_stream(config, stream, checker).await
            }
            Some(jump) => {
                let (host, port) = (login.host.as_str(), u32::from(login.port));
                let opened = jump.handle.channel_open_direct_tcpip(host, port, "127.0.0.1", 0);
                let channel = opened.await.map_err(|error| {
                    let (jump, why) = (&jump.name, lower(&error.to_string()));
                    let text = format!("`{place}` cannot be reached through `{jump}`: {why}");
                    Trouble::Unreachable(text)
                })?;
                client::connect_stream(config, channel.into_stream(), checker).await
            }
        }
    };
    match timeout(GREETING, greeting).await {
        Ok(Err(Trouble::Unreachable(why))) if !why.starts_with('`') => {
            Err(Trouble::Unreachable(format!("`{place}` does not talk SSH with us: {why}")))
        }
        Ok(result) => result,
        Err(_) => {
            let secs = GREETING.as_secs();
            Err(Trouble::Unreachable(format!("`{place}` did not answer within {secs} s")))
        }
    }
}

/// The usual algorithms; keys that are known come first, and SHA-1 is none.
fn preferred(checker: &Checker) -> Preferred {
    let pinned = checker.login.known.pinned.iter();
    let pinned = pinned.filter_map(|it| Some(PublicKey::from_openssh(it).ok()?.algorithm()));
    let known: Vec<Algorithm> = checker.known.algorithms().into_iter().chain(pinned).collect();
    let mut keys: Vec<Algorithm> = Preferred::DEFAULT.key.iter().cloned().collect();
    keys.retain(|it| *it != Algorithm::Rsa { hash: None });
    let is_known = |it: &Algorithm| match it {
        Algorithm::Rsa { .. } => known.iter().any(|it| it.clone().is_rsa()),
        other => known.contains(other),
    };
    keys.sort_by_key(|it| !is_known(it));
    let certificates = if checker.known.has_authority() { keys.clone() } else { Vec::new() };
    Preferred {
        key: Cow::Owned(keys),
        host_key_certificates: Cow::Owned(certificates),
        ..Preferred::DEFAULT
    }
}

impl client::Handler for Checker {
    type Error = Trouble;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Trouble> {
        let key = shown.public_key();
        if let Some(only) = &self.only {
            *only.lock().await = Some(key);
            return Ok(false);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let verdict = match shown {
            PublicKeyOrCertificate::PublicKey { .. } => self.known.verdict(&key),
            PublicKeyOrCertificate::Certificate(it) => self.known.verdict_of_certificate(it, now),
        };
        self.judge(&key, verdict).map(|()| true).map_err(Trouble::Stranger)
    }
}

impl Checker {
    fn judge(&self, key: &PublicKey, verdict: Verdict) -> Result<(), String> {
        let pinned = &self.login.known.pinned;
        let (place, now) = (self.login.place(), shown(key));
        let fingerprint = key.fingerprint(HashAlg::Sha256);
        let changed = |known: &str| {
            Err(format!(
                "the host key of `{place}` has changed: known is {known}, it shows {now}; if it \
                 was installed anew, type `paas host-key replace {place} {fingerprint}`, otherwise \
                 somebody stands between"
            ))
        };
        match verdict {
            Verdict::Revoked(at) => {
                Err(format!("`{place}` shows {now}, a host key that is revoked ({at})"))
            }
            _ if !pinned.is_empty() => {
                let keys: Vec<PublicKey> =
                    pinned.iter().filter_map(|it| PublicKey::from_openssh(it).ok()).collect();
                if keys.iter().any(|it| it.key_data() == key.key_data()) {
                    return Ok(());
                }
                let known: Vec<String> = keys.iter().map(shown).collect();
                Err(format!(
                    "`{place}` shows the host key {now}; read inside of the machine was {}: \
                     somebody else has its address",
                    known.join(", ")
                ))
            }
            Verdict::Trusted => Ok(()),
            Verdict::Unknown => Err(format!(
                "the host key of `{place}` is not known: it shows {now}; if that is its key, type \
                 `paas host-key accept {place} {fingerprint}`"
            )),
            Verdict::Changed(others) => {
                let known: Vec<String> =
                    others.iter().map(|(at, key)| format!("{key} ({at})")).collect();
                changed(&known.join(", "))
            }
        }
    }
}

/// An error of the system without its number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    lower(text.split(" (os error").next().unwrap_or_default())
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}
