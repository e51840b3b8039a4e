//! A real `sshd` of OpenSSH on a port of its own, with users, keys and files of its own.

use std::fs;
use std::future::Future;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use paas::drivers::ssh::{KnownKeys, Login, Machines, Place};

use crate::ssh::lab::{Lab, script};

/// `correct horse`, as `/etc/shadow` has it.
const HASH: &str = "$6$paas$MWv8Twzu2mGjnNqwNupBXBkjmMlC2/9oX68McbHjxNXBQjVX/vbWNQRqnB9qq9AwhcmTvOkkuDUi/hlMsAt.01";

/// Ada's password.
pub const PASSWORD: &str = "correct horse";

/// A server, stopped when it goes.
pub struct Server {
    pub folder: tempfile::TempDir,
    pub port: u16,
    /// Where it listens.
    pub address: String,
    /// Its own network, if it has one: the name of that, and of its cable.
    cable: Option<String>,
    process: Child,
}

/// What a server is started with.
#[derive(Default)]
pub struct Setting<'a> {
    /// Lines of its configuration that come before ours, and so win.
    pub lines: &'a [&'a str],
    /// Algorithms of its keys; by default ed25519.
    pub host_keys: &'a [&'a str],
    /// An authority signs its keys for these names.
    pub certified_for: Option<&'a str>,
    /// A certificate that has run out.
    pub expired: bool,
    /// The shell of root and Ada; by default `/bin/sh`.
    pub shell: Option<&'a str>,
    /// Who may use `sudo`, as `/etc/sudoers` says it.
    pub sudoers: Option<&'a str>,
    /// It is a node with these containers.
    pub lab: Option<&'a Lab>,
    /// It has a network of its own: the name of its cable, and its address.
    pub cable: Option<(&'a str, &'a str)>,
}

/// Runs something asynchronous on threads of its own.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("threads").block_on(future)
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a program that must end well.
#[track_caller]
pub fn fine(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("`{program}`: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A new key in `path`.
pub fn keygen(path: &Path, algorithm: &str, passphrase: &str) {
    let path = path.to_str().expect("a path of ours");
    fine("ssh-keygen", &["-q", "-t", algorithm, "-N", passphrase, "-C", "test", "-f", path]);
}

impl Server {
    /// A server that lets root and Ada in with the key `id` in its folder; nothing where there is
    /// no `sshd` or where it cannot have users of its own.
    pub fn start() -> Option<Server> {
        Server::with(&Setting::default())
    }

    /// The same in another setting.
    pub fn with(setting: &Setting<'_>) -> Option<Server> {
        if !able() {
            return None;
        }
        let folder = tempfile::Builder::new().prefix("paas-ssh-").tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        keygen(&at("id"), "ed25519", "");
        fs::copy(at("id.pub"), at("authorized")).expect("a copy");
        fs::create_dir(at("home")).expect("a folder");
        if let Some((name, address)) = setting.cable {
            let script = script("container").display().to_string();
            fine(&script, &["cable", &folder.path().display().to_string(), name, address]);
        }
        let address = setting.cable.map_or("127.0.0.1", |(_, address)| address).to_owned();
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let mut config: String = setting.lines.iter().map(|line| format!("{line}\n")).collect();
        let kinds = if setting.host_keys.is_empty() { &["ed25519"][..] } else { setting.host_keys };
        for kind in kinds {
            let key = at(&format!("host_{kind}"));
            keygen(&key, kind, "");
            config.push_str(&format!("HostKey {}\n", key.display()));
            if let Some(names) = setting.certified_for {
                let certificate = certify(folder.path(), &key, names, setting.expired);
                config.push_str(&format!("HostCertificate {}\n", certificate.display()));
            }
        }
        config.push_str(&format!(
            "Port {port}\nListenAddress {address}\nUsePAM no\nStrictModes no\nPidFile none\n\
             PermitRootLogin yes\nPasswordAuthentication yes\nLogLevel ERROR\nMaxStartups 100\n\
             AuthorizedKeysFile {}\nMaxSessions 10\n",
            at("authorized").display()
        ));
        fs::write(at("sshd_config"), config).expect("a file");
        let home = at("home").display().to_string();
        let shell = setting.shell.unwrap_or("/bin/sh");
        if let Some(rule) = setting.sudoers {
            fs::write(at("sudoers"), rule).expect("a file");
            fs::set_permissions(at("sudoers"), fs::Permissions::from_mode(0o440)).expect("ours");
        }
        fs::write(
            at("passwd"),
            format!(
                "root:x:0:0:root:{home}:{shell}\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n\
                 ada:x:4242:4242::{home}:{shell}\n"
            ),
        )
        .expect("a file");
        fs::write(at("shadow"), format!("root:*:1::::::\nsshd:!:1::::::\nada:{HASH}:1::::::\n"))
            .expect("a file");
        if let Some(lab) = setting.lab {
            fs::create_dir(at("bin")).expect("a folder");
            fs::copy(script("pct"), at("bin/pct")).expect("a copy");
            fs::write(at("bin/folder"), lab.folder.path().display().to_string()).expect("a file");
            if setting.cable.is_some() {
                let net = format!("/proc/{}/ns/net", std::process::id());
                fs::write(at("bin/net"), net).expect("a file");
            }
        }
        let cable = setting.cable.map(|(name, _)| name.to_owned());
        let process = serve(folder.path(), cable.as_deref());
        let mut server = Server { folder, port, address, cable, process };
        let what = "the server answers";
        let ended = |server: &mut Server| server.process.try_wait().is_ok_and(|it| it.is_some());
        let at = (server.address.clone(), port);
        until(what, || TcpStream::connect((&*at.0, at.1)).is_ok() || ended(&mut server));
        assert!(!ended(&mut server), "sshd has ended: {}", server.read("log"));
        Some(server)
    }

    /// A file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The text of a file in its folder.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The server's own key, as files have it.
    pub fn host_key(&self, kind: &str) -> String {
        let text = self.read(&format!("host_{kind}.pub"));
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// The name under which files have it.
    pub fn name(&self) -> String {
        format!("[127.0.0.1]:{}", self.port)
    }

    /// Writes what is known of it: lines in which `NAME` and `KEY` are its own.
    pub fn known(&self, lines: &str) -> KnownKeys {
        self.known_by("known_hosts", lines)
    }

    fn known_by(&self, file: &str, lines: &str) -> KnownKeys {
        let key = self.host_key("ed25519");
        let lines = lines.replace("NAME", &self.name()).replace("KEY", &key);
        fs::write(self.path(file), lines).expect("a file");
        KnownKeys { files: vec![self.path(file)], pinned: Vec::new() }
    }

    /// Root with the right key; the server's key is known.
    pub fn login(&self) -> Login {
        let login =
            Login::new("root", &self.address, self.port, self.known_by("own_known", "NAME KEY\n"));
        Login { key_files: vec![self.path("id")], agent: false, ..login }
    }

    /// The place of that login.
    pub fn place(&self) -> Place {
        Place::Host(self.login())
    }

    /// Ends the server and every session, from one moment to the next.
    pub fn kill(&mut self) {
        let mut all = vec![self.process.id()];
        let mut index = 0;
        while let Some(parent) = all.get(index) {
            let children = children_of(*parent);
            all.extend(children);
            index += 1;
        }
        for id in all.into_iter().filter(|id| comm(*id).starts_with("sshd")) {
            // It may have ended meanwhile.
            let _ = Command::new("kill").args(["-KILL", &id.to_string()]).output();
        }
        let _ = self.process.wait();
    }

    /// Starts it again on the same port.
    pub fn restart(&mut self) {
        self.process = serve(self.folder.path(), self.cable.as_deref());
        let at = (self.address.as_str(), self.port);
        until("the server answers", || TcpStream::connect(at).is_ok());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if let Some(name) = &self.cable {
            let _ = Command::new(script("container")).args(["uncable", "-", name]).output();
        }
    }
}

/// Root at a new server, with machines to reach it by.
pub fn machine() -> Option<(Server, Machines, Place)> {
    let server = Server::start()?;
    let place = server.place();
    Some((server, Machines::default(), place))
}

/// Whether a server can be started here; says once why not.
fn able() -> bool {
    static ABLE: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ABLE.get_or_init(|| {
        // What is missing after that is told below.
        let _ = Command::new(script("prepare")).output();
        let line = "mkdir -p /run/sshd && test -x /usr/sbin/sshd && command -v ssh-keygen && \
                    unshare -m true";
        let tried = Command::new("sh").args(["-c", line]).output();
        let able = tried.is_ok_and(|it| it.status.success());
        if !able {
            println!("skipped: tests of SSH need root, `unshare` and OpenSSH's `sshd`");
        }
        able
    })
}

/// The server sees users of its own: nothing of the machine's own changes.
fn serve(folder: &Path, cable: Option<&str>) -> Child {
    let line = "mount --make-rprivate / && mount --bind passwd /etc/passwd && \
                mount --bind shadow /etc/shadow && \
                if [ -d bin ]; then mount --bind bin /usr/local/sbin; fi && \
                if [ -e sudoers ]; then mount --bind sudoers /etc/sudoers; fi && exec /usr/sbin/sshd -D -e -f \"$PWD/sshd_config\"";
    let log = fs::File::options().create(true).append(true).open(folder.join("log"));
    let inside = cable.map_or(Vec::new(), |name| vec!["ip", "netns", "exec", name]);
    let words = [&inside[..], &["unshare", "-m", "sh", "-c", line]].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(folder).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(log.expect("a file"));
    command.spawn().expect("`unshare` is there")
}

/// Has an authority sign a key, and gives back where the certificate is.
fn certify(folder: &Path, key: &Path, names: &str, expired: bool) -> PathBuf {
    let authority = folder.join("authority");
    if !authority.exists() {
        keygen(&authority, "ed25519", "");
    }
    let time = if expired { "20200101:20200102" } else { "-1d:+1d" };
    let (authority, public) = (authority.display().to_string(), format!("{}.pub", key.display()));
    let words = ["-q", "-s", &authority, "-I", "host", "-h", "-n", names, "-V", time, &public];
    fine("ssh-keygen", &words);
    PathBuf::from(format!("{}-cert.pub", key.display()))
}

fn children_of(parent: u32) -> Vec<u32> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn comm(id: u32) -> String {
    fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default()
}
