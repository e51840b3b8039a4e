//! Places for generated secrets, each with what it needs: identities, rules, a server.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::project::Project;
use crate::support::vault::Vault;

/// A place for generated secrets.
pub struct Place {
    /// How the manifest writes it: `age("x.age")`.
    pub written: &'static str,
    /// The file, if it is one.
    pub file: Option<&'static str>,
    /// The server, if it is one.
    pub vault: Option<Vault>,
}

/// A key of `age`: the identity, and who it is encrypted for. Nothing if it is not installed.
pub fn identity() -> Option<(String, String)> {
    let text = String::from_utf8(output("age-keygen", &[], "")?).unwrap();
    let public = text.lines().find_map(|line| line.strip_prefix("# public key: "));
    Some((text.clone(), public.unwrap().to_owned()))
}

/// What a program prints, or nothing if it is not installed.
pub fn output(program: &str, arguments: &[&str], input: &str) -> Option<Vec<u8>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        let _ = writeln!(std::io::stderr(), "skipped: `{program}` is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// Every place that can be had here, and the one beside the state.
pub fn all() -> Vec<Place> {
    let local = Place { written: "local()", file: None, vault: None };
    let mut all = vec![local, vault(2), vault(1)];
    all.extend(elsewhere());
    all
}

/// The places that are files of other programs.
pub fn elsewhere() -> Vec<Place> {
    let mut all = Vec::new();
    if identity().is_some() {
        let (written, file) = ("age(\"secrets/generated.age\")", "secrets/generated.age");
        all.push(Place { written, file: Some(file), vault: None });
        if output("sops", &["--version", "--disable-version-check"], "").is_some() {
            let (written, file) = ("sops(\"secrets/all.yaml\")", "secrets/all.yaml");
            all.push(Place { written, file: Some(file), vault: None });
            let (written, file) = ("sops(\"secrets/all.json\")", "secrets/all.json");
            all.push(Place { written, file: Some(file), vault: None });
        }
    }
    all
}

/// A Vault with a store of this version.
pub fn vault(version: u64) -> Place {
    Place { written: "vault(\"kv/paas/prod\")", file: None, vault: Some(Vault::start(version)) }
}

impl Place {
    /// A manifest that keeps its secrets here.
    pub fn manifest(&self, rest: &str) -> String {
        format!("paas {{ secrets = {} }}\n{rest}", self.written)
    }

    /// A project that keeps its secrets here.
    pub fn project(&self, rest: &str) -> Project {
        self.open(equipped(Project::of(&self.manifest(rest))))
    }

    /// The same project with the address of the server.
    pub fn open(&self, project: Project) -> Project {
        match &self.vault {
            Some(vault) => project.with("VAULT_ADDR", &vault.address).with("VAULT_TOKEN", "t0ken"),
            None => project,
        }
    }
}

/// A project whose owner has an identity of `age`, for whom `sops` encrypts.
pub fn equipped(project: Project) -> Project {
    let Some((key, public)) = identity() else { return project };
    project.write("../home/.config/sops/age/keys.txt", key);
    project.write(".sops.yaml", format!("creation_rules:\n  - age: {public}\n"));
    project
}
