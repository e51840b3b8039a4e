//! What is on a machine: the digests of files and the state of services, in one script.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::drivers::Fault;
use crate::drivers::ssh::connection::Trouble;
use crate::drivers::ssh::pool::Stopped;
use crate::drivers::ssh::session::{Exit, Lost, Ran, Rest, last_lines};
use crate::drivers::ssh::{Machines, Place};
use crate::model::{MachineSeen, ServiceSeen};

/// How long looking may take: Docker can be slow to answer.
const LOOKING: Duration = Duration::from_secs(60);

/// What stands for the digest of something that is no regular file.
const NO_FILE: &str = "no regular file";

/// Tells each thing in a line of its own: which one by its number, never by its name.
///
/// All files together cost one program, and so do all units and all Compose projects.
const LOOK: &str = r#"files=$1 units=$2 docker=$3; shift 3
command -v sha256sum >/dev/null 2>&1 || { echo 'there is no sha256sum' >&2; exit 1; }
i=0
while [ $i -lt "$files" ]; do
  f=$1; shift
  if [ -f "$f" ]; then echo "file $i"; set -- "$@" "$f"
  elif [ -e "$f" ] || [ -L "$f" ]; then echo "other $i"
  fi
  i=$((i+1))
done
i=0 names=
while [ $i -lt "$units" ]; do names="$names $1"; shift; i=$((i+1)); done
if [ $# -gt 0 ]; then
  sums=$(sha256sum -- "$@" 2>/dev/null) || sums=$(for f in "$@"; do
    sha256sum <"$f" 2>/dev/null || echo unreadable
  done)
  printf '%s\n' "$sums" | sed 's/^\\//; s/ .*//; s/^/sum /'
fi
if [ -n "$names" ]; then
  if [ -d /run/systemd/system ]; then
    systemctl show --property=LoadState,ActiveState -- $names 2>/dev/null | sed 's/^/unit /'
  elif command -v rc-service >/dev/null 2>&1; then
    for n in $names; do
      if ! rc-service --exists "$n" >/dev/null 2>&1; then echo 'unit LoadState=not-found'
      elif rc-service "$n" status >/dev/null 2>&1; then echo 'unit ActiveState=active'
      else echo 'unit ActiveState=inactive'
      fi
      echo 'unit '
    done
  fi
fi
if [ "$docker" = yes ] && command -v docker >/dev/null 2>&1; then
  docker ps --all --no-trunc --filter label=com.docker.compose.project --format \
    'docker {{.Label "com.docker.compose.project"}}|{{.Label "com.docker.compose.oneoff"}}|{{.State}}|{{.Status}}|{{.Label "paas.digest"}}' \
    2>/dev/null
fi
[ -e /run/current-system ] && echo "nixos $(readlink -f /run/current-system)"
echo end
"#;

/// What the projects of a machine are, as far as the containers tell.
#[derive(Default)]
struct Project {
    up: usize,
    down: usize,
    digests: BTreeSet<String>,
}

impl Machines {
    /// Looks at files and services; of a machine that does not answer nothing is known.
    ///
    /// A service is a systemd unit, or one of OpenRC, or a Compose project by its label, or
    /// `nixos`.
    pub async fn look(
        &self,
        at: &Place,
        files: &BTreeSet<String>,
        services: &BTreeSet<String>,
    ) -> Result<MachineSeen, Fault> {
        let is_nixos = |name: &&String| *name == "nixos" || name.starts_with("nixos:");
        let units: Vec<&String> =
            services.iter().filter(|it| !is_nixos(it) && is_unit(it)).collect();
        let docker = if services.iter().all(|it| is_nixos(&it)) { "no" } else { "yes" };
        let mut words = vec![files.len().to_string(), units.len().to_string(), docker.to_owned()];
        words.extend(files.iter().cloned());
        words.extend(units.iter().map(|it| (*it).clone()));
        let ran = match self.scripted(at, &words, LOOK, Rest::Bytes(&[]), LOOKING).await {
            Ok(ran) => ran,
            Err(Stopped::Trouble(Trouble::Unreachable(_))) => return Ok(MachineSeen::default()),
            Err(Stopped::Lost(Lost::Gone)) => return Ok(MachineSeen::default()),
            Err(stopped) => return Err(stopped.fault("looking", &at.name())),
        };
        let text = String::from_utf8_lossy(&ran.stdout);
        if !text.ends_with("end\n") {
            return unseen(at, &ran);
        }
        Ok(seen(&text, files, services, &units))
    }
}

/// A container that is stopped or elsewhere is away like a machine that is switched off; all else
/// must be told.
fn unseen(at: &Place, ran: &Ran) -> Result<MachineSeen, Fault> {
    let said = last_lines(&ran.stderr);
    let away = ["not running", "does not exist"].iter().any(|it| said.contains(it));
    if matches!(at, Place::Container { .. }) && ran.stdout.is_empty() && away {
        return Ok(MachineSeen::default());
    }
    let how = match &ran.exit {
        Exit::Code(code) => format!("code {code}"),
        Exit::Signal(signal) => format!("SIG{signal}"),
    };
    Err(Fault::Refused(format!("{} cannot be looked at ({how}): {said}", at.name())))
}

fn seen(
    text: &str,
    files: &BTreeSet<String>,
    services: &BTreeSet<String>,
    units: &[&String],
) -> MachineSeen {
    let mut out = MachineSeen { reachable: true, ..MachineSeen::default() };
    let paths: Vec<&String> = files.iter().collect();
    let numbered = |number: &str| paths.get(number.parse::<usize>().ok()?).copied();
    let (mut regular, mut sums) = (Vec::new(), Vec::new());
    let mut projects: BTreeMap<&str, Project> = BTreeMap::new();
    let (mut blocks, mut nixos) = (vec![BTreeMap::new()], None);
    for line in text.lines() {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        match what {
            "file" => regular.extend(numbered(rest)),
            "other" => {
                out.files.extend(numbered(rest).map(|path| (path.clone(), NO_FILE.to_owned())));
            }
            "sum" => sums.push(rest.to_owned()),
            "unit" => match (rest.split_once('='), blocks.last_mut()) {
                (Some((name, value)), Some(block)) => drop(block.insert(name, value)),
                (None, _) | (_, None) => blocks.push(BTreeMap::new()),
            },
            "docker" => count(rest, &mut projects),
            "nixos" => nixos = Some(rest.to_owned()),
            _ => (),
        }
    }
    out.files.extend(regular.into_iter().cloned().zip(sums));
    for (name, block) in units.iter().zip(&blocks) {
        let Some(state) = block.get("ActiveState") else { continue };
        if block.get("LoadState") != Some(&"not-found") {
            let running = matches!(*state, "active" | "reloading");
            out.services.insert((*name).clone(), ServiceSeen { running, digest: None });
        }
    }
    for name in services {
        if let Some(project) = projects.remove(name.as_str()) {
            // One that has done its work and gone counts neither way.
            let running = project.up > 0 && project.down == 0;
            let mut digests = project.digests.into_iter();
            let digest = digests.next().filter(|_| digests.next().is_none());
            out.services.insert(name.clone(), ServiceSeen { running, digest });
        } else if name == "nixos" || name.starts_with("nixos:") {
            let system = nixos.clone().map(|it| ServiceSeen { running: true, digest: Some(it) });
            out.services.extend(system.map(|it| (name.clone(), it)));
        }
    }
    out
}

/// `PROJECT|ONE-OFF|STATE|STATUS|DIGEST` of one container.
fn count<'a>(line: &'a str, projects: &mut BTreeMap<&'a str, Project>) {
    let fields: Vec<&str> = line.split('|').collect();
    let [name, once, state, status, digest] = fields.as_slice() else { return };
    if once.eq_ignore_ascii_case("true") {
        return;
    }
    let project = projects.entry(name).or_default();
    match *state {
        "running" => project.up += 1,
        "exited" if status.starts_with("Exited (0)") => (),
        _ => project.down += 1,
    }
    if !digest.is_empty() {
        project.digests.insert((*digest).to_owned());
    }
}

/// What can be the name of a unit; `systemctl` gives no answer at all about others.
fn is_unit(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || ":_.@-".contains(c);
    !name.is_empty() && !name.starts_with(['-', '.', '@']) && name.chars().all(fits)
}
