//! Problems between a manifest, its Compose files and its machines: P6102 to P6111, L06xx.

use crate::problem::Problem;
use crate::source::Span;

/// A place and what stands there, for problems with several.
pub type Place = (Span, String);

/// The same problem with the place that names the Compose file, if it is in another file.
pub fn in_file(problem: Problem, named: Span) -> Problem {
    let elsewhere = problem.labels.iter().all(|label| label.span.file != named.file);
    if elsewhere { problem.at(named, "the file is named here") } else { problem }
}

fn did_you_mean(problem: Problem, near: &[&str]) -> Problem {
    match near.first() {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    }
}

/// P6102: a Compose file that is no YAML.
pub fn unreadable(at: Span, why: &str) -> Problem {
    Problem::error("P6102", "the Compose file cannot be read").at(at, why)
}

/// P6103: an app with Docker in a container that does not let it start.
pub fn no_nesting(app: (&str, Span), machine: (&str, Span)) -> Problem {
    let (address, at) = machine;
    let message =
        format!("Docker will not start in `{address}`: unprivileged, and `nesting` is off");
    Problem::error("P6103", message)
        .at(app.1, format!("`{}` needs Docker", app.0))
        .at(at, "this container does not allow it")
        .help(format!("add `features {{ nesting = true, keyctl = true }}` to `{address}`"))
        .note("with `keyctl`, systemd-networkd inside of the container may fail")
}

/// P6104: a port that the proxy would connect to and nothing listens on.
pub fn nothing_listens(at: Span, port: u64, published: &[Place], write: Option<u16>) -> Problem {
    let message = format!("nothing listens on {port} of the machine");
    let mut problem =
        Problem::error("P6104", message).at(at, "the proxy would connect to this port");
    for (at, text) in published {
        problem = problem.at(*at, text);
    }
    if published.is_empty() {
        problem = problem.note("the Compose file publishes no port");
    }
    match write {
        Some(port) => problem.help(format!("write `port = {port}`")),
        None => {
            problem.help(format!("publish it in the Compose file: `ports: [\"{port}:{port}\"]`"))
        }
    }
}

/// P6104: a port that only the machine itself can reach.
pub fn only_local(at: Span, port: u64, published: Span) -> Problem {
    let message = format!("port {port} is published for the machine itself only");
    Problem::error("P6104", message)
        .at(at, "the proxy connects to the machine's address")
        .at(published, "`127.0.0.1` answers nobody else")
        .help("leave the address out")
}

/// P6105: a part of a Compose file that has another shape.
pub fn wrong_shape(at: Span, what: &str, expected: &str, noun: &str) -> Problem {
    Problem::error("P6105", format!("{what} is {expected}, this is {noun}"))
        .at(at, format!("expected {expected}"))
}

/// P6105: a file without services.
pub fn no_services(at: Span, noun: &str) -> Problem {
    Problem::error("P6105", "the Compose file has no `services`")
        .at(at, format!("expected at least one service, this is {noun}"))
        .help("write `services:` with a map of services below it")
}

/// P6105: a service that is not said what it runs.
pub fn nothing_to_run(at: Span, name: &str) -> Problem {
    Problem::error("P6105", format!("service `{name}` has no `image` and no `build`"))
        .at(at, "nothing says what it runs")
        .help("write `image: NAME:TAG`")
}

/// P6105: a key that Compose does not know.
pub fn unknown_key(at: Span, key: &str, what: &str, near: &[&str]) -> Problem {
    let problem = Problem::error("P6105", format!("{what} has no `{key}`"))
        .at(at, "Compose does not know this key");
    let problem = did_you_mean(problem, near);
    problem.note("keys that begin with `x-` are free")
}

/// P6105: text that is no port.
pub fn no_port(at: Span, text: &str) -> Problem {
    Problem::error("P6105", format!("`{text}` publishes no port"))
        .at(at, "expected `8080:80`, `127.0.0.1:8080:80/udp` or `8000-8010:80-90`")
}

/// P6106: a name that the file does not declare.
pub fn undefined(at: Span, kind: &str, name: &str, by: &str, near: &[&str]) -> Problem {
    let message = format!("service `{by}` names the {kind} `{name}`, which is not declared");
    let problem = Problem::error("P6106", message).at(at, format!("no {kind} has this name"));
    match (near, kind) {
        ([], "service") => problem,
        ([], kind) => problem.help(format!("declare it: `{kind}s: {{ {name}: {{}} }}`")),
        (near, _) => did_you_mean(problem, near),
    }
}

/// P6107: a profile that no service has.
pub fn unknown_profile(at: Span, name: &str, all: &[(&str, Span)], file: Span) -> Problem {
    let problem = Problem::error("P6107", format!("no service has the profile `{name}`"))
        .at(at, "nothing is switched on by it");
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let near = super::nearest(name, names.iter().copied());
    let problem = match all.first() {
        Some((_, at)) => {
            let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
            problem.at(*at, format!("the profiles are {}", names.join(", ")))
        }
        None => problem.at(Span { end: file.start, ..file }, "no service here has a profile"),
    };
    did_you_mean(problem, &near)
}

/// P6108: a file of variables that is not in the project.
pub fn no_env_file(at: Span, path: &str) -> Problem {
    Problem::error("P6108", format!("there is no `{path}` beside the Compose file"))
        .at(at, "Compose will not start without it")
        .help("make the file, or write `{ path: …, required: false }`")
        .note("variables of `compose.env` reach services through `${NAME}` or `env_file: .env`")
}

/// P6108: a file of a secret or a config that is not in the project.
pub fn no_file(at: Span, path: &str) -> Problem {
    Problem::error("P6108", format!("there is no `{path}` beside the Compose file"))
        .at(at, "Compose will not start without it")
}

/// P6109: a `$` that begins no variable.
pub fn malformed_variable(at: Span, text: &str) -> Problem {
    Problem::error("P6109", format!("`{text}` is no variable"))
        .at(at, "expected `$NAME`, `${NAME}`, `${NAME:-default}` or `${NAME:?message}`")
        .help("write `$$` for a `$` that stands for itself")
}

/// P6110: a variable that Compose does not go on without.
pub fn variable_needed(at: Span, name: &str, why: &str, env: Span, near: &[&str]) -> Problem {
    let label = match why {
        "" => "Compose stops without it".to_owned(),
        why => format!("Compose stops without it: {why}"),
    };
    let problem = Problem::error("P6110", format!("the variable `{name}` has no value"))
        .at(at, label)
        .at(env, "it is not given here");
    did_you_mean(problem, near).help(format!("write `env {{ {name} = … }}`"))
}

/// P6111: a port of a machine that two want.
pub fn port_taken(port: u16, protocol: &str, first: Place, second: Place) -> Problem {
    Problem::error("P6111", format!("port {port}/{protocol} of one machine is wanted twice"))
        .at(second.0, second.1)
        .at(first.0, first.1)
        .help("publish one of them on another port")
}

/// L0601: an image whose name means another one tomorrow.
pub fn moving_image(at: Span, image: &str, doubt: &str) -> Problem {
    Problem::warning("L0601", format!("`{image}` may be another image tomorrow"))
        .at(at, doubt)
        .help("name a version: `image: NAME:1.2.3`, or a digest")
}

/// L0602: an app of which nobody can tell whether it works.
pub fn no_health_check(owner: Span, service: Span) -> Problem {
    Problem::warning("L0602", "nobody can tell whether this app works")
        .at(owner, "no `health` here")
        .at(service, "and no `healthcheck` of a service")
        .help("add `health { http = \"/\" }`")
}

/// L0603: a variable that nothing takes.
pub fn never_taken(at: Span, name: &str, file: Span, near: &[&str]) -> Problem {
    let file = Span { end: file.start, ..file };
    let problem = Problem::warning("L0603", format!("nothing takes the variable `{name}`"))
        .at(at, "it is given here")
        .at(file, format!("no `${{{name}}}` and no `env_file: .env` in this file"));
    did_you_mean(problem, near)
}

/// L0604: a variable that is empty because nobody gives it.
pub fn variable_empty(at: Span, name: &str, env: Span, near: &[&str]) -> Problem {
    let problem = Problem::warning("L0604", format!("the variable `{name}` has no value"))
        .at(at, "nothing will stand here")
        .at(env, "it is not given here");
    did_you_mean(problem, near)
        .help(format!("write `env {{ {name} = … }}`, or `${{{name}:-}}` if that is meant"))
}

/// L0605: a variable that two places set.
pub fn two_owners(at: Span, name: &str, other: Span) -> Problem {
    Problem::warning("L0605", format!("the variable `{name}` is set in two places"))
        .at(at, "here")
        .at(other, "and here")
        .help("keep one of them")
        .note("in Compose, `environment` wins over `env_file`, and neither reads the other")
}

/// L0606: a folder that will be empty.
pub fn empty_mount(at: Span, path: &str) -> Problem {
    Problem::warning("L0606", format!("there is no `{path}` beside the Compose file"))
        .at(at, "Docker makes an empty folder for it on the machine")
        .help("add it to the project, or use a named volume for data")
}

/// L0607: an image that is built from what is not on the machine.
pub fn build_not_sent(at: Span, path: &str) -> Problem {
    Problem::warning("L0607", format!("`{path}` is not sent to the machine"))
        .at(at, "the image is built from there")
        .help("push the image to a registry and name it, or build from a `https://…` address")
}
