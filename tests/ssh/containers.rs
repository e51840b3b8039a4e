//! The inside of containers, through `pct exec` on their node; and machines with a network that
//! breaks.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use paas::drivers::Fault;
use paas::drivers::ssh::{Exit, Job, KnownKeys, Login, Machines, Place};
use paas::model::{MachineSeen, digest};

use crate::ssh::commands::{HOSTILE, echoed, sh};
use crate::ssh::lab::Lab;
use crate::ssh::server::{Server, Setting, fine, run, until};

/// A node with the container 100.
fn node() -> Option<(Lab, Server, Machines, Place)> {
    let lab = Lab::start()?;
    lab.container(100, None);
    let server = Server::with(&Setting { lab: Some(&lab), ..Setting::default() })?;
    let at = Place::Container { node: server.login(), vmid: 100 };
    Some((lab, server, Machines::default(), at))
}

#[test]
fn words_arrive_in_a_container_as_they_are() {
    let Some((_lab, _server, machines, inside)) = node() else { return };
    run(async {
        let words: Vec<Vec<u8>> = HOSTILE.iter().map(|it| it.to_vec()).collect();
        assert_eq!(echoed(&machines, &inside, &words).await, words);
        for number in 0..40_u32 {
            // Words of all lengths, out of everything that is special somewhere.
            let special = b"'\"\\ $`!%\n;&|<>(){}[]*?#~=-\xff\x01a";
            let word = |index: u32| {
                let (step, from) = (number as usize * 7 + 3, index as usize * 5);
                (0..number as usize).map(|at| special[(from + at * step) % special.len()]).collect()
            };
            let words: Vec<Vec<u8>> = (0..5).map(word).collect();
            assert_eq!(echoed(&machines, &inside, &words).await, words);
        }
    });
}

#[test]
fn a_container_is_its_own_machine() {
    let Some((lab, _server, machines, inside)) = node() else { return };
    run(async {
        assert_eq!(sh(&machines, &inside, "hostname").await.stdout, b"100\n");
        for code in [0, 1, 7, 255] {
            assert_eq!(
                sh(&machines, &inside, &format!("exit {code}")).await.exit,
                Exit::Code(code)
            );
        }
        // `pct` tells no signals.
        assert_eq!(sh(&machines, &inside, "kill -KILL $$").await.exit, Exit::Code(137));
        let ran = machines.run(&inside, &Job::new(["env"])).await.expect("it runs");
        let text = String::from_utf8(ran.stdout).expect("text");
        assert!(!text.contains("SSH_") && text.contains("HOME=/root\n"), "{text}");
        let every_byte: Vec<u8> = (0..2_000_000_u32).map(|it| it.to_le_bytes()[0]).collect();
        let job = Job { stdin: Some(every_byte.clone()), ..Job::new(["cat"]) };
        assert!(machines.run(&inside, &job).await.expect("it runs").stdout == every_byte);
        let path = "/etc/app/it's $1";
        machines.write(&inside, path, &every_byte, 0o640).await.expect("it is written");
        assert!(std::fs::read(lab.inside(100, path)).expect("it is there") == every_byte);
        let files = BTreeSet::from([path.to_owned(), "/etc/none".to_owned()]);
        let seen = machines.look(&inside, &files, &BTreeSet::new()).await.expect("it is seen");
        assert_eq!(seen.files.get(path), Some(&digest(&every_byte)));
        assert_eq!(seen.files.len(), 1);
    });
}

#[test]
fn busybox_is_enough() {
    let Some(lab) = Lab::start() else { return };
    if !std::path::Path::new("/usr/bin/busybox").exists() {
        println!("skipped: `busybox` is not installed");
        return;
    }
    lab.small_container(200);
    let setting = Setting { lab: Some(&lab), ..Setting::default() };
    let Some(server) = Server::with(&setting) else { return };
    let inside = Place::Container { node: server.login(), vmid: 200 };
    run(async {
        let machines = Machines::default();
        let words: Vec<Vec<u8>> = HOSTILE.iter().map(|it| it.to_vec()).collect();
        assert_eq!(echoed(&machines, &inside, &words).await, words);
        let content: Vec<u8> = (0..500_000_u32).map(|it| it.to_le_bytes()[0]).collect();
        let path = "/etc/app/it's\n$1";
        machines.write(&inside, path, &content, 0o640).await.expect("it is written");
        let files = BTreeSet::from([path.to_owned(), "/none".to_owned(), "/etc".to_owned()]);
        let services = BTreeSet::from(["caddy".to_owned()]);
        let seen = machines.look(&inside, &files, &services).await.expect("it is seen");
        assert_eq!(seen.files.get(path), Some(&digest(&content)));
        assert_eq!((seen.files.len(), seen.services.len()), (2, 0));
        let job = Job { stdin: Some(b"x".to_vec()), ..Job::new(["sh", "-c", "cat; exit 4"]) };
        let ran = machines.job(&inside, "small", &job).await.expect("it ends");
        assert_eq!((ran.exit, ran.stdout), (Exit::Code(4), b"x".to_vec()));
        let line = "sleep 300 & trap '' TERM; sleep 300; :";
        let job = Job { timeout: Duration::from_secs(1), ..Job::new(["sh", "-c", line]) };
        let fault = machines.run(&inside, &job).await.expect_err("it is late");
        assert!(matches!(&fault, Fault::Refused(why) if why.ends_with("was ended")), "{fault:?}");
        let left = sh(&machines, &inside, "ps -o args | grep -c '[s]leep 300'").await;
        assert_eq!(left.stdout, b"0\n");
    });
}

#[test]
fn a_container_that_is_stopped_or_elsewhere_is_away() {
    let Some((lab, server, machines, inside)) = node() else { return };
    let elsewhere = Place::Container { node: server.login(), vmid: 4711 };
    lab.stop(100);
    run(async {
        let nothing = BTreeSet::new();
        for at in [&inside, &elsewhere] {
            let seen = machines.look(at, &nothing, &nothing).await;
            assert_eq!(seen, Ok(MachineSeen::default()));
            let fault = machines.write(at, "/etc/x", b"x", 0o644).await.expect_err("it is away");
            assert!(matches!(fault, Fault::Refused(_)), "{fault:?}");
        }
        let waited = machines.wait_ready(&inside, Duration::from_secs(1)).await;
        let Err(Fault::Refused(why)) = waited else { panic!("{waited:?}") };
        let start = format!("{} took no commands within 1 s: ", inside.name());
        assert!(why.starts_with(&start) && why.contains("container '100' not running!"), "{why}");
    });
}

#[test]
fn a_command_in_a_container_is_ended() {
    let Some((lab, _server, machines, inside)) = node() else { return };
    run(async {
        let line = "trap '' TERM; echo $$ >/tmp/pid; sleep 300 & sleep 300; :";
        let job = Job { timeout: Duration::from_secs(1), ..Job::new(["sh", "-c", line]) };
        let fault = machines.run(&inside, &job).await.expect_err("it is late");
        assert!(matches!(&fault, Fault::Refused(why) if why.ends_with("was ended")), "{fault:?}");
        assert!(lab.inside(100, "/tmp/pid").exists(), "it had begun");
        let left = sh(&machines, &inside, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").await;
        let left = String::from_utf8_lossy(&left.stdout).into_owned();
        assert!(!left.contains("sleep 300"), "{left}");
    });
}

#[test]
fn a_job_in_a_container_outlives_its_node_s_server() {
    let Some((lab, mut server, machines, inside)) = node() else { return };
    let job =
        Job::new(["sh", "-c", "until [ -e /tmp/go ]; do sleep 0.05; done; echo done; exit 3"]);
    run(async {
        let task = tokio::spawn({
            let inside = inside.clone();
            async move { machines.job(&inside, "long", &job).await }
        });
        let pid = lab.inside(100, "/var/lib/paas/ops/long/pid");
        until("it has begun", || pid.exists());
        server.kill();
        server.restart();
        std::fs::write(lab.inside(100, "/tmp/go"), "").expect("a file");
        let ran = task.await.expect("no panic").expect("it ends");
        assert_eq!((ran.exit, ran.stdout), (Exit::Code(3), b"done\n".to_vec()));
    });
}

#[test]
fn a_cable_that_is_pulled_for_a_moment_breaks_nothing() {
    let Some(lab) = Lab::start() else { return };
    let key = lab.folder.path().join("id");
    crate::ssh::server::keygen(&key, "ed25519", "");
    // Others may run the same test at the same time.
    let id = 1000 + std::process::id() % 8000;
    let (address, cable) = (format!("10.231.77.{}", 2 + id % 250), format!("paas{id}"));
    lab.container(id, Some((&address, &key.with_extension("pub"))));
    let shown = lab.inside(id, "/etc/ssh/ssh_host_ed25519_key.pub");
    let shown = std::fs::read_to_string(shown).expect("it is there");
    let known = KnownKeys { files: Vec::new(), pinned: vec![shown.trim().to_owned()] };
    let login =
        Login { key_files: vec![key], agent: false, ..Login::new("root", &address, 22, known) };
    let at = Place::Host(login);
    run(async {
        let machines = Machines::default();
        machines.wait_ready(&at, Duration::from_secs(20)).await.expect("it comes up");
        let task = tokio::spawn({
            let (machines, at) = (machines.clone(), at.clone());
            async move { sh(&machines, &at, "touch /tmp/begun; sleep 1; echo still; hostname").await }
        });
        until("it has begun", || lab.inside(id, "/tmp/begun").exists());
        fine("ip", &["link", "set", &cable, "down"]);
        let start = Instant::now();
        let job = Job { timeout: Duration::from_millis(500), ..Job::new(["true"]) };
        let fault = machines.run(&at, &job).await.expect_err("nothing gets through");
        assert!(matches!(fault, Fault::Unknown(_)), "{fault:?}");
        assert!(start.elapsed() < Duration::from_secs(25));
        fine("ip", &["link", "set", &cable, "up"]);
        assert_eq!(task.await.expect("no panic").stdout, format!("still\n{id}\n").into_bytes());
        machines.close().await;
    });
}
