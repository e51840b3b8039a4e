//! Services of a catalogue and the heads of tenants and modules, whether or not anything comes of
//! them.

use crate::kinds;
use crate::lower::card;
use crate::lower::collect::is_field;
use crate::lower::infer::Infer;
use crate::lower::infer::headers::Keyed;
use crate::lower::infer::sites::is_named;
use crate::lower::infer::told::Want;
use crate::lower::infer::ty::{Absence, Ty};
use crate::lower::infer::view::View;
use crate::lower::scope::{Opens, Service, span};
use crate::problem::names;
use crate::schema::Type;
use crate::syntax::tree::{Block, Input, Item, ItemKind, Key};

impl<'t> Infer<'t> {
    /// How many of a tenant or module there are, and what is said about it as a whole.
    pub fn check_scope(&mut self) {
        let Some(inner) = self.program.scopes[self.scope].opened_by else { return };
        if !self.is_first(inner.name) {
            return;
        }
        let keyed = Keyed::Name(&inner.name.text, inner.span);
        let opened = self.in_scope(inner.scope, |this| {
            let view = this.base_view();
            this.header(inner.header.each, inner.header.condition, &view, &keyed)
        });
        match inner.what {
            Opens::Tenant(block) => self.tenant_words(&block.body.items),
            Opens::Module(it) => {
                let items = it.body.iter().flat_map(|body| &body.items);
                let given = items.filter_map(|item| match &item.kind {
                    ItemKind::Attribute(attribute) => Some(attribute),
                    _ => None,
                });
                for attribute in given {
                    let want = self.module_input(&attribute.key);
                    self.in_scope(inner.scope, |this| {
                        this.value(&attribute.value, &opened.view, want.as_ref())
                    });
                }
            }
        }
    }

    /// What the module of this scope expects for an input.
    fn module_input(&mut self, key: &'t Key) -> Option<Want> {
        let Key::Plain(name) = key else { return None };
        let (program, scope) = (self.program, self.scope);
        let mut inputs = program.inputs.iter().filter(|input| input.scope == scope);
        let input = inputs.find(|input| input.it.name.text == name.text)?.it;
        let ty = self.written(input.ty.as_ref()?);
        Some(Want::written(&name.text, ty).of("input"))
    }

    /// What the body of a tenant says about the tenant itself.
    fn tenant_words(&mut self, items: &'t [Item]) {
        let Some(kind) = kinds::find("tenant") else { return };
        let view = self.base_view().with("self", Ty::bad()).with("tenant", Ty::bad());
        let mut own = items.iter().filter(|item| match &item.kind {
            ItemKind::Block(block) => is_field(block),
            ItemKind::Attribute(_) | ItemKind::Spread(_) | ItemKind::Require(_) => true,
            _ => false,
        });
        self.resource_items(kind, &mut own, &view, None);
    }

    /// What a service asks for, says of itself, and says of the apps that are made from it.
    pub fn check_service(&mut self, service: &Service<'t>) {
        let Some(kind) = kinds::find("app") else { return };
        let app = Ty::reference(&["app"], None);
        let items = &service.block.body.items;
        let view = self.base_view().in_service();
        let mut view = view.with("app", app.clone()).with("self", app.clone());
        for item in items {
            if let ItemKind::Input(input) = &item.kind {
                let ty = self.service_input_ty(input, &view);
                view = view.with(&input.name.text, ty);
            }
        }
        let facets = kind.traits().facets;
        let mut rest = Vec::new();
        for item in items {
            match &item.kind {
                ItemKind::Input(input) => self.service_input(input, &view),
                ItemKind::Block(block) if facets.contains(&block.kind.text.as_str()) => {
                    self.service_facet(block, &view.with("owner", app.clone()));
                }
                _ => match card::WORDS.iter().find(|word| is_named(item, word)) {
                    Some(word) => self.service_word(word, item, &view),
                    None => rest.push(item),
                },
            }
        }
        self.resource_items(kind, &mut rest.into_iter(), &view, None);
    }

    /// The type of an input, as the other parts of the service see it.
    fn service_input_ty(&mut self, input: &'t Input, view: &View<'t>) -> Ty {
        match (&input.ty, &input.default) {
            (Some(ty), _) => self.written(ty),
            (None, Some(default)) => {
                let ty = self.quietly(|this| this.value(default, view, None));
                Ty { late: None, ..Infer::widened(&ty) }
            }
            (None, None) => Ty::bad(),
        }
    }

    fn service_input(&mut self, input: &'t Input, view: &View<'t>) {
        let ty = view.get(&input.name.text).cloned().unwrap_or_else(Ty::bad);
        let want = input.ty.is_some().then(|| Want::written(&input.name.text, ty.clone()));
        let want = want.map(|want| want.of("input"));
        if let Some(default) = &input.default {
            self.value(default, view, want.as_ref());
        }
        let view = view.with("it", ty);
        if let Some(refinement) = &input.refinement {
            self.condition(refinement, &view);
        }
        if let Some(body) = &input.body {
            self.require_items(body, &view);
        }
    }

    /// What a service says about itself.
    fn service_word(&mut self, word: &'static str, item: &'t Item, view: &View<'t>) {
        let Type::Object(fields) = card::ty() else { return };
        let Some(field) = fields.iter().find(|field| field.name == word) else { return };
        let ty = self.schema_ty(&field.ty).or_null(Absence::Plain);
        match &item.kind {
            ItemKind::Attribute(attribute) => {
                let want = Want::schema(word, ty, &field.ty, attribute.value.span);
                self.value(&attribute.value, view, Some(&want));
            }
            ItemKind::Block(block) => {
                let want = Want::schema(word, ty, &field.ty, block.kind.span);
                self.inner_block(block, view, Some(&want));
            }
            _ => self.problems.push(names::not_in_a_body(item.span)),
        }
    }

    /// A facet that every app of the service has.
    fn service_facet(&mut self, block: &'t Block, view: &View<'t>) {
        let Some(kind) = kinds::find(&block.kind.text) else { return };
        let name = match block.labels.first() {
            Some(label) => format!("{} {}", block.kind.text, label.text),
            None => block.kind.text.to_string(),
        };
        let keyed = Keyed::Name(&name, span(block));
        let opened = self.header(block.each.as_deref(), block.condition.as_deref(), view, &keyed);
        let view = opened.view.with("self", Ty::reference(&[kind.schema().kind], None));
        self.resource_items(kind, &mut block.body.items.iter(), &view, None);
    }
}
