//! Every manifest has resources or problems, in bounded time.

#![no_main]

use libfuzzer_sys::fuzz_target;

mod project;

/// What most manifests stand on.
const PLATFORM: &str = r#"
secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
container web {
  on = cluster.home
  template = "debian-12-standard"
  network = network.lan
}
"#;

fuzz_target!(|text: &str| {
    project::compiled(&format!("{text}\n{PLATFORM}"));
});
