//! Logging in: keys that were named, then the agent's, then the password.

use std::path::Path;
use std::sync::Arc;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{self, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use tokio::net::UnixStream;

use crate::drivers::ssh::connection::Checker;
use crate::drivers::ssh::login::Login;
use crate::legible::visible;
use crate::model::Hidden;

type Agent = AgentClient<UnixStream>;

/// One thing to try, in the order of trying.
enum Proof {
    Key(String, Box<PrivateKey>),
    OfAgent(String, Box<PublicKey>),
    Password(Hidden),
}

/// Whether the machine lets us in; `tried` proofs were tried on an earlier connection, and `notes`
/// tell people what came of each.
pub(super) async fn authenticate(
    handle: &mut Handle<Checker>,
    login: &Login,
    tried: &mut usize,
    notes: &mut Vec<String>,
) -> bool {
    let mut agent = if login.agent { agent().await } else { None };
    let mut remarks = Vec::new();
    if let (Some(agent), Some(binding)) = (agent.as_mut(), handle.agent_session_binding()) {
        // Keys that are meant for some machines only are hidden otherwise; old agents do not
        // know the question.
        let _ = agent.bind_session(binding, false).await;
    }
    let proofs = proofs(login, agent.as_mut(), &mut remarks).await;
    if *tried == 0 {
        notes.append(&mut remarks);
    }
    for proof in proofs.into_iter().skip(*tried) {
        *tried += 1;
        let (what, accepted) = match proof {
            Proof::Key(name, key) => (name, by_key(handle, login, *key).await),
            Proof::OfAgent(name, key) => {
                let Some(agent) = agent.as_mut() else { continue };
                (name, by_agent(handle, login, *key, agent).await)
            }
            Proof::Password(password) => {
                ("the password".to_owned(), by_password(handle, login, &password).await)
            }
        };
        if accepted {
            return true;
        }
        notes.push(format!("{what} is refused"));
        if handle.is_closed() {
            return false;
        }
    }
    false
}

async fn agent() -> Option<Agent> {
    let socket = std::env::var_os("SSH_AUTH_SOCK").filter(|it| !it.is_empty())?;
    Agent::connect_uds(socket).await.ok()
}

async fn proofs(login: &Login, agent: Option<&mut Agent>, remarks: &mut Vec<String>) -> Vec<Proof> {
    let mut proofs = Vec::new();
    if let Some(key) = &login.key {
        match keys::decode_secret_key(key.expose(), None) {
            Ok(key) => proofs.push(Proof::Key("the key of the manifest".to_owned(), Box::new(key))),
            Err(error) => remarks.push(format!("the key of the manifest {}", unusable(&error))),
        }
    }
    let mut held = match agent {
        Some(agent) => agent.request_identities().await.unwrap_or_default(),
        None => Vec::new(),
    };
    for path in &login.key_files {
        let name = format!("the key in `{}`", path.display());
        // An agent that has the key of a file spares its passphrase, and comes with the file.
        let public = std::fs::read_to_string(path.with_added_extension("pub"));
        let public = public.ok().and_then(|text| PublicKey::from_openssh(&text).ok());
        let same = |it: &AgentIdentity| match (public_of(it), &public) {
            (Some(held), Some(public)) => held.key_data() == public.key_data(),
            (_, None) | (None, _) => false,
        };
        let same = held.iter().position(same);
        match (read_key(path), same) {
            (_, Some(index)) => proofs.extend(of_agent(held.remove(index))),
            (None, None) => (),
            (Some(Ok(key)), None) => proofs.push(Proof::Key(name, Box::new(key))),
            (Some(Err(why)), None) => remarks.push(format!("{name} {why}")),
        }
    }
    proofs.extend(held.into_iter().filter_map(of_agent));
    proofs.extend(login.password.clone().filter(|it| !it.expose().is_empty()).map(Proof::Password));
    proofs
}

/// The key in a file, or why there is none; nothing when there is no such file.
fn read_key(path: &Path) -> Option<Result<PrivateKey, String>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => Hidden::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => return Some(Err(format!("cannot be read ({})", error.kind()))),
    };
    Some(keys::decode_secret_key(text.expose(), None).map_err(|error| {
        let hint = format!("; type `ssh-add {}`", path.display());
        let why = unusable(&error);
        if why == ENCRYPTED { format!("{why}{hint}") } else { why.to_owned() }
    }))
}

const ENCRYPTED: &str = "is encrypted, and only an agent can use it";

fn unusable(error: &keys::Error) -> &'static str {
    match error {
        keys::Error::KeyIsEncrypted => ENCRYPTED,
        keys::Error::SshKey(keys::ssh_key::Error::Encrypted) => ENCRYPTED,
        _ => "is no private key",
    }
}

fn public_of(identity: &AgentIdentity) -> Option<&PublicKey> {
    match identity {
        AgentIdentity::PublicKey { key, .. } => Some(key),
        // The key itself is in the agent, too.
        AgentIdentity::Certificate { .. } => None,
    }
}

fn of_agent(identity: AgentIdentity) -> Option<Proof> {
    match identity {
        AgentIdentity::PublicKey { key, comment } => {
            let name = format!("the agent's key `{}`", visible(&comment));
            Some(Proof::OfAgent(name, Box::new(key)))
        }
        AgentIdentity::Certificate { .. } => None,
    }
}

/// With which hash a key signs: the server says what it knows of RSA's.
async fn hash_for(handle: &Handle<Checker>, is_rsa: bool) -> Option<HashAlg> {
    if !is_rsa {
        return None;
    }
    // Who says nothing is old, and still knows this one.
    handle.best_supported_rsa_hash().await.ok().flatten().unwrap_or(Some(HashAlg::Sha256))
}

async fn by_key(handle: &mut Handle<Checker>, login: &Login, key: PrivateKey) -> bool {
    let hash = hash_for(handle, key.algorithm().is_rsa()).await;
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
    handle.authenticate_publickey(&login.user, key).await.is_ok_and(|it| it.success())
}

async fn by_agent(
    handle: &mut Handle<Checker>,
    login: &Login,
    key: PublicKey,
    agent: &mut Agent,
) -> bool {
    let hash = hash_for(handle, key.algorithm().is_rsa()).await;
    let asked = handle.authenticate_publickey_with(&login.user, key, hash, agent).await;
    asked.is_ok_and(|it| it.success())
}

/// Servers ask for a password in two ways; some know only the second.
async fn by_password(handle: &mut Handle<Checker>, login: &Login, password: &Hidden) -> bool {
    let plain = handle.authenticate_password(&login.user, password.expose()).await;
    match plain {
        Ok(AuthResult::Success) => return true,
        Ok(AuthResult::Failure { remaining_methods, .. })
            if remaining_methods.contains(&russh::MethodKind::KeyboardInteractive) => {}
        Ok(AuthResult::Failure { .. }) | Err(_) => return false,
    }
    let started = handle.authenticate_keyboard_interactive_start(&login.user, None).await;
    let Ok(mut answer) = started else { return false };
    for _ in 0..4 {
        let prompts = match answer {
            KeyboardInteractiveAuthResponse::Success => return true,
            KeyboardInteractiveAuthResponse::Failure { .. } => return false,
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
        };
        // Only what is not shown while it is typed is the password.
        let reply = prompts.iter().map(|it| if it.echo { "" } else { password.expose() });
        let reply = reply.map(str::to_owned).collect();
        match handle.authenticate_keyboard_interactive_respond(reply).await {
            Ok(next) => answer = next,
            Err(_) => return false,
        }
    }
    false
}
