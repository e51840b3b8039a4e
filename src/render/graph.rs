//! Who waits for whom: as DOT for drawing, as waves for reading.

use std::collections::{BTreeMap, BTreeSet};

use crate::legible::visible;
use crate::model::Address;
use crate::plan::Plan;
use crate::problem::Style;
use crate::render::entry::entries;
use crate::render::escape::{dot, thousands};
use crate::render::paint::{Hue, Paper};
use crate::render::words::count;

/// What each changing resource needs, of those that change.
pub fn edges(plan: &Plan) -> Vec<(Address, Vec<Address>)> {
    entries(plan)
        .iter()
        .map(|entry| {
            let needs = entry.needs.iter().map(|need| (*need).clone());
            (entry.address().clone(), needs.collect())
        })
        .collect()
}

/// The graph in the DOT language; an arrow points at what is needed.
pub fn graph_dot(edges: &[(Address, Vec<Address>)]) -> String {
    let mut out = String::from("digraph paas {\n  rankdir = \"LR\";\n  node [shape = \"box\"];\n");
    for (address, needs) in edges {
        out.extend(["  ", &dot(address.as_str()), ";\n"]);
        for need in needs {
            out.extend(["  ", &dot(address.as_str()), " -> ", &dot(need.as_str()), ";\n"]);
        }
    }
    out.push_str("}\n");
    out
}

/// What can be done at once, wave after wave, and what each waits for.
pub fn graph_waves(edges: &[(Address, Vec<Address>)], style: Style) -> String {
    let mut paper = Paper::new(style);
    let needs = needs(edges);
    let waves = waves(&needs);
    for (index, wave) in waves.iter().enumerate() {
        let names: Vec<String> = wave.iter().map(|address| visible(address.as_str())).collect();
        let heading = format!("wave {}: {}", index + 1, names.join(", "));
        paper.line(0, Hue::Bold, &heading);
        let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(40);
        for (name, address) in names.iter().zip(wave) {
            let waits: Vec<String> =
                needs[address].iter().map(|need| visible(need.as_str())).collect();
            if waits.is_empty() {
                continue;
            }
            paper.blanks(2);
            paper.put_padded(Hue::Plain, name, widest);
            paper.put(Hue::Dim, &format!("  after {}", waits.join(", ")));
            paper.end();
        }
    }
    let total = count(needs.len(), "resource");
    paper.line(
        0,
        Hue::Plain,
        &format!(
            "{total} in {}",
            match waves.len() {
                1 => "1 wave".to_owned(),
                number => format!("{} waves", thousands(number)),
            }
        ),
    );
    paper.finish()
}

/// Everything named, on either side.
fn needs(edges: &[(Address, Vec<Address>)]) -> BTreeMap<&Address, BTreeSet<&Address>> {
    let mut out: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
    for (address, needs) in edges {
        let needs = needs.iter().filter(|need| *need != address);
        for need in needs.clone() {
            out.entry(need).or_default();
        }
        out.entry(address).or_default().extend(needs);
    }
    out
}

fn waves<'a>(needs: &BTreeMap<&'a Address, BTreeSet<&'a Address>>) -> Vec<Vec<&'a Address>> {
    let mut users: BTreeMap<&Address, Vec<&'a Address>> = BTreeMap::new();
    let mut open: BTreeMap<&Address, usize> = BTreeMap::new();
    for (address, needed) in needs {
        open.insert(address, needed.len());
        for need in needed {
            users.entry(need).or_default().push(address);
        }
    }
    let first = needs.iter().filter(|(_, needed)| needed.is_empty());
    let mut wave: Vec<&Address> = first.map(|(address, _)| *address).collect();
    let mut waves = Vec::new();
    while !wave.is_empty() {
        let mut next = Vec::new();
        for user in wave.iter().filter_map(|address| users.get(address)).flatten() {
            let left = open.get_mut(user).expect("every user is a node");
            *left -= 1;
            if *left == 0 {
                next.push(*user);
            }
        }
        next.sort_unstable();
        waves.push(std::mem::replace(&mut wave, next));
    }
    waves
}
