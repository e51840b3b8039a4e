//! Calls: of functions of the module, whose bodies say what parameters without a type must be, and
//! of the library.

use std::rc::Rc;

use crate::kinds::Stage;
use crate::lower::calls::typed_argument;
use crate::lower::functions;
use crate::lower::infer::Infer;
use crate::lower::infer::told::Want;
use crate::lower::infer::ty::{Core, Ty};
use crate::lower::infer::view::View;
use crate::lower::infer::why::Why;
use crate::lower::scope::{In, ScopeId};
use crate::problem::{lints, names, secrets};
use crate::source::Span;
use crate::syntax::tree::{AS_TYPE, Arg, Expr, ExprKind, Function};

/// Functions that say where a secret comes from.
const SECRET_SOURCES: [&str; 6] = ["env", "sops", "age", "vault", "command", "generate"];

/// How deep calls are looked into for the types of their arguments.
const INSIDE_MAX: usize = 8;

/// One argument of a call.
pub(super) struct Passed<'t> {
    /// The name before `=`.
    pub name: Option<&'t str>,
    /// Its type; nothing if it was not looked at yet, because something is expected of it.
    pub ty: Option<Ty>,
    /// The expression.
    pub expr: &'t Expr,
}

impl<'t> Infer<'t> {
    /// `callee(arguments)`
    pub fn call(
        &mut self,
        callee: &'t Expr,
        arguments: &'t [Arg],
        view: &View<'t>,
        at: Span,
    ) -> Ty {
        if let ExprKind::Get(base, name) = &callee.kind
            && let Some(function) = self.library_function(base, &name.text, view)
        {
            return self.own_call(function, arguments, view, at);
        }
        let ExprKind::Name(name) = &callee.kind else {
            if matches!(&callee.kind, ExprKind::Get(..)) {
                // Of an imported file, perhaps: evaluation tells.
                self.arguments(arguments, view);
                return Ty::bad();
            }
            if !matches!(callee.kind, ExprKind::Bad) {
                self.problems.push(names::not_callable(callee.span));
            }
            return Ty::bad();
        };
        if name == AS_TYPE {
            return match typed_argument(arguments) {
                Some((value, ty)) => {
                    let ty = self.written(ty);
                    let want = Want::written(self.sources.text(value.span), ty);
                    self.value(value, view, Some(&want))
                }
                None => self.bad(names::no_type_argument(at)),
            };
        }
        if let Some(function) = self.function(name) {
            return self.own_call(function, arguments, view, at);
        }
        let Some(passed) = self.arguments(arguments, view) else { return Ty::bad() };
        if SECRET_SOURCES.contains(&name.as_str()) {
            return self.bad(crate::problem::lower::secret_source_outside(name, at));
        }
        match functions::find(name) {
            Some(function) => {
                let made = self.library_call(function, &passed, at);
                if name == "reveal" { self.revealed(made, &passed, at) } else { made }
            }
            None => {
                let own = self.function_names().into_iter();
                let all: Vec<&str> = own.chain(functions::names()).collect();
                let near = crate::problem::nearest(name, all);
                self.bad(names::unknown_function(name, callee.span, &near))
            }
        }
    }

    /// What `reveal` gives: no secret, and known when it is sent.
    fn revealed(&mut self, made: Ty, passed: &[Passed<'t>], at: Span) -> Ty {
        let named = |name: &str| passed.iter().find(|it| it.name == Some(name));
        let value = named("value").or_else(|| passed.first().filter(|it| it.name.is_none()));
        let reason = named("reason").or_else(|| passed.get(1).filter(|it| it.name.is_none()));
        let (Some(value), Some(reason)) = (value, reason) else { return made };
        if let Some(ty) = reason.ty.as_ref().map(|ty| self.opened(ty)) {
            let says = matches!(&ty.core, Core::Word(text) if !text.trim().is_empty());
            if !says && !matches!(ty.core, Core::Bad | Core::Words) {
                return self.bad(secrets::no_reason(reason.expr.span));
            }
        }
        if let Some(forbidden) = crate::lower::reveals::forbidden(self.program) {
            return self.bad(secrets::reveal_forbidden(at, forbidden));
        }
        if made.is_bad() || made.is_null() {
            return made;
        }
        // In a function it depends on the call.
        if let Some(ty) = value.ty.as_ref().map(|ty| self.opened(ty))
            && self.inside == 0
            && !ty.secret
            && matches!(ty.core, Core::Scalar(_) | Core::Int(..) | Core::Word(_) | Core::Words)
        {
            self.problems.push(lints::nothing_revealed(value.expr.span, ty.noun()));
        }
        let of = self.sources.text(value.expr.span).into();
        let because = Some((value.expr.span, crate::problem::lower::WITHOUT_SECRETS));
        let (stage, name) = (Stage::Apply, "value".into());
        let why = Rc::new(Why { stage, name, of, at, because, hops: Vec::new() });
        public(made, &why)
    }

    /// The types of arguments; nothing if it cannot be told how many there are.
    fn arguments(&mut self, arguments: &'t [Arg], view: &View<'t>) -> Option<Vec<Passed<'t>>> {
        let (mut passed, mut spread) = (Vec::new(), false);
        for argument in arguments {
            let (name, expr) = match argument {
                Arg::Plain(expr) => (None, expr),
                Arg::Named(name, expr) => (Some(name.text.as_str()), expr),
                Arg::Spread(expr) => {
                    self.value(expr, view, None);
                    spread = true;
                    continue;
                }
            };
            let ty = self.value(expr, view, None);
            passed.push(Passed { name, ty: Some(ty), expr });
        }
        (!spread).then_some(passed)
    }

    fn own_call(&mut self, index: usize, arguments: &'t [Arg], view: &View<'t>, at: Span) -> Ty {
        let In { it: function, scope } = self.function_item(index);
        let Some(bound) = self.bind((function, scope), arguments, view, at) else {
            let result = function.result.as_ref();
            return self.in_scope(scope, |this| result.map_or_else(Ty::bad, |ty| this.written(ty)));
        };
        if self.recursive.contains(&index) {
            return Ty::bad();
        }
        let result = self.in_scope(scope, |this| this.function_result(index, function));
        let is_open = function.params.iter().any(|param| param.ty.is_none());
        let may_look = self.inside < INSIDE_MAX && self.calls < super::CALLS_MAX;
        let mut made = match is_open && may_look {
            false => result,
            true => {
                self.calls += 1;
                self.inside += 1;
                let mut inner = self.in_scope(scope, |this| this.base_view());
                for (param, ty) in function.params.iter().zip(&bound) {
                    inner = inner.with(&param.name.text, ty.clone());
                }
                let found = self.in_scope(scope, |this| this.value(&function.value, &inner, None));
                self.inside -= 1;
                if function.result.is_some() { result } else { found }
            }
        };
        // With what is known of parameters that have types, the body was looked at already.
        for ty in &bound {
            made.late = made.late.or_else(|| ty.late.clone());
            made.secret |= ty.secret;
        }
        made
    }

    /// The types of the parameters at a call, in their order.
    fn bind(
        &mut self,
        (function, scope): (&'t Function, ScopeId),
        arguments: &'t [Arg],
        view: &View<'t>,
        at: Span,
    ) -> Option<Vec<Ty>> {
        let mut bound: Vec<Option<Ty>> = vec![None; function.params.len()];
        let (mut positional, mut sound) = (0, true);
        for argument in arguments {
            let (name, expr) = match argument {
                Arg::Plain(expr) => (None, expr),
                Arg::Named(name, expr) => (Some(name.text.as_str()), expr),
                Arg::Spread(expr) => {
                    self.value(expr, view, None);
                    return None;
                }
            };
            let index = match name {
                Some(name) => function.params.iter().position(|param| param.name.text == name),
                None => {
                    positional += 1;
                    (positional <= bound.len()).then(|| positional - 1)
                }
            };
            let want = index.and_then(|index| {
                let param = &function.params[index];
                let ty = param.ty.as_ref()?;
                let ty = self.in_scope(scope, |this| this.written(ty));
                Some(Want::written(&param.name.text, ty))
            });
            let ty = self.value(expr, view, want.as_ref());
            match index {
                Some(index) if bound[index].is_none() => bound[index] = Some(ty),
                Some(_) | None => {
                    let params: Vec<&str> =
                        function.params.iter().map(|param| param.name.text.as_str()).collect();
                    let own = function.name.text.as_str();
                    self.problems.push(names::wrong_argument(own, &params, name, expr.span));
                    sound = false;
                }
            }
        }
        let mut all = Vec::new();
        for (param, ty) in function.params.iter().zip(bound) {
            all.push(match (ty, &param.default) {
                (Some(ty), _) => ty,
                (None, Some(_)) => match &param.ty {
                    Some(ty) => self.in_scope(scope, |this| this.written(ty)),
                    None => Ty::bad(),
                },
                (None, None) if !sound => Ty::bad(),
                (None, None) => {
                    let (function, param) = (&function.name.text, &param.name.text);
                    self.problems.push(names::missing_argument(function, param, at));
                    sound = false;
                    Ty::bad()
                }
            });
        }
        sound.then_some(all)
    }

    /// What a function gives, whatever it is given.
    fn function_result(&mut self, index: usize, function: &'t Function) -> Ty {
        if let Some(ty) = &function.result {
            return self.written(ty);
        }
        if let Some(known) = self.results.get(&index) {
            return known.clone().unwrap_or_else(Ty::bad);
        }
        self.results.insert(index, None);
        let view = self.parameters(function);
        let found = self.quietly(|this| this.value(&function.value, &view, None));
        let found = Ty { origin: None, ..found };
        self.results.insert(index, Some(found.clone()));
        found
    }

    /// What the body of a function sees, whoever calls it.
    fn parameters(&mut self, function: &'t Function) -> View<'t> {
        let mut view = self.base_view();
        for param in &function.params {
            let ty = param.ty.as_ref().map_or_else(Ty::bad, |ty| self.written(ty));
            view = view.with(&param.name.text, ty);
        }
        view
    }

    /// Looks into a function, called or not.
    pub fn check_function(&mut self, index: usize, function: &'t Function) {
        let mut view = self.base_view();
        for param in &function.params {
            let declared = param.ty.as_ref().map(|ty| self.written(ty));
            if let Some(default) = &param.default {
                let want = declared.clone().map(|ty| Want::written(&param.name.text, ty));
                self.value(default, &view, want.as_ref());
            }
            view = view.with(&param.name.text, declared.unwrap_or_else(Ty::bad));
        }
        let want = function.result.as_ref().map(|ty| {
            let ty = self.written(ty);
            Want::written(&function.name.text, ty).of("result")
        });
        if !self.recursive.contains(&index) {
            self.value(&function.value, &view, want.as_ref());
        }
    }

    /// Where a secret comes from, as far as there is something to check.
    pub fn check_secret(&mut self, secret: &'t crate::syntax::tree::Secret) {
        let name = format!("secret.{}", secret.name.text);
        let keyed = crate::lower::infer::headers::Keyed::Name(&name, secret.name.span);
        let opened = self.header(secret.each.as_ref(), None, &self.base_view(), &keyed);
        self.secret_source(&secret.value, &opened.view);
    }

    fn secret_source(&mut self, value: &'t Expr, view: &View<'t>) {
        match &value.kind {
            ExprKind::Paren(inner) => self.secret_source(inner, view),
            ExprKind::If(condition, yes, no) => {
                self.condition(condition, view);
                let (if_true, if_false) =
                    (self.where_true(condition, view), self.where_false(condition, view));
                self.secret_source(yes, &if_true);
                self.secret_source(no, &if_false);
            }
            ExprKind::Call(_, arguments) => drop(self.arguments(arguments, view)),
            _ => (),
        }
    }

    /// What is inside a list, if it is one.
    pub fn element_of(&mut self, ty: &Ty) -> Ty {
        let ty = self.opened(ty);
        match &ty.core {
            Core::List(of) => Ty { late: of.late.clone().or(ty.late.clone()), ..Ty::clone(of) },
            _ => Ty::bad(),
        }
    }
}

/// The type without its secrets; what they were is known later.
fn public(ty: Ty, why: &Rc<Why>) -> Ty {
    let inner = |of: &Rc<Ty>| Rc::new(public(Ty::clone(of), why));
    let core = match &ty.core {
        Core::List(of) => Core::List(inner(of)),
        Core::Map(key, value) => Core::Map(Rc::clone(key), inner(value)),
        other => other.clone(),
    };
    let late = if ty.secret { Some(Rc::clone(why)) } else { ty.late };
    Ty { core, secret: false, late, ..ty }
}
