//! Lints: what is allowed and probably not meant. L0xxx; all of them are warnings, and
//! `# paas: allow L0107` on the line above silences one.

use crate::problem::infer::enumerated;
use crate::problem::{Edit, Fix, Problem};
use crate::source::Span;

/// L0001: a comment that silences nothing that could be silenced.
pub fn allows_nothing(at: Span, word: &str, near: &[&str]) -> Problem {
    let is_error = word.starts_with('P');
    let text = if is_error { "a problem cannot be silenced" } else { "there is no such lint" };
    let problem = Problem::warning("L0001", format!("`{word}` is not a lint")).at(at, text);
    match near {
        [near, ..] if !is_error => problem.help(format!("did you mean `{near}`?")),
        _ => problem.note("the codes of lints begin with `L`: `# paas: allow L0107`"),
    }
}

/// L0107: `${name}` in one string, where the names are known; `begins` is where the string does.
pub fn foreign_interpolation(found: &[(Span, String)], begins: Option<Span>) -> Problem {
    let (first, name) = &found[0];
    let problem = Problem::warning("L0107", format!("`${{{name}}}` is plain text in paas"))
        .at(*first, format!("`{name}` exists, so this is probably meant to be replaced by it"));
    let problem = found[1..].iter().fold(problem, |problem, (span, name)| {
        problem.also_at(*span, format!("the same: `{name}` exists"))
    });
    let problem = match begins {
        Some(begins) => problem.at(begins, "in this text"),
        None => problem,
    };
    let edits = found.iter().map(|(span, name)| Edit::new(*span, format!("\\({name})")));
    let title =
        format!("write `\\({name})`; keep `${{…}}` in `'…'` if a shell or Compose should see it");
    problem.fix(Fix::maybe(title, edits.collect()).shown())
}

/// L0201: a pattern that no value fits.
pub fn never_matches(at: Span, shown: &str, noun: &str, all: &[String]) -> Problem {
    let problem = Problem::warning("L0201", format!("nothing here can be {shown}"))
        .at(at, "this arm is never taken");
    match all {
        [] => problem.note(format!("the value is {noun}")),
        [..] => problem.note(format!("the value is {}", enumerated(all, "or"))),
    }
}

/// L0201: an arm behind one that takes everything.
pub fn unreachable_arm(at: Span, end: Span) -> Problem {
    Problem::warning("L0201", "this arm is never taken")
        .at(at, "nothing is left for it")
        .at(end, "this takes everything")
        .help("put `else` last")
}

/// L0202: a comparison with a word that is none of the choices.
pub fn never_equal(at: Span, op: &str, word: &str, words: &[String]) -> Problem {
    let near = crate::problem::nearest(word, words.iter().map(String::as_str));
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let always = if op == "==" { "false" } else { "true" };
    let problem = Problem::warning("L0202", format!("nothing here can be \"{word}\""))
        .at(at, format!("so `{op}` is always {always}"));
    let problem = match near.first() {
        Some(near) => problem.help(format!("did you mean \"{near}\"?")),
        None => problem,
    };
    problem.note(format!("the choices are {}", enumerated(&quoted, "and")))
}

/// L0301: an attribute that this version does nothing with.
pub fn no_effect(at: Span, name: &str, why: &str) -> Problem {
    Problem::warning("L0301", format!("`{name}` has no effect in this version"))
        .at(at, "it is checked and remembered, and nothing follows from it")
        .note(why)
}

/// L0403: whoever answers in the place of a cluster is believed.
pub fn trusts_anybody(at: Span) -> Problem {
    Problem::warning("L0403", "nobody checks that the cluster is the one that is meant")
        .at(at, "whoever answers at its address is sent the token")
        .help("`paas preflight` shows the certificate's fingerprint: write `tls { fingerprint = \"…\" }`")
}

/// L0401: a file that a secret comes from is read as plain text.
pub fn secret_in_plain_sight(
    at: Span,
    file: &str,
    secret: &str,
    declared: Span,
    sealed: bool,
) -> Problem {
    let problem = Problem::warning("L0401", format!("the text of `{file}` is no secret here"))
        .at(at, "this may go anywhere, also into plans and the state")
        .at(declared, format!("`{secret}` comes from the same file"));
    match sealed {
        true => problem.note("it is read as it stands there, encrypted"),
        false => problem.help(format!("take the secret: `{secret}`")),
    }
}

/// L0402: a reveal of what everybody may see anyway.
pub fn nothing_revealed(at: Span, noun: &str) -> Problem {
    Problem::warning("L0402", "nothing is made public here")
        .at(at, format!("this is {noun}, and no secret"))
        .help("take `reveal` away: a reason is for what was secret before")
}
