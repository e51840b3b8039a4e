//! `paas host-key`

use clap::Subcommand;

use crate::cli::machines;
use crate::cli::options::Inputs;
use crate::cli::project::{shown, told};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::drivers::Fault;
use crate::drivers::ssh::{HostKey, Known, Machines, Others, remember};
use crate::problem::{machines as problem, project};

/// What is done with the keys by which machines are known.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Show the key of a machine, and what is known of it
    ///
    /// Exits with 4 when it is not known to be the machine's.
    Show {
        /// `host.web`, `web.example.com`, `10.0.0.7:2222`
        machine: String,
        #[command(flatten)]
        inputs: Inputs,
    },
    /// Write down the key of a machine of which none is known, in the folder of the state
    Accept {
        /// `host.web`, `web.example.com`, `10.0.0.7:2222`
        machine: String,
        /// The fingerprint, as the machine's own console shows it: `SHA256:…`
        fingerprint: String,
        #[command(flatten)]
        inputs: Inputs,
    },
    /// Write down the new key of a machine, and forget those that the project had for it
    Replace {
        /// `host.web`, `web.example.com`, `10.0.0.7:2222`
        machine: String,
        /// The fingerprint, as the machine's own console shows it: `SHA256:…`
        fingerprint: String,
        #[command(flatten)]
        inputs: Inputs,
    },
}

/// Does it.
pub async fn run(terminal: &Terminal, action: &Action, sandbox: bool) -> Result<u8, Stop> {
    let (Action::Show { machine, inputs }
    | Action::Accept { machine, inputs, .. }
    | Action::Replace { machine, inputs, .. }) = action;
    let reached = machines::by_any_name(inputs, machine, sandbox).await?;
    let (login, place) = (&reached.login, reached.login.place());
    let machines = Machines::default();
    let key = machines.host_key(login).await;
    machines.close().await;
    let key = key.map_err(|fault| match fault {
        Fault::Refused(why) | Fault::Unknown(why) => {
            Stop::one(problem::unreachable(machine, &why), 1)
        }
    })?;
    let (named, others) = match action {
        Action::Show { .. } => {
            terminal.print(&told_of(&place, &key));
            return Ok(if key.known == Known::Yes { 0 } else { 4 });
        }
        Action::Accept { fingerprint, .. } => (fingerprint, Others::Keep),
        Action::Replace { fingerprint, .. } => (fingerprint, Others::Forget),
    };
    if *named != key.fingerprint {
        return Err(Stop::one(problem::another_key(&place, named, &key.shown), 1));
    }
    match (&key.known, others) {
        (Known::Yes, Others::Keep) => {
            terminal.print(&format!("{place} is known by this key already\n"));
            return Ok(0);
        }
        (Known::Revoked(at), _) => return Err(Stop::one(problem::revoked(&place, at), 1)),
        (Known::Others(known), Others::Keep) => {
            return Err(Stop::one(problem::has_a_key(&place, known, &key.fingerprint), 1));
        }
        (Known::No, _) | (Known::Yes | Known::Others(_), Others::Forget) => (),
    }
    let file = &reached.file;
    remember(file, &login.host, login.port, &key.line, others)
        .map_err(|error| Stop::one(project::cannot_write(&shown(file), &told(&error)), 1))?;
    terminal.print(&format!("{place} is known by {} in {}\n", key.shown, shown(file)));
    let own = shown(file);
    if let Known::Others(known) = &key.known {
        for (at, other) in known.iter().filter(|(at, _)| !at.starts_with(&own)) {
            terminal.say(&format!("note: {at} still has {other} for it\n"));
        }
    }
    Ok(0)
}

fn told_of(place: &str, key: &HostKey) -> String {
    let (shown, fingerprint) = (&key.shown, &key.fingerprint);
    match &key.known {
        Known::Yes => format!("{place} {shown}\nit is known\n"),
        Known::No => format!(
            "{place} {shown}\nit is not known; if it is the machine's own: \
             paas host-key accept {place} {fingerprint}\n"
        ),
        Known::Revoked(at) => format!("{place} {shown}\nit is revoked: {at}\n"),
        Known::Others(others) => {
            let known: Vec<String> =
                others.iter().map(|(at, key)| format!("known is {key} ({at})\n")).collect();
            format!(
                "{place} {shown}\n{}if the machine was installed anew: \
                 paas host-key replace {place} {fingerprint}\n",
                known.concat()
            )
        }
    }
}
