//! Which keys machines may show.

use paas::drivers::Fault;
use paas::drivers::ssh::{
    Job, Known, KnownKeys, Login, Machines, Others, Place, parse_place, remember,
};

use crate::ssh::server::{Server, Setting, fine, keygen, run};

/// Logs in with what is known; nothing, or why not.
fn refusal(server: &Server, known: KnownKeys) -> Option<String> {
    let login = Login { known, ..server.login() };
    run(async {
        match Machines::default().run(&Place::Host(login), &Job::new(["true"])).await {
            Ok(_) => None,
            Err(Fault::Refused(why)) => Some(why),
            Err(Fault::Unknown(why)) => panic!("unknown: {why}"),
        }
    })
}

/// What is known of the key it shows.
fn known(server: &Server, lines: &str) -> Known {
    let login = Login { known: server.known(lines), ..server.login() };
    run(async { Machines::default().host_key(&login).await.expect("it shows one").known })
}

/// `SHA256:…` of a file with a key.
fn fingerprint(server: &Server, name: &str) -> String {
    let path = server.path(name).display().to_string();
    let line = fine("ssh-keygen", &["-l", "-f", &path]);
    line.split(' ').nth(1).expect("`256 SHA256:… test (ED25519)`").to_owned()
}

/// A key that is not the server's.
fn other(server: &Server, kind: &str) -> String {
    let name = format!("stranger_{kind}");
    keygen(&server.path(&name), kind, "");
    let text = server.read(&format!("{name}.pub"));
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn files_are_read_as_openssh_reads_them() {
    let Some(server) = Server::start() else { return };
    let (port, stranger) = (server.port, other(&server, "ed25519"));
    let rsa = other(&server, "rsa");
    let trusted = [
        "NAME KEY\n".to_owned(),
        "# a comment\n\nnot a line\nNAME ssh-ed25519 AAAA\nNAME KEY\n".to_owned(),
        "\tNAME\t KEY  with a comment\n".to_owned(),
        format!("NAME {stranger}\nNAME KEY\n"),
        "a.example,NAME,b.example KEY\n".to_owned(),
        format!("[127.0.0.?]:{port} KEY\n"),
        format!("[*]:{port} KEY\n"),
        "* KEY\n".to_owned(),
        format!("@revoked NAME {stranger}\nNAME KEY\n"),
        "@revoked other.example KEY\nNAME KEY\n".to_owned(),
        format!("NAME {rsa}\nNAME KEY\n"),
    ];
    for lines in trusted {
        assert_eq!(known(&server, &lines), Known::Yes, "{lines}");
    }
    let unknown = [
        String::new(),
        "other.example KEY\n".to_owned(),
        "127.0.0.1 KEY\n".to_owned(),
        "!NAME,* KEY\n".to_owned(),
        "*,!NAME KEY\n".to_owned(),
        "@cert-authority NAME KEY\n".to_owned(),
        "@nothing NAME KEY\n".to_owned(),
        "#NAME KEY\n".to_owned(),
    ];
    for lines in unknown {
        assert_eq!(known(&server, &lines), Known::No, "{lines}");
    }
    for lines in ["NAME KEY\n@revoked NAME KEY\n", "@revoked * KEY\nNAME KEY\n"] {
        assert!(matches!(known(&server, lines), Known::Revoked(_)), "{lines}");
    }
    for key in [stranger, rsa] {
        // An algorithm that is not known for a machine makes a key no less strange.
        let known = known(&server, &format!("NAME {key}\n"));
        assert!(matches!(known, Known::Others(_)), "{known:?}");
    }
}

#[test]
fn names_may_be_hashed() {
    let Some(server) = Server::start() else { return };
    let hashed = |server: &Server, key: &str| {
        std::fs::write(server.path("plain"), format!("{} {key}\n", server.name())).expect("a file");
        fine("ssh-keygen", &["-q", "-H", "-f", &server.path("plain").display().to_string()]);
        server.read("plain")
    };
    let lines = hashed(&server, &server.host_key("ed25519"));
    assert!(lines.starts_with("|1|"), "{lines}");
    assert_eq!(known(&server, &lines), Known::Yes);
    let lines = hashed(&server, &other(&server, "ed25519"));
    assert!(matches!(known(&server, &lines), Known::Others(_)), "{lines}");
}

#[test]
fn an_unknown_key_is_refused_with_what_to_type() {
    let Some(server) = Server::start() else { return };
    let (port, shown) = (server.port, fingerprint(&server, "host_ed25519.pub"));
    let why = format!(
        "the host key of `127.0.0.1:{port}` is not known: it shows ssh-ed25519 {shown}; if that is \
         its key, type `paas host-key accept 127.0.0.1:{port} {shown}`"
    );
    assert_eq!(refusal(&server, server.known("")), Some(why));
}

#[test]
fn a_changed_key_is_refused_with_both() {
    let Some(server) = Server::start() else { return };
    let lines = format!("# first\nNAME {}\n", other(&server, "ed25519"));
    let (port, shown) = (server.port, fingerprint(&server, "host_ed25519.pub"));
    let was = fingerprint(&server, "stranger_ed25519.pub");
    let file = server.path("known_hosts").display().to_string();
    let why = format!(
        "the host key of `127.0.0.1:{port}` has changed: known is ssh-ed25519 {was} ({file}:2), it \
         shows ssh-ed25519 {shown}; if it was installed anew, type `paas host-key replace \
         127.0.0.1:{port} {shown}`, otherwise somebody stands between"
    );
    assert_eq!(refusal(&server, server.known(&lines)), Some(why));
}

#[test]
fn a_revoked_key_is_refused() {
    let Some(server) = Server::start() else { return };
    let why = refusal(&server, server.known("NAME KEY\n@revoked NAME KEY\n")).expect("a reason");
    assert!(why.contains(", a host key that is revoked ("), "{why}");
    assert!(why.ends_with("known_hosts:2)"), "{why}");
}

#[test]
fn the_known_algorithm_is_asked_for() {
    let kinds = &["ed25519", "ecdsa", "rsa"];
    let setting = Setting { host_keys: kinds, ..Setting::default() };
    let Some(server) = Server::with(&setting) else { return };
    for kind in kinds {
        let line = format!("NAME {}\n", server.host_key(kind));
        assert_eq!(refusal(&server, server.known(&line)), None, "{kind}");
    }
}

#[test]
fn an_authority_vouches_for_its_names_only() {
    let start = |names, expired| {
        Server::with(&Setting { certified_for: Some(names), expired, ..Setting::default() })
    };
    let Some(server) = start("web.example,127.0.0.1", false) else { return };
    let authority = server.read("authority.pub");
    let line = format!("@cert-authority * {authority}");
    assert_eq!(refusal(&server, server.known(&line)), None);
    let line = format!("@cert-authority *.example {authority}");
    assert!(refusal(&server, server.known(&line)).is_some(), "not for this name");
    let line = format!("@cert-authority * {}\n", other(&server, "ed25519"));
    assert!(refusal(&server, server.known(&line)).is_some(), "another authority");
    for who in [authority.trim(), "KEY"] {
        let line = format!("@cert-authority * {authority}@revoked * {who}\nNAME KEY\n");
        let why = refusal(&server, server.known(&line)).expect("revoked");
        assert!(why.contains("is revoked"), "{why}");
    }
    // A certificate that proves nothing does no harm to a key that is known.
    let line = format!("@cert-authority * {}\nNAME KEY\n", other_of(&server));
    assert_eq!(refusal(&server, server.known(&line)), None);
    for (names, expired) in [("web.example", false), ("127.0.0.1", true)] {
        let Some(server) = start(names, expired) else { return };
        let line = format!("@cert-authority * {}", server.read("authority.pub"));
        let why = refusal(&server, server.known(&line)).expect("it proves nothing");
        assert!(why.contains("is not known"), "{why}");
    }
}

fn other_of(server: &Server) -> String {
    server.read("stranger_ed25519.pub").trim().to_owned()
}

#[test]
fn a_key_that_was_read_inside_is_the_only_one() {
    let Some(server) = Server::start() else { return };
    let pinned = |key: String, lines: &str| {
        let known = server.known(lines);
        KnownKeys { pinned: vec![key], ..known }
    };
    let own = server.host_key("ed25519");
    let stranger = other(&server, "ed25519");
    assert_eq!(refusal(&server, pinned(own.clone(), "")), None);
    assert_eq!(refusal(&server, pinned(own.clone(), &format!("NAME {stranger}\n"))), None);
    let why = refusal(&server, pinned(stranger, "NAME KEY\n")).expect("another machine");
    assert!(why.contains("read inside of the machine was ssh-ed25519"), "{why}");
    assert!(refusal(&server, pinned(own, "@revoked NAME KEY\n")).is_some(), "revoked");
}

#[test]
fn a_project_remembers_keys() {
    let Some(server) = Server::start() else { return };
    let (stranger, own) = (other(&server, "ed25519"), server.host_key("ed25519"));
    let file = server.path("state/known_hosts");
    let add = |key: &str, others| remember(&file, "127.0.0.1", server.port, key, others);
    let known = || KnownKeys { files: vec![file.clone()], pinned: Vec::new() };
    assert!(refusal(&server, known()).is_some(), "there is no file");
    add(&stranger, Others::Keep).expect("a file");
    remember(&file, "Web.Example", 22, &stranger, Others::Keep).expect("a file");
    assert!(refusal(&server, known()).expect("a reason").contains("has changed"));
    add(&own, Others::Forget).expect("a file");
    assert_eq!(refusal(&server, known()), None);
    let text = std::fs::read_to_string(&file).expect("it is there");
    assert_eq!(text, format!("web.example {stranger}\n{} {own}\n", server.name()));
}

#[test]
fn places_are_read_as_they_are_shown() {
    for (text, place) in [
        ("web.example", Some(("web.example", 22))),
        ("web.example:2222", Some(("web.example", 2222))),
        ("10.0.0.1", Some(("10.0.0.1", 22))),
        ("fd00::1", Some(("fd00::1", 22))),
        ("[fd00::1]", Some(("fd00::1", 22))),
        ("[fd00::1]:2222", Some(("fd00::1", 2222))),
        ("[fd00::1]2222", None),
        ("web:0", None),
        ("web:ssh", None),
        ("web:70000", None),
        ("-oProxyCommand=x", None),
        ("a b", None),
        ("", None),
        ("a;b", None),
    ] {
        let place = place.map(|(host, port)| (host.to_owned(), port));
        assert_eq!(parse_place(text), place, "{text}");
    }
}
