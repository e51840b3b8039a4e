//! What people and machines read of a plan.

mod plans;

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::{ProptestConfig, proptest};

use crate::support::golden::check;
use crate::support::json;
use paas::lower::Intent;
use paas::model::ObjectId;
use paas::model::Value;
use paas::plan::{Capacity, Level, Pending, Plan};
use paas::problem::Style;
use paas::render::{self, Check, Context, Density, Summary, Verdict, value};
use paas::schema::{Class, Type};
use paas::state::{Record, State, Verb};
use plans::{
    HOSTILE, address, campus, change, context, edited, empty, hostile, hostile_context, leaf, many,
};

const UNICODE: Style = Style { colour: false, unicode: true, width: 100 };
const ASCII: Style = Style { colour: false, unicode: false, width: 100 };

#[test]
fn a_plan_on_a_terminal() {
    let checks = vec![
        Check {
            name: "backed_up".into(),
            verdict: Verdict::Warning,
            address: Some(address("app.wiki")),
            message: "it owns a database and has no backup".into(),
            at: "main.paas:198".into(),
        },
        Check {
            name: "named".into(),
            verdict: Verdict::Passed,
            address: None,
            message: String::new(),
            at: "main.paas:199".into(),
        },
    ];
    let normal = Context { checks, ..context() };
    let coloured = Style { colour: true, ..UNICODE };
    let plan = campus();
    check("cases/rendering/plan.txt", &render::terminal(&plan, &normal, UNICODE));
    check("cases/rendering/plan.ascii.txt", &render::terminal(&plan, &normal, ASCII));
    check("cases/rendering/plan.colour.txt", &render::terminal(&plan, &normal, coloured));
    let summary = Context { density: Density::Summary, ..context() };
    check("cases/rendering/plan.summary.txt", &render::terminal(&plan, &summary, UNICODE));
    let full = Context { density: Density::Full, sandbox: true, ..context() };
    check("cases/rendering/plan.full.txt", &render::terminal(&plan, &full, UNICODE));
    check("cases/rendering/empty.txt", &render::terminal(&empty(), &context(), UNICODE));
}

#[test]
fn a_plan_for_machines_and_for_reviews() {
    check("cases/rendering/plan.json", &render::json(&campus(), &context()));
    check("cases/rendering/plan.md", &render::markdown(&campus(), &context()));
    check("cases/rendering/empty.md", &render::markdown(&empty(), &context()));
}

#[test]
fn drift_as_text_and_for_machines() {
    let mut plan = campus();
    plan.unmanaged = vec!["n1/lxc/4711 (old-web)".into()];
    check("cases/rendering/drift.txt", &render::drift(&plan, &context(), UNICODE));
    check("cases/rendering/drift.json", &render::drift_json(&plan, &context()));
    check("cases/rendering/drift.none.txt", &render::drift(&empty(), &context(), ASCII));
}

#[test]
fn the_graph() {
    let edges = render::edges(&campus());
    check("cases/rendering/graph.dot", &render::graph_dot(&edges));
    check("cases/rendering/waves.txt", &render::graph_waves(&edges, UNICODE));
}

#[test]
fn state_and_outcome() {
    let id = |text: &str| ObjectId::parse(text).expect("a test's object");
    let spec =
        json!({"size": 3, "note": "two words", "motd": "one\ntwo\u{1b}", "of": {"$ref": "x.y#2"}});
    let intent = Intent { spec, ..Intent::default() };
    let facts = BTreeMap::from([("ip".into(), json!("10.0.0.7"))]);
    let begun = vec![(Verb::Update, intent.clone())];
    let record =
        Record { uid: "4f".into(), intent, begun, facts, repeated: false, moved_from: None };
    let calm = Record { begun: vec![], ..record.clone() };
    let records = BTreeMap::from([(id("thing.a#1"), record.clone()), (id("thing.b#2"), calm)]);
    let state = State { lineage: "c0ffee".into(), serial: 7, records, ..State::default() };
    check("cases/rendering/state.txt", &render::state_list(&state, UNICODE));
    check("cases/rendering/state.show.txt", &render::state_show(&id("thing.a#1"), &record, ASCII));
    let summary = Summary {
        done: vec![(id("container.web#1"), Verb::Create, 12_300)],
        failed: vec![(id("app.blog#1"), Verb::Update, "line 1\nline \u{1b}[2J".into(), true)],
        skipped: vec![(id("app.blog/expose.www#1"), id("app.blog#1"))],
        pending: vec![Pending {
            address: id("container.web#1").address,
            keys: vec!["nameserver".into(), "net1".into()],
            help: "`pct reboot 101` on pve1".into(),
        }],
        left: 2,
        resume: "paas apply".into(),
    };
    check("cases/rendering/outcome.txt", &render::outcome(&summary, UNICODE));
}

#[test]
fn values_read_as_they_were_written() {
    let shown = |value: Value, ty: Option<Type>| value::text(&value, ty.as_ref(), 40);
    let sizes = Type::Either(Arc::new(vec![Type::OneOf(&["auto"]), Type::Size]));
    assert_eq!(shown(json!(1_073_741_824), Some(sizes)), "1GiB");
    assert_eq!(shown(json!(5_400_000), Some(Type::Duration)), "1h30m");
    assert_eq!(shown(json!([1024, 2048]), Some(Type::List(Arc::new(Type::Size)))), "[1KiB, 2KiB]");
    assert_eq!(shown(json!({"$ref": "container.web#3"}), None), "container.web");
    let pieces = json!({"$text": ["Bearer ", {"$secret": "secret.api"}]});
    assert_eq!(shown(pieces, None), "\"Bearer «secret api»\"");
    for text in ["true", "8080", "1GiB", "30s", "", "a b", "x\u{1b}", "«secret x»", "null", "[a]"]
    {
        let shown = shown(json!(text), None);
        assert!(shown.starts_with('"'), "{shown} can be taken for something else");
    }
    for text in ["10.0.0.1", "www.example.com", "nginx:1.27", "/etc/hosts", "10.0.0.0/24"] {
        assert_eq!(shown(json!(text), None), text);
    }
    assert_eq!(value::path("compose/env/A~1B"), "compose.env[\"A/B\"]");
}

#[test]
fn long_values_that_end_differently_do_not_look_the_same() {
    let long = "x".repeat(300);
    let mut plan = empty();
    let mut one = change("thing.a#1", Verb::Update, edited(1));
    one.leaves = vec![leaf(
        "a",
        json!(format!("{long}1")),
        json!(format!("{long}2")),
        Class::Live,
        edited(1),
    )];
    plan.changes.push(one);
    let text = render::terminal(&plan, &context(), UNICODE);
    assert!(text.contains("x1") && text.contains("x2"), "{text}");
}

#[track_caller]
fn harmless(text: &str) {
    let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}' || c == '\u{200b}';
    assert!(!text.contains(steers), "{text:?}");
}

/// Whatever the text, nothing that is printed is steered or torn apart by it.
#[track_caller]
fn contained(plan: &Plan, context: &Context, text: &str) {
    for density in [Density::Summary, Density::Normal, Density::Full] {
        let context = Context { density, ..context.clone() };
        for style in [UNICODE, ASCII] {
            let shown = render::terminal(plan, &context, style);
            harmless(&shown);
            assert!(style.unicode || shown.is_ascii());
            harmless(&render::drift(plan, &context, style));
        }
    }
    harmless(&render::graph_waves(&render::edges(plan), UNICODE));
    harmless(&render::graph_dot(&render::edges(plan)));
    let machine = render::json(plan, context);
    harmless(&machine);
    let read: serde_json::Value = serde_json::from_str(&machine).expect("it is JSON");
    assert_eq!(read["stack"], text);
    assert_eq!(read["changes"][0]["leaves"][0]["before"], text);
    let secret = serde_json::json!({"$secret": "canary"});
    assert_eq!(read["changes"][0]["leaves"][1]["after"]["$text"][1], secret);
    comment_holds(&render::markdown(plan, context));
}

#[track_caller]
fn comment_holds(text: &str) {
    harmless(text);
    assert!(text.len() <= render::LIMIT, "{} bytes", text.len());
    assert!(text.lines().next().is_some_and(|line| line.matches("-->").count() == 1), "{text}");
    assert_eq!(text.matches("<details>").count(), text.matches("\n</details>").count());
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    let table = text.lines().skip_while(|line| !line.starts_with("| | where"));
    let rows = table.take_while(|line| !line.is_empty());
    let rows: Vec<usize> = rows.map(columns).collect();
    assert!(rows.len() > 2 && rows.iter().all(|&columns| columns == 7), "{rows:?}\n{text}");
}

#[test]
fn a_strangers_text_stays_in_its_place() {
    let (plan, context) = (hostile(HOSTILE), hostile_context(HOSTILE));
    contained(&plan, &context, HOSTILE);
    let text = render::terminal(&plan, &context, UNICODE);
    assert!(text.contains("«secret canary»"), "{text}");
    assert!(!text.contains("«secret x»"), "a user's text looks like a secret: {text}");
    check("cases/rendering/hostile.txt", &text);
}

fn few_cases() -> ProptestConfig {
    ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(few_cases())]

    #[test]
    fn any_text_stays_in_its_place(
        text in "(\\PC|[\\x00-\\x9f`|<>*\\\\\u{202e}\u{200b}\n\"]){1,60}",
    ) {
        contained(&hostile(&text), &hostile_context(&text), &text);
    }
}

#[test]
fn a_big_plan_stays_readable() {
    let plan = many(10_000);
    let text = render::terminal(&plan, &context(), UNICODE);
    assert!(text.lines().count() < 500, "{} lines", text.lines().count());
    assert!(text.contains("and 4,990 more like these"), "{text}");
    let full = Context { density: Density::Full, ..context() };
    assert!(render::terminal(&plan, &full, UNICODE).contains("container.dev[9999]"));
}

#[test]
fn a_comment_fits_whatever_the_plan() {
    let mut long = many(100);
    for change in &mut long.changes {
        let text = format!("{HOSTILE}\n").repeat(300);
        change.leaves.push(leaf("file", json!("a\nb"), json!(text), Class::Live, edited(1)));
    }
    long.changes[60].impact.level = Level::Critical;
    let node = |_| Capacity { node: HOSTILE.repeat(9), cores: [1, 2, 3], memory: [1, 2, 3] };
    long.capacity = (0..200).map(node).collect();
    for plan in [many(10_000), long, hostile(HOSTILE)] {
        let text = render::markdown(&plan, &hostile_context(HOSTILE));
        assert!(text.len() <= render::LIMIT, "{} bytes", text.len());
        assert!(plan.changes.len() < 2 || text.contains("Dropped for length"), "{text}");
        assert!(text.ends_with("</sub>\n"));
    }
}

#[test]
fn a_user_cannot_write_a_tag() {
    let mut plan = empty();
    plan.outputs = BTreeMap::from([("x".into(), json!({"$unknown": "me", "$secret": 1}))]);
    let read: serde_json::Value =
        serde_json::from_str(&render::json(&plan, &context())).expect("it is JSON");
    assert_eq!(read["outputs"]["x"], serde_json::json!({"$$unknown": "me", "$$secret": 1}));
}
