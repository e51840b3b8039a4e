//! What a module declares: every item of every file by its name; order means nothing.

use std::collections::HashMap;

use crate::kinds::{self, AnyKind};
use crate::problem::{Problem, names as problem};
use crate::source::Span;
use crate::syntax::tree::{Block, Function, Input, Item, ItemKind, Let, Name, Secret, Tree};
use crate::syntax::tree::{Require, TypeItem};

/// A block that makes resources.
pub(super) struct Declared<'t> {
    /// The block.
    pub block: &'t Block,
    /// Its kind.
    pub kind: &'static dyn AnyKind,
    /// Its label.
    pub name: &'t Name,
    /// Its doc comment.
    pub doc: Option<&'t str>,
}

/// What a bare name stands for.
#[derive(Clone, Copy)]
pub(super) enum Named {
    /// A `let`, by its place in [`Module::lets`].
    Let(usize),
    /// An `input`, by its place in [`Module::inputs`].
    Input(usize),
}

/// Everything that a module declares.
#[derive(Default)]
pub(super) struct Module<'t> {
    /// In the order they are written, as everything here.
    pub lets: Vec<&'t Let>,
    /// Inputs.
    pub inputs: Vec<&'t Input>,
    /// Lets and inputs by name.
    pub names: HashMap<&'t str, Named>,
    /// Functions by name.
    pub functions: HashMap<&'t str, &'t Function>,
    /// Types by name.
    pub types: HashMap<&'t str, &'t TypeItem>,
    /// Outputs.
    pub outputs: Vec<&'t Let>,
    /// Secrets.
    pub secrets: Vec<&'t Secret>,
    /// Blocks that make resources.
    pub blocks: Vec<Declared<'t>>,
    /// Their places, by kind.
    pub by_kind: HashMap<&'static str, Vec<usize>>,
    /// Their places, by kind and name.
    pub by_name: HashMap<(&'static str, &'t str), usize>,
    /// `defaults`, by kind.
    pub defaults: HashMap<&'t str, &'t Block>,
    /// `check` blocks.
    pub checks: Vec<&'t Block>,
    /// Requirements of the module as a whole.
    pub requires: Vec<&'t Require>,
    /// `paas { … }`
    pub settings: Option<&'t Block>,
    secret_names: HashMap<&'t str, usize>,
}

impl<'t> Module<'t> {
    /// Gathers the items of all files.
    pub fn collect(trees: &'t [Tree], problems: &mut Vec<Problem>) -> Module<'t> {
        let mut module = Module::default();
        for item in trees.iter().flat_map(|tree| &tree.items) {
            module.item(item, problems);
        }
        module
    }

    /// The place of a secret in [`Module::secrets`].
    pub fn secret(&self, name: &str) -> Option<usize> {
        self.secret_names.get(name).copied()
    }

    /// The names of all secrets.
    pub fn secret_names(&self) -> impl Iterator<Item = &'t str> {
        self.secrets.iter().map(|secret| secret.name.text.as_str())
    }

    fn item(&mut self, item: &'t Item, problems: &mut Vec<Problem>) {
        match &item.kind {
            ItemKind::Let(it) => {
                self.bare(&it.name, Named::Let(self.lets.len()), problems);
                self.lets.push(it);
            }
            ItemKind::Input(it) => {
                self.bare(&it.name, Named::Input(self.inputs.len()), problems);
                self.inputs.push(it);
            }
            ItemKind::Function(it) => match self.functions.get(it.name.text.as_str()) {
                Some(first) => problems.push(twice("function", &it.name, &first.name)),
                None => drop(self.functions.insert(&it.name.text, it)),
            },
            ItemKind::Type(it) => match self.types.get(it.name.text.as_str()) {
                Some(first) => problems.push(twice("type", &it.name, &first.name)),
                None => drop(self.types.insert(&it.name.text, it)),
            },
            ItemKind::Output(it) => {
                let same = |output: &&&Let| output.name.text == it.name.text;
                match self.outputs.iter().find(same) {
                    Some(first) => problems.push(twice("output", &it.name, &first.name)),
                    None => self.outputs.push(it),
                }
            }
            ItemKind::Secret(it) => match self.secret_names.get(it.name.text.as_str()) {
                Some(first) => {
                    problems.push(twice("secret", &it.name, &self.secrets[*first].name));
                }
                None => {
                    self.secret_names.insert(&it.name.text, self.secrets.len());
                    self.secrets.push(it);
                }
            },
            ItemKind::Block(block) => self.block(block, item, problems),
            ItemKind::Require(it) => self.requires.push(it),
            ItemKind::Import(_) => problems.push(unsupported(item, "import")),
            ItemKind::Use(_) => problems.push(unsupported(item, "use")),
            ItemKind::Module(_) => problems.push(unsupported(item, "module")),
            ItemKind::Moved(_) => problems.push(unsupported(item, "moved")),
            ItemKind::Adopt(_) => problems.push(unsupported(item, "adopt")),
            ItemKind::Forget(_) => problems.push(unsupported(item, "forget")),
            ItemKind::Mock(_) => problems.push(unsupported(item, "mock")),
            ItemKind::Expect(_) => problems.push(unsupported(item, "expect")),
            ItemKind::Attribute(_) | ItemKind::Spread(_) | ItemKind::Comprehension(_) => {
                problems.push(problem::outside_of_block(item.span));
            }
            ItemKind::Bad => (),
        }
    }

    fn bare(&mut self, name: &'t Name, what: Named, problems: &mut Vec<Problem>) {
        match self.names.get(name.text.as_str()) {
            Some(Named::Let(first)) => {
                problems.push(twice("name", name, &self.lets[*first].name));
            }
            Some(Named::Input(first)) => {
                problems.push(twice("name", name, &self.inputs[*first].name));
            }
            None => drop(self.names.insert(&name.text, what)),
        }
    }

    fn block(&mut self, block: &'t Block, item: &'t Item, problems: &mut Vec<Problem>) {
        match (block.kind.text.as_str(), block.labels.as_slice()) {
            ("paas", []) => match self.settings {
                Some(first) => problems.push(twice("block", &block.kind, &first.kind)),
                None => self.settings = Some(block),
            },
            ("defaults", [kind]) => self.defaults(block, kind, problems),
            ("check", [_]) => self.checks.push(block),
            ("secret", labels) => {
                let name = labels.first().map_or("name", |label| &label.text);
                problems.push(problem::secret_is_no_block(name, span(block)));
            }
            ("paas" | "defaults" | "check", _) => {
                problems.push(problem::wrong_labels(&block.kind.text, span(block)));
            }
            _ => self.resource(block, item, problems),
        }
    }

    fn defaults(&mut self, block: &'t Block, kind: &'t Name, problems: &mut Vec<Problem>) {
        if kinds::find(&kind.text).is_none() || kind.text == "secret" {
            problems.push(unknown_kind(kind));
        } else if let Some(first) = self.defaults.get(kind.text.as_str()) {
            problems.push(twice("defaults", kind, &first.labels[0]));
        } else {
            self.defaults.insert(&kind.text, block);
        }
    }

    fn resource(&mut self, block: &'t Block, item: &'t Item, problems: &mut Vec<Problem>) {
        let Some(kind) = kinds::find(&block.kind.text) else {
            problems.push(unknown_kind(&block.kind));
            return;
        };
        let word = kind.schema().kind;
        let name = match block.labels.as_slice() {
            [name] if is_word(&name.text) => name,
            [] | [_, _, ..] => {
                return problems.push(problem::wrong_labels(&block.kind.text, span(block)));
            }
            [name] => return problems.push(problem::not_a_name(&name.text, name.span)),
        };
        if is_facet(word) {
            return problems.push(problem::facet_alone(word, block.kind.span, &hosts_of(word)));
        }
        if block.existing && !matches!(word, "host" | "network") {
            problems.push(problem::not_supported(
                block.kind.span,
                &format!("`existing {word}`"),
                "only a `host` or a `network` can be used without being managed",
            ));
        }
        let index = self.blocks.len();
        if let Some(first) = self.by_name.get(&(word, name.text.as_str())) {
            let first = self.blocks[*first].name;
            return problems.push(twice(word, name, first));
        }
        self.by_name.insert((word, &name.text), index);
        self.by_kind.entry(word).or_default().push(index);
        let doc = item.doc.as_deref();
        self.blocks.push(Declared { block, kind, name, doc });
    }
}

/// A block's kind and labels: how a block is pointed at.
pub(super) fn span(block: &Block) -> Span {
    block.labels.last().map_or(block.kind.span, |label| block.kind.span.to(label.span))
}

/// Whether a label can be part of an address.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether blocks of this kind stand inside others only.
pub(super) fn is_facet(word: &str) -> bool {
    kinds::all().values().any(|kind| kind.traits().facets.contains(&word))
}

/// The kinds that may have this facet.
pub(super) fn hosts_of(facet: &str) -> Vec<&'static str> {
    let has = |kind: &&dyn AnyKind| kind.traits().facets.contains(&facet);
    kinds::all().values().map(AsRef::as_ref).filter(has).map(|kind| kind.schema().kind).collect()
}

/// A word that is no kind.
pub(super) fn unknown_kind(word: &Name) -> Problem {
    let near = crate::problem::nearest(&word.text, kinds::all().keys().copied());
    problem::unknown_kind(&word.text, word.span, &near)
}

fn twice(what: &str, again: &Name, first: &Name) -> Problem {
    problem::declared_twice(what, &again.text, again.span, first.span)
}

fn unsupported(item: &Item, word: &'static str) -> Problem {
    let length = u32::try_from(word.len()).unwrap_or(0);
    let span = Span { end: item.span.start + length, ..item.span };
    let help = "it is read and formatted, but has no effect";
    problem::not_supported(span, &format!("`{word}`"), help)
}
