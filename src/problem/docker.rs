//! What is behind an error of Docker on a machine: P6321 to P6323.

use crate::problem::Problem;

/// What a failure says that has a known cause; `at` is what failed.
pub fn diagnosed(at: &str, said: &str) -> Option<Problem> {
    let has = |part: &str| said.contains(part);
    let denied = has("permission denied") || has("operation not permitted");
    let docker = has("OCI runtime") || has("runc") || has("Docker") || has("docker");
    if denied && has("ip_unprivileged_port_start") {
        return Some(old_profile(at));
    }
    if docker && has("session key") {
        return Some(no_keyctl(at));
    }
    let nests = ["to rootfs", "mount overlay", "mount proc", "remount", "unshare", "cgroup"];
    let nests = nests.into_iter().any(has);
    (docker && denied && nests).then(|| not_nested(at))
}

/// P6321: a newer runc under an older profile of AppArmor.
fn old_profile(at: &str) -> Problem {
    let message = format!("`{at}`: AppArmor of the node refuses what runc 1.3.3 and newer do");
    Problem::error("P6321", message)
        .help("on the node: `apt-get update && apt-get dist-upgrade`, then restart the container")
        .help("or keep an older engine in the container: `apt-mark hold containerd.io`")
        .help("or make the machine a `vm`")
        .note("it is the profile in which the node runs containers that is too old, not Docker")
}

/// P6322: a container in which no others can be.
fn not_nested(at: &str) -> Problem {
    let message = format!("`{at}`: its container does not let Docker make containers");
    Problem::error("P6322", message)
        .help("write `features { nesting = true, keyctl = true }` in the container")
        .note("only root may set `keyctl`: the cluster needs an `ssh` block for it")
}

/// P6323: a container without keys of the kernel.
fn no_keyctl(at: &str) -> Problem {
    let message = format!("`{at}`: its container does not let Docker keep keys in the kernel");
    Problem::error("P6323", message)
        .help("write `features { nesting = true, keyctl = true }` in the container")
        .note("only root may set `keyctl`: the cluster needs an `ssh` block for it")
}
