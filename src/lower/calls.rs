//! Calls: functions of the module, then those of the library.

use crate::lower::bounds::STEPS_A_CALL;
use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::functions::{self, Argument};
use crate::lower::scope::{In, Named, ScopeId};
use crate::lower::sources;
use crate::lower::value::{Data, Val};
use crate::problem::{Problem, names as problem};
use crate::source::Span;
use crate::syntax::tree::{AS_TYPE, Arg, Expr, ExprKind, Function, Name, TypeExpr};

impl<'t> Evaluator<'t> {
    /// `callee(arguments)`.
    pub fn call(&mut self, callee: &'t Expr, arguments: &'t [Arg], env: &Env<'t>, at: Span) -> Val {
        let name = match &callee.kind {
            ExprKind::Name(name) => name,
            ExprKind::Get(base, name) => match self.library_named(base, env) {
                Some(library) => return self.library_call(library, name, arguments, env, at),
                None => return self.bad(problem::not_callable(env.place(callee.span)), at),
            },
            ExprKind::Bad => return Val::new(Data::Bad, at),
            _ => return self.bad(problem::not_callable(env.place(callee.span)), at),
        };
        if name == AS_TYPE {
            return self.as_type(arguments, env, at);
        }
        let (mut passed, places) = self.arguments(arguments, env);
        if let Some(function) = self.program.function(env.scope, name)
            && !env.is_schema()
        {
            return self.own_function(function, passed, &places, at);
        }
        if functions::READS.contains(&name.as_str()) {
            passed.iter_mut().take(1).for_each(|path| self.place_path(&mut path.value));
            if let (Some(Data::Str(path)), "file" | "render") =
                (passed.first().map(|it| &it.value.data), name.as_str())
            {
                self.plain_reads.insert((normal(path).into(), at));
            }
        }
        if name != "file" && sources::names().any(|it| it == name) {
            return self.bad(crate::problem::lower::secret_source_outside(name, at), at);
        }
        if name == "reveal"
            && let Some(value) = self.revealed(&passed, &places, at)
        {
            return value;
        }
        if let Some(secret) = self.derived(name, &passed, at) {
            return secret;
        }
        match functions::call(name, &passed, self.files, at) {
            Some(Ok(value)) => value,
            Some(Err(refusal)) => {
                let place = refusal.argument.and_then(|index| places.get(index).copied());
                let (message, help) = (&refusal.message, refusal.help.as_deref());
                let place = place.unwrap_or(at);
                let refused = match &refusal.inside {
                    Some((inside, why)) => {
                        problem::refused_inside((*inside, why), message, help, place)
                    }
                    None => problem::refused(name, message, help, place),
                };
                self.bad(refused, at)
            }
            None => self.unknown_function(name, env.place(callee.span), env.scope, at),
        }
    }

    /// `as_type(value, T)`: the value, as if it stood at a `let` of this type.
    fn as_type(&mut self, arguments: &'t [Arg], env: &Env<'t>, at: Span) -> Val {
        match typed_argument(arguments) {
            Some((expr, ty)) => {
                let value = self.eval(expr, env);
                let name = self.sources.text(expr.span).to_owned();
                self.narrowed(value, ty, &name, env.scope)
            }
            None => self.bad(problem::no_type_argument(at), at),
        }
    }

    /// The imported file that a name stands for.
    pub fn library_named(&self, base: &Expr, env: &Env<'t>) -> Option<ScopeId> {
        let ExprKind::Name(word) = &base.kind else { return None };
        match self.program.name(env.scope, word)? {
            Named::Library(library) if env.get(word).is_none() => Some(library),
            Named::Library(_) | Named::Let(_) | Named::Input(_) => None,
        }
    }

    fn library_call(
        &mut self,
        library: ScopeId,
        name: &'t Name,
        arguments: &'t [Arg],
        env: &Env<'t>,
        at: Span,
    ) -> Val {
        let Some(function) = self.program.scopes[library].functions.get(name.text.as_str()) else {
            return self.unknown_function(&name.text, env.place(name.span), library, at);
        };
        let function = *function;
        let (passed, places) = self.arguments(arguments, env);
        self.own_function(function, passed, &places, at)
    }

    /// A path is written from the folder of its file; it is read from that of the project.
    pub fn place_path(&self, value: &mut Val) {
        if let Data::Str(path) = &value.data
            && let Some(whole) = self.library.from_root(self.files.reader(value.origin.file), path)
        {
            value.data = Data::Str(whole.into());
        }
    }

    fn unknown_function(&mut self, name: &str, name_at: Span, scope: ScopeId, at: Span) -> Val {
        let own = self.program.function_names(scope).into_iter();
        let all: Vec<&str> = own.chain(functions::names()).collect();
        let near = crate::problem::nearest(name, all);
        self.bad(problem::unknown_function(name, name_at, &near), at)
    }

    fn arguments(&mut self, arguments: &'t [Arg], env: &Env<'t>) -> (Vec<Argument>, Vec<Span>) {
        let (mut passed, mut places) = (Vec::with_capacity(arguments.len()), Vec::new());
        for argument in arguments {
            let (name, expr) = match argument {
                Arg::Plain(expr) => (None, expr),
                Arg::Named(name, expr) => (Some(name.text.to_string()), expr),
                Arg::Spread(expr) => {
                    let value = self.eval(expr, env);
                    let place = env.place(expr.span);
                    if let Some(elements) = self.elements(&value, place) {
                        if !self.bounds.spend_elements(elements.len()) {
                            self.too_much(place);
                            return (Vec::new(), Vec::new());
                        }
                        for (_, value) in elements {
                            passed.push(Argument { name: None, value });
                            places.push(place);
                        }
                    }
                    continue;
                }
            };
            let value = self.eval(expr, env);
            passed.push(Argument { name, value });
            places.push(env.place(expr.span));
        }
        (passed, places)
    }

    fn own_function(
        &mut self,
        index: usize,
        passed: Vec<Argument>,
        places: &[Span],
        at: Span,
    ) -> Val {
        let In { it: function, scope } = self.program.functions[index];
        if self.recursive.contains(&index) {
            return Val::new(Data::Bad, at);
        }
        if !self.bounds.spend(STEPS_A_CALL) {
            return self.too_much(at);
        }
        let mut values: Vec<Option<Val>> = vec![None; function.params.len()];
        let mut positional = 0;
        for (argument, place) in passed.into_iter().zip(places) {
            let index = match &argument.name {
                Some(name) => function.params.iter().position(|param| param.name.text == *name),
                None => {
                    positional += 1;
                    (positional <= values.len()).then(|| positional - 1)
                }
            };
            match index {
                Some(index) if values[index].is_none() => values[index] = Some(argument.value),
                Some(_) | None => {
                    let problem = wrong_argument(function, argument.name.as_deref(), *place);
                    return self.bad(problem, at);
                }
            }
        }
        let mut env = self.env_of(scope);
        for (param, value) in function.params.iter().zip(values) {
            let value = match (value, &param.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.eval(default, &env),
                (None, None) => {
                    let problem =
                        problem::missing_argument(&function.name.text, &param.name.text, at);
                    return self.bad(problem, at);
                }
            };
            let value = match &param.ty {
                Some(ty) => self.narrowed(value, ty, &param.name.text, scope),
                None => value,
            };
            env = env.with(&param.name.text, value);
        }
        let value = self.eval(&function.value, &env);
        match &function.result {
            Some(ty) => self.narrowed(value, ty, &function.name.text, scope),
            None => value,
        }
    }
}

/// What is given to `as_type`, and the type.
pub(super) fn typed_argument(arguments: &[Arg]) -> Option<(&Expr, &TypeExpr)> {
    match arguments {
        [Arg::Plain(value), Arg::Plain(Expr { kind: ExprKind::Type(it), .. })] => {
            Some((value, &it.1))
        }
        _ => None,
    }
}

fn wrong_argument(function: &Function, given: Option<&str>, at: Span) -> Problem {
    let params: Vec<&str> = function.params.iter().map(|param| param.name.text.as_str()).collect();
    problem::wrong_argument(&function.name.text, &params, given, at)
}

/// A path without detours: two that lead to one file are the same.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => (),
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}
