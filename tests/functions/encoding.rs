//! JSON, YAML, TOML, password hashes and files.

use super::{Project, check, evaluated, outcome};

use std::collections::BTreeMap;

use paas::lower::functions::{self, Argument};
use paas::lower::value::{Data, Val};
use paas::model::Key;
use paas::source::Span;

#[test]
fn data_is_read_exactly() {
    check("json(\"[1, -1, 1.5, 1.0, null, true]\")", "[1, -1, 1.5, 1.0, null, true]");
    check("json(\"9223372036854775807\")", "9223372036854775807");
    let help = "put it in quotes in the JSON, it is a string then";
    check(
        "json(\"9223372036854775808\")",
        &format!("0: `9223372036854775808` is a whole number that no int can hold | {help}"),
    );
    check(
        "json(\"{\")",
        "0: this text is no valid JSON: EOF while parsing an object at line 1, column 1",
    );
    check(
        "json(\"1e999\")",
        "0: this text is no valid JSON: number out of range at line 1, column 5",
    );
    let deep = format!("json(\"{}{}\")", "[".repeat(5000), "]".repeat(5000));
    assert!(outcome(&deep).contains("recursion limit"), "{}", outcome(&deep));
    check(
        "toml(\"a = 1979-05-27\\n[b.c]\\nd = 0.5\")",
        "{ a = \"1979-05-27\", b = { c = { d = 0.5 } } }",
    );
    check(
        "toml(\"a = 1\\nb =\")",
        "0: this text is no valid TOML: string values must be quoted, expected literal string at \
         line 2",
    );
    check(
        "toml(\"a = nan\")",
        "0: this text is no valid TOML: `nan` is no number that can be computed with \
         at line 1",
    );
}

#[test]
fn yaml_is_of_version_1_2() {
    check(
        "yaml(\"a: yes\\nb: true\\nc: 0o17\\nd: 1_000\\ne: ~\\nf: 0x1f\\ng: '1'\")",
        "{ a = \"yes\", b = true, c = 15, d = \"1_000\", e = null, f = 31, g = \"1\" }",
    );
    check(
        "yaml(\"a: &x {b: 1}\\nc: *x\\nd: {<<: *x, e: 2}\")",
        "{ a = { b = 1 }, c = { b = 1 }, d = { b = 1, e = 2 } }",
    );
    check("yaml(\"\")", "null");
    check("yaml(\"7: a\")", "{ 7 = \"a\" }");
    check(
        "yaml(\"t: 12:30:00\\nd: 2024-01-01\\nv: 1.10\")",
        "{ d = \"2024-01-01\", t = \"12:30:00\", v = 1.1 }",
    );
    for (text, reason) in [
        (
            "a: 1\\na: 2",
            "this text is no valid YAML: duplicate mapping key `a` is not allowed here at line 2, \
             column 1",
        ),
        ("a: [", "this text is no valid YAML: unclosed bracket '[' at line 1, column 4"),
        (
            "a: 1\\n---\\nb: 2",
            "this text is no valid YAML: only single YAML document expected but multiple found at \
             line 3, column 1",
        ),
        (
            "a: .nan",
            "this text is no valid YAML: value `.nan` is not a finite number at line 1, column 4",
        ),
        (
            "a: 99999999999999999999",
            "`99999999999999999999` is a whole number that no int can hold | put it in quotes in the YAML, it is \
             a string then",
        ),
        (
            "a: 9223372036854775808",
            "`9223372036854775808` is a whole number that no int can hold | put it in quotes in \
             the YAML, it is a string then",
        ),
    ] {
        check(&format!("yaml(\"{text}\")"), &format!("0: {reason}"));
    }
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    let told = outcome(&format!("yaml('{bomb}')"));
    assert!(told.starts_with("0: this text is no valid YAML"), "{told}");
}

#[test]
fn data_is_written_so_that_it_reads_back() {
    for text in [
        "no",
        "1",
        "",
        " a ",
        "a: b",
        "'",
        "line\\nline\\n",
        "#",
        "- a",
        "ä\\0",
        "~",
        "\\\\",
        "0x1f",
        "2024-01-01",
        "\u{85}x",
        "\u{feff}",
        "\t",
        "*a",
        "{{ x }}",
        "1e3",
    ] {
        for format in ["json", "yaml"] {
            let call = format!("{format}(to_{format}({{ \"{text}\" = [\"{text}\"] }}))");
            let value = evaluated(&call).unwrap();
            let list = evaluated(&format!("{{ \"{text}\" = [\"{text}\"] }}")).unwrap();
            assert_eq!(value, list, "{call}");
        }
    }
    check("to_json(null)", "\"null\"");
    check(
        "to_json({ b = { d = 1, c = 1.0 }, 7 = 10.0.0.0/8 })",
        "\"{\\\"7\\\":\\\"10.0.0.0/8\\\",\\\"b\\\":{\\\"c\\\":1.0,\\\"d\\\":1}}\"",
    );
    check(
        "to_json([resource])",
        "0: `to_json` takes plain data, there is a resource in its argument",
    );
    check("to_yaml([])", "\"[]\\n\"");
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    check(
        &format!("to_json({deep})"),
        "0: `to_json` takes at most 256 levels of nesting and 1000000 values",
    );
    let nested = format!("{}1{}", "{ a = ".repeat(300), "}".repeat(300));
    check(
        &format!("deep_merge({nested})"),
        "0: `deep_merge` takes at most 256 levels of nesting and 1000000 values",
    );
    let fine = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    check(&format!("to_json({fine})"), &format!("\"{fine}\""));
    assert!(outcome(&format!("to_yaml({fine})")).starts_with("\"- "));
}

#[test]
fn password_hashes_are_stable_and_right() {
    let hash = |call: &str| match evaluated(call).unwrap().data {
        Data::Str(text) => text.to_string(),
        other => panic!("{other:?} is no text"),
    };
    let one = hash("bcrypt(\"größe\", 4)");
    assert_eq!(one, hash("bcrypt(\"größe\", cost = 4)"));
    assert!(bcrypt::verify("größe", &one).unwrap());
    assert!(!bcrypt::verify("grösse", &one).unwrap());
    let ada = hash("htpasswd(\"ada\", \"word\", 4)");
    let bob = hash("htpasswd(\"bob\", \"word\", 4)");
    assert_ne!(ada.strip_prefix("ada:"), bob.strip_prefix("bob:"));
    assert!(bcrypt::verify("word", ada.strip_prefix("ada:").unwrap()).unwrap());
    check("bcrypt(\"a\", 3)", "1: a cost of bcrypt is 4 to 14, not 3");
    check("bcrypt(\"a\", 31)", "1: a cost of bcrypt is 4 to 14, not 31");
    let message = "bcrypt takes at most 71 bytes, and none of them is zero";
    check(&format!("bcrypt(\"{}\", 4)", "a".repeat(72)), &format!("0: {message}"));
    check("htpasswd(\"ada\", \"a\\0b\", 4)", &format!("1: {message}"));
    check(
        "htpasswd(\"a:b\", \"word\", 4)",
        "0: `htpasswd` takes a user's name without `:` and line ends",
    );
}

#[test]
fn files_are_text() {
    check("file(\"none.txt\")", "0: `file` cannot read `none.txt`: there is no such file");
    check("file(\"latin.txt\")", "0: `latin.txt` is no UTF-8 text, line 2 has other bytes");
    check("length(file(\"zero.txt\"))", "3");
    check("files(\"none*\")", "[]");
    check("files(\"none\")", "0: `files` cannot list `none`: this pattern is not for tests");
    check("dir(\"./keys/\")", outcome("dir(\"keys\")").as_str());
    check("dir(\"none\")", "0: `none` is no folder with files in it");
    check("git_commit(\"new\")", "0: `new` has no commit: it was never committed");
}

#[test]
fn templates_are_filled() {
    check("render(\"escaped.txt\", { port = 80 })", r#""s/\\(a/80/""#);
    check(
        "render(\"secret.txt\", { token = secret, ip = late })",
        "text token=«secret pve»\nip=‹ip of container.web›\n",
    );
    check("render(\"secret.txt\", { token = unknown, ip = 1 })", "unknown ip");
    check("render(\"wrong.txt\", {})", "0: `wrong.txt`, line 2: there is no `nobody` in `vars`");
    check(
        "render(\"wrong.txt\", { nobody = [] })",
        "0: `wrong.txt`, line 2: `nobody` is a list, not text",
    );
    check(
        "render(\"hello.txt\", { user = 1, port = 1 })",
        "0: `hello.txt`, line 1: `user.name` has no value: no field `name`",
    );
    check(
        "render(\"open.txt\", { a = 1 })",
        "0: `open.txt`, line 3: `\\(` is not followed by a name and `)` | write `\\\\(` where the \
         file needs `\\(` itself",
    );
}

#[test]
fn what_doubles_and_doubles_is_refused_in_time() {
    let mut list = Val::list(Vec::new(), Span::default());
    let mut object = Val::map(BTreeMap::new(), Span::default());
    for _ in 0..64 {
        list = Val::list(vec![list.clone(), list], Span::default());
        let entries = ["a", "b"].map(|key| (Key::Text(key.into()), object.clone()));
        object = Val::map(entries.into(), Span::default());
    }
    for (name, value) in [("to_json", list.clone()), ("unique", list), ("deep_merge", object)] {
        let argument = Argument { name: None, value };
        let result = functions::call(name, &[argument], &Project, Span::default());
        let refusal = result.unwrap().unwrap_err();
        assert!(refusal.message.ends_with("1000000 values"), "{}", refusal.message);
    }
}

#[test]
fn deep_texts_do_not_overflow_the_stack() {
    let dotted = format!("toml('{}a = 1')", "a.".repeat(20_000));
    let arrays = format!("toml('a = {}{}')", "[".repeat(20_000), "]".repeat(20_000));
    let flow = format!("yaml('{}{}')", "[".repeat(20_000), "]".repeat(20_000));
    let block = format!("yaml('{}a')", "- ".repeat(20_000));
    for call in [dotted, arrays, flow, block] {
        assert!(outcome(&call).starts_with("0: this text is no valid"), "{}", &call[..9]);
    }
}
