//! Attributes of resources: their types as the schema states them, and what is known of them from
//! the block.

use std::rc::Rc;

use crate::kinds::{self, Source, Stage};
use crate::lower::card;
use crate::lower::fields::schema_expression;
use crate::lower::infer::Infer;
use crate::lower::infer::ty::{Absence, Core, Field, Refs, Scalar, SiteId, Ty};
use crate::lower::infer::view::View;
use crate::lower::infer::why::Why;
use crate::problem::names;
use crate::schema::{self, Choice, Need, Type};
use crate::source::Span;
use crate::syntax::tree::{ItemKind, Name};

/// What can be read of every resource.
const OF_ALL: [&str; 9] =
    ["address", "name", "label", "label_below", "tenant", "key", "doc", "exposures", "ports"];

/// Words that leave a choice to somebody else.
const OPEN: [&str; 2] = ["auto", "dhcp"];

impl<'t> Infer<'t> {
    /// A type of a schema, as what may be written for it.
    pub fn schema_ty(&mut self, ty: &'static Type) -> Ty {
        let place = std::ptr::from_ref(ty);
        if let Some(known) = self.schema.get(&place) {
            return known.clone();
        }
        let made = match ty {
            Type::Any | Type::Given | Type::Content => Ty::bad(),
            Type::Bool => Ty::bool(),
            Type::Int(low, high) => Ty::new(Core::Int(*low, *high)),
            Type::Float => Ty::scalar(Scalar::Float),
            Type::Str => Ty::string(),
            // Whether there is a secret in it is told when it is evaluated.
            Type::Text | Type::Shown => Ty::new(Core::Text),
            Type::Size => Ty::scalar(Scalar::Size),
            Type::Duration => Ty::scalar(Scalar::Duration),
            Type::Ip => Ty::scalar(Scalar::Ip),
            Type::Cidr => Ty::scalar(Scalar::Cidr),
            Type::IpRange => Ty::scalar(Scalar::IpRange),
            Type::Fqdn => Ty::scalar(Scalar::Fqdn),
            Type::Url => Ty::scalar(Scalar::Url),
            Type::Path => Ty::scalar(Scalar::Path),
            Type::Port => Ty::scalar(Scalar::Port),
            Type::PortRange => Ty::scalar(Scalar::PortRange),
            Type::OneOf(words) => Ty::union(words.iter().map(|word| Ty::word(word)).collect()),
            Type::List(of) => Ty::list(self.schema_ty(of)),
            Type::Map(of) | Type::Blocks(of) => {
                let of = self.schema_ty(of);
                Ty::map(Ty::bad(), of)
            }
            Type::Object(fields) => {
                let fields = fields.iter().map(|field| self.schema_field(field));
                Ty::object(fields.collect(), false)
            }
            Type::Ref(kinds) => Ty::reference(kinds, None),
            Type::Either(types) => {
                let types: Vec<Ty> = types.iter().map(|ty| self.schema_ty(ty)).collect();
                let parts = types.into_iter().flat_map(|ty| match &ty.core {
                    Core::Union(of) => of.as_ref().clone(),
                    _ => vec![ty],
                });
                let parts: Vec<Ty> = parts.collect();
                if parts.iter().any(Ty::is_bad) { Ty::bad() } else { Ty::union(parts) }
            }
        };
        self.schema.insert(place, made.clone());
        made
    }

    fn schema_field(&mut self, field: &'static schema::Field) -> Field {
        let ty = self.schema_ty(&field.ty);
        let optional = !matches!(field.need, Need::Required);
        let is_null = matches!(field.need, Need::Optional);
        let ty = if is_null { ty.or_null(Absence::Plain) } else { ty };
        Field { name: field.name.into(), ty, optional }
    }

    /// `resource.name`
    pub fn ref_attribute(&mut self, refs: &Refs, name: &Name, at: Span, lenient: bool) -> Ty {
        let mut found = Vec::new();
        for word in refs.concrete() {
            let site = refs.site.filter(|site| self.sites[*site].word() == word);
            found.extend(self.attribute_of(word, site, &name.text, at));
        }
        match found.is_empty() {
            true if lenient => Ty::null(),
            true => self.no_attribute(refs, name),
            false => self.any_of(found),
        }
    }

    fn no_attribute(&mut self, refs: &Refs, name: &Name) -> Ty {
        let concrete = refs.concrete();
        let Some(kind) = concrete.first().and_then(|word| kinds::find(word)) else {
            return Ty::bad();
        };
        let fields = kind.schema().fields.iter().map(|field| field.name);
        let all = fields.chain(kind.traits().readings.iter().map(|reading| reading.name));
        let all: Vec<&str> = all.chain(kind.traits().facets.iter().copied()).collect();
        let near = crate::problem::nearest(&name.text, all);
        let word = if concrete.len() == 1 { kind.schema().kind } else { refs.kinds[0] };
        self.bad(names::no_reading(word, &name.text, name.span, &near))
    }

    /// An attribute of a resource of one kind; nothing if the kind has none of this name.
    fn attribute_of(
        &mut self,
        word: &'static str,
        site: Option<SiteId>,
        name: &str,
        at: Span,
    ) -> Option<Ty> {
        let kind = kinds::find(word)?;
        let (schema, traits) = (kind.schema(), kind.traits());
        let of: Rc<str> = match site {
            Some(site) => self.site_name(site).into(),
            None => word.into(),
        };
        if let Some(output) = site.and_then(|site| self.sites[site].output(name)) {
            let scope = site.map(|site| self.sites[site].scope)?;
            let ty = self.in_scope(scope, |this| match &output.ty {
                Some(ty) => this.written(ty),
                None => Ty::bad(),
            });
            let text = "it comes back from Terraform";
            let why = self.why(Stage::Apply, &output.name.text, site, text);
            return Some(opened_late(Ty { late: Some(why), ..ty }, &of, at));
        }
        if word == "terraform" && site.is_none() && schema.field(name).is_none() {
            return Some(Ty::bad());
        }
        if let Some(field) = schema.field(name) {
            let read = self.known_once(word, site, field.name, |this| this.read(word, site, field));
            return Some(opened_late(read, &of, at));
        }
        if let Some(reading) = traits.readings.iter().find(|reading| reading.name == name) {
            let read = match reading.from {
                Source::Expression(text) => {
                    let read = |this: &mut Self| this.schema_text(text, word, site);
                    self.known_once(word, site, reading.name, read)
                }
                Source::Spec(_) => self.schema_ty(&reading.ty),
                Source::Secret => Ty { secret: true, ..Ty::string() },
                Source::Late(stage) => {
                    let why = self.why(stage, reading.name, site, "it comes back once it is made");
                    Ty { late: Some(why), ..self.schema_ty(&reading.ty) }
                }
            };
            return Some(opened_late(read, &of, at));
        }
        let open = match word {
            "app" => name == "runtime" || card::WORDS.contains(&name) || OF_ALL.contains(&name),
            "tenant" => !traits.facets.contains(&name),
            _ => false,
        };
        if open {
            // What it lets others read, and what its service and its parts make of it.
            return Some(Ty::bad());
        }
        if let Some(facet) = traits.facets.iter().find(|facet| **facet == name) {
            return Some(self.facet_value(site, facet));
        }
        Some(match name {
            "address" | "name" | "label" | "label_below" => Ty::string(),
            "tenant" => Ty::bad(),
            "key" => Ty::bad(),
            "doc" => Ty::string().or_null(Absence::Plain),
            "health" | "backup" | "tile" => Ty::null(),
            "expose" | "db" | "login" => Ty::object(Vec::new(), false),
            "exposures" => self.all_of("expose"),
            "ports" => Ty::list(Ty::scalar(Scalar::Port)),
            _ => return None,
        })
    }

    /// What an attribute is, found out once; while that is going on nothing is known of it.
    fn known_once(
        &mut self,
        word: &'static str,
        site: Option<SiteId>,
        name: &'static str,
        make: impl FnOnce(&mut Self) -> Ty,
    ) -> Ty {
        let known = match site {
            Some(site) => self.sites[site].read.get(name).cloned(),
            None => self.read.get(&(word, name)).cloned(),
        };
        if let Some(known) = known {
            return known.unwrap_or_else(Ty::bad);
        }
        match site {
            Some(site) => drop(self.sites[site].read.insert(name, None)),
            None => drop(self.read.insert((word, name), None)),
        }
        let made = make(self);
        match site {
            Some(site) => drop(self.sites[site].read.insert(name, Some(made.clone()))),
            None => drop(self.read.insert((word, name), Some(made.clone()))),
        }
        made
    }

    /// A field as it is read, with what the block says about it.
    fn read(
        &mut self,
        word: &'static str,
        site: Option<SiteId>,
        field: &'static schema::Field,
    ) -> Ty {
        let declared = self.schema_ty(&field.ty);
        let Some(site) = site else {
            let made = match field.need {
                Need::Required | Need::Computed => declared,
                Need::Optional => declared.or_null(Absence::Plain),
                Need::Default(text) | Need::Derived(text) => {
                    let made = self.schema_text(text, word, None);
                    Ty { null: made.null, ..declared }
                }
            };
            return readable(made, field.choice);
        };
        let (item, spread) = self.sites[site].written(field.name);
        let view = self.site_view(site);
        let told = match item.map(|item| &item.kind) {
            Some(ItemKind::Attribute(attribute)) if field.writable() => {
                let scope = self.sites[site].scope;
                self.quietly(|this| {
                    this.in_scope(scope, |this| this.value(&attribute.value, &view, None))
                })
            }
            Some(ItemKind::Block(block)) if field.writable() => {
                let absent = block.condition.as_deref().map(|condition| {
                    let text = self.sources.text(condition.span).into();
                    let name = format!("{}.{}", self.site_name(site), field.name);
                    Absence::If(name.as_str().into(), text, condition.span)
                });
                let null = absent.filter(|_| block.each.is_none());
                return readable(Ty { null, ..declared }, field.choice);
            }
            _ if spread => return readable(declared, field.choice),
            _ => match field.need {
                Need::Required | Need::Computed => return readable(declared, field.choice),
                Need::Optional => return declared.or_null(Absence::Plain),
                Need::Default(text) | Need::Derived(text) => {
                    self.schema_text(text, word, Some(site))
                }
            },
        };
        let open = self.left_open(&told, field, site);
        let core = match (&told.core, &declared.core) {
            (Core::Ref(_), _) => told.core.clone(),
            _ => declared.core.clone(),
        };
        let null = match (&told.null, field.need) {
            (Some(_), Need::Optional) => told.null.clone(),
            (Some(_), Need::Default(_) | Need::Derived(_)) if item.is_none() => told.null.clone(),
            _ => None,
        };
        let late = open.or_else(|| told.late.clone());
        let (secret, origin) = (told.secret, told.origin);
        readable(Ty { core, null, late, secret, origin, declared: None }, field.choice)
    }

    /// Why a field is chosen later, if its value says so.
    fn left_open(&self, told: &Ty, field: &'static schema::Field, site: SiteId) -> Option<Rc<Why>> {
        let choice = field.choice?;
        let words: Vec<&str> = match &told.core {
            Core::Word(word) => vec![word],
            Core::Union(of) => {
                let word = |ty: &'_ Ty| match &ty.core {
                    Core::Word(word) => OPEN.into_iter().find(|open| **open == **word),
                    _ => None,
                };
                let words: Option<Vec<&str>> = of.iter().map(word).collect();
                words?
            }
            _ => return None,
        };
        let all = |word: &str| words.iter().all(|it| *it == word);
        let (stage, text) = match choice {
            Choice::Ip if all("dhcp") => (Stage::Apply, "because the DHCP server chooses it"),
            Choice::Ip if words.iter().all(|word| OPEN.contains(word)) => match all("auto") {
                true => (Stage::Plan, "because the planner picks it"),
                false => (Stage::Plan, "because the planner or the DHCP server picks it"),
            },
            Choice::VmId | Choice::Node | Choice::Port if all("auto") => {
                (Stage::Plan, "because the planner picks it")
            }
            Choice::Ip | Choice::VmId | Choice::Node | Choice::Port => return None,
        };
        let why = Why::clone(&self.why(stage, field.name, Some(site), text));
        let written = self.sites[site].written(field.name).0.is_some();
        let at = match (written, told.origin) {
            (true, Some(origin)) => origin,
            _ => self.site_span(site),
        };
        Some(Rc::new(Why { because: Some((at, text)), ..why }))
    }

    fn why(&self, stage: Stage, name: &str, site: Option<SiteId>, text: &'static str) -> Rc<Why> {
        let at = site.map(|site| self.site_span(site));
        Rc::new(Why {
            stage,
            name: name.into(),
            of: "".into(),
            at: at.unwrap_or_default(),
            because: at.map(|at| (at, text)),
            hops: Vec::new(),
        })
    }

    /// The type of an expression of a schema.
    fn schema_text(&mut self, text: &'static str, word: &'static str, site: Option<SiteId>) -> Ty {
        let Some(expr) = schema_expression(text) else { return Ty::bad() };
        let me = Ty::reference(&[word], site);
        let owner = match site.and_then(|site| self.sites[site].owner) {
            Some(owner) => Ty::reference(&[self.sites[owner].word()], Some(owner)),
            None => {
                let owners = crate::lower::scope::hosts_of(word);
                Ty::reference(&owners, None)
            }
        };
        let view = View::of_schema().with("self", me).with("owner", owner);
        let made = self.quietly(|this| this.value(expr, &view, None));
        Ty { origin: None, ..made }
    }
}

/// What is written as a value and read as one: without the words that leave it open.
fn readable(ty: Ty, choice: Option<Choice>) -> Ty {
    let (Some(_), Core::Union(of)) = (choice, &ty.core) else { return ty };
    let is_open = |ty: &Ty| matches!(&ty.core, Core::Word(word) if OPEN.contains(&&**word));
    let left: Vec<Ty> = of.iter().filter(|ty| !is_open(ty)).cloned().collect();
    match left.as_slice() {
        [only] => Ty { core: only.core.clone(), ..ty },
        _ => Ty { core: Core::Union(Rc::new(left)), ..ty },
    }
}

/// A late value stands where it is read, and says whose it is.
fn opened_late(ty: Ty, of: &Rc<str>, at: Span) -> Ty {
    let late = ty.late.map(|why| match why.of.is_empty() {
        true => Rc::new(Why { at, of: Rc::clone(of), ..Why::clone(&why) }),
        false => why,
    });
    Ty { late, ..ty }
}
