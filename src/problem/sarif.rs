//! Problems as SARIF 2.1.0, which code hosts and editors show beside the code.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::problem::{Edit, Fix, Label, Problem, pages};
use crate::source::{Sources, Span};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// All problems as one log with one run.
pub fn document(problems: &[Problem], sources: &Sources) -> String {
    let mut codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> =
        problems.iter().map(|problem| result(problem, &codes, sources)).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "paas",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let text = serde_json::to_string_pretty(&document);
    text.expect("text and numbers can always be written") + "\n"
}

fn rule(code: &str) -> Value {
    let (title, text) = pages::find(code).map_or((code, code), |page| (page.title, page.text));
    json!({
        "id": code,
        "shortDescription": { "text": title },
        "help": { "text": text, "markdown": text },
    })
}

fn result(problem: &Problem, codes: &[&str], sources: &Sources) -> Value {
    let mut text = problem.message.clone();
    for help in problem.helps.iter().chain(problem.fixes.iter().map(|fix| &fix.title)) {
        text.push_str(&format!("\nhelp: {help}"));
    }
    problem.notes.iter().for_each(|note| text.push_str(&format!("\nnote: {note}")));
    let mut first: Vec<Value> =
        problem.labels.iter().map(|label| location(label, sources)).collect();
    let others = first.split_off(first.len().min(1));
    json!({
        "ruleId": problem.code,
        "ruleIndex": codes.iter().position(|code| *code == problem.code),
        "level": problem.level.word(),
        "message": { "text": text },
        "locations": first,
        "relatedLocations": others,
        "fixes": problem.fixes.iter().map(|it| fix(it, sources)).collect::<Vec<_>>(),
    })
}

fn location(label: &Label, sources: &Sources) -> Value {
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": artifact(label.span, sources),
        "region": region(label.span, sources),
    } });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

fn fix(fix: &Fix, sources: &Sources) -> Value {
    let mut files: BTreeMap<u32, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        files.entry(edit.span.file.0).or_default().push(edit);
    }
    let replacement = |edit: &&Edit| {
        json!({
            "deletedRegion": region(edit.span, sources),
            "insertedContent": { "text": edit.text },
        })
    };
    let change = |edits: &Vec<&Edit>| {
        json!({
            "artifactLocation": artifact(edits[0].span, sources),
            "replacements": edits.iter().map(replacement).collect::<Vec<_>>(),
        })
    };
    json!({
        "description": { "text": fix.title },
        "artifactChanges": files.values().map(change).collect::<Vec<_>>(),
        "properties": { "applicability": fix.applicability.word() },
    })
}

fn artifact(span: Span, sources: &Sources) -> Value {
    json!({ "uri": uri(&sources.file(span.file).name) })
}

fn region(span: Span, sources: &Sources) -> Value {
    let (start, end) = (sources.place(span), sources.end_place(span));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": span.start,
        "byteLength": span.end.saturating_sub(span.start),
    })
}

/// A path as a relative reference: everything that has a meaning there is encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
