//! In which order declarations are evaluated, so that long chains of them need no deep recursion.

use std::collections::{HashMap, HashSet};

use crate::lower::scope::{Module, Named};
use crate::lower::walk::{self, Mention};
use crate::problem::{Problem, graph as problem};
use crate::syntax::tree::Function;

/// Something that is evaluated on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Unit {
    /// A `let`, by its place.
    Let(usize),
    /// An `input`, by its place.
    Input(usize),
    /// A block, by its place.
    Block(usize),
}

/// Every let, input and block; what another one mentions comes before it where that is possible.
pub(super) fn needed_first(module: &Module<'_>) -> Vec<Unit> {
    let lets = (0..module.lets.len()).map(Unit::Let);
    let inputs = (0..module.inputs.len()).map(Unit::Input);
    let blocks = (0..module.blocks.len()).map(Unit::Block);
    let mut order = Vec::new();
    let mut begun = HashSet::new();
    let mut called = Calls { module, known: HashMap::new() };
    for unit in inputs.chain(lets).chain(blocks) {
        // Each entry is a unit and what it mentions that was not looked at yet.
        let mut open: Vec<(Unit, Vec<Unit>)> = Vec::new();
        if begun.insert(unit) {
            open.push((unit, called.mentioned(unit)));
        }
        while let Some((unit, rest)) = open.last_mut() {
            match rest.pop() {
                Some(next) => {
                    if begun.insert(next) {
                        open.push((next, called.mentioned(next)));
                    }
                }
                None => {
                    order.push(*unit);
                    open.pop();
                }
            }
        }
    }
    order
}

struct Calls<'m, 't> {
    module: &'m Module<'t>,
    /// What the body of each function mentions, through the functions it calls.
    known: HashMap<&'t str, Vec<Unit>>,
}

impl<'t> Calls<'_, 't> {
    fn mentioned(&mut self, unit: Unit) -> Vec<Unit> {
        let mut mentions = Vec::new();
        let mut found = |mention: Mention<'t>| mentions.push(mention);
        match unit {
            Unit::Let(index) => {
                let value = self.module.lets[index].value.as_ref();
                value.iter().for_each(|value| walk::expression(value, &mut found));
            }
            Unit::Input(index) => {
                let input = self.module.inputs[index];
                let parts = input.default.iter().chain(&input.refinement);
                parts.for_each(|part| walk::expression(part, &mut found));
            }
            Unit::Block(index) => walk::block(self.module.blocks[index].block, &mut found),
        }
        let mut units = Vec::new();
        for mention in mentions {
            self.add(mention, &mut units);
        }
        units.sort_unstable();
        units.dedup();
        // The last one is looked at first.
        units.reverse();
        units
    }

    fn add(&mut self, mention: Mention<'t>, units: &mut Vec<Unit>) {
        match mention {
            Mention::Bare(name) | Mention::Member(name, _) if self.bare(name).is_some() => {
                units.extend(self.bare(name));
            }
            Mention::Member(kind, name) => {
                let kind = crate::kinds::find(kind).map(|kind| kind.schema().kind);
                let block = kind.and_then(|kind| self.module.by_name.get(&(kind, name)));
                units.extend(block.copied().map(Unit::Block));
            }
            Mention::Bare(_) => (),
            Mention::Call(name) => units.extend(self.function(name).iter().copied()),
        }
    }

    fn bare(&self, name: &str) -> Option<Unit> {
        self.module.names.get(name).map(|named| match named {
            Named::Let(index) => Unit::Let(*index),
            Named::Input(index) => Unit::Input(*index),
        })
    }

    fn function(&mut self, name: &'t str) -> &[Unit] {
        if !self.known.contains_key(name) {
            // Known as nothing meanwhile, so that a recursive function ends here too.
            self.known.insert(name, Vec::new());
            let mut mentions = Vec::new();
            if let Some(function) = self.module.functions.get(name) {
                walk::expression(&function.value, &mut |mention| mentions.push(mention));
            }
            let mut units = Vec::new();
            // Calls inside of calls are left to evaluation: it has a guard of its own.
            mentions.retain(|mention| !matches!(mention, Mention::Call(_)));
            for mention in mentions {
                self.add(mention, &mut units);
            }
            self.known.insert(name, units);
        }
        self.known.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The functions that call themselves, through others or not; each circle is one problem.
pub(super) fn recursive<'t>(module: &Module<'t>, problems: &mut Vec<Problem>) -> HashSet<&'t str> {
    let mut graph = petgraph::graphmap::DiGraphMap::<&'t str, ()>::new();
    let mut functions: Vec<&'t Function> = module.functions.values().copied().collect();
    functions.sort_by_key(|function| function.name.span);
    for function in &functions {
        graph.add_node(&function.name.text);
        walk::expression(&function.value, &mut |mention| {
            if let Mention::Call(name) = mention
                && module.functions.contains_key(name)
            {
                graph.add_edge(&function.name.text, name, ());
            }
        });
    }
    let mut bad = HashSet::new();
    for circle in petgraph::algo::kosaraju_scc(&graph) {
        if circle.len() > 1 || graph.contains_edge(circle[0], circle[0]) {
            let mut names: Vec<_> =
                circle.iter().map(|name| (*name, module.functions[name].name.span)).collect();
            names.sort_by_key(|(_, span)| *span);
            problems.push(problem::recursion(&names));
            bad.extend(circle);
        }
    }
    bad
}
