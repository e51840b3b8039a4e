//! Puts the items of files and tenants into their scope; what does not belong there is reported.

use rustc_hash::FxHashMap as HashMap;

use crate::kinds;
use crate::lower::evaluator::{Evaluator, Slot};
use crate::lower::scope::{
    Declared, Header, In, Inner, Named, Opens, Program, ROOT, Role, Scope, ScopeId, Service,
    header, hosts_of, is_facet, is_word, span, unknown_kind,
};
use crate::problem::tests::{self, Place};
use crate::problem::{Problem, names as problem, scopes};
use crate::source::Span;
use crate::syntax::tree::{Block, Item, ItemKind, ModuleItem, Name, Use};

/// Kinds that can be used without being managed.
const EXISTING: [&str; 2] = ["host", "network"];

/// A table of names in a scope.
#[derive(Clone, Copy)]
struct Table {
    /// What is in it.
    what: &'static str,
    /// The table.
    names: for<'s, 't> fn(&'s mut Scope<'t>) -> &'s mut HashMap<&'t str, usize>,
    /// Where the thing of a place is named.
    named: fn(&Program<'_>, usize) -> Span,
}

const FUNCTIONS: Table = Table {
    what: "function",
    names: |scope| &mut scope.functions,
    named: |program, index| program.functions[index].it.name.span,
};
const TYPES: Table = Table {
    what: "type",
    names: |scope| &mut scope.types,
    named: |program, index| program.types[index].it.name.span,
};
const OUTPUTS: Table = Table {
    what: "output",
    names: |scope| &mut scope.outputs,
    named: |program, index| program.outputs[index].it.name.span,
};
const SECRETS: Table = Table {
    what: "secret",
    names: |scope| &mut scope.secrets,
    named: |program, index| program.secrets[index].it.name.span,
};
const SERVICES: Table = Table {
    what: "service",
    names: |scope| &mut scope.services,
    named: |program, index| program.services[index].name.span,
};

impl<'t> Evaluator<'t> {
    /// Adds items to a scope; imports last, so that files may import each other.
    pub fn collect(&mut self, items: &'t [Item], scope: ScopeId) {
        for item in items {
            self.collect_item(item, scope);
        }
        for item in items {
            if let ItemKind::Import(it) = &item.kind {
                self.import(it, scope);
            }
        }
    }

    /// Takes a function of an imported file.
    pub fn take_function(&mut self, name: &'t Name, index: usize, scope: ScopeId) {
        self.take(FUNCTIONS, name, index, scope);
    }

    /// Takes a type of an imported file.
    pub fn take_type(&mut self, name: &'t Name, index: usize, scope: ScopeId) {
        self.take(TYPES, name, index, scope);
    }

    /// Takes a service of an imported file.
    pub fn take_service(&mut self, name: &'t Name, index: usize, scope: ScopeId) {
        self.take(SERVICES, name, index, scope);
    }

    fn collect_item(&mut self, item: &'t Item, scope: ScopeId) {
        let role = self.program.scopes[scope].role;
        match &item.kind {
            ItemKind::Let(it) => {
                self.bare(&it.name, Named::Let(self.program.lets.len()), scope);
                self.program.lets.push(In { it, scope });
                self.lets.push(Slot::Empty);
            }
            ItemKind::Function(it) => {
                let index = self.program.functions.len();
                if self.take(FUNCTIONS, &it.name, index, scope) {
                    self.program.functions.push(In { it, scope });
                }
            }
            ItemKind::Type(it) => {
                let index = self.program.types.len();
                if self.take(TYPES, &it.name, index, scope) {
                    self.program.types.push(In { it, scope });
                }
            }
            ItemKind::Block(block) if block.kind.text == "service" => {
                self.service_block(block, scope);
            }
            // Imports come after everything else.
            ItemKind::Import(_) | ItemKind::Bad => (),
            // A tenant's own fields are read with its block.
            ItemKind::Attribute(_) | ItemKind::Spread(_) if role == Role::Tenant => (),
            ItemKind::Block(block) if role == Role::Tenant && is_field(block) => (),
            ItemKind::Require(_) if role == Role::Tenant => (),
            ItemKind::Attribute(_) | ItemKind::Spread(_) | ItemKind::Comprehension(_) => {
                self.problems.push(problem::outside_of_block(item.span));
            }
            ItemKind::Block(block) if block.kind.text == "test" && role != Role::Module => {
                let where_else = if role == Role::Tenant { Place::Tenant } else { Place::Library };
                self.problems.push(tests::out_of_place(span(block), where_else));
            }
            _ if role == Role::Library => {
                self.problems.push(scopes::library_makes(place(item)));
            }
            _ => self.collect_making(item, scope, role),
        }
    }

    /// Items that an imported file cannot have.
    fn collect_making(&mut self, item: &'t Item, scope: ScopeId, role: Role) {
        match &item.kind {
            ItemKind::Input(it) if role == Role::Tenant => {
                self.problems.push(scopes::input_of_tenant(&it.name.text, it.name.span));
            }
            ItemKind::Input(it) => {
                self.bare(&it.name, Named::Input(self.program.inputs.len()), scope);
                self.program.inputs.push(In { it, scope });
                self.inputs.push(Slot::Empty);
            }
            ItemKind::Output(it) => {
                let index = self.program.outputs.len();
                if self.take(OUTPUTS, &it.name, index, scope) {
                    self.program.outputs.push(In { it, scope });
                    self.output_values.push(Slot::Empty);
                }
            }
            ItemKind::Secret(it) => {
                let index = self.program.secrets.len();
                if self.take(SECRETS, &it.name, index, scope) {
                    self.program.secrets.push(In { it, scope });
                    self.secret_values.push(Slot::Empty);
                }
            }
            ItemKind::Block(block) => self.block(block, item, scope),
            ItemKind::Use(it) => self.use_item(it, item, scope),
            ItemKind::Module(it) => self.module_item(it, item, scope),
            ItemKind::Require(it) => self.program.requires.push(In { it, scope }),
            ItemKind::Moved(_) | ItemKind::Adopt(_) | ItemKind::Forget(_) => {
                self.program.changes.push(In { it: &item.kind, scope });
            }
            ItemKind::Mock(_) | ItemKind::Expect(_) => {
                self.problems.push(tests::outside_of_test(item.span));
            }
            ItemKind::Let(_)
            | ItemKind::Function(_)
            | ItemKind::Type(_)
            | ItemKind::Import(_)
            | ItemKind::Attribute(_)
            | ItemKind::Spread(_)
            | ItemKind::Comprehension(_)
            | ItemKind::Bad => (),
        }
    }

    /// Takes a name of a scope; the second one of a name is reported.
    fn take(&mut self, table: Table, name: &'t Name, index: usize, scope: ScopeId) -> bool {
        let names = (table.names)(&mut self.program.scopes[scope]);
        match names.get(name.text.as_str()).copied() {
            Some(first) => {
                let first = (table.named)(&self.program, first);
                self.problems.push(twice(table.what, name, first));
                false
            }
            None => {
                names.insert(&name.text, index);
                true
            }
        }
    }

    /// A bare name of a scope; the second one of a name is reported.
    pub fn bare(&mut self, name: &'t Name, what: Named, scope: ScopeId) {
        self.bare_as(&name.text, name.span, what, scope);
    }

    /// The same for a name that is not written on its own.
    pub fn bare_as(&mut self, name: &'t str, at: Span, what: Named, scope: ScopeId) {
        let first = match self.program.scopes[scope].names.get(name).copied() {
            Some(Named::Let(index)) => self.program.lets[index].it.name.span,
            Some(Named::Input(index)) => self.program.inputs[index].it.name.span,
            Some(Named::Library(library)) if what == Named::Library(library) => return,
            Some(Named::Library(_)) => at,
            None => {
                self.program.scopes[scope].names.insert(name, what);
                return;
            }
        };
        self.problems.push(problem::declared_twice("name", name, at, first));
    }

    fn block(&mut self, block: &'t Block, item: &'t Item, scope: ScopeId) {
        let settings = self.program.scopes[scope].settings;
        match (block.kind.text.as_str(), block.labels.as_slice()) {
            ("paas", []) => match settings {
                Some(first) => {
                    self.problems.push(twice("block", &block.kind, first.kind.span));
                }
                None => self.program.scopes[scope].settings = Some(block),
            },
            ("defaults", [kind]) => self.defaults_block(block, kind, scope),
            ("test", labels) => self.test_block(block, labels, scope),
            ("check", [_]) => self.program.checks.push(In { it: block, scope }),
            ("secret", labels) => {
                let name = labels.first().map_or("name", |label| &label.text);
                self.problems.push(problem::secret_is_no_block(name, span(block)));
            }
            ("tenant", [name]) if is_word(&name.text) => self.opens(
                Inner {
                    what: Opens::Tenant(block),
                    name,
                    header: header(block),
                    span: span(block),
                    doc: item.doc.as_deref(),
                    scope,
                },
                scope,
            ),
            ("paas" | "defaults" | "check" | "tenant", _) => {
                self.problems.push(problem::wrong_labels(&block.kind.text, span(block)));
            }
            _ => self.resource(block, item, scope),
        }
    }

    /// A test belongs to the project it stands in; those of modules are run from their folders.
    fn test_block(&mut self, block: &'t Block, labels: &'t [Name], scope: ScopeId) {
        if scope != ROOT {
            return;
        }
        let [name] = labels else {
            return self.problems.push(tests::without_name(span(block)));
        };
        let known = self.program.tests.iter().find(|other| other.labels[0].text == name.text);
        match known {
            Some(first) => self.problems.push(twice("test", name, first.labels[0].span)),
            None => self.program.tests.push(block),
        }
    }

    fn opens(&mut self, inner: Inner<'t>, scope: ScopeId) {
        let key = (inner.what.word(), inner.name.text.as_str());
        let first = self.program.scopes[scope].opens.get(&key).copied();
        if let Some(first) = first {
            let first = self.program.opens[first].name.span;
            return self.problems.push(twice(inner.what.word(), inner.name, first));
        }
        let index = self.program.opens.len();
        self.program.scopes[scope].opens.insert(key, index);
        self.program.opens.push(inner);
        self.opened.push(Slot::Empty);
    }

    fn module_item(&mut self, it: &'t ModuleItem, item: &'t Item, scope: ScopeId) {
        let header = Header { each: it.each.as_ref(), condition: it.condition.as_ref() };
        let inner = Inner {
            what: Opens::Module(it),
            name: &it.name,
            header,
            span: it.name.span,
            doc: item.doc.as_deref(),
            scope,
        };
        self.opens(inner, scope);
    }

    fn defaults_block(&mut self, block: &'t Block, kind: &'t Name, scope: ScopeId) {
        let known = kinds::find(&kind.text).is_some() && kind.text != "secret";
        let first = self.program.scopes[scope].defaults.get(kind.text.as_str()).copied();
        match first {
            _ if !known => self.problems.push(unknown_kind(kind)),
            Some(first) => self.problems.push(twice("defaults", kind, first.labels[0].span)),
            None => drop(self.program.scopes[scope].defaults.insert(&kind.text, block)),
        }
    }

    fn service_block(&mut self, block: &'t Block, scope: ScopeId) {
        let name = match block.labels.as_slice() {
            [name] if is_word(&name.text) => name,
            [name] => return self.problems.push(problem::not_a_name(&name.text, name.span)),
            _ => return self.problems.push(problem::wrong_labels("service", span(block))),
        };
        if let Some(at) = header(block)
            .each
            .map(|each| each.span)
            .or_else(|| block.condition.as_ref().map(|condition| condition.span))
        {
            self.problems.push(scopes::service_with_header(at));
        }
        let index = self.program.services.len();
        if self.take(SERVICES, name, index, scope) {
            self.program.services.push(Service { block, name, scope });
        }
    }

    fn use_item(&mut self, it: &'t Use, item: &'t Item, scope: ScopeId) {
        let Some(kind) = kinds::find("app") else { return };
        let Some(last) = it.path.last() else { return };
        let name = it.alias.as_ref().unwrap_or(last);
        let header = Header { each: it.each.as_ref(), condition: it.condition.as_ref() };
        let span = it.path.first().map_or(last.span, |first| first.span.to(name.span));
        let doc = item.doc.as_deref();
        let used = Some(it);
        self.declare(Declared { kind, name, header, body: None, used, span, doc, scope });
    }

    fn resource(&mut self, block: &'t Block, item: &'t Item, scope: ScopeId) {
        let Some(kind) = kinds::find(&block.kind.text) else {
            self.problems.push(unknown_kind(&block.kind));
            return;
        };
        let word = kind.schema().kind;
        let name = match block.labels.as_slice() {
            [name] if is_word(&name.text) => name,
            [] | [_, _, ..] => {
                let problem = problem::wrong_labels(&block.kind.text, span(block));
                return self.problems.push(problem);
            }
            [name] => {
                return self.problems.push(problem::not_a_name(&name.text, name.span));
            }
        };
        if is_facet(word) {
            let problem = problem::facet_alone(word, block.kind.span, &hosts_of(word));
            return self.problems.push(problem);
        }
        if block.existing && !EXISTING.contains(&word) {
            self.problems.push(problem::not_supported(
                block.kind.span,
                &format!("`existing {word}`"),
                instead_of_existing(word),
            ));
        }
        self.declare(Declared {
            kind,
            name,
            header: header(block),
            body: Some(&block.body),
            used: None,
            span: span(block),
            doc: item.doc.as_deref(),
            scope,
        });
    }

    fn declare(&mut self, declared: Declared<'t>) {
        let (word, scope) = (declared.kind.schema().kind, declared.scope);
        let key = (word, declared.name.text.as_str());
        let first = self.program.scopes[scope].by_name.get(&key).copied();
        if let Some(first) = first {
            let first = self.program.blocks[first].name.span;
            return self.problems.push(twice(word, declared.name, first));
        }
        let index = self.program.blocks.len();
        let names = &mut self.program.scopes[scope];
        names.by_name.insert(key, index);
        names.by_kind.entry(word).or_default().push(index);
        self.program.blocks.push(declared);
        self.instances.push(Slot::Empty);
    }
}

/// Whether a block in a tenant says something about the tenant itself.
pub(super) fn is_field(block: &Block) -> bool {
    block.labels.is_empty() && !matches!(block.kind.text.as_str(), "paas" | "test")
}

/// How to use something of a kind that somebody else looks after.
fn instead_of_existing(word: &str) -> &'static str {
    match word {
        "container" | "vm" => {
            "to use a guest that others look after, write `host NAME { address = … }`; to look \
             after it from now on, write a block for it and `adopt` it"
        }
        "cluster" => "a `cluster` is never made: leave out `existing`",
        "template" => "name the image where it is used: `template = \"debian-12-standard\"`",
        _ => "only a `host` or a `network` can be used without being managed",
    }
}

fn twice(what: &str, again: &Name, first: Span) -> Problem {
    problem::declared_twice(what, &again.text, again.span, first)
}

/// What to point at for an item that does not belong where it stands.
fn place(item: &Item) -> Span {
    match &item.kind {
        ItemKind::Block(block) => span(block),
        ItemKind::Input(it) => it.name.span,
        ItemKind::Output(it) => it.name.span,
        ItemKind::Secret(it) => it.name.span,
        ItemKind::Module(it) => it.name.span,
        ItemKind::Use(it) => it.path.first().map_or(item.span, |name| name.span),
        ItemKind::Let(_)
        | ItemKind::Function(_)
        | ItemKind::Type(_)
        | ItemKind::Import(_)
        | ItemKind::Moved(_)
        | ItemKind::Adopt(_)
        | ItemKind::Forget(_)
        | ItemKind::Mock(_)
        | ItemKind::Expect(_)
        | ItemKind::Require(_)
        | ItemKind::Attribute(_)
        | ItemKind::Spread(_)
        | ItemKind::Comprehension(_)
        | ItemKind::Bad => item.span,
    }
}
