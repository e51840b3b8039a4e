//! Manifests and files that ask for more than any machine has: the program ends, in bounded time
//! and memory, with the right answer or with a problem that says what is too much.
//!
//! The bounds are the system's: processor seconds, and address space in kilobytes. No clock is
//! read, so that a busy machine changes nothing.

use std::fmt::Write as _;
use std::process::Command;

use crate::commands::says;
use crate::support::project::{Project, Run};

const SECONDS: u32 = 120;
const KILOBYTES: u32 = 3_000_000;

const PLATFORM: &str = r#"secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/8, gateway = 10.0.0.1 }
container box { on = cluster.home, template = "debian-12-standard", network = network.lan }
"#;

/// Runs one command line within the bounds.
#[track_caller]
fn bounded(project: &Project, line: &str) -> Run {
    let limits = format!("ulimit -t {SECONDS}; ulimit -v {KILOBYTES}; exec \"$0\" {line}");
    let mut command = Command::new("sh");
    command.args(["-c", &limits, env!("CARGO_BIN_EXE_paas")]);
    project.surround(&mut command);
    let run = project.told(&command.output().expect("a shell can be started"));
    let told: String = run.err.chars().take(2_000).collect();
    assert!(matches!(run.code, 0 | 1), "it ended with {}: {told}", run.code);
    assert!(run.out.len() + run.err.len() < 1_000_000, "too much was said: {told}");
    run
}

/// This manifest is right.
#[track_caller]
fn right(manifest: &str) {
    let run = bounded(&Project::of(manifest), "check");
    assert_eq!(run.code, 0, "{:.2000}", run.err);
}

/// This manifest is refused, and the message says this.
#[track_caller]
fn refused(manifest: &str, parts: &[&str]) {
    let run = bounded(&Project::of(manifest), "check");
    assert_eq!(run.code, 1, "{:.300}", run.out);
    says(&run.err, parts);
}

/// The manifest with this file beside it ends somehow, and the message says this.
#[track_caller]
fn with_file(manifest: &str, name: &str, text: &str, parts: &[&str]) {
    let project = Project::of(manifest);
    project.write(name, text);
    let run = bounded(&project, "check");
    says(&(run.out + &run.err), parts);
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn ten_megabytes_are_read() {
    let row = |index| {
        format!("let row_{index} = {{ name = \"the row {index}\", size = 4GiB, on = [1, 2, 3] }}\n")
    };
    let text = lines(150_000, row);
    assert!(text.len() > 10_000_000);
    right(&text);
}

#[test]
fn a_chain_of_five_thousand_ends() {
    let chain = |first: &str, next: &dyn Fn(usize) -> String, last: &str| {
        let forth = lines(5_000, |index| next(index + 1));
        let back = lines(5_000, |index| next(5_000 - index));
        right(&format!("{first}{forth}{last}"));
        right(&format!("{last}{back}{first}"));
    };
    chain(
        "let a0 = 1\n",
        &|index| format!("let a{index} = a{} + 1\n", index - 1),
        "output it = a5000\n",
    );
    chain(
        "let a0 = { x = 1 }\n",
        &|index| format!("let a{index} = {{ x = a{}, y = 1 }}\n", index - 1),
        "let last = a5000.x.x.y\n",
    );
    let boxed = |index: usize| {
        format!(
            "container b{index} {{\n  on = cluster.home\n  network = network.lan\n  \
             template = \"debian-12-standard\"\n  after = [container.b{}]\n}}\n",
            index - 1
        )
    };
    let first = "container b0 { on = cluster.home, network = network.lan, template = \"d\" }\n";
    right(&format!("{PLATFORM}{first}{}", lines(5_000, |index| boxed(5_000 - index))));
}

#[test]
fn a_chain_of_types_ends() {
    let next = |index: usize| format!("type A{} = A{index}\n", index + 1);
    let text =
        |count: usize| format!("type A0 = int\n{}let it: A{count} = 1\n", lines(count, next));
    right(&text(1_000));
    refused(&text(2_000), &["P5005", "this is nested too deep"]);
}

#[test]
fn a_chain_of_functions_ends() {
    let next = |index: usize| format!("fn f{index}(n: int) -> int = f{}(n + 1)\n", index - 1);
    let text = |count: usize| {
        let all = lines(count, |index| next(index + 1));
        format!("fn f0(n: int) -> int = n\n{all}output it = f{count}(1)\n")
    };
    right(&text(200));
    refused(&text(5_000), &["P5005", "this is nested too deep"]);
}

#[test]
fn what_doubles_is_refused() {
    let doubling = |first: &str, next: &str| {
        let all = lines(60, |index| {
            let before = format!("a{index}");
            format!("let a{} = {}\n", index + 1, next.replace('@', &before))
        });
        refused(&format!("let a0 = {first}\n{all}output it = a60\n"), &["error[P"]);
    };
    doubling("{ x = 1 }", "{ x = @, y = @ }");
    doubling("[1, 2]", "[...@, ...@]");
    doubling("[1, 2]", "[@, @]");
    doubling("[1, 2]", "[for x in @ : [@, x]]");
    doubling("\"xy\"", "\"\\(@)\\(@)\"");
    doubling("\"xx\"", "replace(@, \"x\", \"xx\")");
    doubling("\"xx\"", "replace(@, \"x\", @)");
    doubling("\"xx\"", "join(@, [@, @, @])");
    doubling("\"\\\\\"", "to_json(@)");
    doubling("\"x\\nx\\n\"", "indent(join(\"\\n\", [@, @]), 256)");
}

#[test]
fn huge_counts_are_refused() {
    refused("output it = range(9000000000000)\n", &["P1016", "at most 100000"]);
    refused("output it = range(-9223372036854775807, 9223372036854775807)\n", &["P1016"]);
    refused("output it = range(0, 10, 0)\n", &["P1016"]);
    refused(
        "let r = range(100000)\noutput it = [for a in r : r]\n",
        &["P5008", "this value is too large"],
    );
    refused("output it = 9223372036854775807 + 1\n", &["P2013"]);
    refused("output it = 99999999999999999999\n", &["error[P"]);
    refused("output it = 99999999999999TiB\n", &["error[P"]);
    refused("output it = 99999999999999999w\n", &["error[P"]);
    refused("output it = 9000000TiB * 9000000\n", &["error[P"]);
    let wide = PLATFORM.replace("template", "cores = 99999999999, memory = 9000000TiB, template");
    refused(&wide, &["error[P"]);
    right("let xs = [for a in range(1000) : [for b in range(1000) : b]]\nlet n = flatten(xs)\n");
}

#[test]
fn work_without_end_is_refused() {
    let text = "let r = range(1000)\noutput it = [for a in r : length(range(100000))]\n";
    refused(text, &["P5008", "too much computing"]);
}

#[test]
fn what_nests_is_refused() {
    let nested = [
        ("(", ")"),
        ("[", "]"),
        ("{ a = ", "}"),
        ("\"\\(", ")\""),
        ("length(", ")"),
        ("match a { 1 => ", "}"),
    ];
    for (open, close) in nested {
        let text = |depth| format!("x = {}1{}\n", open.repeat(depth), close.repeat(depth));
        refused(&text(100_000), &["P0114"]);
        bounded(&Project::of(&text(150)), "check");
        refused(&format!("x = {}\n", open.repeat(100_000)), &["error[P"]);
    }
    refused(&format!("{}{}", "a {\n".repeat(100_000), "}\n".repeat(100_000)), &["P0114"]);
    refused(&format!("x = {}1\n", "if a then 1 else ".repeat(100_000)), &["error[P"]);
    refused(&format!("x = {}1\n", "-".repeat(100_000)), &["error[P"]);
    refused(&format!("type A = int{}\n", "?".repeat(100_000)), &["error[P"]);
    refused(&format!("type A = {}\n", "map<string, ".repeat(100_000)), &["error[P"]);
    bounded(&Project::of(&format!("{}{}\n", "/*".repeat(100_000), "*/".repeat(100_000))), "check");
    bounded(&Project::of(&"# a\n".repeat(100_000)), "check");
}

#[test]
fn bombs_in_data_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for index in 1..30 {
        let inside = format!("*a{}, ", index - 1).repeat(10);
        writeln!(bomb, "a{index}: &a{index} [{inside}]").unwrap();
    }
    let reads = |name: &str, function: &str| format!("let it = {function}(file(\"{name}\"))\n");
    with_file(&reads("bomb.yml", "yaml"), "bomb.yml", &bomb, &["bomb.yml"]);
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    with_file(&reads("d.yml", "yaml"), "d.yml", &deep("[", "]"), &["error[P"]);
    with_file(&reads("d.yml", "yaml"), "d.yml", &deep("{a: ", "}"), &["error[P"]);
    with_file(&reads("d.json", "json"), "d.json", &deep("[", "]"), &["error[P"]);
    let toml = format!("a = {}\n", deep("[", "]"));
    with_file(&reads("d.toml", "toml"), "d.toml", &toml, &["error[P"]);
    let dotted = format!("a{} = 1\n", ".a".repeat(20_000));
    with_file(&reads("d.toml", "toml"), "d.toml", &dotted, &["error[P"]);
    let app =
        format!("{PLATFORM}app blog {{ on = container.box, compose {{ file = \"c.yml\" }} }}\n");
    let services = "services:\n  web:\n    image: nginx:1\n    command: *a29\n";
    with_file(
        &app,
        "c.yml",
        &format!("x:\n  {}\n{services}", bomb.trim_end().replace('\n', "\n  ")),
        &["error[P"],
    );
    with_file(&app, "c.yml", &format!("services: {}", deep("[", "]")), &["error[P"]);
    with_file(&app, "c.yml", &format!("services: {}", deep("{a: ", "}")), &["error[P"]);
    let nested =
        format!("services:\n  web:\n    image: {}x{}\n", "${A:-".repeat(5_000), "}".repeat(5_000));
    with_file(&app, "c.yml", &nested, &["c.yml"]);
}

#[test]
fn patterns_are_bounded() {
    let text = "a".repeat(10_000) + "b";
    let tried = |pattern: &str| {
        let manifest = format!("output it = matches(\"{text}\", '{pattern}')\n");
        bounded(&Project::of(&manifest), "check").code
    };
    assert_eq!(tried("(a+)+$"), 0);
    assert_eq!(tried("(a|a)*(a|a)*$"), 0);
    assert_eq!(tried("((a{100}){100}){100}"), 1);
    assert_eq!(tried("x{0,1000000000}"), 1);
    assert_eq!(tried(&("(".repeat(5_000) + &")".repeat(5_000))), 1);
}

#[test]
fn many_mistakes_are_told() {
    let typos = |count: usize| {
        let names = lines(count, |index| format!("let name_of_thing_{index} = 1\n"));
        names + &lines(count, |index| format!("output o{index} = name_of_thimg_{index}\n"))
    };
    let run = bounded(&Project::of(&typos(300)), "check");
    assert_eq!(run.code, 1);
    bounded(&Project::of(&"let a = 1\n".repeat(2_000)), "check");
    let circle = lines(2_000, |index| format!("let a{index} = a{}\n", (index + 1) % 2_000));
    bounded(&Project::of(&circle), "check");
}
