//! What the servers of databases are told, whatever their names and passwords are.

use std::fmt::Write as _;

use paas::kinds;
use paas::model::{Address, Effect, ObjectId, Step, Value};
use serde_json::json;

use crate::commands::says;
use crate::support::golden;
use crate::support::project::Project;

const ENGINES: [&str; 5] = ["postgres", "mariadb", "mysql", "mongodb", "redis"];

/// A name with everything in it that could end a name.
const HOSTILE: &str = "a'b\"c`d\\e $$;--%_*";

fn spec(engine: &str, name: &str) -> Value {
    let extensions = if engine == "postgres" { json!(["pg_trgm"]) } else { json!([]) };
    let spec = json!({
        "on": { "$ref": "database.main" },
        "machine": { "$ref": "host.a" },
        "engine": engine,
        "name": name,
        "owner": name,
        "extra": ["more"],
        "extensions": extensions,
        "password": { "$text": [{ "$secret": "secret.pw" }] },
        "encoded_password": { "$text": [{ "$secret": "base64(secret.pw)" }] },
    });
    Value::of(&spec).unwrap()
}

fn told(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        let Effect::Run(command) = &step.effect else { continue };
        let words: Vec<String> = command.argv.iter().map(ToString::to_string).collect();
        writeln!(out, "$ {}", words.join(" ")).unwrap();
        assert!(!words.join(" ").contains("secret.pw"), "arguments can be read by everybody");
        if let Some(text) = &command.stdin {
            text.to_string().lines().for_each(|line| writeln!(out, "  {line}").unwrap());
        }
    }
    out
}

#[test]
fn every_engine_is_told_in_its_own_words() {
    let db = kinds::find("db").unwrap();
    let id = ObjectId::first(Address::parse("app.blog/db.main").unwrap());
    let mut out = String::new();
    for engine in ENGINES {
        writeln!(out, "# {engine}\n").unwrap();
        let spec = spec(engine, HOSTILE);
        out.push_str(&told(&db.create(&id, "", &spec)));
        writeln!(out, "\n# {engine}: removed\n").unwrap();
        out.push_str(&told(&db.delete(&id, &spec)));
        out.push('\n');
    }
    golden::check("cases/commands/databases.txt", &out);
}

fn project(engine: &str, more: &str) -> Project {
    Project::of(&format!(
        "host infra {{ address = 10.0.0.9 }}\n\
         database main {{ on = host.infra, engine = \"{engine}\", host = \"db.lan\" }}\n\
         secret pw = env(\"PW\")\n\
         app blog {{\n  on = host.infra\n  \
         unit {{ exec = \"/bin/blog\", env {{ URL = app.blog.db.main.url }} }}\n  \
         db main {{ on = database.main{more} }}\n}}\n"
    ))
    .with("PW", "p@ss'w\"ord")
}

#[test]
fn every_engine_is_made_in_the_sandbox() {
    for engine in ENGINES {
        for more in ["", ", password = secret.pw"] {
            let project = project(engine, more);
            let scheme = if engine == "mariadb" { "mysql" } else { engine };
            let plan = project.fine("plan --sandbox");
            says(&plan, &[&format!("{scheme}://blog:"), "@db.", "url_encode("]);
            project.fine("apply --sandbox --yes");
            says(&project.fine("plan --sandbox"), &["No changes"]);
            project.fine("destroy --sandbox --yes");
        }
    }
}

#[test]
fn what_no_server_takes_is_told() {
    let refused = |engine: &str, more: &str, parts: &[&str]| {
        says(&project(engine, more).untouched("check", 1), parts);
    };
    refused("redis", ", extensions = [\"x\"]", &["P6101", "redis has no extensions"]);
    refused("postgres", ", name = \"a\\nb\"", &["P6101", "takes no name with '\\n'"]);
    refused("mongodb", ", name = \"a.b\"", &["P6101", "takes no name with '.'"]);
    refused("mysql", ", extra = [\"\"]", &["P6101", "is empty"]);
    let long = format!(", owner = \"{}\"", "o".repeat(33));
    refused("mariadb", &long, &["P6101", "longer than the 32 bytes"]);
}
