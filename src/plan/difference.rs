//! Which leaves differ between two specs, what that costs, and why it is so.

use std::collections::BTreeSet;

use crate::kinds::AnyKind;
use crate::lower::Resource;
use crate::model::{Address, Object, Value};
use crate::plan::resolve::each_ref;
use crate::plan::{Inputs, Leaf, Reason};
use crate::schema::{Class, Need};

/// The leaves of a new spec that somebody wrote or the plan has chosen, by path.
pub fn written(
    inputs: Inputs<'_>,
    kind: &dyn AnyKind,
    resource: &Resource,
    spec: &Value,
) -> Vec<Leaf> {
    let leaf = |path: &str, because: Reason| {
        let after = Some(spec.pointer(&format!("/{path}"))?.clone());
        Some(Leaf { path: path.to_owned(), before: None, after, class: Class::Live, because })
    };
    let chosen = kind.schema().fields.iter().filter(|field| {
        let open = field.choice.is_some() && resource.intent.spec[field.name] == "auto";
        open && spec[field.name] != "auto"
    });
    let chosen: Vec<&str> = chosen.map(|field| field.name).collect();
    let written = resource.origins.iter().filter(|(path, _)| !chosen.contains(&&**path));
    let written =
        written.map(|(path, span)| (&**path, Reason::Edited { at: (inputs.place)(*span) }));
    let all = written.chain(chosen.iter().map(|name| (*name, Reason::Chosen)));
    let mut leaves: Vec<Leaf> = all.filter_map(|(path, because)| leaf(path, because)).collect();
    leaves.sort_by(|one, other| one.path.cmp(&other.path));
    leaves
}

/// The leaves in which two values of a field differ: path, before, after.
pub fn leaves_of(
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Vec<(String, Option<Value>, Option<Value>)> {
    match (before, after) {
        (before, after) if before == after => Vec::new(),
        (Some(Value::Object(old)), Some(Value::Object(new))) if !tagged(old) && !tagged(new) => {
            let names: BTreeSet<&str> = old.keys().chain(new.keys()).collect();
            let below = |name: &str| {
                leaves_of(&format!("{path}/{}", escaped(name)), old.get(name), new.get(name))
            };
            names.into_iter().flat_map(below).collect()
        }
        (before, after) => vec![(path.to_owned(), before.cloned(), after.cloned())],
    }
}

/// References and texts are objects in JSON but one value for people.
fn tagged(map: &Object) -> bool {
    map.keys().any(|name| name.starts_with('$'))
}

/// A name as a part of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The fields that differ and what each costs; a field that keeps its old value is put back.
pub fn costs(
    kind: &dyn AnyKind,
    before: &Value,
    after: &mut Value,
) -> (Vec<(&'static str, Class)>, Vec<&'static str>) {
    let (mut differ, mut kept) = (Vec::new(), Vec::new());
    // Most resources of a plan are as they were.
    if before == after {
        return (differ, kept);
    }
    for field in &kind.schema().fields {
        if before.get(field.name) != after.get(field.name) {
            match kind.class(before, after, field) {
                Some(class) => differ.push((field.name, class)),
                None => kept.push(field.name),
            }
        }
    }
    for name in &kept {
        match (before.get(name), after.as_object_mut()) {
            (Some(value), Some(map)) => drop(map.insert(name, value.clone())),
            (None, Some(map)) => drop(map.remove(name)),
            (_, None) => (),
        }
    }
    (differ, kept)
}

/// Why a leaf has another value than it had.
pub fn reason(
    inputs: Inputs<'_>,
    kind: &dyn AnyKind,
    resource: &Resource,
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Reason {
    if let Some(span) = origin(resource, path) {
        return Reason::Edited { at: (inputs.place)(span) };
    }
    let top = path.split('/').next().unwrap_or(path);
    let mut target = None;
    for value in [after, before].into_iter().flatten() {
        each_ref(value, &mut |it| target = target.take().or(Some(it.address().clone())));
    }
    if let Some(address) = target {
        return Reason::Upstream { address };
    }
    match kind.schema().field(top).map(|field| field.need) {
        Some(Need::Derived(text)) => match upstream(resource, text) {
            Some(address) => Reason::Upstream { address },
            None => edited(inputs, resource),
        },
        // What is computed follows from the fields beside it: their files have changed.
        Some(Need::Computed) => edited(inputs, resource),
        Some(Need::Default(_)) if before.is_some() && after.is_some() => Reason::Default,
        Some(Need::Required | Need::Optional | Need::Default(_)) | None => edited(inputs, resource),
    }
}

fn edited(inputs: Inputs<'_>, resource: &Resource) -> Reason {
    Reason::Edited { at: (inputs.place)(resource.span) }
}

/// The place of a leaf, or of the nearest written value around or inside it.
fn origin(resource: &Resource, path: &str) -> Option<crate::source::Span> {
    let mut prefix = path;
    loop {
        let at = resource.origins.partition_point(|(other, _)| **other < *prefix);
        if let Some((other, span)) = resource.origins.get(at)
            && (**other == *prefix || other.starts_with(&format!("{prefix}/")))
        {
            return Some(*span);
        }
        prefix = prefix.rsplit_once('/')?.0;
    }
}

/// The resource that a derived value is read from: `self.via.engine` reads what `via` names.
fn upstream(resource: &Resource, expression: &str) -> Option<Address> {
    let field = expression.strip_prefix("self.")?.split(['.', '?']).next()?;
    let mut found = None;
    each_ref(resource.intent.spec.get(field)?, &mut |it| found = Some(it.address().clone()));
    found
}
