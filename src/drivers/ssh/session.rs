//! One command from its beginning to its end: what it reads, what it writes, how it ended.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use crate::drivers::ssh::quote;
use crate::legible::visible;

/// Of each of the two outputs of a command so much is kept; more is counted and dropped.
const KEPT_MAX: usize = 64 << 20;

/// A program in the background may hold an output open for ever: after the command itself has
/// ended, the rest must come without longer pauses than this.
const PAUSE: Duration = Duration::from_secs(2);

/// A command itself may be silent as long as it likes; others watch the time.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// At once so much of a stream is read.
const CHUNK: usize = 64 << 10;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By a signal: `KILL`. In a container that is 128 and the signal's number as a code.
    Signal(String),
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub exit: Exit,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub stderr: Vec<u8>,
    /// How many bytes of both were too many to keep: of the output the last ones, of the errors
    /// the first.
    pub dropped: u64,
}

/// What comes to a command after its script.
pub(super) enum Rest<'a> {
    Bytes(&'a [u8]),
    Stream(&'a mut (dyn AsyncRead + Send + Unpin)),
}

/// Where an output goes.
pub(super) enum Catch<'a> {
    Keep(&'a mut Kept),
    Pass(&'a mut (dyn AsyncWrite + Send + Unpin)),
}

/// An output up to the most that is kept.
pub(super) struct Kept {
    bytes: Vec<u8>,
    end: End,
    dropped: u64,
}

/// Which end of an output is worth more.
#[derive(PartialEq)]
enum End {
    First,
    Last,
}

/// Why the end of a command is not known.
#[derive(Debug)]
pub(super) enum Lost {
    /// It was never begun.
    Refused(String),
    /// The connection went away.
    Gone,
    /// Nobody takes its output any more.
    Deaf,
}

impl Ran {
    /// Only what ended with 0 is fine; otherwise `what` failed, and the end of what it said.
    pub fn fine(self, what: &str) -> Result<Ran, String> {
        let how = match &self.exit {
            Exit::Code(0) => return Ok(self),
            Exit::Code(code) => format!("`{what}` ended with {code}"),
            Exit::Signal(signal) => format!("`{what}` was ended by SIG{signal}"),
        };
        let said = if last_lines(&self.stderr).is_empty() { &self.stdout } else { &self.stderr };
        match last_lines(said).as_str() {
            "" => Err(how),
            said => Err(format!("{how}: {said}")),
        }
    }
}

/// The last lines of an output, as one line for people.
pub(super) fn last_lines(output: &[u8]) -> String {
    let tail = &output[output.len().saturating_sub(2000)..];
    let text = String::from_utf8_lossy(tail);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(5)..];
    visible(&last.join(" / "))
}

impl Kept {
    /// For what a command has to say: its beginning.
    pub(super) fn first() -> Kept {
        Kept { bytes: Vec::new(), end: End::First, dropped: 0 }
    }

    /// For its complaints: the last one tells why.
    pub(super) fn last() -> Kept {
        Kept { end: End::Last, ..Kept::first() }
    }

    fn push(&mut self, bytes: &[u8]) {
        match self.end {
            End::First => {
                let fits = bytes.len().min(KEPT_MAX - self.bytes.len());
                self.bytes.extend_from_slice(&bytes[..fits]);
                self.dropped += (bytes.len() - fits) as u64;
            }
            End::Last => {
                self.bytes.extend_from_slice(bytes);
                let over = self.bytes.len().saturating_sub(KEPT_MAX);
                // Moving everything for each piece would take for ever.
                if over > CHUNK * 16 {
                    self.bytes.drain(..over);
                    self.dropped += over as u64;
                }
            }
        }
    }
}

impl Catch<'_> {
    async fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Catch::Keep(kept) => {
                kept.push(bytes);
                Ok(())
            }
            Catch::Pass(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }
}

/// What a command that ended so has left.
pub(super) fn ran(exit: Exit, out: Kept, err: Kept) -> Ran {
    let dropped = out.dropped + err.dropped;
    Ran { exit, stdout: out.bytes, stderr: err.bytes, dropped }
}

/// Runs one command line in a channel.
pub(super) async fn in_channel(
    channel: Channel<Msg>,
    line: &str,
    script: &[u8],
    rest: Rest<'_>,
    out: &mut Catch<'_>,
    err: &mut Catch<'_>,
) -> Result<Exit, Lost> {
    channel.exec(true, line).await.map_err(|_| Lost::Gone)?;
    let (mut reading, writing) = channel.split();
    let feeding = feed(&writing, script, rest);
    tokio::pin!(feeding);
    let (mut fed, mut exit) = (false, None);
    loop {
        let pause = if exit.is_some() { PAUSE } else { FOREVER };
        let message = tokio::select! {
            // Whoever reads nothing any more ends by itself, and that is told in the other branch.
            _ = &mut feeding, if !fed => {
                fed = true;
                continue;
            }
            message = timeout(pause, reading.wait()) => message.ok().flatten(),
        };
        match message {
            Some(ChannelMsg::Data { data }) => {
                out.take(&data).await.map_err(|_| Lost::Deaf)?;
            }
            Some(ChannelMsg::ExtendedData { data, ext: 1 }) => {
                err.take(&data).await.map_err(|_| Lost::Deaf)?;
            }
            Some(ChannelMsg::ExitStatus { exit_status }) => {
                exit = Some(Exit::Code(i32::try_from(exit_status).unwrap_or(i32::MAX)));
            }
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                exit = Some(Exit::Signal(signal(&signal_name)));
            }
            Some(ChannelMsg::Failure) => {
                return Err(Lost::Refused("the server runs no commands for this user".to_owned()));
            }
            Some(_) => (),
            None => break,
        }
    }
    let _ = writing.close().await;
    exit.ok_or(Lost::Gone)
}

fn signal(name: &russh::Sig) -> String {
    match name {
        russh::Sig::Custom(name) => name.trim_end_matches("@openssh.com").to_owned(),
        known => format!("{known:?}"),
    }
}

async fn feed(
    channel: &ChannelWriteHalf<Msg>,
    script: &[u8],
    rest: Rest<'_>,
) -> Result<(), russh::Error> {
    channel.data_bytes(script.to_vec()).await?;
    match rest {
        Rest::Bytes(bytes) => {
            for piece in bytes.chunks(CHUNK * 4) {
                channel.data_bytes(piece.to_vec()).await?;
            }
        }
        Rest::Stream(stream) => {
            let mut piece = vec![0; CHUNK];
            loop {
                let read = stream.read(&mut piece).await?;
                if read == 0 {
                    break;
                }
                channel.data_bytes(piece[..read].to_vec()).await?;
            }
        }
    }
    channel.eof().await
}

/// Runs a script on this machine.
pub(super) async fn here(
    script: &[u8],
    rest: Rest<'_>,
    out: &mut Catch<'_>,
    err: &mut Catch<'_>,
) -> Result<Exit, Lost> {
    let [program, flag, loader] = quote::here();
    let mut command = Command::new(program);
    command.arg(flag).arg(loader).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = command.spawn();
    let mut child =
        started.map_err(|error| Lost::Refused(format!("`{program}` cannot be run: {error}")))?;
    let (Some(mut stdin), Some(mut stdout), Some(mut stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Lost::Gone);
    };
    let feeding = async move {
        stdin.write_all(script).await?;
        match rest {
            Rest::Bytes(bytes) => stdin.write_all(bytes).await?,
            Rest::Stream(stream) => drop(tokio::io::copy(stream, &mut stdin).await?),
        }
        stdin.shutdown().await
    };
    tokio::pin!(feeding);
    let (mut fed, mut open, mut exit) = (false, [true, true], None);
    let (mut outs, mut errs) = (vec![0; CHUNK], vec![0; CHUNK]);
    while exit.is_none() || open.contains(&true) {
        tokio::select! {
            _ = &mut feeding, if !fed => fed = true,
            read = stdout.read(&mut outs), if open[0] => match read {
                Ok(read) if read > 0 => out.take(&outs[..read]).await.map_err(|_| Lost::Deaf)?,
                Ok(_) | Err(_) => open[0] = false,
            },
            read = stderr.read(&mut errs), if open[1] => match read {
                Ok(read) if read > 0 => err.take(&errs[..read]).await.map_err(|_| Lost::Deaf)?,
                Ok(_) | Err(_) => open[1] = false,
            },
            status = child.wait(), if exit.is_none() => match status {
                Ok(status) => exit = Some(ended(status)),
                Err(_) => return Err(Lost::Gone),
            },
            () = tokio::time::sleep(PAUSE), if exit.is_some() => break,
        }
    }
    exit.ok_or(Lost::Gone)
}

fn ended(status: std::process::ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(number)) => Exit::Signal(name_of(number)),
        (None, None) => Exit::Signal("UNKNOWN".to_owned()),
    }
}

fn name_of(number: i32) -> String {
    let known = match number {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        6 => "ABRT",
        8 => "FPE",
        9 => "KILL",
        10 => "USR1",
        11 => "SEGV",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        other => return other.to_string(),
    };
    known.to_owned()
}
