//! Every attribute of every kind, out of the schema: each is written once, alone, and planned in
//! the sandbox.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use paas::kinds::{self, AnyKind, Place};
use paas::schema::{Field, Need, Type};
use serde_json::Value;

use crate::support::project::Project;

/// What attributes refer to: one resource of each kind.
const PLATFORM: &str = r#"
secret pve = env("PVE_TOKEN")
cluster base { api = "https://pve.lan:8006", token = secret.pve, node pve1 { gpu = true } }
network base { cluster = cluster.base, cidr = 10.0.0.0/24, pool = ["10.0.0.20-10.0.0.99"] }
template base { cluster = cluster.base, base = "debian-12-standard" }
host base { address = 10.0.0.9 }
proxy base { on = host.base, engine = "nginx", ports = [20000-20999/tcp, 20000-20999/udp] }
zone base { name = "example.com", engine = "dnsmasq", on = host.base }
cert base { names = ["a.example.com"], acme { email = "a@example.com" } }
database base { on = host.base, engine = "postgres" }
identity base { engine = "authentik", url = "https://auth.example.com" }
dashboard base { on = host.base, engine = "homepage" }
app base { on = host.base, unit { exec = "/bin/base" }, login main { via = identity.base } }
"#;

/// Attributes that the words of the schema are too wide for: kind, path, value.
const VALUES: &[(&str, &str, &str)] = &[
    ("", "on", "host.base"),
    ("container", "on", "cluster.base"),
    ("vm", "on", "cluster.base"),
    ("tile", "on", "dashboard.base"),
    ("db", "on", "database.base"),
    ("container", "template", "\"debian-12-standard\""),
    ("vm", "template", "\"debian-12-cloud\""),
    ("container", "id", "4711"),
    ("vm", "id", "4712"),
    ("", "timezone", "\"Europe/Berlin\""),
    ("", "mount/one/host_path", "\"/tank\""),
    ("", "mount/one/path", "\"/data\""),
    ("", "nic/one/mac", "\"BC:24:11:00:00:01\""),
    ("", "nic/one/ip", "10.0.0.8"),
    (
        "app",
        "compose/file",
        "\"services: { web: { image: \\\"nginx:1.27\\\", profiles: [extra] } }\\n\"",
    ),
    (
        "template",
        "digest",
        "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"",
    ),
    ("expose", "http/path", "\"/shop\""),
    ("expose", "http/auth", "identity.base"),
    ("expose", "tls", "cert.base"),
    ("proxy", "error_pages", "\"errors\""),
    ("proxy", "dir", "\"/srv/routes\""),
    ("", "storage", "\"local-lvm\""),
    ("container", "ip", "10.0.0.7"),
    ("vm", "ip", "10.0.0.7"),
    ("secret", "rotate", "90d"),
    ("app", "compose/profiles", "[\"extra\"]"),
    ("app", "nixos/build_on", "\"local\""),
    ("", "schedule", "\"daily 02:30\""),
    ("", "verify", "\"weekly 02:30\""),
    ("template", "rebuild", "\"weekly 02:30\""),
    ("terraform", "source", "\"modules/0\""),
    ("template", "files", "{ motd = \"setup.sh\" }"),
];

/// What an attribute does not stand without: kind, what its path begins with, another path.
const WITH: &[(&str, &str, &str)] = &[
    ("container", "mount/one", "mount/one/size"),
    ("app", "health", "health/tcp"),
    ("network", "dhcp", "dhcp/on"),
    ("vm", "gpu", "machine"),
];

/// Attributes of which one takes the place of another.
const EITHER: &[(&str, &[&str])] = &[
    ("container", &["mount/one/size", "mount/one/volume", "mount/one/host_path"]),
    ("app", &["health/tcp", "health/http", "health/cmd"]),
];

/// A body while it is written.
#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Body(Vec<(String, Node)>),
}

/// One attribute: its path, with `one` for the names that people choose, and what it is.
struct Leaf {
    path: Vec<String>,
    idle: bool,
}

fn inner(ty: &Type) -> Option<(&[Field], Option<&'static str>)> {
    match ty {
        Type::Object(fields) => Some((fields, None)),
        Type::Blocks(of) => inner(of).map(|(fields, _)| (fields, Some("one"))),
        Type::Map(of) => inner(of).map(|(fields, _)| (fields, Some("one"))),
        _ => None,
    }
}

fn leaves(fields: &[Field], before: &[String], idle: bool, out: &mut Vec<Leaf>) {
    for field in fields.iter().filter(|field| field.writable()) {
        let mut path = before.to_vec();
        path.push(field.name.to_owned());
        let idle = idle || field.idle.is_some();
        match inner(&field.ty) {
            Some((fields, label)) => {
                path.extend(label.map(str::to_owned));
                leaves(fields, &path, idle, out);
            }
            None => out.push(Leaf { path, idle }),
        }
    }
}

/// A value that fits a type.
fn sample(kind: &str, path: &str, ty: &Type) -> String {
    let said = VALUES.iter().filter(|(of, at, _)| (*of == kind || of.is_empty()) && *at == path);
    if let Some((.., value)) = said.max_by_key(|(of, ..)| of.len()) {
        return (*value).to_owned();
    }
    match ty {
        Type::Any | Type::Given => "{ a = 1 }".into(),
        Type::Content | Type::Path => "\"setup.sh\"".into(),
        Type::Bool => "true".into(),
        Type::Int(low, high) => 3.clamp(*low, *high).to_string(),
        Type::Float => "1.5".into(),
        Type::Str | Type::Text | Type::Shown => "\"sample\"".into(),
        Type::Size => "2GiB".into(),
        Type::Duration => "2h".into(),
        Type::Ip => "10.0.0.7".into(),
        Type::Cidr => "10.0.0.0/24".into(),
        Type::IpRange => "\"10.0.0.100-10.0.0.120\"".into(),
        Type::Fqdn => "\"a.example.com\"".into(),
        Type::Url => "\"https://a.example.com\"".into(),
        Type::Port => "8080".into(),
        Type::PortRange => "20000-20009/tcp".into(),
        Type::OneOf(words) => format!("\"{}\"", words.last().unwrap()),
        Type::List(of) => format!("[{}]", sample(kind, path, of)),
        Type::Map(of) | Type::Blocks(of) => format!("{{ a = {} }}", sample(kind, path, of)),
        Type::Object(_) => "{}".into(),
        Type::Ref(kinds) => match kinds.first() {
            Some(&"machine") | None => "host.base".into(),
            Some(kind) => format!("{kind}.base"),
        },
        Type::Either(types) => sample(kind, path, &types[0]),
    }
}

/// The fields that are required, and those that are wanted.
fn body(kind: &str, fields: &[Field], before: &str, wanted: &[&[String]]) -> Vec<(String, Node)> {
    let mut out = Vec::new();
    for field in fields.iter().filter(|field| field.writable()) {
        let here = wanted.iter().filter(|path| path.first().is_some_and(|it| it == field.name));
        let here: Vec<&[String]> = here.map(|path| &path[1..]).collect();
        if here.is_empty() && field.need != Need::Required {
            continue;
        }
        let path = format!("{before}{}", field.name);
        let node = match inner(&field.ty) {
            Some((fields, None)) => Node::Body(body(kind, fields, &format!("{path}/"), &here)),
            Some((fields, Some(label))) => {
                let here: Vec<&[String]> = here.iter().map(|path| &path[1..]).collect();
                let inside = body(kind, fields, &format!("{path}/{label}/"), &here);
                let is_block = matches!(field.ty, Type::Blocks(_));
                if is_block {
                    out.push((format!("{} {label}", field.name), Node::Body(inside)));
                    continue;
                }
                Node::Body(vec![(label.to_owned(), Node::Body(inside))])
            }
            None => Node::Text(sample(kind, &path, &field.ty)),
        };
        out.push((field.name.to_owned(), node));
    }
    out
}

fn write(out: &mut String, body: &[(String, Node)]) {
    for (name, node) in body {
        match node {
            Node::Text(text) => writeln!(out, "{name} = {text}").unwrap(),
            Node::Body(inside) => {
                writeln!(out, "{name} {{").unwrap();
                write(out, inside);
                out.push_str("}\n");
            }
        }
    }
}

fn split(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

/// Everything that stands beside an attribute: what it needs, and one of each group.
fn beside(kind: &dyn AnyKind, path: &str) -> Vec<Vec<String>> {
    let word = kind.schema().kind;
    let mut all = vec![split(path)];
    let taken = EITHER.iter().any(|(of, any)| *of == word && any.contains(&path));
    let needs = WITH.iter().filter(|(of, begin, other)| {
        let is_choice = EITHER.iter().any(|(of, any)| *of == word && any.contains(other));
        *of == word && path.starts_with(begin) && !(taken && is_choice)
    });
    all.extend(needs.map(|(.., other)| split(other)));
    for group in kind.traits().one_of {
        let first = path.split('/').next().unwrap();
        if !group.contains(&first) {
            all.push(vec![group[0].to_owned()]);
        }
    }
    all
}

/// A resource in which this attribute is written, and the address that it has.
fn resource(kind: &dyn AnyKind, name: &str, path: &str) -> (String, String) {
    let schema = kind.schema();
    let beside = beside(kind, path);
    let wanted: Vec<&[String]> = beside.iter().map(Vec::as_slice).collect();
    let mut text = String::new();
    write(&mut text, &body(schema.kind, &schema.fields, "", &wanted));
    // No two of them are in each other's way.
    text = text.replace("modules/0", &format!("modules/{name}"));
    text = text.replace("on = host.base", &format!("on = host.{name}"));
    text = text.replace("\"a.example.com\"", &format!("\"{name}.example.com\""));
    let word = schema.kind;
    if word == "secret" {
        let arguments = text.trim_end().replace('\n', ", ");
        return (format!("secret {name} = generate({arguments})\n"), format!("secret.{name}"));
    }
    let host = format!("host {name} {{ address = \"{name}.lan\" }}\n");
    if kind.traits().place == Place::Alone {
        let host = if word == "host" { "" } else { &host };
        return (format!("{host}{word} {name} {{\n{text}}}\n"), format!("{word}.{name}"));
    }
    let (label, of) = match word {
        "backup" | "tile" => (String::new(), format!(".{word}")),
        _ => (" one".to_owned(), ".one".to_owned()),
    };
    let part = format!("{word}{label} {{\n{text}}}\n");
    match word {
        "node" => {
            let own = "api = \"https://other.lan:8006\", token = secret.pve";
            let text = format!("cluster {name} {{\n{}\n{part}}}\n", own.replace(", ", "\n"));
            (text, format!("cluster.{name}/{word}{of}"))
        }
        _ => {
            let text = format!(
                "{host}app {name} {{\non = host.{name}\nunit {{ exec = \"/bin/x\" }}\n{part}}}\n"
            );
            (text, format!("app.{name}/{word}{of}"))
        }
    }
}

fn project(text: &str) -> Project {
    let project = Project::of(text).with("PVE_TOKEN", "a@b!c=d");
    project.write("setup.sh", "#!/bin/sh\n");
    project.write("errors/502.html", "<p>later</p>\n");
    for number in 0..10 {
        let module = "variable \"a\" {\n  default = 1\n}\n";
        project.write(&format!("modules/a{number}/main.tf"), module);
    }
    project
}

/// Where a lint says that an attribute has no effect, by line.
fn idle_lines(project: &Project) -> BTreeSet<u64> {
    let said: Value = serde_json::from_str(&project.run("check --format json").out).unwrap();
    let problems = said["problems"].as_array().unwrap().iter();
    let idle = problems.filter(|problem| problem["code"] == "L0301");
    idle.map(|problem| problem["spans"][0]["start"]["line"].as_u64().unwrap()).collect()
}

fn is_planned(plan: &Value, address: &str, path: &str) -> bool {
    let pointer = format!("/{path}");
    let changes = plan["changes"].as_array().unwrap().iter();
    let mut leaves = changes
        .filter(|change| change["address"] == address)
        .flat_map(|change| change["leaves"].as_array().unwrap());
    leaves.any(|leaf| {
        let at = leaf["path"].as_str().unwrap();
        at == pointer || at.starts_with(&format!("{pointer}/")) || pointer.starts_with(at)
    })
}

#[test]
fn every_attribute_of_every_kind_is_planned() {
    let (mut count, mut wrong) = (0, Vec::new());
    for kind in kinds::all().values() {
        let schema = kind.schema();
        let mut all = Vec::new();
        leaves(&schema.fields, &[], false, &mut all);
        let mut text = PLATFORM.to_owned();
        let mut wanted = Vec::new();
        for (index, leaf) in all.iter().enumerate() {
            let path = leaf.path.join("/");
            let first = text.lines().count() as u64 + 1;
            let (more, address) = resource(kind.as_ref(), &format!("a{index}"), &path);
            text.push_str(&more);
            let last = text.lines().count() as u64;
            wanted.push((path, address, first..=last, leaf.idle));
        }
        let project = project(&text);
        let run = project.run("plan --sandbox --format json");
        if run.code != 0 {
            let plan: Value = serde_json::from_str(&run.out).unwrap_or_default();
            wrong.push(format!("{}\n{}{}", schema.kind, plan["blocked"], run.err));
            continue;
        }
        let plan: Value = serde_json::from_str(&run.out).unwrap();
        let idle = idle_lines(&project);
        for (path, address, lines, is_idle) in wanted {
            count += 1;
            let place = format!("{}: {path}", schema.kind);
            if !is_planned(&plan, &address, &path) {
                wrong.push(format!("{place} is not in the plan of {address}"));
            }
            if idle.iter().any(|line| lines.contains(line)) != is_idle {
                wrong.push(format!("{place}: it has no effect, and that is not told, or it has"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 250, "only {count} attributes");
}

/// The steps of a plan, as the saved one has them.
fn steps(project: &Project) -> String {
    project.fine("plan --sandbox --out saved.plan");
    project.read("saved.plan")
}

#[test]
fn a_proxy_shows_pages_of_its_own_and_keeps_its_routes_elsewhere() {
    let of = |engine: &str| {
        project(&format!(
            "host infra {{ address = 10.0.0.9 }}\n\
             proxy edge {{ on = host.infra, engine = \"{engine}\", dir = \"/srv/routes/\", \
             error_pages = \"errors\" }}\n\
             app blog {{\n  on = host.infra\n  unit {{ exec = \"/bin/blog\" }}\n  \
             expose web {{ via = proxy.edge, port = 8080, http {{ host = \"b.lan\" }} }}\n}}\n"
        ))
    };
    let nginx = of("nginx");
    let told = steps(&nginx);
    for part in [
        "error_page 502 /_paas_errors/502.html;",
        "include /srv/routes/http/*.conf;",
        "location ^~ /_paas_errors/",
        "\"/etc/paas/errors/502.html\"",
        "\"/srv/routes/http/",
    ] {
        assert!(told.contains(part), "{part}");
    }
    let told = steps(&of("caddy"));
    for part in ["handle_errors 502", "import /srv/routes/*.caddy", "import paas_errors"] {
        assert!(told.contains(part), "{part}");
    }
    let said = of("traefik").untouched("check", 1);
    assert!(said.contains("Traefik cannot show pages"), "{said}");
    nginx.fine("apply --sandbox --yes");
    nginx.edit("main.paas", "dir = \"/srv/routes/\", ", "");
    nginx.fine("apply --sandbox --yes");
    assert!(nginx.fine("plan --sandbox").contains("No changes"));
    nginx.edit("main.paas", "\"errors\"", "\"nowhere\"");
    assert!(nginx.untouched("check", 1).contains("`nowhere` has no page for an error"));
    nginx.edit("main.paas", "error_pages = \"nowhere\"", "dir = \"a b\"");
    assert!(nginx.untouched("check", 1).contains("`a b` is no folder of a machine"));
}

#[test]
fn what_scripts_read_is_sent_in_quotes() {
    let project = project(
        "secret pve = env(\"PVE_TOKEN\")\n\
         run seed { create = \"cat > 'it'\", stdin = secret.pve }\n",
    );
    let told = steps(&project);
    assert!(told.contains("' | sh -euc 'cat > '\\\\''it'\\\\'''"), "{told}");
    assert!(told.contains("\"quoted\":[\"shell\"]"), "{told}");
    project.fine("apply --sandbox --yes");
    assert!(project.fine("plan --sandbox").contains("No changes"));
}

#[test]
fn what_cannot_be_meant_is_told() {
    let check = |text: &str, part: &str| {
        let said = project(&format!("{PLATFORM}\n{text}\n")).untouched("check", 1);
        assert!(said.contains("P6101") && said.contains(part), "{said}");
    };
    let app = |health: &str| {
        format!("app a {{ on = host.base, unit {{ exec = \"/x\" }}, health {{ {health} }} }}")
    };
    check(&app("tcp = 80, http = \"/\", port = 81"), "has both `http` and `tcp`");
    check(&app("interval = 5s"), "does not say what is asked");
    check("template t { base = \"x\", digest = \"sha256:12\" }", "`sha256:12` is no digest");
    check("template t { base = \"x\", rebuild = \"soon\" }", "`soon` says no time");
    let backup = "app a {\n  on = host.base\n  unit { exec = \"/x\" }\n  \
                  backup { schedule = \"*-*-*\", verify = \"often\" }\n}";
    check(backup, "`*-*-*` says no time");
    check(backup, "`often` says no time");
}

#[test]
fn time_limits_of_compose_and_probes_that_stand_alone() {
    let project = project(
        "host infra { address = 10.0.0.9 }\n\
         app blog {\n  on = host.infra\n  \
         compose { file = { services { web { image = \"nginx:1.27\" } } }, timeout { pull = 30m } }\n  \
         health { startup = \"up\", readiness = \"ready\", liveness = \"alive\" }\n}\n",
    );
    let told = steps(&project);
    for part in ["\"timeout_secs\":2100", "\"line\":\"up\"", "\"line\":\"ready\""] {
        assert!(told.replace(": ", ":").contains(part), "{part} in {told}");
    }
    assert!(!told.contains("\"line\":\"alive\""), "{told}");
    let said = project.run("check").err;
    assert!(said.contains("L0301") && said.contains("liveness"), "{said}");
}
