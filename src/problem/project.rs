//! Problems of a project and of a command: files that are missing, selections that are empty,
//! worlds that refuse.

use crate::problem::Problem;

/// There is no manifest in the folder.
pub fn no_manifest(folder: &str) -> Problem {
    Problem::error("P0001", format!("there is no manifest in `{folder}`"))
        .help("write a `main.paas` there, or name the folder that has one")
        .note("nothing was changed: an empty folder never means that everything is destroyed")
}

/// What is named as a project is not there.
pub fn no_such_path(path: &str) -> Problem {
    Problem::error("P0001", format!("there is no `{path}`"))
        .help("name the folder of a manifest or a `.paas` file; for `paas apply` also a saved plan")
        .note("nothing was changed: an empty folder never means that everything is destroyed")
}

/// A manifest cannot be read.
pub fn unreadable(name: &str, why: &str) -> Problem {
    Problem::error("P0002", format!("`{name}` cannot be read: {why}"))
        .help("a manifest is a text file in UTF-8 whose name ends in `.paas`")
}

/// A file that is named as a project is no manifest.
pub fn not_a_manifest(name: &str) -> Problem {
    Problem::error("P0002", format!("`{name}` is no manifest: its name does not end in `.paas`"))
        .help("name the folder of a project or one of its `.paas` files")
        .help("a plan that was saved with `--out` is for `paas apply`")
}

/// A file of values cannot be read.
pub fn unreadable_values(name: &str, why: &str) -> Problem {
    Problem::error("P0002", format!("`{name}` cannot be read: {why}"))
        .help("`--values FILE` names a file of `name = value` lines, `--env NAME` stands for `--values env/NAME.paas`")
}

/// A file of given values has something other than attributes in it.
pub fn not_a_value(name: &str) -> Problem {
    Problem::error("P0003", format!("`{name}` has more in it than values"))
        .help("write one `name = value` a line, for inputs of the manifest")
}

/// `--set` was not followed by `name=value`.
pub fn not_a_setting(text: &str) -> Problem {
    Problem::error("P0004", format!("`{text}` gives no input a value"))
        .help("write `--set name=value`, for example `--set replicas=3`")
}

/// `--target` names nothing.
pub fn no_such_target(target: &str, near: &[String]) -> Problem {
    let problem = Problem::error("P7010", format!("there is no resource `{target}`"));
    match near {
        [] => problem.help("`paas graph` lists every resource"),
        near => problem.help(format!("did you mean {}?", near.join(", "))),
    }
}

/// A cluster does not let itself be looked at.
pub fn cannot_look(address: &str, why: &str) -> Problem {
    Problem::error("P6301", format!("`{address}` cannot be looked at: {why}"))
        .help("try the manifest without any cluster: add `--sandbox`")
        .note("nothing was changed")
}

/// The sandbox cannot be used.
pub fn sandbox_refuses(why: &str) -> Problem {
    Problem::error("P6302", format!("the sandbox refuses: {why}"))
        .help("`paas sandbox show` tells what is in it, `paas sandbox reset` empties it")
}

/// A saved plan cannot be read.
pub fn unreadable_plan(name: &str, why: &str) -> Problem {
    Problem::error("P7011", format!("`{name}` is no saved plan: {why}"))
        .help("make one with `paas plan --out FILE`")
}

/// A saved plan is applied as it is.
pub fn saved_plan_is_fixed(name: &str) -> Problem {
    Problem::error("P7015", format!("`{name}` is a saved plan: its inputs and targets are fixed"))
        .help(format!("apply it alone, `paas apply {name}`, or let it be made again"))
}

/// Nobody can be asked.
pub fn nobody_to_ask() -> Problem {
    Problem::error("P7012", "there is no terminal to ask on, and nothing was changed").help(
        "add `--yes` to apply without being asked, or apply a plan that was saved with `--out`",
    )
}

/// Our own mistake: a plan breaks a rule that every plan follows.
pub fn bad_plan(why: &str) -> Problem {
    Problem::error("P9001", format!("this plan is not safe to apply: {why}"))
        .help("please report this with the manifest: it is a mistake of `paas`, not yours")
        .note("nothing was changed")
}

/// There is no JSON Schema of this.
pub fn no_such_schema(name: &str, near: &[&str]) -> Problem {
    let problem = Problem::error("P7014", format!("there is no schema of `{name}`"));
    match near.first() {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("name `plan`, `manifest` or a kind"),
    }
}

/// A file cannot be written.
pub fn cannot_write(name: &str, why: &str) -> Problem {
    Problem::error("P7013", format!("`{name}` cannot be written: {why}"))
        .help("name a file in a folder that exists and can be written")
}

/// There is nothing with this address or code to explain.
pub fn nothing_to_explain(what: &str, near: &[String]) -> Problem {
    let problem = Problem::error("P7014", format!("there is nothing called `{what}`"));
    let near = near.join(", ");
    match near.is_empty() {
        true => problem.help("name a resource, `resource.attribute`, a kind, or a code like P1003"),
        false => problem.help(format!("did you mean {near}?")),
    }
}
