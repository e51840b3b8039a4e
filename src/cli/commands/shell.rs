//! `paas shell`

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use crate::cli::machines::{self, FAILED, Reached};
use crate::cli::options::Inputs;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::drivers::ssh::{Machines, Way, by_mosh, by_ssh};
use crate::problem::machines as problem;

/// Opens a shell on a machine, by the installed `ssh` or `mosh`.
pub async fn run(
    terminal: &Terminal,
    address: &str,
    inputs: &Inputs,
    sandbox: bool,
) -> Result<u8, Stop> {
    let reached = machines::by_address(inputs, address, sandbox).await?;
    let failed = |why: &str| Stop::one(problem::unreachable(address, why), FAILED);
    let key = key_file(&reached).map_err(|error| failed(&error.to_string()))?;
    let key = key.as_ref().map(tempfile::NamedTempFile::path);
    let (way, why) = way(&reached, key).await;
    let (program, words) = match way {
        Way::Ssh(words) => ("ssh", words),
        Way::Mosh(words) => ("mosh", words),
    };
    terminal.say(&format!("{program} to {}: {why}\n", reached.login.name()));
    let mut command = Command::new(program);
    command.args(words);
    // Its keys come from a terminal, and Ctrl-C is meant for it.
    let ignored = tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    let status = tokio::task::spawn_blocking(move || command.status()).await;
    ignored.abort();
    match status {
        Ok(Ok(status)) => {
            let code = status.code().or_else(|| status.signal().map(|it| 128 + it));
            Ok(u8::try_from(code.unwrap_or(255)).unwrap_or(FAILED))
        }
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(failed(&format!("the program `{program}` is not installed here")))
        }
        Ok(Err(error)) => Err(failed(&format!("`{program}` cannot be run: {error}"))),
        Err(_) => Err(failed(&format!("`{program}` was not waited for"))),
    }
}

/// How the terminal gets there, and why so.
async fn way(reached: &Reached, key: Option<&Path>) -> (Way, String) {
    if !reached.mosh {
        return (by_ssh(&reached.place, key), "mosh is not asked for".to_owned());
    }
    let machines = Machines::default();
    let tried = by_mosh(&machines, &reached.place, key).await;
    machines.close().await;
    match tried {
        Ok(way) => (way, "both ends have it, and UDP works".to_owned()),
        Err(why) => (by_ssh(&reached.place, key), why),
    }
}

/// `ssh` takes keys from files only; this one goes when the shell ends.
fn key_file(reached: &Reached) -> std::io::Result<Option<tempfile::NamedTempFile>> {
    let Some(key) = &reached.login.key else { return Ok(None) };
    let memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new().prefix("paas-key-").to_owned();
    let mut file = match memory.is_dir() {
        true => builder.tempfile_in(memory)?,
        false => builder.tempfile()?,
    };
    file.write_all(key.expose().as_bytes())?;
    if !key.expose().ends_with('\n') {
        file.write_all(b"\n")?;
    }
    file.flush()?;
    Ok(Some(file))
}
