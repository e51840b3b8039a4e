//! Problems of `test` blocks. P1040, P1041, P2020, P2021.

use crate::problem::lower::Late;
use crate::problem::names::listed;
use crate::problem::{Problem, any_error};
use crate::source::Span;

/// What a test may have.
const PARTS: &str = "a test has `given { … }`, `before { … }`, `mock ADDRESS { … }`, \
                     `expect CONDITION` and `expect_error = \"CODE\"`";

/// Where no test can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a tenant.
    Tenant,
    /// In a file that others import.
    Library,
}

/// P1040: a test in a place that has none.
pub fn out_of_place(at: Span, place: Place) -> Problem {
    match place {
        Place::Tenant => Problem::error("P1040", "a test cannot stand in a tenant")
            .at(at, "tests stand at the top of a file")
            .help("move it out of the tenant")
            .note("a test sees a tenant\'s outputs, and all there is with `all.app`"),
        Place::Library => Problem::error("P1040", "a test cannot stand in an imported file")
            .at(at, "whoever imports the file would never run it")
            .help("move it into a file of the project that nobody imports"),
    }
}

/// P1040: a test without a name, or with several.
pub fn without_name(at: Span) -> Problem {
    Problem::error("P1040", "a test has one name")
        .at(at, "expected `test` and a name")
        .help("write `test \"what is expected\" { … }`")
}

/// P1010: `mock` or `expect` outside of a test.
pub fn outside_of_test(at: Span) -> Problem {
    Problem::error("P1010", "this belongs into a test")
        .at(at, "no test is around it")
        .help("write it inside of `test \"what is expected\" { … }`")
}

/// P1041: a word for an open choice in the place of what was chosen.
pub fn mock_is_open(at: Span, name: &str, word: &str) -> Problem {
    Problem::error("P1041", format!("`{word}` makes up no `{name}`"))
        .at(at, "this leaves it open")
        .help(format!("write the value that `{name}` has in this test"))
}

/// P1040: `for` or `if` of a test, or of a block in it.
pub fn with_header(at: Span) -> Problem {
    Problem::error("P1040", "a test is run once, whatever happens")
        .at(at, "no `for` and no `if` here")
        .help("write a test for each case")
}

/// P1040: something in a test that is none of its parts.
pub fn no_part(at: Span, what: &str) -> Problem {
    Problem::error("P1040", format!("a test cannot have {what}"))
        .at(at, "not a part of a test")
        .note(PARTS)
}

/// P1040: a part of a test that there is one of.
pub fn part_twice(word: &str, again: Span, first: Span) -> Problem {
    Problem::error("P1040", format!("a test has one `{word}`"))
        .at(again, "written again here")
        .at(first, "first written here")
        .help("put everything into one of them")
}

/// P1040: an error that is expected together with something else.
pub fn error_and_more(error: Span, other: Span) -> Problem {
    Problem::error("P1040", "a test that expects an error can expect nothing else")
        .at(other, "there is nothing to look at after the error")
        .at(error, "an error is expected")
        .help("make two tests of it")
}

/// P1040: `expect_error` without a code or a name.
pub fn error_is_text(at: Span) -> Problem {
    Problem::error("P1040", "`expect_error` is the code of a problem or the name of a check")
        .at(at, "expected text between quotes")
        .help("write `expect_error = \"P2016\"`")
}

/// P1040: a code or a check that there is not.
pub fn unknown_error(at: Span, text: &str, near: &[&str], checks: &[&str]) -> Problem {
    let message = format!("there is no code and no check `{text}`");
    let mut problem = Problem::error("P1040", message).at(at, "nothing can fail like this");
    if !near.is_empty() {
        problem = problem.help(format!("did you mean {}?", listed(near, "or")));
    }
    match checks {
        [] => problem.note("`paas explain P2016` tells about a code; this manifest has no checks"),
        _ => problem.note(format!("the checks of this manifest are {}", listed(checks, "and"))),
    }
}

/// P1005: a value for an input or a let that nobody declares.
pub fn nothing_to_give(at: Span, name: &str, near: &[&str]) -> Problem {
    let problem = Problem::error("P1005", format!("there is no input and no `let` `{name}`"))
        .at(at, "nothing takes this value");
    match near {
        [] => problem.note("a test gives values to inputs and lets of the project itself"),
        _ => problem.help(format!("did you mean {}?", listed(near, "or"))),
    }
}

/// P4005: the value of a secret in a test.
pub fn secret_given(at: Span, name: &str) -> Problem {
    Problem::error("P4005", format!("a test cannot give the secret `{name}`"))
        .at(at, "its value would be read by everybody")
        .help("leave it out: no test ever needs the value of a secret")
}

/// P1041: a mock of a secret.
pub fn secret_mocked(at: Span, name: &str) -> Problem {
    Problem::error("P1041", format!("`{name}` needs no mock"))
        .at(at, "a secret is only ever named")
        .help("remove it: no test ever needs the value of a secret")
}

/// P1041: a mock of a whole module.
pub fn module_mocked(at: Span, name: &str) -> Problem {
    Problem::error("P1041", format!("`module.{name}` is no resource"))
        .at(at, "a module has nothing to make up itself")
        .help(format!("mock what is in it: `mock module.{name}/container.NAME {{ … }}`"))
}

/// P1041: a mock of an attribute that always follows from the manifest.
pub fn never_late(at: Span, kind: &str, name: &str, late: &[&str]) -> Problem {
    let problem = Problem::error("P1041", format!("`{name}` of a `{kind}` needs no mock"))
        .at(at, "it is known as soon as the manifest is read");
    match late {
        [] => problem.note(format!("of a `{kind}` nothing is known only later")),
        _ => {
            let word = if late.len() == 1 { "is" } else { "are" };
            problem.note(format!("of a `{kind}` {} {word} known later", listed(late, "and")))
        }
    }
}

/// P1041: a mock of a value that this manifest fixes.
pub fn known_anyway(at: Span, name: &str, of: &str, value: &str) -> Problem {
    Problem::error("P1041", format!("`{name}` of `{of}` needs no mock"))
        .at(at, format!("the manifest says {value}"))
        .help("remove it from the mock")
}

/// P2020: something is not as a test expects it.
pub fn not_as_expected(
    at: Span,
    message: Option<&str>,
    sides: &[(Span, String)],
    test: &str,
) -> Problem {
    let text = message.unwrap_or("an expectation is not met");
    let mut problem = Problem::error("P2020", text);
    for (place, value) in sides {
        problem = problem.also_at(*place, format!("this is {value}"));
    }
    if sides.is_empty() {
        problem = problem.at(at, "this is false");
    }
    problem.note(format!("expected by the test `{test}`"))
}

/// P2020: an expectation about something that no test can know without saying it.
pub fn not_known(at: Span, late: &Late, of: &str, what: &str) -> Problem {
    Problem::error("P2020", "an expectation needs a value that nothing decides before apply")
        .at(at, format!("{} is known later", late.what))
        .help(format!("make it up in the test: `mock {of} {{ {what} = … }}`"))
        .note(&late.why)
}

/// P2020: something stands in the way of the plan of a test.
pub fn blocked(at: Span, code: &str, address: &str, message: &str, help: &str) -> Problem {
    let problem = Problem::error("P2020", format!("nothing can be planned: {message}"))
        .at(at, "in this test")
        .note(format!("`paas explain {code}` tells more; it is about `{address}`"));
    if help.is_empty() { problem } else { problem.help(help) }
}

/// P2020: a test whose manifest cannot be planned at all.
pub fn no_plan(at: Span, why: &str) -> Problem {
    Problem::error("P2020", "nothing can be planned").at(at, "in this test").note(why)
}

/// P7014: a test that there is not.
pub fn no_such_test(text: &str, near: &[&str], all: &[&str]) -> Problem {
    let problem = Problem::error("P7014", format!("no test has `{text}` in its name"));
    match (near, all) {
        (_, []) => problem.note("this project has no tests"),
        ([], all) if all.len() <= 8 => problem.note(format!("there are {}", listed(all, "and"))),
        ([], all) => problem.note(format!("there are {} tests", all.len())),
        (near, _) => problem.help(format!("did you mean {}?", listed(near, "or"))),
    }
}

/// P2020: what a test says was there before could not be made.
pub fn no_before(at: Span, why: &str) -> Problem {
    Problem::error("P2020", "what was there before cannot be made").at(at, "by this test").note(why)
}

/// P2021: the error that a test expects is not there.
pub fn not_failed(at: Span, expected: &str, instead: &[Problem]) -> Problem {
    let (message, label) = match any_error(instead) {
        false => (format!("nothing fails with `{expected}`"), "an error is expected"),
        true => (format!("something else fails than `{expected}`"), "this error is expected"),
    };
    let problem = Problem::error("P2021", message).at(at, label);
    let errors = instead.iter().filter(|problem| problem.is_error());
    errors.take(3).fold(problem, |problem, error| {
        problem.note(format!("instead there is {}: {}", error.code, error.message))
    })
}
