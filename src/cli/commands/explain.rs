//! `paas explain`

use crate::cli::options::Inputs;
use crate::cli::pipeline;
use crate::cli::project::{Project, load};
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::kinds::{self, AnyKind, Source, Stage};
use crate::lower::{Resource, functions};
use crate::model::{Address, Value};
use crate::problem::{nearest, pages, project as problems};
use crate::render::value;
use crate::schema::{Class, Field, Need};
use crate::state::State;

/// Explains a code, a kind, a resource or an attribute of one.
pub fn run(terminal: &Terminal, what: &str, inputs: &Inputs, sandbox: bool) -> Result<u8, Stop> {
    if let Some(page) = pages::find(what) {
        terminal.print(&format!("{}: {}\n\n{}\n", page.code, page.title, page.text));
        return Ok(0);
    }
    if let Some(kind) = kinds::find(what) {
        terminal.print(&kind_page(kind));
        return Ok(0);
    }
    if let Some(text) = reference(what) {
        terminal.print(&text);
        return Ok(0);
    }
    let project = load(inputs)?;
    let (state, _) = pipeline::state(&project.state_folder(sandbox))?;
    let resources = &project.desired.resources;
    let address = Address::parse(what).filter(|it| resources.contains_key(it));
    let text = match address {
        Some(address) => whole(&project, &state, &address),
        None => {
            let (address, path) = split(&project, what).ok_or_else(|| unknown(&project, what))?;
            attribute(&project, &state, &address, &path).ok_or_else(|| unknown(&project, what))?
        }
    };
    terminal.print(&text);
    Ok(0)
}

/// The library: all kinds, all functions, or one function.
fn reference(what: &str) -> Option<String> {
    let first = |text: &'static str| text.trim().lines().next().unwrap_or_default();
    match what {
        "kinds" => {
            let line = |kind: &dyn AnyKind| {
                format!("{:<12} {}\n", kind.schema().kind, first(kind.schema().doc))
            };
            Some(kinds::all().values().map(|kind| line(kind.as_ref())).collect())
        }
        "functions" => {
            let line = |it: &functions::Function| format!("{}\n", it.signature());
            Some(functions::all().iter().map(line).collect())
        }
        _ => functions::all().iter().find(|it| it.name == what).map(|it| {
            let (signature, doc) = (it.signature(), it.doc.trim());
            format!("{signature}\n  {doc}\n  {}  →  {}\n", it.example, it.result)
        }),
    }
}

fn unknown(project: &Project, what: &str) -> Stop {
    let addresses = project.desired.resources.keys().map(Address::as_str);
    let codes = pages::all().iter().map(|page| page.code);
    let kinds = kinds::all().keys().copied();
    let fields = fields(project, what);
    let fields = fields.iter().map(String::as_str);
    let near = nearest(what, fields.chain(addresses).chain(codes).chain(kinds));
    let near: Vec<String> = near.into_iter().map(|it| format!("`{it}`")).collect();
    Stop::one(problems::nothing_to_explain(what, &near), 1)
}

/// The attributes of the resource that is named before the last dot.
fn fields(project: &Project, what: &str) -> Vec<String> {
    let address = what.rsplit_once('.').and_then(|(start, _)| Address::parse(start));
    let address = address.filter(|it| project.desired.resources.contains_key(it));
    let kind = address.as_ref().and_then(|it| kinds::find(it.kind()));
    let fields = kind.map(|kind| &kind.schema().fields).into_iter().flatten();
    let start = address.as_ref().map_or("", Address::as_str);
    fields.map(|field| format!("{start}.{}", field.name)).collect()
}

/// `container.web.memory` as an address and a path in its spec.
fn split(project: &Project, what: &str) -> Option<(Address, String)> {
    let dots = what.char_indices().filter(|(_, c)| *c == '.').map(|(at, _)| at);
    let mut found = dots.rev().filter_map(|at| {
        let address = Address::parse(&what[..at])?;
        let known = project.desired.resources.contains_key(&address);
        known.then(|| (address, what[at + 1..].replace('.', "/")))
    });
    found.next()
}

/// The value of a field: as it was decided if the state has it, as it is desired otherwise.
fn decided<'a>(
    resource: &'a Resource,
    state: &'a State,
    address: &Address,
    path: &str,
) -> Option<&'a Value> {
    let pointer = format!("/{path}");
    let desired = resource.intent.spec.pointer(&pointer)?;
    match desired.as_str() {
        Some("auto") => {
            let made = state.latest(address).map(|(_, record)| &record.intent.spec);
            Some(made.and_then(|spec| spec.pointer(&pointer)).unwrap_or(desired))
        }
        _ => Some(desired),
    }
}

fn whole(project: &Project, state: &State, address: &Address) -> String {
    let resource = &project.desired.resources[address];
    let kind = kinds::find(address.kind()).expect("the lowering checks kinds");
    let mut out = format!("{address}   {}\n", project.sources.line_of(resource.span));
    if let Some(doc) = &resource.doc {
        out.push_str(&format!("  {}\n", doc.replace('\n', "\n  ")));
    }
    for field in &kind.schema().fields {
        let Some(value) = decided(resource, state, address, field.name) else { continue };
        let text = value::text(value, Some(&field.ty), 60);
        let origin = origin(project, resource, field, field.name);
        out.push_str(&format!("  {:<20} {text:<30} {origin}\n", field.name));
    }
    if let Some((id, record)) = state.latest(address) {
        for (name, value) in &record.facts {
            let text = value::text(value, None, 60);
            out.push_str(&format!("  {name:<20} {text:<30} seen when {id} was made\n"));
        }
    }
    out
}

fn attribute(project: &Project, state: &State, address: &Address, path: &str) -> Option<String> {
    let resource = &project.desired.resources[address];
    let kind = kinds::find(address.kind())?;
    let top = path.split('/').next()?;
    let Some(field) = kind.schema().field(top) else {
        let reading = kind.traits().readings.iter().find(|it| it.name == top)?;
        let how = match reading.from {
            Source::Expression(text) => format!("it follows from `{text}`"),
            Source::Spec(_) => "it follows from the manifest and the files it names".to_owned(),
            Source::Secret => "it is made before the resource, and never shown".to_owned(),
            Source::Late(Stage::Plan) => "it is picked when planning".to_owned(),
            Source::Late(Stage::Apply) => "it is known once the resource is made".to_owned(),
        };
        let fact = state.latest(address).and_then(|(_, record)| record.facts.get(top));
        let value = fact.map(|value| format!(" = {}", value::text(value, None, 200)));
        let value = value.unwrap_or_default();
        let ty = reading.ty.expected();
        return Some(format!(
            "{address}.{top}{value}\n  {how}\n  {}\n  it is {ty}\n",
            reading.doc.trim()
        ));
    };
    let value = decided(resource, state, address, path);
    let known = known(resource.intent.spec.pointer(&format!("/{path}")), field);
    let ty = value::type_at(&kind.schema().fields, path);
    let value = value.map_or_else(|| "nothing".to_owned(), |it| value::text(it, ty, 200));
    let mut out = format!("{address}.{} = {value}\n", path.replace('/', "."));
    out.push_str(&format!("  {}\n", origin(project, resource, field, path)));
    out.push_str(&format!("  {}\n", field.doc.trim()));
    out.push_str(&format!("  expected: {}\n", ty.unwrap_or(&field.ty).expected()));
    out.push_str(&format!("  {known}\n"));
    out.push_str(&format!("  {}\n", cost(field.class)));
    Some(out)
}

/// When a value is known.
fn known(value: Option<&Value>, field: &Field) -> &'static str {
    match (value, field.choice) {
        (Some(value), _) if value::has_late(value) => "known once what it reads is made",
        (Some(Value::String(word)), Some(_)) if &**word == "auto" => {
            "known when the plan is made, and kept"
        }
        (Some(Value::String(word)), Some(_)) if &**word == "dhcp" => "known once it is made",
        (Some(_) | None, _) => "known when the manifest is read",
    }
}

/// Where a value comes from: written, default, derived, picked.
fn origin(project: &Project, resource: &Resource, field: &Field, path: &str) -> String {
    let picked = if field.choice.is_some() { ", picked when planning and kept" } else { "" };
    let below = format!("{path}/");
    let written = resource.origins.iter().find(|(other, _)| {
        **other == *path || other.starts_with(&below) || path.starts_with(&format!("{other}/"))
    });
    if let Some((_, span)) = written {
        let is_auto = resource.intent.spec[field.name] == "auto";
        let written = format!("written at {}", project.sources.line_of(*span));
        return if is_auto { written + " as \"auto\"" + picked } else { written };
    }
    match field.need {
        Need::Default(text) => format!("default: {}{picked}", squeezed(text)),
        Need::Derived(text) => format!("follows from {}{picked}", squeezed(text)),
        Need::Computed => "follows from the files it names".to_owned(),
        Need::Required | Need::Optional => "not written".to_owned(),
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cost(class: Class) -> &'static str {
    match class {
        Class::Note => "changing it disturbs nothing",
        Class::Live => "changing it interrupts nothing",
        Class::Reload => "changing it reloads a service",
        Class::Restart => "changing it restarts it",
        Class::Redeploy => "changing it deploys it anew",
        Class::Replace => "changing it destroys it and makes another",
    }
}

/// Everything there is to know of a kind.
pub fn kind_page(kind: &dyn AnyKind) -> String {
    let schema = kind.schema();
    let mut out = format!("{}: {}\n\n", schema.kind, schema.doc.trim());
    for field in schema.fields.iter().filter(|field| field.writable()) {
        let need = match field.need {
            Need::Required => "required".to_owned(),
            Need::Default(text) => format!("default {}", squeezed(text)),
            Need::Optional | Need::Derived(_) | Need::Computed => "optional".to_owned(),
        };
        let (doc, expected) = (squeezed(field.doc), field.ty.expected());
        out.push_str(&format!("  {}\n      {doc}\n", field.name));
        out.push_str(&format!("      {expected}; {need}; {}\n", cost(field.class)));
    }
    let computed = schema.fields.iter().filter(|field| !field.writable());
    let computed = computed.map(|field| (field.name, field.doc));
    let readings = kind.traits().readings.iter().map(|it| (it.name, it.doc));
    out.push_str("\n  to read:\n");
    for (name, doc) in computed.chain(readings) {
        out.push_str(&format!("  {name}\n      {}\n", squeezed(doc)));
    }
    if !kind.traits().facets.is_empty() {
        out.push_str(&format!("\n  parts: {}\n", kind.traits().facets.join(", ")));
    }
    out
}
