//! Manifests in, what is desired out: values, resources, edges, and every problem of this stage.

use paas::lower::functions::Files;
use paas::lower::{Desired, Given, Library, compile};
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
                Ok(b"services: { web: { image: \"nginx:1\", ports: [\"80-81:80-81\"] } }\n"
                    .to_vec())
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
    let (desired, problems) = compile(&[tree], &Library::default(), &sources, &given, &Project);
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
    // Lints are no matter of this stage: every manifest here would have some.
    for problem in problems.iter().filter(|problem| !problem.code.starts_with('L')) {
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
                format!("{path}={}", value.unwrap_or(&paas::model::Value::Null))
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

const WEB: &str = r#"
container web { on = cluster.home, template = "debian-12-standard", features { nesting = true } }
proxy edge { on = container.web, engine = "traefik" }
"#;

#[track_caller]
fn check_on_web(text: &str, expected: &str) {
    check(&format!("{text}{WEB}"), expected);
}

#[test]
fn names_are_declared_once_and_evaluated_when_asked_for() {
    check("output x = a\nlet a = b + 1\nlet b = 2", "x = 3");
    check("let a: size = \"1GiB\"\noutput x = a / 2", "x = \"512MiB\"");
    check(
        "fn add(a: int, b: int = 2) -> int = a + b\noutput x = add(1)\noutput y = add(b = 5, a = 1)",
        "x = 3\ny = 6",
    );
    check(
        "type Slug = string where length(it) < 4\nlet a: Slug = \"abc\"\noutput x = a",
        "x = \"abc\"",
    );
}

#[test]
fn instances_have_keys() {
    let seen = "container.box[\"a\"]: cores=1 on={\"$ref\":\"cluster.home\"} template=\"x\"\n\
                container.box[\"b\"]: cores=2 on={\"$ref\":\"cluster.home\"} template=\"x\"";
    let body = "{ on = cluster.home, template = \"x\", cores = n }";
    check(&format!("container box for k, n in {{ a = 1, b = 2 }} {body}"), seen);
    check(
        "container box for m in [{ k = \"a\", n = 1 }, { k = \"b\", n = 2 }] by m.k { on = cluster.home, template = \"x\", cores = m.n }",
        seen,
    );
    check(&format!("container box for k, n in {{ a = 1, b = 2, c = 3 }} if n < 3 {body}"), seen);
    check(
        "host h for n in [\"a\", \"b\"] { address = \"\\(n).lan\" }\noutput x = keys(host.h)\noutput y = host.h[\"b\"].address",
        "x = [\"a\",\"b\"]\ny = \"b.lan\"",
    );
    check(
        "host gone if 1 > 2 { address = 10.0.0.9 }\noutput x = host.gone\noutput y = host.gone?.address ?? 1",
        "x = null\ny = 1",
    );
    check("host there if 1 < 2 { address = 10.0.0.9 }", "host.there: address=\"10.0.0.9\"");
}

#[test]
fn nested_blocks_are_maps() {
    check(
        "zone z { name = \"a.lan\", engine = \"hosts\"\n record w { value = 10.0.0.9 }\n \
         record h for n, i in { a = 1 } { value = nth(10.0.0.0/24, i) }\n }",
        "zone.z: engine=\"hosts\" name=\"a.lan\" record/h[\"a\"]/value=\"10.0.0.1\" \
         record/w/value=\"10.0.0.9\"",
    );
}

#[test]
fn attributes_come_from_the_block_then_defaults_then_the_schema() {
    let platform = "defaults container { cores = 4, memory = 2GiB, features { nesting = true } }\n";
    check(
        &format!(
            "{platform}container a {{ on = cluster.home, template = \"x\", cores = 2\n features {{ keyctl = true }} }}\n\
             output c = container.a.cores\n\
             output m = container.a.memory\noutput d = container.a.disk\n\
             output f = container.a.features"
        ),
        "c = 2\nd = \"8GiB\"\nf = {\"fuse\":false,\"keyctl\":true,\"nesting\":true}\nm = \"2GiB\"",
    );
    check(
        "let common = { on = cluster.home, template = \"x\", cores = 8 }\n\
         container a { ...common, cores = 1 }\noutput c = container.a.cores\noutput t = container.a.template",
        "c = 1\nt = \"x\"",
    );
    check(
        "container a { on = cluster.home, template = \"x\", memory = \"1GiB\", cores = null }\noutput m = container.a.memory\noutput c = container.a.cores",
        "c = 1\nm = \"1GiB\"",
    );
}

#[test]
fn facets_are_resources_of_their_own() {
    check_on_web(
        "defaults app { expose { via = proxy.edge, tls = true } }\n\
         app blog { on = container.web, unit { exec = \"/bin/true\" }\n \
         expose www { port = 80, http { host = \"a.b\" } }\n \
         expose more for n, p in { x = 81 } { port = p, http { host = \"\\(n).b\" } } }\n\
         output a = app.blog.expose.www.url\noutput b = [for e in all.expose : e.address]\n\
         output c = app.blog.expose.more[\"x\"].port\noutput d = app.blog.db\noutput e = app.blog.port",
        "a = \"https://a.b\"\nb = [\"app.blog/expose.more[\\\"x\\\"]\",\"app.blog/expose.www\"]\nc = 81\nd = {}\ne = 80",
    );
}

#[test]
fn late_values_stay_holes() {
    check_on_web(
        "output a = container.web.ip\noutput b = \"http://\\(container.web.ip):80\"\noutput c = container.web.ip == container.web.ip",
        "a = {\"$text\":[{\"$late\":{\"of\":{\"$ref\":\"container.web\"},\"what\":\"ip\"}}]}\n\
         b = {\"$text\":[\"http://\",{\"$late\":{\"of\":{\"$ref\":\"container.web\"},\"what\":\"ip\"}},\":80\"]}\nc = true",
    );
    check(
        "container a { on = cluster.home, template = \"x\", ip = \"10.0.0.7\" }\noutput a = container.a.ip",
        "a = \"10.0.0.7\"",
    );
}

/// Late values, `after` and nothing else: what is known now waits for nobody.
#[test]
fn edges_follow_what_is_read() {
    let app = |env: &str| {
        format!(
            "app a {{ on = host.h, compose {{ file = \"compose.yml\", env {{ {env} }} }} }}\nhost h {{ address = 10.0.0.9 }}"
        )
    };
    let base = "app.a: compose/env/X=VALUE compose/file=\"compose.yml\" on={\"$ref\":\"host.h\"}AFTER\nhost.h: address=\"10.0.0.9\"";
    let expected = |value: &str, after: &str| base.replace("VALUE", value).replace("AFTER", after);
    let late = "{\"$text\":[{\"$late\":{\"of\":{\"$ref\":\"container.b\"},\"what\":\"ip\"}}]}";
    let container = "\ncontainer b { on = cluster.home, template = \"x\" }";
    let other = "\ncontainer.b: on={\"$ref\":\"cluster.home\"} template=\"x\"";
    let text = |env: &str| format!("{}{container}", app(env));
    let seen = |value: &str, after: &str| {
        let expected = expected(value, after);
        expected.replace("\nhost.h", &format!("{other}\nhost.h"))
    };
    check(&text("X = container.b.hostname"), &seen("\"b\"", ""));
    check(&text("X = container.b.ip"), &seen(late, " after container.b"));
    check(
        &format!("{}\nlet ip = container.b.ip", text("X = ip")),
        &seen(late, " after container.b"),
    );
    check(
        "host a { address = 10.0.0.8, after = [host.b] }\nhost b { address = 10.0.0.9 }",
        "host.a: address=\"10.0.0.8\" after host.b\nhost.b: address=\"10.0.0.9\"",
    );
}

#[test]
fn secrets_are_named_and_never_read() {
    check_on_web(
        "app a { on = container.web, compose { file = \"compose.yml\", env { T = secret.x, U = \"u:\\(secret.y[\"k\"])\" } } }\n\
         secret x = env(\"X\")\nsecret y for n in [\"k\"] = file(\"keys/\\(n)\")\n\
         output s: secret<string> = app.a.compose.env.U",
        "s = {\"$text\":[\"u:\",{\"$secret\":\"secret.y[\\\"k\\\"]\"}]}",
    );
    let text = format!(
        "app a {{ on = container.web, compose {{ file = \"compose.yml\", env {{ T = secret.x }} }} }}\nsecret x = env(\"X\")\nsecret unused = env(\"Y\"){WEB}{PLATFORM}"
    );
    let (desired, _, _) = compiled(&text, &[]);
    let needed: Vec<(&str, bool)> = desired
        .secrets
        .iter()
        .map(|(name, item)| (name.as_str(), item.needed_in_sandbox))
        .collect();
    assert_eq!(needed, [("secret.pve", false), ("secret.unused", false), ("secret.x", true)]);
}

#[test]
fn a_secret_that_the_platform_makes_is_known_before_anything_exists() {
    let text = format!(
        "identity sso {{ engine = \"authentik\", url = \"https://a.b\", on = app.a }}\n\
         app a {{ on = container.web, nixos {{ flake = \".\", secrets {{ S = self.login.l.client_secret }} }}\n login l {{ via = identity.sso }} }}{WEB}{PLATFORM}"
    );
    let (desired, problems, _) = compiled(&text, &[]);
    assert_eq!(problems, []);
    let address = paas::model::Address::parse("app.a").unwrap();
    let app = &desired.resources[&address].intent;
    assert_eq!(
        app.spec["nixos"]["secrets"]["S"].to_string(),
        "{\"$text\":[{\"$secret\":\"app.a/login.l.made_secret\"}]}",
    );
    assert!(app.after.is_empty(), "{:?}", app.after);
    assert!(desired.secrets.contains_key("app.a/login.l.made_secret"));
}

#[test]
fn inputs_are_merged_over_the_defaults_of_their_type() {
    let text = "input db: { name: string, memory: size = 2GiB, o: { a: int = 1, b: int = 2 } }\noutput x = db";
    let expected = "x = {\"memory\":\"2GiB\",\"name\":\"n\",\"o\":{\"a\":5,\"b\":2}}";
    assert_eq!(told(text, &[("db", "{ name = \"n\", o { a = 5 } }", "--set")]), expected);
    assert_eq!(
        told("input n: int = 1\noutput x = n", &[("n", "2", "file"), ("n", "3", "--set")]),
        "x = 3"
    );
    assert_eq!(told("input n: int = 1 where it < 3\noutput x = n", &[]), "x = 1");
    let secret = told(
        "input t: secret<string>\noutput x: secret<string> = t",
        &[("t", "1", "PAAS_INPUT_t")],
    );
    assert_eq!(secret, "x = {\"$text\":[{\"$secret\":\"input.t\"}]}");
}

#[test]
fn lifecycle_is_kept() {
    let text = "host a { address = 10.0.0.9, drift = \"report\"\n lifecycle { protect = 1 < 2, on_destroy = \"keep\", ignore = [\"arch\"] } }";
    let (desired, problems, _) = compiled(text, &[]);
    assert_eq!(problems, []);
    let resource = desired.resources.values().next().unwrap();
    let lifecycle = serde_json::to_value(&resource.intent.lifecycle).unwrap();
    assert_eq!(
        lifecycle.to_string(),
        "{\"drift\":\"report\",\"ignore\":[\"arch\"],\"on_destroy\":\"keep\",\"protect\":true}",
    );
}

#[test]
fn the_version_of_a_template_is_known_at_once() {
    let text = format!(
        "template t {{ base = \"debian-12\", cluster = cluster.home }}\ncontainer a {{ on = cluster.home, template = template.t }}\noutput v = container.a.template_version == template.t.version{PLATFORM}"
    );
    let (desired, problems, _) = compiled(&text, &[]);
    assert_eq!(problems, []);
    assert_eq!(desired.outputs["v"].value, true);
    assert_eq!(desired.templates.len(), 1);
}

#[test]
fn a_manifest_can_ask_for_a_version() {
    check("paas { version = \">= 0.1, < 99\" }", "");
    check("paas { version = \"> 99\" }", "P1009 1:18 this is paas 0.1.0, which is not `> 99`");
    check("paas { version = \"new\" }", "P2001 1:18 `new` asks for no version");
}

#[test]
fn settings_without_an_effect_are_refused() {
    check("paas { parallel = 3 }", "");
    let refused =
        "P1009 1:17 a module without its line in `paas.lock` is not supported by this version";
    check("paas { policy { require_lock = false } }", refused);
}
