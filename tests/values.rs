//! The JSON that specs are kept in: it says the same as any other JSON.

use std::collections::BTreeMap;

use paas::model::{Object, Value};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::support::json;

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        ".{0,6}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-d~/]{0,3}", inner, 0..6)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn it_says_what_other_json_says(json in any_json()) {
        let value = Value::from(json.clone());
        let text = serde_json::to_string(&json).unwrap();
        prop_assert_eq!(value.to_string(), text.clone());
        prop_assert_eq!(format!("{value:#}"), format!("{json:#}"));
        prop_assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), &value);
        prop_assert_eq!(&Value::of(&json).unwrap(), &value);
        prop_assert_eq!(&value.read::<serde_json::Value>().unwrap(), &json);
        prop_assert_eq!(serde_json::Value::from(&value), json);
    }

    #[test]
    fn pointers_lead_to_the_same_place(json in any_json(), path in "(/[a-d0-2~/]{0,2}){0,3}") {
        let value = Value::from(json.clone());
        let there = json.pointer(&path).map(|it| Value::from(it.clone()));
        prop_assert_eq!(value.pointer(&path), there.as_ref());
    }

    #[test]
    fn fields_are_set_and_removed(changes in prop::collection::vec(("[a-c]", any::<Option<u32>>()), 0..12)) {
        let (mut object, mut map) = (Object::default(), BTreeMap::new());
        for (name, change) in changes {
            let (was, old) = match change {
                Some(number) => (object.insert(&name, number.into()), map.insert(name, number)),
                None => (object.remove(&name), map.remove(&name)),
            };
            prop_assert_eq!(was, old.map(Value::from));
        }
        prop_assert_eq!(Value::Object(object), Value::of(&map).unwrap());
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Plain,
    Wrapped(Vec<u16>),
    Named { first: Option<String>, second: f64 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Whole {
    choices: Vec<Choice>,
    by_number: BTreeMap<u8, (bool, char)>,
    nothing: Option<()>,
    newtype: Inner,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner(i8);

#[test]
fn types_go_in_and_come_out() {
    let named = Choice::Named { first: None, second: 0.5 };
    let whole = Whole {
        choices: vec![Choice::Plain, Choice::Wrapped(vec![7]), named],
        by_number: BTreeMap::from([(3, (true, 'ü'))]),
        nothing: None,
        newtype: Inner(-1),
    };
    let value = Value::of(&whole).unwrap();
    assert_eq!(value, Value::from(serde_json::to_value(&whole).unwrap()));
    let choices = [json!("plain"), json!({ "wrapped": [7] })];
    assert_eq!(value["choices"].as_array().unwrap()[..2], choices);
    let read: Value = serde_json::from_str(&value.to_string()).unwrap();
    assert_eq!(read["choices"].read::<Vec<Choice>>().unwrap(), whole.choices);
    assert_eq!(read["newtype"].read::<Inner>().unwrap(), whole.newtype);
}

#[test]
fn what_has_another_shape_is_refused() {
    assert!(json!({ "plain": 1 }).read::<Choice>().is_err());
    assert!(json!("wrapped").read::<Choice>().is_err());
    assert!(json!([1]).read::<Choice>().is_err());
    assert!(json!({ "a": 1, "b": 2 }).read::<Choice>().is_err());
    assert!(json!(300).read::<u8>().is_err());
    assert!(Value::of(&BTreeMap::from([(vec![1], 1)])).is_err());
}

#[test]
fn of_two_fields_with_one_name_the_last_one_stays() {
    let text = r#"{ "b": 1, "a": 2, "b": 3 }"#;
    assert_eq!(serde_json::from_str::<Value>(text).unwrap().to_string(), r#"{"a":2,"b":3}"#);
}
