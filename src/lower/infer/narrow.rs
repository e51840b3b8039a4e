//! What is known where a condition holds, and where it does not.

use crate::lower::infer::Infer;
use crate::lower::infer::ty::{Core, Ty};
use crate::lower::infer::view::{Fact, View, path_of};
use crate::syntax::tree::{BinaryOp, Expr, ExprKind, TextPart, UnaryOp};

/// Facts where a condition is true, and where it is false.
type Facts = (Vec<Fact>, Vec<Fact>);

impl<'t> Infer<'t> {
    /// What is seen where the condition is true.
    pub fn where_true(&mut self, condition: &'t Expr, view: &View<'t>) -> View<'t> {
        view.knowing(self.facts(condition, view).0)
    }

    /// What is seen where the condition is false.
    pub fn where_false(&mut self, condition: &'t Expr, view: &View<'t>) -> View<'t> {
        view.knowing(self.facts(condition, view).1)
    }

    fn facts(&mut self, condition: &'t Expr, view: &View<'t>) -> Facts {
        match &condition.kind {
            ExprKind::Paren(inner) => self.facts(inner, view),
            ExprKind::Unary(UnaryOp::Not, inner) => {
                let (holds, fails) = self.facts(inner, view);
                (fails, holds)
            }
            ExprKind::Binary(BinaryOp::And, left, right) => {
                let (mut holds, _) = self.facts(left, view);
                let inner = view.knowing(holds.clone());
                holds.extend(self.facts(right, &inner).0);
                (holds, Vec::new())
            }
            ExprKind::Binary(BinaryOp::Or, left, right) => {
                let (_, mut fails) = self.facts(left, view);
                let inner = view.knowing(fails.clone());
                fails.extend(self.facts(right, &inner).1);
                (Vec::new(), fails)
            }
            ExprKind::Binary(BinaryOp::Equal, left, right) => self.equals(left, right, view),
            ExprKind::Binary(BinaryOp::NotEqual, left, right) => {
                let (holds, fails) = self.equals(left, right, view);
                (fails, holds)
            }
            _ => (Vec::new(), Vec::new()),
        }
    }

    fn equals(&mut self, left: &'t Expr, right: &'t Expr, view: &View<'t>) -> Facts {
        match (literal(left), literal(right)) {
            (None, Some(value)) => self.compared(left, &value, view),
            (Some(value), None) => self.compared(right, &value, view),
            (None, None) | (Some(_), Some(_)) => (Vec::new(), Vec::new()),
        }
    }

    /// What follows from `expr == value`, and from its contrary.
    fn compared(&mut self, expr: &'t Expr, value: &Ty, view: &View<'t>) -> Facts {
        let Some(path) = path_of(expr) else { return (Vec::new(), Vec::new()) };
        let ty = self.quietly(|this| this.value(expr, view, None));
        let ty = self.opened(&ty);
        let (mut holds, mut fails) = (Vec::new(), Vec::new());
        if value.is_null() {
            holds.push((path.as_str().into(), Ty { null: ty.null.clone(), ..Ty::null() }));
            fails.push((path.as_str().into(), ty.clone().present()));
            self.bases_exist(expr, view, &mut fails);
            return (holds, fails);
        }
        self.bases_exist(expr, view, &mut holds);
        if let Core::Union(of) = &ty.core {
            let is = |ty: &Ty| same(ty, value);
            let rest: Vec<Ty> = of.iter().filter(|ty| !is(ty)).cloned().collect();
            if rest.len() < of.len() {
                let rest = self.any_of(rest);
                fails.push((path.as_str().into(), Ty { core: rest.core, ..ty.clone() }));
            }
        }
        let core = if ty.is_bad() { Core::Bad } else { value.core.clone() };
        holds.push((path.as_str().into(), Ty { core, ..ty.clone().present() }));
        self.told_by_field(expr, value, view, &mut holds, &mut fails);
        (holds, fails)
    }

    /// `x.kind == "tcp"`: of the objects that `x` can be, those remain whose `kind` can be that.
    fn told_by_field(
        &mut self,
        expr: &'t Expr,
        value: &Ty,
        view: &View<'t>,
        holds: &mut Vec<Fact>,
        fails: &mut Vec<Fact>,
    ) {
        let (ExprKind::Get(base, name) | ExprKind::OptionalGet(base, name)) = &expr.kind else {
            return;
        };
        let Some(path) = path_of(base) else { return };
        let ty = self.quietly(|this| this.value(base, view, None));
        let ty = self.opened(&ty);
        let Core::Union(of) = &ty.core else { return };
        let (mut may, mut may_not) = (Vec::new(), Vec::new());
        for each in of.iter() {
            let each = self.resolved(each);
            let Some(field) = each.field(&name.text) else { return };
            let field = self.resolved(&field.ty);
            let parts = match &field.core {
                Core::Union(of) => of.as_ref().clone(),
                _ => vec![field],
            };
            if parts.iter().any(|part| !matches!(part.core, Core::Word(_)) || same(part, value)) {
                may.push(each.clone());
            }
            if !parts.iter().all(|part| same(part, value)) {
                may_not.push(each);
            }
        }
        for (found, facts) in [(may, holds), (may_not, fails)] {
            let core = match found.as_slice() {
                [] => continue,
                [only] => only.core.clone(),
                _ => Ty::union(found).core,
            };
            facts.insert(0, (path.as_str().into(), Ty { core, ..ty.clone() }));
        }
    }

    /// `a?.b` is something, so `a` is too.
    fn bases_exist(&mut self, expr: &'t Expr, view: &View<'t>, facts: &mut Vec<Fact>) {
        let mut expr = expr;
        while let ExprKind::OptionalGet(base, _) | ExprKind::Get(base, _) = &expr.kind {
            if let (ExprKind::OptionalGet(..), Some(path)) = (&expr.kind, path_of(base)) {
                let ty = self.quietly(|this| this.value(base, view, None));
                facts.insert(0, (path.as_str().into(), ty.present()));
            }
            expr = base;
        }
    }
}

/// The type of a literal that a name can be compared with.
fn literal(expr: &Expr) -> Option<Ty> {
    match &expr.kind {
        ExprKind::Paren(inner) => literal(inner),
        ExprKind::Null => Some(Ty::null()),
        ExprKind::Int(it) => Some(Ty::new(Core::Int(*it, *it))),
        ExprKind::Str(text) => match text.parts.as_slice() {
            [TextPart::Literal(word)] => Some(Ty::word(word)),
            [] => Some(Ty::word("")),
            [..] => None,
        },
        _ => None,
    }
}

/// Whether both are the same literal.
pub(super) fn same(one: &Ty, other: &Ty) -> bool {
    match (&one.core, &other.core) {
        (Core::Word(a), Core::Word(b)) => a == b,
        (Core::Int(a, b), Core::Int(c, d)) => a == b && a == c && b == d,
        _ => false,
    }
}
