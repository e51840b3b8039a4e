//! Problems of `moved`, `adopt`, `forget`, `lifecycle` and what may be destroyed: P1030 to P1034,
//! P7016 to P7018 and P7025; of places for new objects: P5011, P6201 and P6202; and lints about
//! statements that have no effect any more: L0203 to L0205.

use crate::problem::Problem;
use crate::problem::names::listed;
use crate::source::Span;

/// P1030: a statement about a resource that the manifest does not have.
pub fn not_in_manifest(word: &str, at: Span, name: &str, near: &[String]) -> Problem {
    let near: Vec<&str> = near.iter().map(String::as_str).collect();
    let problem = Problem::error("P1030", format!("the manifest has no `{name}`"));
    let problem = problem.at(at, "nothing is called so");
    match (near.as_slice(), word) {
        ([], "moved") => problem.help("write the name that the resource has now behind `->`"),
        ([], _) => problem.help("write the block of the resource first"),
        (near, _) => problem.help(format!("did you mean {}?", listed(near, "or"))),
    }
}

/// P1031: what is moved away or forgotten is still in the manifest.
pub fn still_there(word: &str, at: Span, name: &str, place: Span) -> Problem {
    let problem = Problem::error("P1031", format!("`{name}` is still in the manifest"))
        .at(at, format!("`{word}` is for what the manifest no longer has"))
        .at(place, "it is here");
    match word {
        "forget" => problem.help("remove its block, or this line"),
        _ => problem.help("give the block its new name, or remove this line"),
    }
}

/// P1032: a resource that would become one of another kind.
pub fn another_kind(from: (Span, &str), to: (Span, &str)) -> Problem {
    Problem::error("P1032", format!("a `{}` cannot become a `{}`", from.1, to.1))
        .at(to.0, format!("a `{}`", to.1))
        .at(from.0, format!("a `{}`", from.1))
        .help("only the name, the key and the tenant of a resource can change")
}

/// P1032: a move from a name to the same name.
pub fn moves_nowhere(at: Span) -> Problem {
    Problem::error("P1032", "both sides of `moved` are the same").at(at, "the same name")
}

/// P1033: two statements about one resource.
pub fn said_twice(what: &str, name: &str, at: Span, first: Span) -> Problem {
    Problem::error("P1033", format!("`{name}` is {what} twice"))
        .at(at, "here again")
        .at(first, "first here")
        .help("keep one of them")
}

/// P1033: two resources that would get one name.
pub fn moved_onto(name: &str, at: Span, first: Span) -> Problem {
    Problem::error("P1033", format!("two resources would become `{name}`"))
        .at(at, "here again")
        .at(first, "first here")
        .help("give each a name of its own")
}

/// P1034: what cannot be taken over.
pub fn cannot_adopt(at: Span, kind: &str) -> Problem {
    Problem::error("P1034", format!("a `{kind}` cannot be adopted"))
        .at(at, "only a `container` or a `vm` has a number that it can be found by")
        .help("leave `adopt` out: what is in its place is compared when it is applied")
}

/// P1034: something else where the number of a guest belongs.
pub fn not_an_id(at: Span, noun: &str) -> Problem {
    Problem::error("P1034", format!("a guest is found by its number, not by {noun}"))
        .at(at, format!("this is {noun}"))
        .help("write `\"4001\"` or `\"pve1/qemu/4001\"`")
}

/// P2001: something else where a key belongs.
pub fn not_a_key(at: Span, noun: &str) -> Problem {
    Problem::error("P2001", format!("a key is text or a whole number, not {noun}"))
        .at(at, format!("this is {noun}"))
}

/// P7016: what would be replaced, and never is.
pub fn never_replaced(name: &str, forcing: Option<&str>) -> Problem {
    let why = forcing.map(|field| format!(": another `{field}` forces that")).unwrap_or_default();
    Problem::error(
        "P7016",
        format!("the plan would replace `{name}`, which is never replaced{why}"),
    )
    .help("put back what forces this, or write `lifecycle { replace = \"destroy_first\" }`")
}

/// P7025: more is destroyed than the project allows.
pub fn too_many_destroyed(count: u32, most: u32) -> Problem {
    let objects = if count == 1 { "object" } else { "objects" };
    let message = format!("the plan would destroy {count} {objects}, and `max_destroy` is {most}");
    Problem::error("P7025", message).help(
        "read the plan; then widen `policy { max_destroy = … }`, or apply a part with `--target`",
    )
}

/// P7017: two things in the state that would get one address.
pub fn both_exist(old: &str, to: &str) -> Problem {
    Problem::error("P7017", format!("`{old}` would become `{to}`, and both exist")).help(format!(
        "remove the `moved` line to destroy `{old}`, or let go of one of them: `paas state forget \
         {old}`"
    ))
}

/// P7018: a guest that cannot be taken over.
pub fn not_taken_over(name: &str, id: &str, why: &str, help: &str) -> Problem {
    Problem::error("P7018", format!("`{name}` cannot take over guest `{id}`: {why}")).help(help)
}

/// L0203: a `moved` that has nothing to move.
pub fn idle_move(at: Span, from: &str) -> Problem {
    Problem::warning("L0203", format!("nothing in the state is called `{from}` any more"))
        .at(at, "this has had its effect")
        .help("remove the line, once every state of this manifest was applied")
}

/// L0204: a `forget` that has nothing to forget.
pub fn idle_forget(at: Span, name: &str) -> Problem {
    Problem::warning("L0204", format!("nothing in the state is called `{name}` any more"))
        .at(at, "this has had its effect")
        .help("remove the line, once every state of this manifest was applied")
}

/// L0205: an `adopt` of what was adopted.
pub fn idle_adopt(at: Span, name: &str) -> Problem {
    Problem::warning("L0205", format!("`{name}` is in the state already"))
        .at(at, "this has had its effect")
        .help("remove the line, once every state of this manifest was applied")
}

/// P7019: one waits for what the other has, and the other for it.
pub fn exchange(address: &str, other: &str, place: &str) -> Problem {
    Problem::error("P7019", format!("`{address}` and `{other}` cannot exchange {place} in one go"))
        .note("each of them waits until the other has given back what it has")
        .help(format!(
            "leave one of the two out and apply, then write it again; or give `{address}` another \
             place first"
        ))
}

/// P5011: the planner has nothing left to choose for a resource.
pub fn nothing_to_choose(name: &str, why: &str, help: &str) -> Problem {
    Problem::error("P5011", format!("nothing can be chosen for `{name}`: {why}")).help(help)
}

/// P6201: a new object would be made where something stands that is not ours.
pub fn place_taken(name: &str, what: &str) -> Problem {
    let message = format!("`{name}` would take the place of {what}, which is not ours");
    Problem::error("P6201", message).help("choose another id or path, or remove what is there")
}

/// P6202: what stands where an object was made does not say that it is ours.
pub fn without_mark(what: &str, id: &str) -> Problem {
    let message = format!("{what} stands where `{id}` was made, and does not carry its mark");
    Problem::error("P6202", message)
        .help("if it is ours, put the mark back into its description")
        .help(format!("if it is not, `paas state forget {id}` lets go of the record"))
}
