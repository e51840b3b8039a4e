//! What every function does with its arguments: types, names, secrets, late values.

use super::{check, evaluated, late};

use paas::lower::value::Data;
use paas::model::Piece;

#[test]
fn arguments_of_a_wrong_type_are_refused_in_one_wording() {
    check(
        r#"nth("10.0.0.0/24", 1)"#,
        "0: `nth` takes a cidr and an int, its first argument is a string | make one of the text: \
         `cidr(…)`",
    );
    check(
        "nth(10.0.0.0/24, 1.5)",
        "1: `nth` takes a cidr and an int, its second argument is a float",
    );
    check(
        "nth(index = 1GiB, network = 10.0.0.0/24)",
        "0: `nth` takes a cidr and an int, its `index` is a size",
    );
    check(
        "upper(80)",
        r#"0: `upper` takes a string, its argument is an int | put it inside text: `"\(…)"`"#,
    );
    check(
        "length(true)",
        "0: `length` takes a list, an object or a string, its argument is a bool",
    );
    check("sort({})", "0: `sort` takes a list, its argument is an object");
    check("trim(null)", "0: `trim` takes a string, its argument is null");
    check("sort(secret)", "0: `sort` takes a list, its argument is a secret");
    check(
        "deep_merge({}, {}, {}, {}, 5)",
        "4: `deep_merge` takes one or more times an object, its argument 5 is an int",
    );
}

#[test]
fn the_number_and_names_of_arguments_are_checked() {
    check(
        "nth(10.0.0.0/24)",
        "call: `nth` takes a cidr and an int, `index` is missing | nth(network: cidr, index: int) \
         -> ip",
    );
    check(
        "trim(\"a\", 2, 3)",
        "1: `trim` takes a string, it is given 3 | trim(text: string) -> string",
    );
    check(
        "min()",
        "call: `min` takes one or more times a value, `values` is missing | min(values: any...) \
         -> any",
    );
    check("trim(txt = \"a\")", "0: `trim` has no argument `txt` | it takes `text`");
    check("min(values = 1)", "0: `min` has no argument `values` | its arguments have no names");
    check("nth(10.0.0.0/24, 1, index = 2)", "2: `nth` is given `index` twice");
    check("nth(index = 3, network = 10.0.0.0/24)", "10.0.0.3");
    check("nth(index = 3, 10.0.0.0/24)", "10.0.0.3");
}

#[test]
fn what_was_reported_already_stays_quiet() {
    check("upper(bad)", "bad");
    check("nth(bad, \"x\")", "bad");
    check("sum([1, bad])", "bad");
    check("coalesce(null, bad)", "bad");
    check("join(\",\", [bad])", "bad");
    check("flatten([bad])", "bad");
    check("group_by([bad], \"on\")", "bad");
    check("group_by([{ on = bad }], \"on\")", "bad");
    check("length([bad])", "1");
    check("render(\"secret.txt\", { token = bad, ip = 1 })", "bad");
}

#[test]
fn what_is_known_later_makes_the_result_known_later() {
    check("upper(late)", "unknown ip");
    check("upper(unknown)", "unknown ip");
    check("upper(url_of_late)", "unknown ip");
    check("nth(10.0.0.0/24, late)", "unknown ip");
    check("sort([\"a\", late])", "unknown ip");
    check("unique([late, late])", "unknown ip");
    check("contains([1, late], 1)", "unknown ip");
    check("to_json({ a = { b = [late] } })", "unknown ip");
    check("base64(url_of_late)", "unknown ip");
    check("length(late)", "unknown ip");
    check("flatten([1, late])", "unknown ip");
    check("group_by([{ on = late }], \"on\")", "unknown ip");
    check("index_by([late], \"on\")", "unknown ip");
    check("deep_merge({}, late)", "unknown ip");
}

#[test]
fn collections_hand_on_what_is_secret_or_late() {
    check("length([late, secret])", "2");
    check("first([secret, 1])", "text «secret pve»");
    check("last([1, late])", "‹ip of container.web›");
    check("coalesce(null, secret, 1)", "text «secret pve»");
    check("coalesce(late, 1)", "‹ip of container.web›");
    check("values({ a = secret })", "[text «secret pve»]");
    check("zip([secret], [late])", "[[text «secret pve», ‹ip of container.web›]]");
    check("flatten([[secret], 1])", "[text «secret pve», 1]");
    check(
        "deep_merge({ a = late }, { b = secret })",
        "{ a = ‹ip of container.web›, b = text «secret pve» }",
    );
    check(
        "index_by([{ n = \"a\", t = secret }], \"n\")",
        "{ a = { n = \"a\", t = text «secret pve» } }",
    );
    check("join(\"-\", [\"a\", secret, late])", "text a-«secret pve»-‹ip of container.web›");
    check("join(secret, [1, 2])", "text 1«secret pve»2");
    check("join(unknown, [1, 2])", "unknown ip");
    check("join(\"-\", [1, unknown])", "unknown ip");
}

#[test]
fn a_secret_is_never_looked_at() {
    let help = r#"use the secret as it is, or inside text: `"\(…)"`"#;
    for (call, index, name) in [
        ("upper(secret)", 0, "upper"),
        ("length(secret)", 0, "length"),
        ("sha256(secret)", 0, "sha256"),
        ("htpasswd(\"ada\", secret)", 1, "htpasswd"),
        ("sort([\"a\", secret])", 0, "sort"),
        ("unique([secret, secret])", 0, "unique"),
        ("contains([\"a\"], secret)", 1, "contains"),
        ("to_yaml({ a = [secret] })", 0, "to_yaml"),
        ("min(secret, \"a\")", 0, "min"),
        ("replace(late, \"a\", secret)", 2, "replace"),
    ] {
        let message = format!("{index}: a secret cannot be read or changed by `{name}` | {help}");
        check(call, &message);
    }
}

#[test]
fn a_value_that_is_handed_on_keeps_its_place() {
    let origin = |call: &str| {
        let value = evaluated(call).unwrap();
        call[value.origin.range()].trim().to_owned()
    };
    assert_eq!(origin("first([7, 8])"), "7");
    assert_eq!(origin("last([7, 8])"), "8");
    assert_eq!(origin("min(9, 8, 8)"), "8");
    assert_eq!(origin("max([7, 9])"), "9");
    assert_eq!(origin("coalesce(null, 5)"), "5");
    assert_eq!(origin("sum([7, 8])"), "sum([7, 8])");
    assert_eq!(origin("first(sort([8, 7]))"), "7");
}

#[test]
fn late_pieces_of_text_stay_pieces() {
    let value = evaluated("join(\"/\", [url_of_late, 1])").unwrap();
    let Data::Text(text) = value.data else { panic!("it is a text") };
    let expected = [
        Piece::Literal("https://".to_owned()),
        Piece::Late { late: late("ip"), quoted: Vec::new() },
        Piece::Literal("/1".to_owned()),
    ];
    assert_eq!(text.pieces(), expected);
}
