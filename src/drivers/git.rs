//! Modules out of git repositories, by the installed program: which commit a name stands for, and
//! the files of a commit.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::model::digest_all;

/// More files than this are no module.
const FILES_MAX: usize = 20_000;

/// A module larger than this is none, in bytes.
const BYTES_MAX: u64 = 256 << 20;

/// Where a repository is, and which of its commits is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repository {
    /// As git knows it: `https://git.example.com/paas/grafana`.
    pub url: String,
    /// A tag, a branch or a commit; without one the default branch.
    pub reference: Option<String>,
}

/// The files of one commit, somewhere on the disk.
#[derive(Debug)]
pub struct Checkout {
    /// The commit.
    pub commit: String,
    /// The digest of all of its files.
    pub digest: String,
    /// Where they are; they go when this does.
    folder: tempfile::TempDir,
}

impl Checkout {
    /// Moves the files to a place that has none yet.
    pub fn keep(self, place: &Path) -> io::Result<()> {
        std::fs::rename(self.folder.path().join("files"), place)
    }
}

/// Fetches what a repository has now, or one commit of it; `beside` is a folder of the same disk
/// as the place where the files will be kept.
pub fn fetch(
    repository: &Repository,
    commit: Option<&str>,
    beside: &Path,
) -> Result<Checkout, String> {
    let folder = tempfile::Builder::new().prefix(".fetching-").tempdir_in(beside);
    let folder = folder.map_err(|error| format!("nothing can be written: {error}"))?;
    let (git, files) = (folder.path().join("git"), folder.path().join("files"));
    std::fs::create_dir(&files).map_err(|error| format!("nothing can be written: {error}"))?;
    run(&["init", "--quiet", "--bare"], &[git.as_path()], None)?;
    let wanted = commit.or(repository.reference.as_deref()).unwrap_or("HEAD");
    let refuse = |text: &str| text.starts_with('-') || text.contains(char::is_whitespace);
    if refuse(wanted) || wanted.is_empty() || refuse(&repository.url) {
        return Err("its address or its `ref` cannot be one".to_owned());
    }
    let shallow = ["fetch", "--quiet", "--depth=1", "--no-tags", &repository.url, wanted];
    if let Err(why) = run(&shallow, &[], Some(&git)) {
        // Some servers give no single commits, but all of them.
        let Some(commit) = commit else { return Err(why) };
        let all = ["fetch", "--quiet", "--tags", &repository.url, "+refs/heads/*:refs/heads/*"];
        run(&all, &[], Some(&git))?;
        run(&["update-ref", "FETCH_HEAD", commit], &[], Some(&git))?;
    }
    let commit = run(&["rev-parse", "--verify", "FETCH_HEAD^{commit}"], &[], Some(&git))?;
    let commit = commit.trim().to_owned();
    let tree = format!("--work-tree={}", files.display());
    // A link in a module must not lead out of it: it becomes a file with the path as its text.
    let checkout = ["-c", "core.symlinks=false", &tree, "checkout", "--quiet", "--force", &commit];
    run(&[&checkout[..], &["--", "."]].concat(), &[], Some(&git))?;
    let digest = content(&files)?;
    Ok(Checkout { commit, digest, folder })
}

/// The digest of all files of a folder: their paths and what is in them.
pub fn content(folder: &Path) -> Result<String, String> {
    let mut paths = Vec::new();
    collect(folder, folder, &mut paths)?;
    paths.sort();
    let (mut parts, mut bytes) = (Vec::new(), 0);
    for path in paths {
        let read = std::fs::read(folder.join(&path));
        let content = read.map_err(|error| format!("`{}`: {error}", path.display()))?;
        bytes += content.len() as u64;
        if bytes > BYTES_MAX {
            return Err(format!("it is larger than {} MiB", BYTES_MAX >> 20));
        }
        parts.push((path.to_string_lossy().into_owned(), content));
    }
    Ok(digest_all(parts.iter().map(|(path, content)| (path.as_str(), content.as_slice()))))
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = std::fs::read_dir(folder);
    let entries = entries.map_err(|error| format!("`{}`: {error}", folder.display()))?;
    for entry in entries {
        let entry = entry.map_err(|error| error.to_string())?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(|error| error.to_string())?);
        if kind.is_dir() {
            collect(root, &path, found)?;
        } else if !kind.is_file() {
            return Err(format!("`{}` is no regular file", path.display()));
        } else if let Ok(path) = path.strip_prefix(root) {
            found.push(path.to_path_buf());
        }
        if found.len() > FILES_MAX {
            return Err(format!("it has more than {FILES_MAX} files"));
        }
    }
    Ok(())
}

/// Runs git without a terminal; what it says, or why it failed.
fn run(words: &[&str], paths: &[&Path], git: Option<&Path>) -> Result<String, String> {
    let mut command = Command::new("git");
    if let Some(git) = git {
        command.arg("--git-dir").arg(git);
    }
    command
        .args(["-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null"])
        .args(words)
        .args(paths)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "the program `git` is not installed".to_owned(),
        _ => format!("`git` cannot be run: {error}"),
    })?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            Err(said.trim_start_matches("fatal: ").trim().to_owned())
        }
    }
}
