//! Tenants, modules and imports: what opens a scope of its own.

use std::collections::BTreeMap;

use crate::lower::env::Env;
use crate::lower::evaluator::{Evaluator, Slot, Stage, StageName};
use crate::lower::headers::Expansion;
use crate::lower::library::{Purpose, Wanted};
use crate::lower::nodes::{Layer, Role as LayerRole};
use crate::lower::order;
use crate::lower::scope::{Inner, Named, Opens, Role, Scope, ScopeId, is_word};
use crate::lower::value::{Data, Val};
use crate::model::{Address, Key};
use crate::problem::{names as problem, scopes, types};
use crate::source::Span;
use crate::syntax::tree::{Block, Import, ModuleItem, Name};

impl<'t> Evaluator<'t> {
    /// Opens the scopes of a tenant or a module: a reference, a map of them, or null.
    pub fn open(&mut self, index: usize) -> Val {
        let inner = self.program.opens[index];
        let what = format!("{}.{}", inner.what.word(), inner.name.text);
        let stage = Stage { what: StageName::Name(what), span: inner.span };
        let broken = Val::new(Data::Bad, inner.span);
        self.once(|this| &mut this.opened[index], stage, broken, |this| this.make_scopes(inner))
    }

    /// Declares what is in tenants and modules without an instance, once everything is evaluated:
    /// nothing comes of it, but what is wrong in it can be told.
    pub fn open_unused(&mut self) {
        let mut index = 0;
        while let Some(inner) = self.program.opens.get(index).copied() {
            let is_unused = match &self.opened[index] {
                Slot::Empty => true,
                Slot::Done(value, _) => match &value.data {
                    Data::Null => true,
                    Data::Map(map) => map.is_empty(),
                    _ => false,
                },
                Slot::Running => false,
            };
            if is_unused {
                self.declare_unused(inner);
            }
            index += 1;
        }
    }

    fn declare_unused(&mut self, inner: Inner<'t>) {
        let bad = || Val::new(Data::Bad, inner.span);
        let mut env = self.env_of(inner.scope);
        if let Some(each) = inner.header.each {
            env = env.with(&each.first.text, bad());
            if let Some(second) = &each.second {
                env = env.with(&second.text, bad());
            }
        }
        let around = self.program.scopes[inner.scope].prefix.clone();
        let address = Address::new(around.as_ref(), inner.what.word(), &inner.name.text, None);
        let scope = match inner.what {
            Opens::Tenant(block) => Some(self.tenant_scope(block, &inner, address, &env)),
            Opens::Module(it) => self.module_scope(it, &inner, &address, &env),
        };
        if let Some(scope) = scope {
            self.recursive.extend(order::recursive(&self.program, scope, &mut self.problems));
        }
    }

    /// Opens everything inside of a scope, and tells which scopes there are then.
    pub fn opened_within(&mut self, scope: ScopeId) -> Vec<ScopeId> {
        let mut done = 0;
        loop {
            let within = self.program.within(scope);
            if done == within.len() {
                return within;
            }
            for scope in &within[done..] {
                let mut inside: Vec<usize> =
                    self.program.scopes[*scope].opens.values().copied().collect();
                inside.sort_unstable();
                for index in inside {
                    self.open(index);
                }
            }
            done = within.len();
        }
    }

    fn make_scopes(&mut self, inner: Inner<'t>) -> Val {
        let env = self.env_of(inner.scope);
        let at = inner.span;
        match self.header(inner.header, &env) {
            Expansion::One(env) => self.make_scope(inner, None, &env),
            Expansion::Absent => Val::new(Data::Null, at),
            Expansion::Many(instances) => {
                let mut map = BTreeMap::new();
                for (key, env) in instances {
                    let value = self.make_scope(inner, Some(&key), &env);
                    map.insert(key, value);
                }
                Val::map(map, at)
            }
            Expansion::Bad => Val::new(Data::Bad, at),
        }
    }

    fn make_scope(&mut self, inner: Inner<'t>, key: Option<&Key>, env: &Env<'t>) -> Val {
        let word = inner.what.word();
        let around = self.program.scopes[inner.scope].prefix.clone();
        let address = Address::new(around.as_ref(), word, &inner.name.text, key);
        let made = match inner.what {
            Opens::Tenant(block) => {
                let scope = self.tenant_scope(block, &inner, address.clone(), env);
                self.tenant_node(&inner, key, &block.body, scope).then_some(scope)
            }
            Opens::Module(it) => self.module_scope(it, &inner, &address, env),
        };
        let Some(scope) = made else { return Val::new(Data::Bad, inner.span) };
        self.recursive.extend(order::recursive(&self.program, scope, &mut self.problems));
        self.scope_of.insert(address.clone(), scope);
        Val::new(Data::Ref(address), inner.span)
    }

    fn tenant_scope(
        &mut self,
        block: &'t Block,
        inner: &Inner<'t>,
        address: Address,
        env: &Env<'t>,
    ) -> ScopeId {
        let mut scope = Scope::new(Role::Tenant, Some(inner.scope));
        scope.prefix = Some(address);
        scope.opened_by = Some(*inner);
        let scope = self.program.add(scope, env, Some(inner.scope));
        self.collect(&block.body.items, scope);
        scope
    }

    fn module_scope(
        &mut self,
        it: &'t ModuleItem,
        inner: &Inner<'t>,
        address: &Address,
        env: &Env<'t>,
    ) -> Option<ScopeId> {
        let at = env.place(it.from.span);
        let from = self.eval(&it.from, env);
        let from = match &from.data {
            Data::Str(text) => text.to_string(),
            Data::Bad => return None,
            other => {
                self.problems.push(types::text_expected(at, "from", other.noun()));
                return None;
            }
        };
        let part = self.part(at, from, Purpose::Module)?;
        let mut around = Some(inner.scope);
        while let Some(scope) = around {
            if self.program.scopes[scope].part == Some(part) {
                self.problems.push(scopes::module_in_itself(&it.name.text, at));
                return None;
            }
            around = self.program.scopes[scope].around;
        }
        let mut scope = Scope::new(Role::Module, None);
        scope.prefix = Some(address.clone());
        scope.part = Some(part);
        scope.opened_by = Some(*inner);
        let shape = it.body.as_ref().map(|body| self.shape(body)).unwrap_or_default();
        let names: Vec<(String, Span)> =
            shape.all().map(|(name, said)| (name.to_owned(), said[0].name_span())).collect();
        let role = LayerRole::Written;
        scope.given = Some(Layer { shape, env: env.clone(), role, hidden: Vec::new() });
        let scope = self.program.add(scope, &Env::default(), Some(inner.scope));
        let library = self.library;
        for tree in &library.parts[part].trees {
            self.collect(&tree.items, scope);
        }
        self.given_to_module(&it.name.text, &names, scope);
        Some(scope)
    }

    /// Reports what a module is given and does not ask for.
    fn given_to_module(&mut self, name: &str, given: &[(String, Span)], scope: ScopeId) {
        let inputs = self.program.inputs.iter().filter(|input| input.scope == scope);
        let inputs: Vec<&str> = inputs.map(|input| input.it.name.text.as_str()).collect();
        let unknown: Vec<(String, Span)> =
            given.iter().filter(|(name, _)| !inputs.contains(&name.as_str())).cloned().collect();
        if !unknown.is_empty() {
            let what = format!("`module.{name}`");
            self.problems.push(problem::unknown_attributes(&what, None, &unknown, &inputs));
        }
    }

    /// What is meant by a source, by its place in the library; nothing if it has to be read first.
    fn part(&mut self, at: Span, from: String, purpose: Purpose) -> Option<usize> {
        match self.library.links.get(&(at.file, purpose, from.clone())) {
            Some(Ok(part)) => Some(*part),
            Some(Err(why)) => {
                self.problems.push(scopes::cannot_import(at, &why.message, why.help.as_deref()));
                None
            }
            None => {
                self.wanted.push(Wanted { span: at, from, purpose });
                None
            }
        }
    }

    /// `import …`: the names of another file.
    pub fn import(&mut self, it: &'t Import, scope: ScopeId) {
        let part = self.part(it.from.span, it.from.text.to_string(), Purpose::Import);
        let library = part.map(|part| self.library_scope(part));
        if it.names.is_empty() {
            let stem = stem_of(it);
            match (&it.alias, library) {
                (Some(alias), Some(library)) => self.bare(alias, Named::Library(library), scope),
                (None, Some(library)) if is_word(stem) => {
                    self.bare_as(stem, it.from.span, Named::Library(library), scope);
                }
                (None, _) => self.problems.push(scopes::import_without_name(it.from.span)),
                (Some(_), None) => (),
            }
            return;
        }
        let Some(library) = library else { return };
        for name in &it.names {
            self.imported(name, library, scope, &it.from.text);
        }
    }

    fn library_scope(&mut self, part: usize) -> ScopeId {
        if let Some(known) = self.libraries.get(&part) {
            return *known;
        }
        let scope = self.program.add(Scope::new(Role::Library, None), &Env::default(), None);
        self.libraries.insert(part, scope);
        let library = self.library;
        for tree in &library.parts[part].trees {
            self.collect(&tree.items, scope);
        }
        self.recursive.extend(order::recursive(&self.program, scope, &mut self.problems));
        scope
    }

    /// One name of another file, which may stand for several things there.
    fn imported(&mut self, name: &'t Name, library: ScopeId, scope: ScopeId, from: &str) {
        let text = name.text.as_str();
        let there = &self.program.scopes[library];
        let named = there.names.get(text).copied();
        let function = there.functions.get(text).copied();
        let ty = there.types.get(text).copied();
        let service = there.services.get(text).copied();
        if let Some(named) = named {
            self.bare(name, named, scope);
        }
        if let Some(function) = function {
            self.take_function(name, function, scope);
        }
        if let Some(ty) = ty {
            self.take_type(name, ty, scope);
        }
        if let Some(service) = service {
            self.take_service(name, service, scope);
        }
        if named.is_none() && function.is_none() && ty.is_none() && service.is_none() {
            let there = &self.program.scopes[library];
            let tables = [&there.functions, &there.types, &there.services];
            let all = tables.into_iter().flat_map(|table| table.keys().copied());
            let all = all.chain(there.names.keys().copied());
            let near = crate::problem::nearest(text, all);
            self.problems.push(scopes::not_in_import(text, name.span, from, &near));
        }
    }
}

/// The name of a file without its folder and its ending.
fn stem_of(it: &Import) -> &str {
    let stem = it.from.text.rsplit('/').next().unwrap_or_default();
    stem.split('.').next().unwrap_or_default()
}
