//! Types and stages of every expression, called or not, before anything is evaluated.
//!
//! Each declaration is looked at once, however many instances it makes. What was reported has the
//! type [`ty::Core::Bad`], which fits everything and is never reported again; where nothing certain
//! can be said, the type is that too, and evaluation decides.

mod access;
mod arms;
mod blocks;
mod bodies;
mod calls;
mod fields;
mod fits;
mod headers;
mod join;
mod library;
mod names;
mod narrow;
mod operate;
mod services;
mod sites;
mod tests;
mod told;
mod ty;
mod value;
mod view;
mod why;
mod written;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use crate::lower::infer::names::Bare;
use crate::lower::infer::sites::Site;
use crate::lower::infer::told::Want;
use crate::lower::infer::ty::{Absence, SiteId, Ty};
use crate::lower::order::{self, Unit};
use crate::lower::scope::{In, Program, ROOT, ScopeId};
use crate::problem::{Problem, names as problem};
use crate::schema::Type;
use crate::source::{Sources, Span};
use crate::syntax::tree::{Input, Let, TypeItem};

/// How deep expressions are followed, through names and calls.
const DEPTH_MAX: usize = 400;

/// How many calls are looked into for the types of their arguments.
const CALLS_MAX: usize = 10_000;

/// The type of something that is declared.
#[derive(Clone)]
enum Slot {
    Empty,
    /// It is being looked at; who asks now is in a circle, which evaluation reports.
    Running,
    Done(Ty),
}

/// Everything this pass knows.
struct Infer<'t> {
    program: &'t Program<'t>,
    sources: &'t Sources,
    /// Functions that call themselves, by their places.
    recursive: &'t HashSet<usize>,
    /// The scope whose names are seen.
    scope: ScopeId,
    problems: Vec<Problem>,
    lets: Vec<Slot>,
    inputs: Vec<Slot>,
    /// By the places of blocks in the program.
    block_sites: Vec<Option<SiteId>>,
    sites: Vec<Site<'t>>,
    /// Every `type` that is named somewhere, its scope, and what it stands for.
    aliases: Vec<(&'t TypeItem, ScopeId, Option<Ty>)>,
    /// Results of functions whose parameters all have types, by place.
    results: HashMap<usize, Option<Ty>>,
    /// Items that were looked at: a tenant with several instances has each of them several times.
    seen: HashSet<*const ()>,
    /// Types of schemas.
    schema: HashMap<*const Type, Ty>,
    /// Attributes of a kind of which no block is known.
    read: HashMap<(&'static str, &'static str), Option<Ty>>,
    depth: usize,
    /// Calls that are looked into, one inside the other, and all there were.
    inside: usize,
    calls: usize,
}

/// Everything that is wrong with the types, names and stages of a program.
pub(super) fn check<'t>(
    program: &'t Program<'t>,
    recursive: &'t HashSet<usize>,
    sources: &'t Sources,
) -> Vec<Problem> {
    let mut infer = Infer {
        program,
        sources,
        recursive,
        scope: ROOT,
        problems: Vec::new(),
        lets: vec![Slot::Empty; program.lets.len()],
        inputs: vec![Slot::Empty; program.inputs.len()],
        block_sites: vec![None; program.blocks.len()],
        sites: Vec::new(),
        aliases: Vec::new(),
        results: HashMap::default(),
        seen: HashSet::default(),
        schema: HashMap::default(),
        read: HashMap::default(),
        depth: 0,
        inside: 0,
        calls: 0,
    };
    infer.read_types();
    for scope in 0..program.scopes.len() {
        let order = order::needed_first(program, scope);
        infer.in_scope(scope, |infer| {
            infer.check_scope();
            order.into_iter().for_each(|unit| infer.unit(unit));
            infer.check_defaults();
        });
    }
    infer.rest();
    infer.problems
}

/// The problems of both passes: what evaluation says about a place that was reported is left out.
pub(super) fn merged(mut reported: Vec<Problem>, evaluated: Vec<Problem>) -> Vec<Problem> {
    let mut places: Vec<(Span, bool)> = Vec::new();
    for problem in reported.iter().filter(|problem| problem.is_error()) {
        let labels = problem.labels.iter().enumerate();
        let of_stages = problem.code.starts_with("P30");
        places.extend(labels.map(|(index, label)| (label.span, index == 0 || of_stages)));
    }
    let hides = |at: Span, other: &(Span, bool)| {
        let (place, primary) = *other;
        let inside = place.file == at.file && place.start <= at.start && at.end <= place.end;
        let around = place.file == at.file && at.start <= place.start && place.end <= at.end;
        inside || (primary && around)
    };
    let same: HashSet<(&'static str, String)> =
        reported.iter().map(|problem| (problem.code, problem.message.clone())).collect();
    let is_new = |problem: &Problem| {
        // What this version does not do is no matter of types.
        let of_types = problem.code != "P1009"
            && ["P10", "P20", "P30"].iter().any(|start| problem.code.starts_with(start));
        let at = problem.labels.first().map(|label| label.span);
        // The same mistake, told of the place that the value comes from.
        let is_same = same.contains(&(problem.code, problem.message.clone()));
        let is_hidden = at.is_some_and(|at| places.iter().any(|place| hides(at, place)));
        !of_types || !(is_same || is_hidden)
    };
    let evaluated: Vec<Problem> = evaluated.into_iter().filter(is_new).collect();
    reported.extend(evaluated);
    reported
}

impl<'t> Infer<'t> {
    /// Reports a problem; its place has a type that is never complained about again.
    fn bad(&mut self, problem: Problem) -> Ty {
        self.problems.push(problem);
        Ty::bad()
    }

    /// What `make` returns; what it finds wrong is reported elsewhere.
    fn quietly<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.problems.len();
        let made = make(self);
        self.problems.truncate(before);
        made
    }

    /// Whether an item is looked at for the first time.
    fn is_first<T>(&mut self, item: &T) -> bool {
        self.seen.insert(std::ptr::from_ref(item).cast())
    }

    /// Looks at one declaration; what was told of it in another scope is not told again.
    fn unit(&mut self, unit: Unit) {
        let before = self.problems.len();
        let is_first = match unit {
            Unit::Let(index) => {
                self.let_ty(index);
                self.is_first(self.program.lets[index].it)
            }
            Unit::Input(index) => {
                self.input_ty(index);
                self.is_first(self.program.inputs[index].it)
            }
            Unit::Block(index) => {
                let site = self.site_of(index);
                let is_first = self.is_first(self.program.blocks[index].name);
                if is_first {
                    self.check_site(site);
                }
                is_first
            }
        };
        if !is_first {
            self.problems.truncate(before);
        }
    }

    /// The type of a `let`.
    fn let_ty(&mut self, index: usize) -> Ty {
        match &self.lets[index] {
            Slot::Done(ty) => return ty.clone(),
            Slot::Running => return Ty::bad(),
            Slot::Empty => self.lets[index] = Slot::Running,
        }
        let In { it: item, scope } = self.let_item(index);
        let ty = self.in_scope(scope, |this| this.make_let(item));
        self.lets[index] = Slot::Done(ty.clone());
        ty
    }

    fn make_let(&mut self, item: &'t Let) -> Ty {
        let want = item.ty.as_ref().map(|ty| {
            let ty = self.written(ty);
            Want::written(&item.name.text, ty).of("let")
        });
        match &item.value {
            Some(value) => self.value(value, &self.base_view(), want.as_ref()),
            None => self.bad(problem::no_value(&item.name.text, item.name.span)),
        }
    }

    /// The type of an `input`.
    fn input_ty(&mut self, index: usize) -> Ty {
        match &self.inputs[index] {
            Slot::Done(ty) => return ty.clone(),
            Slot::Running => return Ty::bad(),
            Slot::Empty => self.inputs[index] = Slot::Running,
        }
        let In { it: item, scope } = self.input_item(index);
        self.in_scope(scope, |this| this.make_input(index, item))
    }

    fn make_input(&mut self, index: usize, item: &'t Input) -> Ty {
        let declared = item.ty.as_ref().map(|ty| self.written(ty));
        let want = declared.clone().map(|ty| Want::written(&item.name.text, ty).of("input"));
        let default = item
            .default
            .as_ref()
            .map(|default| self.value(default, &self.base_view(), want.as_ref()));
        // Somebody else may give it, so that what the default is says nothing beyond its type.
        let ty = declared.or(default.map(|ty| Infer::widened(&ty))).unwrap_or_else(Ty::bad);
        let ty = Ty { late: None, ..ty };
        self.inputs[index] = Slot::Done(ty.clone());
        if let Some(refinement) = &item.refinement {
            self.condition(refinement, &self.base_view().with("it", ty.clone()));
        }
        if let Some(body) = &item.body {
            let view = self.base_view().with("it", ty.clone());
            let view = view.with(&item.name.text, ty.clone());
            self.require_items(body, &view);
        }
        ty
    }

    /// Everything that no let, input or block leads to.
    fn rest(&mut self) {
        for (item, scope, ty) in self.aliases.clone() {
            if let (Some(refinement), Some(ty)) = (&item.refinement, ty) {
                self.in_scope(scope, |this| {
                    let view = this.base_view().with("it", ty);
                    this.condition(refinement, &view);
                });
            }
        }
        let program = self.program;
        for (index, In { it, scope }) in program.functions.iter().enumerate() {
            if self.is_first(*it) {
                self.in_scope(*scope, |this| this.check_function(index, it));
            }
        }
        for In { it, scope } in &program.secrets {
            if self.is_first(*it) {
                self.in_scope(*scope, |this| this.check_secret(it));
            }
        }
        for In { it, scope } in &program.outputs {
            if self.is_first(*it) {
                self.in_scope(*scope, |this| this.check_output(it));
            }
        }
        for service in &program.services {
            if self.is_first(service.block) {
                self.in_scope(service.scope, |this| this.check_service(service));
            }
        }
        for In { it, scope } in &program.requires {
            if self.is_first(*it) {
                self.in_scope(*scope, |this| this.require(it, &this.base_view()));
            }
        }
        for In { it, scope } in &program.checks {
            if self.is_first(*it) {
                self.in_scope(*scope, |this| this.check_check(it));
            }
        }
        self.check_tests();
    }

    fn check_output(&mut self, output: &'t Let) {
        let want = output.ty.as_ref().map(|ty| {
            let ty = self.written(ty);
            Want::written(&output.name.text, ty).of("output")
        });
        if let Some(value) = &output.value {
            self.value(value, &self.base_view(), want.as_ref());
        }
    }

    /// The type of a name with nothing before it.
    fn named_ty(&mut self, name: &str, at: Span) -> Option<Ty> {
        let ty = match self.bare(name)? {
            Bare::Let(index) => self.let_ty(index),
            Bare::Input(index) => self.input_ty(index),
            // Evaluation tells that it does not stand alone.
            Bare::Library(_) => Ty::bad(),
        };
        Some(why::through(ty, name, at))
    }

    /// A problem about a value that may be null.
    fn null_problem(
        &mut self,
        ty: &Ty,
        absence: &Absence,
        at: Span,
        text: &str,
        written: Option<&str>,
    ) -> Problem {
        let example = self.example(ty);
        let because = match absence {
            Absence::If(what, condition, at) => Some((
                format!("`{what}` exists only if `{condition}`, so this may be null"),
                *at,
                "the condition",
            )),
            Absence::Declared(at) => {
                Some(("this may be null".to_owned(), *at, "because its type says so"))
            }
            Absence::Plain => None,
        };
        crate::problem::infer::may_be_null(at, text, because.as_ref(), written, &example)
    }

    /// A value of the type, for a help.
    fn example(&mut self, ty: &Ty) -> String {
        use crate::lower::infer::ty::{Core, Scalar};
        let ty = self.resolved(ty);
        let text = match &ty.core {
            Core::Scalar(Scalar::Ip) => "10.0.0.9",
            Core::Scalar(Scalar::Size) => "1GiB",
            Core::Scalar(Scalar::Duration) => "30s",
            Core::Scalar(Scalar::Bool) => "false",
            Core::Scalar(scalar) if scalar.is_text() => "\"\"",
            Core::Int(..) | Core::Scalar(Scalar::Port) => "0",
            Core::List(_) => "[]",
            Core::Map(..) => "{}",
            _ => "…",
        };
        text.to_owned()
    }
}
