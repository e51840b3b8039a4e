//! Secrets: used everywhere they may be used, and found nowhere.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use paas::model::digest;

use crate::commands::says;
use crate::support::project::Project;
use crate::support::stores;

/// With everything in it that an encoding could change.
const VALUES: [(&str, &str); 5] = [
    ("token", "tok\"en\\ä/+&?=%<1>"),
    ("env", "e'nv $ecr\te;t ÿ~+/2"),
    ("file", "first li\"ne <&>\nsecond line 3/+"),
    ("input", "in put\\\"4/+?& ü"),
    ("program", "pro[gram].*(x|y)+$ \\(name) ${HOME} $(id) `id` {{x}} %s"),
];

/// A secret of more than a megabyte, on one line, no part of which is anywhere else.
static LONG: LazyLock<String> =
    LazyLock::new(|| (0..120_000).map(|number| format!("{number:x}~L0\"ng")).collect());

const SECRETS: &str = r#"
secret env = env("APP_PASSWORD")
secret file = file("keys/password.txt")
secret program = command(["cat", "keys/program.txt"])
secret long = file("keys/long.txt")
secret made = generate(length = 48)
input token: secret<string>

container vault {
  on = cluster.home
  template = template.base
  network = network.lan
  ip = "auto"
  features { nesting = true }
}

app vault {
  on = container.vault
  compose {
    file = "vault.yml"
    env = {
      PLAIN = "seen"
      ENV = secret.env
      FILE = secret.file
      TOKEN = token
      PROGRAM = secret.program
      LONG = "<\(secret.long)>"
      MADE = secret.made
      URL = "postgres://me:\(secret.env)@db/x?t=\(token)"
      CODED = base64("me:\(secret.env)")
      JSON = to_json({ password = secret.file, list = [secret.program] })
      SUM = sha256(secret.env)
      LOUD = upper(secret.env)
      LINES = indent(secret.file, 4)
      PARTS = replace(join("/", [secret.program, token]), "a", "b")
      CHOSEN = if secret.env == "x" then secret.file else "<\(upper(token))>"
      MATCHED = match secret.env { "x" => secret.program, else => token }
      LENGTH = "\(length(secret.env) * 2 > 7 && secret.file in ["x", token])"
    }
  }
}
"#;

/// The site with an app that has every kind of secret in its environment.
fn project() -> Project {
    let project = Project::site();
    let text = project.read("main.paas");
    project.write("main.paas", text + SECRETS);
    project.write("vault.yml", "services:\n  vault: { image: \"vault:1\", environment: [ENV] }\n");
    project.write("keys/password.txt", value("file"));
    project.write("keys/program.txt", value("program"));
    project.write("keys/long.txt", value("long"));
    project
        .with("PROXMOX_VE_API_TOKEN", value("token"))
        .with("APP_PASSWORD", value("env"))
        .with("PAAS_INPUT_token", value("input"))
}

fn value(name: &str) -> &'static str {
    match name {
        "long" => &LONG,
        name => VALUES.iter().find(|(it, _)| *it == name).expect("it is in the list").1,
    }
}

/// Every form of each.
static FORMS: LazyLock<Vec<(&str, Vec<String>)>> = LazyLock::new(|| {
    let ends = [&LONG[..200], &LONG[LONG.len() - 200..], &LONG[500_000..500_200]];
    let long = ends.into_iter().flat_map(forms).chain([digest(LONG.as_bytes())]);
    // What functions make of a value is as secret as the value.
    let derived = |value: &str| {
        let coded = STANDARD_NO_PAD.encode(format!("me:{value}"));
        [value.to_uppercase(), value.replace('a', "b"), coded, format!("me:{value}")]
    };
    let every = |value: &str| {
        let derived = derived(value);
        [forms(value), derived.iter().flat_map(|it| forms(it)).collect()].concat()
    };
    let all = VALUES.iter().map(|(name, value)| (*name, every(value)));
    all.chain([("long", long.collect())]).collect()
});

/// A secret in every form in which it could slip through, each long enough to be no accident.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned(), digest(value.as_bytes())];
    forms.extend(value.lines().map(str::to_owned));
    let json = serde_json::to_string(value).expect("text is JSON");
    forms.push(json.trim_matches('"').to_owned());
    forms.push(serde_json::to_string(&json).expect("text is JSON").trim_matches('"').to_owned());
    forms.push(json.trim_matches('"').chars().flat_map(char::escape_unicode).collect());
    forms.push(value.escape_default().to_string());
    forms.push(value.replace('$', "$$"));
    forms.push(value.replace('\'', r"'\''"));
    for keep in ["", "-_.~", "-_.~/"] {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte);
        let upper = value.bytes().map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        });
        let upper: String = upper.collect();
        forms.extend([upper.replace("%20", "+"), upper.to_lowercase(), upper]);
    }
    forms.push(value.bytes().map(|byte| format!("{byte:02x}")).collect());
    // In base64 a text looks different at each of three places.
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for shift in 0..3 {
            let text = [vec![0; shift], value.as_bytes().to_vec()].concat();
            let coded = engine.encode(text);
            forms.push(coded[4..coded.len() - 4].to_owned());
        }
    }
    forms.retain(|form| form.len() >= 8);
    forms
}

/// Nothing of any secret is in these bytes.
#[track_caller]
fn clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for (name, forms) in FORMS.iter() {
        for form in forms {
            assert!(!text.contains(form), "{what} has the secret `{name}` in it, as `{form}`");
        }
    }
}

/// Runs a command line and looks through everything it said.
#[track_caller]
fn quiet(project: &Project, line: &str) -> String {
    let run = project.run(line);
    let said = run.out + &run.err;
    clean(&format!("`paas {line}`"), said.as_bytes());
    said
}

/// Every file but those that hold a secret because somebody wrote it there.
#[track_caller]
fn clean_files(project: &Project) {
    let mut seen = 0;
    for (path, content) in project.contents() {
        if path.parent().is_none_or(|folder| !folder.ends_with("site/keys")) {
            clean(&path.display().to_string(), &content);
            seen += 1;
        }
    }
    assert!(seen > 4, "only {seen} files were looked through");
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let caught = |text: &str| std::panic::catch_unwind(|| clean("it", text.as_bytes())).is_err();
    assert!(!caught("PLAIN = seen"));
    for (_, value) in VALUES {
        assert!(caught(&format!("x{value}y")));
        assert!(caught(&serde_json::json!({ "a": [value] }).to_string()));
        let inner = serde_json::json!({ "a": value }).to_string();
        assert!(caught(&serde_json::json!({ "b": inner }).to_string()));
        assert!(caught(&STANDARD_NO_PAD.encode(format!("user:{value}@host"))));
        assert!(caught(&STANDARD_NO_PAD.encode(format!("users:{value}@host"))));
    }
}

#[test]
fn no_command_shows_or_stores_a_secret() {
    let project = project();
    let looks = [
        "check -vv",
        "plan --sandbox -vv --full --out saved.plan",
        "plan --sandbox --format json",
        "plan --sandbox --format markdown --full",
        "graph",
        "graph --format dot",
        "explain app.vault --sandbox",
        "explain app.vault.compose --sandbox",
        "explain app.vault.compose.env --sandbox",
        "explain app.vault.compose.env.URL --sandbox",
        "explain cluster.home.token --sandbox",
        "fmt --diff",
        "check --format narrated",
        "check --format json",
        "check --format sarif",
        "explain secret.env --sandbox",
        "graph --sandbox",
        "test -vv",
        "fix",
    ];
    looks.iter().for_each(|line| drop(quiet(&project, line)));
    clean_files(&project);
    says(&quiet(&project, "apply saved.plan -vv"), &["Apply: 11 done."]);
    clean_files(&project);
    let more = [
        "drift --sandbox -vv",
        "drift --sandbox --format json",
        "state list --sandbox",
        "state show app.vault --sandbox -vv",
        "state show cluster.home --sandbox",
        "output --sandbox",
        "sandbox show",
        "sandbox show container.vault",
        "secret list --sandbox -vv",
        "secret reveal secret.made --sandbox",
        "secret reveal secret.env --sandbox --yes",
    ];
    looks.iter().chain(&more).for_each(|line| drop(quiet(&project, line)));
    says(&quiet(&project, "plan --sandbox --exit-code"), &["No changes"]);
    says(&quiet(&project, "plan --sandbox --full"), &["No changes"]);
    clean_files(&project);
    project.edit("vault.yml", "vault:1", "vault:2");
    says(&quiet(&project, "apply --sandbox --yes -vv"), &["app.vault", "Apply: 1 done."]);
    quiet(&project, "destroy --sandbox --yes -vv");
    clean_files(&project);
}

#[test]
fn what_is_generated_is_seen_by_nobody_who_does_not_ask() {
    seen_by_nobody(&project(), 2);
}

#[test]
fn what_is_generated_is_seen_by_nobody_wherever_it_is_kept() {
    for place in [stores::vault(2)].into_iter().chain(stores::elsewhere()) {
        let project = place.open(stores::equipped(project()));
        project.write("more.paas", place.manifest(""));
        seen_by_nobody(&project, 1);
        // On the way to another place neither.
        project.write("more.paas", "paas { secrets = local() }\n");
        seen_by_nobody(&project, 1);
    }
}

fn seen_by_nobody(project: &Project, turns: usize) {
    project.fine("apply --sandbox --yes");
    let mut made = Vec::new();
    for turn in 0..turns {
        let value = project.fine("secret reveal secret.made --sandbox --yes");
        made.push(value.trim_end().to_owned());
        let lines = [
            "plan --sandbox -vv --full --out saved.plan",
            "plan --sandbox --format json",
            "plan --sandbox --format markdown --full",
            "apply saved.plan -vv",
            "state show app.vault --sandbox",
            "state show secret.made --sandbox",
            "output --sandbox",
            "explain secret.made --sandbox",
            "secret list --sandbox -vv",
            "secret rotate secret.made --sandbox -vv",
        ];
        let said: Vec<String> = lines.iter().map(|line| quiet(project, line)).collect();
        let files = project.contents().into_iter();
        let files = files.map(|(path, bytes)| {
            format!("{}: {}", path.display(), String::from_utf8_lossy(&bytes))
        });
        for text in said.into_iter().chain(files) {
            for form in made.iter().flat_map(|value| forms(value)) {
                let start: String = text.chars().take(200).collect();
                assert!(!text.contains(&form), "turn {turn}: {start} … has `{form}`");
            }
        }
    }
}

#[test]
fn a_failure_shows_no_secret_either() {
    for how in ["refused", "unknown-before", "unknown-after"] {
        let project = project();
        project.fine(&format!("sandbox fail 'docker compose up app-vault' --how {how}"));
        says(&quiet(&project, "apply --sandbox --yes -vv"), &["app.vault"]);
        clean_files(&project);
        quiet(&project, "apply --sandbox --yes -vv");
    }
    let project = project();
    project.fine("sandbox fail 'write /opt/paas/app-vault/.env'");
    says(&quiet(&project, "apply --sandbox --yes -vv"), &["is refused"]);
    quiet(&project, "apply --yes -vv");
    clean_files(&project);
}

#[test]
fn a_drifted_file_with_a_secret_shows_none() {
    let project = project();
    project.fine("apply --sandbox --yes");
    project.fine("sandbox set container.vault file:/opt/paas/app-vault/.env=changed");
    says(&quiet(&project, "drift --sandbox"), &["app.vault"]);
    quiet(&project, "plan --sandbox --full");
    quiet(&project, "apply --sandbox --yes -vv");
    says(&quiet(&project, "plan --sandbox --exit-code"), &["No changes"]);
}

#[test]
fn a_mistake_with_a_secret_does_not_print_it() {
    let manifest = "input token: secret<string>\nlet x = 1\n";
    let project = Project::of(manifest).with("PAAS_INPUT_tokn", value("input"));
    says(&quiet(&project, "check"), &["P1005", "PAAS_INPUT_tokn", "did you mean `token`?"]);
    let project = Project::of(manifest);
    for given in ["token", "tokn"] {
        let mut command = project.command("check");
        let run = command.args(["--set", &format!("{given}={}", value("token"))]).output();
        let run = project.told(&run.expect("the program can be started"));
        assert_eq!(run.code, 1);
        clean(given, (run.out + &run.err).as_bytes());
    }
    project.write("x.values", format!("token = {:?}\n", value("token")));
    says(&quiet(&project, "check --values x.values"), &["P4005", "PAAS_INPUT_token"]);
}

#[test]
fn a_secret_in_the_wrong_place_is_refused_by_name() {
    let places = [
        "output shown = secret.env\n",
        "output shown = \"a \\(token) b\"\n",
        "let plain: string = secret.env\n",
        "container x { on = cluster.home, template = \"d\", hostname = secret.env }\n",
        "container y for n in [secret.env] { on = cluster.home, template = \"d\" }\n",
        "let k = { (secret.env) = 1 }\n",
        "check c { require secret.env == \"x\" else \"\\(secret.env)\" }\n",
    ];
    for place in places {
        let project = project();
        project.write("more.paas", place);
        let said = quiet(&project, "plan --sandbox -vv");
        assert_ne!(project.run("plan --sandbox").code, 0, "{place}{said}");
        assert!(["P4001", "P3003"].iter().any(|code| said.contains(code)), "{place}{said}");
    }
}

#[test]
fn what_a_weak_secret_is_cannot_be_tried_out() {
    let of = |value: &str| {
        let project = project().with("APP_PASSWORD", value).with("PAAS_INPUT_token", value);
        project.write("keys/password.txt", value);
        project.fine("plan --sandbox --out saved.plan --format json")
    };
    assert_eq!(of("1234"), of("5678"), "what depends on a secret's value tells something of it");
}
