//! A Proxmox API that nobody here wrote, on loopback: the package `fakepve`, run by Python.
#![expect(clippy::needless_pass_by_value, reason = "what is given is written with `json!`")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::{Value, json};

use crate::support::project::Project;

/// The version whose behaviour is known here.
const PACKAGE: &str = "fakepve[crypto]==0.5.0";

/// What it takes every token for.
const SECRET: &str = "11111111-2222-3333-4444-555555555555";

/// A running server.
pub struct Pve {
    child: Child,
    /// Where it listens.
    pub port: u16,
    /// The SHA-256 of its certificate.
    pub fingerprint: String,
    talk: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

/// A Python that has the package; nothing where it cannot be had.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = PYTHON.get_or_init(|| {
        let has = |python: &Path| {
            let mut command = Command::new(python);
            command.args(["-c", "import fakepve, cryptography"]).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lab/python");
        let inside = folder.join("bin/python3");
        if has(&inside) {
            return Some(inside);
        }
        let done = |command: &mut Command| {
            command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let made = done(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let mut pip = Command::new(&inside);
        let pip = pip.args(["-m", "pip", "install", "--quiet", PACKAGE]);
        (made && done(pip) && has(&inside)).then_some(inside)
    });
    found.as_deref()
}

/// A cluster of two nodes; nothing, and one line that says so, where Python has no package for it.
pub fn cluster() -> Option<Pve> {
    cluster_with(json!({}))
}

/// The same with other options for `tests/lab/cluster.py`.
pub fn cluster_with(options: Value) -> Option<Pve> {
    let Some(python) = python() else {
        let required = std::env::var_os("PAAS_LAB").is_some();
        assert!(!required, "`{PACKAGE}` cannot be installed, and PAAS_LAB asks for it");
        println!("skipped: `{PACKAGE}` cannot be installed, so there is no cluster to ask");
        return None;
    };
    let mut all = json!({
        "nodes": ["pve1", "pve2"],
        "storages": { "local-lvm": "rootdir,images" },
        "images": [
            ["local", "debian-12-standard_12.7-1_amd64.tar.zst"],
            ["imports", "debian-12-generic.qcow2"],
        ],
    });
    all["storages"]["imports"] = "import".into();
    let (Some(all_of), Some(options)) = (all.as_object_mut(), options.as_object()) else {
        unreachable!("both are objects")
    };
    all_of.extend(options.clone());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/cluster.py");
    let mut child = Command::new(python)
        .arg(script)
        .arg(all.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let hello: Value = serde_json::from_str(&line).expect("the server says where it is");
    let port = hello["port"].as_u64().unwrap().try_into().unwrap();
    let fingerprint = hello["fingerprint"].as_str().unwrap().to_owned();
    Some(Pve { child, port, fingerprint, talk: Mutex::new((stdin, stdout)) })
}

impl Pve {
    /// Does something to the server; see `tests/lab/cluster.py`.
    #[track_caller]
    pub fn ask(&self, deed: &str, with: Value) -> Value {
        self.ask_named(deed, with, json!({}))
    }

    /// The same with named arguments.
    #[track_caller]
    pub fn ask_named(&self, deed: &str, with: Value, named: Value) -> Value {
        let line = json!({ "do": deed, "with": with, "and": named }).to_string();
        let mut talk = self.talk.lock().unwrap();
        writeln!(talk.0, "{line}").unwrap();
        talk.0.flush().unwrap();
        let mut answer = String::new();
        talk.1.read_line(&mut answer).unwrap();
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["error"].is_null(), "{line}: {}", answer["error"]);
        answer["is"].take()
    }

    /// Every guest as it is.
    #[track_caller]
    pub fn guests(&self) -> Vec<Value> {
        self.ask("guests", json!([])).as_array().unwrap().clone()
    }

    /// The guest with a number.
    #[track_caller]
    pub fn guest(&self, vmid: u64) -> Value {
        let guests = self.guests();
        let found = guests.iter().find(|it| it["vmid"] == vmid);
        found.unwrap_or_else(|| panic!("there is no guest {vmid}: {guests:?}")).clone()
    }

    /// What was asked since the last time: `PUT /nodes/pve1/lxc/101/config`.
    #[track_caller]
    pub fn requests(&self) -> Vec<String> {
        let all = self.ask("requests", json!([]));
        let text = |it: &Value| {
            let path = it[1].as_str().unwrap();
            format!("{} {}", it[0].as_str().unwrap(), path.trim_start_matches("/api2/json"))
        };
        all.as_array().unwrap().iter().map(text).collect()
    }

    /// The token of somebody who may do everything that tokens may.
    pub fn token(&self) -> String {
        format!("root@pam!paas={SECRET}")
    }

    /// The start of a manifest: this cluster, and a network.
    pub fn manifest(&self, rest: &str) -> String {
        format!(
            "secret pve = env(\"PVE_TOKEN\")\n\
             cluster home {{\n  api = \"https://127.0.0.1:{}\"\n  token = secret.pve\n  \
             tls {{ fingerprint = \"{}\" }}\n  node pve1 {{}}\n  node pve2 {{}}\n}}\n\
             network lan {{ cluster = cluster.home, cidr = 10.9.0.0/24, gateway = 10.9.0.1 }}\n\
             {rest}",
            self.port, self.fingerprint
        )
    }

    /// A project on this cluster.
    pub fn project(&self, rest: &str) -> Project {
        Project::of(&self.manifest(rest)).with("PVE_TOKEN", &self.token())
    }
}

impl Drop for Pve {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
