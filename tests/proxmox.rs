//! Guests on a cluster whose API nobody here wrote.
//!
//! Where `fakepve` is not as Proxmox is, a test says so: resizing the disk of a virtual machine
//! does nothing there, a container never gets an address by DHCP, and no task warns.

mod copies;
mod cuts;
mod docker;
mod events;
mod faults;
mod foreign;
mod import;
mod inside;
mod kills;
mod lab;
mod life;
mod logins;
mod pending;
mod preflight;
mod snapshots;

/// Three containers.
const WEB: &str = "container web for i in [1, 2, 3] {\n  on = cluster.home\n  \
                   template = \"debian-12-standard\"\n  network = network.lan\n  \
                   ip = nth(network.lan.cidr, i + 10)\n  memory = 512MiB\n  tags = [\"web\"]\n}\n";
