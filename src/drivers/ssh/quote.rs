//! How words reach a machine unharmed: the one place where anything is quoted for a shell.
//!
//! What is sent as the command never changes, so that no login shell can misread it. It is a small
//! loader that reads a script from its standard input and runs it; what follows the script is the
//! standard input of the script. Words that may be hostile stand in the script only, and there
//! each is quoted for a POSIX shell.

/// Where programs are: on Debian, Alpine and Proxmox, on NixOS, in snaps.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:\
                               /run/wrappers/bin:/run/current-system/sw/bin:/snap/bin";

/// Reads as many lines as its first line says, and runs them.
///
/// The shell's `read` takes byte for byte, so that nothing behind the script is lost. A script that
/// was cut off is not run. There is nothing in it that fish or csh read otherwise than `sh` inside
/// of single quotes.
const LOADER: &str = "LC_ALL=C; export LC_ALL; nl=$(printf \"\\nx\"); nl=${nl%x}; s=; \
                      read -r n && [ \"$n\" -gt 0 ] || exit 125; \
                      while [ \"$n\" -gt 0 ]; do IFS= read -r l || exit 125; s=\"$s$l$nl\"; \
                      n=$((n-1)); done; eval \"$s\"";

/// Whose rights a command gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// Those of whoever logs in.
    Own,
    /// Root's, by `sudo`, which must not ask for a password.
    Sudo,
}

/// The program and the arguments that load a script right here.
pub(super) fn here() -> [&'static str; 3] {
    ["/bin/sh", "-c", LOADER]
}

/// The line that loads a script on a machine.
pub(super) fn on_host(rights: Rights) -> String {
    match rights {
        Rights::Own => format!("exec /bin/sh -c '{LOADER}'"),
        Rights::Sudo => format!("exec sudo -n -H /bin/sh -c '{LOADER}'"),
    }
}

/// The line that loads a script inside of a container of a node.
///
/// `sudo` looks for `pct` itself, so that a rule for that one program is enough.
pub(super) fn in_container(rights: Rights, vmid: u32) -> String {
    let pct = match rights {
        Rights::Own => format!("/usr/bin/env PATH={PATH} pct"),
        Rights::Sudo => "sudo -n pct".to_owned(),
    };
    format!("exec {pct} exec {vmid} --keep-env 0 -- /bin/sh -c '{LOADER}'")
}

/// A script that finds `words` as its arguments, ready for the loader.
///
/// No shell can have a zero byte in a word: then there is nothing.
pub(super) fn script<W: AsRef<[u8]>>(words: &[W], body: &str) -> Option<Vec<u8>> {
    let mut text = format!("PATH={PATH}; export PATH; set --").into_bytes();
    for word in words {
        text.push(b' ');
        push_word(&mut text, word.as_ref())?;
    }
    text.push(b'\n');
    text.extend_from_slice(body.as_bytes());
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    let lines = text.iter().filter(|byte| **byte == b'\n').count();
    let mut framed = format!("{lines}\n").into_bytes();
    framed.append(&mut text);
    Some(framed)
}

fn push_word(text: &mut Vec<u8>, word: &[u8]) -> Option<()> {
    text.push(b'\'');
    for byte in word {
        match byte {
            0 => return None,
            b'\'' => text.extend_from_slice(b"'\\''"),
            byte => text.push(*byte),
        }
    }
    text.push(b'\'');
    Some(())
}
