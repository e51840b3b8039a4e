//! Commands: words, input, output, codes, time, and the end of those that nobody wants any more.

use std::time::{Duration, Instant};

use paas::drivers::Fault;
use paas::drivers::ssh::{Exit, Job, Login, Machines, Place, Ran};
use proptest::prelude::prop;
use proptest::test_runner::{Config, TestRunner};

use crate::ssh::server::{Server, Setting, machine, run, until};

/// Words with everything that a shell could misread.
pub const HOSTILE: &[&[u8]] = &[
    b"",
    b" ",
    b"two words",
    b"'",
    b"\"",
    b"''\"\"''",
    b"it's \"so\"",
    b"\n",
    b"a\nb\n\nc\n",
    b"\\",
    b"\\\\n\\",
    b"$HOME $(id) ${x:-y} $$ $1 $@",
    b"`id`",
    b"!",
    b"!!:p",
    b"%s %d %%",
    b"-",
    b"--",
    b"-rf",
    b"--help",
    b"*",
    b"?[a-z]*",
    b"~root",
    b"a=b",
    b";",
    b"&& false",
    b"| cat",
    b"> /dev/null",
    b"#no comment",
    b"\t\r\x0b\x0c",
    b"\x01\x02\x1b[31m\x7f",
    b"\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\xff\xfe",
    "ÄÖÜ → 语言 🦀".as_bytes(),
    b"{a,b}",
    b"x'\n'; echo; '",
    b"EOF\nCOMPOSEYAML\n",
];

/// Prints its arguments, each with a zero byte behind it.
const SHOW: &str = "for word; do printf '%s\\0' \"$word\"; done";

fn job(words: &[&str]) -> Job {
    Job::new(words.iter().copied())
}

/// Runs a line of shell.
pub async fn sh(machines: &Machines, at: &Place, line: &str) -> Ran {
    machines.run(at, &job(&["sh", "-c", line])).await.expect("it runs")
}

/// What came of words that another machine was told to print.
pub async fn echoed(machines: &Machines, at: &Place, words: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut argv: Vec<Vec<u8>> = ["sh", "-c", SHOW, "sh"].map(Vec::from).into();
    argv.extend_from_slice(words);
    let ran = machines.run(at, &Job::new(argv)).await.expect("it runs");
    assert_eq!((ran.exit, ran.stderr), (Exit::Code(0), Vec::new()));
    let mut words: Vec<Vec<u8>> = ran.stdout.split(|it| *it == 0).map(Vec::from).collect();
    assert_eq!(words.pop(), Some(Vec::new()));
    words
}

#[test]
fn words_arrive_as_they_are() {
    let Some((_server, machines, there)) = machine() else { return };
    run(async {
        let words: Vec<Vec<u8>> = HOSTILE.iter().map(|it| it.to_vec()).collect();
        for at in [&Place::Here, &there] {
            assert_eq!(echoed(&machines, at, &words).await, words);
        }
    });
}

#[test]
fn no_login_shell_misreads_a_word() {
    let shells = ["bash", "dash", "zsh", "fish", "tcsh", "ksh"].map(|it| format!("/usr/bin/{it}"));
    for shell in shells.iter().filter(|it| std::path::Path::new(it).exists()) {
        let setting = Setting { shell: Some(shell), ..Setting::default() };
        let Some(server) = Server::with(&setting) else { return };
        let words: Vec<Vec<u8>> = HOSTILE.iter().map(|it| it.to_vec()).collect();
        run(async {
            let (machines, at) = (Machines::default(), server.place());
            assert_eq!(echoed(&machines, &at, &words).await, words, "{shell}");
            let exit = sh(&machines, &at, "kill -SEGV $$").await.exit;
            assert_eq!(exit, Exit::Signal("SEGV".to_owned()), "{shell}");
        });
    }
}

#[test]
fn others_than_root_become_root() {
    if !std::path::Path::new("/usr/bin/sudo").exists() {
        println!("skipped: `sudo` is not installed");
        return;
    }
    let setting = Setting { sudoers: Some("ada ALL=(ALL) NOPASSWD: ALL\n"), ..Setting::default() };
    let Some(server) = Server::with(&setting) else { return };
    let at = Place::Host(Login { user: "ada".to_owned(), ..server.login() });
    run(async {
        let machines = Machines::default();
        let ran = sh(&machines, &at, "id -u; echo $HOME; exit 1").await;
        assert_eq!((ran.exit, ran.stdout.starts_with(b"0\n")), (Exit::Code(1), true));
        let words: Vec<Vec<u8>> = HOSTILE.iter().map(|it| it.to_vec()).collect();
        assert_eq!(echoed(&machines, &at, &words).await, words);
        let exit = sh(&machines, &at, "kill -TERM $$").await.exit;
        assert_eq!(exit, Exit::Signal("TERM".to_owned()));
        let path = server.path("of-root/file");
        machines
            .write(&at, path.to_str().expect("text"), b"x", 0o600)
            .await
            .expect("it is written");
        let job = Job { timeout: Duration::from_secs(1), ..job(&["sleep", "300"]) };
        let fault = machines.run(&at, &job).await.expect_err("it is late");
        assert!(matches!(&fault, Fault::Refused(why) if why.ends_with("was ended")), "{fault:?}");
    });
}

#[test]
fn any_words_arrive_as_they_are() {
    let Some((_server, machines, there)) = machine() else { return };
    let word = prop::collection::vec(1..=u8::MAX, 0..40);
    let words = prop::collection::vec(word, 1..30);
    let mut runner = TestRunner::new(Config { cases: 48, ..Config::default() });
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let tried = runner.run(&words, |words| {
        for at in [&Place::Here, &there] {
            assert_eq!(runtime.block_on(echoed(&machines, at, &words)), words);
        }
        Ok(())
    });
    tried.expect("every word arrives");
}

#[test]
fn a_word_with_a_zero_byte_is_refused() {
    run(async {
        let ran = Machines::default().run(&Place::Here, &job(&["echo", "a\0b"])).await;
        let why = "a word of `echo` has a zero byte in it".to_owned();
        assert_eq!(ran, Err(Fault::Refused(why)));
    });
}

#[test]
fn codes_and_signals_are_exact() {
    let Some((_server, machines, there)) = machine() else { return };
    run(async {
        for at in [&Place::Here, &there] {
            for code in [0, 1, 2, 7, 124, 125, 126, 127, 128, 137, 254, 255] {
                let ran = sh(&machines, at, &format!("exit {code}")).await;
                assert_eq!(ran.exit, Exit::Code(code));
            }
            for signal in ["KILL", "TERM", "SEGV"] {
                let ran = sh(&machines, at, &format!("kill -{signal} $$")).await;
                assert_eq!(ran.exit, Exit::Signal(signal.to_owned()));
            }
            let ran = machines.run(at, &job(&["no-such-program"])).await.expect("an answer");
            assert_eq!(ran.exit, Exit::Code(127));
            let why = ran.fine("no-such-program").expect_err("it failed");
            assert!(why.contains("ended with 127") && why.contains("No such file"), "{why}");
        }
    });
}

#[test]
fn output_of_twenty_megabytes_is_whole() {
    let Some((_server, machines, there)) = machine() else { return };
    run(async {
        for at in [&Place::Here, &there] {
            let line = "head -c 20000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero >&2";
            let ran = sh(&machines, at, line).await;
            assert_eq!(
                (ran.stdout.len(), ran.stderr.len(), ran.dropped),
                (20_000_000, 3_000_000, 0)
            );
            assert!(ran.stdout.iter().all(|it| *it == b'x'));
        }
    });
}

#[test]
fn input_and_output_flow_at_once() {
    let Some((_server, machines, there)) = machine() else { return };
    let input: Vec<u8> = (0..9_000_000_u32).map(|it| it.to_le_bytes()[it as usize % 3]).collect();
    run(async {
        for at in [&Place::Here, &there] {
            let job = Job { stdin: Some(input.clone()), ..job(&["cat"]) };
            let ran = machines.run(at, &job).await.expect("it runs");
            assert_eq!(ran.exit, Exit::Code(0));
            assert!(ran.stdout == input, "{} bytes came back", ran.stdout.len());
            // Who does not read what comes ends all the same.
            let job = Job { argv: vec![b"true".to_vec()], ..job };
            assert_eq!(machines.run(at, &job).await.expect("it runs").exit, Exit::Code(0));
        }
    });
}

#[test]
fn without_input_there_is_nothing_to_read() {
    let Some((_server, machines, there)) = machine() else { return };
    run(async {
        for at in [&Place::Here, &there] {
            assert_eq!(sh(&machines, at, "cat; echo end").await.stdout, b"end\n");
        }
    });
}

#[test]
fn the_environment_is_clean() {
    let Some((server, machines, there)) = machine() else { return };
    run(async {
        let ran = machines.run(&there, &job(&["env"])).await.expect("it runs");
        let text = String::from_utf8(ran.stdout).expect("text");
        let mut names: Vec<&str> =
            text.lines().filter_map(|it| Some(it.split_once('=')?.0)).collect();
        names.sort_unstable();
        assert_eq!(names, ["HOME", "LANG", "LOGNAME", "PAAS_RUN", "PATH", "USER"]);
        assert!(text.contains("/run/current-system/sw/bin"), "{text}");
        assert!(
            text.contains(&format!("HOME={}/home\n", server.folder.path().display())),
            "{text}"
        );
    });
}

#[test]
fn two_hundred_commands_share_a_connection() {
    let Some((_server, machines, there)) = machine() else { return };
    run(async {
        let tasks: Vec<_> = (0..200)
            .map(|number| {
                let (machines, there) = (machines.clone(), there.clone());
                tokio::spawn(async move {
                    let line = format!("echo {number}; exit {}", number % 9);
                    let ran = sh(&machines, &there, &line).await;
                    assert_eq!(ran.stdout, format!("{number}\n").into_bytes());
                    assert_eq!(ran.exit, Exit::Code(number % 9));
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("each one is right");
        }
        machines.close().await;
    });
}

#[test]
fn what_takes_too_long_is_ended() {
    let Some((_server, machines, there)) = machine() else { return };
    run(async {
        for at in [&Place::Here, &there] {
            let mark = format!("/tmp/paas-late-{}", std::process::id());
            // A child that ignores the polite way, and one that goes into the background.
            let line = format!("trap '' TERM; touch {mark}; (sleep 300; :) & sleep 300; :");
            let job = Job { timeout: Duration::from_secs(1), ..job(&["sh", "-c", &line]) };
            let start = Instant::now();
            let fault = machines.run(at, &job).await.expect_err("it is late");
            let name = at.name();
            let why = format!("`sh` on {name} took longer than 1 s, and was ended");
            assert_eq!(fault, Fault::Refused(why));
            assert!(start.elapsed() < Duration::from_secs(8));
            std::fs::remove_file(&mark).expect("it had begun");
        }
    });
}

#[test]
fn a_command_that_is_given_up_is_gone() {
    let Some((server, machines, there)) = machine() else { return };
    run(async {
        for at in [Place::Here, there] {
            let pid = server.path("pid");
            let line = format!("echo $$ >{0}.new; mv {0}.new {0}; sleep 300; :", pid.display());
            let task = tokio::spawn({
                let machines = machines.clone();
                async move { machines.run(&at, &job(&["sh", "-c", &line])).await }
            });
            until("it has begun", || pid.exists());
            let id = std::fs::read_to_string(&pid).expect("it is there");
            task.abort();
            let process = std::path::Path::new("/proc").join(id.trim());
            assert!(process.exists(), "it runs");
            until("it is gone", || !process.exists());
            std::fs::remove_file(&pid).expect("it is there");
        }
        machines.close().await;
    });
}

#[test]
fn what_stays_in_the_background_keeps_nobody() {
    let Some((_server, machines, there)) = machine() else { return };
    run(async {
        for at in [&Place::Here, &there] {
            let start = Instant::now();
            let ran = sh(&machines, at, "sleep 20 & echo $!; exit 3").await;
            assert_eq!(ran.exit, Exit::Code(3));
            assert!(start.elapsed() < Duration::from_secs(10));
            let id = String::from_utf8(ran.stdout).expect("a number");
            let ran = sh(&machines, at, &format!("kill {id}")).await;
            assert_eq!(ran.exit, Exit::Code(0), "it still runs");
        }
    });
}

#[test]
fn a_lost_connection_leaves_the_end_unknown() {
    let Some((mut server, machines, there)) = machine() else { return };
    run(async {
        let begun = server.path("begun");
        let line = format!("touch {}; sleep 5", begun.display());
        let task = tokio::spawn({
            let (machines, there) = (machines.clone(), there.clone());
            async move { machines.run(&there, &job(&["sh", "-c", &line])).await }
        });
        until("it has begun", || begun.exists());
        server.kill();
        let fault = task.await.expect("no panic").expect_err("nobody knows");
        let why = format!("the connection was lost with `sh` on {} under way", there.name());
        assert_eq!(fault, Fault::Unknown(why));
        // Nothing can have happened now.
        let fault = machines.run(&there, &job(&["true"])).await.expect_err("nobody is there");
        let place = format!("127.0.0.1:{}", server.port);
        let why = format!("`{place}` cannot be reached: connection refused");
        assert_eq!(fault, Fault::Refused(why));
        server.restart();
        assert_eq!(sh(&machines, &there, "exit 4").await.exit, Exit::Code(4));
    });
}

#[test]
fn streams_pass_through() {
    let Some((_server, machines, there)) = machine() else { return };
    run(async {
        for at in [&Place::Here, &there] {
            let line = "read -r a; echo \"<$a>\"; cat; echo oh >&2; exit 9";
            let argv = ["sh", "-c", line].map(Vec::from).into();
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let mut input: &[u8] = b"one\ntwo\nthree";
            let exit = machines.exec(at, argv, &mut input, &mut out, &mut err).await;
            assert_eq!(exit, Ok(Exit::Code(9)));
            assert_eq!((out, err), (b"<one>\ntwo\nthree".to_vec(), b"oh\n".to_vec()));
        }
    });
}
