//! Secrets that installed programs give: `sops`, `age`, and whatever the manifest names. What they
//! print may be a secret, so no message quotes it.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use zeroize::Zeroizing;

use crate::drivers::secrets::{BYTES_MAX, Missing, checked};
use crate::model::Hidden;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file as `sops` decrypts it, as JSON.
pub async fn sops(folder: &Path, file: &str) -> Result<Hidden, Missing> {
    let path = there(folder, file, "encrypt one with `sops`")?;
    sops_at(folder, file, &path, None).await
}

/// The same for one whose name does not tell what kind it is.
pub async fn sops_at(
    folder: &Path,
    file: &str,
    path: &Path,
    kind: Option<&str>,
) -> Result<Hidden, Missing> {
    let help = format!("see what it says: `sops --decrypt {file}`");
    let mut argv = vec!["--decrypt", "--output-type", "json"];
    argv.extend(kind.iter().flat_map(|kind| ["--input-type", kind]));
    let argv: Vec<OsString> = argv.into_iter().map(Into::into).collect();
    let output = run("sops", &argv, Some(path), folder, None, &help).await;
    let output = output.map_err(|missing| about(missing, file))?;
    checked(&output, &format!("what `sops` makes of `{file}`"), &help)
}

/// A file as `age` decrypts it.
pub async fn age(folder: &Path, file: &str) -> Result<Hidden, Missing> {
    let path = there(folder, file, "encrypt one with `age`")?;
    age_at(folder, file, &path).await
}

/// The same for one that has another name still.
pub async fn age_at(folder: &Path, file: &str, path: &Path) -> Result<Hidden, Missing> {
    let inline = inline_identity();
    let identities = identities();
    if identities.is_empty() && inline.is_none() {
        return Err(Missing::new(
            format!("there is no identity to decrypt `{file}` with"),
            "name its file: `export SOPS_AGE_KEY_FILE=…`, or put it where `sops` looks: \
             `~/.config/sops/age/keys.txt`",
        ));
    }
    let mut argv: Vec<OsString> = vec!["--decrypt".into()];
    for identity in &identities {
        argv.extend(["--identity".into(), identity.into()]);
    }
    if inline.is_some() {
        argv.extend(["--identity".into(), "-".into()]);
    }
    let help = format!(
        "is it encrypted for one of your identities? `age --decrypt --identity FILE {file}` tells"
    );
    let output =
        run("age", &argv, Some(path), folder, inline.as_ref().map(|it| it.as_str()), &help).await;
    let output = output.map_err(|missing| about(missing, file))?;
    checked(&output, &format!("what `age` makes of `{file}`"), &help)
}

/// What a program prints.
pub async fn command(folder: &Path, argv: &[String]) -> Result<Hidden, Missing> {
    let [program, arguments @ ..] = argv else {
        return Err(Missing::new("no program is named", "name one"));
    };
    let help = format!("run `{program}` by hand, in the folder of the manifest");
    let arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
    let output = run(program, &arguments, None, folder, None, &help).await?;
    checked(&output, &format!("what `{program}` prints"), &help)
}

/// An identity of `age` that the environment holds itself.
pub fn inline_identity() -> Option<Zeroizing<String>> {
    let inline = std::env::var("SOPS_AGE_KEY").ok().filter(|key| !key.trim().is_empty());
    inline.map(Zeroizing::new)
}

/// The files in which `age` finds what it decrypts with.
pub fn identities() -> Vec<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let named = |name: &str| named(name).filter(|it| !it.as_os_str().is_empty());
    if let Some(path) = named("AGE_IDENTITY").or_else(|| named("SOPS_AGE_KEY_FILE")) {
        return vec![path];
    }
    let home = named("HOME");
    let config = named("XDG_CONFIG_HOME").or_else(|| Some(home.clone()?.join(".config")));
    let usual = config.map(|it| [it.join("sops/age/keys.txt"), it.join("age/keys.txt")]);
    let found: Vec<PathBuf> = usual.into_iter().flatten().filter(|it| it.is_file()).collect();
    if !found.is_empty() {
        return found;
    }
    let keys = ["id_ed25519", "id_rsa"].map(|name| Some(home.clone()?.join(".ssh").join(name)));
    keys.into_iter().flatten().filter(|it| it.is_file()).collect()
}

/// The whole path of a file that is there.
fn there(folder: &Path, file: &str, help: &str) -> Result<PathBuf, Missing> {
    let path = folder.join(file);
    match std::fs::metadata(&path) {
        Ok(about) if about.is_file() => Ok(path),
        Ok(_) => Err(Missing::new(format!("`{file}` is not a regular file"), help)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Missing::new(format!("there is no file `{file}`"), help))
        }
        Err(error) => Err(Missing::new(format!("`{file}` cannot be read: {}", error.kind()), help)),
    }
}

/// Says which file a program was at.
pub fn about(missing: Missing, file: &str) -> Missing {
    Missing { why: format!("{}, with `{file}`", missing.why), ..missing }
}

/// Runs a program with nothing to read but `stdin`, and gives what it prints.
pub async fn run(
    program: &str,
    arguments: &[OsString],
    file: Option<&Path>,
    folder: &Path,
    stdin: Option<&str>,
    help: &str,
) -> Result<Zeroizing<Vec<u8>>, Missing> {
    let mut command = Command::new(program);
    command.args(arguments).args(file).current_dir(folder).kill_on_drop(true);
    command.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Missing::new(
            format!("the program `{program}` is not installed"),
            format!("install `{program}`, or put it on `PATH`"),
        ),
        kind => Missing::new(format!("`{program}` cannot be run: {kind}"), help),
    })?;
    let (mut input, output, errors) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let work = async {
        let feed = async {
            if let (Some(mut pipe), Some(text)) = (input.take(), stdin) {
                // One that reads nothing tells by its exit code what it made of that.
                let _ = pipe.write_all(text.as_bytes()).await;
            }
        };
        let (value, _, ()) = tokio::join!(all_of(output), all_of(errors), feed);
        (value, child.wait().await)
    };
    let (value, status) = tokio::time::timeout(PATIENCE, work).await.map_err(|_| {
        let why = format!("`{program}` did not end within {} seconds", PATIENCE.as_secs());
        Missing::new(why, help)
    })?;
    match status {
        Ok(status) if status.success() => value.ok_or_else(|| {
            Missing::new(format!("`{program}` prints more than {} MiB", BYTES_MAX >> 20), help)
        }),
        Ok(status) => Err(Missing::new(
            match status.code() {
                Some(code) => format!("`{program}` fails with exit code {code}"),
                None => format!("`{program}` was ended by a signal"),
            },
            help,
        )),
        Err(error) => Err(Missing::new(format!("`{program}` is lost: {}", error.kind()), help)),
    }
}

/// Everything that comes out of a pipe; nothing if that is too much. Buffers that were too small
/// are wiped.
async fn all_of(pipe: Option<impl AsyncRead + Unpin>) -> Option<Zeroizing<Vec<u8>>> {
    let mut pipe = pipe?;
    let mut all = Zeroizing::new(Vec::with_capacity(8 << 10));
    let mut part = Zeroizing::new([0; 8 << 10]);
    let mut too_much = false;
    loop {
        let count = pipe.read(&mut *part).await.ok()?;
        if count == 0 {
            return (!too_much).then_some(all);
        }
        too_much |= all.len() + count > BYTES_MAX;
        if too_much {
            continue;
        }
        if all.len() + count > all.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * all.capacity()));
            larger.extend_from_slice(&all);
            all = larger;
        }
        all.extend_from_slice(&part[..count]);
    }
}
