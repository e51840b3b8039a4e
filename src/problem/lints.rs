//! Lints: what is allowed and probably not meant. L0xxx; all of them are warnings, and
//! `# paas: allow L0107` on the line above silences one.

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
