//! Text to tree: every text has one, and what is wrong is told in words.

mod limits;
mod readers;

use paas::problem::{Style, print};
use paas::source::{FileId, Sources};
use paas::syntax::parse;
use paas::syntax::tree::Tree;

use crate::support::cases::{ALL, Random, WHOLE, items, mutant, pieces};
use crate::support::{dump, golden};

/// `2:9 P0104 values are assigned with …; label`, one line a problem.
fn told(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add("main.paas", text);
    let (tree, problems) = parse(file, text);
    check_places(&tree, text);
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| {
            let label = &problem.labels[0];
            let place = sources.place(label.span);
            let shown = sources.text(label.span);
            format!(
                "{}:{} {} {} [{shown}]",
                place.line, place.column, problem.code, problem.message
            )
        })
        .collect();
    lines.join("\n")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(told(text), expected, "in: {text}");
}

/// The value of `x = …`, in the words of the tree.
#[track_caller]
fn check_value(text: &str, expected: &str) {
    let text = format!("x = {text}\n");
    let (tree, problems) = parse(FileId(0), &text);
    assert!(problems.is_empty(), "{problems:?}");
    let shown = dump::dump(&tree);
    let value = shown.split_once("value: Expr { kind: ").unwrap().1;
    let value = value.strip_suffix(" } }), doc: None }\n").unwrap();
    assert_eq!(value, expected, "in: {text}");
}

#[track_caller]
fn check_places(tree: &Tree, text: &str) {
    for (start, end) in dump::spans(tree) {
        assert!(text.get(start..end).is_some(), "{start}..{end} is no place in {text:?}");
    }
}

#[test]
fn every_construct_is_read_without_a_problem() {
    for (name, text) in ALL {
        assert_eq!(told(text), "", "in {name}");
        let (tree, _) = parse(FileId(0), text);
        golden::check(&format!("cases/language/{name}.tree"), &dump::dump(&tree));
    }
}

#[test]
fn whole_manifests_are_read_without_a_problem() {
    for (name, text) in WHOLE {
        assert_eq!(told(text), "", "in {name}");
    }
}

#[test]
fn numbers_are_read_exactly() {
    check_value("1_000", "Int(1000)");
    check_value("0x1f", "Int(31)");
    check_value("1.5", "Float(1.5)");
    check_value("1.5GiB", "Size(1610612736)");
    check_value("2KB", "Size(2000)");
    check_value("1h30m", "Duration(5400000)");
    check_value("250ms", "Duration(250)");
    check_value("10.0.0.1", "Ip(10.0.0.1)");
    check_value("10.0.0.0/8", "Cidr(10.0.0.0, 8)");
    check_value("0.0.0.0/0", "Cidr(0.0.0.0, 0)");
    check_value("53/udp", "Port(53, Udp)");
    check_value("1-2/tcp", "PortRange(1, 2, Tcp)");
}

#[test]
fn operators_bind_as_the_language_says() {
    let name = |name: &str| format!("Expr {{ kind: Name(\"{name}\") }}");
    let binary = |op: &str, left: &str, right: &str| format!("Binary({op}, {left}, {right})");
    let expr = |kind: &str| format!("Expr {{ kind: {kind} }}");
    let (a, b, c) = (&name("a"), &name("b"), &name("c"));
    check_value("a + b * c", &binary("Add", a, &expr(&binary("Multiply", b, c))));
    check_value("a - b - c", &binary("Subtract", &expr(&binary("Subtract", a, b)), c));
    check_value("a < b", &binary("Less", a, b));
    check_value("a < b <= c", &format!("Chain({a}, [(Less, {b}), (LessEqual, {c})])"));
    check_value("a || b && c", &binary("Or", a, &expr(&binary("And", b, c))));
    check_value("a ?? b || c", &binary("Coalesce", a, &expr(&binary("Or", b, c))));
    check_value("a in b == c", &binary("Equal", &expr(&binary("In", a, b)), c));
    let less = expr(&binary("Less", a, b));
    check_value("a < b == c", &binary("Equal", &less, c));
}

#[test]
fn block_strings_lose_the_indentation_of_their_closing_line() {
    let text = |parts: &str| format!("Str(Text {{ tag: None, parts: [{parts}] }})");
    check_value("\"\"\"\n    a\n      b\n    \"\"\"", &text(r#"Literal("a\n  b")"#));
    check_value("\'\'\'\n  a\\n\n\n  \'\'\'", &text(r#"Literal("a\\n\n")"#));
    check_value("\"\"\"\n  a \\\n  b\n  \"\"\"", &text(r#"Literal("a b")"#));
    check_value("\"\"\"a\"\"\"", &text(r#"Literal("a")"#));
    check_value("\"\"\"\n\"\"\"", &text(""));
    check_value("\"\"\"\r\n  a\r\n  b\r\n  \"\"\"", &text(r#"Literal("a\nb")"#));
}

#[test]
fn documentation_belongs_to_the_item_below() {
    let docs = |text: &str| {
        let (tree, _) = parse(FileId(0), text);
        tree.items.iter().map(|item| item.doc.clone()).collect::<Vec<_>>()
    };
    assert_eq!(docs("## a\n##  b\nx = 1\n"), [Some("a\n b".into())]);
    assert_eq!(docs("## a\n\nx = 1\ny = 2  ## c\nz = 3\n"), [None, None, None]);
    assert_eq!(docs("# a\nx = 1\n"), [None]);
}

#[test]
fn p0101_brackets_without_an_end() {
    check(
        "container web {\n  features { nesting = true\n  on = x\n\ny = 1\n",
        "2:12 P0101 two `{` are never closed [{]",
    );
    check("a = [1, 2\nb = 3\n", "1:5 P0101 this `[` is never closed [[]");
    let (tree, _) = parse(FileId(0), "a {\n  b = 1\n\nc = 2\n");
    assert_eq!(tree.items.len(), 2, "what stands behind the missing brace is still read");
}

#[test]
fn p0102_lines_that_are_no_items() {
    check("hello world\n", "1:1 P0102 this is not an item [hello world]");
    check("a {\n  ???\n}\n", "2:3 P0102 this is not an item [???]");
    check(
        "output by = 1\n",
        "1:1 P0102 `by` is a word of the language and cannot be a name [output by = 1]",
    );
    check(
        "for x in y : x => 1\n",
        "1:1 P0102 a comprehension is not an item of a file [for x in y : x => 1]",
    );
    check("type A = { b c }\n", "1:12 P0102 this is not a field of a type [b c]");
}

#[test]
fn p0103_closers_of_nothing() {
    check("a = 1\n}\nb = 2\n", "2:1 P0103 nothing is open that `}` could close [}]");
    check("a = f(1])\n", "1:8 P0103 nothing is open that `]` could close []]");
}

#[test]
fn p0104_assignment_of_other_languages() {
    check("a {\n  b: 1GiB\n  c = 2;\n}\n", "2:4 P0104 values are assigned with `=` [:]");
    check("a := 1\n", "1:3 P0104 values are assigned with `=` [:=]");
    check("a = { \"b\": 1, \"c\" => 2 }\n", "1:10 P0104 values are assigned with `=` [:]");
    check("a = 1;\n", "1:6 P0104 a new line ends an item, `;` is not needed [;]");
}

#[test]
fn p0105_operators_of_other_languages() {
    check("a = b ? 8 : 2\n", "1:5 P0105 `? :` is not an operator here [b ? 8 : 2]");
    check("a = b and c\n", "1:7 P0105 `and` means nothing here [and]");
    check("a = b === c\n", "1:7 P0105 `===` means nothing here [===]");
    check("a = b <> c\n", "1:7 P0105 `<>` means nothing here [<>]");
    check("a = b[*].c\n", "1:6 P0105 `[*]` means nothing here [[*]]");
    check("a = b.*.c\n", "1:6 P0105 `.*` means nothing here [.*]");
    check("a = b.0\n", "1:6 P0105 `.0` means nothing here [.0]");
    check("a = yes\n", "1:5 P0105 `yes` means nothing here [yes]");
    check("a = nil\n", "1:5 P0105 `nil` means nothing here [nil]");
    check("a = b not in c\n", "1:7 P0105 `not in` means nothing here [not in]");
    check("a += 1\n", "1:3 P0105 `+=` means nothing here [+=]");
}

#[test]
fn p0106_dashes_in_names() {
    check("container web-1 { on = x }\n", "1:11 P0106 `-` cannot be part of a name [web-1]");
    check("let a-b = 1\n", "1:5 P0106 `-` cannot be part of a name [a-b]");
    check("a = { b-c = 1 }\n", "1:7 P0106 `-` cannot be part of a name [b-c]");
}

#[test]
fn p0107_comments_of_other_languages() {
    check("// a\nb = 1 /* c */\n", "1:1 P0107 comments begin with `#` [// a]");
    check("a = \"http://b\"\n", "");
}

#[test]
fn p0108_strings_without_an_end() {
    let message = "this string is not closed before the end of the line";
    check("a {\n  b = \"The team's\n  c = 1\n}\n", &format!("2:7 P0108 {message} [\"The team's]"));
    check("a = 'b\nc = 1\n", &format!("1:5 P0108 {message} ['b]"));
    check("a = \"b \\(c [d\ne = 1\n", &format!("1:5 P0108 {message} [\"b \\(c [d]"));
    check("a = \"\"\"\n  b\n", "1:5 P0108 this string is never closed [\"\"\"]");
    let (tree, _) = parse(FileId(0), "a = \"b\nc = 1\n");
    assert_eq!(tree.items.len(), 2, "the string ends with its line");
}

#[test]
fn p0109_escapes() {
    check(r#"a = "b\dc""#, r"1:7 P0109 `\d` is not an escape [\d]");
    check(r#"a = "\u{d800}""#, r"1:6 P0109 `\u{d800}` is not a character [\u{d800}]");
}

#[test]
fn p0110_units() {
    check("a {\n  b = 4G\n  c = 512Megs\n}\n", "2:7 P0110 `G` is not a unit [4G]");
    check("a = 0.3B\n", "1:5 P0110 `0.3B` is not a whole number of bytes [0.3B]");
}

#[test]
fn p0111_to_p0113_addresses_and_ports() {
    check("a = 192.168.300.1\n", "1:13 P0111 `192.168.300.1` is not an IPv4 address [300]");
    check("a = 10.0.0.0/33\n", "1:5 P0111 `10.0.0.0/33` is not a network [10.0.0.0/33]");
    let bits = "1:5 P0112 `192.168.99.17/24` has host bits set [192.168.99.17/24]";
    check("a = 192.168.99.17/24\n", bits);
    check("a = 0/tcp\n", "1:5 P0113 `0` is not a port [0/tcp]");
    check("a = 70000/udp\n", "1:5 P0113 `70000` is not a port [70000/udp]");
    check("a = 9-3/tcp\n", "1:5 P0113 `9-3/tcp` is an empty range [9-3/tcp]");
}

#[test]
fn p0114_nesting() {
    for opener in ["(", "[", "{", "f(", "\"\\(", "a {"] {
        let text = format!("a = 1\nx = {}\n", opener.repeat(20_000));
        let told = told(&text);
        assert!(told.contains("P0114 this nests too deep"), "{opener}: {told}");
        assert!(!told.contains("P0101"), "{opener}: {told}");
    }
    let (open, close) = ("(".repeat(199), ")".repeat(199));
    check(&format!("x = {open}1{close}\n"), "");
    let text = format!("x = {}1\n", "-".repeat(50_000));
    assert!(told(&text).contains("P0114 this expression has too many parts"));
    assert!(told(&format!("x = 1{}\n", " + 1".repeat(50_000))).contains("P0114"));
    assert!(told(&format!("x = a{}\n", ".b".repeat(50_000))).contains("P0114"));
    assert!(told(&format!("x = {}1\n", "if a then b else ".repeat(5_000))).contains("P0114"));
}

#[test]
fn p0115_dotted_keys() {
    check("a.b = 1\n", "1:1 P0115 a key is one word [a.b]");
}

#[test]
fn p0116_missing_parts() {
    check("a =\nb = 2\n", "1:4 P0116 expected a value []");
    check("a = 1 +\nb = 2\n", "1:8 P0116 expected a value []");
    check("a = if b else c\n", "1:9 P0116 expected `then` []");
    check("a = @b\n", "1:5 P0116 `@b` is not a value [@b]");
    check("let a: = 1\n", "1:7 P0116 expected a type []");
    check("a for b in c\n", "1:13 P0116 expected `{` []");
    check("a = { for b in c : d }\n", "1:21 P0116 expected `=>` and a value []");
    check("a = b.\n", "1:7 P0116 expected a name after `.` []");
    check("a = match b { c => 1 }\n", "1:15 P0116 `c` is not a pattern [c]");
}

#[test]
fn p0116_imports_uses_and_modules_half_typed() {
    check("import\n", "1:7 P0116 expected the name of a file []");
    check(
        "import {\n\nx = 1\n",
        "1:8 P0116 expected the names that are imported [{]\n1:8 P0101 this `{` is never closed [{]",
    );
    check("import { A }\n", "1:13 P0116 expected `from` []");
    check("import { A } from\n", "1:18 P0116 expected the name of a file []");
    check("import { A } \"./a.paas\"\n", "1:13 P0116 expected `from` []");
    check("import {} from \"./a.paas\"\n", "1:8 P0116 expected the names that are imported [{}]");
    check("import ./a.paas\n", "1:8 P0116 `./a.paas` is not the name of a file [./a.paas]");
    check("import \"./a.paas\" as\nx = 1\n", "1:21 P0116 expected a name []");
    check(
        "import \"./\\(a).paas\"\n",
        "1:8 P0116 the file of an `import` cannot be computed [\"./\\(a).paas\"]",
    );
    check("import A from \"./a.paas\"\n", "1:8 P0117 names that are imported stand in braces [A]");
    check("import { A b } from \"./a.paas\"\n", "1:12 P0117 the value ended before this [b]");
    check("use\n", "1:4 P0116 expected the name of a service []");
    check("use catalog.\nx = 1\n", "1:13 P0116 expected a name []");
    check("use catalog.wiki as\nx = 1\n", "1:20 P0116 expected a name []");
    check("use catalog.my-wiki { a = 1 }\n", "1:13 P0106 `-` cannot be part of a name [my-wiki]");
    check("use catalog.wiki for\nx = 1\n", "1:21 P0116 expected what `for` goes through []");
    check("module\nx = 1\n", "1:7 P0116 expected a name []");
    check("module from \"./a\"\n", "1:7 P0116 expected a name []");
    check("module lab\nx = 1\n", "1:11 P0116 expected `from` []");
    check("module lab {\n  a = 1\n}\n", "1:11 P0116 expected `from` []");
    check("a {\n  module lab\n  from = 1\n}\n", "2:13 P0116 expected `from` []");
    check("module lab from\nx = 1\n", "1:16 P0116 expected a value []");
}

#[test]
fn p0116_addresses_half_typed() {
    check("moved\nx = 1\n", "1:6 P0116 expected an address []");
    check("moved container\nx = 1\n", "1:7 P0116 this address is not complete [container]");
    check("adopt\nx = 1\n", "1:6 P0116 expected an address []");
    check("adopt container\nx = 1\n", "1:7 P0116 this address is not complete [container]");
    check("forget\nx = 1\n", "1:7 P0116 expected an address []");
    check("forget container\nx = 1\n", "1:8 P0116 this address is not complete [container]");
    check("forget container.\nx = 1\n", "1:8 P0116 this address is not complete [container.]");
    check("forget tenant.a/\nx = 1\n", "1:17 P0116 this address is not complete []");
    check(
        "forget container.a[\nx = 1\n",
        "1:19 P0101 this `[` is never closed [[]\n1:20 P0116 expected a value []",
    );
    check("mock\nx = 1\n", "1:5 P0116 expected an address []");
    check("mock container\nx = 1\n", "1:6 P0116 this address is not complete [container]");
    check("moved container.a\nx = 1\n", "1:18 P0116 expected `->` and the new address []");
    check("moved container.a ->\nx = 1\n", "1:21 P0116 expected an address []");
    check(
        "moved container.a -> container\nx = 1\n",
        "1:22 P0116 this address is not complete [container]",
    );
    check("moved container.a to container.b\n", "1:19 P0105 `to` means nothing here [to]");
    check("moved container.a => container.b\n", "1:19 P0105 `=>` means nothing here [=>]");
    check("adopt container.a\nx = 1\n", "1:18 P0116 expected the id of what is there []");
    check("adopt container.a =\nx = 1\n", "1:20 P0116 expected the id of what is there []");
    check("adopt container.a: \"101\"\n", "1:18 P0104 values are assigned with `=` [:]");
    check("forget container.web-1\n", "1:18 P0106 `-` cannot be part of a name [web-1]");
    check("forget app.a.expose.b\n", "1:13 P0105 `.` means nothing here [.]");
    check("forget container.a[*]\n", "1:19 P0105 `[*]` means nothing here [[*]]");
    check(
        "forget container.a container.b\n",
        "1:20 P0117 the item ended before this [container.b]",
    );
    check("mock container.a\nx = 1\n", "1:17 P0116 expected `{` []");
    check("expect\nx = 1\n", "1:7 P0116 expected a value []");
    check("expect a else\nx = 1\n", "1:14 P0116 expected a value []");
    check("require\nx = 1\n", "1:8 P0116 expected a value []");
    check("moved a.b ->\n  c.d\n", "");
}

#[test]
fn p0117_text_behind_a_value() {
    check("a = 1 b = 2\n", "1:7 P0117 the item ended before this [b = 2]");
    check("a = [1 2]\n", "1:8 P0117 the value ended before this [2]");
    check("a = (1 2)\n", "1:8 P0117 the value ended before this [2]");
    check("a = f(1 2)\n", "1:9 P0117 the value ended before this [2]");
    check("a = [for b in c : d => e]\n", "1:19 P0117 the elements of a list have no keys [d]");
}

#[test]
fn p0118_and_p0119() {
    check(
        "a = 9223372036854775808\n",
        "1:5 P0118 `9223372036854775808` is too large [9223372036854775808]",
    );
    check("a = 1\u{1}\n", "1:6 P0119 control character U+0001 in the text [\u{1}]");
}

#[test]
fn problems_read_well() {
    let texts = [
        "container web {\n  features { nesting = true\n  on = x\n\ny = 1\n",
        "a {\n  memory: 512MiB\n  cores = 2;\n}\n",
        "a { cores = prod ? 8 : 2 }\n",
        "container web-1 { on = cluster.home }\n",
        "a {\n  doc = \"The team's blog\n  on = b\n}\n",
        "a {\n  memory = 4G\n  disk = 512Megs\n}\n",
        "a = 192.168.300.1\nb = 192.168.99.17/24\n",
    ];
    let style = Style { colour: false, unicode: true, width: 100 };
    let printed: Vec<String> = texts
        .iter()
        .map(|text| {
            let mut sources = Sources::default();
            let file = sources.add("main.paas", *text);
            print(&parse(file, text).1, &sources, style)
        })
        .collect();
    golden::check("cases/language/problems.txt", &printed.concat());
}

#[test]
fn every_prefix_has_a_tree() {
    // Items are parsed alone, so the ones before the last do not matter.
    for item in ALL.iter().flat_map(|(_, text)| items(text)) {
        for (end, _) in item.char_indices() {
            let (tree, _) = parse(FileId(0), &item[..end]);
            check_places(&tree, &item[..end]);
        }
    }
}

#[test]
fn every_mutant_has_a_tree() {
    let seed = 0x5eed_0001;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let manifests = ALL.map(|(_, text)| pieces(text));
    for round in 0..750 {
        for pieces in &manifests {
            let text = mutant(pieces[random.below(pieces.len())], &mut random);
            let (tree, problems) = parse(FileId(0), &text);
            check_places(&tree, &text);
            for label in problems.iter().flat_map(|problem| &problem.labels) {
                let shown = text.get(label.span.range());
                assert!(shown.is_some(), "round {round}: {problems:?} in {text}");
            }
        }
    }
}

/// Half-typed input is where a grammar without memory doubles its work with every level.
#[test]
fn half_typed_nesting_is_read_in_linear_time() {
    let openers = [
        "(",
        "[",
        "{ a = ",
        "f(",
        "a { b = ",
        "[for x in ",
        "if ",
        "match x { 1 => ",
        "\"\\(",
        "- (",
        "{ (",
        "x for y in [",
        "{ \"a\\(",
        "a ? (",
        "f(a = [",
        "{ a = f(b, [",
        "1\nmodule m from [",
        "1\nmodule m for x in {",
        "1\nuse a for x in [",
        "1\nmoved a.b[",
        "1\nforget a.b/c.d[",
        "1\nmock a.b {\nmock a.b {",
        "1\nimport {",
        "1\nexpect (",
    ];
    for opener in openers {
        let text = format!("x = {}", opener.repeat(60));
        // Twice the work a level would not end within the age of the universe.
        let (tree, _) = parse(FileId(0), &text);
        check_places(&tree, &text);
    }
}
