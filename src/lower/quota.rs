//! Tenants may not have more than their quota.

use std::collections::BTreeMap;

use crate::lower::Desired;
use crate::model::{Address, Size, Value};
use crate::problem::{Problem, scopes as problem};
use crate::source::Span;

/// What the resources of one tenant come to.
#[derive(Default)]
struct Used {
    cores: u64,
    memory: u64,
    disk: u64,
    apps: u64,
}

/// Reports every tenant whose resources are more than it may have.
pub(super) fn exceeded(desired: &Desired, problems: &mut Vec<Problem>) {
    let limited = desired.resources.iter().filter(|(address, resource)| {
        address.kind() == "tenant" && resource.intent.spec["quota"].as_object().is_some()
    });
    let limited: BTreeMap<&Address, _> = limited.collect();
    if limited.is_empty() {
        return;
    }
    let mut used: BTreeMap<&Address, Used> = BTreeMap::new();
    for (address, resource) in &desired.resources {
        let mut around = address.parent();
        while let Some(tenant) = around {
            if let Some((tenant, _)) = limited.get_key_value(&tenant) {
                count(used.entry(tenant).or_default(), address.kind(), &resource.intent.spec);
            }
            around = tenant.parent();
        }
    }
    for (tenant, resource) in limited {
        let used = used.remove(tenant).unwrap_or_default();
        let quota = &resource.intent.spec["quota"];
        let size = |bytes: u64| Size(bytes).to_string();
        let number = |count: u64| count.to_string();
        let mut compare = |what: &str, has: u64, shown: &dyn Fn(u64) -> String| {
            let Some(may) = quota[what].as_u64().filter(|may| has > *may) else { return };
            let at = place(resource.span, &resource.origins, what);
            problems.push(problem::over_quota(tenant.as_str(), what, &shown(has), &shown(may), at));
        };
        compare("cores", used.cores, &number);
        compare("memory", used.memory, &size);
        compare("disk", used.disk, &size);
        compare("apps", used.apps, &number);
    }
}

fn count(used: &mut Used, kind: &str, spec: &Value) {
    match kind {
        "container" | "vm" => {
            used.cores += spec["cores"].as_u64().unwrap_or_default();
            used.memory += spec["memory"].as_u64().unwrap_or_default();
            used.disk += spec["disk"].as_u64().unwrap_or_default();
        }
        "app" => used.apps += 1,
        _ => (),
    }
}

fn place(resource: Span, origins: &[(Box<str>, Span)], what: &str) -> Span {
    let path = format!("quota/{what}");
    let found = origins.iter().find(|(other, _)| **other == *path);
    found.map_or(resource, |(_, span)| *span)
}
