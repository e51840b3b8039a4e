//! The arguments of one call, put in order and checked; every refusal about them is worded here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::lower::bounds::TEXT_MAX;
use crate::lower::functions::printed::printed;
use crate::lower::functions::{Argument, Count, Files, Function, Kind, Parameter, Refusal, Sees};
use crate::lower::value::{Data, Val};
use crate::model::{Cidr, Key, Late, Piece};
use crate::source::Span;

/// How deep lists and objects may be nested where a function has to look at all of it.
pub const DEEPEST: usize = 256;

/// How many values a function looks at. A value may hold another one twice, and so on in that
/// one, so a short manifest can make more of them than anybody has time for.
pub const MOST: usize = 1_000_000;

/// The arguments of one call in the order of the parameters.
pub struct Given<'a> {
    /// What is called.
    function: &'static Function,
    /// By parameter; nothing for one that was left out.
    values: Vec<Option<Passed>>,
    /// Everything that the last parameter was given, if it takes many.
    pub many: Vec<Passed>,
    /// How many arguments the call has.
    count: usize,
    /// What may be asked of the project.
    pub files: &'a dyn Files,
    /// The place of the call.
    pub origin: Span,
}

/// One argument: its place in the call, whether it was named, and its value.
#[derive(Clone)]
pub struct Passed {
    /// Its place in the call.
    pub index: usize,
    /// The value.
    pub value: Val,
    named: bool,
}

/// What the arguments of a call come to before the function has run.
pub enum Settled<'a> {
    /// The function can run.
    Ready(Given<'a>),
    /// It cannot, and this is the value: something was reported already, or is known later.
    Known(Val),
}

/// Orders and checks the arguments of a call.
pub fn settle<'a>(
    function: &'static Function,
    arguments: &[Argument],
    files: &'a dyn Files,
    origin: Span,
) -> Result<Settled<'a>, Refusal> {
    let given = bind(function, arguments, files, origin)?;
    let mut hidden = Hidden::default();
    let mut secret_at = None;
    for (parameter, argument) in given.pairs() {
        if !fits(parameter, &argument.value.data) {
            return match argument.value.data {
                Data::Bad => Ok(Settled::Known(given.made(Data::Bad))),
                _ => Err(given.wrong_type(argument)),
            };
        }
        let had_secret = hidden.secret;
        hidden.look(&argument.value.data, parameter.sees, 0);
        if hidden.secret && !had_secret {
            secret_at = Some(argument.index);
        }
        if hidden.too_much {
            return Err(given.too_much(argument.index));
        }
    }
    if hidden.bad {
        return Ok(Settled::Known(given.made(Data::Bad)));
    }
    if let Some(index) = secret_at {
        return Err(Refusal {
            argument: Some(index),
            message: format!("a secret cannot be read or changed by `{}`", function.name),
            help: Some(r#"use the secret as it is, or inside text: `"\(…)"`"#.to_owned()),
            inside: None,
        });
    }
    Ok(match hidden.late {
        Some(late) => Settled::Known(given.made(Data::Unknown(late))),
        None => Settled::Ready(given),
    })
}

/// Whether a parameter of which everything is looked at is given a secret.
pub fn sees_secret(
    function: &'static Function,
    arguments: &[Argument],
    files: &dyn Files,
    origin: Span,
) -> bool {
    let Ok(given) = bind(function, arguments, files, origin) else { return false };
    let mut hidden = Hidden::default();
    for (parameter, argument) in given.pairs() {
        if !fits(parameter, &argument.value.data) {
            return false;
        }
        hidden.look(&argument.value.data, parameter.sees, 0);
    }
    (hidden.secret || hidden.revealed) && !hidden.bad && !hidden.too_much
}

/// Finds the parameter of every argument.
fn bind<'a>(
    function: &'static Function,
    arguments: &[Argument],
    files: &'a dyn Files,
    origin: Span,
) -> Result<Given<'a>, Refusal> {
    let values = vec![None; function.parameters.len()];
    let (many, count) = (Vec::new(), arguments.len());
    let mut given = Given { function, values, many, count, files, origin };
    let mut next = 0;
    for (index, argument) in arguments.iter().enumerate() {
        let place = match &argument.name {
            Some(name) => given.place_of(name, index)?,
            None => next,
        };
        let Some(parameter) = function.parameters.get(place) else {
            return Err(given.count_refusal(&format!("it is given {count}"), Some(index)));
        };
        let named = argument.name.is_some();
        let argument = Passed { index, value: literal(&argument.value), named };
        if parameter.count == Count::Many {
            given.many.push(argument);
            continue;
        }
        if given.values[place].is_some() {
            let message = format!("`{}` is given `{}` twice", function.name, parameter.name);
            return Err(Refusal { argument: Some(index), message, help: None, inside: None });
        }
        given.values[place] = Some(argument);
        if !named {
            next += 1;
        }
    }
    let missing = function.parameters.iter().zip(&given.values).find(|(parameter, value)| {
        let none = value.is_none() && parameter.count == Count::Once;
        none || (parameter.count == Count::Many && given.many.is_empty())
    });
    match missing {
        Some((parameter, _)) => {
            Err(given.count_refusal(&format!("`{}` is missing", parameter.name), None))
        }
        None => Ok(given),
    }
}

/// Text in which nothing is secret or late is plain.
fn literal(value: &Val) -> Val {
    match &value.data {
        Data::Text(text) => match text.as_literal() {
            Some(plain) => Val::str(plain, value.origin),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

fn fits(parameter: &Parameter, data: &Data) -> bool {
    let kind = match data {
        Data::Late(_) | Data::Unknown(_) => return true,
        Data::Int(_) => Kind::Int,
        Data::Size(_) => Kind::Size,
        Data::Duration(_) => Kind::Duration,
        Data::Ip(_) => Kind::Ip,
        Data::Cidr(_) => Kind::Cidr,
        Data::Str(_) | Data::Text(_) => Kind::Str,
        Data::List(_) => Kind::List,
        Data::Map(_) => Kind::Map,
        Data::Null | Data::Bool(_) | Data::Float(_) | Data::Ref(_) => Kind::Any,
        Data::Port(..) | Data::PortRange(_) => Kind::Any,
        Data::Bad => return false,
    };
    parameter.takes.iter().any(|takes| *takes == Kind::Any || *takes == kind)
}

/// What a function cannot see in its arguments.
#[derive(Default)]
struct Hidden {
    bad: bool,
    secret: bool,
    revealed: bool,
    too_much: bool,
    count: usize,
    late: Option<Arc<Late>>,
}

impl Hidden {
    fn look(&mut self, data: &Data, sees: Sees, level: usize) {
        self.count += 1;
        match (data, sees) {
            (Data::Bad, _) => self.bad = true,
            (_, Sees::Nothing) => (),
            _ if level > DEEPEST || self.count > MOST => self.too_much = true,
            (Data::Late(late) | Data::Unknown(late), _) => self.late = Some(late.clone()),
            (Data::Text(text), _) => {
                let late = text.pieces().iter().find_map(|piece| match piece {
                    Piece::Late { late, .. } => Some(late.clone()),
                    Piece::Revealed { revealed, .. } => Some(Late::of_secret(revealed)),
                    Piece::Literal(_) | Piece::Secret { .. } | Piece::Project { .. } => None,
                });
                self.revealed |=
                    text.pieces().iter().any(|it| matches!(it, Piece::Revealed { .. }));
                match late {
                    Some(late) if !text.has_secret() => self.late = Some(Arc::new(late)),
                    // The project's lineage cannot be seen either, and is nobody's to change.
                    _ => self.secret |= text.as_literal().is_none(),
                }
            }
            (Data::List(list), Sees::All) => self.look_at_all(list.iter(), level),
            (Data::Map(map), Sees::All) => self.look_at_all(map.values(), level),
            _ => (),
        }
    }

    fn look_at_all<'v>(&mut self, values: impl Iterator<Item = &'v Val>, level: usize) {
        for value in values {
            if self.too_much {
                return;
            }
            self.look(&value.data, Sees::All, level + 1);
        }
    }
}

impl Given<'_> {
    /// A value that this call made.
    pub fn made(&self, data: Data) -> Val {
        Val::new(data, self.origin)
    }

    /// A text that this call made.
    pub fn text_made(&self, text: impl Into<Arc<str>>) -> Result<Val, Refusal> {
        Ok(Val::str(text, self.origin))
    }

    /// Refuses to make a text of so many bytes, if that is too long.
    pub fn fits_text(&self, length: usize) -> Result<(), Refusal> {
        let message = format!("{} would make a text of more than {TEXT_MAX} bytes", self.name());
        let refusal = Refusal { argument: None, message, help: None, inside: None };
        if length > TEXT_MAX { Err(refusal) } else { Ok(()) }
    }

    /// Refuses to make a list of so many elements, if those are too many.
    pub fn fits_list(&self, length: usize) -> Result<(), Refusal> {
        let message = format!("{} would make a list of more than {MOST} elements", self.name());
        let refusal = Refusal { argument: None, message, help: None, inside: None };
        if length > MOST { Err(refusal) } else { Ok(()) }
    }

    /// A list that this call made.
    pub fn list_made(&self, values: Vec<Val>) -> Result<Val, Refusal> {
        Ok(Val::list(values, self.origin))
    }

    /// The argument of a parameter that is given exactly once.
    pub fn value(&self, parameter: usize) -> Result<&Val, Refusal> {
        self.optional(parameter).ok_or_else(|| {
            let name = self.function.parameters.get(parameter).map_or("", |it| it.name);
            self.count_refusal(&format!("`{name}` is missing"), None)
        })
    }

    /// The argument of a parameter that may be left out.
    pub fn optional(&self, parameter: usize) -> Option<&Val> {
        self.values.get(parameter)?.as_ref().map(|argument| &argument.value)
    }

    /// A string.
    pub fn text(&self, parameter: usize) -> Result<&str, Refusal> {
        match &self.value(parameter)?.data {
            Data::Str(text) => Ok(text),
            _ => Err(self.wrong_place(parameter)),
        }
    }

    /// A whole number.
    pub fn int(&self, parameter: usize) -> Result<i64, Refusal> {
        match &self.value(parameter)?.data {
            Data::Int(number) => Ok(*number),
            _ => Err(self.wrong_place(parameter)),
        }
    }

    /// A network.
    pub fn cidr(&self, parameter: usize) -> Result<Cidr, Refusal> {
        match &self.value(parameter)?.data {
            Data::Cidr(cidr) => Ok(*cidr),
            _ => Err(self.wrong_place(parameter)),
        }
    }

    /// A list.
    pub fn list(&self, parameter: usize) -> Result<&[Val], Refusal> {
        match &self.value(parameter)?.data {
            Data::List(list) => Ok(list),
            _ => Err(self.wrong_place(parameter)),
        }
    }

    /// A map.
    pub fn map(&self, parameter: usize) -> Result<&BTreeMap<Key, Val>, Refusal> {
        match &self.value(parameter)?.data {
            Data::Map(map) => Ok(map),
            _ => Err(self.wrong_place(parameter)),
        }
    }

    /// A refusal about the argument of a parameter.
    pub fn refuse(&self, parameter: usize, message: impl Into<String>) -> Refusal {
        let argument = self.values.get(parameter).and_then(Option::as_ref);
        let argument = argument.map(|argument| argument.index);
        Refusal { argument, message: message.into(), help: None, inside: None }
    }

    /// The refusal of an argument that is too deep or too large.
    pub fn too_much(&self, index: usize) -> Refusal {
        let name = self.name();
        let message = format!("{name} takes at most {DEEPEST} levels of nesting and {MOST} values");
        Refusal { argument: Some(index), message, help: None, inside: None }
    }

    /// The function's name in backticks, as refusals start.
    pub fn name(&self) -> String {
        format!("`{}`", self.function.name)
    }

    /// The refusal of an argument whose type does not fit.
    pub fn wrong_type(&self, argument: &Passed) -> Refusal {
        let which = self.which(argument);
        let noun = argument.value.data.noun();
        let message = format!("`{}` takes {}, {which} is {noun}", self.function.name, self.takes());
        let parameter = self.pairs().find(|(_, other)| other.index == argument.index);
        let takes = parameter.map_or(&[][..], |(parameter, _)| parameter.takes);
        let help = conversion(takes, &argument.value.data);
        Refusal { argument: Some(argument.index), message, help, inside: None }
    }

    fn wrong_place(&self, parameter: usize) -> Refusal {
        match self.values.get(parameter).and_then(Option::as_ref) {
            Some(argument) => self.wrong_type(argument),
            None => self.refuse(parameter, format!("`{}` takes {}", self.name(), self.takes())),
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (&'static Parameter, &Passed)> {
        let parameters = self.function.parameters;
        let single = parameters.iter().zip(&self.values);
        let single = single.filter_map(|(it, value)| value.as_ref().map(|value| (it, value)));
        let many = parameters.last().into_iter();
        single.chain(many.flat_map(|it| self.many.iter().map(move |value| (it, value))))
    }

    fn place_of(&self, name: &str, index: usize) -> Result<usize, Refusal> {
        let parameters = self.function.parameters;
        let nameable = |it: &&Parameter| it.count != Count::Many;
        parameters.iter().position(|it| it.name == name && nameable(&it)).ok_or_else(|| {
            let names = parameters.iter().filter(nameable).map(|it| format!("`{}`", it.name));
            let help = match enumerated(&names.collect::<Vec<_>>(), "and") {
                names if names.is_empty() => "its arguments have no names".to_owned(),
                names => format!("it takes {names}"),
            };
            Refusal {
                argument: Some(index),
                message: format!("`{}` has no argument `{name}`", self.function.name),
                help: Some(help),
                inside: None,
            }
        })
    }

    fn count_refusal(&self, what: &str, argument: Option<usize>) -> Refusal {
        let message = format!("`{}` takes {}, {what}", self.function.name, self.takes());
        Refusal { argument, message, help: Some(self.function.signature()), inside: None }
    }

    /// `a cidr and an int`
    fn takes(&self) -> String {
        let parameters = self.function.parameters.iter().map(|parameter| {
            let nouns = parameter.takes.iter().map(|kind| kind.noun().to_owned());
            let nouns: Vec<String> = nouns.collect();
            let nouns = enumerated(&nouns, "or");
            match parameter.count {
                Count::Once => nouns,
                Count::OrElse(_) => format!("optionally {nouns}"),
                Count::Many => format!("one or more times {nouns}"),
            }
        });
        enumerated(&parameters.collect::<Vec<_>>(), "and")
    }

    fn which(&self, argument: &Passed) -> String {
        const ORDINALS: [&str; 4] = ["first", "second", "third", "fourth"];
        let parameter = self.function.parameters.iter().zip(&self.values);
        let holds = |it: &Option<Passed>| it.as_ref().is_some_and(|it| it.index == argument.index);
        let parameter = parameter.into_iter().find(|(_, value)| holds(value));
        match (ORDINALS.get(argument.index), parameter) {
            (_, Some((parameter, _))) if argument.named => format!("its `{}`", parameter.name),
            _ if self.count == 1 => "its argument".to_owned(),
            (Some(ordinal), _) => format!("its {ordinal} argument"),
            (None, _) => format!("its argument {}", argument.index + 1),
        }
    }
}

/// How a value becomes one of the types, if one word says it.
fn conversion(takes: &[Kind], data: &Data) -> Option<String> {
    match (takes, data) {
        ([kind @ (Kind::Ip | Kind::Cidr | Kind::Size | Kind::Duration)], Data::Str(_)) => {
            Some(format!("make one of the text: `{}(…)`", kind.name()))
        }
        ([Kind::Str], data) if printed(data).is_some() => {
            Some(r#"put it inside text: `"\(…)"`"#.to_owned())
        }
        _ => None,
    }
}

/// `a`, `a and b`, `a, b and c`
fn enumerated(words: &[String], conjunction: &str) -> String {
    match words {
        [] => String::new(),
        [word] => word.clone(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}
