//! The least type that two values have in common.

use std::rc::Rc;

use crate::lower::infer::Infer;
use crate::lower::infer::ty::{Absence, Core, Field, Refs, Scalar, Shape, Ty};

/// With more literals than this it is no longer told which ones they are.
const WORDS_MAX: usize = 64;

/// Words that stand beside values of other types.
const BESIDE: [&str; 2] = ["auto", "dhcp"];

/// Two types without anything in common.
pub(super) struct Clash {
    /// Names of fields on the way to them.
    pub path: Vec<String>,
    /// The one.
    pub one: Ty,
    /// The other.
    pub other: Ty,
}

type Joined = Result<Ty, Box<Clash>>;

impl<'t> Infer<'t> {
    /// The type of a value that is the one or the other.
    pub fn joined(&mut self, one: &Ty, other: &Ty) -> Joined {
        let null = match (&one.null, &other.null) {
            (Some(Absence::Plain), Some(told)) => Some(told.clone()),
            (null, more) => null.clone().or_else(|| more.clone()),
        };
        let late = one.late.clone().or_else(|| other.late.clone());
        let core = self.joined_core(one, other)?;
        let origin = one.origin.filter(|_| one.origin == other.origin);
        let declared = one.declared.or(other.declared);
        Ok(Ty { core, null, secret: one.secret || other.secret, late, origin, declared })
    }

    fn joined_core(&mut self, one: &Ty, other: &Ty) -> Result<Core, Box<Clash>> {
        let clash = || {
            let (one, other) = (one.clone(), other.clone());
            Err(Box::new(Clash { path: Vec::new(), one, other }))
        };
        Ok(match (&one.core, &other.core) {
            (Core::Bad, _) | (_, Core::Bad) => Core::Bad,
            (Core::Never, core) | (core, Core::Never) => core.clone(),
            (Core::Data, _) | (_, Core::Data) => Core::Bad,
            (Core::Alias(a), Core::Alias(b)) if a == b => one.core.clone(),
            (Core::Alias(_), _) | (_, Core::Alias(_)) => {
                let (one, other) = (self.resolved(one), self.resolved(other));
                return self.joined_core(&one, &other);
            }
            (Core::Int(a, b), Core::Int(c, d)) => Core::Int(*a.min(c), *b.max(d)),
            (Core::Int(..) | Core::Scalar(Scalar::Float), Core::Scalar(Scalar::Float))
            | (Core::Scalar(Scalar::Float), Core::Int(..)) => Core::Scalar(Scalar::Float),
            (Core::Scalar(Scalar::Port), Core::Int(..))
            | (Core::Int(..), Core::Scalar(Scalar::Port)) => Core::Scalar(Scalar::Port),
            (Core::Scalar(a), Core::Scalar(b)) if a == b => one.core.clone(),
            (a, b) if is_text(a) && is_text(b) => joined_text(one, other),
            (Core::Word(word), _) | (_, Core::Word(word)) if BESIDE.contains(&&**word) => {
                return Ok(added(one, other));
            }
            (Core::Union(_), _) | (_, Core::Union(_)) => return Ok(added(one, other)),
            (Core::List(a), Core::List(b)) => {
                Core::List(Rc::new(self.any_of(vec![Ty::clone(a), Ty::clone(b)])))
            }
            (Core::Map(k, v), Core::Map(l, w)) => {
                let key = self.any_of(vec![Ty::clone(k), Ty::clone(l)]);
                let value = self.any_of(vec![Ty::clone(v), Ty::clone(w)]);
                Core::Map(Rc::new(key), Rc::new(value))
            }
            (Core::Object(a), Core::Object(b)) => Core::Object(Rc::new(self.joined_shape(a, b)?)),
            (Core::Object(_), Core::Map(..)) | (Core::Map(..), Core::Object(_)) => {
                let (one, other) = (self.as_map(one), self.as_map(other));
                return self.joined_core(&one, &other);
            }
            (Core::Ref(a), Core::Ref(b)) => Core::Ref(joined_refs(a, b)),
            (Core::Kind(_) | Core::Secrets, _) | (_, Core::Kind(_) | Core::Secrets) => Core::Bad,
            _ => return clash(),
        })
    }

    /// Field by field; what only one side has becomes optional.
    fn joined_shape(&mut self, one: &Shape, other: &Shape) -> Result<Shape, Box<Clash>> {
        let mut fields = Vec::new();
        for field in &one.fields {
            let same = other.fields.iter().find(|it| it.name == field.name);
            fields.push(match same {
                None => only_one(field, other.open),
                Some(same) => {
                    let ty = self.joined(&field.ty, &same.ty).map_err(|mut clash| {
                        clash.path.insert(0, field.name.to_string());
                        clash
                    })?;
                    let optional = field.optional || same.optional;
                    Field { name: Rc::clone(&field.name), ty, optional }
                }
            });
        }
        let is_new = |field: &&Field| !one.fields.iter().any(|it| it.name == field.name);
        fields.extend(other.fields.iter().filter(is_new).map(|it| only_one(it, one.open)));
        Ok(Shape { fields, open: one.open || other.open })
    }

    fn as_map(&mut self, ty: &Ty) -> Ty {
        match &ty.core {
            Core::Object(shape) => {
                let names = shape.fields.iter().map(|field| Ty::word(&field.name)).collect();
                let values = shape.fields.iter().map(|field| field.ty.clone()).collect();
                let (key, value) = (self.any_of(names), self.any_of(values));
                Ty { core: Ty::map(key, value).core, ..ty.clone() }
            }
            _ => ty.clone(),
        }
    }

    /// What all of these are; of types without anything in common, one of them.
    pub fn any_of(&mut self, types: Vec<Ty>) -> Ty {
        if types.len() > WORDS_MAX
            && types.iter().all(|ty| matches!(ty.core, Core::Word(_)) && ty.late.is_none())
        {
            return Ty::new(Core::Words);
        }
        let mut types = types.into_iter();
        let Some(mut all) = types.next() else { return Ty::new(Core::Never) };
        for ty in types {
            all = match self.joined(&all, &ty) {
                Ok(joined) => joined,
                Err(_) => {
                    let core = added(&all, &ty);
                    let null = all.null.or(ty.null);
                    let late = all.late.or(ty.late);
                    let secret = all.secret || ty.secret;
                    Ty { null, late, secret, ..Ty::new(core) }
                }
            };
        }
        all
    }
}

fn is_text(core: &Core) -> bool {
    match core {
        Core::Word(_) | Core::Words | Core::Text => true,
        Core::Scalar(scalar) => scalar.is_text(),
        Core::Union(of) => of.iter().all(|ty| matches!(ty.core, Core::Word(_))),
        _ => false,
    }
}

fn joined_text(one: &Ty, other: &Ty) -> Core {
    match (&one.core, &other.core) {
        (Core::Word(a), Core::Word(b)) if a == b => one.core.clone(),
        (Core::Words, Core::Words | Core::Word(_) | Core::Union(_))
        | (Core::Word(_) | Core::Union(_), Core::Words) => Core::Words,
        (Core::Word(_) | Core::Union(_), Core::Word(_) | Core::Union(_)) => added(one, other),
        (Core::Text, _) | (_, Core::Text) => Core::Text,
        _ => Core::Scalar(Scalar::Str),
    }
}

/// Both, each literal once.
fn added(one: &Ty, other: &Ty) -> Core {
    let parts = |ty: &Ty| match &ty.core {
        Core::Union(of) => of.as_ref().clone(),
        _ => vec![Ty { null: None, late: None, ..ty.clone() }],
    };
    let mut all = parts(one);
    for part in parts(other) {
        let known = all.iter().any(|it| match (&it.core, &part.core) {
            (Core::Word(a), Core::Word(b)) => a == b,
            (Core::Words, Core::Word(_)) => true,
            (Core::Int(a, b), Core::Int(c, d)) => a <= c && d <= b,
            (Core::Scalar(a), Core::Scalar(b)) => a == b,
            (Core::Ref(a), Core::Ref(b)) => a == b,
            (Core::Alias(a), Core::Alias(b)) => a == b,
            _ => false,
        });
        if !known {
            all.push(part);
        }
    }
    let words = all.iter().all(|ty| matches!(ty.core, Core::Word(_) | Core::Words));
    match all.len() {
        1 => all.remove(0).core,
        count if count > WORDS_MAX && words => Core::Words,
        count if count > WORDS_MAX => Core::Bad,
        _ => Core::Union(Rc::new(all)),
    }
}

fn joined_refs(one: &Refs, other: &Refs) -> Refs {
    if one == other {
        return one.clone();
    }
    let open = one.kinds.is_empty() || other.kinds.is_empty();
    let mut kinds: Vec<&'static str> = one.kinds.to_vec();
    kinds.extend(other.kinds.iter().filter(|kind| !one.kinds.contains(kind)));
    Refs { kinds: if open { Rc::from([]) } else { kinds.into() }, site: None }
}

fn only_one(field: &Field, other_is_open: bool) -> Field {
    match other_is_open {
        true => Field { ty: Ty::bad(), ..field.clone() },
        false => {
            let ty = field.ty.clone().or_null(Absence::Plain);
            Field { name: Rc::clone(&field.name), ty, optional: true }
        }
    }
}
