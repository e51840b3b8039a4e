//! Files on machines: written whole, checked over there, and in place at once or not at all.

use std::time::Duration;

use crate::drivers::Fault;
use crate::drivers::ssh::session::{Exit, Rest, last_lines};
use crate::drivers::ssh::{Machines, Place};
use crate::model::digest;

/// A file gets this long, and more the larger it is.
const WRITING: Duration = Duration::from_secs(60);

/// A slow line carries so much in a second.
const BYTES_A_SECOND: u64 = 64 << 10;

/// Takes the content from its standard input and puts it beside the place where it belongs; if all
/// of it has come and is on the disk, one rename makes it the file.
///
/// When the connection breaks, nobody hears the complaint any more; what came goes all the same.
/// `dd` writes to the disk before it ends, with the programs of GNU and with BusyBox.
const WRITE: &str = r#"path=$1 mode=$2 size=$3 sum=$4
die() { echo "$1" >&2; exit 1; }
trap '' PIPE
case $path in */*) dir=${path%/*} ;; *) die 'its path is not absolute' ;; esac
[ -n "$dir" ] || dir=/
[ -d "$path" ] && die 'a folder stands there'
mkdir -p -- "$dir" || exit 1
umask 077
new=$(mktemp "${dir%/}/.paas-XXXXXX") || exit 1
trap 'rm -f -- "$new"' EXIT
trap 'exit 1' HUP INT TERM
said=$(dd of="$new" bs=65536 conv=fsync 2>&1) || die "it cannot be written: $said"
got=$(($(wc -c <"$new")))
[ "$got" = "$size" ] || die "only $got of $size bytes came"
got=$(sha256sum <"$new") || die 'there is no sha256sum'
[ "${got%% *}" = "$sum" ] || die 'something else came than was sent'
chmod "$mode" "$new" && mv -f -- "$new" "$path" || exit 1
trap - EXIT
sync "$dir" 2>/dev/null
echo written
"#;

impl Machines {
    /// Writes a file: afterwards it is there with all of `content` and with its mode, or the old
    /// one is as it was.
    ///
    /// A link in its place is replaced, not followed. Missing folders are made.
    pub async fn write(
        &self,
        at: &Place,
        path: &str,
        content: &[u8],
        mode: u32,
    ) -> Result<(), Fault> {
        let mode = format!("{:04o}", mode & 0o7777);
        let words = [path.to_owned(), mode, content.len().to_string(), digest(content)];
        let more = Duration::from_secs(content.len() as u64 / BYTES_A_SECOND);
        let rest = Rest::Bytes(content);
        let ran = self.scripted(at, &words, WRITE, rest, WRITING + more).await;
        let ran = ran.map_err(|stopped| stopped.fault(&format!("writing `{path}`"), &at.name()))?;
        match ran.exit {
            Exit::Code(0) if ran.stdout == b"written\n" => Ok(()),
            Exit::Code(_) | Exit::Signal(_) => Err(Fault::Refused(format!(
                "`{path}` cannot be written on {}: {}",
                at.name(),
                last_lines(&ran.stderr)
            ))),
        }
    }
}
