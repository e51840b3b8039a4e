//! Problems of `terraform` blocks: P2022, P5013; and of what Terraform says: P7027.

use crate::problem::Problem;
use crate::source::Span;

/// P2022: an output of a module that says what it is instead of what type it has.
pub fn output_has_value(name: &str, at: Span) -> Problem {
    Problem::error("P2022", format!("the value of the output `{name}` comes from Terraform"))
        .at(at, "only its type is written here")
        .help(format!("write `output {name}: string`, or another type"))
}

/// P2022: an output of a module without a type.
pub fn output_without_type(name: &str, at: Span) -> Problem {
    Problem::error("P2022", format!("the output `{name}` has no type"))
        .at(at, "what Terraform tells has to be of some type")
        .help(format!("write `output {name}: string`, or another type"))
}

/// P2022: a type that an output of a module cannot have.
pub fn no_output_type(text: &str, at: Span) -> Problem {
    Problem::error("P2022", "an output of Terraform cannot be of this type")
        .at(at, format!("`{text}`"))
        .help(
            "there are string, bool, int, float, ip, cidr, port, fqdn, url and data, lists, maps \
             and objects of them",
        )
}

/// P5013: two blocks that use one module in one workspace.
pub fn module_twice(
    source: &str,
    (first, first_at): (&str, Span),
    (again, at): (&str, Span),
) -> Problem {
    Problem::error("P5013", format!("`{first}` and `{again}` use one module in one workspace"))
        .at(at, format!("`{source}` again"))
        .at(first_at, format!("`{source}` here"))
        .note("they would share one state of Terraform, and undo each other's work")
        .help("give one of them a `workspace`, or another folder")
}

/// P7027: Terraform could not plan.
pub fn cannot_plan(source: &str, why: &str, lock: Option<&str>) -> Problem {
    let problem = Problem::error("P7027", format!("Terraform cannot plan `{source}`: {why}"));
    match lock {
        Some(id) => problem.help(format!(
            "wait until whoever holds the lock has ended; if nobody does any more, type \
             `terraform -chdir={source} force-unlock {id}`"
        )),
        None => problem.help(format!("`terraform -chdir={source} plan` shows all of what it says")),
    }
}
