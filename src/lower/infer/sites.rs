//! Blocks that make resources: their headers, what their bodies see, and their facets.

use std::collections::HashMap;
use std::rc::Rc;

use crate::kinds::{self, AnyKind};
use crate::lower::infer::Infer;
use crate::lower::infer::headers::Keyed;
use crate::lower::infer::ty::{Absence, Core, Field, SiteId, Ty};
use crate::lower::infer::view::View;
use crate::lower::scope::{Header, ROOT, ScopeId, header, span};
use crate::source::Span;
use crate::syntax::tree::{Body, Item, ItemKind, Key, Let};

/// Facets of which a resource has at most one.
const SINGLE: [&str; 3] = ["health", "backup", "tile"];

/// A block that makes resources, or a facet in one.
pub(super) struct Site<'t> {
    /// Its kind.
    pub kind: &'static dyn AnyKind,
    /// Its name.
    pub name: &'t str,
    /// How many of it.
    pub header: Header<'t>,
    /// What is written; a `use` has no body of its own.
    pub body: Option<&'t Body>,
    /// Where it is pointed at.
    pub span: Span,
    /// The scope it stands in.
    pub scope: ScopeId,
    /// Others may say what is not written here.
    pub is_open: bool,
    /// The block around it, if it is a facet.
    pub owner: Option<SiteId>,
    /// What is written, then what `defaults` say.
    pub layers: Vec<&'t Body>,
    /// What its attributes are when they are read, as far as somebody asked.
    pub read: HashMap<&'t str, Option<Ty>>,
    /// What its body sees.
    view: View<'t>,
    /// What its name stands for; nothing if nobody asked yet.
    value: Option<Ty>,
    facets: Option<Rc<Vec<SiteId>>>,
}

impl<'t> Site<'t> {
    /// A block that nobody has looked into.
    pub fn new(
        kind: &'static dyn AnyKind,
        name: &'t str,
        header: Header<'t>,
        body: Option<&'t Body>,
        span: Span,
        owner: Option<SiteId>,
    ) -> Site<'t> {
        Site {
            kind,
            name,
            header,
            body,
            span,
            scope: ROOT,
            is_open: false,
            owner,
            layers: body.into_iter().collect(),
            read: HashMap::new(),
            view: View::default(),
            value: None,
            facets: None,
        }
    }

    /// The word of its kind.
    pub fn word(&self) -> &'static str {
        self.kind.schema().kind
    }

    /// What is written under a name, strongest first; also whether something may be spread in.
    pub fn written(&self, name: &str) -> (Option<&'t Item>, bool) {
        let mut spread = self.is_open;
        for body in &self.layers {
            if let Some(item) = body.items.iter().find(|item| is_named(item, name)) {
                return (Some(item), spread);
            }
            spread |= body.items.iter().any(|item| matches!(item.kind, ItemKind::Spread(_)));
        }
        (None, spread)
    }

    /// The output of a module of Terraform that has this name.
    pub fn output(&self, name: &str) -> Option<&'t Let> {
        self.outputs().find(|output| output.name.text == name)
    }

    /// The outputs of a module of Terraform.
    pub fn outputs(&self) -> impl Iterator<Item = &'t Let> {
        let items = self.layers.iter().flat_map(|body| &body.items);
        items.filter(|_| self.word() == "terraform").filter_map(|item| {
            let ItemKind::Output(output) = &item.kind else { return None };
            Some(&**output)
        })
    }
}

/// Whether an item says something about this attribute.
pub(super) fn is_named(item: &Item, name: &str) -> bool {
    match &item.kind {
        ItemKind::Attribute(attribute) => match &attribute.key {
            Key::Plain(key) => key.text == name,
            Key::Computed(_) => false,
        },
        ItemKind::Block(block) => block.kind.text == name,
        _ => false,
    }
}

impl<'t> Infer<'t> {
    /// The site of a block of the module.
    pub fn site_of(&mut self, index: usize) -> SiteId {
        if let Some(site) = self.block_sites[index] {
            return site;
        }
        let mut site = self.declared_site(index);
        let defaults = self.defaults_of(site.scope, site.kind);
        site.layers.extend(defaults.into_iter().map(|block| &block.body));
        self.sites.push(site);
        self.block_sites[index] = Some(self.sites.len() - 1);
        self.sites.len() - 1
    }

    /// `container.web`, or `expose.www` of the resource around it.
    pub fn site_name(&self, site: SiteId) -> String {
        let site = &self.sites[site];
        let own = format!("{}.{}", site.word(), site.name);
        match site.owner {
            Some(owner) => format!("{}.{own}", self.site_name(owner)),
            None => own,
        }
    }

    /// Where a block is pointed at.
    pub fn site_span(&self, site: SiteId) -> Span {
        self.sites[site].span
    }

    /// What the name of a block stands for: a resource, a map of them, or perhaps nothing.
    pub fn site_value(&mut self, site: SiteId) -> Ty {
        if let Some(value) = &self.sites[site].value {
            return value.clone();
        }
        self.sites[site].value = Some(Ty::bad());
        let scope = self.sites[site].scope;
        self.in_scope(scope, |this| this.make_value(site))
    }

    fn make_value(&mut self, site: SiteId) -> Ty {
        let kind = self.sites[site].word();
        let (header, place) = (self.sites[site].header, self.sites[site].span);
        let me = Ty::reference(&[kind], Some(site));
        let around = match self.sites[site].owner {
            Some(owner) => {
                self.site_value(owner);
                let around = self.sites[owner].view.clone();
                around.with("owner", Ty::reference(&[self.sites[owner].word()], Some(owner)))
            }
            None => self.base_view(),
        };
        // What the body sees of itself is known before its header is.
        self.sites[site].view = around.with("self", me.clone());
        let name = format!("{kind}.{}", self.sites[site].name);
        let opened =
            self.header(header.each, header.condition, &around, &Keyed::Name(&name, place));
        let value = match (opened.key, header.condition) {
            (Some(key), _) => Ty::map(key, me.clone()),
            (None, Some(condition)) => {
                let text = self.sources.text(condition.span).into();
                me.clone().or_null(Absence::If(name.as_str().into(), text, condition.span))
            }
            (None, None) => me.clone(),
        };
        self.sites[site].view = opened.view.with("self", me);
        self.sites[site].value = Some(value.clone());
        value
    }

    /// What the body of a block sees.
    pub fn site_view(&mut self, site: SiteId) -> View<'t> {
        self.site_value(site);
        self.sites[site].view.clone()
    }

    /// The facets of a block.
    pub fn facet_sites(&mut self, site: SiteId) -> Rc<Vec<SiteId>> {
        if let Some(facets) = &self.sites[site].facets {
            return Rc::clone(facets);
        }
        let (traits, body) = (self.sites[site].kind.traits(), self.sites[site].body);
        let (scope, is_open) = (self.sites[site].scope, self.sites[site].is_open);
        let mut found = Vec::new();
        for item in body.into_iter().flat_map(|body| &body.items) {
            let ItemKind::Block(inner) = &item.kind else { continue };
            let word = inner.kind.text.as_str();
            let (true, Some(kind)) = (traits.facets.contains(&word), kinds::find(word)) else {
                continue;
            };
            let name = inner.labels.first().map_or(word, |label| label.text.as_str());
            let (place, body) = (span(inner), Some(&inner.body));
            let mut facet = Site::new(kind, name, header(inner), body, place, Some(site));
            (facet.scope, facet.is_open) = (scope, is_open);
            for body in self.sites[site].layers.iter().skip(1) {
                facet.layers.extend(body.items.iter().filter_map(|item| match &item.kind {
                    ItemKind::Block(it) if it.kind.text == word && it.labels.is_empty() => {
                        Some(&it.body)
                    }
                    _ => None,
                }));
            }
            let defaults = self.defaults_of(scope, kind);
            facet.layers.extend(defaults.into_iter().map(|block| &block.body));
            self.sites.push(facet);
            found.push(self.sites.len() - 1);
        }
        let found = Rc::new(found);
        self.sites[site].facets = Some(Rc::clone(&found));
        found
    }

    /// The facets of one kind, as an attribute of their owner.
    pub fn facet_value(&mut self, site: Option<SiteId>, word: &'static str) -> Ty {
        let Some(site) = site else {
            return match SINGLE.contains(&word) {
                true => Ty::reference(&[word], None).or_null(Absence::Plain),
                false => Ty::map(Ty::string(), Ty::bad()),
            };
        };
        let sites = self.facet_sites(site);
        let mut fields = Vec::new();
        for facet in sites.iter() {
            if self.sites[*facet].word() != word {
                continue;
            }
            let ty = self.site_value(*facet);
            let name = self.sites[*facet].name.into();
            fields.push(Field { name, optional: ty.null.is_some(), ty });
        }
        match (SINGLE.contains(&word), fields.as_slice()) {
            // A service may add one.
            (true, []) if self.sites[site].is_open => Ty::bad(),
            (false, _) if self.sites[site].is_open => Ty::map(Ty::string(), Ty::bad()),
            (true, []) => Ty::null(),
            (true, [only]) => only.ty.clone(),
            _ => Ty::object(fields, false),
        }
    }

    /// Every resource of a kind.
    pub fn all_of(&self, kind: &'static str) -> Ty {
        Ty::list(Ty::reference(&[kind], None))
    }

    /// A block of a kind by its name, as a namespace has it.
    pub fn in_kind(&mut self, kind: &'static str, name: &str) -> Option<Ty> {
        let index = self.block(kind, name)?;
        let site = self.site_of(index);
        Some(self.site_value(site))
    }

    /// A whole kind as an object: every block by its name.
    pub fn kind_object(&mut self, kind: &'static str) -> Ty {
        let mut fields = Vec::new();
        for index in self.blocks_of(kind) {
            let site = self.site_of(index);
            let ty = self.site_value(site);
            let name = self.block_name(index).into();
            fields.push(Field { name, optional: ty.null.is_some(), ty });
        }
        Ty::object(fields, false)
    }

    /// The type with namespaces spelt out and aliases replaced.
    pub fn opened(&mut self, ty: &Ty) -> Ty {
        let ty = self.resolved(ty);
        match ty.core {
            Core::Kind(kind) => Ty { core: self.kind_object(kind).core, ..ty },
            Core::Secrets => {
                let secret = Ty { secret: true, ..Ty::string() };
                Ty { core: Ty::map(Ty::string(), secret).core, ..ty }
            }
            _ => ty,
        }
    }
}
