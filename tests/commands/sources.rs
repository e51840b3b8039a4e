//! Where secrets come from: real programs where they are installed, and a server that answers as
//! a Vault does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::commands::says;
use crate::support::project::Project;
use crate::support::stores::{identity, output};

/// With everything in it that a file format or a program could change.
const VALUE: &str = "a \"quoted\" \\(x) $HOME `id` {} [.*] 'é' \t end";

const APP: &str = r#"
container vault {
  on = cluster.home
  template = template.base
  network = network.lan
  ip = "auto"
  features { nesting = true }
}
app vault {
  on = container.vault
  compose { file = "vault.yml", env = { A = secret.a } }
}
"#;

/// The site with an app that has one secret from this source.
fn project(source: &str) -> Project {
    let project = Project::site();
    let text = project.read("main.paas");
    project.write("main.paas", format!("{text}\nsecret a = {source}\n{APP}"));
    project.write("vault.yml", "services:\n  vault: { image: \"vault:1\" }\n");
    project
}

/// Whether the source gives this value: with a variable that has it nothing changes, and with
/// another one something does.
#[track_caller]
fn gives(project: Project, source: &str, value: &str) {
    let said = project.fine("apply --sandbox --yes -vv");
    says(&said, &["Apply: 10 done."]);
    says(&project.fine("plan --sandbox --exit-code -vv"), &["No changes"]);
    project.edit("main.paas", &format!("secret a = {source}"), "secret a = env(\"SAME\")");
    let project = project.with("SAME", value);
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    let project = project.with("SAME", &format!("{value} "));
    project.ends("plan --sandbox --exit-code", 2);
}

/// Whether an apply stops before the first change, and says this.
#[track_caller]
fn refused(project: &Project, parts: &[&str]) {
    let said = project.untouched("apply --sandbox --yes -vv", 1);
    says(&said, &["P4002", "`secret.a` has no value", "nothing was changed"]);
    says(&said, parts);
    assert!(!said.contains("leak"), "{said}");
}

#[test]
fn variables_and_files_give_their_text() {
    gives(project(r#"env("A")"#).with("A", VALUE), r#"env("A")"#, VALUE);
    let source = r#"file("keys/a.txt")"#;
    for end in ["", "\n", "\r\n"] {
        let project = project(source);
        project.write("keys/a.txt", format!("two\nlines {VALUE}{end}"));
        gives(project, source, &format!("two\nlines {VALUE}"));
    }
    let long = "0123456789abcdef".repeat(1 << 16);
    let project = project(source);
    project.write("keys/a.txt", &long);
    says(&project.fine("apply --sandbox --yes"), &["Apply: 10 done."]);
    project.write("keys/a.txt", long.replacen('0', "1", 1));
    project.ends("plan --sandbox --exit-code", 2);
}

#[test]
fn files_that_give_nothing_say_why() {
    let project = project(r#"file("keys")"#);
    refused(&project, &["there is no file `keys`", "write the value into `keys`"]);
    project.write("keys/x", "x");
    refused(&project, &["`keys` is not a regular file"]);
    project.edit("main.paas", r#"file("keys")"#, r#"file("a")"#);
    project.write("a", "\n");
    refused(&project, &["`a` is empty"]);
    project.write("a", b"leak\xff");
    refused(&project, &["`a` is not text in UTF-8"]);
    project.write("a", "leak".repeat(2 << 20));
    refused(&project, &["more than 4 MiB"]);
}

#[test]
fn programs_give_what_they_print_and_their_output_is_in_no_message() {
    let source = r#"command(["printf", "%s\n", "two words"])"#;
    gives(project(source), source, "two words");
    let source = r#"command(["cat", "a.txt"])"#;
    let cat = project(source);
    cat.write("a.txt", VALUE);
    gives(cat, source, VALUE);
    let fails = r#"command(["sh", "-c", "echo le''ak; echo le''ak >&2; exit 3"])"#;
    refused(&project(fails), &["`sh` fails with exit code 3"]);
    refused(&project(r#"command(["no-such-program", "x"])"#), &["is not installed", "`PATH`"]);
    refused(&project(r#"command(["sh", "-c", "kill -9 $$"])"#), &["ended by a signal"]);
    refused(&project(r#"command(["true"])"#), &["what `true` prints is empty"]);
    refused(&project(r#"command(["head", "-c", "9000000", "/dev/zero"])"#), &["4 MiB"]);
    // It reads nothing, and words are words: there is no shell.
    let source = r#"command(["sh", "-c", "cat; printf \"$1\"", "-", "a;b|c"])"#;
    gives(project(source), source, "a;b|c");
}

#[test]
fn age_decrypts_with_the_usual_identities() {
    let Some((key, public)) = identity() else { return };
    let Some(sealed) = output("age", &["--recipient", &public], &format!("{VALUE}\n")) else {
        return;
    };
    let source = r#"age("keys/a.age")"#;
    let fresh = || {
        let project = project(source);
        project.write("keys/a.age", &sealed);
        project
    };
    refused(&fresh(), &["there is no identity", "SOPS_AGE_KEY_FILE"]);
    let named = fresh();
    named.write("../home/my.key", &key);
    let path = named.path("../home/my.key").display().to_string();
    gives(named.with("SOPS_AGE_KEY_FILE", &path), source, VALUE);
    let usual = fresh();
    usual.write("../home/.config/sops/age/keys.txt", &key);
    gives(usual, source, VALUE);
    gives(fresh().with("SOPS_AGE_KEY", &key), source, VALUE);
    let other = fresh().with("SOPS_AGE_KEY", &identity().unwrap().0);
    refused(&other, &["`age` fails with exit code 1, with `keys/a.age`", "one of your identities"]);
    other.write("keys/a.age", "leak: no age file");
    refused(&other, &["`age` fails with exit code"]);
    std::fs::remove_file(other.path("keys/a.age")).unwrap();
    refused(&other, &["there is no file `keys/a.age`"]);
}

#[test]
fn sops_decrypts_a_value_in_a_file() {
    let Some((key, public)) = identity() else { return };
    let plain = serde_json::json!({
        "top": VALUE, "number": 42, "a.b": "dotted", "deep": { "list": ["zero", "one"] }, "no": null,
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plain.json");
    std::fs::write(&file, plain.to_string()).unwrap();
    let file = file.display().to_string();
    let arguments = ["--encrypt", "--age", &public, "--output-type", "yaml", &file];
    let Some(sealed) = output("sops", &arguments, "") else { return };
    let fresh = |key_in_file: &str| {
        let project = project(&format!("sops(\"prod.yaml\", \"{key_in_file}\")"));
        project.write("prod.yaml", &sealed);
        project.with("SOPS_AGE_KEY", &key)
    };
    for (name, value) in
        [("top", VALUE), ("number", "42"), ("a.b", "dotted"), ("deep.list.1", "one")]
    {
        gives(fresh(name), &format!("sops(\"prod.yaml\", \"{name}\")"), value);
    }
    refused(&fresh("deep.other"), &["`prod.yaml` has no `deep.other`"]);
    refused(&fresh("deep"), &["`deep` of `prod.yaml` is not one value"]);
    refused(&fresh("top").with("SOPS_AGE_KEY", ""), &["`sops` fails with exit code", "prod.yaml"]);
}

/// A server that gives each of these answers, in order, and remembers what it was asked.
fn server(answers: Vec<(u16, String)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            seen.lock().unwrap().push(head);
            let answer = format!(
                "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nLocation: http://127.0.0.1:9/leak\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len(),
            );
            let _ = reader.get_mut().write_all(answer.as_bytes());
        }
    });
    (address, asked)
}

/// What a Vault says about the store that a path is in.
fn mount(version: &str) -> (u16, String) {
    let data = serde_json::json!({ "data": {
        "path": "kv/", "type": "kv", "options": { "version": version },
    } });
    (200, data.to_string())
}

#[test]
fn a_vault_gives_a_field_of_a_secret() {
    let source = r#"vault("kv/tenants/acme", "admin password")"#;
    let fields = serde_json::json!({ "admin password": VALUE, "other": "leak" });
    let first = serde_json::json!({ "data": fields }).to_string();
    let second = serde_json::json!({ "data": { "data": fields, "metadata": {} } }).to_string();
    for (version, answer, path) in
        [("1", first, "/v1/kv/tenants/acme"), ("2", second, "/v1/kv/data/tenants/acme")]
    {
        let one = || [mount(version), (200, answer.clone())];
        let (address, asked) = server([one(), one()].concat());
        let project = project(source).with("VAULT_ADDR", &address).with("VAULT_TOKEN", "t0ken");
        gives(project.with("VAULT_NAMESPACE", "team"), source, VALUE);
        let asked = asked.lock().unwrap();
        says(&asked[0], &["GET /v1/sys/internal/ui/mounts/kv/tenants/acme HTTP"]);
        says(
            &asked[1].to_lowercase(),
            &[&format!("get {path} http"), "x-vault-token: t0ken", "x-vault-namespace: team"],
        );
    }
}

#[test]
fn a_vault_that_does_not_give_it_says_why() {
    let source = r#"vault("kv/a", "x")"#;
    let with = |answers: Vec<(u16, String)>| {
        let (address, _) = server(answers);
        project(source).with("VAULT_ADDR", &address).with("VAULT_TOKEN", "leak-token")
    };
    let leak = || "{\"errors\":[\"leak\"]}".to_owned();
    refused(&with(vec![(403, leak())]), &["the token may not read `kv/a`", "(403)"]);
    refused(&with(vec![mount("2"), (404, leak())]), &["nothing at `kv/a`", "(404)"]);
    refused(&with(vec![(503, leak())]), &["the Vault is sealed"]);
    refused(&with(vec![mount("1"), (307, leak())]), &["sends elsewhere (307)"]);
    refused(&with(vec![mount("1"), (200, "leak".into())]), &["no JSON"]);
    let other = "{\"data\":{\"y\":\"leak\"}}".to_owned();
    refused(&with(vec![mount("1"), (200, other)]), &["`kv/a` in the Vault has no field `x`"]);
    let large = format!("{{\"data\":{{\"x\":\"{}\"}}}}", "leak".repeat(2 << 20));
    refused(&with(vec![mount("1"), (200, large)]), &["more than 4 MiB"]);
    refused(&with(vec![]), &["the Vault"]);
    refused(&project(source), &["`VAULT_ADDR` is not set", "export VAULT_ADDR="]);
    let plain = |address: &str| project(source).with("VAULT_ADDR", address);
    refused(&plain("https://vault.lan"), &["there is no token", "vault login"]);
    let open = plain("http://vault.lan:8200").with("VAULT_TOKEN", "leak-token");
    refused(&open, &["`VAULT_ADDR` is not encrypted"]);
    refused(&plain("https://me:leak@vault.lan"), &["has a login in it"]);
    refused(&project(r#"vault("kv/../x", "x")"#), &["no path of a secret"]);
}

#[test]
fn what_a_source_cannot_be_is_said_when_the_manifest_is_read() {
    for (source, part) in [
        ("env()", "`env` takes `name`"),
        ("env(\"A\", \"B\")", "`env` takes `name`"),
        ("sops(\"x.yaml\")", "`sops` takes `file` and `key`"),
        ("vault(path = \"kv/a\", feild = \"x\")", "`vault` takes `path` and `field`"),
        ("age(12)", "`file` of `age` is plain text"),
        ("command(\"pass show x\")", "`command` takes a list"),
        ("command([])", "`command` takes a list"),
        ("generate(length = 2)", "expected an int from 4 to 4096"),
        ("generate(charset = \"runes\")", "\"alnum\" or \"alpha\""),
        ("generate(rotate = 90)", "a duration like `90d`"),
        ("generate(lenght = 32)", "`generate` takes `length` and `charset` and `rotate`"),
    ] {
        let said = Project::of(&format!("secret a = {source}\n")).ends("check", 1);
        says(&said, &["P4004", part, "main.paas:1:"]);
    }
    let said = Project::of("existing secret a { length = 3 }\n").ends("check", 1);
    says(&said, &["secret a = "]);
}
