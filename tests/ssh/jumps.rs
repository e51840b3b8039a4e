//! Machines that are reached through others.

use paas::drivers::Fault;
use paas::drivers::ssh::{Exit, Job, KnownKeys, Login, Machines, Place};

use crate::ssh::server::{Server, Setting, run};

fn through(jump: &Server, server: &Server) -> Login {
    Login { jump: Some(Box::new(jump.login())), ..server.login() }
}

async fn why_not(login: Login) -> String {
    let ran = Machines::default().run(&Place::Host(login), &Job::new(["true"])).await;
    let Err(Fault::Refused(why)) = ran else { panic!("{ran:?}") };
    why
}

#[test]
fn a_machine_is_reached_through_two_others() {
    let (Some(first), Some(second), Some(last)) =
        (Server::start(), Server::start(), Server::start())
    else {
        return;
    };
    let second = Login { jump: Some(Box::new(first.login())), ..second.login() };
    let login = Login { jump: Some(Box::new(second)), ..last.login() };
    run(async {
        let (machines, at) = (Machines::default(), Place::Host(login));
        let job = Job::new(["sh", "-c", "head -c 3000000 /dev/zero; echo $SSH_CLIENT; exit 6"]);
        let ran = machines.run(&at, &job).await.expect("it runs");
        assert_eq!((ran.exit, ran.stdout.len()), (Exit::Code(6), 3_000_001));
        machines.close().await;
    });
}

#[test]
fn each_of_them_shows_its_key() {
    let (Some(jump), Some(server)) = (Server::start(), Server::start()) else { return };
    run(async {
        let login = Login { known: KnownKeys::default(), ..through(&jump, &server) };
        let why = why_not(login).await;
        assert!(why.starts_with(&format!("the host key of `127.0.0.1:{}`", server.port)), "{why}");
        let stranger = Login { known: KnownKeys::default(), ..jump.login() };
        let login = Login { jump: Some(Box::new(stranger)), ..server.login() };
        let why = why_not(login).await;
        assert!(why.starts_with(&format!("the host key of `127.0.0.1:{}`", jump.port)), "{why}");
    });
}

#[test]
fn a_jump_that_leads_nowhere_is_named() {
    let setting = Setting { lines: &["AllowTcpForwarding no"], ..Setting::default() };
    let (Some(jump), Some(mut server)) = (Server::start(), Server::start()) else { return };
    let Some(shut) = Server::with(&setting) else { return };
    run(async {
        let name = format!("`127.0.0.1:{}` cannot be reached through `root@", server.port);
        let why = why_not(through(&shut, &server)).await;
        assert!(why.starts_with(&name) && why.contains("AdministrativelyProhibited"), "{why}");
        let login = through(&jump, &server);
        server.kill();
        let why = why_not(login).await;
        assert!(why.starts_with(&name), "{why}");
    });
}
