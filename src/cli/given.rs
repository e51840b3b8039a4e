//! Values that a run gives to inputs: files, the environment, `--set`; the weakest first.

use std::path::Path;

use crate::cli::options::Inputs;
use crate::cli::project::{shown, told};
use crate::lower::Given;
use crate::problem::{Problem, any_error, project};
use crate::source::{Sources, Span};
use crate::syntax;
use crate::syntax::tree::{Expr, ExprKind, ItemKind, Key, Text, TextPart};

const PREFIX: &str = "PAAS_INPUT_";

/// Reads every value that is given, with what is wrong with them.
pub fn read(inputs: &Inputs, folder: &Path, sources: &mut Sources) -> (Vec<Given>, Vec<Problem>) {
    let (mut given, mut problems) = (Vec::new(), Vec::new());
    let environment = inputs.env.iter().map(|name| folder.join("env").join(format!("{name}.paas")));
    for path in inputs.values.iter().cloned().chain(environment) {
        from_file(&path, sources, &mut given, &mut problems);
    }
    let mut variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value)))
        .collect();
    variables.sort();
    for (name, value) in variables {
        let from = format!("{PREFIX}{name}");
        given.push(one(&name, &value, &from, sources));
    }
    for setting in &inputs.set {
        match setting.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                given.push(one(name.trim(), value.trim(), "--set", sources));
            }
            Some(_) | None => problems.push(project::not_a_setting(setting)),
        }
    }
    (given, problems)
}

fn from_file(
    path: &Path,
    sources: &mut Sources,
    given: &mut Vec<Given>,
    problems: &mut Vec<Problem>,
) {
    let name = shown(path);
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return problems.push(project::unreadable_values(&name, &told(&error))),
    };
    let file = sources.add_values(name.clone(), text.as_str());
    let (tree, more) = syntax::parse(file, &text);
    problems.extend(more);
    for item in tree.items {
        match item.kind {
            ItemKind::Attribute(attribute) => match attribute.key {
                Key::Plain(key) => {
                    let (value, from) = (attribute.value, name.clone());
                    given.push(Given { name: key.text.to_string(), value, from });
                }
                Key::Computed(_) => problems.push(project::not_a_value(&name)),
            },
            ItemKind::Bad => (),
            _ => problems.push(project::not_a_value(&name)),
        }
    }
}

/// A value in the language if it is a literal of it, and plain text otherwise: nobody quotes on a
/// command line.
fn one(name: &str, value: &str, from: &str, sources: &mut Sources) -> Given {
    let text = format!("{name} = {value}");
    let file = sources.add_values(from, text.as_str());
    let (tree, problems) = syntax::parse(file, &text);
    let parsed = tree.items.into_iter().next().and_then(|item| match item.kind {
        ItemKind::Attribute(attribute) => Some(attribute.value),
        _ => None,
    });
    let literal = parsed.filter(|value| !any_error(&problems) && is_literal(value));
    let value = literal.unwrap_or_else(|| {
        let start = text.len() - value.len();
        let parts = match value.is_empty() {
            true => Vec::new(),
            false => vec![TextPart::Literal(value.into())],
        };
        let kind = ExprKind::Str(Box::new(Text { tag: None, parts }));
        Expr { span: Span::new(file, start, text.len()), kind }
    });
    Given { name: name.to_owned(), value, from: from.to_owned() }
}

fn is_literal(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Name(_) | ExprKind::Get(..) | ExprKind::Bad => false,
        ExprKind::Binary(_, left, right) => is_literal(left) && is_literal(right),
        ExprKind::Unary(_, value) | ExprKind::Paren(value) => is_literal(value),
        ExprKind::Index(..) | ExprKind::OptionalGet(..) | ExprKind::Chain(..) => false,
        _ => true,
    }
}
