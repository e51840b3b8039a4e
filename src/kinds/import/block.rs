//! Shared by guests and networks that are imported: a block in the making, and words of Proxmox.

use crate::kinds::guest::disk;
use crate::legible::push_visible;
use crate::model::GuestSeen;

/// A block in the making.
pub(super) struct Block(pub(super) String);

impl Block {
    pub(super) fn raw(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    pub(super) fn line(&mut self, name: &str, value: impl std::fmt::Display) {
        self.raw(&format!("{name} = {value}"));
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.line(name, literal(value));
    }

    pub(super) fn number(&mut self, name: &str, value: Option<&String>, usual: u32) {
        let value = value.and_then(|it| it.parse().ok()).unwrap_or(usual);
        if value != usual {
            self.line(name, value);
        }
    }

    pub(super) fn size(&mut self, name: &str, bytes: u64, usual: u64) {
        if bytes != usual {
            self.line(name, size(bytes));
        }
    }

    /// The size of a disk and its storage, out of `local-lvm:vm-100-disk-0,size=8G`.
    pub(super) fn disk(&mut self, name: &str, line: Option<&String>, usual: u64) {
        if let Some(bytes) = disk(line).and_then(|it| it.as_u64()) {
            self.size(name, bytes, usual);
        }
        let storage = line.and_then(|it| it.split_once(':')).map(|(storage, _)| storage);
        storage.into_iter().for_each(|it| self.text("storage", it));
    }

    pub(super) fn mount(&mut self, at: u32, line: &String) {
        let volume = line.split(',').next().unwrap_or_default();
        let path = option(line, "mp").unwrap_or_default();
        let name: String = path
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect();
        self.raw(&format!("mount m{at}{} {{", name.trim_end_matches('_')));
        self.text("path", path);
        match (volume.starts_with('/'), option(line, "size")) {
            (true, _) => self.text("host_path", volume),
            (false, Some(_)) => self.disk("size", Some(line), 0),
            (false, None) => self.text("volume", volume),
        }
        if let Some(backup) = option(line, "backup") {
            self.line("backup", backup == "1");
        }
        if option(line, "ro") == Some("1") {
            self.line("read_only", true);
        }
        self.line("slot", at);
        self.raw("}");
    }

    pub(super) fn device(&mut self, line: &str) {
        let path = line.split(',').next().unwrap_or_default();
        let path = path.strip_prefix("path=").unwrap_or(path);
        let name: String = path.chars().filter(char::is_ascii_alphanumeric).collect();
        self.raw(&format!("device {} {{", name.to_lowercase()));
        self.text("path", path);
        for (option_name, name) in [("uid", "uid"), ("gid", "gid")] {
            option(line, option_name).into_iter().for_each(|it| self.line(name, it));
        }
        option(line, "mode").into_iter().for_each(|it| self.text("mode", it));
        if option(line, "deny-write") == Some("1") {
            self.line("deny_write", true);
        }
        self.raw("}");
    }

    /// What containers and virtual machines both have.
    pub(super) fn common(&mut self, guest: &GuestSeen) {
        let get = |name: &str| guest.config.get(name).map_or("", String::as_str);
        if get("onboot") != "1" {
            self.line("on_boot", false);
        }
        if !guest.running {
            self.line("start", false);
        }
        let order = option(get("startup"), "order").filter(|it| it.parse::<u32>().is_ok());
        order.into_iter().for_each(|it| self.line("boot_order", it));
        if get("protection") == "1" {
            self.line("protection", true);
        }
        let tags = get("tags").split([';', ',', ' ']).filter(|it| !it.is_empty() && *it != "paas");
        let tags: Vec<String> = tags.map(literal).collect();
        if !tags.is_empty() {
            self.line("tags", format!("[{}]", tags.join(", ")));
        }
    }
}

/// The value of an option: `8G` of `local:vm-100-disk-0,size=8G`.
pub(super) fn option<'t>(line: &'t str, name: &str) -> Option<&'t str> {
    let parts = line.split(',').filter_map(|part| part.split_once('='));
    parts
        .map(|(other, value)| (other.trim(), value))
        .find(|(other, _)| *other == name)
        .map(|it| it.1)
}

fn size(bytes: u64) -> String {
    match bytes {
        0 => "0B".to_owned(),
        _ if bytes.trailing_zeros() >= 30 => format!("{}GiB", bytes >> 30),
        _ if bytes.trailing_zeros() >= 20 => format!("{}MiB", bytes >> 20),
        _ => format!("{}KiB", bytes >> 10),
    }
}

/// A string as a manifest writes it.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c => push_visible(&mut out, c),
        }
    }
    out.push('"');
    out
}
