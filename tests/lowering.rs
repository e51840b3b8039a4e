//! Manifests in, what is desired out: values, resources, edges, and every problem of this stage.

use paas::lower::functions::Files;
use paas::lower::{Desired, Given, compile};
use paas::problem::{Problem, any_error};
use paas::source::{FileId, Sources};
use paas::syntax::tree::{Expr, ItemKind};

/// What most manifests stand on; it follows the text of a test, so that lines are the test's own.
const PLATFORM: &str = r#"
secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
"#;

struct Project;

impl Files for Project {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        match path {
            "compose.yml" => {
                Ok(b"services: { web: { image: nginx, ports: [\"8080:80\"] } }\n".to_vec())
            }
            "people.json" => Ok(br#"[{"login": "ada"}, {"login": "bob"}]"#.to_vec()),
            _ => Err("there is no such file".to_owned()),
        }
    }

    fn matching(&self, _pattern: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn commit(&self, _path: &str) -> Result<String, String> {
        Ok("c0ffee".to_owned())
    }
}

fn compiled(text: &str, given: &[(&str, &str, &str)]) -> (Desired, Vec<Problem>, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("main.paas", text);
    let (tree, problems) = paas::syntax::parse(file, text);
    assert!(!any_error(&problems), "the test itself is broken: {problems:#?}");
    let given: Vec<Given> = given
        .iter()
        .map(|(name, value, from)| Given {
            name: (*name).to_owned(),
            value: expression(value),
            from: (*from).to_owned(),
        })
        .collect();
    let (desired, problems) = compile(&[tree], &sources, &given, &Project);
    (desired, problems, sources)
}

fn expression(text: &str) -> Expr {
    let (tree, _) = paas::syntax::parse(FileId(u32::MAX), &format!("value = {text}"));
    let value = tree.items.into_iter().find_map(|item| match item.kind {
        ItemKind::Attribute(attribute) => Some(attribute.value),
        _ => None,
    });
    value.expect("the text of a value")
}

/// Outputs, else what is written of each resource and what it waits for; then every problem.
fn told(text: &str, given: &[(&str, &str, &str)]) -> String {
    let (desired, problems, sources) = compiled(text, given);
    let mut lines = Vec::new();
    for (name, output) in &desired.outputs {
        lines.push(format!("{name} = {}", output.value));
    }
    if lines.is_empty() && !any_error(&problems) {
        lines.extend(resources(&desired));
    }
    for problem in &problems {
        let place = problem.labels.first().map(|label| sources.place(label.span));
        let place = place.map(|place| format!(" {}:{}", place.line, place.column));
        lines.push(format!("{}{} {}", problem.code, place.unwrap_or_default(), problem.message));
    }
    lines.join("\n")
}

fn resources(desired: &Desired) -> Vec<String> {
    let skipped = ["cluster.home", "network.lan"];
    let shown = desired.resources.iter().filter(|(it, _)| !skipped.contains(&it.as_str()));
    let line = |(address, resource): (&paas::model::Address, &paas::lower::Resource)| {
        let written: Vec<String> = resource
            .origins
            .iter()
            .map(|(path, _)| {
                let value = resource.intent.spec.pointer(&format!("/{path}"));
                format!("{path}={}", value.unwrap_or(&serde_json::Value::Null))
            })
            .collect();
        let mut line = format!("{address}: {}", written.join(" "));
        if !resource.intent.after.is_empty() {
            let after: Vec<String> =
                resource.intent.after.iter().map(ToString::to_string).collect();
            line.push_str(&format!(" after {}", after.join(", ")));
        }
        line
    };
    shown.map(line).collect()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let told = told(&format!("{text}{PLATFORM}"), &[]);
    assert_eq!(told, expected, "\n--- told\n{told}\n---");
}

#[test]
fn values_are_computed() {
    check("output x = 1 + 2 * 3", "x = 7");
    check("output x = 7 / 2\noutput y = 7 % 2\noutput z = 7 / 2.0", "x = 3\ny = 1\nz = 3.5");
    check("output x = 1GiB + 512MiB", r#"x = "1536MiB""#);
    check("output x = 2 * 30s\noutput y = 1h30m - 30m", "x = \"1m\"\ny = \"1h\"");
    check("output x = 1 <= 2 < 3", "x = true");
    check("output x = 10.0.0.7 in 10.0.0.0/24", "x = true");
    check("output x = 8080 in 8000-9000/tcp\noutput y = 53/udp in 1-99/tcp", "x = true\ny = false");
    check(
        "output x = \"a\" in [\"a\", \"b\"]\noutput y = \"c\" in { a = 1 }",
        "x = true\ny = false",
    );
    check("output x = false && 1 / 0 == 1", "x = false");
    check("output x = null ?? 3", "x = 3");
    check("output x = { a = { b = 1 } }.a?.b\noutput y = null?.b", "x = 1\ny = null");
    check("output x = if 1 == 1.0 then \"same\" else \"other\"", "x = \"same\"");
    check(r#"output x = match "b" { "a" | "b" => 1, else => 2 }"#, "x = 1");
    check(r#"output x = "\(1)-\(true)-\(2GiB)-\(10.0.0.1)""#, r#"x = "1-true-2GiB-10.0.0.1""#);
}

#[test]
fn collections_are_computed() {
    check("output x = [1, ...[2, 3]]", "x = [1,2,3]");
    check("output x = { ...{ a = 1, b = 2 }, a = 3 }", r#"x = {"a":3,"b":2}"#);
    check("output x = { ...{ a = null, b = 2 } }", r#"x = {"b":2}"#);
    check("output x = [for n in [1, 2, 3] : n * n if n > 1]", "x = [4,9]");
    check("output x = [for i, n in [\"a\", \"b\"] : \"\\(i)\\(n)\"]", r#"x = ["0a","1b"]"#);
    check("output x = {for k, v in { a = 1 } : \"\\(k)!\" => v}", r#"x = {"a!":1}"#);
    check("output x = {for n in [1, 2, 3] : \"\\(n % 2)\" => n ...}", r#"x = {"0":[2],"1":[1,3]}"#);
    check("let m = { for n in [\"a\"] : n => 1 }\noutput x = m[\"a\"]", "x = 1");
    check("output x = { a { b = 1 }, c d { e = 2 } }", r#"x = {"a":{"b":1},"c":{"d":{"e":2}}}"#);
}

#[test]
fn scratch() {
    for name in ["/tmp/ex/quick.paas", "/tmp/ex/nixmox.paas"] {
        let Ok(text) = std::fs::read_to_string(name) else { continue };
        let (desired, problems, sources) = compiled(&text, &[]);
        println!(
            "{}",
            paas::problem::print(
                &problems,
                &sources,
                paas::problem::Style { colour: false, unicode: true, width: 100 }
            )
        );
        println!("{}", resources(&desired).join("\n"));
        if name.contains("quick") {
            for (a, r) in &desired.resources {
                println!("{a} {:#} {:?}", r.intent.spec, r.intent.after);
            }
        }
        println!("{:?}", desired.secrets);
        println!("{:?}", desired.outputs);
    }
}

#[test]
fn scratch_speed() {
    use std::fmt::Write as _;
    let mut text = PLATFORM.to_owned();
    for i in 0..10_000 {
        let mut names = vec![];
        for d in [1, 7, 100] {
            if i >= d {
                names.push(format!("host.h{}", i - d));
            }
        }
        writeln!(
            text,
            "host h{i} {{ address = 10.1.2.3, after = [{}], arch = {} }}",
            names.join(", "),
            if i > 0 { format!("host.h{}.arch", i - 1) } else { "\"x\"".into() }
        )
        .unwrap();
    }
    timed("hosts", &text);
    let mut text = PLATFORM.to_owned();
    for i in 0..10_000 {
        let mut names = vec![];
        for d in [1, 7, 100] {
            if i >= d {
                names.push(format!("container.h{}", i - d));
            }
        }
        writeln!(text, "container h{i} {{ on = cluster.home\n template = \"x\"\n after = [{}]\n ip = \"dhcp\" }}", names.join(", ")).unwrap();
    }
    timed("containers", &text);
    let mut text = PLATFORM.to_owned();
    text.push_str("let m = {for n in range(10000) : \"k\\(n)\" => { n = n, mem = 1GiB } }\ncontainer c for k, v in m { on = cluster.home\n template = \"x\"\n memory = v.mem\n hostname = \"h\\(v.n)\" }\n output n = length(container.c)");
    timed("for", &text);
    let mut text = "let x0 = 0\n".to_owned();
    for i in 1..5000 {
        writeln!(text, "let x{i} = x{} + 1", i - 1).unwrap();
    }
    writeln!(text, "output y = x4999").unwrap();
    timed("lets", &text);
    let mut text = PLATFORM.to_owned();
    for i in (0..5000).rev() {
        writeln!(
            text,
            "host h{i} {{ address = {} }}",
            if i > 0 { format!("host.h{}.address", i - 1) } else { "10.0.0.9".into() }
        )
        .unwrap();
    }
    timed("chain", &text);
}

fn timed(what: &str, text: &str) {
    let mut sources = Sources::default();
    let file = sources.add("main.paas", text);
    let start = std::time::Instant::now();
    let (tree, _) = paas::syntax::parse(file, text);
    let parsed = start.elapsed();
    let trees = [tree];
    for _ in 0..2 {
        let start = std::time::Instant::now();
        let (desired, problems) = compile(&trees, &sources, &[], &Project);
        println!(
            "{what}: parse {parsed:?} lower {:?}: {} resources, {} problems {:?}",
            start.elapsed(),
            desired.resources.len(),
            problems.len(),
            problems.first().map(|p| &p.message)
        );
    }
}

#[test]
fn scratch_loop() {
    let mut text = PLATFORM.to_owned();
    text.push_str("let m = {for n in range(10000) : \"k\\(n)\" => { n = n, mem = 1GiB } }\ncontainer c for k, v in m { on = cluster.home\n template = \"x\"\n memory = v.mem\n hostname = \"h\\(v.n)\" }\n output n = length(container.c)");
    for _ in 0..5 {
        timed("for", &text);
    }
}
