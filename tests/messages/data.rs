//! Data of files that is not what its type says: the message shows the place in the file.

use super::bad_inputs::shown_with;
use crate::support::project::Project;

/// What `paas check` says about a manifest with these files.
#[track_caller]
fn says(manifest: &str, files: &[(&str, &[u8])], parts: &[&str]) -> String {
    let project = Project::of(manifest);
    files.iter().for_each(|(path, text)| project.write(path, text));
    let said = project.untouched("check", 1);
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
    said
}

#[test]
fn every_way_not_to_fit() {
    shown_with(
        "data",
        r#"type Size = "small" | "large"
type Disk = { kind: "fast", iops: int } | { kind: "slow", rpm: int }
type Machine = { name: string, size: Size, disk: Disk, ip?: ip, tags: [string] = [] }
let machines: [Machine] = yaml(file("machines.yml"))
let names: map<string, int> = json(file("names.json"))
let site: { title: string, zone: { ttl: duration, since: int } } = toml(file("site.toml"))
"#,
        &[
            (
                "machines.yml",
                "- name: a\n  size: smal\n  disk: { kind: slow, rpm: fast }\n\
                 - name: 5\n  size: large\n  dsk: none\n  tags: [a, 1]\n\
                 - plain\n- name: ~\n  size: large\n  disk: { kind: fast, iops: 1 }\n\
                 \x20 ip: 10.0.0.300\n",
            ),
            ("names.json", "{ \"a\": 1,\n  \"b\": [\"c\"] }\n"),
            ("site.toml", "title = 1979-05-27\n[zone]\nttl = \"soon\"\n"),
        ],
    );
}

#[test]
fn files_that_are_malformed() {
    shown_with(
        "data-malformed",
        r#"let a = yaml(file("a.yml"))
let b = json(file("b.json"))
let c = toml(file("c.toml"))
let d = yaml(file("d.yml"))
let e = toml(file("e.toml"))
"#,
        &[
            ("a.yml", "name: a\nname: b\n"),
            ("b.json", "{ \"a\": 1,\n  \"b\": tru }\n"),
            ("c.toml", "a = 1\nb =\n"),
            ("d.yml", "big:\n  - 99999999999999999999\n"),
            ("e.toml", "a = 1\nb = nan\n"),
        ],
    );
}

#[test]
fn the_place_survives_what_happens_to_a_value() {
    let data: (&str, &[u8]) = ("p.yml", b"- { n: 1 }\n- { n: x }\n");
    for manifest in [
        "let p = yaml(file(\"p.yml\"))\nlet q: [{ n: int }] = p\n",
        "fn one(it: [{ n: int }]) -> int = 1\nlet q = one(yaml(file(\"p.yml\")))\n",
        "let p: [data] = yaml(file(\"p.yml\"))\nlet q: [{ n: int }] = [for it in p : it]\n",
        "let text = file(\"p.yml\")\nlet q: [{ n: int }] = yaml(text)\n",
        "tenant a {\n  let q: [{ n: int }] = yaml(file(\"p.yml\"))\n}\n",
        "input q: [{ n: int }] = yaml(file(\"p.yml\"))\n",
        "output q: [{ n: int }] = yaml(file(\"p.yml\"))\n",
        "let q: { r: [{ n: int }], s: int } = { r = yaml(file(\"p.yml\")), s = 1 }\n",
        "type Row = { n: int }\nlet q = [for it in as_type(yaml(file(\"p.yml\")), [Row]) : it.n]\n",
        "type Rows = [{ n: int }]\noutput q = length(as_type(yaml(file(\"p.yml\")), Rows))\n",
    ] {
        let said = says(manifest, &[data], &["P2006", "p.yml:2:8", "expected an int"]);
        assert_eq!(said.matches("error[").count(), 1, "{said}");
    }
}

#[test]
fn a_type_in_an_expression_is_one_that_exists() {
    let given: [(&str, &str); 6] = [
        ("as_type([1], [int])", ""),
        ("as_type([1], [[int]])", "is not of type `[int]`"),
        ("as_type(1, Nothing)", "error[P1013]"),
        ("as_type(1)", "error[P1008]"),
        ("as_type(1, 2)", "error[P1008]"),
        ("as_type(value = 1, ty = int)", "error[P1008]"),
    ];
    for (expression, wrong) in given {
        let manifest = format!("let text = \"a\"\noutput q = {expression}\n");
        match wrong {
            "" => drop(Project::of(&manifest).fine("check")),
            wrong => drop(says(&manifest, &[], &[wrong, "main.paas:2:"])),
        }
    }
    // What it says of the type holds from there on, and `fmt` leaves it.
    let text = "type Row = { n: int }\n\noutput q = as_type({ n = 1 }, Row).m\n";
    let project = Project::of(text);
    assert!(project.ends("check", 1).contains("P2011"));
    project.fine("fmt");
    assert_eq!(project.read("main.paas"), text);
}

#[test]
fn a_module_reads_its_own_files() {
    let files: [(&str, &[u8]); 4] = [
        (
            "lab/main.paas",
            b"let q: [{ f: path, n: int }] = yaml(file(\"q.yml\"))\n\
            output texts = [for it in q : file(it.f)]\n",
        ),
        ("lab/q.yml", b"- { f: a.txt, n: 1 }\n- { f: a.txt, n: x }\n"),
        ("lab/a.txt", b"hello\n"),
        ("q.yml", b"- { f: gone.txt, n: y }\n"),
    ];
    let manifest = "module lab from \"./lab\"\n\
                    let own: [{ f: path, n: int }] = yaml(file(\"q.yml\"))\n";
    says(manifest, &files, &["lab/q.yml:2:18", " q.yml:1:21"]);
    let project = Project::of("module lab from \"./lab\"\noutput all = module.lab.texts\n");
    files.iter().take(3).for_each(|(path, text)| project.write(path, text));
    project.edit("lab/q.yml", "n: x", "n: 2");
    project.fine("check");
}

#[test]
fn hostile_files_have_places_too() {
    let read = "let q: [{ n: int }] = yaml(file(\"p.yml\"))\n";
    let at = |text: &[u8], parts: &[&str]| says(read, &[("p.yml", text)], parts);
    at(b"\xef\xbb\xbf- n: x\n", &["P2006", "p.yml:1:7"]);
    at(b"# \xc3\xa4\r\n- n: 1\r\n- n: x\r\n", &["P2006", "p.yml:3:6"]);
    at(b"- n: 1\n- n: \xff\xfe\n", &["P1016", "`p.yml` is no UTF-8 text, line 2"]);
    at(b"- &a { n: x }\n- *a\n- *a\n", &["P2006", "p.yml:1:11"]);
    at(b"", &["P2006", "p.yml:1:1", "found null"]);
    at("[".repeat(50_000).as_bytes(), &["P1016", "p.yml:1:", "recursion limit"]);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    at(bomb.as_bytes(), &["P1016", "p.yml:"]);
    let json = read.replace("yaml", "json");
    let at = |text: &str, parts: &[&str]| says(&json, &[("p.yml", text.as_bytes())], parts);
    at("[{\"n\": 1, \"n\": \"x\"}]", &["P2006", "p.yml:1:16"]);
    at(
        "[{\"n\\\"\": 1,\n \"\\u006e\" : \"\\\\\" } ]",
        &["P2006", "p.yml:1:10", "2 |", "expected an int"],
    );
    let long: Vec<String> = (0..2_000).map(|number| format!("{{\"n\": {number}}}")).collect();
    let long = format!("[{}]", long.join(",")).replace("{\"n\": 1500}", "{\"n\": null}");
    let said = at(&long, &["P2006", "p.yml:1:", "`n` is missing"]);
    assert!(said.lines().all(|line| line.chars().count() < 200), "{said}");
}

#[test]
fn a_thousand_mistakes_are_one_message() {
    let rows: String = (0..1_000).map(|number| format!("- {{ n: \"{number}\" }}\n")).collect();
    let said = says(
        "let q: [{ n: int }] = yaml(file(\"p.yml\"))\n",
        &[("p.yml", rows.as_bytes())],
        &["p.yml:1:8", "995 more places in it do not fit"],
    );
    assert!(said.len() < 2_000, "{said}");
}

#[test]
fn a_text_that_is_no_file_stays_where_it_is_written() {
    let said = says("let q: { n: int } = yaml(\"n: x\")\n", &[], &["P2001", "main.paas:1:21"]);
    assert!(!said.contains("P2006"), "{said}");
    // What was made of a file's text is no longer that file.
    let changed = "let q: { n: int } = yaml(trim(file(\"p.yml\")))\n";
    says(changed, &[("p.yml", b" n: x \n")], &["P2001", "main.paas:1:21"]);
}
