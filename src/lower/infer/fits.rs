//! Whether a value of one type may stand where another is expected.
//!
//! Only what is certainly wrong does not fit: of the rest, evaluation sees the values.

use std::rc::Rc;
use std::sync::Arc;

use crate::kinds;
use crate::lower::infer::Infer;
use crate::lower::infer::ty::{Absence, Core, Refs, Scalar, Shape, Ty};
use crate::lower::infer::why::Why;
use crate::lower::scalars;
use crate::lower::value::Data;
use crate::schema::Type;
use crate::source::Span;

/// How deep types are compared; what is deeper is left to evaluation.
const DEPTH_MAX: usize = 24;

/// Why a value does not fit.
pub(super) struct Miss {
    /// Names of fields on the way to what is wrong.
    pub path: Vec<String>,
    /// What is there.
    pub got: Ty,
    /// What is expected.
    pub want: Ty,
    /// How it is wrong.
    pub wrong: Wrong,
}

/// How a value is wrong.
pub(super) enum Wrong {
    /// It is of another type.
    Type,
    /// It may be null.
    Null(Absence),
    /// It is known too late.
    Late(Rc<Why>),
    /// It lacks these fields.
    Missing(Vec<Rc<str>>),
    /// It has fields that nobody knows.
    Unknown(Vec<(Rc<str>, Option<Span>)>),
}

type Fit = Result<(), Box<Miss>>;

fn no(got: &Ty, want: &Ty, wrong: Wrong) -> Fit {
    let (got, want) = (got.clone(), want.clone());
    Err(Box::new(Miss { path: Vec::new(), got, want, wrong }))
}

/// The same, inside a field.
fn inside(name: &str, fit: Fit) -> Fit {
    fit.map_err(|mut miss| {
        miss.path.insert(0, name.to_owned());
        miss
    })
}

impl<'t> Infer<'t> {
    /// Whether a value fits; in a schema, what is known later must be text.
    pub fn fits(&mut self, got: &Ty, want: &Ty, schema: bool) -> Fit {
        self.fits_at(got, want, schema, 0)
    }

    fn fits_at(&mut self, got: &Ty, want: &Ty, schema: bool, depth: usize) -> Fit {
        if let (Core::Alias(one), Core::Alias(other)) = (&got.core, &want.core)
            && one == other
            && (got.null.is_none() || want.null.is_some())
        {
            return Ok(());
        }
        let (got, want) = (&self.opened(got), &self.resolved(want));
        if got.is_bad() || want.is_bad() || depth > DEPTH_MAX || got.secret || want.secret {
            return Ok(());
        }
        // In a schema, null means that nothing is written: only what is needed can tell.
        let is_free = schema && (depth > 0 || matches!(got.null, Some(Absence::Plain)));
        if let (Some(absence), None, false) = (&got.null, &want.null, is_free) {
            return no(got, want, Wrong::Null(absence.clone()));
        }
        if let (Some(why), true) = (&got.late, schema && !takes_late(want)) {
            return no(got, want, Wrong::Late(Rc::clone(why)));
        }
        if got.late.is_some() && schema {
            return Ok(());
        }
        match (&got.core, &want.core) {
            (Core::Never | Core::Data, _) | (_, Core::Data) => Ok(()),
            (Core::Union(of), _) => {
                of.iter().try_for_each(|got| self.fits_at(got, want, schema, depth + 1))
            }
            (_, Core::Union(of)) => self.fits_one(got, want, of, schema, depth),
            (Core::List(got), Core::List(want)) => self.fits_at(got, want, schema, depth + 1),
            (Core::Map(key, value), Core::Map(wanted_key, wanted)) => {
                self.fits_at(key, wanted_key, false, depth + 1)?;
                self.fits_at(value, wanted, schema, depth + 1)
            }
            (Core::Object(shape), Core::Map(key, wanted)) => {
                shape.fields.iter().try_for_each(|field| {
                    let name = Ty { origin: field.ty.origin, ..Ty::word(&field.name) };
                    if field.name.parse::<i64>().is_err() {
                        self.fits_at(&name, key, false, depth + 1)?;
                    }
                    let fit = self.fits_at(&field.ty, wanted, schema, depth + 1);
                    inside(&field.name, fit)
                })
            }
            (Core::Object(shape), Core::Object(wanted)) => {
                self.fits_object((got, shape), (want, wanted), schema, depth)
            }
            // Which keys a map has is seen when it is evaluated.
            (Core::Map(..), Core::Object(_)) => Ok(()),
            (Core::Ref(refs), Core::Ref(wanted)) => match may_be(refs, wanted) {
                true => Ok(()),
                false => no(got, want, Wrong::Type),
            },
            _ => match plain_fits(&got.core, &want.core) {
                true => Ok(()),
                false => no(got, want, Wrong::Type),
            },
        }
    }

    /// One of several must fit; what is wrong is told of the only one of the same shape.
    fn fits_one(&mut self, got: &Ty, want: &Ty, of: &[Ty], schema: bool, depth: usize) -> Fit {
        let (mut likely, mut same_keys) = (Vec::new(), 0);
        for each in of {
            match self.fits_at(got, each, schema, depth + 1) {
                Ok(()) => return Ok(()),
                Err(miss) => {
                    let each = self.resolved(each);
                    let same = match (&got.core, &each.core) {
                        (Core::Object(_), Core::Object(_)) => {
                            let has_keys = !self.lacks_keys(got, &each);
                            let same = !self.told_apart(got, &each);
                            // The first one that has all the keys is what is meant.
                            if same && has_keys {
                                likely.clear();
                                same_keys += 1;
                            }
                            same && (has_keys || same_keys == 0)
                        }
                        (Core::Object(_), Core::Map(..)) | (Core::List(_), Core::List(_)) => true,
                        _ => false,
                    };
                    if same {
                        likely.push(miss);
                    }
                }
            }
        }
        match (likely.len(), likely.pop()) {
            (1, Some(miss)) => Err(miss),
            _ => no(got, want, Wrong::Type),
        }
    }

    /// A field with a literal says that an object is not this one.
    fn told_apart(&mut self, got: &Ty, want: &Ty) -> bool {
        let Core::Object(wanted) = &want.core else { return false };
        wanted.fields.iter().any(|field| {
            let wanted = self.resolved(&field.ty);
            match (got.field(&field.name), &wanted.core) {
                (Some(got), Core::Word(_) | Core::Union(_)) => {
                    let got = self.resolved(&got.ty);
                    matches!(got.core, Core::Word(_)) && self.fits(&got, &wanted, false).is_err()
                }
                (None, _) | (Some(_), _) => false,
            }
        })
    }

    /// An object does not have everything that this one needs.
    fn lacks_keys(&self, got: &Ty, want: &Ty) -> bool {
        let Core::Object(wanted) = &want.core else { return false };
        wanted.fields.iter().any(|field| !field.optional && got.field(&field.name).is_none())
    }

    fn fits_object(
        &mut self,
        (got, shape): (&Ty, &Shape),
        (want, wanted): (&Ty, &Shape),
        schema: bool,
        depth: usize,
    ) -> Fit {
        let mut missing = Vec::new();
        for field in &wanted.fields {
            match got.field(&field.name) {
                Some(found) => {
                    // What is null counts as absent.
                    let mut ty = found.ty.clone();
                    if field.optional || found.optional {
                        ty.null = None;
                    }
                    let fit = self.fits_at(&ty, &field.ty, schema, depth + 1);
                    inside(&field.name, fit)?;
                }
                None if field.optional || shape.open => (),
                None => missing.push(Rc::clone(&field.name)),
            }
        }
        if !missing.is_empty() {
            return no(got, want, Wrong::Missing(missing));
        }
        let known = |name: &str| wanted.open || wanted.fields.iter().any(|it| *it.name == *name);
        let unknown: Vec<_> = shape
            .fields
            .iter()
            .filter(|field| !known(&field.name))
            .map(|field| (Rc::clone(&field.name), field.ty.origin))
            .collect();
        match unknown.is_empty() {
            true => Ok(()),
            false => no(got, want, Wrong::Unknown(unknown)),
        }
    }
}

fn takes_late(want: &Ty) -> bool {
    match &want.core {
        Core::Text | Core::Bad | Core::Data => true,
        Core::Union(of) => of.iter().any(takes_late),
        _ => false,
    }
}

/// Whether any resource can be both.
fn may_be(got: &Refs, want: &Refs) -> bool {
    let fits = |word: &&str| want.kinds.iter().any(|wanted| kinds::is(word, wanted));
    want.kinds.is_empty() || got.kinds.is_empty() || got.concrete().iter().any(fits)
}

/// Values without parts.
fn plain_fits(got: &Core, want: &Core) -> bool {
    match (got, want) {
        (Core::List(_) | Core::Map(..) | Core::Object(_) | Core::Ref(_), _) => false,
        (Core::Kind(_) | Core::Secrets, _) => false,
        (_, Core::Text) => true,
        (Core::Word(word), Core::Scalar(scalar)) => literal_fits(word, *scalar),
        (Core::Word(one), Core::Word(other)) => one == other,
        (Core::Words, Core::Word(_)) => true,
        (Core::Words, Core::Scalar(scalar)) => !matches!(scalar, Scalar::Bool | Scalar::Float),
        (Core::Text, Core::Word(_)) => true,
        (Core::Text, Core::Scalar(scalar)) => scalar.is_text(),
        (Core::Int(low, high), Core::Int(first, last)) => low <= last && first <= high,
        (Core::Int(..), Core::Scalar(Scalar::Float)) => true,
        (Core::Int(low, high), Core::Scalar(Scalar::Port)) => *low <= 65_535 && *high >= 1,
        (Core::Scalar(Scalar::Port), Core::Int(..)) => true,
        (Core::Scalar(got), Core::Scalar(want)) => scalar_fits(*got, *want),
        _ => false,
    }
}

fn scalar_fits(got: Scalar, want: Scalar) -> bool {
    match (got, want) {
        (Scalar::Fqdn, Scalar::Url) | (Scalar::Url, Scalar::Fqdn) => false,
        (Scalar::Port, Scalar::PortRange) => true,
        _ => got == want || (got.is_text() && want.is_text()),
    }
}

/// Literal strings adapt.
fn literal_fits(word: &str, scalar: Scalar) -> bool {
    let ty = match scalar {
        Scalar::Bool | Scalar::Float => return false,
        Scalar::Str | Scalar::Calendar | Scalar::Version | Scalar::Digest | Scalar::Email => {
            return true;
        }
        Scalar::Size => Type::Size,
        Scalar::Duration => Type::Duration,
        Scalar::Ip => Type::Ip,
        Scalar::Cidr => Type::Cidr,
        Scalar::Port => Type::Port,
        Scalar::PortRange => Type::PortRange,
        Scalar::Fqdn => Type::Fqdn,
        Scalar::Url => Type::Url,
        Scalar::Path => Type::Path,
        Scalar::IpRange => Type::IpRange,
    };
    scalars::adapted(&Data::Str(Arc::from(word)), &ty).is_some()
}
