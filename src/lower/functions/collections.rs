//! What the functions of lists and objects are; how they work stands in `elements` and `objects`.

use crate::lower::functions::{Function, Kind, Parameter, elements, objects};

const LIST: Parameter = Parameter::outside("list", &[Kind::List]).of("[T]");
const KNOWN_LIST: Parameter = Parameter::all("list", &[Kind::List]).of("[T]");
const MAP: Parameter = Parameter::outside("object", &[Kind::Map]).of("map<K, V>");
const FIELD: Parameter = Parameter::all("field", &[Kind::Str]);
const VALUES: Parameter = Parameter::all("values", &[Kind::Any]).many();

/// The functions of lists and objects.
pub const TABLE: &[Function] = &[
    Function {
        name: "length",
        parameters: &[Parameter::outside("value", &[Kind::List, Kind::Map, Kind::Str])],
        returns: "int",
        doc: "How many elements a list, entries an object or characters a text has.",
        example: r#"length(["a", "b"])"#,
        result: "2",
        body: elements::length,
    },
    Function {
        name: "keys",
        parameters: &[MAP],
        returns: "[K]",
        doc: "The keys of an object, sorted.",
        example: "keys({ web = 1, db = 2 })",
        result: r#"["db", "web"]"#,
        body: objects::keys,
    },
    Function {
        name: "values",
        parameters: &[MAP],
        returns: "[V]",
        doc: "The values of an object, in the order of their keys.",
        example: "values({ web = 1, db = 2 })",
        result: "[2, 1]",
        body: objects::values,
    },
    Function {
        name: "contains",
        parameters: &[
            Parameter::all("value", &[Kind::List, Kind::Map, Kind::Str]),
            Parameter::all("part", &[Kind::Any]),
        ],
        returns: "bool",
        doc: "Whether a list has an equal element, an object has a key, or a text has another \
              text in it. An int and a float are equal if they are the same number.",
        example: "contains([80, 443], 443)",
        result: "true",
        body: elements::contains,
    },
    Function {
        name: "sort",
        parameters: &[KNOWN_LIST],
        returns: "[T]",
        doc: "The elements from the least to the greatest: numbers, strings, ips, sizes or \
              durations, but only one of these. Strings are ordered by code point.",
        example: r#"sort(["b", "a", "C"])"#,
        result: r#"["C", "a", "b"]"#,
        body: elements::sort,
    },
    Function {
        name: "unique",
        parameters: &[KNOWN_LIST],
        returns: "bool",
        doc: "Whether no two elements of a list are equal. `distinct` is the list without the \
              repeated ones.",
        example: "unique([100, 101, 100])",
        result: "false",
        body: elements::unique,
    },
    Function {
        name: "distinct",
        parameters: &[KNOWN_LIST],
        returns: "[T]",
        doc: "The list without the elements that are equal to an earlier one. `unique` tells \
              whether there are any.",
        example: "distinct([100, 101, 100])",
        result: "[100, 101]",
        body: elements::distinct,
    },
    Function {
        name: "flatten",
        parameters: &[LIST],
        returns: "list",
        doc: "The list with the elements of each list in it in that one's place, one level deep.",
        example: "flatten([[1, 2], 3, [[4]]])",
        result: "[1, 2, 3, [4]]",
        body: elements::flatten,
    },
    Function {
        name: "zip",
        parameters: &[
            Parameter::outside("one", &[Kind::List]).of("[T]"),
            Parameter::outside("other", &[Kind::List]).of("[U]"),
        ],
        returns: "[[T | U]]",
        doc: "Pairs of the elements at the same place in two lists of the same length.",
        example: r#"zip(["a", "b"], [1, 2])"#,
        result: r#"[["a", 1], ["b", 2]]"#,
        body: elements::zip,
    },
    Function {
        name: "range",
        parameters: &[
            Parameter::all("start", &[Kind::Int]),
            Parameter::all("end", &[Kind::Int]).or_else("none"),
            Parameter::all("step", &[Kind::Int]).or_else("1"),
        ],
        returns: "[int]",
        doc: "The ints from `start` up to, but without, `end`. `range(3)` counts from 0: \
              `[0, 1, 2]`. At most 100000 of them.",
        example: "range(1, 4)",
        result: "[1, 2, 3]",
        body: elements::range,
    },
    Function {
        name: "sum",
        parameters: &[KNOWN_LIST],
        returns: "T",
        doc: "The elements added up: numbers, sizes or durations. The sum of an empty list is the \
              int 0, whatever it might have held.",
        example: "sum([512MiB, 512MiB])",
        result: "1GiB",
        body: elements::sum,
    },
    Function {
        name: "min",
        parameters: &[VALUES],
        returns: "any",
        doc: "The least of its arguments, or of the elements of a list; what can be sorted can be \
              compared here.",
        example: "min(8, 2, 5)",
        result: "2",
        body: elements::min,
    },
    Function {
        name: "max",
        parameters: &[VALUES],
        returns: "any",
        doc: "The greatest of its arguments, or of the elements of a list; what can be sorted can \
              be compared here.",
        example: "max([1GiB, 512MiB])",
        result: "1GiB",
        body: elements::max,
    },
    Function {
        name: "first",
        parameters: &[LIST],
        returns: "T?",
        doc: "The first element of a list; `null` if it is empty.",
        example: "first([1, 2, 3])",
        result: "1",
        body: |given| elements::end(given, given.list(0)?.first()),
    },
    Function {
        name: "last",
        parameters: &[LIST],
        returns: "T?",
        doc: "The last element of a list; `null` if it is empty.",
        example: "last([1, 2, 3])",
        result: "3",
        body: |given| elements::end(given, given.list(0)?.last()),
    },
    Function {
        name: "group_by",
        parameters: &[LIST, FIELD],
        returns: "map<string | int, [T]>",
        doc: "The objects of a list by the value of a field, in lists: those that share it stay \
              in order.",
        example: r#"group_by([{ n = 1, on = "a" }, { n = 2, on = "a" }], "on")"#,
        result: r#"{ a = [{ n = 1, on = "a" }, { n = 2, on = "a" }] }"#,
        body: objects::group_by,
    },
    Function {
        name: "index_by",
        parameters: &[LIST, FIELD],
        returns: "map<string | int, T>",
        doc: "The objects of a list by the value of a field, which no two of them share.",
        example: r#"index_by([{ id = 7, name = "web" }], "name")"#,
        result: r#"{ web = { id = 7, name = "web" } }"#,
        body: objects::index_by,
    },
    Function {
        name: "deep_merge",
        parameters: &[Parameter::outside("objects", &[Kind::Map]).many()],
        returns: "object",
        doc: "Objects laid over one another, the later ones on top: objects in them are merged, \
              lists and all else replaced, and `null` takes a field away.",
        example: "deep_merge({ a = { x = 1, y = 2 }, b = 3 }, { a = { y = null, z = 4 } })",
        result: "{ a = { x = 1, z = 4 }, b = 3 }",
        body: objects::deep_merge,
    },
];
