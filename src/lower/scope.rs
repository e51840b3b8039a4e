//! What is declared where: every item of every file by its name, scope by scope.

use rustc_hash::FxHashMap as HashMap;

use crate::kinds::{self, AnyKind};
use crate::lower::env::Env;
use crate::lower::nodes::Layer;
use crate::model::Address;
use crate::problem::{Problem, names as problem};
use crate::source::Span;
use crate::syntax::tree::{Block, Body, Expr, For, Function, Input, ItemKind, Let, ModuleItem};
use crate::syntax::tree::{Name, Require, Secret, TypeItem, Use};

/// The place of a [`Scope`] in [`Program::scopes`].
pub(super) type ScopeId = usize;

/// The project itself.
pub(super) const ROOT: ScopeId = 0;

/// Something that is declared, and in which scope.
#[derive(Clone, Copy)]
pub(super) struct In<T> {
    /// What is declared.
    pub it: T,
    /// Where.
    pub scope: ScopeId,
}

/// `for … by …` and `if …` of a block.
#[derive(Clone, Copy, Default)]
pub(super) struct Header<'t> {
    /// One instance for each element.
    pub each: Option<&'t For>,
    /// Whether there is any.
    pub condition: Option<&'t Expr>,
}

/// What makes resources of one kind: a block, or a `use`.
#[derive(Clone, Copy)]
pub(super) struct Declared<'t> {
    /// What is made.
    pub kind: &'static dyn AnyKind,
    /// Its name.
    pub name: &'t Name,
    /// How many of it.
    pub header: Header<'t>,
    /// What is written for it; a `use` has none of its own.
    pub body: Option<&'t Body>,
    /// The service that it is an instance of.
    pub used: Option<&'t Use>,
    /// The block's kind and labels.
    pub span: Span,
    /// Its doc comment.
    pub doc: Option<&'t str>,
    /// The scope it stands in.
    pub scope: ScopeId,
}

/// A `service`: what a catalogue has.
#[derive(Clone, Copy)]
pub(super) struct Service<'t> {
    /// Its block.
    pub block: &'t Block,
    /// Its name.
    pub name: &'t Name,
    /// The scope its expressions are written in.
    pub scope: ScopeId,
}

/// An item that has a scope of its own.
#[derive(Clone, Copy)]
pub(super) struct Inner<'t> {
    /// Which one.
    pub what: Opens<'t>,
    /// Its name.
    pub name: &'t Name,
    /// How many of it.
    pub header: Header<'t>,
    /// Where it is declared.
    pub span: Span,
    /// Its doc comment.
    pub doc: Option<&'t str>,
    /// The scope around it.
    pub scope: ScopeId,
}

/// What a scope is opened by.
#[derive(Clone, Copy)]
pub(super) enum Opens<'t> {
    /// `tenant acme { … }`: the names around it are seen in it.
    Tenant(&'t Block),
    /// `module lab from "…" { … }`: nothing around it is seen in it.
    Module(&'t ModuleItem),
}

impl Opens<'_> {
    /// The word it is declared with, which is its kind in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Opens::Tenant(_) => "tenant",
            Opens::Module(_) => "module",
        }
    }
}

/// What a bare name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A `let`, by its place in [`Program::lets`].
    Let(usize),
    /// An `input`, by its place in [`Program::inputs`].
    Input(usize),
    /// Everything that an imported file declares.
    Library(ScopeId),
}

/// What declarations a scope may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The project, or a module.
    Module,
    /// A tenant.
    Tenant,
    /// An imported file, which makes nothing.
    Library,
}

/// The names of one module, tenant or imported file.
pub(super) struct Scope<'t> {
    /// What may be declared in it.
    pub role: Role,
    /// The scope whose names are seen in it too.
    pub outer: Option<ScopeId>,
    /// The scope it stands in.
    pub around: Option<ScopeId>,
    /// The files it is made of, by their place in the library, if it is a module's.
    pub part: Option<usize>,
    /// The tenant or module that it is one of.
    pub opened_by: Option<Inner<'t>>,
    /// What the addresses of its resources begin with.
    pub prefix: Option<Address>,
    /// What its expressions see beyond names.
    pub env: Env<'t>,
    /// What its inputs are given, if it is a module's.
    pub given: Option<Layer<'t>>,
    /// The scopes inside.
    pub inner: Vec<ScopeId>,
    /// Lets, inputs and imported files by name.
    pub names: HashMap<&'t str, Named>,
    /// Places in [`Program::functions`].
    pub functions: HashMap<&'t str, usize>,
    /// Places in [`Program::types`].
    pub types: HashMap<&'t str, usize>,
    /// Places in [`Program::services`].
    pub services: HashMap<&'t str, usize>,
    /// Places in [`Program::outputs`].
    pub outputs: HashMap<&'t str, usize>,
    /// Places in [`Program::secrets`].
    pub secrets: HashMap<&'t str, usize>,
    /// Places in [`Program::blocks`], by kind.
    pub by_kind: HashMap<&'static str, Vec<usize>>,
    /// Places in [`Program::blocks`], by kind and name.
    pub by_name: HashMap<(&'static str, &'t str), usize>,
    /// Places in [`Program::opens`], by their word and name.
    pub opens: HashMap<(&'static str, &'t str), usize>,
    /// `defaults`, by kind.
    pub defaults: HashMap<&'t str, &'t Block>,
    /// `paas { … }`
    pub settings: Option<&'t Block>,
}

/// Everything that is declared, in all scopes; it grows while tenants and modules are opened.
#[derive(Default)]
pub(super) struct Program<'t> {
    /// The project first.
    pub scopes: Vec<Scope<'t>>,
    /// Lets, in the order they are written, as everything here.
    pub lets: Vec<In<&'t Let>>,
    /// Inputs.
    pub inputs: Vec<In<&'t Input>>,
    /// Functions.
    pub functions: Vec<In<&'t Function>>,
    /// Types.
    pub types: Vec<In<&'t TypeItem>>,
    /// Outputs.
    pub outputs: Vec<In<&'t Let>>,
    /// Secrets.
    pub secrets: Vec<In<&'t Secret>>,
    /// What makes resources.
    pub blocks: Vec<Declared<'t>>,
    /// Catalogue entries.
    pub services: Vec<Service<'t>>,
    /// Tenants and modules.
    pub opens: Vec<Inner<'t>>,
    /// `check` blocks.
    pub checks: Vec<In<&'t Block>>,
    /// Requirements of a module as a whole.
    pub requires: Vec<In<&'t Require>>,
    /// `moved`, `adopt` and `forget`.
    pub changes: Vec<In<&'t ItemKind>>,
    /// `test` blocks of the project itself.
    pub tests: Vec<&'t Block>,
}

impl<'t> Scope<'t> {
    /// A scope with nothing in it.
    pub fn new(role: Role, outer: Option<ScopeId>) -> Scope<'t> {
        Scope {
            role,
            outer,
            around: None,
            part: None,
            opened_by: None,
            prefix: None,
            env: Env::default(),
            given: None,
            inner: Vec::new(),
            names: HashMap::default(),
            functions: HashMap::default(),
            types: HashMap::default(),
            services: HashMap::default(),
            outputs: HashMap::default(),
            secrets: HashMap::default(),
            by_kind: HashMap::default(),
            by_name: HashMap::default(),
            opens: HashMap::default(),
            defaults: HashMap::default(),
            settings: None,
        }
    }
}

impl<'t> Program<'t> {
    /// Adds a scope that stands in another one; its expressions see what `env` has.
    pub fn add(&mut self, mut scope: Scope<'t>, env: &Env<'t>, around: Option<ScopeId>) -> ScopeId {
        let id = self.scopes.len();
        scope.env = env.in_scope(id);
        scope.around = around;
        if let Some(around) = around {
            self.scopes[around].inner.push(id);
        }
        self.scopes.push(scope);
        id
    }

    /// A scope and those around it, innermost first.
    pub fn outward(&self, scope: ScopeId) -> impl Iterator<Item = &Scope<'t>> {
        let first = self.scopes.get(scope);
        std::iter::successors(first, |scope| scope.outer.map(|outer| &self.scopes[outer]))
    }

    /// A scope and everything that is inside of it.
    pub fn within(&self, scope: ScopeId) -> Vec<ScopeId> {
        let mut all = vec![scope];
        let mut next = 0;
        while let Some(scope) = all.get(next) {
            all.extend(&self.scopes[*scope].inner);
            next += 1;
        }
        all
    }

    /// What a bare name stands for.
    pub fn name(&self, scope: ScopeId, name: &str) -> Option<Named> {
        self.outward(scope).find_map(|scope| scope.names.get(name)).copied()
    }

    /// Where a `let` or an input is declared.
    pub fn declared_at(&self, scope: ScopeId, name: &str) -> Option<Span> {
        match self.name(scope, name)? {
            Named::Let(index) => Some(self.lets[index].it.name.span),
            Named::Input(index) => Some(self.inputs[index].it.name.span),
            Named::Library(_) => None,
        }
    }

    /// The function of a name, by its place.
    pub fn function(&self, scope: ScopeId, name: &str) -> Option<usize> {
        self.outward(scope).find_map(|scope| scope.functions.get(name)).copied()
    }

    /// The type of a name or of `library.Name`, by its place.
    pub fn ty(&self, scope: ScopeId, name: &str) -> Option<usize> {
        match name.split_once('.') {
            Some((library, name)) => match self.name(scope, library)? {
                Named::Library(library) => self.scopes[library].types.get(name).copied(),
                Named::Let(_) | Named::Input(_) => None,
            },
            None => self.outward(scope).find_map(|scope| scope.types.get(name)).copied(),
        }
    }

    /// The service that a path of names leads to, by its place.
    pub fn service(&self, scope: ScopeId, path: &[Name]) -> Option<usize> {
        match path {
            [name] => self.service_named(scope, &name.text),
            [library, name] => match self.name(scope, &library.text) {
                Some(Named::Library(library)) => {
                    self.scopes[library].services.get(name.text.as_str()).copied()
                }
                _ if library.text == "service" => self.service_named(scope, &name.text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The service of a name, by its place.
    pub fn service_named(&self, scope: ScopeId, name: &str) -> Option<usize> {
        self.outward(scope).find_map(|scope| scope.services.get(name)).copied()
    }

    /// The services that are where a path of names leads to.
    pub fn service_names(&self, scope: ScopeId, path: &[Name]) -> Vec<&'t str> {
        let library = match path {
            [library, _] => self.name(scope, &library.text),
            _ => None,
        };
        match library {
            Some(Named::Library(library)) => {
                self.scopes[library].services.keys().copied().collect()
            }
            _ => self.outward(scope).flat_map(|scope| scope.services.keys().copied()).collect(),
        }
    }

    /// The secret of a name, by its place.
    pub fn secret(&self, scope: ScopeId, name: &str) -> Option<usize> {
        self.outward(scope).find_map(|scope| scope.secrets.get(name)).copied()
    }

    /// What makes the resources of a kind and a name, by its place.
    pub fn block(&self, scope: ScopeId, kind: &'static str, name: &str) -> Option<usize> {
        self.outward(scope).find_map(|scope| scope.by_name.get(&(kind, name))).copied()
    }

    /// What has this name behind the word of its kind: `network.lan`, sorted.
    pub fn with_kind(&self, scope: ScopeId, name: &str) -> Vec<String> {
        let mut words: Vec<&str> = Vec::new();
        for scope in self.outward(scope) {
            let blocks = scope.by_name.keys().filter(|(_, other)| *other == name);
            words.extend(blocks.map(|(kind, _)| *kind));
            words.extend(scope.secrets.contains_key(name).then_some("secret"));
            let opens = scope.opens.keys().filter(|(_, other)| *other == name);
            words.extend(opens.map(|(word, _)| *word));
        }
        words.sort_unstable();
        words.dedup();
        words.into_iter().map(|word| format!("{word}.{name}")).collect()
    }

    /// The tenant or module of a name, by its place.
    pub fn opened(&self, scope: ScopeId, word: &'static str, name: &str) -> Option<usize> {
        self.outward(scope).find_map(|scope| scope.opens.get(&(word, name))).copied()
    }

    /// What makes resources of a kind and is seen from a scope; of one name the nearest.
    pub fn blocks_of(&self, scope: ScopeId, kind: &'static str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut names = Vec::new();
        for scope in self.outward(scope) {
            for index in scope.by_kind.get(kind).into_iter().flatten() {
                let name = self.blocks[*index].name.text.as_str();
                if !names.contains(&name) {
                    names.push(name);
                    found.push(*index);
                }
            }
        }
        found
    }

    /// What `defaults` say about a kind, nearest first, and in which scope.
    pub fn defaults(&self, scope: ScopeId, kind: &str) -> Vec<In<&'t Block>> {
        let said = self.outward(scope).filter_map(|scope| {
            let block = scope.defaults.get(kind)?;
            Some(In { it: *block, scope: scope.env.scope })
        });
        said.collect()
    }

    /// The secrets that are seen from a scope.
    pub fn secrets_of(&self, scope: ScopeId) -> Vec<(&'t str, usize)> {
        let mut found: Vec<(&'t str, usize)> = Vec::new();
        for scope in self.outward(scope) {
            let own = scope.secrets.iter().map(|(name, index)| (*name, *index));
            let new = own.filter(|(name, _)| !found.iter().any(|(other, _)| other == name));
            let new: Vec<_> = new.collect();
            found.extend(new);
        }
        found
    }

    /// The tenant around a scope, as its scope.
    pub fn tenant(&self, scope: ScopeId) -> Option<ScopeId> {
        let mut around = self.outward(scope);
        around.find(|scope| scope.role == Role::Tenant).map(|scope| scope.env.scope)
    }

    /// Every bare name that is seen from a scope.
    pub fn bare_names(&self, scope: ScopeId) -> Vec<&'t str> {
        self.outward(scope).flat_map(|scope| scope.names.keys().copied()).collect()
    }

    /// Every function that is seen from a scope.
    pub fn function_names(&self, scope: ScopeId) -> Vec<&'t str> {
        self.outward(scope).flat_map(|scope| scope.functions.keys().copied()).collect()
    }

    /// Every type that is seen from a scope.
    pub fn type_names(&self, scope: ScopeId) -> Vec<&'t str> {
        self.outward(scope).flat_map(|scope| scope.types.keys().copied()).collect()
    }
}

/// A block's kind and labels: how a block is pointed at.
pub(super) fn span(block: &Block) -> Span {
    block.labels.last().map_or(block.kind.span, |label| block.kind.span.to(label.span))
}

/// The header of a block.
pub(super) fn header(block: &Block) -> Header<'_> {
    Header { each: block.each.as_deref(), condition: block.condition.as_deref() }
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
