//! `match`: every value has an arm, and every arm a value.

use crate::lower::infer::Infer;
use crate::lower::infer::narrow::same;
use crate::lower::infer::told::Want;
use crate::lower::infer::ty::{Core, Scalar, Ty};
use crate::lower::infer::view::{View, path_of};
use crate::problem::{infer as problem, lints};
use crate::source::Span;
use crate::syntax::tree::{Arm, Expr, ExprKind};

/// One value that is not covered by an arm yet.
#[derive(Clone)]
enum Case {
    Null,
    True,
    False,
    /// A literal, or one of several types.
    One(Ty),
}

impl<'t> Infer<'t> {
    /// The type of a `match`.
    pub fn matched(
        &mut self,
        expr: &'t Expr,
        value: &'t Expr,
        arms: &'t [Arm],
        view: &View<'t>,
        want: Option<&Want>,
    ) -> Ty {
        let ty = self.value(value, view, None);
        let ty = self.opened(&ty);
        // Of a single literal, evaluation says which arm it takes.
        let ty = if is_literal(&ty) { Ty::bad().after(&ty) } else { ty };
        let mut left = cases(&ty);
        let (mut ended, mut null_taken) = (None::<Span>, false);
        let mut result: Option<(Ty, Span)> = None;
        let want = want.map(|want| Want { branch: true, ..want.clone() });
        for arm in arms {
            let place = arm_place(arm);
            if let Some(end) = ended {
                self.problems.push(lints::unreachable_arm(place, end));
            }
            let seen = if null_taken { ty.clone().present() } else { ty.clone() };
            let inner = self.arm_view(&seen, value, arm, &mut left, view);
            null_taken |= arm.patterns.iter().any(|it| matches!(it.kind, ExprKind::Null));
            if arm.patterns.is_empty() {
                ended = ended.or(Some(place));
            }
            let one = self.value(&arm.value, &inner, want.as_ref());
            result = Some(match result {
                None => (one, arm.value.span),
                Some((all, at)) => {
                    let span = arm.value.span;
                    (self.of_branches(&all, &one, at, span, want.is_some()), span)
                }
            });
        }
        if ended.is_none() && !ty.is_bad() && !ty.secret {
            self.uncovered(expr, value, &ty, left);
        }
        let (found, _) = result.unwrap_or((Ty::bad(), expr.span));
        Ty { late: found.late.clone().or(ty.late), secret: found.secret || ty.secret, ..found }
    }

    /// Takes the values of an arm away from those that are left, and sees what they say.
    fn arm_view(
        &mut self,
        ty: &Ty,
        value: &'t Expr,
        arm: &'t Arm,
        left: &mut Option<Vec<Case>>,
        view: &View<'t>,
    ) -> View<'t> {
        let mut found = Vec::new();
        for pattern in &arm.patterns {
            let of = self.value(pattern, view, None);
            if !ty.is_bad() {
                self.pattern(ty, &of, pattern, left);
            }
            found.push(of);
        }
        let Some(path) = path_of(value) else { return view.clone() };
        let core = match arm.patterns.is_empty() {
            false => {
                let any = self.any_of(found);
                Ty { late: ty.late.clone(), ..any }
            }
            true => match left {
                Some(left) => of_cases(left, ty),
                None => ty.clone(),
            },
        };
        if ty.is_bad() {
            return view.clone();
        }
        view.knowing(vec![(path.into(), core)])
    }

    fn pattern(&mut self, ty: &Ty, of: &Ty, pattern: &Expr, left: &mut Option<Vec<Case>>) {
        let Some(left) = left else {
            // Any number of values is left; whether one can be this is all there is to see.
            let fits = of.is_null() && ty.null.is_some() || self.may_equal(ty, of);
            if !fits && !of.is_bad() {
                let (noun, shown) = (ty.noun(), of.shown());
                self.problems.push(lints::never_matches(pattern.span, &shown, noun, &[]));
            }
            return;
        };
        let before = left.len();
        left.retain(|case| match (case, &pattern.kind) {
            (Case::Null, ExprKind::Null) => false,
            (Case::True, ExprKind::Bool(true)) | (Case::False, ExprKind::Bool(false)) => false,
            (Case::One(one), _) => !same(one, of),
            (Case::Null | Case::True | Case::False, _) => true,
        });
        if left.len() == before {
            let all = cases(ty).unwrap_or_default();
            let all: Vec<String> = all.iter().map(Case::shown).collect();
            let (noun, shown) = (ty.noun(), shown_pattern(of, pattern));
            self.problems.push(lints::never_matches(pattern.span, &shown, noun, &all));
        }
    }

    fn may_equal(&mut self, ty: &Ty, of: &Ty) -> bool {
        let present = ty.clone().present();
        of.is_null() && ty.null.is_some()
            || self.fits(of, &present, false).is_ok()
            || matches!((&ty.core, &of.core), (Core::Scalar(Scalar::Float), Core::Int(..)))
    }

    fn uncovered(&mut self, expr: &Expr, value: &Expr, ty: &Ty, left: Option<Vec<Case>>) {
        let left: Vec<String> = match left {
            Some(left) => left.iter().map(Case::shown).collect(),
            None => vec![],
        };
        let open = cases(ty).is_none();
        if open || !left.is_empty() {
            let noun = ty.noun();
            let declared = self.declared_of(value);
            let problem = problem::arms_missing(value.span, noun, &left, declared, expr.span);
            self.problems.push(problem);
        }
    }

    /// Where the type of a value is written, if it is one with a name.
    fn declared_of(&mut self, value: &Expr) -> Option<Span> {
        let ExprKind::Name(name) = &value.kind else { return None };
        match self.bare(name)? {
            super::Bare::Library(_) => None,
            super::Bare::Let(index) => self.let_item(index).it.ty.as_ref().map(|ty| ty.span),
            super::Bare::Input(index) => self.input_item(index).it.ty.as_ref().map(|ty| ty.span),
        }
    }
}

impl Case {
    fn shown(&self) -> String {
        match self {
            Case::Null => "null".to_owned(),
            Case::True => "true".to_owned(),
            Case::False => "false".to_owned(),
            Case::One(ty) => ty.shown(),
        }
    }
}

/// One value that is written in the manifest.
fn is_literal(ty: &Ty) -> bool {
    let single = match &ty.core {
        Core::Word(_) | Core::Words => true,
        Core::Int(low, high) => low == high,
        _ => false,
    };
    single && ty.declared.is_none()
}

fn shown_pattern(of: &Ty, pattern: &Expr) -> String {
    match &pattern.kind {
        ExprKind::Bool(it) => it.to_string(),
        ExprKind::Null => "null".to_owned(),
        _ => of.shown(),
    }
}

/// Every value that there is, if they can be counted.
fn cases(ty: &Ty) -> Option<Vec<Case>> {
    let mut all = match &ty.core {
        Core::Scalar(Scalar::Bool) => vec![Case::True, Case::False],
        Core::Word(_) => vec![Case::One(ty.clone().present())],
        Core::Union(of) => {
            let mut all = Vec::new();
            for ty in of.iter() {
                all.extend(cases(ty)?);
            }
            all
        }
        Core::Int(low, high) if low == high => vec![Case::One(ty.clone().present())],
        Core::Never if ty.null.is_some() => Vec::new(),
        _ => return None,
    };
    if ty.null.is_some() {
        all.push(Case::Null);
    }
    Some(all)
}

/// The type of the values that are left.
fn of_cases(left: &[Case], ty: &Ty) -> Ty {
    let mut core = Vec::new();
    for case in left {
        match case {
            Case::Null => (),
            Case::True | Case::False => core.push(Ty::bool()),
            Case::One(one) => core.push(one.clone()),
        }
    }
    let null = ty.null.clone().filter(|_| left.iter().any(|case| matches!(case, Case::Null)));
    let core = match core.as_slice() {
        [] => Core::Never,
        [only] => only.core.clone(),
        _ if matches!(ty.core, Core::Scalar(_)) => ty.core.clone(),
        _ => Ty::union(core).core,
    };
    Ty { core, null, ..ty.clone() }
}

fn arm_place(arm: &Arm) -> Span {
    let first = arm.patterns.first().map_or(arm.value.span, |pattern| pattern.span);
    first.to(arm.value.span)
}
