//! The plans that the tests of rendering read, made by hand.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use paas::lower::{Intent, OnDestroy};
use paas::model::{Address, ObjectId, Value};
use paas::plan::{
    Binds, Blocked, Capacity, Change, Drift, DriftKind, Impact, Leaf, Level, Outdated, Plan,
    Reason, What,
};
use paas::render::Context;
use paas::schema::{Class, Field, Need, Schema, Type};
use paas::state::Verb;

use crate::support::json;

/// Text that tries to leave its place.
pub const HOSTILE: &str = "\u{1b}[2J\u{202e}x\n`|` --> </details><script>\r```\n@all";

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap_or_else(|| panic!("`{text}` is an address"))
}

pub fn empty() -> Plan {
    Plan {
        against: Binds {
            lineage: "c0ffee00".into(),
            serial: 412,
            config: "7c1e09a4d2".into(),
            templates: BTreeMap::from([("template.docker".into(), "a91f3c0744".into())]),
            schema: "0.1.0".into(),
        },
        changes: vec![],
        inside: vec![],
        outdated: vec![],
        drift: vec![],
        blocked: vec![],
        pending: vec![],
        unmanaged: vec![],
        unchanged: 61,
        outputs: BTreeMap::new(),
        capacity: vec![],
        reveals: vec![],
        moves: None,
        relocation: None,
    }
}

pub fn edited(line: u32) -> Reason {
    Reason::Edited { at: format!("main.paas:{line}") }
}

pub fn change(id: &str, verb: Verb, because: Reason) -> Change {
    let id = ObjectId::parse(id).expect("a test's object");
    Change {
        id,
        verb,
        uid: "u1".into(),
        replaces: None,
        moved_from: None,
        intent: Intent { spec: json!({}), ..Intent::default() },
        after: vec![],
        steps: vec![],
        undo: vec![],
        limit_secs: None,
        leaves: vec![],
        because,
        impact: impact(Level::None, What::None, &[], None),
    }
}

pub fn impact(level: Level, what: What, names: &[&str], downtime_ms: Option<u64>) -> Impact {
    Impact { level, what, names: names.iter().map(|&it| it.to_owned()).collect(), downtime_ms }
}

pub fn leaf(path: &str, before: Value, after: Value, class: Class, because: Reason) -> Leaf {
    let side = |value: Value| (!value.is_null()).then_some(value);
    Leaf { path: path.into(), before: side(before), after: side(after), class, because }
}

pub fn field(name: &'static str, ty: Type) -> Field {
    Field { name, doc: "", ty, need: Need::Optional, class: Class::Live, choice: None, idle: None }
}

pub fn schema(kind: &str) -> Option<&'static Schema> {
    static ALL: LazyLock<Vec<Schema>> = LazyLock::new(|| {
        let ip = Type::Either(Arc::new(vec![Type::OneOf(&["auto", "dhcp"]), Type::Ip]));
        let compose = vec![
            field("file", Type::Text),
            field("env", Type::Map(Arc::new(Type::Text))),
            field("timeout", Type::Duration),
        ];
        let container = vec![
            field("cores", Type::Int(1, 128)),
            field("memory", Type::Size),
            field("disk", Type::Size),
            field("ip", ip),
            field("template", Type::Ref(&["template"])),
        ];
        let app = vec![
            field("on", Type::Ref(&["machine"])),
            field("compose", Type::Object(Arc::new(compose))),
        ];
        let schema = |kind, fields| Schema { kind, doc: "", fields };
        vec![schema("container", container), schema("app", app)]
    });
    ALL.iter().find(|schema| schema.kind == kind)
}

pub fn context() -> Context {
    Context {
        project: "campus".into(),
        environment: Some("prod".into()),
        saved: Some("prod.plan (sha256 7be1…)".into()),
        schema,
        ..Context::default()
    }
}

/// A bit of everything that can happen.
pub fn campus() -> Plan {
    let mut plan = empty();
    plan.changes = vec![
        web(),
        vaultwarden(),
        jellyfin(),
        expose(),
        database_goes(),
        database_comes(),
        orphan(),
        found(),
    ];
    plan.outdated = vec![Outdated {
        address: address("container.dev[\"ada\"]"),
        template: address("template.docker"),
        from: "a91f3c0744".into(),
        to: "3c07d2e511".into(),
    }];
    plan.drift = drift();
    plan.blocked = vec![Blocked {
        address: address("container.db"),
        code: "P7003".into(),
        message: "`lifecycle.protect` is on".into(),
        help: "keep `disk = 60GiB`, or add `on_destroy = \"backup\"` first".into(),
    }];
    plan.outputs = BTreeMap::from([
        (
            "ip".into(),
            json!({"$text": [{"$late": {"of": {"$ref": "container.web"}, "what": "ip"}}]}),
        ),
        ("url".into(), json!("https://www.example.com")),
    ]);
    let gib = |count: u64| count << 30;
    plan.capacity = vec![
        Capacity { node: "n1".into(), cores: [8, 8, 16], memory: [gib(4), gib(4), gib(64)] },
        Capacity { node: "n2".into(), cores: [21, 19, 48], memory: [gib(66), gib(62), gib(128)] },
    ];
    plan
}

pub fn web() -> Change {
    let mut web = change("container.web#1", Verb::Update, edited(12));
    web.intent.spec =
        json!({"cores": 2, "memory": 1_073_741_824, "disk": 8_589_934_592u64, "ip": "dhcp"});
    web.leaves = vec![
        leaf("memory", json!(536_870_912), json!(1_073_741_824), Class::Live, edited(12)),
        leaf("ip", json!("10.0.0.7"), json!("dhcp"), Class::Restart, edited(13)),
    ];
    web.impact = impact(Level::Medium, What::Restart, &["www.example.com"], Some(11_600));
    web
}

pub fn vaultwarden() -> Change {
    let secret = |name: &str| json!({"$text": [{"$secret": format!("secret.{name}")}]});
    let mut app = change("tenant.acme/app.vaultwarden#1", Verb::Update, edited(14));
    app.intent.spec = json!({
        "on": {"$ref": "container.web#1"}, "compose": {}, "backup": 1, "title": "Vault"
    });
    app.after = vec![0];
    let upstream = Reason::Upstream { address: address("container.web") };
    let before = "services:\n  vault:\n    image: vaultwarden:1.32.5\n    ports:\n      - 80:80\n";
    let after = before.replace("1.32.5", "1.32.7");
    app.leaves = vec![
        leaf("compose/env/OPEN", json!("false"), json!("true"), Class::Redeploy, edited(14)),
        leaf(
            "compose/env/ADMIN_TOKEN",
            secret("vw_admin"),
            secret("vw_admin"),
            Class::Redeploy,
            edited(14),
        ),
        leaf(
            "compose/env/HOST",
            json!("10.0.0.7"),
            json!({"$text": [{"$late": {"of": {"$ref": "container.web#1"}, "what": "ip"}}]}),
            Class::Redeploy,
            upstream,
        ),
        leaf("compose/timeout", json!(60_000), json!(90_000), Class::Note, Reason::Default),
        leaf("compose/file", json!(before), json!(after), Class::Redeploy, edited(19)),
    ];
    app.impact = impact(Level::Medium, What::Redeploy, &["vault.acme.example.com"], Some(9_000));
    app
}

pub fn jellyfin() -> Change {
    let mut app = change("tenant.acme/app.jellyfin#1", Verb::Create, edited(31));
    app.intent.spec = json!({"on": {"$ref": "container.web#1"}});
    app.after = vec![0];
    let file = "services:\n  jellyfin:\n    image: jellyfin:10\n";
    app.leaves = vec![
        leaf("on", Value::Null, json!({"$ref": "container.web#1"}), Class::Redeploy, edited(32)),
        leaf("compose/file", Value::Null, json!(file), Class::Redeploy, edited(33)),
        leaf("compose/env", Value::Null, json!({"A": "1", "B": "two"}), Class::Note, edited(34)),
    ];
    app
}

pub fn expose() -> Change {
    let mut expose = change("tenant.acme/app.jellyfin/expose.web#1", Verb::Create, edited(36));
    expose.after = vec![2];
    expose.leaves = vec![leaf("port", Value::Null, json!(8096), Class::Reload, edited(36))];
    expose.impact = impact(Level::Low, What::Reload, &[], None);
    expose
}

pub fn database_goes() -> Change {
    let mut old = change("container.db#1", Verb::Delete, edited(47));
    old.replaces = ObjectId::parse("container.db#2");
    old.intent.spec = json!({"cores": 2, "disk": 64_424_509_440u64});
    let names = ["shop.example.com", "films.example.com"];
    old.impact = impact(Level::Critical, What::DataLoss, &names, Some(360_000));
    old
}

pub fn database_comes() -> Change {
    let mut new = change("container.db#2", Verb::Create, edited(47));
    new.replaces = ObjectId::parse("container.db#1");
    new.after = vec![4];
    new.intent.spec = json!({"cores": 2, "disk": 42_949_672_960u64});
    new.leaves = vec![
        leaf("cores", Value::Null, json!(2), Class::Live, edited(46)),
        leaf("disk", Value::Null, json!(42_949_672_960u64), Class::Replace, edited(47)),
    ];
    new.impact = impact(Level::High, What::Replace, &[], None);
    new
}

pub fn orphan() -> Change {
    let mut gone = change("container.dev[\"bob\"]#1", Verb::Delete, Reason::Removed);
    gone.intent.lifecycle.on_destroy = OnDestroy::Backup;
    gone.impact = impact(Level::Medium, What::Remove, &[], None);
    gone
}

pub fn found() -> Change {
    change("container.old#1", Verb::Update, Reason::Found)
}

pub fn drift() -> Vec<Drift> {
    let one = |name: &str, what, leaves, mended| Drift {
        address: address(name),
        what,
        why: None,
        leaves,
        mended,
    };
    let seen = leaf("memory", json!(1_073_741_824), json!(536_870_912), Class::Live, Reason::Drift);
    vec![
        one("container.api", DriftKind::Changed, vec![seen], true),
        one("container.cache", DriftKind::Missing, vec![], false),
        one("app.wiki", DriftKind::Unseen, vec![], false),
    ]
}

/// So many containers, each with an app and an exposure.
pub fn many(count: usize) -> Plan {
    let mut plan = empty();
    for index in 0..count {
        let mut container = change(&format!("container.dev[{index}]#1"), Verb::Create, edited(3));
        let memory = json!(1_073_741_824);
        container.leaves = vec![
            leaf("memory", Value::Null, memory, Class::Live, edited(4)),
            leaf("cores", Value::Null, json!(index % 4 + 1), Class::Live, edited(5)),
        ];
        plan.changes.push(container);
        if index % 2 == 0 {
            let mut app = change(&format!("app.a[{index}]#1"), Verb::Create, edited(9));
            app.intent.spec = json!({"on": {"$ref": format!("container.dev[{index}]#1")}});
            app.after = vec![plan.changes.len() - 1];
            plan.changes.push(app);
        }
    }
    plan
}

/// Every place a stranger's text can be in.
pub fn hostile(hostile: &str) -> Plan {
    let mut plan = empty();
    let name = format!("container.dev[{}]", json!(hostile));
    let long = format!("{hostile}{}", "x".repeat(5_000));
    let mut one = change(&format!("{name}#1"), Verb::Update, Reason::Edited { at: hostile.into() });
    one.impact = impact(Level::High, What::Restart, &[hostile], None);
    one.intent.spec = json!({"on": {"$ref": format!("{name}#1")}});
    let text = |text: &str| json!({"$text": [text, {"$secret": "secret.canary"}]});
    one.leaves = vec![
        leaf("env/A", json!(hostile), json!(long), Class::Live, Reason::Drift),
        leaf("a|`b`/-->", json!("«secret x»"), text(hostile), Class::Replace, Reason::Drift),
        leaf("list", json!([hostile]), json!({hostile: hostile}), Class::Live, Reason::Gone),
    ];
    plan.changes.push(one);
    let what = DriftKind::Changed;
    let leaves = plan.changes[0].leaves.clone();
    plan.drift = vec![Drift { address: address(&name), what, why: None, leaves, mended: false }];
    plan.blocked = vec![Blocked {
        address: address(&name),
        code: "P7003".into(),
        message: hostile.into(),
        help: hostile.into(),
    }];
    plan.unmanaged = vec![hostile.into()];
    plan.outputs = BTreeMap::from([(hostile.to_owned(), json!(hostile))]);
    plan
}

pub fn hostile_context(hostile: &str) -> Context {
    let environment = Some(hostile.into());
    Context { project: hostile.into(), environment, saved: Some(hostile.into()), ..context() }
}
