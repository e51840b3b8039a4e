//! Steps on machines: programs, files and waiting, and what comes back of them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::drivers::Fault;
use crate::drivers::ssh::{Exit, Job, Machines, Place};
use crate::model::{
    Command, Condition, Effect, File, MachineSeen, Outcome, Value, Wait, digest, digest_all,
};

/// A program that may take longer is begun so that it outlives a connection.
const LONG: u64 = 900;

/// What stands for the digest of a file with a secret: a digest of a short password is one.
pub(super) const SECRET: &str = "secret";

/// Tells whether something listens on a port, with nothing but what every Linux has.
const LISTENS: &str = "hex=$(printf ':%04X ' \"$1\")\n\
    grep -hi \"$hex\" /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ' 0A '\n";

/// Asks a port for a path; servers that send elsewhere or want a login are there, too.
const ANSWERS: &str = "url=\"http://127.0.0.1:$1$2\"\n\
    if command -v curl >/dev/null 2>&1; then\n  \
      code=$(curl -so /dev/null -m 5 -w '%{http_code}' \"$url\") || code=000\n  \
      [ \"$code\" -ge 200 ] && [ \"$code\" -lt 400 ] || { echo \"it answers $code\" >&2; exit 1; }\n\
    elif command -v wget >/dev/null 2>&1; then\n  wget -q -T 5 -O /dev/null \"$url\"\n\
    else echo 'neither curl nor wget is there' >&2; exit 1; fi\n";

/// Tries a test, the rest of its arguments, once a second until it holds or time is up.
const UNTIL: &str = "secs=$1 test=$2; shift 2\nstart=$(date +%s)\n\
    until said=$(sh -c \"$test\" sh \"$@\" 2>&1); do\n  \
      [ $(($(date +%s) - start)) -lt \"$secs\" ] || { printf '%s\\n' \"$said\" >&2; exit 1; }\n  \
      sleep 1\ndone\n";

/// Does one step; secrets are put in, and `public` is the same step without them.
pub(super) async fn perform(
    machines: &Machines,
    at: &Place,
    effect: &Effect,
    has_secret: bool,
) -> Result<Outcome, Fault> {
    let started = Instant::now();
    let mut outcome = Outcome::default();
    match effect {
        Effect::Run(command) => run(machines, at, command).await?,
        Effect::Write(file) => {
            write(machines, at, file).await?;
            let seen = match has_secret {
                true => SECRET.to_owned(),
                false => digest(file.content.to_string().as_bytes()),
            };
            outcome.facts.insert(format!("file:{}", file.path), Value::from(seen));
        }
        Effect::Wait(wait) => until(machines, at, wait).await?,
        Effect::Call(call) => {
            return Err(Fault::Refused(format!("a machine has no API for `{}`", call.path)));
        }
    }
    outcome.took_ms = millis(started.elapsed());
    Ok(outcome)
}

/// A duration as an outcome has it.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

async fn run(machines: &Machines, at: &Place, command: &Command) -> Result<(), Fault> {
    let argv: Vec<Vec<u8>> =
        command.argv.iter().map(|word| word.to_string().into_bytes()).collect();
    let stdin = command.stdin.as_ref().map(|text| text.to_string().into_bytes());
    let job = Job { argv, stdin, timeout: Duration::from_secs(command.timeout_secs) };
    let ran = match command.timeout_secs > LONG && !matches!(at, Place::Here) {
        true => {
            // The same step finds what an earlier run began.
            let words = job.argv.iter().map(|word| ("word", word.as_slice()));
            let input = job.stdin.as_deref().unwrap_or_default();
            let name = digest_all(words.chain([("input", input)]));
            machines.job(at, &format!("step-{}", &name[..20]), &job).await?
        }
        false => machines.run(at, &job).await?,
    };
    let what = match job.argv.as_slice() {
        [program, flag] if program == b"sh" && flag == b"-s" => "the script".to_owned(),
        [program, flag, name] if program == b"sh" && flag == b"-s" => {
            crate::legible::visible(&String::from_utf8_lossy(name))
        }
        _ => job.program(),
    };
    let failed = |why: String| Fault::Refused(format!("on {}: {why}", at.name()));
    ran.fine(&what).map(drop).map_err(failed)
}

async fn write(machines: &Machines, at: &Place, file: &File) -> Result<(), Fault> {
    machines.write(at, &file.path, file.content.to_string().as_bytes(), file.mode).await
}

async fn until(machines: &Machines, at: &Place, wait: &Wait) -> Result<(), Fault> {
    let secs = wait.within_secs;
    let within = Duration::from_secs(secs);
    let (test, words, what) = match &wait.until {
        Condition::Ready => return machines.wait_ready(at, within).await,
        Condition::Tcp { port } => {
            (LISTENS.to_owned(), vec![port.to_string()], format!("did not listen on {port}"))
        }
        Condition::Http { port, path } => {
            let what = format!("did not answer on {port}");
            (ANSWERS.to_owned(), vec![port.to_string(), path.clone()], what)
        }
        Condition::Command { line } => {
            (line.to_string(), Vec::new(), "did not pass its check".to_owned())
        }
    };
    let mut argv = vec!["sh".to_owned(), "-c".to_owned(), UNTIL.to_owned(), "sh".to_owned()];
    argv.extend([secs.to_string(), test]);
    argv.extend(words);
    let job = Job { timeout: within + Duration::from_secs(15), ..Job::new(argv) };
    let ran = machines.run(at, &job).await?;
    match ran.exit {
        Exit::Code(0) => Ok(()),
        Exit::Code(_) | Exit::Signal(_) => {
            let said = String::from_utf8_lossy(&ran.stderr);
            let said = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
            let said = said.map(|line| format!(": {line}")).unwrap_or_default();
            Err(Fault::Refused(format!("{} {what} within {secs} s{said}", at.name())))
        }
    }
}

/// What is on a machine; a file that was written with a secret is only known to be there.
pub(super) async fn look(
    machines: &Machines,
    at: &Place,
    (files, services): (&BTreeSet<String>, &BTreeSet<String>),
    is_secret: impl Fn(&str) -> bool,
) -> Result<MachineSeen, Fault> {
    let mut seen = machines.look(at, files, services).await?;
    for (path, digest) in &mut seen.files {
        if is_secret(path) {
            SECRET.clone_into(digest);
        }
    }
    Ok(seen)
}
