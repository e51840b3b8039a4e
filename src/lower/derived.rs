//! Secrets that follow from others: what a function makes of a secret is one, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::lower::evaluator::Evaluator;
use crate::lower::functions::{self, Argument, Files, printed};
use crate::lower::value::{Data, Val};
use crate::lower::{SecretSource, decided};
use crate::model::{Hidden, Piece, Text, digest};
use crate::source::Span;

/// The functions whose result is one text, number or truth, whatever the secret is.
const DERIVING: [&str; 19] = [
    "base64",
    "bcrypt",
    "ends_with",
    "host_of",
    "htpasswd",
    "indent",
    "join",
    "length",
    "lower",
    "matches",
    "replace",
    "sha256",
    "slug",
    "starts_with",
    "to_json",
    "to_yaml",
    "trim",
    "upper",
    "url_encode",
];

/// A longer name of a derived secret is cut, and told from others by its digest.
const NAME_MAX: usize = 120;

/// A call that is made once the secrets in its arguments are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    /// Which function, or how an operator is written.
    pub function: String,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// What it comes to.
    pub shape: Shape,
    /// The secrets in it that are no text.
    pub shapes: BTreeMap<String, Shape>,
    /// It can be one of few values only, so that two of them are often the same.
    pub few: bool,
}

/// What the value of a secret is, once it is known; secrets are kept as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
}

impl Shape {
    /// The shape of a value without secrets.
    pub fn of(data: &Data) -> Shape {
        match data {
            Data::Int(_) => Shape::Int,
            Data::Bool(_) => Shape::Bool,
            _ => Shape::Text,
        }
    }

    /// The value that a text stands for.
    pub fn read(self, text: &str) -> Option<Data> {
        Some(match self {
            Shape::Text => Data::Str(text.into()),
            Shape::Int => Data::Int(text.parse().ok()?),
            Shape::Bool => Data::Bool(text.parse().ok()?),
        })
    }
}

impl Derived {
    /// The addresses of the secrets in it.
    pub fn bases(&self) -> BTreeSet<String> {
        let mut bases = BTreeSet::new();
        for argument in &self.arguments {
            each_text(&argument.value, &mut |text| bases.extend(text.secrets().map(str::to_owned)));
        }
        bases
    }

    /// Its value, given the values of the others; nothing if the function refuses them. Why it
    /// does is not told: that could quote a value.
    pub fn value(&self, known: &dyn Fn(&str) -> Option<Hidden>) -> Option<Hidden> {
        let given = |argument: &Argument| {
            let value = revealed(&argument.value, known, &self.shapes)?;
            Some(Argument { name: argument.name.clone(), value })
        };
        let arguments: Vec<Argument> = self.arguments.iter().map(given).collect::<Option<_>>()?;
        let data = match decided::operated(&self.function, &arguments) {
            Some(made) => made?,
            None => {
                let origin = self.arguments.first()?.value.origin;
                functions::call(&self.function, &arguments, &NoFiles, origin)?.ok()?.data
            }
        };
        Some(Hidden::new(printed(&data)?.as_literal()?.to_owned()))
    }
}

impl<'t> Evaluator<'t> {
    /// The secret that a function makes of a secret; nothing if it makes none.
    pub fn derived(&mut self, name: &str, passed: &[Argument], at: Span) -> Option<Val> {
        let sees = functions::sees_secret(name, passed, self.files, at);
        if !DERIVING.contains(&name) || !sees {
            return None;
        }
        let arguments: Vec<String> = passed.iter().map(told).collect();
        let address = format!("{name}({})", arguments.join(", "));
        let shape = match functions::find(name).map(|it| it.returns) {
            Some("int") => Shape::Int,
            Some("bool") => Shape::Bool,
            Some(_) | None => Shape::Text,
        };
        self.derive(name, address, passed.to_vec(), shape, at)
    }

    /// What the secret is that follows from others by a call that is told as `address`; nothing
    /// if something in it is known later for another reason.
    pub fn derive(
        &mut self,
        name: &str,
        mut address: String,
        arguments: Vec<Argument>,
        shape: Shape,
        at: Span,
    ) -> Option<Val> {
        let (mut late, mut hidden) = (false, false);
        for argument in &arguments {
            each_text(&argument.value, &mut |text| {
                late |= text.pieces().iter().any(|it| matches!(it, Piece::Late { .. }));
                hidden |= text.has_secret();
            });
        }
        if late {
            return None;
        }
        if address.len() > NAME_MAX {
            let end = (0..=NAME_MAX).rev().find(|at| address.is_char_boundary(*at));
            let sum = digest(address.as_bytes());
            address.truncate(end.unwrap_or(0));
            address = format!("{address}… #{})", &sum[..12]);
        }
        let few = shape != Shape::Text || matches!(name, "if" | "match");
        let (function, shapes) = (name.to_owned(), BTreeMap::new());
        let mut call = Derived { function, arguments, shape, shapes, few };
        call.few |= call.bases().iter().all(|base| self.is_one_of_few(base));
        let shape = |base: String| Some((self.shape_of(&base), base));
        let shapes = call.bases().into_iter().filter_map(shape);
        let shapes = shapes.filter(|(shape, _)| *shape != Shape::Text);
        call.shapes = shapes.map(|(shape, base)| (base, shape)).collect();
        self.add_secret(address.clone(), SecretSource::Derived(call), at);
        // What follows from nothing but revealed secrets is as public as they are.
        let text = if hidden { Text::secret(address) } else { Text::revealed(address) };
        Some(Val::new(Data::Text(text.into()), at))
    }
}

impl Evaluator<'_> {
    fn is_one_of_few(&self, address: &str) -> bool {
        let source = self.secrets.get(address).map(|item| &item.source);
        matches!(source, Some(SecretSource::Derived(derived)) if derived.few)
    }

    /// What the value of a secret will be.
    pub fn shape_of(&self, address: &str) -> Shape {
        match self.secrets.get(address).map(|item| &item.source) {
            Some(SecretSource::Derived(derived)) => derived.shape,
            Some(_) | None => Shape::Text,
        }
    }
}

/// A project without files: functions that read some are none of [`DERIVING`].
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("there are no files here".to_owned())
    }

    fn matching(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn commit(&self, _: &str) -> Result<String, String> {
        Err("there are no files here".to_owned())
    }
}

fn each_text(value: &Val, visit: &mut dyn FnMut(&Text)) {
    match &value.data {
        Data::Text(text) => visit(text),
        Data::List(list) => list.iter().for_each(|value| each_text(value, visit)),
        Data::Map(map) => map.values().for_each(|value| each_text(value, visit)),
        _ => (),
    }
}

fn revealed(
    value: &Val,
    known: &dyn Fn(&str) -> Option<Hidden>,
    shapes: &BTreeMap<String, Shape>,
) -> Option<Val> {
    Some(match &value.data {
        Data::Text(text) => {
            if let [Piece::Secret { secret: it, .. } | Piece::Revealed { revealed: it, .. }] =
                text.pieces()
                && let Some(shape) = shapes.get(it)
            {
                return Some(Val::new(shape.read(known(it)?.expose())?, value.origin));
            }
            let mut plain = String::new();
            for piece in text.pieces() {
                match piece {
                    Piece::Literal(text) => plain.push_str(text),
                    Piece::Secret { secret: it, .. } | Piece::Revealed { revealed: it, .. } => {
                        plain.push_str(known(it)?.expose());
                    }
                    Piece::Late { .. } | Piece::Project { .. } => return None,
                }
            }
            Val::str(plain, value.origin)
        }
        Data::List(list) => {
            let all: Option<Vec<Val>> =
                list.iter().map(|value| revealed(value, known, shapes)).collect();
            Val::list(all?, value.origin)
        }
        Data::Map(map) => {
            let entry = |(key, value): (&crate::model::Key, &Val)| {
                Some((key.clone(), revealed(value, known, shapes)?))
            };
            Val::map(map.iter().map(entry).collect::<Option<_>>()?, value.origin)
        }
        _ => value.clone(),
    })
}

/// An argument as it could be written: the same text for the same value, and no other.
fn told(argument: &Argument) -> String {
    let value = shown(&argument.value);
    match &argument.name {
        Some(name) => format!("{name} = {value}"),
        None => value,
    }
}

/// A value as it could be written, with the names of secrets in it.
pub(super) fn shown(value: &Val) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &value.data {
        Data::Str(text) => quoted(text),
        Data::Text(text) => match text.pieces() {
            [Piece::Secret { secret: it, .. } | Piece::Revealed { revealed: it, .. }] => it.clone(),
            pieces => {
                let part = |piece: &Piece| match piece {
                    Piece::Literal(text) => {
                        let whole = quoted(text);
                        whole[1..whole.len() - 1].to_owned()
                    }
                    Piece::Secret { secret: it, .. } | Piece::Revealed { revealed: it, .. } => {
                        format!("\\({it})")
                    }
                    Piece::Late { .. } | Piece::Project { .. } => String::new(),
                };
                format!("\"{}\"", pieces.iter().map(part).collect::<String>())
            }
        },
        Data::List(list) => {
            format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Data::Map(map) => {
            let entry = |(key, value): (&crate::model::Key, &Val)| match key {
                crate::model::Key::Text(key) => format!("{} = {}", quoted(key), shown(value)),
                crate::model::Key::Int(key) => format!("{key} = {}", shown(value)),
            };
            format!("{{ {} }}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Data::Ref(address) => address.to_string(),
        Data::Null => "null".to_owned(),
        other => printed(other).map_or_else(|| other.noun().to_owned(), |text| text.to_string()),
    }
}
