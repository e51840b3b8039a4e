//! Every manifest in a page or a document is read: a right one has no error, a wrong one has the
//! error that it is there for.

use paas::lower::functions::Files;
use paas::lower::{Library, compile};
use paas::problem::pages::Page;
use paas::problem::{Problem, pages};
use paas::source::Sources;

use super::{files, lived, read};
use crate::support::project::Project;

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

/// Codes without an example: what leads to them cannot be seen, is huge, or needs a test.
const WITHOUT: [&str; 7] = ["P0114", "P0119", "P2020", "P2021", "P3004", "P5005", "P5011"];

/// A Compose file with which nothing is wrong.
const COMPOSE: &str = r#"
services:
  web: { image: "nginx:1.27", ports: ["8080:80"], healthcheck: { test: [CMD, "true"] } }
"#;

/// A root module of Terraform.
const MODULE: &str = r#"
variable "ports" { type = list(number) }
resource "terraform_data" "ip" { input = "203.0.113.7" }
output "public_ip" { value = terraform_data.ip.output }
"#;

/// A project with the files of one example.
#[derive(Default)]
struct Folder {
    files: Vec<(String, String)>,
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if let Some((_, text)) = self.files.iter().rev().find(|(name, _)| name == path) {
            return Ok(text.as_bytes().to_vec());
        }
        let text = match path {
            "compose.yml" => COMPOSE,
            "blog/compose.yml" => {
                "services: { ghost: { image: \"ghost:5\", ports: [\"2368:2368\"] } }\n"
            }
            "people.json" => r#"[{ "login": "ada" }, { "login": "bob" }]"#,
            "keys/admins.pub" => "ssh-ed25519 AAAA ada\n",
            "setup.sh" => "#!/bin/sh\n",
            "terraform/main.tf" => MODULE,
            _ => return Err("there is no such file".to_owned()),
        };
        Ok(text.as_bytes().to_vec())
    }

    fn matching(&self, pattern: &str) -> Result<Vec<String>, String> {
        if pattern.starts_with("terraform/") {
            return Ok(vec!["terraform/main.tf".to_owned()]);
        }
        let found = matches!(pattern, "*" | "*.sh" | "scripts/*.sh" | "setup.sh");
        Ok(found.then(|| "setup.sh".to_owned()).into_iter().collect())
    }

    fn commit(&self, _path: &str) -> Result<String, String> {
        Ok("c0ffee".to_owned())
    }
}

/// A manifest with what it stands on.
fn on_platform(text: &str) -> String {
    let missing = PLATFORM.iter().filter(|(begin, _)| !text.contains(begin));
    let platform: Vec<&str> = missing.map(|(_, whole)| *whole).collect();
    format!("{text}\n{}\n", platform.join("\n"))
}

/// Everything that is wrong with a manifest that stands on the platform.
fn problems(text: &str, folder: &Folder) -> Vec<Problem> {
    let whole = on_platform(text);
    let mut sources = Sources::default();
    let file = sources.add("main.paas", whole.as_str());
    let (tree, mut problems) = paas::syntax::parse(file, &whole);
    problems.extend(compile(&[tree], &Library::default(), &sources, &[], folder).1);
    problems
}

/// The codes of everything that is wrong with one example of a page.
fn codes(text: &str, folder: &Folder) -> Vec<String> {
    // Imports are read by the program only.
    let imports = text.lines().any(|line| line.starts_with("import "));
    let mut codes: Vec<String> = match imports {
        true => {
            let project = Project::of(&on_platform(text));
            folder.files.iter().for_each(|(path, text)| project.write(path, text));
            let run = project.run("check --format concise");
            let said = format!("{}{}", run.out, run.err);
            let code = |line: &str| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned());
            said.lines().filter_map(code).collect()
        }
        false => {
            let found = problems(text, folder);
            found.iter().map(|problem| problem.code.to_owned()).collect()
        }
    };
    codes.dedup();
    codes
}

/// The blocks of a text that are fenced with these words.
fn fenced<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let begin = format!("```{word}\n");
    let blocks = text.split(&begin).skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[track_caller]
fn is_right(place: &str, example: &str) {
    let found = problems(example, &Folder::default());
    let wrong: Vec<Problem> = found.into_iter().filter(Problem::is_error).collect();
    assert!(wrong.is_empty(), "{place}: a right example is wrong:\n{example}\n{wrong:#?}");
}

/// Runs the commands of a page: one of them leads to its code, and the last one does not.
fn live(page: &Page) {
    let (mut project, mut last, mut told) = (Project::empty(), String::new(), false);
    let code = format!("[{}]", page.code);
    for block in lived::blocks(page.text) {
        match (block.word, block.file()) {
            ("console", _) => {
                (project, last) = lived::run(page.code, project, block.text);
                told |= block.text.contains(&code);
            }
            (_, Some(path)) => project.write(&path, block.text),
            _ => project.write("main.paas", on_platform(block.text)),
        }
    }
    assert!(told, "{}: no command leads to it", page.code);
    assert!(!last.contains(&code), "{}: nothing mends it:\n{last}", page.code);
}

#[test]
fn pages_show_what_is_wrong_and_what_is_right() {
    for page in pages::all() {
        if page.text.contains("```console") {
            live(page);
            continue;
        }
        let (mut wrong, mut right) = (0, 0);
        let mut folder = Folder::default();
        for block in lived::blocks(page.text) {
            match (block.word, block.file()) {
                (_, Some(path)) => folder.files.push((path, block.text.to_owned())),
                ("paas-error", None) => {
                    wrong += 1;
                    let found = codes(block.text, &std::mem::take(&mut folder));
                    assert_eq!(found, [page.code], "the wrong example is:\n{}", block.text);
                }
                ("paas", None) => {
                    right += 1;
                    let found = codes(block.text, &std::mem::take(&mut folder));
                    assert!(found.is_empty(), "{}: {found:?} in:\n{}", page.code, block.text);
                }
                _ => (),
            }
        }
        let is_about_text = page.code < "P6200" && !page.code.starts_with("P00");
        let expected = usize::from(is_about_text && !WITHOUT.contains(&page.code));
        assert_eq!((wrong, right), (expected, expected), "{}", page.code);
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
