//! A terminal on a machine, by the programs that people know: which words start them.
//!
//! Commands never go this way: mosh loses their output and how they ended.

use std::path::{Path, PathBuf};

use crate::drivers::ssh::login::Login;
use crate::drivers::ssh::quote::Rights;
use crate::drivers::ssh::{Exit, Job, Machines, Place};
use crate::model::quoted;

/// How a terminal is brought to a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By `ssh`, with these words.
    Ssh(Vec<String>),
    /// By `mosh`, with these words.
    Mosh(Vec<String>),
}

/// The words for a shell at a place by `ssh`; `key` is a file with the key that is a secret.
pub fn by_ssh(at: &Place, key: Option<&Path>) -> Way {
    let (login, inside) = match at {
        Place::Here => return Way::Ssh(Vec::new()),
        Place::Host(login) => (login, None),
        Place::Container { node, vmid } => {
            let sudo = match node.rights() {
                Rights::Own => "",
                Rights::Sudo => "sudo ",
            };
            (node, Some(format!("exec {sudo}pct enter {vmid}")))
        }
    };
    let mut words = options(login, key);
    words.extend(inside.is_some().then(|| "-t".to_owned()));
    words.extend(["--".to_owned(), login.host.clone()]);
    words.extend(inside);
    Way::Ssh(words)
}

/// The words for a shell at a place by `mosh`, or why it has to be `ssh`.
pub async fn by_mosh(machines: &Machines, at: &Place, key: Option<&Path>) -> Result<Way, String> {
    let Place::Host(login) = at else {
        return Err("mosh reaches a container only if it takes SSH itself".to_owned());
    };
    if login.jump.is_some() {
        return Err("mosh cannot pass through another machine".to_owned());
    }
    if !installed(machines, &Place::Here, "mosh").await {
        return Err("mosh is not installed here".to_owned());
    }
    if !installed(machines, at, "mosh-server").await {
        return Err("mosh is not installed there".to_owned());
    }
    carries_udp(machines, login).await?;
    let ssh: Vec<String> = options(login, key).iter().map(|word| quoted(word)).collect();
    let ssh = format!("--ssh=ssh {}", ssh.join(" "));
    Ok(Way::Mosh(vec![ssh, "--".to_owned(), login.host.clone()]))
}

async fn installed(machines: &Machines, at: &Place, program: &str) -> bool {
    let job = Job::new(["sh", "-c", "command -v \"$1\"", "sh", program]);
    machines.run(at, &job).await.is_ok_and(|ran| ran.fine(program).is_ok())
}

/// Talks to a server of mosh for a moment: nothing else tells whether its packets arrive.
async fn carries_udp(machines: &Machines, login: &Login) -> Result<(), String> {
    let job = Job::new([
        "sh",
        "-c",
        "export LC_ALL=C.UTF-8 MOSH_SERVER_NETWORK_TMOUT=10; \
         mosh-server new -s -- sh -c 'echo paas-was-here; sleep 1' 2>/dev/null",
    ]);
    let ran = machines.run(&Place::Host(login.clone()), &job).await;
    let said = ran.map(|ran| String::from_utf8_lossy(&ran.stdout).into_owned()).unwrap_or_default();
    let mut words = said.lines().find_map(|line| line.trim().strip_prefix("MOSH CONNECT "));
    let (port, secret) = words
        .take()
        .and_then(|words| words.split_once(' '))
        .ok_or("mosh does not start there".to_owned())?;
    // The client wants a terminal; `script` gives it one that nobody sees.
    let client = "command -v script >/dev/null || exit 9; read -r key; \
                  address=$(getent ahosts \"$1\" | sed -n 's/ .*//;1p'); \
                  export MOSH_KEY=\"$key\" TERM=xterm LC_ALL=C.UTF-8; \
                  timeout -k 1 4 script -qec \
                  \"stty rows 24 cols 80; exec mosh-client ${address:-$1} $2\" /dev/null";
    let job = Job {
        // A key in an argument would be seen by everybody.
        stdin: Some(format!("{secret}\n").into_bytes()),
        ..Job::new(["sh", "-c", client, "sh", &login.host, port])
    };
    let heard = machines.run(&Place::Here, &job).await.map_err(|_| "mosh fails here".to_owned())?;
    let said = String::from_utf8_lossy(&heard.stdout).into_owned();
    match (heard.exit, said.contains("paas-was-here")) {
        (_, true) => Ok(()),
        (Exit::Code(9), false) => Err("`script` is not here to try mosh with".to_owned()),
        (_, false) => Err("packets of UDP do not come back from there".to_owned()),
    }
}

/// What `ssh` must know of a login: the same keys count as for us, and nobody is asked.
fn options(login: &Login, key: Option<&Path>) -> Vec<String> {
    let mut words = ["-p", &login.port.to_string(), "-l", &login.user].map(str::to_owned).to_vec();
    let mut option = |text: String| words.extend(["-o".to_owned(), text]);
    option("StrictHostKeyChecking=yes".to_owned());
    option("UpdateHostKeys=no".to_owned());
    let files: Vec<String> = login.known.files.iter().map(|path| in_config(path)).collect();
    if !files.is_empty() {
        option(format!("UserKnownHostsFile={}", files.join(" ")));
    }
    if !login.agent {
        option("IdentityAgent=none".to_owned());
    }
    let existing = login.key_files.iter().map(PathBuf::as_path).filter(|path| path.exists());
    for path in key.into_iter().chain(existing) {
        option(format!("IdentityFile={}", in_config(path)));
    }
    if let Some(jump) = &login.jump {
        let mut through = vec!["ssh".to_owned()];
        through.extend(options(jump, None).iter().map(|word| quoted(word)));
        through.extend(["-W".to_owned(), "[%h]:%p".to_owned(), "--".to_owned()]);
        through.push(quoted(&jump.host));
        option(format!("ProxyCommand={}", through.join(" ")));
    }
    words
}

/// A path as a value of `ssh_config`: in quotes, and with nothing that stands for something else.
fn in_config(path: &Path) -> String {
    let text = path.display().to_string();
    format!("\"{}\"", text.replace('%', "%%").replace('"', "\\\""))
}
