//! Files that are written on machines.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use paas::drivers::Fault;
use paas::drivers::ssh::{Exit, Job, Machines, Place};

use crate::ssh::server::{machine, run, until};

/// What is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it is there");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("nobody else is here").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_there_with_everything_in_it() {
    let Some((server, machines, there)) = machine() else { return };
    let every_byte: Vec<u8> = (0..300_000_u32).map(|it| it.to_le_bytes()[0] ^ 7).collect();
    let contents: [&[u8]; 4] = [b"", b"no newline", b"\n\0\xff\r\n", &every_byte];
    run(async {
        for (at, folder) in [(&Place::Here, "here"), (&there, "there")] {
            let folder = server.path(folder).join("a/b c/it's \"$HOME\"\n-x");
            for (content, mode) in contents.into_iter().zip([0o600, 0o644, 0o755, 0o400]) {
                let path = folder.join("-file `x`");
                let name = path.to_str().expect("text");
                machines.write(at, name, content, mode).await.expect("it is written");
                assert!(std::fs::read(&path).expect("it is there") == content);
                let about = std::fs::metadata(&path).expect("it is there");
                assert_eq!(about.permissions().mode() & 0o7777, mode);
                assert_eq!(about.uid(), 0);
                assert_eq!(names(&folder), ["-file `x`"]);
            }
        }
    });
}

#[test]
fn what_cannot_be_written_is_refused_and_leaves_nothing() {
    let Some((server, machines, there)) = machine() else { return };
    let folder = server.path("files");
    std::fs::create_dir_all(folder.join("taken")).expect("a folder");
    std::fs::write(folder.join("file"), "old").expect("a file");
    run(async {
        for (path, why) in [
            (folder.join("taken"), "a folder stands there"),
            (folder.join("file/below"), "mkdir: "),
            ("/proc/no/such".into(), "mkdir: "),
        ] {
            let path = path.to_str().expect("text");
            let fault = machines.write(&there, path, b"new", 0o644).await;
            let Err(Fault::Refused(said)) = fault else { panic!("{fault:?}") };
            let start = format!("`{path}` cannot be written on {}: {why}", there.name());
            assert!(said.starts_with(&start), "{said}");
        }
        let fault = machines.write(&there, "relative", b"new", 0o644).await;
        assert!(matches!(fault, Err(Fault::Refused(why)) if why.ends_with("is not absolute")));
    });
    assert_eq!(names(&folder), ["file", "taken"]);
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let Some((server, machines, there)) = machine() else { return };
    let disk = server.path("disk");
    std::fs::create_dir(&disk).expect("a folder");
    run(async {
        // The server has mounts of its own, and so has every session.
        let line = format!(
            "unshare -m sh -c 'mount -t tmpfs -o size=1m none {0} && echo old >{0}/file && \
             exec sleep 300' >/dev/null 2>&1 & pid=$!; until [ -s /proc/$pid/root{0}/file ]; do sleep 0.05; done; echo $pid",
            disk.display()
        );
        let mut child = std::process::Command::new("sh");
        child.args(["-c", &line]).stdout(std::process::Stdio::piped());
        let mut child = child.spawn().expect("a shell");
        let mut said = String::new();
        let out = child.stdout.take().expect("it was asked for");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut said).expect("a line");
        let root = format!("/proc/{}/root{}", said.trim(), disk.display());
        let path = format!("{root}/file");
        let fault = machines.write(&there, &path, &vec![1; 3 << 20], 0o644).await;
        let Err(Fault::Refused(why)) = fault else { panic!("{fault:?}") };
        assert!(why.contains("it cannot be written") && why.contains("No space left"), "{why}");
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "old\n");
        assert_eq!(names(Path::new(&root)), ["file"]);
        let stop = Job::new(["kill", said.trim()]);
        assert_eq!(machines.run(&there, &stop).await.expect("it runs").exit, Exit::Code(0));
        let _ = child.wait();
    });
}

#[test]
fn a_link_is_replaced_and_not_followed() {
    let Some((server, machines, there)) = machine() else { return };
    let (link, target) = (server.path("link"), server.path("target"));
    std::fs::write(&target, "precious").expect("a file");
    std::os::unix::fs::symlink(&target, &link).expect("a link");
    run(async {
        machines.write(&there, link.to_str().expect("text"), b"new", 0o644).await.expect("written");
    });
    assert_eq!(std::fs::read(&target).expect("it is there"), b"precious");
    assert!(link.symlink_metadata().expect("it is there").is_file());
}

#[test]
fn a_write_that_breaks_off_leaves_the_old_file() {
    let Some((mut server, machines, there)) = machine() else { return };
    let folder = server.path("folder");
    std::fs::create_dir(&folder).expect("a folder");
    let path = folder.join("file");
    std::fs::write(&path, "old").expect("a file");
    run(async {
        let task = tokio::spawn({
            let (machines, there, path) = (machines.clone(), there.clone(), path.clone());
            let content = vec![7; 200 << 20];
            async move { machines.write(&there, path.to_str().expect("text"), &content, 0o644).await }
        });
        let begun = || {
            let entries = std::fs::read_dir(&folder).expect("it is there").flatten();
            entries.map(|it| it.metadata().map_or(0, |it| it.len())).max() > Some(1 << 20)
        };
        until("some of it has come", begun);
        server.kill();
        let fault = task.await.expect("no panic").expect_err("it broke off");
        assert!(matches!(fault, Fault::Unknown(_)), "{fault:?}");
    });
    until("what came is gone", || names(&folder) == ["file"]);
    assert_eq!(std::fs::read(&path).expect("it is there"), b"old");
}

#[test]
fn many_writers_of_one_file_leave_one_whole_file() {
    let Some((server, machines, there)) = machine() else { return };
    let path = server.path("shared/file");
    run(async {
        let tasks: Vec<_> = (0..12_u8)
            .map(|number| {
                let (machines, there, path) = (machines.clone(), there.clone(), path.clone());
                tokio::spawn(async move {
                    let (path, content) = (path.to_str().expect("text"), vec![number; 100_000]);
                    machines.write(&there, path, &content, 0o644).await.expect("it is written");
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
        Machines::close(&machines).await;
    });
    let content = std::fs::read(&path).expect("it is there");
    assert!(content.len() == 100_000 && content.iter().all(|it| *it == content[0]));
    assert_eq!(names(&server.path("shared")), ["file"]);
}
