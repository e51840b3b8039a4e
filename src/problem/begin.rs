//! Problems of beginning a project, and of taking into it what is there.

use crate::problem::Problem;

/// No first manifest is written.
pub fn not_begun(why: &str, help: &str) -> Problem {
    Problem::error("P6313", why).help(help).note("nothing was written")
}

/// No guest is written into a manifest.
pub fn not_imported(why: &str, help: &str) -> Problem {
    Problem::error("P6314", why).help(help).note("nothing was written, and nothing was changed")
}

/// The words of the language do not say all that a guest is: taking it over would change it.
pub fn imported_otherwise(address: &str, lines: &[String]) -> Problem {
    let message = format!("taking over `{address}` would change more than its mark");
    let problem = lines.iter().fold(Problem::warning("P6315", message), Problem::note);
    problem.help("change the text until `paas plan` shows what you want; nothing was changed")
}

/// What is written there changes others.
pub fn import_moves_others(others: &[String]) -> Problem {
    let message = format!("with the text that was written, {} would change too", others.join(", "));
    Problem::warning("P6315", message)
        .note("one more network, or guest, is in what they count or list")
        .help("a guest that had the only network: name it, `network = network.lan`")
}

/// Some guests are not written.
pub fn import_leaves_out(left: &[String]) -> Problem {
    let problem = Problem::warning("P6315", "some guests are left out");
    left.iter().fold(problem, Problem::note).help("name those you want: `--guest 101,102`")
}
