//! The keys of a guest's configuration, and what may stand behind each.

const CONTAINER_KEYS: &[&str] = &[
    "arch",
    "bwlimit",
    "cmode",
    "console",
    "cores",
    "cpulimit",
    "cpuunits",
    "debug",
    "description",
    "dev#",
    "entrypoint",
    "env",
    "features",
    "ha-managed",
    "hookscript",
    "hostname",
    "lock",
    "mp#",
    "memory",
    "nameserver",
    "net#",
    "onboot",
    "ostype",
    "protection",
    "rootfs",
    "searchdomain",
    "startup",
    "swap",
    "tags",
    "template",
    "timezone",
    "tty",
    "unprivileged",
    "unused#",
];

const MACHINE_KEYS: &[&str] = &[
    "acpi",
    "affinity",
    "agent",
    "args",
    "audio#",
    "balloon",
    "bios",
    "boot",
    "bwlimit",
    "cicustom",
    "cipassword",
    "citype",
    "ciupgrade",
    "ciuser",
    "cores",
    "cpu",
    "cpulimit",
    "cpuunits",
    "description",
    "efidisk#",
    "ha-managed",
    "hookscript",
    "hostpci#",
    "hotplug",
    "hugepages",
    "ide#",
    "ipconfig#",
    "keyboard",
    "kvm",
    "localtime",
    "lock",
    "machine",
    "memory",
    "name",
    "nameserver",
    "net#",
    "numa",
    "numa#",
    "onboot",
    "ostype",
    "protection",
    "reboot",
    "rng#",
    "sata#",
    "scsi#",
    "scsihw",
    "searchdomain",
    "serial#",
    "shares",
    "smbios#",
    "sockets",
    "sshkeys",
    "startup",
    "tablet",
    "tags",
    "template",
    "tpmstate#",
    "unused#",
    "usb#",
    "vcpus",
    "vga",
    "virtio#",
    "virtiofs#",
    "vmgenid",
    "watchdog",
];

/// What is understood when a guest is made, and then is no part of its configuration.
pub(super) const CREATE_KEYS: &[&str] = &[
    "archive",
    "force",
    "ignore-unpack-errors",
    "import-working-storage",
    "ostemplate",
    "password",
    "pool",
    "restore",
    "ssh-public-keys",
    "start",
    "storage",
    "unique",
    "vmid",
];

/// The keys of disks.
pub(super) const DISKS: &[&str] =
    &["rootfs", "mp#", "scsi#", "virtio#", "sata#", "ide#", "efidisk#", "tpmstate#", "unused#"];

/// The keys of what is on or off.
pub(super) const FLAGS: &[&str] =
    &["onboot", "protection", "unprivileged", "template", "debug", "kvm"];

/// The keys of counts.
pub(super) const NUMBERS: &[&str] =
    &["memory", "swap", "cores", "sockets", "balloon", "vcpus", "cpuunits"];

/// Whether a guest's configuration can have this key.
pub(super) fn is_key(container: bool, key: &str) -> bool {
    is_in(if container { CONTAINER_KEYS } else { MACHINE_KEYS }, key)
}

/// Whether `key` is in a list where `net#` stands for `net0`, `net1` and so on.
pub(super) fn is_in(list: &[&str], key: &str) -> bool {
    let stem = key.trim_end_matches(|c: char| c.is_ascii_digit());
    list.iter().any(|entry| match entry.strip_suffix('#') {
        Some(entry) => entry == stem && stem.len() < key.len(),
        None => *entry == key,
    })
}

/// `0` or `1`.
pub(super) fn flag<'a>(key: &str, value: &'a str) -> Result<&'a str, String> {
    let known = value == "0" || value == "1";
    known.then_some(value).ok_or_else(|| format!("`{key}` is `{value}`: it is either 0 or 1"))
}

/// A whole number.
pub(super) fn number(key: &str, value: &str) -> Result<u64, String> {
    let least = if key == "memory" { 16 } else { 0 };
    let number = value.parse().ok().filter(|number| *number >= least);
    number.ok_or_else(|| format!("`{key}` is `{value}`: it is a whole number from {least}"))
}

/// A name that DNS takes.
pub(super) fn host_name<'a>(key: &str, value: &'a str) -> Result<&'a str, String> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let good = value.split('.').all(label);
    good.then_some(value).ok_or_else(|| format!("`{key}` is `{value}`: that is no DNS name"))
}

/// Tags as they are kept: sorted, each once, with `;` between.
pub(super) fn tags(value: &str) -> Result<String, String> {
    let mut tags: Vec<&str> = value.split([',', ';', ' ']).filter(|it| !it.is_empty()).collect();
    let start = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let good = |tag: &&str| {
        tag.starts_with(start) && tag.chars().all(|c| start(c) || matches!(c, '-' | '+' | '.'))
    };
    if let Some(wrong) = tags.iter().find(|tag| !good(tag)) {
        return Err(format!("`{wrong}` is no tag: a-z, 0-9, `_`, and after the first `-+.`"));
    }
    tags.sort_unstable();
    tags.dedup();
    Ok(tags.join(";"))
}
