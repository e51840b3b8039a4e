//! Operators, `if` and `match` on secrets: what they give is secret, too, and decides nothing that
//! everybody sees.

use crate::commands::says;
use crate::support::project::Project;

/// A project with this below two secrets.
fn project(rest: &str) -> Project {
    let secrets = "secret given = env(\"GIVEN\")\nsecret other = env(\"OTHER\")\n";
    let project = Project::of(&format!("{secrets}{rest}\n"));
    project.with("GIVEN", "canary-1").with("OTHER", "canary-22")
}

#[test]
fn what_follows_from_a_secret_is_computed_when_it_is_sent() {
    let all = [
        (r#"secret.given == "canary-1""#, "true"),
        (r#"secret.given != "canary-1""#, "false"),
        (r#"secret.given == secret.other"#, "false"),
        (r#""a\(secret.given)" == "acanary-1""#, "true"),
        (r#"length(secret.given) == 8"#, "true"),
        (r#"length(secret.given) * 2 + 1"#, "17"),
        (r#"1 < length(secret.given) <= 7"#, "false"),
        (r#"secret.given < "d""#, "true"),
        (r#"secret.given in ["x", "canary-1"]"#, "true"),
        (r#"!(secret.given in ["x"])"#, "true"),
        (r#"secret.given == "x" || length(secret.other) > 8"#, "true"),
        (r#"secret.given == "x" && length(secret.other) > 8"#, "false"),
        (r#"true && secret.given == "x""#, "false"),
        (r#"if secret.given == "canary-1" then "yes" else "no""#, "yes"),
        (r#"if secret.given == "x" then 1 else length(secret.other) + 1"#, "10"),
        (r#"(if secret.given == "x" then 1 else 2) + 1"#, "3"),
        (r#"if secret.given == "x" then "a" else "<\(secret.other)>""#, "<canary-22>"),
        (r#"match secret.given { "x" | "canary-1" => "hit", else => "miss" }"#, "hit"),
        (r#"match length(secret.given) { 7 => "hit", else => upper(secret.other) }"#, "CANARY-22"),
        (r#"[secret.given, 1] == ["canary-1", 1]"#, "true"),
        (r#"{ a = [secret.given] } != { a = ["x"] }"#, "true"),
        (r#"["x", secret.given] in [["x", "canary-1"]]"#, "true"),
        (r#"upper(if starts_with(secret.given, "can") then "a" else "b")"#, "A"),
    ];
    let outputs = all.iter().enumerate();
    let outputs = outputs.map(|(at, (it, _))| format!("output o{at} = reveal({it}, \"a test\")\n"));
    let project = project(&outputs.collect::<String>());
    let said = project.fine("apply --sandbox --yes");
    assert!(!said.contains("canary-22"), "{said}");
    for (at, (expression, expected)) in all.iter().enumerate() {
        let found = project.fine(&format!("output --sandbox --name o{at}"));
        assert_eq!(found.trim_end(), *expected, "{expression}");
    }
}

#[test]
fn it_is_secret_until_it_is_revealed() {
    let secret = [
        r#"secret.given == "x""#,
        r#"!(secret.given == "x")"#,
        r#"if secret.given == "x" then 1 else 2"#,
        r#"match secret.given { "x" => 1, else => 2 }"#,
        r#"length(secret.given) > 3"#,
    ];
    for expression in secret {
        let shown = project(&format!("output o = {expression}"));
        says(&shown.ends("check", 1), &["P4001", "the output `o` would show a secret"]);
        let typed = project(&format!("output o: secret<string> = \"\\({expression})\""));
        says(&typed.fine("plan --sandbox"), &["«secret "]);
    }
    // What is not decided by the secret is known.
    let known = [
        r#"secret.given == null"#,
        r#"secret.given != null"#,
        r#"false && secret.given == "x""#,
        r#"secret.given == "x" || true"#,
        r#"[secret.given] == [secret.given, 1]"#,
        r#"{ a = secret.given, b = 1 } == { a = "x", b = 2 }"#,
    ];
    for expression in known {
        project(&format!("output o = {expression}")).fine("check");
    }
}

#[test]
fn a_secret_decides_nothing_that_everybody_sees() {
    let wrong = [
        ("output o = { k = if secret.given == \"x\" then [1] else [] }", "whether this is a list"),
        ("output o = if secret.given == \"x\" then { a = 1 } else { a = 2 }", "an object"),
        ("let o = if secret.given == \"x\" then \"a\" else null", "null"),
        ("let o = match secret.given { \"x\" => [1], else => [2] }", "whether this is a list"),
        ("let o = match secret.given { \"x\" => 1 }", "needs an arm for everything else"),
        ("let o = [for x in [1]: x if secret.given == \"x\"]", "`(secret.given == \"x\")`"),
        (
            "let o = { (if secret.given == \"x\" then \"a\" else \"b\") = 1 }",
            "a secret cannot be a key",
        ),
        ("run r if secret.given == \"x\" { create = \"true\" }", "a secret cannot decide this"),
        ("check c { require secret.given != \"x\" else \"weak\" }", "a secret cannot decide this"),
        (
            "secret t = if secret.given == \"x\" then env(\"A\") else env(\"B\")",
            "cannot decide this",
        ),
        ("let o = if secret.given then 1 else 2", "P2"),
        ("let o = secret.given + 1", "P2"),
        ("let o = length(secret.given) + \"x\"", "P2"),
    ];
    for (rest, expected) in wrong {
        let said = project(rest).ends("check", 1);
        says(&said, &[expected]);
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn a_rotated_secret_changes_what_is_decided_by_it() {
    let project = Project::site().with("GIVEN", "canary-1");
    let text = project.read("main.paas");
    let app = "container c {\n  on = cluster.home\n  template = template.base\n  \
               network = network.lan\n  ip = \"auto\"\n  features { nesting = true }\n}\n\
               app c {\n  on = container.c\n  compose { file = \"c.yml\", env = { \
               STRONG = \"\\(length(secret.given) > 8)\" } }\n}\n\
               secret given = env(\"GIVEN\")\n";
    project.write("c.yml", "services:\n  c: { image: \"c:1\", environment: [STRONG] }\n");
    project.write("main.paas", text + app);
    project.fine("apply --sandbox --yes");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    // Another secret with the same answer changes nothing.
    let project = project.with("GIVEN", "canary-2");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
    let project = project.with("GIVEN", "canary-22");
    says(&project.ends("plan --sandbox --exit-code", 2), &["compose.env.STRONG", "changed"]);
}

#[test]
fn an_answer_that_somebody_knows_tells_nothing_of_another_one() {
    let project = project(
        "host box { address = \"10.0.0.9\" }\n\
         app a { on = host.box, unit { exec = \"/bin/a\", env = {\n\
         KNOWN = \"\\(length(secret.given) > 0)\"\n\
         UNKNOWN = \"\\(secret.given == \"canary-1\")\"\n\
         CHOSEN = upper(if secret.given == \"canary-1\" then \"true\" else \"no\")\n\
         LOUD = if secret.other == \"canary-22\" then \"TRUE\" else \"no\"\n} } }",
    );
    project.fine("apply --sandbox --yes");
    let state: serde_json::Value =
        serde_json::from_str(&project.read("state/sandbox/paas.state.json")).expect("it is JSON");
    let mut found = Vec::new();
    fingerprints(&state, &mut found);
    assert_eq!(found.len(), 4, "{found:?}");
    let mut different = found.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), 4, "{found:?}");
    says(&project.fine("plan --sandbox --exit-code"), &["No changes"]);
}

/// Every fingerprint in a state.
fn fingerprints(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (name, inner) in map {
                match (name.as_str(), inner) {
                    ("fingerprints", serde_json::Value::Object(all)) => {
                        found.extend(all.values().filter_map(|it| it.as_str().map(str::to_owned)));
                    }
                    (_, inner) => fingerprints(inner, found),
                }
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|it| fingerprints(it, found)),
        _ => (),
    }
}
