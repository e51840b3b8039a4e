//! Who is let in, with what, and what is said to who is not.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use paas::drivers::Fault;
use paas::drivers::ssh::{Exit, Job, Login, Machines, Place};
use paas::model::Hidden;

use crate::ssh::server::{PASSWORD, Server, Setting, fine, keygen, run, until};

/// What logging in comes to: nothing, or why not.
fn refusal(login: Login) -> Option<String> {
    run(async {
        let machines = Machines::default();
        let whoami = Job::new(["true"]);
        match machines.run(&Place::Host(login), &whoami).await {
            Ok(ran) => {
                assert_eq!(ran.exit, Exit::Code(0));
                None
            }
            Err(Fault::Refused(why)) => Some(why),
            Err(Fault::Unknown(why)) => panic!("unknown: {why}"),
        }
    })
}

fn inside(login: Login) {
    assert_eq!(refusal(login), None);
}

fn nobody(server: &Server) -> Login {
    Login { key_files: Vec::new(), ..server.login() }
}

/// An agent with keys, stopped when it goes.
struct Agent(Child);

impl Agent {
    fn start(server: &Server, keys: &[&str]) -> Agent {
        let socket = server.path("agent");
        let mut command = Command::new("ssh-agent");
        command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).stderr(Stdio::null());
        let agent = Agent(command.spawn().expect("`ssh-agent` is there"));
        until("the agent listens", || socket.exists());
        for key in keys {
            let line = format!(
                "SSH_AUTH_SOCK={} ssh-add -q {}",
                socket.display(),
                server.path(key).display()
            );
            fine("sh", &["-c", &line]);
        }
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It has ended already, or does so now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_key_in_a_file_lets_in() {
    let Some(server) = Server::start() else { return };
    let files = vec![server.path("not-there"), server.path("id")];
    inside(Login { key_files: files, ..server.login() });
}

#[test]
fn a_key_out_of_a_secret_lets_in() {
    let Some(server) = Server::start() else { return };
    let key = Some(Hidden::new(server.read("id")));
    inside(Login { key, ..nobody(&server) });
    // Editors and programs take the newline at the end away.
    let key = Some(Hidden::new(server.read("id").trim_end().to_owned()));
    inside(Login { key, ..nobody(&server) });
}

#[test]
fn keys_of_every_kind_let_in() {
    let Some(server) = Server::start() else { return };
    for kind in ["rsa", "ecdsa", "ed25519"] {
        let name = format!("other_{kind}");
        keygen(&server.path(&name), kind, "");
        let public = server.read(&format!("{name}.pub"));
        std::fs::write(server.path("authorized"), public).expect("a file");
        inside(Login { key_files: vec![server.path(&name)], ..nobody(&server) });
    }
}

#[test]
fn who_has_nothing_is_told_so() {
    let Some(server) = Server::start() else { return };
    let why = format!(
        "`root@127.0.0.1:{}` lets nobody in: there is no key and no password to try",
        server.port
    );
    assert_eq!(refusal(nobody(&server)), Some(why));
}

#[test]
fn a_wrong_key_is_named() {
    let Some(server) = Server::start() else { return };
    keygen(&server.path("wrong"), "ed25519", "");
    let file = server.path("wrong");
    let why = format!(
        "`root@127.0.0.1:{}` lets nobody in: the key in `{}` is refused",
        server.port,
        file.display()
    );
    assert_eq!(refusal(Login { key_files: vec![file], ..server.login() }), Some(why));
}

#[test]
fn an_encrypted_key_says_what_to_type() {
    let Some(server) = Server::start() else { return };
    keygen(&server.path("locked"), "ed25519", "a passphrase");
    let file = server.path("locked");
    let shown = file.display();
    let why = format!(
        "`root@127.0.0.1:{}` lets nobody in: the key in `{shown}` is encrypted, and only an agent \
         can use it; type `ssh-add {shown}`",
        server.port
    );
    assert_eq!(refusal(Login { key_files: vec![file], ..server.login() }), Some(why));
}

#[test]
fn what_is_no_key_is_told() {
    let Some(server) = Server::start() else { return };
    std::fs::write(server.path("text"), "hello\n").expect("a file");
    let login = Login { key_files: vec![server.path("text")], ..server.login() };
    let login = Login { key: Some(Hidden::new("a secret".to_owned())), ..login };
    let why = refusal(login).expect("nobody is let in");
    assert!(why.contains("the key of the manifest is no private key; the key in `"), "{why}");
    assert!(!why.contains("a secret"), "{why}");
}

#[test]
fn the_password_comes_last() {
    // `PasswordAuthentication` alone is off in some places, which ask the other way.
    let Some(server) = Server::start() else { return };
    keygen(&server.path("wrong"), "ed25519", "");
    let login = Login { user: "ada".to_owned(), ..server.login() };
    let wrong = vec![server.path("wrong")];
    let with = |password: &str| Login {
        key_files: wrong.clone(),
        password: Some(Hidden::new(password.to_owned())),
        ..login.clone()
    };
    // Ada is let in, and has no rights of root's; that is another refusal.
    let why = refusal(with(PASSWORD)).expect("no `sudo` for Ada");
    let name = format!("`ada@127.0.0.1:{}`", server.port);
    let start = format!("`true` on {name}: {name} must be allowed to use `sudo`");
    let plain = format!("{name} must be allowed to use `sudo` without a password: ");
    assert!(why.starts_with(&plain) || why.starts_with(&start), "{why}");
    let why = refusal(with("wrong horse")).expect("a wrong password");
    assert!(why.ends_with("is refused; the password is refused"), "{why}");
    assert!(!why.contains("horse"), "{why}");
    // Servers that take no password let somebody in without one; it must not be asked then.
    let why = refusal(with("")).expect("no password");
    assert!(!why.contains("password"), "{why}");
}

#[test]
fn the_agent_has_keys() {
    let Some(server) = Server::start() else { return };
    keygen(&server.path("other"), "ed25519", "");
    let _agent = Agent::start(&server, &["other", "id"]);
    let output = probe(&server, &["agent"]);
    assert_eq!(output, "inside");
    std::fs::remove_file(server.path("authorized")).expect("it is there");
    let output = probe(&server, &["agent"]);
    assert!(
        output.contains("the agent's key `test` is refused; the agent's key `test`"),
        "{output}"
    );
}

#[test]
fn many_wrong_keys_do_not_hide_the_right_proof() {
    let Some(server) = Server::with(&Setting { lines: &["MaxAuthTries 3"], ..Setting::default() })
    else {
        return;
    };
    let names: Vec<String> = (0..7).map(|number| format!("key{number}")).collect();
    names.iter().for_each(|name| keygen(&server.path(name), "ed25519", ""));
    let mut key_files: Vec<_> = names.iter().map(|name| server.path(name)).collect();
    key_files.push(server.path("id"));
    inside(Login { key_files, ..server.login() });
}

#[test]
fn waiting_tells_where_and_how_long() {
    let Some(mut server) = Server::start() else { return };
    let (login, port) = (server.login(), server.port);
    server.kill();
    run(async {
        let machines = Machines::default();
        let waited = machines.wait_ready(&Place::Host(login.clone()), Duration::from_secs(1)).await;
        let why = format!(
            "`root@127.0.0.1:{port}` took no commands within 1 s: `127.0.0.1:{port}` cannot be \
             reached: connection refused"
        );
        assert_eq!(waited, Err(Fault::Refused(why)));
        let task = tokio::spawn(async move {
            machines.wait_ready(&Place::Host(login), Duration::from_secs(30)).await
        });
        server.restart();
        assert_eq!(task.await.expect("no panic"), Ok(()));
    });
}

/// Logs in in a process of its own, which alone can have another agent.
fn probe(server: &Server, _how: &[&str]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "--nocapture", "ssh::logging_in::probed"]);
    command.env("SSH_AUTH_SOCK", server.path("agent"));
    command.env("PAAS_TEST_SERVER", server.port.to_string());
    command.env("PAAS_TEST_KNOWN", server.path("known_hosts"));
    server.known("NAME KEY\n");
    let output = command.output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.split_once("probed: "));
    line.map(|(_, said)| said.to_owned()).unwrap_or(text)
}

/// The other half of [`probe`]; by itself it does nothing.
#[test]
fn probed() {
    let Ok(port) = std::env::var("PAAS_TEST_SERVER") else { return };
    let files = vec![std::env::var("PAAS_TEST_KNOWN").expect("both are set").into()];
    let known = paas::drivers::ssh::KnownKeys { files, pinned: Vec::new() };
    let login = Login::new("root", "127.0.0.1", port.parse().expect("a port"), known);
    println!("probed: {}", refusal(login).unwrap_or_else(|| "inside".to_owned()));
}
