//! Problems of the text itself: delimiters, tokens, other languages' habits. P01xx.

use crate::problem::{Edit, Fix, Problem, foreign};
use crate::source::Span;

/// How many places of one mistake are shown.
pub(super) const PLACES_MAX: usize = 4;

/// P0102: a line that is no item.
pub fn not_an_item(span: Span, line: &str) -> Problem {
    if let Some(problem) = foreign::declaration(span, line) {
        return problem;
    }
    Problem::error("P0102", "this is not an item")
        .at(span, "expected `name = value`, or a block like `container web { … }`")
}

/// P0102: a declaration whose name is a word of the language.
pub fn reserved_name(span: Span, word: &str) -> Problem {
    Problem::error("P0102", format!("`{word}` is a word of the language and cannot be a name"))
        .at(span, "a declaration with another name is expected")
        .help(format!("choose another one, like `{word}_`; as an attribute `{word}` can be used"))
}

/// P0102: a comprehension that stands in no body.
pub fn comprehension_outside(span: Span) -> Problem {
    Problem::error("P0102", "a comprehension is not an item of a file")
        .at(span, "only a body can be made of one")
        .help("write `let name = { for … : key => value }`")
}

/// A sign of another language between or behind items, and the edit that makes it ours.
#[derive(Clone, Debug)]
pub struct Sign {
    /// Where it stands.
    pub span: Span,
    /// The sign: `:`, `:=`, `=>` or `;`.
    pub text: String,
    /// What belongs there instead.
    pub edit: Edit,
}

/// P0104: another language's assignment, or `;`; all of one body together.
pub fn foreign_assignment(signs: &[Sign]) -> Problem {
    let is_end = |sign: &&Sign| sign.text == ";";
    let (ends, assignments): (Vec<&Sign>, Vec<&Sign>) = signs.iter().partition(is_end);
    let message = match assignments.is_empty() {
        true => "a new line ends an item, `;` is not needed",
        false => "values are assigned with `=`",
    };
    let mut problem = Problem::error("P0104", message);
    for (index, sign) in assignments.iter().take(PLACES_MAX).enumerate() {
        let text = match index {
            0 => format!("found `{}`", sign.text),
            _ => String::new(),
        };
        problem = problem.also_at(sign.span, text);
    }
    for (index, sign) in ends.iter().take(PLACES_MAX).enumerate() {
        problem = match (index, assignments.is_empty()) {
            (0, true) => problem.at(sign.span, "not needed"),
            (0, false) => {
                problem.at(sign.span, "`;` is not needed either: a new line ends an item")
            }
            (_, true) => problem.also_at(sign.span, ""),
            (_, false) => problem.at(sign.span, ""),
        };
    }
    let hidden =
        assignments.len().saturating_sub(PLACES_MAX) + ends.len().saturating_sub(PLACES_MAX);
    if hidden > 0 {
        problem = problem.note(format!("and {hidden} more in this block"));
    }
    let title = match signs.len() {
        1 => "`paas fix` rewrites it",
        2 => "`paas fix` rewrites both",
        _ => "`paas fix` rewrites them all",
    };
    let edits = signs.iter().map(|sign| sign.edit.clone()).collect();
    problem.fix(Fix::machine(title, edits).shown())
}

/// P0105: an operator or a word of another language.
pub fn foreign(span: Span, text: &str, help: &str) -> Problem {
    Problem::error("P0105", format!("`{text}` means nothing here"))
        .at(span, format!("`{text}` is from another language"))
        .help(help)
}

/// P0105: something of another language that has one spelling here.
pub fn foreign_spelling(span: Span, text: &str, better: &str) -> Problem {
    let title = format!("write `{better}`");
    Problem::error("P0105", format!("`{text}` means nothing here"))
        .at(span, format!("`{text}` is from another language"))
        .fix(Fix::machine(title, vec![Edit::new(span, better)]))
}

/// P0105: `list[*].name`; `better` is what it means, and the place of all of it.
pub fn splat(span: Span, text: &str, better: Option<(Span, &String)>) -> Problem {
    let problem = Problem::error("P0105", format!("`{text}` means nothing here"))
        .at(span, "elements are gone through with `for`");
    match better {
        Some((whole, better)) => {
            let title = format!("write `{better}`");
            problem.fix(Fix::machine(title, vec![Edit::new(whole, better.as_str())]))
        }
        None => problem.help("write `[for x in list : x.name]`"),
    }
}

/// P0105: `a ? b : c`, with what to write instead.
pub fn ternary(span: Span, instead: &str) -> Problem {
    let title = format!("write `{instead}`");
    Problem::error("P0105", "`? :` is not an operator here")
        .at(span, "a choice is written `if … then … else …`")
        .fix(Fix::machine(title, vec![Edit::new(span, instead)]))
}

/// A name with a dash in it.
#[derive(Clone, Debug)]
pub struct Dashed {
    /// The name as it is written.
    pub name: String,
    /// Where it is declared.
    pub declared: Option<Span>,
    /// Where it is used.
    pub uses: Vec<Span>,
}

/// P0106: a dash in a name, where it is declared and used.
pub fn dash_in_name(dashed: &Dashed) -> Problem {
    let Dashed { name, declared, uses } = dashed;
    let better = name.replace('-', "_");
    let mut problem = Problem::error("P0106", "`-` cannot be part of a name");
    if let Some(declared) = declared {
        problem = problem.at(*declared, "this is the name");
    }
    let (base, rest) = name.split_once('-').unwrap_or((name, ""));
    for (index, at) in uses.iter().take(PLACES_MAX).enumerate() {
        let text = match index {
            0 => format!("here it would mean `{base}` minus `{rest}`"),
            _ => String::new(),
        };
        problem = problem.at(*at, text);
    }
    let edits = declared.iter().chain(uses).map(|at| Edit::new(*at, better.as_str()));
    let title = format!("name it `{better}`; its hostname is `{name}` without being told");
    problem.fix(Fix::machine(title, edits.collect()))
}

/// P0106: a dash in a key.
pub fn dash_in_key(span: Span, name: &str) -> Problem {
    let title = format!("write `\"{name}\" = …`");
    Problem::error("P0106", "`-` cannot be part of a name")
        .at(span, "this is the key")
        .fix(Fix::machine(title, vec![Edit::new(span, format!("\"{name}\""))]))
}

/// P0109: a backslash before something it cannot stand before.
pub fn bad_escape(span: Span, escape: &str) -> Problem {
    let problem = Problem::error("P0109", format!("`{escape}` is not an escape"))
        .at(span, r#"escapes are `\n` `\t` `\r` `\0` `\"` `\\` `\u{…}` and `\(`"#);
    match escape {
        r"\u" => problem.help(r"write `\u{20ac}`"),
        _ => {
            let title = format!(r"write `\{escape}` for a backslash, or use `'…'`");
            problem.fix(Fix::maybe(title, vec![Edit::before(span, r"\")]))
        }
    }
}

/// P0109: `\u{…}` with something that is no character.
pub fn bad_character(span: Span, escape: &str) -> Problem {
    Problem::error("P0109", format!("`{escape}` is not a character"))
        .at(span, "expected one to six hexadecimal digits of a Unicode character")
        .help(r"write `\u{20ac}`")
}

/// P0110: numbers with something behind them that is no unit; all of one body together.
pub fn unknown_unit(places: &[(Span, String)]) -> Problem {
    let (first, text) = &places[0];
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let mut problem = Problem::error("P0110", format!("`{unit}` is not a unit")).at(
        *first,
        "one number, one unit: B KiB MiB GiB TiB, KB MB GB TB, or ms s m h d w for a time",
    );
    for (span, _) in places.iter().take(PLACES_MAX).skip(1) {
        problem = problem.also_at(*span, "the same here");
    }
    for (span, text) in places.iter().take(PLACES_MAX) {
        if let Some(meant) = meant_unit(text) {
            let title = format!("`{text}` looks like `{meant}`");
            problem = problem.fix(Fix::maybe(title, vec![Edit::new(*span, meant)]));
        }
    }
    problem
}

fn meant_unit(text: &str) -> Option<String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, unit) = text.split_at(digits);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "k" | "kb" | "kib" | "ki" => "KiB",
        "m" | "mb" | "mib" | "mi" | "meg" | "megs" => "MiB",
        "g" | "gb" | "gib" | "gi" | "gig" | "gigs" => "GiB",
        "t" | "tb" | "tib" | "ti" => "TiB",
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        _ => return None,
    };
    Some(format!("{number}{unit}"))
}

/// P0110: a size or a duration that is no whole number of bytes or milliseconds.
pub fn not_whole(span: Span, text: &str, unit: &str) -> Problem {
    Problem::error("P0110", format!("`{text}` is not a whole number of {unit}"))
        .at(span, format!("expected a whole number of {unit}"))
}

/// P0111: something that has the shape of an address and is none.
pub fn bad_address(span: Span, text: &str) -> Problem {
    Problem::error("P0111", format!("`{text}` is not an IPv4 address"))
        .at(span, "four parts, each from 0 to 255")
}

/// P0111: a network whose prefix is too long.
pub fn bad_prefix(span: Span, text: &str) -> Problem {
    Problem::error("P0111", format!("`{text}` is not a network"))
        .at(span, "the number after `/` goes from 0 to 32")
}

/// P0112: a network that is written with an address inside it.
pub fn host_bits(span: Span, text: &str, network: &str, address: &str) -> Problem {
    Problem::error("P0112", format!("`{text}` has host bits set"))
        .at(span, "a network is written with its first address")
        .help(format!("write `{network}`, or `{address}` if you meant one machine"))
}

/// P0113: a port that does not exist.
pub fn bad_port(span: Span, text: &str) -> Problem {
    Problem::error("P0113", format!("`{text}` is not a port"))
        .at(span, "a port goes from 1 to 65535")
}

/// P0113: a range of ports that ends before it begins.
pub fn bad_port_range(span: Span, text: &str) -> Problem {
    Problem::error("P0113", format!("`{text}` is an empty range"))
        .at(span, "the first port is greater than the last")
}

/// P0114: an expression with too many parts.
pub fn too_long(span: Span) -> Problem {
    Problem::error("P0114", "this expression has too many parts")
        .at(span, "it cannot be read as a whole")
        .help("give a part of it a name with `let`")
}

/// P0115: `a.b = …`.
pub fn dotted_key(span: Span, key: &str) -> Problem {
    let nested = key.split('.').rev().fold("…".to_owned(), |inner, word| match inner.as_str() {
        "…" => format!("{word} = …"),
        _ => format!("{word} {{ {inner} }}"),
    });
    Problem::error("P0115", "a key is one word")
        .at(span, "this names a part of something")
        .help(format!("write `{nested}`"))
}

/// P0116: something is missing: a value, a name, a keyword.
pub fn missing(span: Span, expected: &str) -> Problem {
    Problem::error("P0116", format!("expected {expected}"))
        .at(span, format!("{expected} belongs here"))
}

/// P0116: something stands where a value belongs.
pub fn not_a_value(span: Span, text: &str) -> Problem {
    Problem::error("P0116", format!("`{text}` is not a value"))
        .at(span, "expected a value, like `2`, `\"text\"`, `4GiB` or `container.web.ip`")
}

/// P0117: text behind a complete value or block.
pub fn text_after(span: Span) -> Problem {
    Problem::error("P0117", "the item ended before this").at(span, "expected a new line or `,`")
}

/// P0117: something in brackets that does not belong to what stands there.
pub fn text_inside(span: Span) -> Problem {
    Problem::error("P0117", "the value ended before this")
        .at(span, "expected `,` or the closing bracket")
}

/// P0118: a number that is too large.
pub fn too_large(span: Span, text: &str) -> Problem {
    Problem::error("P0118", format!("`{text}` is too large"))
        .at(span, "a whole number goes up to 9223372036854775807")
}

/// P0102: a line in an object type that is no field.
pub fn not_a_field(span: Span) -> Problem {
    Problem::error("P0102", "this is not a field of a type")
        .at(span, "expected `name: type`, `name?: type` or `name: type = value`")
}

/// P0116: something stands where a type belongs.
pub fn not_a_type(span: Span, text: &str) -> Problem {
    Problem::error("P0116", format!("`{text}` is not a type"))
        .at(span, "expected a type, like `int`, `[string]` or `\"a\" | \"b\"`")
}

/// P0116: something stands where a pattern belongs.
pub fn not_a_pattern(span: Span, text: &str) -> Problem {
    Problem::error("P0116", format!("`{text}` is not a pattern"))
        .at(span, "expected a literal, several with `|` between them, or `else`")
}

/// P0117: a list is made with `key => value`.
pub fn key_in_list(span: Span) -> Problem {
    Problem::error("P0117", "the elements of a list have no keys")
        .at(span, "this is a key")
        .help("write `{ for … : key => value }` for a map")
}

/// P0116: an `import` or a `module` without `from`; `begun` is what is written before it.
pub fn missing_from(span: Span, begun: &str) -> Problem {
    let folder = if begun.starts_with("module") { "./modules/lab" } else { "./types.paas" };
    Problem::error("P0116", "expected `from`")
        .at(span, "`from` belongs here")
        .help(format!("write `{} from \"{folder}\"`", begun.trim_end()))
}

/// P0116: an `import` without a file.
pub fn missing_file(span: Span) -> Problem {
    Problem::error("P0116", "expected the name of a file")
        .at(span, "a file in quotes belongs here")
        .help("write `\"./types.paas\"`")
}

/// P0116: something else stands where an `import` has its file.
pub fn not_a_file(span: Span, text: &str) -> Problem {
    let problem = Problem::error("P0116", format!("`{text}` is not the name of a file"))
        .at(span, "expected a file in quotes");
    match text.ends_with(".paas") {
        true => problem.help(format!("write `\"{text}\"`")),
        false => problem.help("write `import { Name } from \"./types.paas\"`"),
    }
}

/// P0116: the file of an `import` is computed.
pub fn file_with_hole(span: Span) -> Problem {
    Problem::error("P0116", "the file of an `import` cannot be computed")
        .at(span, "expected a string without `\\(…)`")
        .help("import every file that may be needed, and choose between their names")
}

/// P0116: `import {} from …`.
pub fn nothing_imported(span: Span) -> Problem {
    Problem::error("P0116", "expected the names that are imported")
        .at(span, "at least one name belongs in here")
        .help("write `import { Name } from \"./types.paas\"`")
}

/// P0117: `import name from …`.
pub fn bare_import(span: Span, name: &str) -> Problem {
    Problem::error("P0117", "names that are imported stand in braces")
        .at(span, "this is not in braces")
        .help(format!("write `import {{ {name} }} from …`, or `import … as {name}` for all of it"))
}

/// P0116: a `use` without a service.
pub fn missing_service(span: Span) -> Problem {
    Problem::error("P0116", "expected the name of a service")
        .at(span, "a service belongs here")
        .help("write `use catalog.jellyfin`")
}

/// P0116: no address where one has to be.
pub fn missing_address(span: Span) -> Problem {
    Problem::error("P0116", "expected an address")
        .at(span, "an address belongs here")
        .help("write `container.web`, or `tenant.acme/app.wiki` for something in a tenant")
}

/// P0116: an address that ends before its name; `kind` is what there is of it.
pub fn half_address(span: Span, kind: &str) -> Problem {
    let problem = Problem::error("P0116", "this address is not complete")
        .at(span, "expected a kind, a `.` and a name");
    match kind {
        "" => problem.help("write `container.web`"),
        kind => problem.help(format!("write `{kind}.web`, if `{kind}` is a kind")),
    }
}

/// P0116: an `adopt` that does not say what there is.
pub fn missing_id(span: Span) -> Problem {
    Problem::error("P0116", "expected the id of what is there")
        .at(span, "an id belongs here")
        .help("write `adopt container.web = \"101\"`")
}

/// P0116: `for` alone.
pub fn missing_binder(span: Span) -> Problem {
    Problem::error("P0116", "expected what `for` goes through")
        .at(span, "a name, `in` and a collection belong here")
        .help("write `for name, machine in machines`")
}

/// P0116: a `moved` that does not say where to.
pub fn missing_to(span: Span) -> Problem {
    Problem::error("P0116", "expected `->` and the new address")
        .at(span, "`->` belongs here")
        .help("write `moved container.old -> container.new`")
}
