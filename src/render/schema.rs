//! JSON Schema of everything that goes in and out as JSON, made from the kinds' own fields.

use serde_json::{Map, Value, json};

use crate::kinds::{self, AnyKind, Place};
use crate::schema::{Field, Need, Type};

/// The dialect that the schemas are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What every resource also takes.
const COMMON: [(&str, &str); 4] = [
    ("doc", "What it is for."),
    ("after", "What comes first although nothing refers to it."),
    ("lifecycle", "What may happen to it."),
    ("drift", "What is done about changes made outside."),
];

/// The schema of this name: `plan`, `drift`, `check`, `state`, `manifest` or a kind.
pub fn json_schema(name: &str) -> Option<String> {
    let schema = match name {
        "plan" => plan(),
        "drift" => drift_report(),
        "check" => check(),
        "state" => state(),
        "manifest" => manifest(),
        kind => alone(kinds::find(kind)?),
    };
    Some(format!("{schema:#}\n"))
}

/// Every name that [`json_schema`] knows.
pub fn json_schemas() -> Vec<&'static str> {
    ["check", "drift", "manifest", "plan", "state"]
        .into_iter()
        .chain(kinds::all().keys().copied())
        .collect()
}

/// All resources as JSON: a map of kinds, each a map of names.
fn manifest() -> Value {
    let kinds = kinds::all().values();
    let definitions: Map<String, Value> =
        kinds.map(|kind| (kind.schema().kind.to_owned(), body(kind.as_ref()))).collect();
    let alone = kinds::all().values().filter(|kind| kind.traits().place == Place::Alone);
    let named = |kind: &dyn AnyKind| {
        let word = kind.schema().kind;
        let each = json!({ "$ref": format!("#/$defs/{word}") });
        (word.to_owned(), json!({ "type": "object", "additionalProperties": each }))
    };
    let properties: Map<String, Value> = alone.map(|kind| named(kind.as_ref())).collect();
    json!({
        "$schema": DIALECT,
        "title": "The resources of a manifest",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": definitions,
    })
}

/// A kind with the facets that it may have.
fn alone(kind: &dyn AnyKind) -> Value {
    let mut schema = body(kind);
    let mut definitions = Map::new();
    let mut open: Vec<&str> = kind.traits().facets.to_vec();
    while let Some(facet) = open.pop() {
        if let Some(found) = kinds::find(facet)
            && !definitions.contains_key(facet)
        {
            definitions.insert(facet.to_owned(), body(found));
            open.extend(found.traits().facets);
        }
    }
    schema["$schema"] = json!(DIALECT);
    schema["title"] = json!(kind.schema().kind);
    if !definitions.is_empty() {
        schema["$defs"] = definitions.into();
    }
    schema
}

/// What may be written in the block of a kind.
fn body(kind: &dyn AnyKind) -> Value {
    let (schema, traits) = (kind.schema(), kind.traits());
    let mut out = object(&schema.fields);
    out["description"] = json!(plain(schema.doc));
    for (name, doc) in COMMON {
        if schema.field(name).is_none() {
            out["properties"][name] = json!({ "description": doc });
        }
    }
    for facet in traits.facets {
        let one = json!({ "$ref": format!("#/$defs/{facet}") });
        let is_single = matches!(*facet, "backup" | "tile");
        out["properties"][*facet] = match is_single {
            true => one,
            false => json!({ "type": "object", "additionalProperties": one }),
        };
    }
    let groups: Vec<Value> = traits
        .one_of
        .iter()
        .map(|group| {
            let each: Vec<Value> = group.iter().map(|it| json!({ "required": [it] })).collect();
            json!({ "oneOf": each })
        })
        .collect();
    if !groups.is_empty() {
        out["allOf"] = groups.into();
    }
    out
}

fn object(fields: &[Field]) -> Value {
    let written = || fields.iter().filter(|field| field.writable());
    let properties: Map<String, Value> =
        written().map(|field| (field.name.to_owned(), property(field))).collect();
    let required: Vec<&str> =
        written().filter(|it| it.need == Need::Required).map(|it| it.name).collect();
    let mut out = json!({
        "type": "object", "properties": properties, "additionalProperties": false,
    });
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    out
}

fn property(field: &Field) -> Value {
    let mut out = of(&field.ty);
    out["description"] = json!(plain(field.doc));
    if let Need::Default(text) = field.need {
        // What is no plain value is an expression of the language, and no default of JSON.
        match serde_json::from_str::<Value>(text) {
            Ok(value) => out["default"] = value,
            Err(_) => {
                out["x-default"] = json!(plain(text));
            }
        }
    }
    out["x-change"] = json!(field.class);
    out
}

fn of(ty: &Type) -> Value {
    match ty {
        Type::Any | Type::Given | Type::Content => json!({}),
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int(low, high) => {
            let mut out = json!({ "type": "integer" });
            if *low != i64::MIN {
                out["minimum"] = json!(low);
            }
            if *high != i64::MAX {
                out["maximum"] = json!(high);
            }
            out
        }
        Type::Float => json!({ "type": "number" }),
        // Numbers and flags are printed where text is asked for.
        Type::Text | Type::Shown => json!({ "type": ["string", "number", "boolean"] }),
        Type::Port => json!({ "type": "integer", "minimum": 1, "maximum": 65535 }),
        Type::OneOf(words) => json!({ "enum": words }),
        Type::List(inner) => json!({ "type": "array", "items": of(inner) }),
        Type::Map(inner) | Type::Blocks(inner) => {
            json!({ "type": "object", "additionalProperties": of(inner) })
        }
        Type::Object(fields) => object(fields),
        Type::Ref(kinds) => {
            let kinds = if kinds.is_empty() { "a resource".to_owned() } else { kinds.join(", ") };
            json!({ "type": "string", "x-refers-to": kinds })
        }
        Type::Either(types) => {
            let each: Vec<Value> = types.iter().map(of).collect();
            json!({ "anyOf": each })
        }
        Type::Str
        | Type::Size
        | Type::Duration
        | Type::Ip
        | Type::Cidr
        | Type::IpRange
        | Type::Fqdn
        | Type::Url
        | Type::Path
        | Type::PortRange => json!({ "type": "string", "x-expected": ty.expected() }),
    }
}

/// A doc comment as one line.
fn plain(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An object with these properties and no others; a name that ends in `?` may be absent.
fn closed(properties: &[(&str, Value)]) -> Value {
    let name = |name: &str| name.trim_end_matches('?').to_owned();
    let all: Map<String, Value> =
        properties.iter().map(|(it, value)| (name(it), value.clone())).collect();
    let needed = properties.iter().filter(|(it, _)| !it.ends_with('?'));
    let needed: Vec<&str> = needed.map(|(name, _)| *name).collect();
    json!({
        "type": "object", "properties": all, "required": needed, "additionalProperties": false,
    })
}

fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

fn levels() -> Value {
    json!({ "enum": ["none", "low", "medium", "high", "critical"] })
}

fn because() -> Value {
    json!({ "type": "object", "required": ["kind"] })
}

/// An object with these properties, whatever they are.
fn record(names: &[&str]) -> Value {
    let fields: Vec<(&str, Value)> = names.iter().map(|name| (*name, json!({}))).collect();
    closed(&fields)
}

/// What `paas plan --format json` prints.
fn plan() -> Value {
    let counted = [
        "create",
        "update",
        "replace",
        "destroy",
        "adopt",
        "forget",
        "move",
        "unchanged",
        "outdated",
        "drift",
        "blocked",
    ];
    let mut summary: Vec<(&str, Value)> = counted.iter().map(|name| (*name, count())).collect();
    summary.push(("impact", levels()));
    let mut out = closed(&[
        ("format", json!({ "const": "paas.plan/1.0" })),
        ("stack", text()),
        ("env?", text()),
        ("sandbox?", flag()),
        ("binds", json!({ "type": "object" })),
        ("summary", closed(&summary)),
        ("changes", list(&change())),
        ("outdated", list(&record(&["address", "template", "from", "to"]))),
        ("drift", list(&drift())),
        ("blocked", list(&record(&["address", "code", "message", "help"]))),
        ("pending", list(&pending())),
        ("unmanaged", list(&json!({}))),
        ("checks", list(&record(&["name", "result", "address?", "message?", "at?"]))),
        ("reveals", list(&record(&["secret", "reason", "at"]))),
        ("relocation?", closed(&[("from", text()), ("to", text())])),
        ("capacity", list(&json!({ "type": "object" }))),
        ("outputs", json!({ "type": "object" })),
    ]);
    out["$schema"] = json!(DIALECT);
    out["title"] = json!("A plan, as `paas plan --format json` prints it");
    out["$defs"] = json!({ "leaf": leaf() });
    out
}

fn change() -> Value {
    let words = json!({
        "enum": ["none", "reload", "restart", "redeploy", "replace", "remove", "data_loss"],
    });
    let impact = closed(&[
        ("level", levels()),
        ("what", words),
        ("names", list(&text())),
        ("downtime_ms?", count()),
        ("downtime_s?", count()),
    ]);
    let actions = json!({ "enum": ["create", "update", "replace", "destroy", "adopt", "forget"] });
    closed(&[
        ("address", text()),
        ("kind", text()),
        ("tenant?", text()),
        ("object", text()),
        ("action", actions),
        ("machine?", text()),
        ("wave", count()),
        ("needs", list(&text())),
        ("because", because()),
        ("impact", impact),
        ("leaves", list(&json!({ "$ref": "#/$defs/leaf" }))),
        ("unchanged", count()),
        ("order?", text()),
        ("replaces?", text()),
        ("forces_replacement?", text()),
        ("inside?", list(&inside())),
        ("blocked_by?", list(&closed(&[("code", text())]))),
    ])
}

/// What Terraform changes inside of a change.
fn inside() -> Value {
    let actions = ["create", "update", "replace", "delete", "forget", "read"];
    let change = closed(&[
        ("address", text()),
        ("action", json!({ "enum": actions })),
        ("fields?", list(&text())),
    ]);
    closed(&[("object", text()), ("changes", list(&change)), ("later?", text())])
}

fn leaf() -> Value {
    let classes = json!({
        "enum": ["note", "live", "reload", "restart", "redeploy", "replace"],
    });
    closed(&[
        ("path", text()),
        ("type?", text()),
        ("before?", json!({})),
        ("after?", json!({})),
        ("class?", classes),
        ("because?", because()),
        ("changed?", flag()),
        ("forces_replacement?", flag()),
    ])
}

fn drift() -> Value {
    closed(&[
        ("address", text()),
        ("kind", text()),
        ("what", json!({ "enum": ["missing", "changed", "unseen"] })),
        ("why?", text()),
        ("leaves?", list(&json!({ "$ref": "#/$defs/leaf" }))),
        ("mended?", flag()),
    ])
}

fn pending() -> Value {
    closed(&[("address", text()), ("keys", list(&text())), ("help", text())])
}

/// An object with any names and these values.
fn map(of: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": of })
}

/// What `paas drift --format json` prints.
fn drift_report() -> Value {
    let counted = ["missing", "changed", "unseen", "outdated", "unmanaged"];
    let counted: Vec<(&str, Value)> = counted.iter().map(|name| (*name, count())).collect();
    let mut out = closed(&[
        ("format", json!({ "const": "paas.drift/1.0" })),
        ("stack", text()),
        ("env?", text()),
        ("sandbox?", flag()),
        ("binds", json!({ "type": "object" })),
        ("summary", closed(&counted)),
        ("drift", list(&drift())),
        ("outdated", list(&record(&["address", "template", "from", "to"]))),
        ("pending", list(&pending())),
        ("unmanaged", list(&json!({}))),
    ]);
    out["$schema"] = json!(DIALECT);
    out["title"] = json!("Drift, as `paas drift --format json` prints it");
    out["$defs"] = json!({ "leaf": leaf() });
    out
}

/// What `paas check --format json` prints.
fn check() -> Value {
    let place = closed(&[
        ("line", count()),
        ("column", count()),
        ("byte_column", count()),
        ("byte", count()),
    ]);
    let at = [("file", text()), ("start", place.clone()), ("end", place)];
    let span = [&at[..], &[("label", text()), ("primary", flag())]].concat();
    let edit = [&at[..], &[("text", text())]].concat();
    let sure = json!({ "enum": ["machine", "maybe", "placeholder"] });
    let fix =
        closed(&[("message", text()), ("applicability", sure), ("edits", list(&closed(&edit)))]);
    let problem = closed(&[
        ("code", text()),
        ("level", json!({ "enum": ["error", "warning"] })),
        ("message", text()),
        ("spans", list(&closed(&span))),
        ("helps", list(&text())),
        ("notes", list(&text())),
        ("fixes", list(&fix)),
    ]);
    let mut out = closed(&[
        ("format", json!({ "const": "paas.check/1.0" })),
        ("errors", count()),
        ("warnings", count()),
        ("problems", list(&problem)),
    ]);
    out["$schema"] = json!(DIALECT);
    out["title"] = json!("Problems, as `paas check --format json` prints them");
    out
}

/// The snapshot of a state.
fn state() -> Value {
    let intent = json!({ "$ref": "#/$defs/intent" });
    let abandoned = closed(&[("id", text()), ("uid", text()), ("intent", intent.clone())]);
    let begun = json!({
        "type": "array",
        "prefixItems": [{ "enum": ["create", "update", "delete", "forget"] }, intent],
        "minItems": 2,
        "maxItems": 2,
    });
    let object = closed(&[
        ("uid", text()),
        ("intent", intent),
        ("begun?", list(&begun)),
        ("repeated?", flag()),
        ("moved_from?", text()),
        ("facts?", json!({ "type": "object" })),
    ]);
    let mut out = closed(&[
        ("format", json!({ "const": crate::state::format::FORMAT })),
        ("paas", text()),
        ("lineage", text()),
        ("serial", count()),
        ("records", map(&object)),
        ("durations", map(&list(&count()))),
        ("outputs", json!({ "type": "object" })),
        ("moved?", list(&text())),
        ("keeping?", json!({ "type": "object" })),
        ("abandoned?", list(&abandoned)),
        ("sha256", text()),
    ]);
    out["$schema"] = json!(DIALECT);
    out["title"] = json!("The snapshot of a state, `paas.state.json`");
    out["$defs"] = json!({ "intent": self::intent() });
    out
}

/// What was intended of an object when it was made.
fn intent() -> Value {
    let one_of = |words: &[&str]| json!({ "enum": words });
    let lifecycle = closed(&[
        ("protect?", flag()),
        ("on_destroy?", one_of(&["delete", "backup", "stop", "keep"])),
        ("replace?", one_of(&["by_kind", "destroy_first", "create_first", "never"])),
        ("ignore?", list(&text())),
        ("replace_on?", list(&json!({}))),
        ("on_failure?", one_of(&["keep", "rollback"])),
        ("snapshot?", flag()),
        ("timeout?", closed(&[("create_secs?", count()), ("ready_secs?", count())])),
        ("drift?", one_of(&["fix", "report", "ignore"])),
    ]);
    closed(&[
        ("spec", json!({ "type": "object" })),
        ("after?", list(&closed(&[("$ref", text())]))),
        ("lifecycle?", lifecycle),
        ("fingerprints?", map(&text())),
    ])
}
