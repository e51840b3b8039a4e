//! Values of secrets arrive byte for byte, whatever is in them, and none can be a command.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use paas::model::{Effect, File, Piece, Step, Text};
use proptest::test_runner::{Config, TestRunner};

use crate::commands::says;
use crate::support::project::Project;

/// What was ever put into a password, and what would break out of every kind of quotes.
const HOSTILE: [&str; 24] = [
    "",
    "plain",
    "'",
    "''",
    "'; touch broken; '",
    "\"",
    "\"; touch broken; \"",
    "$(touch broken)",
    "`touch broken`",
    "${HOME} $HOME $$ $1",
    "\\",
    "\\'",
    "ends with \\",
    "\\n \\t \\x41 \\\\",
    "two\nlines",
    "\n",
    "END\nEND\ntouch broken\n",
    "tab\there and return\r",
    "100% %s %n %%",
    "!history #comment ~ * ? [a] {a,b}",
    "& | ; < > ( )",
    " spaces  around ",
    "-n -e --help",
    "árvíztűrő 🦀 \u{1b}[31m \u{7f}",
];

const MANIFEST: &str = r#"
secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve, node pve1 {} }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
host infra { address = 10.0.0.9 }
secret a = env("A")
secret b = env("B")
run seed {
  create = "env -0; touch ran"
  env { BOTH = "it's \(secret.a)\(secret.b)$HOME", ONE = secret.a, _TWO2 = secret.b, PLAIN = "'\"$" }
}
run reads { create = "cat", stdin = "<\(secret.a)>\(secret.b)" }
container web {
  on = cluster.home
  template = "local:vztmpl/debian-12.tar.zst"
  provision { scripts = ["setup.sh"], env { ONE = secret.a, TWO = "\(secret.b)!" } }
  users { ada = { password = secret.a, keys = ["ssh-ed25519 AAAA it's me"] } }
  env { ONE = secret.a, TWO = secret.b }
}
cert own { names = ["a.lan"], ca { cert = "ca.pem", key = secret.a } }
app blog {
  on = host.infra
  compose {
    file = "services: { web: { image: \"nginx:1.27\", env_file: .env } }\n"
    env { BOTH = "it's \(secret.a)$\(secret.b)", ONE = secret.a, TWO = secret.b, PLAIN = "'\"$\\" }
  }
}
app plain {
  on = host.infra
  unit { exec = "/bin/plain", env { BOTH = "it's \(secret.a)$\(secret.b)", ONE = secret.a } }
}
"#;

/// The steps of the plan for all of this, by the object they are for.
fn planned() -> BTreeMap<String, Vec<Step>> {
    let project = Project::of(MANIFEST).with("PVE_TOKEN", "t").with("A", "a").with("B", "b");
    project.write("setup.sh", "env -0\n");
    project.fine("plan --sandbox --out saved.plan");
    let saved = project.read("saved.plan");
    let body = saved.split_once('\n').unwrap().1;
    let saved: serde_json::Value = serde_json::from_str(body).unwrap();
    let changes = saved["plan"]["changes"].as_array().unwrap().iter();
    let steps = |change: &serde_json::Value| serde_json::from_value(change["steps"].clone());
    changes.map(|it| (it["id"].as_str().unwrap().to_owned(), steps(it).unwrap())).collect()
}

/// A text as it is sent.
fn sent(text: &Text, a: &str, b: &str) -> String {
    let filled = text.filled(|piece| match piece {
        Piece::Secret { secret, .. } if secret == "secret.a" => Some(a.to_owned()),
        Piece::Secret { secret, .. } if secret == "secret.b" => Some(b.to_owned()),
        Piece::Secret { .. } | Piece::Revealed { .. } | Piece::Late { .. } => panic!("{piece:?}"),
        Piece::Project { .. } => Some("lineage".to_owned()),
        Piece::Literal(_) => None,
    });
    filled.as_literal().unwrap().to_owned()
}

/// The scripts of an object in which there is a secret.
fn scripts(steps: &[Step]) -> Vec<&Text> {
    let script = |step: &'_ Step| match &step.effect {
        Effect::Run(command) => command.stdin.is_some(),
        Effect::Call(_) | Effect::Write(_) | Effect::Wait(_) => false,
    };
    let scripts = steps.iter().filter(|step| script(step));
    let texts = scripts.flat_map(|step| step.texts()).filter(|text| text.has_secret());
    texts.collect()
}

fn file<'a>(steps: &'a [Step], end: &str) -> &'a File {
    let file = |step: &'a Step| match &step.effect {
        Effect::Write(file) => Some(file).filter(|it| it.path.ends_with(end)),
        Effect::Call(_) | Effect::Run(_) | Effect::Wait(_) => None,
    };
    steps.iter().find_map(file).unwrap()
}

/// What a real shell prints that is sent a script, in a folder with these programs first.
fn shell(script: &str, folder: &std::path::Path) -> Vec<u8> {
    let mut shell = Command::new("sh");
    shell.arg("-s").current_dir(folder).env_clear();
    shell.env("PATH", format!("{}:/usr/bin:/bin", folder.join("programs").display()));
    let piped = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{script}");
    assert!(!folder.join("broken").exists(), "it was a command:\n{script}");
    output.stdout
}

/// The variables that `env -0` printed.
fn variables(out: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8(out.to_vec()).unwrap();
    let all = text.split_terminator('\0').filter_map(|it| it.split_once('='));
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[track_caller]
fn has(found: &BTreeMap<String, String>, wanted: &[(&str, String)]) {
    for (name, value) in wanted {
        assert_eq!(found.get(*name), Some(value), "{name}");
    }
}

/// What systemd takes a file of variables for: see systemd.exec(5), `EnvironmentFile=`.
fn of_systemd(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text;
    while let Some((name, behind)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut letters = behind.char_indices();
        let end = loop {
            match letters.next().unwrap() {
                (at, '"') => break at,
                (_, '\\') => match letters.next().unwrap().1 {
                    '\n' => (),
                    c @ ('"' | '\\' | '`' | '$') => value.push(c),
                    c => value.extend(['\\', c]),
                },
                (_, c) => value.push(c),
            }
        };
        found.insert(name.to_owned(), value);
        rest = behind[end + 1..].trim_start_matches('\n');
    }
    assert_eq!(rest, "", "something is left of {text:?}");
    found
}

/// What Compose takes one for: quotes first, then escapes, then variables.
fn of_compose(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let (name, value) = line.split_once("=\"").unwrap();
        let value = value.strip_suffix('"').unwrap();
        let (mut out, mut letters) = (String::new(), value.chars());
        while let Some(c) = letters.next() {
            match c {
                '"' => panic!("{line:?} ends in the middle"),
                '\\' => out.push(match letters.next().unwrap() {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    c @ ('"' | '\\') => c,
                    c => panic!("`{c}` is no escape"),
                }),
                '$' => match letters.next() {
                    Some('$') => out.push('$'),
                    c => panic!("{c:?} would begin a variable"),
                },
                c => out.push(c),
            }
        }
        found.insert(name.to_owned(), out);
    }
    found
}

/// Everything that is sent for two values, through the programs that read it.
fn arrives(steps: &BTreeMap<String, Vec<Step>>, folder: &std::path::Path, a: &str, b: &str) {
    let [seed] = scripts(&steps["run.seed#1"])[..] else { panic!("one script") };
    let found = variables(&shell(&sent(seed, a, b), folder));
    let both = ("BOTH", format!("it's {a}{b}$HOME"));
    let (one, two) = (("ONE", a.to_owned()), ("_TWO2", b.to_owned()));
    has(&found, &[both, one.clone(), two, ("PLAIN", "'\"$".to_owned())]);

    let [reads] = scripts(&steps["run.reads#1"])[..] else { panic!("one script") };
    assert_eq!(shell(&sent(reads, a, b), folder), format!("<{a}>{b}").into_bytes());

    let [users, provision] = scripts(&steps["container.web#1"])[..] else { panic!("two scripts") };
    let found = variables(&shell(&sent(provision, a, b), folder));
    has(&found, &[one.clone(), ("TWO", format!("{b}!"))]);
    let word = users.pieces().iter().find(|piece| !piece.forms().is_empty()).unwrap();
    assert_eq!(word.refusal(a).is_some(), a.contains(['\n', '\r']), "{a:?}");
    if word.refusal(a).is_none() {
        let out = String::from_utf8(shell(&sent(users, a, b), folder)).unwrap();
        assert!(out.ends_with(&format!("ada:{a}\n")), "{out}");
    }

    let [cert] = scripts(&steps["cert.own#1"])[..] else { panic!("one script") };
    shell(&sent(cert, a, b), folder);
    let kept = std::fs::read(folder.join("ca.key.seen")).unwrap();
    assert_eq!(kept, format!("{a}\n").into_bytes());

    let env = sent(&file(&steps["app.plain#1"], ".env").content, a, b);
    has(&of_systemd(&env), &[("BOTH", format!("it's {a}${b}")), one.clone()]);
    let env = sent(&file(&steps["app.blog#1"], "/.env").content, a, b);
    let two = ("TWO", b.to_owned());
    let plain = ("PLAIN", "'\"$\\".to_owned());
    has(&of_compose(&env), &[("BOTH", format!("it's {a}${b}")), one, two, plain]);
}

/// Programs that say what they were sent, in the place of those that would change this machine.
fn stage() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let programs = folder.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let nothing = "#!/bin/sh\nexit 0\n";
    let told = [
        ("chpasswd", "#!/bin/sh\ncat\n"),
        // The key is gone when the script ends.
        ("openssl", "#!/bin/sh\ncat state/certs/*/ca.key > ca.key.seen\n"),
        ("id", nothing),
        ("install", "#!/bin/sh\nfor last; do :; done\nmkdir -p \"$last\"\n"),
        ("chown", nothing),
    ];
    for (name, text) in told {
        let path = programs.join(name);
        std::fs::write(&path, text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).unwrap();
    }
    folder
}

#[test]
fn hostile_values_arrive_byte_for_byte() {
    let (steps, stage) = (planned(), stage());
    for (index, a) in HOSTILE.iter().enumerate() {
        arrives(&steps, stage.path(), a, HOSTILE[(index + 7) % HOSTILE.len()]);
    }
}

#[test]
fn any_value_arrives_byte_for_byte() {
    let (steps, stage) = (planned(), stage());
    let value = "[^\0]{0,40}|['\"$`\\\\\n;&|(){}END ]{0,20}";
    let mut runner = TestRunner::new(Config::with_cases(40));
    let result = runner.run(&(value, value), |(a, b)| {
        arrives(&steps, stage.path(), &a, &b);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn what_cannot_be_written_is_told_before_anything_is_sent() {
    let of = |a: &str| Project::of(MANIFEST).with("PVE_TOKEN", "t").with("A", a).with("B", "b");
    let project = of("two\nlines");
    project.write("setup.sh", "env -0\n");
    project.write("ca.pem", "");
    let said = project.untouched("apply --sandbox --yes", 1);
    says(&said, &["P4002", "`secret.a` has a line break in it", "main.paas:6:8", "nothing was"]);
    assert!(!said.contains("lines"), "{said}");
    let project = project.with("A", "two lines");
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox"), &["No changes"]);
}

#[test]
fn names_and_values_that_no_reader_takes_are_told() {
    let check = |text: &str, parts: &[&str]| {
        let platform = MANIFEST.split("secret a").next().unwrap();
        let project = Project::of(&format!("{platform}{text}\n")).with("PVE_TOKEN", "t");
        says(&project.untouched("check", 1), parts);
    };
    let run = |env: &str| format!("run r {{ create = \"x\", env = {{ {env} }} }}");
    check(&run("\"A B\" = \"x\""), &["P6101", "`A B` is no name of a variable", "main.paas:6:"]);
    check(&run("\"A=1; touch x; B\" = \"x\""), &["P6101", "no name of a variable"]);
    check(&run("\"1A\" = \"x\""), &["P6101", "`1A` is no name"]);
    check(&run("\"\" = \"x\""), &["P6101", "no name of a variable"]);
    check(&run("A = \"a\\u{0}b\""), &["P6101", "`A` has a NUL character"]);
    let guest = |more: &str| {
        format!("container c {{\n  on = cluster.home\n  template = \"t\"\n  {more}\n}}")
    };
    check(&guest("users = { \"a; reboot\" = {} }"), &["`a; reboot` is no name of a user", "6:"]);
    check(&guest("users = { ada = { password = \"a\\nb\" } }"), &["`password` has a line break"]);
    check(&guest("provision = { env = { \"a-b\" = \"\" } }"), &["`a-b` is no name of a variable"]);
    check(&guest("env = { \"a-b\" = \"\" }"), &["`a-b` is no name of a variable"]);
    let app = |part: &str| format!("app a {{\n  on = host.infra\n  {part}\n}}");
    check(&app("unit { exec = \"/x\", env = { \"a.b\" = \"\" } }"), &["`a.b` is no name"]);
    let compose = "compose { file = \"services: {}\\n\", env = { \"a b\" = \"\" } }";
    check(&app(compose), &["`a b` is no name of a variable"]);
    let nixos = "nixos { flake = \".\", secrets = { \"../../etc/passwd\" = \"\" } }";
    check(&app(nixos), &["P6101", "`../../etc/passwd` is no name of a file"]);
    let zone = "zone z {\n  name = \"lan\"\n  engine = \"hosts\"\n  on = host.infra\n  record a { \
                value = \"10.0.0.1 evil.lan\\n10.0.0.2\" }\n}";
    check(zone, &["P6101", "`a.lan` has white space"]);
    check("template t { base = \"x\", env = { \"a b\" = \"\" } }", &["no name of a variable"]);
}
