//! `test` blocks: their parts, the values they give and make up, and what they expect.

use std::collections::HashMap;

use crate::kinds::{self, AnyKind, Source};
use crate::lower::infer::Infer;
use crate::lower::infer::names::Bare;
use crate::lower::infer::told::Want;
use crate::lower::infer::ty::{Field, Ty};
use crate::lower::infer::view::View;
use crate::lower::inputs::is_secret;
use crate::lower::scope::{self, ROOT, span};
use crate::lower::trial::expected_error;
use crate::problem::{names, nearest, pages, tests as problem};
use crate::schema::Type;
use crate::source::Span;
use crate::syntax::tree::{Attribute, Block, Body, Expr, ItemKind, Key, Mock, Name};
use crate::syntax::tree::{PlaceSegment, TypeExpr};

/// What the plan of a test is made of.
const PLAN: [&str; 4] = ["create", "update", "replace", "destroy"];

impl<'t> Infer<'t> {
    /// Every test of the project.
    pub fn check_tests(&mut self) {
        let program = self.program;
        self.in_scope(ROOT, |this| program.tests.iter().for_each(|test| this.check_test(test)));
    }

    fn check_test(&mut self, block: &'t Block) {
        self.no_header(block);
        let error = expected_error(&block.body).map(|(_, at)| at);
        let lists = PLAN.map(|name| Field {
            name: name.into(),
            optional: false,
            ty: Ty::list(Ty::string()),
        });
        let view = self.base_view().with("plan", Ty::object(lists.into(), false));
        let mut parts: HashMap<&str, Span> = HashMap::new();
        for item in &block.body.items {
            match &item.kind {
                ItemKind::Block(inner) if is_giving(inner) => {
                    self.once_only(&mut parts, &inner.kind);
                    self.no_header(inner);
                    self.given_values(&inner.body, error.is_some());
                }
                ItemKind::Attribute(attribute) => match &attribute.key {
                    Key::Plain(name) if name.text == "expect_error" => {
                        self.once_only(&mut parts, name);
                        self.error_expected(block, &attribute.value);
                    }
                    Key::Plain(_) | Key::Computed(_) => self.no_part(attribute),
                },
                ItemKind::Mock(mock) => self.check_mock(mock),
                ItemKind::Expect(expect) => {
                    if let Some(error) = error {
                        self.problems.push(problem::error_and_more(error, item.span));
                    }
                    self.require(expect, &view);
                }
                ItemKind::Block(other) => {
                    let what = format!("a block `{}`", other.kind.text);
                    self.problems.push(problem::no_part(span(other), &what));
                }
                ItemKind::Bad => (),
                _ => self.problems.push(problem::no_part(item.span, "this")),
            }
        }
    }

    fn no_header(&mut self, block: &Block) {
        let each = block.each.as_ref().map(|each| each.span);
        if let Some(at) = each.or(block.condition.as_ref().map(|condition| condition.span)) {
            self.problems.push(problem::with_header(at));
        }
    }

    fn no_part(&mut self, attribute: &Attribute) {
        let (at, what) = match &attribute.key {
            Key::Plain(name) => (name.span, format!("an attribute `{}`", name.text)),
            Key::Computed(expr) => (expr.span, "this".to_owned()),
        };
        self.problems.push(problem::no_part(at, &what));
    }

    fn once_only(&mut self, parts: &mut HashMap<&'t str, Span>, word: &'t Name) {
        if let Some(first) = parts.insert(&word.text, word.span) {
            self.problems.push(problem::part_twice(&word.text, word.span, first));
        }
    }

    fn error_expected(&mut self, block: &'t Block, value: &'t Expr) {
        let Some((text, at)) = expected_error(&block.body) else {
            return self.problems.push(problem::error_is_text(value.span));
        };
        let checks = self.program.checks.iter().filter_map(|check| check.it.labels.first());
        let checks: Vec<&str> = checks.map(|name| name.text.as_str()).collect();
        let codes = pages::all().iter().map(|page| page.code);
        if !checks.contains(&text.as_str()) && !codes.clone().any(|code| code == text) {
            let near = nearest(&text, checks.iter().copied().chain(codes));
            self.problems.push(problem::unknown_error(at, &text, &near, &checks));
        }
    }

    /// What a test gives to inputs and lets. One that is to fail may give what does not fit.
    fn given_values(&mut self, body: &'t Body, is_to_fail: bool) {
        let view = self.base_view();
        let mut said: HashMap<&str, Span> = HashMap::new();
        for item in &body.items {
            let (name, value, block) = match &item.kind {
                ItemKind::Attribute(Attribute { key: Key::Plain(name), value }) => {
                    (name, Some(value), None)
                }
                ItemKind::Block(block) if block.labels.is_empty() => {
                    self.no_header(block);
                    (&block.kind, None, Some(block))
                }
                ItemKind::Bad => continue,
                _ => {
                    self.problems.push(problem::no_part(item.span, "this"));
                    continue;
                }
            };
            if let Some(first) = said.insert(&name.text, name.span) {
                let twice = names::declared_twice("value", &name.text, name.span, first);
                self.problems.push(twice);
            }
            let Some(ty) = self.wanted_by(name) else { continue };
            let want = ty.filter(|_| !is_to_fail).map(|ty| {
                let ty = self.written(ty);
                Want::written(&name.text, ty)
            });
            match (value, block) {
                (Some(value), _) => drop(self.value(value, &view, want.as_ref())),
                (None, Some(block)) => drop(self.inner_block(block, &view, want.as_ref())),
                (None, None) => (),
            }
        }
    }

    /// The type that is written for an input or a let; nothing if the name takes no value.
    fn wanted_by(&mut self, name: &Name) -> Option<Option<&'t TypeExpr>> {
        match self.bare(&name.text) {
            Some(Bare::Let(index)) => Some(self.program.lets[index].it.ty.as_ref()),
            Some(Bare::Input(index)) => {
                let ty = self.program.inputs[index].it.ty.as_ref();
                if !ty.is_some_and(is_secret) {
                    return Some(ty);
                }
                self.problems.push(problem::secret_given(name.span, &name.text));
                None
            }
            Some(Bare::Library(_)) | None => {
                let near = nearest(&name.text, self.bare_names());
                self.problems.push(problem::nothing_to_give(name.span, &name.text, &near));
                None
            }
        }
    }

    /// What a test makes up about resources.
    fn check_mock(&mut self, mock: &'t Mock) {
        let segments = &mock.what.segments;
        for segment in segments {
            if let Some(key) = &segment.key {
                self.value(key, &self.base_view(), None);
            }
        }
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else { return };
        let unknown = segments.iter().find(|it| !is_kind(&it.kind.text));
        if let Some(unknown) = unknown {
            return self.problems.push(scope::unknown_kind(&unknown.kind));
        }
        match last.kind.text.as_str() {
            "secret" => {
                let name = format!("secret.{}", last.name.text);
                return self.problems.push(problem::secret_mocked(mock.what.span, &name));
            }
            "module" => {
                let name = last.name.text.as_str();
                return self.problems.push(problem::module_mocked(mock.what.span, name));
            }
            _ => (),
        }
        if !self.is_declared(first) {
            return;
        }
        let Some(kind) = kinds::find(&last.kind.text) else { return };
        for item in &mock.body.items {
            match &item.kind {
                ItemKind::Attribute(attribute) => match &attribute.key {
                    Key::Plain(name) if kind.schema().kind == "terraform" => {
                        self.mocked_output(segments, name, &attribute.value);
                    }
                    Key::Plain(name) => self.mocked(kind, name, &attribute.value),
                    Key::Computed(_) => self.no_part(attribute),
                },
                ItemKind::Bad => (),
                _ => self.problems.push(problem::no_part(item.span, "this in a mock")),
            }
        }
    }

    /// Whether the outermost part of an address is declared; it is reported if not.
    fn is_declared(&mut self, first: &PlaceSegment) -> bool {
        let (word, name) = (first.kind.text.as_str(), first.name.text.as_str());
        let opens = &self.program.scopes[ROOT].opens;
        let all: Vec<&str> = match kinds::find(word).map(|kind| kind.schema().kind) {
            Some(kind) if word != "tenant" => {
                let blocks = self.program.blocks_of(ROOT, kind);
                blocks.into_iter().map(|index| self.block_name(index)).collect()
            }
            _ => opens.keys().filter(|(other, _)| *other == word).map(|(_, name)| *name).collect(),
        };
        let known = all.contains(&name);
        if !known {
            let near = nearest(name, all.iter().copied());
            let unknown = names::unknown_member((word, name), first.name.span, &near, None, &all);
            self.problems.push(unknown);
        }
        known
    }

    /// One output of a module of Terraform that is made up.
    fn mocked_output(&mut self, of: &'t [PlaceSegment], name: &'t Name, value: &'t Expr) {
        let [only] = of else { return drop(self.value(value, &View::default(), None)) };
        let Some(block) = self.program.block(ROOT, "terraform", &only.name.text) else { return };
        let site = self.site_of(block);
        let Some(output) = self.sites[site].output(&name.text) else {
            let names: Vec<&str> = self.sites[site].outputs().map(|it| &*it.name.text).collect();
            let near = nearest(&name.text, names);
            let unknown = names::no_reading("terraform", &name.text, name.span, &near);
            return self.problems.push(unknown);
        };
        let want = output.ty.as_ref().map(|ty| Want::written(&name.text, self.written(ty)));
        self.value(value, &View::default(), want.as_ref());
    }

    /// One value that is made up.
    fn mocked(&mut self, kind: &'static dyn AnyKind, name: &'t Name, value: &'t Expr) {
        let (schema, at) = (kind.schema(), name.span);
        let ty = match late_type(kind, &name.text) {
            Late::Is(ty) => ty,
            Late::Secret => {
                return self.problems.push(problem::secret_mocked(at, &name.text));
            }
            Late::Never => {
                let late = late_names(kind);
                let never = problem::never_late(at, schema.kind, &name.text, &late);
                return self.problems.push(never);
            }
            Late::Unknown => {
                let near = nearest(&name.text, late_names(kind));
                let unknown = names::no_reading(schema.kind, &name.text, at, &near);
                return self.problems.push(unknown);
            }
        };
        let wanted = self.schema_ty(ty);
        let want = Want::schema(&name.text, wanted, ty, at);
        self.value(value, &View::default(), Some(&want));
    }
}

/// When the value of an attribute of a kind is known.
enum Late {
    /// Perhaps only later, and then it is of this type.
    Is(&'static Type),
    /// As soon as the manifest is read.
    Never,
    /// It is a secret.
    Secret,
    /// There is no such attribute.
    Unknown,
}

fn late_type(kind: &'static dyn AnyKind, name: &str) -> Late {
    let readings = &kind.traits().readings;
    let reading = readings.iter().find(|reading| reading.name == name);
    match (kind.schema().field(name), reading.map(|reading| (reading.from, &reading.ty))) {
        (Some(field), _) if field.choice.is_some() => Late::Is(&field.ty),
        (_, Some((Source::Late(_), ty))) => Late::Is(ty),
        (_, Some((Source::Secret, _))) => Late::Secret,
        (Some(_), _) | (None, Some((Source::Expression(_) | Source::Spec(_), _))) => Late::Never,
        (None, None) => Late::Unknown,
    }
}

/// The attributes of a kind that may be known only later.
fn late_names(kind: &'static dyn AnyKind) -> Vec<&'static str> {
    let fields = kind.schema().fields.iter().map(|field| field.name);
    let readings = kind.traits().readings.iter().map(|reading| reading.name);
    let mut all: Vec<&str> = fields.chain(readings).collect();
    all.retain(|name| matches!(late_type(kind, name), Late::Is(_)));
    all.dedup();
    all
}

fn is_giving(block: &Block) -> bool {
    block.labels.is_empty() && matches!(block.kind.text.as_str(), "given" | "before")
}

fn is_kind(word: &str) -> bool {
    word == "module" || kinds::find(word).is_some()
}
