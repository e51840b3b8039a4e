//! Secrets: where they come from, the store of generated ones and its key, and rotation.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::commands::says;
use crate::support::project::{Project, Run};

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
  compose { file = "vault.yml", env = { A = secret.a, URL = "postgres://me:\(secret.a)@db/x" } }
}
"#;

/// The site with an app that has one secret, `a`, from this source.
fn project(source: &str) -> Project {
    let project = Project::site();
    let text = project.read("main.paas");
    project.write("main.paas", format!("{text}\nsecret a = {source}\n{APP}"));
    project.write("vault.yml", "services:\n  vault: { image: \"vault:1\" }\n");
    project
}

/// The value of a generated secret.
fn value(project: &Project, address: &str) -> String {
    project.fine(&format!("secret reveal {address} --yes --sandbox")).trim_end().to_owned()
}

const STORE: &str = "state/sandbox/paas.secrets";

#[test]
fn a_rotated_secret_is_a_planned_change_of_what_has_it() {
    let project = project(r#"env("A")"#).with("A", "one");
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    let project = project.with("A", "two");
    let said = project.ends("plan --sandbox --exit-code", 2);
    says(&said, &["app.vault", "compose.env.A", "«secret a» changed"]);
    says(&said, &["rotated since the last apply", "Plan: 1 to update."]);
    says(&project.fine("plan --sandbox --format markdown"), &["rotated since the last apply"]);
    let json = project.fine("plan --sandbox --format json");
    says(&json, &["\"kind\": \"rotation\"", "\"secret\": \"secret.a\"", "\"changed\": true"]);
    assert!(!json.contains("fingerprint"), "{json}");
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    // An equal value under another name is another secret, and says so by its name.
    project.edit("main.paas", "secret a = env(\"A\")", "secret a = env(\"B\")");
    let project = project.with("B", "two");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
}

#[test]
fn a_value_that_cannot_be_had_is_told_once_and_counts_as_unchanged() {
    let project = project(r#"file("a.txt")"#);
    project.write("a.txt", "one\n");
    project.fine("apply --sandbox --yes");
    fs::remove_file(project.path("a.txt")).unwrap();
    let said = project.ends("plan --sandbox --exit-code", 0);
    says(&said, &["P4006", "`secret.a`", "there is no file `a.txt`", "No changes"]);
    assert_eq!(said.matches("P4006").count(), 1, "{said}");
    // Whoever would send it needs it, and says so before anything is sent.
    project.edit("vault.yml", "vault:1", "vault:2");
    let said = project.untouched("apply --sandbox --yes", 1);
    says(&said, &["P4002", "`secret.a` has no value", "write the value into `a.txt`"]);
    project.write("a.txt", "one");
    says(&project.fine("apply --sandbox --yes"), &["Apply: 1 done."]);
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
}

#[test]
fn only_what_is_needed_is_read_and_each_at_most_once() {
    let project = project(r#"command(["sh", "-c", "echo x >>count; printf value"])"#);
    let text = project.read("main.paas");
    project
        .write("main.paas", text + "secret idle = command([\"sh\", \"-c\", \"echo x >>idle\"])\n");
    project.fine("plan --sandbox");
    assert!(!project.path("count").exists(), "a plan of something new needs no value");
    project.fine("apply --sandbox --yes");
    assert_eq!(project.read("count"), "x\n");
    project.fine("plan --sandbox");
    assert_eq!(project.read("count"), "x\nx\n");
    assert!(!project.path("idle").exists(), "nobody uses it");
}

#[test]
fn a_generated_secret_is_a_resource_and_its_value_is_nowhere_but_in_the_store() {
    let project = project("generate(length = 40, charset = \"hex\")");
    let said = project.untouched("plan --sandbox", 0);
    says(&said, &["+ secret.a", "length   40", "charset  hex"]);
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    let made = value(&project, "secret.a");
    assert!(made.len() == 40 && made.bytes().all(|it| b"0123456789abcdef".contains(&it)), "{made}");
    for (path, content) in project.contents() {
        let text = String::from_utf8_lossy(&content);
        assert!(!text.contains(&made), "{} has the value in it", path.display());
    }
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(project.path(STORE)), 0o600);
    says(&project.fine("state list --sandbox"), &["secret.a#1"]);
    says(&project.fine("secret list --sandbox"), &["secret.a", "generated", "version 1, 0 d old"]);
    says(&project.untouched("secret reveal secret.a --sandbox", 1), &["P4010", "--yes"]);
    // Another length is another value, for everything that has it.
    project.edit("main.paas", "length = 40", "length = 24");
    let said = project.ends("plan --sandbox --exit-code", 2);
    says(&said, &["secret.a", "length", "40 → 24", "version", "1 → 2", "app.vault"]);
    project.fine("apply --sandbox --yes");
    assert_eq!(value(&project, "secret.a").len(), 24);
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    project.fine("destroy --sandbox --yes");
    says(&project.ends("secret reveal secret.a --sandbox --yes", 1), &["no value yet"]);
}

#[test]
fn a_rotation_on_request_reaches_everything_and_an_import_too() {
    let project = project("generate()");
    says(&project.ends("secret rotate secret.a --sandbox", 0), &["secret.a"]);
    project.fine("apply --sandbox --yes");
    let first = value(&project, "secret.a");
    project.fine("secret rotate secret.a --sandbox");
    let second = value(&project, "secret.a");
    assert_ne!(first, second);
    let said = project.ends("plan --sandbox --exit-code", 2);
    says(&said, &["secret.a", "app.vault", "rotated since the last apply", "Plan: 2 to update."]);
    // The step is refused: whatever has the old value still has it, and the next apply goes on.
    project.fine("sandbox fail 'write /opt/paas/app-vault/.env'");
    project.ends("apply --sandbox --yes", 3);
    assert_eq!(value(&project, "secret.a"), second);
    says(&project.ends("plan --sandbox --exit-code", 2), &["app.vault", "rotated"]);
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    assert_eq!(value(&project, "secret.a"), second);
    let mut command = project.command("secret import secret.a --sandbox");
    project.write("typed", "the \"old\" one\n");
    command.stdin(fs::File::open(project.path("typed")).unwrap());
    assert_eq!(project.told(&command.output().unwrap()).code, 0);
    assert_eq!(value(&project, "secret.a"), "the \"old\" one");
    says(&project.ends("plan --sandbox --exit-code", 2), &["app.vault", "rotated"]);
    says(&project.ends("secret rotate secret.pve --sandbox", 1), &["P4010", "not made by `paas`"]);
    says(&project.ends("secret rotate secret.b --sandbox", 1), &["P4010", "did you mean"]);
}

#[test]
fn what_a_resource_brings_along_is_kept_like_any_other() {
    let project = project("generate()");
    let text = project.read("main.paas");
    let more = "app pg { on = container.web, compose { file = \"pg.yml\" } }\n\
                database pg { on = app.pg, engine = \"postgres\" }\n";
    project.write("main.paas", text + more);
    project
        .write("pg.yml", "services:\n  pg: { image: \"postgres:17\", ports: [\"5432:5432\"] }\n");
    project.edit("main.paas", "app vault {", "app vault {\n  db main { on = database.pg }");
    project.edit("main.paas", "A = secret.a", "A = secret.a, DB = self.db.main.url");
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    let address = "app.vault/db.main.made_password";
    let made = value(&project, address);
    assert_eq!(made.len(), 32);
    project.fine(&format!("secret rotate {address} --sandbox"));
    let said = project.ends("plan --sandbox --exit-code", 2);
    says(&said, &["app.vault/db.main", "compose.env.DB", "password", "rotated", "2 to update"]);
    project.fine("apply --sandbox --yes");
    assert_ne!(value(&project, address), made);
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
}

#[test]
fn a_store_that_is_damaged_or_gone_is_refused_and_its_copy_helps() {
    let project = project("generate()");
    project.fine("apply --sandbox --yes");
    project.fine("secret rotate secret.a --sandbox");
    let whole = fs::read(project.path(STORE)).unwrap();
    let made = value(&project, "secret.a");
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        project.write(STORE, &bytes);
        let Run { out, err, code } = project.run("secret reveal secret.a --sandbox --yes");
        assert!(code != 0 && err.contains("P400"), "byte {at}: {out}{err}");
        assert!(!out.contains(&made) && !err.contains("panicked"), "byte {at}: {out}{err}");
    }
    for length in [0, 1, whole.len() / 2, whole.len() - 2] {
        project.write(STORE, &whole[..length]);
        for line in ["plan --sandbox", "apply --sandbox --yes"] {
            says(&project.untouched(line, 7), &["P4008", "is damaged", "paas.secrets.prev"]);
        }
    }
    fs::remove_file(project.path(STORE)).unwrap();
    says(&project.untouched("plan --sandbox", 1), &["P4008", "is missing"]);
    fs::copy(project.path("state/sandbox/paas.secrets.prev"), project.path(STORE)).unwrap();
    project.fine("plan --sandbox");
    project.write(STORE, &whole);
    assert_eq!(value(&project, "secret.a"), made);
}

#[test]
fn the_key_is_outside_of_the_project_and_only_the_right_one_opens_the_store() {
    let project = project("generate()");
    project.fine("apply --sandbox --yes");
    let home = project.folder().parent().unwrap().join("home");
    let key = home.join(".config/paas/keys/sandbox.key");
    let text = fs::read_to_string(&key).unwrap();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    says(&project.ends("secret list --sandbox", 1), &["P4007", "others can read", "chmod 600"]);
    fs::remove_file(&key).unwrap();
    says(&project.untouched("plan --sandbox", 0), &["P4006", "is not here", "No changes"]);
    project.edit("vault.yml", "vault:1", "vault:2");
    says(&project.untouched("apply --sandbox --yes", 1), &["P4007", "is not here"]);
    let other = format!("paas-key-1 {}", "0".repeat(64));
    let project = project.with("PAAS_SECRET_KEY", &other);
    says(&project.untouched("plan --sandbox", 7), &["P4008", "not sealed with this project key"]);
    let project = project.with("PAAS_SECRET_KEY", "hunter2-hunter2");
    let said = project.untouched("apply --sandbox --yes", 1);
    says(&said, &["P4007", "`PAAS_SECRET_KEY` holds no project key"]);
    assert!(!said.contains("hunter2"), "{said}");
    let project = project.with("PAAS_SECRET_KEY", &text);
    says(&project.fine("apply --sandbox --yes"), &["Apply: 1 done."]);
    assert!(!key.exists(), "the environment has it");
    project.write("../home/ci.key", &text);
    let file = home.join("ci.key").display().to_string();
    let project = project.with("PAAS_SECRET_KEY", "").with("PAAS_SECRET_KEY_FILE", &file);
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    let project = project.with("PAAS_SECRET_KEY_FILE", "/nowhere/x.key");
    says(&project.untouched("plan --sandbox", 0), &["there is no key file"]);
}

#[test]
fn a_lost_key_is_replaced_and_everything_generated_is_made_anew() {
    let project = project("generate()");
    project.fine("apply --sandbox --yes");
    let old = value(&project, "secret.a");
    fs::remove_dir_all(project.folder().parent().unwrap().join("home/.config")).unwrap();
    says(&project.ends("secret new-key --sandbox", 1), &["P4007", "new-key --yes"]);
    says(&project.ends("secret new-key --sandbox --yes", 0), &["P4009", "given up"]);
    let said = project.ends("plan --sandbox --exit-code", 2);
    says(&said, &["secret.a", "app.vault", "rotated since the last apply"]);
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    assert_ne!(value(&project, "secret.a"), old);
}

#[test]
fn a_saved_plan_is_for_the_values_it_was_made_with() {
    let project = project(r#"env("A")"#).with("A", "one");
    project.fine("apply --sandbox --yes");
    let project = project.with("A", "two");
    project.fine("plan --sandbox --out saved.plan");
    let saved = project.read("saved.plan");
    let project = project.with("A", "three");
    says(&project.untouched("apply saved.plan", 5), &["P7001", "`secret.a` has another value"]);
    let project = project.with("A", "two");
    project.fine("apply saved.plan");
    assert!(saved.contains("\"fingerprints\":{\"secret.a\":"), "{saved}");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
}

#[test]
fn what_a_function_makes_of_a_secret_is_a_secret_too() {
    let project = project(r#"env("A")"#).with("A", "hunter2-hunter2");
    let env = r#"A = base64("me:\(secret.a)"), URL = upper(secret.a), N = length(secret.a),
      H = htpasswd("me", secret.a, cost = 4), J = to_json({ k = [secret.a, "plain"] }), X = "#;
    project.edit("main.paas", "A = secret.a, URL = ", env);
    let said = project.fine("apply --sandbox --yes -vv");
    says(&said, &["«secret upper(secret.a)»", "«secret base64(\"me:\\(secret.a)\")»"]);
    says(&said, &["«secret htpasswd(\"me\", secret.a, cost = 4)»"]);
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    for text in project.contents().iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)) {
        for form in ["hunter2-hunter2", "HUNTER2", "bWU6aHVudGVyMi1odW50ZXIy", "$2"] {
            assert!(!text.contains(form), "`{form}` is in {text}");
        }
    }
    let project = project.with("A", "hunter3-hunter3");
    let said = project.ends("plan --sandbox --exit-code", 2);
    says(&said, &["compose.env.URL", "compose.env.J", "compose.env.H", "rotated"]);
    // Its length is the same.
    assert!(!said.contains("compose.env.N "), "{said}");
    project.fine("apply --sandbox --yes");
    project.edit("main.paas", "secret a = env(\"A\")", "secret a = generate()");
    project.fine("apply --sandbox --yes");
    project.fine("secret rotate secret.a --sandbox");
    says(&project.ends("plan --sandbox --exit-code", 2), &["compose.env.URL", "compose.env.J"]);
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
}

#[test]
fn a_secret_goes_only_where_the_kind_says_so_and_the_message_names_the_place() {
    let check = |line: &str, parts: &[&str]| {
        let project = project(r#"env("A")"#);
        project.write("more.paas", line);
        let said = project.ends("check", 1);
        says(&said, &["P4001", "secret.a"]);
        says(&said, parts);
    };
    check(
        "let url = \"postgres://app:\\(secret.a)@db/x\"\ncontainer c {\n  on = cluster.home\n  \
         template = \"d\"\n  hostname = url\n}\n",
        &[
            "`hostname` of `container` does not take a secret",
            "more.paas:5:14",
            "1 | let url = ",
            "this value contains `secret.a`",
            "it entered here",
        ],
    );
    check(
        "app c {\n  on = container.vault\n  compose { file = \"vault.yml\" }\n  \
         health { cmd = \"test \\(secret.a)\" }\n}\n",
        &["visible in a command: `cmd` of `app`", "more.paas:4:26"],
    );
    check(
        "zone z {\n  name = \"x.org\"\n  engine = \"hosts\"\n  \
         record txt { kind = \"TXT\", value = secret.a }\n}\n",
        &["`value` of `zone` is for everybody to read", "more.paas:4:"],
    );
    check("output o = secret.a\n", &["more.paas:1:8", "it entered here", "secret<string>"]);
    let project = project(r#"env("A")"#);
    project.write("more.paas", "paas { secrets = local() }\n");
    project.fine("check");
}

#[test]
fn a_generated_secret_becomes_due_and_is_renewed() {
    let project = project("generate(rotate = 1s)");
    project.fine("apply --sandbox --yes");
    let made = value(&project, "secret.a");
    project.wait_until("it is due", || project.run("plan --sandbox --exit-code").code == 2);
    let said = project.fine("plan --sandbox");
    says(&said, &["secret.a", "1 → 2", "due for rotation", "app.vault", "Plan: 2 to update."]);
    says(&project.fine("plan --sandbox --format json"), &["\"kind\": \"due\""]);
    assert_eq!(value(&project, "secret.a"), made, "a plan changes nothing");
    project.edit("main.paas", "rotate = 1s", "rotate = 90d");
    project.fine("apply --sandbox --yes");
    assert_eq!(value(&project, "secret.a"), made, "it is not that old");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    project.edit("main.paas", "rotate = 90d", "rotate = 1s");
    project.wait_until("it is renewed", || {
        project.fine("apply --sandbox --yes");
        value(&project, "secret.a") != made
    });
}

#[test]
fn a_file_with_a_secret_is_for_root_only() {
    let project = project(r#"env("A")"#).with("A", "hunter2-hunter2");
    let unit = "app job {\n  on = container.vault\n  unit {\n    exec = \"/usr/bin/job\"\n    \
                files = { \"/etc/job.conf\" = \"key = \\(secret.a)\" }\n  }\n}\n";
    project.write("more.paas", unit);
    // The sandbox refuses a secret in a file that others can read.
    says(&project.fine("apply --sandbox --yes"), &["app.job", "Apply: 11 done."]);
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
}
