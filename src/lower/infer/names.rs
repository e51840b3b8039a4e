//! Names of the module: the only place of this pass that knows how declarations are kept.

use crate::kinds::AnyKind;
use crate::lower::infer::Infer;
use crate::lower::infer::sites::Site;
use crate::lower::scope::Named;
use crate::syntax::tree::{Block, Function, Input, Let, Require, Secret, TypeItem};

/// What a bare name stands for.
pub(super) enum Bare {
    /// By its place in the module.
    Let(usize),
    /// By its place in the module.
    Input(usize),
}

impl<'t> Infer<'t> {
    /// What a bare name stands for.
    pub fn bare(&self, name: &str) -> Option<Bare> {
        self.module.names.get(name).map(|named| match named {
            Named::Let(index) => Bare::Let(*index),
            Named::Input(index) => Bare::Input(*index),
        })
    }

    /// Every name that stands alone.
    pub fn bare_names(&self) -> Vec<&'t str> {
        self.module.names.keys().copied().collect()
    }

    /// A `let`.
    pub fn let_item(&self, index: usize) -> &'t Let {
        self.module.lets[index]
    }

    /// An `input`.
    pub fn input_item(&self, index: usize) -> &'t Input {
        self.module.inputs[index]
    }

    /// Every output.
    pub fn outputs(&self) -> Vec<&'t Let> {
        self.module.outputs.clone()
    }

    /// Every secret.
    pub fn secrets(&self) -> Vec<&'t Secret> {
        self.module.secrets.clone()
    }

    /// A secret.
    pub fn secret(&self, name: &str) -> Option<&'t Secret> {
        self.module.secret(name).map(|index| self.module.secrets[index])
    }

    /// A function of the module.
    pub fn function(&self, name: &str) -> Option<&'t Function> {
        self.module.functions.get(name).copied()
    }

    /// Every function of the module, in the order they are written.
    pub fn functions(&self) -> Vec<&'t Function> {
        let mut all: Vec<&Function> = self.module.functions.values().copied().collect();
        all.sort_by_key(|function| function.name.span);
        all
    }

    /// A `type` of the module.
    pub fn type_item(&self, name: &str) -> Option<&'t TypeItem> {
        self.module.types.get(name).copied()
    }

    /// Every `type` of the module, in the order they are written.
    pub fn type_items(&self) -> Vec<&'t TypeItem> {
        let mut all: Vec<&TypeItem> = self.module.types.values().copied().collect();
        all.sort_by_key(|item| item.name.span);
        all
    }

    /// The place of a block.
    pub fn block(&self, kind: &'static str, name: &str) -> Option<usize> {
        // The map's keys live as long as the module; a shorter name finds the same entry.
        let of_kind = self.module.by_kind.get(kind)?;
        match self.module.by_name.get(&(kind, name)) {
            Some(index) => Some(*index),
            None => of_kind.iter().copied().find(|it| self.module.blocks[*it].name.text == name),
        }
    }

    /// The places of the blocks of a kind.
    pub fn blocks_of(&self, kind: &'static str) -> Vec<usize> {
        self.module.by_kind.get(kind).cloned().unwrap_or_default()
    }

    /// The name of a block.
    pub fn block_name(&self, index: usize) -> &'t str {
        &self.module.blocks[index].name.text
    }

    /// What is known of a block before it is looked into.
    pub fn declared_site(&self, index: usize) -> Site<'t> {
        let declared = &self.module.blocks[index];
        Site::new(declared.kind, &declared.name.text, declared.block, None)
    }

    /// The `defaults` for a kind.
    pub fn defaults_of(&self, kind: &dyn AnyKind) -> Option<&'t Block> {
        self.module.defaults.get(kind.schema().kind).copied()
    }

    /// Every `check`.
    pub fn check_blocks(&self) -> Vec<&'t Block> {
        self.module.checks.clone()
    }

    /// What the module as a whole requires.
    pub fn requires(&self) -> Vec<&'t Require> {
        self.module.requires.clone()
    }
}
