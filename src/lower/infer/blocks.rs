//! What stands in blocks: the attributes of resources, `defaults`, `check` and `lifecycle`.

use crate::kinds::{self, AnyKind};
use crate::lower::infer::Infer;
use crate::lower::infer::headers::Keyed;
use crate::lower::infer::sites::is_named;
use crate::lower::infer::told::Want;
use crate::lower::infer::ty::{Core, SiteId, Ty};
use crate::lower::infer::view::View;
use crate::lower::scope::{hosts_of, span};
use crate::problem::{names, stages, types};
use crate::schema::Need;
use crate::source::Span;
use crate::syntax::tree::{Block, Body, Expr, Item, ItemKind, Key};

/// Attributes that every kind has.
const COMMON: [&str; 4] = ["doc", "after", "lifecycle", "drift"];

/// What only apps may say beyond their fields.
const OF_APPS: [&str; 3] = ["service", "options", "runtime"];

impl<'t> Infer<'t> {
    /// Looks into a block that makes resources, and into its facets.
    pub fn check_site(&mut self, site: SiteId) {
        let view = self.site_view(site);
        let (kind, scope) = (self.sites[site].kind, self.sites[site].scope);
        if let Some(body) = self.sites[site].body {
            self.in_scope(scope, |this| this.resource_body(kind, body, &view, Some(site)));
        }
        for facet in self.facet_sites(site).iter() {
            self.check_site(*facet);
        }
    }

    /// The attributes of a kind in a body.
    fn resource_body(
        &mut self,
        kind: &'static dyn AnyKind,
        body: &'t Body,
        view: &View<'t>,
        site: Option<SiteId>,
    ) {
        self.resource_items(kind, &mut body.items.iter(), view, site);
        if let Some(site) = site {
            self.absent(site);
            self.groups(site, body);
        }
    }

    /// What single items say about a resource of a kind.
    pub fn resource_items(
        &mut self,
        kind: &'static dyn AnyKind,
        items: &mut dyn Iterator<Item = &'t Item>,
        view: &View<'t>,
        site: Option<SiteId>,
    ) {
        let (schema, traits) = (kind.schema(), kind.traits());
        let mut unknown = Vec::new();
        for item in items {
            match &item.kind {
                ItemKind::Attribute(attribute) => match &attribute.key {
                    Key::Plain(name) => {
                        let known = self.written_attribute(
                            kind,
                            (&name.text, name.span),
                            (Some(&attribute.value), None),
                            view,
                            site,
                        );
                        if !known {
                            unknown.push((name.text.to_string(), name.span));
                        }
                    }
                    Key::Computed(expr) => {
                        self.problems.push(names::computed_name(expr.span));
                    }
                },
                ItemKind::Block(block) if traits.facets.contains(&block.kind.text.as_str()) => {
                    if site.is_none() {
                        self.default_facet(block, kind);
                    }
                }
                ItemKind::Block(block) => {
                    let name = (block.kind.text.as_str(), block.kind.span);
                    if !self.written_attribute(kind, name, (None, Some(block)), view, site) {
                        unknown.push((block.kind.text.to_string(), block.kind.span));
                    }
                }
                ItemKind::Spread(expr) => self.spread_attributes(kind, expr, view, &mut unknown),
                ItemKind::Require(require) => self.require(require, view),
                ItemKind::Output(output) if schema.kind == "terraform" => {
                    if let Some(ty) = &output.ty {
                        self.written(ty);
                    }
                }
                ItemKind::Bad => (),
                _ => self.problems.push(names::not_in_a_body(item.span)),
            }
        }
        if !unknown.is_empty() {
            let writable = schema.fields.iter().filter(|field| field.writable());
            let all: Vec<&str> =
                writable.map(|field| field.name).chain(traits.facets.iter().copied()).collect();
            let what = format!("`{}`", schema.kind);
            let problem = names::unknown_attributes(&what, Some(schema.kind), &unknown, &all);
            self.problems.push(problem);
        }
    }

    /// One attribute or inner block; false if the kind has none of this name.
    fn written_attribute(
        &mut self,
        kind: &'static dyn AnyKind,
        (name, at): (&str, Span),
        (value, block): (Option<&'t Expr>, Option<&'t Block>),
        view: &View<'t>,
        site: Option<SiteId>,
    ) -> bool {
        let Some(field) = kind.schema().field(name) else {
            return self.common_attribute(kind, (name, at), value, block, view);
        };
        if !field.writable() {
            self.problems.push(names::not_writable(field.name, at, &writable(kind)));
            return true;
        }
        let ty = self.schema_ty(&field.ty);
        let ty = match field.need {
            Need::Required => ty,
            _ => ty.or_null(crate::lower::infer::ty::Absence::Plain),
        };
        let want = Want::schema(field.name, ty, &field.ty, at);
        let want = Want { partial: self.is_partial(field.name, site), ..want };
        let found = match (value, block) {
            (Some(value), _) => self.value(value, view, Some(&want)),
            (None, Some(block)) => self.inner_block(block, view, Some(&want)),
            (None, None) => return true,
        };
        // What the connection is made with is needed before anything is planned.
        if let (Some(why), "cluster") = (&found.late, kind.schema().kind) {
            self.problems.push(stages::setting(name, at, &why.chain()));
        }
        true
    }

    /// Whether another body says something about this attribute too.
    fn is_partial(&self, name: &str, site: Option<SiteId>) -> bool {
        let Some(site) = site else { return true };
        if self.sites[site].is_open {
            return true;
        }
        let layers = &self.sites[site].layers;
        layers.iter().skip(1).any(|body| {
            let says =
                |item: &Item| is_named(item, name) || matches!(item.kind, ItemKind::Spread(_));
            body.items.iter().any(says)
        })
    }

    fn common_attribute(
        &mut self,
        kind: &'static dyn AnyKind,
        (name, at): (&str, Span),
        value: Option<&'t Expr>,
        block: Option<&'t Block>,
        view: &View<'t>,
    ) -> bool {
        if kind.traits().facets.contains(&name) {
            // Written as an attribute; a block was looked at before.
            if let Some(value) = value {
                self.problems.push(names::facet_is_block(name, value.span));
            }
            return true;
        }
        let is_app = kind.schema().kind == "app" && OF_APPS.contains(&name);
        let is_common = is_app || COMMON.contains(&name);
        let ty = match (value, block) {
            (Some(value), _) => self.value(value, view, None),
            (None, Some(block)) => self.inner_block(block, view, None),
            (None, None) => return is_common,
        };
        match name {
            "lifecycle" => self.lifecycle(&ty, at),
            "after" => self.after(&ty, value.map_or(at, |value| value.span)),
            _ => (),
        }
        is_common || crate::lower::fields::is_facet_word(name)
    }

    /// What may happen to a resource must be known when the manifest is read.
    fn lifecycle(&mut self, ty: &Ty, at: Span) {
        let Core::Object(shape) = &ty.core else { return };
        let late = shape.fields.iter().filter_map(|field| {
            let why = field.ty.late.as_ref()?;
            Some(stages::setting(&format!("lifecycle.{}", field.name), at, &why.chain()))
        });
        let late: Vec<_> = late.collect();
        self.problems.extend(late);
    }

    fn after(&mut self, ty: &Ty, at: Span) {
        let ty = self.opened(ty);
        match &ty.core {
            Core::List(of) => {
                let of = self.opened(of);
                if matches!(of.core, Core::Scalar(_) | Core::Int(..) | Core::Word(_) | Core::Words)
                {
                    self.problems.push(types::not_a_resource(at, "after", of.noun()));
                }
            }
            Core::Scalar(_) | Core::Int(..) | Core::Word(_) | Core::Words => {
                self.problems.push(types::not_a_resource(at, "after", ty.noun()));
            }
            _ => (),
        }
    }

    /// What `...x` gives to a resource.
    fn spread_attributes(
        &mut self,
        kind: &'static dyn AnyKind,
        expr: &'t Expr,
        view: &View<'t>,
        unknown: &mut Vec<(String, Span)>,
    ) {
        let (schema, traits) = (kind.schema(), kind.traits());
        let ty = self.value(expr, view, None);
        let ty = self.opened(&ty);
        match &ty.core {
            Core::Object(shape) => {
                for given in &shape.fields {
                    let at = given.ty.origin.unwrap_or(expr.span);
                    let name = &*given.name;
                    match schema.field(name) {
                        Some(field) if field.writable() => {
                            let wanted = self.schema_ty(&field.ty);
                            let wanted = wanted.or_null(crate::lower::infer::ty::Absence::Plain);
                            let want = Want::schema(field.name, wanted, &field.ty, expr.span);
                            self.fit(&given.ty, &want, at);
                        }
                        Some(field) => {
                            let known = writable(kind);
                            self.problems.push(names::not_writable(field.name, at, &known));
                        }
                        None if COMMON.contains(&name) || traits.facets.contains(&name) => (),
                        None if crate::lower::fields::is_facet_word(name) => (),
                        None => unknown.push((name.to_owned(), at)),
                    }
                }
            }
            // Which attributes these have is seen when they are evaluated.
            Core::Map(..) | Core::Bad | Core::Never | Core::Data => (),
            Core::Union(_) | Core::Text => (),
            _ => self.problems.push(types::cannot_spread(expr.span, "an object", ty.noun())),
        }
    }

    /// What must be written, and is not.
    fn absent(&mut self, site: SiteId) {
        let kind = self.sites[site].kind;
        let mut absent = Vec::new();
        for field in &kind.schema().fields {
            let (item, spread) = self.sites[site].written(field.name);
            if matches!(field.need, Need::Required) && item.is_none() && !spread {
                absent.push((field.name, field.ty.expected()));
            }
        }
        if !absent.is_empty() {
            let name = match self.sites[site].owner {
                Some(owner) => {
                    let own = format!("{}.{}", self.sites[site].word(), self.sites[site].name);
                    format!("{}/{own}", self.site_name(owner))
                }
                None => self.site_name(site),
            };
            let at = self.site_span(site);
            self.problems.push(types::missing(&format!("`{name}`"), at, &absent));
        }
    }

    /// Of some groups exactly one must be written.
    fn groups(&mut self, site: SiteId, body: &'t Body) {
        let kind = self.sites[site].kind;
        for group in kind.traits().one_of {
            let (mut sure, mut perhaps) = (Vec::new(), false);
            for name in *group {
                let (item, spread) = self.sites[site].written(name);
                perhaps |= spread;
                let own = body.items.iter().find(|item| is_named(item, name));
                match own.map(|item| &item.kind) {
                    Some(ItemKind::Block(block)) if block.condition.is_none() => {
                        sure.push((*name, block.kind.span));
                    }
                    Some(ItemKind::Attribute(attribute)) => match &attribute.key {
                        Key::Plain(key) if is_plain(&attribute.value) => {
                            sure.push((*name, key.span));
                        }
                        Key::Plain(_) | Key::Computed(_) => perhaps = true,
                    },
                    Some(_) => perhaps = true,
                    None => perhaps |= item.is_some(),
                }
            }
            if sure.len() > 1 || (sure.is_empty() && !perhaps) {
                let at = self.site_span(site);
                let word = kind.schema().kind;
                self.problems.push(types::not_exactly_one(word, group, &sure, at));
            }
        }
    }

    /// Every `defaults` of the module.
    pub fn check_defaults(&mut self) {
        for kind in kinds::all().values() {
            let kind: &'static dyn AnyKind = kind.as_ref();
            let Some(block) = self.own_defaults(kind) else { continue };
            if !self.is_first(block) {
                continue;
            }
            let view = self.default_view(kind, &hosts_of(kind.schema().kind));
            self.resource_body(kind, &block.body, &view, None);
        }
    }

    fn default_view(&self, kind: &'static dyn AnyKind, owners: &[&'static str]) -> View<'t> {
        let view = self.base_view();
        let view = view.with("self", Ty::reference(&[kind.schema().kind], None));
        match owners {
            [] => view,
            [..] => view.with("owner", Ty::reference(owners, None)),
        }
    }

    /// A facet in the `defaults` of the kind around it.
    fn default_facet(&mut self, block: &'t Block, owner: &'static dyn AnyKind) {
        let Some(kind) = kinds::find(&block.kind.text) else { return };
        if !block.labels.is_empty() {
            self.problems.push(names::labelled_default(&block.kind.text, span(block)));
        }
        let view = self.default_view(kind, &[owner.schema().kind]);
        self.resource_body(kind, &block.body, &view, None);
    }

    /// A `check`.
    pub fn check_check(&mut self, block: &'t Block) {
        let (each, condition) = (block.each.as_deref(), block.condition.as_deref());
        let opened = self.header(each, condition, &self.base_view(), &Keyed::Count);
        for item in &block.body.items {
            if let ItemKind::Attribute(attribute) = &item.kind {
                self.value(&attribute.value, &opened.view, None);
            }
        }
        self.require_items(&block.body, &opened.view);
    }
}

/// The attributes of a kind that may be written.
fn writable(kind: &'static dyn AnyKind) -> Vec<&'static str> {
    let fields = kind.schema().fields.iter().filter(|field| field.writable());
    fields.map(|field| field.name).collect()
}

/// It is there whatever happens.
fn is_plain(value: &Expr) -> bool {
    use crate::syntax::tree::ExprKind;
    match &value.kind {
        ExprKind::Object(_) | ExprKind::Str(_) | ExprKind::List(_) | ExprKind::Int(_) => true,
        ExprKind::Paren(inner) => is_plain(inner),
        _ => false,
    }
}
