//! What the functions of the library take and give.
//!
//! The types stand in the functions' own signatures. A letter stands for a type that is found out
//! from the arguments: `sort(list: [T]) -> [T]`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::lower::functions::{self, Argument, Count, Function, Parameter};
use crate::lower::infer::Infer;
use crate::lower::infer::calls::Passed;
use crate::lower::infer::ty::{Absence, Core, SCALARS, Scalar, Ty};
use crate::lower::value::{Data, Val};
use crate::model::{Address, Cidr, Late, PortRange, Protocol, Ref};
use crate::problem::names;
use crate::source::Span;
use crate::syntax::tree::{ItemKind, TypeExpr, TypeKind};

/// Types of letters in a signature.
type Letters = HashMap<String, Ty>;

impl<'t> Infer<'t> {
    /// A call of a function of the library.
    pub fn library_call(
        &mut self,
        function: &'static Function,
        passed: &[Passed<'t>],
        at: Span,
    ) -> Ty {
        let types: Vec<Ty> = passed
            .iter()
            .map(|it| it.ty.clone().map_or_else(Ty::bad, |ty| self.opened(&ty)))
            .collect();
        for (argument, ty) in passed.iter().zip(&types) {
            let takes_null = self
                .parameter(function, passed, argument)
                .is_none_or(|parameter| parameter.takes.contains(&functions::Kind::Any));
            let absence = ty.null.clone().filter(|_| !takes_null && !ty.is_bad() && !ty.is_null());
            if let Some(absence) = absence {
                let text = format!("`{}` does not take null", function.name);
                let written = self.sources.text(argument.expr.span).to_owned();
                let place = argument.expr.span;
                let problem = self.null_problem(ty, &absence, place, &text, Some(&written));
                return self.bad(problem);
            }
        }
        let arguments: Vec<Argument> = passed
            .iter()
            .zip(&types)
            .map(|(argument, ty)| Argument {
                name: argument.name.map(str::to_owned),
                value: Val::new(stand_in(ty), argument.expr.span),
            })
            .collect();
        if let Err(refusal) = functions::accepts(function, &arguments, at) {
            let place = refusal.argument.and_then(|index| passed.get(index));
            let place = place.map_or(at, |argument| argument.expr.span);
            let (message, help) = (&refusal.message, refusal.help.as_deref());
            return self.bad(names::refused(function.name, message, help, place));
        }
        let mut letters = Letters::new();
        for (argument, ty) in passed.iter().zip(&types) {
            if let Some(parameter) = self.parameter(function, passed, argument)
                && let Some(shape) = signature(parameter.of)
            {
                self.bind_letters(shape, ty, &mut letters);
            }
        }
        let mut made = self.result(function, &letters, &types);
        for ty in &types {
            made = made.after(ty);
            if let (Core::List(of) | Core::Map(_, of), false) = (&ty.core, keeps_parts(function)) {
                made.late = made.late.or_else(|| of.late.clone());
                made.secret |= of.secret;
            }
        }
        made
    }

    /// The parameter that an argument is for.
    fn parameter(
        &self,
        function: &'static Function,
        passed: &[Passed<'t>],
        argument: &Passed<'t>,
    ) -> Option<&'static Parameter> {
        if let Some(name) = argument.name {
            return function.parameters.iter().find(|parameter| parameter.name == name);
        }
        let same = |it: &&Passed<'t>| std::ptr::eq(it.expr, argument.expr);
        let plain = passed.iter().filter(|it| it.name.is_none());
        let place = plain.clone().position(|it| same(&it))?;
        let last = function.parameters.last().filter(|it| it.count == Count::Many);
        function.parameters.get(place).or(last)
    }

    /// Finds out what the letters of a parameter's type stand for.
    fn bind_letters(&mut self, shape: &TypeExpr, ty: &Ty, letters: &mut Letters) {
        let ty = self.opened(ty);
        match (&shape.kind, &ty.core) {
            (TypeKind::Named(word, arguments), _) if is_letter(word) && arguments.is_empty() => {
                let known = letters.remove(word);
                let ty = Ty { origin: None, late: None, ..ty };
                let all = match known {
                    Some(known) => self.any_of(vec![known, ty]),
                    None => ty,
                };
                letters.insert(word.clone(), all);
            }
            (TypeKind::List(of), Core::List(inner)) => self.bind_letters(of, inner, letters),
            (TypeKind::Named(_, arguments), Core::Map(key, value)) => {
                if let [k, v] = arguments.as_slice() {
                    self.bind_letters(k, key, letters);
                    self.bind_letters(v, value, letters);
                }
            }
            (TypeKind::Named(_, arguments), Core::Object(shape)) => {
                if let ([k, v], false) = (arguments.as_slice(), shape.open) {
                    let names = shape.fields.iter().map(|field| Ty::word(&field.name)).collect();
                    let values = shape.fields.iter().map(|field| field.ty.clone()).collect();
                    let (key, value) = (self.any_of(names), self.any_of(values));
                    self.bind_letters(k, &key, letters);
                    self.bind_letters(v, &value, letters);
                }
            }
            (TypeKind::Optional(inner), _) => {
                self.bind_letters(inner, &ty.clone().present(), letters);
            }
            _ => (),
        }
    }

    fn result(&mut self, function: &'static Function, letters: &Letters, types: &[Ty]) -> Ty {
        match (function.name, types) {
            // One list is gone through, several arguments are compared with each other.
            ("min" | "max", [only]) => {
                let of = self.element_of(only);
                return Infer::widened(&of);
            }
            ("min" | "max", _) => {
                let all = self.any_of(types.to_vec());
                return Infer::widened(&Ty { origin: None, late: None, ..all });
            }
            ("flatten", [only]) => {
                let of = self.element_of(only);
                let of = self.opened(&of);
                return match &of.core {
                    Core::List(inner) => Ty::list(Ty::clone(inner)),
                    Core::Union(_) | Core::Bad => Ty::list(Ty::bad()),
                    _ => Ty::list(of),
                };
            }
            ("coalesce", _) => {
                let null = types.last().and_then(|ty| ty.null.clone());
                let null = null.filter(|_| types.iter().all(|ty| ty.null.is_some()));
                let all = self.any_of(types.to_vec());
                return Ty { null, origin: None, ..all };
            }
            ("deep_merge", _) => return Ty::object(Vec::new(), true),
            _ => (),
        }
        match signature(function.returns) {
            Some(shape) => given(shape, letters),
            None => Ty::bad(),
        }
    }
}

/// Its result has the parts of its arguments as they are, late or secret.
fn keeps_parts(function: &Function) -> bool {
    function.parameters.iter().any(|parameter| !parameter.of.is_empty())
        || matches!(function.name, "length" | "coalesce" | "flatten" | "deep_merge")
}

fn is_letter(word: &str) -> bool {
    matches!(word, "T" | "U" | "K" | "V")
}

/// A type of a signature; each is read once.
fn signature(text: &'static str) -> Option<&'static TypeExpr> {
    use std::sync::LazyLock;
    static READ: LazyLock<HashMap<&'static str, TypeExpr>> = LazyLock::new(|| {
        let texts = functions::all().iter().flat_map(|function| {
            let parameters = function.parameters.iter().map(|parameter| parameter.of);
            parameters.chain([function.returns])
        });
        texts.filter_map(|text| Some((text, read(text)?))).collect()
    });
    READ.get(text)
}

fn read(text: &str) -> Option<TypeExpr> {
    let file = crate::source::FileId(u32::MAX);
    let (tree, _) = crate::syntax::parse(file, &format!("type X = {text}"));
    tree.items.into_iter().find_map(|item| match item.kind {
        ItemKind::Type(item) => Some(item.ty),
        _ => None,
    })
}

/// The type of a signature with its letters replaced.
fn given(shape: &TypeExpr, letters: &Letters) -> Ty {
    match &shape.kind {
        TypeKind::Named(word, arguments) => match (word.as_str(), arguments.as_slice()) {
            ("map", [key, value]) => Ty::map(given(key, letters), given(value, letters)),
            ("int", []) => Ty::int(),
            ("data", []) => Ty::new(Core::Data),
            (word, []) => match SCALARS.iter().find(|(known, _)| *known == word) {
                Some((_, scalar)) => Ty::scalar(*scalar),
                None => letters.get(word).cloned().unwrap_or_else(Ty::bad),
            },
            _ => Ty::bad(),
        },
        TypeKind::List(of) => Ty::list(given(of, letters)),
        TypeKind::Union(of) => {
            let types: Vec<Ty> = of.iter().map(|ty| given(ty, letters)).collect();
            match types.iter().any(Ty::is_bad) {
                true => Ty::bad(),
                false => Ty::union(types),
            }
        }
        TypeKind::Optional(inner) => given(inner, letters).or_null(Absence::Plain),
        TypeKind::Paren(inner) => given(inner, letters),
        TypeKind::Object(_) | TypeKind::Text(_) | TypeKind::Int(_) | TypeKind::Bad => Ty::bad(),
    }
}

/// Some value of the type: enough for a function to see whether it takes it.
fn stand_in(ty: &Ty) -> Data {
    let of = Ref::Address(Address::new(None, "value", "any", None));
    let unknown = || Data::Late(Arc::new(Late { of: of.clone(), what: String::new() }));
    if ty.late.is_some() || (ty.null.is_some() && !ty.is_null()) {
        return unknown();
    }
    match &ty.core {
        // What may be done with a secret is told when it is evaluated.
        _ if ty.secret => Data::Bad,
        _ if ty.is_null() => Data::Null,
        Core::Int(..) => Data::Int(0),
        Core::Word(_) => Data::Str("".into()),
        Core::List(_) => Data::List(Arc::default()),
        Core::Map(..) | Core::Object(_) | Core::Kind(_) | Core::Secrets => {
            Data::Map(Arc::default())
        }
        Core::Scalar(scalar) => match scalar {
            Scalar::Bool => Data::Bool(false),
            Scalar::Float => Data::Float(0.0),
            Scalar::Size => Data::Size(0),
            Scalar::Duration => Data::Duration(0),
            Scalar::Ip => Data::Ip(std::net::IpAddr::from([0, 0, 0, 0])),
            Scalar::Cidr => Cidr::parse("0.0.0.0/0").map_or_else(unknown, Data::Cidr),
            Scalar::PortRange => PortRange::parse("1-1/tcp").map_or_else(unknown, Data::PortRange),
            Scalar::Port => unknown(),
            scalar if scalar.is_text() => Data::Str("".into()),
            _ => Data::Port(1, Protocol::Tcp),
        },
        Core::Bad | Core::Never | Core::Words | Core::Text | Core::Union(_) | Core::Ref(_) => {
            unknown()
        }
        Core::Data | Core::Alias(_) => unknown(),
    }
}
