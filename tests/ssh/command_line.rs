//! `paas exec`, `paas shell` and `paas host-key`, as a person types them.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::ssh::server::{Server, Setting, keygen, run, until};
use crate::support::project::{Project, Run};

/// A project with the server as its host `web`; its key is not known yet.
fn project(server: &Server, more: &str) -> Project {
    let (port, key) = (server.port, server.path("id").display().to_string());
    Project::of(&format!(
        "host web {{\n  address = 127.0.0.1\n  ssh {{ port = {port}, key_file = \"{key}\"{more} }}\n}}\n"
    ))
}

/// The same with its key written down.
fn known(server: &Server, more: &str) -> Project {
    let project = project(server, more);
    project
        .write("state/known_hosts", format!("{} {}\n", server.name(), server.host_key("ed25519")));
    project
}

fn with_input(project: &Project, line: &str, input: &[u8]) -> (Run, Vec<u8>) {
    let mut command = project.command(line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let mut stdin = child.stdin.take().expect("it was asked for");
    let input = input.to_vec();
    let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("it ends");
    feeding.join().expect("no panic");
    let bytes = output.stdout.clone();
    (project.told(&output), bytes)
}

fn fingerprint(server: &Server) -> String {
    let path = server.path("host_ed25519.pub").display().to_string();
    let line = crate::ssh::server::fine("ssh-keygen", &["-l", "-f", &path]);
    line.split(' ').nth(1).expect("a fingerprint").to_owned()
}

#[test]
fn exec_passes_input_output_and_code() {
    let Some(server) = Server::start() else { return };
    let project = known(&server, "");
    let run = project.run("exec host.web -- sh -c 'echo out; echo err >&2; exit 7'");
    assert_eq!((run.out.as_str(), run.err.as_str(), run.code), ("out\n", "err\n", 7));
    let run = project.run("exec host.web -- sh -c 'kill -TERM $$'");
    assert_eq!(run.code, 143);
    let input: Vec<u8> = (0..3_000_000_u32).map(|it| it.to_le_bytes()[0]).collect();
    let (run, out) = with_input(&project, "exec host.web -- cat", &input);
    assert_eq!(run.code, 0);
    assert!(out == input, "{} bytes came back", out.len());
    let run = project.run("exec host.web -- printf %s| a '$(id) b'");
    assert_eq!((run.out.as_str(), run.code), ("a|$(id) b|", 0));
}

#[test]
fn exec_ends_the_command_when_it_is_interrupted() {
    let Some(server) = Server::start() else { return };
    let project = known(&server, "");
    let pid = server.path("pid");
    let line = format!(
        "exec host.web -- sh -c 'echo $$ >{0}.new; mv {0}.new {0}; sleep 300; :'",
        pid.display()
    );
    let child = project.start(&line);
    until("it has begun", || pid.exists());
    let id = std::fs::read_to_string(&pid).expect("it is there");
    let process = std::path::Path::new("/proc").join(id.trim());
    assert!(process.exists());
    project.interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert!(!process.exists(), "it is gone when the program has ended");
}

#[test]
fn what_is_no_machine_is_told() {
    let project = Project::of(
        "host web {\n  address = 127.0.0.1\n}\nnetwork lan {\n  cidr = 10.1.0.0/24\n}\n",
    );
    let said = project.ends("exec host.wep -- true", 1);
    assert!(
        said.contains("there is no machine `host.wep`") && said.contains("`host.web`"),
        "{said}"
    );
    let said = project.ends("exec network.lan -- true", 1);
    assert!(said.contains("`network.lan` is no machine"), "{said}");
    let said = project.ends("exec host.web --sandbox -- true", 1);
    assert!(said.contains("the sandbox refuses: no machine in it takes commands"), "{said}");
    let said = project.ends("host-key show 'a b'", 1);
    assert!(said.contains("`a b` is neither a machine of the manifest nor a host"), "{said}");
    project.ends("exec host.web", 64);
}

#[test]
fn a_host_key_is_accepted_and_replaced_by_its_fingerprint() {
    let Some(server) = Server::start() else { return };
    let project = project(&server, "");
    let (place, right) = (format!("127.0.0.1:{}", server.port), fingerprint(&server));
    let said = project.ends("exec host.web -- true", 255);
    let accept = format!("host-key accept {place} {right}");
    assert!(said.contains(&format!("`paas {accept}`")), "{said}");
    let said = project.ends("host-key show host.web", 4);
    assert!(said.contains(&format!("paas {accept}\n")), "{said}");
    let said = project.untouched(&format!("host-key accept {place} SHA256:wrong"), 1);
    assert!(said.contains(&format!("it shows `ssh-ed25519 {right}`")), "{said}");
    let out = project.fine(&accept);
    assert_eq!(out, format!("{place} is known by ssh-ed25519 {right} in state/known_hosts\n"));
    assert_eq!(project.fine("exec host.web -- echo inside"), "inside\n");
    assert!(project.fine("host-key show host.web").ends_with("\nit is known\n"));
    // The machine has another key from now on.
    keygen(&server.path("stranger"), "ed25519", "");
    let stranger = server.read("stranger.pub");
    let other: Vec<&str> = stranger.split(' ').take(2).collect();
    project.write("state/known_hosts", format!("{} {}\n", server.name(), other.join(" ")));
    let said = project.ends("exec host.web -- true", 255);
    let replace = format!("host-key replace {place} {right}");
    assert!(said.contains("has changed") && said.contains(&format!("`paas {replace}`")), "{said}");
    let said = project.untouched(&accept, 1);
    assert!(
        said.contains("has another key already") && said.contains("state/known_hosts:1"),
        "{said}"
    );
    project.fine(&replace);
    let line = format!("{} {}\n", server.name(), server.host_key("ed25519"));
    assert_eq!(project.read("state/known_hosts"), line);
    project
        .write("state/known_hosts", format!("{line}@revoked * {}\n", server.host_key("ed25519")));
    let said = project.untouched(&replace, 1);
    assert!(said.contains("is revoked") && said.contains("state/known_hosts:2"), "{said}");
}

#[test]
fn keys_may_be_secrets_and_ways_may_lead_through_others() {
    let (Some(jump), Some(server)) = (Server::start(), Server::start()) else { return };
    let manifest = format!(
        "secret ssh = env(\"SSH_KEY\")\n\
         host jump {{\n  address = 127.0.0.1\n  ssh {{ port = {}, key_file = \"{}\" }}\n}}\n\
         host web {{\n  address = 127.0.0.1\n  ssh {{ port = {}, key = secret.ssh, jump = host.jump }}\n}}\n",
        jump.port,
        jump.path("id").display(),
        server.port,
    );
    let project = Project::of(&manifest).with("SSH_KEY", &server.read("id"));
    let lines = [&jump, &server].map(|it| format!("{} {}\n", it.name(), it.host_key("ed25519")));
    project.write("state/known_hosts", lines.concat());
    assert_eq!(project.fine("exec host.web -- echo inside"), "inside\n");
    assert_eq!(typed(&project, "shell host.web", "echo in''side; exit 4\n").1, 4);
}

/// How a shell asks for a line.
const PROMPTS: [&[u8]; 4] = [b"# ", b"$ ", b"#\x1b", b"#\r"];

/// A command line on a terminal on which somebody types this.
fn typed(project: &Project, line: &str, keys: &str) -> (String, i32) {
    let program = env!("CARGO_BIN_EXE_paas");
    let mut command = Command::new("script");
    command.args(["-qec", &format!("stty rows 24 cols 80; exec '{program}' {line}"), "/dev/null"]);
    project.surround(&mut command);
    command.env("TERM", "xterm").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("`script` of util-linux is there");
    let mut keyboard = child.stdin.take().expect("it was asked for");
    let mut screen = child.stdout.take().expect("it was asked for");
    let (mut shown, mut bytes) = (Vec::new(), [0; 4096]);
    let mut keys = Some(keys);
    loop {
        match screen.read(&mut bytes) {
            Ok(read) if read > 0 => shown.extend_from_slice(&bytes[..read]),
            Ok(_) | Err(_) => break,
        }
        // What is typed before the shell listens may be thrown away; mosh draws no blanks.
        if PROMPTS.iter().any(|prompt| shown.windows(2).any(|it| it == *prompt))
            && let Some(keys) = keys.take()
        {
            keyboard.write_all(keys.as_bytes()).expect("it is open");
        }
    }
    let code = child.wait().expect("it ends").code().unwrap_or(-1);
    (String::from_utf8_lossy(&shown).into_owned(), code)
}

#[test]
fn a_shell_is_opened_by_ssh_and_says_why() {
    let Some(server) = Server::start() else { return };
    let project = known(&server, "");
    let (shown, code) = typed(&project, "shell host.web", "echo in''side; exit 5\n");
    let why = format!("ssh to root@127.0.0.1:{}: mosh is not asked for", server.port);
    assert!(shown.contains(&why) && shown.contains("inside"), "{shown}");
    assert_eq!(code, 5);
}

#[test]
fn a_shell_does_not_trust_strangers() {
    let Some(server) = Server::start() else { return };
    let (shown, code) = typed(&project(&server, ""), "shell host.web", "");
    assert!(shown.contains("Host key verification failed"), "{shown}");
    assert_eq!(code, 255);
}

#[test]
fn a_shell_prefers_mosh_where_it_works() {
    let Some(server) =
        Server::with(&Setting { lines: &["AcceptEnv LANG LC_*"], ..Setting::default() })
    else {
        return;
    };
    let here = |program: &str| {
        let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
        found.is_ok_and(|it| it.status.success())
    };
    let project = known(&server, ", mosh = \"prefer\"");
    let (shown, code) = typed(&project, "shell host.web", "echo in''side; exit 5\n");
    let start = format!("to root@127.0.0.1:{}: ", server.port);
    if here("mosh") && here("mosh-server") {
        // It loses the code; the shell is there all the same.
        assert!(
            shown.contains(&format!("mosh {start}both ends have it, and UDP works")),
            "{shown}"
        );
    } else {
        assert!(shown.contains(&format!("ssh {start}mosh is not installed here")), "{shown}");
        assert_eq!(code, 5);
    }
    assert!(shown.contains("inside"), "{shown}");
}

#[test]
fn a_machine_that_is_away_is_told() {
    let Some(mut server) = Server::start() else { return };
    let project = known(&server, "");
    server.kill();
    let said = run(async { project.ends("exec host.web -- true", 255) });
    let why =
        format!("`host.web`: `127.0.0.1:{}` cannot be reached: connection refused", server.port);
    assert!(said.contains(&why), "{said}");
}

#[test]
fn a_container_is_reached_through_the_node_that_has_it() {
    let Some(lab) = crate::ssh::lab::Lab::start() else { return };
    let Some(pve) = crate::support::pve::cluster() else { return };
    let Some(server) = Server::with(&Setting { lab: Some(&lab), ..Setting::default() }) else {
        return;
    };
    lab.container(10_000, None);
    let manifest = pve.manifest(
        "container web {\n  on = cluster.home\n  template = \"debian-12-standard\"\n  \
         network = network.lan\n  ip = 10.9.0.20\n}\n",
    );
    let ssh = format!(
        "ssh {{ port = {}, key_file = \"{}\" }}\n  node pve1 {{ address = 127.0.0.1 }}\n  \
         node pve2 {{ address = 127.0.0.1 }}\n",
        server.port,
        server.path("id").display()
    );
    let manifest = manifest.replace("node pve1 {}\n  node pve2 {}\n", &ssh);
    let project = Project::of(&manifest).with("PVE_TOKEN", &pve.token());
    // A key that nobody knows stops an apply that would need it, too.
    let said = project.run("apply --yes");
    assert!(said.code != 0 && said.err.contains("`paas host-key accept"), "{}", said.err);
    project
        .write("state/known_hosts", format!("{} {}\n", server.name(), server.host_key("ed25519")));
    project.fine("apply --yes");
    let run = project.run("exec container.web -- sh -c 'hostname; echo oh >&2; exit 6'");
    assert_eq!((run.out.as_str(), run.err.as_str(), run.code), ("10000\n", "oh\n", 6));
    let run = project.run("exec cluster.home/node.pve1 -- printf %s 'on the node'");
    assert_eq!((run.out.as_str(), run.code), ("on the node", 0));
}
