//! The JSON Schemas under `docs/schema`: made from the program, and true of what it prints.

use paas::render::{json_schema, json_schemas};
use serde_json::{Value, json};

use super::{files, read};
use crate::support::golden;
use crate::support::project::Project;

/// Why a value is not what a schema says; nothing if it is. Knows the words that ours use.
fn wrong(value: &Value, schema: &Value, root: &Value, path: &str) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(name.strip_prefix('#').unwrap());
        return wrong(value, target.unwrap_or_else(|| panic!("no {name}")), root, path);
    }
    let is = |ty: &str| match ty {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("`{other}` is no type"),
    };
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    if !types.is_empty() && !types.iter().any(|ty| is(ty)) {
        return Some(format!("{path}: {value} is not {types:?}"));
    }
    if schema.get("const").is_some_and(|it| it != value) {
        return Some(format!("{path}: {value} is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        return Some(format!("{path}: {value} is none of {}", schema["enum"]));
    }
    let number = value.as_f64();
    let below = number.zip(schema["minimum"].as_f64()).is_some_and(|(it, least)| it < least);
    let above = number.zip(schema["maximum"].as_f64()).is_some_and(|(it, most)| it > most);
    if below || above {
        return Some(format!("{path}: {value} is out of range"));
    }
    let fits = |schema: &Value| wrong(value, schema, root, path).is_none();
    let count = |key: &str| {
        let all = schema[key].as_array()?;
        Some(all.iter().filter(|schema| fits(schema)).count())
    };
    if count("anyOf") == Some(0) || count("oneOf").is_some_and(|count| count != 1) {
        return Some(format!("{path}: {value} fits none, or too many"));
    }
    let all = schema["allOf"].as_array().into_iter().flatten();
    all.filter_map(|schema| wrong(value, schema, root, path)).next().or_else(|| {
        let items = value.as_array().into_iter().flatten().enumerate();
        let mut items = items.filter_map(|(index, it)| {
            wrong(it, &schema["items"], root, &format!("{path}/{index}"))
        });
        items.next().or_else(|| properties(value, schema, root, path))
    })
}

fn properties(value: &Value, schema: &Value, root: &Value, path: &str) -> Option<String> {
    let object = value.as_object()?;
    let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = needed.filter(|name| !object.contains_key(*name)).map(str::to_owned).next();
    if let Some(name) = missing {
        return Some(format!("{path}: `{name}` is missing"));
    }
    let mut each = object.iter().filter_map(|(name, inner)| {
        let path = format!("{path}/{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(schema), _) => wrong(inner, schema, root, &path),
            (None, Value::Bool(false)) => Some(format!("{path} is not known")),
            (None, more @ Value::Object(_)) => wrong(inner, more, root, &path),
            (None, _) => None,
        }
    });
    each.next()
}

#[track_caller]
fn check(schema: &Value, value: &Value, expected: Option<&str>) {
    let told = wrong(value, schema, schema, "");
    match expected {
        None => assert_eq!(told, None, "{value:#}"),
        Some(part) => assert!(told.as_ref().is_some_and(|it| it.contains(part)), "{told:?}"),
    }
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&json_schema(name).unwrap()).unwrap()
}

#[test]
fn schemas_are_written() {
    for name in ["check", "drift", "manifest", "plan", "state"] {
        golden::check(&format!("../docs/schema/{name}.json"), &json_schema(name).unwrap());
    }
    for name in json_schemas() {
        assert_eq!(schema(name)["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
    assert_eq!(json_schema("nothing"), None);
}

#[test]
fn every_plan_of_the_tests_is_what_the_schema_says() {
    let (schema, mut count) = (schema("plan"), 0);
    for path in files("tests/cases", ".json") {
        let plan: Value = serde_json::from_str(&read(&path)).unwrap();
        if plan["format"] == "paas.plan/1.0" {
            check(&schema, &plan, None);
            count += 1;
        }
    }
    assert!(count >= 4, "only {count} plans");
    check(&schema, &json!({ "format": "paas.plan/2.0" }), Some("`"));
}

/// A state in which something of everything is remembered.
const REMEMBERED: &str = r#"
host box { address = 10.0.0.9 }
secret own = generate()
app blog {
  on = host.box
  after = [host.other]
  unit { exec = "/bin/blog", env { WORD = secret.own } }
  lifecycle {
    ignore = ["unit"], replace = "create_first", on_destroy = "keep", on_failure = "rollback"
    replace_on = [1], timeout { create = 1h, ready = 1m }
  }
  drift = "report"
}
app shop { on = host.box, unit { exec = "/bin/shop" }, lifecycle { protect = true } }
host other { address = 10.0.0.8 }
output greeting = "hello"
"#;

#[test]
fn what_is_printed_and_kept_is_what_the_schemas_say() {
    let project = Project::of(REMEMBERED);
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let printed = |line: &str| read(&project.run(line).out);
    let kept = || read(&project.read("state/sandbox/paas.state.json"));
    project.fine("apply --sandbox --yes");
    check(&schema("state"), &kept(), None);
    project.edit("main.paas", "app shop {", "app store {");
    project.write("main.paas", project.read("main.paas") + "moved app.shop -> app.store\n");
    project.fine("sandbox fail systemctl");
    project.edit("main.paas", "/bin/shop", "/bin/store");
    project.run("apply --sandbox --yes");
    check(&schema("state"), &kept(), None);
    let text = kept().to_string();
    assert!(text.contains("\"begun\"") && text.contains("\"moved_from\""), "{text}");
    check(&schema("plan"), &printed("plan --sandbox --format json"), None);
    project.fine("sandbox remove app.blog");
    check(&schema("drift"), &printed("drift --sandbox --format json"), None);
    project.edit("main.paas", "\"create_first\"", "\"creat_first\"");
    project.edit("main.paas", "on = host.box\n", "on: host.box\n");
    let said = printed("check --format json");
    assert!(said["problems"].as_array().is_some_and(|all| all.len() > 1), "{said}");
    check(&schema("check"), &said, None);
    let mut other = kept();
    other["records"]["app.blog#1"]["more"] = json!(1);
    check(&schema("state"), &other, Some("/records/app.blog#1/more is not known"));
}

#[test]
fn resources_as_json() {
    let whole = schema("manifest");
    let container = json!({ "on": "cluster.home", "template": "debian-12", "cores": 2,
        "mount": { "data": { "path": "/data", "size": "10GiB" } },
        "expose": { "ssh": { "via": "proxy.edge", "port": 22, "tcp": {} } } });
    check(&whole, &json!({ "container": { "web": container } }), None);
    let bad = |name: &str, value: Value| {
        let mut container = container.clone();
        container[name] = value;
        json!({ "container": { "web": container } })
    };
    check(&whole, &bad("cores", json!(0)), Some("/container/web/cores: 0 is out of range"));
    check(&whole, &bad("ram", json!(1)), Some("/container/web/ram is not known"));
    check(&whole, &bad("on_template_change", json!("x")), Some("is none of"));
    let twice =
        json!({ "a": { "on": "host.h", "unit": { "exec": "x" }, "nixos": { "flake": "." } } });
    check(&whole, &json!({ "app": twice }), Some("too many"));
    check(&schema("network"), &json!({ "cidr": "10.0.0.0/24" }), None);
    check(&schema("network"), &json!({}), Some("`cidr` is missing"));
}
