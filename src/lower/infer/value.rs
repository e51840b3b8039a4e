//! The type of an expression: what is expected is handed down, the rest is found out.

use crate::lower::infer::Infer;
use crate::lower::infer::join::Clash;
use crate::lower::infer::told::{Want, carried};
use crate::lower::infer::ty::{Core, Scalar, Ty};
use crate::lower::infer::view::{View, path_of};
use crate::problem::{infer as problem, names, types};
use crate::source::Span;
use crate::syntax::tree::{BinaryOp, Element, Expr, ExprKind, Text, TextPart, UnaryOp};

impl<'t> Infer<'t> {
    /// The type of an expression, checked against what is expected.
    pub fn value(&mut self, expr: &'t Expr, view: &View<'t>, want: Option<&Want>) -> Ty {
        if self.depth >= super::DEPTH_MAX {
            return Ty::bad();
        }
        self.depth += 1;
        let ty = self.value_within(expr, view, want);
        self.depth -= 1;
        ty
    }

    fn value_within(&mut self, expr: &'t Expr, view: &View<'t>, want: Option<&Want>) -> Ty {
        match &expr.kind {
            ExprKind::Paren(inner) => return self.value(inner, view, want),
            ExprKind::If(condition, yes, no) => {
                return self.branch((condition, yes, no), view, want);
            }
            ExprKind::Match(value, arms) => return self.matched(expr, value, arms, view, want),
            ExprKind::Binary(BinaryOp::Coalesce, left, right) => {
                return self.coalesce(left, right, view, want);
            }
            _ => (),
        }
        if let Some(want) = want
            && let Some(ty) = self.pushed(expr, view, want)
        {
            return ty;
        }
        let ty = self.found(expr, view, want);
        match want {
            Some(want) => self.fit(&ty, want, expr.span),
            None => ty,
        }
    }

    /// Literals with parts, each checked against the part that is expected.
    fn pushed(&mut self, expr: &'t Expr, view: &View<'t>, want: &Want) -> Option<Ty> {
        let wanted = self.resolved(&want.ty);
        let parts = match &wanted.core {
            Core::Union(of) => of.as_ref().clone(),
            _ => vec![wanted],
        };
        let mut same = Vec::new();
        for part in parts {
            let part = self.resolved(&part);
            let fits = match (&expr.kind, &part.core) {
                (ExprKind::List(_), Core::List(_)) => true,
                (ExprKind::Object(_), Core::Object(_) | Core::Map(..)) => true,
                (ExprKind::Comprehension(it), Core::List(_)) => it.key.is_none(),
                (ExprKind::Comprehension(it), Core::Map(..)) => it.key.is_some(),
                _ => false,
            };
            if fits {
                same.push(part);
            }
        }
        let [part] = same.as_slice() else { return None };
        let part = want.like(part.clone());
        Some(match &expr.kind {
            ExprKind::List(elements) => {
                let Core::List(of) = &part.ty.core else { return None };
                let element = part.element(Ty::clone(of));
                let found = self.list(elements, expr.span, view, Some(&element));
                carried(&part.ty, &found)
            }
            ExprKind::Object(body) => self.object(body, view, Some(&part)),
            ExprKind::Comprehension(it) => self.comprehension(it, view, Some(&part)),
            _ => return None,
        })
    }

    /// The type of an expression of which nothing is expected.
    fn found(&mut self, expr: &'t Expr, view: &View<'t>, want: Option<&Want>) -> Ty {
        let at = expr.span;
        match &expr.kind {
            ExprKind::Null => Ty::null().at(at),
            ExprKind::Bool(_) => Ty::bool().at(at),
            ExprKind::Int(it) => Ty::new(Core::Int(*it, *it)).at(at),
            ExprKind::Float(_) => Ty::scalar(Scalar::Float).at(at),
            ExprKind::Size(_) => Ty::scalar(Scalar::Size).at(at),
            ExprKind::Duration(_) => Ty::scalar(Scalar::Duration).at(at),
            ExprKind::Ip(_) => Ty::scalar(Scalar::Ip).at(at),
            ExprKind::Cidr(..) => Ty::scalar(Scalar::Cidr).at(at),
            ExprKind::Port(..) => Ty::scalar(Scalar::Port).at(at),
            ExprKind::PortRange(..) => Ty::scalar(Scalar::PortRange).at(at),
            ExprKind::Str(text) => self.string(text, view).at(at),
            ExprKind::Name(name) => self.name(name, view, at),
            ExprKind::List(elements) => self.list(elements, at, view, None),
            ExprKind::Object(body) => self.object(body, view, None),
            ExprKind::Comprehension(it) => self.comprehension(it, view, None),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, view).at(at),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, view).at(at),
            ExprKind::Chain(first, rest) => self.chain(first, rest, view).at(at),
            ExprKind::Get(base, name) => self.get(expr, base, name, view, false, want),
            ExprKind::OptionalGet(base, name) => self.get(expr, base, name, view, true, want),
            ExprKind::Index(base, index) => self.index(expr, base, index, view),
            ExprKind::Call(callee, arguments) => self.call(callee, arguments, view, at).at(at),
            ExprKind::Type(it) => self.value(&it.0, view, None),
            ExprKind::Paren(_) | ExprKind::If(..) | ExprKind::Match(..) | ExprKind::Bad => {
                Ty::bad()
            }
        }
    }

    /// A bare name: innermost first, kinds last.
    fn name(&mut self, name: &'t str, view: &View<'t>, at: Span) -> Ty {
        if view.has_any() {
            if let Some(known) = view.fact(name) {
                return known.clone();
            }
            if let Some(ty) = view.get(name) {
                return ty.clone();
            }
        }
        if let Some(ty) = self.named_ty(name, at) {
            return ty;
        }
        match (name, crate::kinds::find(name)) {
            ("secret", _) => Ty::new(Core::Secrets),
            ("tenant", _) => Ty::bad(),
            (_, Some(kind)) => Ty::new(Core::Kind(kind.schema().kind)),
            ("owner", None) => self.bad(names::no_owner(at)),
            (_, None) => {
                let bare = self.bare_names().into_iter().chain(view.names());
                let kinds = crate::kinds::all().keys().copied();
                let all: Vec<&str> = bare.chain(kinds).chain(["self", "secret", "all"]).collect();
                let near = crate::problem::nearest(name, all);
                let is_function = self.function(name).is_some();
                let declared = near.first().and_then(|near| self.declared_at(near));
                let whole = self.program.with_kind(self.scope, name);
                let near = (near.as_slice(), declared);
                self.bad(names::unknown_name(name, at, &whole, near, is_function))
            }
        }
    }

    fn string(&mut self, text: &'t Text, view: &View<'t>) -> Ty {
        match text.parts.as_slice() {
            [] => return Ty::word(""),
            [TextPart::Literal(literal)] => return Ty::word(literal),
            [..] => (),
        }
        let mut made = Ty::string();
        for part in &text.parts {
            let TextPart::Hole(hole) = part else { continue };
            let ty = self.value(hole, view, None);
            let ty = self.opened(&ty);
            if let Some(absence) = ty.null.clone().filter(|_| !ty.is_bad() && !view.lenient) {
                let problem = match ty.is_null() {
                    true => types::not_text(hole.span, "null"),
                    false => {
                        let written = self.sources.text(hole.span).to_owned();
                        let text = "null cannot be put into text";
                        self.null_problem(&ty, &absence, hole.span, text, Some(&written))
                    }
                };
                self.problems.push(problem);
            }
            match &ty.core {
                Core::List(_) | Core::Map(..) | Core::Object(_) | Core::Ref(_) => {
                    self.problems.push(types::not_text(hole.span, ty.noun()));
                }
                _ => (),
            }
            made = made.after(&ty);
        }
        made
    }

    fn unary(&mut self, op: UnaryOp, operand: &'t Expr, view: &View<'t>) -> Ty {
        match op {
            UnaryOp::Not => self.condition(operand, view),
            UnaryOp::Negate => {
                let ty = self.value(operand, view, None);
                let ty = self.resolved(&ty);
                let core = match &ty.core {
                    Core::Int(low, high) => Core::Int(high.saturating_neg(), low.saturating_neg()),
                    Core::Bad | Core::Data | Core::Union(_) | Core::Text => Core::Bad,
                    Core::Scalar(Scalar::Float) => Core::Scalar(Scalar::Float),
                    Core::Scalar(Scalar::Port) => Ty::int().core,
                    _ if ty.secret => Core::Bad,
                    _ => {
                        self.problems.push(types::cannot_negate(operand.span, ty.noun()));
                        Core::Bad
                    }
                };
                Ty::new(core).after(&ty)
            }
        }
    }

    /// The type of something that must be true or false.
    pub fn condition(&mut self, expr: &'t Expr, view: &View<'t>) -> Ty {
        let ty = self.value(expr, view, None);
        let opened = self.opened(&ty);
        if let Some(absence) = opened.null.clone().filter(|_| !opened.is_bad()) {
            let text = "this may be null, not true or false";
            let written = self.sources.text(expr.span).to_owned();
            let problem = self.null_problem(&opened, &absence, expr.span, text, Some(&written));
            return self.bad(problem);
        }
        match &opened.core {
            Core::Scalar(Scalar::Bool) | Core::Bad | Core::Never | Core::Union(_) => {
                Ty::bool().after(&ty)
            }
            Core::Data => self.bad(problem::untyped(expr.span, "a condition needs true or false")),
            _ => self.bad(types::not_a_bool(expr.span, opened.noun())),
        }
    }

    fn branch(
        &mut self,
        (condition, yes, no): (&'t Expr, &'t Expr, &'t Expr),
        view: &View<'t>,
        want: Option<&Want>,
    ) -> Ty {
        let decides = self.condition(condition, view);
        let (if_true, if_false) =
            (self.where_true(condition, view), self.where_false(condition, view));
        let want = want.map(|want| Want { branch: true, ..want.clone() });
        let one = self.value(yes, &if_true, want.as_ref());
        let other = self.value(no, &if_false, want.as_ref());
        let joined = self.of_branches(&one, &other, yes.span, no.span, want.is_some());
        let secret = joined.secret || decides.secret;
        Ty { late: joined.late.or(decides.late), secret, ..joined }
    }

    /// The type of two branches; without anything in common that is a problem.
    pub fn of_branches(
        &mut self,
        one: &Ty,
        other: &Ty,
        one_at: Span,
        other_at: Span,
        wanted: bool,
    ) -> Ty {
        match self.joined(one, other) {
            Ok(ty) => ty,
            Err(_) if wanted => one.clone(),
            Err(clash) => {
                let Clash { path, one, other } = *clash;
                let problem = problem::branches_differ(&problem::Branches {
                    name: path.last().map(String::as_str),
                    at: other_at,
                    noun: other.noun(),
                    shown: &other.shown(),
                    origin: other.origin.filter(|origin| *origin != other_at),
                    other: one.noun(),
                    other_at: Some(one.origin.unwrap_or(one_at)),
                    other_is_type: false,
                    help: None,
                    rest_agrees: false,
                });
                self.bad(problem)
            }
        }
    }

    fn coalesce(
        &mut self,
        left: &'t Expr,
        right: &'t Expr,
        view: &View<'t>,
        want: Option<&Want>,
    ) -> Ty {
        let nullable = want.map(|want| {
            let ty = want.ty.clone().or_null(crate::lower::infer::ty::Absence::Plain);
            want.like(ty)
        });
        let one = self.value(left, view, nullable.as_ref());
        let other = self.value(right, view, want);
        if one.null.is_none() && !one.is_bad() {
            return one;
        }
        let present = one.present();
        let joined = match self.joined(&present, &other) {
            Ok(joined) => joined,
            Err(_) => self.any_of(vec![present, other.clone()]),
        };
        Ty { null: other.null, ..joined }
    }

    /// A list; each element is checked against what is expected of it.
    pub fn list(
        &mut self,
        elements: &'t [Element],
        at: Span,
        view: &View<'t>,
        want: Option<&Want>,
    ) -> Ty {
        let mut types = Vec::new();
        for element in elements {
            match element {
                Element::One(expr) => types.push(self.value(expr, view, want)),
                Element::Spread(expr) => {
                    let ty = self.value(expr, view, None);
                    let ty = self.opened(&ty);
                    match &ty.core {
                        Core::List(of) => {
                            let of = Ty { late: of.late.clone().or(ty.late), ..Ty::clone(of) };
                            types.push(match want {
                                Some(want) => self.fit(&of, want, expr.span),
                                None => of,
                            });
                        }
                        Core::Never => (),
                        Core::Bad | Core::Data | Core::Union(_) | Core::Text => {
                            types.push(Ty::bad());
                        }
                        _ => {
                            let noun = ty.noun();
                            self.problems.push(types::cannot_spread(expr.span, "a list", noun));
                        }
                    }
                }
            }
        }
        let of = self.any_of(types);
        Ty::list(Ty { origin: None, ..of }).at(at)
    }

    /// What is known of a path at this place.
    pub fn known_fact(&self, expr: &Expr, view: &View<'t>) -> Option<Ty> {
        match view.has_any() {
            true => view.fact(&path_of(expr)?).cloned(),
            false => None,
        }
    }
}
