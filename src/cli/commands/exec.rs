//! `paas exec`

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use crate::cli::machines::{self, FAILED};
use crate::cli::options::Inputs;
use crate::cli::stop::Stop;
use crate::drivers::Fault;
use crate::drivers::ssh::{Exit, Machines};
use crate::problem::machines as problem;

/// Runs a command on a machine, with this program's input and outputs.
pub async fn run(
    address: &str,
    inputs: &Inputs,
    command: Vec<OsString>,
    sandbox: bool,
) -> Result<u8, Stop> {
    let reached = machines::by_address(inputs, address, sandbox).await?;
    let machines = Machines::default();
    let argv = command.into_iter().map(OsString::into_vec).collect();
    let (mut stdin, mut stdout, mut stderr) =
        (tokio::io::stdin(), tokio::io::stdout(), tokio::io::stderr());
    let running = machines.exec(&reached.place, argv, &mut stdin, &mut stdout, &mut stderr);
    let end = tokio::select! {
        end = running => Some(end),
        () = interrupted() => None,
    };
    // What was given up is ended over there before this program ends.
    machines.close().await;
    match end {
        None => Ok(130),
        Some(Ok(exit)) => Ok(code(&exit)),
        Some(Err(Fault::Refused(why) | Fault::Unknown(why))) => {
            Err(Stop::one(problem::unreachable(address, &why), FAILED))
        }
    }
}

/// A code as a shell would tell it.
fn code(exit: &Exit) -> u8 {
    const SIGNALS: [(&str, u8); 12] = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("ABRT", 6),
        ("FPE", 8),
        ("KILL", 9),
        ("USR1", 10),
        ("SEGV", 11),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
    ];
    match exit {
        Exit::Code(code) => u8::try_from(*code).unwrap_or(FAILED),
        Exit::Signal(name) => {
            let number = SIGNALS.iter().find(|(it, _)| it == name).map_or(127, |(_, it)| *it);
            128_u8.saturating_add(number)
        }
    }
}

/// Ends when somebody wants this program to end.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => (),
        () = wait(SignalKind::terminate()) => (),
        () = wait(SignalKind::hangup()) => (),
    }
}
