//! Types and stages of what is never evaluated: manifests in, problems out.

mod frames;
mod positive;
mod services;

use paas::lower::functions::Files;
use paas::lower::{Library, compile};
use paas::problem::{Problem, any_error};
use paas::source::Sources;

/// What most manifests stand on; it follows the text of a test, so that lines are the test's own.
const PLATFORM: &str = r#"
secret pve = env("PVE_TOKEN")
cluster home { api = "https://pve.lan:8006", token = secret.pve }
network lan { cluster = cluster.home, cidr = 10.0.0.0/24, gateway = 10.0.0.1 }
"#;

/// The files of the project.
struct Folder;

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let text = match path {
            "compose.yml" => "services: { web: { image: nginx, ports: [\"8080:80\"] } }\n",
            "people.yml" => "- login: ada\n  keys: [a]\n",
            _ => return Err("there is no such file".to_owned()),
        };
        Ok(text.as_bytes().to_vec())
    }

    fn matching(&self, _pattern: &str) -> Result<Vec<String>, String> {
        Ok(vec!["setup.sh".to_owned()])
    }

    fn commit(&self, _path: &str) -> Result<String, String> {
        Ok("c0ffee".to_owned())
    }
}

/// Everything that is wrong with a text on the platform.
fn problems(text: &str) -> (Vec<Problem>, Sources) {
    let whole = format!("{text}{PLATFORM}");
    let mut sources = Sources::default();
    let file = sources.add("main.paas", whole.as_str());
    let (tree, problems) = paas::syntax::parse(file, &whole);
    assert!(!any_error(&problems), "the test itself is broken: {problems:#?}");
    let (_, problems) = compile(&[tree], &Library::default(), &sources, &[], &Folder);
    (problems, sources)
}

/// `P2001 1:9 message`, one line a problem.
fn told(text: &str) -> String {
    let (problems, sources) = problems(text);
    let line = |problem: &Problem| {
        let place = sources.place(problem.labels[0].span);
        format!("{} {}:{} {}", problem.code, place.line, place.column, problem.message)
    };
    // What is in Compose files is told of elsewhere.
    let of_types = |problem: &&Problem| {
        ["P1", "P2", "P3", "P5", "L02"].iter().any(|start| problem.code.starts_with(start))
    };
    problems.iter().filter(of_types).map(line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let told = told(text);
    assert_eq!(told, expected, "\n--- in\n{text}\n--- told\n{told}\n---");
}

/// Nothing is wrong with it.
#[track_caller]
fn fine(text: &str) {
    check(text, "");
}

#[test]
fn what_nobody_uses_is_checked_too() {
    check("let a = 1 + \"x\"", "P2007 1:9 `+` does not take an int and a string");
    check("fn f(a: int) -> string = a", "P2001 1:26 `f` is not of type `string`");
    check("fn f(a: int) = a + nope", "P1002 1:20 there is no `nope`");
    check("secret a = env(\"A\")\noutput b = a", "P1002 2:12 there is no `a`");
    check(
        "output x = if true then 1 else 2 + 2s",
        "P2007 1:32 `+` does not take an int and a duration",
    );
    check(
        "let none: [int] = []\nlet b = [for n in none : n.size]",
        "P2007 2:28 an int has no `size`",
    );
    check("fn f(a: int) = 1\nfn g() = f(\"x\")", "P2001 2:12 `a` is not of type `int`");
    check("fn f(a: int) = 1\nfn g() = f(1, 2)", "P1008 2:15 `f` does not take this argument");
    check("let x: { a: int } = { a = 1, b = 2 }", "P1003 1:34 `x` has no attribute `b`");
    check("let x: { a: int, b: int } = { a = 1 }", "P2003 1:29 `x` needs `b`");
    check("let x = upper(3)", "P1016 1:15 `upper` takes a string, its argument is an int");
}

#[test]
fn an_empty_loop_is_looked_into() {
    check(
        "let none: map<string, { n: int }> = {}\n\
         container box for k, m in none {\n on = cluster.home, template = \"x\"\n cores = m.n\n memory = m.n\n tags = [m.m]\n}",
        "P2001 5:11 `memory` is a size, this is an int\nP2011 6:12 there is no entry `m`",
    );
    check(
        "container box if 1 > 2 { on = cluster.home, template = \"x\", memroy = 1GiB }",
        "P1003 1:61 `container` has no attribute `memroy`",
    );
    check("container box if 1 > 2 { template = \"x\" }", "P2003 1:1 `container.box` needs `on`");
}

#[test]
fn literals_adapt_and_computed_strings_do_not() {
    fine(
        "let a: ip = \"10.0.0.1\"\nlet b: size = \"1GiB\"\nlet c = \"10.0.0.0/8\"\nlet d: cidr = c",
    );
    check("let a: ip = \"10.0.0\"", "P2001 1:13 `a` is not of type `ip`");
    check("input a: string = \"10.0.0.1\"\nlet b: ip = a", "P2001 2:13 `b` is not of type `ip`");
    fine("input a: string = \"10.0.0.1\"\nlet b: ip = ip(a)\nlet c: fqdn = \"\\(a).lan\"");
}

#[test]
fn null_is_seen_before_it_happens() {
    check("input a: int? = 1\nlet b = a + 1", "P2010 2:9 this may be null");
    check("input a: int? = 1\nlet b: int = a", "P2010 2:14 this may be null");
    check("input a: { n: int }? = { n = 1 }\nlet b = a.n", "P2010 2:11 `a` may be null");
    check("input a: string? = \"x\"\nlet b = \"\\(a)!\"", "P2010 2:12 this may be null");
    check("input a: bool? = true\nlet b = if a then 1 else 2", "P2010 2:12 this may be null");
    check("input a: [int]? = []\nlet b = [for n in a : n]", "P2010 2:19 this may be null");
    fine("input a: int? = 1\nlet b = (a ?? 0) + 1\nlet c: int? = a");
    check("let a: int = first([1])", "P2010 1:14 this may be null");
    check("let a: int = null", "P2010 1:14 this may be null");
}

#[test]
fn conditions_say_what_is_there() {
    fine("input a: int? = 1\nlet b = if a != null then a + 1 else 0");
    fine("input a: int? = 1\nlet b = if a == null then 0 else a + 1");
    fine("input a: int? = 1\nlet b = if !(a == null) && a > 3 then a + 1 else 0");
    fine("input a: int? = 1\nlet b = a == null || a > 3");
    fine("input a: { n: int? }? = { n = 1 }\nlet b = if a?.n != null then a.n + 1 else 0");
    fine("let m = [{ n = 1 }, { n = null }]\nlet b = [for x in m : x.n + 1 if x.n != null]");
    check("input a: int? = 1\nlet b = a != null || a > 3", "P2010 2:22 this may be null");
    check(
        "input a: int? = 1\nlet b = if a != null then 0 else a + 1",
        "P2010 2:34 this may be null",
    );
    // The inner name is another one.
    check(
        "input a: int? = 1\nlet b = if a != null then [for a in [1, null] : a + 1] else []",
        "P2010 2:49 this may be null",
    );
    fine(
        "host h if 1 < 2 { address = 10.0.0.9 }\nlet a = if host.h != null then host.h.address else 10.0.0.8",
    );
    fine("host h if 1 < 2 { address = 10.0.0.9 }\nlet a = host.h?.address ?? 10.0.0.8");
}

#[test]
fn unions_are_told_apart() {
    let ty = "type S = { kind: \"tcp\", port: int } | { kind: \"web\", host: string }\n";
    fine(&format!("{ty}let a: S = {{ kind = \"tcp\", port = 1 }}"));
    fine(&format!(
        "{ty}let a: [S] = [{{ kind = \"tcp\", port = 1 }}, {{ kind = \"web\", host = \"a\" }}]\n\
         let b = [for s in a : if s.kind == \"tcp\" then \"\\(s.port)\" else s.host]\n\
         let c = [for s in a : s.port if s.kind == \"tcp\"]"
    ));
    check(
        &format!("{ty}let all: [S] = []\nlet b = [for s in all : s.port]"),
        "P2011 3:27 not everything that this can be has `port`",
    );
    check(
        &format!("{ty}let a: S = {{ kind = \"tcp\", port = \"x\" }}"),
        "P2001 2:35 `port` is not of type `int`",
    );
    check(&format!("{ty}let a: S = {{ kind = \"tcp\", prot = 1 }}"), "P2003 2:12 `a` needs `port`");
    check(&format!("{ty}let a: S = {{ kind = \"udp\" }}"), "P2001 2:12 `a` is not of type `S`");
}

#[test]
fn every_value_has_an_arm() {
    let k = "input k: \"a\" | \"b\" | \"c\" = \"a\"\n";
    fine(&format!("{k}let x = match k {{ \"a\" | \"b\" => 1, \"c\" => 2 }}"));
    fine(&format!("{k}let x = match k {{ \"a\" => 1, else => 2 }}"));
    check(
        &format!("{k}let x = match k {{ \"a\" => 1, \"b\" => 2 }}"),
        "P2018 2:15 `match` has no arm for \"c\"",
    );
    check(
        &format!("{k}let x = match k {{ \"a\" => 1 }}"),
        "P2018 2:15 `match` has no arm for \"b\" and \"c\"",
    );
    check(
        "input b: bool = true\nlet x = match b { true => 1 }",
        "P2018 2:15 `match` has no arm for false",
    );
    check(
        "input n: int? = 1\nlet x = match n { null => 1, 2 => 2 }",
        "P2018 2:15 `match` does not cover every value of an int",
    );
    check(
        "input b: bool? = true\nlet x = match b { true => 1, false => 2 }",
        "P2018 2:15 `match` has no arm for null",
    );
    check(
        &format!("{k}let x = match k {{ \"a\" => 1, \"d\" => 3, else => 2 }}"),
        "L0201 2:29 nothing here can be \"d\"",
    );
    check(
        &format!("{k}let x = match k {{ else => 2, \"a\" => 1 }}"),
        "L0201 2:30 this arm is never taken",
    );
    check(
        &format!("{k}let x = if k == \"d\" then 1 else 2"),
        "L0202 2:17 nothing here can be \"d\"",
    );
    fine("input n: int? = 1\nlet x = match n { null => 0, else => n + 1 }");
}

#[test]
fn branches_have_a_type_in_common() {
    check(
        "let x = if 1 < 2 then 1 else \"a\"",
        "P2008 1:30 one branch is an int, the other a string",
    );
    check(
        "let x = if 1 < 2 then { a = 1, b = 1 } else { a = 1, b = 1s }",
        "P2008 1:45 `b` is a duration in one branch and an int in the other",
    );
    fine("let x = if 1 < 2 then { a = 1 } else { a = 2, b = 3 }\nlet y = x?.b ?? 0");
    fine("let x = if 1 < 2 then 1 else 1.5\nlet y: float = x");
    fine("let x = if 1 < 2 then null else 1\nlet y = x ?? 2");
}

#[test]
fn data_needs_a_type() {
    let data = "let d = yaml(file(\"people.yml\"))\n";
    fine(&format!("{data}let e: [{{ login: string, keys: [string] }}] = d"));
    check(
        &format!("{data}let e = d + 1"),
        "P2019 2:9 this comes from a file, and nothing says what it is",
    );
}

#[test]
fn types_that_lead_to_themselves() {
    check("type A = A", "P2017 1:6 the type `A` is nothing but itself");
    check(
        "type A = B?\ntype B = A | int",
        "P2017 1:6 the type `A` is nothing but itself\nP2017 2:6 the type `B` is nothing but itself",
    );
    fine(
        "type Node = { name: string, children: [Node] = [] }\n\
         let a: Node = { name = \"a\", children = [{ name = \"b\" }] }\n\
         let b = [for c in a.children : c.name]",
    );
    check(
        "type Node = { name: string, children: [Node] = [] }\n\
         let a: Node = { name = \"a\", children = [{ name = 1 }] }",
        "P2001 2:50 `name` is not of type `string`",
    );
}

#[test]
fn nothing_is_told_twice() {
    check("let a = nope\nlet b = a + 1\noutput c = b", "P1002 1:9 there is no `nope`");
    check(
        "let a: int = \"x\"\ncontainer c { on = cluster.home, template = \"x\", cores = a }",
        "P2001 1:14 `a` is not of type `int`",
    );
    check(
        "container c for n in [1, 2] { on = cluster.home, template = \"x\", memory = n }",
        "P2001 1:75 `memory` is a size, this is an int",
    );
}

#[test]
fn chains_are_long() {
    let chain = |first: &str, step: &dyn Fn(usize) -> String| {
        let lets: Vec<String> = (1..5_000).map(|n| format!("let x{n} = {}", step(n - 1))).collect();
        format!("let x0 = {first}\n{}\n", lets.join("\n"))
    };
    fine(&chain("1", &|n| format!("x{n} + 1")));
    let functions: Vec<String> =
        (1..1_000).map(|n| format!("fn f{n}(a: int) = f{}(a) + 1", n - 1)).collect();
    fine(&format!("fn f0(a: int) = a\n{}\nlet x = 1", functions.join("\n")));
    let open: Vec<String> =
        (1..60).map(|n| format!("fn f{n}(a) = f{0}(a) + f{0}(a)", n - 1)).collect();
    fine(&format!("fn f0(a) = a\n{}\n", open.join("\n")));
}

#[test]
fn tenants_are_checked_like_everything_else() {
    check(
        "tenant acme {\n let a: int = \"x\"\n fn f(n: int) = n + 1s\n\
         container box if a > 1 { on = cluster.home, template = \"x\", memory = 2 }\n}",
        "P2001 2:15 `a` is not of type `int`\n\
         P2007 3:17 `+` does not take an int and a duration\n\
         P2001 4:70 `memory` is a size, this is an int",
    );
    check(
        "tenant acme for n in [\"a\", \"b\"] { let x = 1 + \"x\" }",
        "P2007 1:43 `+` does not take an int and a string",
    );
}
