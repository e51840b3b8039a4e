//! Terraform without the program: every resource that a module declares is made, and changed when
//! the module or what is given to it is another one; outputs are made up.

use std::collections::BTreeMap;

use crate::model::{Call, InnerAction, InnerChange, Method, Module, ModuleSeen, Value, digest};
use crate::sandbox::cluster::Done;
use crate::sandbox::contents::{Contents, Entry};

/// Where a module is kept among the objects of services.
fn key(module: &Module) -> String {
    format!("terraform/{}", module.object.origin())
}

/// What a module is made from.
fn made_from(module: &Module, vars: &str) -> String {
    let parts = (&module.digest, &module.workspace, &module.targets, vars);
    digest(serde_json::to_string(&parts).unwrap_or_default().as_bytes())
}

/// What would change, and what the outputs will be.
pub(super) fn seen(contents: &Contents, module: &Module) -> Result<ModuleSeen, String> {
    let there = contents.objects.get(&key(module));
    let vars = module.vars.to_string();
    let kept: Vec<&str> = there
        .and_then(|it| it.get("resources"))
        .into_iter()
        .flat_map(|list| list.split('\n'))
        .filter(|name| !name.is_empty())
        .collect();
    let same = there.and_then(|it| it.get("digest")) == Some(&made_from(module, &vars));
    let change = |address: &str, action| InnerChange {
        address: address.to_owned(),
        action,
        fields: Vec::new(),
    };
    let mut changes = Vec::new();
    if !module.destroys {
        for name in &module.resources {
            match kept.contains(&name.as_str()) {
                false => changes.push(change(name, InnerAction::Create)),
                true if !same => changes.push(change(name, InnerAction::Update)),
                true => (),
            }
        }
    }
    let goes = |name: &&&str| module.destroys || !module.resources.iter().any(|it| it == **name);
    changes.extend(kept.iter().filter(goes).map(|name| change(name, InnerAction::Delete)));
    let outputs = match there {
        Some(_) if !module.destroys => outputs(module),
        Some(_) | None => BTreeMap::new(),
    };
    let plan = digest(format!("{}|{vars}|{changes:?}", key(module)).as_bytes());
    Ok(ModuleSeen { plan, changes, outputs })
}

/// Applies or destroys a module.
pub(super) fn call(contents: &Contents, call: &Call) -> Result<Done, String> {
    let about = call.body.get("module").map(ToString::to_string).unwrap_or_default();
    let module: Module = serde_json::from_str(&about).map_err(|error| error.to_string())?;
    let known = contents.objects.contains_key(&key(&module));
    let (value, facts) = match call.method {
        Method::Delete => (None, BTreeMap::new()),
        Method::Post | Method::Put => {
            let vars = call.body.get("vars").map(ToString::to_string).unwrap_or_default();
            let about =
                [("digest", made_from(&module, &vars)), ("resources", module.resources.join("\n"))];
            let about = about.map(|(name, text)| (name.to_owned(), text));
            (Some(about.into()), outputs(&module))
        }
    };
    let kind = if known { "terraform" } else { "terraform-new" };
    let entries = vec![Entry::Object(key(&module), value)];
    Ok(Done { entries, facts, took_ms: 2_000, kind, ..Done::default() })
}

fn outputs(module: &Module) -> BTreeMap<String, Value> {
    let made_up = |(name, ty): (&String, &crate::model::OutputType)| {
        let sum = digest(format!("{}|{name}", module.object.origin()).as_bytes());
        let seed = u64::from_str_radix(&sum[..8], 16).unwrap_or(0);
        (name.clone(), ty.made_up(name, seed))
    };
    module.outputs.iter().map(made_up).collect()
}
