//! Names of scopes: the only place of this pass that knows how declarations are kept.

use crate::kinds::AnyKind;
use crate::lower::infer::Infer;
use crate::lower::infer::sites::Site;
use crate::lower::infer::ty::Ty;
use crate::lower::infer::view::View;
use crate::lower::scope::{Declared, In, Named, ScopeId};
use crate::source::Span;
use crate::syntax::tree::TypeItem;
use crate::syntax::tree::{Block, Expr, ExprKind, Function, Input, ItemKind, Key, Let, Secret};

/// What a bare name stands for.
pub(super) enum Bare {
    /// By its place in the program.
    Let(usize),
    /// By its place in the program.
    Input(usize),
    /// Everything that an imported file declares.
    Library(ScopeId),
}

impl<'t> Infer<'t> {
    /// What `make` returns with the names of another scope.
    pub fn in_scope<T>(&mut self, scope: ScopeId, make: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.scope, scope);
        let made = make(self);
        self.scope = outer;
        made
    }

    /// What expressions of the scope see beyond names: the loop variables of a tenant.
    pub fn base_view(&self) -> View<'t> {
        let env = &self.program.scopes[self.scope].env;
        env.names().fold(View::default(), |view, name| view.with(name, Ty::bad()))
    }

    /// What a bare name stands for.
    pub fn bare(&self, name: &str) -> Option<Bare> {
        self.program.name(self.scope, name).map(|named| match named {
            Named::Let(index) => Bare::Let(index),
            Named::Input(index) => Bare::Input(index),
            Named::Library(library) => Bare::Library(library),
        })
    }

    /// Every name that stands alone.
    pub fn bare_names(&self) -> Vec<&'t str> {
        self.program.bare_names(self.scope)
    }

    /// A `let`, and its scope.
    pub fn let_item(&self, index: usize) -> In<&'t Let> {
        self.program.lets[index]
    }

    /// An `input`, and its scope.
    pub fn input_item(&self, index: usize) -> In<&'t Input> {
        self.program.inputs[index]
    }

    /// A secret.
    pub fn secret(&self, name: &str) -> Option<&'t Secret> {
        let index = self.program.secret(self.scope, name)?;
        Some(self.program.secrets[index].it)
    }

    /// Another tenant or module has a secret of this name, which cannot be said here.
    pub fn is_secret_elsewhere(&self, name: &str) -> bool {
        self.program.scopes.iter().any(|scope| scope.secrets.contains_key(name))
    }

    /// The same of a block.
    pub fn is_block_elsewhere(&self, kind: &'static str, name: &str) -> bool {
        self.program.scopes.iter().any(|scope| scope.by_name.contains_key(&(kind, name)))
    }

    /// The names of all secrets.
    pub fn secret_names(&self) -> Vec<&'t str> {
        self.program.secrets_of(self.scope).into_iter().map(|(name, _)| name).collect()
    }

    /// A function, by its place.
    pub fn function(&self, name: &str) -> Option<usize> {
        self.program.function(self.scope, name)
    }

    /// A function of an imported file, by its place.
    pub fn library_function(&self, base: &Expr, name: &str, view: &View<'t>) -> Option<usize> {
        let ExprKind::Name(word) = &base.kind else { return None };
        match self.bare(word)? {
            Bare::Library(library) if view.get(word).is_none() => {
                self.program.scopes[library].functions.get(name).copied()
            }
            Bare::Library(_) | Bare::Let(_) | Bare::Input(_) => None,
        }
    }

    /// A function, and its scope.
    pub fn function_item(&self, index: usize) -> In<&'t Function> {
        self.program.functions[index]
    }

    /// The names of all functions.
    pub fn function_names(&self) -> Vec<&'t str> {
        self.program.function_names(self.scope)
    }

    /// What an imported file has under a name.
    pub fn of_library(&mut self, library: ScopeId, name: &str) -> Ty {
        match self.program.scopes[library].names.get(name).copied() {
            Some(Named::Let(index)) => self.let_ty(index),
            Some(Named::Input(index)) => self.input_ty(index),
            // Services, and what is not there: evaluation tells.
            Some(Named::Library(_)) | None => Ty::bad(),
        }
    }

    /// A `type`, and its scope.
    pub fn type_item(&self, name: &str) -> Option<In<&'t TypeItem>> {
        self.program.ty(self.scope, name).map(|index| self.program.types[index])
    }

    /// The names of all types.
    pub fn type_names(&self) -> Vec<&'t str> {
        self.program.type_names(self.scope)
    }

    /// The place of a block.
    pub fn block(&self, kind: &'static str, name: &str) -> Option<usize> {
        self.program.block(self.scope, kind, name)
    }

    /// The places of the blocks of a kind.
    pub fn blocks_of(&self, kind: &'static str) -> Vec<usize> {
        self.program.blocks_of(self.scope, kind)
    }

    /// The name of a block.
    pub fn block_name(&self, index: usize) -> &'t str {
        &self.program.blocks[index].name.text
    }

    /// Where a block is named.
    pub fn block_at(&self, index: usize) -> Span {
        self.program.blocks[index].name.span
    }

    /// Where what stands alone under a name is declared.
    pub fn declared_at(&self, name: &str) -> Option<Span> {
        self.program.declared_at(self.scope, name)
    }

    /// What is known of a block before it is looked into.
    pub fn declared_site(&self, index: usize) -> Site<'t> {
        let declared = self.program.blocks[index];
        let Declared { kind, name, header, body, span, scope, .. } = declared;
        let mut site = Site::new(kind, &name.text, header, body, span, None);
        site.scope = scope;
        let in_tenant = self.program.tenant(scope).is_some();
        let says = |body: &crate::syntax::tree::Body| {
            body.items.iter().any(|item| match &item.kind {
                ItemKind::Attribute(attribute) => match &attribute.key {
                    Key::Plain(name) => name.text == "service",
                    Key::Computed(_) => false,
                },
                _ => false,
            })
        };
        // A service, or the tenant around it, may say what the block does not.
        site.is_open = declared.used.is_some()
            || (kind.schema().kind == "app" && (in_tenant || body.is_some_and(says)));
        site
    }

    /// What `defaults` say about a kind in this scope and around it, nearest first.
    pub fn defaults_of(&self, scope: ScopeId, kind: &dyn AnyKind) -> Vec<&'t Block> {
        let said = self.program.defaults(scope, kind.schema().kind);
        said.into_iter().map(|block| block.it).collect()
    }

    /// The `defaults` for a kind that stand in this very scope.
    pub fn own_defaults(&self, kind: &dyn AnyKind) -> Option<&'t Block> {
        self.program.scopes[self.scope].defaults.get(kind.schema().kind).copied()
    }
}
