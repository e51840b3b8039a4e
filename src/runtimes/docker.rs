//! Shared by runtimes that need Docker: how it comes to a machine that does not have it, by Alpine,
//! Debian, Ubuntu or what follows from them.

use crate::model::{Command, Effect, Text};

/// Packages of the distribution if they have Compose 2, else those of Docker's own repository; an
/// engine that is there stays. What is installed is started, and has to answer.
const INSTALL: &str = r#"set -u
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
has_compose() { docker compose version >/dev/null 2>&1; }
has_compose && docker info >/dev/null 2>&1 && exit 0
failed() { echo "$1" >&2; exit 1; }
get() { apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold -qy "$@"; }
# It does not wait for its own lock.
update() {
  tries=0
  until said=$(get update 2>&1); do
    tries=$((tries+1)) most=3
    case $said in *lock*) most=60 ;; esac
    [ $tries -lt $most ] || { printf '%s\n' "$said" >&2; return 1; }
    sleep 5
  done
}
candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: \([0-9].*\)/\1/p'; }
of_docker() { compose=docker-compose-plugin engine='docker-ce docker-ce-cli containerd.io'; }
repository() {
  . /etc/os-release
  of=${ID:-} name=${VERSION_CODENAME:-}
  case " $of ${ID_LIKE:-} " in
    ' debian '*|' ubuntu '*) ;;
    *' ubuntu '*) of=ubuntu name=${UBUNTU_CODENAME:-$name} ;;
    *' debian '*) of=debian name=${DEBIAN_CODENAME:-$name} ;;
    *) echo "there are no packages of Docker for $of" >&2; return 1 ;;
  esac
  keys=/etc/apt/keyrings url=https://download.docker.com/linux/$of
  get install ca-certificates curl && mkdir -p $keys &&
    curl -fsSL --retry 3 "$url/gpg" -o $keys/docker.asc &&
    echo "deb [signed-by=$keys/docker.asc] $url $name stable" >/etc/apt/sources.list.d/docker.list &&
    update
}
by_apt() {
  update || return 1
  if [ -n "$(candidate docker-compose-plugin)" ]; then of_docker
  elif [ -n "$(candidate docker-compose-v2)" ]; then compose=docker-compose-v2 engine=docker.io
  else
    case $(candidate docker-compose) in
      [2-9].*|[1-9][0-9].*)
        compose=docker-compose engine=docker.io
        [ -z "$(candidate docker-cli)" ] || engine="$engine docker-cli"
        ;;
      *) repository && of_docker || return 1 ;;
    esac
  fi
  command -v docker >/dev/null 2>&1 && engine=
  get install $engine $compose
}
if has_compose; then :
elif command -v apk >/dev/null 2>&1; then
  apk add --no-cache docker docker-cli-compose || failed 'apk cannot install Docker'
elif command -v apt-get >/dev/null 2>&1; then
  by_apt || failed 'apt-get cannot install Docker'
else failed 'no apk and no apt-get: install Docker by a template'
fi
has_compose || failed 'Docker is installed, and knows no `docker compose`'
if [ -d /run/systemd/system ]; then systemctl enable --now docker
elif command -v rc-update >/dev/null 2>&1; then
  rc-update add docker default; rc-service docker start
else service docker start
fi
tries=0
until said=$(docker info 2>&1 >/dev/null); do
  tries=$((tries+1))
  if [ $tries -ge 30 ]; then
    { journalctl -u docker -n 40 --no-pager -o cat || cat /var/log/docker.log; } 2>/dev/null |
      grep -iE 'fatal|fail|denied|not permitted' | tail -n 2 >&2
    failed "Docker does not start: $said"
  fi
  sleep 1
done
"#;

/// Installs Docker and Compose where they are missing, and starts Docker where it does not run.
pub fn install() -> Effect {
    let argv = ["sh", "-s", "install-docker"].map(Text::literal).to_vec();
    Effect::Run(Command { argv, stdin: Some(INSTALL.into()), timeout_secs: 1800 })
}
