//! Text, lists, objects, networks and quantities at their edges.

use super::{check, outcome};

#[test]
fn text_functions_know_all_of_unicode() {
    check("length(\"größe 🦀\")", "7");
    check("upper(\"ß\")", "\"SS\"");
    check("trim(\"\u{a0} a\u{2003}\")", "\"a\"");
    check("split(\"äöü\", \"ö\")", "[\"ä\", \"ü\"]");
    check("replace(\"a\\0b\", \"\\0\", \"-\")", "\"a-b\"");
    check("lines(\"a\\n\\nb\")", "[\"a\", \"\", \"b\"]");
    check("lines(\"\")", "[]");
    check("slug(\"Crème brûlée\")", "\"cr-me-br-l-e\"");
    check("slug(\"--A__b--\")", "\"a-b\"");
    check("slug(\"日本\")", "0: `slug` finds no letter a to z and no digit in this text");
    check("join(\"\", [])", "\"\"");
    check(
        "join(\" \", [1, 1.5, true, 4GiB, 90s, 10.0.0.1, 10.0.0.0/8, 20-29/tcp])",
        "\"1 1.5 true 4GiB 1m30s 10.0.0.1 10.0.0.0/8 20-29/tcp\"",
    );
    check("join(\" \", [\"a\", null])", "1: `join` takes a list of text, element 1 is null");
    check("join(\" \", [resource])", "1: `join` takes a list of text, element 0 is a resource");
    check("split(\"\", \",\")", "[\"\"]");
    check("split(\"a\", \"\")", "1: `split` needs a separator that is not empty");
    check("replace(\"a\", \"\", \"b\")", "1: `replace` needs an old text that is not empty");
    check("indent(\"a\", -1)", "1: `indent` takes 0 to 256 spaces, not -1");
    check("indent(\"a\", 9999999999)", "1: `indent` takes 0 to 256 spaces, not 9999999999");
}

#[test]
fn patterns_are_bounded() {
    check("matches('a', 'b')", "false");
    check("matches('Web', '(?-u:^w)')", "false");
    check("capture('a', 'b')", "null");
    check("capture('ab', 'a(x)?(b)')", "[null, \"b\"]");
    check("capture('xaay', 'a+')", "[\"aa\"]");
    check("matches('a', '(')", "1: `matches` cannot read this regular expression: unclosed group");
    check(
        "matches('a', '(?:a{1000}){1000}')",
        "1: `matches` cannot read this regular expression: it is too large",
    );
    let deep = format!("matches('a', '{}a{}')", "(".repeat(1000), ")".repeat(1000));
    assert!(outcome(&deep).starts_with("1: `matches` cannot read this"), "{}", outcome(&deep));
}

#[test]
fn equality_is_by_amount_and_content() {
    check("unique([])", "true");
    check("unique([1, 1.0])", "false");
    check("unique([1, \"1\", 1s, 1B, true, null])", "true");
    check("unique([{ a = [1] }, { a = [1.0] }])", "false");
    check("unique([-0.0, 0])", "false");
    check("unique([9007199254740993, 9007199254740992.0])", "true");
    check("unique([[\"a,\"], [\"a\", \"\"]])", "true");
    check("distinct([{ a = 1 }, { a = 1 }, null, null])", "[{ a = 1 }, null]");
    check("contains([resource], resource)", "true");
    check("contains([[1]], [1.0])", "true");
    check("contains({ a = 1, 7 = 2 }, 7)", "true");
    check("contains({ a = 1 }, \"b\")", "false");
    check("contains(\"größe\", \"öß\")", "true");
    check("contains(\"a\", 1)", "1: `contains` cannot look for an int in a string");
}

#[test]
fn sorting_is_exact_and_of_one_type() {
    check("sort([])", "[]");
    check("sort([2, 1.5, -3, 1])", "[-3, 1, 1.5, 2]");
    check("sort([9007199254740993, 9007199254740992.0])", "[9007199254740992.0, 9007199254740993]");
    check("sort([1GiB, 1MiB])", "[1MiB, 1GiB]");
    check("sort([1h, 1m])", "[1m, 1h]");
    check("sort([10.0.0.10, 10.0.0.9, ip(\"::1\")])", "[10.0.0.9, 10.0.0.10, ::1]");
    let help = "numbers, strings, ips, sizes and durations have an order, each by itself";
    check("sort([1, \"a\"])", &format!("0: `sort` cannot compare an int with a string | {help}"));
    check("sort([null])", &format!("0: `sort` cannot compare null with null | {help}"));
    check("sort([[1], [2]])", &format!("0: `sort` cannot compare a list with a list | {help}"));
    check("min(1GiB, 2)", &format!("1: `min` cannot compare a size with an int | {help}"));
    check(
        "min([])",
        "0: there is no `min` of an empty list | give it a value that is always there: \
         `[0, ...xs]`",
    );
    check("max([2, 3.5, 3])", "3.5");
    check("max(\"a\", \"b\")", "\"b\"");
    check("min(7)", "7");
}

#[test]
fn sums_keep_their_type_and_never_wrap() {
    check("sum([])", "0");
    check("sum([1, 2, -5])", "-2");
    check("sum([1, 0.5])", "1.5");
    check("sum([0.5, 1])", "1.5");
    check("sum([1h, 30m])", "1h30m");
    check("sum([9223372036854775807, 1])", "0: `sum` comes to more than can be counted");
    check("sum([16000000TiB, 16000000TiB])", "0: `sum` comes to more than can be counted");
    check("sum([1GiB, 1])", "0: `sum` cannot add an int, element 1, to a size");
    check("sum([\"a\"])", "0: `sum` cannot add up a string, element 0");
}

#[test]
fn ranges_end() {
    check("range(0)", "[]");
    check("range(-3)", "[]");
    check("range(5, 5)", "[]");
    check("range(3, 0, -1)", "[3, 2, 1]");
    check("range(0, 10, step = 4)", "[0, 4, 8]");
    check(
        "range(9223372036854775800, 9223372036854775807, 5)",
        "[9223372036854775800, 9223372036854775805]",
    );
    check("length(range(100000))", "100000");
    check("range(100001)", "0: `range` makes at most 100000 elements, these are 100001");
    check(
        "range(-9223372036854775808, 9223372036854775807)",
        "0: `range` makes at most 100000 elements, these are 18446744073709551615",
    );
    check("range(0, 5, 0)", "2: `range` needs a step that is not 0");
    check("length(range(0, 9223372036854775807, 9223372036854775807))", "1");
    check("length(range(5, step = -1))", "0");
}

#[test]
fn lists_and_objects() {
    check("first([])", "null");
    check("last([])", "null");
    check("flatten([])", "[]");
    check("zip([], [])", "[]");
    check("zip([1], [])", "1: `zip` takes two lists of one length, these have 1 and 0");
    check("keys({ 10 = 1, 9 = 2, a = 3 })", "[\"a\", 9, 10]");
    check("keys({})", "[]");
    check("group_by([], \"on\")", "{}");
    check("group_by([{ n = 1 }, { n = 2 }], \"n\")", "{ 1 = [{ n = 1 }], 2 = [{ n = 2 }] }");
    check("group_by([{ n = 1 }], \"on\")", "0: `group_by` finds no `on` in element 0");
    check("group_by([1], \"on\")", "0: `group_by` takes a list of objects, element 0 is an int");
    check(
        "group_by([{ on = true }], \"on\")",
        "0: `group_by` takes a field that is a string or an int, `on` of element 0 is a bool",
    );
    check(
        "index_by([{ n = 1 }, { n = 1 }], \"n\")",
        "0: two elements have the same `n`: [1] | `group_by` keeps all of them, in lists",
    );
}

#[test]
fn merging_follows_the_table() {
    check("deep_merge({ a = { x = 1 } }, { a = { y = 2 } })", "{ a = { x = 1, y = 2 } }");
    check("deep_merge({ a = { x = 1 } }, { a = 2 })", "{ a = 2 }");
    check("deep_merge({ a = 2 }, { a = { x = 1 } })", "{ a = { x = 1 } }");
    check("deep_merge({ a = 1 }, {})", "{ a = 1 }");
    check("deep_merge({ a = 1, b = 2 }, { a = null })", "{ b = 2 }");
    check("deep_merge({}, { a = { b = null } })", "{ a = {} }");
    check("deep_merge({ a = [1, 2] }, { a = [3] })", "{ a = [3] }");
    check("deep_merge({ a = 1 }, { a = 2 }, { a = 3, b = 4 })", "{ a = 3, b = 4 }");
    check("deep_merge({ a = null })", "{}");
}

#[test]
fn networks_have_ends() {
    check("nth(10.0.0.0/24, 0)", "10.0.0.0");
    check("nth(10.0.0.0/24, 255)", "10.0.0.255");
    check(
        "nth(10.0.0.0/24, 256)",
        "1: `10.0.0.0/24` has no address number 256 | its addresses are numbered 0 to 255",
    );
    check(
        "nth(10.0.0.0/24, -1)",
        "1: `10.0.0.0/24` has no address number -1 | its addresses are numbered 0 to 255",
    );
    check(
        "nth(0.0.0.0/0, 4294967296)",
        "1: `0.0.0.0/0` has no address number 4294967296 | its addresses are numbered 0 to \
         4294967295",
    );
    check("nth(255.255.255.255/32, 0)", "255.255.255.255");
    check("nth(cidr(\"fd00::/64\"), 9223372036854775807)", "fd00::7fff:ffff:ffff:ffff");
    check(
        "nth(cidr(\"fd00::/64\"), -1)",
        "1: `fd00::/64` has no address number -1 | its addresses are numbered 0 to 2^64 - 1",
    );
    check("subnet(10.0.0.0/24, 0, 0)", "10.0.0.0/24");
    check("subnet(10.0.0.0/24, 8, 255)", "10.0.0.255/32");
    check("subnet(10.0.0.0/24, 9, 0)", "1: `10.0.0.0/24` can be split by 0 to 8 bits, not 9");
    check("subnet(10.0.0.0/24, -1, 0)", "1: `10.0.0.0/24` can be split by 0 to 8 bits, not -1");
    check("subnet(10.0.0.0/24, 1, 2)", "2: `10.0.0.0/24` split by 1 bits has no part number 2");
    check("subnet(10.0.0.0/24, 1, -1)", "2: `10.0.0.0/24` split by 1 bits has no part number -1");
    check("subnet(0.0.0.0/0, 32, 4294967295)", "255.255.255.255/32");
    check("subnet(cidr(\"::/0\"), 128, 5)", "::5/128");
    check("subnet(cidr(\"::/0\"), 0, 0)", "::/0");
    check("subnet(cidr(\"fd00::/48\"), 16, 10)", "fd00:0:0:a::/64");
    check("overlaps(10.0.0.0/24, 10.0.1.0/24)", "false");
    check("overlaps(10.0.0.0/24, cidr(\"fd00::/64\"))", "false");
}

#[test]
fn text_becomes_quantities() {
    check("ip(10.0.0.1)", "10.0.0.1");
    check(
        "ip(\"10.0.0.256\")",
        "0: `10.0.0.256` is no ip, expected text like `10.0.0.1` or `fd00::1`",
    );
    check(
        "cidr(\"10.0.0.7/24\")",
        "0: `10.0.0.7/24` is no cidr, expected text like `10.0.0.0/24` | the network around it is \
         `10.0.0.0/24`",
    );
    check("cidr(\"10.0.0.0/33\")", "0: `10.0.0.0/33` is no cidr, expected text like `10.0.0.0/24`");
    check("size(\"4G\")", "0: `4G` is no size, expected text like `512MiB` or `10GB`");
    check("size(1GiB)", "1GiB");
    check("duration(\"\")", "0: `` is no duration, expected text like `30s` or `1h30m`");
    check(
        "duration(\"99999999999999999999w\")",
        "0: `99999999999999999999w` is no duration, expected text like `30s` or `1h30m`",
    );
    for text in ["hourly", "daily", "daily 02:30", "weekly", "sat,sun 18:15", "mon..fri"] {
        check(&format!("calendar(\"{text}\")"), &format!("\"{text}\""));
    }
    for text in ["", "noon", "daily 24:00", "daily 2:30", "mon..today 02:30", "hourly 02:30"] {
        check(
            &format!("calendar(\"{text}\")"),
            &format!("0: `{text}` is no calendar, expected text like `daily 02:30`"),
        );
    }
}

#[test]
fn urls_have_a_host() {
    check("host_of(\"https://u:p@host.lan:80/a@b\")", "\"host.lan\"");
    check("host_of(\"https://[fd00::1]:8443/x\")", "\"fd00::1\"");
    check("host_of(\"http://größe.lan?x\")", "\"größe.lan\"");
    for text in [
        "app.lan",
        "https://",
        "https:///x",
        "://a",
        "1s://a",
        "https://a:port",
        "https://a:70000",
        "https://a b",
        "https://[fd00::1",
        "https://[x]",
        "https://a<b",
    ] {
        check(
            &format!("url(\"{text}\")"),
            &format!("0: `{text}` is no URL, expected text like `https://example.com`"),
        );
    }
}

#[test]
fn versions_compare_by_number() {
    for (version, range, expected) in [
        ("0.10.0", "> 0.9", "true"),
        ("1.2", "= 1.2.0", "true"),
        ("v1.2.3", "1.2.3", "true"),
        ("1.2.3+build5", "=1.2.3", "true"),
        ("1.0-rc1", "< 1.0", "true"),
        ("1.0-rc.2", "< 1.0-rc.10", "true"),
        ("1.0", "!= 1.0", "false"),
        ("0.6", ">= 0.4, < 0.6", "false"),
    ] {
        check(&format!("version_in(\"{version}\", \"{range}\")"), expected);
    }
    check("version_in(\"new\", \"> 1\")", "0: `new` is no version, expected text like `1.2.3`");
    check(
        "version_in(\"1\", \"~> 1\")",
        "1: `~> 1` is no range of versions, expected text like `>= 0.4, < 0.6`",
    );
    check(
        "version_in(\"1\", \"> 1,\")",
        "1: `> 1,` is no range of versions, expected text like `>= 0.4, < 0.6`",
    );
}
