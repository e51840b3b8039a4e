//! Commands that take long: they outlive the connection, and whoever comes back finds them.
//!
//! A job is a folder on the machine: what was asked for, the process, both outputs, and at last
//! how it ended. It is removed once somebody knows that.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::drivers::Fault;
use crate::drivers::ssh::connection::Trouble;
use crate::drivers::ssh::pool::{Stopped, mark};
use crate::drivers::ssh::session::{Exit, Lost, Ran, Rest, last_lines};
use crate::drivers::ssh::{Job, Machines, Place};
use crate::model::digest_all;

/// Where the folders of jobs are.
const FOLDER: &str = "/var/lib/paas/ops";

/// How long one question about a job may take.
const ASKING: Duration = Duration::from_secs(30);

/// So long nobody may answer before the end of a job counts as unknown.
const AWAY: Duration = Duration::from_secs(120);

/// Begins a job, or finds the one that was begun: says `begun`, `running`, `other` or `ended N`.
///
/// What it reads may be secret: it is in memory where there is such a place, and has no name any
/// more when the job starts.
const BEGIN: &str = r#"dir=$1 mark=$2 what=$3 secs=$4 size=$5; shift 5
umask 077
alive() { [ -s "$dir/pid" ] && tr '\0' '\n' <"/proc/$(cat "$dir/pid")/environ" 2>/dev/null |
  grep -qx "PAAS_RUN=$(cat "$dir/mark")"; }
mkdir -p -- "${dir%/*}" || exit 1
tries=0
until mkdir -- "$dir" 2>/dev/null; do
  [ -d "$dir" ] || { echo "no folder can be made: $dir" >&2; exit 1; }
  same=no; [ "$(cat "$dir/what" 2>/dev/null)" = "$what" ] && same=yes
  if [ -s "$dir/rc" ] && [ $same = yes ]; then echo "ended $(cat "$dir/rc")"; exit 0; fi
  if alive; then
    if [ $same = yes ]; then echo running; else echo other; fi
    exit 0
  fi
  tries=$((tries+1))
  if [ -s "$dir/rc" ] || [ $tries -gt 20 ]; then rm -rf -- "$dir"; else sleep 0.1; fi
done
printf %s "$mark" >"$dir/mark"
printf %s "$what" >"$dir/what"
input=$dir/input
for memory in /dev/shm /run; do
  [ -d $memory ] && [ -w $memory ] && input=$memory/paas-$mark && break
done
cat >"$input" && [ $(($(wc -c <"$input"))) = "$size" ] || {
  rm -f -- "$input"; rm -rf -- "$dir"; echo 'not all of its input came' >&2; exit 1
}
exec 3<"$input"
rm -f -- "$input"
home=${HOME:-/root} user=${USER:-root}
if timeout -k 1 9 true 2>/dev/null
then set -- timeout -k 5 "$secs" "$@"
else set -- sh -c 'exec "$@"' sh "$@"
fi
new=$(command -v setsid)
export PAAS_RUN="$mark"
$new sh -c 'dir=$1 mark=$2 home=$3 user=$4; shift 4
printf %s $$ >"$dir/pid.new" && mv "$dir/pid.new" "$dir/pid"
env -i "PAAS_RUN=$mark" "PATH=$PATH" "HOME=$home" "USER=$user" "LOGNAME=$user" LANG=C.UTF-8 "$@" \
  <&3 3<&- >"$dir/out" 2>"$dir/err"
printf %s $? >"$dir/rc.new" && mv "$dir/rc.new" "$dir/rc"' \
  sh "$dir" "$mark" "$home" "$user" "$@" </dev/null >/dev/null 2>&1 &
echo begun
"#;

/// Says how a job is: `running`, `gone` or `ended N`.
const ASK: &str = r#"dir=$1
[ -s "$dir/rc" ] && { echo "ended $(cat "$dir/rc")"; exit 0; }
[ -d "$dir" ] || { echo gone; exit 0; }
i=0
until [ -s "$dir/pid" ]; do
  [ $i -lt 20 ] || { echo gone; exit 0; }
  sleep 0.1; i=$((i+1))
done
tr '\0' '\n' <"/proc/$(cat "$dir/pid")/environ" 2>/dev/null |
  grep -qx "PAAS_RUN=$(cat "$dir/mark")" && { echo running; exit 0; }
[ -s "$dir/rc" ] && { echo "ended $(cat "$dir/rc")"; exit 0; }
echo gone
"#;

/// Forgets a job.
const REMOVE: &str = "rm -rf -- \"$1\"";

/// How a job is.
enum State {
    Running,
    Ended(i32),
    /// Its process has gone, and left no word.
    Gone,
    /// Another command runs under its name.
    Other,
}

impl Machines {
    /// Runs a command that does not end with the connection.
    ///
    /// A command that was begun under the same name is waited for instead of being begun again,
    /// if it is the same one. Who drops this leaves it running. Signals are codes here: 128 and
    /// the number.
    pub async fn job(&self, at: &Place, name: &str, job: &Job) -> Result<Ran, Fault> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.is_empty() || name.len() > 200 || name.starts_with('.') || !name.chars().all(fits) {
            return Err(Fault::Refused(format!("`{name}` cannot be the name of a job")));
        }
        if job.argv.is_empty() {
            return Err(Fault::Refused("there is no program to run".to_owned()));
        }
        let dir = format!("{FOLDER}/{name}");
        let (program, place) = (job.program(), at.name());
        let state = self.begin(at, &dir, job).await?;
        let start = Instant::now();
        let code = match self.waited(at, &dir, job, state).await? {
            State::Ended(124 | 137) if start.elapsed() >= job.timeout => {
                let _ = self.asked(at, &dir, REMOVE).await;
                let secs = job.timeout.as_secs();
                let text =
                    format!("`{program}` on {place} took longer than {secs} s, and was ended");
                return Err(Fault::Refused(text));
            }
            State::Ended(code) => code,
            State::Other => {
                let text = format!("another command than `{program}` runs as `{name}` on {place}");
                return Err(Fault::Refused(text));
            }
            State::Gone | State::Running => {
                let text =
                    format!("`{program}` on {place} ended without a word: was it restarted?");
                return Err(Fault::Unknown(text));
            }
        };
        let collect = "cat -- \"$1/out\" && cat -- \"$1/err\" >&2";
        let collected = self.asked(at, &dir, collect).await.map_err(|stopped| {
            let fault = stopped.fault(&format!("`{program}`, which ended with {code},"), &place);
            Fault::Unknown(text_of(fault))
        })?;
        // What is not removed is found to be ended by whoever asks for the same again.
        let _ = self.asked(at, &dir, REMOVE).await;
        Ok(Ran { exit: Exit::Code(code), ..collected })
    }

    async fn begin(&self, at: &Place, dir: &str, job: &Job) -> Result<State, Fault> {
        let stdin = job.stdin.as_deref().unwrap_or_default();
        let argv = job.argv.iter().map(|word| ("word", word.as_slice()));
        let what = digest_all(argv.chain([("input", stdin)]));
        let mark = mark()?;
        let secs = job.timeout.as_secs().max(1).to_string();
        let size = stdin.len().to_string();
        let words = [dir, mark.as_str(), what.as_str(), secs.as_str(), size.as_str()];
        let mut words: Vec<&[u8]> = words.iter().map(|it| it.as_bytes()).collect();
        words.extend(job.argv.iter().map(Vec::as_slice));
        let mut lost = None;
        let ran = loop {
            // Who begins it a second time finds it: a connection that is lost is no end.
            match self.scripted(at, &words, BEGIN, Rest::Bytes(stdin), ASKING).await {
                Ok(ran) => break ran,
                Err(Stopped::Lost(Lost::Gone)) if lost.is_none_or(recent) => {
                    lost.get_or_insert_with(Instant::now);
                }
                Err(Stopped::Trouble(Trouble::Unreachable(_))) if lost.is_some_and(recent) => (),
                Err(stopped) => {
                    let fault = stopped.fault(&format!("`{}`", job.program()), &at.name());
                    return Err(if lost.is_some() {
                        Fault::Unknown(text_of(fault))
                    } else {
                        fault
                    });
                }
            }
            sleep(Duration::from_millis(200)).await;
        };
        state(&ran).ok_or_else(|| {
            let (program, said) = (job.program(), last_lines(&ran.stderr));
            Fault::Refused(format!("`{program}` cannot be begun on {}: {said}", at.name()))
        })
    }

    /// The state of a job that is not [`State::Running`] any more.
    async fn waited(
        &self,
        at: &Place,
        dir: &str,
        job: &Job,
        mut state: State,
    ) -> Result<State, Fault> {
        let (start, mut pause) = (Instant::now(), Duration::from_millis(50));
        let mut heard = start;
        while matches!(state, State::Running) {
            sleep(pause).await;
            pause = (pause * 3 / 2).min(Duration::from_secs(2));
            let late = start.elapsed() > job.timeout + Duration::from_secs(30);
            match self.asked(at, dir, ASK).await {
                Ok(ran) => {
                    heard = Instant::now();
                    state = state_or_gone(&ran);
                }
                Err(Stopped::Trouble(Trouble::Unreachable(_)) | Stopped::Lost(Lost::Gone))
                    if heard.elapsed() < AWAY => {}
                Err(stopped) => {
                    let fault = stopped.fault(&format!("`{}`", job.program()), &at.name());
                    return Err(Fault::Unknown(format!("{}; it runs on", text_of(fault))));
                }
            }
            if late && matches!(state, State::Running) {
                let (program, name) = (job.program(), at.name());
                let text = format!("`{program}` on {name} does not end although its time is up");
                return Err(Fault::Unknown(text));
            }
        }
        Ok(state)
    }

    async fn asked(&self, at: &Place, dir: &str, question: &str) -> Result<Ran, Stopped> {
        self.scripted(at, &[dir], question, Rest::Bytes(&[]), ASKING).await
    }
}

fn recent(since: Instant) -> bool {
    since.elapsed() < AWAY
}

fn state(ran: &Ran) -> Option<State> {
    let said = String::from_utf8_lossy(&ran.stdout);
    match said.trim() {
        "begun" | "running" => Some(State::Running),
        "other" => Some(State::Other),
        "gone" => Some(State::Gone),
        said => said.strip_prefix("ended ")?.parse().ok().map(State::Ended),
    }
}

fn state_or_gone(ran: &Ran) -> State {
    state(ran).unwrap_or(State::Gone)
}

fn text_of(fault: Fault) -> String {
    match fault {
        Fault::Refused(text) | Fault::Unknown(text) => text,
    }
}
