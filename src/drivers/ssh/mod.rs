//! Everything that reaches a machine by SSH: commands, files, what is there, jobs that outlive a
//! connection.
//!
//! One connection serves each login. What is run is loaded by a line that never changes (see
//! `quote`), so neither words nor secrets stand where others can read or misread them.

mod authenticate;
mod connection;
mod files;
mod host_key;
mod interactive;
mod jobs;
mod known_hosts;
mod login;
mod look;
mod pool;
mod quote;
mod session;

pub use host_key::{HostKey, Known};
pub use interactive::{Way, by_mosh, by_ssh};
pub use login::{KnownKeys, Login, Others, parse_place, place, remember, usual_key_files};
pub use session::{Exit, Ran};

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep, timeout};

use crate::drivers::Fault;
use crate::drivers::ssh::connection::{Connection, Trouble};
use crate::drivers::ssh::known_hosts::Verdict;
use crate::drivers::ssh::pool::{Running, Shared, Slot, Stopped, held, mark};
use crate::drivers::ssh::session::{Catch, Kept, Lost, Rest};

/// Runs its arguments in a clean environment; the mark stands first in it, so that everything that
/// comes of the command can be found again.
///
/// `timeout` is there for the case that nobody comes back to end the command.
const RUN: &str = r#"secs=$1 mark=$2 input=$3 how=$4; shift 4
[ "$input" = none ] && exec </dev/null
home=${HOME:-/root} user=${USER:-root}
if timeout -k 1 9 true 2>/dev/null
then set -- timeout -k 5 "$secs" "$@"
else set -- sh -c 'exec "$@"' sh "$@"
fi
set -- env -i "PAAS_RUN=$mark" "PATH=$PATH" "HOME=$home" "USER=$user" "LOGNAME=$user" LANG=C.UTF-8 "$@"
[ "$how" = exec ] && exec "$@"
"$@"
exit $?
"#;

/// Waits for the end of a first start, which goes on after the machine takes commands, and says
/// how it ended: packages and users may not be there before.
const READY: &str = r#"command -v cloud-init >/dev/null 2>&1 || exit 0
cloud-init status --wait >/dev/null 2>&1
code=$?
case $code in
  0) echo 'cloud-init done' ;;
  1) echo 'cloud-init error' ;;
  2) echo 'cloud-init degraded' ;;
  *) echo "cloud-init status --wait ended with $code" >&2; exit 1 ;;
esac
[ $code = 0 ] || cloud-init status --long 2>&1 | tail -n 12
"#;

/// Where commands run.
#[derive(Clone, Debug)]
pub enum Place {
    /// The machine where `paas` runs, as whoever runs it.
    Here,
    /// A machine that takes SSH.
    Host(Login),
    /// The inside of a container, by `pct exec` on its node.
    Container {
        /// The node that has it.
        node: Login,
        /// Its number.
        vmid: u32,
    },
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The program and its arguments; never a secret.
    pub argv: Vec<Vec<u8>>,
    /// What it reads; secrets travel here. Without it there is nothing to read.
    pub stdin: Option<Vec<u8>>,
    /// How long it may take.
    pub timeout: Duration,
}

/// Machines, and the connections to them.
#[derive(Clone, Default)]
pub struct Machines {
    shared: Arc<Shared>,
}

impl Place {
    /// The place as messages name it.
    pub fn name(&self) -> String {
        match self {
            Place::Here => "this machine".to_owned(),
            Place::Host(login) => format!("`{}`", login.name()),
            Place::Container { node, vmid } => format!("container {vmid} on `{}`", node.name()),
        }
    }
}

impl Job {
    /// A command that reads nothing and has ten minutes.
    pub fn new<W: Into<Vec<u8>>>(argv: impl IntoIterator<Item = W>) -> Job {
        let argv = argv.into_iter().map(Into::into).collect();
        Job { argv, stdin: None, timeout: Duration::from_secs(600) }
    }

    /// Its program, as messages name it.
    pub fn program(&self) -> String {
        let first = self.argv.first().map(|it| String::from_utf8_lossy(it).into_owned());
        crate::legible::visible(&first.unwrap_or_default())
    }
}

impl Machines {
    /// Runs a command and keeps what it writes, up to 64 MiB of each output.
    ///
    /// How it ended is the answer, whatever it is. If its time is up, it is ended.
    pub async fn run(&self, at: &Place, job: &Job) -> Result<Ran, Fault> {
        let (mut out, mut err) = (Kept::first(), Kept::last());
        let rest = Rest::Bytes(job.stdin.as_deref().unwrap_or_default());
        let exit = {
            let (mut keep_out, mut keep_err) = (Catch::Keep(&mut out), Catch::Keep(&mut err));
            let input = if job.stdin.is_some() { "some" } else { "none" };
            self.conducted(at, job, input, rest, &mut keep_out, &mut keep_err).await?
        };
        let ran = session::ran(exit, out, err);
        match sudo_refusal(at, &ran) {
            Some(why) => Err(Fault::Refused(why)),
            None => Ok(ran),
        }
    }

    /// Runs a command between three streams, for as long as it takes.
    pub async fn exec(
        &self,
        at: &Place,
        argv: Vec<Vec<u8>>,
        stdin: &mut (dyn AsyncRead + Send + Unpin),
        stdout: &mut (dyn AsyncWrite + Send + Unpin),
        stderr: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<Exit, Fault> {
        let year = Duration::from_secs(365 * 24 * 3600);
        let job = Job { argv, stdin: None, timeout: year };
        let (mut out, mut err) = (Catch::Pass(stdout), Catch::Pass(stderr));
        self.conducted(at, &job, "some", Rest::Stream(stdin), &mut out, &mut err).await
    }

    /// Waits until a machine takes commands, and has set itself up if it has just been made.
    pub async fn wait_ready(&self, at: &Place, within: Duration) -> Result<(), Fault> {
        let (start, mut pause) = (Instant::now(), Duration::from_millis(200));
        loop {
            let left = within.saturating_sub(start.elapsed()).max(Duration::from_secs(1));
            let job = Job { timeout: left, ..Job::new(["sh", "-c", READY]) };
            let why = match self.attempt(at, &job).await {
                Ok(ran) => match set_up(at, &ran)? {
                    true => return Ok(()),
                    false => match ran.fine("sh") {
                        Ok(_) => return Ok(()),
                        Err(why) => why,
                    },
                },
                Err(Trouble::Stranger(why)) => return Err(Fault::Refused(why)),
                Err(Trouble::Unreachable(why) | Trouble::Shut(why)) => why,
            };
            if start.elapsed() + pause >= within {
                let (name, secs) = (at.name(), within.as_secs());
                let text = format!("{name} took no commands within {secs} s: {why}");
                return Err(Fault::Refused(text));
            }
            sleep(pause).await;
            pause = (pause * 3 / 2).min(Duration::from_secs(2));
        }
    }

    /// The key that a machine shows, its fingerprint, and what is known of it.
    pub async fn host_key(&self, login: &Login) -> Result<HostKey, Fault> {
        let jump = self.shared.jump(login).await?;
        let key = Connection::key_of(login, jump).await?;
        let known = match login.known.about(&login.host, login.port).verdict(&key) {
            Verdict::Trusted => Known::Yes,
            Verdict::Unknown => Known::No,
            Verdict::Revoked(at) => Known::Revoked(at),
            Verdict::Changed(others) => Known::Others(others),
        };
        Ok(HostKey::new(&key, known))
    }

    /// Waits until commands that were given up are ended, and leaves the machines.
    pub async fn close(&self) {
        let ending = std::mem::take(&mut *held(&self.shared.ending));
        let all = async {
            for task in ending {
                let _ = task.await;
            }
        };
        let _ = timeout(Duration::from_secs(6), all).await;
        let slots: Vec<Arc<Slot>> = held(&self.shared.slots).values().cloned().collect();
        for slot in slots {
            if let Some(connection) = slot.connection.lock().await.take() {
                connection.close().await;
            }
        }
    }

    /// A command with the time that it has; a connection that is lost is told from a refused one.
    async fn conducted(
        &self,
        at: &Place,
        job: &Job,
        input: &str,
        rest: Rest<'_>,
        out: &mut Catch<'_>,
        err: &mut Catch<'_>,
    ) -> Result<Exit, Fault> {
        let (program, name) = (job.program(), at.name());
        let mark = mark()?;
        let script = run_script(at, job, &mark, input)?;
        let mut running = Running::new(&self.shared, at, &mark);
        let conducted = self.shared.conduct(at, &script, rest, out, err);
        let Ok(end) = timeout(job.timeout, conducted).await else {
            running.over = true;
            let secs = job.timeout.as_secs_f64().ceil();
            let took = format!("`{program}` on {name} took longer than {secs} s");
            return match self.shared.end(at, &mark).await {
                true => Err(Fault::Refused(format!("{took}, and was ended"))),
                false => Err(Fault::Unknown(format!("{took}, and may still run"))),
            };
        };
        // What nobody listens to any more would run on.
        running.over = !matches!(end, Err(Stopped::Lost(Lost::Deaf)));
        end.map_err(|stopped| stopped.fault(&format!("`{program}`"), &name))
    }

    /// The same for [`Machines::wait_ready`], which tells a machine that is not up from one that
    /// is another.
    async fn attempt(&self, at: &Place, job: &Job) -> Result<Ran, Trouble> {
        if let Place::Host(login) | Place::Container { node: login, .. } = at {
            self.shared.connection(login).await?;
        }
        self.run(at, job).await.map_err(|fault| match fault {
            Fault::Refused(why) | Fault::Unknown(why) => Trouble::Unreachable(why),
        })
    }

    /// Runs a script of our own, with `words` as its arguments.
    async fn scripted<W: AsRef<[u8]>>(
        &self,
        at: &Place,
        words: &[W],
        body: &str,
        rest: Rest<'_>,
        within: Duration,
    ) -> Result<Ran, Stopped> {
        let refused = |why: String| Stopped::Lost(Lost::Refused(why));
        let script = quote::script(words, body);
        let script = script.ok_or_else(|| refused("a word has a zero byte in it".to_owned()))?;
        let (mut out, mut err) = (Kept::first(), Kept::last());
        let exit = {
            let (mut keep_out, mut keep_err) = (Catch::Keep(&mut out), Catch::Keep(&mut err));
            let conducted = self.shared.conduct(at, &script, rest, &mut keep_out, &mut keep_err);
            timeout(within, conducted).await.map_err(|_| Stopped::Late(within))??
        };
        let ran = session::ran(exit, out, err);
        match sudo_refusal(at, &ran) {
            Some(why) => Err(refused(why)),
            None => Ok(ran),
        }
    }
}

/// Whether a machine told how its first start went: well, or well enough. One that went wrong
/// gets no better by waiting.
fn set_up(at: &Place, ran: &Ran) -> Result<bool, Fault> {
    let said = String::from_utf8_lossy(&ran.stdout);
    let Some(told) = said.strip_prefix("cloud-init ") else {
        return Ok(ran.exit == Exit::Code(0));
    };
    let (how, details) = told.split_once('\n').unwrap_or((told, ""));
    let details: Vec<&str> = details.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    let (name, details) = (at.name(), details.join(" / "));
    match how {
        "done" => Ok(true),
        "degraded" => {
            tracing::warn!(name, details, "cloud-init went on after errors");
            Ok(true)
        }
        _ => Err(Fault::Refused(format!(
            "cloud-init failed on {name}: {details}; look into /var/log/cloud-init-output.log there"
        ))),
    }
}

/// `sudo` speaks for itself, with a code that could be the command's.
fn sudo_refusal(at: &Place, ran: &Ran) -> Option<String> {
    let (Place::Host(login) | Place::Container { node: login, .. }) = at else { return None };
    let said = session::last_lines(&ran.stderr);
    // Shells that do not find it tell that in words of their own.
    let missing = said.contains("sudo") && said.contains("not found");
    let refused = login.rights() == quote::Rights::Sudo
        && matches!(ran.exit, Exit::Code(1 | 127))
        && ran.stdout.is_empty()
        && (ran.stderr.starts_with(b"sudo: ") || missing);
    let name = at.name();
    refused.then(|| format!("{name} must be allowed to use `sudo` without a password: {said}"))
}

fn run_script(at: &Place, job: &Job, mark: &str, input: &str) -> Result<Vec<u8>, Fault> {
    // Nobody should be ended over there while we still wait.
    let secs = job.timeout.as_secs().saturating_add(10).to_string();
    // `pct` tells no signals; as a code they survive it.
    let how = match at {
        Place::Here | Place::Host(_) => "exec",
        Place::Container { .. } => "stay",
    };
    let mut words: Vec<&[u8]> =
        [secs.as_str(), mark, input, how].iter().map(|it| it.as_bytes()).collect();
    words.extend(job.argv.iter().map(Vec::as_slice));
    if job.argv.is_empty() {
        return Err(Fault::Refused("there is no program to run".to_owned()));
    }
    quote::script(&words, RUN).ok_or_else(|| {
        Fault::Refused(format!("a word of `{}` has a zero byte in it", job.program()))
    })
}
