//! Written types as types.

use std::rc::Rc;

use rustc_hash::FxHashSet as HashSet;

use crate::kinds;
use crate::lower::infer::Infer;
use crate::lower::infer::ty::{Absence, Core, Field, SCALARS, Ty};
use crate::lower::scope::ScopeId;
use crate::problem::{infer as problem, names};
use crate::syntax::tree::{TypeExpr, TypeItem, TypeKind};

/// How deep types stand for other types before nobody follows any more.
const HOPS_MAX: usize = 64;

impl<'t> Infer<'t> {
    /// The type that is written there.
    pub fn written(&mut self, ty: &'t TypeExpr) -> Ty {
        let made = match &ty.kind {
            TypeKind::Bad => Ty::bad(),
            TypeKind::Paren(inner) => return self.written(inner),
            TypeKind::Named(word, arguments) => self.named(word, arguments, ty),
            TypeKind::List(of) => Ty::list(self.written(of)),
            TypeKind::Object(fields) => {
                let fields = fields.iter().map(|field| {
                    let ty = self.written(&field.ty);
                    let has_default = field.default.is_some();
                    let complete = field.optional || has_default || ty.null.is_some();
                    let optional = complete || self.is_complete(&ty);
                    let ty = match field.optional && !has_default {
                        true => ty.or_null(Absence::Declared(field.name.span)),
                        false => ty,
                    };
                    // What has a default is never null once it is read, but may be given as null.
                    Field { name: field.name.text.as_str().into(), ty, optional }
                });
                Ty::object(fields.collect(), false)
            }
            TypeKind::Union(of) => {
                let types: Vec<Ty> = of.iter().map(|ty| self.written(ty)).collect();
                let null = types.iter().find_map(|ty| ty.null.clone());
                let types = types.into_iter().map(Ty::present).collect();
                Ty { null, ..Ty::union(types) }
            }
            TypeKind::Optional(inner) => {
                let inner = self.written(inner);
                inner.or_null(Absence::Declared(ty.span))
            }
            TypeKind::Text(word) => Ty::word(word),
            TypeKind::Int(number) => Ty::new(Core::Int(*number, *number)),
        };
        Ty { declared: Some(ty.span), ..made }
    }

    /// All fields have defaults, so that the object need not be written at all.
    fn is_complete(&mut self, ty: &Ty) -> bool {
        match &ty.core {
            Core::Object(shape) => shape.fields.iter().all(|field| field.optional),
            _ => false,
        }
    }

    fn named(&mut self, word: &'t str, arguments: &'t [TypeExpr], ty: &'t TypeExpr) -> Ty {
        if let Some(item) = self.type_item(word) {
            return Ty::new(Core::Alias(self.alias(item.it, item.scope)));
        }
        if let Some((_, scalar)) = SCALARS.iter().find(|(known, _)| *known == word) {
            return Ty::scalar(*scalar);
        }
        match (word, arguments) {
            ("int", []) => Ty::int(),
            ("data", []) => Ty::new(Core::Data),
            ("secret", [of]) => Ty { secret: true, ..self.written(of) },
            ("map", [key, of]) => Ty::map(self.written(key), self.written(of)),
            ("machine", []) => Ty::reference(&["machine"], None),
            (word, []) => match kinds::find(word) {
                Some(kind) => Ty::reference(&[kind.schema().kind], None),
                None => self.unknown_type(word, ty),
            },
            _ => self.unknown_type(word, ty),
        }
    }

    fn unknown_type(&mut self, word: &str, ty: &TypeExpr) -> Ty {
        let own = self.type_names().into_iter();
        let shared = SCALARS.iter().map(|(word, _)| *word);
        let all: Vec<&str> = own.chain(shared).chain(["int", "map", "data", "secret"]).collect();
        let near = crate::problem::nearest(word, all);
        self.bad(names::unknown_type(word, ty.span, &near))
    }

    /// The place of a `type` in the list of aliases.
    pub fn alias(&mut self, item: &'t TypeItem, scope: ScopeId) -> usize {
        let known = self.aliases.iter().position(|(other, ..)| std::ptr::eq(*other, item));
        known.unwrap_or_else(|| {
            self.aliases.push((item, scope, None));
            self.aliases.len() - 1
        })
    }

    /// Reads every `type` of the module, so that mistakes in unused ones are found too.
    pub fn read_types(&mut self) {
        for index in 0..self.program.types.len() {
            let item = self.program.types[index];
            let index = self.alias(item.it, item.scope);
            let item = item.it;
            if !self.is_first(item) {
                continue;
            }
            self.alias_ty(index);
            if self.is_circular(index) {
                self.problems.push(problem::type_circle(&item.name.text, item.name.span));
            }
        }
    }

    fn alias_ty(&mut self, index: usize) -> Ty {
        if let Some(known) = &self.aliases[index].2 {
            return known.clone();
        }
        // Known as nothing meanwhile: inside it, it is only named.
        self.aliases[index].2 = Some(Ty::bad());
        let (item, scope) = (self.aliases[index].0, self.aliases[index].1);
        let ty = self.in_scope(scope, |this| this.written(&item.ty));
        self.aliases[index].2 = Some(ty.clone());
        ty
    }

    /// It stands for nothing but itself.
    fn is_circular(&mut self, index: usize) -> bool {
        let (mut open, mut seen) = (vec![index], HashSet::default());
        while let Some(next) = open.pop() {
            let ty = self.alias_ty(next);
            let parts = match &ty.core {
                Core::Union(of) => of.as_ref().clone(),
                _ => vec![ty],
            };
            for part in parts {
                let Core::Alias(inner) = part.core else { continue };
                if inner == index {
                    return true;
                }
                if seen.insert(inner) {
                    open.push(inner);
                }
            }
        }
        false
    }

    /// The type with the aliases on its outside replaced by what they stand for.
    pub fn resolved(&mut self, ty: &Ty) -> Ty {
        let mut ty = ty.clone();
        for _ in 0..HOPS_MAX {
            let Core::Alias(index) = ty.core else { return ty };
            let meant = self.alias_ty(index);
            ty = Ty {
                core: meant.core,
                null: ty.null.or(meant.null),
                secret: ty.secret || meant.secret,
                late: ty.late,
                origin: ty.origin,
                declared: ty.declared.or(meant.declared),
            };
        }
        Ty::bad()
    }

    /// The type as it would be written.
    pub fn text(&self, ty: &Ty) -> String {
        let mut text = match &ty.core {
            Core::Bad => "data".to_owned(),
            Core::Never => return "null".to_owned(),
            Core::Scalar(scalar) => scalar.word().to_owned(),
            Core::Int(low, high) if low == high => low.to_string(),
            Core::Int(..) => "int".to_owned(),
            Core::Word(word) => format!("\"{word}\""),
            Core::Words | Core::Text => "string".to_owned(),
            Core::List(of) => format!("[{}]", self.text(of)),
            Core::Map(key, of) => format!("map<{}, {}>", self.text(key), self.text(of)),
            Core::Object(shape) => {
                let fields = shape.fields.iter().map(|field| {
                    let mark = if field.optional { "?" } else { "" };
                    format!("{}{mark}: {}", field.name, self.text(&field.ty))
                });
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
            Core::Union(of) => {
                let texts: Vec<String> = of.iter().map(|ty| self.text(ty)).collect();
                match ty.null.is_some() && !ty.secret {
                    true => format!("({})", texts.join(" | ")),
                    false => texts.join(" | "),
                }
            }
            Core::Ref(refs) if refs.kinds.is_empty() => "resource".to_owned(),
            Core::Ref(refs) => refs.kinds.join(" | "),
            Core::Data => "data".to_owned(),
            Core::Alias(index) => self.aliases[*index].0.name.text.to_string(),
            Core::Kind(kind) => format!("map<string, {kind}>"),
            Core::Secrets => "map<string, secret<string>>".to_owned(),
        };
        if ty.secret {
            text = format!("secret<{text}>");
        }
        if ty.null.is_some() {
            text.push('?');
        }
        text
    }

    /// The type without what only makes it wider than what it stands in for.
    pub fn widened(ty: &Ty) -> Ty {
        let core = match &ty.core {
            Core::Int(..) => Core::Int(i64::MIN, i64::MAX),
            Core::Word(_) | Core::Words => Core::Scalar(crate::lower::infer::ty::Scalar::Str),
            Core::List(of) => Core::List(Rc::new(Infer::widened(of))),
            other => other.clone(),
        };
        Ty { core, ..ty.clone() }
    }
}
