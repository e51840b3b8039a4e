//! Problems of tenants, services, modules and imports. P1002, P1004, P102x, P2001, P2015, P5006.

use crate::problem::Problem;
use crate::problem::names::listed;
use crate::source::Span;

/// P1004: a name that another tenant or module declares for itself.
pub fn of_another_scope(
    what: &str,
    span: Span,
    (owner, declared): (&str, Span),
    here: Option<&str>,
) -> Problem {
    let from = here.map_or("here".to_owned(), |here| format!("`{here}`"));
    let message = format!("`{what}` belongs to `{owner}` and cannot be named from {from}");
    let name = what.rsplit('.').next().unwrap_or(what);
    let share = match here {
        Some(here) => format!("declare it outside of both to share it, or give `{here}` its own"),
        None => format!("let `{owner}` have `output {name} = {what}`, and read that"),
    };
    Problem::error("P1004", message)
        .at(span, "only the outputs of a tenant or a module are seen outside of it")
        .at(declared, format!("declared inside of `{owner}`"))
        .help(share)
}

/// P1004: a way into a tenant or a module that does not exist.
pub fn inside_of(word: &str, span: Span, (owner, declared): (&str, Span)) -> Problem {
    Problem::error("P1004", format!("the names inside of `{owner}` cannot be reached from outside"))
        .at(span, format!("`{word}` leads into it"))
        .at(declared, "only its outputs are seen outside of it")
        .help(format!("give it an `output` for what you need, and read `{owner}.NAME`"))
        .help("or declare it outside, where everybody sees it")
}

/// P1002: an output that a tenant or a module does not have.
pub fn no_output(name: &str, span: Span, owner: &str, near: &[&str], all: &[&str]) -> Problem {
    let problem = Problem::error("P1002", format!("`{owner}` has no output `{name}`"))
        .at(span, "no output of this name");
    let problem = match (near, all) {
        ([first, ..], _) => problem.help(format!("did you mean `{first}`?")),
        ([], []) => problem.help(format!("declare it there: `output {name} = …`")),
        ([], [..]) => problem,
    };
    match all {
        [] => problem.note(format!("`{owner}` has no outputs")),
        [..] => problem.note(format!("its outputs are {}", listed(all, "and"))),
    }
}

/// P1002: a service that no catalogue has.
pub fn unknown_service(name: &str, span: Span, near: &[&str], all: &[&str]) -> Problem {
    let problem = Problem::error("P1002", format!("there is no service `{name}`"))
        .at(span, "no service of this name is seen here");
    let problem = match near {
        [first, ..] => problem.help(format!("did you mean `{first}`?")),
        [] => problem,
    };
    match all {
        [] => problem
            .help("declare one: `service NAME { … }`, or `import \"./catalog.paas\" as catalog`"),
        _ if all.len() <= 8 => problem.note(format!("there are {}", listed(all, "and"))),
        [..] => problem.note(format!("there are {} services", all.len())),
    }
}

/// What to do about an app of a service that runs nowhere.
pub fn place_of_app(problem: Problem, app: &str) -> Problem {
    problem
        .help("set it for all apps here: `defaults app { on = … }`, or `on` of their tenant")
        .help(format!("or write it out: `app {app} {{ service = …, on = … }}`"))
}

/// P1020: an imported file that makes something.
pub fn library_makes(span: Span) -> Problem {
    Problem::error("P1020", "an imported file creates nothing")
        .at(span, "this makes something, or is a value of its own")
        .help("use the file's folder as a module instead: `module NAME from \"./folder\" { … }`")
        .note("an imported file has types, functions, lets and services only")
}

/// P1021: something that cannot be read.
pub fn cannot_import(span: Span, message: &str, help: Option<&str>) -> Problem {
    let problem = Problem::error("P1021", message).at(span, "read from here");
    match help {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// P1022: an import whose name cannot be told from its file.
pub fn import_without_name(span: Span) -> Problem {
    Problem::error("P1022", "this import has no name")
        .at(span, "the file's name cannot be a name in the language")
        .help("give it one: `import \"…\" as catalog`, or name what you need of it")
}

/// P1022: a name that an imported file does not have.
pub fn not_in_import(name: &str, span: Span, from: &str, near: &[&str]) -> Problem {
    let problem = Problem::error("P1022", format!("`{from}` declares no `{name}`"))
        .at(span, "not declared there");
    match near {
        [first, ..] => problem.help(format!("did you mean `{first}`?")),
        [] => problem,
    }
}

/// P1022: the same, where a name of the file is read.
pub fn not_in_library(library: &str, name: &str, span: Span, near: &[&str]) -> Problem {
    let problem = Problem::error("P1022", format!("`{library}` declares no `{name}`"))
        .at(span, "not declared there");
    match near {
        [first, ..] => problem.help(format!("did you mean `{library}.{first}`?")),
        [] => problem,
    }
}

/// P1022: an imported file where a value is needed.
pub fn library_alone(name: &str, span: Span) -> Problem {
    Problem::error("P1022", format!("`{name}` is an imported file, not a value"))
        .at(span, "a value is needed here")
        .help(format!("name something of it: `{name}.…`"))
}

/// P1023: instances of what makes nothing.
pub fn service_with_header(span: Span) -> Problem {
    Problem::error("P1023", "a service has no instances")
        .at(span, "this would make several")
        .help("write `for` or `if` where the service is used: `use NAME for x in … { }`")
}

/// P1023: a service that does not run in the way that is asked for.
pub fn service_without_runtime(
    (service, declared): (&str, Span),
    wanted: &str,
    span: Span,
    offered: &[&str],
) -> Problem {
    let problem = Problem::error(
        "P1023",
        format!("the service `{service}` does not say how it runs under `{wanted}`"),
    )
    .at(span, format!("`{wanted}` is asked for here"))
    .at(declared, "declared here");
    let problem = problem.help(format!("add a `{wanted} {{ … }}` block to the service"));
    match offered {
        [] => problem,
        [first, ..] => problem.help(format!("or choose `runtime = \"{first}\"`")),
    }
}

/// P1024: a module that would never end.
pub fn module_in_itself(name: &str, span: Span) -> Problem {
    Problem::error("P1024", format!("the module `{name}` contains itself"))
        .at(span, "these files are around it already")
        .help("move what both need into a file of its own, and import that")
}

/// P1024: an input where nobody can give it a value.
pub fn input_of_tenant(name: &str, span: Span) -> Problem {
    Problem::error("P1024", format!("a tenant has no inputs, and `{name}` is one"))
        .at(span, "nobody could give it a value")
        .help(format!("write `let {name} = …`, or move the input out of the tenant"))
}

/// P2001: something else where a service is needed.
pub fn not_a_service(span: Span, noun: &str) -> Problem {
    Problem::error("P2001", format!("`service` is a service, this is {noun}"))
        .at(span, "expected a service like `catalog.blog`")
        .help("declare one: `service blog { … }`, and write `service = service.blog`")
}

/// P2015: an input of a service or a module without a value.
pub fn missing_input(name: &str, of: &str, span: Span, declared: Span) -> Problem {
    Problem::error("P2015", format!("`{of}` needs a value for its input `{name}`"))
        .at(span, "not given here")
        .at(declared, "it has no default")
        .help(format!("write `{name} = …` in the body"))
}

/// P5006: more than a tenant may have.
pub fn over_quota(tenant: &str, what: &str, has: &str, may: &str, span: Span) -> Problem {
    Problem::error("P5006", format!("`{tenant}` asks for more than its quota of {may} {what}"))
        .at(span, format!("its resources come to {has}"))
        .help("raise the quota, or make one of its resources smaller")
}
