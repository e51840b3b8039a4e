//! Commands that outlive the connection.

use std::path::{Path, PathBuf};
use std::time::Duration;

use paas::drivers::Fault;
use paas::drivers::ssh::{Exit, Job, Machines, Place};

use crate::ssh::server::{machine, run, until};

fn script(line: &str) -> Job {
    Job::new(["sh", "-c", line])
}

/// A name that no other run of the tests has, and its folder.
fn named(what: &str) -> (String, PathBuf) {
    let name = format!("test-{}-{what}", std::process::id());
    let folder = Path::new("/var/lib/paas/ops").join(&name);
    (name, folder)
}

#[test]
fn a_job_gives_what_a_command_gives() {
    let Some((_server, machines, there)) = machine() else { return };
    run(async {
        for (at, what) in [(&Place::Here, "same-here"), (&there, "same-there")] {
            let (name, folder) = named(what);
            let line = "cat; echo oh >&2; echo \"$1\"; exit 7";
            let argv = ["sh", "-c", line, "sh", "it's `$1`\n"];
            let job = Job { stdin: Some(b"in\0put".to_vec()), ..Job::new(argv) };
            let ran = machines.job(at, &name, &job).await.expect("it ends");
            assert_eq!(ran.exit, Exit::Code(7));
            assert_eq!(ran.stdout, b"in\0putit's `$1`\n\n");
            assert_eq!(ran.stderr, b"oh\n");
            assert!(!folder.exists(), "it is forgotten");
            let left = std::fs::read_dir("/dev/shm").expect("it is there").flatten();
            // Others may have jobs, too.
            let left = left.filter(|it| std::fs::read(it.path()).is_ok_and(|it| it == b"in\0put"));
            assert_eq!(left.count(), 0, "its input is nowhere");
        }
    });
}

#[test]
fn a_job_outlives_the_server_and_is_found_again() {
    let Some((mut server, machines, there)) = machine() else { return };
    let (name, folder) = named("outlives");
    let go = server.path("go");
    let counted = server.path("counted");
    let job = script(&format!(
        "echo x >>{}; until [ -e {} ]; do sleep 0.05; done; echo done; exit 3",
        counted.display(),
        go.display()
    ));
    run(async {
        let first = tokio::spawn({
            let (machines, there, name, job) =
                (machines.clone(), there.clone(), name.clone(), job.clone());
            async move { machines.job(&there, &name, &job).await }
        });
        until("it has begun", || counted.exists() && folder.join("pid").exists());
        // Whoever asked is gone, and so is the connection.
        first.abort();
        server.kill();
        server.restart();
        let again = tokio::spawn({
            let (there, name, job) = (there.clone(), name.clone(), job.clone());
            async move { Machines::default().job(&there, &name, &job).await }
        });
        std::fs::write(&go, "").expect("a file");
        let ran = again.await.expect("no panic").expect("it ends");
        assert_eq!((ran.exit, ran.stdout), (Exit::Code(3), b"done\n".to_vec()));
        assert_eq!(std::fs::read(&counted).expect("it is there"), b"x\n", "it ran once");
        assert!(!folder.exists());
    });
}

#[test]
fn a_job_survives_a_server_that_comes_back() {
    let Some((mut server, machines, there)) = machine() else { return };
    let (name, folder) = named("survives");
    let go = server.path("go");
    let job = script(&format!("until [ -e {} ]; do sleep 0.05; done; echo done", go.display()));
    run(async {
        let task = tokio::spawn(async move { machines.job(&there, &name, &job).await });
        until("it has begun", || folder.join("pid").exists());
        server.kill();
        server.restart();
        std::fs::write(&go, "").expect("a file");
        let ran = task.await.expect("no panic").expect("it ends");
        assert_eq!((ran.exit, ran.stdout), (Exit::Code(0), b"done\n".to_vec()));
    });
}

#[test]
fn a_job_that_ended_unseen_is_not_run_again() {
    let Some((server, machines, there)) = machine() else { return };
    let (name, folder) = named("unseen");
    let counted = server.path("counted");
    let job = script(&format!("echo x >>{}; exit 5", counted.display()));
    run(async {
        let task = tokio::spawn({
            let (machines, there, name, job) =
                (machines.clone(), there.clone(), name.clone(), job.clone());
            async move { machines.job(&there, &name, &job).await }
        });
        until("it has begun", || counted.exists());
        task.abort();
        let _ = task.await;
        let ran = machines.job(&there, &name, &job).await.expect("it ends");
        assert_eq!(ran.exit, Exit::Code(5));
        let times = std::fs::read_to_string(&counted).expect("it is there").lines().count();
        // Who was aborted may have seen the end just before.
        assert!(times <= 2, "{times}");
        assert!(!folder.exists());
    });
}

#[test]
fn another_command_under_the_same_name_is_refused() {
    let Some((server, machines, there)) = machine() else { return };
    let (name, folder) = named("other");
    let go = server.path("go");
    let line = format!("until [ -e {} ]; do sleep 0.05; done", go.display());
    run(async {
        let task = tokio::spawn({
            let (machines, there, name) = (machines.clone(), there.clone(), name.clone());
            async move { machines.job(&there, &name, &script(&line)).await }
        });
        until("it has begun", || folder.join("pid").exists());
        let fault = machines.job(&there, &name, &script("true")).await;
        let why = format!("another command than `sh` runs as `{name}` on {}", there.name());
        assert_eq!(fault, Err(Fault::Refused(why)));
        std::fs::write(&go, "").expect("a file");
        assert_eq!(task.await.expect("no panic").expect("it ends").exit, Exit::Code(0));
    });
}

#[test]
fn a_job_that_was_struck_down_is_unknown_and_then_begun_anew() {
    let Some((server, machines, there)) = machine() else { return };
    let (name, folder) = named("struck");
    let (go, pid) = (server.path("go"), folder.join("pid"));
    let job = script(&format!("until [ -e {} ]; do sleep 0.05; done; echo done", go.display()));
    run(async {
        let task = tokio::spawn({
            let (machines, there, name, job) =
                (machines.clone(), there.clone(), name.clone(), job.clone());
            async move { machines.job(&there, &name, &job).await }
        });
        until("it has begun", || pid.exists());
        // As if the machine had been switched off.
        let id = std::fs::read_to_string(&pid).expect("it is there");
        let line = format!("kill -KILL {id} $(cat /proc/{id}/task/{id}/children)");
        machines.run(&there, &script(&line)).await.expect("it runs");
        let fault = task.await.expect("no panic").expect_err("nobody knows");
        assert!(matches!(fault, Fault::Unknown(_)), "{fault:?}");
        std::fs::write(&go, "").expect("a file");
        let ran = machines.job(&there, &name, &job).await.expect("it ends");
        assert_eq!(ran.stdout, b"done\n");
    });
}

#[test]
fn the_time_of_a_job_runs_out() {
    let Some((_server, machines, there)) = machine() else { return };
    let (name, folder) = named("late");
    run(async {
        let job = Job { timeout: Duration::from_secs(1), ..Job::new(["sleep", "300"]) };
        let fault = machines.job(&there, &name, &job).await;
        let place = there.name();
        let why = format!("`sleep` on {place} took longer than 1 s, and was ended");
        assert_eq!(fault, Err(Fault::Refused(why)));
        assert!(!folder.exists());
    });
}

#[test]
fn names_of_jobs_stay_in_their_folder() {
    run(async {
        for name in ["", ".", "..", "../x", "a/b", "a b", "a\nb", "é"] {
            let ran = Machines::default().job(&Place::Here, name, &script("true")).await;
            assert_eq!(ran, Err(Fault::Refused(format!("`{name}` cannot be the name of a job"))));
        }
    });
}
