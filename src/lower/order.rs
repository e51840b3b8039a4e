//! In which order declarations are evaluated, so that long chains of them need no deep recursion.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use crate::lower::scope::{Named, Program, ScopeId};
use crate::lower::walk::{self, Mention};
use crate::problem::{Problem, graph as problem};

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

/// Every let, input and block of a scope; what another one mentions comes before it where that is
/// possible.
pub(super) fn needed_first(program: &Program<'_>, scope: ScopeId) -> Vec<Unit> {
    fn own(count: usize, is_own: impl Fn(usize) -> bool) -> impl Iterator<Item = usize> {
        (0..count).filter(move |index| is_own(*index))
    }
    let lets = own(program.lets.len(), |index| program.lets[index].scope == scope);
    let inputs = own(program.inputs.len(), |index| program.inputs[index].scope == scope);
    let blocks = own(program.blocks.len(), |index| program.blocks[index].scope == scope);
    let lets = lets.map(Unit::Let);
    let inputs = inputs.map(Unit::Input);
    let blocks = blocks.map(Unit::Block);
    let mut order = Vec::new();
    let mut begun = HashSet::default();
    let mut called = Calls { program, scope, known: HashMap::default() };
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
    program: &'m Program<'t>,
    scope: ScopeId,
    /// What the body of each function mentions, by its place.
    known: HashMap<usize, Vec<Unit>>,
}

impl<'t> Calls<'_, 't> {
    fn mentioned(&mut self, unit: Unit) -> Vec<Unit> {
        let mut mentions = Vec::new();
        let mut found = |mention: Mention<'t>| mentions.push(mention);
        match unit {
            Unit::Let(index) => {
                let value = self.program.lets[index].it.value.as_ref();
                value.iter().for_each(|value| walk::expression(value, &mut found));
            }
            Unit::Input(index) => {
                let input = self.program.inputs[index].it;
                let parts = input.default.iter().chain(&input.refinement);
                parts.for_each(|part| walk::expression(part, &mut found));
            }
            Unit::Block(index) => walk::declared(&self.program.blocks[index], &mut found),
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
                let block = kind.and_then(|kind| self.program.block(self.scope, kind, name));
                units.extend(block.map(Unit::Block));
            }
            Mention::Bare(_) => (),
            Mention::Call(name) => {
                units.extend(self.function(name).unwrap_or_default().iter().copied());
            }
        }
    }

    fn bare(&self, name: &str) -> Option<Unit> {
        match self.program.name(self.scope, name)? {
            Named::Let(index) => Some(Unit::Let(index)),
            Named::Input(index) => Some(Unit::Input(index)),
            Named::Library(_) => None,
        }
    }

    fn function(&mut self, name: &'t str) -> Option<&[Unit]> {
        let index = self.program.function(self.scope, name)?;
        if !self.known.contains_key(&index) {
            // Known as nothing meanwhile, so that a recursive function ends here too.
            self.known.insert(index, Vec::new());
            let mut mentions = Vec::new();
            let function = self.program.functions[index].it;
            walk::expression(&function.value, &mut |mention| mentions.push(mention));
            let mut units = Vec::new();
            // Calls inside of calls are left to evaluation: it has a guard of its own.
            mentions.retain(|mention| !matches!(mention, Mention::Call(_)));
            for mention in mentions {
                self.add(mention, &mut units);
            }
            self.known.insert(index, units);
        }
        self.known.get(&index).map(Vec::as_slice)
    }
}

/// The functions of a scope that call themselves, through others or not; each circle is one
/// problem.
pub(super) fn recursive(
    program: &Program<'_>,
    scope: ScopeId,
    problems: &mut Vec<Problem>,
) -> HashSet<usize> {
    let mut graph = petgraph::graphmap::DiGraphMap::<usize, ()>::new();
    let own = |index: &usize| program.functions[*index].scope == scope;
    for index in (0..program.functions.len()).filter(own) {
        graph.add_node(index);
        walk::expression(&program.functions[index].it.value, &mut |mention| {
            if let Mention::Call(name) = mention
                && let Some(called) = program.function(scope, name)
            {
                graph.add_edge(index, called, ());
            }
        });
    }
    let mut bad = HashSet::default();
    for circle in petgraph::algo::kosaraju_scc(&graph) {
        if circle.len() > 1 || graph.contains_edge(circle[0], circle[0]) {
            let name = |index: &usize| &program.functions[*index].it.name;
            let mut names: Vec<_> =
                circle.iter().map(name).map(|name| (name.text.as_str(), name.span)).collect();
            names.sort_by_key(|(_, span)| *span);
            problems.push(problem::recursion(&names));
            bad.extend(circle);
        }
    }
    bad
}
