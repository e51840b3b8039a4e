//! What is seen of a machine.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use paas::drivers::Fault;
use paas::drivers::ssh::{KnownKeys, Login, Place};
use paas::model::{MachineSeen, digest};

use crate::ssh::server::{machine, run};

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn files_are_seen_by_their_digest() {
    let Some((server, machines, there)) = machine() else { return };
    let folder = server.path("look 'n\n see\\");
    std::fs::create_dir(&folder).expect("a folder");
    let names = ["plain", "-dash", "it's", "line\nbreak", "back\\slash", "$(id)", "ä"];
    let path = |name: &str| folder.join(name).to_str().expect("text").to_owned();
    for name in names {
        std::fs::write(folder.join(name), format!("content of {name}")).expect("a file");
    }
    std::os::unix::fs::symlink(folder.join("plain"), folder.join("link")).expect("a link");
    std::os::unix::fs::symlink(folder.join("nowhere"), folder.join("loose")).expect("a link");
    let mut files: BTreeSet<String> = names.iter().map(|name| path(name)).collect();
    files.extend(["link", "loose", "missing", "plain/below", "."].map(path));
    run(async {
        for at in [&Place::Here, &there] {
            let seen = machines.look(at, &files, &BTreeSet::new()).await.expect("it is seen");
            assert!(seen.reachable && seen.services.is_empty());
            for name in names {
                let content = format!("content of {name}");
                assert_eq!(
                    seen.files.get(&path(name)),
                    Some(&digest(content.as_bytes())),
                    "{name}"
                );
            }
            assert_eq!(seen.files.get(&path("link")), seen.files.get(&path("plain")));
            assert_eq!(seen.files.get(&path("missing")), None);
            assert_eq!(seen.files.get(&path("plain/below")), None);
            for name in ["loose", "."] {
                let digest = seen.files.get(&path(name)).map(String::as_str);
                assert_eq!(digest, Some("no regular file"), "{name}");
            }
        }
    });
}

#[test]
fn what_is_written_is_what_is_seen() {
    let Some((server, machines, there)) = machine() else { return };
    let path = server.path("etc/app.conf").to_str().expect("text").to_owned();
    run(async {
        machines.write(&there, &path, b"a = 1\n", 0o644).await.expect("it is written");
        let seen = machines.look(&there, &set(&[&path]), &BTreeSet::new()).await.expect("seen");
        assert_eq!(seen.files.get(&path), Some(&digest(b"a = 1\n")));
    });
}

#[test]
fn services_that_are_not_there_are_not_seen() {
    let Some((_server, machines, there)) = machine() else { return };
    let services = set(&["no-such.service", "no-such", "-x", "a b", "nixos", "nixos:web", "x;id"]);
    run(async {
        let seen = machines.look(&there, &BTreeSet::new(), &services).await.expect("it is seen");
        assert_eq!(seen, MachineSeen { reachable: true, ..MachineSeen::default() });
    });
}

#[test]
fn a_machine_that_is_away_is_not_seen_at_all() {
    let Some((mut server, machines, there)) = machine() else { return };
    server.kill();
    run(async {
        let seen = machines.look(&there, &set(&["/etc/passwd"]), &BTreeSet::new()).await;
        assert_eq!(seen, Ok(MachineSeen::default()));
    });
}

#[test]
fn a_machine_that_is_another_one_is_told() {
    let Some((server, machines, _)) = machine() else { return };
    let login = Login { known: KnownKeys::default(), ..server.login() };
    run(async {
        let seen = machines.look(&Place::Host(login), &set(&[]), &BTreeSet::new()).await;
        assert!(matches!(seen, Err(Fault::Refused(why)) if why.contains("is not known")));
    });
}

#[test]
fn a_hundred_files_cost_one_command() {
    let Some((server, machines, there)) = machine() else { return };
    let folder = server.path("many");
    std::fs::create_dir(&folder).expect("a folder");
    let path = |number: usize| folder.join(format!("{number}")).to_str().expect("text").to_owned();
    let files: BTreeSet<String> = (0..100).map(path).collect();
    files.iter().for_each(|path| std::fs::write(path, path).expect("a file"));
    run(async {
        machines.look(&there, &files, &BTreeSet::new()).await.expect("it is seen");
        let start = Instant::now();
        let seen = machines.look(&there, &files, &BTreeSet::new()).await.expect("it is seen");
        assert_eq!(seen.files.len(), 100);
        // A command for each would take ten times as long even on an idle machine.
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    });
}
