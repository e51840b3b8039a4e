//! Finds what only one resource may have and two would.

use std::collections::BTreeMap;

use crate::model::Value;
use crate::plan::allocate::protocol;
use crate::plan::choose::Draft;
use crate::plan::{Blocked, Reason};
use crate::problem::graph;
use crate::state::Verb;

/// What one resource of a cluster, a network or a proxy has alone.
const ALONE: [(&str, &str); 3] = [("cluster", "id"), ("network", "ip"), ("via", "external_port")];

/// Blocks what is written for one resource while another one has it already.
pub fn add(draft: &mut Draft) {
    // What is let go of as it is keeps what it has.
    let kept = draft.changes.iter().filter(|it| it.verb == Verb::Forget);
    let kept = kept.filter(|it| matches!(it.because, Reason::Removed | Reason::Forgotten));
    let kept: Vec<_> = kept.map(|it| (it.id.address.clone(), it.intent.spec.clone())).collect();
    let mut owners = BTreeMap::new();
    for (address, spec) in kept.iter().map(|(address, spec)| (address, spec)).chain(&draft.specs) {
        for (within, what) in ALONE {
            let Some(value) = spec.get(what).filter(|value| is_fixed(value)) else { continue };
            let place = (spec[within].to_string(), what, value.to_string(), protocol(spec));
            if let Some(other) = owners.insert(place, address) {
                let both = [other.as_str(), address.as_str()];
                let problem = graph::would_both_have(what, &value.to_string(), both);
                draft.blocked.push(Blocked::by(&problem, address));
            }
        }
    }
}

fn is_fixed(value: &Value) -> bool {
    !value.is_null() && value.as_str().is_none_or(|word| word != "auto" && word != "dhcp")
}
