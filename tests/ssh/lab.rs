//! Containers of LXC that last as long as a test, made by the scripts in `tests/lab`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder of containers; they go with it.
pub struct Lab {
    pub folder: tempfile::TempDir,
}

/// Where a script of the lab is.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab").join(name)
}

impl Lab {
    /// A lab without containers; nothing where LXC cannot run any.
    pub fn start() -> Option<Lab> {
        able().then(|| Lab { folder: tempfile::tempdir().expect("a folder") })
    }

    /// Makes a container, and starts it; with an address and a key it takes SSH.
    #[track_caller]
    pub fn container(&self, id: u32, machine: Option<(&str, &Path)>) {
        let output = self.make(id, machine).expect("the script runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes a container that has BusyBox for all of its programs, as Alpine has.
    #[track_caller]
    pub fn small_container(&self, id: u32) {
        let folder = self.folder.path().display().to_string();
        let script = script("container").display().to_string();
        crate::ssh::server::fine(&script, &["make", &folder, &id.to_string(), "busybox"]);
    }

    fn make(
        &self,
        id: u32,
        machine: Option<(&str, &Path)>,
    ) -> std::io::Result<std::process::Output> {
        let mut command = Command::new(script("container"));
        command.arg("make").arg(self.folder.path()).arg(id.to_string());
        if let Some((address, key)) = machine {
            command.arg(address).arg(key);
        }
        command.stdin(Stdio::null()).output()
    }

    /// Stops a container at once.
    pub fn stop(&self, id: u32) {
        let folder = self.folder.path().display().to_string();
        crate::ssh::server::fine("lxc-stop", &["-k", "-P", &folder, "-n", &id.to_string()]);
    }

    /// A path inside of a container, seen from outside.
    pub fn inside(&self, id: u32, path: &str) -> PathBuf {
        self.folder.path().join(id.to_string()).join("rootfs").join(path.trim_start_matches('/'))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = Command::new(script("container")).arg("remove").arg(self.folder.path()).output();
    }
}

/// Whether containers can be made here; says once why not.
fn able() -> bool {
    static ABLE: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ABLE.get_or_init(|| {
        let _ = Command::new(script("prepare")).output();
        let folder = tempfile::tempdir().expect("a folder");
        let lab = Lab { folder };
        let made = lab.make(99, None);
        let able = made.is_ok_and(|output| output.status.success());
        if !able {
            println!("skipped: tests in containers need root and LXC that can start one");
        }
        able
    })
}
