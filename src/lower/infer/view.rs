//! What is seen at a place: loop variables, parameters, and what conditions say about names.

use std::rc::Rc;

use crate::lower::infer::ty::Ty;
use crate::syntax::tree::{Expr, ExprKind};

/// What an expression sees beyond the names of the module.
#[derive(Clone, Default)]
pub(super) struct View<'t> {
    seen: Option<Rc<Seen<'t>>>,
    /// It is an expression of a schema, which reads what may not be there.
    pub lenient: bool,
    /// It is an expression of a service: what its apps have is only known of each of them.
    pub of_service: bool,
}

struct Seen<'t> {
    what: What<'t>,
    ty: Ty,
    outer: Option<Rc<Seen<'t>>>,
}

enum What<'t> {
    /// A loop variable or a parameter.
    Name(&'t str),
    /// A name with attributes, of which a condition says something: `p.cores`.
    Fact(Rc<str>),
}

/// What a condition says about a name.
pub(super) type Fact = (Rc<str>, Ty);

impl<'t> View<'t> {
    /// What an expression of a schema sees.
    pub fn of_schema() -> View<'t> {
        View { lenient: true, ..View::default() }
    }

    /// The same for the expressions of a service.
    pub fn in_service(self) -> View<'t> {
        View { of_service: true, ..self }
    }

    /// The same with one more name.
    pub fn with(&self, name: &'t str, ty: Ty) -> View<'t> {
        match name {
            "_" => self.clone(),
            _ => self.more(What::Name(name), ty),
        }
    }

    /// The same where these facts hold.
    pub fn knowing(&self, facts: Vec<Fact>) -> View<'t> {
        let start = self.clone();
        facts.into_iter().fold(start, |view, (path, ty)| view.more(What::Fact(path), ty))
    }

    fn more(&self, what: What<'t>, ty: Ty) -> View<'t> {
        let seen = Rc::new(Seen { what, ty, outer: self.seen.clone() });
        View { seen: Some(seen), ..self.clone() }
    }

    /// The type of a loop variable or parameter.
    pub fn get(&self, name: &str) -> Option<&Ty> {
        self.all().find_map(|seen| match &seen.what {
            What::Name(other) if *other == name => Some(&seen.ty),
            What::Name(_) | What::Fact(_) => None,
        })
    }

    /// What is known about a path, unless its first name means something else by now.
    pub fn fact(&self, path: &str) -> Option<&Ty> {
        let root = path.split(['.', '[']).next().unwrap_or_default();
        for seen in self.all() {
            match &seen.what {
                What::Name(name) if *name == root => return None,
                What::Fact(known) if **known == *path => return Some(&seen.ty),
                What::Name(_) | What::Fact(_) => (),
            }
        }
        None
    }

    /// Something is seen at all.
    pub fn has_any(&self) -> bool {
        self.seen.is_some()
    }

    /// Every loop variable and parameter, innermost first.
    pub fn names(&self) -> impl Iterator<Item = &'t str> {
        self.all().filter_map(|seen| match seen.what {
            What::Name(name) => Some(name),
            What::Fact(_) => None,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Seen<'t>> {
        std::iter::successors(self.seen.as_deref(), |seen| seen.outer.as_deref())
    }
}

/// `p.cores` for a name with attributes; nothing for what has no such name.
pub(super) fn path_of(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Paren(inner) => path_of(inner),
        ExprKind::Get(base, name) | ExprKind::OptionalGet(base, name) => {
            Some(format!("{}.{}", path_of(base)?, name.text))
        }
        ExprKind::Index(base, index) => match &index.kind {
            ExprKind::Str(text) => match text.parts.as_slice() {
                [crate::syntax::tree::TextPart::Literal(key)] => {
                    Some(format!("{}[\"{key}\"]", path_of(base)?))
                }
                [] | [..] => None,
            },
            ExprKind::Int(number) => Some(format!("{}[{number}]", path_of(base)?)),
            _ => None,
        },
        _ => None,
    }
}
