//! Problems of stages: values that are known too late for where they stand, and why. P30xx.

use crate::problem::Problem;
use crate::problem::lower::{REVEAL_THE_ANSWER, WITHOUT_SECRETS};
use crate::source::Span;

/// Why a value is known only later: what is read, where, and through which names.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The attribute.
    pub name: String,
    /// Whose.
    pub of: String,
    /// It is known after apply, and not when the plan is made.
    pub after_apply: bool,
    /// Where it is read.
    pub at: Span,
    /// Where that is decided, and by whom.
    pub because: Option<(Span, String)>,
    /// Names it goes through, and where they are said.
    pub hops: Vec<(String, Span)>,
}

impl Chain {
    fn when(&self) -> &'static str {
        if self.after_apply { "after apply" } else { "when the plan is made" }
    }

    /// `` `ip` of `container.dev` is known after apply ``
    fn told(&self) -> String {
        format!("`{}` of `{}` is known {}", self.name, self.of, self.when())
    }

    /// The places on the way, and why.
    fn labels(&self, problem: Problem) -> Problem {
        let hops = self.hops.iter();
        let problem = hops.fold(problem, |problem, (name, at)| {
            problem.at(*at, format!("it comes through `{name}`"))
        });
        match &self.because {
            Some((at, text)) => problem.at(*at, text),
            None => problem,
        }
    }

    /// What would make it known.
    fn way_out(&self, problem: Problem) -> Problem {
        match self.name.as_str() {
            "ip" => problem.help("or write the address: `ip = nth(network, n)` is known at once"),
            "node" => problem.help("or name the node: `on = cluster.name.node.n1`"),
            "value" if self.because.as_ref().is_some_and(|it| it.1 == WITHOUT_SECRETS) => {
                problem.help(REVEAL_THE_ANSWER)
            }
            "id" => problem.help("or write the number: `id = 100`"),
            _ => problem,
        }
    }
}

/// P3001: the keys of instances are known too late.
pub fn key(name: &str, header: Span, chain: &Chain, used: Span, swapped: Option<&str>) -> Problem {
    let message = format!("the keys of `{name}` are known only {}", chain.when());
    let problem = Problem::error("P3001", message).at(chain.at, chain.told());
    let problem = match chain.at == used || overlap(chain.at, used) {
        true => problem,
        false => problem.at(used, "used as the key here"),
    };
    let problem = problem.at(header, "but instances must be named when the manifest is read");
    let problem = chain.labels(problem);
    match swapped {
        Some(swapped) => {
            let help = format!("swap key and value: `{swapped}`; the value may come later");
            chain.way_out(problem.help(help))
        }
        None => chain.way_out(problem.help("name them by something that is written")),
    }
}

/// P3001: whether there is something is known too late.
pub fn decided(name: &str, header: Span, chain: &Chain) -> Problem {
    let message = format!("whether there is a `{name}` is known only {}", chain.when());
    let problem = Problem::error("P3001", message)
        .at(chain.at, chain.told())
        .at(header, "but it must be known when the manifest is read");
    let problem = chain.labels(problem);
    chain.way_out(problem.help("decide by something that is written in the manifest"))
}

/// P3001: a setting that everything else is made with.
pub fn setting(name: &str, at: Span, chain: &Chain) -> Problem {
    let message = format!("`{name}` must be known when the manifest is read");
    let problem = Problem::error("P3001", message)
        .at(chain.at, chain.told())
        .at(at, "it is needed before anything is planned");
    chain.labels(problem).help("write it out, or take it from an `input`")
}

/// P3002: a field that needs a value now.
pub fn field(field: &str, chain: &Chain) -> Problem {
    let message = format!("`{field}` must be known when the plan is made");
    let problem = Problem::error("P3002", message).at(chain.at, chain.told());
    chain.way_out(chain.labels(problem))
}

fn overlap(one: Span, other: Span) -> bool {
    one.file == other.file && one.start < other.end && other.start < one.end
}
