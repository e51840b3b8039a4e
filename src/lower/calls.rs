//! Calls: functions of the module, then those of the library.

use crate::lower::env::Env;
use crate::lower::evaluator::Evaluator;
use crate::lower::functions::{self, Argument};
use crate::lower::sources;
use crate::lower::value::{Data, Val};
use crate::problem::{Problem, names as problem};
use crate::source::Span;
use crate::syntax::tree::{Arg, Expr, ExprKind, Function};

impl<'t> Evaluator<'t> {
    /// `callee(arguments)`.
    pub fn call(&mut self, callee: &'t Expr, arguments: &'t [Arg], env: &Env<'t>, at: Span) -> Val {
        let ExprKind::Name(name) = &callee.kind else {
            if matches!(callee.kind, ExprKind::Bad) {
                return Val::new(Data::Bad, at);
            }
            return self.bad(problem::not_callable(env.place(callee.span)), at);
        };
        let (passed, places) = self.arguments(arguments, env);
        if let Some(function) = self.module.functions.get(name.as_str()).copied() {
            return self.own_function(function, passed, &places, at);
        }
        if name != "file" && sources::names().any(|it| it == name) {
            return self.bad(crate::problem::lower::secret_source_outside(name, at), at);
        }
        match functions::call(name, &passed, self.files, at) {
            Some(Ok(value)) => value,
            Some(Err(refusal)) => {
                let place = refusal.argument.and_then(|index| places.get(index).copied());
                self.bad(
                    problem::refused(
                        &refusal.message,
                        refusal.help.as_deref(),
                        place.unwrap_or(at),
                    ),
                    at,
                )
            }
            None => self.unknown_function(name, env.place(callee.span), at),
        }
    }

    fn unknown_function(&mut self, name: &str, name_at: Span, at: Span) -> Val {
        let own = self.module.functions.keys().copied();
        let all: Vec<&str> = own.chain(functions::names()).collect();
        let near = crate::problem::nearest(name, all);
        self.bad(problem::unknown_function(name, name_at, &near), at)
    }

    fn arguments(&mut self, arguments: &'t [Arg], env: &Env<'t>) -> (Vec<Argument>, Vec<Span>) {
        let (mut passed, mut places) = (Vec::with_capacity(arguments.len()), Vec::new());
        for argument in arguments {
            let (name, expr) = match argument {
                Arg::Plain(expr) => (None, expr),
                Arg::Named(name, expr) => (Some(name.text.clone()), expr),
                Arg::Spread(expr) => {
                    let value = self.eval(expr, env);
                    let place = env.place(expr.span);
                    if let Some(elements) = self.elements(&value, place) {
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
        function: &'t Function,
        passed: Vec<Argument>,
        places: &[Span],
        at: Span,
    ) -> Val {
        if self.recursive.contains(function.name.text.as_str()) {
            return Val::new(Data::Bad, at);
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
        let mut env = Env::default();
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
                Some(ty) => self.typed(value, ty, &param.name.text),
                None => value,
            };
            env = env.with(&param.name.text, value);
        }
        let value = self.eval(&function.value, &env);
        match &function.result {
            Some(ty) => self.typed(value, ty, &function.name.text),
            None => value,
        }
    }
}

fn wrong_argument(function: &Function, given: Option<&str>, at: Span) -> Problem {
    let params: Vec<&str> = function.params.iter().map(|param| param.name.text.as_str()).collect();
    problem::wrong_argument(&function.name.text, &params, given, at)
}
