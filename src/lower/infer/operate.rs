//! What operators take and give: nothing converts but an int to a float.

use crate::lower::infer::Infer;
use crate::lower::infer::ty::{Core, Scalar, Ty};
use crate::lower::infer::view::View;
use crate::lower::operators::sign;
use crate::problem::{infer as problem, lints, types};
use crate::syntax::tree::{BinaryOp, Expr};

impl<'t> Infer<'t> {
    /// A binary operator; `??` is looked at elsewhere.
    pub fn binary(&mut self, op: BinaryOp, left: &'t Expr, right: &'t Expr, view: &View<'t>) -> Ty {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let one = self.condition(left, view);
                let inner = match op {
                    BinaryOp::And => self.where_true(left, view),
                    _ => self.where_false(left, view),
                };
                let other = self.condition(right, &inner);
                Ty::bool().after(&one).after(&other)
            }
            _ => {
                let (a, b) = (self.value(left, view, None), self.value(right, view, None));
                self.operated(op, (&a, left), (&b, right), view.lenient)
            }
        }
    }

    /// `a < b <= c`
    pub fn chain(&mut self, first: &'t Expr, rest: &'t [(BinaryOp, Expr)], view: &View<'t>) -> Ty {
        let (mut left, mut left_expr) = (self.value(first, view, None), first);
        let mut made = Ty::bool().after(&left);
        for (op, operand) in rest {
            let right = self.value(operand, view, None);
            let ty = self.operated(*op, (&left, left_expr), (&right, operand), view.lenient);
            made = made.after(&ty);
            (left, left_expr) = (right, operand);
        }
        made
    }

    fn operated(
        &mut self,
        op: BinaryOp,
        (left, left_expr): (&Ty, &Expr),
        (right, right_expr): (&Ty, &Expr),
        lenient: bool,
    ) -> Ty {
        let (a, b) = (self.opened(left), self.opened(right));
        let made = |core: Core| Ty::new(core).after(&a).after(&b);
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            self.comparable(op, (&a, left_expr), (&b, right_expr));
            let known = a.is_null() || b.is_null();
            let it = made(Core::Scalar(Scalar::Bool));
            return Ty { secret: it.secret && !known, ..it };
        }
        let unknown = |ty: &Ty| ty.is_bad() || ty.secret || matches!(ty.core, Core::Text);
        for (ty, expr) in [(&a, left_expr), (&b, right_expr)] {
            let is_list = op == BinaryOp::In && matches!(b.core, Core::List(_));
            if let Some(absence) = ty.null.clone().filter(|_| !unknown(ty) && !is_list && !lenient)
            {
                let written = self.sources.text(expr.span).to_owned();
                let text = "cannot compute with null";
                let problem = match ty.is_null() {
                    true => types::may_be_null(expr.span, text),
                    false => self.null_problem(ty, &absence, expr.span, text, Some(&written)),
                };
                return self.bad(problem);
            }
            if matches!(ty.core, Core::Data) {
                let text = format!("`{}` needs a type", sign(op));
                return self.bad(problem::untyped(expr.span, &text));
            }
        }
        let result = match op {
            BinaryOp::In => within(&a, &b),
            _ if unknown(&a) || unknown(&b) => Some(result_of_unknown(op)),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                ordered(&a, &b).then_some(Core::Scalar(Scalar::Bool))
            }
            _ => arithmetic(op, &a.core, &b.core),
        };
        match result {
            Some(core) => made(core),
            None => self.bad(types::wrong_operands(
                sign(op),
                (left_expr.span, a.noun()),
                (right_expr.span, b.noun()),
            )),
        }
    }

    /// Values of different types are never equal; a literal that is none of the choices is told.
    fn comparable(&mut self, op: BinaryOp, (a, left): (&Ty, &Expr), (b, right): (&Ty, &Expr)) {
        for ((ty, _), (other, expr)) in [((a, left), (b, right)), ((b, right), (a, left))] {
            let (Core::Word(word), Core::Union(of)) = (&other.core, &ty.core) else { continue };
            let words = of.iter().map(|ty| match &ty.core {
                Core::Word(word) => Some(word.to_string()),
                _ => None,
            });
            let Some(words) = words.collect::<Option<Vec<String>>>() else { continue };
            if !words.iter().any(|it| **it == **word) {
                let problem = lints::never_equal(expr.span, sign(op), word, &words);
                self.problems.push(problem);
            }
        }
    }
}

fn result_of_unknown(op: BinaryOp) -> Core {
    match op {
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            Core::Scalar(Scalar::Bool)
        }
        _ => Core::Bad,
    }
}

fn within(part: &Ty, whole: &Ty) -> Option<Core> {
    let open = |ty: &Ty| {
        ty.is_bad() || ty.secret || matches!(ty.core, Core::Union(_) | Core::Text | Core::Never)
    };
    let fits = open(part)
        || open(whole)
        || match (&part.core, &whole.core) {
            (_, Core::List(_)) => true,
            (Core::Scalar(Scalar::Ip), Core::Scalar(Scalar::Cidr)) => true,
            (Core::Word(_) | Core::Words, Core::Scalar(Scalar::Cidr)) => true,
            (Core::Int(..), Core::Scalar(Scalar::PortRange | Scalar::Port)) => true,
            (Core::Scalar(Scalar::Port), Core::Scalar(Scalar::PortRange | Scalar::Port)) => true,
            (Core::Scalar(scalar), Core::Scalar(Scalar::Cidr)) => scalar.is_text(),
            (Core::Word(_) | Core::Words | Core::Int(..), Core::Map(..) | Core::Object(_)) => true,
            (Core::Scalar(scalar), Core::Map(..) | Core::Object(_)) => {
                scalar.is_text() || *scalar == Scalar::Port
            }
            _ => false,
        };
    fits.then_some(Core::Scalar(Scalar::Bool))
}

fn ordered(a: &Ty, b: &Ty) -> bool {
    let class = |core: &Core| match core {
        Core::Int(..) | Core::Scalar(Scalar::Float) => Some(0),
        Core::Scalar(Scalar::Port) => Some(0),
        Core::Scalar(Scalar::Size) => Some(1),
        Core::Scalar(Scalar::Duration) => Some(2),
        Core::Scalar(Scalar::Ip) => Some(3),
        Core::Word(_) | Core::Words => Some(4),
        Core::Scalar(scalar) if scalar.is_text() => Some(4),
        Core::Union(_) | Core::Never => Some(9),
        _ => None,
    };
    match (class(&a.core), class(&b.core)) {
        (Some(9), Some(_)) | (Some(_), Some(9)) => true,
        (Some(one), Some(other)) => one == other,
        (None, _) | (_, None) => false,
    }
}

fn arithmetic(op: BinaryOp, a: &Core, b: &Core) -> Option<Core> {
    let is_number =
        |core: &Core| matches!(core, Core::Int(..) | Core::Scalar(Scalar::Float | Scalar::Port));
    let adds = matches!(op, BinaryOp::Add | BinaryOp::Subtract);
    let scales = matches!(op, BinaryOp::Multiply | BinaryOp::Divide);
    let quantity = |core: &Core| match core {
        Core::Scalar(it @ (Scalar::Size | Scalar::Duration)) => Some(*it),
        _ => None,
    };
    Some(match (a, b) {
        (Core::Union(_) | Core::Never, _) | (_, Core::Union(_) | Core::Never) => Core::Bad,
        (
            Core::Int(..) | Core::Scalar(Scalar::Port),
            Core::Int(..) | Core::Scalar(Scalar::Port),
        ) => Core::Int(i64::MIN, i64::MAX),
        _ if is_number(a) && is_number(b) => Core::Scalar(Scalar::Float),
        _ => match (quantity(a), quantity(b)) {
            (Some(one), Some(other)) if one == other && adds => Core::Scalar(one),
            (Some(one), None) if scales && is_number(b) => Core::Scalar(one),
            (None, Some(one)) if op == BinaryOp::Multiply && is_number(a) => Core::Scalar(one),
            _ => return None,
        },
    })
}
