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
mod sites;
mod told;
mod ty;
mod value;
mod view;
mod why;
mod written;

use std::collections::{HashMap, HashSet};

use crate::lower::infer::names::Bare;
use crate::lower::infer::sites::Site;
use crate::lower::infer::told::Want;
use crate::lower::infer::ty::{Absence, SiteId, Ty};
use crate::lower::infer::view::View;
use crate::lower::order::Unit;
use crate::lower::scope::Module;
use crate::problem::{Problem, names as problem};
use crate::schema::Type;
use crate::source::{Sources, Span};
use crate::syntax::tree::TypeItem;

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
    module: &'t Module<'t>,
    sources: &'t Sources,
    recursive: &'t HashSet<&'t str>,
    problems: Vec<Problem>,
    lets: Vec<Slot>,
    inputs: Vec<Slot>,
    /// By the places of blocks in the module.
    block_sites: Vec<Option<SiteId>>,
    sites: Vec<Site<'t>>,
    /// Every `type` that is named somewhere, and what it stands for.
    aliases: Vec<(&'t TypeItem, Option<Ty>)>,
    /// Results of functions whose parameters all have types, by name.
    results: HashMap<&'t str, Option<Ty>>,
    /// Types of schemas.
    schema: HashMap<*const Type, Ty>,
    /// Attributes of a kind of which no block is known.
    read: HashMap<(&'static str, &'static str), Option<Ty>>,
    depth: usize,
    /// Calls that are looked into, one inside the other, and all there were.
    inside: usize,
    calls: usize,
}

/// Everything that is wrong with the types, names and stages of a module.
pub(super) fn check<'t>(
    module: &'t Module<'t>,
    order: &[Unit],
    recursive: &'t HashSet<&'t str>,
    sources: &'t Sources,
) -> Vec<Problem> {
    let mut infer = Infer {
        module,
        sources,
        recursive,
        problems: Vec::new(),
        lets: vec![Slot::Empty; module.lets.len()],
        inputs: vec![Slot::Empty; module.inputs.len()],
        block_sites: vec![None; module.blocks.len()],
        sites: Vec::new(),
        aliases: Vec::new(),
        results: HashMap::new(),
        schema: HashMap::new(),
        read: HashMap::new(),
        depth: 0,
        inside: 0,
        calls: 0,
    };
    infer.read_types();
    for unit in order {
        match unit {
            Unit::Let(index) => drop(infer.let_ty(*index)),
            Unit::Input(index) => drop(infer.input_ty(*index)),
            Unit::Block(index) => {
                let site = infer.site_of(*index);
                infer.check_site(site);
            }
        }
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
        let of_types = ["P10", "P20", "P30"].iter().any(|start| problem.code.starts_with(start));
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

    /// The type of a `let`.
    fn let_ty(&mut self, index: usize) -> Ty {
        match &self.lets[index] {
            Slot::Done(ty) => return ty.clone(),
            Slot::Running => return Ty::bad(),
            Slot::Empty => self.lets[index] = Slot::Running,
        }
        let item = self.let_item(index);
        let want = item.ty.as_ref().map(|ty| {
            let ty = self.written(ty);
            Want::written(&item.name.text, ty).of("let")
        });
        let ty = match &item.value {
            Some(value) => self.value(value, &View::default(), want.as_ref()),
            None => self.bad(problem::no_value(&item.name.text, item.name.span)),
        };
        self.lets[index] = Slot::Done(ty.clone());
        ty
    }

    /// The type of an `input`.
    fn input_ty(&mut self, index: usize) -> Ty {
        match &self.inputs[index] {
            Slot::Done(ty) => return ty.clone(),
            Slot::Running => return Ty::bad(),
            Slot::Empty => self.inputs[index] = Slot::Running,
        }
        let item = self.input_item(index);
        let declared = item.ty.as_ref().map(|ty| self.written(ty));
        let want = declared.clone().map(|ty| Want::written(&item.name.text, ty).of("input"));
        let default = item
            .default
            .as_ref()
            .map(|default| self.value(default, &View::default(), want.as_ref()));
        // Somebody else may give it, so that what the default is says nothing beyond its type.
        let ty = declared.or(default.map(|ty| Infer::widened(&ty))).unwrap_or_else(Ty::bad);
        let ty = Ty { late: None, ..ty };
        self.inputs[index] = Slot::Done(ty.clone());
        if let Some(refinement) = &item.refinement {
            self.condition(refinement, &View::default().with("it", ty.clone()));
        }
        if let Some(body) = &item.body {
            let view = View::default().with("it", ty.clone()).with(&item.name.text, ty.clone());
            self.require_items(body, &view);
        }
        ty
    }

    /// Everything that no let, input or block leads to.
    fn rest(&mut self) {
        for (item, ty) in self.aliases.clone() {
            if let (Some(refinement), Some(ty)) = (&item.refinement, ty) {
                self.condition(refinement, &View::default().with("it", ty));
            }
        }
        for function in self.functions() {
            self.check_function(function);
        }
        for secret in self.secrets() {
            self.check_secret(secret);
        }
        for output in self.outputs() {
            let want = output.ty.as_ref().map(|ty| {
                let ty = self.written(ty);
                Want::written(&output.name.text, ty).of("output")
            });
            if let Some(value) = &output.value {
                self.value(value, &View::default(), want.as_ref());
            }
        }
        for require in self.requires() {
            self.require(require, &View::default());
        }
        self.check_defaults();
        for block in self.check_blocks() {
            self.check_check(block);
        }
    }

    /// The type of a name with nothing before it.
    fn named_ty(&mut self, name: &str, at: Span) -> Option<Ty> {
        let ty = match self.bare(name)? {
            Bare::Let(index) => self.let_ty(index),
            Bare::Input(index) => self.input_ty(index),
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
