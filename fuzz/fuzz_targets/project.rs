//! A project of one manifest and a few files, the same on every run.

use paas::lower::{Library, compile};
use paas::lower::functions::Files;
use paas::problem::{Style, print};
use paas::source::Sources;

struct Project;

impl Files for Project {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let text = match path {
            "compose.yml" | "blog/compose.yml" => {
                "services: { web: { image: nginx, ports: [\"8080:80\"] } }\n"
            }
            "people.json" => r#"[{ "login": "ada" }, { "login": "bob" }]"#,
            "people.yml" => "- { login: ada, keys: [a] }\n- { login: bob, keys: [] }\n",
            "keys/admins.pub" => "ssh-ed25519 AAAA ada\n",
            _ => return Err("there is no such file".to_owned()),
        };
        Ok(text.as_bytes().to_vec())
    }

    fn matching(&self, _pattern: &str) -> Result<Vec<String>, String> {
        Ok(vec!["people.yml".to_owned()])
    }

    fn commit(&self, _path: &str) -> Result<String, String> {
        Ok("c0ffee".to_owned())
    }
}

/// Reads and compiles a manifest, and prints whatever is wrong with it.
pub fn compiled(text: &str) {
    let mut sources = Sources::default();
    let file = sources.add("main.paas", text);
    let (tree, mut problems) = paas::syntax::parse(file, text);
    let (_, more) = compile(&[tree], &Library::default(), &sources, &[], &Project);
    problems.extend(more);
    print(&problems, &sources, Style { colour: false, unicode: true, width: 100 });
}
