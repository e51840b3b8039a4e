//! The quick reader of common statements gives what the grammar gives, place by place.

use paas::source::FileId;
use paas::syntax::{Reader, parse_with};

use crate::support::cases::{ALL, Random, WHOLE, items, mutant, pieces};
use crate::support::generator::Generator;

#[track_caller]
fn check(text: &str) {
    let (quick, problems) = parse_with(Reader::QuickFirst, FileId(7), text);
    let (slow, more) = parse_with(Reader::Grammar, FileId(7), text);
    assert_eq!(problems, more, "in: {text}");
    let (quick, slow) = (format!("{quick:?}"), format!("{slow:?}"));
    if quick != slow {
        let same = quick.bytes().zip(slow.bytes()).take_while(|(a, b)| a == b).count();
        let tail = |text: &str| text.chars().skip(same.saturating_sub(300)).take(500).collect();
        let (quick, slow): (String, String) = (tail(&quick), tail(&slow));
        panic!("in: {text}\nquick: {quick}\ngrammar: {slow}");
    }
}

/// Where one of them could be more lenient, stricter, or read something else.
const EDGES: [&str; 82] = [
    "a = b.c\n  .d\n",
    "a = b\n...c\n",
    "a = b\n..c\n",
    "a = b.\nc = 1\n",
    "a = b?.c ?? d\n",
    "a = b ? c : d\n",
    "a = b +\n  c\nd = 1\n",
    "a = b +\nc = 1\n",
    "a = b -c\nd = e- f\ng = h-i\n",
    "app web-1 {}\na = app.web-1.ip\n",
    "a = -1\nb = !c\nd = - e.f\ng = --h\ni = !=j\n",
    "a = not b\nc = not in d\ne = f not in g\nh = i in j\n",
    "a = ink\nb = c ink\nd = e orange\nf = g andy\n",
    "a = b < c <= d\ne = f == g != h\ni = j <> k\nl = m === n\n",
    "a = b || c && d ?? e + f * g % h / i\n",
    "a = b ++ c\nd = e ** f\ng += h\ni = j -> k\n",
    "a = [1, 2\n 3,, 4,]\nb = [,1]\nc = [1 2]\nd = [...e, ... f]\n",
    "a = [for b in c : d]\ne = [for f, g in h : i if j]\nk = [for l in m : n => o]\n",
    "a = [form, b]\nc = [for]\nd = [for x in y]\n",
    "a = [for x in y : z...]\nb = {for x in y : z => w}\nc = { for x in y : z }\n",
    "a = f()\nb = f(1,)\nc = f(,1)\nd = f(a = 1, b == 2, ...c)\ne = f(a: 1)\nf = f(1 2)\n",
    "a = f(b\n c)\nd = f(b,\n\n, c)\ne = f (1)\n",
    "a = b[1]\nc = b [1]\nd = b[*]\ne = b.*\nf = b.0\ng = b[]\n",
    "a = (b)\nc = ()\nd = (b c)\ne = (\n b\n)\n",
    "a = if b then c else d\ne = if b\n then c\n else d\nf = if b then c\n",
    "a = if b then\nc = 1\n",
    "a = iffy\nb = if(c) then d else e.f(g)\n",
    "a = \"b\"\nc = \"\"\nd = \"\\(e)\"\nf = \"g\\(h)i\\(j)\"\nk = \"\\n\\t\\\"\\\\\\0\\u{20ac}\"\n",
    "a = \"b\\(c + \\\"d\\\")\"\n",
    "a = \"b\\( [1, \"x\"] )\"\nc = \"d\n",
    "a = 'b'\nc = ''\nd = 'e\nf = 'g\\(h)'\n",
    "a = \"\"\"\n  b\n  \"\"\"\nc = yaml\"\"\"\n  d\n  \"\"\"\ne = '''\n f\n '''\n",
    "a = b\"c\"\nd = e'f'\n",
    "a = 1\nb = 1_0\nc = 0x1f\nd = 0o7\ne = 0xg\nf = 1.5\ng = 1.\nh = 1.5.2\n",
    "a = 1.2.3.4\nb = 1.2.3.4/8\nc = 1.2.3.4/99\nd = 1.2.3.4x\ne = 1.2.3.4.5\nf = 300.1.1.1\n",
    "a = 10.0.0.1/24\nb = 1.2.3/4\n",
    "a = 80/tcp\nb = 80/udpx\nc = 1-2/tcp\nd = 2-1/udp\ne = 1-2\nf = 0/tcp\ng = 8/2\n",
    "a = 1GiB\nb = 1.5GiB\nc = 1Gib\nd = 1h30m\ne = 4G\n",
    "a = 9223372036854775808\n",
    "a = yes\nb = nil\nc = true\nd = null\ne = match x { 1 => 2 }\n",
    "a=1,b=2\n,c=3\n",
    "a = 1 b = 2\n",
    "a { b = 1 c = 2 }\n",
    "a { b = 1, c = 2 }\nd{}\ne {}f = 1\n",
    "a { b = 1; c = 2 }\n",
    "a b c \"d\" { }\ne \"f\\(g)\" {}\nh 'i' {}\nj \"\"{}\n",
    "existing host a {}\nexisting {}\nexisting \"a\" {}\n",
    "a for b in c {}\na for b, c in d by e if f {}\na b if c {}\na for b in [1]by x {}\n",
    "a for b in { c = 1 } { d = 1 }\na if {} {}\na for b c in d {}\n",
    "a for {}\na if\nb = 1\n",
    "for = 1\nif = 2\nlet = 3\nlet a = 4\nlet if = 5\nlet b-c = 6\nlet d: int = 7\nlet e\n",
    "let {}\noutput a = 1\noutput b: int\noutput c {}\n",
    "secret a = env(\"A\")\nsecret a for b in c = d\n",
    "require a else \"b\"\nrequire a\n  else b\nrequire { a = 1 }\nrequire\nrequire a else\nb = 1\n",
    "requires a {}\nformat b {}\nmodel c {}\nuses d {}\n",
    "\"a\" = 1\n\"a\\(b)\" = 2\n(c) = 3\n4 = 5\na-b = 6\na.b = 7\n'c' = 8\n\"\" = 9\n",
    "a => 1\na := 1\na: 1\na == 1\na =>\n",
    "...a\n... b\n....c\nd { ...e, f = 1 }\n",
    "## doc\na = 1\n\n## more\n## doc\nb {\n  ## inner\n  c = [{\n    ## deep\n    d = 1\n  }]\n}\n",
    "## doc\na = 1 b\n## kept\nc = 1\n",
    "a = 1 # b, c\nd = [1 # e\n 2]\nf = [1 /* , */ 2]\n",
    "a = [1\r\n2]\r\nb {\r\n  c = 1\r\n}\r\n",
    "a = \u{1}1\nb = \"\u{e9}\u{1f600}\"\n\u{e9} = 1\n",
    "a {\n  b = 1\n\nc = 2\n",
    "a = (((\n",
    "a = 4G\nb { c = 1 }\nd = 5G\n",
    "",
    "\u{feff}a = 1\n",
    "type A = int\ntype B = {\n  a: int, b?: [A] = [1]\n  c: \"x\" | 'y' | 3 | -1\n}\n",
    "type A\ntype B =\n  int |\n  string\ntype C = map<string, [int?]>?\ntype D = a.b.c<d\n",
    "type A = (int | string)? where it > 1\ntype B = int where\ntype C-d = int\n",
    "type A = { a: int b: int }\ntype B = { a int }\ntype C = { a: int; b: int }\ntype D = {,}\n",
    "type A = { a?.b: int }\ntype B = int?.c\ntype C = int?\ntype D = int ?\ntype E = 1_0 | 0x1 | 1.5\n",
    "type A = \"a\\(b)\"\ntype B = \"\"\"a\"\"\"\ntype C = ''\ntype D = if\ntype E = a . b\n",
    "let a: int = 1\nlet b : [int]=[1]\nlet c: = 1\nlet d := 1\nlet e: int\noutput f: int = 1\n",
    "fn f(a: int, b = 1\n c: string = \"x\") -> int = a\nfn g() = 1\nfn h(,) = 1\nfn i(a,, b) = 1\n",
    "fn f (a) ->\n int = 1\nfn g(a b c) = 1\nfn h(a = \n 1) = 2\nfn i(1) = 1\nfn j = 1\nfn (a) = 1\n",
    "input a: int = 2 where 1 <= it <= 5 { require it > 1 }\ninput b\ninput c = 1\ninput d {}\n",
    "input a: int where it > 1\ninput b: int = 1 c\ninput d wherever e\ninput f: {a: int} {\n}\n",
    "a = { (b) = 1, ( c.d ) = 2 }\ne = { (f g) = 1 }\nh = { () = 1 }\ni = {(j): 1}\n(k) = 2\n",
    "a = {for b, c in d : e => f...\n if g}\nh = { for i in j : k => l, m = 1 }\nn { for o in p : q => r }\n",
    "secret a for b in c by d = e\nsecret f for = 1\nsecret g\nexpect a == 1 else \"b\"\nexpect\n",
];

#[test]
fn both_read_the_same() {
    for text in EDGES {
        check(text);
        for (end, _) in text.char_indices() {
            check(&text[..end]);
        }
    }
    for (_, text) in ALL.iter().chain(&WHOLE) {
        check(text);
    }
}

#[test]
fn both_have_the_same_limits() {
    for depth in [10, 50, 58, 59, 60, 61, 62, 100, 120] {
        let nested = |open: &str, close: &str| {
            check(&format!("x = {}1{}\n", open.repeat(depth), close.repeat(depth)));
        };
        nested("(", ")");
        nested("[", "]");
        nested("f(", ")");
        nested("{ a = ", " }");
        nested("if a then b else ", "");
        nested("\"\\(", ")\"");
        nested("", " + 1");
        nested("", ".a");
        nested("- ", "");
    }
    // High, but not deep.
    let high = format!("({}{})", "a + ".repeat(59), "b".to_owned() + &".c".repeat(50));
    for levels in 1..12 {
        let text = (0..levels).fold(high.clone(), |inner, _| {
            format!("({}{inner}{})", "a * ".repeat(5), " + a".repeat(50))
        });
        check(&format!("x = {text}\n"));
    }
}

#[test]
fn both_read_every_prefix_the_same() {
    for item in ALL.iter().flat_map(|(_, text)| items(text)) {
        for (end, _) in item.char_indices() {
            check(&item[..end]);
        }
    }
}

#[test]
fn both_read_what_is_generated_the_same() {
    let seed = 0x5eed_0006;
    println!("seed {seed:#x}");
    let (mut generator, mut random) = (Generator::new(seed), Random(seed));
    for _ in 0..2_000 {
        let text = generator.manifest();
        check(&text);
        check(&mutant(&text, &mut random));
    }
}

#[test]
fn both_read_every_mutant_the_same() {
    let seed = 0x5eed_0003;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let manifests: Vec<_> = ALL.iter().chain(&WHOLE).map(|(_, text)| pieces(text)).collect();
    for _ in 0..400 {
        for pieces in &manifests {
            check(&mutant(pieces[random.below(pieces.len())], &mut random));
        }
    }
}
