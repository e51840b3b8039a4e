//! Every manifest in a page or a document is read: a right one has no error, a wrong one has the
//! error that it is there for.

use paas::lower::functions::Files;
use paas::lower::{Library, compile};
use paas::problem::{Problem, pages};
use paas::source::Sources;

use super::{files, read};

/// What examples stand on, unless they write it themselves: what it begins with, and all of it.
const PLATFORM: [(&str, &str); 5] = [
    ("secret pve", r#"secret pve = env("PVE_TOKEN")"#),
    ("cluster home", r#"cluster home { api = "https://pve.lan:8006", token = secret.pve }"#),
    (
        "network lan",
        "network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }",
    ),
    (
        "container web",
        r#"container web {
  on = cluster.home
  template = "debian-12-standard"
  network = network.lan
  ip = 10.0.0.2
  features { nesting = true }
}"#,
    ),
    ("proxy edge", r#"proxy edge { on = container.web, engine = "caddy" }"#),
];

/// Codes without an example: what leads to them cannot be seen, is huge, or is no manifest.
const WITHOUT: [&str; 19] = [
    "L0203", "L0204", "L0205", "P0114", "P0119", "P1005", "P1020", "P1021", "P1022", "P2020",
    "P2021", "P3004", "P4005", "P4006", "P4007", "P4008", "P4009", "P4010", "P5005",
];

/// A Compose file with which nothing is wrong.
const COMPOSE: &str = r#"
services:
  web: { image: "nginx:1.27", ports: ["8080:80"], healthcheck: { test: [CMD, "true"] } }
"#;

struct Project;

impl Files for Project {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let text = match path {
            "compose.yml" => COMPOSE,
            "blog/compose.yml" => {
                "services: { ghost: { image: \"ghost:5\", ports: [\"2368:2368\"] } }\n"
            }
            "people.json" => r#"[{ "login": "ada" }, { "login": "bob" }]"#,
            "keys/admins.pub" => "ssh-ed25519 AAAA ada\n",
            "setup.sh" => "#!/bin/sh\n",
            _ => return Err("there is no such file".to_owned()),
        };
        Ok(text.as_bytes().to_vec())
    }

    fn matching(&self, pattern: &str) -> Result<Vec<String>, String> {
        let found = matches!(pattern, "*" | "*.sh" | "scripts/*.sh" | "setup.sh");
        Ok(found.then(|| "setup.sh".to_owned()).into_iter().collect())
    }

    fn commit(&self, _path: &str) -> Result<String, String> {
        Ok("c0ffee".to_owned())
    }
}

/// Everything that is wrong with a manifest that stands on the platform.
fn problems(text: &str) -> Vec<Problem> {
    let missing = PLATFORM.iter().filter(|(begin, _)| !text.contains(begin));
    let platform: Vec<&str> = missing.map(|(_, whole)| *whole).collect();
    let whole = format!("{text}\n{}\n", platform.join("\n"));
    let mut sources = Sources::default();
    let file = sources.add("main.paas", whole.as_str());
    let (tree, mut problems) = paas::syntax::parse(file, &whole);
    problems.extend(compile(&[tree], &Library::default(), &sources, &[], &Project).1);
    problems
}

/// The blocks of a text that are fenced with these words.
fn fenced<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let begin = format!("```{word}\n");
    let blocks = text.split(&begin).skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[track_caller]
fn is_right(place: &str, example: &str) {
    let wrong: Vec<Problem> = problems(example).into_iter().filter(Problem::is_error).collect();
    assert!(wrong.is_empty(), "{place}: a right example is wrong:\n{example}\n{wrong:#?}");
}

#[test]
fn pages_show_what_is_wrong_and_what_is_right() {
    for page in pages::all() {
        let (wrong, right) = (fenced(page.text, "paas-error"), fenced(page.text, "paas"));
        let is_about_text = page.code < "P6200" && !page.code.starts_with("P00");
        let expected = usize::from(is_about_text && !WITHOUT.contains(&page.code));
        assert_eq!((wrong.len(), right.len()), (expected, expected), "{}", page.code);
        for example in wrong {
            let mut codes: Vec<&str> =
                problems(example).iter().map(|problem| problem.code).collect();
            codes.dedup();
            assert_eq!(codes, [page.code], "the wrong example is:\n{example}");
        }
        for example in right {
            let problems = problems(example);
            assert!(problems.is_empty(), "{}:\n{example}\n{problems:#?}", page.code);
        }
    }
}

#[test]
fn examples_in_documents_are_right() {
    // Pages that are lived through are read by `lived`.
    let lived = ["docs/drift.md", "docs/guide.md", "docs/modules.md", "docs/tenants.md"];
    let made = ["docs/kinds.md", "docs/functions.md", "docs/problems.md", "docs/cli.md"];
    let mut count = 0;
    for path in files("docs", ".md").into_iter().chain(["README.md".to_owned()]) {
        if [made, lived].as_flattened().contains(&path.as_str()) {
            continue;
        }
        for example in fenced(&read(&path), "paas") {
            is_right(&path, example);
            count += 1;
        }
    }
    assert!(count > 10, "only {count} examples");
}
